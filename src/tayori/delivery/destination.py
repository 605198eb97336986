"""One destination: the jobs for one recipient domain under one TLS policy, and the connections that carry them.

Owns how many connections there are (slow start, bound), their reuse, which host is tried next, and the pause after all
hosts have failed. It is the Feed of its sessions: everything but the opening of connections happens in callbacks, so a
message costs no task of its own. Never decides what a failure means: it obeys the scope that `model.failure` gave it.

The TLS policies have destinations of their own because a connection in the clear must never be lent to a message that
requires TLS.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tayori.clock import Clock
from tayori.delivery.attempt import Transaction, untransportable
from tayori.delivery.dialogue import Session, open_session
from tayori.delivery.egress import Egress
from tayori.delivery.job import Job
from tayori.delivery.ledger import Ledger, Result
from tayori.delivery.route import Route, Shuffle, Target, find_route
from tayori.delivery.secured import SecuredCalls
from tayori.delivery.security import Security
from tayori.delivery.settings import DeliverySettings
from tayori.delivery.slots import Slots
from tayori.mail.answer import Resolver
from tayori.model.failure import at_scope, classify_trouble
from tayori.model.message import (
    AttemptFacts,
    DueRecipient,
    FailureScope,
    Outcome,
    OutcomeKind,
    Reason,
    TlsPolicy,
)

log = logging.getLogger("tayori.delivery")

_SHUN_SECONDS = 300.0  # a host that could not be reached goes to the end of the line for this long
_MAX_FAILURES_IN_A_ROW = 5  # connections lost in the middle, before the destination as a whole is given a rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What every destination of a process works with."""

    settings: DeliverySettings
    resolver: Resolver
    calls: SecuredCalls
    clock: Clock
    ledger: Ledger
    slots: Slots
    shuffle: Shuffle
    changed: Callable[[], None]  # called when a connection has ended


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pause:
    until: datetime
    outcome: Outcome
    notes: tuple[str, ...]


