"""The pipe between accepting and delivering, and both its ends: nothing is lost on the way, whoever dies."""

import asyncio
import pickle
import socket
import struct
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from population import deferred, delivered, identity, names, open_account, report, submission
from tayori.app.delivery_process import DeliveryProcess, LinkedQueue, LinkLost, NotStarted
from tayori.app.hand_over import pack, unpack
from tayori.app.link import Frame, Link
from tayori.app.sending import Sending, StoredQueue
from tayori.clock import AdjustableClock
from tayori.delivery.memory import Memory
from tayori.mail.address import AddrSpec
from tayori.mail.envelope import BodyType, ReversePath
from tayori.model.message import DueRecipient, Outgoing, SigningPlan, TlsPolicy
from tayori.store.dialect import Hot
from tayori.store.engine import Store

WORKER = "worker-1"
_ROWS = Hot("SELECT state, owner, attempts FROM recipients ORDER BY message_id, ordinal")

# -- a message as a tuple ----------------------------------------------------------------------------------------------

words = st.text(st.characters(codec="utf-8"), max_size=20)
domains = st.sampled_from(["inbox.test", "xn--wgv71a.test", "[192.0.2.1]"])
addresses = st.builds(AddrSpec, words, domains)
moments = st.datetimes(datetime(1970, 1, 1), datetime(3000, 1, 1), timezones=st.just(UTC))
outgoings = st.builds(
    Outgoing,
    message_id=words,
    account_id=words,
    region=words,
    configuration_set=st.none() | words,
    reverse_path=st.just(ReversePath.NULL) | st.builds(ReversePath.of, addresses),
    content=st.binary(max_size=200),
    body=st.sampled_from(BodyType),
    signing=st.lists(st.builds(SigningPlan, domain=words, selector=words, key_id=words), max_size=3).map(tuple),
    tls_policy=st.sampled_from(TlsPolicy),
    accepted_at=moments,
    expires_at=moments,
    recipients=st.lists(
        st.builds(DueRecipient, ordinal=st.integers(0, 49), address=addresses, attempts=st.integers(0, 99)), max_size=4
    ).map(tuple),
    stream=words,
)


@given(outgoings)
def test_a_message_crosses_as_it_is(outgoing: Outgoing) -> None:
    assert unpack(pickle.loads(pickle.dumps(pack(outgoing)))) == outgoing


# -- frames ------------------------------------------------------------------------------------------------------------


def encoded(*frame: Any) -> bytes:
    payload = pickle.dumps(frame, pickle.HIGHEST_PROTOCOL)
    return struct.pack("!I", len(payload)) + payload


def test_frames_may_be_cut_anywhere(run) -> None:
    octets = encoded("one", 1, b"x") + encoded("two") + encoded("three", "ü" * 9, None)
    expected = [("one", 1, b"x"), ("two",), ("three", "ü" * 9, None)]

    async def story() -> None:
        for cut in range(len(octets) + 1):
            heard: list[Frame] = []
            link = Link(heard.append, lambda: None)
            link.data_received(octets[:cut])
            link.data_received(octets[cut:])
            assert heard == expected, cut
        heard = []
        link = Link(heard.append, lambda: None)
        for octet in octets:
            link.data_received(bytes([octet]))
        assert heard == expected

    run(story())


def test_large_frames_cross_in_order_and_the_end_is_told_once(run) -> None:
    async def story() -> None:
        heard: asyncio.Queue[Frame] = asyncio.Queue()
        ended: list[str] = []
        gone = asyncio.Event()
        left, right = socket.socketpair()
        one = await Link.over(left, lambda frame: None, lambda: ended.append("one"))
        other = await Link.over(right, heard.put_nowait, lambda: (ended.append("other"), gone.set()))
        large = b"x" * 11_000_000
        one.send("large", large)
        for number in range(100):
            one.send("small", number)
        assert await heard.get() == ("large", large)
        assert [await heard.get() for _ in range(100)] == [("small", number) for number in range(100)]
        one.send("last")
        one.close()  # what was said before is still heard
        assert await heard.get() == ("last",)
        await gone.wait()
        other.send("nobody hears")
        other.close()
        await turns()
        assert sorted(ended) == ["one", "other"]

    run(story())


# -- both ends ---------------------------------------------------------------------------------------------------------


async def turns() -> None:
    """Let the loop close what is being closed."""
    for _ in range(5):
        await asyncio.sleep(0)


