"""Recommendations in rows: opened when something is found, fixed when it is found no more, forgotten after a month.

Owns their life. What there is to find is `model.recommendation`'s.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from tayori.model.recommendation import Found, Impact, RecommendationStatus, RecommendationType
from tayori.store.dialect import upsert
from tayori.store.engine import Tx
from tayori.store.reputation_tables import recommendations as table
from tayori.store.tables import account_regions

TOPIC = "recommendations"
_KEPT = timedelta(days=30)  # after they were fixed


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    resource: str
    description: str
    type: RecommendationType
    impact: Impact
    status: RecommendationStatus
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a list is of; None is all."""

    type: RecommendationType | None = None
    impact: Impact | None = None
    status: RecommendationStatus | None = None
    resource: str | None = None


def settle(
    tx: Tx, key: tuple[str, str], resource: str, looked_for: Collection[RecommendationType], found: Iterable[Found]
) -> None:
    """Write down what a look at `resource` came to; of types that it did not look for, nothing is said."""
    known = {one.description: one for one in page(tx, *key, Wanted(resource=resource)) if one.type in looked_for}
    by_description = {one.description: one for one in found}
    for one in by_description.values():
        before = known.get(one.description)
        if before is None or before.status is RecommendationStatus.FIXED:
            _put(tx, key, resource, one, RecommendationStatus.OPEN, tx.now)
        elif before.impact is not one.impact:
            _put(tx, key, resource, one, RecommendationStatus.OPEN, before.created_at)
    for name, before in known.items():
        if name not in by_description and before.status is RecommendationStatus.OPEN:
            gone = Found(name, before.type, before.impact)
            _put(tx, key, resource, gone, RecommendationStatus.FIXED, before.created_at)


def _put(
    tx: Tx, key: tuple[str, str], resource: str, one: Found, status: RecommendationStatus, created_at: datetime
) -> None:
    values = {
        "type": one.type,
        "impact": one.impact,
        "status": status,
        "created_at": created_at,
        "updated_at": tx.now,
    }
    statement = upsert(tx.engine, table, changes=list(values))
    tx.execute(
        statement.values(account_id=key[0], region=key[1], resource=resource, description=one.description, **values)
    )


def page(
    tx: Tx, account_id: str, region: str, wanted: Wanted, after: tuple[str, str] = ("", ""), limit: int = 1000
) -> list[Recommendation]:
    """In the order of resources and descriptions."""
    statement = sa.select(table).where(table.c.account_id == account_id, table.c.region == region)
    statement = statement.where(sa.tuple_(table.c.resource, table.c.description) > after)
    for column, value in (
        (table.c.type, wanted.type),
        (table.c.impact, wanted.impact),
        (table.c.status, wanted.status),
        (table.c.resource, wanted.resource),
    ):
        if value is not None:
            statement = statement.where(column == value)
    rows = tx.execute(statement.order_by(table.c.resource, table.c.description).limit(limit))
    return [
        Recommendation(
            resource=row.resource,
            description=row.description,
            type=RecommendationType(row.type),
            impact=Impact(row.impact),
            status=RecommendationStatus(row.status),
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row in rows
    ]


def watched(tx: Tx) -> list[tuple[str, str]]:
    """(account id, region) of those that have switched the Virtual Deliverability Manager on."""
    columns = account_regions.c
    statement = sa.select(columns.account_id, columns.region, columns.vdm).where(columns.vdm.is_not(None))
    return [
        (row.account_id, row.region)
        for row in tx.execute(statement.order_by(columns.account_id, columns.region))
        if (row.vdm or {}).get("VdmEnabled") == "ENABLED"
    ]


def forget(tx: Tx, account_id: str, region: str, resources: Collection[str]) -> None:
    """Those that were fixed a month ago, and those of resources that there are no more."""
    of_account = table.c.account_id == account_id, table.c.region == region
    is_old = sa.and_(table.c.status == RecommendationStatus.FIXED, table.c.updated_at < tx.now - _KEPT)
    tx.execute(table.delete().where(*of_account, is_old))
    known = {one.resource for one in page(tx, account_id, region, Wanted())}
    for resource in sorted(known - set(resources)):
        tx.execute(table.delete().where(*of_account, table.c.resource == resource))
