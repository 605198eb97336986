"""The way of a message through one process: accepted durably, then handed to delivery in memory.

Owns the order: nothing is answered before the commit, nothing is delivered before it either. What delivery has no room
for stays in the store, where it is claimed later.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeGuard

from tayori import ids
from tayori.app.list_management import ListMail
from tayori.clock import Clock
from tayori.delivery.queue import NOTHING
from tayori.mail.address import AddrSpec
from tayori.mail.answer import Resolver
from tayori.model.event_target import Offered
from tayori.model.grants import Permit
from tayori.model.job import Files
from tayori.model.message import Accepted, AttemptReport, Caller, Operation, Outcome, Outgoing, Submission
from tayori.model.names import ServiceNames
from tayori.model.once import Once, Say, Undone
from tayori.model.submission import Handed, from_raw
from tayori.model.tracking import TrackingWanted, trackable
from tayori.model.tracking_link import THIS_HOST, TrackingHosts
from tayori.resources import tracking
from tayori.resources.deliveries import Deliveries
from tayori.resources.messages import Door
from tayori.resources.results import Written, written
from tayori.smtp.submission import SubmittedMessage
from tayori.store.engine import Store, StoreUnavailable

logger = logging.getLogger("tayori.sending")


class StoredQueue:
    """Delivery's Queue over the store (see tayori.delivery.queue)."""

    def __init__(self, store: Store, names: Callable[[str], ServiceNames], worker: str, most_bytes: int) -> None:
        self._store = store
        self._names = names
        self._deliveries = Deliveries(names, worker)
        self._most_bytes = most_bytes
        self._wake = store.wakeups.event("deliveries")

    @property
    def wake(self) -> asyncio.Event:
        return self._wake

    async def claim(
        self, limit: int, *, avoid: Mapping[str, datetime] = NOTHING, full: Collection[str] = ()
    ) -> list[Outgoing]:
        return await self._store.write(self._deliveries.claim, limit, self._most_bytes, avoid, full)

    async def put_off(self, domain: str, until: datetime, outcome: Outcome, limit: int) -> int:
        return await self._store.write(self._deliveries.put_off, domain, until, outcome, limit)

    async def record(self, reports: Sequence[AttemptReport]) -> None:
        await self.write(written(reports, self._names, self._store.clock.now()))

    async def write(self, results: Sequence[Written]) -> None:
        """Record what comes ready-made from the process that delivers."""
        await self._store.write(self._deliveries.record, results)

    async def release(self, claims: Sequence[tuple[str, Sequence[int]]]) -> None:
        pairs = [(message_id, ordinal) for message_id, ordinals in claims for ordinal in ordinals]
        await self._store.write(self._deliveries.release, pairs)

    async def park(self, items: Sequence[tuple[str, int, str]]) -> None:
        await self._store.write(self._deliveries.park, items)

    async def next_due(self) -> datetime | None:
        return await self._store.read(self._deliveries.next_due)


class Engine(Protocol):
    """What delivers: a Scheduler in this process, or the process beside it."""

    @property
    def in_memory(self) -> int: ...

    @property
    def is_running(self) -> bool: ...

    def has_room(self, stream: str | None = None) -> bool: ...

    def offer(self, outgoing: Outgoing) -> bool: ...


