"""One destination: a recipient domain under one TLS policy, from one source.

Owns the way there: it resolves the route, finds the lane that leads to those hosts, calls hosts on the lane's behalf,
and rests while its own name servers give no answer. Connections and their limits belong to the lane and its site, which
other domains at the same hosts share. Never decides what a failure means: it obeys the scope that `model.failure` gave
it.
"""

import asyncio
import logging
from datetime import timedelta

from tayori.delivery.dialogue import Session, open_session
from tayori.delivery.egress import Egress
from tayori.delivery.job import Job
from tayori.delivery.lane import Lane, not_tried, settle, widened
from tayori.delivery.means import Means, Rest
from tayori.delivery.relay import find_relay
from tayori.delivery.route import Route, Target, find_route
from tayori.delivery.security import Security
from tayori.delivery.sites import LaneKey, Sites
from tayori.model.failure import classify_trouble
from tayori.model.message import FailureScope, Outcome, OutcomeKind, Reason, TlsPolicy

log = logging.getLogger("tayori.delivery")

_FRESH_SECONDS = 5.0
_REMEMBERED_SECONDS = 60.0  # an attached destination without jobs, so that its next one needs no look at the DNS


class Destination:
    """Jobs in, onto their lane."""

    def __init__(self, domain: str, policy: TlsPolicy, egress: Egress, means: Means, sites: Sites) -> None:
        self.domain = domain
        self.waiting = 0
        self._policy = policy
        self.egress = egress
        self._means = means
        self._sites = sites
        self._loop = asyncio.get_running_loop()
        self._unrouted: list[Job] = []
        self._routing: asyncio.Task[None] | None = None
        self._lane: Lane | None = None
        self._route: Route | None = None  # the last one that led somewhere
        self._fresh_until = 0.0  # so long the first to connect need not resolve it again
        self._rest: Rest | None = None
        self._rests = 0
        self._used = self._loop.time()

    # --- for the scheduler -----------------------------------------------------------------------------------------

    def resting(self) -> Rest | None:
        """Why nothing is tried now, here or at the whole site."""
        if self._rest is not None:
            if self._means.clock.now() < self._rest.until:
                return self._rest
            self._rest = None
        return self._lane.resting() if self._lane is not None else None

    @property
    def lane(self) -> Lane | None:
        """Where its mail goes; None while nobody knows."""
        return self._lane

    @property
    def is_spent(self) -> bool:
        """Nothing to do, nothing worth remembering."""
        if self.waiting or self._routing is not None or self._rest is not None:
            return False
        now = self._loop.time()
        is_known = self._lane is not None and self._lane.connections and now - self._used < _REMEMBERED_SECONDS
        return not is_known

    def add(self, job: Job) -> None:
        if self._rest is not None and (rest := self.resting()) is not None:
            not_tried(self._means, job, rest)
            return
        self.waiting += 1
        self._used = self._loop.time()
        if self._lane is not None:
            self._lane.add(job)
            return
        self._unrouted.append(job)
        if self._routing is None:
            self._routing = self._loop.create_task(self._find_lane(), name=f"route to {self.domain}")

    def leave(self) -> None:
        """It is forgotten."""
        self._attach(None)

    def stop(self) -> None:
        self._unrouted.clear()
        if self._routing is not None:
            self._routing.cancel()

    # --- the route -------------------------------------------------------------------------------------------------

    async def _find_lane(self) -> None:
        try:
            route = await self._resolved()
            if route.trouble is None:
                self._attach(await self._lane_of(route))
            else:
                self._no_route(route)
        except Exception as error:
            log.exception("a bug while looking for the hosts of %s", self.domain)
            words = f"trouble in this service: {type(error).__name__}"
            self._no_route(Route(trouble=classify_trouble(Reason.LOCAL_TROUBLE, words)))
        finally:
            self._routing = None
        jobs, self._unrouted = self._unrouted, []
        for job in jobs:
            if self._lane is not None:
                self._lane.add(job)

    async def _resolved(self) -> Route:
        """A temporary trouble of the DNS does not make a route forgotten that has just been good (RFC 8767)."""
        if self._route is not None and self._loop.time() < self._fresh_until:
            self._fresh_until = 0.0
            return self._route
        means = self._means
        relay = self.egress.relay
        if relay is not None:
            route = await find_relay(relay, means.resolver, means.settings)
        else:
            route = await find_route(self.domain, means.resolver, means.settings, means.shuffle)
        if route.trouble is None:
            self._route = route
            return route
        known = self._route
        if known is not None and route.trouble.kind is OutcomeKind.DEFERRED:
            return known
        return route

    async def _lane_of(self, route: Route) -> Lane:
        hosts = frozenset([target.host for target in route.targets])
        is_relayed = self.egress.relay is not None
        standing = () if is_relayed else await self._means.calls.standing(self.domain, route.targets)
        return self._sites.lane(LaneKey(hosts, self.egress.name, self._policy, standing))

    def _attach(self, lane: Lane | None) -> None:
        if self._lane is not None:
            self._lane.members -= 1
        self._lane = lane
        if lane is not None:
            lane.members += 1
            self._fresh_until = self._loop.time() + _FRESH_SECONDS

    def _no_route(self, route: Route, first: Job | None = None, notes: tuple[str, ...] = ()) -> None:
        """All that waits has the route's trouble; while that is temporary, nothing is tried."""
        assert route.trouble is not None
        outcome = widened(route.trouble)
        told = (*notes, *route.notes)
        jobs, self._unrouted = self._unrouted, []
        if self._lane is not None:
            jobs += self._lane.withdraw(self)
            self._attach(None)
        self.waiting -= len(jobs)
        hold_until = None
        if outcome.kind is OutcomeKind.DEFERRED:
            settings = self._means.settings
            seconds = min(settings.first_pause * 2**self._rests, settings.longest_pause)
            self._rests = min(self._rests + 1, 16)
            hold_until = self._means.clock.now() + timedelta(seconds=seconds)
            self._rest = Rest(until=hold_until, outcome=outcome, notes=told)
        for job in jobs if first is None else (first, *jobs):
            settle(self._means, job, outcome, told, hold_until=hold_until)
        if self._rest is not None:
            self._means.resting(self.domain, self._rest)

    # --- for the lane ----------------------------------------------------------------------------------------------

    async def search(self, asker: Lane, first: Job | None, notes: list[str]) -> Session[Job] | Outcome | None:
        """A session with the first host of the route that opens one, or why there is none. None: it has left the lane
        that asks, since the route has changed, and has taken its jobs along.
        """
        route = await self._resolved()
        if route.trouble is not None:
            self._no_route(route, first, tuple(notes))
            return None
        lane = await self._lane_of(route)
        if lane is not asker:
            self._move(asker, lane, first)
            return None
        notes.extend(route.notes)
        trouble = first.trouble if first is not None else None
        for target in lane.in_order(route.targets, first):
            result = await self._call(target, notes, lane)
            if isinstance(result, Session):
                self._rests = 0
                return result
            result = lane.judged(result)
            if result.scope in (FailureScope.LOCAL, FailureScope.SOURCE):
                return result
            lane.shun(target)
            trouble = result
        return trouble or classify_trouble(Reason.NO_ADDRESS)

    def _move(self, old: Lane, new: Lane, first: Job | None) -> None:
        jobs = old.withdraw(self)
        if self._lane is not new:
            self._attach(new)
        for job in jobs:
            new.add(job)
        if first is not None:
            self.waiting += 1
            new.add(Job(first.held, first.recipients, self, notes=first.notes, trouble=first.trouble))

    async def _call(self, target: Target, notes: list[str], lane: Lane) -> Session[Job] | Outcome:
        """One host, with the security that it is owed."""
        means = self._means

        async def dial(security: Security) -> Session[Job] | Outcome:
            return await open_session(target, security, settings=means.settings, egress=self.egress, feed=lane)

        return await means.calls.call(self.domain, target, self._policy, dial, notes, self.egress.relay)
