"""Mail that providers write themselves: failure reports, automatic replies, feedback reports.

Owns their text, written apart from the service's own code, since a reader that only understands its own writer proves
nothing. Never sends: `postman` does. RFC 3464 (DSN), 3834 (automatic replies), 5965 (ARF), 6590 (redaction).
"""

import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from tayori.mail.fields import Field, find, scan_block
from tayori.rehearsal.mailbox import ReceivedMessage
from tayori.rehearsal.providers import Provider

_REDACTED = "redacted"
_HEADER_LIMIT = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """What every report needs from its surroundings: who writes, when, and an id that nothing else has."""

    provider: Provider
    now: datetime
    token: str

    @property
    def boundary(self) -> str:
        return f"=_{self.token}"

    @property
    def date(self) -> str:
        return format_datetime(self.now)

    def top(self, sender: str, to: str, subject: str, *more: str) -> str:
        lines = (
            f"From: {sender}",
            f"To: {to}",
            f"Subject: {subject}",
            f"Date: {self.date}",
            f"Message-ID: <{self.token}@{self.provider.host}>",
            *more,
            "MIME-Version: 1.0",
        )
        return "".join(f"{line}\r\n" for line in lines)


def failure_report(head: Letterhead, message: ReceivedMessage, to: str) -> bytes:
    """A DSN (RFC 3464) for a mailbox that turned out not to exist after the message was accepted."""
    provider, recipient = head.provider, message.rcpt_to
    diagnostic = f"550 5.1.1 <{recipient}>: Recipient address rejected: User unknown in local recipient table"
    top = head.top(
        f"Mail Delivery System <MAILER-DAEMON@{provider.domain}>",
        to,
        "Undelivered Mail Returned to Sender",
        "Auto-Submitted: auto-replied",
        f'Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="{head.boundary}"',
    )
    notice = (
        f"This is the mail system at host {provider.host}.\r\n\r\n"
        "I'm sorry to have to inform you that your message could not\r\n"
        "be delivered to one or more recipients. It's attached below.\r\n\r\n"
        f"<{recipient}>: host store.{provider.domain} said: {diagnostic}\r\n"
    )
    status = (
        f"Reporting-MTA: dns; {provider.host}\r\n"
        f"X-Sender: rfc822; {message.mail_from}\r\n"
        f"Arrival-Date: {format_datetime(message.received_at)}\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\n"
        f"Original-Recipient: rfc822;{recipient}\r\n"
        "Action: failed\r\n"
        "Status: 5.1.1\r\n"
        f"Remote-MTA: dns; store.{provider.domain}\r\n"
        f"Diagnostic-Code: smtp; {diagnostic}\r\n"
    )
    parts = (
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Description: Notification\r\n\r\n" + notice.encode(),
        b"Content-Type: message/delivery-status\r\n\r\n" + status.encode(),
        b"Content-Type: text/rfc822-headers\r\n\r\n" + _header_block(message.content),
    )
    return top.encode() + _multipart(head.boundary, parts)


def wants_no_reply(content: bytes) -> bool:
    """RFC 3834 2: an automatic reply to a machine or to a list is a nuisance, or a loop."""
    fields = scan_block(_header_block(content))
    submitted = find(fields, b"Auto-Submitted")
    if submitted is not None and not submitted.value.lower().startswith(b"no"):
        return True
    precedence = find(fields, b"Precedence")
    if precedence is not None and precedence.value.lower() in (b"bulk", b"list", b"junk"):
        return True
    return any(field.key.startswith(b"list-") for field in fields)


def automatic_reply(head: Letterhead, message: ReceivedMessage, to: str) -> bytes:
    """A vacation notice (RFC 3834) from the recipient to the return path."""
    fields = scan_block(_header_block(message.content))
    message_id = find(fields, b"Message-ID")
    references = [] if message_id is None else _threading(fields, message_id)
    original = find(fields, b"Subject")
    subject = "Auto: " + (_one_line(original.value) if original else "your message")
    top = head.top(
        message.rcpt_to,
        to,
        subject,
        *references,
        "Auto-Submitted: auto-replied (vacation)",
        "Content-Type: text/plain; charset=utf-8",
    )
    body = "I am away from my desk and will read your message when I am back.\r\n"
    return top.encode("utf-8", "replace") + b"\r\n" + body.encode()


