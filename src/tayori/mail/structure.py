"""The MIME structure of a message, walked within bounds (RFC 2045, 2046).

Owns where parts begin and end, what they say they are and what their files are called, forwarded messages included.
Never changes a message, never decodes a body unless asked. Hostile input costs bounded time and memory: depth, number
of parts and false boundaries are limited (CVE-2026-26312 was a mail server without such limits).
"""

import binascii
from collections.abc import Iterator
from dataclasses import dataclass, field

from tayori.mail import charsets, parameters
from tayori.mail.fields import MAX_BLOCK, Field, find, scan_block

MAX_PARTS = 500  # SES's limit for a message
MAX_DEPTH = 30
_MAX_FALSE_MARKS = 10_000
_MAX_BOUNDARY = 200  # RFC 2046 allows 70
FORWARDED_TYPES = ("message/rfc822", "message/global", "message/news")


class StructureError(ValueError):
    """The message has more structure than we look at. `str()` is a sentence for the client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One entity. Its body is `source[start:end]`, in transfer encoding; `depth` 0 is the message itself."""

    fields: tuple[Field, ...]
    content_type: str
    content_parameters: dict[str, str] = field(repr=False)
    disposition: str
    file_name: str  # "" where it has none
    transfer_encoding: str
    depth: int
    source: bytes = field(repr=False)
    start: int
    end: int

    @property
    def body(self) -> bytes:
        return self.source[self.start : self.end]

    @property
    def is_multipart(self) -> bool:
        return self.content_type.startswith("multipart/")

    def decoded(self) -> bytes:
        """The body without its transfer encoding; as it is where that cannot be undone."""
        try:
            if self.transfer_encoding == "base64":
                return binascii.a2b_base64(self.body)
            if self.transfer_encoding == "quoted-printable":
                return binascii.a2b_qp(self.body)
        except binascii.Error:
            pass
        return self.body

    def beginning(self, octets: int) -> bytes:
        """What the first `octets` octets of the body decode to: the beginning of the file, however large it is."""
        body = self.source[self.start : min(self.end, self.start + octets)]
        try:
            if self.transfer_encoding == "base64":
                characters = body.translate(None, b" \t\r\n")
                return binascii.a2b_base64(characters[: len(characters) // 4 * 4])
            if self.transfer_encoding == "quoted-printable":
                return binascii.a2b_qp(body)
        except binascii.Error:
            pass
        return body

    def text(self) -> str:
        """The decoded body as text in the charset that the part names."""
        charset = self.content_parameters.get("charset", "")
        return charsets.decode(self.decoded(), charset) if charset else charsets.decode_unlabelled(self.decoded())


def walk(raw: bytes) -> Iterator[Part]:
    """Every entity of the message in order, containers before what they hold, from the message itself on.

    Lines end in CRLF. Raises StructureError in the middle where MAX_PARTS or MAX_DEPTH is passed, so take what has
    come so far or refuse the message.
    """
    pending = [(raw, 0, len(raw), 0, "text/plain")]
    count = 0
    while pending:
        source, start, end, depth, default_type = pending.pop()
        count += 1
        if count > MAX_PARTS:
            raise StructureError(f"The message has more than {MAX_PARTS} MIME parts")
        if depth > MAX_DEPTH:
            raise StructureError(f"The message has MIME parts nested deeper than {MAX_DEPTH}")
        part = _read(source, start, end, depth, default_type)
        yield part
        # The stack turns the order round, so the children go onto it from the last to the first.
        pending.extend(reversed(_children(part)))


def _read(source: bytes, start: int, end: int, depth: int, default_type: str) -> Part:
    """The entity's header. Where no empty line ends it, everything is header, as for a truncated message."""
    if source.startswith(b"\r\n", start):
        block, body = b"", start + 2
    else:
        found = source.find(b"\r\n\r\n", start, min(end, start + MAX_BLOCK))
        block = source[start : found if found >= 0 else min(end, start + MAX_BLOCK)]
        body = found + 4 if found >= 0 else end
    fields = scan_block(block)
    content_type, type_parameters = _parameterised(fields, b"Content-Type")
    disposition, disposition_parameters = _parameterised(fields, b"Content-Disposition")
    encoding = find(fields, b"Content-Transfer-Encoding")
    return Part(
        fields=fields,
        content_type=content_type if "/" in content_type else default_type,
        content_parameters=type_parameters,
        disposition=disposition,
        file_name=disposition_parameters.get("filename") or type_parameters.get("name", ""),
        transfer_encoding=encoding.value.decode("latin-1").strip().lower() if encoding else "7bit",
        depth=depth,
        source=source,
        start=min(body, end),
        end=end,
    )


def _parameterised(fields: tuple[Field, ...], name: bytes) -> tuple[str, dict[str, str]]:
    found = find(fields, name)
    return parameters.parse(found.value) if found else ("", {})


_Pending = tuple[bytes, int, int, int, str]


def _children(part: Part) -> list[_Pending]:
    if part.content_type in FORWARDED_TYPES:
        if part.transfer_encoding in ("base64", "quoted-printable"):  # not allowed (RFC 2046 5.2.1), but readers do it
            inner = part.decoded()
            return [(inner, 0, len(inner), part.depth + 1, "text/plain")]
        return [(part.source, part.start, part.end, part.depth + 1, "text/plain")]
    boundary = part.content_parameters.get("boundary", "")
    if not part.is_multipart or not boundary or len(boundary) > _MAX_BOUNDARY:
        return []
    default_type = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
    spans = _spans(part.source, part.start, part.end, b"--" + boundary.encode("utf-8", "replace"))
    return [(part.source, start, end, part.depth + 1, default_type) for start, end in spans]


def _spans(source: bytes, start: int, end: int, mark: bytes) -> list[tuple[int, int]]:
    """Where the parts of a multipart lie: after each delimiter line, up to the CRLF before the next (RFC 2046 5.1.1).

    The last part runs to the end where the closing delimiter is missing.
    """
    spans: list[tuple[int, int]] = []
    opened = -1
    position, false_marks = start, 0
    while (found := source.find(mark, position, end)) >= 0 and len(spans) <= MAX_PARTS:
        position = found + len(mark)
        line_end = source.find(b"\r\n", position, min(end, position + 1000))
        rest = source[position : line_end if line_end >= 0 else min(end, position + 1000)].rstrip(b" \t")
        at_line_start = found == start or source[found - 2 : found] == b"\r\n"
        if not at_line_start or rest not in (b"", b"--"):
            false_marks += 1
            if false_marks > _MAX_FALSE_MARKS:
                raise StructureError("The message has too many lines that look like MIME boundaries")
            continue
        if opened >= 0:
            spans.append((opened, max(opened, found - 2)))
        opened = -1
        if rest == b"--":
            break
        opened = position = line_end + 2 if line_end >= 0 else end
    if opened >= 0:
        spans.append((opened, end))
    return spans
