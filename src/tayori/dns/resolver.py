"""The resolver that everyone in the house is handed: questions to recursive servers, with a cache.

Owns the choice among servers, what an answer means, and the cache on service time. Never recurses by itself,
never raises, never trusts: whatever a server sends ends as an Answer, at worst SERVER_FAILURE. RFC 1034 5,
RFC 2308 (negative caching), RFC 9520 (failures are kept only briefly).
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype

from tayori.clock import Clock
from tayori.dns.exchange import ExchangeError, ServerAddress, exchange, inquiry
from tayori.dns.record import RDTYPES, from_rdata, name_text
from tayori.mail.answer import Answer, AnswerStatus

_LOG = logging.getLogger(__name__)

_MAX_ALIASES = 8
_RESOLV_CONF = Path("/etc/resolv.conf")

_Key: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolverSettings:
    """Limits. `try_seconds` and `time_limit` are true seconds, the TTLs are seconds of service time.

    `trust_ad` says that the servers validate DNSSEC and that the way to them is safe (loopback): only then
    does the AD bit count.
    """

    try_seconds: tuple[float, ...] = (1.5, 3.0, 5.0)
    time_limit: float = 10.0
    max_ttl: int = 3600
    max_negative_ttl: int = 900
    failure_ttl: int = 5
    max_entries: int = 20_000
    max_outstanding: int = 256
    trust_ad: bool = False


def server_of(text: str) -> tuple[str, int]:
    """`host:port`, `[v6]:port`, or a host alone, which means port 53."""
    host, colon, port = text.rpartition(":")
    if not colon or "]" in port or (":" in host and not host.startswith("[")):
        return text.strip("[]"), 53
    return host.strip("[]"), int(port)


def system_servers(path: Path = _RESOLV_CONF) -> list[ServerAddress]:
    """The name servers that the machine is set up with; its own loopback when it names none."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    words = [line.split() for line in lines]
    return [(word[1], 53) for word in words if len(word) >= 2 and word[0] == "nameserver"] or [("127.0.0.1", 53)]


class CachingResolver:
    """Implements `tayori.mail.answer.Resolver` over `servers`, or over the machine's own when there are
    none.
    """

    def __init__(
        self, servers: Sequence[ServerAddress], clock: Clock, settings: ResolverSettings | None = None
    ) -> None:
        self._servers = list(servers) or system_servers()
        self._clock = clock
        self._settings = settings or ResolverSettings()
        self._cache: OrderedDict[_Key, tuple[float, Answer]] = OrderedDict()
        self._flights: dict[_Key, asyncio.Task[Answer]] = {}
        self._slots = asyncio.Semaphore(self._settings.max_outstanding)

    async def resolve(self, name: str, rdtype: str) -> Answer:
        """The answer to one question; equal questions at the same time are asked once."""
        key = (name.removesuffix(".").lower(), rdtype.upper())
        cached = self._cached(key)
        if cached is not None:
            return cached
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = asyncio.get_running_loop().create_task(self._fly(key))
        await asyncio.wait({flight})  # one caller that gives up does not take the answer from the others
        return _failure(key) if flight.cancelled() else flight.result()

    def forget(self, name: str) -> None:
        """Ask anew next time: an administrator who has just changed a record does not want to hear of the
        old one.
        """
        for rdtype in RDTYPES:
            key = (name.removesuffix(".").lower(), rdtype)
            self._cache.pop(key, None)
            self._flights.pop(key, None)

    async def close(self) -> None:
        """Give up every question under way."""
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    # --- cache ----------------------------------------------------------------------------------------------

    def _cached(self, key: _Key) -> Answer | None:
        until, answer = self._cache.get(key, (0.0, None))
        if answer is None:
            return None
        left = until - self._now()
        if left <= 0:
            del self._cache[key]
            return None
        self._cache.move_to_end(key)
        return replace(answer, ttl=int(left))

    def _keep(self, key: _Key, answer: Answer) -> None:
        seconds = answer.ttl if answer.is_definite else self._settings.failure_ttl
        if seconds > 0:
            self._cache[key] = (self._now() + seconds, answer)
            self._cache.move_to_end(key)
        while len(self._cache) > self._settings.max_entries:
            self._cache.popitem(last=False)

    def _now(self) -> float:
        return self._clock.now().timestamp()

    # --- questions ------------------------------------------------------------------------------------------

    async def _fly(self, key: _Key) -> Answer:
        """Ask once on behalf of all who wait, and keep the answer unless it was forgotten meanwhile."""
        try:
            async with asyncio.timeout(self._settings.time_limit), self._slots:
                answer = await self._follow(key)
        except TimeoutError:
            answer = Answer(name=key[0], rdtype=key[1], status=AnswerStatus.TIMEOUT)
        except Exception:  # the promise never to raise covers our own mistakes too
            _LOG.exception("dns.resolver_failed")
            answer = _failure(key)
        if self._flights.get(key) is asyncio.current_task():
            self._keep(key, answer)
            del self._flights[key]
        return answer

    async def _follow(self, key: _Key) -> Answer:
        """Ask, and go on where a server has left an alias unfollowed."""
        name, rdtype = key
        target = _question_name(name)
        if target is None:  # such a name cannot exist in the DNS (RFC 1035 2.3.4)
            return Answer(name=name, rdtype=rdtype, status=AnswerStatus.NXDOMAIN)
        if rdtype not in RDTYPES:
            return _failure(key)
        ttl, authenticated = self._settings.max_ttl, self._settings.trust_ad
        for _ in range(_MAX_ALIASES):
            message = await self._ask(target, rdtype)
            if not isinstance(message, dns.message.QueryMessage):
                return Answer(name=name, rdtype=rdtype, status=message)
            authenticated = authenticated and bool(message.flags & dns.flags.AD)
            try:
                chain = message.resolve_chaining()
            except dns.exception.DNSException:
                return _failure(key)
            ttl, target = min(ttl, chain.minimum_ttl), chain.canonical_name
            if not _leaves_alias_open(message, chain):
                answer = _conclude(key, message, chain, ttl=ttl, authenticated=authenticated)
                limit = self._settings.max_ttl if answer.exists else self._settings.max_negative_ttl
                return replace(answer, ttl=min(answer.ttl, limit))
        return _failure(key)

    async def _ask(self, name: dns.name.Name, rdtype: str) -> dns.message.QueryMessage | AnswerStatus:
        """A usable answer from any server.

        One that fails is not asked again; one that is silent is, with more time.
        """
        status = AnswerStatus.TIMEOUT
        asked = inquiry(name, rdtype, wants_validation=self._settings.trust_ad)
        candidates = list(self._servers)
        for seconds in self._settings.try_seconds:
            for server in list(candidates):
                try:
                    message = await exchange(server, asked, seconds)
                except TimeoutError:
                    continue
                except (OSError, ExchangeError):
                    message = None
                if isinstance(message, dns.message.QueryMessage) and _is_usable(message):
                    self._prefer(server)
                    return message
                status = AnswerStatus.SERVER_FAILURE
                candidates.remove(server)
        return status

    def _prefer(self, server: ServerAddress) -> None:
        if self._servers[0] != server:
            self._servers.remove(server)
            self._servers.insert(0, server)


