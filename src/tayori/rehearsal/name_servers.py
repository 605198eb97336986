"""The name servers of the rehearsal internet: one that does all right, and some that play what goes wrong.

Owns their names, addresses and listeners. A zone is served as its NS records say: `shop.test NS lame.rehearsal.test`
makes a delegation lame. What each answers is the record book's. RFC 1034 4.2, RFC 1912 2.8 (lame delegations).
"""

import asyncio
from collections.abc import Awaitable, Callable

import dns.name
import dns.rcode
import dns.rdatatype

from tayori.dns.record import Record
from tayori.dns.server import AuthoritativeServer, ServerLimits
from tayori.dns.zone import Lookup, Zone

NAME_SERVER = "ns.rehearsal.test"
LAME = "lame.rehearsal.test"  # refuses every question
SILENT = "silent.rehearsal.test"  # never answers
EMPTY = "empty.rehearsal.test"  # has its zones, and none of their records: a copy that nobody filled
BOGUS = "bogus.rehearsal.test"  # answers rightly, with signatures that resolvers find to be wrong
CACHED = "cached.rehearsal.test"  # answers rightly; resolvers keep what they heard for as long as its TTL says
LAX = "lax.rehearsal.test"  # lets a CNAME stand beside other records

ALL = (NAME_SERVER, LAME, SILENT, EMPTY, BOGUS, CACHED, LAX)
ELSEWHERE = frozenset({LAME, SILENT, EMPTY})  # at addresses of their own
_NUMBERS = {LAME: 101, SILENT: 102, EMPTY: 103}


def addresses(network: str) -> dict[str, str]:
    """Where those that are elsewhere listen."""
    return {name: f"{network}.{number}" for name, number in _NUMBERS.items()}


def records(dns_host: str, network: str) -> list[Record]:
    """Where each of them is found."""
    hosts = dict.fromkeys(ALL, dns_host) | addresses(network)
    return [Record(name=name, rdtype="A", value=host) for name, host in hosts.items()]


class EmptyZones:
    """What the server without records answers. `find` gives the bare zone of a name, where that server has it."""

    origin = dns.name.root

    def __init__(self, find: Callable[[dns.name.Name], Zone | None], version: Callable[[], int]) -> None:
        self._find = find
        self._version = version

    @property
    def version(self) -> int:
        return self._version()

    async def lookup(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> Lookup:
        zone = self._find(name)
        if zone is None:
            return Lookup(rcode=dns.rcode.REFUSED, authoritative=False, keep_seconds=0.0)
        return zone.lookup(name, rdtype)


class FaultyServers:
    """The listeners of those that are elsewhere."""

    def __init__(self, zones: EmptyZones) -> None:
        limits = ServerLimits(responses_per_second=0)
        self._lame = AuthoritativeServer([], limits)
        self._empty = AuthoritativeServer([zones], limits)
        self._stops: list[Callable[[], Awaitable[None]]] = []

    async def start(self, name: str, host: str, port: int) -> None:
        """Have one of them listen."""
        if name != SILENT:
            server = self._lame if name == LAME else self._empty
            await server.start(host, port)
            self._stops.append(server.stop)
            return
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, (host, port))

        async def close() -> None:
            transport.close()

        self._stops.append(close)

    async def stop(self) -> None:
        while self._stops:
            await self._stops.pop()()