class Peer:
    """A delivering process that is none: its end of the link is served by the test's own loop."""

    def __init__(self, end: socket.socket, loop: asyncio.AbstractEventLoop, clock: AdjustableClock, word: str) -> None:
        self.exitcode: int | None = None
        self.offered: asyncio.Queue[Outgoing] = asyncio.Queue()
        self.stops: list[float] = []
        self.accepts = True
        self.ended = asyncio.Event()
        self.queue = LinkedQueue(names, clock, self.ended.set)
        self.word = word
        self._loop = loop
        self._end = end.dup()
        asyncio.run_coroutine_threadsafe(self._serve(), loop)

    async def _serve(self) -> None:
        await self.queue.join(self._end)
        if self.word == "dies":
            self.queue.close()
        elif self.word:
            self.queue.say_started(self.word)
        else:
            self.queue.serve(self, self._stop)  # type: ignore[arg-type] # as much of a Scheduler as is asked for

    def offer(self, outgoing: Outgoing) -> bool:
        if self.accepts:
            self.offered.put_nowait(outgoing)
        return self.accepts

    def _stop(self, seconds: float) -> None:
        self.stops.append(seconds)
        self.queue.close()

    def kill(self) -> None:
        self.exitcode = -9
        self._loop.call_soon_threadsafe(self.queue.close)

    def join(self) -> None:
        """It has no process to wait for."""


class World:
    """A store, the accepting side over it, and as many peers as were started."""

    def __init__(self, store: Store, clock: AdjustableClock, says: Callable[[int], str] = lambda number: "") -> None:
        self.store, self.clock = store, clock
        self.peers: list[Peer] = []
        self.loop = asyncio.get_running_loop()
        self.says = says
        self.memory = Memory(max_messages=100, max_bytes=1_000_000)
        self.stored = StoredQueue(store, names, WORKER, 1_000_000)
        self.process = DeliveryProcess(launch=self._launch, queue=self.stored, memory=self.memory)
        self.sending = Sending(store, names, WORKER)
        self.sending.engine, self.sending.queue = self.process, self.stored

    def _launch(self) -> tuple[socket.socket, Any]:
        ours, theirs = socket.socketpair()
        with theirs:
            self.peers.append(Peer(theirs, self.loop, self.clock, self.says(len(self.peers))))
        return ours, self.peers[-1]

    @property
    def peer(self) -> Peer:
        return self.peers[-1]

    async def begin(self) -> None:
        await self.store.write(open_account)
        await self.store.write(identity, "example.com")
        await self.process.start()

    async def rows(self) -> list[tuple[Any, ...]]:
        return await self.store.read(lambda tx: tx.hot_rows(_ROWS, ()))

    async def end(self) -> None:
        """Nobody's end of a link stays open."""
        await self.process.stop(1.0)
        for peer in self.peers:
            peer.queue.close()
        await turns()

    async def until(self, look: Callable[[], bool]) -> None:
        while not look():
            await asyncio.sleep(0.01)


def test_messages_are_handed_over_and_their_results_recorded(run, store: Store, clock: AdjustableClock) -> None:
    async def story() -> None:
        world = World(store, clock)
        await world.begin()
        message_id = await world.sending.submit(submission("a@inbox.test", "b@inbox.test"))
        outgoing = await world.peer.offered.get()
        assert outgoing.message_id == message_id and len(outgoing.recipients) == 2
        assert (world.process.in_memory, world.memory.messages) == (1, 1)
        later = clock.now() + timedelta(minutes=5)
        await world.peer.queue.record([report(outgoing, delivered(), deferred(later), started_at=clock.now())])
        assert await world.rows() == [("delivered", "", 1), ("deferred", "", 1)]
        assert (world.process.in_memory, world.memory.octets) == (0, 0)
        due = await world.peer.queue.next_due()
        assert due is not None and abs(due - later) < timedelta(milliseconds=1)
        await world.end()
        assert world.peer.stops == [1.0]

    run(story())


def test_claiming_giving_back_and_putting_off_go_through(run, store: Store, clock: AdjustableClock) -> None:
    async def story() -> None:
        world = World(store, clock)
        await world.begin()
        world.peer.accepts = False  # what it has no room for goes back to the rows
        wanted = submission("a@inbox.test")
        await world.sending.submit(wanted)
        await world.until(lambda: world.process.in_memory == 0)
        assert await world.rows() == [("deferred", "", 0)]
        (claimed,) = await world.peer.queue.claim(10)
        assert claimed.content == wanted.content and world.process.in_memory == 1
        assert await world.rows() == [("sending", WORKER, 0)]
        await world.peer.queue.release([(claimed.message_id, [0])])
        assert await world.rows() == [("deferred", "", 0)] and world.process.in_memory == 0
        outcome, _ = deferred(clock.now(), counts=False)
        until = clock.now() + timedelta(minutes=9)
        assert await world.peer.queue.put_off("inbox.test", until, outcome, 10) == 1
        assert await world.peer.queue.claim(10) == []
        await world.end()

    run(story())


