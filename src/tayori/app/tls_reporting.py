"""How reports on TLS leave: as mail of the service itself, or by HTTPS (RFC 8460 3, 5).

Owns the way from a report to its mail or request. A report by mail must bear a signature of the reporting domain, or
nobody may heed it: where the service has no key of its own, none is sent, and that is said. Sent on behalf of the
operator's account; no quota, no sandbox. The domain's own TLS policies do not hold for it, since it may tell of them.
"""

import ipaddress
import ssl

from tayori import ids
from tayori.app.sending import Sending, handed_by_service
from tayori.clock import Clock
from tayori.config import Config
from tayori.events.outgoing_http import OutgoingError, OutgoingHttp, OutgoingSettings
from tayori.loops.tls_reporting import NotSent, TlsReporting, delay_of
from tayori.mail.address import AddrSpec
from tayori.mail.answer import Resolver
from tayori.mail.tls_report import TlsReport
from tayori.mail.tls_report_mail import MEDIA_TYPE, ReportMail, compose, packed
from tayori.model.errors import DomainError, LimitExceeded
from tayori.model.message import Operation
from tayori.model.names import ServiceNames
from tayori.model.submission import from_raw
from tayori.resources import accounts, dkim_keys, service_mail
from tayori.resources.tls_results import Reporter
from tayori.store.engine import Store, Tx

UNSIGNED = "the service has no DKIM key of its own (setting dkim.service_signature), and RFC 8460 asks for a signature"
_TRIED_AGAIN = frozenset({408, 425, 429})
# Many domains name the address of one company that reads reports for them.
_MOST_AN_HOUR = 200  # to one address; what is above goes out later
_MOST_A_DAY = 100_000
_BOOKED_FOR = "tls-reports"  # in the place of an account: these are nobody's budget


class ReportOutbox:
    """What the loop is handed (see tayori.loops.tls_reporting.Outbox)."""

    def __init__(self, store: Store, sending: Sending, names: ServiceNames, clock: Clock, http: OutgoingHttp) -> None:
        self._store = store
        self._sending = sending
        self._names = names
        self._clock = clock
        self._http = http

    async def mail(self, report: TlsReport, domain: str, recipient: AddrSpec) -> None:
        service_domain = self._names.service_domain
        if not await self._store.read(dkim_keys.own_active, service_domain):
            raise NotSent(UNSIGNED, is_final=True)
        mail = ReportMail(
            report=report,
            domain=domain,
            submitter=service_domain,
            sender=AddrSpec.parse(self._names.postmaster),
            recipient=recipient,
        )
        try:
            account_id = await self._store.write(_book, str(recipient))
            handed = handed_by_service(account_id, self._names, self._clock.now(), Operation.TLS_REPORT, [recipient])
            await self._sending.submit(from_raw(compose(mail, boundary=ids.url_token()), handed))
        except LimitExceeded as refusal:
            raise NotSent(refusal.message) from refusal
        except DomainError as refusal:
            raise NotSent(refusal.message, is_final=True) from refusal

    async def post(self, report: TlsReport, url: str) -> None:
        headers = (("Content-Type", MEDIA_TYPE), ("User-Agent", "Tayori"))
        try:
            answer = await self._http.post(url, headers, packed(report))
        except OutgoingError as error:
            raise NotSent(str(error)) from error
        if not 200 <= answer.status < 300:
            is_final = 300 <= answer.status < 500 and answer.status not in _TRIED_AGAIN
            raise NotSent(f"HTTP status {answer.status}", is_final=is_final)


def _book(tx: Tx, address: str) -> str:
    """The account that it is sent for, the operator's. Raises LimitExceeded."""
    service_mail.book(tx, _BOOKED_FOR, address, most_an_hour=_MOST_AN_HOUR, most_a_day=_MOST_A_DAY)
    return accounts.all_accounts(tx)[0][0]


def reporting(config: Config, store: Store, sending: Sending, resolver: Resolver, clock: Clock) -> TlsReporting:
    """The loop, put together from the settings."""
    names = ServiceNames(service_domain=config.service.domain, region=config.service.region)
    networks = tuple(ipaddress.ip_network(text) for text in config.delivery.private_networks)
    tls = ssl.create_default_context(cafile=config.delivery.trust_anchors or None)
    http = OutgoingHttp(resolver, OutgoingSettings(allowed_networks=networks, seconds=60.0, tls=tls))
    reporter = Reporter(
        organization=config.tls_reports.organization or names.service_domain,
        contact=config.tls_reports.contact or f"postmaster@{names.service_domain}",
        submitter=names.service_domain,
    )
    outbox = ReportOutbox(store, sending, names, clock, http)
    return TlsReporting(store, resolver, outbox, reporter, clock, delay_of(ids.jitter()))
