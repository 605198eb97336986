"""Which host is called, in which order, and what becomes of a message when some or all of them fail."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hosts import CLOSE, HANG, Host, World

from tayori.clock import AdjustableClock, Clock
from tayori.mail.answer import AnswerStatus
from tayori.model.message import DeliveryState, FailureScope, OutcomeKind, Reason

Run = Callable[[Any], Any]

NOBODY = "127.88.99.99"  # nothing listens there


@pytest.mark.parametrize(
    "first",
    [
        {"CONNECT": b"554 5.7.1 go away\r\n" + CLOSE},
        {"CONNECT": b"421 4.3.2 busy\r\n" + CLOSE},
        {"CONNECT": CLOSE},
        {"CONNECT": b"* OK IMAP4rev1\r\n"},
        {"EHLO": b"550 5.7.1 not you\r\n", "HELO": b"550 5.7.1 not you\r\n"},
        {"EHLO": CLOSE},
        {"MAIL": b"421 4.3.2 busy\r\n" + CLOSE},
        {"RCPT": CLOSE},
        {"DATA": b"421 4.3.2 busy\r\n" + CLOSE},
        {"DOT": b"421 4.3.2 disk full\r\n" + CLOSE},
    ],
    ids=lambda first: " ".join(f"{k} {v[:3].decode('latin-1')}" for k, v in first.items()),
)
def test_the_next_host_is_tried_after_a_failure_of_the_first(run: Run, clock: Clock, first: dict[str, bytes]) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            bad, good = await world.host(), await world.host()
            world.mx("dest.test", bad, good)
            for verb, action in first.items():
                bad.always(verb, action)
            (result,) = await world.send()
            assert result.outcome.kind is OutcomeKind.DELIVERED
            assert result.outcome.remote_mta == "mx2.dest.test"
            assert bad.connections == 1
            assert len(good.received) == 1
            assert f"mx1.dest.test [{bad.address}]" in world.queue.reports[0].facts.transcript

    run(scenario())


def test_a_host_where_nobody_listens_is_passed_over_and_then_shunned(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock, max_messages_per_connection=1) as world:
            good = await world.host()
            world.mx("dest.test", NOBODY, good)
            (first,) = await world.send()
            (second,) = await world.send()
            assert first.outcome.kind is second.outcome.kind is OutcomeKind.DELIVERED
            transcripts = [report.facts.transcript for report in world.queue.reports]
            assert "cannot connect" in transcripts[0]
            assert transcripts[1] == ""

    run(scenario())


def test_a_connection_lost_after_the_dot_is_not_taken_to_another_host_at_once(run: Run, clock: Clock) -> None:
    """The first host may have the message; a second copy right away would be sure to be one too many."""

    async def scenario() -> None:
        async with World(clock) as world:
            bad, good = await world.host(), await world.host()
            world.mx("dest.test", bad, good)
            bad.always("DOT", CLOSE)
            (result,) = await world.send()
            assert result.outcome.scope is FailureScope.MESSAGE
            assert result.decision.state is DeliveryState.DEFERRED
            assert good.connections == 0

    run(scenario())


def test_what_the_first_host_said_of_single_recipients_stands_when_it_then_closes(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            bad, good = await world.host(), await world.host()
            world.mx("dest.test", bad, good)
            bad.on("RCPT", b"250 ok\r\n", b"550 5.1.1 unknown\r\n", b"421 4.3.2 busy\r\n" + CLOSE)
            results = await world.send(world.message("a@dest.test", "b@dest.test", "c@dest.test"))
            kinds = {r.address.local: r.outcome.kind for r in results}
            assert kinds == {"a": OutcomeKind.DELIVERED, "b": OutcomeKind.FAILED, "c": OutcomeKind.DELIVERED}
            assert good.received[0].recipients == ["RCPT TO:<a@dest.test>", "RCPT TO:<c@dest.test>"]

    run(scenario())


def test_when_all_hosts_fail_what_waits_is_deferred_and_the_destination_rests(run: Run, clock: AdjustableClock) -> None:
    async def scenario() -> None:
        async with World(clock, first_pause=120.0, first_connections=1) as world:
            host = await world.host()
            world.mx("dest.test", NOBODY, host)
            host.always("CONNECT", b"421 busy\r\n" + CLOSE)
            results = await world.send(*(world.message(f"r{i}@dest.test") for i in range(30)))
            assert {r.decision.state for r in results} == {DeliveryState.DEFERRED}
            assert {r.outcome.scope for r in results} == {FailureScope.DESTINATION}
            # Their own schedule says one minute, the destination's rest two.
            assert all((r.decision.due_at - clock.now()).total_seconds() > 110 for r in results if r.decision.due_at)
            before = host.connections
            (late,) = await world.send()
            assert host.connections == before
            assert "rests" in world.queue.reports[-1].facts.transcript
            assert late.outcome.reason is Reason.REPLY
            host.always("CONNECT", b"220 mx.test again\r\n")
            clock.advance(200)
            world.queue.wake.set()
            await world.queue.until(lambda: set(world.queue.states()) == {DeliveryState.DELIVERED})
            assert len(host.received) == 31

    run(scenario())


def test_a_host_that_drops_every_transaction_ends_in_deferral_not_in_a_loop(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain()
            host.always("MAIL", CLOSE)
            results = await world.send(*(world.message(f"r{i}@dest.test") for i in range(20)))
            assert {r.decision.state for r in results} == {DeliveryState.DEFERRED}
            assert host.connections <= 20

    run(scenario())


def test_connections_are_reused(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain()
            for _ in range(5):
                await world.send()
            assert host.connections == 1
            assert len(host.received) == 5

    run(scenario())


def test_an_idle_connection_is_closed_politely(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock, idle_seconds=0.1) as world:
            host = await world.domain()
            await world.send()
            while host.open_connections:
                await asyncio.sleep(0.01)
            assert host.commands[-1] == "QUIT"
            await world.send()
            assert host.connections == 2

    run(scenario())


def test_a_connection_carries_only_so_many_messages(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        options = {"max_messages_per_connection": 4, "max_connections_per_destination": 1, "first_connections": 1}
        async with World(clock, **options) as world:
            host = await world.domain()
            await world.send(*(world.message(f"r{i}@dest.test") for i in range(12)))
            assert host.connections == 3
            assert host.most_open == 1

    run(scenario())


@pytest.mark.parametrize("goodbye", [b"421 4.4.2 enough\r\n" + CLOSE, CLOSE], ids=["421", "silent"])
def test_a_host_that_has_had_enough_of_a_connection_costs_no_attempt(run: Run, clock: Clock, goodbye: bytes) -> None:
    async def scenario() -> None:
        async with World(clock, max_connections_per_destination=1, first_connections=1) as world:
            host = await world.domain()
            ok = b"250 2.1.0 Ok\r\n"
            host.on("MAIL", ok, ok, goodbye, ok, ok, goodbye, ok)
            results = await world.send(*(world.message(f"r{i}@dest.test") for i in range(5)))
            assert {r.outcome.kind for r in results} == {OutcomeKind.DELIVERED}
            assert host.connections == 3
            assert len(host.received) == 5

    run(scenario())


def test_a_host_that_closes_an_idle_connection_is_called_again(run: Run, clock: Clock) -> None:
    async def drop(host: Host, reader: Any, writer: Any) -> bytes:
        asyncio.get_running_loop().call_later(0.05, writer.transport.abort)
        return b"250 2.0.0 Ok\r\n"

    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain()
            host.on("DOT", drop)
            await world.send()
            while host.open_connections:
                await asyncio.sleep(0.01)
            (result,) = await world.send()
            assert result.outcome.kind is OutcomeKind.DELIVERED

    run(scenario())


def test_connections_to_one_destination_are_bounded(run: Run, clock: Clock) -> None:
    async def slow(host: Host, reader: Any, writer: Any) -> bytes:
        await asyncio.sleep(0.02)
        return b"250 2.0.0 Ok\r\n"

    async def scenario() -> None:
        async with World(clock, max_connections_per_destination=4, first_connections=2) as world:
            host = await world.domain()
            host.always("DOT", slow)
            await world.send(*(world.message(f"r{i}@dest.test") for i in range(40)))
            assert host.most_open == 4

    run(scenario())


def test_a_host_that_takes_few_connections_is_used_with_those(run: Run, clock: Clock) -> None:
    async def only_two(host: Host, reader: Any, writer: Any) -> bytes:
        return b"220 mx.test\r\n" if host.open_connections <= 2 else b"421 4.7.0 too many connections\r\n" + CLOSE

    async def slow(host: Host, reader: Any, writer: Any) -> bytes:
        await asyncio.sleep(0.01)
        return b"250 2.0.0 Ok\r\n"

    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain()
            host.always("CONNECT", only_two)
            host.always("DOT", slow)
            await world.send()
            results = await world.send(*(world.message(f"r{i}@dest.test") for i in range(30)))
            assert {r.outcome.kind for r in results} == {OutcomeKind.DELIVERED}

    run(scenario())


def test_all_connections_of_a_process_are_bounded_and_passed_on(run: Run, clock: Clock) -> None:
    """Three slots, ten destinations, long idle times: idle connections make room."""

    async def scenario() -> None:
        async with World(clock, max_connections=3, idle_seconds=60.0) as world:
            hosts = [await world.domain(f"d{i}.test") for i in range(10)]
            results = await world.send(*(world.message(f"x@d{i % 10}.test") for i in range(40)))
            assert {r.outcome.kind for r in results} == {OutcomeKind.DELIVERED}
            assert sum(len(host.received) for host in hosts) == 40

    run(scenario())


def test_one_message_to_several_domains_is_signed_once_and_sent_to_each(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            one, two = await world.domain("one.test"), await world.domain("two.test")
            results = await world.send(world.message("a@one.test", "b@two.test", "c@one.test"))
            assert {r.outcome.kind for r in results} == {OutcomeKind.DELIVERED}
            assert one.received[0].recipients == ["RCPT TO:<a@one.test>", "RCPT TO:<c@one.test>"]
            assert two.received[0].recipients == ["RCPT TO:<b@two.test>"]

    run(scenario())


def test_many_recipients_are_split_over_transactions(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock, max_recipients=10) as world:
            host = await world.domain()
            results = await world.send(world.message(*(f"r{i}@dest.test" for i in range(25))))
            assert sorted(r.ordinal for r in results) == list(range(25))
            assert sorted(len(m.recipients) for m in host.received) == [5, 10, 10]

    run(scenario())


@pytest.mark.parametrize(
    ("status", "state", "enhanced", "counts"),
    [
        (AnswerStatus.NXDOMAIN, DeliveryState.BOUNCED, "5.1.2", True),
        (AnswerStatus.SERVER_FAILURE, DeliveryState.DEFERRED, "4.4.3", True),
        (AnswerStatus.TIMEOUT, DeliveryState.DEFERRED, "4.4.3", False),
        (AnswerStatus.NODATA, DeliveryState.BOUNCED, "5.4.4", True),
    ],
)
def test_what_the_dns_says_decides(
    run: Run, clock: Clock, status: AnswerStatus, state: DeliveryState, enhanced: str, counts: bool
) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            world.zone.fail("dest.test", "MX", status)
            (result,) = await world.send()
            assert result.decision.state is state
            assert str(result.outcome.status) == enhanced
            assert result.decision.counts is counts

    run(scenario())


def test_a_slow_host_of_one_domain_does_not_hold_up_another(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            slow, quick = await world.domain("slow.test"), await world.domain("quick.test")
            slow.always("CONNECT", HANG)
            await world.start()
            for index in range(50):
                for domain in ("slow.test", "quick.test"):
                    assert world.offer(world.message(f"r{index}@{domain}"))
            await world.queue.until_reported(50)
            assert len(quick.received) == 50

    run(scenario())
