"""What is paused leaves memory, and no transaction begins for it."""

from collections.abc import Callable
from typing import Any

import pytest
from hosts import World

from tayori.clock import Clock
from tayori.model.message import OutcomeKind
from tayori.model.pause import Pause, PauseKind, Pauses

Run = Callable[[Any], Any]


def pauses(clock: Clock, kind: PauseKind, name: str) -> Pauses:
    return Pauses([Pause(kind=kind, name=name, since=clock.now())])


@pytest.mark.parametrize(
    ("kind", "name"),
    [(PauseKind.DESTINATION, "mx1.paused.test"), (PauseKind.SOURCE, "default"), (PauseKind.DESTINATION, "paused.test")],
)
def test_nothing_begins_for_what_is_paused_and_it_is_given_back(
    run: Run, clock: Clock, kind: PauseKind, name: str
) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain("paused.test")
            await world.start()
            world.scheduler.obey(pauses(clock, kind, name))
            message = world.message("a@paused.test")
            world.queue.put(message)
            await world.queue.until(lambda: bool(world.queue.parked))
            assert world.queue.parked == [(message.message_id, 0, f"paused {kind} {name}")]
            assert not host.received and world.scheduler.in_memory == 0

    run(scenario())


def test_what_waits_in_line_leaves_it_and_what_is_under_way_is_finished(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock, max_connections_per_destination=1, first_connections=1) as world:
            host = await world.domain("paused.test")

            async def pause(*_: Any) -> bytes:
                world.scheduler.obey(pauses(clock, PauseKind.ACCOUNT, first.account_id))
                return b"451 4.3.0 later\r\n"

            host.always("RCPT", pause)
            first, *others = (world.message("a@paused.test") for _ in range(30))
            for message in (first, *others):
                world.queue.put(message)
            await world.start()
            await world.queue.until(lambda: len(world.queue.parked) + len(world.queue.results()) >= 30)
            assert world.queue.parked and world.queue.results()
            assert {result.outcome.kind for result in world.queue.results()} == {OutcomeKind.DEFERRED}

    run(scenario())


def test_fresh_mail_of_a_paused_account_is_left_to_the_store_and_goes_on_later(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            await world.domain("paused.test")
            await world.start()
            message = world.message("a@paused.test")
            world.scheduler.obey(pauses(clock, PauseKind.ACCOUNT, message.account_id))
            assert not world.scheduler.offer(message)
            world.scheduler.obey(Pauses())
            (result,) = await world.send(message)
            assert result.outcome.kind is OutcomeKind.DELIVERED
            (site,), (connection,) = world.scheduler.sites(), world.scheduler.connections()
            assert (connection.site, connection.messages, connection.doing) == (site.name, 1, "idle")

    run(scenario())
