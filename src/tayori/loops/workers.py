"""Signs of life of the workers, the return of what the dead had in hand, and the end of what is held too long.

On the wall clock: a rehearsal clock that is advanced by days must not bury the living.
"""

import logging
from collections.abc import Callable
from datetime import timedelta

from tayori.clock import Clock
from tayori.model.names import ServiceNames
from tayori.resources import deliveries, pauses, queue
from tayori.store import leases
from tayori.store.engine import Store, Tx

logger = logging.getLogger("tayori.workers")

_LIFETIME = timedelta(seconds=30)


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
    """A Loop: gives back the recipients of workers that are gone."""

    name = "reaper"
    every = 5.0

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def tick(self) -> float | None:
        freed = await self._store.write(self._reap)
        if freed:
            logger.warning("reaped", extra={"recipients": freed})
        return None

    def _reap(self, tx: Tx) -> int:
        return deliveries.reap(tx, leases.living_workers(tx, self._clock.wall()))


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
