"""Source addresses and mail routes as the operator keeps them, and what each address has done.

An address belongs to the installation; the operator lends it to everybody (SES's shared pool) or to one account in one
region, whose dedicated address it is then (`dedicated_ips` is the account's side). Counts and rests change all the
time and are no settings: hot statements only.
"""

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from tayori.mail.address import AddressError, to_ascii_domain
from tayori.model import warmup
from tayori.model.errors import AlreadyExists, Invalid, Kind, NotFound
from tayori.model.source import (
    DEFAULT_POOL,
    LISTED,
    SHARED_POOL,
    MailRoute,
    Rest,
    SourceAddress,
    SourcePlan,
    Tally,
    check_secret,
    checked_route,
    checked_via,
)
from tayori.store.dialect import Hot, upsert
from tayori.store.engine import Tx
from tayori.store.source_tables import (
    dedicated_ip_pools,
    mail_routes,
    source_addresses,
    warmup_choices,
)
from tayori.store.tables import account_regions, configuration_sets, from_micros, to_micros

TOPIC = "sources"  # wakes whoever chooses among them

_KEEP_DAYS = 90
_REMEMBERED = timedelta(days=7)  # so long a provider's next block is one more, and not a first
_REVISION = Hot("SELECT revision FROM settings_revision WHERE id = 1")
_COUNT = Hot(
    "INSERT INTO source_counts (day, address, provider, sent, deferred, failed, blocked)"
    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (day, address, provider) DO UPDATE SET"
    " sent = source_counts.sent + excluded.sent,"
    " deferred = source_counts.deferred + excluded.deferred,"
    " failed = source_counts.failed + excluded.failed,"
    " blocked = source_counts.blocked + excluded.blocked"
)
_COUNTS = Hot(
    "SELECT address, provider, SUM(sent), SUM(deferred), SUM(failed), SUM(blocked) FROM source_counts"
    " WHERE day >= ? AND day <= ? GROUP BY address, provider"
)
_FORGET_COUNTS = Hot("DELETE FROM source_counts WHERE day < ?")
_REST = Hot(
    "INSERT INTO source_rests (address, provider, until, times, reason) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (address, provider) DO UPDATE SET until = excluded.until, times = excluded.times,"
    " reason = excluded.reason"
)
_RESTS = Hot("SELECT address, provider, until, times, reason FROM source_rests")
_FORGET_RESTS = Hot("DELETE FROM source_rests WHERE until < ?")
_FORGET_LISTINGS = Hot("DELETE FROM source_rests WHERE provider LIKE ?")
_END_RESTS = Hot("DELETE FROM source_rests WHERE address = ?")


class Warmth(StrEnum):
    """Whether an address is new to receivers."""

    BY_OWNER = "by-owner"  # new where it is dedicated and its account warms up automatically, as on SES
    NEW = "new"
    WARM = "warm"


# --- addresses --------------------------------------------------------------------------------------------------------


def add(tx: Tx, wanted: SourceAddress, warmth: Warmth = Warmth.BY_OWNER) -> SourceAddress:
    """Register an address. Raises Invalid, AlreadyExists."""
    source = _checked(tx, wanted)
    taken = {address for known in all_addresses(tx) for address in known.addresses}
    for address in source.addresses:
        if address in taken:
            raise AlreadyExists(f"The address {address} is registered already.", Kind.DEDICATED_IP)
    start = _warmup(tx, source.account_id, source.region, warmth)
    values = {field.name: getattr(source, field.name) for field in fields(SourceAddress)} | start
    tx.execute(source_addresses.insert().values(values | {"created_at": tx.now}))
    tx.wake(TOPIC)
    return get(tx, source.address)


def _warmup(tx: Tx, account_id: str, region: str, warmth: Warmth) -> dict[str, Any]:
    is_new = warmth is Warmth.NEW
    if warmth is Warmth.BY_OWNER:
        is_new = bool(account_id) and warms_automatically(tx, account_id, region)
    return {"warmup_percentage": 0 if is_new else warmup.WARM, "warmup_since": tx.now if is_new else None}


def _checked(tx: Tx, wanted: SourceAddress) -> SourceAddress:
    """The address as it is kept. Raises Invalid."""
    values = {field.name: getattr(wanted, field.name) for field in fields(SourceAddress)}
    values["address"] = _address(wanted.address, 4)
    for name, version in (("ipv6", 6), ("bind_ipv4", 4), ("bind_ipv6", 6)):
        values[name] = _address(values[name], version) if values[name] else ""
    try:
        values["ehlo_name"] = to_ascii_domain(wanted.ehlo_name)
    except AddressError as error:
        raise Invalid(f"The EHLO name {wanted.ehlo_name} is not a host name.") from error
    if not 1 <= wanted.weight <= 1000:
        raise Invalid("The weight of an address is from 1 to 1000.")
    if wanted.via:
        checked_via(wanted.via)
    if wanted.via_secret:
        check_secret(wanted.via_secret)
    values["pool"] = _pool(tx, wanted.account_id, wanted.region, wanted.pool)
    return SourceAddress(**values)


