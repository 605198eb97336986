"""Bounces and complaints as mails, read back by Python's own mail library."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP

import pytest

from tayori.model.event import EventKind
from tayori.model.feedback_mail import compose
from tayori.model.ses_event import MailFacts

NOW = datetime(2026, 5, 1, 12, 30, tzinfo=UTC)
BOUNCE = {
    "bounceType": "Permanent",
    "bounceSubType": "General",
    "bouncedRecipients": [
        {"emailAddress": "a@inbox.test", "action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550\r\n no"},
        {"emailAddress": "b@inbox.test"},
    ],
    "reportingMTA": "dns; a1.smtp-out.us-east-1.tayori.test",
}
COMPLAINT = {"complainedRecipients": [{"emailAddress": "a@inbox.test"}], "complaintSubType": None}


def read(kind, detail, region="us-east-1", head=b"From: news@shop.test\r\nSubject: Hello\r\n"):
    mail = MailFacts(
        message_id="m-1",
        account_id="111111111111",
        accepted_at=NOW,
        from_address="news@shop.test",
        source_arn="",
        source_ip="",
        caller_arn="",
        operation="SendEmail",
        recipients=("a@inbox.test",),
        head=head,
    )
    made = compose(
        kind, detail, mail, to="back@shop.test", region=region, service_domain="tayori.test", now=NOW, boundary="b0"
    )
    assert made.to == "back@shop.test"
    assert b"\n" not in made.content.replace(b"\r\n", b"")
    return message_from_bytes(made.content, policy=SMTP)


def test_a_bounce():
    message = read(EventKind.BOUNCE, BOUNCE)
    assert message["From"] == "MAILER-DAEMON@tayori.test" and message["To"] == "back@shop.test"
    assert message["Subject"] == "Delivery Status Notification (Failure)"
    assert message["Auto-Submitted"] == "auto-replied"
    assert message.get_content_type() == "multipart/report" and message.get_param("report-type") == "delivery-status"
    text, report, header = message.iter_parts()
    assert "a@inbox.test\r\nb@inbox.test" in text.get_content().replace("\n", "\r\n").replace("\r\r\n", "\r\n")
    of_message, first, second = report.get_payload()
    assert of_message["Reporting-MTA"] == "dns; a1.smtp-out.us-east-1.tayori.test"
    assert (first["Final-Recipient"], first["Action"], first["Status"]) == ("rfc822; a@inbox.test", "failed", "5.1.1")
    assert first["Diagnostic-Code"] == "smtp; 550 no"
    assert second["Status"] == "5.0.0"
    assert header.get_content_type() == "text/rfc822-headers" and "Subject: Hello" in header.get_payload()
    assert read(EventKind.BOUNCE, BOUNCE, "eu-west-1")["From"] == "MAILER-DAEMON@eu-west-1.tayori.test"


def test_a_complaint():
    message = read(EventKind.COMPLAINT, COMPLAINT)
    assert message["From"] == "complaints@tayori.test"
    assert message.get_param("report-type") == "feedback-report"
    _, report, _ = message.iter_parts()
    content = report.as_string()
    assert "Feedback-Type: abuse" in content and "Original-Rcpt-To: a@inbox.test" in content


@pytest.mark.parametrize("head", [b"", b"Subject: Gr\xc3\xbc\xc3\x9fe\r\n"])
def test_whatever_is_left_of_the_message_s_header(head):
    *_, header = read(EventKind.BOUNCE, BOUNCE, head=head).iter_parts()
    assert header["Content-Transfer-Encoding"] == ("8bit" if head else "7bit")
