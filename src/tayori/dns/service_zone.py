"""The zone of the service's own domain: what receivers need to find and to trust the mail we send.

Owns the list of records under the service domain and the live lookup of DKIM public keys. Never reads the
store itself: keys come through a callable, name by name, so that a million keys need no memory. Easy DKIM
keys are published at `<token>.dkim.<service domain>` (customers' CNAMEs end there), the service's own at
`<selector>._domainkey.`, and below `_report._dmarc.` that we take a domain's aggregate reports. RFC 6376 3.6.2
(keys), RFC 7208 (SPF, with the HELO identity's record of 2.3), RFC 7489 (DMARC, 7.1 for the reports of others).
"""

import ipaddress
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import TypeAlias

import dns.name
import dns.rdatatype

from tayori.dns.record import Record, to_name
from tayori.dns.zone import Lookup, Zone
from tayori.model.names import ServiceNames
from tayori.model.source import SourceAddress

# Gives the TXT values of a selector ("v=DKIM1; k=rsa; p=..."), none for a selector that does not exist.
KeyLookup: TypeAlias = Callable[[str], Awaitable[Sequence[str]]]

# Whether the service takes the aggregate reports on a domain.
ReportLookup: TypeAlias = Callable[[str], Awaitable[bool]]

# The shape of a token, which is also a selector: nothing else is worth a question to the store, however many ask.
_SELECTOR = re.compile(rb"[a-z2-7]{32}")
_KEY_TTL = 300  # a key that leaks can be gone from caches in five minutes
_KEEP_SECONDS = 5.0
_NEGATIVE_TTL = 60  # a name asked for a moment too early must not stay missing for long
_HOSTMASTER = "hostmaster"
_TAKES_REPORTS = "v=DMARC1"
_DOMAIN = re.compile(rb"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+")


