"""A zone and what it answers: the rules of an authoritative server, without one.

Owns Zone (immutable content), Lookup (what an answer's sections hold) and the ZoneSource protocol that the
server asks. Never does I/O and never builds messages. RFC 1034 4.3.2 (the algorithm), RFC 2308 (negative
answers), RFC 4592 (wildcards), RFC 8482 (ANY). No DNSSEC: for a signed zone, let a secondary sign.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from tayori.dns.record import Record, RecordError, to_name, to_rdata

_MAX_ALIASES = 8
_WILDCARD = dns.name.Name([b"*"])
_versions = itertools.count(1)

_Node: TypeAlias = Mapping[dns.rdatatype.RdataType, dns.rrset.RRset]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """The sections of one answer.

    `keep_seconds` tells for how long the server may repeat it without asking again.
    """

    rcode: dns.rcode.Rcode = dns.rcode.NOERROR
    answer: tuple[dns.rrset.RRset, ...] = ()
    authority: tuple[dns.rrset.RRset, ...] = ()
    additional: tuple[dns.rrset.RRset, ...] = ()
    authoritative: bool = True
    recursive: bool = False  # from a source that follows aliases and delegations itself
    keep_seconds: float = 60.0


class ZoneSource(Protocol):
    """What the server serves. `version` changes when answers given earlier may no longer hold."""

    @property
    def origin(self) -> dns.name.Name: ...

    @property
    def version(self) -> int: ...

    async def lookup(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> Lookup: ...


class Zone:
    """The records at and below `origin`, which must have a SOA record there.

    `parents` are names that exist without records of their own, because records below them come from
    elsewhere.
    """

    def __init__(self, origin: str, records: Iterable[Record], parents: Iterable[str] = ()) -> None:
        self.origin = to_name(origin)
        self.version = next(_versions)
        self._nodes = _collect(self.origin, records)
        without_records = [to_name(parent) for parent in parents]
        self._non_terminals = _ancestors(self.origin, (*self._nodes, *without_records)) | {*without_records}
        soa = self._nodes.get(self.origin, {}).get(dns.rdatatype.SOA)
        if soa is None:
            raise RecordError(f"the zone {origin} has no SOA record")
        self._negative_soa = _copy(soa, self.origin)
        self._negative_soa.ttl = min(soa.ttl, soa[0].minimum)  # RFC 2308 3

    def lookup(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> Lookup:
        """Answer for `name`, which must be at or below the origin."""
        cut = self._cut_above(name, rdtype)
        if cut is not None:
            return self._referral(cut)
        answer: list[dns.rrset.RRset] = []
        for _ in range(_MAX_ALIASES):
            found = self._find(name)
            if found is None:
                return self._negative(dns.rcode.NXDOMAIN, answer)
            if rdtype == dns.rdatatype.ANY:
                return Lookup(answer=(_minimal_any(name),))
            if rdtype in found:
                return Lookup(answer=(*answer, _copy(found[rdtype], name)))
            if dns.rdatatype.CNAME not in found:
                return self._negative(dns.rcode.NOERROR, answer)
            answer.append(_copy(found[dns.rdatatype.CNAME], name))
            name = found[dns.rdatatype.CNAME][0].target
            if not name.is_subdomain(self.origin) or self._cut_above(name, rdtype) is not None:
                break
        return Lookup(answer=tuple(answer))

    def no_data(self) -> Lookup:
        """The answer for a name that exists without records of the type (RFC 2308 2.2)."""
        return self._negative(dns.rcode.NOERROR, [])

    def plus(self, records: Iterable[Record]) -> "Zone":
        """The zone with records added, for content that is looked up name by name."""
        zone = object.__new__(Zone)
        zone.origin, zone.version, zone._negative_soa = self.origin, self.version, self._negative_soa
        added = _collect(self.origin, records)
        zone._nodes = self._nodes | added
        zone._non_terminals = self._non_terminals | _ancestors(self.origin, added)
        return zone

    def _find(self, name: dns.name.Name) -> _Node | None:
        """The records of a name; empty for an empty non-terminal, None where nothing exists (RFC 4592
        2.2, 3.3).
        """
        if name in self._nodes:
            return self._nodes[name]
        if name in self._non_terminals:
            return {}
        encloser = name.parent()
        while encloser not in self._nodes and encloser not in self._non_terminals:
            encloser = encloser.parent()
        return self._nodes.get(_WILDCARD.concatenate(encloser))

    def _cut_above(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> dns.name.Name | None:
        """The highest delegation at or above `name`, which takes it out of this zone."""
        depth = len(name) - len(self.origin)
        for length in range(1, depth + 1):
            above = name.split(len(self.origin) + length)[1]
            if dns.rdatatype.NS in self._nodes.get(above, {}):
                # The DS record of a cut lives on the parent's side of it (RFC 4035 3.1.4.1).
                return None if above == name and rdtype == dns.rdatatype.DS else above
        return None

    def _referral(self, cut: dns.name.Name) -> Lookup:
        servers = self._nodes[cut][dns.rdatatype.NS]
        glue = [
            self._nodes[server.target][rdtype]
            for server in servers
            for rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA)
            if rdtype in self._nodes.get(server.target, {})
        ]
        return Lookup(authority=(servers,), additional=tuple(glue), authoritative=False)

    def _negative(self, rcode: dns.rcode.Rcode, answer: list[dns.rrset.RRset]) -> Lookup:
        return Lookup(rcode=rcode, answer=tuple(answer), authority=(self._negative_soa,))


class LiveZone:
    """A ZoneSource over whatever zone `current` returns at the moment of the question."""

    def __init__(self, current: Callable[[], Zone]) -> None:
        self._current = current

    @property
    def origin(self) -> dns.name.Name:
        return self._current().origin

    @property
    def version(self) -> int:
        return self._current().version

    async def lookup(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> Lookup:
        return self._current().lookup(name, rdtype)


def _collect(origin: dns.name.Name, records: Iterable[Record]) -> dict[dns.name.Name, _Node]:
    nodes: dict[dns.name.Name, dict[dns.rdatatype.RdataType, dns.rrset.RRset]] = {}
    for record in records:
        name = to_name(record.name)
        if not name.is_subdomain(origin):
            raise RecordError(f"{record.name} is not at or below {origin}")
        rdata = to_rdata(record.rdtype, record.value)
        node = nodes.setdefault(name, {})
        rrset = node.setdefault(rdata.rdtype, dns.rrset.RRset(name, dns.rdataclass.IN, rdata.rdtype))
        is_second_alias = rdata.rdtype == dns.rdatatype.CNAME and bool(rrset) and rdata not in rrset
        rrset.add(rdata, record.ttl)
        if is_second_alias or (dns.rdatatype.CNAME in node and len(node) > 1):
            raise RecordError(f"{record.name} has a CNAME record and others beside it")  # RFC 2181 10.1
    return dict(nodes)


def _ancestors(origin: dns.name.Name, nodes: Iterable[dns.name.Name]) -> frozenset[dns.name.Name]:
    found = {origin}
    for name in nodes:
        while name != origin:
            name = name.parent()
            found.add(name)
    return frozenset(found)


def _copy(rrset: dns.rrset.RRset, owner: dns.name.Name) -> dns.rrset.RRset:
    """The record set under another owner: a wildcard's records appear at the name that was asked (RFC
    4592 3.3.3).
    """
    return dns.rrset.from_rdata_list(owner, rrset.ttl, list(rrset))


def _minimal_any(name: dns.name.Name) -> dns.rrset.RRset:
    """RFC 8482 4.2: one small record instead of everything, so that ANY is no use to an attacker."""
    return dns.rrset.from_text(name, 3600, "IN", "HINFO", '"RFC8482" ""')
