"""Which reports of feedback loops are read, and what they claim."""

import pytest

from tayori.inbound.complaints import read_complaint
from tayori.mail.address import AddrSpec
from tayori.mail.envelope import ReversePath
from tayori.mail.lines import to_crlf
from tayori.model.inbound import FeedbackType, InboundMessage, InboundPurpose, InboundRoute, ReportKind

REPORT = b"""\
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: message/feedback-report

Feedback-Type: %s
Original-Mail-From: <%s>
Original-Rcpt-To: <Redacted@FBL.test>

--b
Content-Type: text/rfc822-headers

Return-Path: <id@mail.shop.test>
Message-ID: <id@us-east-1.tayori.test>
Feedback-ID: ::1.us-east-1.x=:Tayori
--b--
"""


def arrived(purpose: InboundPurpose, kind: bytes = b"abuse", sender: bytes = b"id@mail.shop.test") -> InboundMessage:
    return InboundMessage(
        routes=(InboundRoute(recipient=AddrSpec("complaints", "tayori.test"), purpose=purpose),),
        reverse_path=ReversePath.NULL,
        content=to_crlf(REPORT % (kind, sender)),
        source_ip="192.0.2.1",
        helo="",
        tls=None,
    )


@pytest.mark.parametrize("purpose", [InboundPurpose.FEEDBACK, InboundPurpose.POSTMASTER, InboundPurpose.RETURN_PATH])
def test_where_complaints_are_taken(purpose: InboundPurpose) -> None:
    report = read_complaint(arrived(purpose))
    assert report is not None
    assert report.claims == ("id@mail.shop.test", "id@us-east-1.tayori.test")
    assert report.feedback_id == "::1.us-east-1.x=:Tayori"
    assert report.recipients == ("Redacted@fbl.test",)


def test_elsewhere_a_report_is_mail_like_any_other() -> None:
    assert read_complaint(arrived(InboundPurpose.DMARC_REPORTS)) is None


@pytest.mark.parametrize(
    ("word", "kind", "read_as"),
    [
        (b"abuse", FeedbackType.ABUSE, ReportKind.COMPLAINT),
        (b"Fraud", FeedbackType.FRAUD, ReportKind.COMPLAINT),
        (b"virus", FeedbackType.VIRUS, ReportKind.COMPLAINT),
        (b"opt-out", FeedbackType.OTHER, ReportKind.COMPLAINT),
        (b"not-spam", FeedbackType.NOT_SPAM, ReportKind.NOT_SPAM),
        (b"auth-failure", FeedbackType.AUTH_FAILURE, ReportKind.AUTH_FAILURE),
    ],
)
def test_types(word: bytes, kind: FeedbackType, read_as: ReportKind) -> None:
    report = read_complaint(arrived(InboundPurpose.FEEDBACK, word))
    assert report is not None and (report.feedback_type, report.kind) == (kind, read_as)


def test_what_is_no_address_is_not_claimed() -> None:
    report = read_complaint(arrived(InboundPurpose.FEEDBACK, sender=b"a\0b@mail.shop.test"))
    assert report is not None
    assert not any("\0" in claim for claim in report.claims)
