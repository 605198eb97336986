"""The mail that brings a report on TLS: written as RFC 8460 5.3 asks, and what is read of one that came.

Owns its fields, its file's name and its parts. Never signs it, and never says to whom it goes.
"""

import base64
import gzip
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tayori.mail.address import AddressError, AddrSpec, parse_mailbox_list, to_ascii_domain
from tayori.mail.fields import Field, FieldsError, find, find_all, join, split_message
from tayori.mail.tls_report import TlsReport, write_report

MEDIA_TYPE: Final = "application/tlsrpt+gzip"
_LINE = 76  # RFC 2045 6.8


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportMail:
    """One report on its way. `domain` is whose record asked for it, `submitter` the domain of who sends it."""

    report: TlsReport
    domain: str
    submitter: str
    sender: AddrSpec
    recipient: AddrSpec

    @property
    def file_name(self) -> str:
        """RFC 8460 5.1, without the id, which it does not ask for."""
        begins, ends = int(self.report.begins_at.timestamp()), int(self.report.ends_at.timestamp())
        return f"{self.submitter}!{self.domain}!{begins}!{ends}.json.gz"


def packed(report: TlsReport) -> bytes:
    """The document as it is sent, by mail and by HTTPS alike. The same report gives the same octets."""
    return gzip.compress(write_report(report), mtime=0)


def compose(mail: ReportMail, boundary: str) -> bytes:
    """The whole message but for Date and Message-ID."""
    subject = f"Report Domain: {mail.domain} Submitter: {mail.submitter} Report-ID: <{mail.report.report_id}>"
    fields = [
        Field.make("From", str(mail.sender)),
        Field.make("To", str(mail.recipient)),
        Field.make("Subject", subject),
        Field.make("TLS-Report-Domain", mail.domain),
        Field.make("TLS-Report-Submitter", mail.submitter),
        Field.make("TLS-Required", "No"),  # RFC 8689 5: it tells of broken TLS, and must come through
        Field.make("Auto-Submitted", "auto-generated"),  # RFC 3834 5
        Field.make("MIME-Version", "1.0"),
        Field(
            b"Content-Type",
            f'Content-Type: multipart/report; report-type="tlsrpt";\r\n boundary="{boundary}"\r\n'.encode("ascii"),
        ),
    ]
    return join(fields) + b"\r\n" + "\r\n".join(_body(mail, boundary)).encode("ascii")


def _body(mail: ReportMail, boundary: str) -> list[str]:
    day: datetime = mail.report.begins_at
    data = base64.b64encode(packed(mail.report)).decode("ascii")
    return [
        f"--{boundary}",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        f"This is an aggregate TLS report (RFC 8460) about {mail.domain},",
        f"for {day:%Y-%m-%d} (UTC), from {mail.submitter}.",
        "",
        f"--{boundary}",
        f"Content-Type: {MEDIA_TYPE}",
        "Content-Transfer-Encoding: base64",
        "Content-Disposition: attachment;",
        f' filename="{mail.file_name}"',
        "",
        *(data[at : at + _LINE] for at in range(0, len(data), _LINE)),
        "",
        f"--{boundary}--",
        "",
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportHead:
    """What the fields of a mail that came say; empty where they do not. `author` is the domain of From."""

    domain: str
    author: str


def read_head(raw: bytes) -> ReportHead:
    try:
        fields, _ = split_message(raw)
    except FieldsError:
        return ReportHead(domain="", author="")
    named = find(fields, b"TLS-Report-Domain")
    return ReportHead(domain=_domain(named.value if named else b""), author=_author(fields))


def _author(fields: tuple[Field, ...]) -> str:
    """Of the one From field: where there are several, whose mail it is cannot be told."""
    froms = find_all(fields, b"from")
    if len(froms) != 1:
        return ""
    try:
        boxes = parse_mailbox_list(froms[0].value.decode("utf-8", "replace"))
    except AddressError:
        return ""
    return boxes[0].addr.domain if len(boxes) == 1 else ""


def _domain(value: bytes) -> str:
    try:
        return to_ascii_domain(value.decode("utf-8", "replace").strip().removesuffix("."))
    except AddressError:
        return ""
