"""Jobs that the same connections may carry, and these connections.

A lane is one set of mail hosts, reached from one source, with one thing that they have to prove: so a connection opened
for one domain serves the mail of every other domain of the lane, and none that wants more of its host. Owns the
opening, reuse and end of connections, which job is next on them (`order`), and the rest after all hosts have failed. It
is the Feed of its sessions: everything but the opening happens in callbacks, so a message costs no task of its own.
Never decides what a failure means (it obeys the scope that `model.failure` gave it) or how many connections there may
be (`site`).
"""

import asyncio
import logging
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from tayori.delivery.attempt import Transaction, untransportable
from tayori.delivery.dialogue import Session
from tayori.delivery.distrust import Distrust
from tayori.delivery.egress import DEFAULT
from tayori.delivery.job import Home, Job
from tayori.delivery.ledger import Result
from tayori.delivery.means import Means, Rest
from tayori.delivery.order import FairOrder
from tayori.delivery.route import Target
from tayori.delivery.site import ConnectionFacts, Site
from tayori.model.failure import asks_for_less, at_scope, classify_trouble, our_fault, says_greylisted
from tayori.model.message import AttemptFacts, DueRecipient, FailureScope, Outcome, OutcomeKind, Reason
from tayori.model.shaping import Act

log = logging.getLogger("tayori.delivery")

_SHUN_SECONDS = 300.0  # a host that could not be reached goes to the end of the line for this long
_MAX_FAILURES_IN_A_ROW = 5  # connections lost in the middle, before the lane as a whole is given a rest
_TURN = 10  # messages on a connection before it is given up for others who wait for one


