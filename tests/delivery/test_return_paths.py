"""The return path that a host sees: of this recipient where he is the only one, else of those at his domain."""

from collections.abc import Callable
from typing import Any

import pytest
from hosts import World

from tayori import ids
from tayori.clock import Clock
from tayori.mail.address import AddrSpec
from tayori.mail.envelope import ReversePath
from tayori.model.return_path import ReturnPath, ReturnPaths

Run = Callable[[Any], Any]
OURS = ReturnPaths(b"k" * 32)
EXTENSIONS = [(), ("PIPELINING",), ("PIPELINING", "DSN", "8BITMIME")]


def path_of(mail: str) -> AddrSpec:
    return AddrSpec.parse(mail.removeprefix("MAIL FROM:<").partition(">")[0])


@pytest.mark.parametrize("keywords", EXTENSIONS)
def test_each_transaction_has_its_own(run: Run, clock: Clock, keywords: tuple[str, ...]) -> None:
    async def scenario() -> None:
        async with World(clock, return_paths=OURS) as world:
            here, there = await world.domain(keywords=keywords), await world.domain("other.test", keywords=keywords)
            message_id = ids.message_id("us-east-1", clock.now())
            path = ReversePath.of(AddrSpec(message_id, "bounce.sender.test"))
            to = ("a@other.test", "b@dest.test", "c@other.test")
            await world.send(world.message(*to, message_id=message_id, reverse_path=path))
            alone, together = path_of(here.received[0].mail), path_of(there.received[0].mail)
            assert alone.domain == together.domain == "bounce.sender.test"
            assert OURS.read(alone.local) == ReturnPath(message_id, 1, False)
            assert OURS.read(together.local) == ReturnPath(message_id, 0, True)

    run(scenario())


def test_the_null_reverse_path_stays_empty(run: Run, clock: Clock) -> None:
    async def scenario() -> None:
        async with World(clock, return_paths=OURS) as world:
            host = await world.domain()
            await world.send(world.message(reverse_path=ReversePath.NULL))
            assert host.received[0].mail.startswith("MAIL FROM:<> ")

    run(scenario())
