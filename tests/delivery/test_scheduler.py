"""The engine as a whole: what it takes in, when it tries again, and how it stops."""

import asyncio
import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from hosts import CLOSE, CONTENT, HANG, Host, World

from programs import require
from tayori.clock import AdjustableClock, Clock
from tayori.mail.dkim import public_record
from tayori.model.message import DeliveryState, FailureScope, OutcomeKind, Reason, SigningPlan, TlsPolicy

Run = Callable[[Any], Any]

PLAN = SigningPlan(domain="sender.test", selector="sel1", key_id="key-1")
OPERATOR = SigningPlan(domain="tayori.test", selector="sel2", key_id="key-2")


@pytest.fixture(scope="module")
def rsa_key() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


# --- time -------------------------------------------------------------------------------------------------------------


def test_a_greylisted_message_is_delivered_by_the_second_try(run: Run, clock: AdjustableClock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain()
            host.on("RCPT", b"451 4.7.1 greylisted, come back in 50 seconds\r\n")
            (first,) = await world.send()
            assert first.decision.due_at is not None
            assert 50 < (first.decision.due_at - clock.now()).total_seconds() <= 60
            clock.advance(61)
            results = await world.queue.until_reported(2)
            assert results[1].outcome.kind is OutcomeKind.DELIVERED

    run(scenario())


def test_a_five_minute_message_is_tried_several_times_and_last_at_its_deadline(
    run: Run, clock: AdjustableClock
) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain()
            host.always("RCPT", b"451 4.3.0 not today\r\n")
            began = clock.now()
            (result,) = await world.send(world.message(lifetime=300))
            tries = [0.0]
            while result.decision.due_at is not None:
                due = result.decision.due_at
                tries.append((due - began).total_seconds())
                clock.advance(max(0.0, (due - clock.now()).total_seconds()))
                result = (await world.queue.until_reported(len(tries)))[-1]
            assert result.decision.state is DeliveryState.EXPIRED
            assert len(tries) == 5
            assert tries[-1] == pytest.approx(300, abs=1)
            assert len(world.queue.results()) == 5

    run(scenario())


def test_due_messages_are_claimed_without_being_offered(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain()
            world.queue.put(world.message())
            await world.start()
            await world.queue.until_reported(1)
            world.queue.put(world.message())
            await world.queue.until_reported(2)
            assert len(host.received) == 2

    run(scenario())


# --- bounds -----------------------------------------------------------------------------------------------------------


def test_memory_is_bounded_by_count_and_what_did_not_fit_is_claimed_later(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock, max_messages=10, max_connections_per_destination=2) as world:
            host = await world.domain()
            scheduler = await world.start()
            taken = 0
            for index in range(40):
                taken += world.offer(world.message(f"r{index}@dest.test"))
            assert taken == 8  # the rest is kept for other streams
            for index in range(40, 60):
                taken += world.offer(world.message(f"r{index}@dest.test", account_id=str(index), stream=f"{index} "))
            assert taken == 10
            assert scheduler.in_memory == 10
            assert not scheduler.has_room()
            await world.queue.until_reported(60)
            assert len(host.received) == 60
            assert scheduler.in_memory == 0

    run(scenario())


def test_memory_is_bounded_by_octets(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock, max_bytes=3 * len(CONTENT)) as world:
            await world.domain()
            await world.start()
            assert [world.offer(world.message()) for _ in range(5)] == [True, True, True, False, False]

    run(scenario())


def test_one_slow_destination_does_not_fill_the_memory(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock, max_waiting_per_destination=5) as world:
            slow, quick = await world.domain("slow.test"), await world.domain("quick.test")
            slow.always("CONNECT", HANG)
            await world.start()
            offered = [world.offer(world.message("x@slow.test")) for _ in range(8)]
            assert offered == [True] * 5 + [False] * 3
            assert world.offer(world.message("x@quick.test"))
            await world.queue.until_reported(1)
            world.queue.wake.set()
            while {"slow.test"} not in world.queue.avoided:
                await asyncio.sleep(0.01)
            assert len(quick.received) == 1

    run(scenario())


def test_finished_destinations_are_forgotten(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock, idle_seconds=0.05) as world:
            for index in range(20):
                await world.domain(f"d{index}.test")
            await world.send(*(world.message(f"x@d{index}.test") for index in range(20)))
            scheduler = world._scheduler
            assert scheduler is not None
            while any(host.open_connections for host in world.hosts):
                await asyncio.sleep(0.01)
            while scheduler.destinations:
                world.queue.wake.set()
                await asyncio.sleep(0.01)

    run(scenario())


# --- signing ----------------------------------------------------------------------------------------------------------


def test_signatures_are_valid_and_named_in_the_timeline(run: Run, clock: Clock, rsa_key: RSAPrivateKey) -> None:
    operator = generate_private_key(65537, 1024)
    records = {
        b"sel1._domainkey.sender.test.": public_record(rsa_key).encode(),
        b"sel2._domainkey.tayori.test.": public_record(operator).encode(),
    }

    async def scenario() -> None:
        async with World(clock, keys={"key-1": rsa_key, "key-2": operator}) as world:
            one, two = await world.domain("one.test"), await world.domain("two.test")
            await world.send(world.message("a@one.test", "b@two.test", signing=(PLAN, OPERATOR)))
            content = one.received[0].content
            assert content == two.received[0].content
            assert content.count(b"DKIM-Signature:") == 2
            assert content.partition(b"\r\n")[2].startswith(b"DKIM-Signature: v=1; a=rsa-sha256;")
            verifier = dkim.DKIM(content)
            find = {"dnsfunc": lambda name, timeout=5: records.get(name)}
            assert verifier.verify(idx=0, **find)
            assert verifier.domain == b"sender.test"
            assert verifier.verify(idx=1, **find)
            facts = world.queue.reports[0].facts
            assert facts.signatures == ("sel1._domainkey.sender.test", "sel2._domainkey.tayori.test")

    run(scenario())


def test_a_key_is_loaded_once_for_many_messages(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock, keys={"key-1": Ed25519PrivateKey.generate()}) as world:
            host = await world.domain()
            await world.send(*(world.message(signing=(PLAN,)) for _ in range(50)))
            assert world.loaded == ["key-1"]
            assert all(m.content.startswith(b"X-SES-Outgoing: ") for m in host.received)
            assert all(b"\r\nDKIM-Signature: " in m.content for m in host.received)

    run(scenario())


def test_a_key_that_cannot_be_loaded_is_our_trouble_and_costs_no_attempt(
    run: Run, clock: AdjustableClock, rsa_key: RSAPrivateKey
) -> None:
    async def scenario() -> None:
        keys: dict[str, Any] = {}
        async with World(clock, keys=keys) as world:
            host = await world.domain()
            (result,) = await world.send(world.message(signing=(PLAN,)))
            assert result.outcome.scope is FailureScope.LOCAL
            assert result.decision.state is DeliveryState.DEFERRED
            assert not result.decision.counts
            assert host.connections == 0
            keys["key-1"] = rsa_key
            clock.advance(61)
            results = await world.queue.until_reported(2)
            assert results[1].outcome.kind is OutcomeKind.DELIVERED

    run(scenario())


def test_a_key_that_was_deleted_ends_the_message(run: Run, clock: AdjustableClock) -> None:
    async def scenario() -> None:
        async with World(clock, keys={"key-1": None}) as world:
            host = await world.domain()
            (result,) = await world.send(world.message(signing=(PLAN,)))
            assert result.outcome.reason is Reason.SIGNING_KEY_GONE
            assert result.decision.state is DeliveryState.BOUNCED
            assert host.connections == 0

    run(scenario())


def test_content_that_cannot_be_signed_is_our_trouble(run: Run, clock: Clock, rsa_key: RSAPrivateKey) -> None:
    async def scenario() -> None:
        async with World(clock, keys={"key-1": rsa_key}) as world:
            await world.domain()
            (result,) = await world.send(world.message(content=b"no header at all", signing=(PLAN,)))
            assert result.outcome.reason is Reason.LOCAL_TROUBLE

    run(scenario())


@pytest.mark.parametrize("ending", [b"\n", b"\r", b"\r\r\n", b"\n.\n", b"\r.\r", b"\n.\r\n", b"\r\n.\n"])
def test_a_bare_cr_or_lf_never_reaches_a_host(run: Run, clock: Clock, ending: bytes) -> None:
    """SMTP smuggling (CVE-2023-51764 and its kin), seen from the sender's side."""

    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain()
            content = CONTENT + b"one" + ending + b"MAIL FROM:<evil@evil.test>\r\n"
            (result,) = await world.send(world.message(content=content))
            assert result.outcome.reason is Reason.CONTENT_NOT_TRANSPORTABLE
            assert host.received == []

    run(scenario())


# --- records ----------------------------------------------------------------------------------------------------------


def test_outcomes_survive_a_queue_that_fails_for_a_while(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain()
            world.queue.fail_records.extend([RuntimeError("database is down")] * 2)
            results = await world.send()
            assert [r.outcome.kind for r in results] == [OutcomeKind.DELIVERED]
            assert len(host.received) == 1

    run(scenario())


def test_a_report_that_cannot_be_recorded_does_not_hold_up_the_others(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            await world.domain()
            scheduler = await world.start()
            messages = [world.message() for _ in range(10)]
            world.queue.poison = messages[4].message_id
            assert all(world.offer(message) for message in messages)
            assert len(await world.queue.until_reported(9)) == 9
            assert scheduler.in_memory == 1
            world.queue.poison = None
            await world.queue.until_reported(10)

    run(scenario())


def test_a_queue_that_cannot_claim_does_not_stop_the_engine(run: Run, clock: AdjustableClock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            await world.domain()
            claim = world.queue.claim
            failures = [OSError("database is down")] * 3

            async def failing(limit: int, **options: Any) -> Any:
                if failures:
                    raise failures.pop()
                return await claim(limit, **options)

            world.queue.claim = failing  # type: ignore[method-assign]
            world.queue.put(world.message())
            scheduler = await world.start()
            clock.set_speed(100)
            await world.queue.until_reported(1)
            assert scheduler.is_running

    run(scenario())


def test_what_is_claimed_anew_while_it_is_in_memory_is_delivered_once(run: Run, clock: Clock) -> None:
    """The process stood still, was taken for dead, and goes on: what it had in hand is due, and still in its hand."""

    async def scenario() -> None:
        reached, go_on = asyncio.Event(), asyncio.Event()

        async def wait(host: Host, reader: Any, writer: Any) -> bytes:
            reached.set()
            await go_on.wait()
            return b"250 2.0.0 Ok\r\n"

        async with World(clock) as world:
            host = await world.domain(keywords=())
            host.always("DOT", wait)
            await world.start()
            message = world.message("a@dest.test", "b@dest.test")
            assert world.offer(message)
            await reached.wait()
            await world.queue.release([(message.message_id, [0, 1])])  # by others
            late = world.message("late@dest.test")  # is claimed with it
            world.queue.put(late)
            await world.queue.until_claimed(late)
            assert world.scheduler.in_memory == 2
            go_on.set()
            await world.queue.until_reported(3)
            assert world.queue.states() == [DeliveryState.DELIVERED] * 3
            assert len(host.received) == 2

    run(scenario())


def test_a_recipient_that_falls_due_while_another_of_its_message_is_in_memory(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        reached, go_on = asyncio.Event(), asyncio.Event()

        async def wait(host: Host, reader: Any, writer: Any) -> bytes:
            reached.set()
            await go_on.wait()
            return b"250 2.0.0 Ok\r\n"

        async with World(clock) as world:
            slow, quick = await world.domain("slow.test", keywords=()), await world.domain("quick.test")
            slow.always("DOT", wait)
            await world.start()
            message = world.message("a@slow.test", "b@quick.test")
            assert world.offer(replace(message, recipients=message.recipients[:1]))
            await reached.wait()
            world.queue.put(replace(message, recipients=message.recipients[1:]))
            await world.queue.until_reported(1)
            assert (len(quick.received), len(slow.received)) == (1, 0)
            go_on.set()
            await world.queue.until_reported(2)
            assert len(slow.received) == 1

    run(scenario())


# --- the stop ---------------------------------------------------------------------------------------------------------


def test_stop_finishes_what_is_under_way_and_releases_the_rest(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        reached, go_on = asyncio.Event(), asyncio.Event()

        async def wait(host: Host, reader: Any, writer: Any) -> bytes:
            reached.set()
            await go_on.wait()
            return b"250 2.0.0 Ok\r\n"

        async with World(clock, max_connections_per_destination=1, first_connections=1) as world:
            host = await world.domain(keywords=())
            host.always("DOT", wait)
            scheduler = await world.start()
            for index in range(10):
                assert world.offer(world.message(f"r{index}@dest.test"))
            await reached.wait()
            stopping = asyncio.create_task(world.stop(10.0))
            await asyncio.sleep(0)
            assert not scheduler.offer(world.message())
            go_on.set()
            await stopping
            assert [r.outcome.kind for r in world.queue.results()] == [OutcomeKind.DELIVERED]
            assert len(world.queue.released) == 9
            assert len(host.received) == 1
            assert host.commands[-1] == "QUIT"
            assert world.queue.states().count(DeliveryState.DEFERRED) == 9

    run(scenario())


def test_stop_does_not_wait_for_a_host_that_hangs(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            hanging = [await world.domain(f"d{i}.test") for i in range(3)]
            for host, stage in zip(hanging, ("CONNECT", "RCPT", "DOT"), strict=True):
                host.always(stage, HANG)
            scheduler = await world.start()
            for index in range(3):
                assert world.offer(world.message(f"x@d{index}.test"))
            while not all(host.connections for host in hanging) or "." not in hanging[2].commands:
                await asyncio.sleep(0.01)
            await world.stop(0.2)
            assert set(world.queue.states()) == {DeliveryState.DEFERRED}
            assert not any(result.decision.counts for result in world.queue.results())
            assert scheduler.in_memory == 0

    run(scenario())


def test_stop_of_an_idle_engine_is_quick_and_says_goodbye(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock, idle_seconds=60.0) as world:
            host = await world.domain()
            await world.send()
            async with asyncio.timeout(8):
                await world.stop(10.0)
            assert host.commands[-1] == "QUIT"

    run(scenario())


# --- everything at once -----------------------------------------------------------------------------------------------


def test_every_recipient_gets_one_disposition_among_hosts_that_misbehave_in_turn(
    run: Run, clock: AdjustableClock
) -> None:
    """Three hundred messages to hosts that refuse, drop and stall at random points, until all is settled."""

    async def scenario() -> None:
        async with World(clock, first_pause=5.0, longest_pause=20.0, idle_seconds=0.5) as world:
            mischief = [CLOSE, b"421 4.3.2 busy\r\n" + CLOSE, b"nonsense\r\n", b"451 4.3.0 later\r\n"]
            for index in range(5):
                host = await world.domain(f"d{index}.test", keywords=("PIPELINING",) if index % 2 else ())
                for number, verb in enumerate(["CONNECT", "EHLO", "MAIL", "RCPT", "DATA"]):
                    host.on(verb, *(mischief[(index + number + i) % 4] for i in range(3)))
                host.on("RCPT", *[b"550 5.1.1 no\r\n"] * 7)
            clock.set_speed(1500)
            scheduler = await world.start()
            for index in range(300):
                assert world.offer(world.message(f"r{index}@d{index % 5}.test", f"s{index}@d{(index + 1) % 5}.test"))
            await world.queue.until(lambda: all(state.is_final for state in world.queue.states()))
            assert scheduler.is_running
            received = [r for host in world.hosts for m in host.received for r in m.recipients]
            assert len(received) == len(set(received)) == world.queue.states().count(DeliveryState.DELIVERED)
            assert world.queue.states().count(DeliveryState.BOUNCED) > 0

    run(scenario())


def test_an_independent_server_counts_every_message(run: Run, clock: Clock, rsa_key: RSAPrivateKey) -> None:
    async def scenario() -> None:
        smtp_sink = require("smtp-sink", "postfix")
        async with World(clock, keys={"key-1": rsa_key}) as world:
            placeholder = await world.host()  # to learn of a free port
            await placeholder.stop()
            user = ["-u", "nobody"] if os.geteuid() == 0 else []
            sink = subprocess.Popen(
                [smtp_sink, *user, "-c", f"{placeholder.address}:{placeholder.port}", "50"],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            try:
                while not await _listens(placeholder.address, placeholder.port):
                    await asyncio.sleep(0.02)
                world.mx("dest.test", placeholder)
                results = await world.send(*(world.message(signing=(PLAN,)) for _ in range(200)))
                assert {r.outcome.kind for r in results} == {OutcomeKind.DELIVERED}
            finally:
                sink.terminate()
                output = sink.communicate()[0]
            assert b"mesg=200" in output

    run(scenario())


async def _listens(address: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(address, port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


def test_policies_have_their_own_queues(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            await world.domain()
            results = await world.send(world.message(), world.message(policy=TlsPolicy.REQUIRE))
            assert {r.outcome.kind for r in results} == {OutcomeKind.DELIVERED, OutcomeKind.DEFERRED}

    run(scenario())
