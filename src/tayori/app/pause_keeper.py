"""What operators have paused or limited, brought to what delivers; and what that knows, brought to operators who ask.

A loop of every process that delivers. Rows carry both ways, since a command, another node and the process that accepts
all reach them, and a question that nobody answers (a process that hangs) costs a few seconds of waiting.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from tayori.delivery.scheduler import Scheduler
from tayori.model.pause import Pauses
from tayori.model.shaping import SiteLimit
from tayori.resources import pauses, site_limits
from tayori.store.engine import Store, Tx

_MOST_SHOWN = 1000


class PauseKeeper:
    """A Loop."""

    name = "pauses"
    every = 1.0

    def __init__(self, store: Store, scheduler: Scheduler, worker: str) -> None:
        self._store = store
        self._scheduler = scheduler
        self._worker = worker
        self._answered = 0

    async def tick(self) -> float | None:
        found, question, limits = await self._store.read(_look)
        self._scheduler.obey(found)
        self._scheduler.limit_to(limits)
        if question.number > self._answered:
            self._answered = question.number
            await self._store.write(pauses.answer, self._worker, question.number, self._view(question.domains))
        return None

    def _view(self, domains: tuple[str, ...]) -> dict[str, Any]:
        sites = sorted(self._scheduler.sites(), key=lambda site: (-site.waiting, -site.connections, site.name))
        known = {domain: self._scheduler.site_of(domain) for domain in domains}
        return {
            "sites": [dataclasses.asdict(site) for site in sites[:_MOST_SHOWN]],
            "connections": [dataclasses.asdict(one) for one in self._scheduler.connections()[:_MOST_SHOWN]],
            "of": {domain: dataclasses.asdict(site) for domain, site in known.items() if site is not None},
        }


def _look(tx: Tx) -> tuple[Pauses, pauses.Question, Mapping[str, SiteLimit]]:
    return *pauses.look(tx), site_limits.by_site(tx)
