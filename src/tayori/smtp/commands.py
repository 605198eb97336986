"""Bytes from a client cut into command lines, and the arguments of MAIL and RCPT taken apart (RFC 5321 4.1).

Owns where a command line ends and what may stand in it. A line ends with CR LF and nothing else: taking a
bare LF for an end would let one party see two commands where another sees one. Never answers; it tells the
session what is wrong with a line. Memory is bounded: a line that is too long is dropped as it arrives.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

# RFC 5321 4.5.3.1.4: 512 octets with CR LF. MAIL may be longer by what its parameters need: 26 for SIZE (RFC
# 1870), 17 for BODY (RFC 6152), 10 for SMTPUTF8 (RFC 6531), 500 for AUTH (RFC 4954); 1,040 more for DSN on
# RCPT (RFC 3461).
COMMAND_LIMIT = 2048
# RFC 4954 4: a line of a SASL exchange may have 12,288 octets, and AUTH may carry the first of them.
AUTH_LIMIT = 12288 + 64

_FORBIDDEN_OCTETS = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")  # all controls but TAB
_PATH = re.compile(r'<((?:"(?:[^"\\]|\\.)*"|[^">])*)>')
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([\x21-\x3c\x3e-\x7e\u0080-\U0010ffff]+))?")
_SOURCE_ROUTE = re.compile(r"@[^:<>@,\s]+(?:,@[^:<>@,\s]+)*:")


class Flaw(StrEnum):
    """Why a line is no command."""

    TOO_LONG = "too-long"
    BARE_LF = "bare-lf"
    FORBIDDEN_OCTET = "forbidden-octet"


Line: TypeAlias = bytes | Flaw


class LineInput:
    """Unread bytes of a session. `take` gives command lines; `drain` hands everything to whoever reads
    content.
    """

    __slots__ = ("_bytes", "_dropping", "_start")

    def __init__(self) -> None:
        self._bytes = b""
        self._start = 0
        self._dropping = False  # inside a line that is too long

    def __len__(self) -> int:
        return len(self._bytes) - self._start

    def feed(self, data: bytes) -> None:
        self._bytes = self._bytes[self._start :] + data if self._start < len(self._bytes) else data
        self._start = 0

    def clear(self) -> None:
        self._bytes, self._start, self._dropping = b"", 0, False

    def drain(self) -> bytes:
        rest = self._bytes[self._start :] if self._start else self._bytes
        self.clear()
        return rest

    def take(self, limit: int) -> Line | None:
        """The next line without CR LF, or what is wrong with it, or None while its end has not come."""
        if self._start == len(self._bytes):
            return None
        end = self._bytes.find(b"\n", self._start)
        if end < 0:
            if len(self) > limit:
                self.clear()
                self._dropping = True
            return None
        start, self._start = self._start, end + 1
        if self._dropping or end + 1 - start > limit:
            self._dropping = False
            return Flaw.TOO_LONG
        if end == start or self._bytes[end - 1] != 0x0D:
            return Flaw.BARE_LF
        line = self._bytes[start : end - 1]
        return Flaw.FORBIDDEN_OCTET if _FORBIDDEN_OCTETS.search(line) else line


@dataclass(frozen=True, slots=True)
class PathArgument:
    """What follows MAIL FROM: or RCPT TO:. `path` has no angle brackets and no source route."""

    path: str
    parameters: dict[str, str | None]


def parse_path_argument(text: str) -> PathArgument | None:
    """`<path> NAME=value ...` in pieces, or None where it is not that.

    Taken as many clients send them: white space after the colon, a path without angle brackets. A source
    route is dropped, as RFC 5321 4.1.1.3 asks. Names of parameters are upper-cased; the same name twice is an
    error.
    """
    text = text.strip(" \t")
    bracketed = _PATH.match(text)
    if bracketed:
        path, rest = bracketed[1], text[bracketed.end() :]
        if rest[:1] not in ("", " ", "\t"):
            return None
    else:
        path, _, rest = text.partition(" ")
        if not path or "<" in path or ">" in path:
            return None
    parameters = _parse_parameters(rest)
    if parameters is None:
        return None
    route = _SOURCE_ROUTE.match(path)
    return PathArgument(path[route.end() :] if route else path, parameters)


def _parse_parameters(text: str) -> dict[str, str | None] | None:
    parameters: dict[str, str | None] = {}
    for word in text.split():
        match = _PARAMETER.fullmatch(word)
        if match is None or match[1].upper() in parameters:
            return None
        parameters[match[1].upper()] = match[2]
    return parameters
