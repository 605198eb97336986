"""The caching resolver against ordinary, broken and hostile servers on loopback."""

import asyncio
import socket
import struct
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_dns import ScriptedServer, response, scripted

from tayori.clock import AdjustableClock, SystemClock
from tayori.dns.record import Record
from tayori.dns.resolver import CachingResolver, ResolverSettings, system_servers
from tayori.dns.server import AuthoritativeServer
from tayori.dns.zone import LiveZone, Zone
from tayori.mail.answer import AnswerStatus

QUICK = ResolverSettings(try_seconds=(0.15, 0.3), time_limit=2.0)
SOA = "example.test. 900 IN SOA ns1.example.test. hostmaster.example.test. 1 2 3 4 30"


def resolver(clock: AdjustableClock, *servers: ScriptedServer, settings: ResolverSettings = QUICK) -> CachingResolver:
    return CachingResolver([server.address for server in servers], clock, settings)


@pytest.mark.parametrize(
    ("rdtype", "sent", "expected"),
    [
        ("A", ["x.test. 60 IN A 192.0.2.1", "x.test. 60 IN A 192.0.2.2"], ("192.0.2.1", "192.0.2.2")),
        ("AAAA", ["x.test. 60 IN AAAA 2001:DB8::1"], ("2001:db8::1",)),
        ("MX", ["x.test. 60 IN MX 10 Mail.X.Test."], ("10 mail.x.test",)),
        ("MX", ["x.test. 60 IN MX 0 ."], ("0 .",)),
        ("TXT", ['x.test. 60 IN TXT "v=spf1 " "-all" "\\255"'], ("v=spf1 -all\xff",)),
        ("CNAME", ["x.test. 60 IN CNAME Y.Test."], ("y.test",)),
        ("NS", ["x.test. 60 IN NS ns.x.test."], ("ns.x.test",)),
        ("PTR", ["x.test. 60 IN PTR host.x.test."], ("host.x.test",)),
        ("SOA", ["x.test. 60 IN SOA ns.x.test. Admin.x.test. 1 2 3 4 5"], ("ns.x.test admin.x.test 1 2 3 4 5",)),
        ("TLSA", ["x.test. 60 IN TLSA 3 1 1 " + "AB" * 32], ("3 1 1 " + "ab" * 32,)),
        ("CAA", ['x.test. 60 IN CAA 0 issue "ca.test"'], ('0 issue "ca.test"',)),
    ],
)
def test_values(run, clock, rdtype: str, sent: list[str], expected: tuple[str, ...]) -> None:
    async def scenario() -> None:
        async with scripted(lambda packet, _: [response(packet, *sent)]) as server:
            answer = await resolver(clock, server).resolve("X.test.", rdtype.lower())
            assert answer.status is AnswerStatus.FOUND
            assert tuple(sorted(answer.values)) == expected
            assert (answer.name, answer.rdtype, answer.ttl) == ("x.test", rdtype, 60)
            assert answer.canonical_name == "x.test"
            assert not answer.authenticated

    run(scenario())


@pytest.mark.parametrize(
    ("rcode", "authority", "status", "ttl"),
    [
        (0, [SOA], AnswerStatus.NODATA, 30),
        (dns.rcode.NXDOMAIN, [SOA], AnswerStatus.NXDOMAIN, 30),
        (dns.rcode.SERVFAIL, [], AnswerStatus.SERVER_FAILURE, 0),
        (dns.rcode.REFUSED, [], AnswerStatus.SERVER_FAILURE, 0),
    ],
)
def test_negative_answers(run, clock, rcode: int, authority: list[str], status: AnswerStatus, ttl: int) -> None:
    async def scenario() -> None:
        async with scripted(lambda packet, _: [response(packet, rcode=rcode, authority=authority)]) as server:
            answer = await resolver(clock, server).resolve("x.example.test", "A")
            assert (answer.status, answer.values, answer.ttl) == (status, (), ttl)

    run(scenario())


