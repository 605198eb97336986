"""Messages and their recipients: what one MessageId names, from acceptance to the last recipient's disposition.

Owns the values that travel between acceptance, the rows and delivery. Never decides: `submission` says what may be
accepted, `delivery.decide` what an answer of a receiver means.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tayori.mail.address import AddrSpec, Mailbox
from tayori.mail.envelope import BodyType, ReversePath
from tayori.mail.reply import EnhancedStatus, Reply
from tayori.model.contact_list import ListOption
from tayori.model.grants import Permit
from tayori.model.tls_result import ResultType


class TlsPolicy(StrEnum):
    """DeliveryOptions.TlsPolicy of a configuration set; and what holds for mail that tells of broken TLS."""

    REQUIRE = "REQUIRE"
    OPTIONAL = "OPTIONAL"
    ANYHOW = "ANYHOW"  # of the service's reports alone: whatever the receiver's own policies say (RFC 8460 3, RFC 8689)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTag:
    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningPlan:
    """One DKIM signature that the message is to get: which key, under which name. Decided at acceptance."""

    domain: str
    selector: str
    key_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRecipient:
    """A recipient that waits for delivery: `ordinal` within its message, `attempts` made so far."""

    ordinal: int
    address: AddrSpec
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A message in memory on its way out, with those of its recipients that are due.

    `content` is the message as accepted (CRLF, header block complete but for the DKIM signatures and X-SES-Outgoing,
    which are put in front just before sending). `expires_at` is when retrying ends.
    """

    message_id: str
    account_id: str
    region: str
    configuration_set: str | None
    reverse_path: ReversePath
    content: bytes
    body: BodyType
    signing: tuple[SigningPlan, ...]
    tls_policy: TlsPolicy
    accepted_at: datetime
    expires_at: datetime
    recipients: tuple[DueRecipient, ...]
    stream: str = ""  # what it takes turns with others as, within its account: see model/stream.py
    counts_as: str = ""  # see model/mail_count.py; "" for the service's own mail, which is not counted


class OutcomeKind(StrEnum):
    """What one attempt means for one recipient."""

    DELIVERED = "delivered"
    DEFERRED = "deferred"
    FAILED = "failed"


class FailureScope(StrEnum):
    """How far a failure reaches (after Postfix's smtp_trouble): who is affected, and whether another host is tried.

    LOCAL is our own trouble (DNS unreachable, disk, a bug): nobody's attempts grow and nothing bounces for it.
    """

    RECIPIENT = "recipient"
    MESSAGE = "message"
    HOST = "host"
    DESTINATION = "destination"
    SOURCE = "source"  # the address that we called from, as this provider sees it
    LOCAL = "local"


class Reason(StrEnum):
    """Why an attempt did not deliver, as shown in the timeline and by `tayori queue`."""

    NONE = "none"
    REPLY = "reply"  # the receiver's host said so
    NO_SUCH_DOMAIN = "no-such-domain"
    NULL_MX = "null-mx"  # RFC 7505
    NO_ADDRESS = "no-address"  # MX hosts without any address
    ADDRESS_REFUSED = "address-refused"  # all addresses of the MX hosts are private or reserved
    MAIL_LOOP = "mail-loop"  # the route leads back to this service
    DNS_FAILURE = "dns-failure"
    CONNECTION_REFUSED = "connection-refused"
    CONNECTION_TIMEOUT = "connection-timeout"
    CONNECTION_LOST = "connection-lost"
    TLS_REQUIRED = "tls-required"  # the policy wants TLS, the host offers none
    TLS_FAILED = "tls-failed"
    TLS_POLICY = "tls-policy"  # the domain's own policy does not let mail go to this host
    PROTOCOL_ERROR = "protocol-error"
    MESSAGE_TOO_LARGE = "message-too-large"  # larger than the host's announced SIZE
    CONTENT_NOT_TRANSPORTABLE = "content-not-transportable"  # e.g. 8-bit content, and a host without 8BITMIME
    HEADER_NOT_TRANSPORTABLE = "header-not-transportable"  # UTF-8 in the header, and a host without SMTPUTF8
    ADDRESS_NOT_TRANSPORTABLE = "address-not-transportable"  # a UTF-8 address, and a host without SMTPUTF8
    SIGNING_KEY_GONE = "signing-key-gone"  # its identity was deleted while the message waited
    LOCAL_TROUBLE = "local-trouble"
    SOURCE_BLOCKED = "source-blocked"  # the receiver wants none from our address: a blocklist, its reputation
    GREYLISTED = "greylisted"  # RFC 6647: the receiver wants to see the message again, later
    THROTTLED = "throttled"  # the receiver says that we send too much
    NO_SOURCE = "no-source"  # every source address of its pool has sent all it may for now, or rests
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one attempt means for one recipient, in the terms of RFC 3464: status, diagnostic, remote MTA."""

    kind: OutcomeKind
    scope: FailureScope = FailureScope.RECIPIENT
    reason: Reason = Reason.NONE
    status: EnhancedStatus | None = None
    diagnostic: str = ""  # "smtp; 550 5.1.1 user unknown", or our own words
    reply: Reply | None = None
    remote_mta: str = ""
    retry_after: float | None = None  # seconds: the receiver has said when to come back
    tls_result: ResultType | None = None  # where TLS was the trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFacts:
    """The TLS of one connection, as `ssl` names it: "TLSv1.3", "TLS_AES_256_GCM_SHA384"."""

    version: str
    cipher: str
    level: str = ""  # what the host has proved: a SecurityLevel of delivery, in lower case
    why: str = ""  # on what grounds, in words

    @property
    def text(self) -> str:
        words = f"{self.version} {self.cipher}"
        proof = f"{self.level}: {self.why}" if self.why else self.level
        return f"{words} ({proof})" if proof else words


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFacts:
    """One try with one host. `host` and `address` are empty where no host was reached."""

    started_at: datetime
    duration_ms: int
    host: str = ""
    address: str = ""
    source_address: str = ""
    tls: TlsFacts | None = None
    signatures: tuple[str, ...] = ()  # "<selector>._domainkey.<domain>" of each signature put on the message
    transcript: str = ""  # what went wrong on the way to this host, in words; empty on success


class DeliveryState(StrEnum):
    """The work state of one recipient. The last six are final: its disposition."""

    QUEUED = "queued"
    SENDING = "sending"
    DEFERRED = "deferred"
    HELD = "held"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    EXPIRED = "expired"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"
    REJECTED = "rejected"

    @property
    def is_final(self) -> bool:
        return self in _FINAL


_FINAL = frozenset(
    {
        DeliveryState.DELIVERED,
        DeliveryState.BOUNCED,
        DeliveryState.EXPIRED,
        DeliveryState.SUPPRESSED,
        DeliveryState.CANCELLED,
        DeliveryState.REJECTED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of a recipient after an attempt: its next state and, when deferred, when to try again.

    `counts` is false where the attempt was spoilt by our own trouble and must not count.
    """

    state: DeliveryState
    due_at: datetime | None = None
    counts: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientResult:
    """One recipient's part of an attempt report."""

    ordinal: int
    address: AddrSpec
    outcome: Outcome
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptReport:
    """All that one attempt with one host came to, to be recorded in one transaction with the events it causes."""

    message_id: str
    account_id: str
    region: str
    accepted_at: datetime
    facts: AttemptFacts
    results: tuple[RecipientResult, ...]
    counts_as: str = ""


