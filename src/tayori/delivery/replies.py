"""Bytes from a mail host into replies, without trusting it.

Owns the grammar of RFC 5321 4.2 as a client must read it, with bounds on line, lines and total. Never asks
what a reply means. Line ends may be bare LF (old hosts do that; a client cannot be smuggled into by a
reply), control characters are made visible, and whatever else is out of order is a ReplyError: the
connection is then of no use, because no later reply can be paired with its command.
"""

import re
from functools import lru_cache

from tayori.mail.reply import EnhancedStatus, Reply

MAX_LINE = 2048  # RFC 5321 4.5.3.1.5 says 512; some hosts explain at length
MAX_LINES = 128
MAX_REPLY = 64 * 1024

# RFC 5321 4.2 ends the second digit at 5; refusals with 571 and the like are common all the same.
_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])(.*))?\Z", re.DOTALL)
_UNPRINTABLE = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f]")


class ReplyError(Exception):
    """The host does not speak SMTP."""


class ReplyReader:
    """Collects bytes; gives the replies that are complete."""

    __slots__ = ("_code", "_pending", "_size", "_texts")

    def __init__(self) -> None:
        self._pending = b""
        self._code = 0
        self._texts: list[str] = []
        self._size = 0

    @property
    def is_empty(self) -> bool:
        """True when no part of a reply waits for its rest."""
        return not self._pending and not self._texts

    def clear(self) -> None:
        """Forget what was read: nothing received in the clear may count after STARTTLS (RFC 3207 4.2)."""
        self._pending = b""
        self._texts = []
        self._size = 0

    def feed(self, data: bytes) -> list[Reply]:
        """The replies that `data` completes. Raises ReplyError."""
        if self._pending:
            data = self._pending + data
        *lines, self._pending = data.split(b"\n")
        if len(self._pending) > MAX_LINE:
            raise ReplyError("a reply line is too long")
        replies = []
        for line in lines:
            reply = self._line(line)
            if reply is not None:
                replies.append(reply)
        return replies

    def _line(self, line: bytes) -> Reply | None:
        if len(line) > MAX_LINE:
            raise ReplyError("a reply line is too long")
        if not self._texts and line[3:4] != b"-":
            return _single(line)
        code, more, text = _parts(line)
        if self._texts and code != self._code:
            raise ReplyError("a reply changes its code midway")
        self._code = code
        self._texts.append(text)
        self._size += len(line)
        if len(self._texts) > MAX_LINES or self._size > MAX_REPLY:
            raise ReplyError("a reply is too long")
        if more:
            return None
        reply = _reply(code, self._texts)
        self._texts, self._size = [], 0
        return reply


@lru_cache(maxsize=512)
def _single(line: bytes) -> Reply:
    """A reply of one line; the same few come again and again."""
    code, _, text = _parts(line)
    return _reply(code, [text])


def _parts(line: bytes) -> tuple[int, bool, str]:
    match = _LINE.match(line.removesuffix(b"\r"))
    if match is None:
        raise ReplyError("a reply line without a reply code")
    text = (match[3] or b"").decode("utf-8", "replace")
    return int(match[1]), match[2] == b"-", _UNPRINTABLE.sub("?", text)


def _reply(code: int, texts: list[str]) -> Reply:
    """Takes the enhanced status off each line (RFC 2034 4), where its class is the code's."""
    status = EnhancedStatus.parse(texts[0])
    if status is None or status.status_class != code // 100:
        return Reply(code, tuple(texts))
    prefix = str(status)
    bare = (text[len(prefix) :].lstrip() if text.startswith(prefix) else text for text in texts)
    return Reply(code, tuple(bare), status)
