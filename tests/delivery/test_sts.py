"""MTA-STS policies: when they are fetched, for how long they hold, and that nothing about them holds mail up."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest
from hosts import Zone
from policies import PolicyFiles, Rows, kept

from tayori.clock import AdjustableClock
from tayori.delivery.sts import Found, KeptStsPolicies
from tayori.delivery.tls_result import ResultType
from tayori.mail.answer import AnswerStatus
from tayori.mail.mta_sts import MtaStsMode
from tayori.model.sts import StsPolicy, StsTrouble

Run = Callable[[Coroutine[Any, Any, Any]], Any]
HOUR, DAY = 3600, 86_400


@dataclass
class World:
    clock: AdjustableClock
    zone: Zone = field(default_factory=Zone)
    files: PolicyFiles = field(default_factory=PolicyFiles)

    def __post_init__(self) -> None:
        self.rows = Rows(self.clock)
        self.policies = self.restarted()

    def restarted(self) -> KeptStsPolicies:
        return kept(self.zone, self.files, self.rows, self.clock)

    def announce(self, *texts: str, domain: str = "dest.test") -> None:
        self.zone.put(f"_mta-sts.{domain}", "TXT", *texts)

    async def mode(self, domain: str = "dest.test") -> MtaStsMode | ResultType | None:
        return _told(await self.policies.of(domain))

    async def settle(self) -> None:
        """Until what goes on behind the back has come to its end."""
        while any(task.get_name().startswith("mta-sts") for task in asyncio.all_tasks()):
            await asyncio.sleep(0.001)


def _told(found: Found) -> MtaStsMode | ResultType | None:
    if isinstance(found, StsPolicy):
        return found.policy.mode
    return found.result if isinstance(found, StsTrouble) else None


@pytest.fixture
def world(clock: AdjustableClock) -> World:
    world = World(clock)
    world.announce("v=STSv1; id=1;")
    world.files.put("dest.test", "enforce", "mx1.dest.test")
    return world


def test_a_policy_is_fetched_once_and_kept(run: Run, world: World) -> None:
    async def scenario() -> None:
        for _ in range(3):
            assert await world.mode() is MtaStsMode.ENFORCE
        assert world.files.fetched == ["dest.test"]
        assert world.rows.rows["dest.test"].policy_id == "1"

    run(scenario())


def test_it_outlives_the_process(run: Run, world: World) -> None:
    async def scenario() -> None:
        await world.mode()
        world.policies = world.restarted()
        world.zone.fail("_mta-sts.dest.test", "TXT", AnswerStatus.TIMEOUT)
        assert await world.mode() is MtaStsMode.ENFORCE
        assert world.files.fetched == ["dest.test"]

    run(scenario())


def test_what_another_process_has_fetched_is_known_a_minute_later(run: Run, world: World) -> None:
    async def scenario() -> None:
        await world.mode("unrelated.test")
        other = world.restarted()
        assert isinstance(await other.of("dest.test"), StsPolicy)
        world.zone.fail("_mta-sts.dest.test", "TXT", AnswerStatus.SERVER_FAILURE)
        world.clock.advance(61)
        assert await world.mode() is MtaStsMode.ENFORCE
        assert world.files.fetched == ["dest.test"]

    run(scenario())


def test_a_new_id_means_a_new_policy(run: Run, world: World) -> None:
    async def scenario() -> None:
        await world.mode()
        world.announce("v=STSv1; id=2")
        world.files.put("dest.test", "testing", "mx1.dest.test")
        assert await world.mode() is MtaStsMode.TESTING

    run(scenario())


def test_none_ends_it(run: Run, world: World) -> None:
    async def scenario() -> None:
        await world.mode()
        world.announce("v=STSv1; id=2")
        world.files.put("dest.test", "none")
        assert await world.mode() is MtaStsMode.NONE

    run(scenario())


@pytest.mark.parametrize(
    "texts",
    [
        (),
        ("v=spf1 -all",),
        ("v=STSv1",),
        ("v=STSv1; id=;",),
        ("v=STSv1; id=not-alphanumeric",),
        ("v=STSv1; id=1", "v=STSv1; id=2"),
        ("v=STSv2; id=1",),
    ],
)
def test_no_single_good_record_is_no_announcement_and_takes_nothing_away(
    run: Run, clock: AdjustableClock, texts: tuple[str, ...]
) -> None:
    async def scenario() -> None:
        world = World(clock)
        world.files.put("dest.test", "enforce", "mx1.dest.test")
        world.announce(*texts)
        assert await world.mode() is None
        assert world.files.fetched == []
        world.announce("v=STSv1; id=1")
        clock.advance(61)
        assert await world.mode() is MtaStsMode.ENFORCE
        world.announce(*texts)
        assert await world.mode() is MtaStsMode.ENFORCE

    run(scenario())


def test_a_domain_without_record_is_asked_about_once_a_minute(run: Run, clock: AdjustableClock) -> None:
    async def scenario() -> None:
        world = World(clock)
        for _ in range(5):
            assert await world.mode() is None
        assert len(world.zone.questions) == 1
        clock.advance(61)
        await world.mode()
        assert len(world.zone.questions) == 2

    run(scenario())


@pytest.mark.parametrize("status", [AnswerStatus.TIMEOUT, AnswerStatus.SERVER_FAILURE, AnswerStatus.NXDOMAIN])
def test_a_dns_that_fails_blocks_nothing_and_takes_nothing_away(run: Run, world: World, status: AnswerStatus) -> None:
    async def scenario() -> None:
        await world.mode()
        world.zone.fail("_mta-sts.dest.test", "TXT", status)
        world.zone.fail("_mta-sts.other.test", "TXT", status)
        assert await world.mode() is MtaStsMode.ENFORCE
        assert await world.mode("other.test") is None

    run(scenario())


def test_a_policy_that_has_run_out_holds_no_longer(run: Run, world: World) -> None:
    async def scenario() -> None:
        await world.mode()
        world.zone.fail("_mta-sts.dest.test", "TXT", AnswerStatus.TIMEOUT)
        world.clock.advance(DAY - 1)
        assert await world.mode() is MtaStsMode.ENFORCE
        world.clock.advance(2)
        assert await world.mode() is None

    run(scenario())


@pytest.mark.parametrize("trouble", [ResultType.STS_POLICY_FETCH_ERROR, ResultType.STS_WEBPKI_INVALID])
def test_a_fetch_that_fails_is_told_and_not_repeated_for_a_while(run: Run, world: World, trouble: ResultType) -> None:
    async def scenario() -> None:
        world.files.files.clear()
        world.files.trouble = trouble
        for _ in range(3):
            assert await world.mode() is trouble
        assert len(world.files.fetched) == 1
        world.clock.advance(301)
        world.files.put("dest.test", "enforce", "mx1.dest.test")
        assert await world.mode() is MtaStsMode.ENFORCE

    run(scenario())


def test_a_new_id_is_tried_at_once_after_a_failure(run: Run, world: World) -> None:
    async def scenario() -> None:
        world.files.files.clear()
        await world.mode()
        world.files.put("dest.test", "enforce", "mx1.dest.test")
        world.announce("v=STSv1; id=2")
        assert await world.mode() is MtaStsMode.ENFORCE

    run(scenario())


@pytest.mark.parametrize("content", [b"", b"version: STSv1\nmode: enforce\nmax_age: 100\n", b"<html>", b"\xff\xfe"])
def test_a_file_that_is_no_policy(run: Run, world: World, content: bytes) -> None:
    async def scenario() -> None:
        world.files.files["dest.test"] = content
        assert await world.mode() is ResultType.STS_POLICY_INVALID

    run(scenario())


def test_a_fetch_that_fails_keeps_what_is_there(run: Run, world: World) -> None:
    async def scenario() -> None:
        await world.mode()
        world.announce("v=STSv1; id=2")
        world.files.files.clear()
        assert await world.mode() is MtaStsMode.ENFORCE
        world.files.files["dest.test"] = b"nonsense"
        world.clock.advance(301)
        assert await world.mode() is MtaStsMode.ENFORCE

    run(scenario())


def test_a_policy_is_renewed_behind_the_back_long_before_it_runs_out(run: Run, world: World) -> None:
    async def scenario() -> None:
        await world.mode()
        world.files.put("dest.test", "testing", "mx1.dest.test")
        world.clock.advance(DAY / 2 - 1)
        assert await world.mode() is MtaStsMode.ENFORCE
        world.clock.advance(2)
        world.files.hold = asyncio.Event()
        assert await world.mode() is MtaStsMode.ENFORCE  # nobody waits
        world.files.hold.set()
        await world.settle()
        assert await world.mode() is MtaStsMode.TESTING
        assert len(world.files.fetched) == 2

    run(scenario())


def test_policies_of_domains_without_mail_are_renewed_too(run: Run, world: World) -> None:
    async def scenario() -> None:
        await world.mode()
        assert await world.policies.refresh() == 0
        world.clock.advance(DAY / 2 + 1)
        assert await world.policies.refresh() == 1
        world.zone.fail("_mta-sts.dest.test", "TXT", AnswerStatus.TIMEOUT)
        world.clock.advance(DAY / 2 + 1)
        assert await world.mode() is MtaStsMode.ENFORCE

    run(scenario())


def test_a_renewal_that_fails_is_not_tried_at_every_turn(run: Run, world: World) -> None:
    async def scenario() -> None:
        await world.mode()
        world.files.files.clear()
        world.clock.advance(DAY / 2 + 1)
        assert await world.policies.refresh() == 1
        assert await world.policies.refresh() == 0
        assert await world.mode() is MtaStsMode.ENFORCE

    run(scenario())


def test_many_who_ask_at_once_make_one_fetch(run: Run, world: World) -> None:
    async def scenario() -> None:
        found = await asyncio.gather(*(world.mode() for _ in range(50)))
        assert set(found) == {MtaStsMode.ENFORCE}
        assert world.files.fetched == ["dest.test"]

    run(scenario())


def test_a_policy_host_that_hangs_holds_up_nobody_else(run: Run, world: World) -> None:
    """The fetcher's own time limit ends it; until then others have their fetches, and the cached their answers."""

    async def scenario() -> None:
        await world.mode()
        world.files.hold = asyncio.Event()
        world.announce("v=STSv1; id=1", domain="hangs.test")
        hanging = asyncio.create_task(world.policies.of("hangs.test"))
        await asyncio.sleep(0)
        assert await world.mode() is MtaStsMode.ENFORCE
        assert not hanging.done()
        await world.policies.close()
        assert isinstance(await hanging, StsTrouble)

    run(scenario())


