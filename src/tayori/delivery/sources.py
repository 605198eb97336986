"""Which source address a message leaves from, or which relay takes it.

Owns the choice among the addresses of a pool (weights, warm-up, rest, health), the overflow of an address that warms up
into the shared pool (as on SES), and the counts that all of it depends on: in memory, taken in slices by whoever keeps
rows (`app`). Never reads rows, never connects. Called for each message and recipient domain: nothing here waits.

    pool of the configuration set, else the account's default pool, else the shared pool, else the machine's own way out
"""

import logging
import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tayori.clock import Clock
from tayori.delivery.egress import Egress, Proxy, ProxyKind, Relay, RelayTls
from tayori.model import warmup
from tayori.model.message import AttemptReport, FailureScope, Outcome, OutcomeKind, Outgoing
from tayori.model.shaping import Providers
from tayori.model.source import (
    DEFAULT_POOL,
    SHARED_POOL,
    MailRoute,
    Rest,
    SourceAddress,
    SourcePlan,
    Tally,
    checked_via,
    route_for,
)

log = logging.getLogger("tayori.delivery")

_HEALTH_MEMORY = 200  # outcomes that weigh; twice as many are halved
_MOST_NAMES = 50_000
_LONGEST_WAIT = timedelta(minutes=15)
_LEAST_HEALTH = 0.1  # an address that is deferred all the time still gets a tenth of its share, to be seen to recover
_EPOCH = datetime(1970, 1, 1).toordinal()

Key = tuple[str, str]  # address, provider (or, for a small provider, the domain)
Secret = Callable[[str], str]  # what stands behind file:… or env:…


