"""Delivery status notifications: read those of others, write our own (RFC 3464, RFC 6522, RFC 6533, RFC 3834).

Owns the fields of message/delivery-status. Never decides what a report means (bounce type, suppression): `model`
does. What is read was written by strangers, so every value is text without control characters and of bounded length,
and nothing in a report is believed about addresses that we never wrote to.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tayori.mail import parameters, words
from tayori.mail.address import AddrSpec, Mailbox
from tayori.mail.date import rfc5322_date
from tayori.mail.fields import Field, find, join, scan_block
from tayori.mail.parts import Part, is_seven_bit, multipart, text_part, to_quoted_printable
from tayori.mail.reply import EnhancedStatus
from tayori.mail.structure import FORWARDED_TYPES, MAX_DEPTH, StructureError, walk
from tayori.mail.structure import Part as Entity

MAX_RECIPIENTS = 500
_MAX_VALUE = 4000
_MAX_STATUS_PART = 256 * 1024

_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_RETURNED_TYPES = ("message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers")
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_EMPTY_LINE = re.compile(rb"\r\n[ \t]*(?=\r\n)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientStatus:
    """One recipient of a report (RFC 3464 2.3). Absent fields are "", an unreadable status is None.

    `action` is the lower-case word of the report; five are registered, others occur. `diagnostic_type` is "smtp" where
    `diagnostic` quotes an SMTP reply.
    """

    final_recipient: str
    action: str
    status: EnhancedStatus | None = None
    original_recipient: str = ""
    diagnostic: str = ""
    diagnostic_type: str = ""
    remote_mta: str = ""
    last_attempt: str = ""
    will_retry_until: str = ""
    extensions: tuple[tuple[str, str], ...] = ()  # of our own reports


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryStatus:
    """A report: the fields on the message, its recipients, and what it returns of the message itself."""

    recipients: tuple[RecipientStatus, ...]
    reporting_mta: str = ""
    original_envelope_id: str = ""
    arrival_date: str = ""
    returned_fields: tuple[Field, ...] = ()
    extensions: tuple[tuple[str, str], ...] = ()  # of our own reports

    @property
    def returned_message_id(self) -> str:
        """The returned message's Message-ID without angle brackets, "" where it was not returned."""
        found = find(self.returned_fields, b"Message-ID")
        return found.text.strip("<> ") if found else ""


def parse_dsn(raw: bytes) -> DeliveryStatus | None:
    """What the report says, or None where the message holds no message/delivery-status with a recipient.

    Lines end in CRLF. Lenient: a report is read wherever its part stands and however it is encoded, but not inside a
    forwarded or returned message: a bounce that someone forwards is not his bounce.
    """
    status, returned = _report_parts(raw)
    if status is None:
        return None
    blocks = _blocks(status.decoded()[:_MAX_STATUS_PART])
    recipients = [_recipient(block) for block in blocks if _is_recipient(block)][:MAX_RECIPIENTS]
    if not recipients:
        return None
    message = [field for block in blocks if not _is_recipient(block) for field in block]
    return DeliveryStatus(
        recipients=tuple(recipients),
        reporting_mta=_typed(message, b"Reporting-MTA")[1],
        original_envelope_id=_text(message, b"Original-Envelope-Id"),
        arrival_date=_text(message, b"Arrival-Date"),
        returned_fields=_returned_fields(returned) if returned else (),
    )


def _report_parts(raw: bytes) -> tuple[Entity | None, Entity | None]:
    """The delivery-status part and, after it, what is returned of the message."""
    status: Entity | None = None
    forwarded_at = MAX_DEPTH
    try:
        for part in walk(raw):
            if part.depth > forwarded_at:
                continue
            forwarded_at = part.depth if part.content_type in FORWARDED_TYPES else MAX_DEPTH
            if status is None and part.content_type in _STATUS_TYPES:
                status = part
            elif status is not None and part.content_type in _RETURNED_TYPES:
                return status, part
    except StructureError:
        pass  # what was found before the limit counts
    return status, None


def _blocks(body: bytes) -> list[tuple[Field, ...]]:
    """The groups of fields, which empty lines separate (RFC 3464 2.1)."""
    body = body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")  # a decoded part may have bare LF
    pieces = [piece.strip(b"\r\n") for piece in _EMPTY_LINE.split(body)]
    return [scan_block(piece + b"\r\n") for piece in pieces if piece]


def _is_recipient(block: Sequence[Field]) -> bool:
    return bool(find(block, b"Final-Recipient") or find(block, b"Original-Recipient"))


def _recipient(block: Sequence[Field]) -> RecipientStatus:
    final = _address(block, b"Final-Recipient")
    original = _address(block, b"Original-Recipient")
    diagnostic_type, diagnostic = _typed(block, b"Diagnostic-Code")
    status = _STATUS.search(_text(block, b"Status"))
    return RecipientStatus(
        final_recipient=final or original,
        original_recipient=original,
        action=_text(block, b"Action").partition(" ")[0].partition("(")[0].lower(),
        status=EnhancedStatus.parse(status[0]) if status else None,
        diagnostic=diagnostic,
        diagnostic_type=diagnostic_type,
        remote_mta=_typed(block, b"Remote-MTA")[1],
        last_attempt=_text(block, b"Last-Attempt-Date"),
        will_retry_until=_text(block, b"Will-Retry-Until"),
    )


