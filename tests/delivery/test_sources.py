"""Which source a message leaves from: pools, weights, warm-up and its overflow, rests, routes; what hosts see of it."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

from hosts import World

from tayori.clock import AdjustableClock
from tayori.delivery import providers
from tayori.delivery.egress import Egress, RelayTls
from tayori.delivery.sources import SecretMissing, SourceChooser
from tayori.mail.reply import Reply
from tayori.model import warmup
from tayori.model.message import (
    AttemptFacts,
    AttemptReport,
    Decision,
    DeliveryState,
    DueRecipient,
    FailureScope,
    Outcome,
    OutcomeKind,
    Outgoing,
    Reason,
    RecipientResult,
)
from tayori.model.source import DEFAULT_POOL, MailRoute, SourceAddress, SourcePlan, Tally

Run = Callable[[Any], Any]

ACCOUNT, REGION = "111122223333", "us-east-1"
_LOOPBACK6 = (ip_network("::1/128"),)
FALLBACK = Egress(ehlo_name="a1.smtp-out.tayori.test", address="192.0.2.25")
DELIVERED = Outcome(kind=OutcomeKind.DELIVERED)
BLOCKED = Outcome(
    kind=OutcomeKind.DEFERRED, scope=FailureScope.SOURCE, reason=Reason.REPLY, diagnostic="smtp; 421 listed"
)
DEFERRED = Outcome(kind=OutcomeKind.DEFERRED, reason=Reason.REPLY, reply=Reply.of(451, "later"))


def shared(address: str, **more: Any) -> SourceAddress:
    return SourceAddress(address=address, ehlo_name=f"s{address.rpartition('.')[2]}.tayori.test", **more)


def dedicated(address: str, pool: str = DEFAULT_POOL, **more: Any) -> SourceAddress:
    return shared(address, account_id=ACCOUNT, region=REGION, pool=pool, **more)


def no_secrets(reference: str) -> str:
    raise SecretMissing(f"{reference} is not there")


class Choice:
    """A chooser with settings, and messages to choose for."""

    def __init__(self, clock: AdjustableClock, *addresses: SourceAddress, **plan: Any) -> None:
        self.clock = clock
        self.world = World(clock)
        self.at, self.step = 0.0, 0.25
        self.chooser = SourceChooser(FALLBACK, clock, providers=providers.load(), pick=self._pick)
        self.plan = SourcePlan(revision=1, addresses=addresses, **plan)
        self.adopt()

    def _pick(self) -> float:
        self.at = (self.at + self.step) % 1.0
        return self.at

    def adopt(self, today: Mapping[tuple[str, str], Tally] | None = None) -> None:
        day = self.clock.now().date().toordinal() - 719163
        self.chooser.adopt(self.plan, today=today or {}, rests=(), secret=no_secrets, day=day)

    def message(self, to: str = "b@dest.test", configuration_set: str | None = None) -> Outgoing:
        return self.world.message(to, configuration_set=configuration_set)

    def name(self, to: str = "b@dest.test", configuration_set: str | None = None) -> str | None:
        egress = self.chooser.choose(self.message(to, configuration_set), to.partition("@")[2])
        return egress.name if egress is not None else None

    def learn(
        self,
        address: str,
        outcome: Outcome,
        message: Outgoing | None = None,
        to: str = "b@dest.test",
        host: str = "mx.test",
    ) -> None:
        message = message or self.message(to)
        recipient: DueRecipient = message.recipients[0]
        result = RecipientResult(
            ordinal=0, address=recipient.address, outcome=outcome, decision=Decision(state=DeliveryState.DELIVERED)
        )
        facts = AttemptFacts(started_at=self.clock.now(), duration_ms=1, host=host, source_address=address)
        self.chooser.learned(
            AttemptReport(
                message_id=message.message_id,
                account_id=message.account_id,
                region=message.region,
                accepted_at=message.accepted_at,
                facts=facts,
                results=(result,),
            )
        )


def test_without_registered_addresses_the_machines_own_way_is_taken(clock: AdjustableClock) -> None:
    assert Choice(clock).name() == "default"
    assert Choice(clock, dedicated("203.0.113.9", pool="news")).name() == "default"


def test_a_pool_belongs_to_a_configuration_set_and_to_an_account(clock: AdjustableClock) -> None:
    choice = Choice(
        clock,
        shared("203.0.113.1"),
        dedicated("203.0.113.2"),
        dedicated("203.0.113.3", pool="news"),
        pools={(ACCOUNT, REGION, "letters"): "news", (ACCOUNT, REGION, "cheap"): "ses-shared-pool"},
    )
    assert choice.name(configuration_set="letters") == "203.0.113.3"
    assert choice.name(configuration_set="cheap") == "203.0.113.1"
    assert choice.name(configuration_set="other") == choice.name() == "203.0.113.2"
    stranger = Outgoing(
        **{n: getattr(choice.message(), n) for n in Outgoing.__dataclass_fields__} | {"account_id": "999"}
    )
    found = choice.chooser.choose(stranger, "dest.test")
    assert found is not None
    assert found.name == "203.0.113.1"


def test_weights_share_the_mail_out(clock: AdjustableClock) -> None:
    choice = Choice(clock, shared("203.0.113.1", weight=3), shared("203.0.113.2"))
    assert Counter(choice.name() for _ in range(40)) == {"203.0.113.1": 30, "203.0.113.2": 10}


def test_an_address_in_warm_up_takes_what_its_day_allows_and_the_shared_pool_the_rest(clock: AdjustableClock) -> None:
    choice = Choice(
        clock,
        shared("203.0.113.1"),
        dedicated("203.0.113.2", warmup_percentage=0, warmup_since=clock.now()),
    )
    names = Counter(choice.name("b@gmail.com") for _ in range(80))
    assert names == {"203.0.113.2": 50, "203.0.113.1": 30}
    assert choice.name("b@yahoo.co.jp") == "203.0.113.2"  # each provider for itself
    clock.advance(24 * 3600)
    choice.adopt()
    later = Counter(choice.name("b@gmail.com") for _ in range(40))
    assert 0 < later["203.0.113.2"] < 10  # the fifty are still promised, and nothing has come of them


def test_an_address_takes_no_mail_before_receivers_can_know_the_new_spf_record(clock: AdjustableClock) -> None:
    new = {"created_at": clock.now()}
    first, own = Choice(clock, shared("203.0.113.1", **new)), Choice(clock, dedicated("203.0.113.2", **new))
    beside = Choice(clock, shared("203.0.113.1", **new), shared("203.0.113.3"))
    for seconds in (0, 329):
        clock.advance(seconds)
        assert first.name() == own.name() == "default"
        assert {beside.name() for _ in range(8)} == {"203.0.113.3"}
    clock.advance(2)
    assert (first.name(), own.name()) == ("203.0.113.1", "203.0.113.2")
    assert {beside.name() for _ in range(8)} == {"203.0.113.1", "203.0.113.3"}


def test_mail_that_was_not_delivered_gives_its_place_back_and_other_processes_count(clock: AdjustableClock) -> None:
    new = shared("203.0.113.2", warmup_percentage=0, warmup_since=clock.now())
    choice = Choice(clock, new)
    choice.adopt({("203.0.113.2", "gmail"): Tally(sent=49)})
    first, second = choice.message("b@gmail.com"), choice.message("b@gmail.com")
    assert choice.chooser.choose(first, "gmail.com") is not None
    assert choice.chooser.choose(second, "gmail.com") is None  # nothing is warm: it waits
    choice.learn("203.0.113.2", DEFERRED, first)
    assert choice.chooser.choose(second, "gmail.com") is not None
    choice.learn("203.0.113.2", DELIVERED, second)
    assert choice.chooser.choose(first, "gmail.com") is None
    clock.advance(24 * 3600)
    choice.adopt()
    assert choice.chooser.choose(first, "gmail.com") is not None


def test_a_blocked_address_rests_for_that_provider_alone_and_longer_each_time(clock: AdjustableClock) -> None:
    choice = Choice(clock, shared("203.0.113.1"), shared("203.0.113.2"))
    for seconds in (900, 1800):
        choice.learn("203.0.113.1", BLOCKED)
        choice.learn("203.0.113.1", BLOCKED)  # said once more of what was under way
        assert {choice.name() for _ in range(8)} == {"203.0.113.2"}
        assert {choice.name("b@gmail.com") for _ in range(8)} == {"203.0.113.1", "203.0.113.2"}
        clock.advance(seconds - 1)
        assert {choice.name() for _ in range(8)} == {"203.0.113.2"}
        clock.advance(2)
        assert {choice.name() for _ in range(8)} == {"203.0.113.1", "203.0.113.2"}
    told = choice.chooser.take()
    assert [(rest.address, rest.provider, rest.times) for rest in told.rests] == [("203.0.113.1", "dest.test", 2)]
    assert sum(tally.blocked for tally in told.done.values()) == 4
    choice.learn("203.0.113.1", DELIVERED)
    assert [rest.times for rest in choice.chooser.take().rests] == [0]


def test_when_all_of_a_pool_rest_the_mail_waits_and_does_not_go_elsewhere(clock: AdjustableClock) -> None:
    choice = Choice(clock, shared("203.0.113.1"), dedicated("203.0.113.2"), dedicated("203.0.113.3", paused=True))
    choice.learn("203.0.113.2", BLOCKED)
    assert choice.name() is None


def test_an_address_that_is_put_off_all_the_time_gets_less(clock: AdjustableClock) -> None:
    choice = Choice(clock, shared("203.0.113.1"), shared("203.0.113.2"))
    choice.step = 0.025
    for _ in range(300):
        choice.learn("203.0.113.1", DEFERRED)
        choice.learn("203.0.113.2", DELIVERED)
    assert Counter(choice.name() for _ in range(40))["203.0.113.1"] == 4
    assert Counter(choice.name("b@gmail.com") for _ in range(40))["203.0.113.1"] == 20


def test_a_domain_counts_as_its_hosts_providers(clock: AdjustableClock) -> None:
    new = dedicated("203.0.113.2", warmup_percentage=0, warmup_since=clock.now())
    choice = Choice(clock, shared("203.0.113.1"), new)
    choice.adopt({("203.0.113.2", "gmail"): Tally(sent=50)})
    assert choice.name("b@works.test") == "203.0.113.2"
    choice.learn("203.0.113.2", DELIVERED, to="b@works.test", host="aspmx.l.google.com")
    assert choice.name("b@works.test") == "203.0.113.1"
    assert [provider for _, _, provider in choice.chooser.take().done] == ["gmail"]


def test_a_block_before_any_mail_counts_once(clock: AdjustableClock) -> None:
    choice = Choice(clock, shared("203.0.113.1"))
    for _ in range(5):
        choice.learn("203.0.113.1", BLOCKED, host="")
    (tally,) = choice.chooser.take().done.values()
    assert tally == Tally(deferred=1, blocked=1)


def test_counts_that_could_not_be_written_come_with_the_next_slice(clock: AdjustableClock) -> None:
    choice = Choice(clock, shared("203.0.113.1"))
    choice.learn("203.0.113.1", DELIVERED)
    lost = choice.chooser.take()
    choice.learn("203.0.113.1", DEFERRED)
    choice.chooser.give_back(lost)
    (tally,) = choice.chooser.take().done.values()
    assert tally == Tally(sent=1, deferred=1)
    assert choice.chooser.take().is_empty


def test_a_route_is_the_domains_own_or_of_the_nearest_domain_above_it(clock: AdjustableClock) -> None:
    routes = (
        MailRoute(pattern="*", host="smart.test", port=587),
        MailRoute(pattern="own.test"),
        MailRoute(pattern=".corp.test", host="inner.test", tls="none"),
    )
    choice = Choice(clock, shared("203.0.113.1"), routes=routes)
    assert choice.name("b@else.test") == "relay smart.test:587"
    assert choice.name("b@own.test") == "203.0.113.1"
    assert choice.name("b@a.b.corp.test") == "relay inner.test:25"
    assert choice.name("b@corp.test") == "relay smart.test:587"
    egress = choice.chooser.choose(choice.message("b@a.corp.test"), "a.corp.test")
    assert egress is not None
    assert egress.relay is not None
    assert egress.relay.tls is RelayTls.NONE


def test_mail_waits_while_a_relays_password_is_missing(clock: AdjustableClock) -> None:
    route = MailRoute(pattern="*", host="smart.test", user_name="us", secret="env:SMART")
    assert Choice(clock, routes=(route,)).name() is None


def test_the_schedule_grows_from_day_to_day_and_ends() -> None:
    limits = [warmup.daily_limit(day * 100 // 45, "gmail") for day in range(46)]
    assert limits[0] == 50
    assert limits[-1] is None
    numbers = [limit for limit in limits if limit is not None]
    assert numbers == sorted(numbers)
    assert 40_000 < numbers[-1] <= 50_000
    assert warmup.daily_limit(0, warmup.OTHER) == 200


def test_a_block_at_the_greeting_makes_later_mail_leave_from_another_address(run: Run, clock: AdjustableClock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain()
            choice = Choice(clock, shared("127.77.3.1"), shared("127.77.3.2"))
            world.chooser = choice.chooser
            choice.step = 0.0  # the first that is able
            host.on("CONNECT", b"554 5.7.1 127.77.3.1 is listed at zen.spamhaus.org\r\n")
            (result,) = await world.send()
            assert result.outcome.scope is FailureScope.SOURCE
            assert world.queue.reports[0].facts.source_address == "127.77.3.1"
            clock.advance(120)  # the same message, long before the provider takes mail from the first again
            results = await world.queue.until_reported(2)
            assert results[-1].outcome.kind is OutcomeKind.DELIVERED
            assert host.peers == ["127.77.3.1", "127.77.3.2"]

    run(scenario())


# --- on the wire ------------------------------------------------------------------------------------------------------


def test_hosts_see_each_address_with_its_own_name_and_the_header_tells_it(run: Run, clock: AdjustableClock) -> None:
    async def scenario() -> None:
        names = {"127.77.3.1": "s1.tayori.test", "127.77.3.2": "s2.tayori.test"}
        async with World(clock, first_connections=2) as world:
            host = await world.domain()
            choice = Choice(clock, *(shared(address) for address in names))
            world.chooser = choice.chooser
            await world.send(*(world.message() for _ in range(8)))
            assert set(host.peers) == set(names)
            said = {command for command in host.commands if command.startswith("EHLO")}
            assert said == {f"EHLO {name}" for name in names.values()}
            seen = Counter(
                received.content.partition(b"\r\n")[0].rpartition(b"-")[2].decode() for received in host.received
            )
            assert seen == {"127.77.3.1": 4, "127.77.3.2": 4}
            assert Counter(report.facts.source_address for report in world.queue.reports) == seen
            done = choice.chooser.take().done
            assert {address: tally.sent for (_, address, _), tally in done.items()} == seen

    run(scenario())


def test_a_message_for_which_no_source_is_left_waits_and_has_not_been_tried(run: Run, clock: AdjustableClock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain()
            choice = Choice(clock, shared("127.77.3.1", paused=True))
            world.chooser = choice.chooser
            (result,) = await world.send()
            assert result.outcome.reason is Reason.NO_SOURCE
            assert not result.decision.counts
            assert host.connections == 0
            choice.plan = SourcePlan(revision=2, addresses=(shared("127.77.3.1"),))
            choice.adopt()
            clock.advance(timedelta(hours=1).total_seconds())
            results = await world.queue.until_reported(2)
            assert results[-1].outcome.kind is OutcomeKind.DELIVERED

    run(scenario())


def test_what_no_source_may_take_waits_until_one_is_back(run: Run, clock: AdjustableClock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            await world.domain()
            choice = Choice(clock, shared("127.77.3.1"))
            world.chooser = choice.chooser
            choice.learn("127.77.3.1", BLOCKED)
            (result,) = await world.send()
            assert result.decision.due_at is not None
            assert 880 < (result.decision.due_at - clock.now()).total_seconds() <= 901
            clock.advance(902)
            results = await world.queue.until_reported(2)
            assert results[-1].outcome.kind is OutcomeKind.DELIVERED

    run(scenario())


def test_a_source_with_an_ipv6_companion_uses_it(run: Run, clock: AdjustableClock) -> None:
    async def scenario() -> None:
        async with World(clock, allowed_networks=_LOOPBACK6) as world:
            host = await world.domain(address="::1")
            world.chooser = Choice(clock, shared("127.77.3.1", ipv6="::1")).chooser
            await world.send()
            assert host.peers == ["::1"]
            assert host.received[0].content.partition(b"\r\n")[0].endswith(b"-::1")
            assert world.queue.reports[0].facts.source_address == "::1"

    run(scenario())


def test_a_source_without_an_ipv6_address_does_not_borrow_the_machines(run: Run, clock: AdjustableClock) -> None:
    async def scenario() -> None:
        async with World(clock, allowed_networks=_LOOPBACK6) as world:
            world.zone.put("dest.test", "MX", "10 mx1.dest.test")
            world.zone.put("mx1.dest.test", "AAAA", "::1")
            world.chooser = Choice(clock, shared("127.77.3.1")).chooser
            (result,) = await world.send()
            assert result.outcome.kind is OutcomeKind.DEFERRED
            assert "the source 127.77.3.1 has no IPv6 address" in result.outcome.diagnostic

    run(scenario())
