"""Dedicated addresses and their pools, as an account sees them: those that the operator has lent it.

Pools belong to an account in a region. `ses-default-dedicated-pool` is always there, and takes what is in no other;
`ses-shared-pool` is everybody's. Managed pools are not offered: nobody could add addresses to them by himself.
"""

import ipaddress
from collections.abc import Mapping

import sqlalchemy as sa

from tayori.model.errors import AlreadyExists, Invalid, Kind, LimitExceeded, NotFound, NotOffered
from tayori.model.source import DEFAULT_POOL, RESERVED_POOLS, SourceAddress, is_pool_name
from tayori.resources import sources
from tayori.resources import tags as tags_of
from tayori.resources.sources import TOPIC, has_pool
from tayori.store.dialect import upsert
from tayori.store.engine import Tx
from tayori.store.source_tables import dedicated_ip_pools, source_addresses, warmup_choices

MAX_POOLS = 50
STANDARD, MANAGED = "STANDARD", "MANAGED"


def create_pool(
    tx: Tx, account_id: str, region: str, name: str, scaling_mode: str, wanted_tags: Mapping[str, str]
) -> None:
    if not is_pool_name(name):
        raise Invalid(f"Invalid pool name <{name[:100]}>: 1 to 64 letters, digits, '_' and '-' are allowed.")
    check_mode(scaling_mode)
    if name in RESERVED_POOLS or has_pool(tx, account_id, region, name):
        raise AlreadyExists(f"The pool <{name}> already exists.", Kind.DEDICATED_IP_POOL)
    if len(pools(tx, account_id, region, after="", limit=MAX_POOLS)) >= MAX_POOLS:
        raise LimitExceeded(f"An account can have at most {MAX_POOLS} dedicated IP pools in a region.")
    tx.execute(dedicated_ip_pools.insert().values(account_id=account_id, region=region, name=name, created_at=tx.now))
    tags_of.put(tx, account_id, region, _resource(name), wanted_tags)


def check_mode(mode: str) -> None:
    if mode == MANAGED:
        raise NotOffered(
            "Managed pools are not offered: there is no stock of addresses to grow them from. Use STANDARD."
        )
    if mode != STANDARD:
        raise Invalid("The ScalingMode parameter is invalid.")


def check_pool(tx: Tx, account_id: str, region: str, name: str) -> None:
    """Raises NotFound."""
    if name not in RESERVED_POOLS and not (is_pool_name(name) and has_pool(tx, account_id, region, name)):
        raise NotFound(f"The requested pool <{name}> does not exist.", Kind.DEDICATED_IP_POOL)


def pools(tx: Tx, account_id: str, region: str, *, after: str, limit: int) -> list[str]:
    """Names in order, from the first one behind `after`."""
    rows = tx.execute(
        sa.select(dedicated_ip_pools.c.name)
        .where(
            dedicated_ip_pools.c.account_id == account_id,
            dedicated_ip_pools.c.region == region,
            dedicated_ip_pools.c.name > after,
        )
        .order_by(dedicated_ip_pools.c.name)
        .limit(limit)
    )
    return [row.name for row in rows]


def delete_pool(tx: Tx, account_id: str, region: str, name: str) -> None:
    """Its addresses go to the default pool, and so does mail under configuration sets that name it."""
    if name in RESERVED_POOLS:
        raise Invalid(f"The pool <{name}> cannot be deleted.")
    check_pool(tx, account_id, region, name)
    tx.execute(
        source_addresses.update()
        .where(*_own(account_id, region), source_addresses.c.pool == name)
        .values(pool=DEFAULT_POOL)
    )
    tx.execute(
        dedicated_ip_pools.delete().where(
            dedicated_ip_pools.c.account_id == account_id,
            dedicated_ip_pools.c.region == region,
            dedicated_ip_pools.c.name == name,
        )
    )
    tags_of.forget(tx, account_id, region, _resource(name))
    tx.wake(TOPIC)


def page(
    tx: Tx, account_id: str, region: str, *, pool: str | None = None, after: str, limit: int
) -> list[SourceAddress]:
    """The account's addresses in order."""
    if pool is not None:
        check_pool(tx, account_id, region, pool)
    query = sa.select(source_addresses.c.address).where(*_own(account_id, region), source_addresses.c.address > after)
    if pool is not None:
        query = query.where(source_addresses.c.pool == pool)
    rows = tx.execute(query.order_by(source_addresses.c.address).limit(limit))
    return [sources.get(tx, row.address) for row in rows]


def get(tx: Tx, account_id: str, region: str, ip: str) -> SourceAddress:
    """Raises NotFound where the address is not the account's: whose it is, nobody is told."""
    missing = NotFound(f"The dedicated IP <{ip[:100]}> does not exist.", Kind.DEDICATED_IP)
    try:
        source = sources.get(tx, str(ipaddress.ip_address(ip)))
    except (ValueError, NotFound) as error:
        raise missing from error
    if (source.account_id, source.region) != (account_id, region):
        raise missing
    return source


def put_in_pool(tx: Tx, account_id: str, region: str, ip: str, pool: str) -> None:
    source = get(tx, account_id, region, ip)
    check_pool(tx, account_id, region, pool)
    sources.assign(tx, source.address, account_id, region, pool)


def put_percentage(tx: Tx, account_id: str, region: str, ip: str, percent: int) -> None:
    sources.put_percentage(tx, get(tx, account_id, region, ip).address, percent)


def put_automatic_warmup(tx: Tx, account_id: str, region: str, *, enabled: bool) -> None:
    """Addresses on their way stop where they are, or go on from there."""
    tx.execute(
        upsert(tx.engine, warmup_choices, changes=["automatic"]).values(
            account_id=account_id, region=region, automatic=enabled
        )
    )
    for source in page(tx, account_id, region, after="", limit=10_000):
        percent = source.percentage(tx.now)
        if percent < 100 and enabled != (source.warmup_since is not None):
            tx.execute(
                source_addresses.update()
                .where(source_addresses.c.address == source.address)
                .values(warmup_percentage=percent, warmup_since=tx.now if enabled else None)
            )
    tx.wake(TOPIC)


def _own(account_id: str, region: str) -> tuple[sa.ColumnElement[bool], ...]:
    return source_addresses.c.account_id == account_id, source_addresses.c.region == region


def _resource(name: str) -> str:
    return f"dedicated-ip-pool/{name}"
