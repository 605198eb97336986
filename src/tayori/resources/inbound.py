"""What comes back: which addresses the inbound port takes, and what a report changes.

A return path names a message that was sent; one that never was is refused, so a forged report changes nothing. A report
is a fact about a recipient (an event), never a change of the queue's state: the remote host took the message long ago.
Whoever got the message knows its return path, so a fact is written once, however often it is reported.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from tayori.mail.address import AddrSpec
from tayori.mail.dmarc_report import AggregateReport
from tayori.model import event
from tayori.model.bounce import TRANSIENT, BounceKind, BounceType, classify_status
from tayori.model.event import EventKind
from tayori.model.inbound import (
    ComplaintReport,
    InboundMessage,
    InboundPurpose,
    InboundReport,
    InboundRoute,
    NotTaken,
    ReportAction,
    ReportedRecipient,
    ReportKind,
)
from tayori.model.names import DMARC_REPORTS, TLS_REPORTS, ServiceNames
from tayori.resources import complaints, dmarc_reports, probes, publications, tls_reports
from tayori.resources.condemnation import condemn
from tayori.resources.messages import INSERT_EVENT
from tayori.resources.settings import Settings
from tayori.resources.tls_reports import ReceivedReport
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import to_micros

FEEDBACK_LOCAL_PARTS = frozenset({"complaints", "fbl"})  # the one for registering, and its common other name
_POSTMASTERS = frozenset({"postmaster", "abuse"})

# It has been read by then; what is kept is for a person to look at, and strangers decide its size.
KEPT_OCTETS = 1024 * 1024

_REVERSE_PATH = Hot("SELECT reverse_path FROM messages WHERE message_id = ?")
_MESSAGE = Hot("SELECT account_id, region, configuration_set FROM messages WHERE message_id = ?")
_BOUNCES = Hot("SELECT detail FROM events WHERE message_id = ? AND kind = ? AND ordinal = ?")
_RECIPIENTS = Hot("SELECT ordinal, address FROM recipients WHERE message_id = ? ORDER BY ordinal")
_KEEP = Hot(
    "INSERT INTO inbound_messages (inbound_id, received_at, purpose, recipient, message_id, reverse_path, source_ip,"
    " report, content) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def route(tx: Tx, address: AddrSpec, service_domain: str) -> InboundRoute | NotTaken:
    """Why `address` is ours, if it is: a return path that we issued, or an address of the service itself."""
    rows = tx.hot_rows(_REVERSE_PATH, (address.local,))
    if rows and rows[0][0] == str(address):
        return InboundRoute(recipient=address, purpose=InboundPurpose.RETURN_PATH, message_id=address.local)
    if address.domain != service_domain:
        return NotTaken.NO_SUCH_ADDRESS if address.domain.endswith(f".{service_domain}") else NotTaken.NOT_OURS
    if address.local.lower() in FEEDBACK_LOCAL_PARTS:
        return InboundRoute(recipient=address, purpose=InboundPurpose.FEEDBACK)
    if address.local.lower() == DMARC_REPORTS:
        return InboundRoute(recipient=address, purpose=InboundPurpose.DMARC_REPORTS)
    if address.local.lower() == TLS_REPORTS:
        return InboundRoute(recipient=address, purpose=InboundPurpose.TLS_REPORTS)
    if address.local.lower() in _POSTMASTERS:
        return InboundRoute(recipient=address, purpose=InboundPurpose.POSTMASTER)
    if probes.is_open(tx, address.local):
        return InboundRoute(recipient=address, purpose=InboundPurpose.PROBE)
    return NotTaken.NO_SUCH_ADDRESS


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One inbound message with what it was read as: a report for each return path that it came on, and the aggregate
    reports in it, on DMARC or on TLS, where it came to their address.
    """

    inbound_ids: tuple[str, ...]  # one for each route
    message: InboundMessage
    reports: tuple[InboundReport, ...]
    complaint: ComplaintReport | None = None
    aggregates: tuple[AggregateReport, ...] = ()
    tls_reports: tuple[ReceivedReport, ...] = ()


