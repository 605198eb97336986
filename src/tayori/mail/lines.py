"""Line ends and dot-stuffing: content as it crosses an SMTP connection (RFC 5321 4.5.2).

Owns the one rule that SMTP smuggling breaks (CVE-2023-51764 to -51766, CVE-2024-27305, VU#302671): data ends
at CRLF "." CRLF and at nothing else, and content holds CR and LF only as CRLF. `DataReader` tells of
offences so that the session can refuse; `stuff` never emits one. Never reads from a socket.
"""

from enum import Flag, auto
from io import IncrementalNewlineDecoder

MAX_LINE = 1000  # octets with CRLF, RFC 5321 4.5.3.1.6
_END = b"\r\n.\r\n"


def has_bare_line_ends(content: bytes | bytearray) -> bool:
    """Whether a CR stands without LF after it, or an LF without CR before it."""
    # What reads universal newlines knows which of them it met: one pass in C, several times quicker than to count.
    decoder = IncrementalNewlineDecoder(None, translate=False)
    decoder.decode(content.decode("latin-1"), final=True)
    return decoder.newlines not in (None, "\r\n")


def to_crlf(content: bytes) -> bytes:
    """The content with every bare LF and every bare CR made CRLF; the very same object where there is none.

    For messages that come through an API: Python's `email` and others build them with LF. All other octets
    are kept. Mail that comes by SMTP is never repaired in this way, it is refused (see DataReader).
    """
    if not has_bare_line_ends(content):
        return content
    return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")


def has_line_longer_than(content: bytes, limit: int) -> bool:
    """Whether a line has more than `limit` octets, its CRLF counted; one look for each `limit` octets."""
    start, size = 0, len(content)
    while size - start > limit:
        newline = content.rfind(b"\n", start, start + limit)
        if newline < 0:
            return True
        start = newline + 1
    return False


def stuff(content: bytes) -> bytes:
    """What follows the 354 reply: the content with leading dots doubled, then the end of data.

    A final CRLF is added where the content has none. Bare CR and LF should not get this far; they are made
    CRLF, since passing them on would let the content end the data at a careless receiver.
    """
    return stuff_crlf(to_crlf(content))


def stuff_crlf(content: bytes) -> bytes:
    """As `stuff`, for content already found without bare line ends."""
    if b"\r\n." in content:
        content = content.replace(b"\r\n.", b"\r\n..")
    if content.startswith(b"."):
        content = b"." + content
    if not content:
        return b".\r\n"
    return content + (b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n")


def unstuffed(wire: bytes) -> memoryview:
    """The content of what `stuff` made, for BDAT, which needs neither dots nor an end mark (RFC 3030)."""
    if wire.startswith(b".."):
        wire = wire[1:]
    if b"\r\n.." in wire:
        wire = wire.replace(b"\r\n..", b"\r\n.")
    return memoryview(wire)[:-3]


class DataFault(Flag):
    """What is wrong with received data. After a BARE fault the session refuses and closes the connection:
    the client and we may disagree on where its message ended, so what follows cannot be trusted.
    """

    NONE = 0
    BARE_LINE_END = auto()
    NUL = auto()
    LINE_TOO_LONG = auto()
    TOO_LARGE = auto()


class DataReader:
    """Collects one message after the 354 reply.

    Feed it whatever arrives; when the end has been seen, `content` is the message (CRLF, unstuffed, its last
    line end included) and `faults` what the session must refuse it for. Content that is too large is dropped
    as it comes, but still read to its end, so that the session stays in step. Costs the same per octet for
    any chunking.
    """

    __slots__ = ("_buffer", "_is_dropping", "_limit", "_max_line", "_max_size", "_tail", "content", "faults")

    def __init__(self, *, max_size: int, max_line: int = MAX_LINE) -> None:
        self._buffer = bytearray()
        self._tail = b"\r\n"  # the DATA command's own line end may begin the end of an empty message
        self._max_size = max_size
        self._max_line = max_line
        # Stuffing adds at most one octet to a line of two ("." CRLF) and the end mark brings five.
        self._limit = max_size + max_size // 3 + 8
        self._is_dropping = False  # beside its flag, as a flag is slow to ask for at each chunk
        self.content = b""
        self.faults = DataFault.NONE

    def feed(self, data: bytes) -> bytes | None:
        """Take the next octets. None: send more. Otherwise the data has ended, and these octets follow its
        end.
        """
        tail = self._tail
        window = tail + data[:4]  # the end mark may straddle what came before
        found = window.find(_END)
        if found >= 0:
            end = found + 5 - len(tail)
        else:
            found = data.find(_END)
            if found < 0:
                self._tail = data[-4:] if len(data) >= 4 else (tail + data)[-4:]
                self._keep(data)
                return None
            end = found + 5
        self._keep(data[:end])
        self._finish()
        return data[end:]

    def discard(self) -> None:
        """Keep nothing of this message, neither what came nor what comes, but read on to its end."""
        self.faults |= DataFault.TOO_LARGE
        self._is_dropping = True
        self._drop()

    def _keep(self, data: bytes) -> None:
        self._buffer += data
        if self._is_dropping:
            self._drop()
        elif len(self._buffer) > self._limit:
            self.discard()

    def _drop(self) -> None:
        """Forget the buffer, but look for bare line ends first; a CR at its end waits for its LF."""
        carry = b"\r" if self._buffer.endswith(b"\r") else b""
        if has_bare_line_ends(self._buffer[: len(self._buffer) - len(carry)]):
            self.faults |= DataFault.BARE_LINE_END
        self._buffer = bytearray(carry)

    def _finish(self) -> None:
        if self._is_dropping:
            return
        content = bytes(memoryview(self._buffer)[:-3])  # without "." CRLF; the CRLF before it is the last line's
        self._buffer = bytearray()
        if has_bare_line_ends(content):
            self.faults |= DataFault.BARE_LINE_END
        if b"\0" in content:
            self.faults |= DataFault.NUL
        if b"\r\n." in content:
            content = content.replace(b"\r\n.", b"\r\n")
        if content.startswith(b"."):
            content = content[1:]
        if has_line_longer_than(content, self._max_line):
            self.faults |= DataFault.LINE_TOO_LONG
        if len(content) > self._max_size:
            self.faults |= DataFault.TOO_LARGE
            content = b""
        self.content = content
