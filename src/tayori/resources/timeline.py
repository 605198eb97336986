"""All that is known of one message: its row, its recipients with their states, every attempt and every event, the
reports that came back, who was told, and what it put on the suppression list.

Reads only. What `tayori message show` and the HTTP extension show is made from this, so both tell the same.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tayori.model.errors import Kind, NotFound
from tayori.model.message import DeliveryState
from tayori.model.shown_url import shown
from tayori.resources import tellings
from tayori.resources.tellings import Telling
from tayori.store.engine import Tx
from tayori.store.tables import (
    attempts,
    bodies,
    events,
    from_micros,
    inbound_messages,
    messages,
    recipients,
    storable,
    suppressed_destinations,
)

WHOLE_MESSAGE = -1  # the ordinal of an event that is about no single recipient


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientRecord:
    """`due_at` is the next try, and None where none will come: a final state, or held."""

    ordinal: int
    address: str
    state: DeliveryState
    attempts: int
    due_at: datetime | None
    reason: str
    status: str
    diagnostic: str
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRecord:
    ordinal: int
    started_at: datetime
    duration_ms: int
    host: str
    address: str
    source_address: str
    tls: str
    outcome: str
    reason: str
    status: str
    diagnostic: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRecord:
    at: datetime
    kind: str
    ordinal: int
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRecord:
    """Mail that came back to the message's return path. `read_as` is empty where nobody could read it."""

    at: datetime
    purpose: str
    recipient: str
    reverse_path: str
    source_ip: str
    read_as: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionRecord:
    """A recipient that is on the account's suppression list now; whether this message is why."""

    address: str
    reason: str
    since: datetime
    is_by_this: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    message_id: str
    account_id: str
    region: str
    accepted_at: datetime
    expires_at: datetime
    from_address: str
    subject: str
    configuration_set: str | None
    reverse_path: str
    tls_policy: str
    size: int
    has_content: bool
    facts: Mapping[str, Any]
    recipients: tuple[RecipientRecord, ...]
    attempts: tuple[AttemptRecord, ...]
    events: tuple[EventRecord, ...]
    reports: tuple[ReportRecord, ...] = ()
    tellings: tuple[Telling, ...] = ()
    suppressions: tuple[SuppressionRecord, ...] = ()


def get(tx: Tx, message_id: str, *, account_id: str | None = None) -> Timeline:
    """The message's timeline; of that account only, where one is given. Raises NotFound."""
    row = tx.execute(sa.select(messages).where(messages.c.message_id == storable(message_id))).first()
    if row is None or account_id not in (None, row.account_id):
        raise NotFound(f"Message {message_id} does not exist.", Kind.MESSAGE)
    kept = tx.execute(sa.select(bodies.c.message_id).where(bodies.c.message_id == message_id)).first()
    found = _recipients(tx, message_id)
    return Timeline(
        message_id=message_id,
        account_id=row.account_id,
        region=row.region,
        accepted_at=row.accepted_at,
        expires_at=row.expires_at,
        from_address=row.from_address,
        subject=row.subject,
        configuration_set=row.configuration_set,
        reverse_path=row.reverse_path,
        tls_policy=row.tls_policy,
        size=row.size,
        has_content=kept is not None,
        facts=json.loads(row.facts),
        recipients=found,
        attempts=_attempts(tx, message_id),
        events=_events(tx, message_id),
        reports=_reports(tx, message_id),
        tellings=tellings.of_message(tx, message_id, row.account_id),
        suppressions=_suppressions(tx, row, [recipient.address for recipient in found]),
    )


def _recipients(tx: Tx, message_id: str) -> tuple[RecipientRecord, ...]:
    table = recipients.c
    rows = tx.execute(sa.select(recipients).where(table.message_id == message_id).order_by(table.ordinal))
    return tuple(
        RecipientRecord(
            ordinal=row.ordinal,
            address=row.address,
            state=DeliveryState(row.state),
            attempts=row.attempts,
            due_at=from_micros(row.due_at) if row.state in _WILL_BE_TRIED else None,
            reason=row.reason,
            status=row.status,
            diagnostic=row.diagnostic,
            updated_at=from_micros(row.updated_at),
        )
        for row in rows
    )


_WILL_BE_TRIED = frozenset({DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.DEFERRED})


def _attempts(tx: Tx, message_id: str) -> tuple[AttemptRecord, ...]:
    table = attempts.c
    order = table.started_at, table.ordinal
    rows = tx.execute(sa.select(attempts).where(table.message_id == message_id).order_by(*order))
    found = []
    for row in rows:
        values = {name: value for name, value in row._mapping.items() if name != "message_id"}
        values |= {"started_at": from_micros(row.started_at), "detail": json.loads(row.detail)}
        found.append(AttemptRecord(**values))
    return tuple(found)


