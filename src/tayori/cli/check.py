"""One thing that `tayori doctor` looked at: what was expected, what was found, and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tayori.cli.words import Words


class Health(StrEnum):
    OK = "ok"
    WARNING = "warning"  # mail is delivered all the same, for now
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """`key` names its texts in the catalogue: `check.<key>`, `.expected` and `.remedy`, each with `places`.

    `found` is what was seen, in the words of whoever said it; `note` names a text of the catalogue, shown after it.
    `remedies` holds better words than the catalogue's, by language, where more is known of the trouble.
    """

    key: str
    health: Health
    found: str
    places: Mapping[str, object] = field(default_factory=dict)
    remedies: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    def title(self, words: Words) -> str:
        return words(f"check.{self.key}", **self.places)

    def expected(self, words: Words) -> str:
        return words(f"check.{self.key}.expected", **self.places)

    def seen(self, words: Words) -> str:
        note = words(f"note.{self.note}") if self.note else ""
        return f"{self.found} ({note})" if self.found and note else self.found or note

    def remedy(self, words: Words) -> str:
        return self.remedies.get(words.language) or words(f"check.{self.key}.remedy", **self.places)

    def as_json(self, words: Words) -> dict[str, Any]:
        return {
            "check": self.key,
            "title": self.title(words),
            "health": str(self.health),
            "expected": self.expected(words),
            "found": self.seen(words),
            "remedy": None if self.health is Health.OK else self.remedy(words),
        }


def check(key: str, health: Health, found: str, *, note: str = "", **places: object) -> Check:
    return Check(key=key, health=health, found=found, note=note, places=places)
