"""Every host of the bestiary, alone and with a second host behind it."""

import ssl
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from beasts import BEASTS, DELIVERED, Beast
from bestiary_page import PAGE, page
from hosts import Host, World

from tayori.clock import Clock
from tayori.delivery.settings import Timeouts
from tayori.mail.envelope import BodyType
from tayori.model.message import RecipientResult

Run = Callable[[Any], Any]

_BEASTS = pytest.mark.parametrize("beast", BEASTS, ids=lambda beast: beast.name)


def world(clock: Clock, beast: Beast, anchors: Path) -> World:
    settings: dict[str, Any] = {
        "trust_anchors": anchors,
        "allowed_networks": (ip_network("127.0.0.0/8"), ip_network("::1/128")),
        "max_connections_per_destination": 1,
        "first_connections": 1,
    }
    if beast.hangs:
        settings["timeouts"] = Timeouts(**dict.fromkeys(Timeouts.__dataclass_fields__, 0.4))
    return World(clock, **settings)


async def meet(world: World, beast: Beast, tls: ssl.SSLContext) -> Host:
    options = {"keywords": beast.keywords, "tls": tls if beast.tls else None}
    host = await world.host(**options, **({"address": beast.address} if beast.address else {}))
    for verb, action in beast.script.items():
        host.always(verb, action)
    return host


async def send(world: World, beast: Beast) -> list[RecipientResult]:
    body = BodyType.SEVEN_BIT if beast.content.isascii() else BodyType.EIGHT_BIT_MIME
    results: list[RecipientResult] = []
    for _ in range(beast.messages):
        message = world.message(*beast.recipients, content=beast.content, policy=beast.policy, body=body)
        results += sorted(await world.send(message), key=lambda result: result.ordinal)
    return results


@_BEASTS
def test_alone(beast: Beast, run: Run, clock: Clock, anchors: Path, host_tls: ssl.SSLContext) -> None:
    expected = beast.expected

    async def scenario() -> None:
        async with world(clock, beast, anchors) as one:
            host = await meet(one, beast, host_tls)
            one.mx("dest.test", host)
            results = await send(one, beast)
            assert tuple(str(result.decision.state) for result in results) == expected.states
            for result in results:
                if result.decision.state != DELIVERED:
                    assert (result.outcome.reason, result.outcome.scope) == (expected.reason, expected.scope)
            assert host.connections == expected.connections
            assert host.contents == expected.contents

    run(scenario())


@_BEASTS
def test_with_a_second_host(beast: Beast, run: Run, clock: Clock, anchors: Path, host_tls: ssl.SSLContext) -> None:
    expected = beast.expected

    async def scenario() -> None:
        async with world(clock, beast, anchors) as two:
            host = await meet(two, beast, host_tls)
            good = await two.host(tls=host_tls if beast.policy == "REQUIRE" else None)
            two.mx("dest.test", host, good)
            results = await send(two, beast)
            states = tuple(str(result.decision.state) for result in results)
            if expected.elsewhere:
                assert set(states) == {DELIVERED}
                assert len(good.received) == 1
                assert host.contents <= 1 and host.received == []
            else:
                assert states == expected.states
                assert good.connections == 0

    run(scenario())


def test_there_are_enough_of_them_and_no_two_alike() -> None:
    assert len({beast.name for beast in BEASTS}) == len(BEASTS) >= 40


def test_the_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == page(), "run `make reference`"
