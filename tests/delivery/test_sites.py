"""What domains behind the same mail hosts share, and what a provider's replies do to all of them."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hosts import CLOSE, Host, World

from tayori.clock import AdjustableClock, Clock
from tayori.model.message import DeliveryState, FailureScope, OutcomeKind, Reason, TlsPolicy
from tayori.model.shaping import SiteLimit

Run = Callable[[Any], Any]

BLOCKED = b"554 5.7.1 Service unavailable; Client host [192.0.2.25] blocked using zen.spamhaus.org\r\n"


def share(world: World, host_of: str, *names: str) -> None:
    """More domains at the hosts of one."""
    for name in names:
        world.zone.put(name, "MX", *world.zone.records[host_of, "MX"])


async def slow(host: Host, reader: Any, writer: Any) -> bytes:
    await asyncio.sleep(0.02)
    return b"250 2.0.0 Ok\r\n"


def table(folder: Path, text: str) -> Path:
    path = folder / "providers.toml"
    path.write_text(text)
    return path


# --- sharing ----------------------------------------------------------------------------------------------------------


def test_a_connection_opened_for_one_domain_serves_another_at_the_same_hosts(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain("one.test")
            share(world, "one.test", "two.test")
            await world.send(world.message("a@one.test"))
            await world.send(world.message("b@two.test"))
            assert host.connections == 1
            assert [m.recipients for m in host.received] == [["RCPT TO:<a@one.test>"], ["RCPT TO:<b@two.test>"]]

    run(scenario())


def test_no_connection_is_lent_to_mail_that_must_have_tls(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain("one.test")
            share(world, "one.test", "two.test")
            await world.send(world.message("a@one.test"))
            (result,) = await world.send(world.message("b@two.test", policy=TlsPolicy.REQUIRE))
            assert result.outcome.reason is Reason.TLS_REQUIRED
            assert len(host.received) == 1

    run(scenario())


def test_a_connection_is_not_lent_to_a_domain_with_other_hosts(run: Run, clock: Clock) -> None:
    """Even where one of them is the same: the sets differ, and so may what else is true of them."""

    async def scenario() -> None:
        async with World(clock) as world:
            first, second = await world.host(), await world.host()
            world.mx("one.test", first)
            world.zone.put("mx2.one.test", "A", second.address)
            world.zone.put("two.test", "MX", "10 mx1.one.test", "20 mx2.one.test")
            await world.send(world.message("a@one.test"))
            await world.send(world.message("b@two.test"))
            assert first.connections == 2

    run(scenario())


def test_domains_at_the_same_hosts_share_the_limit_of_connections(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock, max_connections_per_destination=3, first_connections=3) as world:
            host = await world.domain("d0.test")
            host.always("DOT", slow)
            share(world, "d0.test", *(f"d{i}.test" for i in range(1, 20)))
            results = await world.send(*(world.message(f"x@d{i % 20}.test") for i in range(60)))
            assert {r.outcome.kind for r in results} == {OutcomeKind.DELIVERED}
            assert host.most_open == 3

    run(scenario())


def test_a_domain_that_moves_to_other_hosts_takes_its_mail_along(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock, idle_seconds=0.05) as world:
            old, new = await world.domain("one.test"), await world.domain("two.test")
            await world.send(world.message("a@one.test"))
            while old.open_connections:
                await asyncio.sleep(0.01)
            share(world, "two.test", "one.test")
            (result,) = await world.send(world.message("a@one.test"))
            assert result.outcome.kind is OutcomeKind.DELIVERED
            assert len(new.received) == 1

    run(scenario())


def test_all_hosts_of_a_provider_share_its_limits_where_the_table_says_so(
    run: Run, clock: Clock, tmp_path: Path
) -> None:
    own = table(
        tmp_path,
        '[[provider]]\nname = "hoster"\nhosts = [".hoster.test"]\nshared = "provider"\n'
        "connections = 2\nmessages_per_connection = 7\nrecipients = 2\n",
    )

    async def scenario() -> None:
        async with World(clock, providers_file=own) as world:
            hosts = [await world.host() for _ in range(4)]
            for index, host in enumerate(hosts):
                host.always("DOT", slow)
                world.zone.put(f"c{index}.hoster.test", "A", host.address)
                world.zone.put(f"c{index}.test", "MX", f"10 c{index}.hoster.test")
            most = 0

            async def watch() -> None:
                nonlocal most
                while True:
                    most = max(most, sum(host.open_connections for host in hosts))
                    await asyncio.sleep(0.002)

            watching = asyncio.create_task(watch())
            messages = [world.message(f"x{i}@c{i % 4}.test") for i in range(40)]
            results = await world.send(*messages)
            assert {r.outcome.kind for r in results} == {OutcomeKind.DELIVERED}
            await world.send(world.message(*(f"r{i}@c0.test" for i in range(5))))
            watching.cancel()
            # One that says goodbye may still be open on the other side when the next one comes.
            assert most <= 3
            assert max(len(m.recipients) for host in hosts for m in host.received) == 2
            facts = world.scheduler.sites()
            assert [(f.name, f.provider, f.most) for f in facts] == [("hoster", "hoster", 2)]

    run(scenario())


def test_a_rate_is_kept(run: Run, clock: Clock, tmp_path: Path) -> None:
    own = table(tmp_path, '[[provider]]\nname = "slow"\nhosts = [".dest.test"]\nrate = 20\n')

    async def scenario() -> None:
        async with World(clock, providers_file=own) as world:
            host = await world.domain()
            loop = asyncio.get_running_loop()
            started = loop.time()
            results = await world.send(*(world.message(f"r{i}@dest.test") for i in range(40)))
            assert {r.outcome.kind for r in results} == {OutcomeKind.DELIVERED}
            assert loop.time() - started >= 0.95  # the first twenty at once, the rest at 20 in a second
            assert len(host.received) == 40

    run(scenario())


# --- replies ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["CONNECT", "MAIL", "RCPT", "DOT"])
def test_a_block_of_our_address_is_ours_and_bounces_nothing(run: Run, clock: AdjustableClock, verb: str) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain("one.test")
            share(world, "one.test", "two.test")
            host.always(verb, BLOCKED + (CLOSE if verb == "CONNECT" else b""))
            (result,) = await world.send(world.message("a@one.test"))
            assert result.outcome.scope is FailureScope.SOURCE
            assert result.outcome.reason is Reason.SOURCE_BLOCKED
            assert result.decision.state is DeliveryState.DEFERRED
            before = host.connections
            (other,) = await world.send(world.message("b@two.test"))
            assert other.outcome.reason is Reason.SOURCE_BLOCKED
            assert host.connections == before  # the whole site rests, for this source
            (site,) = world.scheduler.sites()
            assert site.rests_until is not None
            assert "spamhaus" in site.last_reply

    run(scenario())


def test_an_address_that_stays_blocked_expires_and_never_bounces_as_refused(run: Run, clock: AdjustableClock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain()
            host.always("RCPT", BLOCKED)
            (result,) = await world.send(world.message(lifetime=300))
            seen = 1
            while result.decision.due_at is not None:
                clock.advance(max(0.0, (result.decision.due_at - clock.now()).total_seconds()))
                world.queue.wake.set()
                seen += 1
                result = (await world.queue.until_reported(seen))[-1]
            assert result.decision.state is DeliveryState.EXPIRED

    run(scenario())


def test_a_host_that_asks_for_less_gets_less(run: Run, clock: AdjustableClock) -> None:
    async def scenario() -> None:
        async with World(clock, max_connections_per_destination=8, first_connections=8) as world:
            host = await world.domain()
            host.always("DOT", slow)
            await world.send(*(world.message(f"r{i}@dest.test") for i in range(30)))
            host.on("MAIL", b"451 4.7.0 too many messages, slow down\r\n")
            await world.send(world.message())
            (site,) = world.scheduler.sites()
            assert site.window == 4
            assert "slow down" in site.last_reply
            host.most_open = 0
            while host.open_connections > 4:
                await asyncio.sleep(0.01)
            host.most_open = host.open_connections
            await world.send(*(world.message(f"s{i}@dest.test") for i in range(12)))
            assert host.most_open <= 6

    run(scenario())


def test_a_receiver_that_says_when_is_asked_again_then(run: Run, clock: AdjustableClock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain()
            host.on("RCPT", b"450 4.2.0 Greylisted, please try again in 300 seconds\r\n")
            (result,) = await world.send()
            assert result.outcome.reason is Reason.GREYLISTED
            assert result.decision.due_at is not None
            assert 300 <= (result.decision.due_at - clock.now()).total_seconds() <= 320
            (site,) = world.scheduler.sites()
            assert site.rests_until is None
            clock.advance(302)
            world.queue.wake.set()
            results = await world.queue.until_reported(2)
            assert results[1].outcome.kind is OutcomeKind.DELIVERED

    run(scenario())


# --- fairness ---------------------------------------------------------------------------------------------------------


def test_a_single_mail_passes_the_bulk_of_another_account(run: Run, clock: Clock) -> None:
    """Counted in transactions at the host, not in time."""

    async def scenario() -> None:
        options = {"max_connections_per_destination": 1, "first_connections": 1, "max_messages_per_connection": 10_000}
        async with World(clock, **options) as world:
            host = await world.domain()
            await world.start()
            for index in range(900):
                assert world.offer(world.message(f"bulk{index}@dest.test", account_id="bulk"))
            singles = []
            for index in range(20):
                await world.queue.until_reported(40 * (index + 1))
                singles.append(len(host.received))
                assert world.offer(world.message(f"single{index}@dest.test", account_id="small"))
            await world.queue.until_reported(920)
            order = [m.recipients[0] for m in host.received]
            waits = [
                order.index(f"RCPT TO:<single{index}@dest.test>") - offered for index, offered in enumerate(singles)
            ]
            assert sorted(waits)[-1] <= 20

    run(scenario())


def test_a_destination_that_waits_for_a_slot_gets_one_within_a_few_messages(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        options = {"max_connections": 1, "max_messages_per_connection": 10_000}
        async with World(clock, **options) as world:
            busy, other = await world.domain("busy.test"), await world.domain("other.test")
            await world.start()
            for index in range(500):
                assert world.offer(world.message(f"r{index}@busy.test"))
            await world.queue.until_reported(50)
            seen = len(busy.received)
            assert world.offer(world.message("x@other.test"))
            while not other.received:
                await asyncio.sleep(0.005)
            assert len(busy.received) < 500
            assert len(busy.received) - seen < 400

    run(scenario())


# --- destinations that are dead ---------------------------------------------------------------------------------------


def test_the_mail_of_a_dead_destination_is_put_off_in_the_store_and_others_go_on(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock, claim_batch=50, max_waiting_per_destination=200) as world:
            good = await world.domain("good.test")
            world.mx("dead.test", "127.88.99.99")
            for index in range(3000):
                world.queue.put(world.message(f"r{index}@dead.test"))
            for index in range(100):
                world.queue.put(world.message(f"r{index}@good.test"))
            await world.start()
            await world.queue.until(lambda: world.queue.states().count(DeliveryState.DELIVERED) == 100)
            assert len(good.received) == 100
            dead = [result for result in world.queue.results() if result.address.domain == "dead.test"]
            assert len(dead) < 1000
            await world.queue.until(
                lambda: sum(count for domain, count in world.queue.put_offs if domain == "dead.test") > 2000
            )

    run(scenario())


def test_what_is_avoided_does_not_grow_without_bound(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            for index in range(1500):
                world.mx(f"d{index}.test", "127.88.99.99")
            await world.start()
            for index in range(1500):
                assert world.offer(world.message(f"x@d{index}.test"))
            await world.queue.until_reported(1500)
            await world.queue.until(lambda: len(world.queue.put_offs) >= 1)
            world.queue.wake.set()
            await asyncio.sleep(0.05)
            assert max(map(len, world.queue.avoided)) <= 1000

    run(scenario())


# --- what operators allow ---------------------------------------------------------------------------------------------


def test_an_operator_lowers_and_raises_the_connections_of_a_site(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock, max_connections_per_destination=4, first_connections=4, idle_seconds=0.05) as world:
            host = await world.domain("one.test")
            host.always("DOT", slow)
            await world.start()
            world.scheduler.limit_to({"mx1.one.test": SiteLimit(connections=1)})
            await world.send(*(world.message(f"x{i}@one.test") for i in range(8)))
            assert host.most_open == 1
            (site,) = world.scheduler.sites()
            assert (site.name, site.most) == ("mx1.one.test", 1)
            world.scheduler.limit_to({"mx1.one.test": SiteLimit(connections=9)})
            await world.send(*(world.message(f"y{i}@one.test") for i in range(120)))
            assert 4 < host.most_open <= 9
            world.scheduler.limit_to({})
            assert world.scheduler.sites()[0].most == 4

    run(scenario())


def test_an_operator_sets_and_takes_back_a_rate(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain("one.test")
            await world.start()
            world.scheduler.limit_to({"mx1.one.test": SiteLimit(rate=1)})
            sending = asyncio.create_task(world.send(*(world.message(f"x{i}@one.test") for i in range(30))))
            while not (world.scheduler.sites() and world.scheduler.sites()[0].is_held_back):
                await asyncio.sleep(0.005)
            assert len(host.received) < 30 and world.scheduler.sites()[0].rate == 1
            world.scheduler.limit_to({})  # else it would take half a minute
            await sending
            assert len(host.received) == 30 and world.scheduler.sites()[0].rate == 0.0

    run(scenario())
