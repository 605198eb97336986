"""The authoritative name server: UDP and TCP on one port.

Owns sockets, limits and the cache of rendered answers. Never recurses, never answers for names outside its
zones, and never sends more than it must: ANY is minimal, UDP answers are bounded and rate limited. What an
answer holds is `zone`'s affair, its octets are `wire`'s. RFC 1035 4.2, RFC 7766 (TCP), RFC 8482 (ANY).
"""

import asyncio
import logging
import struct
from collections import Counter, OrderedDict
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

import dns.rcode
import dns.rdataclass
import dns.rdatatype

from tayori.dns import wire
from tayori.dns.rate import ResponseRate, Verdict
from tayori.dns.zone import ZoneSource

_LOG = logging.getLogger(__name__)

_REFUSED_TYPES = frozenset({dns.rdatatype.AXFR, dns.rdatatype.IXFR, dns.rdatatype.MAILA, dns.rdatatype.MAILB})
_TCP_LIMIT = 65535
_BIND_ATTEMPTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerLimits:
    """What one server grants its clients. A rate of 0 means no rate limit."""

    responses_per_second: float = 200.0
    pending_udp: int = 1000
    tcp_connections: int = 200
    tcp_connections_per_host: int = 20
    tcp_idle_seconds: float = 10.0
    lookup_seconds: float = 3.0
    cached_answers: int = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cached:
    zone: ZoneSource
    version: int
    until: float
    answer: wire.Reusable


