"""Mail that tells of broken TLS comes through broken TLS, and is in no report itself (RFC 8460 3); and what connections
tell whoever counts them.
"""

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

from hosts import World
from policies import PolicyFiles, Rows, kept

from tayori.clock import Clock
from tayori.loops.tls_counting import TlsCounter
from tayori.model.message import OutcomeKind, TlsPolicy
from tayori.model.security_memory import Level
from tayori.resources import security_levels
from tayori.store.engine import Store

Run = Callable[[Any], Any]


def test_a_policy_that_no_host_satisfies_keeps_mail_back_but_no_reports(
    run: Run, clock: Clock, host_tls: ssl.SSLContext
) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain(tls=host_tls)
            files = PolicyFiles()
            files.put("dest.test", "enforce", "mx.elsewhere.test")
            world.zone.put("_mta-sts.dest.test", "TXT", "v=STSv1; id=1;")
            world.sts = kept(world.zone, files, Rows(clock), clock)
            (refused,) = await world.send()
            assert refused.outcome.kind is not OutcomeKind.DELIVERED
            assert [one.result for one in world.seen] == ["validation-failure"]
            (sent,) = await world.send(world.message(policy=TlsPolicy.ANYHOW))
            assert sent.outcome.kind is OutcomeKind.DELIVERED
            assert host.received[0].over_tls
            assert len(world.seen) == 1

    run(scenario())


def test_a_host_that_gives_up_tls_is_a_downgrade(
    run: Run, clock: Clock, host_tls: ssl.SSLContext, store: Store
) -> None:
    async def scenario() -> None:
        counter = TlsCounter(store, clock, asyncio.Event())

        async def downgrades(world: World) -> list[tuple[str, Level, Level]]:
            for result in world.seen:
                counter.saw(result)
            world.seen.clear()
            await counter.tick()
            found = await store.read(security_levels.downgraded, 10)
            return [(one.domain, one.memory.best.level, one.memory.last.level) for one in found]

        async with World(clock, max_messages_per_connection=1) as world:
            host = await world.domain(tls=host_tls)
            await world.send()
            assert await downgrades(world) == []
            known = await store.read(security_levels.find, "dest.test")
            assert known is not None and known.memory.best.tls == "TLSv1.3"
            host.always("STARTTLS", b"454 4.7.0 TLS not available\r\n")
            await world.send()
            assert await downgrades(world) == [("dest.test", Level.ENCRYPT, Level.NONE)]
            await world.send(world.message(policy=TlsPolicy.ANYHOW))
            assert world.seen == []

    run(scenario())
