"""Delivery in a process of its own beside the one that accepts: both cores of a small machine work, and neither holds
the other's interpreter lock.

The accepting process owns the queue: its name stands in the rows, its writer records for both, so that accepting and
recording share their commits. `DeliveryProcess` is its side: it hands messages over, answers what the other asks of the
queue, and starts a new process when one has died. `LinkedQueue` is the queue as the delivering side sees it. The two
live and die together in one direction: without its accepting process, a delivering one ends at once.
"""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.process import BaseProcess
from typing import Any

from tayori.app.hand_over import pack, unpack
from tayori.app.link import Frame, Link
from tayori.app.sending import StoredQueue
from tayori.clock import Clock
from tayori.delivery.memory import Memory
from tayori.delivery.queue import NOTHING
from tayori.delivery.scheduler import Scheduler
from tayori.model.message import AttemptReport, Outcome, Outgoing
from tayori.model.names import ServiceNames
from tayori.resources.results import written

logger = logging.getLogger("tayori.delivery")

_START_SECONDS = 60.0
_LONGEST_PAUSE = 30.0
_END_SECONDS = 5.0  # beyond the drain time, for the last results to be recorded

Launch = Callable[[], tuple[socket.socket, BaseProcess]]  # with our end of the link to it


class NotStarted(Exception):
    """The process for delivery could not start; the text is its own sentence."""


class LinkLost(ConnectionError):
    """The other process is gone; nothing is known of what was asked."""


@dataclass(slots=True)
class _InHand:
    """A message that the other process has, and its recipients without a result."""

    open: set[int]
    stream: str
    octets: int


