"""Everything that is known of one message, in one value: for whoever asks what became of it.

Owns the reading of a message's rows. Never changes one.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tayori.model.errors import Kind, NotFound
from tayori.store.engine import Tx
from tayori.store.tables import attempts, bodies, events, from_micros, messages, recipients

WHOLE_MESSAGE = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientStanding:
    """Where one recipient stands. `due_at` is when it will be tried, and None where nothing more is to happen."""

    ordinal: int
    address: str
    state: str
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
    tls: str  # empty: in the clear
    outcome: str
    reason: str
    status: str
    diagnostic: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRecord:
    """An SES event; `ordinal` is that of the recipient, or WHOLE_MESSAGE."""

    at: datetime
    kind: str
    ordinal: int
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """A message, its recipients, each attempt and each event, oldest first."""

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
    facts: Mapping[str, Any]
    has_content: bool
    recipients: tuple[RecipientStanding, ...]
    attempts: tuple[AttemptRecord, ...]
    events: tuple[EventRecord, ...]


def get(tx: Tx, message_id: str) -> Timeline:
    """Raises NotFound."""
    row = tx.execute(sa.select(messages).where(messages.c.message_id == message_id)).first()
    if row is None:
        raise NotFound(f"There is no message {message_id}.", Kind.MESSAGE)
    content = tx.execute(sa.select(bodies.c.message_id).where(bodies.c.message_id == message_id)).first()
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
        facts=json.loads(row.facts),
        has_content=content is not None,
        recipients=_recipients(tx, message_id),
        attempts=_attempts(tx, message_id),
        events=_events(tx, message_id),
    )


def _recipients(tx: Tx, message_id: str) -> tuple[RecipientStanding, ...]:
    rows = tx.execute(sa.select(recipients).where(recipients.c.message_id == message_id).order_by(recipients.c.ordinal))
    return tuple(
        RecipientStanding(
            ordinal=row.ordinal,
            address=row.address,
            state=row.state,
            attempts=row.attempts,
            due_at=from_micros(row.due_at) if row.state in ("queued", "deferred") else None,
            reason=row.reason,
            status=row.status,
            diagnostic=row.diagnostic,
            updated_at=from_micros(row.updated_at),
        )
        for row in rows
    )


def _attempts(tx: Tx, message_id: str) -> tuple[AttemptRecord, ...]:
    rows = tx.execute(
        sa.select(attempts)
        .where(attempts.c.message_id == message_id)
        .order_by(attempts.c.started_at, attempts.c.ordinal)
    )
    return tuple(
        AttemptRecord(
            ordinal=row.ordinal,
            started_at=from_micros(row.started_at),
            duration_ms=row.duration_ms,
            host=row.host,
            address=row.address,
            tls=row.tls,
            outcome=row.outcome,
            reason=row.reason,
            status=row.status,
            diagnostic=row.diagnostic,
            detail=json.loads(row.detail),
        )
        for row in rows
    )


def _events(tx: Tx, message_id: str) -> tuple[EventRecord, ...]:
    rows = tx.execute(
        sa.select(events).where(events.c.message_id == message_id).order_by(events.c.at, events.c.ordinal)
    )
    return tuple(
        EventRecord(at=from_micros(row.at), kind=row.kind, ordinal=row.ordinal, detail=json.loads(row.detail))
        for row in rows
    )
