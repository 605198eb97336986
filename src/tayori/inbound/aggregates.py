"""Aggregate reports, on DMARC and on TLS, out of the mails that bring them.

Owns the reading, as pure functions, and for reports on TLS the question whether their sender signed them: one that is
not signed by its author's domain must be ignored (RFC 8460 3). What cannot be read is passed over, and the log says so.
"""

import asyncio
import logging
from datetime import datetime

from tayori.mail import tls_report
from tayori.mail.answer import Resolver, drive
from tayori.mail.dkim_verify import DkimVerdict, verify
from tayori.mail.dmarc_report import AggregateReport, DmarcReportError, parse_report
from tayori.mail.report_files import UnpackError, json_files, xml_files
from tayori.mail.signature import FOR_TLS_REPORTS
from tayori.mail.tls_report import TlsReport, TlsReportError
from tayori.mail.tls_report_mail import read_head
from tayori.model.inbound import InboundMessage, InboundPurpose
from tayori.resources.tls_reports import ReceivedReport

_LOG = logging.getLogger(__name__)

_SECONDS = 20.0  # for the keys of a report's signatures


def brings_aggregates(message: InboundMessage) -> bool:
    return any(route.purpose is InboundPurpose.DMARC_REPORTS for route in message.routes)


def read_aggregates(message: InboundMessage) -> tuple[AggregateReport, ...]:
    """Every report among the mail's files. Seconds of work for the largest: call it in a thread."""
    found: list[AggregateReport] = []
    try:
        for document in xml_files(message.content):
            try:
                found.append(parse_report(document))
            except DmarcReportError as error:
                _LOG.info("dmarc_report_unreadable", extra={"source_ip": message.source_ip, "reason": str(error)})
    except UnpackError as error:
        _LOG.info("dmarc_report_not_unpacked", extra={"source_ip": message.source_ip, "reason": str(error)})
    return tuple(found)


def brings_tls_reports(message: InboundMessage) -> bool:
    return any(route.purpose is InboundPurpose.TLS_REPORTS for route in message.routes)


def read_tls_reports(message: InboundMessage) -> tuple[TlsReport, ...]:
    """Every report on TLS among the mail's files; call it in a thread, too."""
    found: list[TlsReport] = []
    try:
        for document in json_files(message.content):
            try:
                found.append(tls_report.parse_report(document))
            except TlsReportError as error:
                _LOG.info("tls_report_unreadable", extra={"source_ip": message.source_ip, "reason": str(error)})
    except UnpackError as error:
        _LOG.info("tls_report_not_unpacked", extra={"source_ip": message.source_ip, "reason": str(error)})
    return tuple(found)


class KeysUnknown(Exception):
    """The DNS did not tell the key of a report's signature: whoever sends it should come again."""


async def signed(
    reports: tuple[TlsReport, ...], message: InboundMessage, resolver: Resolver, now: datetime
) -> tuple[ReceivedReport, ...]:
    """The reports with who signed them; none where their author's domain did not. Raises KeysUnknown."""
    head = read_head(message.content)
    try:
        async with asyncio.timeout(_SECONDS):
            results = await drive(verify(message.content, now, FOR_TLS_REPORTS), resolver)
    except TimeoutError as error:
        raise KeysUnknown from error
    signers = [one for one in results if _is_of(one.domain, head.author) and one.body_length is None]
    for signer in signers:
        if signer.passed:
            return tuple(ReceivedReport(report=one, about=head.domain, signed_by=signer.domain) for one in reports)
    if any(one.verdict is DkimVerdict.TEMPERROR for one in signers):
        raise KeysUnknown
    _LOG.info("tls_report_not_signed", extra={"source_ip": message.source_ip, "author": head.author})
    return ()


def _is_of(signer: str, author: str) -> bool:
    """Whether the signature is of the author's domain, or of one above it."""
    return "." in signer and (author == signer or author.endswith(f".{signer}"))
