"""The name server of the rehearsal internet: authoritative for `.test`, and a resolver for all who live there.

Owns the walk from one zone to the next: along CNAME records, and over the delegation to the service's own name
server, which is really asked over UDP or TCP. Never invents an answer: outside `.test` and
the loopback network it refuses. RFC 1034 4.3.2 and 5.3.3. Packets, limits and TCP are `tayori.dns.server`'s.

Asked as a resolver (RD), it sees each zone through the zone's own name servers, faults included; asked as a name
server, it refers to those of them that are elsewhere.
"""

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

import dns.flags
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from tayori.clock import Clock, SystemClock
from tayori.dns.exchange import ExchangeError, exchange, inquiry
from tayori.dns.record import RecordError, from_rdata, name_text, to_name, to_rdata
from tayori.dns.server import AuthoritativeServer, ServerLimits
from tayori.dns.wire import Question
from tayori.dns.zone import Lookup, Zone, ZoneSource
from tayori.mail.answer import Answer, AnswerStatus
from tayori.rehearsal import name_servers
from tayori.rehearsal.zones import RecordBook

_LOG = logging.getLogger(__name__)
_MAX_HOPS = 12
_ASK_SECONDS = 4.0
_KEEP_SECONDS = 1.0
_MAX_KEPT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """The service's domain and where its authoritative server listens."""

    domain: str
    host: str
    port: int


class AskedAs(Enum):
    """The part that the one server plays for a question."""

    RESOLVER = "resolver"
    RESOLVER_WITHOUT_VALIDATION = "resolver without validation"  # RFC 4035 3.2.2: the CD bit
    NAME_SERVER = "name server"

    @classmethod
    def of(cls, flags: int) -> "AskedAs":
        if not flags & dns.flags.RD:
            return cls.NAME_SERVER
        return cls.RESOLVER_WITHOUT_VALIDATION if flags & dns.flags.CD else cls.RESOLVER


