"""The queue in an operator's hands: how much waits where and why, and holding, releasing or dropping it.

Which changes exist is `model.delivery`'s table. What a worker has in hand at the moment is left alone: its outcome is
on the way. A held recipient belongs to `HOLDER`, so that no worker claims it; its deadline runs on.
"""

import heapq
import json
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from tayori.model import event
from tayori.model.bounce import Deadline, classify_expiry
from tayori.model.delivery import TRANSITIONS, Trigger
from tayori.model.event import EventKind
from tayori.model.mail_count import Count
from tayori.model.message import DeliveryState
from tayori.model.names import ServiceNames
from tayori.model.pause import Pauses
from tayori.model.stream import account_of
from tayori.model.waiting import WaitingFacts
from tayori.resources import event_rows, mail_counts, pauses, publications
from tayori.resources.settings import Settings
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import IS_OPEN, OPEN, WAITING, from_micros, messages, recipients, to_micros

HOLDER = "held"
NOBODY = ""
_IN_FRONT = timedelta(days=1)  # earlier than what is due by itself: a claim takes what has been due longest
_OF_MESSAGE = " AND EXISTS (SELECT 1 FROM messages m WHERE m.message_id = recipients.message_id AND m.{})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which waiting recipients are meant; all that is given must fit. Nothing given: every one."""

    domain: str = ""
    message_id: str = ""
    account_id: str = ""
    configuration_set: str = ""
    address: str = ""
    accepted_before: datetime | None = None


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
    domain: str = ""
    configuration_set: str = ""
    stream: str = ""
    owner: str = ""


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
            domain=row.domain,
            configuration_set=row.configuration_set or "",
            stream=row.stream,
            owner=row.owner,
        )
        for row in tx.execute(query)
    ]


_AHEAD = Hot(
    "SELECT COUNT(*) FROM (SELECT 1 FROM recipients {by recipients_by_stream}"
    f" WHERE {WAITING} AND stream = ? AND due_at < ? LIMIT ?) AS before"
)
_MOST_AHEAD = 100_000  # counted


def facts_of(tx: Tx, one: Waiting, paused: Pauses) -> WaitingFacts:
    """What the rows say of why it waits."""
    found = next((pause for pause in paused if pause.parked_as == one.owner), None)
    if found is None and one.state is not DeliveryState.SENDING:
        found = paused.of_mail(one.account_id, one.configuration_set, one.domain)
    is_due = one.owner == NOBODY and one.due_at <= tx.now
    due = to_micros(one.due_at)
    return WaitingFacts(
        domain=one.domain,
        state=one.state,
        due_at=one.due_at,
        expires_at=one.expires_at,
        attempts=one.attempts,
        reason=one.reason,
        diagnostic=one.diagnostic,
        pause=found,
        ahead=tx.hot_rows(_AHEAD, (one.stream, due, _MOST_AHEAD))[0][0] if is_due else None,
    )


# --- depth, for gauges ---

# An id is its region's four digits, then the time: in this order the oldest comes first.
_OLDEST = "MIN(SUBSTR(message_id, 5) || SUBSTR(message_id, 1, 4))"
_OF_DOMAINS = f"SELECT domain, COUNT(*), {_OLDEST} FROM recipients {{}}WHERE {{}} GROUP BY domain"
_OF_STREAMS = f"SELECT stream, COUNT(*), {_OLDEST} FROM recipients {{}}WHERE {{}} GROUP BY stream"
_ACCEPTED = Hot("SELECT accepted_at FROM messages WHERE message_id = ?")
_OWNED = f"{OPEN} AND owner = ?"


@dataclass(frozen=True, slots=True)
class Depth:
    """How many recipients wait for something, and since when the oldest of their messages has been here."""

    name: str
    recipients: int
    oldest: datetime


def depths(tx: Tx, most: int) -> tuple[list[Depth], list[Depth]]:
    """By destination and by account, the `most` longest of each: of what waits, is held, or waits for the end of a
    pause. Counted by indexes, of which each has only what waits; whoever asks often keeps the answer.
    """
    return _depths(tx, most, _OF_DOMAINS, "domain", str), _depths(tx, most, _OF_STREAMS, "stream", account_of)


def _depths(tx: Tx, most: int, sql: str, index: str, name_of: Callable[[str], str]) -> list[Depth]:
    rows = list(tx.hot_rows(Hot(sql.format(f"{{by recipients_by_{index}}} ", WAITING)), ()))
    for owner in (HOLDER, *pauses.owners(tx)):
        rows += tx.hot_rows(Hot(sql.format("", _OWNED)), (owner,))
    counted: dict[str, tuple[int, str]] = {}
    for key, count, oldest in rows:
        before, since = counted.get(name_of(key), (0, oldest))
        counted[name_of(key)] = before + count, min(since, oldest)
    longest = heapq.nlargest(most, counted.items(), key=lambda item: item[1][0])
    return [Depth(name, count, _accepted(tx, oldest[-4:] + oldest[:-4])) for name, (count, oldest) in longest]