def test_aliases_are_followed_as_the_server_gives_them(run, clock) -> None:
    async def scenario() -> None:
        chain = ["a.test. 60 IN CNAME b.test.", "b.test. 20 IN CNAME C.test.", "c.test. 90 IN A 192.0.2.1"]
        async with scripted(lambda packet, _: [response(packet, *chain)]) as server:
            answer = await resolver(clock, server).resolve("a.test", "A")
            assert (answer.values, answer.canonical_name, answer.ttl) == (("192.0.2.1",), "c.test", 20)

    run(scenario())


def test_aliases_that_the_server_leaves_open_are_asked_on(run, clock) -> None:
    zones = [
        Zone(
            origin,
            [Record(name=origin, rdtype="SOA", value=f"ns1.{origin} h.{origin} 1 2 3 4 30"), record],
        )
        for origin, record in (
            ("one.test", Record(name="a.one.test", rdtype="CNAME", value="b.two.test", ttl=50)),
            ("two.test", Record(name="b.two.test", rdtype="TXT", value="x" * 700, ttl=40)),
        )
    ]

    async def scenario() -> None:
        server = AuthoritativeServer([LiveZone(lambda zone=zone: zone) for zone in zones])
        await server.start("127.0.0.1", 0)
        asked = CachingResolver([("127.0.0.1", server.port)], clock, QUICK)
        answer = await asked.resolve("a.one.test", "TXT")
        assert (answer.values, answer.canonical_name, answer.ttl) == (("x" * 700,), "b.two.test", 40)
        assert (await asked.resolve("a.one.test", "CNAME")).values == ("b.two.test",)
        missing = await asked.resolve("a.one.test", "MX")
        assert missing.status is AnswerStatus.NODATA
        await server.stop()

    run(scenario())


def test_a_truncated_answer_is_asked_again_over_tcp(run, clock) -> None:
    def script(packet: bytes, protocol: str) -> list[bytes]:
        if protocol == "udp":
            return [response(packet, flags=dns.flags.TC)]
        return [response(packet, *(f"x.test. 60 IN A 10.0.0.{n}" for n in range(250)))]

    async def scenario() -> None:
        async with scripted(script) as server:
            answer = await resolver(clock, server).resolve("x.test", "A")
            assert len(answer.values) == 250
            assert server.asked == ["udp x.test. A", "tcp x.test. A"]

    run(scenario())


def test_a_server_from_before_edns_is_asked_without_it(run, clock) -> None:
    def script(packet: bytes, _: str) -> list[bytes]:
        if dns.message.from_wire(packet).edns >= 0:
            return [packet[:2] + struct.pack("!HHHHH", 0x8001, 0, 0, 0, 0)]
        return [response(packet, "x.test. 60 IN A 192.0.2.1")]

    async def scenario() -> None:
        async with scripted(script) as server:
            assert (await resolver(clock, server).resolve("x.test", "A")).values == ("192.0.2.1",)

    run(scenario())