class DeliveryProcess:
    """The delivering process, seen from the accepting one. Takes messages as a Scheduler does."""

    def __init__(self, *, launch: Launch, queue: StoredQueue, memory: Memory) -> None:
        self._launch = launch
        self._queue = queue
        self._memory = memory
        self._in_hand: dict[str, _InHand] = {}
        self._link: Link | None = None
        self._process: BaseProcess | None = None
        self._is_ready = False
        self._is_stopping = False
        self._word: asyncio.Future[str] | None = None
        self._gone = asyncio.Event()
        self._answers: set[asyncio.Task[None]] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._fresh: list[Any] = []

    # -- as a scheduler ----------------------------------------------------------------------------------------------

    @property
    def in_memory(self) -> int:
        return len(self._in_hand)

    @property
    def is_running(self) -> bool:
        return self._is_ready

    def has_room(self, stream: str | None = None) -> bool:
        return self._is_ready and self._memory.has_room(stream)

    def offer(self, outgoing: Outgoing) -> bool:
        """A fresh message whose recipients carry this worker's name. False: it is left to a later claim."""
        if not self.has_room(outgoing.stream):
            return False
        self._take(outgoing)
        if not self._fresh:
            asyncio.get_running_loop().call_soon(self._hand_over)
        self._fresh.append(pack(outgoing))
        return True

    def _hand_over(self) -> None:
        if self._link is not None:
            self._link.send("fresh", self._fresh)
        self._fresh = []

    def _take(self, outgoing: Outgoing) -> None:
        ordinals = {one.ordinal for one in outgoing.recipients}
        known = self._in_hand.get(outgoing.message_id)
        if known is not None:  # for others of its recipients, or for the same ones that were given back meanwhile
            known.open |= ordinals
            return
        octets = len(outgoing.content)
        self._in_hand[outgoing.message_id] = _InHand(ordinals, outgoing.stream, octets)
        self._memory.add(outgoing.stream, octets)

    def _settled(self, message_id: str, ordinals: Collection[int]) -> None:
        held = self._in_hand.get(message_id)
        if held is None:
            return
        held.open.difference_update(ordinals)
        if not held.open:
            self._forget(message_id)

    def _forget(self, message_id: str) -> None:
        held = self._in_hand.pop(message_id)
        self._memory.remove(held.stream, held.octets)

    # -- life --------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Raises NotStarted."""
        await self._begin()
        self._tasks = [
            asyncio.create_task(self._keep_alive(), name="delivery process"),
            asyncio.create_task(self._pass_wakes_on(), name="wake delivery process"),
        ]

    async def _begin(self) -> None:
        self._gone.clear()
        self._word = asyncio.get_running_loop().create_future()
        ours, self._process = await asyncio.to_thread(self._launch)
        self._link = await Link.over(ours, self._heard, self._ended)
        try:
            async with asyncio.timeout(_START_SECONDS):
                trouble = await self._word
        except TimeoutError:
            trouble = f"The process for delivery did not start within {_START_SECONDS:.0f} seconds."
        if trouble:
            await self._put_down()
            raise NotStarted(trouble)
        self._is_ready = True

    async def _keep_alive(self) -> None:
        failures = 0
        while True:
            await self._gone.wait()
            if self._is_stopping:
                return
            await self._put_down()
            logger.error("process_died", extra={"part": "delivery", "exit": self._process and self._process.exitcode})
            try:
                await self._give_back()
                await asyncio.sleep(min(_LONGEST_PAUSE, 0.1 * 2**failures))
                await self._begin()
                failures = 0
            except Exception:
                failures += 1
                self._gone.set()
                logger.exception("delivery_not_started")

    async def _put_down(self) -> None:
        """Make sure that it does nothing any more: what it had in hand is about to be given to another."""
        self._is_ready = False
        if self._link is not None:
            self._link.close()
        if self._process is not None:
            self._process.kill()
            await asyncio.to_thread(self._process.join)

    async def _give_back(self) -> None:
        """What the dead process had. Results that it had sent are being recorded, and recorded first."""
        await asyncio.gather(*self._answers, return_exceptions=True)
        claims = [(message_id, sorted(held.open)) for message_id, held in self._in_hand.items()]
        for message_id, _ in claims:
            self._forget(message_id)
        self._fresh = []
        if claims:
            await self._queue.release(claims)

    async def _pass_wakes_on(self) -> None:
        while True:
            await self._queue.wake.wait()
            self._queue.wake.clear()
            if self._link is not None:
                self._link.send("wake")

    async def stop(self, drain_seconds: float) -> None:
        """Let it finish its transactions, record what they came to, and end."""
        self._is_stopping = True
        was_ready, self._is_ready = self._is_ready, False
        if was_ready and self._link is not None:
            self._link.send("stop", drain_seconds)
            try:
                async with asyncio.timeout(drain_seconds + _END_SECONDS):
                    await self._gone.wait()
            except TimeoutError:
                logger.error("process_killed", extra={"part": "delivery"})
        await self._put_down()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._give_back()

    # -- what it asks ------------------------------------------------------------------------------------------------

    def _heard(self, frame: Frame) -> None:
        kind = frame[0]
        if kind == "ask":
            task = asyncio.get_running_loop().create_task(self._answer(*frame[1:]))
            self._answers.add(task)
            task.add_done_callback(self._answers.discard)
        elif kind == "started" and self._word is not None and not self._word.done():
            self._word.set_result(frame[1])

    def _ended(self) -> None:
        self._link = None
        self._is_ready = False
        self._gone.set()
        if self._word is not None and not self._word.done():
            self._word.set_result("The process for delivery ended while it started; its log says why.")

    async def _answer(self, number: int, question: str, *given: Any) -> None:
        try:
            answer = await _QUESTIONS[question](self, *given)
        except Exception as error:
            logger.exception("delivery_not_answered")
            self._reply("failed", number, f"{type(error).__name__}: {error}")
        else:
            self._reply("answer", number, answer)

    def _reply(self, *frame: Any) -> None:
        if self._link is not None:
            self._link.send(*frame)

    async def _claim(self, limit: int, avoid: Mapping[str, datetime], full: Collection[str]) -> list[Any]:
        claimed = await self._queue.claim(limit, avoid=avoid, full=full)
        for outgoing in claimed:
            self._take(outgoing)
        return [pack(outgoing) for outgoing in claimed]

    async def _record(self, results: Sequence[Any]) -> None:
        await self._queue.write(results)
        for result in results:
            self._settled(result.message_id, (result.ordinal,))

    async def _release(self, claims: Sequence[tuple[str, Sequence[int]]]) -> None:
        await self._queue.release(claims)
        for message_id, ordinals in claims:
            self._settled(message_id, ordinals)

    async def _put_off(self, domain: str, until: datetime, outcome: Outcome, limit: int) -> int:
        return await self._queue.put_off(domain, until, outcome, limit)

    async def _park(self, items: Sequence[tuple[str, int, str]]) -> None:
        await self._queue.park(items)
        for message_id, ordinal, _ in items:
            self._settled(message_id, (ordinal,))

    async def _next_due(self) -> datetime | None:
        return await self._queue.next_due()


