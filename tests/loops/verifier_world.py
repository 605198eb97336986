"""A store, the DNS of a customer and of the service, and a verifier that looks into both."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

from tayori.clock import AdjustableClock
from tayori.dns.record import Record
from tayori.dns.resolver import CachingResolver, ResolverSettings
from tayori.dns.server import AuthoritativeServer
from tayori.dns.service_zone import service_zone
from tayori.dns.zone import LiveZone, Zone
from tayori.loops.verifier import Verifier
from tayori.model.identity import IdentityName
from tayori.model.names import ServiceNames
from tayori.resources import accounts, dkim_keys, identities
from tayori.resources.identities import Identity, NewIdentity
from tayori.store.engine import Store

ACCOUNT, OTHER, REGION, DOMAIN = "123456789012", "210987654321", "us-east-1", "customer.test"
NAMES = ServiceNames(service_domain="tayori.test", region=REGION)


class CustomersDns:
    """The zone of customer.test, which a test edits as its administrator would."""

    def __init__(self) -> None:
        self.publish([])

    def publish(self, records: Sequence[Record]) -> None:
        soa = f"ns.{DOMAIN} admin.{DOMAIN} 7 3600 600 86400 5"
        self.zone = Zone(DOMAIN, [Record(name=DOMAIN, rdtype="SOA", value=soa, ttl=5), *records])


class World:
    """A store, the customer's DNS, the service's DNS, and a verifier that looks into both over UDP."""

    def __init__(self, store: Store, clock: AdjustableClock) -> None:
        self.store, self.clock, self.dns = store, clock, CustomersDns()
        service = service_zone(
            NAMES,
            sending_addresses=["192.0.2.1"],
            listening_addresses=["192.0.2.1"],
            dkim_keys=lambda token: store.read(dkim_keys.published, token),
            own_keys=lambda selector: store.read(dkim_keys.published_own, selector),
            serial=1,
        )
        self.server = AuthoritativeServer([LiveZone(lambda: self.dns.zone), service])

    async def start(self) -> None:
        await self.server.start("127.0.0.1", 0)
        address = ("127.0.0.1", self.server.port)
        self.resolver = CachingResolver([address], self.clock, ResolverSettings(try_seconds=(0.5,), time_limit=2))
        self.verifier = Verifier(self.store, self.resolver, lambda region: NAMES)

    async def stop(self) -> None:
        await self.resolver.close()
        await self.server.stop()

    async def create(self, name: str = DOMAIN, account_id: str = ACCOUNT) -> Identity:
        keys = await asyncio.to_thread(dkim_keys.generate)
        new = NewIdentity(name=IdentityName.parse(name), keys=keys)
        await self.store.write(identities.create, account_id, REGION, new)
        return await self.get(name, account_id)

    async def get(self, name: str = DOMAIN, account_id: str = ACCOUNT) -> Identity:
        return await self.store.read(identities.get, account_id, REGION, name)

    async def look(self, seconds: float = 20) -> Identity:
        """Let time pass, and the verifier do one round."""
        self.clock.advance(seconds)
        await self.verifier.tick()
        return await self.get()


@contextlib.asynccontextmanager
async def world(store: Store, clock: AdjustableClock) -> AsyncIterator[World]:
    made = World(store, clock)
    await made.start()
    for account_id in (ACCOUNT, OTHER):
        await store.write(accounts.create, account_id, REGION, name="test")
    try:
        yield made
    finally:
        await made.stop()


def aliases(identity: Identity, suffix: str = "dkim.tayori.test") -> list[Record]:
    return [
        Record(name=f"{token}._domainkey.{DOMAIN}", rdtype="CNAME", value=f"{token}.{suffix}", ttl=5)
        for token in identity.tokens
    ]