def _accepted(tx: Tx, message_id: str) -> datetime:
    rows = tx.hot_rows(_ACCEPTED, (message_id,))
    return from_micros(rows[0][0]) if rows else tx.now


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
    if selection.address:
        found.append(table.address == selection.address)
    own = []
    if selection.account_id:
        own.append(messages.c.account_id == selection.account_id)
    if selection.configuration_set:
        own.append(messages.c.configuration_set == selection.configuration_set)
    if selection.accepted_before is not None:
        own.append(messages.c.accepted_at < selection.accepted_before)
    if own:
        of_messages = sa.select(messages.c.message_id).where(messages.c.message_id == table.message_id, *own)
        found.append(of_messages.correlate(recipients).exists())
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


def requeue(tx: Tx, selection: Selection) -> int:
    """What waits is due at once, and its tries are counted from the beginning: as if it had just been accepted."""
    return _due_again(tx, selection, "attempts = 0, reason = '', status = '', diagnostic = '', ", timedelta())


def expedite(tx: Tx, selection: Selection) -> int:
    """What waits is due at once and goes before all that its stream has waiting. A destination's rest still holds."""
    return _due_again(tx, selection, "", _IN_FRONT)


def _due_again(tx: Tx, selection: Selection, also: str, earlier: timedelta) -> int:
    where, parameters = _where(selection)
    statement = Hot(
        f"UPDATE recipients SET {also}due_at = ?, updated_at = ? WHERE {OPEN} AND owner = ''"
        f" AND state IN ('queued', 'deferred'){where}"
    )
    changed = tx.hot(statement, [(to_micros(tx.now - earlier), to_micros(tx.now), *parameters)])
    if changed:
        tx.wake("deliveries")
    return changed


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
            holders = [HOLDER] if state is DeliveryState.HELD else [NOBODY, *pauses.owners(tx)]
            moment = (now,) if trigger is Trigger.RESUME else ()
            given = [(following, owner, *moment, now, holder, state, *parameters) for holder in holders]
            changed += tx.hot(statement, given)
    return changed


def _where(selection: Selection) -> tuple[str, tuple[str | int, ...]]:
    """The selection as text for a hot statement: a change of the queue is no change of settings."""
    before = selection.accepted_before
    given: dict[str, str | int] = {
        " AND domain = ?": selection.domain,
        " AND message_id = ?": selection.message_id,
        " AND address = ?": selection.address,
        _OF_MESSAGE.format("account_id = ?"): selection.account_id,
        _OF_MESSAGE.format("configuration_set = ?"): selection.configuration_set,
        _OF_MESSAGE.format("accepted_at < ?"): to_micros(before) if before is not None else 0,
    }
    return "".join(text for text, value in given.items() if value), tuple(value for value in given.values() if value)


# --- the deadline of what is held ---

_OVERDUE = Hot(
    "SELECT r.message_id, r.ordinal, r.address, r.status, r.diagnostic, m.account_id, m.region, m.facts, r.state"
    " FROM recipients r JOIN messages m ON m.message_id = r.message_id"
    f" WHERE r.{OPEN} AND r.owner = ? AND m.expires_at <= ? LIMIT ?"
)
_PARKED_TOO_LONG = Hot(
    "SELECT r.message_id, r.ordinal, r.address, r.status, r.diagnostic, m.account_id, m.region, m.facts, r.state"
    " FROM recipients r JOIN messages m ON m.message_id = r.message_id"
    f" WHERE r.{OPEN} AND r.owner = ? AND r.due_at <= ? LIMIT ?"
)
_EXPIRE = Hot(
    "UPDATE recipients SET state = ?, owner = '', updated_at = ?"
    " WHERE message_id = ? AND ordinal = ? AND owner = ? AND state = ?"
)


def expire_held(tx: Tx, names: Callable[[str], ServiceNames], limit: int = 500) -> int:
    """End what is held, or waits for the end of a pause, and whose time is over as delivery would, with a Bounce event;
    how many recipients.
    """
    now = to_micros(tx.now)
    overdue = [(HOLDER, row) for row in tx.hot_rows(_OVERDUE, (HOLDER, now, limit))]
    for owner in pauses.owners(tx):
        overdue += [(owner, row) for row in tx.hot_rows(_PARKED_TOO_LONG, (owner, now, limit))]
    settings = Settings()
    return sum(_expire(tx, settings, names, owner, row) for owner, row in overdue)


def _expire(
    tx: Tx, settings: Settings, names: Callable[[str], ServiceNames], owner: str, overdue: tuple[Any, ...]
) -> bool:
    message_id, ordinal, address, status, diagnostic, account_id, region, facts, state = overdue
    now = to_micros(tx.now)
    ended = TRANSITIONS[DeliveryState(state), Trigger.EXPIRE]
    if not tx.hot(_EXPIRE, [(ended, now, message_id, ordinal, owner, state)]):
        return False
    own = json.loads(facts)["own_deadline"]
    detail = event.bounce(
        classify_expiry(Deadline.CONFIGURATION_SET if own else Deadline.SERVICE),
        [event.bounced_recipient(address, status=status or "4.4.7", diagnostic=diagnostic)],
        now=tx.now,
        feedback_id=message_id,
        reporting_mta=names(region).ehlo_name,
    )
    row = event_rows.append(tx, (message_id, now, EventKind.BOUNCE, ordinal, json.dumps(detail)))
    publications.note(tx, settings, [row], [(message_id, account_id, region)])
    mail_counts.recipients(tx, Count.TRANSIENT_BOUNCES, message_id, [address])
    return True