_QUESTIONS: Mapping[str, Callable[..., Awaitable[Any]]] = {
    "claim": DeliveryProcess._claim,
    "record": DeliveryProcess._record,
    "release": DeliveryProcess._release,
    "put_off": DeliveryProcess._put_off,
    "park": DeliveryProcess._park,
    "next_due": DeliveryProcess._next_due,
}


class LinkedQueue:
    """Delivery's Queue (tayori.delivery.queue) in the delivering process: it asks the accepting one."""

    def __init__(self, names: Callable[[str], ServiceNames], clock: Clock, ended: Callable[[], None]) -> None:
        self._names = names
        self._clock = clock
        self._on_end = ended
        self._link: Link | None = None
        self._wake = asyncio.Event()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._asked = 0
        self._scheduler: Scheduler | None = None
        self._stop: Callable[[float], None] | None = None

    async def join(self, end: socket.socket) -> None:
        self._link = await Link.over(end, self._heard, self._ended)

    def serve(self, scheduler: Scheduler, stop: Callable[[float], None]) -> None:
        """`scheduler` gets what is handed over from now on; `stop` is called with the seconds that it may take."""
        self._scheduler = scheduler
        self._stop = stop
        self.say_started("")

    def say_started(self, trouble: str) -> None:
        """ "" once delivery runs, else the sentence why it does not."""
        if self._link is not None:
            self._link.send("started", trouble)

    def close(self) -> None:
        """The end of the link is expected from now on."""
        self._on_end = _nothing
        if self._link is not None:
            self._link.close()

    # -- the Queue ---------------------------------------------------------------------------------------------------

    @property
    def wake(self) -> asyncio.Event:
        return self._wake

    async def claim(
        self, limit: int, *, avoid: Mapping[str, datetime] = NOTHING, full: Collection[str] = ()
    ) -> list[Outgoing]:
        claimed = await self._ask("claim", limit, dict(avoid), list(full))
        return [unpack(packed) for packed in claimed]

    async def put_off(self, domain: str, until: datetime, outcome: Outcome, limit: int) -> int:
        return int(await self._ask("put_off", domain, until, outcome, limit))

    async def record(self, reports: Sequence[AttemptReport]) -> None:
        await self._ask("record", written(reports, self._names, self._clock.now()))

    async def release(self, claims: Sequence[tuple[str, Sequence[int]]]) -> None:
        await self._ask("release", claims)

    async def park(self, items: Sequence[tuple[str, int, str]]) -> None:
        await self._ask("park", items)

    async def next_due(self) -> datetime | None:
        due: datetime | None = await self._ask("next_due")
        return due

    # -- the link ----------------------------------------------------------------------------------------------------

    def _ask(self, question: str, *given: Any) -> "asyncio.Future[Any]":
        if self._link is None:
            raise LinkLost("the accepting process is gone")
        self._asked += 1
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[self._asked] = answer
        self._link.send("ask", self._asked, question, *given)
        return answer

    def _heard(self, frame: Frame) -> None:
        kind = frame[0]
        if kind == "answer" or kind == "failed":
            waiting = self._waiting.pop(frame[1], None)
            if waiting is None or waiting.done():
                return
            if kind == "answer":
                waiting.set_result(frame[2])
            else:
                waiting.set_exception(RuntimeError(frame[2]))
        elif kind == "fresh":
            self._fresh(frame[1])
        elif kind == "wake":
            self._wake.set()
        elif kind == "stop" and self._stop is not None:
            self._stop(frame[1])

    def _fresh(self, messages: Sequence[Any]) -> None:
        refused: list[tuple[str, list[int]]] = []
        for packed in messages:
            outgoing = unpack(packed)
            if self._scheduler is None or not self._scheduler.offer(outgoing):
                refused.append((outgoing.message_id, [one.ordinal for one in outgoing.recipients]))
        if refused:
            self._ask("release", refused).add_done_callback(_note_failure)

    def _ended(self) -> None:
        self._link = None
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(LinkLost("the accepting process is gone"))
        self._waiting.clear()
        self._on_end()


def _nothing() -> None:
    pass


def _note_failure(answer: "asyncio.Future[Any]") -> None:
    if not answer.cancelled() and answer.exception() is not None:
        logger.error("not_released", exc_info=answer.exception())
