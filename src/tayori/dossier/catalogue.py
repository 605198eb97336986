"""The document's texts in one language.

Owns the way from texts/<language>.toml to a text with its places filled. Both files have the same keys and the same
places; a test holds them to it.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from tayori.dossier.blocks import Line, line_of

LANGUAGES = ("en", "ja")


class Texts:
    """`texts("cover.title", domain="example.com")` as text, `texts.line(...)` with its markup."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._known = catalogue(language)

    def __call__(self, key: str, **places: object) -> str:
        return self._known[key].format(**places)

    def line(self, key: str, **places: object) -> Line:
        return line_of(self._known[key], places)

    def has(self, key: str) -> bool:
        return key in self._known

    def items(self, section: str, **places: object) -> tuple[Line, ...]:
        """The texts `<section>.1`, `<section>.2` … in their order."""
        found: list[Line] = []
        while self.has(f"{section}.{len(found) + 1}"):
            found.append(self.line(f"{section}.{len(found) + 1}", **places))
        return tuple(found)


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """All texts of a language by dotted key."""
    source = files("tayori.dossier").joinpath("texts", f"{language}.toml").read_text("utf-8")
    return dict(_flat(tomllib.loads(source), ""))


def _flat(table: Mapping[str, Any], prefix: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in table.items():
        if isinstance(value, dict):
            found += _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            found += [(f"{prefix}{name}.{number}", str(item)) for number, item in enumerate(value, start=1)]
        else:
            found.append((f"{prefix}{name}", str(value)))
    return found
