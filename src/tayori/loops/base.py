"""Background loops: work that is done again and again, and the supervision that it gets.

Owns when a loop runs, how it waits, what happens when it fails, and how it ends. Never knows what a loop
does. A loop that fails backs off and goes on; one that keeps failing, or hangs, is told of by `health`, so
that it cannot die without anybody noticing. Ending is an event, not a cancellation: a tick that is under way
comes to its end.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from tayori import ids
from tayori.clock import Clock

_LOG = logging.getLogger(__name__)

# True seconds. A clock that runs fast must not turn a loop into a busy one.
_LEAST_PAUSE = 0.05
_FIRST_BACK_OFF = 1.0
_LONGEST_BACK_OFF = 60.0
_HANGS_AFTER = 120.0
_UNWELL_AFTER_FAILURES = 3
_JITTER = 0.1


class Loop(Protocol):
    """One kind of background work. `every` is in seconds of service time."""

    @property
    def name(self) -> str: ...

    @property
    def every(self) -> float: ...

    async def tick(self) -> float | None:
        """Do what there is to do; returns after how many seconds to be called again, None for `every`."""
        ...


# Asked before each tick of a loop of which only one may run in an installation: true where this node has the
# lease.
Lease = Callable[[], Awaitable[bool]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopHealth:
    """How a loop is: what `/healthz` and `doctor` show. Seconds are true ones."""

    name: str
    is_well: bool
    seconds_since_success: float | None
    failures: int
    reason: str = ""


class Supervised:
    """One loop and its task. `wake` makes it run at once; make it with `store.wakeups.event(topic)`."""

    def __init__(
        self, loop: Loop, clock: Clock, *, wake: asyncio.Event | None = None, lease: Lease | None = None
    ) -> None:
        self._loop = loop
        self._clock = clock
        self._wake = wake or asyncio.Event()
        self._lease = lease
        self._is_stopping = False
        self._task: asyncio.Task[None] | None = None
        self._tick_began: float | None = None
        self._last_success: float | None = None
        self._failures = 0

    @property
    def name(self) -> str:
        return self._loop.name

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"loop {self.name}")

    def nudge(self) -> None:
        """Run at once instead of at the end of the pause."""
        self._wake.set()

    async def stop(self, seconds: float) -> None:
        """Let the tick under way end; after `seconds` it is cancelled all the same."""
        if self._task is None:
            return
        self._is_stopping = True
        self._wake.set()
        _, late = await asyncio.wait({self._task}, timeout=seconds)
        for task in late:
            _LOG.warning("loop_cut_off", extra={"loop": self.name})
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def health(self) -> LoopHealth:
        now = asyncio.get_running_loop().time()
        reason = self._why_unwell(now)
        return LoopHealth(
            name=self.name,
            is_well=not reason,
            seconds_since_success=None if self._last_success is None else now - self._last_success,
            failures=self._failures,
            reason=reason,
        )

    def _why_unwell(self, now: float) -> str:
        if self._task is None or self._task.done():
            return "it is not running"
        if self._tick_began is not None and now - self._tick_began > _HANGS_AFTER:
            return f"it has been busy for {now - self._tick_began:.0f} seconds"
        if self._failures >= _UNWELL_AFTER_FAILURES:
            return f"it failed {self._failures} times in a row"
        return ""

    async def _run(self) -> None:
        while not self._is_stopping:
            self._wake.clear()  # before the tick, so that what comes up during it is seen to by the next
            delay = await self._tick_once()
            if self._failures:
                await self._rest(delay)
            else:
                await self._pause(delay)

    async def _pause(self, seconds: float) -> None:
        until = self._clock.now() + timedelta(seconds=seconds)
        await asyncio.sleep(_LEAST_PAUSE)
        await self._clock.wait(self._wake, (until - self._clock.now()).total_seconds())

    async def _tick_once(self) -> float:
        """One guarded tick; the seconds until the next."""
        self._tick_began = asyncio.get_running_loop().time()
        try:
            delay = await self._loop.tick() if self._lease is None or await self._lease() else None
        except Exception:  # whatever it was, the loop lives on and tries again
            self._failures += 1
            _LOG.exception("loop_failed", extra={"loop": self.name, "failures": self._failures})
            return min(_LONGEST_BACK_OFF, _FIRST_BACK_OFF * 2.0 ** min(self._failures - 1, 16))
        finally:
            self._tick_began = None
        self._failures = 0
        self._last_success = asyncio.get_running_loop().time()
        return self._loop.every * (1 + _JITTER * ids.jitter()) if delay is None else delay

    async def _rest(self, seconds: float) -> None:
        """Back off in true time: trouble does not pass faster because a clock does. Only stopping cuts it
        short.
        """
        until = asyncio.get_running_loop().time() + seconds
        while not self._is_stopping:
            left = until - asyncio.get_running_loop().time()
            if left <= 0:
                return
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._wake.wait()


class Supervisor:
    """All loops of one process."""

    def __init__(self, loops: Sequence[Supervised]) -> None:
        self._loops = list(loops)

    def add(self, loop: Supervised) -> None:
        """One more, from now on."""
        self._loops.append(loop)
        loop.start()

    def start(self) -> None:
        for loop in self._loops:
            loop.start()

    async def stop(self, seconds: float) -> None:
        await asyncio.gather(*(loop.stop(seconds) for loop in self._loops))

    def health(self) -> list[LoopHealth]:
        return [loop.health() for loop in self._loops]