def _failure(key: _Key) -> Answer:
    return Answer(name=key[0], rdtype=key[1], status=AnswerStatus.SERVER_FAILURE)


def _question_name(name: str) -> dns.name.Name | None:
    """The name label by label, without the escapes of zone files: names come from mail, not from a zone's
    author.
    """
    try:
        labels = [label.encode("ascii") for label in name.split(".")] if name else []
        return dns.name.Name([*labels, b""])
    except (dns.exception.DNSException, UnicodeError):
        return None


def _is_usable(message: dns.message.QueryMessage) -> bool:
    """True for what the zone says; false for errors and for a referral, which a recursive server never
    gives.
    """
    if message.rcode() == dns.rcode.NXDOMAIN:
        return True
    is_referral = (
        not message.answer
        and not message.flags & (dns.flags.AA | dns.flags.RA)
        and any(rrset.rdtype == dns.rdatatype.NS for rrset in message.authority)
    )
    return message.rcode() == dns.rcode.NOERROR and not is_referral


def _has_soa(message: dns.message.QueryMessage) -> bool:
    return any(rrset.rdtype == dns.rdatatype.SOA for rrset in message.authority)


def _leaves_alias_open(message: dns.message.QueryMessage, chain: dns.message.ChainingResult) -> bool:
    return (
        chain.answer is None and bool(chain.cnames) and message.rcode() == dns.rcode.NOERROR and not _has_soa(message)
    )


def _conclude(
    key: _Key,
    message: dns.message.QueryMessage,
    chain: dns.message.ChainingResult,
    *,
    ttl: int,
    authenticated: bool,
) -> Answer:
    if chain.answer is not None:
        status = AnswerStatus.FOUND
    elif message.rcode() == dns.rcode.NXDOMAIN:
        status = AnswerStatus.NXDOMAIN
    else:
        status = AnswerStatus.NODATA
    if status is not AnswerStatus.FOUND and not _has_soa(message):
        ttl = 0  # RFC 2308 5: nothing says for how long it holds
    return Answer(
        name=key[0],
        rdtype=key[1],
        status=status,
        values=tuple(from_rdata(rdata) for rdata in chain.answer) if chain.answer is not None else (),
        ttl=ttl,
        canonical_name=name_text(chain.canonical_name),
        authenticated=authenticated,
    )
