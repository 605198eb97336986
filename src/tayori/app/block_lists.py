"""DNS block lists: whether an address is on one, and a loop that looks for all of ours now and then.

Owns the questions of RFC 5782, with its test entries: a list that does not know its own says nothing. Never decides
what follows from a listing; what the loop finds is shown beside the address.
"""

import asyncio
import ipaddress
import logging
from collections.abc import Sequence
from datetime import timedelta

from tayori.mail.answer import Resolver
from tayori.model.source import LISTED, Rest
from tayori.resources import sources
from tayori.store.engine import Store

logger = logging.getLogger("tayori.sources")

_EVERY = 6 * 3600.0


async def ask(resolver: Resolver, addresses: Sequence[str], zone: str) -> tuple[list[tuple[str, str]], bool]:
    """(address, what the list answers) of those that are on it; and whether the list can be believed."""
    test, clean = await asyncio.gather(
        resolver.resolve(f"2.0.0.127.{zone}", "A"), resolver.resolve(f"1.0.0.127.{zone}", "A")
    )
    if not is_listing(test.values) or clean.exists:
        return [], False
    found = await asyncio.gather(*(resolver.resolve(f"{_reversed(address)}.{zone}", "A") for address in addresses))
    hits = [
        (address, ", ".join(answer.values[:3]))
        for address, answer in zip(addresses, found, strict=True)
        if is_listing(answer.values)
    ]
    return hits, True


def is_listing(values: Sequence[str]) -> bool:
    """Lists answer 127.0.0.0/16; 127.255.255.0/24 says that the resolver may not ask."""
    return any(value.startswith("127.") and not value.startswith("127.255.") for value in values)


def _reversed(address: str) -> str:
    pointer = ipaddress.ip_address(address).reverse_pointer
    return pointer.removesuffix(".in-addr.arpa").removesuffix(".ip6.arpa")


class BlockListWatch:
    """A Loop: asks the lists of delivery.block_lists for every registered address."""

    name = "block-lists"
    every = _EVERY

    def __init__(self, store: Store, resolver: Resolver, lists: Sequence[str]) -> None:
        self._store = store
        self._resolver = resolver
        self._lists = lists

    async def tick(self) -> float | None:
        found = await self._store.read(sources.all_addresses)
        owners = {address: source.address for source in found for address in source.addresses}
        until = self._store.clock.now() + timedelta(seconds=2 * _EVERY)
        listed: list[Rest] = []
        for zone in self._lists:
            hits, is_usable = await ask(self._resolver, list(owners), zone)
            if not is_usable:
                logger.warning("the block list %s does not answer this resolver", zone)
            for address, codes in hits:
                logger.warning("source address %s is on the block list %s (%s)", address, zone, codes)
                words = f"{address} is on {zone} ({codes})"
                listed.append(
                    Rest(address=owners[address], provider=f"{LISTED}{zone}", until=until, times=1, reason=words)
                )
        await self._store.write(sources.put_listings, listed)
        return None