def _address(text: str, version: int) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError as error:
        raise Invalid(f"{text} is not an IP address.") from error
    if address.version != version and version == 4:
        raise Invalid(
            f"{text} is an IPv6 address: name it as the companion of an IPv4 address, as many receivers have none."
        )
    if address.version != version:
        raise Invalid(f"{text} is not an IPv6 address.")
    return str(address)


def _pool(tx: Tx, account_id: str, region: str, pool: str) -> str:
    """The pool of an address: everybody's, or one of its account's."""
    if not account_id:
        if pool not in ("", SHARED_POOL):
            raise Invalid(f"The pool {pool} needs an account: only dedicated addresses are in pools.")
        return SHARED_POOL
    key = account_regions.c.account_id == account_id, account_regions.c.region == region
    if tx.execute(sa.select(account_regions.c.region).where(*key)).first() is None:
        raise NotFound(f"Account {account_id} does not exist in region {region}.", Kind.ACCOUNT)
    if pool in ("", SHARED_POOL, DEFAULT_POOL):
        return DEFAULT_POOL
    if not has_pool(tx, account_id, region, pool):
        raise NotFound(f"The requested pool <{pool}> does not exist.", Kind.DEDICATED_IP_POOL)
    return pool


def has_pool(tx: Tx, account_id: str, region: str, name: str) -> bool:
    """A pool that the account made; the reserved ones are always there."""
    key = (
        dedicated_ip_pools.c.account_id == account_id,
        dedicated_ip_pools.c.region == region,
        dedicated_ip_pools.c.name == name,
    )
    return tx.execute(sa.select(dedicated_ip_pools.c.name).where(*key)).first() is not None


def remove(tx: Tx, address: str) -> None:
    """What is on its way from it goes on; SPF stops to list it."""
    source = get(tx, address)
    tx.execute(source_addresses.delete().where(source_addresses.c.address == source.address))
    tx.hot(_END_RESTS, [(source.address,)])
    tx.wake(TOPIC)


def put_paused(tx: Tx, address: str, *, paused: bool) -> None:
    """Paused, an address takes no more mail; resumed, it has no grudges left either."""
    source = get(tx, address)
    _change(tx, source.address, paused=paused)
    if not paused:
        tx.hot(_END_RESTS, [(source.address,)])


def assign(tx: Tx, address: str, account_id: str, region: str, pool: str) -> None:
    """Lend an address to an account, or (without one) to everybody. A new tenant's warm-up goes on where it was."""
    source = get(tx, address)
    _change(tx, source.address, account_id=account_id, region=region, pool=_pool(tx, account_id, region, pool))


def put_weight(tx: Tx, address: str, weight: int) -> None:
    if not 1 <= weight <= 1000:
        raise Invalid("The weight of an address is from 1 to 1000.")
    _change(tx, get(tx, address).address, weight=weight)


def put_percentage(tx: Tx, address: str, percent: int) -> None:
    """How warm an address is; below 100 it grows on by itself unless its account has switched that off."""
    source = get(tx, address)
    if not 0 <= percent <= warmup.WARM:
        raise Invalid("The warm-up percentage is from 0 to 100.")
    grows = percent < warmup.WARM and (source.is_shared or warms_automatically(tx, source.account_id, source.region))
    _change(tx, source.address, warmup_percentage=percent, warmup_since=tx.now if grows else None)


def warms_automatically(tx: Tx, account_id: str, region: str) -> bool:
    key = warmup_choices.c.account_id == account_id, warmup_choices.c.region == region
    chosen = tx.execute(sa.select(warmup_choices.c.automatic).where(*key)).scalar()
    return True if chosen is None else bool(chosen)


def get(tx: Tx, address: str) -> SourceAddress:
    try:
        canonical = str(ipaddress.ip_address(address))
    except ValueError as error:
        raise Invalid(f"{address} is not an IP address.") from error
    row = tx.execute(sa.select(source_addresses).where(source_addresses.c.address == canonical)).first()
    if row is None:
        raise NotFound(f"There is no source address {canonical}.", Kind.DEDICATED_IP)
    return _source(row)


def all_addresses(tx: Tx) -> list[SourceAddress]:
    rows = tx.execute(sa.select(source_addresses).order_by(source_addresses.c.created_at, source_addresses.c.address))
    return [_source(row) for row in rows]


