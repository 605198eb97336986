"""What receives the mail of many domains: a set of mail hosts, seen from one source address.

Owns what all domains behind the same hosts share: how many connections, how often a message, and the rest after it has
said that it wants none from this source. Receivers count by their hosts and by our address, not by the domains that
they host. Never opens a connection, never holds a job: `lane` does.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from tayori.delivery.means import Means
from tayori.delivery.shaping import Pace, Window
from tayori.delivery.slots import Slots
from tayori.model.message import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Nothing is tried until then; what waits shares the outcome."""

    until: datetime
    outcome: Outcome
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFacts:
    """One site at one moment, for operators."""

    name: str
    egress: str
    domains: int
    waiting: int
    connections: int
    idle: int
    window: int
    most: int
    rate: float  # messages in a second; 0.0 for no limit
    rests_until: datetime | None
    rest_reason: str
    last_reply: str  # the last one that was no success
    last_reply_at: datetime | None


class Site:
    """The limits of one set of hosts. Lanes ask it before they open a connection and before they send."""

    def __init__(self, name: str, egress: str, means: Means) -> None:
        self.name = name
        self.egress = egress
        settings = means.settings
        self.messages_per_connection = settings.max_messages_per_connection
        self.window = Window(settings.first_connections, settings.max_connections_per_destination)
        self.slots = Slots(self.window.size)
        self.pace: Pace | None = None
        self.rest: Rest | None = None
        self.lanes = 0
        self.last_reply = ""
        self.last_reply_at: datetime | None = None
        self._means = means
        self._loop = asyncio.get_running_loop()
        self._leaving = 0
        self._held_back: asyncio.TimerHandle | None = None
        self._when_free: dict[Callable[[], None], None] = {}

    # --- connections -----------------------------------------------------------------------------------------------

    @property
    def is_over(self) -> bool:
        """More connections are open than the window allows, not counting those that are about to end."""
        return self.slots.used - self._leaving > self.slots.limit

    def leave(self) -> None:
        """A connection is going to end because of `is_over`."""
        self._leaving += 1

    def left(self) -> None:
        self._leaving -= 1

    def _resize(self) -> None:
        self.slots.limit = self.window.size
        self.slots.offer()

    # --- what happened ---------------------------------------------------------------------------------------------

    def succeeded(self) -> bool:
        """True: one more connection is allowed."""
        if not self.window.succeeded():
            return False
        self._resize()
        return True

    def slowed(self) -> bool:
        """The site wants less. False: less than one connection is what it wants, so that it needs a rest."""
        can = self.window.slowed(self._loop.time())
        self._resize()
        return can

    def refused_beyond(self, connections: int) -> None:
        self.window.refused_beyond(connections)
        self._resize()

    def begin_again(self) -> None:
        self.window.begin_again()
        self._resize()

    def said(self, words: str, at: datetime) -> None:
        self.last_reply, self.last_reply_at = words, at

    # --- how often -------------------------------------------------------------------------------------------------

    def take_turn(self, when_free: Callable[[], None]) -> bool:
        """One message may go now. False: `when_free` is called when it is worth asking again."""
        if self.pace is None:
            return True
        wait = self.pace.take(self._loop.time())
        if not wait:
            return True
        self._when_free[when_free] = None
        if self._held_back is None:
            self._held_back = self._loop.call_later(wait, self._go_on)
        return False

    @property
    def is_held_back(self) -> bool:
        return self._held_back is not None

    def _go_on(self) -> None:
        self._held_back = None
        waiting, self._when_free = self._when_free, {}
        for call in waiting:
            call()

    def close(self) -> None:
        if self._held_back is not None:
            self._held_back.cancel()
            self._held_back = None

    # --- rest ------------------------------------------------------------------------------------------------------

    def resting(self) -> Rest | None:
        if self.rest is not None and self._means.clock.now() >= self.rest.until:
            self.rest = None
        return self.rest
