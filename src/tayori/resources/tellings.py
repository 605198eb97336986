"""Who was told of the events of a message: one row for each notification, kept as long as the message's timeline.

A notification that went out is soon forgotten (`notifications`), this is not. Written with the notification itself,
where somebody says what it is about.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import from_micros, to_micros

EventKey: TypeAlias = tuple[str, int, str, int]  # message id, microseconds, kind, ordinal

_about: ContextVar[EventKey | None] = ContextVar("about", default=None)

_NOTE = Hot(
    "INSERT INTO tellings (message_id, notification_id, account_id, at, kind, ordinal, topic_arn, protocol, endpoint)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_OF_MESSAGE = Hot(
    "SELECT t.account_id, t.at, t.kind, t.ordinal, t.topic_arn, t.protocol, t.endpoint, n.state, n.attempts,"
    " n.updated_at, n.last_error FROM tellings t LEFT JOIN notifications n"
    " ON n.account_id = t.account_id AND n.notification_id = t.notification_id"
    " WHERE t.message_id = ? ORDER BY t.notification_id LIMIT ?"
)
# Tests of event destinations have no message with whose timeline they would go (see `TEST`).
_OLD_TESTS = Hot(
    "SELECT message_id, notification_id FROM tellings WHERE message_id >= 'test-' AND message_id < 'test.' AND at < ?"
    " LIMIT ?"
)
_FORGET = Hot("DELETE FROM tellings WHERE message_id = ? AND notification_id = ?")
TEST = "test-"  # begins what stands for the message in a test
_TESTS_KEPT = timedelta(days=2)
_STEP = 500
_DONE = "done"  # what is no longer there went out: what was given up is kept longer
_MOST_SHOWN = 1000


@contextmanager
def about(key: EventKey) -> Iterator[None]:
    """Notifications that are written within the block tell of this event."""
    token = _about.set(key)
    try:
        yield
    finally:
        _about.reset(token)


def note(tx: Tx, *, account_id: str, notification_id: str, topic_arn: str, protocol: str, endpoint: str) -> None:
    """A notification is being written."""
    key = _about.get()
    if key is not None:
        message_id, at, kind, ordinal = key
        row = (message_id, notification_id, account_id, at, kind, ordinal, topic_arn, protocol, endpoint)
        tx.hot(_NOTE, [row])


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """`state` is that of the notification: waiting, sending, done, dead. The endpoint of another account's subscriber
    is not shown.
    """

    at: datetime
    kind: str
    ordinal: int
    topic_arn: str
    protocol: str
    endpoint: str
    state: str
    attempts: int | None
    changed_at: datetime | None
    last_error: str


def of_message(tx: Tx, message_id: str, account_id: str) -> tuple[Telling, ...]:
    return tuple(_loaded(row, account_id) for row in tx.hot_rows(_OF_MESSAGE, (message_id, _MOST_SHOWN)))


def _loaded(row: tuple[Any, ...], account_id: str) -> Telling:
    owner, at, kind, ordinal, topic_arn, protocol, endpoint, state, attempts, changed_at, last_error = row
    return Telling(
        at=from_micros(at),
        kind=kind,
        ordinal=ordinal,
        topic_arn=topic_arn,
        protocol=protocol,
        endpoint=endpoint if owner == account_id else "",
        state=state or _DONE,
        attempts=attempts,
        changed_at=None if changed_at is None else from_micros(changed_at),
        last_error=last_error or "",
    )


def forget_tests(tx: Tx) -> None:
    tx.hot(_FORGET, tx.hot_rows(_OLD_TESTS, (to_micros(tx.now - _TESTS_KEPT), _STEP)))
