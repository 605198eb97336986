"""A sheet to draw on: boxes, arrows and texts as SVG.

Owns the look of the figures. Texts are broken by the width they will have, since SVG breaks no lines; what is drawn is
escaped here, once.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from tayori.dossier.blocks import pieces

_SANS = "Noto Sans CJK JP, Noto Sans JP, Hiragino Sans, Yu Gothic, Meiryo, Arial, sans-serif"
_MONO = "DejaVu Sans Mono, Menlo, Consolas, Noto Sans CJK JP, monospace"
_INK, _LINE, _PALE = "#1f2937", "#33506f", "#f4f7fb"
_ASKED_LINE, _ASKED_PALE = "#b45309", "#fef3e2"
_GOOD_LINE, _GOOD_PALE = "#2f7d4f", "#eef8f1"
_SIZE, _SMALL, _LEADING = 13.0, 11.0, 1.45
_LONG_WORD = 18  # signs; a longer one is a name, which may end a line before its dots
_STYLES = {
    "plain": (_LINE, _PALE),
    "asked": (_ASKED_LINE, _ASKED_PALE),
    "good": (_GOOD_LINE, _GOOD_PALE),
    "paper": ("#8a97a8", "#ffffff"),
}


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of words in a box."""

    text: str
    size: float
    mono: bool = False
    is_title: bool = False


def width_of(text: str, size: float, *, mono: bool = False) -> float:
    """About as wide as the text will be: a wide character is one em, others somewhat more than half."""
    narrow = 0.61 if mono else 0.57
    return sum(size if unicodedata.east_asian_width(sign) in "WFA" else narrow * size for sign in text)


def broken(text: str, room: float, size: float, *, mono: bool = False) -> list[str]:
    """The text in as few lines as fit, about equally long: words stay whole, Japanese breaks anywhere, names before
    their dots.
    """
    parts = _parts(text, mono)
    lines = _filled(parts, room, size, mono)
    for percent in range(95, 45, -5):
        even = _filled(parts, room * percent / 100, size, mono)
        if len(even) != len(lines):
            break
        lines = even
    return lines


def _filled(parts: Sequence[str], room: float, size: float, mono: bool) -> list[str]:
    lines = [""]
    for part in parts:
        if lines[-1] and width_of(lines[-1] + part.rstrip(), size, mono=mono) > room:
            lines.append("")
        lines[-1] += part
    return [line.strip() for line in lines if line.strip()]


def _parts(text: str, mono: bool) -> Sequence[str]:
    if mono:
        return pieces(text, longest=34)
    parts: list[str] = []
    is_open = False  # the last part is a word that may go on
    for sign in text:
        is_wide = unicodedata.east_asian_width(sign) in "WF"
        may_not_begin = sign in "、。)」』ー・" and bool(parts)  # a line, JIS X 4051
        if may_not_begin or (is_open and not is_wide):
            parts[-1] += sign
        else:
            parts.append(sign)
        is_open = not is_wide and sign != " "
    return [piece for part in parts for piece in (pieces(part, 22, 22) if len(part) > _LONG_WORD else [part])]


def _rows(room: float, scale: float, title: str, details: Sequence[str]) -> list[_Row]:
    size = _SIZE * scale
    rows = [_Row(text, size, is_title=True) for text in broken(title, room, size)]
    for detail in details:
        mono = detail.startswith("`")
        size = (_SMALL - 1 if mono else _SMALL) * scale
        rows += [_Row(text, size, mono=mono) for text in broken(detail.strip("`"), room, size, mono=mono)]
    return rows


