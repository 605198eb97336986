"""An ARF report as a provider writes it when a reader complains: RFC 5965, the recipient redacted (RFC 6590).

Owns the text, written apart from the reader of such reports (`mail.arf`). Pure.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

REDACTED = "redacted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """A message as its receiver got it, and who complains of it."""

    content: bytes  # with CRLF
    reverse_path: str
    recipient: str
    source_ip: str
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """Who reports, and to whom. `token` is an id that nothing else has."""

    host: str
    sender: str
    to: str
    token: str
    now: datetime


def write(complaint: Complaint, reporter: Reporter) -> bytes:
    boundary = f"=_{reporter.token}"
    head = "\r\n".join(
        (
            f"From: <{reporter.sender}>",
            f"To: <{reporter.to}>",
            "Subject: A reader complains of a message",
            f"Date: {format_datetime(reporter.now)}",
            f"Message-ID: <{reporter.token}@{reporter.host}>",
            "MIME-Version: 1.0",
            f'Content-Type: multipart/report; report-type=feedback-report;\r\n\tboundary="{boundary}"',
            "",
            "",
        )
    )
    notice = f"A reader has marked a message from {complaint.source_ip} as unwanted.\r\n"
    domain = complaint.recipient.rpartition("@")[2]
    report = (
        "Feedback-Type: abuse\r\n"
        "User-Agent: Tayori-Loop-Test/1\r\n"
        "Version: 1\r\n"
        f"Original-Mail-From: <{complaint.reverse_path}>\r\n"
        f"Original-Rcpt-To: <{REDACTED}@{domain}>\r\n"
        f"Arrival-Date: {format_datetime(complaint.received_at)}\r\n"
        f"Reporting-MTA: dns; {reporter.host}\r\n"
        f"Source-IP: {complaint.source_ip}\r\n"
    )
    returned = f"Return-Path: <{complaint.reverse_path}>\r\n".encode() + complaint.content
    parts = (
        b"Content-Type: text/plain; charset=us-ascii\r\n\r\n" + notice.encode("ascii", "replace"),
        b"Content-Type: message/feedback-report\r\n\r\n" + report.encode("utf-8"),
        b"Content-Type: message/rfc822\r\nContent-Disposition: inline\r\n\r\n" + _redact(returned, complaint.recipient),
    )
    delimiter = f"--{boundary}".encode()
    return head.encode() + b"".join(delimiter + b"\r\n" + part + b"\r\n" for part in parts) + delimiter + b"--\r\n"


def _redact(content: bytes, address: str) -> bytes:
    local, _, domain = address.rpartition("@")
    blotted = f"{REDACTED}@{domain}".encode()
    return re.sub(rb"(?i)(?<![\w.+-])" + re.escape(f"{local}@{domain}".encode()), blotted, content)
