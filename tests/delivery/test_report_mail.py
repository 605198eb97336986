"""Mail that tells of broken TLS comes through broken TLS, and is in no report itself (RFC 8460 3)."""

import ssl
from collections.abc import Callable
from typing import Any

from hosts import World
from policies import PolicyFiles, Rows, kept

from tayori.clock import Clock
from tayori.model.message import OutcomeKind, TlsPolicy

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
