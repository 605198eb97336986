"""Reports of complaints: message/feedback-report (RFC 5965, RFC 6591), and what is returned of the message.

Owns the fields of such a report. Never decides whose message it is about or what it changes. What is read was written
by strangers, so every value is text of bounded length, and structure is walked within the limits of `mail.structure`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tayori.mail import words
from tayori.mail.fields import Field, find, find_all, scan_block
from tayori.mail.structure import FORWARDED_TYPES, StructureError, walk
from tayori.mail.structure import Part as Entity

MAX_RECIPIENTS = 100
_MAX_VALUE = 1000
_MAX_BLOCK = 256 * 1024
_REPORT_TYPE = "message/feedback-report"
_RETURNED_TYPES = (*FORWARDED_TYPES, "text/rfc822-headers", "message/global-headers")
_QUOTED = re.compile(r'"[^"]*"')
_ADDRESS = re.compile(r"[^\s<>,;:()@]{1,64}@[^\s<>,;:()@]{1,255}")
_NO_FOLDED_END = re.compile(rb"\r\n[ \t]*\r\n")

# A large provider's older form: the message alone, with this field in front of it.
_HOTMAIL_RECIPIENT = b"X-HmXmrOriginalRecipient"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackReport:
    """Absent fields are "" or ()."""

    feedback_type: str  # lower case: abuse, fraud, virus, other, not-spam, auth-failure, or what else stands there
    user_agent: str = ""
    original_mail_from: str = ""
    original_recipients: tuple[str, ...] = ()
    arrived_at: datetime | None = None
    returned_fields: tuple[Field, ...] = ()

    def returned(self, name: bytes) -> str:
        found = find(self.returned_fields, name)
        return found.text.strip() if found else ""

    @property
    def returned_recipients(self) -> tuple[str, ...]:
        """Addresses in To and Cc of the returned message."""
        texts = [one.text for name in (b"To", b"Cc") for one in find_all(self.returned_fields, name)]
        return tuple([address for text in texts for address in _addresses(text[:_MAX_BLOCK])][:MAX_RECIPIENTS])


def parse_arf(raw: bytes) -> FeedbackReport | None:
    """What the report says; None where the message is none. Lines end in CRLF.

    A report inside a forwarded message is not one: who forwards it complains of nothing.
    """
    report, returned = _report_parts(raw)
    fields = _block(returned) if returned else ()
    if report is None:
        return _bare(fields)
    block = _block(report)
    return FeedbackReport(
        feedback_type=_text(block, b"Feedback-Type").partition(";")[0].strip().lower(),
        user_agent=_text(block, b"User-Agent"),
        original_mail_from=_text(block, b"Original-Mail-From").strip("<> "),
        original_recipients=_recipients(block),
        arrived_at=_moment(_text(block, b"Arrival-Date") or _text(block, b"Received-Date")),
        returned_fields=fields,
    )


def _bare(fields: tuple[Field, ...]) -> FeedbackReport | None:
    complainer = _text(fields, _HOTMAIL_RECIPIENT)
    if not complainer:
        return None
    return FeedbackReport(feedback_type="abuse", original_recipients=(complainer.strip("<> "),), returned_fields=fields)


def _report_parts(raw: bytes) -> tuple[Entity | None, Entity | None]:
    report: Entity | None = None
    returned: Entity | None = None
    try:
        for part in walk(raw):
            if part.depth == 0 and not part.is_multipart:
                break
            if part.depth > 1:
                continue
            if report is None and part.content_type == _REPORT_TYPE:
                report = part
            elif returned is None and part.content_type in _RETURNED_TYPES:
                returned = part
    except StructureError:
        pass  # what was found before the limit counts
    return report, returned


def _block(part: Entity) -> tuple[Field, ...]:
    """The header block that the part's body begins with."""
    body = part.decoded()[:_MAX_BLOCK]
    body = body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n").lstrip(b"\r\n")  # a decoded part may have bare LF
    end = _NO_FOLDED_END.search(body)
    return scan_block(body[: end.start() if end else len(body)])


def _text(block: Sequence[Field], name: bytes) -> str:
    found = find(block, name)
    return words.decode_bytes(found.value[:_MAX_VALUE]).strip() if found else ""


def _recipients(block: Sequence[Field]) -> tuple[str, ...]:
    """Original-Rcpt-To may stand once for each recipient (RFC 5965 3.2); some write several addresses into one."""
    found: dict[str, None] = {}
    for one in find_all(block, b"Original-Rcpt-To")[:MAX_RECIPIENTS]:
        found.update(dict.fromkeys(_addresses(words.decode_bytes(one.value[:_MAX_VALUE]))))
    return tuple(found)[:MAX_RECIPIENTS]


def _addresses(text: str) -> list[str]:
    """What looks like one outside of quotation marks: Python's parser follows nested comments as deep as they go."""
    return _ADDRESS.findall(_QUOTED.sub(" ", text))


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
