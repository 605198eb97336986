"""The only source of time.

Service time (`now`) is what rows, schedules and messages carry. The rehearsal internet may run it faster than the
wall, so that a five-minute limit shows in seconds; `wall` stays true, for what a stranger's clock signs (SigV4) and for
certificates. Network time-outs are the event loop's affair and never come from here.
"""

import asyncio
import mmap
import struct
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

_LATEST = datetime(3000, 1, 1, tzinfo=UTC).timestamp()  # deadlines and expiries that are counted from it are dates, too
_RECORD = struct.Struct("<ddd")  # wall seconds, service seconds at that moment, speed

# An adjustable clock may be moved by another process while someone sleeps, so sleepers look again this often.
_LOOK_AGAIN_SECONDS = 0.1


class Clock(Protocol):
    """Service time, and ways to wait for it."""

    def now(self) -> datetime: ...

    def wall(self) -> datetime: ...

    async def sleep(self, seconds: float) -> None: ...

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        """Wait for `event` for at most `seconds` of service time; true when the event is set."""
        ...


class SystemClock:
    """The machine's clock: service time is wall time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def wall(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        return await _wait(event, seconds)


class AdjustableClock:
    """A clock that can be advanced and sped up, shared between processes through a small mapped file.

    Never goes back: `advance` takes seconds of zero or more, `set_speed` a factor above zero.
    """

    def __init__(self, path: Path) -> None:
        if not path.exists() or path.stat().st_size < _RECORD.size:
            now = time.time()
            path.write_bytes(_RECORD.pack(now, now, 1.0))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _RECORD.size)

    def _seconds(self) -> float:
        wall, service, speed = _RECORD.unpack_from(self._map)
        return float(service + (time.time() - wall) * speed)

    @property
    def speed(self) -> float:
        return float(_RECORD.unpack_from(self._map)[2])

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._seconds(), UTC)

    def wall(self) -> datetime:
        return datetime.now(UTC)

    def advance(self, seconds: float) -> None:
        if not seconds >= 0:  # nor is "not a number" a number of seconds
            raise ValueError("a clock can only be advanced by zero seconds or more")
        if self._seconds() + seconds > _LATEST:
            raise ValueError("a clock cannot be advanced beyond the year 3000")
        self._store(self._seconds() + seconds, self.speed)

    def set_speed(self, speed: float) -> None:
        if not 0 < speed <= 1_000_000:
            raise ValueError("the speed must be above 0 and at most 1000000")
        self._store(self._seconds(), speed)

    def _store(self, service: float, speed: float) -> None:
        _RECORD.pack_into(self._map, 0, time.time(), service, speed)

    async def sleep(self, seconds: float) -> None:
        await self.wait(asyncio.Event(), seconds)

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        until = self._seconds() + seconds
        while not event.is_set():
            left = (until - self._seconds()) / self.speed
            if left <= 0:
                return False
            await _wait(event, min(left, _LOOK_AGAIN_SECONDS))
        return True

    def close(self) -> None:
        self._map.close()


async def _wait(event: asyncio.Event, seconds: float) -> bool:
    if seconds <= 0:
        return event.is_set()
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
