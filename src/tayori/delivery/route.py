"""From a domain to the addresses that take its mail, in the order in which to try them.

Owns RFC 5321 5.1 (MX by preference, implicit MX), RFC 7505 (null MX), the bounds on how much of a hostile
zone is followed, and which addresses are never called. Never opens a connection. All it knows of the DNS is
the Resolver.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple

from tayori.delivery.settings import DeliverySettings, Families
from tayori.mail.answer import Answer, AnswerStatus, Resolver
from tayori.model.failure import classify_answer, classify_trouble
from tayori.model.message import Outcome, Reason

Shuffle = Callable[[list[str]], None]

_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052


@dataclass(frozen=True, slots=True)
class Target:
    """One address of one mail host.

    The rest is what DANE asks (RFC 7672 2.2): whether DNSSEC vouches for the host's being the domain's, and for its
    addresses, and which name it has at the end of its aliases.
    """

    host: str
    address: str
    is_validated_host: bool = field(default=False, compare=False)
    is_validated_address: bool = field(default=False, compare=False)
    canonical: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Route:
    """Where to try, or why there is nowhere: exactly one of `targets` and `trouble` is there.

    `notes` tells what went wrong on the way, for the transcript.
    """

    targets: tuple[Target, ...] = ()
    trouble: Outcome | None = None
    notes: tuple[str, ...] = ()


class _Proof(NamedTuple):
    """The last members of a Target."""

    is_validated_host: bool
    is_validated_address: bool
    canonical: str


async def find_route(domain: str, resolver: Resolver, settings: DeliverySettings, shuffle: Shuffle) -> Route:
    """The addresses to try for `domain`. `shuffle` puts hosts of equal preference in a random order."""
    answer = await resolver.resolve(domain, "MX")
    if answer.status is AnswerStatus.NODATA:
        return await _addresses([domain], resolver, settings, answer)
    if not answer.exists:
        return Route(trouble=classify_answer(answer.status, f"MX of {domain}"))
    exchanges = _exchanges(answer)
    if not exchanges:
        return Route(trouble=classify_trouble(Reason.NULL_MX, f"{domain} accepts no mail (null MX)"))
    hosts = _before_ourselves(exchanges, settings.own_names)
    if not hosts:
        return Route(trouble=classify_trouble(Reason.MAIL_LOOP, f"mail for {domain} loops back to this service"))
    # Only NODATA leads to the implicit MX: with MX records there, the domain's own address is not its mail
    # host.
    return await _addresses(_ordered(hosts, shuffle)[: settings.max_hosts], resolver, settings, answer)


def _exchanges(answer: Answer) -> list[tuple[int, str]]:
    """(preference, host) of each MX; the "." of a null MX names no host, alone or (against RFC 7505) beside
    others."""
    found = []
    for value in answer.values:
        preference, _, host = value.partition(" ")
        host = host.strip().rstrip(".").lower()
        if host and preference.isdigit():
            found.append((int(preference), host))
    return found


def _before_ourselves(exchanges: list[tuple[int, str]], own: frozenset[str]) -> list[tuple[int, str]]:
    """RFC 5321 5.1: a relay that finds itself in the list drops itself and all that is not preferred to
    it."""
    limit = min((preference for preference, host in exchanges if host in own), default=None)
    return exchanges if limit is None else [e for e in exchanges if e[0] < limit]


def _ordered(exchanges: list[tuple[int, str]], shuffle: Shuffle) -> list[str]:
    by_preference: dict[int, list[str]] = {}
    for preference, host in exchanges:
        by_preference.setdefault(preference, []).append(host)
    ordered: dict[str, None] = {}
    for preference in sorted(by_preference):
        hosts = by_preference[preference]
        shuffle(hosts)
        ordered.update(dict.fromkeys(hosts))
    return list(ordered)


async def _addresses(hosts: list[str], resolver: Resolver, settings: DeliverySettings, mx: Answer) -> Route:
    """Each host's own trouble is its own; only when none has an address is it the destination's."""
    types = [
        t
        for t, family in (("A", Families.IPV4), ("AAAA", Families.IPV6))
        if settings.families in (family, Families.BOTH)
    ]
    answers = await asyncio.gather(*(resolver.resolve(host, t) for host in hosts for t in types))
    targets: list[Target] = []
    notes: list[str] = []
    refused = False
    for index, host in enumerate(hosts):
        of_host = answers[index * len(types) : (index + 1) * len(types)]
        found = [address for answer in of_host if answer.exists for address in answer.values]
        allowed = [address for address in found if may_call(address, settings)]
        told = [answer for answer in of_host if answer.exists]
        proof = _Proof(mx.authenticated, all(a.authenticated for a in told), told[0].canonical_name if told else "")
        targets.extend(Target(host, address, *proof) for address in allowed[: settings.max_addresses])
        if not allowed:
            refused = refused or bool(found)
            notes.append(f"{host}: {'no public address' if found else _why(of_host)}")
    if targets:
        return Route(tuple(targets), notes=tuple(notes))
    return Route(trouble=_nowhere(hosts, answers, notes, refused), notes=tuple(notes))


def _why(answers: list[Answer]) -> str:
    worst = next((a for a in answers if not a.is_definite), answers[0])
    return {
        AnswerStatus.TIMEOUT: "the resolver did not answer",
        AnswerStatus.SERVER_FAILURE: "its name servers failed",
        AnswerStatus.NXDOMAIN: "no such host",
    }.get(worst.status, "no address")


def _nowhere(hosts: list[str], answers: list[Answer], notes: list[str], refused: bool) -> Outcome:
    """Temporary as long as one answer is missing: it could have been the one that mattered."""
    told = "; ".join(notes)
    for status in (AnswerStatus.SERVER_FAILURE, AnswerStatus.TIMEOUT):
        if any(answer.status is status for answer in answers):
            return classify_answer(status, f"addresses of {', '.join(hosts)}")
    return classify_trouble(Reason.ADDRESS_REFUSED if refused else Reason.NO_ADDRESS, told)


def may_call(text: str, settings: DeliverySettings) -> bool:
    """True for public unicast addresses and those in the networks that the settings allow.

    An IPv4 address inside an IPv6 one (mapped, 6to4, NAT64) is judged as itself, since that is where it
    leads.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return False
    inner = _inner(address) if isinstance(address, IPv6Address) else None
    if inner is not None:
        address = inner
    if any(address in network for network in settings.allowed_networks):
        return True
    return address.is_global and not address.is_multicast and not address.is_reserved


def _inner(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour
