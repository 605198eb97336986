"""The test that complaints find their way: a message of the service, and a report on it as a provider would write one.

Owns the message, the report, and the waiting. The message goes to an address of the service that is open for this test
alone, by the way that all mail takes; the report comes back as a stranger's does, by the MX records of the service's
domain and plain SMTP. Nobody is suppressed and nothing is counted: the reader who complains is a probe
(`resources.complaints`). RFC 5965, RFC 6449.
"""

import asyncio
import secrets
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tayori import ids
from tayori.app.feedback_loops import COMPLAINTS
from tayori.app.sending import Sending, handed_by_service
from tayori.clock import Clock
from tayori.delivery.route import Target, find_route
from tayori.delivery.settings import DeliverySettings
from tayori.mail import arf_report
from tayori.mail.address import AddrSpec, Mailbox
from tayori.mail.answer import Resolver
from tayori.mail.compose import Body, Content, SimpleContent
from tayori.model.errors import DomainError, LimitExceeded
from tayori.model.event import EventKind
from tayori.model.message import DeliveryState, Operation
from tayori.model.names import ServiceNames
from tayori.model.submission import from_simple
from tayori.resources import probes, timeline
from tayori.resources.identities import Identity
from tayori.resources.probes import ArrivedProbe
from tayori.store.engine import Store

