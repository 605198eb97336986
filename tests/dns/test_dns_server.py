"""The authoritative server over real sockets, asked by dnspython, dig, kdig and by nobody's idea of a client."""

import asyncio
import contextlib
import random
import socket
import struct
import subprocess
from collections.abc import AsyncIterator

import dns.asyncquery
import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from programs import require
from tayori.dns.rate import ResponseRate, Verdict
from tayori.dns.record import Record
from tayori.dns.server import AuthoritativeServer, ServerLimits
from tayori.dns.zone import LiveZone, Lookup, Zone


def zone(origin: str, *records: Record) -> Zone:
    soa = Record(name=origin, rdtype="SOA", value=f"ns1.{origin} hostmaster.{origin} 1 3600 600 1209600 60")
    return Zone(origin, [soa, *records])


EXAMPLE = zone(
    "example.test",
    Record(name="host.example.test", rdtype="A", value="192.0.2.1"),
    Record(name="long.example.test", rdtype="TXT", value="x" * 900),
    *(Record(name="many.example.test", rdtype="TXT", value=f"{n:03}" + "y" * 200) for n in range(40)),
)
PARENT = zone("test", Record(name="host.test", rdtype="A", value="192.0.2.2"))


class BrokenZone:
    origin = dns.name.from_text("broken.test")
    version = 1

    async def lookup(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> Lookup:
        if name.labels[0] == b"slow":
            await asyncio.sleep(60)
        raise RuntimeError("a fault of ours")


SOURCES = [LiveZone(lambda: PARENT), LiveZone(lambda: EXAMPLE), BrokenZone()]


@contextlib.asynccontextmanager
async def running(limits: ServerLimits | None = None) -> AsyncIterator[AuthoritativeServer]:
    server = AuthoritativeServer(SOURCES, limits or ServerLimits(lookup_seconds=0.2))
    await server.start("127.0.0.1", 0)
    try:
        yield server
    finally:
        await server.stop()


def query(name: str, rdtype: str = "A", **kwargs: object) -> dns.message.Message:
    return dns.message.make_query(name, rdtype, **kwargs)  # type: ignore[arg-type]


async def udp(server: AuthoritativeServer, message: dns.message.Message) -> dns.message.Message:
    return await dns.asyncquery.udp(message, "127.0.0.1", port=server.port, timeout=5)


async def tcp(server: AuthoritativeServer, message: dns.message.Message) -> dns.message.Message:
    return await dns.asyncquery.tcp(message, "127.0.0.1", port=server.port, timeout=5)


async def raw(server: AuthoritativeServer, packet: bytes) -> bytes:
    """One packet over UDP, and what comes back."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.connect(("127.0.0.1", server.port))
        await loop.sock_sendall(sock, packet)
        async with asyncio.timeout(20):
            return await loop.sock_recv(sock, 65535)


@pytest.mark.parametrize("ask", [udp, tcp])
def test_both_protocols_answer_with_authority(run, ask) -> None:
    async def scenario() -> None:
        async with running() as server:
            for _ in range(2):  # the second answer comes out of the cache
                message = query("host.example.test", use_edns=0)
                reply = await ask(server, message)
                assert reply.flags & dns.flags.AA and not reply.flags & dns.flags.RA
                assert reply.answer[0].to_text() == "host.example.test. 300 IN A 192.0.2.1"
                assert reply.edns == 0 and reply.payload == 1232
                message = query("nothing.example.test", use_edns=-1)
                reply = await ask(server, message)
                assert reply.rcode() == dns.rcode.NXDOMAIN and reply.edns == -1
                assert reply.authority[0].rdtype == dns.rdatatype.SOA

    run(scenario())


def test_the_longest_origin_wins_and_others_are_refused(run) -> None:
    async def scenario() -> None:
        async with running() as server:
            assert (await udp(server, query("host.test"))).answer
            assert (await udp(server, query("host.example.test"))).answer
            for name in ("example.org", "."):
                reply = await udp(server, query(name))
                assert reply.rcode() == dns.rcode.REFUSED and not reply.answer and not reply.authority

    run(scenario())


def test_the_case_of_the_question_comes_back(run) -> None:
    async def scenario() -> None:
        async with running() as server:
            for name in ("HoSt.eXample.TEST", "host.EXAMPLE.test"):
                reply = await udp(server, query(name))
                assert str(reply.question[0].name) == f"{name}."
                assert str(reply.answer[0].name) == f"{name}."

    run(scenario())


@pytest.mark.parametrize(
    ("name", "edns", "payload", "is_truncated"),
    [
        ("long.example.test", -1, 0, True),
        ("long.example.test", 0, 512, True),
        ("long.example.test", 0, 900, True),
        ("long.example.test", 0, 1000, False),
        ("many.example.test", 0, 65535, True),
        ("host.example.test", 0, 1, False),
    ],
)
def test_udp_answers_are_bounded(run, name: str, edns: int, payload: int, is_truncated: bool) -> None:
    async def scenario() -> None:
        async with running() as server:
            for _ in range(2):
                kwargs = {"use_edns": edns, **({"payload": payload} if edns == 0 else {})}
                message = query(name, "TXT" if name[0] != "h" else "A", **kwargs)
                reply = await udp(server, message)
                assert bool(reply.flags & dns.flags.TC) is is_truncated
                assert bool(reply.answer) is not is_truncated
                assert len(reply.to_wire()) <= 1232
                full = await tcp(server, message)
                assert not full.flags & dns.flags.TC and full.answer

    run(scenario())


def test_refusals_that_the_protocol_asks_for(run) -> None:
    async def scenario() -> None:
        async with running() as server:
            bad_version = query("host.example.test", use_edns=1)
            reply = await udp(server, bad_version)
            assert reply.rcode() == dns.rcode.BADVERS and reply.edns == 0 and not reply.answer
            status = query("host.example.test")
            status.set_opcode(2)
            assert (await raw(server, status.to_wire()))[3] & 0xF == dns.rcode.NOTIMP
            chaos = dns.message.make_query("version.bind", "TXT", "CH")
            assert (await udp(server, chaos)).rcode() == dns.rcode.REFUSED
            for rdtype in (dns.rdatatype.AXFR, dns.rdatatype.IXFR):
                packet = query("example.test").to_wire()[:-4] + struct.pack("!HH", rdtype, 1)
                assert (await raw(server, packet))[3] & 0xF == dns.rcode.REFUSED

    run(scenario())


def test_any_is_answered_with_one_small_record(run) -> None:
    async def scenario() -> None:
        async with running() as server:
            reply = await udp(server, query("many.example.test", "ANY"))
            assert [rrset.to_text() for rrset in reply.answer] == ['many.example.test. 3600 IN HINFO "RFC8482" ""']

    run(scenario())


@pytest.mark.parametrize("name", ["x.broken.test", "slow.broken.test"])
def test_a_fault_of_ours_is_a_temporary_failure(run, name: str, caplog) -> None:
    async def scenario() -> None:
        async with running() as server:
            reply = await udp(server, query(name))
            assert reply.rcode() == dns.rcode.SERVFAIL
            assert (await udp(server, query("host.example.test"))).answer

    run(scenario())
    assert "dns.lookup_failed" in caplog.text


MALFORMED = {
    "no question": struct.pack("!HHHHHH", 7, 0, 0, 0, 0, 0),
    "two questions": struct.pack("!HHHHHH", 7, 0, 2, 0, 0, 0) + b"\1a\0\0\1\0\1" * 2,
    "an answer inside": struct.pack("!HHHHHH", 7, 0, 1, 1, 0, 0) + b"\1a\0\0\1\0\1",
    "name cut short": struct.pack("!HHHHHH", 7, 0, 1, 0, 0, 0) + b"\x3fabc",
    "pointer in the question": struct.pack("!HHHHHH", 7, 0, 1, 0, 0, 0) + b"\xc0\x0c\0\1\0\1",
    "name too long": struct.pack("!HHHHHH", 7, 0, 1, 0, 0, 0)
    + b"\x3f"
    + b"a" * 63
    + (b"\x3f" + b"b" * 63) * 3
    + b"\0\0\1\0\1",
    "no type": struct.pack("!HHHHHH", 7, 0, 1, 0, 0, 0) + b"\1a\0",
    "trailing octets": struct.pack("!HHHHHH", 7, 0, 1, 0, 0, 0) + b"\1a\0\0\1\0\1!",
    "missing OPT": struct.pack("!HHHHHH", 7, 0, 1, 0, 0, 1) + b"\1a\0\0\1\0\1",
    "two OPTs": struct.pack("!HHHHHH", 7, 0, 1, 0, 0, 2) + b"\1a\0\0\1\0\1" + (b"\0\0\x29\4\xd0\0\0\0\0\0\0") * 2,
    "OPT too long": struct.pack("!HHHHHH", 7, 0, 1, 0, 0, 1) + b"\1a\0\0\1\0\1" + b"\0\0\x29\4\xd0\0\0\0\0\0\xff",
}


@pytest.mark.parametrize("packet", MALFORMED.values(), ids=MALFORMED.keys())
def test_malformed_queries_are_told_so(run, packet: bytes) -> None:
    async def scenario() -> None:
        async with running() as server:
            reply = await raw(server, packet)
            assert reply[:2] == packet[:2] and reply[2] & 0x80 and reply[3] & 0xF == dns.rcode.FORMERR
            assert len(reply) <= len(packet)

    run(scenario())


def test_answers_and_scraps_get_no_answer(run) -> None:
    async def scenario() -> None:
        async with running() as server:
            answer = query("host.example.test").to_wire()
            assert await server.answer(answer[:2] + b"\x80" + answer[3:]) is None
            assert await server.answer(b"\0" * 11) is None
            assert await server.answer(b"") is None

    run(scenario())


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=600))
def test_no_packet_makes_it_raise(packet: bytes) -> None:
    server = AuthoritativeServer(SOURCES[:2])
    reply = asyncio.run(server.answer(packet))
    assert reply is None or len(reply) >= 12


def test_mutated_queries_neither_kill_nor_hang_it(run) -> None:
    chance = random.Random(20)

    async def scenario() -> None:
        async with running() as server:
            good = query("host.example.test", use_edns=0).to_wire()
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.connect(("127.0.0.1", server.port))
                for _ in range(3000):
                    packet = bytearray(good)
                    for _ in range(chance.randint(1, 8)):
                        packet[chance.randrange(len(packet))] = chance.randrange(256)
                    sock.send(packet[: chance.randint(0, len(packet))])
                    await asyncio.sleep(0)  # the server reads one datagram each time round the loop
            assert (await udp(server, query("host.example.test"))).answer
            assert (await tcp(server, query("host.example.test"))).answer

    run(scenario())


def test_tcp_answers_pipelined_queries_in_order(run) -> None:
    async def scenario() -> None:
        async with running() as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            names = ["host.example.test", "many.example.test", "host.test", "nothing.test"] * 10
            for number, name in enumerate(names):
                packet = query(name, id=number).to_wire()
                writer.write(struct.pack("!H", len(packet)) + packet)
            for number in range(len(names)):
                length = struct.unpack("!H", await reader.readexactly(2))[0]
                assert dns.message.from_wire(await reader.readexactly(length)).id == number
            writer.close()

    run(scenario())


@pytest.mark.parametrize("sent", [b"", b"\0", b"\0\x20half of it"])
def test_an_idle_connection_is_closed(run, sent: bytes) -> None:
    async def scenario() -> None:
        async with running(ServerLimits(tcp_idle_seconds=0.1)) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(sent)
            assert await reader.read() == b""
            writer.close()

    run(scenario())


def test_connections_are_limited_per_host(run) -> None:
    async def scenario() -> None:
        async with running(ServerLimits(tcp_connections_per_host=2)) as server:
            first = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(2)]
            packet = query("host.example.test").to_wire()
            for reader, writer in first:
                writer.write(struct.pack("!H", len(packet)) + packet)
                assert await reader.readexactly(2)
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            assert await reader.read() == b""
            for _, each in (*first, (reader, writer)):
                each.close()
            while server.connections:
                await asyncio.sleep(0.01)
            assert (await tcp(server, query("host.example.test"))).answer

    run(scenario())


def test_content_may_change_while_it_runs(run) -> None:
    async def scenario() -> None:
        current = zone("moving.test", Record(name="a.moving.test", rdtype="A", value="192.0.2.1"))
        server = AuthoritativeServer([LiveZone(lambda: current)])
        await server.start("127.0.0.1", 0)
        assert (await udp(server, query("a.moving.test"))).answer[0][0].address == "192.0.2.1"
        current = zone("moving.test", Record(name="a.moving.test", rdtype="A", value="192.0.2.7"))
        assert (await udp(server, query("a.moving.test"))).answer[0][0].address == "192.0.2.7"
        await server.stop()

    run(scenario())


def test_stopping_ends_open_connections_and_frees_the_port(run) -> None:
    async def scenario() -> None:
        async with running() as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            packet = query("host.example.test").to_wire()
            writer.write(struct.pack("!H", len(packet)) + packet)
            await reader.readexactly(2)
            port = server.port
            await server.stop()
            await reader.read()
            writer.close()
            again = AuthoritativeServer(SOURCES)
            await again.start("127.0.0.1", port)
            assert again.port == port
            await again.stop()

    run(scenario())


def test_a_taken_port_is_an_error(run) -> None:
    async def scenario() -> None:
        async with running() as server:
            with pytest.raises(OSError):
                await AuthoritativeServer(SOURCES).start("127.0.0.1", server.port)

    run(scenario())


class TestResponseRate:
    def test_beyond_the_burst_every_second_query_gets_a_truncated_answer(self) -> None:
        rate = ResponseRate(2, burst_seconds=1)
        verdicts = [rate.judge(f"192.0.2.{n}", 0.0) for n in range(6)]
        expected = [Verdict.ANSWER] * 2 + [Verdict.DROP, Verdict.TRUNCATE] * 2
        assert verdicts == expected
        assert rate.judge("192.0.3.1", 0.0) is Verdict.ANSWER
        assert rate.judge("192.0.2.1", 1.0) is Verdict.ANSWER

    def test_ipv6_networks_are_counted_by_their_first_56_bits(self) -> None:
        rate = ResponseRate(1, burst_seconds=1)
        assert rate.judge("2001:db8:0:1::1", 0.0) is Verdict.ANSWER
        assert rate.judge("2001:db8:0:2::2", 0.0) is Verdict.DROP
        assert rate.judge("2001:db8:1::1", 0.0) is Verdict.ANSWER
        assert rate.judge("::ffff:192.0.2.1", 0.0) is Verdict.ANSWER
        assert rate.judge("192.0.2.200", 0.0) is Verdict.DROP

    def test_loopback_is_never_limited(self) -> None:
        rate = ResponseRate(1, burst_seconds=1)
        assert {rate.judge("127.77.0.1", 0.0) for _ in range(100)} == {Verdict.ANSWER}

    def test_memory_is_bounded(self) -> None:
        rate = ResponseRate(1, burst_seconds=1)
        for number in range(21_000):
            rate.judge(f"10.{number >> 8}.{number & 255}.1", 0.0)
        assert rate.judge("10.0.0.1", 0.0) is Verdict.ANSWER  # forgotten, so it starts anew
        assert rate.judge("10.82.7.1", 0.0) is Verdict.DROP


def test_a_network_that_asks_too_much_over_udp_is_sent_to_tcp_or_nowhere(run) -> None:
    class Recording(AuthoritativeServer):
        """Keeps what it would send: nothing may leave for the network that the test pretends to be."""

        def _send(self, packet: bytes | None, address: tuple[str, int]) -> None:
            if packet is not None:
                sent.append(packet)

    sent: list[bytes] = []

    async def scenario() -> None:
        server = Recording(SOURCES, ServerLimits(responses_per_second=1))
        packet = query("many.example.test", "TXT").to_wire()
        await server.answer(packet)
        for _ in range(25):
            server.datagram(packet, ("192.0.2.1", 53))
        answers = [dns.message.from_wire(each) for each in sent]
        assert len(answers) == 5 + 10  # the burst, and every second one after it
        assert all(answer.flags & dns.flags.TC and not answer.answer for answer in answers)
        server.datagram(packet, ("198.51.100.1", 53))
        assert len(sent) == 16

    run(scenario())


class TestOtherPeoplesClients:
    """The same server, asked by BIND's dig and Knot's kdig."""

    @pytest.mark.parametrize("program", ["dig", "kdig"])
    @pytest.mark.parametrize(
        ("arguments", "expected"),
        [
            (["host.example.test", "A", "+noedns"], ["status: NOERROR", "192.0.2.1"]),
            (["host.example.test", "A", "+tcp"], ["status: NOERROR", "192.0.2.1"]),
            (["nothing.example.test", "A"], ["status: NXDOMAIN", "hostmaster.example.test."]),
            (["host.example.test", "MX"], ["status: NOERROR", "hostmaster.example.test."]),
            (["many.example.test", "TXT", "+ignore"], [" tc"]),
            (["many.example.test", "TXT"], ["status: NOERROR", "039yyy"]),
            (["example.org", "A"], ["status: REFUSED"]),
        ],
        ids=["udp", "tcp", "nxdomain", "nodata", "truncated", "falls-back-to-tcp", "refused"],
    )
    def test_reads_our_answers(self, run, program: str, arguments: list[str], expected: list[str]) -> None:
        path = require(program, {"dig": "bind9-dnsutils", "kdig": "knot-dnsutils"}[program])

        async def scenario() -> str:
            async with running() as server:
                command = [path, "@127.0.0.1", "-p", str(server.port), *arguments]
                done = await asyncio.to_thread(
                    subprocess.run, command, capture_output=True, text=True, timeout=20, check=True
                )
                return done.stdout

        output = run(scenario())
        for text in expected:
            assert text in output
        assert "malformed" not in output.lower() and "WARNING: extra" not in output
