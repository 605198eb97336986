"""A document as values: headings, paragraphs, tables, figures; what every form of the document is written from.

Owns the vocabulary only. Text that came from somewhere else (a domain, a record, a person's name) is a Span's text and
is never read as markup by any writer.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, TypeAlias


class Mark(StrEnum):
    PLAIN = "plain"
    STRONG = "strong"
    CODE = "code"  # to be typed, or shown, letter by letter
    ADDED = "added"  # code that the change adds
    REMOVED = "removed"  # code that the change takes away


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    text: str
    mark: Mark = Mark.PLAIN


Line: TypeAlias = tuple[Span, ...]
Cell: TypeAlias = tuple[Line, ...]


class Tone(StrEnum):
    BODY = "body"
    LEAD = "lead"
    NOTE = "note"
    WARNING = "warning"
    SMALL = "small"


class TableKind(StrEnum):
    GRID = "grid"  # a head, and rows
    FACTS = "facts"  # the first column names what the second says
    FORM = "form"  # like FACTS, with room to write in


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    level: int
    number: str
    text: str
    anchor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    line: Line
    tone: Tone = Tone.BODY


@dataclass(frozen=True, slots=True, kw_only=True)
class Bullets:
    items: tuple[Line, ...]
    is_ordered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`widths` are shares of the whole, one for each column."""

    kind: TableKind
    rows: tuple[tuple[Cell, ...], ...]
    widths: tuple[int, ...]
    head: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A drawing. `alternative` says in words what it shows."""

    name: str
    svg: str
    caption: str
    alternative: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageBreak:
    pass


Block: TypeAlias = Heading | Paragraph | Bullets | Table | Code | Figure | PageBreak


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet of the workbook: every cell is text."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]  # in characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    language: str
    kind: str  # what sort of document it is, above the title
    title: str
    facts: tuple[tuple[str, Cell], ...]  # of the cover block
    blocks: tuple[Block, ...]
    sheets: tuple[Sheet, ...]
    footer: str
    contents: str  # the heading of the table of contents

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"blocks": [{"block": type(block).__name__, **asdict(block)} for block in self.blocks]}


_LONGEST = 4000  # signs of a value; what is longer was not meant to be typed
# U+202A to U+202E and U+2066 to U+2069 turn the reading direction round: a text could show what it is not.
_TURNING = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))


def presentable(text: str) -> str:
    """A text from outside without control characters, lone surrogates and marks that turn its direction."""
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if sign in _TURNING or unicodedata.category(sign) in ("Cc", "Cs") else sign
        for sign in shown
    )


_MARKUP = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*")


def line_of(template: str, places: Mapping[str, object]) -> Line:
    """A catalogue's text as spans: `code`, **strong**. Places are filled after the markup was read, so what stands in
    a place is data whatever it contains.
    """
    spans: list[Span] = []
    end = 0
    for found in _MARKUP.finditer(template):
        spans.append(Span(text=template[end : found.start()].format(**places)))
        code, strong = found.groups()
        text = (code or strong).format(**places)
        spans.append(Span(text=text, mark=Mark.CODE if code else Mark.STRONG))
        end = found.end()
    spans.append(Span(text=template[end:].format(**places)))
    return tuple(span for span in spans if span.text)


def plain(text: str) -> Line:
    return (Span(text=text),) if text else ()


def code(text: str) -> Line:
    return (Span(text=text, mark=Mark.CODE),)


def text_of(line: Line) -> str:
    return "".join(span.text for span in line)


def pieces(text: str, longest: int = 40, short: int = 6) -> list[str]:
    """Where a long name or value may go on in the next line: before a dot, after a space; a run of more than `longest`
    signs (a key in Base64) after every few.
    """
    found: list[str] = []
    for part in re.findall(r"\.?[^. ]+ ?|[. ]+", text):
        step = short if len(part) > longest else longest
        found += [part[start : start + step] for start in range(0, len(part), step)]
    return found
