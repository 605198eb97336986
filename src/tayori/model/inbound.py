"""Mail that comes back: what the MX role takes, and what it turns out to mean.

Owns the values between the inbound port, the reader of reports and whoever records them. Never decides what a
report changes: `resources` does, and a report on a message that was never sent changes nothing.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tayori.mail.address import AddrSpec
from tayori.mail.envelope import ReversePath
from tayori.mail.reply import EnhancedStatus
from tayori.model.message import TlsFacts


class InboundPurpose(StrEnum):
    """Why an address is ours to take mail for."""

    RETURN_PATH = "return-path"  # of a message that we sent (see `tayori.model.return_path`)
    FEEDBACK = "feedback"  # where feedback loops send complaints
    POSTMASTER = "postmaster"  # postmaster and abuse of the service's own domain (RFC 2142)
    DMARC_REPORTS = "dmarc-reports"  # where receivers send aggregate reports (RFC 7489 7.2)
    TLS_REPORTS = "tls-reports"  # where senders send reports on TLS (RFC 8460 3)
    UNSUBSCRIBE = "unsubscribe"  # where mail programs write to for a recipient who wants no more (RFC 2369 3.2)
    PROBE = "probe"  # the address of one message that the service sends to itself


class NotTaken(StrEnum):
    """Why an address is not ours to take mail for."""

    NOT_OURS = "not-ours"  # another's domain: relaying
    NO_SUCH_ADDRESS = "no-such-address"  # our domain, but nobody is there
    NEVER_ISSUED = "never-issued"  # looks like a return path of ours, and is none
    TOO_OLD = "too-old"  # a return path on which no report is taken any more


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundRoute:
    """One recipient that we take. For a return path, the message, and those of its recipients that it stands for; for
    an address that unsubscribes, the message.
    """

    recipient: AddrSpec
    purpose: InboundPurpose
    message_id: str | None = None
    ordinals: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRoute:
    """One recipient at a domain of an account's, whose receipt rules take the mail."""

    recipient: AddrSpec
    account_id: str
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage:
    """One message as the inbound port got it."""

    routes: tuple[InboundRoute, ...]
    reverse_path: ReversePath
    content: bytes = field(repr=False)
    source_ip: str
    helo: str
    tls: TlsFacts | None


class ReportKind(StrEnum):
    """What a message to a return path turned out to be."""

    BOUNCE = "bounce"  # a delivery status notification (RFC 3464)
    AUTOMATIC_REPLY = "automatic-reply"  # somebody is away (RFC 3834)
    AGGREGATE = "aggregate"  # a DMARC report
    TLS_REPORT = "tls-report"  # RFC 8460
    COMPLAINT = "complaint"  # of a feedback loop (RFC 5965)
    NOT_SPAM = "not-spam"  # a reader takes his complaint, or a filter's verdict, back
    AUTH_FAILURE = "auth-failure"  # RFC 6591
    UNREADABLE = "unreadable"  # anything else


class ReportAction(StrEnum):
    """The Action field of RFC 3464 2.3.3."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedRecipient:
    """What a report says of one recipient. `address` is as we wrote it to, where the report knows that; "" stands for
    the only one that the message had. `final_address` is where a forwarder sent it on, if it is another.
    """

    address: str
    action: ReportAction
    final_address: str = ""
    status: EnhancedStatus | None = None
    code: int | None = None
    diagnostic: str = ""
    host: str = ""  # that refused, or reported


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundReport:
    """What came back on one message's return path. `recipients` are those of a bounce, or who answered."""

    message_id: str
    kind: ReportKind
    recipients: tuple[ReportedRecipient, ...] = ()
    reporting_mta: str = ""


class FeedbackType(StrEnum):
    """Feedback-Type of RFC 5965 7.3 and RFC 6591, and SES's complaintFeedbackType."""

    ABUSE = "abuse"
    AUTH_FAILURE = "auth-failure"
    FRAUD = "fraud"
    NOT_SPAM = "not-spam"
    OTHER = "other"
    VIRUS = "virus"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintReport:
    """What a feedback loop reported. `claims` are a return path or a Message-ID of ours, as the report has them."""

    feedback_type: FeedbackType
    claims: tuple[str, ...]
    feedback_id: str = ""  # the Feedback-ID field of the returned message
    recipients: tuple[str, ...] = ()  # who complained; often redacted
    returned_recipients: tuple[str, ...] = ()  # To and Cc of the returned message
    user_agent: str = ""
    arrived_at: datetime | None = None

    @property
    def kind(self) -> ReportKind:
        if self.feedback_type is FeedbackType.AUTH_FAILURE:
            return ReportKind.AUTH_FAILURE
        return ReportKind.NOT_SPAM if self.feedback_type is FeedbackType.NOT_SPAM else ReportKind.COMPLAINT
