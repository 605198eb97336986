"""What comes back: which addresses the inbound port takes, and what it keeps of what came.

A return path proves by its signature that it was given out, by its MessageId when, and leads to a message that we still
know: one that does not is refused, so that a forged report changes nothing. What a report changes: `resources.bounces`
and `resources.complaints`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

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
from tayori.model.subscription_link import SubscriptionLinks, looks_like_mailbox
from tayori.resources import (
    bounces,
    complaints,
    dmarc_reports,
    inbound_mail,
    probes,
    return_paths,
    subscription_choices,
    tls_reports,
)
from tayori.resources.inbound_mail import KeptMail
from tayori.resources.settings import Settings
from tayori.resources.subscription_choices import Source
from tayori.resources.tls_reports import ReceivedReport
from tayori.store.engine import Tx

FEEDBACK_LOCAL_PARTS = frozenset({"complaints", "fbl"})  # the one for registering, and its common other name
_POSTMASTERS = frozenset({"postmaster", "abuse"})


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
        kept: KeptMail = KeptMail(),  # noqa: B008 - frozen
        subscriptions: SubscriptionLinks | None = None,
    ) -> None:
        """`longest` is for how long reports are taken on a return path; `subscriptions` reads those in list mail."""
        self._names = names
        self._service_domain = service_domain
        self._paths = paths
        self._longest = longest
        self._kept = kept
        self._subscriptions = subscriptions
        self._settings = Settings()

    def refusal(self, address: AddrSpec, now: datetime) -> NotTaken | None:
        """Why a return path is refused, as far as that can be told without a look at the rows."""
        path = self._paths.read(address.local)
        if path is None:
            return NotTaken.NEVER_ISSUED if looks_like_one(address.local) else None
        return NotTaken.TOO_OLD if now - path.issued_at > self._longest else None

    def route(self, tx: Tx, address: AddrSpec) -> InboundRoute | NotTaken:
        """Why `address` is ours, if it is: a return path that we issued, or an address of the service itself."""
        refusal = self.refusal(address, tx.now)
        if refusal is not None:
            return refusal
        path = self._paths.read(address.local)
        if path is not None:
            return _return_path(tx, address, path)
        domain = self._service_domain
        if address.domain != domain:
            return NotTaken.NO_SUCH_ADDRESS if address.domain.endswith(f".{domain}") else NotTaken.NOT_OURS
        if looks_like_mailbox(address.local):
            return self._way_out(tx, address)
        purpose = _own_purpose(tx, address.local)
        return InboundRoute(recipient=address, purpose=purpose) if purpose else NotTaken.NO_SUCH_ADDRESS

    def _way_out(self, tx: Tx, address: AddrSpec) -> InboundRoute | NotTaken:
        message_id = self._subscriptions.read_mailbox(address.local) if self._subscriptions else None
        if message_id is None or subscription_choices.link_of(tx, message_id) is None:
            return NotTaken.NO_SUCH_ADDRESS
        return InboundRoute(recipient=address, purpose=InboundPurpose.UNSUBSCRIBE, message_id=message_id)

    def record(self, tx: Tx, arrived: Sequence[Received]) -> list[None]:
        """A batch function: keep the messages, and write what their reports change."""
        self._settings.refresh(tx)
        for received in arrived:
            self._record(tx, received)
        return [None] * len(arrived)

    def _record(self, tx: Tx, received: Received) -> None:
        message = received.message
        dmarc_reports.keep(tx, received.aggregates, message.source_ip)
        tls_reports.keep(tx, received.tls_reports, message.source_ip)
        if received.complaint is not None:
            complaints.apply(tx, self._settings, received.inbound_ids[0], received.complaint, self._names, self._paths)
        read_as = {report.message_id: report for report in received.reports}
        for inbound_id, route in zip(received.inbound_ids, message.routes, strict=True):
            if route.purpose is InboundPurpose.PROBE:
                probes.keep(tx, route.recipient, message)
                continue
            if route.purpose is InboundPurpose.UNSUBSCRIBE:
                link = subscription_choices.link_of(tx, route.message_id or "")
                if link is not None:
                    subscription_choices.unsubscribe(tx, self._settings, link, Source.HEADER)
                continue
            report = None if received.complaint else read_as.get(route.message_id or "")
            kind = report.kind if report else _kind(route, received)
            inbound_mail.keep(tx, inbound_id, route, message, kind, self._kept)
            if report is not None:
                bounces.apply(tx, self._settings, inbound_id, report, route.ordinals, self._names)


def _return_path(tx: Tx, address: AddrSpec, path: ReturnPath) -> InboundRoute | NotTaken:
    issued = return_paths.find(tx, path, address.domain)
    if isinstance(issued, NotTaken):
        return issued
    return InboundRoute(
        recipient=address,
        purpose=InboundPurpose.RETURN_PATH,
        message_id=issued.message_id,
        ordinals=issued.ordinals,
    )


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


def _kind(route: InboundRoute, received: Received) -> ReportKind | None:
    if route.purpose is InboundPurpose.DMARC_REPORTS:
        return ReportKind.AGGREGATE if received.aggregates else ReportKind.UNREADABLE
    if route.purpose is InboundPurpose.TLS_REPORTS:
        return ReportKind.TLS_REPORT if received.tls_reports else ReportKind.UNREADABLE
    return received.complaint.kind if received.complaint else None
