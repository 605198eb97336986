"""What receives the mail of many domains: a set of mail hosts, seen from one source address.

Owns what all domains behind the same hosts share: how many connections, how often a message, and the rest after it has
said that it wants none from this source. Receivers count by their hosts and by our address, not by the domains that
they host. Never opens a connection, never holds a job: `lane` does.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tayori.delivery.means import Means, Rest
from tayori.delivery.shaping import Pace, Window
from tayori.delivery.slots import Slots
from tayori.mail.reply import Reply
from tayori.model.failure import at_scope
from tayori.model.message import FailureScope, Outcome
from tayori.model.shaping import Act, Provider, SiteLimit, Verdict
from tayori.model.waiting import SiteState

NO_LIMIT = SiteLimit()


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFacts:
    """One site at one moment, for operators."""

    name: str
    provider: str
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
    is_held_back: bool  # by the rate, at this moment

    @property
    def state(self) -> SiteState:
        """As `model.waiting` asks for it."""
        return SiteState(
            name=self.name,
            waiting=self.waiting,
            connections=self.connections,
            window=self.window,
            rate=self.rate,
            is_held_back=self.is_held_back,
            rests_until=self.rests_until,
            rest_reason=self.rest_reason,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionFacts:
    """One connection at one moment, for operators."""

    site: str
    host: str
    address: str
    source: str
    tls: str  # "TLSv1.3 TLS_AES_256_GCM_SHA384", or "" for clear text
    since: datetime
    messages: int
    doing: str


class Site:
    """The limits of one set of hosts. Lanes ask it before they open a connection and before they send."""

    def __init__(self, name: str, provider: Provider, egress: str, means: Means) -> None:
        self.name = name
        self.provider = provider
        self.egress = egress
        settings = means.settings
        self._loop = asyncio.get_running_loop()
        self.messages_per_connection = provider.messages_per_connection or settings.max_messages_per_connection
        self.recipients = min(provider.recipients or settings.max_recipients, settings.max_recipients)
        self._most = provider.connections or settings.max_connections_per_destination
        self.window = Window(settings.first_connections, self._most)
        self.slots = Slots(self.window.size)
        self.pace = Pace(provider.rate, self._loop.time()) if provider.rate else None
        self.rest: Rest | None = None
        self._rests = 0  # in a row
        self._when_resting: dict[Callable[[Rest], None], None] = {}
        self.lanes = 0
        self.last_reply = ""
        self.last_reply_at: datetime | None = None
        self._means = means
        self._leaving = 0
        self._held_back: asyncio.TimerHandle | None = None
        self._when_free: dict[Callable[[], None], None] = {}
        self._limit = NO_LIMIT

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
        self.slots.shed()

    # --- what happened ---------------------------------------------------------------------------------------------

    def succeeded(self) -> bool:
        """True: one more connection is allowed."""
        self._rests = 0
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

    def limit_to(self, limit: SiteLimit) -> None:
        """What an operator allows from now on."""
        if limit == self._limit:
            return
        self._limit = limit
        self.window.limit_to(limit.connections or self._most)
        self._resize()
        rate = limit.rate or self.provider.rate
        self.pace = Pace(rate, self._loop.time()) if rate else None
        if self._held_back is not None:  # by the old pace
            self._held_back.cancel()
            self._go_on()

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

    def on_rest(self, call: Callable[[Rest], None]) -> None:
        """`call` is told of each rest as it begins."""
        self._when_resting[call] = None

    def not_on_rest(self, call: Callable[[Rest], None]) -> None:
        self._when_resting.pop(call, None)

    def judge(self, reply: Reply) -> Verdict:
        return self._means.providers.judge(self.provider, reply)

    def obey(self, verdict: Verdict, outcome: Outcome, *, wants_less: bool) -> None:
        """What a reply asks of the whole site."""
        self.said(str(outcome.reply), self._means.clock.now())
        if Act.REST in verdict:
            self.slowed()
            self.go_to_rest(outcome, verdict.seconds)
        elif (wants_less or Act.SLOW_DOWN in verdict) and not self.slowed() and outcome.scope is not FailureScope.HOST:
            self.go_to_rest(outcome, 0.0)  # of one host only, others may know better: the lane sees to that

    def go_to_rest(self, outcome: Outcome, seconds: float) -> None:
        """`seconds` 0.0: as long as the settings say, longer each time in a row."""
        if self.resting() is not None:
            return
        settings = self._means.settings
        seconds = seconds or min(settings.first_pause * 2**self._rests, settings.longest_pause)
        self._rests = min(self._rests + 1, 16)
        until = self._means.clock.now() + timedelta(seconds=seconds)
        if outcome.scope is FailureScope.HOST:
            outcome = at_scope(outcome, FailureScope.DESTINATION)
        self.rest = Rest(until=until, outcome=outcome, notes=(f"{self.name} rests",))
        for call in list(self._when_resting):
            call(self.rest)
