"""The newest events of an account, for whoever watches them as they happen.

An account is watched for some minutes from each look on. That is a setting, so that every process learns of it; while
nobody watches, events cost nothing here. What is kept is a list of keys in the order of their being written, behind a
cursor that leaves a moment out: a transaction may be committed a little later than one that began after it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tayori.store.dialect import Hot
from tayori.store.engine import RAISE_REVISION, Tx
from tayori.store.tables import from_micros, to_micros

MOST = 100
_OF_EACH = 10
_WATCHED_FOR = timedelta(minutes=10)
_RENEWED_BELOW = timedelta(minutes=5)
_KEPT = timedelta(minutes=15)
_OVERLAP = timedelta(seconds=2)
_FIRST_LOOK = timedelta(minutes=10)

_WATCHES = Hot("SELECT account_id, region, until FROM tail_watches")
_UNTIL = Hot("SELECT until FROM tail_watches WHERE account_id = ? AND region = ?")
_WATCH = Hot(
    "INSERT INTO tail_watches (account_id, region, until) VALUES (?, ?, ?)"
    " ON CONFLICT (account_id, region) DO UPDATE SET until = excluded.until"
)
_END = Hot("DELETE FROM tail_watches WHERE until < ?")
_NOTE = Hot(
    "INSERT INTO tail_events (account_id, region, noted_at, message_id, at, kind, ordinal) VALUES {values}"
    " ON CONFLICT (account_id, region, noted_at, message_id, at, kind, ordinal) DO NOTHING"
)
_NEWEST = Hot(
    "SELECT t.noted_at, t.message_id, t.at, t.kind, t.ordinal, e.detail, m.from_address, m.subject, r.address"
    " FROM tail_events t JOIN messages m ON m.message_id = t.message_id"
    " LEFT JOIN events e ON e.message_id = t.message_id AND e.at = t.at AND e.kind = t.kind AND e.ordinal = t.ordinal"
    " LEFT JOIN recipients r ON r.message_id = t.message_id AND r.ordinal = t.ordinal"
    " WHERE t.account_id = ? AND t.region = ? AND t.noted_at > ? ORDER BY t.noted_at DESC LIMIT ?"
)
_OF_MESSAGE = Hot(
    "SELECT e.at, e.message_id, e.at, e.kind, e.ordinal, e.detail, m.from_address, m.subject, r.address FROM events e"
    " JOIN messages m ON m.message_id = e.message_id"
    " LEFT JOIN recipients r ON r.message_id = e.message_id AND r.ordinal = e.ordinal"
    " WHERE e.message_id = ? ORDER BY e.at DESC LIMIT ?"
)
_FORGET = Hot("DELETE FROM tail_events WHERE account_id = ? AND region = ? AND noted_at < ?")
_FORGET_ALL = Hot("DELETE FROM tail_events WHERE noted_at < ?")

STATEMENTS = ((_NEWEST, ("1", "us-east-1", 1, 100)), (_OF_MESSAGE, ("0100a", 10)), (_FORGET, ("1", "us-east-1", 1)))


@dataclass(frozen=True, slots=True, kw_only=True)
class TailEvent:
    """`recipient` is empty where the event is about the whole message."""

    message_id: str
    at: datetime
    kind: str
    recipient: str
    from_address: str
    subject: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """The newest first. `cursor` is where to go on; some of what is here comes again then."""

    events: list[TailEvent]
    cursor: int
    is_cut: bool


def watched(tx: Tx) -> Mapping[tuple[str, str], int]:
    """Until when (microseconds) each account and region is watched."""
    return {(account_id, region): until for account_id, region, until in tx.hot_rows(_WATCHES, ())}


def note(
    tx: Tx,
    watches: Mapping[tuple[str, str], int],
    rows: Sequence[Sequence[Any]],
    owners: Iterable[tuple[str, str, str]],
) -> None:
    """Events (message id, microseconds, kind, ordinal, …) are being written; those of watched accounts are noted."""
    now = to_micros(tx.now)
    of = {message_id: (account, region) for message_id, account, region in owners}
    noted = [(*of[row[0]], now, *row[:4]) for row in rows if watches.get(of[row[0]], 0) > now]
    if noted:
        tx.hot(_NOTE, noted)


def is_watched(tx: Tx, account_id: str, region: str) -> bool:
    """Whether it is, for long enough from now on."""
    rows = tx.hot_rows(_UNTIL, (account_id, region))
    return bool(rows) and rows[0][0] > to_micros(tx.now + _RENEWED_BELOW)


def watch(tx: Tx, account_id: str, region: str) -> None:
    now = to_micros(tx.now)
    tx.hot(_END, [(now,)])
    tx.hot(_WATCH, [(account_id, region, to_micros(tx.now + _WATCHED_FOR))])
    tx.hot(RAISE_REVISION, [()])
    tx.hot(_FORGET, [(account_id, region, to_micros(tx.now - _KEPT))])


def newest(tx: Tx, account_id: str, region: str, after: int) -> Tail:
    since = max(after, to_micros(tx.now - _FIRST_LOOK))
    rows = tx.hot_rows(_NEWEST, (account_id, region, since, MOST + 1))
    last = rows[0][0] if rows else since
    return Tail(
        events=[_loaded(row) for row in rows[:MOST]],
        cursor=max(since, min(last, to_micros(tx.now - _OVERLAP))),
        is_cut=len(rows) > MOST,
    )


def of_messages(tx: Tx, message_ids: Iterable[str]) -> list[TailEvent]:
    """The newest events of each."""
    return [_loaded(row) for message_id in message_ids for row in tx.hot_rows(_OF_MESSAGE, (message_id, _OF_EACH))]


def _loaded(row: tuple[Any, ...]) -> TailEvent:
    _, message_id, at, kind, _, detail, from_address, subject, address = row
    return TailEvent(
        message_id=message_id,
        at=from_micros(at),
        kind=kind,
        recipient=address or "",
        from_address=from_address,
        subject=subject,
        detail=json.loads(detail) if detail else {},
    )


def forget(tx: Tx) -> None:
    """What nobody watches any more."""
    tx.hot(_END, [(to_micros(tx.now),)])
    tx.hot(_FORGET_ALL, [(to_micros(tx.now - _KEPT),)])
