"""The numbers that everybody may ask for: one look at the queue serves all who ask meanwhile."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import population
from tayori.app.rehearsal_hooks import RehearsalHooks
from tayori.app.routes import Routes
from tayori.aws.http import Headers, HttpRequest
from tayori.config import Config
from tayori.loops.base import Supervisor
from tayori.model.source import Rest, SourceAddress, Tally
from tayori.resources import sources
from tayori.resources.messages import Door

REQUEST = HttpRequest(method="GET", path="/metrics", headers=Headers())


class Counting:
    """A store that counts how often it is read."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.reads = 0

    async def read(self, fn: Any, *args: Any) -> Any:
        self.reads += 1
        return await self._store.read(fn, *args)


def _no_resolver() -> Any:
    raise AssertionError("numbers ask no DNS")


def test_many_who_ask_cost_one_look(store: Any, clock: Any, run: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        await store.write(population.open_account)
        await store.write(population.identity, "example.com")
        door = Door(population.names, "nobody", lambda size: False)
        await store.batch(door.accept, population.submission("a@inbox.test", "b@inbox.test"))
        counting = Counting(store)
        routes = Routes(
            store=counting,  # type: ignore[arg-type]
            clock=clock,
            config=Config(data=tmp_path),
            loops=Supervisor([]),
            engine=None,
            hooks=RehearsalHooks(store, population.names, [population.REGION], _no_resolver),
        )
        answers = await asyncio.gather(*(routes.metrics(REQUEST, None) for _ in range(20)))
        assert all(b'tayori_queue_recipients{state="queued"} 2\n' in answer.body for answer in answers)
        assert counting.reads == 1

    run(scenario())


def test_each_source_shows_what_it_has_done_today(store: Any, clock: Any, run: Any, tmp_path: Path) -> None:
    async def scenario() -> None:
        await store.write(population.open_account)
        source = SourceAddress(address="203.0.113.5", ehlo_name="a5.tayori.test")
        await store.write(sources.add, source, sources.Warmth.NEW)
        day = clock.now().toordinal() - 719163
        await store.write(sources.add_counts, day, {("203.0.113.5", "gmail"): Tally(sent=3, deferred=1)})
        await store.write(sources.add_counts, day - 1, {("203.0.113.5", "gmail"): Tally(sent=30)})
        until = clock.now() + timedelta(hours=1)
        rests = [
            Rest(address="203.0.113.5", provider=provider, until=until, times=1, reason="no")
            for provider in ("gmail", "list:zen.test")
        ]
        await store.write(sources.put_rests, rests)
        routes = Routes(
            store=store,
            clock=clock,
            config=Config(data=tmp_path),
            loops=Supervisor([]),
            engine=None,
            hooks=RehearsalHooks(store, population.names, [population.REGION], _no_resolver),
        )
        lines = (await routes.metrics(REQUEST, None)).body.decode().splitlines()
        of_gmail = 'tayori_source_recipients_today{source="203.0.113.5",provider="gmail",result='
        assert f'{of_gmail}"sent"}} 3' in lines
        assert f'{of_gmail}"deferred"}} 1' in lines
        for name, value in (("warmup_percent", 0), ("paused", 0), ("resting", 1), ("listed", 1)):
            assert f'tayori_source_{name}{{source="203.0.113.5"}} {value}' in lines

    run(scenario())
