"""What is delivered when: fresh messages handed over, due ones claimed, both spread over their destinations.

Owns the bounds on what is in memory, the claiming, and the orderly stop. Rule of the house: commit, then deliver from
memory. The stored row is the safety net; only what is deferred, or did not fit into memory, is read back. Never speaks
SMTP, never writes a state.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from tayori import ids
from tayori.clock import Clock
from tayori.delivery import providers, simulator
from tayori.delivery.destination import Destination
from tayori.delivery.egress import DEFAULT, Egress, EgressChooser, SettingsChooser
from tayori.delivery.job import Held, Job
from tayori.delivery.ledger import Ledger
from tayori.delivery.means import Means, Rest
from tayori.delivery.memory import Memory
from tayori.delivery.parking import Parking
from tayori.delivery.queue import Queue
from tayori.delivery.secured import SecuredCalls
from tayori.delivery.securities import secured_calls
from tayori.delivery.settings import DeliverySettings
from tayori.delivery.sign import LoadKey, SignedMessage, Signer
from tayori.delivery.site import ConnectionFacts, SiteFacts
from tayori.delivery.sites import Sites
from tayori.delivery.slots import Slots
from tayori.mail.answer import Resolver
from tayori.model.failure import classify_trouble
from tayori.model.message import (
    AttemptFacts,
    AttemptReport,
    DueRecipient,
    FailureScope,
    Outcome,
    Outgoing,
    Reason,
    TlsPolicy,
)
from tayori.model.pause import PauseKind, Pauses
from tayori.model.shaping import SiteLimit
from tayori.model.simulator import DOMAIN as SIMULATED

log = logging.getLogger("tayori.delivery")

_FLUSH_SECONDS = 10.0
_TROUBLE_SECONDS = 2.0  # before the queue is asked again after it failed
_SWEEP_SECONDS = 1.0
_FULL_SECONDS = timedelta(seconds=10)  # service time: what waits for a destination with enough in memory
_PUT_OFF_AT_ONCE = 250  # recipients in one transaction
_PUT_OFF_SHARE = 0.15  # of the time at most: what a dead destination has waiting must not keep others from the database
_MOST_AVOIDED = 1000

_Key = tuple[str, TlsPolicy, str]  # domain, policy, name of the way out
_Ways = dict[str, Egress | None]  # by recipient domain

_LEAST_WAIT = 0.5  # service time; what is due and not given to us must not make us spin


class Scheduler:
    """The delivery engine of one process."""

    def __init__(
        self,
        *,
        queue: Queue,
        resolver: Resolver,
        load_key: LoadKey,
        clock: Clock,
        settings: DeliverySettings,
        jitter: Callable[[], float] = ids.jitter,
        calls: SecuredCalls | None = None,
        chooser: EgressChooser | None = None,
    ) -> None:
        self._queue = queue
        self._clock = clock
        self._settings = settings
        self._signer = Signer(load_key=load_key, clock=clock, settings=settings)
        self._ledger = Ledger(queue, clock, jitter, self._recorded)
        self._parking = Parking(queue, self._parked)
        self._means = Means(
            parking=self._parking,
            settings=settings,
            resolver=resolver,
            calls=calls or secured_calls(settings, resolver, clock),
            clock=clock,
            ledger=self._ledger,
            slots=Slots(settings.max_connections),
            shuffle=random.shuffle,
            providers=providers.load(settings.providers_file),
            changed=self._changed,
            resting=self._resting,
        )
        self._chooser = chooser if chooser is not None else SettingsChooser(settings)
        self._sites = Sites(self._means)
        self._destinations: dict[_Key, Destination] = {}
        self._by_domain: dict[str, list[Destination]] = {}
        self._held: dict[Held, None] = {}  # in order of arrival
        self._by_message: dict[str, list[Held]] = {}
        self._memory = Memory(max_messages=settings.max_messages, max_bytes=settings.max_bytes)
        self._room = asyncio.Event()
        self._quiet = asyncio.Event()
        self._crowded: set[str] = set()  # domains that were found full
        self._put_off: dict[str, Rest] = {}  # domains that rest, until their mail in the store is put off
        self._putting_off = asyncio.Event()
        self._is_stopping = False
        self._next_sweep = 0.0
        self._tasks: list[asyncio.Task[None]] = []

    # --- taking in -------------------------------------------------------------------------------------------------

    @property
    def in_memory(self) -> int:
        return len(self._held)

    @property
    def destinations(self) -> int:
        """How many are known at the moment: busy, resting, or worth remembering."""
        return len(self._destinations)

    def sites(self) -> tuple[SiteFacts, ...]:
        """Where mail is being sent to, and how, at this moment."""
        return self._sites.facts()

    def site_of(self, domain: str) -> SiteFacts | None:
        """The site that mail for `domain` goes to, if this process knows it; one that rests before others."""
        lanes = [destination.lane for destination in self._by_domain.get(domain, ()) if destination.lane is not None]
        facts = [self._sites.facts_of(lane.site) for lane in lanes]
        return min(facts, key=lambda one: one.rests_until is None, default=None)

    def connections(self) -> tuple[ConnectionFacts, ...]:
        """The live ones."""
        return tuple(facts for lane in self._sites for facts in lane.connection_facts())

    def limit_to(self, limits: Mapping[str, SiteLimit]) -> None:
        """What operators allow sites, by their names."""
        self._sites.limit_to(limits)

    def obey(self, pauses: Pauses) -> None:
        """What is covered leaves memory; what has been given to a receiver already is finished."""
        is_new = pauses != self._parking.pauses
        self._parking.pauses = pauses
        paused = {pause.name for pause in pauses if pause.kind is PauseKind.SOURCE}
        for lane in self._sites:
            if is_new or lane.site.egress in paused:
                lane.park_paused()

    def _is_paused(self, outgoing: Outgoing) -> bool:
        pauses = self._parking.pauses
        return bool(pauses) and any(
            pauses.of_mail(outgoing.account_id, outgoing.configuration_set, domain) for domain in _domains(outgoing)
        )

    def has_room(self, stream: str | None = None) -> bool:
        """Whether one more may come, of `stream` where that is given."""
        return not self._is_stopping and self._memory.has_room(stream)

    def offer(self, outgoing: Outgoing) -> bool:
        """A fresh message whose recipients belong to this process already (state SENDING under its lease). False: no
        room for it; the caller leaves it to a later claim.
        """
        if not self.has_room(outgoing.stream) or self._is_paused(outgoing):
            return False
        for domain in _domains(outgoing):
            if self._is_full(domain):
                return False
        self._hold(outgoing)
        return True

    def _is_full(self, domain: str) -> bool:
        return any(
            destination.waiting >= self._settings.max_waiting_per_destination
            for destination in self._by_domain.get(domain, ())
        )

    def _hold(self, outgoing: Outgoing) -> None:
        held = Held(outgoing, {recipient.ordinal for recipient in outgoing.recipients})
        self._held[held] = None
        self._by_message.setdefault(outgoing.message_id, []).append(held)
        self._memory.add(outgoing.stream, len(outgoing.content))
        domains = _domains(outgoing)
        ways = {domain: self._chooser.choose(outgoing, domain) for domain in domains}
        if len(domains) == 1 and self._will_wait(domains[0], outgoing.tls_policy, ways[domains[0]]):
            self._spread(held, ways)  # to be deferred: not worth a signature
        else:
            self._signer.sign(outgoing, lambda result: self._signed(held, ways, result))

    def _will_wait(self, domain: str, policy: TlsPolicy, egress: Egress | None) -> bool:
        """Nothing is tried there for the moment."""
        if egress is None:
            return True
        destination = self._destinations.get((domain, policy, egress.name))
        return destination is not None and destination.resting() is not None

    def _signed(self, held: Held, ways: _Ways, result: SignedMessage | Outcome) -> None:
        if self._is_stopping:
            return  # released with the rest
        if isinstance(result, SignedMessage):
            held.signed = result
            self._spread(held, ways)
            return
        facts = AttemptFacts(started_at=self._clock.now(), duration_ms=0, transcript=result.diagnostic)
        self._ledger.add(held, facts, [(recipient, result) for recipient in held.outgoing.recipients])

    def _spread(self, held: Held, ways: _Ways) -> None:
        """One job for each recipient domain, or more where a transaction cannot take all of its recipients."""
        outgoing = held.outgoing
        recipients = outgoing.recipients
        most = self._settings.max_recipients
        for domain, egress in ways.items():
            here = recipients if len(recipients) == 1 else tuple([r for r in recipients if r.address.domain == domain])
            if domain == SIMULATED:
                simulator.answer(held, here, self._ledger, self._clock)
                continue
            if egress is None:
                self._without_source(held, domain, here)
                continue
            destination = self._destination(domain, outgoing.tls_policy, egress)
            for start in range(0, len(here), most):
                destination.add(Job(held, here[start : start + most], destination))
            if destination.waiting >= self._settings.max_waiting_per_destination:
                self._crowded.add(domain)

    def _without_source(self, held: Held, domain: str, recipients: tuple[DueRecipient, ...]) -> None:
        """Its sources are all used up or at rest: that is ours, and no attempt."""
        now = self._clock.now()
        outcome = classify_trouble(Reason.NO_SOURCE)
        hold_until = self._chooser.until(held.outgoing, domain)
        facts = AttemptFacts(started_at=now, duration_ms=0, transcript=outcome.diagnostic)
        self._ledger.add(held, facts, [(recipient, outcome) for recipient in recipients], hold_until=hold_until)

    def _destination(self, domain: str, policy: TlsPolicy, egress: Egress) -> Destination:
        key = domain, policy, egress.name
        destination = self._destinations.get(key)
        if destination is None:
            destination = Destination(domain, policy, egress, self._means, self._sites)
            self._destinations[key] = destination
            self._by_domain.setdefault(domain, []).append(destination)
        destination.egress = egress  # of the same name, and maybe with another password
        return destination

    def _recorded(self, held: Held, report: AttemptReport) -> None:
        self._chooser.learned(report)
        for result in report.results:
            held.open.discard(result.ordinal)
        if not held.open:
            self._drop(held)

    def _parked(self, held: Held, ordinal: int) -> None:
        held.open.discard(ordinal)
        if not held.open:
            self._drop(held)

    def _drop(self, held: Held) -> None:
        if held in self._held:
            del self._held[held]
            parts = self._by_message[held.outgoing.message_id]
            parts.remove(held)
            if not parts:
                del self._by_message[held.outgoing.message_id]
            self._memory.remove(held.outgoing.stream, len(held.outgoing.content))
            self._room.set()

    # --- claiming --------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        # The ledger first: `stop` ends it last.
        self._tasks = [
            asyncio.create_task(self._ledger.run(), name="delivery ledger"),
            asyncio.create_task(self._claim_for_ever(), name="delivery claims"),
            asyncio.create_task(self._put_off_for_ever(), name="delivery of what rests"),
            asyncio.create_task(self._parking.run(), name="delivery of what is paused"),
        ]

    @property
    def is_running(self) -> bool:
        """False once a task of this engine has died; whoever supervises it should stop the process."""
        return bool(self._tasks) and not any(task.done() for task in self._tasks)

    async def _claim_for_ever(self) -> None:
        while not self._is_stopping:
            try:
                if not await self._claim():
                    await self._wait_for_work()
            except Exception:
                log.exception("due messages could not be claimed")
                await self._clock.wait(self._queue.wake, _TROUBLE_SECONDS)

    async def _claim(self) -> bool:
        """True when more may be due."""
        self._queue.wake.clear()
        self._forget_spent()
        if not self.has_room():
            return False
        limit = min(self._settings.claim_batch, self._memory.left)
        full = list(self._memory.full())
        claimed = await self._queue.claim(limit, avoid=self._unwanted(), full=full)
        for outgoing in map(self._not_in_hand, claimed):
            if outgoing.recipients:
                self._hold(outgoing)
        return bool(claimed)

    def _not_in_hand(self, outgoing: Outgoing) -> Outgoing:
        """After this process has stood still for longer than its lease, what it has in hand may have been given back,
        and is claimed by it again: that is its own once more, and still to be delivered once.
        """
        known = self._by_message.get(outgoing.message_id, ())
        for held in known:
            held.is_claimed_anew = True
            others = tuple([one for one in outgoing.recipients if one.ordinal not in held.open])
            outgoing = replace(outgoing, recipients=others)
        return outgoing

    def _unwanted(self) -> dict[str, datetime]:
        """Domains of which nothing is to be claimed, and until when; as many as are worth naming."""
        later = self._clock.now() + _FULL_SECONDS
        unwanted = {domain: later for domain in self._crowded if self._is_full(domain)}
        self._crowded = set(unwanted)
        unwanted.update((domain, rest.until) for domain, rest in list(self._put_off.items())[:_MOST_AVOIDED])
        return unwanted

    def _resting(self, domain: str, rest: Rest) -> None:
        """A destination rests, and more of its mail may wait in the store: it is put off there, all at once."""
        known = self._put_off.get(domain)
        if known is not None and known.until >= rest.until:
            return
        destinations = self._by_domain.get(domain, ())
        if rest.outcome.scope is FailureScope.SOURCE and any(one.egress.name != DEFAULT for one in destinations):
            return  # of one of our addresses: the others may do
        if all(destination.resting() is not None for destination in destinations):
            self._put_off[domain] = rest
            self._putting_off.set()

    async def _put_off_for_ever(self) -> None:
        while True:
            await self._putting_off.wait()
            self._putting_off.clear()
            for domain, rest in list(self._put_off.items()):
                try:
                    await self._put_off_all(domain, rest)
                except Exception:
                    log.exception("the mail of a destination that rests could not be put off")
                if self._put_off.get(domain) is rest:
                    del self._put_off[domain]

    async def _put_off_all(self, domain: str, rest: Rest) -> None:
        loop = asyncio.get_running_loop()
        while self._clock.now() < rest.until:
            started = loop.time()
            if await self._queue.put_off(domain, rest.until, rest.outcome, _PUT_OFF_AT_ONCE) < _PUT_OFF_AT_ONCE:
                return
            await asyncio.sleep((loop.time() - started) * (1 / _PUT_OFF_SHARE - 1))

    async def _wait_for_work(self) -> None:
        if not self.has_room():
            self._room.clear()
            if not self.has_room() and not self._is_stopping:
                await self._room.wait()
            return
        due = await self._queue.next_due()
        seconds = self._settings.poll_seconds
        if due is not None:
            seconds = min(seconds, max(_LEAST_WAIT, (due - self._clock.now()).total_seconds()))
        if not self._is_stopping:
            await self._clock.wait(self._queue.wake, seconds)

    def _forget_spent(self) -> None:
        """Not at every claim: with ten thousand domains the look costs more than the claim."""
        now = asyncio.get_running_loop().time()
        if now < self._next_sweep:
            return
        self._next_sweep = now + _SWEEP_SECONDS
        for key in [key for key, destination in self._destinations.items() if destination.is_spent]:
            self._forget(key)
        self._sites.forget_spent()

    def _forget(self, key: _Key) -> None:
        destination = self._destinations.pop(key)
        destination.leave()
        others = self._by_domain[destination.domain]
        others.remove(destination)
        if not others:
            del self._by_domain[destination.domain]

    # --- the stop --------------------------------------------------------------------------------------------------

    async def stop(self, drain_seconds: float) -> None:
        """Finish the transactions under way, record what they came to, release the rest."""
        self._is_stopping = True
        self._room.set()
        self._queue.wake.set()
        for destination in self._destinations.values():
            destination.stop()
        for lane in self._sites:
            lane.stop()
        await self._until_quiet(drain_seconds)
        for lane in self._sites:
            lane.abandon()
        self._sites.close()
        # Not cancelled: a claim that has reached the database must come back, or its recipients wait for their lease.
        await asyncio.gather(*self._tasks[1:2], return_exceptions=True)
        if await self._ledger.flush(_FLUSH_SECONDS):
            await self._release()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._signer.close()
        self._tasks = []

    async def _until_quiet(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                while self._sites.connections:
                    self._quiet.clear()
                    await self._quiet.wait()
        except TimeoutError:
            log.warning("transactions were still under way at the end of the drain time")

    def _changed(self) -> None:
        self._quiet.set()

    async def _release(self) -> None:
        claims = [(held.outgoing.message_id, sorted(held.open)) for held in self._held if held.open]
        if claims:
            try:
                await self._queue.release(claims)
            except Exception:
                log.exception("untried messages could not be released; others take them over from a dead worker")
        for held in list(self._held):
            self._drop(held)


def _domains(outgoing: Outgoing) -> list[str]:
    """The recipients' domains in order, each once."""
    if len(outgoing.recipients) == 1:
        return [outgoing.recipients[0].address.domain]
    return list(dict.fromkeys(recipient.address.domain for recipient in outgoing.recipients))