class Lane:
    """Jobs in, results into the ledger."""

    def __init__(self, site: Site, means: Means) -> None:
        self.site = site
        self._means = means
        self._loop = asyncio.get_running_loop()
        self._order: FairOrder[Job] = FairOrder(means.settings.weights)
        self._elsewhere: deque[Job] = deque()  # a host failed with them: each wants a connection to another
        self._sessions: set[Session[Job]] = set()
        self._idle: list[Session[Job]] = []
        self._leaving: set[Session[Job]] = set()
        self._first: dict[Session[Job], Job] = {}  # whom a connection was opened for
        self._opening: set[asyncio.Task[None]] = set()
        self._shunned: dict[Target, float] = {}
        self._distrust = Distrust(self._loop.time)
        self._failures_in_a_row = 0
        self._pauses = 0
        self._rest: Rest | None = None
        self._is_stopping = False
        self.members = 0  # destinations attached
        site.lanes += 1
        site.on_rest(self._defer_all)

    # --- for destinations and the scheduler ------------------------------------------------------------------------

    @property
    def waiting(self) -> int:
        return len(self._order)

    @property
    def connections(self) -> int:
        return len(self._sessions) + len(self._opening)

    @property
    def idle_connections(self) -> int:
        return len(self._idle)

    def resting(self) -> Rest | None:
        if self._rest is not None and self._means.clock.now() < self._rest.until:
            return self._rest
        return self.site.resting() if self.site.rest is not None else None

    @property
    def is_spent(self) -> bool:
        """Nothing to do, nothing open, nothing worth remembering."""
        if self.members or self._order or self._elsewhere or self._sessions or self._opening:
            return False
        now = self._loop.time()
        if self.resting() is not None or any(until > now for until in self._shunned.values()):
            return False
        return self._distrust.is_over

    def leave(self) -> None:
        """It is forgotten."""
        self.site.lanes -= 1
        self.site.not_on_rest(self._defer_all)

    def add(self, job: Job) -> None:
        rest = self.resting() if self._rest is not None or self.site.rest is not None else None
        if rest is not None:
            job.home.waiting -= 1
            not_tried(self._means, job, rest)
            return
        if self._parks(job):
            job.home.waiting -= 1
            return
        outgoing = job.held.outgoing
        most = self.site.recipients
        if len(job.recipients) <= most:
            self._order.push(outgoing.account_id, outgoing.stream, job)
        else:
            parts = [job.recipients[start : start + most] for start in range(0, len(job.recipients), most)]
            job.home.waiting += len(parts) - 1
            for part in parts:
                self._order.push(outgoing.account_id, outgoing.stream, job.again(part))
        self.spread()

    def withdraw(self, home: Home) -> list[Job]:
        """The waiting jobs of a destination that is leaving: seldom, so that a look at all of them may be taken."""
        kept: list[Job] = []
        left: list[Job] = []
        for job in self._order.drain():
            (left if job.home is home else kept).append(job)
        for job in kept:
            self._order.push(job.held.outgoing.account_id, job.held.outgoing.stream, job)
        return left

    def _parks(self, job: Job) -> bool:
        """It is paused, and waits elsewhere."""
        parking = self._means.parking
        if not parking.pauses:
            return False
        pause = parking.covering(job, (self.site.name, self.site.provider.name))
        if pause is None:
            return False
        parking.park(job, pause)
        return True

    def park_paused(self) -> None:
        """The pauses have changed: what they cover leaves the line."""
        for job in self._order.drain():
            if self._parks(job):
                job.home.waiting -= 1
            else:
                self._order.push(job.held.outgoing.account_id, job.held.outgoing.stream, job)
        self._elsewhere = deque([job for job in self._elsewhere if not self._parks(job)])

    def connection_facts(self) -> Iterator[ConnectionFacts]:
        """The live connections, for operators."""
        now, moment = self._loop.time(), self._means.clock.now()
        for session in self._sessions:
            yield ConnectionFacts(
                site=self.site.name,
                host=session.target.host,
                address=session.target.address,
                source=session.source_address or session.egress.name,
                tls=f"{session.tls.version} {session.tls.cipher}" if session.tls is not None else "",
                since=moment - timedelta(seconds=now - session.since),
                messages=session.completed,
                doing="idle" if session.is_idle else f"sending {max(1, session.taken - session.completed)}",
            )

    def stop(self) -> None:
        """No new work: what is under way is finished, connections without work are closed, the rest stays open in
        its Held for the scheduler to release.
        """
        self._is_stopping = True
        self._order.drain()
        self._elsewhere.clear()
        self._forget_waiting()
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
                self.site.slots.take_anyway()
                job = self._elsewhere.popleft()
                self._open_for(job, job.home)
            elif not self._order or self.site.is_held_back:
                return
            elif self._idle:
                session = self._idle.pop()
                self._now_busy(session)
                session.wake()
            elif len(self._opening) < len(self._order) and self._take_slot():
                self._open_for(None, self._order.peek().home)
            else:
                return

    def _take_slot(self) -> bool:
        site = self.site
        if not site.slots.has_room:
            if site.lanes > 1:  # alone, a lane hears of each end of a connection anyway
                site.slots.wait(self.spread)
            return False
        return self._means.slots.take(self.spread) and site.slots.take(self.spread)

    def _now_busy(self, session: Session[Job]) -> None:
        self.site.slots.now_busy(session)
        self._means.slots.now_busy(session)

    def _forget_waiting(self) -> None:
        self.site.slots.forget(self.spread)
        self._means.slots.forget(self.spread)

    def _give_back(self) -> None:
        self.site.slots.give_back()
        self._means.slots.give_back()

    def _open_for(self, first: Job | None, home: Home) -> None:
        task = self._loop.create_task(self._open(first, home), name=f"connect to {home.domain}")
        self._opening.add(task)
        task.add_done_callback(self._opened)

    def _opened(self, task: "asyncio.Task[None]") -> None:
        self._opening.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("opening a connection ended in a bug", exc_info=task.exception())
        self.spread()
        self._means.changed()

    async def _open(self, first: Job | None, home: Home) -> None:
        """Find a host that talks to us. The slots taken for it are given back when there is none."""
        session: Session[Job] | None = None
        notes: list[str] = []
        try:
            trouble = await home.search(self, first, notes)
            if isinstance(trouble, Session):
                session = trouble
        except Exception as error:
            log.exception("a bug while connecting to %s", home.domain)
            trouble = classify_trouble(Reason.LOCAL_TROUBLE, f"trouble in this service: {type(error).__name__}")
        finally:
            if session is None:
                self._loop.call_soon(self._give_back)
        if isinstance(trouble, Session):
            self._begin(trouble, first, tuple(notes))
        elif trouble is not None:
            self._nowhere(first, trouble, tuple(notes))

    def in_order(self, targets: Iterable[Target], first: Job | None) -> list[Target]:
        """Which of them to call, those that failed lately last."""
        now = self._loop.time()
        avoid = first.avoid if first is not None else frozenset()
        wanted = [target for target in targets if target not in avoid]
        return sorted(wanted, key=lambda target: self._shunned.get(target, 0.0) > now) if self._shunned else wanted

    def shun(self, target: Target) -> None:
        self._shunned[target] = self._loop.time() + _SHUN_SECONDS

    def _begin(self, session: Session[Job], first: Job | None, notes: tuple[str, ...]) -> None:
        self._pauses = 0
        self._rest = None
        self._shunned.pop(session.target, None)
        session.notes = notes
        session.extensions = self._distrust.believed(session.target, session.extensions)
        self._sessions.add(session)
        if first is not None:
            self._first[session] = first
        session.start()
        if self._is_stopping and session.is_idle:
            session.quit()

    def _nowhere(self, first: Job | None, trouble: Outcome, notes: tuple[str, ...]) -> None:
        """No host took the connection."""
        if first is not None:
            # The hosts left for this message failed; that says little about the site, which has just talked.
            settle(self._means, first, widened(trouble), notes)
        elif self._sessions:
            # Others of our connections are open: the site takes no more of them than these.
            self.site.refused_beyond(self.site.slots.used - len(self._opening))
        elif (rest := self.resting()) is None:
            self._go_to_rest(trouble, notes)
        else:  # another connection, begun at the same time, has found the same, or the site has told us to stay away
            self._defer_all(rest)

    def _go_to_rest(self, trouble: Outcome, notes: tuple[str, ...]) -> None:
        """All that waits shares the trouble; for a while nothing is tried."""
        outcome = widened(trouble)
        hold_until = None
        if outcome.kind is OutcomeKind.DEFERRED:
            settings = self._means.settings
            seconds = min(settings.first_pause * 2**self._pauses, settings.longest_pause)
            self._pauses = min(self._pauses + 1, 16)
            hold_until = self._means.clock.now() + timedelta(seconds=seconds)
            self._rest = Rest(until=hold_until, outcome=outcome, notes=notes)
            self.site.begin_again()
        for job in self._order.drain():
            job.home.waiting -= 1
            settle(self._means, job, outcome, notes, hold_until=hold_until)
            if self._rest is not None:
                self._means.resting(job.home.domain, self._rest)

    def _defer_all(self, rest: Rest) -> None:
        """The site rests."""
        jobs = self._order.drain()
        for job in jobs:
            job.home.waiting -= 1
        jobs += self._elsewhere
        self._elsewhere.clear()
        for job in jobs:
            not_tried(self._means, job, rest)

    # --- the Feed of the sessions ----------------------------------------------------------------------------------

    def next(self, session: Session[Job]) -> Transaction[Job] | None:
        if self._is_stopping or session.taken >= self.site.messages_per_connection or self._must_leave(session):
            return None
        while True:
            job = self._first.pop(session, None) if self._first else None
            if job is not None and self._parks(job):
                job = None
            if job is None:
                if not self._order or not self.site.take_turn(self.spread):
                    return None
                job = self._order.pop()
                job.home.waiting -= 1
            transaction = self._transaction(session, job)
            if transaction is not None:
                return transaction

    def _must_leave(self, session: Session[Job]) -> bool:
        """The window has shrunk, or others have waited long enough for a connection."""
        if session in self._leaving:
            return True
        if not session.taken:
            return False  # else it would have been opened for nothing
        site = self.site
        if site.is_over or (
            session.taken >= _TURN and (site.slots.is_wanted(self.spread) or self._means.slots.is_wanted(self.spread))
        ):
            self._leaving.add(session)
            site.leave()
            return True
        return False

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
            self._distrust.chunking_failed(session.target)
        results: list[Result] = []
        failed_here: list[DueRecipient] = []
        trouble: Outcome | None = None
        is_happy = True
        for recipient, said in zip(transaction.recipients, transaction.outcomes, strict=True):
            if said is None:
                continue  # overflow, below
            outcome = said
            if outcome.kind is not OutcomeKind.DELIVERED:
                is_happy = False
                if not (transaction.is_untouched and session.completed):  # else it is the goodbye of an old connection
                    outcome = self.judged(outcome)
            if outcome.scope is FailureScope.HOST:
                failed_here.append(recipient)
                trouble = outcome
            else:
                results.append((recipient, outcome))
        if results:
            duration = int((self._loop.time() - transaction.started) * 1000)
            facts = self._facts(session, job, transaction.started_at, duration)
            self._means.ledger.add(job.held, facts, results)
            self._failures_in_a_row = 0
            if is_happy and self.site.succeeded():
                self.spread()
        if transaction.overflow:
            self._put_back(job.again(tuple([transaction.recipients[index] for index in transaction.overflow])))
        if trouble is not None:
            self._failed_here(session, transaction, tuple(failed_here), trouble)

    def judged(self, outcome: Outcome) -> Outcome:
        """What a reply that refuses says of us, by the rules for its provider; the site obeys it."""
        reply = outcome.reply
        if reply is None:
            return outcome
        verdict = self.site.judge(reply)
        if Act.OURS in verdict:
            outcome = our_fault(outcome)
        elif says_greylisted(reply):
            outcome = replace(outcome, reason=Reason.GREYLISTED)
        elif Act.SLOW_DOWN in verdict and outcome.kind is OutcomeKind.DEFERRED:
            outcome = replace(outcome, reason=Reason.THROTTLED)
        if verdict.wait is not None and outcome.kind is OutcomeKind.DEFERRED:
            outcome = replace(outcome, retry_after=verdict.wait)
        self.site.obey(verdict, outcome, wants_less=asks_for_less(outcome))
        return outcome

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
            self._put_back(job.again(recipients))
            return
        self._distrust.failed(session.target, session.extensions, transaction.stage, trouble.reason)
        note = f"{session.target.host} [{session.target.address}]: {trouble.diagnostic}"
        if self._is_stopping:
            return  # the scheduler releases it
        self._failures_in_a_row += 1
        avoid = job.avoid | {session.target}
        self._elsewhere.append(Job(job.held, recipients, job.home, avoid, (*job.notes, note), trouble))
        if self._failures_in_a_row >= _MAX_FAILURES_IN_A_ROW:
            self._failures_in_a_row = 0
            self._go_to_rest(trouble, (note,))

    def returned(self, session: Session[Job], transaction: Transaction[Job]) -> None:
        self._put_back(transaction.job)

    def _put_back(self, job: Job) -> None:
        if not self._is_stopping and not self._parks(job):
            outgoing = job.held.outgoing
            job.home.waiting += 1
            self._order.put_back(outgoing.account_id, outgoing.stream, job)

    def idle(self, session: Session[Job]) -> None:
        is_full = session.taken >= self.site.messages_per_connection
        if self._is_stopping or is_full or session in self._leaving:
            session.quit()
            return
        if not self._order:
            self._forget_waiting()
        self._idle.append(session)
        self._means.slots.now_idle(session)
        self.site.slots.now_idle(session)

    def ended(self, session: Session[Job]) -> None:
        self._sessions.discard(session)
        if session in self._idle:
            self._idle.remove(session)
        self._now_busy(session)
        if session in self._leaving:
            self._leaving.discard(session)
            self.site.left()
        unserved = self._first.pop(session, None)
        if unserved is not None and not self._is_stopping:
            self._elsewhere.append(unserved)
        # Later, so that no callback runs inside the one that ends a connection.
        self._loop.call_soon(self._after_end)

    def _after_end(self) -> None:
        self._give_back()
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
            transcript=told((*session.notes, *job.notes)) if session.notes or job.notes else "",
        )


def settle(
    means: Means, job: Job, outcome: Outcome, notes: Iterable[str], *, hold_until: datetime | None = None
) -> None:
    """Without any host: the whole job has this outcome."""
    if outcome.scope is FailureScope.SOURCE and job.home.egress.name != DEFAULT:
        hold_until = None  # another of our addresses may do, and the next choice will be one
    facts = AttemptFacts(
        started_at=means.clock.now(),
        duration_ms=0,
        source_address=job.home.egress.address if outcome.scope is FailureScope.SOURCE else "",
        transcript=told((*job.notes, *notes)),
    )
    results = [(recipient, outcome) for recipient in job.recipients]
    means.ledger.add(job.held, facts, results, hold_until=hold_until)


def not_tried(means: Means, job: Job, rest: Rest) -> None:
    notes = ("not tried: the destination rests after failures", *rest.notes)
    settle(means, job, rest.outcome, notes, hold_until=rest.until)
    means.resting(job.home.domain, rest)


def widened(trouble: Outcome) -> Outcome:
    """The last host's trouble is the destination's, unless it was ours."""
    return at_scope(trouble, FailureScope.DESTINATION) if trouble.scope is FailureScope.HOST else trouble


def told(notes: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(notes))
