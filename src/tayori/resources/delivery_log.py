"""The log of one destination of notifications: what it was sent lately, and what came of it.

Owns that reading of the outbox. A row tells of the last try, its answer and how long that took; how many there were
stands beside it. A destination is a subscription, a webhook, or `<configuration set>/<event destination>`. What went
out is forgotten after a while (`resources.notifications`). Never changes anything.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from tayori.model.notification_text import text_of
from tayori.resources import tellings
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import from_micros, to_micros

MOST_SHOWN = 100
_COLUMNS = (
    "n.notification_id, n.kind, n.state, n.attempts, n.topic_arn, n.subscription_id, n.protocol, n.endpoint,"
    " n.envelope, n.created_at, n.updated_at, n.due_at, n.status, n.duration_ms, n.reply, n.last_error"
)
_OF_DESTINATION = Hot(
    f"SELECT {_COLUMNS} FROM notifications n WHERE n.account_id = ? AND n.region = ? AND n.subscription_id = ?"
    " AND n.created_at <= ? AND (n.created_at < ? OR n.notification_id < ?)"
    " ORDER BY n.created_at DESC, n.notification_id DESC LIMIT ?"
)
_OF_TEST = Hot(
    f"SELECT {_COLUMNS} FROM tellings t JOIN notifications n"
    " ON n.account_id = t.account_id AND n.notification_id = t.notification_id"
    " WHERE t.message_id = ? AND n.account_id = ? ORDER BY n.notification_id LIMIT ?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedDelivery:
    """`state` is waiting, sending, done or dead; `status` 0 where nothing came back over HTTP."""

    notification_id: str
    kind: str
    state: str
    tries: int
    topic_arn: str
    destination: str
    protocol: str
    endpoint: str
    content: str
    created_at: datetime
    changed_at: datetime
    due_at: datetime
    status: int
    duration_ms: int
    reply: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place in the list, behind which to go on."""

    micros: int
    notification_id: str

    @classmethod
    def of(cls, delivery: LoggedDelivery) -> Self:
        return cls(micros=to_micros(delivery.created_at), notification_id=delivery.notification_id)


def listed(
    tx: Tx, account_id: str, region: str, destination: str, *, behind: Place | None = None, limit: int = MOST_SHOWN
) -> list[LoggedDelivery]:
    """The latest first."""
    place = behind or Place(micros=to_micros(tx.now) + 1, notification_id="~")
    position = place.micros, place.micros, place.notification_id
    rows = tx.hot_rows(_OF_DESTINATION, (account_id, region, destination, *position, min(limit, MOST_SHOWN)))
    return [_loaded(row) for row in rows]


def of_test(tx: Tx, account_id: str, test_id: str) -> list[LoggedDelivery]:
    """What a test of an event destination led to; empty, too, where there was no such test of the account's."""
    if not test_id.startswith(f"{tellings.TEST}{account_id}-"):
        return []
    return [_loaded(row) for row in tx.hot_rows(_OF_TEST, (test_id, account_id, MOST_SHOWN))]


def _loaded(row: Sequence[Any]) -> LoggedDelivery:
    names = ("notification_id", "kind", "state", "tries", "topic_arn", "destination", "protocol", "endpoint")
    return LoggedDelivery(
        **dict(zip(names, row[:8], strict=True)),
        content=text_of(json.loads(row[8])),
        created_at=from_micros(row[9]),
        changed_at=from_micros(row[10]),
        due_at=from_micros(row[11]),
        status=row[12],
        duration_ms=row[13],
        reply=row[14],
        error=row[15],
    )
