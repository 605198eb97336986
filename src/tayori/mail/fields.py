"""The header block as raw bytes: split, find, remove, prepend (RFC 5322 2.2).

Owns where a field begins and ends. Never re-serialises: a field keeps the very octets it came with, and the
body is not touched at all, so that signatures made by others stay valid. The block is bounded, 8-bit octets
are allowed (RFC 6532, and old senders), and a header line may be longer than RFC 5322 allows: who minds asks
`lines`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from tayori.mail import words
from tayori.mail.lines import has_bare_line_ends

MAX_BLOCK = 256 * 1024  # octets
MAX_FIELDS = 1000

# Field names end at the colon; white space before it is obsolete (RFC 5322 4.5) but read. Anchored to line
# starts, and no two neighbours share a character, so the scan is linear even over lines that are no fields.
_FIELD = re.compile(rb"^(([!-9;-~]+)[ \t]*:[^\r]*\r\n(?:[ \t][^\r]*\r\n)*)", re.MULTILINE)
_NAME = re.compile(rb"[!-9;-~]+")
_FORBIDDEN = re.compile(rb"[\x00\r\n]")


class FieldsError(ValueError):
    """The header block is malformed. `str()` is a sentence for the client, free of line ends."""


@dataclass(frozen=True, slots=True)
class Field:
    """One header field. `raw` is the whole of it: name, colon, value with its folds, final CRLF."""

    name: bytes
    raw: bytes

    @classmethod
    def make(cls, name: str, value: str) -> Self:
        """A field of our own: `value` is folded, and encoded by RFC 2047 where it is not ASCII.

        Raises FieldsError where the name is not printable ASCII or the value has control characters.
        """
        encoded_name = name.encode("ascii", "replace")
        if not name.isascii() or not _NAME.fullmatch(encoded_name):
            raise FieldsError("A header field's name is printable US-ASCII without colon and space")
        try:
            encoded = words.encode_text(value, used=len(name) + 2)
        except words.WordsError as error:
            raise FieldsError(f"The header field {name[:80]!r} {error}") from error
        return cls(encoded_name, encoded_name + b": " + encoded + b"\r\n")

    @property
    def key(self) -> bytes:
        """The name as it is compared."""
        return self.name.lower()

    @property
    def value(self) -> bytes:
        """The value unfolded (RFC 5322 2.2.3: the CRLF go, the white space after them stays) and stripped."""
        value = self.raw[self.raw.index(b":") + 1 :]
        return value.replace(b"\r\n", b"").strip(b" \t")

    @property
    def text(self) -> str:
        """The value as a reader sees it: encoded-words decoded, control characters turned to spaces."""
        return words.decode_bytes(self.value)


def split_message(raw: bytes) -> tuple[tuple[Field, ...], int]:
    """The fields of a message and the offset of its body, which is `len(raw)` where there is no body.

    Lines end in CRLF: pass `lines.to_crlf(raw)` for messages from an API. Raises FieldsError for a block
    without any field, a line without a colon, CR, LF or NUL standing alone, or a block past its bounds.
    """
    end = raw.find(b"\r\n\r\n", 0, MAX_BLOCK + 4)
    if end >= 0:
        block, offset = raw[: end + 2], end + 4
    elif len(raw) <= MAX_BLOCK:
        block, offset = raw, len(raw)
    else:
        raise FieldsError(f"The header is longer than {MAX_BLOCK} octets")
    found = _FIELD.findall(block)
    if sum([len(field) for field, _ in found]) != len(block) or not found:
        raise FieldsError(_why_malformed(block))
    if len(found) > MAX_FIELDS:
        raise FieldsError(f"The header has more than {MAX_FIELDS} fields")
    if b"\0" in block or block.count(b"\n") != block.count(b"\r\n"):
        raise FieldsError(_why_malformed(block))
    return tuple([Field(name, field) for field, name in found]), offset


def _why_malformed(block: bytes) -> str:
    if not block or block.startswith(b"\r\n"):
        return "The message has no header"
    if has_bare_line_ends(block):
        return "The header has a CR or LF that is not part of a CRLF"
    if b"\0" in block:
        return "The header has a NUL octet"
    if block[:1] in (b" ", b"\t"):
        return "The header begins with a continuation line"
    for number, line in enumerate(block.split(b"\r\n")[:-1], 1):
        name, colon, _ = line.partition(b":")
        if line[:1] in (b" ", b"\t"):
            continue
        if not colon:
            return f"Line {number} of the header has no colon"
        if not _NAME.fullmatch(name.rstrip(b" \t")):
            return f"Line {number} of the header has no valid field name before its colon"
    return "The header's last line does not end in CRLF"


def scan_block(block: bytes) -> tuple[Field, ...]:
    """The fields of a block that someone else made, for reading only: what is malformed is passed over."""
    found = _FIELD.findall(block if block.endswith(b"\r\n") else block + b"\r\n")
    return tuple([Field(name, field) for field, name in found[:MAX_FIELDS]])


def find(fields: Iterable[Field], name: bytes) -> Field | None:
    """The first field of that name, in any case."""
    key = name.lower()
    for field in fields:
        if field.name == name or field.name.lower() == key:
            return field
    return None


def find_all(fields: Iterable[Field], name: bytes) -> list[Field]:
    """All fields of that name, in message order."""
    key = name.lower()
    return [field for field in fields if field.name.lower() == key]


def without(fields: Iterable[Field], names: Iterable[bytes]) -> tuple[Field, ...]:
    """The fields less those of these names."""
    keys = {name.lower() for name in names}
    return tuple([field for field in fields if field.name.lower() not in keys])


def join(fields: Iterable[Field]) -> bytes:
    """The block again, without the empty line that ends it."""
    return b"".join([field.raw for field in fields])


def assemble(fields: Sequence[Field], raw: bytes, body_offset: int) -> bytes:
    """A whole message: these fields, the empty line, and the body of `raw` from `body_offset`, octet for
    octet.
    """
    return b"".join((*[field.raw for field in fields], b"\r\n", memoryview(raw)[body_offset:]))
