"""Signs of life of the workers, the return of what the dead had in hand, and the end of what is held too long.

On the wall clock: a rehearsal clock that is advanced by days must not bury the living.
"""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from tayori.clock import Clock
from tayori.model.names import ServiceNames
from tayori.resources import deliveries, pauses, queue
from tayori.store import leases
from tayori.store.engine import Store, Tx

logger = logging.getLogger("tayori.workers")

_LIFETIME = timedelta(seconds=30)
_SILENCE = 2 * 5.0


class Heartbeat:
    """A Loop: says that this worker lives."""

    name = "heartbeat"
    every = 5.0

    def __init__(self, store: Store, clock: Clock, worker: str) -> None:
        self._store = store
        self._clock = clock
        self._worker = worker

    async def tick(self) -> float | None:
        await self._store.write(leases.beat, self._worker, self._clock.wall(), _LIFETIME)
        return None

    async def stop(self) -> None:
        await self._store.write(leases.bury, self._worker)


class Reaper:
    """A Loop: gives back the recipients of workers that are gone.

    A lease that has run out does not prove that alone: the machine's clock may have been set forward. Its worker is
    dead once it has not renewed it for two beats since, by a clock that nobody sets.
    """

    name = "reaper"
    every = 5.0

    def __init__(self, store: Store, clock: Clock, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._elapsed = elapsed
        self._silent: dict[str, tuple[datetime, float]] = {}  # worker → its lease, and when that was first seen over

    async def tick(self) -> float | None:
        freed = await self._store.write(self._reap)
        if freed:
            logger.warning("reaped", extra={"recipients": freed})
        return None

    def _reap(self, tx: Tx) -> int:
        workers = leases.workers(tx)
        return deliveries.reap(tx, workers.keys() - self._dead(workers))

    def _dead(self, workers: Mapping[str, datetime]) -> set[str]:
        wall, now, before = self._clock.wall(), self._elapsed(), self._silent
        self._silent = {}
        for worker, expires in workers.items():
            if expires < wall:
                known = before.get(worker)
                self._silent[worker] = known if known is not None and known[0] == expires else (expires, now)
        return {worker for worker, (_, since) in self._silent.items() if now - since >= _SILENCE}


class HeldExpiry:
    """A Loop: ends what an operator holds once its time is over."""

    name = "held-expiry"
    every = 30.0

    def __init__(self, store: Store, names: Callable[[str], ServiceNames]) -> None:
        self._store = store
        self._names = names

    async def tick(self) -> float | None:
        await self._store.write(queue.expire_held, self._names)
        return None


class PauseEnd:
    """A Loop: gives back what was parked for pauses that have ended."""

    name = "pause-end"
    every = 1.0

    def __init__(self, store: Store) -> None:
        self._store = store

    async def tick(self) -> float | None:
        if await self._store.read(pauses.owners):  # else not even an empty write each second
            while await self._store.write(pauses.give_back):
                pass
        return None
