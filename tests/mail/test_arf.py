"""Reports of complaints, read: what stands in them, in the message that they return, and what is none."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st

from tayori.mail.arf import parse_arf
from tayori.mail.lines import to_crlf

REPORT = b"""\
From: <feedback@fbl.test>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b

A reader complained.
--b
Content-Type: message/feedback-report

Feedback-Type: Abuse
User-Agent: SomeGenerator/1.0
Original-Mail-From: <id@mail.shop.test>
Original-Rcpt-To: <redacted@fbl.test>
Original-Rcpt-To: <other@fbl.test>
Arrival-Date: Thu, 8 Mar 2005 14:00:00 -0500

--b
Content-Type: message/rfc822

To: Redacted <redacted@fbl.test>
Message-ID: <id@us-east-1.tayori.test>

Hello
--b--
"""


def test_a_report_is_read():
    report = parse_arf(to_crlf(REPORT))
    assert report is not None
    assert (report.feedback_type, report.user_agent) == ("abuse", "SomeGenerator/1.0")
    assert report.original_mail_from == "id@mail.shop.test"
    assert report.original_recipients == ("redacted@fbl.test", "other@fbl.test")
    assert report.arrived_at == datetime(2005, 3, 8, 19, tzinfo=UTC)
    assert report.returned(b"Message-ID") == "<id@us-east-1.tayori.test>"
    assert report.returned_recipients == ("redacted@fbl.test",)


def test_the_older_form_of_a_large_provider():
    content = (
        b'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: message/rfc822\n\n'
        b"X-HmXmrOriginalRecipient: <reader@hotmail.test>\nMessage-ID: <id@x.test>\n\nHello\n--b--\n"
    )
    report = parse_arf(to_crlf(content))
    assert report is not None and report.original_recipients == ("reader@hotmail.test",)


def test_a_forwarded_report_is_none():
    assert parse_arf(to_crlf(b"Content-Type: message/rfc822\n\n" + REPORT)) is None
    wrapped = b'Content-Type: multipart/mixed; boundary="w"\n\n--w\nContent-Type: message/rfc822\n\n' + REPORT
    assert parse_arf(to_crlf(wrapped + b"--w--\n")) is None


@pytest.mark.parametrize("date", [b"", b"yesterday", b"Thu, 99 Mar 99999 14:00:00 -0500"])
def test_a_date_that_is_none_is_left_out(date: bytes):
    report = parse_arf(to_crlf(REPORT.replace(b"Thu, 8 Mar 2005 14:00:00 -0500", date)))
    assert report is not None and report.arrived_at is None


@budget(max_examples=200, deadline=None)
@given(where=st.integers(0, 700), octets=st.binary(max_size=30), cut=st.integers(0, 700))
def test_a_mangled_report_never_breaks_the_reader(where: int, octets: bytes, cut: int):
    parse_arf(to_crlf((REPORT[:where] + octets + REPORT[where:])[: cut + 50]))


def test_mime_bombs_cost_little():
    deep = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(5000))
    wide = b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\n\r\n\r\n" * 100_000
    assert parse_arf(deep) is None and parse_arf(wide) is None


def test_reports_of_real_providers(vectors):
    folder = vectors("bounces-sisimai")
    rows = json.loads((folder / "index.json").read_text())
    complaints = [row for row in rows if row["kind"] == "complaint"]
    assert len(complaints) == 6
    for row in rows:
        report = parse_arf(to_crlf((folder / "eml" / row["file"]).read_bytes()))
        if row["kind"] != "complaint":
            assert report is None, row["file"]
            continue
        assert report is not None, row["file"]
        expected = [one["recipient"] for one in row["expect"]]
        assert report.feedback_type == row["expect"][0]["feedback_type"], row["file"]
        read = report.original_recipients or report.returned_recipients
        assert set(read) == set(expected), row["file"]