class TestCache:
    def test_an_answer_is_kept_for_its_ttl_of_service_time(self, run, clock) -> None:
        async def scenario() -> None:
            async with scripted(lambda packet, _: [response(packet, "x.test. 60 IN A 192.0.2.1")]) as server:
                asked = resolver(clock, server)
                await asked.resolve("x.test", "A")
                clock.advance(40)
                again = await asked.resolve("X.TEST", "A")
                assert again.values == ("192.0.2.1",) and again.ttl <= 20
                assert len(server.asked) == 1
                clock.advance(21)
                await asked.resolve("x.test", "A")
                assert len(server.asked) == 2

        run(scenario())

    def test_an_absence_is_kept_for_the_negative_ttl(self, run, clock) -> None:
        async def scenario() -> None:
            async with scripted(lambda packet, _: [response(packet, authority=[SOA])]) as server:
                asked = resolver(clock, server)
                for seconds, expected in ((0, 1), (29, 1), (2, 2)):
                    clock.advance(seconds)
                    await asked.resolve("x.example.test", "A")
                    assert len(server.asked) == expected

        run(scenario())

    def test_no_ttl_is_longer_than_the_limit(self, run, clock) -> None:
        async def scenario() -> None:
            async with scripted(lambda packet, _: [response(packet, "x.test. 604800 IN A 192.0.2.1")]) as server:
                asked = resolver(clock, server)
                assert (await asked.resolve("x.test", "A")).ttl == 3600
                clock.advance(3601)
                await asked.resolve("x.test", "A")
                assert len(server.asked) == 2

        run(scenario())

    def test_a_failure_is_kept_for_five_seconds_at_most(self, run, clock) -> None:
        async def scenario() -> None:
            async with scripted(lambda packet, _: [response(packet, rcode=dns.rcode.SERVFAIL)]) as server:
                asked = resolver(clock, server)
                for seconds, expected in ((0, 1), (3, 1), (3, 2)):
                    clock.advance(seconds)
                    await asked.resolve("x.test", "A")
                    assert len(server.asked) == expected

        run(scenario())

    def test_forget_asks_anew_and_drops_an_answer_under_way(self, run, clock) -> None:
        counter = iter(range(10))

        async def scenario() -> None:
            async with scripted(
                lambda packet, _: [response(packet, f"x.test. 60 IN A 192.0.2.{next(counter)}")]
            ) as server:
                asked = resolver(clock, server)
                early = asyncio.create_task(asked.resolve("x.test", "A"))
                await asyncio.sleep(0)
                asked.forget("x.test.")
                late = await asked.resolve("x.test", "A")
                assert {(await early).values, late.values} == {("192.0.2.0",), ("192.0.2.1",)}
                assert (await asked.resolve("x.test", "A")).values == late.values
                asked.forget("X.test")
                assert (await asked.resolve("x.test", "A")).values == ("192.0.2.2",)

        run(scenario())

    def test_equal_questions_are_asked_once(self, run, clock) -> None:
        async def scenario() -> None:
            async with scripted(lambda packet, _: [response(packet, "x.test. 0 IN A 192.0.2.1")]) as server:
                asked = resolver(clock, server)
                answers = await asyncio.gather(*(asked.resolve("x.test", "A") for _ in range(50)))
                assert {answer.values for answer in answers} == {("192.0.2.1",)}
                assert len(server.asked) == 1

        run(scenario())

    def test_one_that_gives_up_does_not_take_the_answer_from_the_others(self, run, clock) -> None:
        async def scenario() -> None:
            async with scripted(lambda packet, _: [response(packet, "x.test. 60 IN A 192.0.2.1")]) as server:
                asked = resolver(clock, server)
                impatient = asyncio.create_task(asked.resolve("x.test", "A"))
                patient = asyncio.create_task(asked.resolve("x.test", "A"))
                await asyncio.sleep(0)
                impatient.cancel()
                assert (await patient).values == ("192.0.2.1",)
                assert impatient.cancelled()

        run(scenario())

    def test_the_longest_unused_goes_first(self, run, clock) -> None:
        async def scenario() -> None:
            def script(packet: bytes, _: str) -> list[bytes]:
                name = dns.message.from_wire(packet).question[0].name
                return [response(packet, f"{name} 60 IN A 192.0.2.1")]

            async with scripted(script) as server:
                asked = resolver(clock, server, settings=ResolverSettings(max_entries=2))
                for name in ("a.test", "b.test", "a.test", "c.test", "a.test", "b.test"):
                    await asked.resolve(name, "A")
                assert [line.split()[1] for line in server.asked] == ["a.test.", "b.test.", "c.test.", "b.test."]

        run(scenario())


