"""SPF records (RFC 7208 sections 4.5, 4.6, 5, 6): which TXT record is one, and its terms as values.

Owns the grammar. A syntax error anywhere in a record is an error of the whole record (4.6). Never evaluates.
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from tayori.mail.spf_macro import MacroError, MacroString, parse_domain_macro

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


class SpfSyntaxError(ValueError):
    """The record breaks the grammar; the result is permerror."""


class Qualifier(StrEnum):
    PASS = "+"  # noqa: S105 - a qualifier
    FAIL = "-"
    SOFTFAIL = "~"
    NEUTRAL = "?"


class MechanismName(StrEnum):
    ALL = "all"
    INCLUDE = "include"
    A = "a"
    MX = "mx"
    PTR = "ptr"
    IP4 = "ip4"
    IP6 = "ip6"
    EXISTS = "exists"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mechanism:
    """One directive. `domain` is None where the record leaves it out, meaning the domain under evaluation."""

    qualifier: Qualifier
    name: MechanismName
    text: str
    domain: MacroString | None = None
    prefix4: int = 32
    prefix6: int = 128
    network: Network | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfRecord:
    mechanisms: tuple[Mechanism, ...]
    redirect: MacroString | None = None
    explanation: MacroString | None = None


_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9\-_.]*)=(.*)", re.DOTALL)
_MECHANISM = re.compile(r"([+\-~?]?)([A-Za-z0-9]+)(.*)", re.DOTALL)
_CIDR = r"0|[1-9]\d{0,2}"
_DUAL_CIDR = re.compile(rf"(.*?)(?:/({_CIDR}))?(?://({_CIDR}))?", re.DOTALL)
_ADDRESS = re.compile(rf":([^/]+)(?:/({_CIDR}))?")
_TOP_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9\-]*[A-Za-z0-9])?")


def select_records(texts: Iterable[str]) -> tuple[str, ...]:
    """The TXT records that are SPF records: `v=spf1` alone or followed by a space (4.5)."""
    return tuple(text for text in texts if text.lower() == "v=spf1" or text.lower().startswith("v=spf1 "))


def parse_record(text: str) -> SpfRecord:
    """The terms of a record that `select_records` selected."""
    mechanisms: list[Mechanism] = []
    modifiers: dict[str, MacroString] = {}
    for term in filter(None, text[len("v=spf1") :].split(" ")):
        modifier = _MODIFIER.fullmatch(term)
        if modifier is None:
            mechanisms.append(_mechanism(term))
        else:
            _add_modifier(modifiers, modifier[1].lower(), modifier[2])
    return SpfRecord(
        mechanisms=tuple(mechanisms),
        redirect=modifiers.get("redirect"),
        explanation=modifiers.get("exp"),
    )


def _add_modifier(modifiers: dict[str, MacroString], name: str, value: str) -> None:
    if name not in ("redirect", "exp"):
        _macro(value)  # an unknown modifier has no effect, but must be a macro-string
        return
    if name in modifiers:
        raise SpfSyntaxError(f"{name}= appears twice")
    modifiers[name] = _domain_spec(value)


def _mechanism(term: str) -> Mechanism:
    match = _MECHANISM.fullmatch(term)
    if match is None or match[2].lower() not in list(MechanismName):
        raise SpfSyntaxError(f"{term!r} is neither a mechanism nor a modifier")
    qualifier = Qualifier(match[1] or "+")
    name = MechanismName(match[2].lower())
    rest = match[3]
    match name:
        case MechanismName.ALL:
            _require(not rest, term)
            return Mechanism(qualifier=qualifier, name=name, text=term)
        case MechanismName.IP4 | MechanismName.IP6:
            return Mechanism(qualifier=qualifier, name=name, text=term, network=_network(name, rest))
        case MechanismName.A | MechanismName.MX:
            domain, prefix4, prefix6 = _domain_and_prefixes(term, rest)
            return Mechanism(qualifier=qualifier, name=name, text=term, domain=domain, prefix4=prefix4, prefix6=prefix6)
        case MechanismName.PTR:
            _require(not rest or rest.startswith(":"), term)
            target = _domain_spec(rest[1:]) if rest else None
            return Mechanism(qualifier=qualifier, name=name, text=term, domain=target)
        case MechanismName.INCLUDE | MechanismName.EXISTS:
            _require(rest.startswith(":"), term)
            return Mechanism(qualifier=qualifier, name=name, text=term, domain=_domain_spec(rest[1:]))


def _domain_and_prefixes(term: str, rest: str) -> tuple[MacroString | None, int, int]:
    # A domain-spec may itself hold slashes, so the prefix lengths are cut from the right-hand end.
    match = _DUAL_CIDR.fullmatch(rest)
    if match is None:
        raise SpfSyntaxError(f"{term!r} cannot be read")
    prefix4, prefix6 = int(match[2] or 32), int(match[3] or 128)
    _require(prefix4 <= 32 and prefix6 <= 128, term)
    if not match[1]:
        return None, prefix4, prefix6
    _require(match[1].startswith(":"), term)
    return _domain_spec(match[1][1:]), prefix4, prefix6


def _network(name: MechanismName, rest: str) -> Network:
    match = _ADDRESS.fullmatch(rest)
    if match is None:
        raise SpfSyntaxError(f"{name}{rest!r} holds no address")
    try:
        if name is MechanismName.IP4:
            return ipaddress.IPv4Network((ipaddress.IPv4Address(match[1]), int(match[2] or 32)), strict=False)
        return ipaddress.IPv6Network((ipaddress.IPv6Address(match[1]), int(match[2] or 128)), strict=False)
    except ValueError as error:
        raise SpfSyntaxError(str(error)) from error


def _domain_spec(text: str) -> MacroString:
    macro = _macro(text)
    if not macro.ends_in_macro and not _ends_in_top_label(text):
        raise SpfSyntaxError(f"{text!r} does not end in a top-level label or a macro")
    return macro


def _ends_in_top_label(text: str) -> bool:
    """A dot and a label that is not all numeric (domain-end, 7.1)."""
    _, dot, label = text.removesuffix(".").rpartition(".")
    return bool(dot) and _TOP_LABEL.fullmatch(label) is not None and not label.isdigit()


def _macro(text: str) -> MacroString:
    try:
        return parse_domain_macro(text)
    except MacroError as error:
        raise SpfSyntaxError(str(error)) from error


def _require(condition: object, term: str) -> None:
    if not condition:
        raise SpfSyntaxError(f"{term!r} breaks the grammar of its mechanism")
