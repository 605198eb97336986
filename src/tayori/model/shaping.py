"""What a receiving provider can be sent, and what its replies ask for: the table of providers as values.

Owns the rules' meaning and their matching; pure. The rules themselves are data (`delivery/providers.toml` and the
operator's own file). Text is matched by words and `*`, one piece after the other: linear in the reply's length, so that
no reply can be written that takes long to match (a regular expression could be).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from tayori.mail.reply import Reply

_LONGEST = 500  # characters of a reply that are looked at
_CODE = re.compile(r"[245][0-9x]{2}")
_STATUS = re.compile(r"[245]\.(\d{1,3}|x)\.(\d{1,3}|x)")
_DURATION = re.compile(r"\b(\d{1,6})\s?(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?)\b")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_LONGEST_WAIT = 4 * 3600.0
_SHORTEST_WAIT = 5.0


class TableError(Exception):
    """A table of providers that cannot be used; the text says where and why."""


class Act(StrEnum):
    """What a reply leads to, beyond the retry of its message."""

    SLOW_DOWN = "slow-down"  # fewer connections, then less often
    REST = "rest"  # nothing is tried at this site from this source for a while
    OURS = "ours"  # it is said of our address: nobody's mailbox is at fault, nothing bounces before its time is over
    WAIT = "wait"  # the message is tried again when the reply says


class Basis(StrEnum):
    """Where a provider's numbers come from."""

    PUBLISHED = "published"  # by the provider; `source` says where
    OBSERVED = "observed"  # by others who send to it; `source` says by whom
    CAUTIOUS = "cautious"  # nothing is published: low, so as to be safe


