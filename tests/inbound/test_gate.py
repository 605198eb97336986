"""The pace at which mail is taken in: at once while there is little, in groups and in order where there is much."""

import asyncio
import time

from tayori.inbound.gate import Gate


def test_those_of_a_quarter_of_a_second_pass_at_once(run) -> None:
    async def scenario() -> tuple[int, int]:
        gate = Gate(40)
        tasks = [asyncio.create_task(gate.enter()) for _ in range(12)]
        await asyncio.sleep(0)
        passed, waiting = sum(task.done() for task in tasks), gate.waiting
        await asyncio.gather(*tasks)
        return passed, waiting

    assert run(scenario()) == (10, 2)


def test_many_come_in_turn_and_not_faster(run) -> None:
    async def scenario() -> tuple[list[int], list[float]]:
        gate, order, times = Gate(100), [], []

        async def come(number: int) -> None:
            await gate.enter()
            order.append(number)
            times.append(time.monotonic())

        await asyncio.gather(*(come(number) for number in range(50)))
        return order, times

    order, times = run(scenario())
    assert order == list(range(50))
    assert times[-1] - times[0] > 0.24


def test_one_a_second_is_no_two_a_second(run) -> None:
    async def scenario() -> float:
        gate = Gate(1)
        await gate.enter()
        started = time.monotonic()
        await gate.enter()
        return time.monotonic() - started

    assert run(scenario()) > 0.9


def test_who_goes_away_takes_nobodys_turn(run) -> None:
    async def scenario() -> int:
        gate = Gate(8)
        tasks = [asyncio.create_task(gate.enter()) for _ in range(8)]
        await asyncio.sleep(0)
        assert gate.waiting == 6
        for task in tasks[2:6]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return sum(not task.cancelled() for task in tasks)

    assert run(scenario()) == 4


def test_without_a_bound_all_pass(run) -> None:
    async def scenario() -> int:
        gate = Gate(0)
        await asyncio.gather(*(gate.enter() for _ in range(10_000)))
        return gate.waiting

    assert run(scenario()) == 0
