"""Tenants, what they may send with, and what is kept of their standing.

Owns their rows. Whether a resource is there is the caller's to know. The decisions are `model.tenant`'s.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tayori.model.errors import AlreadyExists, Invalid, Kind, LimitExceeded, NotFound
from tayori.model.tenant import (
    MANUALLY,
    Impact,
    ReputationPolicy,
    SendingStatus,
    Standing,
    SuppressionScope,
    Tenant,
    TenantSuppression,
    check_name,
)
from tayori.resources import tags as tags_of
from tayori.store.engine import Tx
from tayori.store.tables import storable, suppressed_destinations
from tayori.store.tenant_tables import tenant_resources, tenants

MOST = 10_000  # of an account in a region (ses: quotas)


@dataclass(frozen=True, slots=True, kw_only=True)
class Association:
    tenant: str
    tenant_id: str
    resource: str
    associated_at: datetime


def create(tx: Tx, account_id: str, region: str, tenant: Tenant, wanted_tags: Mapping[str, str]) -> Tenant:
    """Raises Invalid, AlreadyExists, LimitExceeded."""
    check_name(tenant.name)
    if find(tx, account_id, region, tenant.name) is not None:
        text = f"Tenant with name '{tenant.name}' already exists in account '{account_id}'"
        raise AlreadyExists(text, Kind.TENANT)
    own = tenants.c.account_id == account_id, tenants.c.region == region
    if tx.execute(sa.select(sa.func.count()).select_from(tenants).where(*own)).scalar_one() >= MOST:
        raise LimitExceeded(f"An account can have at most {MOST} tenants in a region.")
    row = {
        "account_id": account_id,
        "region": region,
        "name": tenant.name,
        "tenant_id": tenant.tenant_id,
        "created_at": tenant.created_at,
        "policy": tenant.policy,
        "status": tenant.status,
        "cause": "",
        "impact": tenant.impact,
        **_suppression_values(tenant.suppression),
    }
    tx.execute(tenants.insert().values(**row))
    tags_of.put(tx, account_id, region, tenant.resource, wanted_tags)
    return tenant


def find(tx: Tx, account_id: str, region: str, name: str) -> Tenant | None:
    row = tx.execute(sa.select(tenants).where(*_key(account_id, region, name))).first()
    return _loaded(row) if row is not None else None


def get(tx: Tx, account_id: str, region: str, name: str) -> Tenant:
    """Raises Invalid, NotFound."""
    check_name(name)
    found = find(tx, account_id, region, name)
    if found is None:
        raise missing(name)
    return found


def missing(name: str) -> NotFound:
    return NotFound(f"The requested tenant <{name[:200]}> does not exist.", Kind.TENANT)


def with_resources(tx: Tx, account_id: str, region: str, name: str) -> Tenant | None:
    """As a send asks for it."""
    found = find(tx, account_id, region, name)
    if found is None:
        return None
    rows = tx.execute(sa.select(tenant_resources.c.resource).where(*_associated(account_id, region, name)))
    return replace(found, resources=frozenset(row.resource for row in rows))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a list is narrowed to; "" for all."""

    contains: str = ""
    status: str = ""
    impact: str = ""


ALL = Wanted()


def page(tx: Tx, account_id: str, region: str, *, after: str = "", limit: int, wanted: Wanted = ALL) -> list[Tenant]:
    """In the order of their names, from the first one behind `after`."""
    table = tenants.c
    conditions: list[sa.ColumnElement[bool]] = []
    conditions += [table.name.contains(wanted.contains, autoescape=True)] if wanted.contains else []
    conditions += [table.status == wanted.status] if wanted.status else []
    conditions += [table.impact == wanted.impact] if wanted.impact else []
    query = sa.select(tenants).where(
        table.account_id == account_id, table.region == region, table.name > after, *conditions
    )
    return [_loaded(row) for row in tx.execute(query.order_by(table.name).limit(limit))]


def delete(tx: Tx, account_id: str, region: str, name: str) -> None:
    """With its associations, its suppression list and its tags; the resources themselves stay (ses)."""
    found = get(tx, account_id, region, name)
    tx.execute(tenants.delete().where(*_key(account_id, region, name)))
    tx.execute(tenant_resources.delete().where(*_associated(account_id, region, name)))
    listed = suppressed_destinations.c
    own_list = listed.account_id == account_id, listed.region == found.list_within(region)
    tx.execute(suppressed_destinations.delete().where(*own_list))
    tags_of.forget(tx, account_id, region, found.resource)


def put_suppression(tx: Tx, account_id: str, region: str, name: str, wanted: TenantSuppression | None) -> None:
    get(tx, account_id, region, name)
    values = _suppression_values(wanted)
    tx.execute(tenants.update().where(*_key(account_id, region, name)).values(**values))


# --- what they may send with ---


def associate(tx: Tx, account_id: str, region: str, name: str, resource: str) -> None:
    """Raises AlreadyExists, NotFound."""
    get(tx, account_id, region, name)
    key = {"account_id": account_id, "region": region, "tenant": name, "resource": resource}
    if tx.execute(sa.select(tenant_resources.c.resource).filter_by(**key)).first() is not None:
        arn = f"arn:aws:ses:{region}:{account_id}:{resource}"
        text = f"Resources {arn} has already been associated with tenant {name}"
        raise AlreadyExists(text, Kind.TENANT)
    tx.execute(tenant_resources.insert().values(**key, associated_at=tx.now))


