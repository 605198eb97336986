"""Webhooks: where events are posted without topics between, the log of it, and the pause of one that is dead.

A webhook that has failed for days without a single success is paused. Nothing is lost meanwhile: what is due for it is
kept among the dead, and can be sent again in one go.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from tayori.model.errors import Kind, LimitExceeded, NotFound
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.publication_tables import webhooks
from tayori.store.tables import from_micros, storable, to_micros

MOST = 20  # of an account in a region
PAUSED_AFTER = timedelta(days=5)
LOG_KEPT = timedelta(days=14)
_STEP = 500
_EXCERPT = 4096

_LOG = Hot(
    "INSERT INTO webhook_attempts (account_id, webhook_id, at, delivery_id, kind, number, status, duration_ms, request,"
    " reply, error) VALUES {values} ON CONFLICT (account_id, webhook_id, at, delivery_id) DO NOTHING"
)
_WORKS = Hot(
    "UPDATE webhooks SET failing_since = NULL"
    " WHERE account_id = ? AND region = ? AND webhook_id = ? AND failing_since IS NOT NULL"
)
_FAILS = Hot(
    "UPDATE webhooks SET failing_since = COALESCE(failing_since, ?)"
    " WHERE account_id = ? AND region = ? AND webhook_id = ?"
)
_PAUSE = Hot(
    "UPDATE webhooks SET state = 'paused'"
    " WHERE account_id = ? AND region = ? AND webhook_id = ? AND state = 'active' AND failing_since <= ?"
)
_ATTEMPTS = Hot(
    "SELECT at, delivery_id, kind, number, status, duration_ms, request, reply, error FROM webhook_attempts"
    " WHERE account_id = ? AND webhook_id = ? ORDER BY at DESC LIMIT ?"
)
_FORGET_ATTEMPTS = Hot(
    "DELETE FROM webhook_attempts WHERE account_id = ? AND webhook_id = ? AND at = ? AND delivery_id = ?"
)
_OLD_ATTEMPTS = Hot(
    "SELECT account_id, webhook_id, at, delivery_id FROM webhook_attempts WHERE at < ? ORDER BY at LIMIT ?"
)


class WebhookState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    account_id: str
    region: str
    webhook_id: str
    url: str
    kinds: tuple[str, ...]
    configuration_set: str | None
    secret: str = field(repr=False)
    state: WebhookState
    failing_since: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWebhook:
    """`url` and `kinds` are checked already."""

    webhook_id: str
    url: str
    kinds: tuple[str, ...]
    secret: str = field(repr=False)
    configuration_set: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookAttempt:
    """One try: what was sent, what came back, how long it took. `status` is 0 where nothing came back."""

    at: datetime
    delivery_id: str
    kind: str
    number: int
    status: int
    duration_ms: int
    request: str
    reply: str
    error: str


# -- setting and looking -----------------------------------------------------------------------------------------------


def create(tx: Tx, account_id: str, region: str, new: NewWebhook) -> Webhook:
    if len(listed(tx, account_id, region)) >= MOST:
        raise LimitExceeded(f"An account can have at most {MOST} webhooks in a region.")
    tx.execute(
        webhooks.insert().values(
            account_id=account_id,
            region=region,
            webhook_id=new.webhook_id,
            url=new.url,
            kinds=list(new.kinds),
            configuration_set=new.configuration_set,
            secret=new.secret,
            state=WebhookState.ACTIVE,
            failing_since=None,
            created_at=tx.now,
        )
    )
    return get(tx, account_id, region, new.webhook_id)


def listed(tx: Tx, account_id: str, region: str) -> list[Webhook]:
    key = webhooks.c.account_id == account_id, webhooks.c.region == region
    return [_loaded(row) for row in tx.execute(sa.select(webhooks).where(*key).order_by(webhooks.c.created_at))]


def find(tx: Tx, account_id: str, region: str, webhook_id: str) -> Webhook | None:
    row = tx.execute(sa.select(webhooks).where(*_key(account_id, region, webhook_id))).first()
    return None if row is None else _loaded(row)


def get(tx: Tx, account_id: str, region: str, webhook_id: str) -> Webhook:
    found = find(tx, account_id, region, webhook_id)
    if found is None:
        raise NotFound(f"There is no webhook {webhook_id[:80]}.", Kind.WEBHOOK)
    return found


def delete(tx: Tx, account_id: str, region: str, webhook_id: str) -> None:
    get(tx, account_id, region, webhook_id)
    tx.execute(webhooks.delete().where(*_key(account_id, region, webhook_id)))


def put_secret(tx: Tx, account_id: str, region: str, webhook_id: str, secret: str) -> None:
    """What is signed from now on is signed with this one, tries of earlier deliveries included."""
    get(tx, account_id, region, webhook_id)
    tx.execute(webhooks.update().where(*_key(account_id, region, webhook_id)).values(secret=secret))


def put(tx: Tx, account_id: str, region: str, webhook_id: str, *, url: str, kinds: Sequence[str]) -> Webhook:
    """Both are checked already. What is due for it still goes to the URL that it was due for."""
    known = get(tx, account_id, region, webhook_id)
    failing_since = known.failing_since if url == known.url else None
    values = {
        "url": url,
        "kinds": list(kinds),
        "failing_since": None if failing_since is None else to_micros(failing_since),
    }
    tx.execute(webhooks.update().where(*_key(account_id, region, webhook_id)).values(values))
    return get(tx, account_id, region, webhook_id)


def pause(tx: Tx, account_id: str, region: str, webhook_id: str) -> None:
    """By hand; what is due for it is kept, as after a pause of the service's own."""
    get(tx, account_id, region, webhook_id)
    tx.execute(webhooks.update().where(*_key(account_id, region, webhook_id)).values(state=WebhookState.PAUSED))


