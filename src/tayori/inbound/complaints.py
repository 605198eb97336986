"""What a report of a feedback loop says, and which message of ours it may be about.

Owns that reading, as a pure function. Providers redact whom they may not name (RFC 6590), so the message is found by
what the service itself wrote into it: the return path, and the Message-ID. Never asks whether the message exists, and
believes nothing: whoever records it does.
"""

from tayori.mail.address import AddressError, AddrSpec
from tayori.mail.arf import FeedbackReport, parse_arf
from tayori.model.inbound import ComplaintReport, FeedbackType, InboundMessage, InboundPurpose

_PURPOSES = frozenset({InboundPurpose.RETURN_PATH, InboundPurpose.FEEDBACK, InboundPurpose.POSTMASTER})


def read_complaint(message: InboundMessage) -> ComplaintReport | None:
    """None where the message is no such report, or came to an address that takes none."""
    if not any(route.purpose in _PURPOSES for route in message.routes):
        return None
    if not _may_be_one(message.content):
        return None
    report = parse_arf(message.content)
    if report is None:
        return None
    return ComplaintReport(
        feedback_type=_type(report.feedback_type),
        claims=_claims(message, report),
        feedback_id=report.returned(b"Feedback-ID"),
        recipients=tuple(filter(None, map(_normal, report.original_recipients))),
        returned_recipients=tuple(filter(None, map(_normal, report.returned_recipients))),
        user_agent=report.user_agent,
        arrived_at=report.arrived_at,
    )


def _may_be_one(content: bytes) -> bool:
    """A look that costs little: most of what comes back is no complaint. What is packed in base64 cannot be told."""
    lower = content.lower()
    return any(sign in lower for sign in (b"feedback-report", b"x-hmxmroriginalrecipient", b"base64"))


def _type(word: str) -> FeedbackType:
    """`other` is for what fits none of the registered words (RFC 5965 7.3)."""
    try:
        return FeedbackType(word)
    except ValueError:
        return FeedbackType.OTHER


def _claims(message: InboundMessage, report: FeedbackReport) -> tuple[str, ...]:
    """Addresses and nothing else: what is claimed is looked up."""
    found = [str(route.recipient) for route in message.routes if route.message_id is not None]
    texts = (report.original_mail_from, report.returned(b"Return-Path"), report.returned(b"Message-ID"))
    return tuple(dict.fromkeys([*found, *filter(None, (_normal(text.strip("<> ")) for text in texts))]))


def _normal(address: str) -> str | None:
    try:
        return str(AddrSpec.parse(address))
    except AddressError:
        return None