class AuthoritativeServer:
    """Serves `zones`, choosing for each name the zone with the longest matching origin."""

    def __init__(self, zones: Sequence[ZoneSource], limits: ServerLimits | None = None) -> None:
        self._zones = zones
        self._limits = limits or ServerLimits()
        rate = self._limits.responses_per_second
        self._rate = ResponseRate(rate) if rate > 0 else None
        self._cache: OrderedDict[tuple[bytes, int], _Cached] = OrderedDict()
        self._connections: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._tcp: asyncio.Server | None = None
        self._udp: _UdpProtocol | None = None
        self.host, self.port = "", 0

    async def start(self, host: str, port: int) -> None:
        """Listen on `host`; with port 0, on a port that is free for both protocols."""
        loop = asyncio.get_running_loop()
        for attempt in range(_BIND_ATTEMPTS):
            tcp = await asyncio.start_server(self._serve_tcp, host, port, reuse_address=True, backlog=128)
            chosen = tcp.sockets[0].getsockname()[1]
            try:
                _, self._udp = await loop.create_datagram_endpoint(
                    lambda: _UdpProtocol(self), local_addr=(host, chosen)
                )
            except OSError:
                tcp.close()
                if port or attempt == _BIND_ATTEMPTS - 1:
                    raise
                continue
            self._tcp, self.host, self.port = tcp, host, chosen
            return

    async def stop(self) -> None:
        """Close the listeners and every connection."""
        if self._udp is not None:
            self._udp.transport.close()
        if self._tcp is not None:
            self._tcp.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._udp = self._tcp = None

    # --- one query ------------------------------------------------------------------------------------------

    async def answer(self, packet: bytes) -> bytes | None:
        """The answer to one packet as TCP carries it; None when the packet deserves none."""
        question = self._read(packet)
        return question if isinstance(question, bytes | None) else await self._resolve(question, _TCP_LIMIT)

    def _read(self, packet: bytes) -> wire.Question | bytes | None:
        """The question of a packet, or at once the octets that answer it."""
        try:
            question = wire.parse_query(packet)
        except wire.QueryError as error:
            return None if error.rcode is None else wire.error_reply(packet, error.rcode)
        if question.edns and question.edns.version != 0:
            return wire.bad_version(question)
        if question.rdclass != dns.rdataclass.IN or question.rdtype in _REFUSED_TYPES:
            return wire.refusal(question, dns.rcode.REFUSED)
        return question

    def _from_cache(self, question: wire.Question, limit: int) -> bytes | None:
        cached = self._cache.get(question.key)
        if cached is None:
            return None
        if cached.zone.version != cached.version or cached.until < self._now():
            del self._cache[question.key]
            return None
        return wire.reply(question, cached.answer, limit)

    async def _resolve(self, question: wire.Question, limit: int) -> bytes:
        cached = self._from_cache(question, limit)
        if cached is not None:
            return cached
        zone = self.source_of(question)
        if zone is None:
            return wire.refusal(question, dns.rcode.REFUSED)
        try:
            version = zone.version
            async with asyncio.timeout(self._limits.lookup_seconds):
                lookup = await zone.lookup(question.name, question.rdtype)
            answer = wire.build(question, lookup)
        except Exception:  # our own fault must look temporary to the client, whatever it was
            _LOG.exception("dns.lookup_failed")
            return wire.refusal(question, dns.rcode.SERVFAIL)
        until = self._now() + lookup.keep_seconds
        if lookup.keep_seconds > 0:
            self._remember(question.key, _Cached(zone=zone, version=version, until=until, answer=answer))
        return wire.reply(question, answer, limit)

    def source_of(self, question: wire.Question) -> ZoneSource | None:
        """Who answers a question; None refuses it."""
        name = question.name
        covering = [zone for zone in self._zones if name.is_subdomain(zone.origin)]
        return max(covering, key=lambda zone: len(zone.origin), default=None)

    def _remember(self, key: tuple[bytes, int], cached: _Cached) -> None:
        self._cache[key] = cached
        if len(self._cache) > self._limits.cached_answers:
            self._cache.popitem(last=False)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    # --- UDP ------------------------------------------------------------------------------------------------

    @property
    def connections(self) -> int:
        """TCP connections that are open."""
        return self._connections.total()

    def datagram(self, packet: bytes, address: tuple[str, int]) -> None:
        """Answer at once what the cache knows; anything else in a task of its own."""
        verdict = self._rate.judge(address[0], self._now()) if self._rate else Verdict.ANSWER
        question = None if verdict is Verdict.DROP else self._read(packet)
        if isinstance(question, bytes | None):
            self._send(question, address)
        elif verdict is Verdict.TRUNCATE:
            self._send(wire.truncated(question), address)
        elif cached := self._from_cache(question, question.udp_limit):
            self._send(cached, address)
        elif len(self._tasks) < self._limits.pending_udp:
            self._spawn(self._answer_udp(question, address))

    async def _answer_udp(self, question: wire.Question, address: tuple[str, int]) -> None:
        self._send(await self._resolve(question, question.udp_limit), address)

    def _send(self, packet: bytes | None, address: tuple[str, int]) -> None:
        if packet is not None and self._udp is not None:
            self._udp.send(packet, address)

    # --- TCP ------------------------------------------------------------------------------------------------

    async def _serve_tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        host = str(writer.get_extra_info("peername", ("", 0))[0])
        self._connections[host] += 1
        try:
            if self._has_room(host):
                await self._converse(reader, writer)
        except (OSError, EOFError, TimeoutError, asyncio.CancelledError):
            pass  # the client went away, idled, or we are stopping: nothing is owed to anyone
        finally:
            self._tasks.discard(task)
            self._connections[host] -= 1
            if not self._connections[host]:
                del self._connections[host]
            writer.transport.abort() if writer.transport.get_write_buffer_size() else writer.close()

    def _has_room(self, host: str) -> bool:
        return (
            self._connections[host] <= self._limits.tcp_connections_per_host
            and self._connections.total() <= self._limits.tcp_connections
        )

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer queries in their order; a client may send the next before it has read the last (RFC 7766
        6.2.1).
        """
        while True:
            async with asyncio.timeout(self._limits.tcp_idle_seconds):
                length = struct.unpack("!H", await reader.readexactly(2))[0]
                packet = await reader.readexactly(length)
            reply = await self.answer(packet)
            if reply is None:
                return
            writer.write(struct.pack("!H", len(reply)) + reply)
            async with asyncio.timeout(self._limits.tcp_idle_seconds):
                await writer.drain()

    def _spawn(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _UdpProtocol(asyncio.DatagramProtocol):
    """Hands datagrams on. An ICMP error means a client that left, which is its own affair."""

    transport: asyncio.DatagramTransport

    def __init__(self, server: AuthoritativeServer) -> None:
        self._server = server
        self._congested = False

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport

    def pause_writing(self) -> None:
        self._congested = True

    def resume_writing(self) -> None:
        self._congested = False

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._server.datagram(data, addr)

    def send(self, packet: bytes, address: tuple[str, int]) -> None:
        """Send, or drop when the socket takes no more: a lost datagram is what UDP clients expect."""
        if not self._congested and not self.transport.is_closing():
            self.transport.sendto(packet, address)