class TestAuthenticated:
    @pytest.mark.parametrize(("trust", "flags", "expected"), [(True, 1, True), (True, 0, False), (False, 1, False)])
    def test_the_bit_counts_only_when_the_server_is_trusted(self, run, clock, trust, flags, expected) -> None:
        seen: list[bool] = []

        def script(packet: bytes, _: str) -> list[bytes]:
            seen.append(bool(dns.message.from_wire(packet).flags & dns.flags.AD))
            return [response(packet, "x.test. 60 IN A 192.0.2.1", flags=flags * dns.flags.AD)]

        async def scenario() -> None:
            async with scripted(script) as server:
                asked = resolver(clock, server, settings=ResolverSettings(trust_ad=trust))
                assert (await asked.resolve("x.test", "A")).authenticated is expected
                assert (await asked.resolve("x.test", "A")).authenticated is expected
                assert seen == [trust]

        run(scenario())


class TestFailingServers:
    def test_the_next_server_is_asked_and_then_preferred(self, run, clock) -> None:
        async def scenario() -> None:
            async with (
                scripted(lambda packet, _: [response(packet, rcode=dns.rcode.SERVFAIL)]) as bad,
                scripted(lambda packet, _: [response(packet, "x.test. 0 IN A 192.0.2.1")]) as good,
            ):
                asked = resolver(clock, bad, good)
                for _ in range(3):
                    assert (await asked.resolve("x.test", "A")).exists
                assert (len(bad.asked), len(good.asked)) == (1, 3)

        run(scenario())

    def test_silence_is_a_timeout_after_every_try(self, run, clock) -> None:
        async def scenario() -> None:
            async with scripted(lambda packet, _: []) as silent:
                answer = await resolver(clock, silent).resolve("x.test", "A")
                assert answer.status is AnswerStatus.TIMEOUT
                assert len(silent.asked) == 2

        run(scenario())

    def test_a_lost_datagram_is_sent_again(self, run, clock) -> None:
        lost = [True]

        def script(packet: bytes, _: str) -> list[bytes]:
            return [] if lost and lost.pop() else [response(packet, "x.test. 60 IN A 192.0.2.1")]

        async def scenario() -> None:
            async with scripted(script) as server:
                assert (await resolver(clock, server).resolve("x.test", "A")).exists

        run(scenario())

    def test_the_whole_has_a_time_limit(self, run, clock) -> None:
        async def scenario() -> None:
            async with scripted(lambda packet, _: []) as silent:
                limits = ResolverSettings(try_seconds=(20.0,), time_limit=0.1)
                answer = await resolver(clock, silent, settings=limits).resolve("x.test", "A")
                assert answer.status is AnswerStatus.TIMEOUT

        run(scenario())

    def test_nobody_listening_is_a_failure_at_once(self, run, clock) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            address = free.getsockname()

        async def scenario() -> None:
            answer = await CachingResolver([address], clock).resolve("x.test", "A")
            assert answer.status is AnswerStatus.SERVER_FAILURE

        run(scenario())

    def test_closing_ends_what_is_under_way(self, run, clock) -> None:
        async def scenario() -> None:
            async with scripted(lambda packet, _: []) as silent:
                asked = CachingResolver([silent.address], clock)
                waiting = asyncio.create_task(asked.resolve("x.test", "A"))
                await asyncio.sleep(0)
                await asked.close()
                assert (await waiting).status is AnswerStatus.SERVER_FAILURE

        run(scenario())


def many_records(packet: bytes) -> bytes:
    """An answer with as many records as fit into 65,535 octets."""
    question = packet[12 : packet.index(b"\0", 12) + 5]
    record = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4)
    records = b"".join(record + struct.pack("!I", number) for number in range(4000))
    return packet[:2] + struct.pack("!HHHHH", 0x8180, 1, 4000, 0, 0) + question + records


def chained(count: int) -> list[str]:
    return [f"{'x' if n == 0 else n}.test. 60 IN CNAME {n + 1}.test." for n in range(count)]


