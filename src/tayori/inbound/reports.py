"""What a message on a return path means: a delivery status notification, an automatic reply, or nothing we
can read.

Owns that judgement, as a pure function. Reads RFC 3464 and RFC 3834; everything else is unreadable, and kept
for a person to look at. Never asks whether the report is true: whoever records it believes nothing about
addresses that the message did not have.
"""

from tayori.mail.address import AddressError, AddrSpec
from tayori.mail.dsn import DeliveryStatus, RecipientStatus, is_automatic_reply, parse_dsn
from tayori.mail.fields import MAX_BLOCK, scan_block
from tayori.model.inbound import (
    InboundMessage,
    InboundReport,
    ReportAction,
    ReportedRecipient,
    ReportKind,
)

_BY_STATUS_CLASS = {2: ReportAction.DELIVERED, 4: ReportAction.DELAYED, 5: ReportAction.FAILED}


def read_reports(message: InboundMessage) -> tuple[InboundReport, ...]:
    """One report for each return path that the message came on; none where it came on none."""
    message_ids = [route.message_id for route in message.routes if route.message_id is not None]
    if not message_ids:
        return ()
    status = parse_dsn(message.content)
    if status is not None:
        recipients = tuple(filter(None, map(_recipient, status.recipients)))
        return tuple(_bounce(message_id, recipients, status) for message_id in message_ids)
    kind = ReportKind.AUTOMATIC_REPLY if _is_automatic(message.content) else ReportKind.UNREADABLE
    return tuple(InboundReport(message_id=message_id, kind=kind) for message_id in message_ids)


def _bounce(message_id: str, recipients: tuple[ReportedRecipient, ...], status: DeliveryStatus) -> InboundReport:
    return InboundReport(
        message_id=message_id,
        kind=ReportKind.BOUNCE,
        recipients=recipients,
        reporting_mta=status.reporting_mta,
    )


def _recipient(status: RecipientStatus) -> ReportedRecipient | None:
    """None where the report says nothing that we understand of this recipient.

    Original-Recipient is the address that we wrote to; a forwarder's report has another Final-Recipient.
    """
    action = _action(status)
    if action is None:
        return None
    return ReportedRecipient(
        address=_normal(status.original_recipient or status.final_recipient),
        action=action,
        status=status.status,
        diagnostic=f"{status.diagnostic_type}; {status.diagnostic}" if status.diagnostic_type else status.diagnostic,
    )


def _action(status: RecipientStatus) -> ReportAction | None:
    """The word of RFC 3464 2.3.3; where it is another, what the class of the status says."""
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


def _is_automatic(content: bytes) -> bool:
    block, _, _ = content[:MAX_BLOCK].partition(b"\r\n\r\n")
    return is_automatic_reply(scan_block(block))
