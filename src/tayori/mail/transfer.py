"""Changes within a body in its transfer encoding: what is outside of them stays octet for octet (RFC 2045 6).

Owns the way from places in the decoded body to places in the encoded one, and the bounds on lines. Quoted-printable and
7bit are spliced where they stand; base64, whose octets all depend on their place, is encoded anew with lines as long as
they were. Never decides what is changed.
"""

import binascii
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tayori.mail.lines import MAX_LINE, has_line_longer_than

_ENCODED = re.compile(rb"=(?:[0-9A-Fa-f]{2}|[ \t]*\r\n)")
_BASE64 = re.compile(rb"[A-Za-z0-9+/\r\n \t]*={0,2}[\r\n \t]*")
_QP_LINE = 76
_BASE64_LINE = 76
_BREAK = b"=\r\n"


@dataclass(frozen=True, slots=True)
class Edit:
    """`text`, which is ASCII, in place of `data[start:end]`. White space around it must do no harm."""

    start: int
    end: int
    text: bytes


class Body(Protocol):
    """A body in its transfer encoding; `data` is it without."""

    @property
    def data(self) -> bytes: ...

    def edited(self, edits: Sequence[Edit]) -> bytes:
        """The encoded body with these edits, which are in order and apart. An edit that fits no line is left out."""
        ...


def opened(raw: bytes, encoding: str) -> Body | None:
    """None for an encoding that is not known, or not kept to."""
    if encoding in ("7bit", "8bit", ""):
        return _Plain(raw)
    if encoding == "quoted-printable":
        return _QuotedPrintable(raw)
    if encoding == "base64" and _BASE64.fullmatch(raw):
        return _Base64.read(raw)
    return None


def spliced(data: bytes, edits: Sequence[Edit]) -> bytes:
    pieces: list[bytes] = []
    position = 0
    for edit in edits:
        pieces += (data[position : edit.start], edit.text)
        position = edit.end
    return b"".join((*pieces, data[position:]))


class _Plain:
    def __init__(self, raw: bytes) -> None:
        self.data = raw

    def edited(self, edits: Sequence[Edit]) -> bytes:
        changed = spliced(self.data, edits)
        if not has_line_longer_than(changed, MAX_LINE):
            return changed
        fitting = [edit for edit in edits if len(edit.text) <= MAX_LINE - 2]
        return spliced(self.data, [Edit(edit.start, edit.end, self._on_its_own(edit)) for edit in fitting])

    def _on_its_own(self, edit: Edit) -> bytes:
        """What goes and had a line end in it leaves one, or else the lines around it would become one."""
        if edit.text:
            return b"\r\n" + edit.text + b"\r\n"
        return b"\r\n" if b"\n" in self.data[edit.start : edit.end] else b""


class _Base64:
    def __init__(self, raw: bytes, data: bytes) -> None:
        self._raw = raw
        self.data = data

    @classmethod
    def read(cls, raw: bytes) -> "_Base64 | None":
        try:
            return cls(raw, binascii.a2b_base64(raw))
        except binascii.Error:
            return None

    def edited(self, edits: Sequence[Edit]) -> bytes:
        first, line_end, _ = self._raw.lstrip().partition(b"\r\n")
        width = len(first) if line_end and len(first) % 4 == 0 and 0 < len(first) <= _BASE64_LINE else _BASE64_LINE
        encoded = binascii.b2a_base64(spliced(self.data, edits), newline=False)
        lines = [encoded[at : at + width] for at in range(0, len(encoded), width)]
        return b"\r\n".join(lines) + self._raw[len(self._raw.rstrip()) :]


class _QuotedPrintable:
    def __init__(self, raw: bytes) -> None:
        """`_decoded[n]` and `_encoded[n]` are the same place, with plain text from there to the next."""
        self._raw = raw
        pieces: list[bytes] = []
        self._decoded, self._encoded = [0], [0]
        position = size = 0
        for found in _ENCODED.finditer(raw):
            pieces.append(raw[position : found.start()])
            size += found.start() - position
            octet = b"" if found[0].endswith(b"\n") else bytes((int(found[0][1:], 16),))
            if octet:  # the octet itself, so that a place before it is not taken for one within its three
                self._mark(size, found.start())
            pieces.append(octet)
            size += len(octet)
            position = found.end()
            self._mark(size, position)
        self.data = b"".join((*pieces, raw[position:]))

    def _mark(self, decoded: int, encoded: int) -> None:
        self._decoded.append(decoded)
        self._encoded.append(encoded)

    def _place(self, decoded: int) -> int:
        """In the encoded body; behind a soft line break where one stands there."""
        mark = bisect_right(self._decoded, decoded) - 1
        return self._encoded[mark] + decoded - self._decoded[mark]

    def edited(self, edits: Sequence[Edit]) -> bytes:
        raw, position = self._raw, 0
        pieces: list[bytes] = []
        for edit in edits:
            start, end = self._place(edit.start), self._place(edit.end)
            kept = raw[position:start]
            if edit.text:
                pieces += [_broken(kept), _in_lines(edit.text, raw, end)]
            else:  # a line end that goes would make one line of two
                pieces.append(_broken(kept) if b"\n" in raw[start:end] else kept)
            position = end
        return b"".join((*pieces, raw[position:]))


def _broken(kept: bytes) -> bytes:
    """`kept` with a soft line break behind it, within the bound on lines."""
    line = len(kept) - (kept.rfind(b"\n") + 1)
    if line == 0:
        return kept
    if line < _QP_LINE:
        return kept + _BREAK
    unit = 3 if kept[-3:-2] == b"=" else 1
    return kept[:-unit] + _BREAK + kept[-unit:] + _BREAK


def _in_lines(text: bytes, raw: bytes, end: int) -> bytes:
    """The text in quoted-printable, and a soft line break unless a line ends there."""
    encoded = text.replace(b"=", b"=3D")
    lines: list[bytes] = []
    while len(encoded) > _QP_LINE - 1:
        cut = _QP_LINE - 1
        mark = encoded.rfind(b"=", cut - 2, cut)  # an escape is not torn apart
        cut = mark if mark >= 0 else cut
        lines.append(encoded[:cut])
        encoded = encoded[cut:]
    is_line_end = end == len(raw) or raw.startswith(b"\r\n", end)
    return _BREAK.join((*lines, encoded)) + (b"" if is_line_end else _BREAK)
