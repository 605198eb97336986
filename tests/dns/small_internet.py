"""A little internet on loopback: name servers that know only their own zones, and one resolver that knows them all.

Server number N is `nsN.dns.test` at 127.77.5.N. Server 1 holds the zone `test`. Every server answers on one port, which
stands for 53.
"""

import contextlib
import ipaddress
from collections.abc import AsyncIterator, Sequence

import dns.name
import dns.rcode
import dns.rdatatype
from scripted_dns import Script, ScriptedServer, scripted

from tayori.clock import Clock
from tayori.dns.investigation import InvestigationSettings, Investigator
from tayori.dns.record import Record, to_name
from tayori.dns.resolver import CachingResolver, ResolverSettings
from tayori.dns.server import AuthoritativeServer
from tayori.dns.zone import LiveZone, Lookup, Zone
from tayori.model.diagnosis import Diagnosis, diagnose_all
from tayori.model.proof import ExpectedRecord

SERVERS = 9


def host(number: int) -> str:
    return f"ns{number}.dns.test"


def address(number: int) -> str:
    return f"127.77.5.{number}"


def record(name: str, rdtype: str, value: str, ttl: int = 300) -> Record:
    return Record(name=name, rdtype=rdtype, value=value, ttl=ttl)


class _Everything:
    """What the resolver finds: the truth of all zones, but for the names that a test has it answer otherwise."""

    origin = dns.name.root
    version = 0

    def __init__(self) -> None:
        self.zones: dict[dns.name.Name, Zone] = {}
        self.said: dict[tuple[str, str], Lookup] = {}
        self.failing: set[str] = set()

    async def lookup(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> Lookup:
        text = name.to_text(omit_final_dot=True).lower()
        said = self.said.get((text, dns.rdatatype.to_text(rdtype)))
        if said is not None:
            return said
        if any(text.endswith(failing) for failing in self.failing):
            return Lookup(rcode=dns.rcode.SERVFAIL, authoritative=False, recursive=True, keep_seconds=0)
        parents = (name.split(depth)[1] for depth in range(len(name), 0, -1))
        zone = next((self.zones[parent] for parent in parents if parent in self.zones), None)
        if zone is None:
            return Lookup(rcode=dns.rcode.NXDOMAIN, recursive=True)
        found = zone.lookup(name, rdtype)
        return Lookup(rcode=found.rcode, answer=found.answer, authority=found.authority, recursive=True, keep_seconds=0)


class SmallInternet:
    """Describe it, then use it within `async with`."""

    def __init__(self, clock: Clock, **limits: float) -> None:
        self.clock, self.limits = clock, limits
        self._held: dict[int, list[Zone]] = {}
        self._scripts: dict[int, Script] = {}
        self._delegations: list[Record] = []
        self.everything = _Everything()
        self.resolver_script: Script | None = None
        self.scripted: dict[int, ScriptedServer] = {}

    # --- describing ---------------------------------------------------------------------------------------------

    def zone(self, origin: str, records: Sequence[Record], *, at: Sequence[int], listed: Sequence[int] = ()) -> Zone:
        """A zone, held by the servers `at`; its own NS records name `listed`, else the same."""
        soa = record(origin, "SOA", f"{host(at[0])} hostmaster.{origin} 1 3600 600 86400 60")
        named = [record(origin, "NS", host(number)) for number in (listed or at)]
        zone = Zone(origin, [soa, *named, *records])
        for number in at:
            self._held.setdefault(number, []).append(zone)
        self.everything.zones[to_name(origin)] = zone
        return zone

    def delegate(self, origin: str, to: Sequence[int]) -> None:
        """NS records in the zone `test`."""
        self._delegations += [record(origin, "NS", host(number)) for number in to]

    def customer(self, records: Sequence[Record], *, at: Sequence[int] = (2, 3), to: Sequence[int] = ()) -> None:
        """The zone customer.test, delegated to its servers or to others."""
        self.zone("customer.test", records, at=at)
        self.delegate("customer.test", to or at)

    def script(self, number: int, script: Script) -> None:
        self._scripts[number] = script

    def resolver_says(self, name: str, rdtype: str, *records: Record) -> None:
        """Old values; none at all is a name that does not exist."""
        top = record("test", "SOA", "ns1.dns.test h.test 1 3600 600 86400 60", 77)
        zone = Zone("test", [top, *records])
        self.everything.said[name, rdtype] = zone.lookup(to_name(name), dns.rdatatype.from_text(rdtype))

    # --- using --------------------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["SmallInternet"]:
        async with contextlib.AsyncExitStack() as stack:
            self.zone(
                "test",
                [*(record(host(n), "A", address(n)) for n in range(1, SERVERS + 1)), *self._delegations],
                at=[1],
            )
            self.port = 0
            for number in sorted(self._held.keys() | self._scripts.keys()):
                await self._start(number, stack)
            resolver = AuthoritativeServer([self.everything])
            await resolver.start("127.0.0.1", 0)
            stack.push_async_callback(resolver.stop)
            where = ("127.0.0.1", resolver.port)
            if self.resolver_script is not None:
                where = (await stack.enter_async_context(scripted(self.resolver_script))).address
            settings = ResolverSettings(try_seconds=(0.3,), time_limit=1.0)
            self.resolver = CachingResolver([where], self.clock, settings)
            stack.push_async_callback(self.resolver.close)
            self.where = where
            yield self

    async def _start(self, number: int, stack: contextlib.AsyncExitStack) -> None:
        if number in self._scripts:
            server = await stack.enter_async_context(scripted(self._scripts[number], address(number), self.port))
            self.scripted[number], self.port = server, server.address[1]
            return
        zones = [LiveZone(lambda zone=zone: zone) for zone in self._held[number]]  # type: ignore[misc]
        held = AuthoritativeServer(zones)
        await held.start(address(number), self.port)
        stack.push_async_callback(held.stop)
        self.port = held.port

    def investigator(self) -> Investigator:
        limits = {"query_seconds": 0.3, "time_limit": 5.0} | self.limits
        return Investigator(
            self.resolver,
            InvestigationSettings(
                port=self.port,
                allowed_networks=(ipaddress.ip_network("127.0.0.0/8"),),
                resolvers=(self.where,),
                **limits,  # type: ignore[arg-type]
            ),
        )

    async def diagnose(self, *expected: ExpectedRecord) -> tuple[Diagnosis, ...]:
        return diagnose_all(await self.investigator().investigate(expected[0].domain, expected))