def record(tx: Tx, received: Received, names: Callable[[str], ServiceNames]) -> None:
    """Keep the message, and write the events of its reports."""
    message = received.message
    dmarc_reports.keep(tx, received.aggregates, message.source_ip)
    tls_reports.keep(tx, received.tls_reports, message.source_ip)
    if received.complaint is not None:
        complaints.apply(tx, received.inbound_ids[0], received.complaint, names)
    read_as = {report.message_id: report for report in received.reports}
    for inbound_id, found in zip(received.inbound_ids, message.routes, strict=True):
        if found.purpose is InboundPurpose.PROBE:
            probes.keep(tx, found.recipient, message)
            continue
        report = None if received.complaint else read_as.get(found.message_id or "")
        tx.hot(
            _KEEP,
            [
                (
                    inbound_id,
                    to_micros(tx.now),
                    found.purpose,
                    str(found.recipient),
                    found.message_id,
                    message.reverse_path.text,
                    message.source_ip,
                    report.kind if report else _kind(found, received),
                    message.content[:KEPT_OCTETS],
                )
            ],
        )
        if report is not None:
            _apply(tx, inbound_id, report, names)


def _kind(route: InboundRoute, received: Received) -> ReportKind | None:
    if route.purpose is InboundPurpose.DMARC_REPORTS:
        return ReportKind.AGGREGATE if received.aggregates else ReportKind.UNREADABLE
    if route.purpose is InboundPurpose.TLS_REPORTS:
        return ReportKind.TLS_REPORT if received.tls_reports else ReportKind.UNREADABLE
    return received.complaint.kind if received.complaint else None


def _apply(tx: Tx, inbound_id: str, report: InboundReport, names: Callable[[str], ServiceNames]) -> None:
    if report.kind is ReportKind.BOUNCE:
        failed = [recipient for recipient in reversed(report.recipients) if recipient.action is ReportAction.FAILED]
        for recipient in {one.address: one for one in failed}.values():  # of several blocks about one, the first
            kind = classify_status(recipient.status, recipient.diagnostic, code=recipient.code, host=recipient.host)
            _bounce(tx, inbound_id, report, recipient, kind, names)
    elif report.kind is ReportKind.AUTOMATIC_REPLY:
        # SES tells senders of automatic replies as Transient/General bounces, never as hard ones.
        addresses = [address for _, address in tx.hot_rows(_RECIPIENTS, (report.message_id,))]
        authors = [one.address for one in report.recipients if one.address in addresses]
        for address in (authors or addresses)[:1]:
            replied = ReportedRecipient(address=address, action=ReportAction.DELIVERED)
            _bounce(tx, inbound_id, report, replied, TRANSIENT, names)


def _bounce(
    tx: Tx,
    inbound_id: str,
    report: InboundReport,
    recipient: ReportedRecipient,
    kind: BounceKind,
    names: Callable[[str], ServiceNames],
) -> None:
    """A Bounce event for a recipient that the message really had; others are not believed."""
    ordinals = {address: ordinal for ordinal, address in tx.hot_rows(_RECIPIENTS, (report.message_id,))}
    if recipient.address not in ordinals and recipient.final_address in ordinals:
        recipient = replace(recipient, address=recipient.final_address)
    if not recipient.address and len(ordinals) == 1:
        recipient = replace(recipient, address=next(iter(ordinals)))
    if recipient.address not in ordinals or _is_known(tx, report.message_id, ordinals[recipient.address], kind):
        return
    ((account_id, region, configuration_set),) = tx.hot_rows(_MESSAGE, (report.message_id,))
    status = str(recipient.status or "")
    detail = event.bounce(
        kind,
        [event.bounced_recipient(recipient.address, status=status, diagnostic=recipient.diagnostic)],
        now=tx.now,
        feedback_id=inbound_id,
        reporting_mta=report.reporting_mta or names(region).ehlo_name,
    )
    row = (report.message_id, to_micros(tx.now), EventKind.BOUNCE, ordinals[recipient.address], json.dumps(detail))
    tx.hot(INSERT_EVENT, [row])
    publications.note(tx, Settings(), [row], [(report.message_id, account_id, region)])
    if kind.bounce_type is BounceType.PERMANENT:
        condemn(
            tx,
            Settings(),
            (account_id, region),
            configuration_set=configuration_set,
            address=recipient.address,
            message_id=report.message_id,
        )


def _is_known(tx: Tx, message_id: str, ordinal: int, kind: BounceKind) -> bool:
    """Whether a bounce of this type is in the recipient's history already."""
    details = tx.hot_rows(_BOUNCES, (message_id, EventKind.BOUNCE, ordinal))
    return any(json.loads(detail)["bounceType"] == kind.bounce_type for (detail,) in details)
