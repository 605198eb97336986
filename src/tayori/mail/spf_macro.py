"""SPF macro strings (RFC 7208 section 7): parse once, expand many times.

Owns the syntax of `%{...}` and its transformers. Never looks anything up: the value of each letter is given.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

# c, r and t are for explanation texts only (RFC 7208 7.2).
DOMAIN_LETTERS = frozenset("slodiphv")
EXPLANATION_LETTERS = DOMAIN_LETTERS | frozenset("crt")

_PIECE = re.compile(
    r"%\{(?P<letter>[A-Za-z])(?P<digits>\d*)(?P<reverse>[Rr]?)(?P<delimiters>[.\-+,/_=]*)\}"
    r"|%(?P<escape>[%_\-])"
    r"|(?P<literal>[\x21-\x24\x26-\x7e]+)"
    r"|(?P<spaces> +)"
)
_ESCAPES = {"%": "%", "_": " ", "-": "%20"}


class MacroError(ValueError):
    """The text is not a macro-string."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Macro:
    """One `%{...}`: letter in lower case, how many right-hand parts to keep (0 for all), and how to split."""

    letter: str
    parts: int
    is_reversed: bool
    delimiters: str
    is_escaped: bool

    def expand(self, value: str) -> str:
        pieces = re.split(f"[{re.escape(self.delimiters)}]", value)
        if self.is_reversed:
            pieces.reverse()
        text = ".".join(pieces[-self.parts :])
        return quote(text, safe="") if self.is_escaped else text


@dataclass(frozen=True, slots=True)
class MacroString:
    """Literal text and macros in their order. At its end `%%`, `%_` and `%-` are macros too (7.1)."""

    pieces: tuple[str | Macro, ...]
    ends_in_macro: bool

    def uses(self, letter: str) -> bool:
        return any(isinstance(piece, Macro) and piece.letter == letter for piece in self.pieces)

    def expand(self, values: Mapping[str, str]) -> str:
        return "".join(piece if isinstance(piece, str) else piece.expand(values[piece.letter]) for piece in self.pieces)


def parse_domain_macro(text: str) -> MacroString:
    """A macro-string inside a record: no spaces, and not the letters of explanations."""
    return _parse(text, DOMAIN_LETTERS, spaces_allowed=False)


def parse_explanation(text: str) -> MacroString:
    """An explain-string (RFC 7208 6.2): macro-strings and spaces, all in ASCII."""
    return _parse(text, EXPLANATION_LETTERS, spaces_allowed=True)


def _parse(text: str, letters: frozenset[str], *, spaces_allowed: bool) -> MacroString:
    pieces: list[str | Macro] = []
    at, ends_in_macro = 0, False
    while at < len(text):
        match = _PIECE.match(text, at)
        if match is None or (match["spaces"] and not spaces_allowed):
            raise MacroError(f"{text[at : at + 10]!r} cannot stand in a macro-string")
        pieces.append(_piece(match, letters))
        at, ends_in_macro = match.end(), bool(match["letter"] or match["escape"])
    return MacroString(tuple(pieces), ends_in_macro)


def _piece(match: re.Match[str], letters: frozenset[str]) -> str | Macro:
    if match["escape"]:
        return _ESCAPES[match["escape"]]
    if match["letter"] is None:
        return match.group()
    letter = match["letter"].lower()
    if letter not in letters:
        raise MacroError(f"the macro letter {match['letter']!r} is not defined here")
    # A number of zero parts is an error (RFC 7208 7.3); very long numbers simply keep everything.
    if match["digits"] and not match["digits"].strip("0"):
        raise MacroError("a macro cannot keep zero parts")
    return Macro(
        letter=letter,
        parts=int(match["digits"][-9:] or 0) if len(match["digits"]) < 10 else 0,
        is_reversed=bool(match["reverse"]),
        delimiters=match["delimiters"] or ".",
        is_escaped=match["letter"].isupper(),
    )