HOSTILE = {
    "garbage": lambda packet: response(packet, rcode=0)[: packet.index(b"\0", 12) + 5] + b"\xff" * 40,
    "cut short": lambda packet: response(packet, "x.test. 60 IN A 192.0.2.1")[:-3],
    "counts that lie": lambda packet: packet[:2] + struct.pack("!HHHHH", 0x8180, 1, 500, 0, 0) + packet[12:],
    "trailing octets": lambda packet: response(packet, "x.test. 60 IN A 192.0.2.1") + b"!!",
    "alias to itself": lambda packet: response(packet, "x.test. 60 IN CNAME x.test."),
    "two aliases in a loop": lambda packet: response(
        packet, "x.test. 60 IN CNAME y.test.", "y.test. 60 IN CNAME x.test."
    ),
    "a long chain": lambda packet: response(packet, *chained(100)),
    "a referral": lambda packet: (
        dns.message.make_response(dns.message.from_wire(packet)).to_wire()[:6]
        + struct.pack("!HHH", 0, 1, 0)
        + packet[12 : packet.index(b"\0", 12) + 5]
        + b"\xc0\x0c"
        + struct.pack("!HHIH", 2, 1, 60, 2)
        + b"\xc0\x0c"
    ),
    "data for a name that does not exist": lambda packet: response(
        packet, "x.test. 60 IN A 192.0.2.1", rcode=dns.rcode.NXDOMAIN
    ),
    "a pointer loop": lambda packet: (
        packet[:2]
        + struct.pack("!HHHHH", 0x8180, 1, 1, 0, 0)
        + packet[12 : packet.index(b"\0", 12) + 5]
        + b"\xc0\x20\xc0\x18"
        + b"\0" * 30
    ),
}


