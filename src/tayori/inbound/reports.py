"""What a message on a return path means: a bounce, an automatic reply, or nothing we can read.

Owns that judgement, as a pure function. Reads RFC 3464, what mail systems write without it, and RFC 3834; the rest is
unreadable, and kept for a person to look at. Never asks whether the report is true: whoever records it believes nothing
about addresses that the message did not have.
"""

import re
from collections.abc import Sequence

from tayori.mail.address import AddressError, AddrSpec, parse_mailbox
from tayori.mail.bounce_text import is_reply_subject, parse_bounce_text, parse_wrapped_dsn
from tayori.mail.dsn import DeliveryStatus, RecipientStatus, is_automatic_reply, parse_dsn
from tayori.mail.fields import MAX_BLOCK, Field, find, scan_block
from tayori.mail.reply import EnhancedStatus
from tayori.model.inbound import (
    InboundMessage,
    InboundReport,
    ReportAction,
    ReportedRecipient,
    ReportKind,
)

_TIME_OVER = EnhancedStatus(5, 4, 7)  # RFC 3463 3.5
_CODE = re.compile(r"\s*([245]\d\d)\b")
_BY_STATUS_CLASS = {2: ReportAction.DELIVERED, 4: ReportAction.DELAYED, 5: ReportAction.FAILED}


def read_reports(message: InboundMessage) -> tuple[InboundReport, ...]:
    """One report for each return path that the message came on; none where it came on none."""
    message_ids = [route.message_id for route in message.routes if route.message_id is not None]
    if not message_ids:
        return ()
    status = parse_dsn(message.content) or parse_wrapped_dsn(message.content)
    if status is None and (said := parse_bounce_text(message.content)):
        status = DeliveryStatus(recipients=said)
    if status is not None:
        found = (_recipient(one, one.remote_mta or status.reporting_mta) for one in status.recipients)
        recipients = tuple(filter(None, found))
        return tuple(_bounce(message_id, recipients, status) for message_id in message_ids)
    head = _head(message.content)
    if not _is_automatic(head):
        return tuple(InboundReport(message_id=one, kind=ReportKind.UNREADABLE) for one in message_ids)
    author = _author(head)
    return tuple(
        InboundReport(message_id=one, kind=ReportKind.AUTOMATIC_REPLY, recipients=author) for one in message_ids
    )


def _bounce(message_id: str, recipients: tuple[ReportedRecipient, ...], status: DeliveryStatus) -> InboundReport:
    return InboundReport(
        message_id=message_id,
        kind=ReportKind.BOUNCE,
        recipients=recipients,
        reporting_mta=status.reporting_mta,
    )


def _recipient(status: RecipientStatus, host: str) -> ReportedRecipient | None:
    """None where the report says nothing that we understand of this recipient.

    Original-Recipient is the address that we wrote to; a forwarder's report has another Final-Recipient.
    """
    action = _action(status)
    if action is None:
        return None
    code = _CODE.match(status.diagnostic)
    return ReportedRecipient(
        address=_normal(status.original_recipient or status.final_recipient),
        action=action,
        final_address=_normal(status.final_recipient) if status.original_recipient else "",
        status=status.status or (_TIME_OVER if status.action == "expired" else None),
        code=int(code[1]) if code else None,
        host=host,
        diagnostic=f"{status.diagnostic_type}; {status.diagnostic}" if status.diagnostic_type else status.diagnostic,
    )


def _action(status: RecipientStatus) -> ReportAction | None:
    """The word of RFC 3464 2.3.3; where it is another, what the class of the status says."""
    if status.action == "expired":  # no word of RFC 3464, but a large service's
        return ReportAction.FAILED
    try:
        return ReportAction(status.action)
    except ValueError:
        return _BY_STATUS_CLASS.get(status.status.status_class) if status.status else None


def _normal(address: str) -> str:
    """As our own rows have it: the domain in lower-case A-labels."""
    try:
        return str(AddrSpec.parse(address))
    except AddressError:
        return address


def _head(content: bytes) -> tuple[Field, ...]:
    block, _, _ = content[:MAX_BLOCK].partition(b"\r\n\r\n")
    return scan_block(block)


def _is_automatic(head: Sequence[Field]) -> bool:
    subject = find(head, b"Subject")
    return is_automatic_reply(head) or (subject is not None and is_reply_subject(subject.text))


def _author(head: Sequence[Field]) -> tuple[ReportedRecipient, ...]:
    """Who is away: the one of the message's recipients who answers."""
    found = find(head, b"From")
    try:
        address = parse_mailbox(found.text).addr if found else None
    except AddressError:
        address = None
    return (ReportedRecipient(address=str(address), action=ReportAction.DELIVERED),) if address else ()