def _threading(fields: tuple[Field, ...], message_id: Field) -> list[str]:
    earlier = find(fields, b"References")
    thread = " ".join(_one_line(field.value) for field in (earlier, message_id) if field is not None)
    return [f"In-Reply-To: {_one_line(message_id.value)}", f"References: {thread[-900:]}"]


def feedback_report(head: Letterhead, message: ReceivedMessage, to: str) -> bytes:
    """An ARF report (RFC 5965) of a reader's complaint; who complained is blotted out, as large providers do."""
    provider = head.provider
    redacted = redact(message.content, message.rcpt_to)
    top = head.top(
        f"Feedback loop <feedback@{provider.domain}>",
        to,
        "FW: complaint about message from " + message.client,
        f'Content-Type: multipart/report; report-type=feedback-report;\r\n\tboundary="{head.boundary}"',
    )
    notice = (
        f"This is an email abuse report for an email message received from IP {message.client}\r\n"
        f"on {format_datetime(message.received_at)}. For more about this format, see RFC 5965.\r\n"
    )
    report = (
        "Feedback-Type: abuse\r\n"
        "User-Agent: TayoriRehearsal/1.0\r\n"
        "Version: 1\r\n"
        f"Original-Mail-From: <{message.mail_from}>\r\n"
        f"Original-Rcpt-To: <{_REDACTED}@{provider.domain}>\r\n"
        f"Arrival-Date: {format_datetime(message.received_at)}\r\n"
        f"Reporting-MTA: dns; {provider.host}\r\n"
        f"Source-IP: {message.client}\r\n"
        f"{_reported_domain(message)}"
        f"Authentication-Results: {provider.host}; spf={message.spf}\r\n"
    )
    parts = (
        b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + notice.encode(),
        b"Content-Type: message/feedback-report\r\n\r\n" + report.encode("utf-8", "replace"),
        b"Content-Type: message/rfc822\r\nContent-Disposition: inline\r\n\r\n" + redacted,
    )
    return top.encode() + _multipart(head.boundary, parts)


def redact(content: bytes, address: str) -> bytes:
    """The message with an address's local part replaced wherever it stands, in the text or in a path's label."""
    local, _, domain = address.rpartition("@")
    blot = f"{_REDACTED}@{domain}".encode()
    pattern = re.escape(local.encode()) + rb"@" + re.escape(domain.encode())
    redacted = re.sub(rb"(?i)(?<![A-Za-z0-9._+-])" + pattern, blot, content)
    verp = re.escape(local.encode()) + rb"=" + re.escape(domain.encode())
    return re.sub(rb"(?i)(?<![A-Za-z0-9._])" + verp, f"{_REDACTED}={domain}".encode(), redacted)


def _reported_domain(message: ReceivedMessage) -> str:
    signer = re.search(r"header\.d=([A-Za-z0-9.\-]+)", message.dkim)
    return f"Reported-Domain: {signer[1]}\r\n" if signer else ""


def _multipart(boundary: str, parts: tuple[bytes, ...]) -> bytes:
    delimiter = f"--{boundary}".encode()
    body = b"".join(
        delimiter + b"\r\n" + part + (b"" if part.endswith(b"\r\n") else b"\r\n") + b"\r\n" for part in parts
    )
    return b"\r\n" + body + delimiter + b"--\r\n"


def _header_block(content: bytes) -> bytes:
    end = content.find(b"\r\n\r\n", 0, _HEADER_LIMIT)
    return content[: end + 2] if end >= 0 else content[:_HEADER_LIMIT]


def _one_line(value: bytes) -> str:
    text = value.decode("utf-8", "replace")
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text)[:900].strip()
