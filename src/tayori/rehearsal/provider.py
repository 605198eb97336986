"""A mailbox provider: one SMTP receiver with rules of its own.

Owns what each of the providers says to each command, the trace fields it puts in front of a message, and what it does
afterwards. Never speaks SMTP itself (`tayori.smtp` does) nor decides whether a message is authentic (`dns.examiner`).
RFC 5321, RFC 8601 (Authentication-Results), RFC 3834 and RFC 3464 (what it sends back), RFC 7489 (what it obeys).
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Protocol

from tayori.clock import Clock
from tayori.dns.examiner import Received, Verdicts
from tayori.ids import request_id
from tayori.mail.address import AddressError, AddrSpec
from tayori.mail.authres import AuthResError, parse_authentication_results
from tayori.mail.dmarc import DmarcPolicy, DmarcVerdict
from tayori.mail.envelope import ReversePath
from tayori.mail.fields import MAX_BLOCK, Field, FieldsError, assemble, split_message
from tayori.mail.reply import Reply
from tayori.rehearsal.greylist import Greylist
from tayori.rehearsal.mailbox import Mailboxes, ReceivedMessage
from tayori.rehearsal.postman import Letter, Postman
from tayori.rehearsal.providers import Behaviour, Provider
from tayori.rehearsal.reports import Letterhead, automatic_reply, failure_report, wants_no_reply
from tayori.smtp.policy import Peer, ServerSettings, Transaction, Verdict
from tayori.smtp.server import SmtpServer
from tayori.smtp.session import Session
from tayori.smtp.session import TlsOffer as SessionTls

SLOW_SECONDS = 5.0
_REPORT_AFTER = 1.0  # seconds of service time between the 250 and the report that takes it back
_PLAIN_NAME = re.compile(r"[A-Za-z0-9.\-_:\[\]]+")


class Judge(Protocol):
    """Who authenticates a message; `dns.examiner.Examiner` in a running world."""

    async def examine(self, received: Received) -> Verdicts: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Premises:
    """What all providers of one world share."""

    clock: Clock
    mailboxes: Mailboxes
    judge: Judge
    postman: Postman
    greylist: Greylist


class ProviderPolicy:
    """One connection to one provider. Behaviours differ in three places: the recipient, the verdict, the aftermath."""

    def __init__(self, provider: Provider, premises: Premises, peer: Peer) -> None:
        self._provider = provider
        self._premises = premises
        self._peer = peer
        self._reverse_path = ""

    def greeting(self) -> Verdict:
        return Reply.of(220, f"{self._provider.host} ESMTP")

    def extensions(self, tls: bool, authenticated: bool) -> list[str]:
        return ["ENHANCEDSTATUSCODES", "SMTPUTF8"]

    def auth(self, identity: str, password: str) -> Verdict:
        return Reply.of(535, "Authentication is not offered here", "5.7.8")

    def mail(self, reverse_path: ReversePath | str, params: Mapping[str, str | None]) -> Verdict:
        if isinstance(reverse_path, str):
            return Reply.of(501, "The sender is not an address", "5.1.7")
        self._reverse_path = reverse_path.text
        return Reply.of(250, "Ok", "2.1.0")

    def rcpt(self, forward_path: str, params: Mapping[str, str | None]) -> Verdict:
        provider = self._provider
        domain = _domain(forward_path)
        if domain is None:
            return Reply.of(501, "The recipient is not an address", "5.1.3")
        if domain not in ("", provider.domain):
            return Reply.of(550, f"<{forward_path}>: Relay access denied", "5.7.1")
        match provider.behaviour:
            case Behaviour.UNKNOWN_USER:
                return Reply.of(550, f"<{forward_path}>: Recipient address rejected: User unknown", "5.1.1")
            case Behaviour.FULL:
                return Reply.of(452, f"<{forward_path}>: Mailbox full", "4.2.2")
            case Behaviour.GREYLISTS if not self._may_pass(forward_path):
                return Reply.of(451, f"<{forward_path}>: Greylisted, please try again later", "4.7.1")
        return Reply.of(250, "Ok", "2.1.5")

    def _may_pass(self, recipient: str) -> bool:
        triplet = (self._peer.host, self._reverse_path.lower(), recipient.lower())
        return self._premises.greylist.may_pass(triplet, self._premises.clock.now())

    async def data(self, transaction: Transaction) -> Reply:
        reverse_path = transaction.reverse_path
        received = Received(
            client=self._peer.host,
            helo=self._peer.helo or "",
            reverse_path=reverse_path.text if isinstance(reverse_path, ReversePath) else "",
            content=transaction.content,
        )
        verdicts = await self._premises.judge.examine(received)
        refusal = self._refusal(verdicts) if self._provider.behaviour is Behaviour.OBEYS_DMARC else None
        if refusal is not None:
            return refusal
        queue_id = ""
        for recipient in transaction.recipients:
            message = self._stamped(transaction, recipient, verdicts)
            self._premises.mailboxes.deliver(message)
            self._follow_up(message)
            queue_id = message.id
        return Reply.of(250, f"Ok: queued as {queue_id}", "2.0.0")

    def _refusal(self, verdicts: Verdicts) -> Reply | None:
        """What DMARC asks for (RFC 7489 6.6.2), in the words and codes that Gmail uses (RFC 7372 3.1)."""
        dmarc = verdicts.dmarc
        if verdicts.problem:
            return Reply.of(550, verdicts.problem, "5.7.1")
        if dmarc.verdict is DmarcVerdict.TEMPERROR:
            return Reply.of(451, f"DMARC of {dmarc.from_domain} cannot be checked now", "4.7.0")
        if dmarc.verdict is DmarcVerdict.FAIL and dmarc.disposition is DmarcPolicy.REJECT:
            text = (
                f"Unauthenticated email from {dmarc.from_domain} is not accepted due to domain's DMARC policy. "
                f"SPF: {verdicts.spf.verdict}, DKIM: {verdicts.dkim_summary}"
            )
            return Reply.of(550, text, "5.7.26")
        return None

    def _stamped(self, transaction: Transaction, recipient: str, verdicts: Verdicts) -> ReceivedMessage:
        now = self._premises.clock.now()
        peer, tls = self._peer, self._peer.tls
        message_id = request_id()
        trace = (
            f"Return-Path: <{self._reverse_path}>\r\n".encode("utf-8", "replace")
            + verdicts.authentication_results(self._provider.host)
            + self._received(transaction, recipient, message_id, format_datetime(now))
        )
        return ReceivedMessage(
            id=message_id,
            provider=self._provider.domain,
            mail_from=self._reverse_path,
            rcpt_to=recipient if "@" in recipient else f"{recipient}@{self._provider.domain}",
            received_at=now,
            client=peer.host,
            helo=peer.helo or "",
            tls=tls.version if tls else None,
            cipher=tls.cipher if tls else None,
            spf=verdicts.spf_text,
            dkim=verdicts.dkim_text,
            dmarc=verdicts.dmarc_text,
            content=trace + without_forged_results(transaction.content, self._provider.host),
        )

    def _received(self, transaction: Transaction, recipient: str, message_id: str, date: str) -> bytes:
        peer, tls = self._peer, self._peer.tls
        helo = peer.helo if peer.helo and _PLAIN_NAME.fullmatch(peer.helo) else "unknown"
        protocol = ("UTF8SMTP" if transaction.smtputf8 else "ESMTP" if peer.esmtp else "SMTP") + ("S" if tls else "")
        facts = f"\r\n\t(version={tls.version} cipher={tls.cipher})" if tls else "\r\n\t(no TLS)"
        field = (
            f"Received: from {helo} ([{peer.host}])\r\n\tby {self._provider.host} with {protocol} id {message_id}"
            f"{facts}\r\n\tfor <{recipient}>; {date}\r\n"
        )
        return field.encode("utf-8", "replace")

    def _follow_up(self, message: ReceivedMessage) -> None:
        """Providers that have second thoughts write to the return path; to the null one nobody may (RFC 5321 4.5.5)."""
        if not message.mail_from:
            return
        head = Letterhead(provider=self._provider, now=self._premises.clock.now(), token=request_id())
        if self._provider.behaviour is Behaviour.BOUNCES_LATER:
            self._write_back(message, failure_report(head, message, message.mail_from))
        elif self._provider.behaviour is Behaviour.REPLIES and not wants_no_reply(message.content):
            self._write_back(message, automatic_reply(head, message, message.mail_from))

    def _write_back(self, message: ReceivedMessage, content: bytes) -> None:
        letter = Letter(
            provider=self._provider,
            source_address=self._peer.local_host,
            recipient=message.mail_from,
            content=content,
        )
        self._premises.postman.post(letter, delay=_REPORT_AFTER)

    def reset(self) -> None:
        self._reverse_path = ""

    def closed(self) -> None:
        return None


def without_forged_results(content: bytes, authserv_id: str) -> bytes:
    """The message less fields that pretend to be this provider's own verdict (RFC 8601 5)."""
    if b"authentication-results" not in content[:MAX_BLOCK].lower():
        return content
    try:
        fields, body_offset = split_message(content)
    except FieldsError:
        return content
    kept = [field for field in fields if not _claims(field, authserv_id)]
    return assemble(kept, content, body_offset)


