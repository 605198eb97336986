"""Aggregate reports kept once, for our own domains only, and summed up by source."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from identity_makers import REGION, address, domain, open_account

from population import inbound_port
from report_samples import record, report, report_mail
from tayori.inbound.aggregates import read_aggregates
from tayori.mail.address import AddrSpec
from tayori.mail.dmarc_report import AggregateReport, parse_report
from tayori.mail.envelope import ReversePath
from tayori.model.inbound import InboundMessage, InboundPurpose, InboundRoute, NotTaken, ReportKind
from tayori.model.names import ServiceNames
from tayori.resources import dmarc_reports, retention
from tayori.resources.inbound import Received
from tayori.store.tables import dmarc_report_rows, inbound_messages

MONTH = timedelta(days=30)
ADDRESS = AddrSpec.parse("dmarc-reports@tayori.test")


@pytest.fixture
def yesterday(clock, transact) -> int:
    transact(open_account)
    return int(clock.now().timestamp()) - 86400


def reported(yesterday: int, *records: str, **facts: object) -> AggregateReport:
    facts.setdefault("begin", yesterday - 86400)
    return parse_report(report(*(records or (record(),)), **facts))  # type: ignore[arg-type]


def keep(transact, *reports: AggregateReport) -> int:
    return transact(dmarc_reports.keep, reports, "192.0.2.50")


def test_a_report_is_kept_once_however_often_it_comes(transact, yesterday) -> None:
    transact(domain, "example.com")
    one = reported(yesterday)
    assert keep(transact, one) == 1
    assert keep(transact, one, one) == 0
    assert keep(transact, reported(yesterday, report_id="2940"), reported(yesterday, org_name="Another")) == 2
    assert transact(dmarc_reports.summary, "example.com", MONTH).reports == 3


@pytest.mark.parametrize(
    ("ours", "reported_domain", "kept"),
    [
        ("example.com", "example.com", True),
        ("mail.example.com", "example.com", True),
        ("example.com", "mail.example.com", True),
        ("example.com", "example.org", False),
        ("example.com", "notexample.com", False),
        ("notexample.com", "example.com", False),
        ("x.example.com", "y.example.com", False),
    ],
)
def test_reports_about_others_domains_are_nobodys(transact, yesterday, ours: str, reported_domain: str, kept) -> None:
    transact(domain, ours)
    assert keep(transact, reported(yesterday, domain=reported_domain)) == kept


def test_an_address_is_no_domain(transact, yesterday) -> None:
    transact(address, "user@mail.example.com")
    assert keep(transact, reported(yesterday)) == 0


def test_signs_in_a_domain_are_no_wildcards(transact, yesterday) -> None:
    transact(domain, "a.exampleXcom".lower())
    assert not transact(dmarc_reports.is_ours, "example_com")
    assert not transact(dmarc_reports.is_ours, "%")


def test_sources_are_summed_up_the_busiest_first(transact, yesterday) -> None:
    transact(domain, "example.com")
    keep(
        transact,
        reported(yesterday, record("192.0.2.1", "10"), record("192.0.2.9", "100", dkim="fail", disposition="reject")),
        reported(yesterday, record("192.0.2.1", "5", dkim="fail", spf="pass"), report_id="2", org_name="Zeta"),
        reported(yesterday, record("192.0.2.1", "1", dkim="fail", disposition="quarantine"), report_id="3"),
    )
    found = transact(dmarc_reports.summary, "example.com", MONTH)
    assert (found.reports, found.reporters, found.messages, found.aligned) == (3, ("Receiver Inc.", "Zeta"), 116, 15)
    shown = [
        (one.source_ip, one.messages, one.aligned, one.by_dkim, one.by_spf, one.quarantined, one.rejected)
        for one in found.sources
    ]
    assert shown == [("192.0.2.9", 100, 0, 0, 0, 0, 100), ("192.0.2.1", 16, 15, 10, 5, 1, 0)]
    assert found.last == found.sources[0].last_seen
    assert dmarc_reports.as_json(found)["sources"][1]["by_spf"] == 5


def test_a_subdomain_has_its_part_of_the_reports_of_the_domain_above(transact, yesterday) -> None:
    transact(domain, "mail.example.com")
    rows = (
        record("192.0.2.1", "1", header_from="example.com"),
        record("192.0.2.2", "2", header_from="mail.example.com"),
        record("192.0.2.3", "4", header_from="x.mail.example.com"),
        record("192.0.2.4", "8", header_from="notmail.example.com"),
    )
    keep(transact, reported(yesterday, *rows))
    assert transact(dmarc_reports.summary, "mail.example.com", MONTH).messages == 6
    assert transact(dmarc_reports.summary, "example.com", MONTH).messages == 15


def test_no_reports_are_no_evidence(transact, yesterday) -> None:
    found = transact(dmarc_reports.summary, "example.com", MONTH)
    assert (found.reports, found.messages, found.sources, found.first) == (0, 0, (), None)
    assert found.evidence.messages == 0


def test_evidence_counts_the_days_that_reports_cover(transact, yesterday) -> None:
    transact(domain, "example.com")
    for day in range(15):
        keep(transact, reported(yesterday, begin=yesterday - day * 86400, report_id=str(day)))
    evidence = transact(dmarc_reports.summary, "example.com", MONTH).evidence
    assert (evidence.days, evidence.messages, evidence.aligned) == (15, 150, 150)


def test_old_reports_are_left_out_and_forgotten(transact, yesterday, clock) -> None:
    transact(domain, "example.com")
    keep(transact, reported(yesterday), reported(yesterday, report_id="old", begin=yesterday - 500 * 86400))
    assert transact(dmarc_reports.summary, "example.com", MONTH).reports == 1
    assert transact(dmarc_reports.summary, "example.com", timedelta(days=600)).reports == 2
    transact(retention.forget_rest)
    assert transact(dmarc_reports.summary, "example.com", timedelta(days=600)).reports == 1
    assert transact(lambda tx: tx.execute(sa.select(sa.func.count()).select_from(dmarc_report_rows)).scalar_one()) == 1


def test_a_report_of_the_greatest_length_is_kept(transact, yesterday) -> None:
    transact(domain, "example.com")
    rows = [record(f"2001:db8::{number:x}", str(number + 1)) for number in range(5000)]
    assert keep(transact, reported(yesterday, *rows)) == 1
    found = transact(dmarc_reports.summary, "example.com", MONTH)
    assert (found.messages, len(found.sources)) == (5000 * 5001 // 2, 500)


# -- from the mail -----------------------------------------------------------------------------------------------------


def message(content: bytes) -> InboundMessage:
    return InboundMessage(
        routes=(InboundRoute(recipient=ADDRESS, purpose=InboundPurpose.DMARC_REPORTS),),
        reverse_path=ReversePath.NULL,
        content=content,
        source_ip="192.0.2.50",
        helo="receiver.test",
        tls=None,
    )


def take(transact, content: bytes) -> str:
    """What the mail was kept as."""
    came = message(content)
    received = Received(inbound_ids=("i-1",), message=came, reports=(), aggregates=read_aggregates(came))
    transact(inbound_port().record, [received])
    return str(transact(lambda tx: tx.execute(sa.select(inbound_messages.c.report)).scalar_one()))


def test_the_address_is_ours_at_the_service_domain_only(transact, yesterday) -> None:
    found = transact(inbound_port().route, ADDRESS)
    assert isinstance(found, InboundRoute) and found.purpose is InboundPurpose.DMARC_REPORTS
    elsewhere = AddrSpec.parse("dmarc-reports@us-east-1.mail.tayori.test")
    assert transact(inbound_port().route, elsewhere) is NotTaken.NO_SUCH_ADDRESS


def test_a_mail_with_a_report_is_kept_with_what_it_was_read_as(transact, yesterday) -> None:
    transact(domain, "example.com")
    content = report_mail(report(record(), begin=yesterday - 86400))
    assert take(transact, content) == ReportKind.AGGREGATE
    assert transact(dmarc_reports.summary, "example.com", MONTH).messages == 10


@pytest.mark.parametrize("content", [b"Subject: x\r\n\r\nhello\r\n", report_mail(b"<!DOCTYPE x><feedback/>"), b""])
def test_a_mail_without_a_readable_report_is_kept_all_the_same(transact, yesterday, content: bytes) -> None:
    assert take(transact, content) == ReportKind.UNREADABLE


def test_names_agree() -> None:
    names = ServiceNames(service_domain="tayori.test", region=REGION)
    assert names.dmarc_reports == str(ADDRESS)


def test_reports_are_taken_for_domains_of_ours_and_those_below(transact, yesterday) -> None:
    transact(domain, "example.com")
    asked = ("example.com", "mail.example.com", "com", "example.org", "xexample.com")
    assert [transact(dmarc_reports.takes_reports_of, one) for one in asked] == [True, True, False, False, False]


def test_reports_are_taken_for_the_organisation_of_a_domain_of_ours(transact, yesterday) -> None:
    """Its policy holds for the domain, and its reports tell of the domain's mail."""
    transact(domain, "news.mail.example.co.jp")
    asked = ("example.co.jp", "co.jp", "jp", "mail.example.co.jp", "other.example.co.jp", "xexample.co.jp")
    found = [transact(dmarc_reports.takes_reports_of, one) for one in asked]
    assert found == [True, False, False, False, False, False]


def test_an_empty_report_is_a_report(transact, yesterday) -> None:
    transact(domain, "example.com")
    assert keep(transact, parse_report(report(begin=yesterday - 86400))) == 1