def test_recipients_of_one_message_that_are_taken_one_after_the_other_are_one_in_memory(
    run, store: Store, clock: AdjustableClock
) -> None:
    async def story() -> None:
        world = World(store, clock)
        await world.begin()
        await world.sending.submit(submission("a@inbox.test", "b@other.test"))
        first = await world.peer.offered.get()
        await world.peer.queue.release([(first.message_id, [1])])
        (second,) = await world.peer.queue.claim(10)
        assert [one.ordinal for one in second.recipients] == [1]
        assert (world.process.in_memory, world.memory.messages) == (1, 1)
        await world.peer.queue.record([report(second, delivered(), started_at=clock.now())])
        assert (world.process.in_memory, world.memory.messages) == (1, 1)
        a_only = replace(first, recipients=first.recipients[:1])
        await world.peer.queue.record([report(a_only, delivered(), started_at=clock.now())])
        assert (world.process.in_memory, world.memory.messages, world.memory.octets) == (0, 0, 0)
        assert await world.rows() == [("delivered", "", 1), ("delivered", "", 1)]
        await world.end()

    run(story())


def test_what_the_dead_had_is_given_back_and_another_is_started(run, store: Store, clock: AdjustableClock) -> None:
    async def story() -> None:
        world = World(store, clock)
        await world.begin()
        for _ in range(3):
            await world.sending.submit(submission("a@inbox.test", "b@inbox.test"))
        first = await world.peer.offered.get()
        dead = world.peer
        told = asyncio.ensure_future(dead.queue.record([report(first, delivered(), started_at=clock.now())]))
        await asyncio.sleep(0)  # the result is on the link when the process dies
        dead.kill()
        await world.until(lambda: len(world.peers) == 2 and world.process.is_running)
        assert isinstance((await asyncio.gather(told, return_exceptions=True))[0], LinkLost)
        states = sorted(row[:2] for row in await world.rows())
        assert states == [("deferred", "")] * 4 + [("delivered", "")] * 2
        assert (world.process.in_memory, world.memory.messages) == (0, 0)
        assert len(await world.peer.queue.claim(10)) == 2
        with pytest.raises(LinkLost):
            await dead.queue.next_due()
        await world.end()
        assert sorted(row[0] for row in await world.rows()) == ["deferred"] * 4 + ["delivered"] * 2

    run(story())


def test_it_is_started_again_until_it_starts(run, store: Store, clock: AdjustableClock, caplog) -> None:
    async def story() -> None:
        world = World(store, clock, lambda number: "dies" if number in (1, 2) else "")
        await world.begin()
        world.peer.kill()
        await world.until(lambda: len(world.peers) == 4 and world.process.is_running)
        await world.sending.submit(submission("a@inbox.test"))
        assert (await world.peer.offered.get()).recipients[0].attempts == 0
        await world.end()

    run(story())
    assert caplog.messages.count("delivery_not_started") == 2


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("The port is taken.", "The port is taken."),
        ("dies", "The process for delivery ended while it started; its log says why."),
    ],
)
def test_a_failed_start_says_why(run, store: Store, clock: AdjustableClock, word: str, sentence: str) -> None:
    async def story() -> None:
        world = World(store, clock, lambda number: word)
        with pytest.raises(NotStarted, match=sentence):
            await world.begin()
        await turns()
        assert not world.process.has_room("any")
        await world.sending.submit(submission("a@inbox.test"))  # accepted all the same: it waits in the rows
        assert await world.rows() == [("queued", "", 0)]
        await world.end()

    run(story())


def test_a_question_that_fails_is_told_and_the_link_goes_on(run, store: Store, clock: AdjustableClock) -> None:
    async def story() -> None:
        world = World(store, clock)
        await world.begin()
        outcome, _ = deferred(clock.now())
        with pytest.raises(RuntimeError, match="Error"):
            await world.peer.queue.put_off("inbox.test", "never", outcome, 1)  # type: ignore[arg-type]
        assert await world.peer.queue.claim(1) == []
        await world.end()

    run(story())


def test_without_its_accepting_process_the_other_is_told(run, store: Store, clock: AdjustableClock) -> None:
    async def story() -> None:
        end, other = socket.socketpair()
        gone = asyncio.Event()
        queue = LinkedQueue(names, clock, gone.set)
        await queue.join(other)
        waiting = asyncio.ensure_future(queue.claim(1))
        await asyncio.sleep(0)
        end.close()
        await gone.wait()
        with pytest.raises(LinkLost):
            await waiting
        await turns()

    run(story())
