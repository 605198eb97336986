"""Counts what each connection came to, for reports and for the memory of how secure a domain was.

Owns the counts in memory until they are rows. A connection costs a look or two into a dict; rows are written once a
minute, in batches. What has not been written when a process dies is not reported: it is a statistic. RFC 8460 4.
"""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import islice
from typing import Final, TypeVar

from tayori.clock import Clock
from tayori.model.security_memory import Sighting, level_of
from tayori.model.tls_result import TlsResult
from tayori.resources import security_levels, tls_results
from tayori.resources.security_levels import Remembered
from tayori.resources.tls_results import ResultKey
from tayori.store.engine import Store

_LOG = logging.getLogger(__name__)

_AT_ONCE: Final = 200  # rows of one transaction
_FULL: Final = 20_000  # outcomes in memory: time to write
MOST: Final = 50_000
_LONGEST: Final = 200  # characters of a reason

_K = TypeVar("_K")
_V = TypeVar("_V")
_Seen = dict[str, tuple[Sighting, Sighting]]  # the best and the worst connection to each domain


class TlsCounter:
    """A Loop, and the observer that delivery calls (see `delivery.tls_result`). `wake` makes the loop write at once."""

    name = "tls-results"
    every = 60.0

    def __init__(self, store: Store, clock: Clock, wake: asyncio.Event, *, is_reporting: bool = True) -> None:
        self._store = store
        self._is_reporting = is_reporting
        self._clock = clock
        self._wake = wake
        self._counts: dict[ResultKey, int] = {}
        self._seen: _Seen = {}
        self._lost = 0

    def saw(self, result: TlsResult) -> None:
        """Neither waits nor raises."""
        now = self._clock.now()
        if self._is_reporting:
            self._count(_key(result, now.date()))
        level = level_of(result)
        if level is not None:
            self._remember(result.recipient_domain, Sighting(level=level, at=now, host=result.mx_host, tls=result.tls))

    def _count(self, key: ResultKey) -> None:
        known = self._counts.get(key)
        if known is None and len(self._counts) >= _FULL:
            self._wake.set()
            if len(self._counts) >= MOST:
                self._lost += 1
                return
        self._counts[key] = (known or 0) + 1

    def _remember(self, domain: str, sighting: Sighting) -> None:
        known = self._seen.get(domain)
        if known is None:
            if len(self._seen) < MOST:
                self._seen[domain] = sighting, sighting
            return
        best, worst = known
        rank = sighting.level.rank
        self._seen[domain] = (
            sighting if rank >= best.level.rank else best,
            sighting if rank <= worst.level.rank else worst,
        )

    async def tick(self) -> float | None:
        """Write down what was counted. Where that fails it is lost: memory is not to grow while a store is down."""
        counts, self._counts = self._counts, {}
        seen, self._seen = self._seen, {}
        if self._lost:
            _LOG.warning("tls_results_not_counted", extra={"sessions": self._lost})
            self._lost = 0
        for part in _parts(counts):
            await self._store.write(tls_results.add, part)
        for known in _parts(seen):
            for warning in await self._store.write(security_levels.note, known):
                _warn(warning)
        return None

    async def stop(self) -> None:
        await self.tick()


def _key(result: TlsResult, day: date) -> ResultKey:
    """Sessions that went well are counted by policy alone."""
    if result.result is None:
        return ResultKey(day, result.recipient_domain, result.policy)
    return ResultKey(
        day,
        result.recipient_domain,
        result.policy,
        result.result,
        result.mx_host,
        result.mx_helo[:_LONGEST],
        result.receiving_ip,
        result.sending_ip,
        result.reason[:_LONGEST],
    )


def _parts(mapping: Mapping[_K, _V]) -> Iterator[dict[_K, _V]]:
    items = iter(mapping.items())
    while part := dict(islice(items, _AT_ONCE)):
        yield part


def _warn(found: Remembered) -> None:
    best, last = found.memory.best, found.memory.last
    facts = {"domain": found.domain, "host": last.host, "level": last.level, "best_level": best.level}
    _LOG.warning("tls_downgrade", extra=facts | {"best_at": best.at.isoformat(), "best_host": best.host})
