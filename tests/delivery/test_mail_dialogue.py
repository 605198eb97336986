"""The client's side of SMTP against one host: what it sends, and what it makes of every kind of misbehaviour."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hosts import CLOSE, CONTENT, HANG, Host, World

from tayori.clock import Clock
from tayori.mail.envelope import BodyType, ReversePath
from tayori.model.message import DeliveryState, FailureScope, OutcomeKind, Reason

Run = Callable[[Any], Any]


def test_delivers_a_message_byte_for_byte(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain()
            (result,) = await world.send()
            received = host.received[0]
            assert received.content == b"X-SES-Outgoing: " + _date(clock) + b"-192.0.2.25\r\n" + CONTENT
            assert received.mail == f"MAIL FROM:<1@bounce.sender.test> SIZE={len(received.content)}"
            assert received.recipients == ["RCPT TO:<b@dest.test>"]
            assert host.commands[0] == "EHLO a1.smtp-out.tayori.test"
            assert result.outcome.kind is OutcomeKind.DELIVERED
            assert str(result.outcome.reply) == "250 2.0.0 Ok: queued"
            assert result.outcome.remote_mta == "mx1.dest.test"
            facts = world.queue.reports[0].facts
            assert (facts.host, facts.address, facts.source_address) == ("mx1.dest.test", host.address, "192.0.2.25")
            assert (facts.tls, facts.signatures, facts.transcript) == (None, (), "")
            assert world.queue.states() == [DeliveryState.DELIVERED]

    run(scenario())


def _date(clock: Clock) -> bytes:
    return f"{clock.now():%Y.%m.%d}".encode()


def test_the_null_reverse_path_is_sent_as_empty_brackets(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain()
            await world.send(world.message(reverse_path=ReversePath.NULL))
            assert host.received[0].mail.startswith("MAIL FROM:<> SIZE=")

    run(scenario())


@pytest.mark.parametrize("keywords", [("PIPELINING",), ()], ids=["pipelined", "step by step"])
def test_every_reply_is_paired_with_its_own_recipient(run: Run, clock: Clock, keywords: tuple[str, ...]) -> None:
    """A hundred messages through one connection; the host answers each recipient by what its name asks for."""

    async def by_name(host: Host, reader: Any, writer: Any) -> bytes:
        name = host.commands[-1].removeprefix("RCPT TO:<").partition("@")[0]
        code = {"n": b"550 5.1.1 no ", "t": b"450 4.2.1 later ", "y": b"250 2.1.5 yes "}[name[0]]
        return code + name.encode() + b"\r\n"

    async def scenario() -> None:
        async with World(clock, max_connections_per_destination=1, first_connections=1) as world:
            host = await world.domain(keywords=keywords)
            host.always("RCPT", by_name)
            names = [f"{'nyty'[i % 4]}{i}" for i in range(100)]
            results = await world.send(*(world.message(f"{name}@dest.test") for name in names))
            kinds = {"n": OutcomeKind.FAILED, "t": OutcomeKind.DEFERRED, "y": OutcomeKind.DELIVERED}
            assert len(results) == 100
            for result in results:
                local = result.address.local
                assert result.outcome.kind is kinds[local[0]], local
                if local[0] != "y":
                    assert result.outcome.diagnostic.endswith(local)
            assert host.connections == 1

    run(scenario())


def test_accepted_messages_reach_the_host_whole_and_once_when_pipelined(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock, max_connections_per_destination=1, first_connections=1) as world:
            host = await world.domain()
            messages = [world.message(f"r{i}@dest.test", content=CONTENT + b"%d\r\n" % i * (i + 1)) for i in range(60)]
            await world.send(*messages)
            seen = {m.recipients[0]: m.content.partition(b"\r\n")[2] for m in host.received}
            assert seen == {f"RCPT TO:<r{i}@dest.test>": m.content for i, m in enumerate(messages)}
            assert len(host.received) == 60

    run(scenario())


def test_a_host_that_refuses_one_message_still_gets_the_next_one_right(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock, max_connections_per_destination=1, first_connections=1) as world:
            host = await world.domain()
            host.on("DOT", b"554 5.7.1 spam\r\n", b"250 2.0.0 Ok one\r\n", b"451 4.3.0 later\r\n", b"250 2.0.0 two\r\n")
            results = await world.send(*(world.message(f"r{i}@dest.test") for i in range(4)))
            assert [r.outcome.diagnostic for r in results] == [
                "smtp; 554 5.7.1 spam",
                "smtp; 250 2.0.0 Ok one",
                "smtp; 451 4.3.0 later",
                "smtp; 250 2.0.0 two",
            ]
            assert {r.outcome.scope for r in results if r.outcome.kind is not OutcomeKind.DELIVERED} == {
                FailureScope.MESSAGE
            }

    run(scenario())


STAGES = ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "DOT"]


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("keywords", [("PIPELINING",), ()], ids=["pipelined", "step by step"])
def test_a_host_that_hangs_at_any_step_is_given_up(
    run: Run, clock: Clock, stage: str, keywords: tuple[str, ...]
) -> None:
    async def scenario() -> None:
        async with World(clock, timeouts=_timeouts(0.15)) as world:
            host = await world.domain(keywords=keywords)
            host.always(stage, HANG)
            (result,) = await world.send()
            assert result.outcome.reason is Reason.CONNECTION_TIMEOUT
            assert result.decision.state is DeliveryState.DEFERRED
            assert result.decision.counts
            assert host.received == []

    run(scenario())


@pytest.mark.parametrize("stage", STAGES)
def test_a_connection_lost_at_any_step_defers(run: Run, clock: Clock, stage: str) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain()
            host.always(stage, CLOSE)
            (result,) = await world.send()
            assert result.outcome.reason is Reason.CONNECTION_LOST
            assert result.outcome.status is not None and str(result.outcome.status) == "4.4.2"
            assert result.decision.state is DeliveryState.DEFERRED

    run(scenario())


@pytest.mark.parametrize("stage", STAGES)
def test_421_at_any_step_means_the_host_and_not_the_message(run: Run, clock: Clock, stage: str) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain()
            host.always(stage, b"421 4.3.2 shutting down\r\n" + CLOSE)
            (result,) = await world.send()
            assert result.outcome.kind is OutcomeKind.DEFERRED
            assert result.outcome.diagnostic == "smtp; 421 4.3.2 shutting down"
            assert result.outcome.scope is FailureScope.DESTINATION  # the only host, so the destination

    run(scenario())


MALFORMED = {
    "not a reply": b"hello there\r\n",
    "no code": b"25 ok\r\n",
    "code out of range": b"999 ok\r\n",
    "code changes midway": b"250-one\r\n550 two\r\n",
    "endless line": b"220 " + b"x" * 100_000,
    "megabyte of lines": b"220-all work and no play\r\n" * 40_000,
    "NUL octets": b"\0\0\0\0\r\n",
    "HTTP": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "TLS alert": b"\x15\x03\x01\x00\x02\x02\x0a\r\n",
}


@pytest.mark.parametrize("stage", ["CONNECT", "EHLO", "RCPT", "DOT"])
@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_replies_end_the_connection_and_bounce_nothing(run: Run, clock: Clock, stage: str, name: str) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain()
            host.always(stage, MALFORMED[name])
            (result,) = await world.send()
            assert result.outcome.reason is Reason.PROTOCOL_ERROR
            assert result.decision.state is DeliveryState.DEFERRED

    run(scenario())


@pytest.mark.parametrize(
    ("stage", "early"),
    [
        ("CONNECT", b"220 mx.test\r\n250 mx.test\r\n"),
        ("EHLO", b"250 mx.test\r\n250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n354 go\r\n250 2.0.0 Ok\r\n"),
        ("DATA", b"354 go ahead\r\n250 2.0.0 Ok: queued\r\n"),
        ("DATA", b"250 2.0.0 Ok: queued\r\n"),
        ("RCPT", b"354 go ahead\r\n"),
        ("DOT", b"354 once more\r\n"),
    ],
)
def test_an_answer_before_its_question_delivers_nothing(run: Run, clock: Clock, stage: str, early: bytes) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain(keywords=())
            host.always(stage, early)
            (result,) = await world.send()
            assert result.outcome.kind is OutcomeKind.DEFERRED
            assert result.outcome.reason is Reason.PROTOCOL_ERROR

    run(scenario())


def test_a_host_that_accepts_in_the_middle_of_large_data_has_not_accepted(run: Run, clock: Clock) -> None:
    async def accept_early(host: Host, reader: Any, writer: Any) -> None:
        writer.write(b"354 go\r\n")
        await reader.readexactly(200_000)
        writer.write(b"250 2.0.0 that will do\r\n")
        await asyncio.Event().wait()

    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain()
            host.always("DATA", accept_early)
            (result,) = await world.send(world.message(content=CONTENT + b"\r\n" * 4_900_000))
            assert result.outcome.reason is Reason.PROTOCOL_ERROR

    run(scenario())


def test_a_refusal_in_the_middle_of_large_data_is_heard(run: Run, clock: Clock) -> None:
    async def refuse_early(host: Host, reader: Any, writer: Any) -> None:
        writer.write(b"354 go\r\n")
        await reader.readexactly(200_000)
        writer.write(b"552 5.3.4 too much\r\n")
        await writer.drain()
        while await reader.read(65536):
            pass

    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain(keywords=("PIPELINING",))
            host.always("DATA", refuse_early)
            (result,) = await world.send(world.message(content=CONTENT + b"\r\n" * 8_000_000))
            assert result.decision.state is DeliveryState.BOUNCED
            assert result.outcome.diagnostic == "smtp; 552 5.3.4 too much"

    run(scenario())


def test_large_content_arrives_whole(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain()
            content = CONTENT + b".%d dots and lines\r\n" % 7 * 150_000
            await world.send(world.message(content=content), world.message("c@dest.test"))
            assert sorted(len(m.content) for m in host.received)[1] > 2_500_000
            assert content in [m.content.partition(b"\r\n")[2] for m in host.received]

    run(scenario())


def test_a_host_that_stops_reading_is_given_up(run: Run, clock: Clock) -> None:
    async def stop_reading(host: Host, reader: Any, writer: Any) -> None:
        writer.write(b"354 go\r\n")
        writer.transport.pause_reading()
        await asyncio.Event().wait()

    async def scenario() -> None:
        async with World(clock, timeouts=_timeouts(0.2)) as world:
            host = await world.domain(keywords=())
            host.always("DATA", stop_reading)
            (result,) = await world.send(world.message(content=CONTENT + b"\r\n" * 16_000_000))
            assert result.outcome.reason is Reason.CONNECTION_TIMEOUT

    run(scenario())


@pytest.mark.parametrize("keywords", [("PIPELINING",), ()], ids=["pipelined", "step by step"])
def test_each_recipient_has_its_own_outcome(run: Run, clock: Clock, keywords: tuple[str, ...]) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain(keywords=keywords)
            host.on("RCPT", b"250 ok\r\n", b"550-5.1.1 user\r\n550 5.1.1 unknown\r\n", b"450 4.2.1 greylisted\r\n")
            results = await world.send(world.message("a@dest.test", "b@dest.test", "c@dest.test", "d@dest.test"))
            assert [r.outcome.kind for r in results] == [
                OutcomeKind.DELIVERED,
                OutcomeKind.FAILED,
                OutcomeKind.DEFERRED,
                OutcomeKind.DELIVERED,
            ]
            assert results[1].outcome.diagnostic == "smtp; 550 5.1.1 user unknown"
            assert results[1].outcome.scope is FailureScope.RECIPIENT
            assert host.received[0].recipients == ["RCPT TO:<a@dest.test>", "RCPT TO:<d@dest.test>"]
            assert len(host.received) == 1

    run(scenario())


def test_when_nobody_is_accepted_but_data_is_a_lone_dot_is_sent(run: Run, clock: Clock) -> None:
    """RFC 2920 3.1; and the connection goes on with the next message."""

    async def scenario() -> None:
        async with World(clock, max_connections_per_destination=1, first_connections=1) as world:
            host = await world.domain()
            host.on("RCPT", b"550 5.1.1 no\r\n")
            results = await world.send(world.message("gone@dest.test"), world.message("b@dest.test"))
            assert [r.outcome.kind for r in results] == [OutcomeKind.FAILED, OutcomeKind.DELIVERED]
            assert len(host.received) == 1
            assert "RSET" not in host.verbs()

    run(scenario())


@pytest.mark.parametrize("keywords", [("PIPELINING",), ()], ids=["pipelined", "step by step"])
def test_after_refused_data_the_transaction_is_reset(run: Run, clock: Clock, keywords: tuple[str, ...]) -> None:
    async def scenario() -> None:
        async with World(clock, max_connections_per_destination=1, first_connections=1) as world:
            host = await world.domain(keywords=keywords)
            host.on("RCPT", b"550 5.1.1 no\r\n")
            host.on("DATA", b"503 5.5.1 no valid recipients\r\n" if keywords else b"451 4.3.0 no\r\n")
            results = await world.send(world.message("gone@dest.test"), world.message("b@dest.test"))
            assert results[0].outcome.diagnostic == "smtp; 550 5.1.1 no"
            assert "RSET" in host.verbs()
            assert host.connections == 1

    run(scenario())


@pytest.mark.parametrize("keywords", [("PIPELINING",), ()], ids=["pipelined", "step by step"])
def test_a_refused_sender_is_the_message_s_failure(run: Run, clock: Clock, keywords: tuple[str, ...]) -> None:
    async def scenario() -> None:
        async with World(clock, max_connections_per_destination=1, first_connections=1) as world:
            host = await world.domain(keywords=keywords)
            host.on("MAIL", b"553 5.1.8 sender domain unknown\r\n")
            host.on("RCPT", b"503 5.5.1 MAIL first\r\n" if keywords else b"250 ok\r\n")
            host.on("DATA", b"503 5.5.1 MAIL first\r\n" if keywords else b"354 go\r\n")
            results = await world.send(world.message("a@dest.test"), world.message("b@dest.test"))
            assert [r.outcome.kind for r in results] == [OutcomeKind.FAILED, OutcomeKind.DELIVERED]
            assert results[0].outcome.diagnostic == "smtp; 553 5.1.8 sender domain unknown"
            assert results[0].outcome.scope is FailureScope.MESSAGE

    run(scenario())


def test_recipients_beyond_the_host_s_limit_get_a_transaction_of_their_own(run: Run, clock: Clock) -> None:
    async def at_most_three(host: Host, reader: Any, writer: Any) -> bytes:
        since = host.verbs()[::-1].index("MAIL")
        return b"250 ok\r\n" if since <= 3 else b"452 4.5.3 too many recipients\r\n"

    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain()
            host.always("RCPT", at_most_three)
            results = await world.send(world.message(*(f"r{i}@dest.test" for i in range(8))))
            assert {r.outcome.kind for r in results} == {OutcomeKind.DELIVERED}
            assert sorted(r.ordinal for r in results) == list(range(8))
            assert sum(v == "MAIL" for v in host.verbs()) == 3

    run(scenario())


def test_a_full_mailbox_is_not_taken_for_too_many_recipients(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain()
            host.on("RCPT", b"250 ok\r\n", b"452 4.2.2 mailbox full\r\n")
            results = await world.send(world.message("a@dest.test", "full@dest.test"))
            assert [r.outcome.kind for r in results] == [OutcomeKind.DELIVERED, OutcomeKind.DEFERRED]
            assert host.verbs().count("MAIL") == 1

    run(scenario())


def test_eight_bit_content_is_announced_or_not_sent_at_all(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            able = await world.domain("able.test")
            unable = await world.domain("unable.test", keywords=("PIPELINING",))
            content = CONTENT + "日本\r\n".encode()
            first, second = await world.send(
                world.message("a@able.test", content=content, body=BodyType.EIGHT_BIT_MIME),
                world.message("a@unable.test", content=content, body=BodyType.EIGHT_BIT_MIME),
            )
            if first.address.domain != "able.test":
                first, second = second, first
            assert " BODY=8BITMIME" in able.received[0].mail
            assert second.decision.state is DeliveryState.BOUNCED
            assert str(second.outcome.status) == "5.6.3"
            assert "MAIL" not in unable.verbs()

    run(scenario())


def test_a_message_above_the_announced_size_is_not_sent(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain(keywords=("PIPELINING", "SIZE 1000"))
            results = await world.send(world.message(content=CONTENT * 9), world.message("b@dest.test"))
            by_kind = {r.outcome.kind: r.outcome for r in results}
            assert str(by_kind[OutcomeKind.FAILED].status) == "5.3.4"
            assert by_kind[OutcomeKind.FAILED].reason is Reason.MESSAGE_TOO_LARGE
            assert len(host.received) == 1

    run(scenario())


def test_a_host_without_ehlo_is_greeted_with_helo(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain()
            host.always("EHLO", b"502 5.5.1 not here\r\n")
            (result,) = await world.send()
            assert result.outcome.kind is OutcomeKind.DELIVERED
            assert host.verbs()[:2] == ["EHLO", "HELO"]
            assert host.received[0].mail == "MAIL FROM:<1@bounce.sender.test>"

    run(scenario())


def test_replies_in_small_pieces_and_with_bare_line_feeds_are_understood(run: Run, clock: Clock) -> None:
    async def dribble(host: Host, reader: Any, writer: Any) -> None:
        for octet in b"250-mx.test\n250-PIPELINING\n250 SIZE\n":
            writer.write(bytes([octet]))
            await writer.drain()
            await asyncio.sleep(0)

    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain()
            host.on("EHLO", dribble)
            (result,) = await world.send()
            assert result.outcome.kind is OutcomeKind.DELIVERED
            assert "SIZE=" in host.received[0].mail

    run(scenario())


def test_a_host_that_trickles_does_not_get_more_time_for_it(run: Run, clock: Clock) -> None:
    async def trickle(host: Host, reader: Any, writer: Any) -> None:
        while True:
            writer.write(b"250-x\r\n")
            await writer.drain()
            await asyncio.sleep(0.03)

    async def scenario() -> None:
        async with World(clock, timeouts=_timeouts(0.3)) as world:
            host = await world.domain()
            host.always("MAIL", trickle)
            (result,) = await world.send()
            assert result.outcome.reason is Reason.CONNECTION_TIMEOUT

    run(scenario())


def test_control_characters_of_a_host_do_not_reach_our_records(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain()
            host.on("RCPT", b"550 5.1.1 \x1b[31mred\x00 \xff\x7f\r\n")
            (result,) = await world.send()
            assert result.outcome.diagnostic == "smtp; 550 5.1.1 ?[31mred? \ufffd?"

    run(scenario())


def _timeouts(seconds: float) -> Any:
    from tayori.delivery.settings import Timeouts

    names = Timeouts.__dataclass_fields__
    return Timeouts(**dict.fromkeys(names, seconds))
