"""An operator's decision on a request for production access, and the note that its mail is still to be written.

Owns the outbox: one row for each account and region, the latest decision. Page and command decide here, so that the
contacts are told by either; `app.review_mail` tells them.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from tayori.resources import accounts
from tayori.store.dialect import upsert
from tayori.store.engine import Tx
from tayori.store.review_tables import review_notices
from tayori.store.tables import storable

TOPIC = "review-notices"  # of wake-ups
_MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A denial where there is a reason."""

    account_id: str
    region: str
    reason: str | None
    max_24_hour: int
    max_rate: float


def grant(tx: Tx, account_id: str, region: str, *, max_24_hour: int, max_rate: float) -> None:
    accounts.grant(tx, account_id, region, max_24_hour=max_24_hour, max_rate=max_rate)
    _note(tx, account_id, region, reason=None, max_24_hour=max_24_hour, max_rate=max_rate)


def deny(tx: Tx, account_id: str, region: str, *, reason: str) -> None:
    accounts.deny(tx, account_id, region, reason=reason)
    _note(tx, account_id, region, reason=storable(reason), max_24_hour=None, max_rate=None)


def _note(tx: Tx, account_id: str, region: str, **values: str | float | None) -> None:
    statement = upsert(tx.engine, review_notices, changes=list(values))
    tx.execute(statement.values(account_id=account_id, region=region, **values))
    tx.wake(TOPIC)


def take(tx: Tx) -> list[Decision]:
    """Those that nobody was told of, who are now the caller's: a process that dies then tells none rather than two."""
    table = review_notices.c
    found = [
        Decision(
            account_id=row.account_id,
            region=row.region,
            reason=row.reason,
            max_24_hour=row.max_24_hour or 0,
            max_rate=row.max_rate or 0.0,
        )
        for row in tx.execute(sa.select(review_notices).order_by(table.account_id, table.region).limit(_MOST))
    ]
    for one in found:
        tx.execute(review_notices.delete().where(table.account_id == one.account_id, table.region == one.region))
    return found


def waiting(tx: Tx) -> bool:
    return tx.execute(sa.select(review_notices.c.region).limit(1)).first() is not None