class Destination:
    """Jobs in, results into the ledger."""

    def __init__(self, domain: str, policy: TlsPolicy, means: Means) -> None:
        self.domain = domain
        self._policy = policy
        self._means = means
        self._egress = Egress.of_settings(means.settings)
        self._loop = asyncio.get_running_loop()
        self._ready: deque[Job] = deque()
        self._elsewhere: deque[Job] = deque()  # a host failed with them: each wants a connection to another
        self._sessions: set[Session[Job]] = set()
        self._idle: list[Session[Job]] = []
        self._first: dict[Session[Job], Job] = {}  # whom a connection was opened for
        self._opening: set[asyncio.Task[None]] = set()
        self._window = means.settings.first_connections
        self._shunned: dict[Target, float] = {}
        self._without_chunks: set[Target] = set()  # they announce CHUNKING and do not know BDAT
        self._failures_in_a_row = 0
        self._pauses = 0
        self._pause: _Pause | None = None
        self._is_stopping = False

    # --- for the scheduler -----------------------------------------------------------------------------------------

    @property
    def waiting(self) -> int:
        return len(self._ready)

    @property
    def connections(self) -> int:
        return len(self._sessions) + len(self._opening)

    @property
    def is_paused(self) -> bool:
        return self._pause is not None and self._means.clock.now() < self._pause.until

    @property
    def is_spent(self) -> bool:
        """Nothing to do, nothing open, nothing worth remembering."""
        if self._ready or self._elsewhere or self._sessions or self._opening or self.is_paused:
            return False
        now = self._loop.time()
        return not any(until > now for until in self._shunned.values())

    def add(self, job: Job) -> None:
        if self._pause is not None and self.is_paused:
            notes = ("not tried: the destination rests after failures", *self._pause.notes)
            self._settle(job, self._pause.outcome, notes, hold_until=self._pause.until)
            return
        self._ready.append(job)
        self.spread()

    def stop(self) -> None:
        """No new work: what is under way is finished, connections without work are closed, the rest stays open in
        its Held for the scheduler to release.
        """
        self._is_stopping = True
        self._ready.clear()
        self._elsewhere.clear()
        self._means.slots.forget(self.spread)
        for task in list(self._opening):
            task.cancel()
        for session in list(self._sessions):
            if session.is_idle:
                session.quit()

    def abandon(self) -> None:
        """Close everything now."""
        for session in list(self._sessions):
            session.abandon()

    # --- connections -----------------------------------------------------------------------------------------------

    def spread(self) -> None:
        """Give waiting jobs to idle connections, and open more where that is allowed and worth it."""
        while not self._is_stopping:
            if self._elsewhere:
                if not self._means.slots.take(self.spread):
                    return
                self._open_for(self._elsewhere.popleft())
            elif self._ready and self._idle:
                session = self._idle.pop()
                self._means.slots.now_busy(session)
                session.wake()
            elif self._wants_another() and self._means.slots.take(self.spread):
                self._open_for(None)
            else:
                return

    def _wants_another(self) -> bool:
        opening = len(self._opening)
        return opening < len(self._ready) and opening + len(self._sessions) < self._window

    def _open_for(self, first: Job | None) -> None:
        task = self._loop.create_task(self._open(first), name=f"connect to {self.domain}")
        self._opening.add(task)
        task.add_done_callback(self._opened)

    def _opened(self, task: "asyncio.Task[None]") -> None:
        self._opening.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("opening a connection ended in a bug", exc_info=task.exception())
        self.spread()
        self._means.changed()

    async def _open(self, first: Job | None) -> None:
        """Find a host that talks to us. The slot taken for it is given back when there is none."""
        session: Session[Job] | None = None
        notes: list[str] = []
        try:
            trouble = await self._search(first, notes)
            if isinstance(trouble, Session):
                session = trouble
        except Exception as error:
            log.exception("a bug while connecting to %s", self.domain)
            trouble = classify_trouble(Reason.LOCAL_TROUBLE, f"trouble in this service: {type(error).__name__}")
        finally:
            if session is None:
                self._loop.call_soon(self._means.slots.give_back)
        if isinstance(trouble, Session):
            self._begin(trouble, first, tuple(notes))
        else:
            self._nowhere(first, trouble, tuple(notes))

    async def _search(self, first: Job | None, notes: list[str]) -> Session[Job] | Outcome:
        """A session with the first host of the route that opens one, or why there is none."""
        means = self._means
        route = await find_route(self.domain, means.resolver, means.settings, means.shuffle)
        notes.extend(route.notes)
        if route.trouble is not None:
            return route.trouble
        trouble = first.trouble if first is not None else None
        for target in self._candidates(route, first):
            result = await self._call(target, notes)
            if isinstance(result, Session) or result.scope is FailureScope.LOCAL:
                return result
            self._shunned[target] = self._loop.time() + _SHUN_SECONDS
            trouble = result
        return trouble or classify_trouble(Reason.NO_ADDRESS)

    def _candidates(self, route: Route, first: Job | None) -> list[Target]:
        now = self._loop.time()
        avoid = first.avoid if first is not None else frozenset()
        targets = [target for target in route.targets if target not in avoid]
        return sorted(targets, key=lambda target: self._shunned.get(target, 0.0) > now)

    async def _call(self, target: Target, notes: list[str]) -> Session[Job] | Outcome:
        """One host, with the security that it is owed."""
        means = self._means

        async def dial(security: Security) -> Session[Job] | Outcome:
            return await open_session(target, security, settings=means.settings, egress=self._egress, feed=self)

        return await means.calls.call(self.domain, target, self._policy, dial, notes)

    def _begin(self, session: Session[Job], first: Job | None, notes: tuple[str, ...]) -> None:
        self._pauses = 0
        self._pause = None
        self._shunned.pop(session.target, None)
        session.notes = notes
        if session.target in self._without_chunks:
            session.extensions = replace(session.extensions, chunking=False)
        self._sessions.add(session)
        if first is not None:
            self._first[session] = first
        session.start()
        if self._is_stopping and session.is_idle:
            session.quit()

    def _nowhere(self, first: Job | None, trouble: Outcome, notes: tuple[str, ...]) -> None:
        """No host took the connection."""
        if first is not None:
            # The hosts left for this message failed; that says little about the destination, which has just talked.
            self._settle(first, _widened(trouble), notes)
        elif self._sessions:
            # Others of our connections are open: the destination takes no more of them than these.
            self._window = len(self._sessions)
        elif not self.is_paused:  # else another connection, begun at the same time, has found the same
            self._rest(trouble, notes)

    def _rest(self, trouble: Outcome, notes: tuple[str, ...]) -> None:
        """All that waits shares the destination's trouble; for a while nothing is tried."""
        outcome = _widened(trouble)
        hold_until = None
        if outcome.kind is OutcomeKind.DEFERRED:
            settings = self._means.settings
            seconds = min(settings.first_pause * 2**self._pauses, settings.longest_pause)
            self._pauses = min(self._pauses + 1, 16)
            hold_until = self._means.clock.now() + timedelta(seconds=seconds)
            self._pause = _Pause(until=hold_until, outcome=outcome, notes=notes)
            self._window = self._means.settings.first_connections
        jobs = list(self._ready)
        self._ready.clear()
        for job in jobs:
            self._settle(job, outcome, notes, hold_until=hold_until)

    # --- the Feed of the sessions ----------------------------------------------------------------------------------

    def next(self, session: Session[Job]) -> Transaction[Job] | None:
        if self._is_stopping or session.taken >= self._means.settings.max_messages_per_connection:
            return None
        while True:
            job = self._first.pop(session, None) if self._first else None
            if job is None:
                if not self._ready:
                    return None
                job = self._ready.popleft()
            transaction = self._transaction(session, job)
            if transaction is not None:
                return transaction

    def _transaction(self, session: Session[Job], job: Job) -> Transaction[Job] | None:
        """None: the job has been dealt with in another way."""
        signed = job.held.signed
        host = session.target.host
        if session.target in job.avoid:
            self._elsewhere.append(job)
            self._loop.call_soon(self.spread)
            return None
        try:
            if signed is None:
                raise ValueError("a job whose message has not been signed")
            now = self._means.clock.now()
            mark = session.mark(now)
            outcome = untransportable(signed, session.extensions, host, mark, job.recipients)
            if outcome is None:
                return Transaction(
                    job,
                    signed,
                    job.recipients,
                    extensions=session.extensions,
                    remote_mta=host,
                    mark=mark,
                    envelope_id=job.held.outgoing.message_id,
                    started=self._loop.time(),
                    started_at=now,
                )
        except Exception:
            log.exception("message %s cannot be put into a transaction", job.held.outgoing.message_id)
            outcome = classify_trouble(Reason.LOCAL_TROUBLE)
        facts = self._facts(session, job, self._means.clock.now(), 0)
        self._means.ledger.add(job.held, facts, [(recipient, outcome) for recipient in job.recipients])
        return None

    def finished(self, session: Session[Job], transaction: Transaction[Job]) -> None:
        job = transaction.job
        if transaction.refuses_chunks:
            self._without_chunks.add(session.target)
        results: list[Result] = []
        failed_here: list[DueRecipient] = []
        trouble: Outcome | None = None
        for recipient, outcome in zip(transaction.recipients, transaction.outcomes, strict=True):
            if outcome is None:
                continue  # overflow, below
            if outcome.scope is FailureScope.HOST:
                failed_here.append(recipient)
                trouble = outcome
            else:
                results.append((recipient, outcome))
        if results:
            duration = int((self._loop.time() - transaction.started) * 1000)
            facts = self._facts(session, job, transaction.started_at, duration)
            self._means.ledger.add(job.held, facts, results)
            self._answered()
        if transaction.overflow:
            rest = tuple([transaction.recipients[index] for index in transaction.overflow])
            self._put_back(Job(job.held, rest, job.avoid, job.notes, job.trouble))
        if trouble is not None:
            self._failed_here(session, transaction, tuple(failed_here), trouble)

    def _answered(self) -> None:
        self._failures_in_a_row = 0
        if self._window < self._means.settings.max_connections_per_destination:
            self._window += 1
            self.spread()

    def _failed_here(
        self,
        session: Session[Job],
        transaction: Transaction[Job],
        recipients: tuple[DueRecipient, ...],
        trouble: Outcome,
    ) -> None:
        """This host is out for these recipients. An old connection that ends before it has said anything about the
        message is no failure of the host: hosts close connections that have carried enough.
        """
        job = transaction.job
        if transaction.is_untouched and session.completed:
            self._put_back(Job(job.held, recipients, job.avoid, job.notes, job.trouble))
            return
        note = f"{session.target.host} [{session.target.address}]: {trouble.diagnostic}"
        if self._is_stopping:
            return  # the scheduler releases it
        self._failures_in_a_row += 1
        self._elsewhere.append(Job(job.held, recipients, job.avoid | {session.target}, (*job.notes, note), trouble))
        if self._failures_in_a_row >= _MAX_FAILURES_IN_A_ROW:
            self._failures_in_a_row = 0
            self._rest(trouble, (note,))

    def returned(self, session: Session[Job], transaction: Transaction[Job]) -> None:
        self._put_back(transaction.job)

    def _put_back(self, job: Job) -> None:
        if not self._is_stopping:
            self._ready.appendleft(job)

    def idle(self, session: Session[Job]) -> None:
        if self._is_stopping or session.taken >= self._means.settings.max_messages_per_connection:
            session.quit()
            return
        self._idle.append(session)
        self._means.slots.now_idle(session)

    def ended(self, session: Session[Job]) -> None:
        self._sessions.discard(session)
        if session in self._idle:
            self._idle.remove(session)
        self._means.slots.now_busy(session)
        unserved = self._first.pop(session, None)
        if unserved is not None and not self._is_stopping:
            self._elsewhere.append(unserved)
        # Later, so that no callback runs inside the one that ends a connection.
        self._loop.call_soon(self._after_end)

    def _after_end(self) -> None:
        self._means.slots.give_back()
        self.spread()
        self._means.changed()

    # --- results ---------------------------------------------------------------------------------------------------

    def _facts(self, session: Session[Job], job: Job, started_at: datetime, duration_ms: int) -> AttemptFacts:
        signed = job.held.signed
        return AttemptFacts(
            started_at=started_at,
            duration_ms=duration_ms,
            host=session.target.host,
            address=session.target.address,
            source_address=session.source_address,
            tls=session.tls,
            signatures=signed.signatures if signed is not None else (),
            transcript=_told((*session.notes, *job.notes)) if session.notes or job.notes else "",
        )

    def _settle(self, job: Job, outcome: Outcome, notes: Iterable[str], *, hold_until: datetime | None = None) -> None:
        """Without any host: the whole job has this outcome."""
        facts = AttemptFacts(started_at=self._means.clock.now(), duration_ms=0, transcript=_told((*job.notes, *notes)))
        results = [(recipient, outcome) for recipient in job.recipients]
        self._means.ledger.add(job.held, facts, results, hold_until=hold_until)


def _widened(trouble: Outcome) -> Outcome:
    """The last host's trouble is the destination's, unless it was ours."""
    return at_scope(trouble, FailureScope.DESTINATION) if trouble.scope is FailureScope.HOST else trouble


def _told(notes: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(notes))