def sending_addresses(tx: Tx) -> tuple[str, ...]:
    """All that receivers may see mail come from: what SPF lists. Paused ones too, since mail may be on its way."""
    return tuple(address for source in all_addresses(tx) for address in source.addresses)


def _source(row: Any) -> SourceAddress:
    return SourceAddress(**{field.name: getattr(row, field.name) for field in fields(SourceAddress)})


def _change(tx: Tx, address: str, **values: Any) -> None:
    tx.execute(source_addresses.update().where(source_addresses.c.address == address).values(**values))
    tx.wake(TOPIC)


# --- routes -----------------------------------------------------------------------------------------------------------


def put_route(tx: Tx, route: MailRoute) -> None:
    """Add or replace the route of a pattern. Raises Invalid."""
    checked = checked_route(route)
    values = {field.name: getattr(checked, field.name) for field in fields(MailRoute)}
    changes = [name for name in values if name != "pattern"]
    tx.execute(upsert(tx.engine, mail_routes, changes=changes).values(**values))
    tx.wake(TOPIC)


def remove_route(tx: Tx, pattern: str) -> None:
    if not tx.execute(mail_routes.delete().where(mail_routes.c.pattern == pattern)).rowcount:
        raise NotFound(f"There is no mail route for {pattern}.", Kind.MAIL_ROUTE)
    tx.wake(TOPIC)


def routes(tx: Tx) -> tuple[MailRoute, ...]:
    rows = tx.execute(sa.select(mail_routes).order_by(mail_routes.c.pattern))
    return tuple(MailRoute(**{field.name: getattr(row, field.name) for field in fields(MailRoute)}) for row in rows)


# --- for the choice ---------------------------------------------------------------------------------------------------


def plan(tx: Tx, known: SourcePlan | None = None) -> SourcePlan:
    """All that a choice depends on; `known` itself where no setting has changed since."""
    ((revision,),) = tx.hot_rows(_REVISION, ())
    if known is not None and known.revision == revision:
        return known
    addresses = tuple(all_addresses(tx))
    accounts = {source.account_id for source in addresses if source.account_id}
    pools = _pools_of_sets(tx, accounts) if accounts else {}
    return SourcePlan(revision=revision, addresses=addresses, pools=pools, routes=routes(tx))


def _pools_of_sets(tx: Tx, accounts: Iterable[str]) -> Mapping[tuple[str, str, str], str]:
    rows = tx.execute(
        sa.select(
            configuration_sets.c.account_id,
            configuration_sets.c.region,
            configuration_sets.c.name,
            configuration_sets.c.delivery_options,
        ).where(
            configuration_sets.c.account_id.in_(sorted(accounts)),
            sa.type_coerce(configuration_sets.c.delivery_options, sa.Text).like('%"SendingPoolName"%'),
        )
    )
    return {(row.account_id, row.region, row.name): row.delivery_options["SendingPoolName"] for row in rows}


def counts(tx: Tx, first_day: int, last_day: int) -> dict[tuple[str, str], Tally]:
    """(address, provider) → what it did on those days."""
    rows = tx.hot_rows(_COUNTS, (first_day, last_day))
    return {
        (address, provider): Tally(sent=int(sent), deferred=int(deferred), failed=int(failed), blocked=int(blocked))
        for address, provider, sent, deferred, failed, blocked in rows
    }


def add_counts(tx: Tx, day: int, done: Mapping[tuple[str, str], Tally]) -> None:
    rows = [
        (day, address, provider, tally.sent, tally.deferred, tally.failed, tally.blocked)
        for (address, provider), tally in sorted(done.items())
    ]
    tx.hot(_COUNT, rows)
    tx.hot(_FORGET_COUNTS, [(day - _KEEP_DAYS,)])


def put_rests(tx: Tx, rests: Sequence[Rest]) -> None:
    tx.hot(_REST, [(rest.address, rest.provider, to_micros(rest.until), rest.times, rest.reason) for rest in rests])


def rests(tx: Tx) -> tuple[Rest, ...]:
    rows = tx.hot_rows(_RESTS, ())
    return tuple(
        Rest(address=address, provider=provider, until=from_micros(until), times=times, reason=reason)
        for address, provider, until, times, reason in rows
    )


def put_listings(tx: Tx, listed: Sequence[Rest]) -> None:
    """What block lists say now, in place of what they said before; and an end to what is long over."""
    tx.hot(_FORGET_LISTINGS, [(f"{LISTED}%",)])
    tx.hot(_FORGET_RESTS, [(to_micros(tx.now - _REMEMBERED),)])
    put_rests(tx, listed)
