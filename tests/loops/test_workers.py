"""Who is taken for dead, and when: by the lease, and by a clock that nobody sets."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from population import identity, names, open_account, submission
from tayori.loops.workers import Heartbeat, Reaper
from tayori.resources.messages import Door
from tayori.store import leases
from tayori.store.dialect import Hot

_STATES = Hot("SELECT state FROM recipients")
_LEASE = timedelta(seconds=30)


class Machine:
    """Its clock is set, and its uptime passes, by the test."""

    def __init__(self, clock: Any) -> None:
        self._clock = clock
        self.set_by = timedelta()
        self.uptime = 1000.0

    def now(self) -> datetime:
        return self._clock.now()

    def wall(self) -> datetime:
        return self._clock.wall() + self.set_by

    def pass_by(self, seconds: float) -> None:
        self.uptime += seconds
        self.set_by += timedelta(seconds=seconds)


@pytest.fixture
def world(store, transact, clock):
    """A worker that has one message in hand, the reaper, and the machine of both."""
    machine = Machine(clock)
    transact(open_account)
    transact(identity, "example.com")
    transact(Door(names, "worker", lambda stream: True).accept, [submission("a@inbox.test")])
    heart = Heartbeat(store, machine, "worker")
    asyncio.run(heart.tick())
    return machine, heart, Reaper(store, machine, lambda: machine.uptime)


def states_after(reaper, transact) -> list[str]:
    asyncio.run(reaper.tick())
    return [row[0] for row in transact(lambda tx: tx.hot_rows(_STATES, ()))]


def test_whoever_says_nothing_for_its_lease_and_two_beats_is_dead(world, transact):
    machine, _, reaper = world
    machine.pass_by(29)
    assert states_after(reaper, transact) == ["sending"]
    machine.pass_by(2)
    assert states_after(reaper, transact) == ["sending"]
    machine.pass_by(9)
    assert states_after(reaper, transact) == ["sending"]
    machine.pass_by(2)
    assert states_after(reaper, transact) == ["deferred"]


def test_a_clock_that_is_set_forward_kills_nobody(world, transact):
    machine, heart, reaper = world
    for _ in range(3):
        machine.set_by += 10 * _LEASE
        assert states_after(reaper, transact) == ["sending"]
        machine.pass_by(5)
        assert states_after(reaper, transact) == ["sending"]
        asyncio.run(heart.tick())
        machine.pass_by(6)
        assert states_after(reaper, transact) == ["sending"]


def test_who_has_stopped_in_order_is_not_waited_for(world, transact):
    _, heart, reaper = world
    asyncio.run(heart.stop())
    assert states_after(reaper, transact) == ["deferred"]
    assert transact(leases.workers) == {}
