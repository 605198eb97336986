"""Where the links of an HTML text lie, as ranges of octets: found without a tree, so that nothing is written anew.

Owns the cut of a text into tags, comments and raw text, as browsers make it (WHATWG HTML 13.2.5), as far as ranges of
`<a>` and the end of the body need it. Hostile text costs linear time: each step goes on where the last one ended, and
what is never closed ends the scan. Works on octets; `ascii_view` hides those that only look like ASCII.
"""

import codecs
import re
from dataclasses import dataclass
from functools import lru_cache

from tayori.mail import charsets

MOST_TAGS = 100_000
_MOST_ATTRIBUTES = 200  # of one tag; what comes behind is passed over
_OPEN = re.compile(rb"<(/?)([A-Za-z][^\t\n\f\r />]*)")
_BETWEEN = re.compile(rb"[\t\n\f\r /]*")
_NAME = re.compile(rb"[^\t\n\f\r />][^\t\n\f\r />=]*")
_EQUALS = re.compile(rb"[\t\n\f\r ]*=[\t\n\f\r ]*")
_UNQUOTED = re.compile(rb"[^\t\n\f\r >]*")
_COMMENT_END = re.compile(rb"--!?>")
# Elements whose content has no tags, each with what ends it.
_RAW = {
    name: re.compile(rb"</" + name + rb"(?=[\t\n\f\r />])", re.IGNORECASE)
    for name in (b"script", b"style", b"textarea", b"title", b"xmp", b"iframe", b"noembed", b"noframes")
}
# Character sets with octets below 0x80 that are the second half of a character, and those that say it by escapes.
_DOUBLE = frozenset({"shift_jis", "cp932", "shift_jis_2004", "shift_jisx0213", "big5", "big5hkscs", "cp950", "cp949",
                     "johab", "gbk", "gb18030"})  # fmt: skip
_SHIFTING = frozenset({"hz", "iso2022_kr"})
_PAIR = re.compile(rb"[\x81-\xfe](?:[\x40-\x7e\x80-\xfe]|[\x30-\x39][\x81-\xfe][\x30-\x39])")
_ESCAPE = re.compile(rb"\x1b(?:\$\(?[@-Z]|\([@-Z])")
_TO_ASCII = (b"\x1b(B", b"\x1b(J")  # the second is JIS X 0201 Roman (RFC 1468)
_PRINTABLE = bytes(range(0x20, 0x7F))


@dataclass(frozen=True, slots=True)
class Attribute:
    """`source[start:end]` is the whole of it, quotes included; `source[value_start:value_end]` is its value."""

    name: bytes  # lower-case
    start: int
    end: int
    value_start: int
    value_end: int


@dataclass(frozen=True, slots=True)
class Scan:
    """The attributes of each `<a>`, and where the body ends: before `</body>`, before `</html>`, or with the text."""

    anchors: tuple[tuple[Attribute, ...], ...]
    body_end: int


def scan(view: bytes) -> Scan:
    """What the text has, up to MOST_TAGS tags of it."""
    anchors: list[tuple[Attribute, ...]] = []
    ends: dict[bytes, int] = {}
    position = tags = 0
    while tags < MOST_TAGS and (start := view.find(b"<", position)) >= 0:
        opened = _OPEN.match(view, start)
        if opened is None:
            position = _behind_markup(view, start)
        else:
            tags += 1
            name = opened[2].lower()
            found: list[Attribute] = []
            position = _read_tag(view, opened.end(), found)
            if opened[1]:
                if position > 0 and name in (b"body", b"html"):
                    ends[name] = start
            elif position > 0 and name == b"a":
                anchors.append(tuple(found))
            elif position > 0:
                position = _behind_content(view, name, position)
        if position < 0:  # never closed: browsers show no tag from here on
            break
    return Scan(tuple(anchors), ends.get(b"body", ends.get(b"html", len(view))))


def _behind_markup(view: bytes, start: int) -> int:
    """Behind a comment, a declaration or a lone `<`; -1 where it never ends."""
    if view.startswith(b"<!--", start):
        closed = _COMMENT_END.search(view, start + 2)
        return closed.end() if closed else -1
    if view[start + 1 : start + 2] in (b"!", b"?", b"/"):
        end = view.find(b">", start)
        return end + 1 if end >= 0 else -1
    return start + 1


def _behind_content(view: bytes, name: bytes, position: int) -> int:
    if name == b"plaintext":
        return -1
    closing = _RAW.get(name)
    if closing is None:
        return position
    closed = closing.search(view, position)
    return closed.start() if closed else -1


def _read_tag(view: bytes, position: int, found: list[Attribute]) -> int:
    """Gather the attributes of a tag; the position behind its `>`, or -1 where it is never closed."""
    while True:
        position = _end_of(_BETWEEN, view, position)
        if view[position : position + 1] == b">":
            return position + 1
        name = _NAME.match(view, position)
        if name is None:  # the end of the text
            return -1
        equals = _EQUALS.match(view, name.end())
        start, end, behind = (name.end(),) * 3 if equals is None else _value(view, equals.end())
        if behind < 0:
            return -1
        if len(found) < _MOST_ATTRIBUTES:
            found.append(Attribute(name[0].lower(), name.start(), behind, start, end))
        position = behind


def _value(view: bytes, start: int) -> tuple[int, int, int]:
    """Start and end of a value, and what is behind it, which is -1 where its quote is never closed."""
    quote = view[start : start + 1]
    if quote in (b'"', b"'"):
        end = view.find(quote, start + 1)
        return start + 1, end, end + 1 if end >= 0 else -1
    end = _end_of(_UNQUOTED, view, start)
    return start, end, end


def _end_of(pattern: re.Pattern[bytes], view: bytes, position: int) -> int:
    found = pattern.match(view, position)
    return found.end() if found else position


# -- character sets ------------------------------------------------------------------------------------------------


def ascii_view(data: bytes, charset: str) -> bytes | None:
    """`data` with every octet that is part of another character than an ASCII one above 0x7F, all at their places.

    None for a character set in which that cannot be told, or that we do not know. "" is taken for one like UTF-8.
    """
    try:
        name = charsets.codec_of(charset).name if charset else "utf-8"
    except charsets.CharsetError:
        return None
    if name in _SHIFTING or not _holds_ascii(name):
        return None
    view = _PAIR.sub(_hidden, data) if name in _DOUBLE else data
    return _without_escaped(view) if b"\x1b" in view else view


@lru_cache(maxsize=128)
def _holds_ascii(name: str) -> bool:
    try:
        return codecs.decode(_PRINTABLE, name) == _PRINTABLE.decode("ascii")
    except (LookupError, ValueError):
        return False


def _hidden(found: re.Match[bytes]) -> bytes:
    return b"\x80" * len(found[0])


def _without_escaped(view: bytes) -> bytes:
    """ISO 2022: what stands between an escape to another set and the one back."""
    hidden = bytearray(view)
    since: int | None = None
    for escape in _ESCAPE.finditer(view):
        if since is not None:
            hidden[since : escape.start()] = b"\x80" * (escape.start() - since)
        since = None if escape[0] in _TO_ASCII else escape.end()
    if since is not None:
        hidden[since:] = b"\x80" * (len(view) - since)
    return bytes(hidden)


def to_ascii_at(data: bytes, position: int) -> bytes:
    """What has to stand before ASCII text that is put in at `position`: an escape where another set is in force."""
    escape = data.rfind(b"\x1b", 0, position)
    return b"" if escape < 0 or data[escape : escape + 3] == _TO_ASCII[0] else _TO_ASCII[0]
