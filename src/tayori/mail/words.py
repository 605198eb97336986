"""RFC 2047 encoded-words: text in header fields that US-ASCII cannot hold.

Owns encoding (words of at most 75 characters that each decode on their own) and decoding for display. Control
characters never pass in either direction, so a value that went through here cannot open a new header line
(CVE-2024-6923 and its kin).
"""

import binascii
import re

from tayori.mail import charsets
from tayori.mail.charsets import CharsetError

MAX_WORD = 75  # RFC 2047 2
MAX_LINE = 76
MAX_UNFOLDED = 998  # RFC 5322 2.1.1
_SHORTEST_ROOM = 24  # less than this left on the first line: begin on the next

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_CONTROLS_SHOWN = dict.fromkeys((*range(0x20), 0x7F, 0x85, 0x2028, 0x2029), " ")
# Bounded repetitions: one failing attempt costs at most a few hundred steps.
_WORD = re.compile(r"=\?([A-Za-z0-9._:+-]{1,40})(?:\*[A-Za-z0-9-]{1,40})?\?([BbQq])\?([!->@-~ ]{0,4000})\?=")
_Q_ESCAPE = re.compile(rb"=([0-9A-Fa-f]{2})")
_PHRASE_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")

# RFC 2047 5 (3): what may stand for itself in a Q word inside a phrase, the strictest place.
_Q_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_Q = tuple(b"_" if c == 0x20 else bytes((c,)) if c in _Q_SAFE else b"=%02X" % c for c in range(256))


class WordsError(ValueError):
    """The text cannot stand in a header field. `str()` is a sentence without the text itself."""


def encode_text(text: str, *, charset: str = "UTF-8", used: int = 0) -> bytes:
    """Unstructured text as a field's value, folded; `used` octets of the first line are taken already.

    ASCII stays as it is and is folded at spaces, so encoded-words that the caller made himself pass (SES does the
    same); anything else becomes encoded-words in `charset`. The lines are joined by CRLF SP, there is no final CRLF.
    Raises WordsError.
    """
    if _CONTROL.search(text):
        raise WordsError("contains a line end or another control character")
    if text.isascii() and text == text.strip():
        folded = text.encode("ascii") if used + len(text) <= MAX_LINE else _fold(text.encode("ascii"), used)
        if folded is not None:
            return folded
    return b"\r\n ".join(encode_words(text, charset=charset, used=used))


def encode_phrase(name: str) -> bytes:
    """A display name: atoms or a quoted-string where ASCII does, else encoded-words in UTF-8. Raises
    WordsError.
    """
    if _CONTROL.search(name):
        raise WordsError("contains a line end or another control character")
    if name.isascii() and "=?" not in name and len(name) <= MAX_LINE:
        if _PHRASE_ATOMS.fullmatch(name):
            return name.encode("ascii")
        return quote(name).encode("ascii")
    return b"\r\n ".join(encode_words(name, used=10))


def quote(text: str) -> str:
    """`text` as a quoted-string (RFC 5322 3.2.4). The caller has made sure that it holds no control
    characters.
    """
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def encode_words(text: str, *, charset: str = "UTF-8", used: int = 0) -> list[bytes]:
    """The encoded-words of `text`, one for each line. No character is split between two words.

    Q where it is shorter (Latin scripts), otherwise B; the stateful ISO-2022 sets always B, and each word
    begins and ends in ASCII (RFC 2047 3). Raises WordsError.
    """
    try:
        charset = charsets.label_of(charset)
        whole = charsets.encode(text, charset)
    except CharsetError as error:
        raise WordsError(str(error)) from error
    stateful = b"\x1b" in whole
    q_size = sum(len(_Q[c]) for c in whole)
    quoted = not stateful and q_size <= (len(whole) + 2) // 3 * 4
    overhead = len(charset) + len("=??B??=")
    room = MAX_LINE - used - overhead
    out: list[bytes] = []
    if room < _SHORTEST_ROOM:  # the field's name fills the first line: begin on the next
        out.append(b"")
        room = MAX_WORD - overhead
    room = min(room, MAX_WORD - overhead)
    lead = b"=?" + charset.encode("ascii") + (b"?Q?" if quoted else b"?B?")
    start = 0
    while start < len(text):
        end, word = _longest(text, start, charset, room, quoted)
        out.append(lead + word + b"?=")
        start, room = end, MAX_WORD - overhead
    return out


def _longest(text: str, start: int, charset: str, room: int, quoted: bool) -> tuple[int, bytes]:
    """The most characters from `start` whose encoding fits into `room`; at least one, so that the loop
    ends.
    """
    low, high = start + 1, min(len(text), start + room)
    best = _pack(charsets.encode(text[start:low], charset), quoted)
    while low < high:
        middle = (low + high + 1) // 2
        word = _pack(charsets.encode(text[start:middle], charset), quoted)
        if len(word) <= room:
            low, best = middle, word
        else:
            high = middle - 1
    return low, best


def _pack(data: bytes, quoted: bool) -> bytes:
    return b"".join([_Q[c] for c in data]) if quoted else binascii.b2a_base64(data, newline=False)


def _fold(text: bytes, used: int) -> bytes | None:
    """Folded at spaces to 76 columns where the words allow, or None where a line would pass 998 octets."""
    lines: list[bytes] = []
    line: list[bytes] = []
    size = used
    for position, word in enumerate(text.split(b" ")):
        # Not before an empty word, which is a doubled space: no line may consist of white space alone.
        if position and word and size + 1 + len(word) > MAX_LINE:
            lines.append(b" ".join(line))
            line, size = [], 0
        line.append(word)
        size += len(word) + 1
    lines.append(b" ".join(line))
    return None if max(map(len, lines)) + used >= MAX_UNFOLDED else b"\r\n ".join(lines)


def decode(text: str) -> str:
    """Header text for a reader: encoded-words decoded, unreadable ones left as they are, controls turned to
    spaces.
    """
    if "=?" in text:
        text = _decode_words(text)
    return text.translate(_CONTROLS_SHOWN)


def decode_bytes(value: bytes) -> str:
    """As `decode`, for the bytes of an unfolded value, which may be raw UTF-8 (RFC 6532) or an unnamed 8-bit
    set.
    """
    return decode(charsets.decode_unlabelled(value))


def _decode_words(text: str) -> str:
    out: list[str] = []
    position = 0
    pending, pending_charset = b"", ""
    for match in _WORD.finditer(text):
        between = text[position : match.start()]
        data = _unpack(match[2], match[3])
        if data is None:
            continue
        if between.strip(" \t\r\n") or not pending_charset or match[1].lower() != pending_charset:
            # Some senders split a character between two words: equal charsets are joined before they are
            # decoded.
            joined = bool(pending_charset) and not between.strip(" \t\r\n")
            out.append(charsets.decode(pending, pending_charset))
            out.append("" if joined else between)
            pending = b""
        pending += data
        pending_charset = match[1].lower()
        position = match.end()
    out.append(charsets.decode(pending, pending_charset))
    out.append(text[position:])
    return "".join(out)


def _unpack(encoding: str, data: str) -> bytes | None:
    if encoding in "Qq":
        spaced = data.encode("ascii").replace(b"_", b" ")
        return _Q_ESCAPE.sub(lambda found: bytes((int(found[1], 16),)), spaced)
    try:
        packed = data.encode("ascii").rstrip(b"=")
        return binascii.a2b_base64(packed + b"=" * (-len(packed) % 4))
    except binascii.Error:
        return None
