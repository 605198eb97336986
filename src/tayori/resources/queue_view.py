"""What waits, as an account or an operator looks at it: by destination, and recipient by recipient, a page at a time.

Bounded by indexes that have only what waits, and by a number of rows that is looked at; where there is more, that is
said. An account's own is found by its streams, whose names begin with it. Reads only.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tayori.model.message import DeliveryState
from tayori.model.search import moment_of, place_of
from tayori.model.stream import account_of
from tayori.resources.queue import Waiting
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import OPEN, WAITING, from_micros

MOST_COUNTED = 100_000
MOST_SHOWN = 100
_COLUMNS = "r.domain, r.state, r.due_at, r.reason, r.diagnostic, r.message_id, r.owner, r.updated_at"

# Each with a bound: of what waits, all or an account's; and of what is held, parked or in a worker's hands.
_WAITING_OF_ALL = Hot(f"SELECT {_COLUMNS} FROM recipients r {{by recipients_by_domain}} WHERE {WAITING} LIMIT ?")
_WAITING_OF_ACCOUNT = Hot(
    f"SELECT {_COLUMNS} FROM recipients r {{by recipients_by_stream}}"
    f" WHERE {WAITING} AND stream >= ? AND stream < ? LIMIT ?"
)
_OWNED_OF_ALL = Hot(f"SELECT {_COLUMNS} FROM recipients r WHERE {OPEN} AND owner > '' LIMIT ?")
_OWNED_OF_ACCOUNT = Hot(
    f"SELECT {_COLUMNS} FROM recipients r WHERE {OPEN} AND owner > '' AND stream >= ? AND stream < ? LIMIT ?"
)
_ROW = (
    "r.message_id, r.ordinal, r.address, r.domain, r.state, r.owner, r.due_at, r.stream, r.attempts, r.reason,"
    " r.diagnostic"
)
_PLACE = "(r.due_at, r.message_id, r.ordinal) > (?, ?, ?) ORDER BY r.due_at, r.message_id, r.ordinal LIMIT ?"
_BY_DOMAIN = Hot(
    f"SELECT {_ROW} FROM recipients r {{by recipients_by_domain}} WHERE {WAITING} AND r.domain = ? AND {_PLACE}"
)
_BY_OWNER = Hot(f"SELECT {_ROW} FROM recipients r {{by recipients_open}} WHERE {OPEN} AND r.owner = ? AND {_PLACE}")
_BY_STREAM = Hot(
    f"SELECT {_ROW} FROM recipients r {{by recipients_by_stream}} WHERE {WAITING} AND r.stream < ?"
    " AND (r.stream, r.due_at, r.message_id, r.ordinal) > (?, ?, ?, ?)"
    " ORDER BY r.stream, r.due_at, r.message_id, r.ordinal LIMIT ?"
)
_MESSAGE = Hot(
    "SELECT account_id, from_address, accepted_at, expires_at, configuration_set, subject FROM messages"
    " WHERE message_id = ?"
)
_LOOKED_AT = 2000  # for one page

STATEMENTS: tuple[tuple[Hot, tuple[Any, ...]], ...] = (
    (_WAITING_OF_ALL, (10,)),
    (_WAITING_OF_ACCOUNT, ("1 ", "1!", 10)),
    (_OWNED_OF_ALL, (10,)),
    (_OWNED_OF_ACCOUNT, ("1 ", "1!", 10)),
    (_BY_DOMAIN, ("inbox.test", 0, "", 0, 10)),
    (_BY_OWNER, ("held", 0, "", 0, 10)),
    (_BY_STREAM, ("1!", "1 ", 0, "", 0, 10)),
    (_MESSAGE, ("1",)),
)


@dataclass(slots=True, kw_only=True)
class Backlog:
    """What waits for one destination. `last_said` is the newest that a receiver, or we, said of any of it."""

    domain: str
    states: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    next_due: datetime | None = None
    oldest: datetime | None = None
    last_said: str = ""
    last_said_at: datetime | None = None

    @property
    def recipients(self) -> int:
        return self.states.total()


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlogs:
    """The longest first. `is_cut`: more waits than was counted."""

    destinations: list[Backlog]
    is_cut: bool


def _bounds(account_id: str) -> tuple[str, str]:
    """Between which the names of an account's streams are."""
    return f"{account_id} ", f"{account_id}!"


