"""What the RFCs ask of a resolver and no single answer shows: RFC 2308 (absence), 2181 and 1034 (TTLs and aliases),
6891 (EDNS), 7766 (TCP), 6840 (AD).
"""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator

import dns.flags
import dns.message
import dns.rcode
import pytest
from scripted_dns import ScriptedServer, response, scripted

from tayori.clock import AdjustableClock
from tayori.dns.resolver import CachingResolver, ResolverSettings
from tayori.mail.answer import AnswerStatus

QUICK = ResolverSettings(try_seconds=(0.15, 0.3), time_limit=2.0)


def resolver(clock: AdjustableClock, server: ScriptedServer, settings: ResolverSettings = QUICK) -> CachingResolver:
    return CachingResolver([server.address], clock, settings)


def soa(ttl: int, minimum: int) -> str:
    return f"example.test. {ttl} IN SOA ns1.example.test. hostmaster.example.test. 1 2 3 4 {minimum}"


# -- RFC 2308 ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "kept"),
    [
        (soa(900, 30), 30),
        (soa(20, 3600), 20),  # 5: the lesser of the two
        (soa(86400, 86400), 900),  # 5: bounded, whatever the zone says
        (soa(0, 0), 0),
    ],
)
@pytest.mark.parametrize("rcode", [dns.rcode.NOERROR, dns.rcode.NXDOMAIN])
def test_an_absence_is_kept_as_long_as_its_soa_says(run, clock, record: str, kept: int, rcode: int) -> None:
    async def scenario() -> None:
        async with scripted(lambda packet, _: [response(packet, rcode=rcode, authority=[record])]) as server:
            asked = resolver(clock, server)
            for seconds in (0, max(0, kept - 1), 2):
                clock.advance(seconds)
                answer = await asked.resolve("x.example.test", "TXT")
                assert not answer.exists and answer.ttl <= max(kept, 900)
            assert len(server.asked) == (2 if kept else 3)

    run(scenario())


@pytest.mark.parametrize("rcode", [dns.rcode.NOERROR, dns.rcode.NXDOMAIN])
def test_an_absence_without_soa_is_not_kept(run, clock, rcode: int) -> None:
    async def scenario() -> None:
        async with scripted(lambda packet, _: [response(packet, rcode=rcode)]) as server:
            asked = resolver(clock, server)
            assert (await asked.resolve("x.example.test", "A")).ttl == 0
            await asked.resolve("x.example.test", "A")
            assert len(server.asked) == 2

    run(scenario())


def test_an_alias_to_a_name_that_does_not_exist_does_not_exist(run, clock) -> None:
    """2.1: the code is that of the last name, the TTL the least of alias and absence."""

    async def scenario() -> None:
        chain = ("a.example.test. 300 IN CNAME b.example.test.",)
        script = lambda packet, _: [  # noqa: E731
            response(packet, *chain, rcode=dns.rcode.NXDOMAIN, authority=[soa(60, 40)])
        ]
        async with scripted(script) as server:
            answer = await resolver(clock, server).resolve("a.example.test", "A")
            assert (answer.status, answer.canonical_name, answer.ttl) == (AnswerStatus.NXDOMAIN, "b.example.test", 40)

    run(scenario())


def test_an_absence_of_one_type_says_nothing_of_another(run, clock) -> None:
    def script(packet: bytes, _: str) -> list[bytes]:
        if dns.message.from_wire(packet).question[0].rdtype == dns.rdatatype.A:
            return [response(packet, "x.example.test. 60 IN A 192.0.2.1")]
        return [response(packet, authority=[soa(60, 60)])]

    async def scenario() -> None:
        async with scripted(script) as server:
            asked = resolver(clock, server)
            assert (await asked.resolve("x.example.test", "AAAA")).status is AnswerStatus.NODATA
            assert (await asked.resolve("x.example.test", "A")).exists

    run(scenario())


# -- TTLs --------------------------------------------------------------------------------------------------------------


def test_a_ttl_of_nothing_is_not_kept_and_one_with_the_first_bit_set_is_nothing(run, clock) -> None:
    """RFC 1034 3.6 and RFC 2181 8."""

    async def scenario(ttl: int) -> None:
        def script(packet: bytes, _: str) -> list[bytes]:
            wire = bytearray(response(packet, "x.test. 7 IN A 192.0.2.1"))
            at = wire.index(struct.pack("!HHIH", 1, 1, 7, 4)) + 4
            wire[at : at + 4] = struct.pack("!I", ttl)
            return [bytes(wire)]

        async with scripted(script) as server:
            asked = resolver(clock, server)
            for number in (1, 2):
                assert (await asked.resolve("x.test", "A")).ttl == 0
                assert len(server.asked) == number

    run(scenario(0))
    run(scenario(0x80000007))


