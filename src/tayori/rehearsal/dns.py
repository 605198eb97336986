"""The name server of the rehearsal internet: authoritative for `.test`, and a resolver for all who live there.

Owns the walk from one zone to the next: along CNAME records, and over the delegation to the service's own name
server, which is really asked over UDP or TCP. Never invents an answer: outside `.test` and
the loopback network it refuses. RFC 1034 4.3.2 and 5.3.3. Packets, limits and TCP are `tayori.dns.server`'s.
"""

import asyncio
import logging
from dataclasses import dataclass

import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from tayori.dns.exchange import ExchangeError, exchange, inquiry
from tayori.dns.record import RecordError, from_rdata, name_text, to_name
from tayori.dns.server import AuthoritativeServer, ServerLimits
from tayori.dns.zone import Lookup
from tayori.mail.answer import Answer, AnswerStatus
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


class RehearsalInternet:
    """A ZoneSource for the root: every question that the name server gets ends here."""

    def __init__(self, book: RecordBook, service: Delegation) -> None:
        self.origin = dns.name.root
        self._book = book
        self._service = service
        self._service_origin = to_name(service.domain)

    @property
    def version(self) -> int:
        return self._book.version

    async def lookup(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> Lookup:
        """Answer as a resolver: the whole chain of aliases, and what is at its end."""
        answer: list[dns.rrset.RRset] = []
        for _ in range(_MAX_HOPS):
            found = await self._ask(name, rdtype)
            if found.rcode == dns.rcode.REFUSED and answer:
                found = _failure(dns.rcode.SERVFAIL)
            answer.extend(found.answer)
            target = _alias(found, rdtype)
            if target is None:
                return _joined(found, answer)
            name = target
        return _failure(dns.rcode.SERVFAIL)  # a loop of aliases

    async def _ask(self, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> Lookup:
        if name.is_subdomain(self._service_origin):
            return await self._ask_service(name, rdtype)
        zone = self._book.zone_for(name)
        if zone is None:
            return _failure(dns.rcode.REFUSED)
        found = zone.lookup(name, rdtype)
        if found.authoritative:
            return found
        targets = [rdata.target for rrset in found.authority for rdata in rrset]
        if any(target.is_subdomain(self._service_origin) for target in targets):
            return await self._ask_service(name, rdtype)
        return _failure(dns.rcode.SERVFAIL)  # no other name server exists: the delegation is lame

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

    What was found is kept for a second, unless a zone is edited: mail comes in bursts that ask the same questions.
    What was not found is never kept, so that nobody waits for a record that was just put right.
    """

    def __init__(self, internet: RehearsalInternet) -> None:
        self._internet = internet
        self._kept: dict[tuple[str, str], tuple[float, Answer]] = {}
        self._kept_version = internet.version

    async def resolve(self, name: str, rdtype: str) -> Answer:
        now, version = asyncio.get_running_loop().time(), self._internet.version
        if version != self._kept_version or len(self._kept) > _MAX_KEPT:
            self._kept.clear()
            self._kept_version = version
        until, answer = self._kept.get((name, rdtype), (0.0, None))
        if answer is not None and now < until:
            return answer
        answer = await self._ask(name, rdtype)
        if answer.exists and self._internet.version == version:
            self._kept[name, rdtype] = (now + _KEEP_SECONDS, answer)
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


class InternetNameServer:
    """The listening side, UDP and TCP on one port."""

    def __init__(self, internet: RehearsalInternet) -> None:
        limits = ServerLimits(responses_per_second=0, lookup_seconds=_ASK_SECONDS * 2.5)
        self._server = AuthoritativeServer([internet], limits)

    async def start(self, host: str, port: int) -> None:
        await self._server.start(host, port)

    @property
    def port(self) -> int:
        return self._server.port

    async def stop(self) -> None:
        async with asyncio.timeout(5):
            await self._server.stop()
