"""The zones of the rehearsal internet, as their administrators edit them.

Owns the record sets that users put under `.test`, their validation and their file, and the fixed ones of the
providers. Never answers a query: `dns` does. RFC 1035 5 (zone files), RFC 6761 6.2 (.test), RFC 2181 (record sets).
"""

import contextlib
import itertools
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.tokenizer
import dns.zonefile
import idna

from tayori.dns.record import RDTYPES, Record, RecordError, from_rdata, to_name, to_rdata
from tayori.dns.zone import Zone
from tayori.rehearsal import name_servers
from tayori.rehearsal.name_servers import NAME_SERVER

DEFAULT_TTL = 10  # short, so that a corrected record shows at once
_MAX_TTL = 604_800
_MAX_VALUES = 100
_MAX_SETS = 20_000
_MAX_ZONE_FILE = 256 * 1024
_TIMERS = "3600 600 86400 5"  # refresh, retry, expire, negative TTL
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_REVERSE = "127.in-addr.arpa"


class ZoneError(ValueError):
    """Something that cannot be put into a zone; `str()` is a sentence for whoever tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSet:
    """All records of one name and type. TXT values are the text itself, without quotes."""

    name: str
    rdtype: str
    values: tuple[str, ...]
    ttl: int = DEFAULT_TTL

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "type": self.rdtype, "values": list(self.values), "ttl": self.ttl}

    @property
    def records(self) -> tuple[Record, ...]:
        return tuple(Record(name=self.name, rdtype=self.rdtype, value=v, ttl=self.ttl) for v in self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What a zone file came to: the sets registered, and what was left aside."""

    registered: tuple[RecordSet, ...]
    skipped: tuple[str, ...]


