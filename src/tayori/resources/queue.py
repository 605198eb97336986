"""The queue in an operator's hands: how much waits where and why, and holding, releasing or dropping it.

Which changes exist is `model.delivery`'s table. What a worker has in hand at the moment is left alone: its outcome is
on the way. A held recipient belongs to `HOLDER`, so that no worker claims it; its deadline runs on.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from tayori.model import event
from tayori.model.bounce import Deadline, classify_expiry
from tayori.model.delivery import TRANSITIONS, Trigger
from tayori.model.event import EventKind
from tayori.model.message import DeliveryState
from tayori.model.names import ServiceNames
from tayori.resources import publications
from tayori.resources.messages import INSERT_EVENT
from tayori.resources.settings import Settings
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import IS_OPEN, OPEN, from_micros, messages, recipients, to_micros

HOLDER = "held"
NOBODY = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which waiting recipients are meant; all that is given must fit. Nothing given: every one."""

    domain: str = ""
    message_id: str = ""
    account_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """What waits for one recipient domain. `next_due` is None where all of it is held or in a worker's hands."""

    domain: str
    counts: Mapping[DeliveryState, int] = field(default_factory=dict)
    next_due: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One recipient that waits: why, and until when."""

    message_id: str
    account_id: str
    from_address: str
    address: str
    state: DeliveryState
    attempts: int
    accepted_at: datetime
    due_at: datetime
    expires_at: datetime
    reason: str
    diagnostic: str


# --- looking ---


def counts(tx: Tx, selection: Selection | None = None) -> dict[DeliveryState, int]:
    """How many recipients wait, by state."""
    table = recipients.c
    query = sa.select(table.state, sa.func.count()).where(IS_OPEN, *_conditions(selection)).group_by(table.state)
    return {DeliveryState(state): count for state, count in map(tuple, tx.execute(query))}


def destinations(tx: Tx, selection: Selection | None = None) -> list[Destination]:
    """What waits for each domain, the longest queue first."""
    table = recipients.c
    due = sa.func.min(sa.case((table.owner == NOBODY, table.due_at)))
    query = (
        sa.select(table.domain, table.state, sa.func.count(), due)
        .where(IS_OPEN, *_conditions(selection))
        .group_by(table.domain, table.state)
    )
    by_state: dict[str, dict[DeliveryState, int]] = defaultdict(dict)
    next_due: dict[str, int] = {}
    for row in tx.execute(query):
        domain, state, count, micros = tuple(row)
        by_state[domain][DeliveryState(state)] = count
        if micros is not None:
            next_due[domain] = min(micros, next_due.get(domain, micros))
    found = [
        Destination(
            domain=domain, counts=states, next_due=from_micros(next_due[domain]) if domain in next_due else None
        )
        for domain, states in by_state.items()
    ]
    return sorted(found, key=lambda item: (-sum(item.counts.values()), item.domain))


def waiting(tx: Tx, selection: Selection, limit: int) -> list[Waiting]:
    """The recipients that wait, the next one due first."""
    table = recipients.c
    query = (
        sa.select(recipients, messages)
        .join(messages, messages.c.message_id == table.message_id)
        .where(IS_OPEN, *_conditions(selection))
        .order_by(table.due_at, table.message_id, table.ordinal)
        .limit(limit)
    )
    return [
        Waiting(
            message_id=row.message_id,
            account_id=row.account_id,
            from_address=row.from_address,
            address=row.address,
            state=DeliveryState(row.state),
            attempts=row.attempts,
            accepted_at=row.accepted_at,
            due_at=from_micros(row.due_at),
            expires_at=row.expires_at,
            reason=row.reason,
            diagnostic=row.diagnostic,
        )
        for row in tx.execute(query)
    ]


def in_hand(tx: Tx, selection: Selection) -> int:
    """How many of the selected recipients a worker has in hand."""
    return counts(tx, selection).get(DeliveryState.SENDING, 0)


def _conditions(selection: Selection | None) -> list[sa.ColumnElement[bool]]:
    if selection is None:
        return []
    table = recipients.c
    found = []
    if selection.domain:
        found.append(table.domain == selection.domain)
    if selection.message_id:
        found.append(table.message_id == selection.message_id)
    if selection.account_id:
        own = sa.select(messages.c.message_id).where(messages.c.account_id == selection.account_id)
        found.append(table.message_id.in_(own))
    return found


# --- changing ---


def hold(tx: Tx, selection: Selection) -> int:
    """Try nothing more until it is released; how many recipients that changed."""
    return _change(tx, selection, Trigger.PAUSE, HOLDER)


def release(tx: Tx, selection: Selection) -> int:
    """What is held is due at once."""
    changed = _change(tx, selection, Trigger.RESUME, NOBODY)
    if changed:
        tx.wake("deliveries")
    return changed


def drop(tx: Tx, selection: Selection) -> int:
    """Give up for good. Nobody is told: no bounce, no event."""
    return _change(tx, selection, Trigger.CANCEL, NOBODY)


def _change(tx: Tx, selection: Selection, trigger: Trigger, owner: str) -> int:
    now = to_micros(tx.now)
    where, parameters = _where(selection)
    changed = 0
    for (state, its_trigger), following in TRANSITIONS.items():
        if its_trigger is trigger:
            due = "?" if trigger is Trigger.RESUME else "due_at"
            statement = Hot(
                f"UPDATE recipients SET state = ?, owner = ?, due_at = {due}, updated_at = ?"
                f" WHERE {OPEN} AND owner = ? AND state = ?{where}"
            )
            holder = HOLDER if state is DeliveryState.HELD else NOBODY
            moment = (now,) if trigger is Trigger.RESUME else ()
            changed += tx.hot(statement, [(following, owner, *moment, now, holder, state, *parameters)])
    return changed


def _where(selection: Selection) -> tuple[str, tuple[str, ...]]:
    """The selection as text for a hot statement: a change of the queue is no change of settings."""
    given = {
        " AND domain = ?": selection.domain,
        " AND message_id = ?": selection.message_id,
        " AND message_id IN (SELECT message_id FROM messages WHERE account_id = ?)": selection.account_id,
    }
    return "".join(text for text, value in given.items() if value), tuple(value for value in given.values() if value)


# --- the deadline of what is held ---

_OVERDUE = Hot(
    "SELECT r.message_id, r.ordinal, r.address, r.status, r.diagnostic, m.account_id, m.region, m.facts"
    " FROM recipients r JOIN messages m ON m.message_id = r.message_id"
    f" WHERE r.{OPEN} AND r.owner = ? AND m.expires_at <= ? LIMIT ?"
)
_EXPIRE = Hot(
    "UPDATE recipients SET state = ?, owner = '', updated_at = ?"
    " WHERE message_id = ? AND ordinal = ? AND owner = ? AND state = ?"
)


def expire_held(tx: Tx, names: Callable[[str], ServiceNames], limit: int = 500) -> int:
    """End what is held and whose time is over as delivery would, with a Bounce event; how many recipients."""
    now = to_micros(tx.now)
    ended = TRANSITIONS[DeliveryState.HELD, Trigger.EXPIRE]
    rows = tx.hot_rows(_OVERDUE, (HOLDER, now, limit))
    changed = 0
    settings = Settings()
    for message_id, ordinal, address, status, diagnostic, account_id, region, facts in rows:
        if not tx.hot(_EXPIRE, [(ended, now, message_id, ordinal, HOLDER, DeliveryState.HELD)]):
            continue
        own = json.loads(facts)["own_deadline"]
        detail = event.bounce(
            classify_expiry(Deadline.CONFIGURATION_SET if own else Deadline.SERVICE),
            [event.bounced_recipient(address, status=status or "4.4.7", diagnostic=diagnostic)],
            now=tx.now,
            feedback_id=message_id,
            reporting_mta=names(region).ehlo_name,
        )
        row = (message_id, now, EventKind.BOUNCE, ordinal, json.dumps(detail))
        tx.hot(INSERT_EVENT, [row])
        publications.note(tx, settings, [row], [(message_id, account_id, region)])
        changed += 1
    return changed
