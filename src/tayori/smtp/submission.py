"""The submission role: SES's SMTP interface (ses: send-email-smtp, troubleshoot-smtp; RFC 6409).

Owns who may submit, the syntax of the envelope, and one table from refusals of the service to SMTP replies in
SES's words. Never decides whether a message may be sent: it hands it to `accept`, which raises what
`model.errors` names.
"""

import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import TypeAlias

from tayori.mail.address import AddressError, AddrSpec
from tayori.mail.envelope import Envelope, ReversePath
from tayori.mail.reply import Reply
from tayori.model.errors import (
    AccessDenied,
    DomainError,
    MailFromNotVerified,
    MessageRejected,
    SendingPaused,
    Throttled,
)
from tayori.model.message import TlsFacts
from tayori.model.smtp_password import smtp_password
from tayori.resources.credentials import Credential
from tayori.smtp.policy import Peer, ServerSettings, Transaction, Verdict
from tayori.store.engine import StoreUnavailable

logger = logging.getLogger(__name__)

Network: TypeAlias = IPv4Network | IPv6Network

OK = Reply.of(250, "Ok")
AUTHENTICATED = Reply.of(235, "Authentication successful.")
BAD_CREDENTIALS = Reply.of(535, "Authentication Credentials Invalid")
AUTH_TROUBLE = Reply.of(454, "Temporary authentication failure")
AUTH_REQUIRED = Reply.of(530, "Authentication required")
TLS_REQUIRED = Reply.of(530, "Must issue a STARTTLS command first")
NULL_SENDER = Reply.of(501, "Invalid MAIL FROM address provided")