class RehearsalInternet:
    """Answers every question that the name server gets. By itself it is the ZoneSource of a resolver."""

    def __init__(self, book: RecordBook, service: Delegation, clock: Clock | None = None) -> None:
        self.origin = dns.name.root
        self._book = book
        self._service = service
        self._service_origin = to_name(service.domain)
        self._clock = clock or SystemClock()
        self._kept: dict[tuple[dns.name.Name, dns.rdatatype.RdataType], tuple[datetime, Lookup]] = {}

    @property
    def version(self) -> int:
        return self._book.version

    async def lookup(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> Lookup:
        return await self.answer(name, rdtype, AskedAs.RESOLVER)

    async def answer(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType, asked_as: AskedAs) -> Lookup:
        """The whole chain of aliases, and what is at its end."""
        answer: list[dns.rrset.RRset] = []
        for _ in range(_MAX_HOPS):
            found = await self._ask(name, rdtype, asked_as)
            if found.rcode == dns.rcode.REFUSED and answer:
                found = _failure(dns.rcode.SERVFAIL)
            answer.extend(found.answer)
            target = _alias(found, rdtype)
            if target is None:
                return _joined(found, answer)
            name = target
        return _failure(dns.rcode.SERVFAIL)  # a loop of aliases

    async def _ask(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType, asked_as: AskedAs) -> Lookup:
        if name.is_subdomain(self._service_origin):
            return await self._ask_service(name, rdtype)
        zone = self._book.zone_for(name)
        if zone is None:
            return _failure(dns.rcode.REFUSED)
        found = self._seen(zone, name, rdtype, asked_as)
        if found.authoritative or found.rcode != dns.rcode.NOERROR or _refers_elsewhere(found):
            return found
        targets = [rdata.target for rrset in found.authority for rdata in rrset]
        if any(target.is_subdomain(self._service_origin) for target in targets):
            return await self._ask_service(name, rdtype)
        return _failure(dns.rcode.SERVFAIL)  # no other name server exists: the delegation is lame

    # --- a zone through its name servers ----------------------------------------------------------------------

    def _seen(self, zone: Zone, name: dns.name.Name, rdtype: dns.rdatatype.RdataType, asked_as: AskedAs) -> Lookup:
        ns = zone.lookup(zone.origin, dns.rdatatype.NS)
        servers = {name_text(rdata.target) for rrset in ns.answer for rdata in rrset}
        if asked_as is AskedAs.NAME_SERVER:
            if servers <= name_servers.ELSEWHERE:
                return Lookup(authority=ns.answer, authoritative=False)
            return self._of(zone, name, rdtype)
        if name_servers.BOGUS in servers and asked_as is AskedAs.RESOLVER:
            return _failure(dns.rcode.SERVFAIL)
        if servers <= name_servers.ELSEWHERE:
            bare = self._book.bare_zone_for(name)
            return bare.lookup(name, rdtype) if bare else _failure(dns.rcode.SERVFAIL)
        if name_servers.CACHED in servers:
            return self._remembered(zone, name, rdtype)
        return self._of(zone, name, rdtype)

    def _of(self, zone: Zone, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> Lookup:
        beside = self._book.alias_beside(name) if rdtype == dns.rdatatype.CNAME else None
        if beside is None:
            return zone.lookup(name, rdtype)
        return Lookup(answer=(dns.rrset.from_rdata(name, beside.ttl, to_rdata(beside.rdtype, beside.value)),))

    def _remembered(self, zone: Zone, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> Lookup:
        """As a resolver with a cache answers: what it heard first, until its TTL is over (RFC 1034 7.4, RFC 2308 5)."""
        now, key = self._clock.now(), (name, rdtype)
        until, found = self._kept.get(key, (now, None))
        if found is None or until <= now:
            found = self._of(zone, name, rdtype)
            seconds = min((rrset.ttl for rrset in (*found.answer, *found.authority)), default=0)
            until = now + timedelta(seconds=seconds)
            if len(self._kept) >= _MAX_KEPT:
                self._kept.clear()
            self._kept[key] = until, found
        return _aged(found, max(int((until - now).total_seconds()), 0))

    async def _ask_service(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> Lookup:
        asked = inquiry(name, dns.rdatatype.to_text(rdtype), wants_validation=False)
        try:
            reply = await exchange((self._service.host, self._service.port), asked, _ASK_SECONDS)
        except (ExchangeError, OSError, TimeoutError) as error:
            _LOG.info("rehearsal.dns_no_answer name=%s error=%s", name, type(error).__name__)
            return _failure(dns.rcode.SERVFAIL)
        if reply.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            return _failure(dns.rcode.SERVFAIL)
        return Lookup(
            rcode=reply.rcode(),
            answer=tuple(reply.answer),
            authority=tuple(reply.authority),
            authoritative=False,
            keep_seconds=0.0,
        )


def _refers_elsewhere(found: Lookup) -> bool:
    targets = {name_text(rdata.target) for rrset in found.authority for rdata in rrset}
    return bool(targets) and targets <= name_servers.ELSEWHERE


def _aged(found: Lookup, seconds: int) -> Lookup:
    def aged(rrsets: tuple[dns.rrset.RRset, ...]) -> tuple[dns.rrset.RRset, ...]:
        return tuple(dns.rrset.from_rdata_list(rrset.name, seconds, list(rrset)) for rrset in rrsets)

    return replace(found, answer=aged(found.answer), authority=aged(found.authority))


def _alias(found: Lookup, rdtype: dns.rdatatype.RdataType) -> dns.name.Name | None:
    """Where the answer leads on to, when it ends in an alias and nothing was said about the alias's target."""
    if rdtype in (dns.rdatatype.CNAME, dns.rdatatype.ANY) or found.rcode != dns.rcode.NOERROR or not found.answer:
        return None
    last = found.answer[-1]
    if last.rdtype != dns.rdatatype.CNAME or found.authority:
        return None
    target: dns.name.Name = last[0].target
    return target


def _joined(last: Lookup, answer: list[dns.rrset.RRset]) -> Lookup:
    is_negative = last.rcode != dns.rcode.NOERROR or not last.answer
    return Lookup(
        rcode=last.rcode,
        answer=tuple(answer),
        authority=last.authority if is_negative or not answer else (),
        authoritative=last.authoritative,
        recursive=True,
        # Whoever changes a record in the rehearsal wants to see it now: only unchanging answers are kept.
        keep_seconds=0.0,
    )


def _failure(rcode: dns.rcode.Rcode) -> Lookup:
    return Lookup(rcode=rcode, authoritative=False, recursive=True, keep_seconds=0.0)


class InternetResolver:
    """The Resolver that the rehearsal's own mail servers use: the same walk, without a packet to themselves.

    What was found is kept for a second, unless a zone is edited or its TTL is over by `clock`, which may be advanced:
    mail comes in bursts that ask the same questions. What was not found is never kept, so that nobody waits for a
    record that was just put right.
    """

    def __init__(self, internet: RehearsalInternet, clock: Clock) -> None:
        self._internet = internet
        self._clock = clock
        self._kept: dict[tuple[str, str], tuple[float, datetime, Answer]] = {}
        self._kept_version = internet.version

    async def resolve(self, name: str, rdtype: str) -> Answer:
        now, version = asyncio.get_running_loop().time(), self._internet.version
        if version != self._kept_version or len(self._kept) > _MAX_KEPT:
            self._kept.clear()
            self._kept_version = version
        kept = self._kept.get((name, rdtype))
        if kept is not None and now < kept[0] and self._clock.now() < kept[1]:
            return kept[2]
        answer = await self._ask(name, rdtype)
        if answer.exists and self._internet.version == version:
            ends = self._clock.now() + timedelta(seconds=answer.ttl)
            self._kept[name, rdtype] = (now + _KEEP_SECONDS, ends, answer)
        return answer

    async def _ask(self, name: str, rdtype: str) -> Answer:
        try:
            wanted = dns.rdatatype.from_text(rdtype)
            found = await self._internet.lookup(to_name(name.replace("\\", "\\\\")), wanted)
        except RecordError:
            return Answer(name=name, rdtype=rdtype, status=AnswerStatus.NXDOMAIN)
        except Exception:
            _LOG.exception("rehearsal.lookup_failed")
            return Answer(name=name, rdtype=rdtype, status=AnswerStatus.SERVER_FAILURE)
        return _answer(name, rdtype, wanted, found)


def _answer(name: str, rdtype: str, wanted: dns.rdatatype.RdataType, found: Lookup) -> Answer:
    if found.rcode == dns.rcode.NXDOMAIN:
        return Answer(name=name, rdtype=rdtype, status=AnswerStatus.NXDOMAIN)
    if found.rcode != dns.rcode.NOERROR:
        return Answer(name=name, rdtype=rdtype, status=AnswerStatus.SERVER_FAILURE)
    matching = [rrset for rrset in found.answer if rrset.rdtype == wanted]
    if not matching:
        return Answer(name=name, rdtype=rdtype, status=AnswerStatus.NODATA)
    return Answer(
        name=name,
        rdtype=rdtype,
        status=AnswerStatus.FOUND,
        values=tuple(from_rdata(rdata) for rrset in matching for rdata in rrset),
        ttl=min(rrset.ttl for rrset in matching),
        canonical_name=name_text(matching[-1].name),
    )


class _View:
    """The ZoneSource of one of the parts."""

    def __init__(self, internet: RehearsalInternet, asked_as: AskedAs) -> None:
        self.origin = dns.name.root
        self._internet = internet
        self._asked_as = asked_as

    @property
    def version(self) -> int:
        return self._internet.version

    async def lookup(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> Lookup:
        return await self._internet.answer(name, rdtype, self._asked_as)


class InternetNameServer(AuthoritativeServer):
    """The listening side, UDP and TCP on one port. A question's flags say what it is asked as."""

    def __init__(self, internet: RehearsalInternet) -> None:
        self._views = {asked_as: _View(internet, asked_as) for asked_as in AskedAs}
        limits = ServerLimits(responses_per_second=0, lookup_seconds=_ASK_SECONDS * 2.5)
        super().__init__([internet], limits)

    def source_of(self, question: Question) -> ZoneSource | None:
        return self._views[AskedAs.of(question.flags)]

    async def stop(self) -> None:
        async with asyncio.timeout(5):
            await super().stop()
