"""Notifications that were given up: what lies there and why, and sending it again.

Owns which of them may go out again: what was meant for a subscription that has ended since stays where it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from tayori.model.errors import Kind, NotFound
from tayori.resources import notifications
from tayori.resources.notifications import Notification, NotificationKind, loaded
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.notification_tables import NOTIFICATION_DEAD
from tayori.store.tables import from_micros, to_micros

MOST_SHOWN = 1000
STEP = 500  # that one transaction sends again
_COLUMNS = (
    "notification_id, region, kind, attempts, topic_arn, subscription_id, protocol, endpoint, lane, envelope,"
    " created_at, updated_at, last_error"
)
_DEAD = (
    f"SELECT {_COLUMNS} FROM notifications WHERE {NOTIFICATION_DEAD} AND account_id = ? AND updated_at <= ?"
    " AND (updated_at < ? OR notification_id < ?) AND region = ?{more}"
    " ORDER BY updated_at DESC, notification_id DESC LIMIT ?"
)
_ONE = Hot(f"SELECT {_COLUMNS} FROM notifications WHERE account_id = ? AND notification_id = ? AND {NOTIFICATION_DEAD}")
_COUNTS = Hot("SELECT protocol, COUNT(*) FROM notifications WHERE state = 'dead' GROUP BY protocol ORDER BY protocol")
_REVIVE = Hot(
    "UPDATE notifications SET state = 'waiting', due_at = ?, attempts = 0, updated_at = ?"
    f" WHERE account_id = ? AND notification_id = ? AND {NOTIFICATION_DEAD}"
)
_SUBSCRIBED = Hot(
    "SELECT 1 FROM subscriptions WHERE account_id = ? AND region = ? AND topic = ? AND subscription_id = ?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """One that was given up, with the last reason."""

    notification: Notification
    died_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Those of a topic, and those over a protocol; all, where nothing is said."""

    topic_arn: str = ""
    protocol: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place in the list, behind which to go on: that of a letter, or of a moment."""

    micros: int
    notification_id: str = "~"  # behind all that died at the same moment

    @classmethod
    def of(cls, letter: DeadLetter) -> Self:
        return cls(micros=to_micros(letter.died_at), notification_id=letter.notification.notification_id)


ALL = Selection()


def listed(
    tx: Tx,
    account_id: str,
    region: str,
    selection: Selection = ALL,
    *,
    behind: Place | None = None,
    limit: int = 100,
) -> list[DeadLetter]:
    """The latest first."""
    conditions = [
        (f" AND {column} = ?", value)
        for column, value in (("topic_arn", selection.topic_arn), ("protocol", selection.protocol))
        if value
    ]
    statement = Hot(_DEAD.replace("{more}", "".join(text for text, _ in conditions)))
    place = behind or Place(micros=to_micros(tx.now))
    position = place.micros, place.micros, place.notification_id
    values = [value for _, value in conditions]
    rows = tx.hot_rows(statement, (account_id, *position, region, *values, min(limit, MOST_SHOWN)))
    return [_letter(account_id, row) for row in rows]


def get(tx: Tx, account_id: str, notification_id: str) -> DeadLetter:
    rows = tx.hot_rows(_ONE, (account_id, notification_id))
    if not rows:
        raise NotFound(f"Among what was given up, there is no notification {notification_id[:80]}.", Kind.MESSAGE)
    return _letter(account_id, rows[0])


def counts(tx: Tx) -> list[tuple[str, int]]:
    """(protocol, how many) of all accounts."""
    return [(row[0], row[1]) for row in tx.hot_rows(_COUNTS, ())]


def _letter(account_id: str, row: Sequence[Any]) -> DeadLetter:
    notification = loaded((account_id, *row[:11]))
    return DeadLetter(notification=notification, died_at=from_micros(row[11]), reason=row[12])


def revive(tx: Tx, account_id: str, notification_ids: Sequence[str]) -> int:
    """Send these again, from the first try on; how many of them may."""
    return _revive(tx, [get(tx, account_id, one).notification for one in notification_ids])


def revive_some(tx: Tx, account_id: str, region: str, selection: Selection, behind: Place) -> tuple[int, Place | None]:
    """Send some of them again, as many as one transaction may; how many that were, and where to go on, if anywhere."""
    found = listed(tx, account_id, region, selection, behind=behind, limit=STEP)
    count = _revive(tx, [letter.notification for letter in found])
    return count, Place.of(found[-1]) if len(found) == STEP else None


def _revive(tx: Tx, items: Sequence[Notification]) -> int:
    now = to_micros(tx.now)
    wanted = [item for item in items if _is_wanted(tx, item)]
    count = tx.hot(_REVIVE, [(now, now, item.account_id, item.notification_id) for item in wanted])
    if count:
        tx.wake(notifications.TOPIC)
    return count


def _is_wanted(tx: Tx, item: Notification) -> bool:
    if not item.topic_arn or item.kind != NotificationKind.NOTIFICATION:
        return True
    topic = item.topic_arn.rpartition(":")[2]
    return bool(tx.hot_rows(_SUBSCRIBED, (item.account_id, item.region, topic, item.subscription_id)))
