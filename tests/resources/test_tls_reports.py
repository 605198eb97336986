"""Reports on TLS kept once, for our own domains only, and summed up by policy and result."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from identity_makers import REGION, address, domain, open_account

from population import inbound_port
from tayori.mail.address import AddrSpec
from tayori.mail.envelope import ReversePath
from tayori.mail.tls_report import parse_report
from tayori.model.inbound import InboundMessage, InboundPurpose, InboundRoute, ReportKind
from tayori.model.names import ServiceNames
from tayori.resources import retention, tls_reports
from tayori.resources.inbound import Received
from tayori.resources.tls_reports import ReceivedReport
from tayori.store.report_tables import tls_report_failures, tls_report_policies
from tayori.store.tables import inbound_messages
from tls_report_samples import document, policy

MONTH = timedelta(days=30)


@pytest.fixture
def yesterday(clock, transact) -> str:
    transact(open_account)
    return f"{clock.now() - timedelta(days=1):%Y-%m-%d}"


def received(data: bytes, *, about: str = "", signed_by: str = "sender.test") -> ReceivedReport:
    return ReceivedReport(report=parse_report(data), about=about, signed_by=signed_by)


def keep(transact, *reports: ReceivedReport) -> int:
    return transact(tls_reports.keep, reports, "192.0.2.50")


def test_a_report_is_kept_once_however_often_it_comes(transact, yesterday) -> None:
    transact(domain, "example.com")
    one = received(document(day=yesterday))
    assert keep(transact, one) == 1
    assert keep(transact, one, one) == 0
    others = (received(document(day=yesterday, report_id="r2")), received(document(day=yesterday), signed_by="b.test"))
    assert keep(transact, *others) == 2
    assert transact(tls_reports.summary, "example.com", MONTH).reports == 3


@pytest.mark.parametrize(
    ("ours", "reported", "about", "kept"),
    [
        ("example.com", "example.com", "", True),
        ("example.com", "mx.example.com", "", True),  # the TLSA base domain
        ("mail.example.com", "example.com", "", False),
        ("example.com", "mx.provider.test", "example.com", True),  # a host of somebody else's
        ("example.com", "mx.provider.test", "example.org", False),
        ("example.com", "notexample.com", "", False),
        ("example_com.test", "exampleXcom.test", "", False),
    ],
)
def test_reports_about_others_domains_are_nobodys(transact, yesterday, ours, reported, about, kept) -> None:
    if "_" in ours:
        transact(domain, "examplezcom.test")
    else:
        transact(domain, ours)
    assert keep(transact, received(document(policy(reported), day=yesterday), about=about)) == kept


def test_an_address_is_no_domain(transact, yesterday) -> None:
    transact(address, "user@example.com")
    assert keep(transact, received(document(day=yesterday))) == 0


def test_what_is_about_others_is_left_out_of_a_report(transact, yesterday) -> None:
    transact(domain, "example.com")
    keep(transact, received(document(policy(), policy("example.org", successful=7), day=yesterday)))
    assert transact(tls_reports.summary, "example.com", MONTH).successful == 10
    assert transact(tls_reports.summary, "example.org", MONTH).reports == 0


def test_results_are_summed_up_the_commonest_first(transact, yesterday) -> None:
    transact(domain, "example.com")
    keep(
        transact,
        received(document(policy(failures={"certificate-expired": 3, "starttls-not-supported": 5}), day=yesterday)),
        received(
            document(
                policy(successful=100, failures={"certificate-expired": 4}),
                policy("mx.example.com", kind="tlsa", successful=1, failures={"tlsa-invalid": 1}),
                report_id="r2",
                organization="Another",
                day=yesterday,
            )
        ),
    )
    found = transact(tls_reports.summary, "example.com", MONTH)
    assert (found.reports, found.reporters) == (2, ("Another", "Sender Inc."))
    assert (found.successful, found.failed) == (111, 13)
    assert [(one.domain, one.policy_type, one.successful, one.failed) for one in found.policies] == [
        ("example.com", "sts", 110, 12),
        ("mx.example.com", "tlsa", 1, 1),
    ]
    assert [(one.result_type, one.host, one.sessions, one.reporters) for one in found.results] == [
        ("certificate-expired", "mx.example.com", 7, 2),
        ("starttls-not-supported", "mx.example.com", 5, 1),
        ("tlsa-invalid", "mx.mx.example.com", 1, 1),
    ]
    shown = tls_reports.as_json(found)
    assert shown["results"][0]["sessions"] == 7 and shown["policies"][1]["policy_type"] == "tlsa"


def test_no_reports_are_nothing(transact, yesterday, clock) -> None:
    found = transact(tls_reports.summary, "example.com", MONTH)
    assert (found.reports, found.policies, found.results, found.first) == (0, (), (), None)
    assert tls_reports.nothing("example.com", found.since) == found


def test_old_reports_are_left_out_and_forgotten(transact, yesterday, clock) -> None:
    transact(domain, "example.com")
    failing = policy(failures={"certificate-expired": 1})
    keep(transact, received(document(failing, day=yesterday)))
    keep(transact, received(document(failing, report_id="old", day="2020-01-01")))
    assert transact(tls_reports.summary, "example.com", MONTH).reports == 1
    assert transact(tls_reports.summary, "example.com", timedelta(days=4000)).reports == 2
    transact(retention.forget_rest)
    for table in (tls_report_policies, tls_report_failures):
        assert transact(lambda tx, table=table: tx.execute(sa.select(sa.func.count()).select_from(table)).scalar()) == 1


# -- from the mail -----------------------------------------------------------------------------------------------------

ADDRESS = AddrSpec.parse("tls-reports@tayori.test")


def take(transact, *reports: ReceivedReport) -> str:
    """What the mail was kept as."""
    message = InboundMessage(
        routes=(InboundRoute(recipient=ADDRESS, purpose=InboundPurpose.TLS_REPORTS),),
        reverse_path=ReversePath.NULL,
        content=b"Subject: x\r\n\r\n",
        source_ip="192.0.2.50",
        helo="sender.test",
        tls=None,
    )
    came = Received(inbound_ids=("i-1",), message=message, reports=(), tls_reports=reports)
    transact(inbound_port().record, [came])
    return str(transact(lambda tx: tx.execute(sa.select(inbound_messages.c.report)).scalar_one()))


def test_the_address_is_ours(transact, yesterday) -> None:
    found = transact(inbound_port().route, ADDRESS)
    assert isinstance(found, InboundRoute) and found.purpose is InboundPurpose.TLS_REPORTS
    assert ServiceNames(service_domain="tayori.test", region=REGION).tls_reports == str(ADDRESS)


def test_a_mail_with_a_report_is_kept_with_what_it_was_read_as(transact, yesterday) -> None:
    transact(domain, "example.com")
    assert take(transact, received(document(day=yesterday))) == ReportKind.TLS_REPORT
    assert transact(tls_reports.summary, "example.com", MONTH).successful == 10


def test_a_mail_without_a_report_is_kept_all_the_same(transact, yesterday) -> None:
    assert take(transact) == ReportKind.UNREADABLE