class Shared(StrEnum):
    """What the limits are counted over."""

    HOSTS = "hosts"  # each set of hosts has its own
    PROVIDER = "provider"  # all hosts of the provider: it gives each customer a host name of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRule:
    """A kind of reply and what it leads to. What is empty fits everything."""

    codes: tuple[str, ...] = ()  # "421", "45x"
    statuses: tuple[str, ...] = ()  # "4.7.28", "5.7.x"
    words: tuple[str, ...] = ()  # any of these, in lower case; "*" stands for anything
    acts: frozenset[Act] = frozenset()
    seconds: float = 0.0  # of rest

    def fits(self, reply: Reply) -> bool:
        if self.codes and not any(_alike(code, str(reply.code)) for code in self.codes):
            return False
        if self.statuses:
            if reply.enhanced is None:
                return False
            status = (reply.enhanced.status_class, reply.enhanced.subject, reply.enhanced.detail)
            if not any(_same_status(wanted, status) for wanted in self.statuses):
                return False
        if not self.words:
            return True
        text = reply.text[:_LONGEST].lower()
        return any(contains(text, words) for words in self.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one reply leads to, by all rules that fit."""

    acts: frozenset[Act]
    seconds: float = 0.0
    wait: float | None = None  # as long as the reply says

    def __contains__(self, act: Act) -> bool:
        return act in self.acts


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Who runs a set of mail hosts, and what it can be sent to begin with. 0 leaves a limit to the general setting."""

    name: str
    hosts: tuple[str, ...] = ()  # suffixes of MX host names, in lower case, with the dot in front
    connections: int = 0
    messages_per_connection: int = 0
    recipients: int = 0  # in one transaction
    rate: float = 0.0  # messages in a second
    shared: Shared = Shared.HOSTS
    basis: Basis = Basis.CAUTIOUS
    source: str = ""
    as_of: date | None = None
    replies: tuple[ReplyRule, ...] = ()


OTHERS = Provider(name="")  # hosts that no rule names


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLimit:
    """What an operator allows a site; 0 leaves it to the table."""

    connections: int = 0
    rate: float = 0.0  # messages in a second


@dataclass(frozen=True, slots=True, kw_only=True)
class Providers:
    """The table."""

    providers: tuple[Provider, ...] = ()
    replies: tuple[ReplyRule, ...] = ()  # for all, after the provider's own
    _by_suffix: Mapping[str, Provider] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        table = {suffix: provider for provider in self.providers for suffix in provider.hosts}
        object.__setattr__(self, "_by_suffix", table)

    def of(self, hosts: Iterable[str]) -> Provider:
        """Who runs these hosts. Several providers, or hosts that no rule names: nobody in particular."""
        found = {self._of_host(host) for host in hosts}
        return found.pop() if len(found) == 1 else OTHERS

    def _of_host(self, host: str) -> Provider:
        """By the longest suffix."""
        rest = "." + host
        while rest:
            provider = self._by_suffix.get(rest)
            if provider is not None:
                return provider
            _, _, tail = rest[1:].partition(".")
            rest = "." + tail if tail else ""
        return OTHERS

    def judge(self, provider: Provider, reply: Reply) -> Verdict:
        acts: set[Act] = set()
        seconds = 0.0
        for rule in (*provider.replies, *self.replies):
            if rule.fits(reply):
                acts |= rule.acts
                seconds = max(seconds, rule.seconds)
        wait = said_wait(reply) if Act.WAIT in acts else None
        return Verdict(acts=frozenset(acts), seconds=seconds, wait=wait)

    def with_more(self, other: "Providers") -> "Providers":
        """The operator's table before this one: its provider of the same name takes the other's place, its rules for
        replies are asked as well.
        """
        names = {provider.name for provider in other.providers}
        kept = tuple(provider for provider in self.providers if provider.name not in names)
        # Later entries win where two name the same suffix.
        return Providers(providers=(*kept, *other.providers), replies=(*other.replies, *self.replies))


def said_wait(reply: Reply) -> float | None:
    """Seconds until the receiver wants us back, where it says so: "try again in 300 seconds", "in 5 minutes"."""
    match = _DURATION.search(reply.text[:_LONGEST].lower())
    if match is None:
        return None
    return min(_LONGEST_WAIT, max(_SHORTEST_WAIT, float(int(match[1]) * _SECONDS[match[2][0]])))


def contains(text: str, words: str) -> bool:
    """The pieces between the stars, in this order, anywhere in the text."""
    position = 0
    for piece in words.split("*"):
        position = text.find(piece, position)
        if position < 0:
            return False
        position += len(piece)
    return True


def _alike(pattern: str, text: str) -> bool:
    return all(wanted in ("x", found) for wanted, found in zip(pattern, text, strict=True))


def _same_status(pattern: str, status: tuple[int, int, int]) -> bool:
    return all(wanted in ("x", str(found)) for wanted, found in zip(pattern.split("."), status, strict=True))


# --- reading a table ------------------------------------------------------------------------------------------------

_PROVIDER_KEYS = frozenset(
    {
        "name",
        "hosts",
        "connections",
        "messages_per_connection",
        "recipients",
        "rate",
        "shared",
        "basis",
        "source",
        "as_of",
        "reply",
    }
)
_REPLY_KEYS = frozenset({"codes", "statuses", "words", "acts", "seconds"})


def parse(table: Mapping[str, Any]) -> Providers:
    """A table read from TOML. Raises TableError."""
    _known(table, frozenset({"provider", "reply"}), "the table")
    return Providers(
        providers=tuple(_provider(entry) for entry in _entries(table, "provider", "the table")),
        replies=tuple(_rule(entry, "a reply of all") for entry in _entries(table, "reply", "the table")),
    )


def _provider(entry: Mapping[str, Any]) -> Provider:
    name = entry.get("name")
    if not isinstance(name, str) or not name:
        raise TableError("a provider has no name")
    where = f"provider {name!r}"
    _known(entry, _PROVIDER_KEYS, where)
    hosts = _texts(entry, "hosts", where)
    if not hosts or not all(host.startswith(".") and host == host.lower() for host in hosts):
        raise TableError(f"{where}: hosts are suffixes in lower case that begin with a dot")
    as_of = entry.get("as_of")
    if as_of is not None and not isinstance(as_of, date):
        raise TableError(f"{where}: as_of is a date")
    return Provider(
        name=name,
        hosts=hosts,
        connections=int(_number(entry, "connections", where)),
        messages_per_connection=int(_number(entry, "messages_per_connection", where)),
        recipients=int(_number(entry, "recipients", where)),
        rate=_number(entry, "rate", where),
        shared=_choice(Shared, entry.get("shared", Shared.HOSTS), where),
        basis=_choice(Basis, entry.get("basis", Basis.CAUTIOUS), where),
        source=str(entry.get("source", "")),
        as_of=as_of,
        replies=tuple(_rule(reply, where) for reply in _entries(entry, "reply", where)),
    )


def _rule(entry: Mapping[str, Any], where: str) -> ReplyRule:
    _known(entry, _REPLY_KEYS, where)
    codes, statuses = _texts(entry, "codes", where), _texts(entry, "statuses", where)
    if not all(_CODE.fullmatch(code) for code in codes):
        raise TableError(f'{where}: a code is like "421" or "45x"')
    if not all(_STATUS.fullmatch(status) for status in statuses):
        raise TableError(f'{where}: a status is like "4.7.28" or "4.7.x"')
    words = tuple(text.lower() for text in _texts(entry, "words", where))
    if not codes and not statuses and not words:
        raise TableError(f"{where}: a rule that fits every reply")
    if any(not text.replace("*", "").strip() for text in words):
        raise TableError(f"{where}: words that fit every reply")
    acts = frozenset(_choice(Act, act, where) for act in _texts(entry, "acts", where))
    if not acts:
        raise TableError(f"{where}: a rule without acts")
    return ReplyRule(codes=codes, statuses=statuses, words=words, acts=acts, seconds=_number(entry, "seconds", where))


def _entries(table: Mapping[str, Any], key: str, where: str) -> list[Mapping[str, Any]]:
    found = table.get(key, [])
    if not isinstance(found, list) or not all(isinstance(entry, Mapping) for entry in found):
        raise TableError(f"{where}: {key} is a list of tables")
    return found


def _texts(entry: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    found = entry.get(key, [])
    if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
        raise TableError(f"{where}: {key} is a list of texts")
    return tuple(found)


def _number(entry: Mapping[str, Any], key: str, where: str) -> float:
    found = entry.get(key, 0)
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found < 1e9:
        raise TableError(f"{where}: {key} is a number from 0")
    return float(found)


E = TypeVar("E", bound=StrEnum)


def _choice(kind: type[E], value: Any, where: str) -> E:
    try:
        return kind(value)
    except ValueError:
        raise TableError(f"{where}: {value!r} is none of {', '.join(kind)}") from None


def _known(entry: Mapping[str, Any], keys: frozenset[str], where: str) -> None:
    unknown = sorted(set(entry) - keys)
    if unknown:
        raise TableError(f"{where}: unknown {', '.join(unknown)}")