def resume(tx: Tx, account_id: str, region: str, webhook_id: str) -> None:
    """Send to it again; its patience starts anew."""
    get(tx, account_id, region, webhook_id)
    statement = webhooks.update().where(*_key(account_id, region, webhook_id))
    tx.execute(statement.values(state=WebhookState.ACTIVE, failing_since=None))


def _key(account_id: str, region: str, webhook_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    table = webhooks.c
    return (table.account_id == account_id, table.region == region, table.webhook_id == webhook_id)


def _loaded(row: sa.Row[Any]) -> Webhook:
    return Webhook(
        account_id=row.account_id,
        region=row.region,
        webhook_id=row.webhook_id,
        url=row.url,
        kinds=tuple(row.kinds),
        configuration_set=row.configuration_set,
        secret=row.secret,
        state=WebhookState(row.state),
        failing_since=None if row.failing_since is None else from_micros(row.failing_since),
        created_at=row.created_at,
    )


# -- the log -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    webhook: Webhook
    attempt: WebhookAttempt
    worked: bool
    is_gone: bool = False  # it answered 410: it wants no more


def record(tx: Tx, tries: Sequence[Tried]) -> list[bool]:
    """A batch function: log tries, and pause a webhook that is dead; for each, whether it was paused by it."""
    tx.hot(_LOG, [_log_row(one) for one in tries])
    paused = []
    for one in tries:
        key = one.webhook.account_id, one.webhook.region, one.webhook.webhook_id
        if one.worked:
            tx.hot(_WORKS, [key])
            paused.append(False)
            continue
        tx.hot(_FAILS, [(to_micros(tx.now), *key)])
        patience = timedelta() if one.is_gone else PAUSED_AFTER
        paused.append(tx.hot(_PAUSE, [(*key, to_micros(tx.now - patience))]) == 1)
    return paused


def _log_row(one: Tried) -> tuple[Any, ...]:
    attempt = one.attempt
    return (
        one.webhook.account_id,
        one.webhook.webhook_id,
        to_micros(attempt.at),
        attempt.delivery_id,
        attempt.kind,
        attempt.number,
        attempt.status,
        attempt.duration_ms,
        storable(attempt.request[:_EXCERPT]),
        storable(attempt.reply[:_EXCERPT]),
        storable(attempt.error),
    )


def attempts(tx: Tx, account_id: str, webhook_id: str, limit: int = 100) -> list[WebhookAttempt]:
    """The latest first."""
    names = ("delivery_id", "kind", "number", "status", "duration_ms", "request", "reply", "error")
    return [
        WebhookAttempt(at=from_micros(row[0]), **dict(zip(names, row[1:], strict=True)))
        for row in tx.hot_rows(_ATTEMPTS, (account_id, webhook_id, limit))
    ]


def forget_attempts(tx: Tx) -> int:
    """Delete some of what is old; how many rows."""
    return tx.hot(_FORGET_ATTEMPTS, tx.hot_rows(_OLD_ATTEMPTS, (to_micros(tx.now - LOG_KEPT), _STEP)))
