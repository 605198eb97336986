"""What a long queue costs: the rate with many waiting recipients against an empty queue, the restart, the memory.

The store is filled with recipients in many domains that are due later, and with a tenth as many of one dead domain that
are due now. Then fresh mail goes through, and what falls due is claimed: each beside the same on an empty store. Every
phase is a process of its own, so that its memory can be told.
"""

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import uvloop

from bench.engine import DEAD, Engine, rss_megabytes
from bench.measure import machine
from bench.sink import Sink

_BATCH = 1000
_PORT = 24720
_HOST = "127.0.0.1"


def main(*, recipients: int, domains: int, fresh: int) -> None:
    folder = Path(tempfile.mkdtemp(prefix="tayori-bench-"))
    sink = Sink(_HOST, _PORT)
    try:
        print(f"Growth: {recipients} recipients wait in {domains} domains; {machine()}")
        empty = _phase("deliver", folder / "empty", 0, 0, fresh)
        filled = _phase("fill", folder / "full", recipients, domains, fresh)
        full = _phase("deliver", folder / "full", recipients, domains, fresh)
        size = sum(path.stat().st_size for path in (folder / "full").iterdir()) / 2**20
    finally:
        sink.close()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"  filled in {filled['seconds']:.0f} s, {size:.0f} MiB of files")
    print(f"  {'':<26}{'empty':>10}{'full':>10}{'full/empty':>12}")
    for key, words in (("fresh", "fresh mail, a second"), ("claimed", "claimed mail, a second")):
        print(f"  {words:<26}{empty[key]:>10.0f}{full[key]:>10.0f}{full[key] / empty[key]:>12.2f}")
    for key, words in (("restart", "restart to delivery, s"), ("rss", "most memory, MiB")):
        print(f"  {words:<26}{empty[key]:>10.2f}{full[key]:>10.2f}")


def _phase(name: str, folder: Path, recipients: int, domains: int, fresh: int) -> dict[str, float]:
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "bench.growth", name, str(folder), str(recipients), str(domains), str(fresh)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


class _Elsewhere:
    """The sink that the first process has started."""

    host, port = _HOST, _PORT


async def _fill(folder: Path, recipients: int, domains: int, fresh: int) -> dict[str, float]:
    started = time.monotonic()
    async with Engine(_Elsewhere(), folder) as engine:  # type: ignore[arg-type]
        for start in range(0, recipients, _BATCH):
            batch = [
                engine.submission(f"r{number}@d{number % domains}.test", account_id=f"{number % 50:012}")
                for number in range(start, min(start + _BATCH, recipients))
            ]
            await engine.fill(batch, due_in=timedelta(hours=6))
        for start in range(0, recipients // 10, _BATCH):
            some = range(start, min(start + _BATCH, recipients // 10))
            await engine.fill([engine.submission(f"r{number}@{DEAD}", account_id="9" * 12) for number in some])
    return {"seconds": time.monotonic() - started}


async def _deliver(folder: Path, recipients: int, domains: int, fresh: int) -> dict[str, float]:
    started = time.monotonic()
    async with Engine(_Elsewhere(), folder) as engine:  # type: ignore[arg-type]
        first = engine.submission("first@sink.test")
        await engine.fill([first])
        engine.queue.watch(first.message_id)
        await engine.start()
        await engine.queue.until_finished(first.message_id)
        restart = time.monotonic() - started
        seconds = await _timed(engine, fresh)
        batches = [
            [engine.submission(f"c{start + number}@sink.test") for number in range(_BATCH)]
            for start in range(0, fresh, _BATCH)
        ]
        await _stop(engine)
        for batch in batches:
            await engine.fill(batch)
        await engine.start()
        claimed = await _wait(engine, engine.queue.delivered + sum(map(len, batches)))
    return {
        "restart": restart,
        "fresh": fresh / seconds,
        "claimed": sum(map(len, batches)) / claimed,
        "rss": rss_megabytes(),
    }


async def _stop(engine: Engine) -> None:
    scheduler, engine.scheduler = engine.scheduler, None
    assert scheduler is not None
    await scheduler.stop(10.0)


async def _timed(engine: Engine, fresh: int) -> float:
    """Fresh mail, handed in a few at a time."""
    started, before = time.monotonic(), engine.queue.delivered
    numbers = iter(range(fresh))

    async def client() -> None:
        for number in numbers:
            await engine.sending.submit(engine.submission(f"f{number}@sink.test"))

    await asyncio.gather(*(client() for _ in range(64)))
    await _until(engine, before + fresh)
    return time.monotonic() - started


async def _wait(engine: Engine, count: int) -> float:
    started = time.monotonic()
    await _until(engine, count)
    return time.monotonic() - started


async def _until(engine: Engine, count: int) -> None:
    async with asyncio.timeout(600):
        while engine.queue.delivered < count:
            await asyncio.sleep(0.005)


if __name__ == "__main__":
    phase, path, *numbers = sys.argv[1:]
    work = {"fill": _fill, "deliver": _deliver}[phase](Path(path), *(int(number) for number in numbers))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(work)))