class Sending:
    """What the API and SMTP submit to. Without an engine here or beside, the store holds what others deliver."""

    def __init__(
        self,
        store: Store,
        names: Callable[[str], ServiceNames],
        worker: str,
        tracking_hosts: TrackingHosts = THIS_HOST,
        public_url: str = "",
    ) -> None:
        self._store = store
        self._names = names
        self._tracking_hosts = tracking_hosts
        self._list_mail = ListMail(store, public_url, names)
        self._door = Door(names, worker, self._has_room)
        self.engine: Engine | None = None
        self.queue: StoredQueue | None = None

    def _has_room(self, stream: str) -> bool:
        return self.engine is not None and self.engine.has_room(stream)

    async def submit(self, submission: Submission, once: Once | None = None) -> str:
        """The MessageId, once the message is durable. Raises what model.errors names."""
        if once is not None:
            (answer,) = await self.submit_once([submission], once, _said_of_one)
            if isinstance(answer, Exception):
                raise answer
            return answer
        try:
            accepted = await self._store.batch(self._door.accept, await self._prepared(submission))
        except TrackingWanted as wanted:
            names = self._names(submission.caller.region)
            tracked = await asyncio.to_thread(trackable, submission, wanted, self._tracking_hosts, names)
            # The way out is no link to be tracked, so it comes into the message last.
            accepted = await self._store.batch(self._door.accept, await self._prepared(tracked))
        if accepted.outgoing is not None and accepted.outgoing.recipients:
            await self._hand_over(accepted.outgoing)
        return accepted.message_id

    async def submit_together(self, submissions: Sequence[Submission]) -> list[str | Exception]:
        """For each its MessageId, once all are durable, or its refusal. They are one transaction; where something goes
        wrong that is no refusal, each is tried alone.
        """
        if not submissions:
            return []
        answers = await self._together(submissions)
        wanting = [index for index, answer in enumerate(answers) if isinstance(answer, TrackingWanted)]
        if wanting:
            pairs = [(submissions[index], answers[index]) for index in wanting]
            tracked = await asyncio.to_thread(self._trackable, pairs)
            for index, answer in zip(wanting, await self._together(tracked), strict=True):
                answers[index] = answer
        return [await self._taken(answer) for answer in answers]

    async def submit_once(self, submissions: Sequence[Submission], once: Once, say: Say) -> list[str | Exception]:
        """As `submit_together`, in one transaction with what `say` makes of it. Raises AnsweredBefore, KeyReused."""
        made = list(submissions)
        while True:
            prepared = [await self._prepared(submission) for submission in made]
            try:
                answers = await self._store.write(self._door.accept_once, prepared, once, say)
            except Undone as undone:
                if not any(isinstance(answer, TrackingWanted) for answer in undone.answers):
                    return [*undone.answers]
                made = await self._all_trackable(made, undone.answers)
            else:
                return [await self._taken(answer) for answer in answers]

    async def _all_trackable(
        self, submissions: Sequence[Submission], answers: Sequence[Accepted | Exception]
    ) -> list[Submission]:
        """The key of links was undone with the rest, where it was new: it is made anew."""
        key = await self._store.write(tracking.signing_key, secrets.token_bytes(32))
        pairs = list(zip(submissions, answers, strict=True))
        wanting = [(one, TrackingWanted(answer.tracking, key)) for one, answer in pairs if _wants_links(answer)]
        tracked = iter(await asyncio.to_thread(self._trackable, wanting))
        return [next(tracked) if _wants_links(answer) else one for one, answer in pairs]

    async def _together(self, submissions: Sequence[Submission]) -> list[Accepted | Exception]:
        try:
            return await self._store.batch(self._door.accept_together, submissions)
        except StoreUnavailable as error:
            return [error] * len(submissions)
        except Exception:
            logger.exception("bulk_failed")
            return await asyncio.gather(*[self._alone(submission) for submission in submissions])

    async def _alone(self, submission: Submission) -> Accepted | Exception:
        try:
            return await self._store.batch(self._door.accept, submission)
        except Exception as error:
            return error

    def _trackable(self, pairs: Sequence[tuple[Submission, Any]]) -> list[Submission]:
        names, hosts = self._names, self._tracking_hosts
        return [trackable(one, wanted, hosts, names(one.caller.region)) for one, wanted in pairs]

    async def _taken(self, answer: Accepted | Exception) -> str | Exception:
        if isinstance(answer, Exception):
            return answer
        if answer.outgoing is not None and answer.outgoing.recipients:
            await self._hand_over(answer.outgoing)
        return answer.message_id

    async def _prepared(self, submission: Submission) -> Submission:
        return submission if submission.list_option is None else await self._list_mail.prepared(submission)

    async def _hand_over(self, outgoing: Outgoing) -> None:
        if self.engine is not None and self.engine.offer(outgoing):
            return
        if self.queue is not None:
            await self.queue.release([(outgoing.message_id, [recipient.ordinal for recipient in outgoing.recipients])])


def _said_of_one(answers: Sequence[str | Exception]) -> Mapping[str, Any]:
    return {"MessageId": answers[0]}


def _wants_links(answer: Accepted | Exception) -> TypeGuard[TrackingWanted]:
    return isinstance(answer, TrackingWanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What the API's composing handlers are given (`call.tools`)."""

    sending: Sending
    public_url: str  # where links in mails of the service lead
    job_files: Files  # where the files of jobs are
    resolver: Resolver
    functions: Collection[str] = ()  # that receipt rules may call, by ARN
    offered_targets: Offered = field(default_factory=Offered)  # of events, other than topics
    # Told of each new identity (account id, name); only the rehearsal wants to know.
    identity_created: Callable[[str, str], Awaitable[None]] | None = None


def handed_by_service(
    account_id: str, names: ServiceNames, now: datetime, operation: Operation, recipients: Sequence[AddrSpec]
) -> Handed:
    """What comes with a message that the service writes itself, on behalf of an account."""
    return Handed(
        message_id=ids.message_id(names.region, now),
        caller=Caller(
            account_id=account_id,
            region=names.region,
            arn=f"arn:aws:iam::{account_id}:root",
            source_ip="",
            operation=operation,
        ),
        now=now,
        names=names,
        destinations=recipients,
    )


def _permit_of(submitted: SubmittedMessage) -> Permit | None:
    """SMTP is `ses:SendRawEmail` to policies (ses: SMTP credentials)."""
    grants = submitted.credential.grants
    if grants is None:
        return None
    over_tls = "false" if submitted.tls is None else "true"
    return Permit(grants=grants, actions=("ses:SendRawEmail",), context={"aws:securetransport": (over_tls,)})


class SmtpAcceptance:
    """What SMTP submission hands its messages to."""

    def __init__(self, sending: Sending, clock: Clock, names: Callable[[str], ServiceNames]) -> None:
        self._sending = sending
        self._clock = clock
        self._names = names

    async def accept(self, submitted: SubmittedMessage) -> str:
        """The MessageId, once the message is durable. Raises what model.errors names."""
        now, names = self._clock.now(), self._names(submitted.region)
        handed = Handed(
            message_id=ids.message_id(submitted.region, now),
            caller=Caller(
                account_id=submitted.credential.account_id,
                region=submitted.region,
                arn=submitted.credential.arn,
                source_ip=submitted.source_ip,
                operation=Operation.SMTP,
                tls_version=submitted.tls.version if submitted.tls else "",
                permit=_permit_of(submitted),
            ),
            now=now,
            names=names,
            source=submitted.envelope.reverse_path.address or "",
            destinations=submitted.envelope.recipients,
        )
        return await self._sending.submit(from_raw(submitted.content, handed))
