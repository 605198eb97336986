"""Reports on TLS: what senders send, what an attacker would, and what we write ourselves."""

import contextlib
import gzip
import json
import time
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email import policy as email_policy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tayori.mail.address import AddrSpec
from tayori.mail.report_files import UnpackError, json_files
from tayori.mail.structure import walk
from tayori.mail.tls_report import (
    MAX_FAILURES,
    MAX_POLICIES,
    FailureDetail,
    PolicyResult,
    TlsReport,
    TlsReportError,
    parse_report,
    write_report,
)
from tayori.mail.tls_report_mail import ReportMail, compose, packed, read_head
from tls_report_samples import EXAMPLE, document, mail_with_report, policy

# -- reading -----------------------------------------------------------------------------------------------------------


def test_the_example_of_the_rfc_is_read() -> None:
    found = parse_report(json.dumps(EXAMPLE).encode())
    assert (found.organization, found.contact) == ("Company-X", "sts-reporting@company-x.example")
    assert found.report_id == "5065427c-23d3-47ca-b6e0-946ea0e8c4be"
    assert found.begins_at == datetime(2016, 4, 1, tzinfo=UTC)
    assert found.ends_at == datetime(2016, 4, 1, 23, 59, 59, tzinfo=UTC)
    assert not found.is_truncated
    (result,) = found.policies
    assert (result.policy_type, result.domain, result.successful, result.failed) == (
        "sts",
        "company-y.example",
        5326,
        303,
    )
    assert result.policy_strings[1] == "mode: testing"
    assert result.mx_hosts == ("*.mail.company-y.example",)  # a text there, an array in the schema
    assert sum(failure.sessions for failure in result.failures) == result.failed
    assert result.failures[1] == FailureDetail(
        result_type="starttls-not-supported",
        sessions=200,
        sending_mta_ip="2001:db8:abcd:13::1",
        receiving_mx_hostname="mx2.mail.company-y.example",
        receiving_ip="203.0.113.56",
        additional_information="https://reports.company-x.example/report_info?id=5065427c-23d3#StarttlsNotSupported",
    )
    assert result.failures[2].failure_reason_code == "X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED"


@pytest.mark.parametrize(
    ("start", "wanted"),
    [
        ("2026-01-01T00:00:00Z", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026-01-01t09:00:00.123456+09:00", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2025-12-31 23:00:00-01:00", datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_moment_may_be_written_in_several_ways(start: str, wanted: datetime) -> None:
    assert parse_report(altered(["date-range", "start-datetime"], start)).begins_at == wanted


def test_counts_may_be_texts_and_unknown_results_are_kept() -> None:
    one = policy(failures={"something-new": 3})
    one["summary"]["total-successful-session-count"] = "12"
    (result,) = parse_report(document(one)).policies
    assert (result.successful, result.failed, result.failures[0].result_type) == (12, 3, "something-new")


def altered(path: list[str], value: Any) -> bytes:
    found = json.loads(document())
    inner = found
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return json.dumps(found).encode()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no JSON"),
        (b"{", "no JSON"),
        (b"\xff\xfe{}", "no JSON"),
        (b"[" * 5000, "no JSON"),
        (b'{"policies":' * 5000 + b"{}", "no JSON"),
        (b"{}", "no TLS report"),
        (b"[]", "no TLS report"),
        (b"[" * 300_000, "larger"),
        (b'{"a":"' + b"x" * 6_000_000 + b'"}', "larger"),
        (altered(["report-id"], ""), "no id"),
        (altered(["report-id"], {"a": 1}), "no id"),
        (altered(["date-range"], []), "time range"),
        (altered(["date-range", "start-datetime"], "yesterday"), "time range"),
        (altered(["date-range", "start-datetime"], "2026-13-01T00:00:00Z"), "time range"),
        (altered(["date-range", "start-datetime"], "0001-01-01T00:00:00+23:59"), "time range"),
        (altered(["date-range", "start-datetime"], "2026-01-03T00:00:00Z"), "ends before"),
        (altered(["policies"], [{"policy": {"policy-domain": "a b"}, "summary": {}}]), "no domain"),
        (altered(["policies"], [17]), "no domain"),
        (document().replace(b": 10", b": 1e9"), "no counts"),
        (document().replace(b": 10", b": NaN"), "no counts"),
        (document().replace(b": 10", b": " + b"9" * 100_000), "more than there can be"),
    ],
)
def test_what_is_no_report_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(TlsReportError, match=why):
        parse_report(data)


def test_what_cannot_be_counted_is_left_out_and_told() -> None:
    one = policy(failures={"certificate-expired": 1})
    one["failure-details"] += [{"result-type": "x"}, {"failed-session-count": True, "result-type": "x"}, "?"]
    found = parse_report(document(one, policy("a b")))
    assert found.is_truncated
    assert [len(result.failures) for result in found.policies] == [1]


def test_numbers_are_bounded() -> None:
    many = parse_report(document(*[policy(f"d{at}.test") for at in range(MAX_POLICIES + 1)]))
    assert len(many.policies) == MAX_POLICIES and many.is_truncated
    one = policy(failures={f"r{at}": 1 for at in range(MAX_FAILURES + 1)})
    deep = parse_report(document(one, policy("b.test", failures={"x": 1})))
    assert [len(result.failures) for result in deep.policies] == [MAX_FAILURES, 0] and deep.is_truncated


def test_texts_are_bounded_and_on_one_line() -> None:
    found = parse_report(altered(["organization-name"], "a\x1b[31m\r\nb" + "c" * 10_000))
    assert found.organization.startswith("a\N{REPLACEMENT CHARACTER}[31m bc") and len(found.organization) == 500


def test_the_largest_report_is_read_in_no_time() -> None:
    began = time.process_time()  # others on this machine do not count
    parse_report(document(*[policy(failures={f"r{at}": 1 for at in range(40)}) for _ in range(400)]))
    assert time.process_time() - began < 2


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")))
@settings(max_examples=300)
def test_octets_are_a_report_or_refused(data: bytes) -> None:
    with pytest.raises(TlsReportError):
        parse_report(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**14) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)


