"""Mail that accounts receive: for whom it is taken, and how far its actions have come.

Owns the rows. What is to be done with a message is written down with it, by the rules of that moment, before the sender
is told that it was taken; each action that is done is noted in a transaction, so that after a crash at most one is done
again. The content is kept until all are done, what bounces need of it for a day more.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from tayori.mail.address import AddrSpec
from tayori.model import receipt
from tayori.model.errors import LimitExceeded
from tayori.model.identity import HOLDING
from tayori.model.receipt import Filter, Meeting, Rule
from tayori.model.received import HEAD, Arrival
from tayori.resources import receipt_rules, service_mail, topics
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.receipt_tables import RECEIPT_HELD, RECEIPT_OPEN, receipt_filters, receipt_rule_sets
from tayori.store.tables import from_micros, identities, storable, to_micros

TOPIC = "received"  # of wake-ups
BOUNCED_FOR = timedelta(hours=24)  # how long SendBounce knows a message (ses: model)
GIVEN_UP_AFTER = timedelta(hours=24)
_FORGOTTEN_AFTER = timedelta(hours=25)
_STEP = 100
_BOUNCES_AN_HOUR = 20  # to one address

_REVISION = Hot("SELECT revision FROM settings_revision WHERE id = 1")
_HELD = Hot(f"SELECT COALESCE(SUM(octets), 0) FROM received_messages WHERE {RECEIPT_HELD}")
_INSERT = Hot(
    "INSERT INTO received_messages (account_id, message_id, region, received_at, due_at, state, attempts, facts, steps,"
    " progress, head, octets, content, error) VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, '{}', ?, ?, ?, '')"
)
_DUE = Hot(
    f"SELECT account_id, message_id FROM received_messages WHERE {RECEIPT_OPEN} AND due_at <= ? ORDER BY due_at LIMIT ?"
)
_NEXT = Hot(f"SELECT MIN(due_at) FROM received_messages WHERE {RECEIPT_OPEN}")
_ONE = Hot(
    "SELECT region, received_at, attempts, facts, steps, progress, content FROM received_messages"
    f" WHERE account_id = ? AND message_id = ? AND {RECEIPT_OPEN}"
)
_ADVANCE = Hot(
    "UPDATE received_messages SET progress = ?, attempts = 0 WHERE account_id = ? AND message_id = ?"
    f" AND {RECEIPT_OPEN}"
)
_POSTPONE = Hot(
    "UPDATE received_messages SET due_at = ?, attempts = attempts + 1, error = ?, state = ?"
    " WHERE account_id = ? AND message_id = ?"
)
_FINISH = Hot(
    "UPDATE received_messages SET state = 'done', octets = 0, content = ? WHERE account_id = ? AND message_id = ?"
)
_RETURNED = Hot(
    "SELECT region, received_at, facts, head FROM received_messages WHERE account_id = ? AND message_id = ?"
)
_OLD = Hot(
    "SELECT account_id, message_id FROM received_messages"
    " WHERE (received_at < ? AND state = 'done') OR (received_at < ? AND state = 'dead') LIMIT ?"
)
_DELETE = Hot("DELETE FROM received_messages WHERE account_id = ? AND message_id = ?")


# -- for whom mail is taken --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveSet:
    account_id: str
    region: str
    name: str
    rules: tuple[Rule, ...]
    filters: tuple[Filter, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveSets:
    """All that are active, as they were at one revision of the settings."""

    revision: int = -1
    sets: tuple[ActiveSet, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Whose mail to an address is, and what it meets there."""

    account_id: str
    region: str
    meeting: Meeting
    filters: tuple[Filter, ...]


