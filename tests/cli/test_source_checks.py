"""Doctor on source addresses: the name there and back, who blocks, and what a block list says."""

from datetime import timedelta
from typing import Any

from tayori.cli.check import Check, Health
from tayori.cli.source_checks import check_sources
from tayori.clock import AdjustableClock
from tayori.mail.answer import Answer, AnswerStatus
from tayori.model.source import Rest, SourceAddress
from tayori.resources import sources
from tayori.store.engine import Store

RECORDS = {
    ("5.113.0.203.in-addr.arpa", "PTR"): ("A5.tayori.test.",),
    ("a5.tayori.test", "A"): ("203.0.113.5",),
    ("a5.tayori.test", "AAAA"): ("2001:db8:0:0::5",),
    ("6.113.0.203.in-addr.arpa", "PTR"): ("pool-6.isp.test.",),
    ("a6.tayori.test", "A"): ("203.0.113.6",),
}


class Zone:
    async def resolve(self, name: str, rdtype: str) -> Answer:
        values = RECORDS.get((name, rdtype), ())
        status = AnswerStatus.FOUND if values else AnswerStatus.NXDOMAIN
        return Answer(name=name, rdtype=rdtype, status=status, values=values)


def test_each_address_is_looked_up_both_ways_and_blocks_are_told(
    run: Any, store: Store, clock: AdjustableClock
) -> None:
    async def looked() -> list[Check]:
        return await check_sources(store, Zone())

    async def scenario() -> None:
        assert await looked() == []
        first = SourceAddress(address="203.0.113.5", ehlo_name="a5.tayori.test", ipv6="2001:db8::5")
        await store.write(sources.add, first)
        await store.write(sources.add, SourceAddress(address="203.0.113.6", ehlo_name="a6.tayori.test"))
        await store.write(sources.put_paused, "203.0.113.6", paused=True)
        until = clock.now() + timedelta(minutes=15)
        rest = Rest(address="203.0.113.5", provider="gmail", until=until, times=1, reason="smtp; 421 4.7.0 no")
        over = Rest(address="203.0.113.5", provider="yahoo", until=clock.now(), times=1, reason="over")
        await store.write(sources.put_rests, [rest, over])
        named, no_pointer, foreign, rests, _ = await looked()
        assert named.health is Health.OK
        assert named.found == "203.0.113.5 → a5.tayori.test; a5.tayori.test → 203.0.113.5"
        assert (no_pointer.health, no_pointer.places["address"]) == (Health.FAILED, "2001:db8::5")
        assert (foreign.health, foreign.found.partition(";")[0]) == (Health.FAILED, "203.0.113.6 → pool-6.isp.test")
        assert rests.health is Health.WARNING
        assert rests.found == "203.0.113.6: paused; 203.0.113.5: gmail (smtp; 421 4.7.0 no)"

    run(scenario())