class Drawing:
    """Collects shapes. Coordinates are those of a sheet 720 wide."""

    WIDTH = 720

    def __init__(self, name: str, height: int) -> None:
        self._name = name
        self._height = height
        self._shapes: list[str] = []

    def box(
        self, left: float, top: float, width: float, height: float, title: str, *details: str, style: str = "plain"
    ) -> None:
        """A box with its title and, smaller, what is in it. A detail in backquotes is a name or a value."""
        line, fill = _STYLES[style]
        stroke = 2 if style == "asked" else 1.3
        self._shapes.append(
            f'<rect x="{left}" y="{top}" width="{width}" height="{height}" rx="6" fill="{fill}" '
            f'stroke="{line}" stroke-width="{stroke}"/>'
        )
        self.words(left, top, width, height, title, *details)

    def words(self, left: float, top: float, width: float, height: float, title: str, *details: str) -> None:
        """What stands in a box; smaller where long names leave no other way."""
        for percent in range(100, 50, -6):
            rows = _rows(width - 14, percent / 100, title, details)
            tall = sum(row.size * _LEADING for row in rows)
            if tall <= height - 4:
                break
        baseline = top + (height - tall) / 2
        for row in rows:
            baseline += row.size * _LEADING
            self._text(
                left + width / 2, baseline - row.size * 0.42, row.text, row.size, mono=row.mono, bold=row.is_title
            )

    def arrow(self, *points: tuple[float, float], asked: bool = False, dashed: bool = False) -> None:
        colour = _ASKED_LINE if asked else _LINE
        head = f"{self._name}-{'asked' if asked else 'head'}"
        path = " ".join(f"{'M' if not number else 'L'}{x} {y}" for number, (x, y) in enumerate(points))
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        self._shapes.append(
            f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.6"{dash} marker-end="url(#{head})"/>'
        )

    def label(self, x: float, y: float, text: str, *, room: float = 150, anchor: str = "middle") -> None:
        """A small text above an arrow; `y` is the baseline of its last line."""
        rows = broken(text, room, _SMALL)
        for number, row in enumerate(rows):
            self._text(x, y - (len(rows) - 1 - number) * _SMALL * 1.35, row, _SMALL, anchor=anchor)

    def label_below(self, x: float, y: float, text: str, *, room: float = 150) -> None:
        """A small text below an arrow; `y` is the baseline of its first line."""
        for number, row in enumerate(broken(text, room, _SMALL)):
            self._text(x, y + number * _SMALL * 1.35, row, _SMALL)

    def number(self, x: float, y: float, number: int) -> None:
        """A step's number in a circle."""
        self._shapes.append(f'<circle cx="{x}" cy="{y}" r="10" fill="{_LINE}"/>')
        self._text(x, y + 4.3, str(number), 12, bold=True, colour="#ffffff")

    def line(self, *points: tuple[float, float]) -> None:
        path = " ".join(f"{'M' if not number else 'L'}{x} {y}" for number, (x, y) in enumerate(points))
        self._shapes.append(f'<path d="{path}" fill="none" stroke="#8a97a8" stroke-width="1.3"/>')

    def legend(self, text: str) -> None:
        """What the coloured boxes mean, at the foot on the left."""
        top = self._height - 20
        self._shapes.append(
            f'<rect x="10" y="{top}" width="22" height="13" rx="3" fill="{_ASKED_PALE}" stroke="{_ASKED_LINE}" '
            f'stroke-width="2"/>'
        )
        self._text(40, top + 11, text, _SMALL, anchor="start")

    def _text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        *,
        anchor: str = "middle",
        mono: bool = False,
        bold: bool = False,
        colour: str = _INK,
    ) -> None:
        family = _MONO if mono else _SANS
        weight = ' font-weight="700"' if bold else ""
        self._shapes.append(
            f'<text x="{x:g}" y="{y:.1f}" font-family="{family}" font-size="{size:g}"{weight} '
            f'text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'
        )

    def svg(self, alternative: str) -> str:
        heads = "".join(
            f'<marker id="{self._name}-{kind}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
            f'orient="auto"><path d="M0 0 L10 5 L0 10 z" fill="{colour}"/></marker>'
            for kind, colour in (("head", _LINE), ("asked", _ASKED_LINE))
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.WIDTH} {self._height}" role="img" '
            f'aria-label="{escape(alternative)}"><defs>{heads}</defs>{"".join(self._shapes)}</svg>'
        )
