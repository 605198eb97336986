"""One rehearsal internet for all nodes of a shared database.

The first node with `--rehearsal` runs it and leaves a note in the database; further nodes, on the same machine, join:
they ask its resolver, deliver to its receivers, read its clock and pass its controls on. A note whose writer is gone is
replaced by the next node that starts. The receivers find the service's DNS and MX at the ports of the node that runs
the rehearsal: that one should have the roles `dns` and `inbound`.
"""

import asyncio
import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tayori.clock import SystemClock
from tayori.config import Config
from tayori.rehearsal.control import PREFIX, ControlRequest
from tayori.rehearsal.remote import RemoteWorld
from tayori.resources import installation
from tayori.store.database import open_store
from tayori.store.dialect import Engine
from tayori.store.engine import Store

_NOTE = "rehearsal.node"
_START_SECONDS = 60.0  # for another node that has left its note and does not answer yet
_LOOK_AGAIN_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a node runs the rehearsal internet: what others need in order to join."""

    pid: int
    data: str
    clock_file: str
    resolver: str
    delivery_port: int
    trust_anchors: str
    policy_port: int = 0

    def encoded(self) -> bytes:
        return json.dumps(asdict(self)).encode()


def meet(config: Config) -> Config:
    """The settings of a node that runs the rehearsal internet, or joins another's. Raises what opening a store does."""
    return asyncio.run(_meet(config)) if config.rehearsal else config


async def _meet(config: Config) -> Config:
    store = open_store(config.database_url, SystemClock())
    try:
        if store.engine is Engine.SQLITE:
            return config  # a file has one node
        return await _find_or_found(store, config)
    finally:
        await store.close()


async def _find_or_found(store: Store, config: Config) -> Config:
    mine = _place(config)
    while True:
        note = await store.read(installation.note, _NOTE)
        place = Place(**json.loads(note)) if note else None
        if place is not None and place.data != mine.data and await _answers(place):
            return _joined(config, place)
        if await store.write(installation.replace_note, _NOTE, note, mine.encoded()):
            return config


def _place(config: Config) -> Place:
    return Place(
        pid=os.getpid(),
        data=str(config.data),
        clock_file=config.service.clock_file,
        resolver=config.resolver.servers[0],
        delivery_port=config.delivery.port,
        trust_anchors=config.delivery.trust_anchors,
        policy_port=config.delivery.policy_port,
    )


async def _answers(place: Place) -> bool:
    """Whether that rehearsal runs; one that has just left its note is given the time to start."""
    world = RemoteWorld(Path(place.data) / "rehearsal")
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _START_SECONDS
    while True:
        answer = await world.handle(ControlRequest(method="GET", path=f"{PREFIX}clock"))
        if answer.status == 200:
            return True
        if not _lives(place.pid) or loop.time() > deadline:
            return False
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _joined(config: Config, place: Place) -> Config:
    return replace(
        config,
        rehearsal_elsewhere=Path(place.data),
        service=replace(config.service, clock_file=place.clock_file),
        resolver=replace(config.resolver, servers=[place.resolver]),
        delivery=replace(
            config.delivery,
            port=place.delivery_port,
            trust_anchors=place.trust_anchors,
            policy_port=place.policy_port or config.delivery.policy_port,
        ),
    )