def _claims(field: Field, authserv_id: str) -> bool:
    if field.key != b"authentication-results":
        return False
    try:
        results = parse_authentication_results(field.value.decode("utf-8", "replace"))
    except AuthResError:
        return True  # whoever reads it more kindly than we do might believe it
    return results.authserv_id.lower() == authserv_id


def _domain(forward_path: str) -> str | None:
    """The domain of a recipient, "" for a bare postmaster (RFC 5321 4.1.1.3), None for what is no address."""
    if forward_path.lower() == "postmaster":
        return ""
    try:
        return AddrSpec.parse(forward_path).domain
    except AddressError:
        return None


class _SlowSession(Session):
    """Every reply comes late, whatever it is."""

    def greet(self) -> Verdict:
        return self._late(super().greet())

    def step(self) -> Verdict | None:
        verdict = super().step()
        return None if verdict is None else self._late(verdict)

    async def _late(self, verdict: Verdict) -> Reply:
        await asyncio.sleep(SLOW_SECONDS)
        return verdict if isinstance(verdict, Reply) else await verdict


class SlowServer(SmtpServer):
    """The server of a provider that takes its time."""

    def open_session(self, peer: Peer) -> Session:
        assert self._failures is not None
        return _SlowSession(
            policy=self._policy_factory(peer),
            peer=peer,
            settings=self.settings,
            tls_offer=SessionTls.STARTTLS if self.tls is not None and peer.tls is None else SessionTls.NONE,
            memory=self._memory,
            failures=self._failures,
        )


def provider_settings(provider: Provider) -> ServerSettings:
    """Limits of one provider; generous, for a rehearsal may send as fast as the service can."""
    return ServerSettings(
        hostname=provider.host,
        max_recipients=100,
        first_command_timeout=300.0,
        max_connections=500,
        max_connections_per_host=500,
        max_content_in_memory=256 * 1024 * 1024,
    )
