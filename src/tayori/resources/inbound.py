"""What comes back: which addresses the inbound port takes, and what it keeps of what came.

A return path proves by its signature that it was given out, by its MessageId when, and leads to a message that we still
know: one that does not is refused, so that a forged report changes nothing. What a report changes: `resources.bounces`
and `resources.complaints`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from tayori.mail.address import AddrSpec
from tayori.mail.dmarc_report import AggregateReport
from tayori.model.inbound import (
    ComplaintReport,
    InboundMessage,
    InboundPurpose,
    InboundReport,
    InboundRoute,
    NotTaken,
    ReportKind,
)
from tayori.model.names import DMARC_REPORTS, TLS_REPORTS, ServiceNames
from tayori.model.return_path import ReturnPath, ReturnPaths, looks_like_one
from tayori.resources import bounces, complaints, dmarc_reports, probes, return_paths, tls_reports
from tayori.resources.tls_reports import ReceivedReport
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import to_micros

FEEDBACK_LOCAL_PARTS = frozenset({"complaints", "fbl"})  # the one for registering, and its common other name
_POSTMASTERS = frozenset({"postmaster", "abuse"})

# It has been read by then; what is kept is for a person to look at, and strangers decide its size.
KEPT_OCTETS = 1024 * 1024

_KEEP = Hot(
    "INSERT INTO inbound_messages (inbound_id, received_at, purpose, recipient, message_id, reverse_path, source_ip,"
    " report, content) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


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


class Inbound:
    """What the inbound port does with the rows."""

    def __init__(
        self,
        names: Callable[[str], ServiceNames],
        service_domain: str,
        paths: ReturnPaths,
        *,
        longest: timedelta = timedelta(days=30),
    ) -> None:
        """`longest` is for how long reports are taken on a return path."""
        self._names = names
        self._service_domain = service_domain
        self._paths = paths
        self._longest = longest

    def route(self, tx: Tx, address: AddrSpec) -> InboundRoute | NotTaken:
        """Why `address` is ours, if it is: a return path that we issued, or an address of the service itself."""
        path = self._paths.read(address.local)
        if path is not None:
            return self._return_path(tx, address, path)
        if looks_like_one(address.local):
            return NotTaken.NEVER_ISSUED
        domain = self._service_domain
        if address.domain != domain:
            return NotTaken.NO_SUCH_ADDRESS if address.domain.endswith(f".{domain}") else NotTaken.NOT_OURS
        purpose = _own_purpose(tx, address.local)
        return InboundRoute(recipient=address, purpose=purpose) if purpose else NotTaken.NO_SUCH_ADDRESS

    def _return_path(self, tx: Tx, address: AddrSpec, path: ReturnPath) -> InboundRoute | NotTaken:
        if tx.now - path.issued_at > self._longest:
            return NotTaken.TOO_OLD
        issued = return_paths.find(tx, path, address.domain)
        if issued is None:
            return NotTaken.NEVER_ISSUED
        return InboundRoute(
            recipient=address,
            purpose=InboundPurpose.RETURN_PATH,
            message_id=issued.message_id,
            ordinals=issued.ordinals,
        )

    def record(self, tx: Tx, received: Received) -> None:
        """Keep the message, and write what its reports change."""
        message = received.message
        dmarc_reports.keep(tx, received.aggregates, message.source_ip)
        tls_reports.keep(tx, received.tls_reports, message.source_ip)
        if received.complaint is not None:
            complaints.apply(tx, received.inbound_ids[0], received.complaint, self._names, self._paths)
        read_as = {report.message_id: report for report in received.reports}
        for inbound_id, route in zip(received.inbound_ids, message.routes, strict=True):
            if route.purpose is InboundPurpose.PROBE:
                probes.keep(tx, route.recipient, message)
                continue
            report = None if received.complaint else read_as.get(route.message_id or "")
            _keep(tx, inbound_id, route, message, report.kind if report else _kind(route, received))
            if report is not None:
                bounces.apply(tx, inbound_id, report, route.ordinals, self._names)


def _own_purpose(tx: Tx, local: str) -> InboundPurpose | None:
    """Of an address of the service's own domain."""
    name = local.lower()
    if name in FEEDBACK_LOCAL_PARTS:
        return InboundPurpose.FEEDBACK
    if name == DMARC_REPORTS:
        return InboundPurpose.DMARC_REPORTS
    if name == TLS_REPORTS:
        return InboundPurpose.TLS_REPORTS
    if name in _POSTMASTERS:
        return InboundPurpose.POSTMASTER
    return InboundPurpose.PROBE if probes.is_open(tx, local) else None


def _keep(tx: Tx, inbound_id: str, route: InboundRoute, message: InboundMessage, kind: ReportKind | None) -> None:
    row = (
        inbound_id,
        to_micros(tx.now),
        route.purpose,
        str(route.recipient),
        route.message_id,
        message.reverse_path.text,
        message.source_ip,
        kind,
        message.content[:KEPT_OCTETS],
    )
    tx.hot(_KEEP, [row])


def _kind(route: InboundRoute, received: Received) -> ReportKind | None:
    if route.purpose is InboundPurpose.DMARC_REPORTS:
        return ReportKind.AGGREGATE if received.aggregates else ReportKind.UNREADABLE
    if route.purpose is InboundPurpose.TLS_REPORTS:
        return ReportKind.TLS_REPORT if received.tls_reports else ReportKind.UNREADABLE
    return received.complaint.kind if received.complaint else None