_POLL_SECONDS = 0.2
_SMTP_SECONDS = 30.0
_SENDER = "tayori-probe"
_OVER = frozenset(
    {DeliveryState.BOUNCED, DeliveryState.EXPIRED, DeliveryState.SUPPRESSED, DeliveryState.CANCELLED}
    | {DeliveryState.DEFERRED, DeliveryState.HELD}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopTest:
    """What came of it. `trouble` says at which step it ended, "" where the event is there."""

    domain: str
    message_id: str = ""
    reported_to: str = ""
    host: str = ""
    reply: str = ""
    seconds: float = 0.0
    trouble: str = ""

    @property
    def passes(self) -> bool:
        return not self.trouble

    def as_json(self) -> dict[str, Any]:
        return {
            "domain": self.domain,
            "message_id": self.message_id or None,
            "reported_to": self.reported_to or None,
            "host": self.host or None,
            "reply": self.reply or None,
            "seconds": round(self.seconds, 2),
            "passes": self.passes,
            "trouble": self.trouble or None,
        }


class _Ended(Exception):
    """A step that did not do; the text is the trouble."""


class LoopTester:
    def __init__(
        self,
        *,
        store: Store,
        sending: Sending,
        names: Callable[[str], ServiceNames],
        clock: Clock,
        resolver: Resolver,
        delivery: DeliverySettings,
        wait_seconds: float = 45.0,
    ) -> None:
        self._store = store
        self._sending = sending
        self._names = names
        self._clock = clock
        self._resolver = resolver
        self._delivery = delivery
        self._wait_seconds = wait_seconds

    async def run(self, identity: Identity) -> LoopTest:
        """Raises LimitExceeded where the account has many probes under way."""
        token = ids.request_id()
        if not await self._store.write(probes.begin, identity.account_id, identity.region, identity.name, token):
            raise LimitExceeded("Too many probes of this account are under way. Try again in an hour.")
        began = asyncio.get_running_loop().time()
        facts: dict[str, str] = {"domain": identity.domain}
        try:
            await self._steps(identity, token, facts)
        except (_Ended, DomainError) as end:
            facts["trouble"] = str(end) or type(end).__name__
        finally:
            await self._store.write(probes.end, token)
        return LoopTest(seconds=asyncio.get_running_loop().time() - began, **facts)

    async def _steps(self, identity: Identity, token: str, facts: dict[str, str]) -> None:
        names = self._names(identity.region)
        address = probes.address_of(token, names.service_domain)
        facts["message_id"] = await self._send(identity, address, names)
        arrived = await self._arrived(token, facts["message_id"])
        facts["reported_to"] = f"{COMPLAINTS}@{names.service_domain}"
        target = await self._target(names.service_domain)
        facts["host"] = f"{target.host} [{target.address}]"
        report = self._report(arrived, address, names, facts["reported_to"])
        facts["reply"] = await asyncio.to_thread(
            _hand_in, target.address, self._delivery.port, names.ehlo_name, facts["reported_to"], report
        )
        await self._told(facts["message_id"])

    async def _send(self, identity: Identity, address: AddrSpec, names: ServiceNames) -> str:
        handed = handed_by_service(identity.account_id, names, self._clock.now(), Operation.PROBE, [address])
        content = SimpleContent(
            sender=Mailbox("", AddrSpec(_SENDER, identity.domain)),
            to=[Mailbox("", address)],
            subject=Content(data=f"Test of complaints about mail of {identity.domain}"),
            body=Body(text=Content(data="A complaint about this message is about to be reported, as a test.\r\n")),
            headers=(("Auto-Submitted", "auto-generated"),),
        )
        return await self._sending.submit(from_simple(content, handed, boundary=ids.url_token()))

    async def _arrived(self, token: str, message_id: str) -> ArrivedProbe:
        loop = asyncio.get_running_loop()
        until = loop.time() + self._wait_seconds
        while loop.time() < until:
            arrived = await self._store.read(probes.arrived, token)
            if arrived is not None:
                return arrived
            (recipient, *_) = (await self._store.read(timeline.get, message_id)).recipients
            if recipient.state in _OVER:
                why = recipient.diagnostic or recipient.reason or recipient.state
                raise _Ended(f"The message to complain of did not arrive: {why}")
            await asyncio.sleep(_POLL_SECONDS)
        raise _Ended("The message to complain of did not arrive in time.")

    async def _target(self, service_domain: str) -> Target:
        """Where the world finds the service's mailboxes."""
        route = await find_route(service_domain, self._resolver, self._delivery, lambda hosts: None)
        if not route.targets:
            why = route.trouble.diagnostic if route.trouble else "no address"
            raise _Ended(f"Nobody finds the way to {COMPLAINTS}@{service_domain}: {why}")
        return route.targets[0]

    def _report(self, arrived: ArrivedProbe, address: AddrSpec, names: ServiceNames, to: str) -> bytes:
        complaint = arf_report.Complaint(
            content=arrived.content,
            reverse_path=arrived.reverse_path,
            recipient=str(address),
            source_ip=arrived.source_ip,
            received_at=arrived.received_at,
        )
        reporter = arf_report.Reporter(
            host=names.service_domain,
            sender=f"loop-test@{names.service_domain}",
            to=to,
            token=secrets.token_hex(16),
            now=self._clock.now(),
        )
        return arf_report.write(complaint, reporter)

    async def _told(self, message_id: str) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + self._wait_seconds
        while loop.time() < until:
            found = await self._store.read(timeline.get, message_id)
            if any(event.kind == EventKind.COMPLAINT for event in found.events):
                return
            await asyncio.sleep(_POLL_SECONDS)
        raise _Ended("The report was taken, but no Complaint event came of it.")


def _hand_in(address: str, port: int, greeting: str, recipient: str, report: bytes) -> str:
    """As a stranger: TLS where it is offered, no name verified. The reply to the content."""
    sender = f"loop-test@{recipient.rpartition('@')[2]}"
    try:
        with smtplib.SMTP(address, port, local_hostname=greeting, timeout=_SMTP_SECONDS) as client:
            client.ehlo()
            if client.has_extn("starttls"):
                client.starttls(context=_any_certificate())
                client.ehlo()
            for code, words in (client.mail(sender), client.rcpt(recipient)):
                if code != 250:
                    raise _Ended(f"The report was refused: {code} {words.decode('utf-8', 'replace')}")
            code, words = client.data(report)
    except (OSError, smtplib.SMTPException) as error:
        raise _Ended(f"The report could not be handed in at {address}, port {port}: {error}") from error
    said = f"{code} {words.decode('utf-8', 'replace')}"
    if code != 250:
        raise _Ended(f"The report was refused: {said}")
    return said


def _any_certificate() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
