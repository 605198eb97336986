"""The table of receivers' words (`bounces.toml`): which rule fits a reply or a report.

Owns the reading of the table and the matching, linear in the text's length. Never says what follows: `model.bounce`
does, for what receivers answer and for what their reports say alike.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from tayori.mail.reply import EnhancedStatus
from tayori.model.shaping import contains

_KEYS = frozenset({"provider", "hosts", "codes", "statuses", "words", "kind", "basis", "source", "checked"})
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_BASES = frozenset({"known", "corpus", "words", "source"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a receiver said, as far as each is known. `text` is in lower case."""

    text: str
    status: EnhancedStatus | None = None
    code: int | None = None
    host: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceRule:
    """What is empty fits everything. `kind` is SES's bounceType and bounceSubType."""

    kind: tuple[str, str]
    provider: str = ""
    hosts: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    def fits(self, said: Said) -> bool:
        if self.hosts and not f".{said.host}".endswith(self.hosts):
            return False
        if self.codes and not any(_alike(code, str(said.code or "")) for code in self.codes):
            return False
        if self.statuses and not any(_same(wanted, said.status) for wanted in self.statuses):
            return False
        return not self.words or any(contains(said.text, words) for words in self.words)


def _alike(pattern: str, text: str) -> bool:
    return len(pattern) == len(text) and all(
        wanted in ("x", found) for wanted, found in zip(pattern, text, strict=True)
    )


def _same(pattern: str, status: EnhancedStatus | None) -> bool:
    found = str(status).split(".") if status else []
    wanted = pattern.split(".")
    return len(found) == len(wanted) and all(one in ("x", two) for one, two in zip(wanted, found, strict=True))


@cache
def shipped() -> tuple[BounceRule, ...]:
    return parse(tomllib.loads(files("tayori.model").joinpath("bounces.toml").read_text("utf-8")))


def parse(table: Mapping[str, Any]) -> tuple[BounceRule, ...]:
    """Raises ValueError where a rule says what no rule can."""
    return tuple(_rule(entry) for entry in table["rule"])


def _rule(entry: Mapping[str, Any]) -> BounceRule:
    if not entry.keys() <= _KEYS or entry.get("basis") not in _BASES or not entry.get("words"):
        raise ValueError(f"a rule with unknown keys, without words or without basis: {entry}")
    if (entry["basis"] == "source") != bool(entry.get("source") and _DATE.fullmatch(entry.get("checked", ""))):
        raise ValueError(f"a rule with a source says which, and when it was checked: {entry}")
    bounce_type, slash, sub_type = str(entry["kind"]).partition("/")
    if not slash or any(words != words.lower() for words in entry["words"]):
        raise ValueError(f"words are in lower case, a kind is type/sub-type: {entry}")
    lists = {name: tuple(entry.get(name, ())) for name in ("hosts", "codes", "statuses", "words")}
    return BounceRule(kind=(bounce_type, sub_type), provider=entry.get("provider", ""), **lists)
