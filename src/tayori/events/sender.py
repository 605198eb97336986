"""A Loop: sends what the outbox holds.

Owns how much is in hand at a time. Each lane (a host, a queue server, the mail) has places of its own, and a lane whose
other side hangs keeps a single one, so that nobody waits for another's trouble. What does not fit stays in the rows,
where the next look finds it. One node sends; when it dies, the next takes over what it had in hand.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tayori.clock import Clock
from tayori.events.endpoint import Attempt, Endpoint
from tayori.resources import notifications
from tayori.resources.notifications import LaneDue, Notification, Result, Verdict
from tayori.store.engine import Store

logger = logging.getLogger("tayori.events")

_CLAIMED_AT_ONCE = 200
_AGAIN_AT_ONCE = 0.05
_MIB = 1024 * 1024
_LANES_REMEMBERED = 1000  # which of them hang
_IN_BATCHES = frozenset({"firehose", "eventbridge"})  # whose endpoints put many into one request, or one fsync
_NOT_ALONE_AFTER = 10.0  # true seconds without a tick: another node may have had the lease meanwhile


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderSettings:
    """How many are sent at a time, in all and in one lane; how many are in memory, for each lane and in all."""

    in_all: int = 200
    in_lane: int = 10
    in_lane_of_batches: int = 100
    waiting_in_lane: int = 50
    in_memory: int = 2000
    megabytes_in_memory: int = 64
    stop_seconds: float = 5.0


@dataclass(slots=True)
class _Lane:
    places: int
    waiting: deque[Notification] = field(default_factory=deque)
    sending: int = 0
    size: int = 0  # of what waits and what is being sent
    is_slow: bool = False

    def take(self, item: Notification) -> None:
        self.waiting.append(item)
        self.size += item.size

    def drop(self) -> Notification:
        """The one that came last."""
        item = self.waiting.pop()
        self.size -= item.size
        return item


@dataclass(frozen=True, slots=True, kw_only=True)
class _InHand:
    count: int
    size: int


def _due_at(one: LaneDue) -> datetime:
    return one.due_at


def _result(item: Notification, worker: str, attempt: Attempt, seconds: float) -> Result:
    return Result(
        notification=item,
        worker=worker,
        verdict=attempt.verdict,
        error=attempt.error,
        status=attempt.status,
        duration_ms=round(seconds * 1000),
        reply=attempt.reply,
    )


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
        due = await self._store.read(notifications.lanes)
        claimed = await self._claim(due)
        for item in claimed:
            self._lane(item.lane, item.protocol).take(item)
        self._fill()
        self._forget_idle_lanes()
        return self._pause(due, len(claimed))

    async def _claim(self, due: Sequence[LaneDue]) -> list[Notification]:
        """What there is room for, of the lanes in which something is due."""
        settings, in_hand = self._settings, self._in_hand()
        limit = min(_CLAIMED_AT_ONCE, settings.in_memory - in_hand.count)
        now = self._clock.now()
        waiting = sorted((one for one in due if one.due_at <= now and self._room(one.lane) > 0), key=_due_at)
        # Each has one at least, so the oldest are among these.
        rooms = {one.lane: self._room(one.lane) for one in waiting[: max(0, limit)]}
        if not rooms or limit <= 0 or in_hand.size >= settings.megabytes_in_memory * _MIB:
            return []
        return await self._store.write(notifications.claim, self._worker, limit, rooms)

    def _room(self, name: str) -> int:
        """How many more may wait for a place in a lane: none to speak of where the other side hangs."""
        lane = self._lanes.get(name)
        if lane is None:
            return self._settings.waiting_in_lane
        if lane.is_slow:
            return 1 - len(lane.waiting)
        return max(self._settings.waiting_in_lane, lane.places) - len(lane.waiting)

    def _in_hand(self) -> "_InHand":
        lanes = self._lanes.values()
        return _InHand(
            count=sum(len(lane.waiting) for lane in lanes) + len(self._tasks), size=sum(lane.size for lane in lanes)
        )

    def _pause(self, due: Sequence[LaneDue], claimed: int) -> float | None:
        """Until something falls due in a lane that has room; a place that becomes free wakes the loop, too."""
        if claimed == _CLAIMED_AT_ONCE:
            return _AGAIN_AT_ONCE
        waited_for = [one.due_at for one in due if self._room(one.lane) > 0]
        if not waited_for:
            return None
        return min(self.every, max(_AGAIN_AT_ONCE, (min(waited_for) - self._clock.now()).total_seconds()))

    async def _take_over(self) -> None:
        """What a sender before this one had in hand is nobody's now."""
        freed = await self._store.write(notifications.take_over, self._worker)
        if freed:
            logger.warning("notifications_taken_over", extra={"count": freed})

    def _lane(self, name: str, protocol: str) -> _Lane:
        if name not in self._lanes:
            settings = self._settings
            in_batches = protocol in _IN_BATCHES
            self._lanes[name] = _Lane(places=settings.in_lane_of_batches if in_batches else settings.in_lane)
        return self._lanes[name]

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
            began = asyncio.get_running_loop().time()
            attempt = await self._attempt(item)
            seconds = asyncio.get_running_loop().time() - began
            lane.is_slow = attempt.was_slow
            await self._let_go(lane)
            await self._store.batch(notifications.finish, _result(item, self._worker, attempt, seconds))
            self._tell(item, attempt)
        except Exception:  # the row stays in this worker's hands until the next one takes over
            logger.exception("notification_lost_sight_of", extra={"notification_id": item.notification_id})
        finally:
            lane.sending -= 1
            lane.size -= item.size
            asyncio.get_running_loop().call_soon(self._fill)

    async def _let_go(self, lane: _Lane) -> None:
        """What waits for a side that hangs waits in the rows, and takes no memory from others."""
        if lane.is_slow and len(lane.waiting) > 1:
            items = [lane.drop() for _ in range(len(lane.waiting) - 1)]
            await self._store.write(notifications.give_back, self._worker, items)

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
