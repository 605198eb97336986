"""A Loop: sends what the outbox holds.

Owns how much is in hand at a time. Each lane (a host, a queue server, the mail) has places of its own, and a lane whose
other side hangs keeps a single one, so that nobody waits for another's trouble. What does not fit stays in the rows,
where the next look finds it. One node sends; when it dies, the next takes over what it had in hand.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from tayori.clock import Clock
from tayori.events.endpoint import Attempt, Endpoint
from tayori.resources import notifications
from tayori.resources.notifications import Notification, Result, Verdict
from tayori.store.engine import Store

logger = logging.getLogger("tayori.events")

_CLAIMED_AT_ONCE = 200
_AGAIN_AT_ONCE = 0.05
_LANES_REMEMBERED = 1000  # which of them hang
_IN_BATCHES = frozenset({"firehose", "eventbridge"})  # whose endpoints put many into one request, or one fsync
_NOT_ALONE_AFTER = 10.0  # true seconds without a tick: another node may have had the lease meanwhile


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderSettings:
    """How many are sent at a time, in all and in one lane, and how many wait in memory for a place in it."""

    in_all: int = 200
    in_lane: int = 10
    in_lane_of_batches: int = 100
    waiting_in_lane: int = 50
    stop_seconds: float = 5.0


@dataclass(slots=True)
class _Lane:
    places: int
    waiting: deque[Notification] = field(default_factory=deque)
    sending: int = 0
    is_slow: bool = False


class Sender:
    name = "notifications"
    every = 1.0

    def __init__(
        self,
        store: Store,
        clock: Clock,
        worker: str,
        endpoints: Mapping[str, Endpoint],
        settings: SenderSettings | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._worker = worker
        self._endpoints = endpoints
        self._settings = settings or SenderSettings()
        self._lanes: dict[str, _Lane] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._last_tick: float | None = None
        self._is_stopping = False

    async def tick(self) -> float | None:
        now = asyncio.get_running_loop().time()
        if self._last_tick is None or now - self._last_tick > _NOT_ALONE_AFTER:
            await self._take_over()
        self._last_tick = now
        claimed = await self._store.write(notifications.claim, self._worker, _CLAIMED_AT_ONCE, self._avoided())
        for item in claimed:
            self._lane(item).waiting.append(item)
        self._fill()
        self._forget_idle_lanes()
        if len(claimed) == _CLAIMED_AT_ONCE:
            return _AGAIN_AT_ONCE
        due = await self._store.read(notifications.next_due)
        if due is None:
            return None
        return min(self.every, max(_AGAIN_AT_ONCE, (due - self._clock.now()).total_seconds()))

    async def _take_over(self) -> None:
        """What a sender before this one had in hand is nobody's now."""
        freed = await self._store.write(notifications.take_over, self._worker)
        if freed:
            logger.warning("notifications_taken_over", extra={"count": freed})

    def _lane(self, item: Notification) -> _Lane:
        if item.lane not in self._lanes:
            settings = self._settings
            in_batches = item.protocol in _IN_BATCHES
            self._lanes[item.lane] = _Lane(places=settings.in_lane_of_batches if in_batches else settings.in_lane)
        return self._lanes[item.lane]

    def _avoided(self) -> list[str]:
        """Lanes that have enough waiting."""
        most = self._settings.waiting_in_lane
        return [name for name, lane in self._lanes.items() if len(lane.waiting) >= most]

    def _forget_idle_lanes(self) -> None:
        idle = [name for name, lane in self._lanes.items() if not lane.waiting and not lane.sending]
        for name in idle if len(self._lanes) > _LANES_REMEMBERED else ():
            del self._lanes[name]

    # -- sending ---------------------------------------------------------------------------------------------------

    def _fill(self) -> None:
        """Start what there are places for, one of each lane in turn."""
        started = True
        while started and not self._is_stopping:
            started = False
            for lane in self._lanes.values():
                if lane.waiting and self._has_place(lane):
                    self._start(lane, lane.waiting.popleft())
                    started = True

    def _has_place(self, lane: _Lane) -> bool:
        """Lanes that hang have one place each, and half of all places together."""
        settings = self._settings
        if lane.is_slow:
            return lane.sending < 1 and len(self._tasks) < settings.in_all // 2
        return lane.sending < lane.places and len(self._tasks) < settings.in_all

    def _start(self, lane: _Lane, item: Notification) -> None:
        lane.sending += 1
        task = asyncio.create_task(self._send(lane, item), name=f"notification {item.notification_id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, lane: _Lane, item: Notification) -> None:
        try:
            attempt = await self._attempt(item)
            lane.is_slow = attempt.was_slow
            result = Result(notification=item, worker=self._worker, verdict=attempt.verdict, error=attempt.error)
            await self._store.batch(notifications.finish, result)
            self._tell(item, attempt)
        except Exception:  # the row stays in this worker's hands until the next one takes over
            logger.exception("notification_lost_sight_of", extra={"notification_id": item.notification_id})
        finally:
            lane.sending -= 1
            asyncio.get_running_loop().call_soon(self._fill)

    async def _attempt(self, item: Notification) -> Attempt:
        endpoint = self._endpoints.get(item.protocol)
        if endpoint is None:
            return Attempt(verdict=Verdict.REFUSED, error=f"Nothing is delivered over {item.protocol} here.")
        try:
            return await endpoint.send(item)
        except Exception as error:
            logger.exception("notification_failed", extra={"notification_id": item.notification_id})
            return Attempt(verdict=Verdict.FAILED, error=f"{type(error).__name__} in this service; its log says more.")

    def _tell(self, item: Notification, attempt: Attempt) -> None:
        facts = {
            "notification_id": item.notification_id,
            "account_id": item.account_id,
            "topic": item.topic_arn,
            "protocol": item.protocol,
            "attempt": item.attempts + 1,
        }
        if attempt.verdict is Verdict.DONE:
            logger.info("notification_sent", extra=facts)
        else:
            logger.info("notification_not_sent", extra=facts | {"verdict": attempt.verdict, "why": attempt.error})

    async def stop(self) -> None:
        """Let what is under way end, for a moment, and give back the rest untried."""
        self._is_stopping = True
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=self._settings.stop_seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._store.write(notifications.release, self._worker)