def backlogs(tx: Tx, account_id: str | None, *, domain: str = "", most: int = MOST_COUNTED) -> Backlogs:
    """Of all accounts where none is given."""
    found: dict[str, Backlog] = {}
    counted = 0
    for row in _open_rows(tx, account_id, most):
        counted += 1
        if not domain or row[0] == domain:
            _add(found.setdefault(row[0], Backlog(domain=row[0])), row)
    ordered = sorted(found.values(), key=lambda one: (-one.recipients, one.domain))
    return Backlogs(destinations=ordered, is_cut=counted >= most)


def _open_rows(tx: Tx, account_id: str | None, most: int) -> Iterator[Sequence[Any]]:
    if account_id is None:
        yield from tx.hot_rows(_WAITING_OF_ALL, (most,))
        yield from tx.hot_rows(_OWNED_OF_ALL, (most,))
    else:
        yield from tx.hot_rows(_WAITING_OF_ACCOUNT, (*_bounds(account_id), most))
        yield from tx.hot_rows(_OWNED_OF_ACCOUNT, (*_bounds(account_id), most))


def _add(backlog: Backlog, row: Sequence[Any]) -> None:
    _, state, due_at, reason, diagnostic, message_id, owner, updated_at = row
    backlog.states[state] += 1
    if reason:
        backlog.reasons[reason] += 1
    if not owner:
        due = from_micros(due_at)
        backlog.next_due = due if backlog.next_due is None else min(backlog.next_due, due)
    place = place_of(message_id)
    if place is not None:
        accepted = moment_of(place)
        backlog.oldest = accepted if backlog.oldest is None else min(backlog.oldest, accepted)
    if diagnostic:
        said_at = from_micros(updated_at)
        if backlog.last_said_at is None or said_at > backlog.last_said_at:
            backlog.last_said, backlog.last_said_at = diagnostic, said_at


# --- recipient by recipient ---


@dataclass(frozen=True, slots=True)
class Place:
    """Behind which a page begins. `stream` is empty where all accounts are looked at."""

    due_at: int
    message_id: str
    ordinal: int
    stream: str = ""


_FIRST = Place(-1, "", -1)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedRecipient:
    waiting: Waiting
    ordinal: int
    subject: str


def page(
    tx: Tx, account_id: str | None, domain: str, *, owner: str = "", behind: Place | None = None, limit: int = 50
) -> tuple[list[QueuedRecipient], Place | None]:
    """What waits for a destination, the next one due first, for an account stream by stream; or what `owner` has of it:
    who holds it, or the pause that it waits for. A page may be short, and there is more behind its place all the same.
    """
    start = behind or _FIRST
    found: list[QueuedRecipient] = []
    rows = _rows(tx, account_id, domain, owner, start)
    for row in rows:
        if row[3] != domain or (account_id is not None and account_of(row[7]) != account_id):
            continue
        found += _loaded(tx, row)
        if len(found) >= limit:
            return found, _place(row, account_id, owner)
    return found, _place(rows[-1], account_id, owner) if len(rows) == _LOOKED_AT else None


def _rows(tx: Tx, account_id: str | None, domain: str, owner: str, start: Place) -> list[Any]:
    place = start.due_at, start.message_id, start.ordinal, _LOOKED_AT
    if owner:
        return list(tx.hot_rows(_BY_OWNER, (owner, *place)))
    if account_id is None:
        return list(tx.hot_rows(_BY_DOMAIN, (domain, *place)))
    first, end = _bounds(account_id)
    return list(tx.hot_rows(_BY_STREAM, (end, max(start.stream, first), *place)))


def _place(row: Sequence[Any], account_id: str | None, owner: str) -> Place:
    return Place(row[6], row[0], row[1], row[7] if account_id is not None and not owner else "")


def _loaded(tx: Tx, row: Sequence[Any]) -> list[QueuedRecipient]:
    """Nothing where its message is just being forgotten."""
    return [
        QueuedRecipient(
            waiting=Waiting(
                message_id=row[0],
                account_id=account_id,
                from_address=from_address,
                address=row[2],
                state=DeliveryState(row[4]),
                attempts=row[8],
                accepted_at=from_micros(accepted_at),
                due_at=from_micros(row[6]),
                expires_at=from_micros(expires_at),
                reason=row[9],
                diagnostic=row[10],
                domain=row[3],
                configuration_set=configuration_set or "",
                stream=row[7],
                owner=row[5],
            ),
            ordinal=row[1],
            subject=subject,
        )
        for account_id, from_address, accepted_at, expires_at, configuration_set, subject in tx.hot_rows(
            _MESSAGE, (row[0],)
        )
    ]


def is_of_account(tx: Tx, message_id: str, account_id: str) -> bool:
    rows = tx.hot_rows(_MESSAGE, (message_id,))
    return bool(rows) and rows[0][0] == account_id