def test_the_ttl_of_a_set_is_that_of_its_shortest(run, clock) -> None:
    """RFC 2181 5.2: records of a set whose TTLs differ are an error that must not make any live longer."""

    async def scenario() -> None:
        records = ("x.test. 500 IN A 192.0.2.1", "x.test. 20 IN A 192.0.2.2")
        async with scripted(lambda packet, _: [response(packet, *records)]) as server:
            assert (await resolver(clock, server).resolve("x.test", "A")).ttl == 20

    run(scenario())


def test_the_time_that_is_left_counts_down(run, clock) -> None:
    async def scenario() -> None:
        async with scripted(lambda packet, _: [response(packet, "x.test. 60 IN A 192.0.2.1")]) as server:
            asked = resolver(clock, server)
            await asked.resolve("x.test", "A")
            clock.advance(45)
            assert 10 <= (await asked.resolve("x.test", "A")).ttl <= 15

    run(scenario())


# -- RFC 6891, RFC 6840 ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trust", [True, False])
def test_a_question_is_asked_as_the_rfcs_say(run, clock, trust: bool) -> None:
    seen: list[dns.message.Message] = []

    def script(packet: bytes, _: str) -> list[bytes]:
        seen.append(dns.message.from_wire(packet))
        return [response(packet, "x.test. 60 IN A 192.0.2.1")]

    async def scenario() -> None:
        async with scripted(script) as server:
            await resolver(clock, server, ResolverSettings(trust_ad=trust)).resolve("x.test", "A")

    run(scenario())
    (asked,) = seen
    assert (asked.edns, asked.payload, asked.ednsflags & dns.flags.DO) == (0, 1232, 0)
    assert asked.flags & dns.flags.RD
    assert bool(asked.flags & dns.flags.AD) is trust  # only whoever is trusted is asked whether it validated
    assert not asked.flags & dns.flags.CD


def test_an_alias_that_was_not_validated_spoils_the_bit_for_the_whole_chain(run, clock) -> None:
    def script(packet: bytes, _: str) -> list[bytes]:
        if dns.message.from_wire(packet).question[0].name.to_text() == "a.test.":
            return [response(packet, "a.test. 60 IN CNAME b.test.")]
        return [response(packet, "b.test. 60 IN A 192.0.2.1", flags=dns.flags.AD)]

    async def scenario() -> None:
        async with scripted(script) as server:
            answer = await resolver(clock, server, ResolverSettings(trust_ad=True)).resolve("a.test", "A")
            assert answer.values == ("192.0.2.1",) and not answer.authenticated

    run(scenario())


def test_a_server_that_knows_no_such_version_of_edns_is_a_failure(run, clock) -> None:
    def script(packet: bytes, _: str) -> list[bytes]:
        reply = dns.message.make_response(dns.message.from_wire(packet), recursion_available=True)
        reply.use_edns(0)
        reply.set_rcode(dns.rcode.BADVERS)
        return [reply.to_wire()]

    async def scenario() -> None:
        async with scripted(script) as server:
            answer = await resolver(clock, server).resolve("x.test", "A")
            assert answer.status is AnswerStatus.SERVER_FAILURE

    run(scenario())


# -- RFC 7766 ----------------------------------------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def slow_stream(pieces: int) -> AsyncIterator[tuple[str, int]]:
    """A server that truncates over UDP and sends its TCP answer octet by octet, so to speak (RFC 7766 8)."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = struct.unpack("!H", await reader.readexactly(2))[0]
        answer = response(await reader.readexactly(length), *(f"x.test. 60 IN A 10.0.0.{n}" for n in range(200)))
        framed = struct.pack("!H", len(answer)) + answer
        step = -(-len(framed) // pieces)
        for at in range(0, len(framed), step):
            writer.write(framed[at : at + step])
            await writer.drain()
            await asyncio.sleep(0)
        with contextlib.suppress(OSError):
            await reader.read()
        writer.close()

    class Truncating(asyncio.DatagramProtocol):
        def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
            self.transport = transport

        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            self.transport.sendto(response(data, flags=dns.flags.TC), addr)

    tcp = await asyncio.start_server(converse, "127.0.0.1", 0)
    address = tcp.sockets[0].getsockname()
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Truncating, local_addr=address)
    try:
        yield address
    finally:
        transport.close()
        tcp.close()


@pytest.mark.parametrize("pieces", [1, 40])
def test_an_answer_over_tcp_may_come_in_any_pieces(run, clock, pieces: int) -> None:
    async def scenario() -> None:
        async with slow_stream(pieces) as address:
            answer = await CachingResolver([address], clock, ResolverSettings()).resolve("x.test", "A")
            assert len(answer.values) == 200

    run(scenario())


def test_the_dead_type_of_spf_can_be_asked_for(run, clock) -> None:
    """RFC 7208 3.1: so that an administrator can be told of a record that nobody reads."""

    async def scenario() -> None:
        script = lambda packet, _: [response(packet, 'x.test. 60 IN SPF "v=spf1 " "-all"')]  # noqa: E731
        async with scripted(script) as server:
            assert (await resolver(clock, server).resolve("x.test", "SPF")).values == ("v=spf1 -all",)

    run(scenario())
