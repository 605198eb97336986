"""All accounts of the installation as an operator looks through them, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from tayori.model.errors import Kind, NotFound
from tayori.store.engine import Tx
from tayori.store.tables import account_regions, accounts, credentials, identities, send_counts

_BUCKETS_OF_A_DAY = 288  # of five minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An account in one region; where it has never been there, as it will be: in the sandbox."""

    account_id: str
    name: str
    created_at: datetime
    production_access: bool
    sending_enabled: bool
    enforcement_status: str
    review_status: str | None
    max_24_hour: int | None
    identities: int
    credentials: int
    sent: int  # recipients in the last 24 hours


def listed(
    tx: Tx, region: str, *, like: str = "", behind: str = "", limit: int = 50
) -> tuple[list[Listed], str | None]:
    """By id, and behind which to go on. `like` is what a name holds, in any case, or an id begins with."""
    conditions = [accounts.c.account_id > behind] if behind else []
    if like:
        holds = sa.func.lower(accounts.c.name).contains(like.lower(), autoescape=True)
        conditions.append(sa.or_(holds, sa.func.substr(accounts.c.account_id, 1, len(like)) == like))
    query = sa.select(accounts.c.account_id).where(*conditions).order_by(accounts.c.account_id).limit(limit + 1)
    found = [row.account_id for row in tx.execute(query)]
    return _looked_at(tx, region, found[:limit]), found[limit - 1] if len(found) > limit else None


def one(tx: Tx, account_id: str, region: str) -> Listed:
    found = _looked_at(tx, region, [account_id])
    if not found:
        raise NotFound(f"Account {account_id[:40]} does not exist.", Kind.ACCOUNT)
    return found[0]


def rename(tx: Tx, account_id: str, name: str) -> None:
    changed = tx.execute(accounts.update().where(accounts.c.account_id == account_id).values(name=name)).rowcount
    if not changed:
        raise NotFound(f"Account {account_id[:40]} does not exist.", Kind.ACCOUNT)


def _looked_at(tx: Tx, region: str, account_ids: Sequence[str]) -> list[Listed]:
    here = sa.and_(account_regions.c.account_id == accounts.c.account_id, account_regions.c.region == region)
    query = (
        sa.select(accounts.c.name, accounts.c.created_at, *(one for one in account_regions.c))
        .select_from(accounts.outerjoin(account_regions, here))
        .add_columns(accounts.c.account_id.label("id"))
        .where(accounts.c.account_id.in_(account_ids))
        .order_by(accounts.c.account_id)
    )
    since = int(tx.now.timestamp()) // 300 - _BUCKETS_OF_A_DAY
    owned = _counts(tx, sa.func.count(), identities, account_ids, identities.c.region == region)
    keys = _counts(tx, sa.func.count(), credentials, account_ids)
    recent = send_counts.c.region == region, send_counts.c.bucket > since
    sent = _counts(tx, sa.func.sum(send_counts.c.recipients), send_counts, account_ids, *recent)
    return [
        Listed(
            account_id=row.id,
            name=row.name,
            created_at=row.created_at,
            production_access=bool(row.production_access),
            sending_enabled=row.sending_enabled is not False,
            enforcement_status=row.enforcement_status or "HEALTHY",
            review_status=row.review_status,
            max_24_hour=row.max_24_hour,
            identities=owned.get(row.id, 0),
            credentials=keys.get(row.id, 0),
            sent=sent.get(row.id, 0),
        )
        for row in tx.execute(query)
    ]


def _counts(
    tx: Tx, what: "sa.ColumnElement[int]", table: sa.Table, account_ids: Sequence[str], *where: sa.ColumnElement[bool]
) -> dict[str, int]:
    query = (
        sa.select(table.c.account_id, what.label("found"))
        .where(table.c.account_id.in_(account_ids), *where)
        .group_by(table.c.account_id)
    )
    return {row.account_id: int(row.found or 0) for row in tx.execute(query)}