def _events(tx: Tx, message_id: str) -> tuple[EventRecord, ...]:
    table = events.c
    order = table.at, table.ordinal, table.kind
    rows = tx.execute(sa.select(events).where(table.message_id == message_id).order_by(*order))
    return tuple(
        EventRecord(at=from_micros(row.at), kind=row.kind, ordinal=row.ordinal, detail=json.loads(row.detail))
        for row in rows
    )


def _reports(tx: Tx, message_id: str) -> tuple[ReportRecord, ...]:
    table = inbound_messages.c
    columns = table.received_at, table.purpose, table.recipient, table.reverse_path, table.source_ip, table.report
    rows = tx.execute(sa.select(*columns).where(table.message_id == message_id).order_by(table.received_at)).all()
    return tuple(
        ReportRecord(
            at=row.received_at,
            purpose=row.purpose,
            recipient=row.recipient,
            reverse_path=row.reverse_path,
            source_ip=row.source_ip,
            read_as=row.report or "",
        )
        for row in rows
    )


def _suppressions(tx: Tx, message: sa.Row[Any], addresses: Sequence[str]) -> tuple[SuppressionRecord, ...]:
    table = suppressed_destinations.c
    mine = table.account_id == message.account_id, table.region == message.region, table.address.in_(addresses)
    rows = tx.execute(sa.select(suppressed_destinations).where(*mine).order_by(table.address)).all()
    return tuple(
        SuppressionRecord(
            address=row.address,
            reason=row.reason,
            since=row.updated_at,
            is_by_this=row.message_id == message.message_id,
        )
        for row in rows
    )


def as_json(found: Timeline) -> dict[str, Any]:
    """The timeline as JSON takes it: times as ISO 8601, recipients of attempts and events by their address."""
    addresses = {recipient.ordinal: recipient.address for recipient in found.recipients}
    return {
        "message_id": found.message_id,
        "account_id": found.account_id,
        "region": found.region,
        "accepted_at": found.accepted_at.isoformat(),
        "expires_at": found.expires_at.isoformat(),
        "from": found.from_address,
        "subject": found.subject,
        "configuration_set": found.configuration_set,
        "return_path": found.reverse_path,
        "tls_policy": found.tls_policy,
        "size": found.size,
        "has_content": found.has_content,
        "facts": dict(found.facts),
        "recipients": [_recipient_as_json(recipient) for recipient in found.recipients],
        "attempts": [_attempt_as_json(attempt, addresses) for attempt in found.attempts],
        "events": [
            {
                "at": event.at.isoformat(),
                "type": event.kind,
                "recipient": addresses.get(event.ordinal),
                "detail": dict(event.detail),
            }
            for event in found.events
        ],
        "reports": [
            {
                "at": report.at.isoformat(),
                "purpose": report.purpose,
                "recipient": report.recipient,
                "return_path": report.reverse_path,
                "source_ip": report.source_ip,
                "read_as": report.read_as or None,
            }
            for report in found.reports
        ],
        "told": [_telling_as_json(told, addresses) for told in found.tellings],
        "suppressed": [
            {"address": one.address, "reason": one.reason, "since": one.since.isoformat(), "by_this": one.is_by_this}
            for one in found.suppressions
        ],
    }


def _telling_as_json(told: Telling, addresses: Mapping[int, str]) -> dict[str, Any]:
    return {
        "event": told.kind,
        "event_at": told.at.isoformat(),
        "recipient": addresses.get(told.ordinal),
        "topic": told.topic_arn or None,
        "protocol": told.protocol,
        "endpoint": shown(told.endpoint) or None,
        "state": told.state,
        "attempts": told.attempts,
        "changed_at": told.changed_at.isoformat() if told.changed_at else None,
        "last_error": told.last_error or None,
    }


def _recipient_as_json(recipient: RecipientRecord) -> dict[str, Any]:
    return {
        "address": recipient.address,
        "state": recipient.state,
        "attempts": recipient.attempts,
        "due_at": recipient.due_at.isoformat() if recipient.due_at else None,
        "reason": recipient.reason,
        "status": recipient.status,
        "diagnostic": recipient.diagnostic,
        "updated_at": recipient.updated_at.isoformat(),
    }


def _attempt_as_json(attempt: AttemptRecord, addresses: Mapping[int, str]) -> dict[str, Any]:
    return {
        "at": attempt.started_at.isoformat(),
        "recipient": addresses.get(attempt.ordinal),
        "duration_ms": attempt.duration_ms,
        "host": attempt.host,
        "address": attempt.address,
        "source_address": attempt.source_address,
        "tls": attempt.tls or None,
        "outcome": attempt.outcome,
        "reason": attempt.reason,
        "status": attempt.status,
        "diagnostic": attempt.diagnostic,
        "detail": dict(attempt.detail),
    }