def admit(tx: Tx, known: ActiveSets, address: AddrSpec) -> tuple[ActiveSets, Admission | None]:
    """None: nobody receives mail for the address. What was `known` comes back, brought up to date.

    Where several accounts have verified the domain, it is the one that did so first of those whose rules are met.
    """
    ((revision,),) = tx.hot_rows(_REVISION, ())
    sets = known if revision == known.revision else ActiveSets(revision=revision, sets=_active(tx))
    if not sets.sets:
        return sets, None
    met = {
        (one.account_id, one.region): (one, found)
        for one in sets.sets
        if (found := receipt.meeting(one.rules, address)).rules
    }
    for key in _owners(tx, address) if met else ():
        if key in met:
            one, found = met[key]
            where = {"account_id": one.account_id, "region": one.region}
            return sets, Admission(**where, meeting=found, filters=one.filters)
    return sets, None


def _owners(tx: Tx, address: AddrSpec) -> list[tuple[str, str]]:
    """Who has verified the domain, or one above it, the first first."""
    labels = address.domain.split(".")
    columns = identities.c
    rows = tx.execute(
        sa.select(columns.account_id, columns.region)
        .where(columns.identity.in_([".".join(labels[at:]) for at in range(len(labels))]))
        .where(columns.verification_status.in_(sorted(HOLDING)))
        .order_by(columns.created_at, columns.account_id)
    )
    return list(dict.fromkeys((row.account_id, row.region) for row in rows))


def _active(tx: Tx) -> tuple[ActiveSet, ...]:
    rows = tx.execute(sa.select(receipt_rule_sets).where(receipt_rule_sets.c.active.is_(True))).all()
    filters: dict[tuple[str, str], list[Filter]] = {}
    for row in tx.execute(sa.select(receipt_filters)) if rows else ():
        filters.setdefault((row.account_id, row.region), []).append(Filter.read(row.policy, row.cidr))
    return tuple(
        ActiveSet(
            account_id=row.account_id,
            region=row.region,
            name=row.name,
            rules=tuple(map(Rule.read, row.rules)),
            filters=tuple(filters.get((row.account_id, row.region), ())),
        )
        for row in rows
    )


# -- taking it in ------------------------------------------------------------------------------------------------------


class Taken(StrEnum):
    """What becomes of a message at the end of its transmission."""

    TAKEN = "taken"
    NO_ROOM = "no-room"
    TOO_LARGE = "too-large"  # for a notification that is to hold it


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """One message for one account, with its recipients there."""

    account_id: str
    region: str
    arrival: Arrival
    recipients: tuple[AddrSpec, ...]
    content: bytes = field(repr=False)


def record(tx: Tx, arrived: Sequence[Arrived], most: int) -> Taken:
    """All of them or none; `most` octets may wait for their actions in all."""
    ((held,),) = tx.hot_rows(_HELD, ())
    if held + sum(len(one.content) for one in arrived) > most:
        return Taken.NO_ROOM
    rows = []
    for one in arrived:
        found = receipt_rules.active_set(tx, one.account_id, one.region)
        rules = [Rule.read(rule) for rule in found.rules] if found else []
        steps = receipt.steps(rules, one.recipients)
        if receipt.is_too_large_for_topic(steps, len(one.content)):
            return Taken.TOO_LARGE
        facts = asdict(one.arrival) | {"received_at": None, "set": found.name if found else ""}
        rows.append(
            (
                one.account_id,
                one.arrival.message_id,
                one.region,
                to_micros(one.arrival.received_at),
                to_micros(tx.now),
                "open" if steps else "done",
                storable(json.dumps(facts)),
                storable(json.dumps(steps)),
                one.content.partition(b"\r\n\r\n")[0][:HEAD] + b"\r\n",
                len(one.content) if steps else 0,
                one.content if steps else b"",
            )
        )
    tx.hot(_INSERT, rows)
    tx.wake(TOPIC)
    return Taken.TAKEN


