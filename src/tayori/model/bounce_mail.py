"""A bounce for mail that was received: the report that goes back to its sender (RFC 3464).

Owns SES's words for the types of bounces, and whether anything may be answered at all (RFC 3834 2). Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tayori.mail.address import AddrSpec, Mailbox
from tayori.mail.dsn import DeliveryStatus, RecipientStatus, Report, compose_dsn, is_automatic_reply
from tayori.mail.fields import find, scan_block
from tayori.mail.reply import EnhancedStatus
from tayori.model.errors import Invalid

# BounceType of SendBounce: what becomes Status (ses: bounce templates).
TYPES = {
    "DoesNotExist": "5.1.1",
    "MessageTooLarge": "5.3.4",
    "ExceededQuota": "5.2.2",
    "ContentRejected": "5.6.1",
    "Undefined": "5.0.0",
    "TemporaryFailure": "4.0.0",
}
_BULK = frozenset({"bulk", "list", "junk"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """`head` is the header block of the message that is returned."""

    sender: AddrSpec
    to: AddrSpec
    explanation: str
    status: DeliveryStatus
    head: bytes


def compose(bounce: Bounce, *, message_id: str, boundary: str, now: datetime) -> bytes:
    returned = scan_block(bounce.head)
    lines = [bounce.explanation, ""] if bounce.explanation else []
    lines += [_line(one) for one in bounce.status.recipients]
    report = Report(
        sender=Mailbox("Mail Delivery System", bounce.sender),
        to=bounce.to,
        subject="Delivery Status Notification (Failure)",
        text="\n".join([*lines, ""]),
        status=DeliveryStatus(
            recipients=bounce.status.recipients,
            reporting_mta=bounce.status.reporting_mta,
            arrival_date=bounce.status.arrival_date,
            extensions=bounce.status.extensions,
            returned_fields=tuple(returned),
        ),
        message_id=message_id,
        now=now,
    )
    return compose_dsn(report, boundary)


def _line(one: RecipientStatus) -> str:
    return f"{one.final_recipient}: {one.action}" + (f" ({one.diagnostic})" if one.diagnostic else "")


def status_of(text: str) -> EnhancedStatus:
    """Raises Invalid."""
    parts = text.split(".")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 4 for part in parts):
        raise Invalid(f"Invalid status: {text[:20]}. It must have the form 5.1.1.")
    if parts[0] not in ("2", "4", "5"):
        raise Invalid(f"Invalid status: {text[:20]}. It must begin with 2, 4 or 5.")
    return EnhancedStatus(*map(int, parts))


def may_be_answered(source: str, head: bytes) -> bool:
    """Not what has no sender, nor what programs and lists send: two of them would go on for ever."""
    fields = scan_block(head)
    precedence = find(fields, b"Precedence")
    submitted = find(fields, b"Auto-Submitted")
    return (
        bool(source)
        and not is_automatic_reply(fields)
        and (submitted is None or submitted.text.strip().lower() == "no")
        and find(fields, b"List-Id") is None
        and (precedence is None or precedence.text.strip().lower() not in _BULK)
    )


def of_rule(
    sender: AddrSpec, to: AddrSpec, recipients: Sequence[str], code: str, status: str, text: str, host: str, head: bytes
) -> Bounce:
    """The bounce of a receipt rule."""
    enhanced = status_of(status or f"{code[0]}.0.0")
    told = tuple(
        RecipientStatus(
            final_recipient=address,
            action="failed",
            status=enhanced,
            diagnostic=f"{code} {enhanced} {text}",
            diagnostic_type="smtp",
        )
        for address in recipients
    )
    return Bounce(
        sender=sender,
        to=to,
        explanation=text,
        status=DeliveryStatus(recipients=told, reporting_mta=host),
        head=head,
    )