class RecordBook:
    """The record sets of all zones. `version` grows with each change."""

    def __init__(self, file: Path, fixed: Iterable[Record], service_domain: str) -> None:
        self._file = file
        self._service_domain = service_domain.lower()
        self._fixed = tuple(fixed)
        self._fixed_sets = {(record.name.lower(), record.rdtype) for record in self._fixed}
        self._sets: dict[tuple[str, str], RecordSet] = {}
        self._zones: dict[dns.name.Name, Zone] = {}
        self._bare: dict[dns.name.Name, Zone] = {}
        self._beside: dict[dns.name.Name, Record] = {}
        self._versions = itertools.count(1)
        self.version = 0
        self._load()

    # --- editing -----------------------------------------------------------------------------------------------

    def put(self, name: str, rdtype: str, values: Iterable[str], ttl: int = DEFAULT_TTL) -> RecordSet:
        """Register a record set in place of the one of that name and type."""
        record_set = self._validated(name, rdtype, tuple(values), ttl)
        self._apply([record_set])
        return record_set

    def delete(self, name: str, rdtype: str) -> bool:
        """Take a record set away; false when it was not there."""
        key = (self.territory(name), _known_type(rdtype))
        if key in self._fixed_sets:
            raise ZoneError(f"the {key[1]} record of {key[0]} belongs to the rehearsal and stays")
        if self._sets.pop(key, None) is None:
            return False
        self._changed()
        return True

    def get(self, name: str, rdtype: str) -> RecordSet | None:
        return self._sets.get((_canonical(name), _known_type(rdtype)))

    def sets(self, under: str = "") -> tuple[RecordSet, ...]:
        """What users have registered, at and below a name; ordered from the right-hand label on."""
        parent = _canonical(under) if under else ""
        found = [s for s in self._sets.values() if not parent or _is_within(s.name, parent)]
        return tuple(sorted(found, key=lambda s: (s.name.split(".")[::-1], s.rdtype)))

    def fixed(self, under: str = "") -> tuple[Record, ...]:
        """What belongs to the rehearsal, at and below a name."""
        parent = _canonical(under) if under else ""
        forward = (record for record in self._fixed if not _is_within(record.name.lower(), _REVERSE) or parent)
        return tuple(record for record in forward if not parent or _is_within(record.name.lower(), parent))

    def import_zone(self, text: str, origin: str = "") -> ImportReport:
        """Register every record set of a zone file (RFC 1035 5.1), or none of it."""
        registered, skipped = [], []
        for name, rdataset in _read_zone_file(text, origin):
            rdtype = dns.rdatatype.to_text(rdataset.rdtype)
            if rdtype not in RDTYPES:
                skipped.append(f"{name} {rdtype}")
                continue
            values = tuple(from_rdata(rdata) for rdata in rdataset)
            registered.append(self._validated(name, rdtype, values, rdataset.ttl, from_file=True))
        self._apply(registered)
        return ImportReport(registered=tuple(registered), skipped=tuple(skipped))

    def put_all(self, record_sets: Iterable[RecordSet]) -> tuple[RecordSet, ...]:
        """Register several record sets, or none."""
        checked = [self._validated(s.name, s.rdtype, s.values, s.ttl) for s in record_sets]
        self._apply(checked)
        return tuple(checked)

    def clear(self) -> None:
        """Forget everything that users registered."""
        self._sets.clear()
        self._changed()

    # --- checking ----------------------------------------------------------------------------------------------

    def _validated(
        self, name: str, rdtype: str, values: tuple[str, ...], ttl: int, *, from_file: bool = False
    ) -> RecordSet:
        name, rdtype = self.territory(name), _known_type(rdtype)
        if (name, rdtype) in self._fixed_sets:
            raise ZoneError(f"the {rdtype} record of {name} belongs to the rehearsal and cannot be replaced")
        if not values:
            raise ZoneError(f"give at least one value for the {rdtype} record of {name}")
        if len(values) > _MAX_VALUES:
            raise ZoneError(f"{name} {rdtype}: {_MAX_VALUES} values are the most that a record set can have")
        if not 0 <= ttl <= _MAX_TTL:
            raise ZoneError(f"the TTL must be between 0 and {_MAX_TTL} seconds")
        if rdtype in ("CNAME", "SOA") and len(values) > 1:
            raise ZoneError(f"{name} can have only one {rdtype} record")
        canonical = dict.fromkeys(_value(name, rdtype, value, from_file=from_file) for value in values)
        return RecordSet(name=name, rdtype=rdtype, values=tuple(canonical), ttl=ttl)

    def territory(self, name: str) -> str:
        """The name in canonical form, if users may have records there. Raises ZoneError."""
        canonical = _canonical(name)
        if _is_within(canonical, self._service_domain):
            raise ZoneError(
                f"{canonical} is in the service's own zone {self._service_domain}, which Tayori answers for itself"
            )
        if not canonical.endswith((".test", f".{_REVERSE}")):
            raise ZoneError(f"only names under .test exist in the rehearsal internet, and {canonical} is not one")
        return canonical

    def _apply(self, record_sets: Iterable[RecordSet]) -> None:
        after = self._sets | {(s.name, s.rdtype): s for s in record_sets}
        if len(after) > _MAX_SETS:
            raise ZoneError(f"the rehearsal internet holds {_MAX_SETS} record sets at the most")
        self._check_aliases(after)
        self._sets = after
        self._changed()

    def _check_aliases(self, sets: Mapping[tuple[str, str], RecordSet]) -> None:
        """A CNAME stands alone (RFC 1034 3.6.2, RFC 2181 10.1), so never at a zone's apex, where SOA and NS are."""
        others = {name for name, rdtype in (*sets, *self._fixed_sets) if rdtype != "CNAME"}
        lax = [s.name for s in sets.values() if s.rdtype == "NS" and name_servers.LAX in s.values]
        for name, rdtype in sets:
            if rdtype == "CNAME" and name in others and not any(_is_within(name, zone) for zone in lax):
                raise ZoneError(f"{name} cannot have a CNAME record and other records beside it")
            if rdtype == "CNAME" and name.count(".") == 1:
                raise ZoneError(f"{name} is the top of its zone, where a CNAME record cannot stand")

    # --- reading -----------------------------------------------------------------------------------------------

    def zone_for(self, name: dns.name.Name) -> Zone | None:
        """The zone that holds a name; None for names that are not of this internet."""
        self._built()
        return _nearest(name, self._zones)

    def bare_zone_for(self, name: dns.name.Name) -> Zone | None:
        """The same zone without its records, where the server that has none is one of its servers."""
        zone = self.zone_for(name)
        return self._bare.get(zone.origin) if zone else None

    def alias_beside(self, name: dns.name.Name) -> Record | None:
        """A CNAME that stands beside other records of its name, where the zone's server lets it."""
        self._built()
        return self._beside.get(name)

    def _built(self) -> None:
        if self._zones:
            return
        zones, bare, beside = {}, {}, {}
        for origin, held in self._members().items():
            servers = {r.value for r in held if r.rdtype == "NS" and r.name.lower() == origin}
            if name_servers.LAX in servers:
                others = {r.name.lower() for r in held if r.rdtype != "CNAME"}
                doubled = [r for r in held if r.rdtype == "CNAME" and r.name.lower() in others]
                beside.update({to_name(r.name): r for r in doubled})
                held = [r for r in held if r not in doubled]
            if name_servers.EMPTY in servers:
                top = [r for r in held if r.name.lower() == origin and r.rdtype in ("SOA", "NS")]
                bare[to_name(origin)] = Zone(origin, _with_authority(origin, top))
            zones[to_name(origin)] = Zone(origin, _with_authority(origin, held))
        self._zones, self._bare, self._beside = zones, bare, beside

    def _members(self) -> dict[str, list[Record]]:
        """The records of each zone."""
        records = [*self._fixed, *(record for s in self._sets.values() for record in s.records)]
        origins = {"test", _REVERSE} | {_registered(record.name) for record in records}
        origins |= {record.name.lower() for record in records if _begins_zone(record)}
        members: dict[str, list[Record]] = {origin: [] for origin in origins}
        for record in records:
            members[_longest(record.name.lower(), origins)].append(record)
        return members

    def _changed(self) -> None:
        self._zones = {}
        self.version = next(self._versions)
        self._save()

    # --- the file ----------------------------------------------------------------------------------------------

    def _save(self) -> None:
        content = json.dumps({"record_sets": [s.as_json() for s in self.sets()]}, indent=1, ensure_ascii=False)
        fresh = self._file.with_suffix(".new")
        fresh.write_text(content, "utf-8")
        os.replace(fresh, self._file)

    def _load(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            content = json.loads(self._file.read_text("utf-8"))
            for item in content["record_sets"]:
                record_set = RecordSet(
                    name=item["name"], rdtype=item["type"], values=tuple(item["values"]), ttl=item["ttl"]
                )
                self._sets[record_set.name, record_set.rdtype] = record_set


def _canonical(name: str) -> str:
    """Lower-case A-labels without a final dot; a wildcard may lead, underscores are labels' right (RFC 8552)."""
    text = name.strip().removesuffix(".").lower()
    labels = [_label(label) for label in text.split(".")]
    if labels[0] == "*" and len(labels) > 1:
        plain = labels[1:]
    else:
        plain = labels
    canonical = ".".join(labels)
    if len(canonical) > 253 or not all(_LABEL.fullmatch(label) for label in plain):
        raise ZoneError(f"{name!r} is not a domain name")
    return canonical


def _label(label: str) -> str:
    if label.isascii():
        return label
    try:
        return idna.encode(label, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError) as error:
        raise ZoneError(f"{label!r} cannot stand in a domain name") from error


def _known_type(rdtype: str) -> str:
    if rdtype.upper() not in RDTYPES:
        known = ", ".join(sorted(RDTYPES))
        raise ZoneError(f"{rdtype!r} is not a record type of the rehearsal internet, which knows {known}")
    return rdtype.upper()


def _value(name: str, rdtype: str, value: str, *, from_file: bool) -> str:
    """The canonical form of one value, or a ZoneError that says what is wrong with it."""
    text = value if rdtype == "TXT" else value.strip()
    if rdtype == "TXT" and not from_file and re.fullmatch(r'\s*".*"\s*', text, re.DOTALL):
        text = _unquoted(name, text)  # pasted as a zone file has it
    if rdtype == "MX" and re.fullmatch(r"\d+\s+[\d.]+[^.\s]", text):
        raise ZoneError(f"the MX record of {name} must name a host, not the address in {value!r}")
    try:
        return from_rdata(to_rdata(rdtype, text))
    except RecordError as error:
        raise ZoneError(f"{value!r} cannot be the value of the {rdtype} record of {name}{_hint(rdtype)}") from error


def _hint(rdtype: str) -> str:
    examples = {
        "A": "192.0.2.1",
        "AAAA": "2001:db8::1",
        "MX": "10 mail.example.test",
        "CNAME": "other.example.test",
        "NS": "ns1.example.test",
        "PTR": "host.example.test",
        "CAA": '0 issue "ca.example.test"',
        "TLSA": "3 1 1 <64 hexadecimal digits>",
        "SOA": "ns1.example.test hostmaster.example.test 1 3600 600 86400 60",
    }
    return f"; it should look like {examples[rdtype]}" if rdtype in examples else ""


def _unquoted(name: str, text: str) -> str:
    try:
        tokens = dns.rdata.from_text("IN", "TXT", text.strip())
    except (dns.exception.DNSException, ValueError) as error:
        raise ZoneError(f"the quotes of the TXT record of {name} do not match: {text!r}") from error
    return from_rdata(tokens)


def _read_zone_file(text: str, origin: str) -> list[tuple[str, dns.rrset.RRset]]:
    if len(text) > _MAX_ZONE_FILE:
        raise ZoneError(f"a zone file of more than {_MAX_ZONE_FILE} characters is too long")
    first = re.search(r"^\$ORIGIN\s+(\S+)", text, re.MULTILINE | re.IGNORECASE)
    base = _canonical(origin or (first[1] if first else "test"))
    manager = _ZoneFile(to_name(base))
    try:
        with manager.writer(True) as transaction:  # type: ignore[no-untyped-call]
            dns.zonefile.Reader(
                dns.tokenizer.Tokenizer(f"$ORIGIN {base}.\n{text}"),
                dns.rdataclass.IN,
                transaction,
                allow_directives={"$ORIGIN", "$TTL"},  # $GENERATE and $INCLUDE do more than a reader should
                default_ttl=DEFAULT_TTL,
            ).read()
    except (dns.exception.DNSException, ValueError) as error:
        raise ZoneError(f"the zone file cannot be read: {error}") from error
    return [(rrset.name.to_text(omit_final_dot=True), rrset) for rrset in manager.rrsets]


class _ZoneFile(dns.zonefile.RRSetsReaderManager):
    """What dnspython's reader asks about the zone: names anywhere are read, but a SOA at `base` only.

    So a name outside the zone is seen, and refused, instead of being left out quietly.
    """

    def __init__(self, base: dns.name.Name) -> None:
        super().__init__(dns.name.root)
        self._base = base

    def origin_information(self) -> tuple[dns.name.Name, bool, dns.name.Name]:
        return dns.name.root, False, self._base


def _is_within(name: str, parent: str) -> bool:
    return name == parent or name.endswith(f".{parent}")


def _registered(name: str) -> str:
    """The zone that a name is registered in: the label under .test and it, or the reverse zone."""
    return _REVERSE if _is_within(name.lower(), _REVERSE) else ".".join(name.lower().split(".")[-2:])


def _begins_zone(record: Record) -> bool:
    """A deeper name can be a zone of its own: one with a SOA record, or delegated to servers of this internet."""
    return record.rdtype == "SOA" or (record.rdtype == "NS" and record.value in name_servers.ALL)


def _nearest(name: dns.name.Name, zones: Mapping[dns.name.Name, Zone]) -> Zone | None:
    parents = (name.split(depth)[1] for depth in range(len(name), 0, -1))
    return next((zones[parent] for parent in parents if parent in zones), None)


def _longest(name: str, origins: set[str]) -> str:
    labels = name.split(".")
    return next(parent for start in range(len(labels)) if (parent := ".".join(labels[start:])) in origins)


def _with_authority(origin: str, records: list[Record]) -> list[Record]:
    """A zone needs SOA and NS at its top; what its administrator left out is filled in."""
    at_top = {record.rdtype for record in records if record.name.lower() == origin}
    added = []
    if "SOA" not in at_top:
        soa = f"{NAME_SERVER} hostmaster.rehearsal.test 1 {_TIMERS}"
        added.append(Record(name=origin, rdtype="SOA", value=soa, ttl=60))
    if "NS" not in at_top:
        added.append(Record(name=origin, rdtype="NS", value=NAME_SERVER, ttl=60))
    return [*added, *records]