class ServiceZone:
    """A ZoneSource: fixed records, and keys that are looked up when they are asked for."""

    def __init__(
        self,
        names: ServiceNames,
        records: Iterable[Record],
        dkim_keys: KeyLookup,
        own_keys: KeyLookup,
        takes_reports: ReportLookup,
    ) -> None:
        # The two parents of keys exist even while no key does, so that resolvers which walk down label by
        # label (RFC 9156) are not told that nothing is below them.
        reports = f"_report._dmarc.{names.service_domain}"
        parents = (names.dkim_zone, f"_domainkey.{names.service_domain}", reports)
        self._zone = Zone(names.service_domain, records, parents=parents)
        self._takes_reports = takes_reports
        self._reports = to_name(reports)
        self._keys = {
            to_name(names.dkim_zone): dkim_keys,
            to_name(f"_domainkey.{names.service_domain}"): own_keys,
        }

    def become(self, other: "ServiceZone") -> None:
        """Take over another zone's fixed records."""
        self._zone = other._zone

    @property
    def origin(self) -> dns.name.Name:
        return self._zone.origin

    @property
    def version(self) -> int:
        return self._zone.version

    async def lookup(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> Lookup:
        if len(name) > len(self._reports) and name.is_subdomain(self._reports):
            return await self._report(name, rdtype)
        keys = self._keys.get(name.parent()) if len(name) > len(self.origin) else None
        if keys is None:
            return self._zone.lookup(name, rdtype)
        selector = name.labels[0].lower()
        values = await keys(selector.decode("ascii")) if _SELECTOR.fullmatch(selector) else ()
        records = [Record(name=str(name), rdtype="TXT", value=value, ttl=_KEY_TTL) for value in values]
        found = self._zone.plus(records).lookup(name, rdtype)
        return Lookup(rcode=found.rcode, answer=found.answer, authority=found.authority, keep_seconds=_KEEP_SECONDS)

    async def _report(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> Lookup:
        """`<domain>._report._dmarc.`: a record where we take the domain's reports, else a name without records.

        Never "no such name": there may be domains below any of them, and a resolver would stop there (RFC 8020).
        """
        domain = b".".join(name.relativize(self._reports).labels).lower()
        is_wanted = rdtype == dns.rdatatype.TXT and _DOMAIN.fullmatch(domain) is not None
        if is_wanted and await self._takes_reports(domain.decode("ascii")):
            record = Record(name=str(name), rdtype="TXT", value=_TAKES_REPORTS, ttl=_KEY_TTL)
            found = self._zone.plus([record]).lookup(name, rdtype)
        else:
            found = self._zone.no_data()
        return Lookup(rcode=found.rcode, answer=found.answer, authority=found.authority, keep_seconds=_KEEP_SECONDS)


async def _no_reports(domain: str) -> bool:
    return False


def service_zone(
    names: ServiceNames,
    *,
    sending_addresses: Sequence[str],
    listening_addresses: Sequence[str],
    dkim_keys: KeyLookup,
    own_keys: KeyLookup,
    serial: int,
    takes_reports: ReportLookup = _no_reports,
    regions: Sequence[str] = (),
    sources: Sequence[SourceAddress] = (),
    more: Iterable[Record] = (),
) -> ServiceZone:
    """The zone: we send from `sending_addresses` and `sources`, and are reached at `listening_addresses`.

    `names` are those of the service's own region; `regions` are all that are served, where there are more.
    """
    every_one = tuple(dict.fromkeys([*sending_addresses, *(text for one in sources for text in one.addresses)]))
    records = [*_authority(names, serial), *_service_mail(names, every_one), *_named(names, sources), *more]
    records += [_address(names.name_server, text) for text in listening_addresses]
    for region in dict.fromkeys((names.region, *regions)):
        here = replace(names, region=region)
        records += [*_hosts(here, sending_addresses, listening_addresses), *_mail(here, every_one)]
    return ServiceZone(names, records, dkim_keys, own_keys, takes_reports)


def _authority(names: ServiceNames, serial: int) -> list[Record]:
    domain = names.service_domain
    timers = f"{serial % 2**32} 3600 600 1209600 {_NEGATIVE_TTL}"
    soa = f"{names.name_server} {_HOSTMASTER}.{domain} {timers}"
    return [
        Record(name=domain, rdtype="SOA", value=soa, ttl=3600),
        Record(name=domain, rdtype="NS", value=names.name_server, ttl=3600),
    ]


def _hosts(names: ServiceNames, sending: Sequence[str], listening: Sequence[str]) -> list[Record]:
    reached = (names.submission_host, names.feedback_host, names.inbound_host, names.tracking_host)
    return [
        *(_address(names.ehlo_name, text) for text in sending),
        *(_address(name, text) for name in reached for text in listening),
    ]


def _named(names: ServiceNames, sources: Sequence[SourceAddress]) -> list[Record]:
    """The name that each source greets with, where it is in this zone: receivers look it up, and its own SPF."""
    own = f".{names.service_domain}"
    inside = [source for source in sources if source.ehlo_name.endswith(own)]
    records = [_address(source.ehlo_name, text) for source in inside for text in source.addresses]
    policies = dict.fromkeys(source.ehlo_name for source in inside)
    return [*records, *(Record(name=name, rdtype="TXT", value="v=spf1 a -all") for name in policies)]


def _address(name: str, text: str) -> Record:
    address = ipaddress.ip_address(text)
    return Record(name=name, rdtype="A" if address.version == 4 else "AAAA", value=str(address))


def _spf(sending: Sequence[str]) -> str:
    """Neighbouring addresses as one network, where they make up a whole one: receivers read no endless records."""
    parts: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = [
        *ipaddress.collapse_addresses(ipaddress.IPv4Network(text) for text in sending if ":" not in text),
        *ipaddress.collapse_addresses(ipaddress.IPv6Network(text) for text in sending if ":" in text),
    ]
    mechanisms = " ".join(f"ip{one.version}:{one if one.num_addresses > 1 else one[0]}" for one in parts)
    return f"v=spf1 {mechanisms} -all" if sending else "v=spf1 -all"


def _service_mail(names: ServiceNames, sending: Sequence[str]) -> list[Record]:
    spf = _spf(sending)
    return [
        Record(name=names.service_domain, rdtype="TXT", value=spf),
        Record(name=names.service_domain, rdtype="MX", value=f"10 {names.feedback_host}"),
        Record(name=f"_dmarc.{names.service_domain}", rdtype="TXT", value="v=DMARC1; p=reject"),
        Record(name=names.spf_include, rdtype="TXT", value=spf),
    ]


def _mail(names: ServiceNames, sending: Sequence[str]) -> list[Record]:
    """What one region needs: its greeting name, and its default MAIL FROM domain."""
    spf = _spf(sending)
    return [
        Record(name=names.ehlo_name, rdtype="TXT", value="v=spf1 a -all"),
        Record(name=names.mail_from_domain, rdtype="TXT", value=spf),
        Record(name=names.mail_from_domain, rdtype="MX", value=f"10 {names.feedback_host}"),
    ]