# -- its actions -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """`at` is the next step; `added` are header fields that rules have added; `stopped` is the rule whose rest is not
    to be done; `verdicts` what the checks came to, None before them.
    """

    at: int = 0
    added: tuple[tuple[str, str], ...] = ()
    stopped: str = ""
    verdicts: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A message with actions to be done."""

    account_id: str
    region: str
    attempts: int
    arrival: Arrival
    rule_set: str
    steps: Sequence[Mapping[str, Any]]
    progress: Progress
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What a topic is told with a step."""

    topic: str
    rule: str
    message: str
    subject: str


def due(tx: Tx, limit: int) -> list[tuple[str, str]]:
    """(account, message) of those whose turn it is, the oldest first."""
    return [(account_id, message_id) for account_id, message_id in tx.hot_rows(_DUE, (to_micros(tx.now), limit))]


def next_due(tx: Tx) -> datetime | None:
    ((earliest,),) = tx.hot_rows(_NEXT, ())
    return None if earliest is None else from_micros(earliest)


def load(tx: Tx, account_id: str, message_id: str) -> Open | None:
    for region, received_at, attempts, facts, steps, progress, content in tx.hot_rows(_ONE, (account_id, message_id)):
        told = json.loads(facts)
        kept = json.loads(progress)
        kept["added"] = tuple(tuple(pair) for pair in kept.get("added", ()))
        return Open(
            account_id=account_id,
            region=region,
            attempts=attempts,
            arrival=_arrival(told, received_at),
            rule_set=told["set"],
            steps=json.loads(steps),
            progress=Progress(**kept),
            content=bytes(content),
        )
    return None


def _arrival(facts: Mapping[str, Any], received_at: int) -> Arrival:
    own = {name: facts[name] for name in ("message_id", "source", "source_ip", "helo", "host", "domain")}
    return Arrival(**own, recipients=tuple(facts["recipients"]), received_at=from_micros(received_at))


def advance(tx: Tx, message: Open, progress: Progress, telling: Telling | None = None) -> Open:
    """Note that a step is done, and tell its topic; both or neither."""
    if telling is not None:
        source = receipt_rules.source_arn(message.account_id, message.region, message.rule_set, telling.rule)
        key = {"account_id": message.account_id, "region": message.region, "source_arn": source}
        topics.publish_for_ses(tx, telling.topic, **key, message=telling.message, subject=telling.subject)
    kept = json.dumps(asdict(progress))
    tx.hot(_ADVANCE, [(storable(kept), message.account_id, message.arrival.message_id)])
    return replace(message, progress=progress, attempts=0)


def postpone(tx: Tx, message: Open, until: datetime, error: str) -> bool:
    """Try the step again later; False where it is given up, since it has been tried for a day."""
    is_over = tx.now - message.arrival.received_at >= GIVEN_UP_AFTER
    state = "dead" if is_over else "open"
    row = to_micros(until), storable(error)[:500], state, message.account_id, message.arrival.message_id
    tx.hot(_POSTPONE, [row])
    return not is_over


def finish(tx: Tx, message: Open) -> None:
    tx.hot(_FINISH, [(b"", message.account_id, message.arrival.message_id)])


def may_bounce_to(tx: Tx, account_id: str, address: str) -> bool:
    """Whether one more bounce of a rule to that address is within bounds: nobody can be flooded by way of a rule."""
    try:
        service_mail.book(tx, account_id, address, most_an_hour=_BOUNCES_AN_HOUR)
    except LimitExceeded:
        return False
    return True


# -- afterwards --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What is known of a message that came in within the last day."""

    arrival: Arrival
    head: bytes


def returned(tx: Tx, account_id: str, region: str, message_id: str) -> Returned | None:
    for where, received_at, facts, head in tx.hot_rows(_RETURNED, (account_id, storable(message_id))):
        if where == region and tx.now - from_micros(received_at) <= BOUNCED_FOR:
            return Returned(arrival=_arrival(json.loads(facts), received_at), head=bytes(head))
    return None


def forget(tx: Tx, dead: timedelta) -> int:
    """Delete some of what is done, and of what was given up `dead` ago; how many."""
    before = to_micros(tx.now - _FORGOTTEN_AFTER), to_micros(tx.now - dead)
    spent = [(account_id, message_id) for account_id, message_id in tx.hot_rows(_OLD, (*before, _STEP))]
    return tx.hot(_DELETE, spent)
