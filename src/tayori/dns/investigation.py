"""A close look at the records of one domain: each authoritative server of the zone, and the resolver, side by side.

Owns the walk from the parent zones down to the servers that are responsible, the questions to each of them, and the
limits that keep a hostile zone from costing more than a few seconds and a few hundred packets. Never decides what is
wrong: it gathers evidence for `model.diagnosis`. Whatever a server does ends as a `Seen`. RFC 1034 4.2 (delegation),
RFC 1912 2.8 (lame servers), RFC 4035 3.2.2 (the CD bit).
"""

import asyncio
import errno
import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from tayori.dns.exchange import ExchangeError, Inquiry, ServerAddress, exchange, inquiry
from tayori.dns.record import RecordError, from_rdata, name_text, to_name
from tayori.mail.answer import Answer, AnswerStatus, Resolver
from tayori.model.evidence import Elsewhere, Evidence, Mistake, Seen, SeenStatus, Server, ServerView, ZoneFacts
from tayori.model.identity import Verdict
from tayori.model.proof import ExpectedRecord, Purpose, judge

_MAX_CUTS = 10  # zones between the top and a name
_MAX_VALUES = 512
_CUT_SERVERS = 3
_NO_IPV6 = frozenset({errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})
_CD = dns.flags.CD
_BESIDE = ("CNAME", "A", "AAAA", "TXT", "MX")

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


