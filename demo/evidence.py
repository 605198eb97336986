"""Rows of evidence, told as they come and as a table at the end."""

import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Fact:
    holds: bool
    claim: str
    found: str


@dataclass(slots=True)
class Row:
    """One line of the story. It holds when there is a fact, and every fact holds."""

    number: int
    title: str
    facts: list[Fact] = field(default_factory=list)
    seconds: float = 0.0

    def check(self, claim: str, holds: object, found: object) -> None:
        """`claim` in words, whether it holds, and what was seen."""
        fact = Fact(bool(holds), claim, " ".join(str(found).split()))
        self.facts.append(fact)
        _say(f"    {'✓' if fact.holds else '✗'} {claim}: {_short(fact.found, 150)}")

    @property
    def holds(self) -> bool:
        return bool(self.facts) and all(fact.holds for fact in self.facts)


class Book:
    """All rows, in the order of their numbers."""

    def __init__(self) -> None:
        self._rows: dict[int, Row] = {}

    @contextmanager
    def row(self, number: int, title: str) -> Iterator[Row]:
        """Collect facts for a row. What goes wrong in between is a fact that does not hold."""
        row = self._rows.setdefault(number, Row(number, title))
        _say(f"{number:2}. {title}")
        began = time.monotonic()
        try:
            yield row
        except Exception as error:  # the other rows are told all the same
            row.check("the step could be done", False, f"{type(error).__name__}: {error}")
        finally:
            row.seconds += time.monotonic() - began

    @property
    def holds(self) -> bool:
        return bool(self._rows) and all(row.holds for row in self._rows.values())

    def table(self) -> str:
        lines = ["", "Evidence", "═" * 118]
        for number in sorted(self._rows):
            row = self._rows[number]
            lines.append(f"{number:2}  {'holds ' if row.holds else 'FAILED'}  {row.title}  ({row.seconds:.1f} s)")
            for fact in row.facts:
                mark = "✓" if fact.holds else "✗"
                body = f"{fact.claim}: {fact.found}"
                lines += textwrap.wrap(
                    body, 104, initial_indent=f"      {mark} ", subsequent_indent="        ", max_lines=3
                )
            lines.append("─" * 118)
        return "\n".join(lines) + "\n"


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