@given(st.sampled_from([["policies"], ["date-range"], ["contact-info"], ["report-id"]]), JSON)
@settings(max_examples=200)
def test_a_report_with_anything_in_its_place_is_read_or_refused(path: list[str], value: Any) -> None:
    with contextlib.suppress(TlsReportError):
        assert parse_report(altered(path, value)).report_id


# -- there and back ----------------------------------------------------------------------------------------------------

WORDS = st.from_regex(r"[!-~]([ -~]{0,30}[!-~])?", fullmatch=True).map(lambda text: " ".join(text.split()))
DOMAINS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?(\.[a-z]{2,6}){1,3}", fullmatch=True).filter(
    lambda name: "--" not in name
)
COUNTS = st.integers(0, 10**9)
MOMENTS = st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1)).map(lambda at: at.replace(microsecond=0, tzinfo=UTC))
FAILURES = st.builds(
    FailureDetail,
    result_type=WORDS,
    sessions=COUNTS,
    sending_mta_ip=st.just("") | st.ip_addresses().map(str),
    receiving_mx_hostname=st.just("") | DOMAINS,
    receiving_mx_helo=st.just("") | WORDS,
    receiving_ip=st.just("") | st.ip_addresses().map(str),
    additional_information=st.just("") | WORDS,
    failure_reason_code=st.just("") | st.just("証明書の期限切れ"),
)
RESULTS = st.builds(
    PolicyResult,
    policy_type=WORDS,
    domain=DOMAINS,
    successful=COUNTS,
    failed=COUNTS,
    policy_strings=st.lists(WORDS, max_size=4).map(tuple),
    mx_hosts=st.lists(DOMAINS, max_size=4).map(tuple),
    failures=st.lists(FAILURES, max_size=4).map(tuple),
)


@given(
    st.builds(
        TlsReport,
        organization=WORDS,
        begins_at=MOMENTS,
        ends_at=st.just(datetime(2200, 1, 2, tzinfo=UTC)),
        contact=WORDS,
        report_id=WORDS,
        policies=st.lists(RESULTS, max_size=3).map(tuple),
    )
)
@settings(max_examples=200, deadline=None)
def test_what_is_written_is_read_again(report: TlsReport) -> None:
    assert parse_report(write_report(report)) == report
    assert parse_report(gzip.decompress(packed(report))) == report


# -- the mail ----------------------------------------------------------------------------------------------------------


def test_a_mail_is_written_as_the_rfc_asks_and_read_again() -> None:
    report = parse_report(document())
    mail = ReportMail(
        report=report,
        domain="example.com",
        submitter="tayori.test",
        sender=AddrSpec.parse("no-reply@tayori.test"),
        recipient=AddrSpec.parse("tls@example.com"),
    )
    raw = compose(mail, "b0undary")
    read = message_from_bytes(raw, policy=email_policy.default)
    assert not read.defects
    assert read["Subject"] == "Report Domain: example.com Submitter: tayori.test Report-ID: <r1>"
    assert (read["TLS-Report-Domain"], read["TLS-Report-Submitter"], read["TLS-Required"]) == (
        "example.com", "tayori.test", "No",
    )  # fmt: skip
    assert read.get_content_type() == "multipart/report" and read.get_param("report-type") == "tlsrpt"
    text, attached = read.iter_parts()
    assert "example.com" in text.get_content()
    assert attached.get_content_type() == "application/tlsrpt+gzip"
    end = int((datetime(2026, 1, 2, tzinfo=UTC) - timedelta(seconds=1)).timestamp())
    assert attached.get_filename() == f"tayori.test!example.com!1767225600!{end}.json.gz"
    assert all(len(line) <= 80 for line in raw.split(b"\r\n") if not line.startswith(b" filename="))
    assert [parse_report(found) for found in json_files(raw)] == [report]
    assert read_head(raw).domain == "example.com" and read_head(raw).author == "tayori.test"


@pytest.mark.parametrize(
    ("raw", "domain", "author"),
    [
        (b"Subject: x\r\n\r\n", "", ""),
        (b"no header\r\n\r\n", "", ""),
        (b"From: a@b.test\r\nFrom: a@c.test\r\n\r\n", "", ""),
        (b"From: a@b.test, c@d.test\r\n\r\n", "", ""),
        (b"From: nobody\r\nTLS-Report-Domain: a b\r\n\r\n", "", ""),
        (b"From: X <a@B.test>\r\nTLS-Report-Domain: Example.COM.\r\n\r\n", "example.com", "b.test"),
    ],
)
def test_a_head_says_what_it_says(raw: bytes, domain: str, author: str) -> None:
    head = read_head(raw)
    assert (head.domain, head.author) == (domain, author)


@pytest.mark.parametrize("is_packed", [True, False])
def test_reports_come_packed_or_not(is_packed: bool) -> None:
    assert list(json_files(mail_with_report(document(), packed=is_packed))) == [document()]


def test_a_bomb_is_not_unpacked() -> None:
    with pytest.raises(UnpackError, match="too large"):
        list(json_files(mail_with_report(b"{" + b" " * 30_000_000)))


def test_the_mail_is_walked_as_it_was_written() -> None:
    kinds = [part.content_type for part in walk(mail_with_report(document()))]
    assert kinds == ["multipart/report", "text/plain", "application/tlsrpt+gzip"]
