"""Which of SMTP's extensions is used, and what becomes of mail that needs one which a host does not offer."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from itertools import product
from typing import Any

import pytest
from hosts import CLOSE, CONTENT, Host, World

from tayori.clock import AdjustableClock, Clock
from tayori.delivery.settings import Timeouts
from tayori.mail.address import AddrSpec
from tayori.mail.envelope import BodyType, ReversePath
from tayori.mail.lines import stuff_crlf, unstuffed
from tayori.model.bounce import CONTENT_REJECTED, classify_outcome
from tayori.model.message import DeliveryState, DueRecipient, FailureScope, OutcomeKind, Outgoing, Reason

Run = Callable[[Any], Any]

COMMON = ("PIPELINING", "SIZE 100000000", "8BITMIME", "ENHANCEDSTATUSCODES")
UTF8_HEADER = CONTENT.replace(b"hello", "こんにちは".encode())
LARGE = CONTENT + b"..and a line with two dots\r\n" * 100_000  # 2.8 MB


def eight_bit(world: World, *to: str, content: bytes = UTF8_HEADER) -> Outgoing:
    return world.message(*to, content=content, body=BodyType.EIGHT_BIT_MIME)


# --- SMTPUTF8 (RFC 6531) ---------------------------------------------------------------------------------------------


def test_a_header_in_utf8_is_announced(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain(keywords=(*COMMON, "SMTPUTF8"))
            await world.send(eight_bit(world), world.message(), eight_bit(world, content=CONTENT + "本文\r\n".encode()))
            ends = sorted(mail.mail.partition(" SIZE=")[2].partition(" ")[2] for mail in host.received)
            assert ends == ["", "BODY=8BITMIME", "BODY=8BITMIME SMTPUTF8"]

    run(scenario())


def test_a_header_in_utf8_is_not_sent_to_a_host_that_cannot_take_it(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain(keywords=COMMON)
            (result,) = await world.send(eight_bit(world))
            assert result.decision.state is DeliveryState.BOUNCED
            assert result.outcome.reason is Reason.HEADER_NOT_TRANSPORTABLE
            assert str(result.outcome.status) == "5.6.9"
            assert "no SMTPUTF8" in result.outcome.diagnostic
            assert classify_outcome(result.outcome) == CONTENT_REJECTED  # the address is not at fault
            assert "MAIL" not in host.verbs()

    run(scenario())


@pytest.mark.parametrize("offered", [True, False])
def test_an_address_outside_ascii(run: Run, clock: Clock, offered: bool) -> None:
    """Acceptance takes none, as SES does not; should one be in the queue, it is not mangled."""
    to = DueRecipient(ordinal=0, address=AddrSpec("用户", "dest.test"))

    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain(keywords=(*COMMON, "SMTPUTF8", "DSN") if offered else COMMON)
            (result,) = await world.send(world.message(recipients=(to,)))
            if offered:
                assert host.received[0].mail.split(" ")[3] == "SMTPUTF8"
                (rcpt,) = host.received[0].recipients
                assert rcpt.encode("latin-1").decode() == (
                    r"RCPT TO:<用户@dest.test> ORCPT=utf-8;\x{7528}\x{6237}@dest.test"
                )
            else:
                assert str(result.outcome.status) == "5.6.7"
                assert result.outcome.reason is Reason.ADDRESS_NOT_TRANSPORTABLE
                assert classify_outcome(result.outcome) == CONTENT_REJECTED
                assert "MAIL" not in host.verbs()

    run(scenario())


# --- DSN (RFC 3461) --------------------------------------------------------------------------------------------------


def test_reports_are_asked_to_name_message_and_address(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain(keywords=(*COMMON, "DSN"))
            await world.send(world.message("a+b=c@dest.test", "d@dest.test"))
            (mail,) = host.received
            assert mail.mail.endswith(" RET=HDRS ENVID=message-1")
            assert mail.recipients == [
                "RCPT TO:<a+b=c@dest.test> ORCPT=rfc822;a+2Bb+3Dc@dest.test",
                "RCPT TO:<d@dest.test> ORCPT=rfc822;d@dest.test",
            ]

    run(scenario())


def test_of_mail_without_a_return_path_no_report_is_asked_for(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain(keywords=(*COMMON, "DSN"))
            await world.send(world.message(reverse_path=ReversePath.NULL))
            (mail,) = host.received
            assert "RET=" not in mail.mail and "ENVID=" not in mail.mail
            assert mail.recipients == ["RCPT TO:<b@dest.test>"]

    run(scenario())


# --- PIPELINING ------------------------------------------------------------------------------------------------------


def test_a_host_that_loses_what_was_pipelined_is_then_asked_step_by_step(run: Run, clock: AdjustableClock) -> None:
    async def throw_away(host: Host, reader: Any, writer: Any) -> bytes:
        """All that has come with MAIL is lost, as in some filters; without pipelining nothing has."""
        with suppress(TimeoutError):
            await asyncio.wait_for(reader.readuntil(b"DATA\r\n"), 0.05)
        return b"250 2.1.0 Ok\r\n"

    async def scenario() -> None:
        async with World(clock, timeouts=Timeouts(**dict.fromkeys(Timeouts.__dataclass_fields__, 0.5))) as world:
            host = await world.domain(keywords=COMMON)
            host.always("MAIL", throw_away)
            (first,) = await world.send()
            assert first.outcome.reason is Reason.CONNECTION_TIMEOUT
            clock.advance(600)
            world.queue.wake.set()
            await world.queue.until(lambda: world.queue.states() == [DeliveryState.DELIVERED])
            assert host.connections == 2
            assert len(host.received) == 1

    run(scenario())


# --- CHUNKING (RFC 3030) ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pipelining", [True, False])
def test_a_large_message_goes_in_chunks(run: Run, clock: Clock, pipelining: bool) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain(keywords=(*(COMMON if pipelining else COMMON[1:]), "CHUNKING"))
            results = await world.send(world.message(content=LARGE), world.message("c@dest.test"))
            assert {r.outcome.kind for r in results} == {OutcomeKind.DELIVERED}
            large = next(m for m in host.received if m.recipients == ["RCPT TO:<b@dest.test>"])
            assert large.content.partition(b"\r\n")[2] == LARGE
            assert large.content.startswith(b"X-SES-Outgoing: ")
            sizes = [command for command in host.commands if command.startswith("BDAT")]
            assert len(sizes) == 4 and sizes[1] == sizes[2] == "BDAT 1048576" and sizes[3].endswith(" LAST")
            assert f"SIZE={len(large.content)}" in large.mail
            assert host.verbs().count("DATA") == 1  # of the small one

    run(scenario())


@pytest.mark.parametrize("pipelining", [True, False])
def test_no_chunk_is_sent_when_nobody_is_accepted(run: Run, clock: Clock, pipelining: bool) -> None:
    async def scenario() -> None:
        async with World(clock, max_connections_per_destination=1, first_connections=1) as world:
            host = await world.domain(keywords=(*(COMMON if pipelining else COMMON[1:]), "CHUNKING"))
            host.on("RCPT", b"550 5.1.1 no\r\n", b"550 5.1.1 no\r\n")
            results = await world.send(world.message("a@dest.test", "b@dest.test", content=LARGE))
            results += await world.send()
            assert [r.outcome.kind for r in results] == [OutcomeKind.FAILED] * 2 + [OutcomeKind.DELIVERED]
            assert "BDAT" not in host.verbs()
            assert host.verbs().count("RSET") == 1
            assert host.connections == 1

    run(scenario())


def test_a_refused_sender_ends_a_message_in_chunks_before_any(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock, max_connections_per_destination=1, first_connections=1) as world:
            host = await world.domain(keywords=(*COMMON, "CHUNKING"))
            host.on("MAIL", b"550 5.7.1 not you\r\n")
            host.on("RCPT", b"503 5.5.1 MAIL first\r\n")
            results = await world.send(world.message(content=LARGE)) + await world.send()
            assert [r.outcome.diagnostic for r in results] == ["smtp; 550 5.7.1 not you", "smtp; 250 2.0.0 Ok: queued"]
            assert "BDAT" not in host.verbs()

    run(scenario())


def test_a_host_may_refuse_between_chunks_and_the_connection_goes_on(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock, max_connections_per_destination=1, first_connections=1) as world:
            host = await world.domain(keywords=(*COMMON, "CHUNKING"))
            host.on("BDAT", b"250 2.0.0 go on\r\n", b"552 5.3.4 too much\r\n")
            results = await world.send(world.message(content=LARGE)) + await world.send()
            assert [r.outcome.diagnostic for r in results] == ["smtp; 552 5.3.4 too much", "smtp; 250 2.0.0 Ok: queued"]
            assert host.verbs().count("BDAT") == 2
            assert host.connections == 1

    run(scenario())


@pytest.mark.parametrize(
    ("answers", "scope"),
    [((b"250 ok\r\n", CLOSE), FailureScope.DESTINATION), ((b"250 ok\r\n",) * 3 + (CLOSE,), FailureScope.MESSAGE)],
    ids=["in the middle", "after the last"],
)
def test_only_after_the_last_chunk_a_lost_connection_leaves_a_doubt(
    run: Run, clock: Clock, answers: tuple[bytes, ...], scope: FailureScope
) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain(keywords=(*COMMON, "CHUNKING"))
            host.on("BDAT", *answers)
            (result,) = await world.send(world.message(content=LARGE))
            assert result.outcome.reason is Reason.CONNECTION_LOST
            assert result.outcome.scope is scope
            assert host.connections == 1

    run(scenario())


@pytest.mark.parametrize("then", [b"", CLOSE], ids=["goes on", "closes"])
def test_a_host_that_announces_chunking_and_does_not_know_it_gets_data(run: Run, clock: Clock, then: bytes) -> None:
    async def no_bdat(host: Host, reader: Any, writer: Any) -> bytes:
        """Takes what follows for a command, as a host does that knows no BDAT."""
        await reader.readuntil(b"\r\n")
        return b"500 5.5.2 what?\r\n500 5.5.2 what?\r\n" + then

    async def scenario() -> None:
        async with World(clock, first_connections=1) as world:
            host = await world.domain(keywords=(*COMMON, "CHUNKING"))
            host.always("BDAT", no_bdat)
            (result,) = await world.send(world.message(content=LARGE))
            assert result.outcome.kind is OutcomeKind.DELIVERED
            assert host.received[0].content.partition(b"\r\n")[2] == LARGE
            assert host.verbs().count("BDAT") == 1
            assert host.connections <= 2

    run(scenario())


def test_what_was_stuffed_is_unstuffed() -> None:
    for pieces in product([b"", b".", b"..", b"\r\n", b"x", b"\r\n..\r\n"], repeat=5):
        content = b"".join(pieces)
        ended = content if not content or content.endswith(b"\r\n") else content + b"\r\n"
        assert bytes(unstuffed(stuff_crlf(content))) == ended
