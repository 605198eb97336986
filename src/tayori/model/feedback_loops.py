"""Which mailbox providers tell senders of complaints, and how one is enrolled: the table as values.

Owns the reading of the table and who is found by a mail host. The knowledge itself is data (`feedback_loops.toml` and
the operator's own file). Pure but for reading the file that comes along. RFC 6449 (complaint feedback loops).
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from importlib.resources import files
from typing import Any, TypeVar

from tayori.model.shaping import TableError

LANGUAGES = ("en", "ja")


class Loop(StrEnum):
    """What a provider does with its readers' complaints, as far as senders get to know."""

    YES = "yes"
    AGGREGATE = "aggregate"
    NO = "no"
    UNKNOWN = "unknown"


class By(StrEnum):
    """What is enrolled."""

    IP = "ip"
    DKIM_DOMAIN = "dkim-domain"


class Redaction(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Basis(StrEnum):
    """What an entry rests on."""

    PROVIDER = "provider"
    SECOND_HAND = "second-hand"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Words:
    """A text in both languages."""

    en: str = ""
    ja: str = ""

    def of(self, language: str) -> str:
        return self.ja if language == "ja" else self.en


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """How to be told."""

    by: tuple[By, ...] = ()
    at: str = ""
    needs: Words = Words()
    sends: str = ""
    redacts: Redaction = Redaction.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """Where an entry comes from."""

    basis: Basis
    source: tuple[str, ...] = ()
    as_of: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """Who runs the loops of several providers."""

    id: str
    name: Words
    enrolment: Enrolment
    known: Knowledge


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxProvider:
    """Whose readers complain. `enrolment` is the collector's where one runs the loop."""

    id: str
    name: Words
    hosts: tuple[str, ...]  # suffixes of MX host names, with the dot in front
    loop: Loop
    enrolment: Enrolment
    through: str = ""  # the collector's id
    note: Words = Words()
    known: Knowledge

    @property
    def enrolled_as(self) -> str:
        """Where an enrolment is noted: with the collector, if there is one."""
        return self.through or self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackLoops:
    """The table."""

    providers: tuple[MailboxProvider, ...] = ()
    collectors: tuple[Collector, ...] = ()
    _by_suffix: Mapping[str, MailboxProvider] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        table = {suffix: provider for provider in self.providers for suffix in provider.hosts}
        object.__setattr__(self, "_by_suffix", table)

    def of_host(self, host: str) -> MailboxProvider | None:
        """By the longest suffix."""
        rest = "." + host.lower().rstrip(".")
        while len(rest) > 1:
            provider = self._by_suffix.get(rest)
            if provider is not None:
                return provider
            dot = rest.find(".", 1)
            rest = rest[dot:] if dot > 0 else ""
        return None

    def of_hosts(self, hosts: Iterable[str]) -> MailboxProvider | None:
        """Of a domain's mail hosts, in the order of their preference: the first that is known."""
        return next((found for found in map(self.of_host, hosts) if found is not None), None)

    def provider(self, name: str) -> MailboxProvider | None:
        return next((one for one in self.providers if one.id == name), None)

    def collector(self, name: str) -> Collector | None:
        return next((one for one in self.collectors if one.id == name), None)

    def members(self, collector: str) -> tuple[MailboxProvider, ...]:
        return tuple(one for one in self.providers if one.through == collector)

    def with_more(self, other: "FeedbackLoops") -> "FeedbackLoops":
        """The operator's table over this one: its entry of the same id takes the other's place."""
        providers = {one.id: one for one in (*self.providers, *other.providers)}
        collectors = {one.id: one for one in (*self.collectors, *other.collectors)}
        return FeedbackLoops(providers=tuple(providers.values()), collectors=tuple(collectors.values()))


# -- reading -----------------------------------------------------------------------------------------------------------

_TEXTS = frozenset({"id", "name", "name_ja", "loop", "at", "through", "sends", "redacts", "basis"})
_WORDS = frozenset({"needs", "needs_ja", "note", "note_ja"})
_LISTS = frozenset({"hosts", "by", "source"})
_KNOWN = _TEXTS | _WORDS | _LISTS | {"as_of"}

E = TypeVar("E", bound=StrEnum)


def shipped(hosts: Mapping[str, tuple[str, ...]]) -> FeedbackLoops:
    """The table that comes along. `hosts` has those of entries that name none, by id."""
    return parse(tomllib.loads(files("tayori.model").joinpath("feedback_loops.toml").read_text("utf-8")), hosts)


def parse(
    table: Mapping[str, Any], hosts: Mapping[str, tuple[str, ...]], known: Iterable[Collector] = ()
) -> FeedbackLoops:
    """A table read from TOML; `known` are collectors of another table. Raises TableError."""
    unknown = sorted(set(table) - {"provider", "collector"})
    if unknown:
        raise TableError(f"the table: unknown {', '.join(unknown)}")
    collectors = tuple(_collector(entry) for entry in _entries(table, "collector"))
    by_id = {one.id: one for one in (*known, *collectors)}
    providers = tuple(_provider(entry, hosts, by_id) for entry in _entries(table, "provider"))
    return FeedbackLoops(providers=providers, collectors=collectors)


def _entries(table: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = table.get(key, [])
    if not isinstance(found, list) or not all(isinstance(entry, Mapping) for entry in found):
        raise TableError(f"{key} is a list of tables")
    names = [entry.get("id") for entry in found]
    if not all(isinstance(name, str) and name for name in names) or len(set(names)) < len(names):
        raise TableError(f"each {key} has an id of its own")
    for entry in found:
        _check(entry)
    return found


def _check(entry: Mapping[str, Any]) -> None:
    name = entry["id"]
    unknown = sorted(set(entry) - _KNOWN)
    if unknown:
        raise TableError(f"{name}: unknown {', '.join(unknown)}")
    if any(not isinstance(entry[key], str) for key in (_TEXTS | _WORDS) & set(entry)):
        raise TableError(f"{name}: a text is expected where another value stands")
    for key in _LISTS & set(entry):
        if not isinstance(entry[key], list) or any(not isinstance(value, str) for value in entry[key]):
            raise TableError(f"{name}: {key} is a list of texts")
    if not isinstance(entry.get("as_of"), date):
        raise TableError(f"{name}: as_of is a date")


def _collector(entry: Mapping[str, Any]) -> Collector:
    return Collector(id=entry["id"], name=_name(entry), enrolment=_enrolment(entry), known=_knowledge(entry))


def _provider(
    entry: Mapping[str, Any], hosts: Mapping[str, tuple[str, ...]], collectors: Mapping[str, Collector]
) -> MailboxProvider:
    name, through = entry["id"], entry.get("through", "")
    if through and through not in collectors:
        raise TableError(f"{name}: there is no collector {through!r}")
    suffixes = tuple(entry.get("hosts", ())) or hosts.get(name, ())
    if not suffixes or not all(one.startswith(".") and one == one.lower() for one in suffixes):
        raise TableError(f"{name}: hosts are suffixes in lower case that begin with a dot")
    enrolment = _enrolment(entry)
    if through and not enrolment.by:
        enrolment = replace(collectors[through].enrolment, at=enrolment.at or collectors[through].enrolment.at)
    return MailboxProvider(
        id=name,
        name=_name(entry),
        hosts=suffixes,
        loop=_choice(Loop, entry.get("loop"), name),
        enrolment=enrolment,
        through=through,
        note=_words(entry, "note"),
        known=_knowledge(entry),
    )


def _enrolment(entry: Mapping[str, Any]) -> Enrolment:
    return Enrolment(
        by=tuple(_choice(By, value, entry["id"]) for value in entry.get("by", ())),
        at=entry.get("at", ""),
        needs=_words(entry, "needs"),
        sends=entry.get("sends", ""),
        redacts=_choice(Redaction, entry.get("redacts", Redaction.UNKNOWN), entry["id"]),
    )


def _knowledge(entry: Mapping[str, Any]) -> Knowledge:
    return Knowledge(
        basis=_choice(Basis, entry.get("basis", Basis.NONE), entry["id"]),
        source=tuple(entry.get("source", ())),
        as_of=entry["as_of"],
    )


def _name(entry: Mapping[str, Any]) -> Words:
    english = entry.get("name") or entry["id"]
    return Words(english, entry.get("name_ja") or english)


def _words(entry: Mapping[str, Any], key: str) -> Words:
    english = entry.get(key, "")
    return Words(english, entry.get(f"{key}_ja") or english)


def _choice(kind: type[E], value: Any, where: str) -> E:
    try:
        return kind(value)
    except ValueError:
        raise TableError(f"{where}: {value!r} is none of {', '.join(kind)}") from None
