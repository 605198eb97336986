"""The report that the test of complaints sends: Python's own reader and the service's find in it what they should."""

from base64 import b64encode
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP, default

from tayori.mail.arf import parse_arf
from tayori.mail.arf_report import Complaint, Reporter, write

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
CONTENT = (
    b"From: shop@example.com\r\nTo: probe-1@tayori.test\r\nMessage-ID: <m1@us-east-1.tayori.test>\r\n"
    b"Feedback-ID: 1:us-east-1:Tayori\r\nSubject: =?utf-8?B?44GT?=\r\n\r\n"
    b"Hello probe-1@tayori.test, Xprobe-1@tayori.test\r\n"
)
COMPLAINT = Complaint(
    content=CONTENT,
    reverse_path="m1@bounce.example.com",
    recipient="probe-1@tayori.test",
    source_ip="192.0.2.1",
    received_at=NOW,
)
REPORTER = Reporter(
    host="fbl.test", sender="feedback@fbl.test", to="complaints@tayori.test", token="t" * 32, now=NOW
)  # fmt: skip


def test_it_is_a_report_by_rfc_5965() -> None:
    report = message_from_bytes(write(COMPLAINT, REPORTER), policy=default)
    assert report.get_content_type() == "multipart/report"
    assert report.get_param("report-type") == "feedback-report"
    assert not report.defects
    text, machine, returned = report.iter_parts()
    assert text.get_content_type() == "text/plain"
    assert machine.get_content_type() == "message/feedback-report"
    assert returned.get_content_type() == "message/rfc822"
    fields = message_from_bytes(machine.get_payload(0).as_bytes(), policy=SMTP)
    assert (fields["Feedback-Type"], fields["Version"], fields["Source-IP"]) == ("abuse", "1", "192.0.2.1")
    assert fields["Original-Mail-From"] == "<m1@bounce.example.com>"


def test_the_service_reads_what_it_needs() -> None:
    report = parse_arf(write(COMPLAINT, REPORTER))
    assert report is not None
    assert (report.feedback_type, report.original_mail_from) == ("abuse", "m1@bounce.example.com")
    assert report.original_recipients == ("redacted@tayori.test",)
    assert report.arrived_at == NOW
    assert report.returned(b"Message-ID") == "<m1@us-east-1.tayori.test>"
    assert report.returned(b"Return-Path") == "<m1@bounce.example.com>"
    assert report.returned(b"Feedback-ID") == "1:us-east-1:Tayori"


def test_the_reader_is_blotted_out_and_nobody_else() -> None:
    written = write(COMPLAINT, REPORTER)
    assert b"To: redacted@tayori.test\r\n" in written
    assert b"Hello redacted@tayori.test, Xprobe-1@tayori.test" in written
    assert written.count(b"probe-1@tayori.test") == 1


def test_a_report_in_another_wrapping_is_read_too() -> None:
    """Comcast's are multipart/mixed with parts in base64; Microsoft's, since 2026, have the header only."""
    fields = b"Feedback-Type: abuse\r\nVersion: 1\r\nUser-Agent: x\r\nOriginal-Mail-From: <m1@bounce.example.com>\r\n"
    encoded = b"Content-Transfer-Encoding: base64\r\n\r\n"
    mixed = (
        b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n'
        b"Content-Type: text/plain\r\n\r\n"
        b"A complaint\r\n--b\r\nContent-Type: message/feedback-report\r\n"
        + encoded
        + b64encode(fields)
        + b"\r\n--b\r\n"
        b"Content-Type: message/rfc822\r\n" + encoded + b64encode(CONTENT) + b"\r\n--b--\r\n"
    )
    head = CONTENT.partition(b"\r\n\r\n")[0]
    bare = (
        b'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n--b\r\n'
        b"Content-Type: text/plain\r\n\r\nA complaint\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\n"
        + fields + b"\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n" + head + b"\r\n--b--\r\n"
    )  # fmt: skip
    for raw in (mixed, bare):
        report = parse_arf(raw)
        assert report is not None
        assert (report.feedback_type, report.original_mail_from) == ("abuse", "m1@bounce.example.com")
        assert report.returned(b"Message-ID") == "<m1@us-east-1.tayori.test>"