# What a refusal is in SMTP: the first row whose class fits. 4xx may be tried again, 5xx not.
_REPLIES: tuple[tuple[type[DomainError], int, str], ...] = (
    (Throttled, 454, "Throttling failure: {}"),
    (MessageRejected, 554, "Message rejected: {}"),
    (SendingPaused, 554, "Message rejected: {}"),
    (MailFromNotVerified, 554, "{}"),
    (AccessDenied, 554, "Access denied: {}"),
    (DomainError, 554, "Transaction failed: {}"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedMessage:
    """A message, with who handed it in and from where."""

    credential: Credential
    envelope: Envelope
    content: bytes = field(repr=False)
    source_ip: str
    helo: str
    tls: TlsFacts | None
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionRole:
    """What all sessions of a submission server share; `policy` makes one session's policy.

    `credentials` finds an active access key. `accept` makes the message durable and returns its MessageId, or
    raises a DomainError. `trusted` lists networks that may submit without AUTH and TLS, each as the holder of
    one access key, after Postfix's mynetworks: for applications on the same host. Empty unless the operator
    fills it. A password is good for one region, and the session acts there; `region` is that of trusted networks,
    `regions` are all that are served, where there are more. `used` is told of each key that has authenticated.
    """

    settings: ServerSettings
    region: str
    credentials: Callable[[str], Awaitable[Credential | None]]
    accept: Callable[[SubmittedMessage], Awaitable[str]]
    trusted: Mapping[Network, str] = field(default_factory=dict)
    regions: Sequence[str] = ()
    used: Callable[[str], None] = lambda access_key_id: None

    def policy(self, peer: Peer) -> "SubmissionPolicy":
        return SubmissionPolicy(self, peer, self._trusted_key(peer.host) if self.trusted else None)

    def _trusted_key(self, host: str) -> str | None:
        try:
            address = ip_address(host)
        except ValueError:
            return None
        return next((key for network, key in self.trusted.items() if address in network), None)


class SubmissionPolicy:
    """One session's policy (see `tayori.smtp.policy.Policy`)."""

    def __init__(self, role: SubmissionRole, peer: Peer, trusted_key: str | None) -> None:
        self._role = role
        self._peer = peer
        self._trusted_key = trusted_key
        self._authenticated: Credential | None = None
        self._trusted: Credential | None = None
        self._region = role.region
        self._recipients: list[AddrSpec] = []

    def greeting(self) -> Verdict:
        return Reply.of(220, f"{self._role.settings.hostname} ESMTP Tayori")

    def extensions(self, tls: bool, authenticated: bool) -> list[str]:
        return ["Ok"]  # not a keyword: SES ends its reply to EHLO with this line

    async def auth(self, identity: str, password: str) -> Reply:
        try:
            credential = await self._role.credentials(identity)
        except StoreUnavailable as error:
            logger.warning("the store cannot be used", extra={"event": "smtp_store_unavailable", "why": str(error)})
            return AUTH_TROUBLE
        except Exception:
            logger.exception("smtp credential lookup failed", extra={"event": "smtp_auth_trouble"})
            return AUTH_TROUBLE
        # An unknown key costs as much time as a wrong password.
        region = self._region_of(credential.secret_access_key if credential else "", password)
        if region is None or credential is None:
            return BAD_CREDENTIALS
        self._authenticated, self._region = credential, region
        self._role.used(credential.access_key_id)
        return AUTHENTICATED

    def _region_of(self, secret: str, password: str) -> str | None:
        """The region that a password was derived for. All are tried, however soon one fits."""
        fitting = None
        for region in self._role.regions or (self._role.region,):
            if hmac.compare_digest(smtp_password(secret, region).encode(), password.encode()):
                fitting = region
        return fitting

    @property
    def _credential(self) -> Credential | None:
        """For whom the session speaks. The session forgets the identity at STARTTLS (RFC 3207 4.2): somebody
        in between could have authenticated as himself, to have the other's mail sent in his name.
        """
        return self._authenticated if self._peer.identity is not None else self._trusted

    def mail(self, reverse_path: ReversePath | str, params: Mapping[str, str | None]) -> Verdict:
        if self._credential is None and self._trusted_key is not None:
            return self._mail_trusted(reverse_path, self._trusted_key)
        return self._mail(reverse_path)

    async def _mail_trusted(self, reverse_path: ReversePath | str, access_key_id: str) -> Reply:
        self._trusted = await self._role.credentials(access_key_id)
        return self._mail(reverse_path)

    def _mail(self, reverse_path: ReversePath | str) -> Reply:
        if self._credential is None:
            needs_tls = self._peer.tls is None and self._role.settings.require_tls_for_auth
            return TLS_REQUIRED if needs_tls and self._trusted_key is None else AUTH_REQUIRED
        if isinstance(reverse_path, str):
            return Reply.of(553, f"<{_shown(reverse_path)}> Invalid email address")
        return NULL_SENDER if reverse_path.is_null else OK

    def rcpt(self, forward_path: str, params: Mapping[str, str | None]) -> Verdict:
        try:
            address = AddrSpec.parse(forward_path)
        except AddressError:
            return Reply.of(553, f"<{_shown(forward_path)}> address unknown")
        self._recipients.append(address)
        return OK

    async def data(self, transaction: Transaction) -> Reply:
        credential = self._credential
        assert credential is not None
        assert isinstance(transaction.reverse_path, ReversePath)
        submitted = SubmittedMessage(
            credential=credential,
            envelope=Envelope(
                reverse_path=transaction.reverse_path,
                recipients=tuple(self._recipients),
                body=transaction.body,
            ),
            content=transaction.content,
            source_ip=self._peer.host,
            helo=self._peer.helo or "",
            tls=self._peer.tls,
            region=self._region if self._peer.identity is not None else self._role.region,
        )
        try:
            message_id = await self._role.accept(submitted)
        except DomainError as error:
            return refusal(error)
        return Reply.of(250, f"Ok {message_id}")

    def reset(self) -> None:
        self._recipients = []

    def closed(self) -> None:
        self._recipients = []


def refusal(error: DomainError) -> Reply:
    """The reply for what the service refused, in SES's words."""
    for kind, code, form in _REPLIES:
        if isinstance(error, kind):
            text = error.message.rstrip(".") if kind is Throttled else error.message
            return Reply.of(code, form.format(" ".join(text.split())))
    raise error


def _shown(path: str) -> str:
    """The client's own text in a reply: one line (the session lets no control through but TAB), not too long."""
    return path[:320].replace("\t", " ")