class ForgetfulResolver(Resolver, Protocol):
    """A Resolver that can be told to ask anew."""

    def forget(self, name: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class InvestigationSettings:
    """Limits, and how authoritative servers are reached.

    Seconds are true ones. NS records of strangers may name any address, so only public ones are asked, and those of
    `allowed_networks`. `port` is 53 but in the rehearsal internet and in tests. `resolvers` are asked once more
    without validation where the resolver fails.
    """

    port: int = 53
    allowed_networks: tuple[Network, ...] = ()
    resolvers: tuple[ServerAddress, ...] = ()
    query_seconds: float = 2.0
    time_limit: float = 20.0
    max_queries: int = 400
    max_servers: int = 8  # of one zone
    in_parallel: int = 32


@dataclass(slots=True, kw_only=True)
class _Zone:
    """A zone while it is looked into: `facts` once its servers were heard."""

    origin: dns.name.Name
    parent: "_Zone | None"
    delegated: tuple[str, ...]
    servers: tuple[Server, ...]
    facts: ZoneFacts | None = None

    @property
    def good_servers(self) -> list[Server]:
        views = self.facts.servers if self.facts else ()
        return [view.server for view in views if view.seen.is_definite]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reply:
    """One server's packet, or why there is none that can be used."""

    message: dns.message.Message | None = None
    status: SeenStatus = SeenStatus.SILENT
    reason: str = ""


class Investigator:
    """Looks into one domain at a time; make a new one for each look."""

    def __init__(self, resolver: ForgetfulResolver, settings: InvestigationSettings | None = None) -> None:
        self._resolver = resolver
        self.settings = settings or InvestigationSettings()
        self._slots = asyncio.Semaphore(self.settings.in_parallel)
        self._queries_left = self.settings.max_queries
        self._deadline = 0.0
        self._zones: dict[dns.name.Name, _Zone] = {}
        self._walking = asyncio.Lock()

    async def investigate(self, domain: str, expected: Sequence[ExpectedRecord]) -> list[Evidence]:
        """The evidence for each record, in order. Ends in time whatever the servers do."""
        self._deadline = asyncio.get_running_loop().time() + self.settings.time_limit
        for record in expected:
            self._resolver.forget(record.name)
        domain_zone = await self._zone_of(domain)
        origin = name_text(domain_zone.origin) if domain_zone else ""
        return list(await asyncio.gather(*(self._look(record, origin) for record in expected)))

    async def zone_of(self, name: str) -> ZoneFacts | None:
        """The zone that holds a name, with what its servers say."""
        self._deadline = asyncio.get_running_loop().time() + self.settings.time_limit
        found = await self._zone_of(name)
        return found.facts if found else None

    # --- one record -------------------------------------------------------------------------------------------

    async def _look(self, expected: ExpectedRecord, domain_zone: str) -> Evidence:
        answer, zone = await asyncio.gather(self._resolve(expected.name, expected.rdtype), self._zone_of(expected.name))
        servers = zone.good_servers if zone else []
        views = await asyncio.gather(*(self._view(server, expected.name, expected.rdtype) for server in servers))
        evidence = Evidence(
            expected=expected,
            answer=answer,
            zone=zone.facts if zone else None,
            domain_zone=domain_zone,
            servers=tuple(views),
        )
        is_matched = judge(expected, answer).verdict is Verdict.MATCHED
        if is_matched and expected.rdtype != "CNAME":
            return evidence
        first = next((view.server for view in views if view.seen.is_definite), None)
        beside = await self._beside(first, expected) if first else {}
        if is_matched:
            return replace(evidence, beside=beside)
        elsewhere, unvalidated, in_parent = await asyncio.gather(
            self._elsewhere(expected, domain_zone, zone, first),
            self._unvalidated(answer),
            self._in_parent(expected, zone),
        )
        return replace(evidence, beside=beside, elsewhere=elsewhere, unvalidated=unvalidated, in_parent=in_parent)

    async def _view(self, server: Server, name: str, rdtype: str) -> ServerView:
        return ServerView(server=server, seen=await self._see(server, name, rdtype))

    async def _beside(self, server: Server, expected: ExpectedRecord) -> Mapping[str, tuple[str, ...]]:
        """What else stands at the name itself; nothing that is only reached by way of an alias."""
        wanted = _BESIDE if expected.rdtype == "CNAME" else ("CNAME",)
        seen = await asyncio.gather(*(self._see(server, expected.name, rdtype) for rdtype in wanted))
        return {rdtype: item.values for rdtype, item in zip(wanted, seen, strict=True) if item.values}

    async def _elsewhere(
        self, expected: ExpectedRecord, domain_zone: str, zone: _Zone | None, server: Server | None
    ) -> tuple[Elsewhere, ...]:
        """Where DNS panels put a record by mistake."""
        places = misplacements(expected, domain_zone)
        found = await asyncio.gather(*(self._stands_at(expected, place.name, zone, server) for place in places))
        return tuple(place for place, stands in zip(places, found, strict=True) if stands)

    async def _stands_at(self, expected: ExpectedRecord, name: str, zone: _Zone | None, server: Server | None) -> bool:
        misplaced = replace(expected, name=name)
        if server is not None and zone is not None and _is_within(name, name_text(zone.origin)):
            answer = (await self._see(server, name, expected.rdtype)).answer_to(misplaced)
        else:
            answer = await self._resolve(name, expected.rdtype)
        return judge(misplaced, answer).verdict is Verdict.MATCHED

    async def _in_parent(self, expected: ExpectedRecord, zone: _Zone | None) -> bool:
        """Servers of the zone above that answer with the record themselves, past their own delegation."""
        parent = zone.parent if zone else None
        if zone is None or parent is None or parent.parent is None:  # a registry's servers hold no such records
            return False
        others = [server for server in parent.servers if server not in zone.servers]
        for server in others[:2]:
            seen = await self._see(server, expected.name, expected.rdtype)
            if judge(expected, seen.answer_to(expected)).verdict is Verdict.MATCHED:
                return True
        return False

    async def _unvalidated(self, answer: Answer) -> Answer | None:
        """The resolver's answer with validation switched off, where it fails with it."""
        if answer.status is not AnswerStatus.SERVER_FAILURE:
            return None
        for server in self.settings.resolvers[:2]:
            # Only a failure that goes away with the CD bit is one of validation; others have other causes.
            validated = await self._ask_at(server, _question(answer.name, answer.rdtype, dns.flags.RD))
            if validated.message is None or validated.message.rcode() != dns.rcode.SERVFAIL:
                continue
            reply = await self._ask_at(server, _question(answer.name, answer.rdtype, dns.flags.RD | _CD))
            if reply.message is not None and reply.message.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
                status = AnswerStatus.FOUND if reply.message.answer else AnswerStatus.NODATA
                return replace(answer, status=status)
        return None

    # --- zones --------------------------------------------------------------------------------------------------

    async def _zone_of(self, name: str) -> _Zone | None:
        """Walk down from the top-level domain to the zone that holds `name`, and hear its servers."""
        try:
            target = to_name(name)
        except RecordError:
            return None
        async with self._walking:  # one at a time, so that names of one domain share what was found
            zone = await self._top(target)
            for _ in range(_MAX_CUTS):
                if zone is None:
                    return None
                below = await self._next_cut(zone, target)
                if below is None:
                    break
                zone = below
            if zone is not None and zone.facts is None:
                zone.facts = await self._hear(zone)
            return zone

    async def _top(self, target: dns.name.Name) -> _Zone | None:
        """Where the walk begins: the top-level domain, as the resolver knows it; the root where it knows none."""
        for origin in (target.split(2)[1] if len(target) > 1 else dns.name.root, dns.name.root):
            known = self._zones.get(origin)
            if known is not None:
                return known
            answer = await self._resolve(name_text(origin), "NS")
            if answer.exists:
                servers = await self._servers_of(answer.values, {})
                return self._keep(_Zone(origin=origin, parent=None, delegated=answer.values, servers=servers))
        return None

    async def _next_cut(self, zone: _Zone, target: dns.name.Name) -> _Zone | None:
        """The zone below `zone` on the way to `target`; None where `zone` holds it or nobody tells."""
        known = [origin for origin in self._zones if target.is_subdomain(origin) and _is_below(origin, zone.origin)]
        if known:
            return self._zones[min(known, key=len)]
        if zone.parent is None:  # a registry's servers agree; one that answers is enough
            for server in zone.servers:
                is_answered, below = await self._cut_at(server, zone, target)
                if is_answered:
                    return below
            return None
        # Servers that do not know of a delegation hide it from some resolvers only, so ask more than one.
        found = await asyncio.gather(*(self._cut_at(server, zone, target) for server in zone.servers[:_CUT_SERVERS]))
        return next((below for _, below in found if below is not None), None)

    async def _cut_at(self, server: Server, zone: _Zone, target: dns.name.Name) -> tuple[bool, _Zone | None]:
        """Whether one server gave a usable answer, and the zone below that it tells of."""
        message = (await self._ask(server, name_text(target), "SOA")).message
        if message is None or message.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            return False, None
        is_authoritative = bool(message.flags & dns.flags.AA)
        if is_authoritative and _is_alias_at(message, target) and len(target) > len(zone.origin) + 1:
            # An alias is never a zone's top: the name above it tells.
            message = (await self._ask(server, name_text(target.parent()), "SOA")).message or message
        below = await self._cut_in(message, zone, target)
        return is_authoritative or below is not None, below

    async def _cut_in(self, message: dns.message.Message, zone: _Zone, target: dns.name.Name) -> _Zone | None:
        if message.flags & dns.flags.AA:
            origin = _soa_owner(message)
            if origin is None or not _is_below(origin, zone.origin) or not target.is_subdomain(origin):
                return None
            # The same servers hold both zones, so they never send a referral.
            return self._keep(_Zone(origin=origin, parent=zone, delegated=(), servers=zone.servers))
        for rrset in message.authority:
            if rrset.rdtype == dns.rdatatype.NS and _is_below(rrset.name, zone.origin):
                if not target.is_subdomain(rrset.name):
                    continue
                names = tuple(name_text(rdata.target) for rdata in list(rrset)[: self.settings.max_servers])
                servers = await self._servers_of(names, _glue(message))
                return self._keep(_Zone(origin=rrset.name, parent=zone, delegated=names, servers=servers))
        return None

    def _keep(self, zone: _Zone) -> _Zone:
        return self._zones.setdefault(zone.origin, zone)

    async def _servers_of(self, names: Iterable[str], glue: Mapping[str, list[str]]) -> tuple[Server, ...]:
        """An address for each name server: of version 4 where there is one, since not every host has the other."""
        wanted = list(dict.fromkeys(names))[: self.settings.max_servers]
        addresses = await asyncio.gather(*(self._addresses(name, glue.get(name, [])) for name in wanted))
        return tuple(
            Server(name=name, address=address)
            for name, found in zip(wanted, addresses, strict=True)
            for address in (found[:2] or [""])
        )[: self.settings.max_servers]

    async def _addresses(self, name: str, glue: list[str]) -> list[str]:
        if glue:
            return [address for address in glue if ":" not in address] or glue
        for rdtype in ("A", "AAAA"):
            answer = await self._resolve(name, rdtype)
            if answer.exists:
                return list(answer.values)
        return []

    async def _hear(self, zone: _Zone) -> ZoneFacts:
        """Ask each server of a zone for its SOA and NS records; servers that only the zone itself names, too."""
        origin = name_text(zone.origin)
        views = list(await asyncio.gather(*(self._view(server, origin, "SOA") for server in zone.servers)))
        good = next((view.server for view in views if view.seen.is_definite), None)
        listed = (await self._see(good, origin, "NS")).values if good else ()
        known = {server.name for server in zone.servers}
        more = await self._servers_of([name for name in listed if name not in known], {})
        room = self.settings.max_servers - len(views)
        views += await asyncio.gather(*(self._view(server, origin, "SOA") for server in more[: max(room, 0)]))
        if not zone.delegated and listed:
            views = [view for view in views if view.server.name in listed or view.server in more]
        return ZoneFacts(
            origin=origin,
            parent=name_text(zone.parent.origin) if zone.parent else ".",
            delegated=zone.delegated,
            listed=listed,
            servers=tuple(views),
        )

    # --- one question ---------------------------------------------------------------------------------------------

    async def _resolve(self, name: str, rdtype: str) -> Answer:
        """The configured resolver's answer, in the time that is left."""
        try:
            async with asyncio.timeout_at(self._deadline):
                return await self._resolver.resolve(name, rdtype)
        except TimeoutError:
            return Answer(name=name, rdtype=rdtype, status=AnswerStatus.TIMEOUT)

    async def _see(self, server: Server, name: str, rdtype: str) -> Seen:
        reply = await self._ask(server, name, rdtype)
        if reply.message is None:
            return Seen(status=reply.status, reason=reply.reason)
        return _seen(reply.message, to_name(name), dns.rdatatype.from_text(rdtype))

    async def _ask(self, server: Server, name: str, rdtype: str) -> _Reply:
        if not server.address:
            return _Reply(status=SeenStatus.UNREACHABLE, reason="its name has no address")
        if not self._may_be_asked(server.address):
            return _Reply(status=SeenStatus.NOT_ASKED, reason="its address is not public")
        return await self._ask_at((server.address, self.settings.port), _question(name, rdtype, 0))

    def _may_be_asked(self, text: str) -> bool:
        address = ipaddress.ip_address(text)
        return address.is_global or any(address in network for network in self.settings.allowed_networks)

    async def _ask_at(self, address: ServerAddress, asked: Inquiry) -> _Reply:
        async with self._slots:
            left = self._deadline - asyncio.get_running_loop().time()
            if left <= 0 or self._queries_left <= 0:
                return _Reply(status=SeenStatus.NOT_ASKED)
            self._queries_left -= 1
            try:
                message = await exchange(address, asked, min(self.settings.query_seconds, left))
            except TimeoutError:
                return _Reply(status=SeenStatus.SILENT)
            except OSError as error:
                if ":" in address[0] and error.errno in _NO_IPV6:
                    return _Reply(status=SeenStatus.NOT_ASKED, reason="this host has no IPv6")
                return _Reply(status=SeenStatus.UNREACHABLE, reason=error.strerror or "no way to it")
            except ExchangeError as error:
                return _Reply(status=SeenStatus.BROKEN, reason=str(error))
            return _Reply(message=message)


# --- places where records end up -----------------------------------------------------------------------------------


def misplacements(expected: ExpectedRecord, zone: str) -> list[Elsewhere]:
    """Names at which DNS panels and people leave a record that belongs to `expected.name`."""
    name, domain = expected.name, expected.domain
    host = name.removesuffix(f".{domain}") if name != domain else ""
    found = [Elsewhere(mistake=Mistake.NAME_DOUBLED, name=f"{name}.{parent}") for parent in (domain, zone) if parent]
    if zone and zone != domain and host:
        found.append(Elsewhere(mistake=Mistake.SUBDOMAIN_DROPPED, name=f"{host}.{zone}"))
    if expected.purpose in (Purpose.DKIM, Purpose.DKIM_ED25519) and "._domainkey" in host:
        found.append(Elsewhere(mistake=Mistake.DOMAINKEY_MISSING, name=name.replace("._domainkey.", ".", 1)))
    if "_" in name:
        found.append(Elsewhere(mistake=Mistake.UNDERSCORE_REFUSED, name=name.replace("_", "")))
    return [place for place in {place.name: place for place in found}.values() if len(place.name) <= 253]


def _is_within(name: str, origin: str) -> bool:
    return origin == "." or name == origin or name.endswith(f".{origin}")


def _is_below(name: dns.name.Name, origin: dns.name.Name) -> bool:
    return name != origin and name.is_subdomain(origin)


# --- what a packet says ------------------------------------------------------------------------------------------


def _question(name: str, rdtype: str, flags: int) -> Inquiry:
    return replace(inquiry(to_name(name), rdtype, wants_validation=False), flags=flags)


def _seen(message: dns.message.Message, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> Seen:
    rcode = message.rcode()
    if rcode not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return Seen(status=SeenStatus.LAME, reason=dns.rcode.to_text(rcode))
    if not message.flags & dns.flags.AA:
        return Seen(status=SeenStatus.LAME, reason="not authoritative")
    at_name = {rrset.rdtype: rrset for rrset in message.answer if rrset.name == name}
    wanted = at_name.get(rdtype)
    if wanted is not None:
        values = tuple(from_rdata(rdata) for rdata in list(wanted)[:_MAX_VALUES])
        return Seen(status=SeenStatus.FOUND, values=values, ttl=wanted.ttl)
    alias = at_name.get(dns.rdatatype.CNAME)
    if alias is not None:
        return Seen(status=SeenStatus.ALIAS, ttl=alias.ttl, alias=name_text(alias[0].target))
    return Seen(status=SeenStatus.NXDOMAIN if rcode == dns.rcode.NXDOMAIN else SeenStatus.NODATA)


def _is_alias_at(message: dns.message.Message, name: dns.name.Name) -> bool:
    return any(rrset.rdtype == dns.rdatatype.CNAME and rrset.name == name for rrset in message.answer)


def _soa_owner(message: dns.message.Message) -> dns.name.Name | None:
    owners = [rrset.name for rrset in (*message.answer, *message.authority) if rrset.rdtype == dns.rdatatype.SOA]
    return owners[0] if owners else None


def _glue(message: dns.message.Message) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for rrset in message.additional:
        if rrset.rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA):
            found.setdefault(name_text(rrset.name), []).extend(rdata.address for rdata in rrset)
    return found
