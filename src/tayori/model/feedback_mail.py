"""Bounces and complaints as mails to the sender, in the form in which SES forwards them (ses: feedback forwarding).

Owns their text and structure: RFC 3464 in RFC 6522 for bounces, RFC 5965 for complaints. Of the message itself its
header comes along, which RFC 6522 allows in place of the whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tayori.mail.date import rfc5322_date
from tayori.mail.fields import Field
from tayori.model.event import EventKind
from tayori.model.ses_event import MailFacts

_BOUNCE_SUBJECT = "Delivery Status Notification (Failure)"
_COMPLAINT_SUBJECT = "Complaint about message from {source}"
_HOME = "us-east-1"  # whose addresses have no region in them (observed)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackMail:
    to: str
    content: bytes


def compose(
    kind: EventKind,
    detail: Mapping[str, Any],
    mail: MailFacts,
    *,
    to: str,
    region: str,
    service_domain: str,
    now: datetime,
    boundary: str,
) -> FeedbackMail:
    """A mail that tells of a Bounce or a Complaint."""
    host = service_domain if region == _HOME else f"{region}.{service_domain}"
    if kind is EventKind.BOUNCE:
        sender, subject, report = f"MAILER-DAEMON@{host}", _BOUNCE_SUBJECT, "delivery-status"
        text, machine = _bounce_text(detail), _bounce_report(detail, mail)
    else:
        sender, report = f"complaints@{host}", "feedback-report"
        subject = _COMPLAINT_SUBJECT.format(source=mail.from_address)
        text, machine = _complaint_text(detail, now), _complaint_report(detail, mail)
    header = [
        Field.make("From", sender).raw,
        Field.make("To", to).raw,
        Field.make("Subject", subject).raw,
        Field.make("Auto-Submitted", "auto-replied" if kind is EventKind.BOUNCE else "auto-generated").raw,  # RFC 3834
        b"MIME-Version: 1.0\r\n",
        f'Content-Type: multipart/report; report-type={report};\r\n boundary="{boundary}"\r\n'.encode(),
    ]
    eight_bit = "8bit" if not mail.head.isascii() else "7bit"
    parts = [
        ("text/plain; charset=utf-8", "8bit", text.encode("utf-8")),
        (f"message/{report}", "8bit", machine.encode("utf-8")),
        ("text/rfc822-headers", eight_bit, mail.head),
    ]
    body = b"".join(
        f"--{boundary}\r\nContent-Type: {kind_of}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode()
        + content
        + b"\r\n"
        for kind_of, encoding, content in parts
    )
    return FeedbackMail(to=to, content=b"".join((*header, b"\r\n", body, f"--{boundary}--\r\n".encode())))


def _bounce_text(detail: Mapping[str, Any]) -> str:
    lines = ["An error occurred while trying to deliver the mail to the following recipients:"]
    lines += [_line(one["emailAddress"]) for one in detail["bouncedRecipients"]]
    return "\r\n".join(lines) + "\r\n"


def _bounce_report(detail: Mapping[str, Any], mail: MailFacts) -> str:
    lines = [f"Reporting-MTA: {_line(detail.get('reportingMTA') or 'dns; unknown')}"]
    lines.append(f"Original-Envelope-Id: {mail.message_id}")
    for one in detail["bouncedRecipients"]:
        lines += [
            "",
            f"Final-Recipient: rfc822; {_line(one['emailAddress'])}",
            f"Action: {one.get('action') or 'failed'}",
            f"Status: {one.get('status') or _status(detail)}",
        ]
        if one.get("diagnosticCode"):
            lines.append(f"Diagnostic-Code: {_line(one['diagnosticCode'])}")
    return "\r\n".join(lines) + "\r\n"


def _status(detail: Mapping[str, Any]) -> str:
    return "5.0.0" if detail.get("bounceType") == "Permanent" else "4.0.0"


def _complaint_text(detail: Mapping[str, Any], now: datetime) -> str:
    lines = [f"This is an email abuse report for an email message received on {rfc5322_date(now)} from:"]
    lines += [_line(one["emailAddress"]) for one in detail["complainedRecipients"]]
    return "\r\n".join(lines) + "\r\n"


def _complaint_report(detail: Mapping[str, Any], mail: MailFacts) -> str:
    lines = [
        f"Feedback-Type: {detail.get('complaintFeedbackType') or 'abuse'}",
        f"User-Agent: {_line(detail.get('userAgent') or 'Tayori')}",
        "Version: 1",
        f"Original-Envelope-Id: {mail.message_id}",
        *(f"Original-Rcpt-To: {_line(one['emailAddress'])}" for one in detail["complainedRecipients"]),
    ]
    return "\r\n".join(lines) + "\r\n"


def _line(text: str) -> str:
    """On one line, and none too long for a message."""
    return " ".join(text.split())[:900]
