"""What a mail host says it can do, in its answer to EHLO.

Owns the reading of the keywords that delivery uses: PIPELINING (RFC 2920), SIZE (RFC 1870), 8BITMIME (RFC 6152),
SMTPUTF8 (RFC 6531), CHUNKING (RFC 3030), DSN (RFC 3461), STARTTLS (RFC 3207) and AUTH (RFC 4954). Others are ignored;
ENHANCEDSTATUSCODES, too: a status is read wherever a reply has one.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

from tayori.mail.reply import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Extensions:
    """`size_limit` is None where SIZE was not announced, 0 where it was without a limit."""

    pipelining: bool = False
    eight_bit_mime: bool = False
    smtputf8: bool = False
    chunking: bool = False
    dsn: bool = False
    starttls: bool = False
    auth: frozenset[str] = frozenset()  # mechanisms (RFC 4954), for relays
    size_limit: int | None = None

    NONE: ClassVar["Extensions"]  # a host that knows only HELO

    @classmethod
    def parse(cls, reply: Reply) -> Self:
        """The first line is the host's greeting, each other one a keyword with its parameters."""
        offered: dict[str, list[str]] = {}
        for line in reply.lines[1:]:
            words = line.upper().split()
            if words:
                offered[words[0]] = words[1:]
        return cls(
            pipelining="PIPELINING" in offered,
            eight_bit_mime="8BITMIME" in offered,
            smtputf8="SMTPUTF8" in offered,
            chunking="CHUNKING" in offered,
            dsn="DSN" in offered,
            starttls="STARTTLS" in offered,
            auth=frozenset(offered.get("AUTH", ())),
            size_limit=_size(offered["SIZE"]) if "SIZE" in offered else None,
        )


Extensions.NONE = Extensions()


def _size(parameters: list[str]) -> int:
    """A limit that is no number is no limit: the host will say so itself when it minds."""
    text = parameters[0] if parameters else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
