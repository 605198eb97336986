"""A TXT value as the character-strings that a zone holds (RFC 1035 3.3.14, 5.1; RFC 7208 3.3; RFC 6376 3.6.2.2).

Owns the split: a character-string has 255 octets at the most, and whoever reads SPF, DKIM or DMARC joins the strings
without anything between them. Values are Latin-1 text, one character an octet, as in Answer.
"""

from typing import Final

MAX_STRING: Final = 255

_ESCAPES = {ord('"'): '\\"', ord("\\"): "\\\\"}
_ESCAPES |= {code: f"\\{code:03d}" for code in (*range(32), *range(127, 256))}


def character_strings(value: str) -> tuple[str, ...]:
    """The pieces, which joined are the value again. None begins or ends in a space where that can be helped: panels
    trim what is typed into them, and a lost space makes two terms one.
    """
    pieces = []
    rest = value
    while len(rest) > MAX_STRING:
        at = _split_at(rest)
        pieces.append(rest[:at])
        rest = rest[at:]
    return (*pieces, rest)


def _split_at(text: str) -> int:
    for at in range(MAX_STRING, 1, -1):
        if text[at - 1] != " " and text[at] != " ":
            return at
    return MAX_STRING


def presentation(value: str) -> str:
    """The value in quotes as zone files and most panels take it: `"first 255 octets" "the rest"`."""
    return " ".join(f'"{piece.translate(_ESCAPES)}"' for piece in character_strings(value))