class Operation(StrEnum):
    """How a message came in; SES shows it in the automatic tag ses:operation."""

    SEND_EMAIL = "SendEmail"
    SEND_RAW_EMAIL = "SendRawEmail"
    SEND_TEMPLATED_EMAIL = "SendTemplatedEmail"
    SEND_BULK_EMAIL = "SendBulkEmail"
    CUSTOM_VERIFICATION = "SendCustomVerificationEmail"
    SMTP = "SendSmtpEmail"
    SERVICE = "Service"  # the service's own mail: verification links, notices
    SEND_BOUNCE = "SendBounce"  # back to the sender of mail that was received
    TLS_REPORT = "TlsReport"  # the service's report on a receiver's TLS (RFC 8460)
    PROBE = "Probe"  # sent as an identity to the service itself, to prove what receivers see


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who handed the message in, and from where. `tls_version` is empty for clear text."""

    account_id: str
    region: str
    arn: str
    source_ip: str
    operation: Operation
    tls_version: str = ""
    permit: Permit | None = None  # where policies say what the caller may send


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """Sending as identities of other accounts (ses: sending authorization).

    `arns` says under which identity each address is used; the rest is what policies ask about. `authors` are all of
    From, since a reader sees them all.
    """

    arns: Mapping[AddrSpec, str]
    action: str  # "ses:SendEmail", "ses:SendRawEmail"…
    authors: tuple[Mailbox, ...]
    feedback_address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderingFailure:
    """Why there is nothing to send: a template and its data do not fit. The name is empty for one within a request."""

    template_name: str
    error_message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingOverride:
    """What a request says of its own tracking; None is "as the configuration set has it"."""

    opens: bool | None = None
    clicks: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A message handed in and found well-formed; all that can be checked without the database has been.

    `content` is CRLF bytes with the header block complete but for DKIM. `identities` are the addresses whose
    verification is asked for, in SES's order: From, Sender, Source, Return-Path. `feedback_address` is where SES
    forwards bounces by mail. What `is_bad` is accepted, and rejected then (`model.content_scan`); so is what has a
    `failure`, whose content is a header alone.
    """

    message_id: str
    caller: Caller
    submitted_at: datetime
    from_address: AddrSpec
    identities: tuple[AddrSpec, ...]
    recipients: tuple[AddrSpec, ...]
    content: bytes
    body: BodyType
    subject: str
    feedback_address: AddrSpec | None = None
    configuration_set: str | None = None
    tags: tuple[MessageTag, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    delegation: Delegation | None = None
    is_trackable: bool = False  # has the links of open and click tracking, where there is anything to be tracked
    is_bad: bool = False
    list_option: ListOption | None = None  # under which contact list it is sent
    failure: RenderingFailure | None = None
    tracking_override: TrackingOverride | None = None
    tenant: str = ""  # on whose behalf it is sent; "" where that is nobody's
    template: str = ""  # the stored one it was made of, where there is a tenant
    authors: tuple[Mailbox, ...] = ()  # all of From

    @property
    def rejection(self) -> str:
        """The reason for which nobody gets it, or ""."""
        return "bad-content" if self.is_bad else "rendering-failure" if self.failure is not None else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The answer to a submission: its id and, where this process is to deliver it now, the message itself."""

    message_id: str
    outgoing: Outgoing | None = None