def part(tx: Tx, account_id: str, region: str, name: str, resource: str) -> None:
    """One that is not associated is no mistake (probed)."""
    get(tx, account_id, region, name)
    own = _associated(account_id, region, name)
    tx.execute(tenant_resources.delete().where(*own, tenant_resources.c.resource == resource))


def resources_of(
    tx: Tx, account_id: str, region: str, name: str, *, after: str = "", limit: int, kind: str = ""
) -> list[str]:
    get(tx, account_id, region, name)
    column = tenant_resources.c.resource
    conditions = [*_associated(account_id, region, name), column > after]
    conditions += [column.startswith(f"{kind}/", autoescape=True)] if kind else []
    rows = tx.execute(sa.select(column).where(*conditions).order_by(column).limit(limit))
    return [row.resource for row in rows]


def tenants_of(tx: Tx, account_id: str, region: str, resource: str, *, after: str, limit: int) -> list[Association]:
    """Who may send with a resource, in the order of the tenants' names."""
    left, right = tenant_resources.c, tenants.c
    query = (
        sa.select(left.tenant, right.tenant_id, left.resource, left.associated_at)
        .join(
            tenants,
            (right.account_id == left.account_id) & (right.region == left.region) & (right.name == left.tenant),
        )
        .where(left.account_id == account_id, left.region == region, left.resource == resource, left.tenant > after)
        .order_by(left.tenant)
        .limit(limit)
    )
    return [
        Association(tenant=row.tenant, tenant_id=row.tenant_id, resource=row.resource, associated_at=row.associated_at)
        for row in tx.execute(query)
    ]


def refuse_while_associated(tx: Tx, account_id: str, region: str, resource: str) -> None:
    """What a tenant may send with is not deleted (probed). Raises Invalid."""
    column = tenant_resources.c
    own = column.account_id == account_id, column.region == region, column.resource == storable(resource)
    if tx.execute(sa.select(column.tenant).where(*own).limit(1)).first() is not None:
        raise Invalid(
            f"Cannot delete <arn:aws:ses:{region}:{account_id}:{resource}> because it has tenant associations. Remove"
            " all tenant associations and try again."
        )


# --- their standing ---


def put_policy(tx: Tx, account_id: str, region: str, name: str, policy: ReputationPolicy) -> None:
    tx.execute(tenants.update().where(*_key(account_id, region, name)).values(policy=policy))


def put_status(tx: Tx, account_id: str, region: str, name: str, status: SendingStatus) -> None:
    """By the owner. What was counted of one who is reinstated is held against nobody any more."""
    values: dict[str, Any] = {"status": status, "cause": MANUALLY, "status_at": tx.now}
    if status is SendingStatus.REINSTATED:
        values |= {"judged_from": tx.now, "impact": Impact.NONE}
    tx.execute(tenants.update().where(*_key(account_id, region, name)).values(**values))


def settle(tx: Tx, account_id: str, region: str, before: Tenant, standing: Standing) -> bool:
    """Write down what a look came to; false where its owner has changed it meanwhile."""
    values: dict[str, Any] = {"impact": standing.impact}
    if standing.status is not before.status:
        values |= {"status": standing.status, "cause": standing.cause, "status_at": tx.now}
    same = tenants.c.tenant_id == before.tenant_id, tenants.c.status == before.status
    same_policy = tenants.c.policy == before.policy
    changed = tenants.update().where(*_key(account_id, region, before.name), *same, same_policy).values(**values)
    return tx.execute(changed).rowcount == 1


def _suppression_values(wanted: TenantSuppression | None) -> dict[str, Any]:
    if wanted is None:
        return {"suppression_scope": "", "suppressed_reasons": []}
    return {"suppression_scope": wanted.scope, "suppressed_reasons": list(wanted.reasons)}


def _loaded(row: sa.Row[Any]) -> Tenant:
    return Tenant(
        name=row.name,
        tenant_id=row.tenant_id,
        created_at=row.created_at,
        policy=ReputationPolicy(row.policy),
        status=SendingStatus(row.status),
        cause=row.cause,
        status_at=row.status_at,
        judged_from=row.judged_from,
        impact=Impact(row.impact),
        suppression=_suppression(row.suppression_scope, row.suppressed_reasons),
    )


def _suppression(scope: str, reasons: Collection[str]) -> TenantSuppression | None:
    return TenantSuppression(scope=SuppressionScope(scope), reasons=tuple(reasons)) if scope else None


def _key(account_id: str, region: str, name: str) -> tuple[sa.ColumnElement[bool], ...]:
    return tenants.c.account_id == account_id, tenants.c.region == region, tenants.c.name == name


def _associated(account_id: str, region: str, name: str) -> tuple[sa.ColumnElement[bool], ...]:
    column = tenant_resources.c
    return column.account_id == account_id, column.region == region, column.tenant == name