class SecretMissing(Exception):
    """A password is not where it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """What has happened since the last slice was taken."""

    done: Mapping[tuple[int, str, str], Tally]  # (day, address, provider)
    rests: Sequence[Rest]

    @property
    def is_empty(self) -> bool:
        return not self.done and not self.rests


@dataclass(slots=True)
class _Way:
    source: SourceAddress
    egress: Egress | None  # None: its proxy's password is missing
    percent: int


class SourceChooser:
    """An EgressChooser over a SourcePlan. `fallback` is the machine's own way out."""

    def __init__(
        self,
        fallback: Egress,
        clock: Clock,
        *,
        providers: Providers | None = None,
        pick: Callable[[], float] = random.random,
    ) -> None:
        self.plan = SourcePlan(revision=-1)
        self._fallback = fallback
        self._clock = clock
        self._pick = pick
        self._providers = providers or Providers()
        self._by_host: dict[str, str] = {}  # mail host → provider, "" for nobody in particular
        self._by_domain: dict[str, str] = {}  # where the hosts have told what the name does not
        self._is_plain = True
        self._has_secrets = False
        self._missing: set[str] = set()  # that was told of
        self._pools: dict[tuple[str, str, str], list[_Way]] = {}
        self._routes: dict[str, MailRoute] = {}
        self._relays: dict[str, Egress | None] = {}
        self._names: dict[str, str] = {}  # every registered address, IPv6 too → the name of its source
        self._day = 0
        self._before: Mapping[Key, Tally] = {}  # today, as the rows had it at the last look
        self._since: dict[tuple[int, str, str], list[int]] = {}  # sent, deferred, failed, blocked
        self._promised: dict[Key, int] = defaultdict(int)  # chosen, with nothing known yet
        self._promises: dict[tuple[str, str], tuple[Key, int]] = {}  # (message, domain)
        self._rests: dict[Key, Rest] = {}
        self._new_rests: dict[Key, Rest] = {}
        self._health: dict[Key, list[int]] = {}  # good, deferred

    # --- what the rows say ------------------------------------------------------------------------------------------

    def adopt(
        self, plan: SourcePlan, *, today: Mapping[Key, Tally], rests: Sequence[Rest], secret: Secret, day: int
    ) -> None:
        """Go on with these settings, and with the counts of all processes. `day` is what `today` counts."""
        now = self._clock.now()
        self._day, self._before = day, today
        self._rests = {(rest.address, rest.provider): rest for rest in rests} | self._new_rests
        if plan is self.plan and not self._has_secrets:
            for ways in self._pools.values():
                for way in ways:
                    way.percent = way.source.percentage(now)
            return
        self.plan = plan
        self._is_plain = plan.is_empty
        # Files may change without any row: what names one is made anew at each look.
        self._has_secrets = any(one.via_secret for one in plan.addresses) or any(one.secret for one in plan.routes)
        self._pools = defaultdict(list)
        for source in plan.addresses:
            key = (source.account_id, source.region, source.pool) if source.account_id else ("", "", SHARED_POOL)
            self._pools[key].append(_Way(source, self._egress(source, secret), source.percentage(now)))
        self._pools = dict(self._pools)
        self._names = {address: source.address for source in plan.addresses for address in source.addresses}
        self._routes = {route.pattern: route for route in plan.routes}
        self._relays = {route.pattern: self._relay(route, secret) for route in plan.routes if route.host}

    def _egress(self, source: SourceAddress, secret: Secret) -> Egress | None:
        via = None
        if source.via:
            wanted = checked_via(source.via)
            password = self._password(source.via_secret, secret, f"source {source.address}")
            if password is None:
                return None
            via = Proxy(
                kind=ProxyKind(wanted.kind), host=wanted.host, port=wanted.port, user=wanted.user, password=password
            )
        return Egress(
            name=source.address,
            ipv4=source.bind_ipv4 or source.address,
            ipv6=source.bind_ipv6 or source.ipv6,
            ehlo_name=source.ehlo_name,
            address=source.address,
            address6=source.ipv6,
            via=via,
        )

    def _relay(self, route: MailRoute, secret: Secret) -> Egress | None:
        password = self._password(route.secret, secret, f"the route for {route.pattern}")
        if password is None:
            return None
        relay = Relay(
            host=route.host, port=route.port, tls=RelayTls(route.tls), user=route.user_name, password=password
        )
        user = f"{route.user_name}@" if route.user_name else ""
        return replace(self._fallback, name=f"relay {user}{route.host}:{route.port}", relay=relay)

    def _password(self, reference: str, secret: Secret, whose: str) -> str | None:
        """None: it is not there, and nothing may go out without it."""
        if not reference:
            return ""
        try:
            found = secret(reference)
        except SecretMissing as error:
            if reference not in self._missing:
                self._missing.add(reference)
                log.error("%s takes no mail: %s", whose, error)
            return None
        self._missing.discard(reference)
        return found

    # --- the choice -------------------------------------------------------------------------------------------------

    def choose(self, outgoing: Outgoing, domain: str) -> Egress | None:
        if self._is_plain:
            return self._fallback
        if self._routes:
            route = route_for(domain, self._routes)
            if route is not None:
                return self._relays[route.pattern]
        return self._from_pools(outgoing, domain) if self._pools else self._fallback

    def _from_pools(self, outgoing: Outgoing, domain: str) -> Egress | None:
        account, region = outgoing.account_id, outgoing.region
        wanted = DEFAULT_POOL
        if outgoing.configuration_set:
            wanted = self.plan.pools.get((account, region, outgoing.configuration_set), DEFAULT_POOL)
        if wanted != SHARED_POOL:
            own = self._pools.get((account, region, wanted)) or self._pools.get((account, region, DEFAULT_POOL))
            if own:
                egress, is_overflow = self._among(own, outgoing, domain)
                if egress is not None or not is_overflow:
                    return egress
        now = self._clock.now()
        shared = [way for way in self._pools.get(("", "", SHARED_POOL), ()) if way.source.is_published(now)]
        return self._among(shared, outgoing, domain)[0] if shared else self._fallback

    def until(self, outgoing: Outgoing, domain: str) -> datetime | None:
        """When the first source of the pool is back; in a quarter of an hour at most, since an operator may help."""
        now = self._clock.now()
        whose = _whose(self._provider_of(domain), domain)
        rests = [self._rests.get((way.source.address, whose)) for way in self._ways(outgoing)]
        ends = [rest.until for rest in rests if rest is not None and rest.until > now]
        return min([*ends, now + _LONGEST_WAIT])

    def _ways(self, outgoing: Outgoing) -> list[_Way]:
        """All that could take the message if nothing were in their way."""
        own = [way for key, ways in self._pools.items() if key[0] == outgoing.account_id for way in ways]
        return [*own, *self._pools.get(("", "", SHARED_POOL), ())]

    def _among(self, ways: list[_Way], outgoing: Outgoing, domain: str) -> tuple[Egress | None, bool]:
        """One of these, or none; with whether it is since they are new that there is none."""
        provider = self._provider_of(domain)
        now = self._clock.now()
        is_overflow = False
        able: list[tuple[float, _Way]] = []
        total = 0.0
        for way in ways:
            source = way.source
            if (
                source.paused
                or way.egress is None
                or (self._rests and self._is_at_rest(source.address, provider, domain))
            ):
                continue
            if (way.percent < warmup.WARM and self._is_used_up(way, provider)) or not source.is_published(now):
                is_overflow = True
                continue
            total += source.weight * self._health_of(source.address, provider)
            able.append((total, way))
        if not able:
            return None, is_overflow
        at = self._pick() * total
        way = next((way for upto, way in able if at < upto), able[-1][1])
        if way.percent < warmup.WARM:
            self._promise(way, outgoing, domain, provider)
        return way.egress, False

    def _provider_of(self, domain: str) -> str:
        return self._by_domain.get(domain) or warmup.provider_of(domain)

    def _is_at_rest(self, address: str, provider: str, domain: str) -> bool:
        rest = self._rests.get((address, _whose(provider, domain)))
        return rest is not None and self._clock.now() < rest.until

    def _is_used_up(self, way: _Way, provider: str) -> bool:
        limit = warmup.daily_limit(way.percent, provider)
        if limit is None:
            return False
        today = _day(self._clock.now())
        address = way.source.address
        sent = self._promised.get((address, provider), 0)
        if today == self._day and (before := self._before.get((address, provider))) is not None:
            sent += before.sent
        since = self._since.get((today, address, provider))
        return sent + (since[0] if since is not None else 0) >= limit

    def _promise(self, way: _Way, outgoing: Outgoing, domain: str, provider: str) -> None:
        """Counts from now on, so that a thousand messages chosen in one moment do not all find room."""
        self._release(outgoing.message_id, domain)
        count = sum(1 for recipient in outgoing.recipients if recipient.address.domain == domain)
        key = way.source.address, provider
        self._promised[key] += count
        self._promises[outgoing.message_id, domain] = key, count

    def _release(self, message_id: str, domain: str) -> None:
        key, count = self._promises.pop((message_id, domain), (None, 0))
        if key is not None:
            self._promised[key] -= count

    def _health_of(self, address: str, provider: str) -> float:
        seen = self._health.get((address, provider))
        return 1.0 if seen is None else max(_LEAST_HEALTH, (seen[0] + 1) / (seen[0] + seen[1] + 1))

    # --- what came of it --------------------------------------------------------------------------------------------

    def learned(self, report: AttemptReport) -> None:
        if self._is_plain:
            return
        if self._promises:
            for domain in {result.address.domain for result in report.results}:
                self._release(report.message_id, domain)
        name = self._names.get(report.facts.source_address)
        if name is None:
            return
        now = self._clock.now()
        host = report.facts.host
        for result in report.results:
            domain = result.address.domain
            if host:
                self._note_provider(domain, host)
            self._count(name, domain, result.outcome, now, was_tried=bool(host))

    def _count(self, name: str, domain: str, outcome: Outcome, now: datetime, *, was_tried: bool) -> None:
        """What was never tried, since the address rests already, counts once: when the rest begins."""
        provider = self._provider_of(domain)
        whose = _whose(provider, domain)
        is_block = outcome.scope is FailureScope.SOURCE
        begins = is_block and self._blocked(name, whose, outcome.diagnostic, now)
        if not was_tried and not begins:
            return
        counts = self._since.setdefault((_day(now), name, provider), [0, 0, 0, 0])
        if outcome.kind is OutcomeKind.DELIVERED:
            counts[0] += 1
            if self._rests:
                self._works_again(name, whose, now)
        else:
            counts[1 if outcome.kind is OutcomeKind.DEFERRED else 2] += 1
            counts[3] += is_block
        self._note_health(name, provider, outcome.kind)

    def _note_provider(self, domain: str, host: str) -> None:
        """Whose hosts a domain has: many domains are one provider's, and it counts all of their mail."""
        provider = self._by_host.get(host)
        if provider is None:
            if len(self._by_host) >= _MOST_NAMES:
                self._by_host.clear()
            provider = self._by_host[host] = self._providers.of((host,)).name
        if provider and self._by_domain.get(domain) != provider:
            if len(self._by_domain) >= _MOST_NAMES:
                self._by_domain.clear()
            self._by_domain[domain] = provider

    def _note_health(self, address: str, provider: str, kind: OutcomeKind) -> None:
        seen = self._health.setdefault((address, provider), [0, 0])
        seen[kind is OutcomeKind.DEFERRED] += 1
        if sum(seen) >= 2 * _HEALTH_MEMORY:
            seen[:] = [seen[0] // 2, seen[1] // 2]

    def _blocked(self, address: str, whose: str, reason: str, now: datetime) -> bool:
        """False: it rests already, and what was under way then says the same once more."""
        known = self._rests.get((address, whose))
        if known is not None and now < known.until:
            return False
        times = known.times + 1 if known is not None else 1
        rest = Rest(
            address=address,
            provider=whose,
            until=now + timedelta(seconds=warmup.rest_seconds(times)),
            times=times,
            reason=reason[:500],
        )
        self._rests[address, whose] = self._new_rests[address, whose] = rest
        log.warning("source %s rests for %s until %s: %s", address, whose, f"{rest.until:%H:%M:%SZ}", reason)
        return True

    def _works_again(self, address: str, whose: str, now: datetime) -> None:
        """The next block, if one comes, is a first one again; while the rest lasts, old mail says nothing."""
        known = self._rests.get((address, whose))
        if known is not None and known.times and now >= known.until:
            rest = replace(known, times=0)
            self._rests[address, whose] = self._new_rests[address, whose] = rest

    def take(self) -> Slice:
        """What has gathered; the caller writes it into rows."""
        done = {
            key: Tally(sent=sent, deferred=deferred, failed=failed, blocked=blocked)
            for key, (sent, deferred, failed, blocked) in self._since.items()
        }
        rests = tuple(self._new_rests.values())
        self._since, self._new_rests = {}, {}
        return Slice(done=done, rests=rests)

    def give_back(self, untold: Slice) -> None:
        """It could not be written: it counts with the next slice."""
        for key, tally in untold.done.items():
            counts = self._since.setdefault(key, [0, 0, 0, 0])
            for index, count in enumerate((tally.sent, tally.deferred, tally.failed, tally.blocked)):
                counts[index] += count
        for rest in untold.rests:
            self._new_rests.setdefault((rest.address, rest.provider), rest)


def _whose(provider: str, domain: str) -> str:
    """Who has blocked: a small receiver speaks for itself alone."""
    return domain if provider == warmup.OTHER else provider


def _day(moment: datetime) -> int:
    return moment.toordinal() - _EPOCH
