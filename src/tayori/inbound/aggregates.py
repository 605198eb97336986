"""Aggregate reports out of the mails that bring them.

Owns the reading, as a pure function. What cannot be read is passed over, and the log says so.
"""

import logging

from tayori.mail.dmarc_report import AggregateReport, DmarcReportError, parse_report
from tayori.mail.report_files import UnpackError, xml_files
from tayori.model.inbound import InboundMessage, InboundPurpose

_LOG = logging.getLogger(__name__)


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
