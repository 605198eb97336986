"""Plain text in columns, for a terminal. Wide characters (Japanese) count twice, as terminals draw them."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime


def width(text: str) -> int:
    return sum(map(_columns, text))


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def pad(text: str, columns: int) -> str:
    return text + " " * max(0, columns - width(text))


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, indent: str = "") -> str:
    """Columns as wide as their widest cell; the last is not padded. Without heads, the rows alone."""
    lines = [list(row) for row in rows]
    if heads:
        lines.insert(0, list(heads))
    if not lines:
        return ""
    columns = [max(width(line[index]) for line in lines) for index in range(len(lines[0]))]
    shown = [
        indent + "  ".join(pad(printable(cell), size) for cell, size in zip(line, columns, strict=True)).rstrip()
        for line in lines
    ]
    return "\n".join(shown) + "\n"


def printable(text: str) -> str:
    """Text from outside (a receiver's reply, a subject) without what could drive a terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S") + "Z"
