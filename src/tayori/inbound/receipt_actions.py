"""A Loop: does what receipt rules say with mail that was taken, action by action, and again where one fails.

Owns the order and what each action comes to. Buckets, functions and bounces are handed in. What is done is noted before
the next action begins, so that after a crash at most one is done twice. SPF, DKIM and DMARC are looked at first, and
never decide anything by themselves.
"""

import asyncio
import contextlib
import ipaddress
import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from tayori import ids
from tayori.clock import Clock
from tayori.mail import dmarc
from tayori.mail.address import AddressError, AddrSpec, parse_mailbox_list
from tayori.mail.answer import Resolver, drive
from tayori.mail.dkim_verify import verify
from tayori.mail.dmarc import DmarcRequest, DmarcResult
from tayori.mail.fields import MAX_BLOCK, find_all, scan_block
from tayori.mail.spf import SpfRequest, SpfVerdict, check_host
from tayori.model import bounce_mail, received
from tayori.model.bounce_mail import Bounce
from tayori.model.errors import DomainError
from tayori.model.job import FileTrouble, ObjectName
from tayori.model.receipt import ActionKind, Members
from tayori.model.received import Arrival, Verdicts
from tayori.resources import received_mail
from tayori.resources.received_mail import Open, Progress, Telling
from tayori.store.engine import Store, StoreUnavailable

logger = logging.getLogger("tayori.received")

_AT_ONCE = 4  # messages, of which each may have 40 MiB
_EACH_TICK = 40
_SECONDS = 90.0  # for the actions of one message, before it is another's turn
_CHECK_SECONDS = 20.0  # for the DNS
_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=1)
_STOPS_SET = "STOP_RULE_SET"
_STOPS_RULE = "STOP_RULE"


class Trouble(Exception):
    """An action that could not be done now; the text is a sentence."""


class Buckets(Protocol):
    async def put(self, account_id: str, name: ObjectName, data: bytes) -> None:
        """Raises FileTrouble."""
        ...


class Functions(Protocol):
    async def call(self, arn: str, event: bytes) -> bytes:
        """The function's answer. Raises Trouble."""
        ...