@pytest.mark.parametrize("lie", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_answer_is_a_server_failure(run, clock, lie) -> None:
    async def scenario() -> None:
        async with scripted(lambda packet, _: [lie(packet)]) as server:
            answer = await resolver(clock, server).resolve("x.test", "A")
            assert answer.status is AnswerStatus.SERVER_FAILURE

    run(scenario())


@pytest.mark.parametrize(
    "lie",
    [
        many_records,
        lambda packet: response(packet, "x.test. 60 IN TXT " + " ".join(['"' + "t" * 255 + '"'] * 250)),
        lambda packet: b"",
        lambda packet: b"\0" * 12,
        lambda packet: bytes([packet[0] ^ 1]) + response(packet, "x.test. 60 IN A 192.0.2.1")[1:],
        lambda packet: response(packet, "x.test. 60 IN A 192.0.2.1").replace(b"\1x\4test", b"\1y\4test"),
    ],
    ids=["4000 records", "a huge TXT", "nothing", "zeroes", "another id", "another question"],
)
def test_hostile_answers_over_tcp_are_server_failures(run, clock, lie) -> None:
    def script(packet: bytes, protocol: str) -> list[bytes]:
        return [response(packet, flags=dns.flags.TC)] if protocol == "udp" else [lie(packet)]

    async def scenario() -> None:
        async with scripted(script) as server:
            answer = await resolver(clock, server).resolve("x.test", "TXT")
            assert answer.status is AnswerStatus.SERVER_FAILURE

    run(scenario())


def test_an_alias_that_leads_on_for_ever_is_a_server_failure(run, clock) -> None:
    def script(packet: bytes, _: str) -> list[bytes]:
        name = dns.message.from_wire(packet).question[0].name
        return [response(packet, f"{name} 60 IN CNAME a{len(server_asked)}.test.")]

    server_asked: list[str] = []

    async def scenario() -> None:
        async with scripted(script) as server:
            nonlocal server_asked
            server_asked = server.asked
            answer = await resolver(clock, server).resolve("x.test", "A")
            assert answer.status is AnswerStatus.SERVER_FAILURE
            assert len(server.asked) == 8

    run(scenario())


@pytest.mark.parametrize(
    "forge",
    [
        lambda true: bytes([true[0] ^ 0xFF]) + true[1:],
        lambda true: true.replace(b"\1x\4test", b"\1y\4test"),
        lambda true: true[:2] + bytes([true[2] & 0x7F]) + true[3:],
        lambda true: true[:11],
        lambda true: true[:2] + b"\xff" * 40,
        lambda true: true[:4] + struct.pack("!HHHH", 0, 0, 0, 0),
    ],
    ids=["id", "question", "not an answer", "too short", "noise", "no question"],
)
def test_forged_datagrams_are_passed_over(run, clock, forge) -> None:
    def script(packet: bytes, _: str) -> list[bytes]:
        forged = forge(response(packet, "x.test. 60 IN A 203.0.113.66"))
        return [forged, forged, response(packet, "x.test. 60 IN A 192.0.2.1")]

    async def scenario() -> None:
        async with scripted(script) as server:
            assert (await resolver(clock, server).resolve("x.test", "A")).values == ("192.0.2.1",)

    run(scenario())


def test_ids_and_ports_differ_from_question_to_question(run, clock) -> None:
    ids: list[bytes] = []

    def script(packet: bytes, _: str) -> list[bytes]:
        ids.append(packet[:2])
        return [response(packet, "x.test. 0 IN A 192.0.2.1")]

    async def scenario() -> None:
        async with scripted(script) as server:
            asked = resolver(clock, server)
            for _ in range(20):
                await asked.resolve("x.test", "A")
            assert len(set(ids)) > 10

    run(scenario())


@pytest.mark.parametrize(
    "name", ["a..b", "x" * 64 + ".test", ".".join(["x" * 60] * 5), "日本.test", "..", "a b\0.test"]
)
def test_a_name_that_cannot_exist_does_not(run, clock, name: str) -> None:
    async def scenario() -> None:
        async with scripted(lambda packet, _: [response(packet, rcode=dns.rcode.NXDOMAIN, authority=[SOA])]) as server:
            assert (await resolver(clock, server).resolve(name, "A")).status is AnswerStatus.NXDOMAIN

    run(scenario())


def test_a_type_that_nobody_here_asks_for_is_a_failure(run, clock) -> None:
    async def scenario() -> None:
        asked = CachingResolver([("127.0.0.1", 9)], clock)
        assert (await asked.resolve("x.test", "NAPTR")).status is AnswerStatus.SERVER_FAILURE

    run(scenario())


@settings(max_examples=150, deadline=None)
@given(noise=st.binary(max_size=300), keep_question=st.booleans())
def test_whatever_comes_back_ends_as_an_answer(noise: bytes, keep_question: bool) -> None:
    def script(packet: bytes, _: str) -> list[bytes]:
        question = packet[4:6] + b"\0\1\0\0\0\0" + packet[12 : packet.index(b"\0", 12) + 5] if keep_question else b""
        return [packet[:2] + b"\x81\x80" + question + noise]

    async def scenario() -> None:
        async with scripted(script) as server:
            limits = ResolverSettings(try_seconds=(0.02,), time_limit=1.0)
            answer = await CachingResolver([server.address], SystemClock(), limits).resolve("x.test", "TXT")
            assert answer.status in AnswerStatus

    asyncio.run(scenario())


def test_the_machines_own_servers_are_the_default(tmp_path: Path) -> None:
    conf = tmp_path / "resolv.conf"
    conf.write_text("# comment\nsearch a.test\nnameserver 192.0.2.53\nnameserver 2001:db8::53\nnameserver\n")
    assert system_servers(conf) == [("192.0.2.53", 53), ("2001:db8::53", 53)]
    assert system_servers(tmp_path / "missing") == [("127.0.0.1", 53)]