def test_a_bug_in_the_fetcher_is_a_failed_fetch(run: Run, world: World) -> None:
    async def scenario() -> None:
        world.files.bug = RuntimeError("bug")
        assert await world.mode() is ResultType.STS_POLICY_FETCH_ERROR

    run(scenario())


def test_a_store_that_is_down_blocks_nothing(run: Run, world: World) -> None:
    async def scenario() -> None:
        world.rows.is_down = True
        assert await world.mode() is MtaStsMode.ENFORCE
        assert await world.mode() is MtaStsMode.ENFORCE
        assert world.files.fetched == ["dest.test"]

    run(scenario())


def test_a_policy_that_a_host_fails_is_looked_at_again(run: Run, world: World) -> None:
    """RFC 8461 5: mail must not be given up for a policy that the domain has changed, were it under the same id."""

    async def scenario() -> None:
        found = await world.policies.of("dest.test")
        assert isinstance(found, StsPolicy)
        world.policies.doubt(found)
        await world.settle()
        assert len(world.files.fetched) == 1  # it is only seconds old
        world.clock.advance(301)
        world.files.put("dest.test", "none")
        world.policies.doubt(found)
        await world.settle()
        assert await world.mode() is MtaStsMode.NONE
        world.files.files.clear()
        world.clock.advance(301)
        for _ in range(3):
            world.policies.doubt(found)
            await world.settle()
        assert len(world.files.fetched) == 3

    run(scenario())


def test_a_policy_without_age_is_not_fetched_for_every_connection(run: Run, world: World) -> None:
    async def scenario() -> None:
        world.files.put("dest.test", "enforce", "mx1.dest.test", max_age=0)
        for _ in range(3):
            assert await world.mode() is MtaStsMode.ENFORCE
        assert len(world.files.fetched) == 1
        world.clock.advance(301)
        assert await world.mode() is MtaStsMode.ENFORCE
        assert len(world.files.fetched) == 2

    run(scenario())
