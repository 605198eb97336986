"""When reports on TLS are sent, to whom, and when nobody tries any longer."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tayori.loops.tls_counting import TlsCounter
from tayori.loops.tls_reporting import NotSent, TlsReporting, delay_of
from tayori.mail.answer import Answer, AnswerStatus
from tayori.model.tls_result import PolicyType, ReportedPolicy, TlsResult
from tayori.resources import tls_results
from tayori.resources.tls_results import Reporter, SendState

US = Reporter(organization="Tayori", contact="postmaster@tayori.test", submitter="tayori.test")
DELAY = timedelta(hours=1)
HOUR = 3600


class Zone:
    """TXT records by domain; a domain that is not there has none, and None is a DNS that does not answer."""

    def __init__(self, **records: tuple[str, ...] | None) -> None:
        self.records = {f"_smtp._tls.{name}.test": values for name, values in records.items()}
        self.asked: list[str] = []

    async def resolve(self, name: str, rdtype: str) -> Answer:
        self.asked.append(name)
        values = self.records.get(name, ())
        if values is None:
            return Answer(name=name, rdtype=rdtype, status=AnswerStatus.TIMEOUT)
        status = AnswerStatus.FOUND if values else AnswerStatus.NXDOMAIN
        return Answer(name=name, rdtype=rdtype, status=status, values=values)


class Outbox:
    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.trouble: dict[str, NotSent] = {}

    async def mail(self, report, domain, recipient) -> None:
        self._take(str(recipient), report, domain)

    async def post(self, report, url) -> None:
        self._take(url, report, report.policies[0].domain)

    def _take(self, place, report, domain) -> None:
        if place in self.trouble:
            raise self.trouble[place]
        assert report.policies[0].domain == domain
        self.sent.append((place, report.report_id))

    @property
    def places(self) -> list[str]:
        return [place for place, _ in self.sent]


class World:
    """A store with a day's sessions to domains, in which it is `hour` o'clock of the next day."""

    def __init__(self, store, clock, zone: Zone) -> None:
        self.store, self.clock, self.zone, self.outbox = store, clock, zone, Outbox()
        self.loop = TlsReporting(store, zone, self.outbox, US, clock, DELAY)

    async def sessions(self, *domains: str) -> None:
        counter = TlsCounter(self.store, self.clock, asyncio.Event())
        for domain in domains:
            name = f"{domain}.test"
            policy = ReportedPolicy(type=PolicyType.NONE, domain=name)
            counter.saw(TlsResult(recipient_domain=name, policy=policy, level="encrypt"))
        await counter.tick()

    def go_to(self, hour: float) -> None:
        now = self.clock.now()
        midnight = datetime(now.year, now.month, now.day, tzinfo=UTC) + timedelta(days=1)
        self.clock.advance((midnight + timedelta(hours=hour) - now).total_seconds())

    async def sends(self) -> list[tuple[str, SendState, int]]:
        return [(one.domain, one.state, one.attempts) for one in await self.store.read(tls_results.sends, 10)]


def test_reports_go_out_after_the_day_to_whoever_asks(store, clock, run) -> None:
    async def scenario() -> None:
        zone = Zone(
            a=("v=TLSRPTv1; rua=mailto:tls@a.test",),
            b=("v=TLSRPTv1;rua=https://b.test/tls,mailto:tls%2Bx@b.test?subject=x", "something else"),
            two=("v=TLSRPTv1; rua=mailto:x@two.test", "v=TLSRPTv1; rua=mailto:y@two.test"),
            bad=("v=TLSRPTv1; rua=ftp://x",),
        )
        world = World(store, clock, zone)
        await world.sessions("a", "b", "two", "bad", "silent")
        await world.loop.tick()
        world.go_to(0.9)
        await world.loop.tick()
        assert world.outbox.sent == [] and zone.asked == []
        world.go_to(-22.9)
        await world.loop.tick()
        assert sorted(world.outbox.places) == ["https://b.test/tls", "tls+x@b.test", "tls@a.test"]
        assert await world.sends() == [("a.test", SendState.SENT, 1), ("b.test", SendState.SENT, 1)]
        await world.loop.tick()
        assert len(world.outbox.sent) == 3 and len(zone.asked) == 5

    run(scenario())


def test_a_refusal_is_tried_again_and_then_no_more(store, clock, run) -> None:
    async def scenario() -> None:
        world = World(store, clock, Zone(a=("v=TLSRPTv1; rua=https://a.test/",)))
        await world.sessions("a")
        world.outbox.trouble["https://a.test/"] = NotSent("503")
        world.go_to(1.1)
        for _ in range(20):
            await world.loop.tick()
            await world.loop.tick()
            clock.advance(2 * HOUR)
        ((_, state, attempts),) = await world.sends()
        assert state is SendState.FAILED and 5 <= attempts <= 12

    run(scenario())


def test_one_place_that_takes_a_report_is_enough(store, clock, run) -> None:
    async def scenario() -> None:
        world = World(store, clock, Zone(a=("v=TLSRPTv1; rua=mailto:a@a.test,https://a.test/",)))
        await world.sessions("a")
        world.outbox.trouble["a@a.test"] = NotSent("no key", is_final=True)
        world.go_to(1.1)
        await world.loop.tick()
        assert world.outbox.places == ["https://a.test/"]
        assert await world.sends() == [("a.test", SendState.SENT, 1)]

    run(scenario())


@pytest.mark.parametrize("rua", ["mailto:a@a.test", "mailto:%22@x"])
def test_what_can_never_be_sent_is_not_tried_again(store, clock, run, rua: str) -> None:
    async def scenario() -> None:
        world = World(store, clock, Zone(a=(f"v=TLSRPTv1; rua={rua}",)))
        await world.sessions("a")
        world.outbox.trouble["a@a.test"] = NotSent("no key", is_final=True)
        world.go_to(1.1)
        await world.loop.tick()
        assert await world.sends() == [("a.test", SendState.FAILED, 1)]

    run(scenario())


def test_a_silent_dns_puts_off_and_a_second_try_has_the_same_id(store, clock, run) -> None:
    async def scenario() -> None:
        zone = Zone(a=None)
        world = World(store, clock, zone)
        await world.sessions("a")
        world.go_to(1.1)
        await world.loop.tick()
        assert await world.sends() == [("a.test", SendState.WAITING, 1)]
        (due,) = await store.read(tls_results.due, clock.now().date() + timedelta(days=1), 10) or [None]
        assert due is None

    async def later() -> None:
        zone = Zone(a=("v=TLSRPTv1; rua=mailto:a@a.test",))
        world = World(store, clock, zone)
        clock.advance(HOUR)
        await world.loop.tick()
        assert world.outbox.places == ["a@a.test"]
        assert world.outbox.sent[0][1].endswith("@tayori.test")

    run(scenario())
    run(later())


def test_many_domains_take_rounds(store, clock, run) -> None:
    async def scenario() -> None:
        world = World(store, clock, Zone(d7=("v=TLSRPTv1; rua=mailto:a@a.test",)))
        await world.sessions(*[f"d{number}" for number in range(120)])
        world.go_to(2)
        pauses = [await world.loop.tick() for _ in range(4)]
        assert pauses == [0.5, 0.5, None, None]
        assert len(world.zone.asked) == 120 and world.outbox.places == ["a@a.test"]

    run(scenario())


def test_a_record_with_many_addresses_is_not_obeyed_to_the_end(store, clock, run) -> None:
    async def scenario() -> None:
        rua = ",".join(f"mailto:a{number}@a.test" for number in range(50))
        world = World(store, clock, Zone(a=(f"v=TLSRPTv1; rua={rua}",)))
        await world.sessions("a")
        world.go_to(2)
        await world.loop.tick()
        assert len(world.outbox.sent) == 4

    run(scenario())


def test_the_hour_is_after_midnight_and_within_four() -> None:
    assert timedelta(minutes=15) == delay_of(0) < delay_of(0.5) < delay_of(1) == timedelta(hours=4)
