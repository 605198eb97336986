"""How long single mails wait during a bulk of somebody else.

A bulk of one account goes to one host, as fast as it is taken; a single mail of another account is handed in every so
often, and its time is taken from then to the record of its delivery. With it the same without any bulk: what is left is
the machine's own.
"""

import asyncio
import statistics

import uvloop

from bench.engine import Engine
from bench.measure import machine
from bench.sink import Sink

_SINGLES_EVERY = 0.05
_BATCH = 200


def main(*, bulk: int) -> None:
    sink = Sink("127.0.0.1", 24710)
    try:
        print(f"Fairness: single mails during a bulk of {bulk}, one sink; {machine()}")
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            alone = runner.run(_alone(sink, 100))
            waits, rate, spilled = runner.run(_during_bulk(sink, bulk))
    finally:
        sink.close()
    print(f"  {'':<16}{'singles':>8}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}")
    for name, times in (("alone", alone), ("during the bulk", waits)):
        print(f"  {name:<16}{len(times):>8}{_part(times, 50):>9.1f}{_part(times, 99):>9.1f}{max(times) * 1000:>9.1f}")
    print(f"  the bulk: {rate:.0f} delivered a second; {spilled} of it waited in the store for a while")


def _part(times: list[float], percent: int) -> float:
    return statistics.quantiles(times, n=100, method="inclusive")[percent - 1] * 1000


async def _single(engine: Engine, number: int, times: list[float]) -> None:
    submission = engine.submission(f"single{number}@sink.test", account_id="999900001111")
    engine.queue.watch(submission.message_id)
    started = engine.clock.now().timestamp()
    await engine.sending.submit(submission)
    times.append(await engine.queue.until_finished(submission.message_id) - started)


async def _alone(sink: Sink, singles: int) -> list[float]:
    times: list[float] = []
    async with Engine(sink) as engine:
        await engine.start()
        for number in range(singles):
            await _single(engine, number, times)
    return times


async def _during_bulk(sink: Sink, bulk: int) -> tuple[list[float], float, int]:
    times: list[float] = []
    async with Engine(sink) as engine:
        await engine.start()
        loop = asyncio.get_running_loop()
        started = loop.time()
        feeding = asyncio.create_task(_feed(engine, bulk))
        singles: list[asyncio.Task[None]] = []
        while engine.queue.delivered - len(times) < bulk:
            singles.append(asyncio.create_task(_single(engine, len(singles), times)))
            await asyncio.sleep(_SINGLES_EVERY)
        took = loop.time() - started
        spilled = await feeding
        await asyncio.gather(*singles)
    return times, bulk / took, spilled


async def _feed(engine: Engine, bulk: int) -> int:
    """Hands in the bulk, many at once as a program would; how many delivery had no room for at that moment."""
    spilled = 0
    for start in range(0, bulk, _BATCH):
        submissions = [engine.submission(f"bulk{start + i}@sink.test") for i in range(min(_BATCH, bulk - start))]
        scheduler = engine.scheduler
        assert scheduler is not None
        spilled += 0 if scheduler.has_room("111122223333 ") else len(submissions)
        await asyncio.gather(*(engine.sending.submit(submission) for submission in submissions))
    return spilled