class Bounces(Protocol):
    async def send(self, account_id: str, region: str, bounce: Bounce) -> None:
        """Raises DomainError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """With what actions are done."""

    buckets: Buckets
    functions: Functions
    bounces: Bounces
    resolver: Resolver


class ReceiptActions:
    name = "received-mail"
    every = 10.0

    def __init__(self, store: Store, clock: Clock, hands: Hands) -> None:
        self._store = store
        self._clock = clock
        self._hands = hands

    async def tick(self) -> float | None:
        found = await self._store.read(received_mail.due, _EACH_TICK)
        if not found:
            return await self._pause()
        room = asyncio.Semaphore(_AT_ONCE)

        async def one(account_id: str, message_id: str) -> None:
            async with room:
                await self._work(account_id, message_id)

        with contextlib.suppress(TimeoutError):  # what was cut off goes on where it was, behind the others
            async with asyncio.timeout(_SECONDS), asyncio.TaskGroup() as group:
                for key in found:
                    group.create_task(one(*key))
        return 0.0

    async def _pause(self) -> float | None:
        following = await self._store.read(received_mail.next_due)
        if following is None:
            return None
        return max(0.0, min(self.every, (following - self._clock.now()).total_seconds()))

    async def _work(self, account_id: str, message_id: str) -> None:
        message = await self._store.read(received_mail.load, account_id, message_id)
        if message is None:
            return
        try:
            message = await self._checked(message)
            while message.progress.at < len(message.steps):
                message = await self._step(message)
        except _Failed as failure:
            await self._put_off(failure.message, failure.reason)
        except StoreUnavailable:
            raise  # nothing was decided: it goes on where it was
        except Exception:
            logger.exception("received_mail_failed", extra={"account_id": account_id, "message_id": message_id})
            await self._put_off(message, "It failed within the service.")
        else:
            await self._store.write(received_mail.finish, message)

    async def _put_off(self, message: Open, reason: str) -> None:
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(message.attempts, 12))
        until = self._clock.now() + pause * (1 + 0.1 * ids.jitter())
        goes_on = await self._store.write(received_mail.postpone, message, until, reason)
        facts = {"account_id": message.account_id, "message_id": message.arrival.message_id, "reason": reason}
        logger.warning("received_mail_waits" if goes_on else "received_mail_given_up", extra=facts)

    # -- checks --------------------------------------------------------------------------------------------------------

    async def _checked(self, message: Open) -> Open:
        if message.progress.verdicts is not None:
            return message
        try:
            async with asyncio.timeout(_CHECK_SECONDS):
                judged = await judge(message.arrival, message.content, self._hands.resolver)
        except TimeoutError:
            judged = Verdicts()
        return await self._advance(message, replace(message.progress, verdicts=judged.to_json()))

    async def _advance(self, message: Open, progress: Progress, telling: Telling | None = None) -> Open:
        return await self._store.write(received_mail.advance, message, progress, telling)

    # -- actions -------------------------------------------------------------------------------------------------------

    async def _step(self, message: Open) -> Open:
        """Do the next action, and note it. Raises _Failed."""
        progress, step = message.progress, message.steps[message.progress.at]
        after = replace(progress, at=progress.at + 1)
        if progress.stopped and progress.stopped == step["rule"]:
            return await self._advance(message, after)
        if step["kind"] == ActionKind.ADD_HEADER:
            pair = step["members"]["HeaderName"], step["members"]["HeaderValue"]
            return await self._advance(message, replace(after, added=(*progress.added, pair)))
        judged = Verdicts(**(progress.verdicts or {}))
        content = received.stamped(message.content, message.arrival, judged, progress.added, scans=bool(step["scans"]))
        try:
            after = await self._do(message, step, after, judged, content)
        except (Trouble, FileTrouble) as trouble:
            raise _Failed(message, f"{step['kind']}: {trouble}") from trouble
        telling = _telling(message, step, judged, content, self._clock.now())
        return await self._advance(message, after, telling)

    async def _do(self, message: Open, step: Members, after: Progress, judged: Verdicts, content: bytes) -> Progress:
        kind, members = step["kind"], step["members"]
        over = replace(after, at=len(message.steps))
        if kind == ActionKind.S3:
            name = ObjectName(members["BucketName"], received.object_key(message.arrival, step))
            await self._hands.buckets.put(message.account_id, name, content)
        if kind == ActionKind.LAMBDA:
            event = received.function_event(content, message.arrival, judged, step, self._clock.now())
            answer = await self._hands.functions.call(members["FunctionArn"], event)
            if members.get("InvocationType") == "RequestResponse":
                return _decided(received.disposition(answer), step, after, over)
        if kind == ActionKind.BOUNCE:
            await self._bounce(message, step, judged, content)
            return over
        return over if kind == ActionKind.STOP else after

    async def _bounce(self, message: Open, step: Members, judged: Verdicts, content: bytes) -> None:
        """Never to whom nothing can be said to have come from: SPF tells that the sender is another's."""
        arrival, members = message.arrival, step["members"]
        head = content.partition(b"\r\n\r\n")[0][: received.HEAD] + b"\r\n"
        facts = {"account_id": message.account_id, "message_id": arrival.message_id}
        if judged.spf == "FAIL" or not bounce_mail.may_be_answered(arrival.source, head):
            logger.info("received_mail_not_bounced", extra=facts)
            return
        if not await self._store.write(received_mail.may_bounce_to, message.account_id, arrival.source):
            logger.warning("received_mail_not_bounced", extra=facts | {"reason": "too many to this address"})
            return
        try:
            bounce = bounce_mail.of_rule(
                AddrSpec.parse(members["Sender"]),
                AddrSpec.parse(arrival.source),
                step["recipients"],
                code=members["SmtpReplyCode"],
                status=members.get("StatusCode") or "",
                text=members["Message"],
                host=arrival.host,
                head=head,
            )
            await self._hands.bounces.send(message.account_id, message.region, bounce)
        except (DomainError, AddressError) as refusal:
            logger.warning("received_mail_not_bounced", extra=facts | {"reason": str(refusal)})


class _Failed(Exception):
    def __init__(self, message: Open, reason: str) -> None:
        super().__init__(reason)
        self.message = message
        self.reason = reason


def _decided(word: str, step: Members, after: Progress, over: Progress) -> Progress:
    if word == _STOPS_SET:
        return over
    return replace(after, stopped=step["rule"]) if word == _STOPS_RULE else after


def _telling(message: Open, step: Members, judged: Verdicts, content: bytes, now: datetime) -> Telling | None:
    topic = step["members"].get("TopicArn")
    if not topic:
        return None
    text = received.notification(content, message.arrival, judged, step, now)
    return Telling(topic=topic, rule=step["rule"], message=text, subject=received.SUBJECT)


async def judge(arrival: Arrival, content: bytes, resolver: Resolver) -> Verdicts:
    """SPF of the sender's host, DKIM of the content as it came, DMARC of its author."""
    request = SpfRequest(client=ipaddress.ip_address(arrival.source_ip), helo=arrival.helo, reverse_path=arrival.source)
    spf = await drive(check_host(request), resolver)
    dkim = await drive(verify(content, arrival.received_at), resolver)
    passed = spf.domain if spf.verdict is SpfVerdict.PASS else ""
    domains = tuple(one.domain for one in dkim if one.passed)
    author = _author(content)
    found: DmarcResult | None = None
    if author:
        asked = DmarcRequest(from_domain=author, spf_domain=passed, dkim_domains=domains)
        found = await drive(dmarc.evaluate(asked), resolver)
    return received.verdicts(arrival, spf, dkim, found, arrival.domain)


def _author(content: bytes) -> str:
    """The domain of From; "" where there is none, or more than one (RFC 7489 6.6.1)."""
    fields = find_all(scan_block(content[:MAX_BLOCK].partition(b"\r\n\r\n")[0] + b"\r\n"), b"from")
    try:
        domains: set[Any] = {box.addr.domain for one in fields for box in parse_mailbox_list(one.text)}
    except AddressError:
        return ""
    return str(domains.pop()) if len(domains) == 1 else ""
