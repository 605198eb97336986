"""The queue as an operator sees it: what waits and why, and the ways to hold, release and drop it.

Owns the changes of state that a person asks for; what an attempt comes to is `deliveries`. A held recipient is in the
operator's hands, as one that is being sent is in a worker's: `owner` says so, and no worker claims it. What a worker
has in hand at the moment is left to it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tayori.model.delivery import TRANSITIONS, Trigger
from tayori.model.message import DeliveryState
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import from_micros, to_micros

OPERATOR = "operator"

# The condition of the partial index, word for word: see resources.deliveries.
_OPEN = "state IN ('queued', 'sending', 'deferred', 'held')"
_MOST_DESTINATIONS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which of the waiting recipients are meant; what is empty does not narrow."""

    domain: str = ""
    message_id: str = ""
    account_id: str = ""

    def condition(self) -> tuple[str, list[Any]]:
        """SQL to go behind a condition on recipients, with its parameters."""
        text = ""
        values: list[Any] = []
        if self.domain:
            text, values = text + " AND domain = ?", [*values, self.domain]
        if self.message_id:
            text, values = text + " AND message_id = ?", [*values, self.message_id]
        if self.account_id:
            text += " AND message_id IN (SELECT message_id FROM messages WHERE account_id = ?)"
            values = [*values, self.account_id]
        return text, values


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """What waits for one recipient domain: how many in each state, and when the next is due."""

    domain: str
    counts: dict[str, int]
    next_due: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One recipient that waits, with what the last attempt came to."""

    message_id: str
    ordinal: int
    account_id: str
    from_address: str
    address: str
    state: str
    attempts: int
    accepted_at: datetime
    due_at: datetime
    expires_at: datetime
    reason: str
    diagnostic: str


def destinations(tx: Tx, selection: Selection) -> list[Destination]:
    """By recipient domain, those with the most waiting first."""
    narrowed, values = selection.condition()
    statement = (
        f"SELECT domain, state, COUNT(*), MIN(due_at) FROM recipients WHERE {_OPEN}{narrowed} GROUP BY domain, state"
    )
    counts: dict[str, dict[str, int]] = {}
    due: dict[str, int] = {}
    for domain, state, count, first in tx.hot_rows(Hot(statement), values):
        counts.setdefault(domain, {})[state] = count
        if state in (DeliveryState.QUEUED, DeliveryState.DEFERRED):
            due[domain] = min(first, due.get(domain, first))
    fullest = sorted(counts, key=lambda domain: (-sum(counts[domain].values()), domain))[:_MOST_DESTINATIONS]
    return [
        Destination(domain=domain, counts=counts[domain], next_due=from_micros(due[domain]) if domain in due else None)
        for domain in fullest
    ]


def waiting(tx: Tx, selection: Selection, limit: int) -> list[Waiting]:
    """Up to `limit` recipients, the next due first."""
    narrowed, values = selection.condition()
    statement = (
        "SELECT r.message_id, r.ordinal, m.account_id, m.from_address, r.address, r.state, r.attempts, m.accepted_at,"
        " r.due_at, m.expires_at, r.reason, r.diagnostic"
        f" FROM (SELECT * FROM recipients WHERE {_OPEN}{narrowed} ORDER BY due_at LIMIT ?) r"
        " JOIN messages m ON m.message_id = r.message_id ORDER BY r.due_at, r.message_id, r.ordinal"
    )
    return [
        Waiting(
            message_id=row[0],
            ordinal=row[1],
            account_id=row[2],
            from_address=row[3],
            address=row[4],
            state=row[5],
            attempts=row[6],
            accepted_at=from_micros(row[7]),
            due_at=from_micros(row[8]),
            expires_at=from_micros(row[9]),
            reason=row[10],
            diagnostic=row[11],
        )
        for row in tx.hot_rows(Hot(statement), [*values, limit])
    ]


def in_hand(tx: Tx, selection: Selection) -> int:
    """How many are being sent now, and so are out of an operator's reach."""
    narrowed, values = selection.condition()
    statement = f"SELECT COUNT(*) FROM recipients WHERE {_OPEN} AND state = 'sending'{narrowed}"
    ((count,),) = tx.hot_rows(Hot(statement), values)
    return int(count)


def hold(tx: Tx, selection: Selection) -> int:
    """Try nothing more until `release`. Deadlines run on. How many recipients that are now held."""
    return _change(tx, Trigger.PAUSE, DeliveryState.HELD, OPERATOR, selection)


def release(tx: Tx, selection: Selection) -> int:
    """What was held is due at once."""
    released = _change(tx, Trigger.RESUME, DeliveryState.QUEUED, "", selection)
    if released:
        tx.wake("deliveries")
    return released


def drop(tx: Tx, selection: Selection) -> int:
    """Give up for good, without a bounce: nobody is told."""
    return _change(tx, Trigger.CANCEL, DeliveryState.CANCELLED, "", selection)


def _change(tx: Tx, trigger: Trigger, state: DeliveryState, owner: str, selection: Selection) -> int:
    """Move all that may be moved by `trigger` and are in no worker's hands."""
    narrowed, values = selection.condition()
    due = ", due_at = ?" if trigger is Trigger.RESUME else ""
    moments = [to_micros(tx.now)] * (2 if due else 1)
    statement = (
        f"UPDATE recipients SET state = '{state}', owner = ?, updated_at = ?{due}"
        f" WHERE {_OPEN} AND owner IN ('', '{OPERATOR}') AND state IN ({_quoted(_from(trigger))}){narrowed}"
    )
    return tx.hot(Hot(statement), [(owner, *moments, *values)])


def _from(trigger: Trigger) -> list[DeliveryState]:
    """The states that `trigger` leads out of."""
    return [state for state, given in TRANSITIONS if given is trigger]


def _quoted(states: Iterable[DeliveryState]) -> str:
    return ", ".join(f"'{state}'" for state in states)