def _text(block: Sequence[Field], name: bytes) -> str:
    found = find(block, name)
    return words.decode_bytes(found.value[:_MAX_VALUE]).strip() if found else ""


def _typed(block: Sequence[Field], name: bytes) -> tuple[str, str]:
    """`type; value` (RFC 3464 2.1.2); type is "" where a careless writer left it out."""
    text = _text(block, name)
    kind, semicolon, value = text.partition(";")
    if not semicolon or " " in kind.strip():
        return "", text
    return kind.strip().lower(), value.strip()


def _address(block: Sequence[Field], name: bytes) -> str:
    return _typed(block, name)[1].strip("<> ")


def _returned_fields(part: Entity) -> tuple[Field, ...]:
    body = part.decoded()
    end = body.find(b"\r\n\r\n")
    return scan_block(body[: end if end >= 0 else len(body)][:_MAX_STATUS_PART])


def is_automatic_reply(fields: Sequence[Field]) -> bool:
    """Whether a program wrote the message: a vacation notice, a receipt, another service's notification.

    RFC 3834 5 (Auto-Submitted) and what programs older than it, or Exchange, write instead. Reports say the same of
    themselves, so ask `parse_dsn` first.
    """
    submitted = find(fields, b"Auto-Submitted")
    if submitted is not None:
        return parameters.parse(submitted.value)[0].partition(" ")[0] not in ("", "no")
    precedence = find(fields, b"Precedence")
    if precedence is not None and precedence.value.lower() in (b"auto_reply", b"bulk", b"junk"):
        return True
    signs = (b"X-Autoreply", b"X-Autorespond", b"X-Auto-Response-Suppress", b"X-MS-Exchange-Inbox-Rules-Loop")
    return any(find(fields, name) for name in signs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report of ours: to whom, the words for a person, and the facts for a program."""

    sender: Mailbox
    to: AddrSpec
    subject: str
    text: str
    status: DeliveryStatus
    message_id: str  # without angle brackets
    now: datetime


def compose_dsn(report: Report, boundary: str) -> bytes:
    """The report as a message: multipart/report of text, message/delivery-status and text/rfc822-headers (RFC 6522).

    It is for the null reverse-path. Hostile replies of remote hosts may stand in `status`; they come out as one line.
    """
    children = [
        text_part(report.text, "plain", "UTF-8"),
        Part(b"Content-Type: message/delivery-status\r\n", _status_body(report.status)),
    ]
    if report.status.returned_fields:
        children.append(_returned(report.status.returned_fields))
    body = multipart("report", children, boundary, "; report-type=delivery-status")
    head = [
        b"From: " + report.sender.encode() + b"\r\n",
        b"To: " + str(report.to).encode("ascii") + b"\r\n",
        Field.make("Subject", report.subject).raw,
        b"Date: " + rfc5322_date(report.now).encode("ascii") + b"\r\n",
        b"Message-ID: <" + report.message_id.encode("ascii") + b">\r\n",
        b"Auto-Submitted: auto-replied\r\n",
        b"MIME-Version: 1.0\r\n",
    ]
    return b"".join((*head, body.header, b"\r\n", body.body))


def _status_body(status: DeliveryStatus) -> bytes:
    message = (
        ("Reporting-MTA", status.reporting_mta and f"dns; {status.reporting_mta}"),
        ("Original-Envelope-Id", status.original_envelope_id),
        ("Arrival-Date", status.arrival_date),
        *status.extensions,
    )
    return b"\r\n".join([_group(message), *[_group(_recipient_fields(one)) for one in status.recipients]])


def _recipient_fields(one: RecipientStatus) -> tuple[tuple[str, str], ...]:
    return (
        ("Original-Recipient", one.original_recipient and f"rfc822; {one.original_recipient}"),
        ("Final-Recipient", f"rfc822; {one.final_recipient}"),
        ("Action", one.action),
        ("Status", str(one.status) if one.status else "5.0.0" if one.action == "failed" else "4.0.0"),
        ("Remote-MTA", one.remote_mta and f"dns; {one.remote_mta}"),
        ("Diagnostic-Code", one.diagnostic and f"{one.diagnostic_type or 'smtp'}; {one.diagnostic}"),
        ("Last-Attempt-Date", one.last_attempt),
        ("Will-Retry-Until", one.will_retry_until),
        *one.extensions,
    )


def _group(pairs: Sequence[tuple[str, str]]) -> bytes:
    """Fields in ASCII: message/delivery-status knows no encoded-words, so other characters become question marks."""
    out: list[Field] = []
    for name, value in pairs:
        clean = _CONTROL.sub(" ", value[:_MAX_VALUE]).encode("ascii", "replace").decode("ascii").strip()
        if clean:
            out.append(Field.make(name, clean))
    return join(out)


def _returned(fields: Sequence[Field]) -> Part:
    block = join(fields)
    if is_seven_bit(block):
        return Part(b"Content-Type: text/rfc822-headers\r\n", block)
    header = b"Content-Type: text/rfc822-headers; charset=UTF-8\r\nContent-Transfer-Encoding: quoted-printable\r\n"
    return Part(header, to_quoted_printable(block, is_text=True))
