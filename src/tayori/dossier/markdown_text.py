"""The document as Markdown (CommonMark with GitHub's tables).

Owns the escaping: what is text stays text, and a name or a value is in a code span of enough backticks. Figures are
described in words; Markdown carries no drawing.
"""

import re

from tayori.dossier.blocks import (
    Block,
    Bullets,
    Cell,
    Code,
    Document,
    Figure,
    Heading,
    Line,
    Mark,
    PageBreak,
    Paragraph,
    Span,
    Table,
    TableKind,
    Tone,
)

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~])")
_CODES = (Mark.CODE, Mark.ADDED, Mark.REMOVED)


def render(document: Document) -> str:
    facts = [f"* {_text(name)}: {_cell(cell)}" for name, cell in document.facts]
    parts = [f"# {_text(document.title)}", _text(document.kind), "\n".join(facts)]
    parts += [text for block in document.blocks if (text := _block(block))]
    return "\n\n".join([*parts, "---", _text(document.footer)]) + "\n"


def _block(block: Block) -> str:
    match block:
        case Heading():
            return f"{'#' * (block.level + 1)} {f'{block.number}. ' if block.number else ''}{_text(block.text)}"
        case Paragraph():
            quoted = block.tone in (Tone.NOTE, Tone.WARNING)
            return f"{'> ' if quoted else ''}{_line(block.line)}"
        case Bullets():
            signs = (f"{number}." if block.is_ordered else "*" for number in range(1, len(block.items) + 1))
            return "\n".join(f"{sign} {_line(item)}" for sign, item in zip(signs, block.items, strict=True))
        case Table():
            return _table(block)
        case Code():
            return "\n".join(["```text", *block.lines, "```"])
        case Figure():
            return f"> **{_text(block.caption)}**\n>\n> {_text(block.alternative)}"
        case PageBreak():
            return ""


def _table(table: Table) -> str:
    head = table.head or ("",) * len(table.widths)
    rows = [[_text(name) for name in head], ["---"] * len(head)]
    rows += [[_cell(cell, is_in_table=True) for cell in row] for row in table.rows]
    if table.kind is not TableKind.GRID:
        rows[2:] = [[f"**{first}**", *others] for first, *others in rows[2:]]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cell(cell: Cell, *, is_in_table: bool = False) -> str:
    return "<br>".join(_line(line, is_in_table=is_in_table) for line in cell)


def _line(line: Line, *, is_in_table: bool = False) -> str:
    found = ""
    for span in line:
        text = _span(span, is_in_table)
        if found.endswith("`") and text.startswith("`"):  # two code spans that touch would be read as one
            text = f"\u200b{text}"
        found += text
    return found


def _span(span: Span, is_in_table: bool) -> str:
    text = " ".join(span.text.splitlines()) if "\n" in span.text or "\r" in span.text else span.text
    if span.mark in _CODES:
        code = _code(text.strip(" "), is_in_table)
        tail = " " if text.endswith(" ") else ""
        if span.mark is Mark.ADDED:
            return f"**{code}**{tail}"
        return f"~~{code}~~{tail}" if span.mark is Mark.REMOVED else f"{code}{tail}"
    return f"**{_text(text)}**" if span.mark is Mark.STRONG else _text(text)


def _code(text: str, is_in_table: bool) -> str:
    fence = "`"
    while fence in text:
        fence += "`"
    if is_in_table:
        text = text.replace("|", "\\|")  # GitHub's tables take the backslash away again
    if text.startswith("`") or text.endswith("`"):
        text = f" {text} "
    return f"{fence}{text}{fence}" if text else "–"


def _text(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split("\n")))
