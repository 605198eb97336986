"""Checks of the registered source addresses: does each lead to the name it greets with, and back? Is it on a list?

Owns the questions; receivers ask the first two of a host that they do not know (RFC 1912 2.1, RFC 8601 2.7.3: iprev).
"""

import asyncio
import ipaddress

from tayori.cli.check import Check, Health, check
from tayori.cli.host_checks import BLOCK_LISTS, listed
from tayori.mail.answer import Resolver
from tayori.model.source import LISTED, SourceAddress
from tayori.resources import sources
from tayori.store.engine import Store, Tx


async def check_sources(store: Store, resolver: Resolver) -> list[Check]:
    found = await store.read(sources.all_addresses)
    if not found:
        return []
    every = [address for source in found for address in source.addresses]
    checks = [await _named(resolver, source, address) for source in found for address in source.addresses]
    return [*checks, await store.read(_blocked), await listed(resolver, every, BLOCK_LISTS)]


def _blocked(tx: Tx) -> Check:
    """Who has blocked an address lately, so that it keeps away; and which the operator has paused."""
    found = [f"{source.address}: paused" for source in sources.all_addresses(tx) if source.paused]
    found += [
        f"{rest.address}: {rest.provider} ({rest.reason})"
        for rest in sources.rests(tx)
        if rest.until > tx.now and not rest.provider.startswith(LISTED)
    ]
    return check("source-rests", Health.WARNING if found else Health.OK, "; ".join(found) or "0")


async def _named(resolver: Resolver, source: SourceAddress, address: str) -> Check:
    """The address has the name that we greet with there, and the name has the address."""
    rdtype = "AAAA" if ":" in address else "A"
    back, forth = await asyncio.gather(
        resolver.resolve(ipaddress.ip_address(address).reverse_pointer, "PTR"),
        resolver.resolve(source.ehlo_name, rdtype),
    )
    names = [value.rstrip(".").lower() for value in back.values]
    leads_here = any(ipaddress.ip_address(value) == ipaddress.ip_address(address) for value in forth.values)
    health = Health.OK if source.ehlo_name in names and leads_here else Health.FAILED
    shown = f"{address} → {', '.join(names) or '-'}; {source.ehlo_name} → {', '.join(forth.values) or '-'}"
    return check("source-name", health, shown, address=address, name=source.ehlo_name)
