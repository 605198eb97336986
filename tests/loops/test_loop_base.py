"""The supervision of loops: when they run, what happens when they fail, and how they end."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from tayori.clock import AdjustableClock, SystemClock
from tayori.loops.base import Supervised, Supervisor


@dataclass
class Counting:
    """A loop that counts its ticks and lets a test wait for them."""

    every: float = 3600.0
    name: str = "counting"
    act: Callable[[int], float | None] = lambda count: None
    count: int = 0
    ticked: asyncio.Event = field(default_factory=asyncio.Event)

    async def tick(self) -> float | None:
        self.count += 1
        self.ticked.set()
        return self.act(self.count)

    async def until(self, count: int) -> None:
        while self.count < count:
            await self.ticked.wait()
            self.ticked.clear()


def test_runs_at_once_and_again_after_its_interval(run, clock: AdjustableClock) -> None:
    async def scenario() -> None:
        loop = Counting(every=100.0)
        supervised = Supervised(loop, clock)
        supervised.start()
        await loop.until(1)
        for number in (2, 3):
            clock.advance(111)  # the interval and its jitter of at most a tenth
            await loop.until(number)
        await supervised.stop(1)
        assert loop.count == 3

    run(scenario())


def test_a_tick_may_say_when_the_next_is_wanted(run) -> None:
    async def scenario() -> None:
        loop = Counting(act=lambda count: 0.0)
        supervised = Supervised(loop, SystemClock())
        supervised.start()
        began = asyncio.get_running_loop().time()
        await loop.until(4)
        # Even one that wants to run at once leaves the others some time.
        assert asyncio.get_running_loop().time() - began >= 0.14
        await supervised.stop(1)

    run(scenario())


def test_a_wake_up_runs_it_at_once_even_when_it_comes_during_a_tick(run) -> None:
    async def scenario() -> None:
        wake = asyncio.Event()
        loop = Counting(act=lambda count: wake.set() if count == 2 else None)  # type: ignore[func-returns-value]
        supervised = Supervised(loop, SystemClock(), wake=wake)
        supervised.start()
        await loop.until(1)
        wake.set()
        await loop.until(3)
        supervised.nudge()
        await loop.until(4)
        await supervised.stop(1)

    run(scenario())


def test_one_that_fails_backs_off_tells_and_recovers(run, caplog) -> None:
    async def scenario() -> None:
        def act(count: int) -> float:
            if count == 1:
                raise RuntimeError("no database")
            return 3600.0

        loop = Counting(act=act)
        wake = asyncio.Event()
        supervised = Supervised(loop, SystemClock(), wake=wake)
        began = asyncio.get_running_loop().time()
        supervised.start()
        await loop.until(1)
        await asyncio.sleep(0)
        assert supervised.health().failures == 1
        wake.set()  # a wake-up does not shorten the back-off
        await loop.until(2)
        assert asyncio.get_running_loop().time() - began >= 0.99
        await asyncio.sleep(0)
        assert supervised.health().failures == 0 and supervised.health().is_well
        await supervised.stop(1)

    run(scenario())
    assert "loop_failed" in caplog.text and "no database" in caplog.text


def test_one_that_keeps_failing_is_unwell(run) -> None:
    async def scenario() -> None:
        def act(count: int) -> float:
            raise RuntimeError("always")

        loop = Counting(act=act)
        supervised = Supervised(loop, SystemClock())
        supervised.start()
        await loop.until(3)
        await asyncio.sleep(0)
        health = supervised.health()
        assert not health.is_well and health.reason == "it failed 3 times in a row"
        assert health.seconds_since_success is None
        began = asyncio.get_running_loop().time()
        await supervised.stop(10)  # it backs off for four seconds, and ends at once all the same
        assert asyncio.get_running_loop().time() - began < 3
        assert supervised.health().reason == "it is not running"

    run(scenario())


def test_a_tick_under_way_comes_to_its_end(run) -> None:
    async def scenario() -> None:
        release, ended = asyncio.Event(), []

        class Slow(Counting):
            async def tick(self) -> float | None:
                await super().tick()
                await release.wait()
                ended.append(True)
                return None

        loop = Slow()
        supervised = Supervised(loop, SystemClock())
        supervised.start()
        await loop.until(1)
        stopping = asyncio.create_task(supervised.stop(10))
        await asyncio.sleep(0)
        assert not stopping.done()
        release.set()
        await stopping
        assert ended == [True] and loop.count == 1

    run(scenario())


def test_one_that_hangs_is_cut_off(run, caplog) -> None:
    async def scenario() -> None:
        class Hanging(Counting):
            async def tick(self) -> float | None:
                await super().tick()
                await asyncio.Event().wait()
                return None

        loop = Hanging()
        supervised = Supervised(loop, SystemClock())
        supervised.start()
        await loop.until(1)
        await supervised.stop(0.05)

    run(scenario())
    assert "loop_cut_off" in caplog.text


def test_without_the_lease_it_does_not_tick_and_is_well(run) -> None:
    async def scenario() -> None:
        has_lease = [False]
        asked = asyncio.Event()

        async def lease() -> bool:
            asked.set()
            return has_lease[0]

        loop = Counting()
        wake = asyncio.Event()
        supervised = Supervised(loop, SystemClock(), wake=wake, lease=lease)
        supervised.start()
        await asked.wait()
        await asyncio.sleep(0)
        assert loop.count == 0 and supervised.health().is_well
        has_lease[0] = True
        wake.set()
        await loop.until(1)
        await supervised.stop(1)

    run(scenario())


def test_all_loops_of_a_process_start_and_stop_together(run) -> None:
    async def scenario() -> None:
        loops = [Counting(name=name) for name in ("one", "two")]
        supervisor = Supervisor([Supervised(loop, SystemClock()) for loop in loops])
        supervisor.start()
        for loop in loops:
            await loop.until(1)
        await asyncio.sleep(0)
        assert [(health.name, health.is_well) for health in supervisor.health()] == [("one", True), ("two", True)]
        await supervisor.stop(1)
        assert not any(health.is_well for health in supervisor.health())

    run(scenario())


@pytest.mark.parametrize("started", [False, True])
def test_stopping_twice_or_before_the_start_does_no_harm(run, started: bool) -> None:
    async def scenario() -> None:
        supervised = Supervised(Counting(), SystemClock())
        if started:
            supervised.start()
        await supervised.stop(1)
        await supervised.stop(1)

    run(scenario())
