"""The sites and lanes of a process: made when a route leads to them, forgotten when nothing is left to remember.

Owns the two dictionaries. Never resolves a route, never opens a connection.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass

from tayori.delivery.lane import Lane
from tayori.delivery.means import Means
from tayori.delivery.site import NO_LIMIT, Site, SiteFacts
from tayori.model.message import TlsPolicy
from tayori.model.shaping import Shared, SiteLimit


@dataclass(frozen=True, slots=True)
class LaneKey:
    """Whose mail may share connections: the same hosts, from the same source, with the same to prove.

    `standing` is what the destination asks of each host beyond the policy (MTA-STS, DANE).
    """

    hosts: frozenset[str]
    egress: str
    policy: TlsPolicy
    standing: Hashable = ()


class Sites:
    """All of them."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._lanes: dict[LaneKey, Lane] = {}
        self._sites: dict[tuple[Hashable, str], Site] = {}
        self._limits: Mapping[str, SiteLimit] = {}

    def lane(self, key: LaneKey) -> Lane:
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = Lane(self._site(key), self._means)
        return lane

    def _site(self, key: LaneKey) -> Site:
        provider = self._means.providers.of(key.hosts)
        shared: Hashable = provider.name if provider.shared is Shared.PROVIDER else key.hosts
        site = self._sites.get((shared, key.egress))
        if site is None:
            name = provider.name if provider.shared is Shared.PROVIDER else _name(key.hosts)
            site = self._sites[shared, key.egress] = Site(name, provider, key.egress, self._means)
            site.limit_to(self._limits.get(name, NO_LIMIT))
        return site

    def limit_to(self, limits: Mapping[str, SiteLimit]) -> None:
        """What operators allow, by the names of sites."""
        if limits == self._limits:
            return
        self._limits = limits
        for site in self._sites.values():
            site.limit_to(limits.get(site.name, NO_LIMIT))
        for lane in self:
            lane.spread()

    def __iter__(self) -> Iterator[Lane]:
        return iter(list(self._lanes.values()))

    @property
    def connections(self) -> int:
        return sum(lane.connections for lane in self._lanes.values())

    def forget_spent(self) -> None:
        for key in [key for key, lane in self._lanes.items() if lane.is_spent]:
            self._lanes.pop(key).leave()
        for name in [name for name, site in self._sites.items() if not site.lanes and site.resting() is None]:
            self._sites.pop(name).close()

    def close(self) -> None:
        for site in self._sites.values():
            site.close()

    def facts_of(self, site: Site) -> SiteFacts:
        return _facts(site, [lane for lane in self._lanes.values() if lane.site is site])

    def facts(self) -> tuple[SiteFacts, ...]:
        lanes: dict[Site, list[Lane]] = defaultdict(list)
        for lane in self._lanes.values():
            lanes[lane.site].append(lane)
        return tuple(_facts(site, of_site) for site, of_site in lanes.items())


def _facts(site: Site, lanes: list[Lane]) -> SiteFacts:
    rest = next((found for lane in lanes if (found := lane.resting()) is not None), None)
    return SiteFacts(
        name=site.name,
        provider=site.provider.name,
        egress=site.egress,
        domains=sum(lane.members for lane in lanes),
        waiting=sum(lane.waiting for lane in lanes),
        connections=sum(lane.connections for lane in lanes),
        idle=sum(lane.idle_connections for lane in lanes),
        window=site.window.size,
        most=site.window.most,
        rate=site.pace.rate if site.pace is not None else 0.0,
        rests_until=rest.until if rest is not None else None,
        rest_reason=rest.outcome.diagnostic if rest is not None else "",
        last_reply=site.last_reply,
        last_reply_at=site.last_reply_at,
        is_held_back=site.is_held_back,
    )


def _name(hosts: frozenset[str]) -> str:
    first = min(hosts)
    return first if len(hosts) == 1 else f"{first} and {len(hosts) - 1} more"
