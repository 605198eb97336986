"""The name servers that play what goes wrong, asked as resolvers and as name servers are."""

from typing import Any

import dns.asyncquery
import dns.exception
import dns.flags
import dns.message
import dns.rcode
import pytest

from tayori.rehearsal import name_servers

SHOP = "shop.test"


async def ask(rig: Any, name: str, rdtype: str, *, flags: int = dns.flags.RD, at: str = "127.0.0.1") -> Any:
    query = dns.message.make_query(name, rdtype, flags=flags)
    return await dns.asyncquery.udp(query, at, 1, rig.world.dns_port)


async def address(rig: Any, name: str) -> str:
    return str((await rig.world.resolver.resolve(name, "A")).values[0])


def test_a_zone_on_a_lame_server_is_delegated_away_and_fails_at_resolvers(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            await rig.put(SHOP, "NS", name_servers.LAME)
            await rig.put(SHOP, "MX", "10 mx.inbox.test")
            referral = await ask(rig, SHOP, "MX", flags=0)
            assert not referral.answer and not referral.flags & dns.flags.AA
            assert [str(item) for item in referral.authority[0]] == ["lame.rehearsal.test."]
            assert (await ask(rig, SHOP, "MX")).rcode() == dns.rcode.SERVFAIL
            lame = await address(rig, name_servers.LAME)
            assert (await ask(rig, SHOP, "MX", flags=0, at=lame)).rcode() == dns.rcode.REFUSED
            await rig.put(SHOP, "NS", name_servers.NAME_SERVER, name_servers.LAME)
            assert (await ask(rig, SHOP, "MX")).answer

    run(story())


def test_the_silent_server_never_answers(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            with pytest.raises(dns.exception.Timeout):
                await ask(rig, SHOP, "SOA", at=await address(rig, name_servers.SILENT))

    run(story())


def test_the_empty_server_has_its_zones_and_no_record(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            await rig.put(SHOP, "NS", name_servers.NAME_SERVER, name_servers.EMPTY)
            await rig.put(f"www.{SHOP}", "A", "192.0.2.1")
            empty = await address(rig, name_servers.EMPTY)
            top = await ask(rig, SHOP, "SOA", flags=0, at=empty)
            assert top.flags & dns.flags.AA and top.answer
            assert (await ask(rig, f"www.{SHOP}", "A", flags=0, at=empty)).rcode() == dns.rcode.NXDOMAIN
            assert (await ask(rig, "inbox.test", "SOA", flags=0, at=empty)).rcode() == dns.rcode.REFUSED
            assert (await ask(rig, f"www.{SHOP}", "A")).answer
            await rig.put(SHOP, "NS", name_servers.EMPTY)
            assert (await ask(rig, f"www.{SHOP}", "A")).rcode() == dns.rcode.NXDOMAIN

    run(story())


def test_bogus_signatures_fail_unless_the_resolver_is_told_not_to_check(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            await rig.put(SHOP, "NS", name_servers.BOGUS)
            await rig.put(SHOP, "MX", "10 mx.inbox.test")
            assert (await ask(rig, SHOP, "MX")).rcode() == dns.rcode.SERVFAIL
            assert (await ask(rig, SHOP, "MX", flags=dns.flags.RD | dns.flags.CD)).answer
            assert (await ask(rig, SHOP, "MX", flags=0)).answer

    run(story())


def test_what_is_cached_stays_until_its_time_is_over(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            await rig.put(SHOP, "NS", name_servers.CACHED)
            await rig.call("PUT", f"dns/{SHOP}/TXT", {"values": ["old"], "ttl": 300})
            assert (await ask(rig, SHOP, "TXT")).answer[0].ttl == 300
            await rig.call("PUT", f"dns/{SHOP}/TXT", {"values": ["new"], "ttl": 300})
            await rig.call("PUT", "clock", {"advance_seconds": 100})
            kept = (await ask(rig, SHOP, "TXT")).answer[0]
            assert str(kept[0]) == '"old"' and 190 < kept.ttl <= 200
            assert str((await ask(rig, SHOP, "TXT", flags=0)).answer[0][0]) == '"new"'
            await rig.call("PUT", "clock", {"advance_seconds": 200})
            assert str((await ask(rig, SHOP, "TXT")).answer[0][0]) == '"new"'

    run(story())


def test_a_lax_server_answers_with_what_was_asked_for(run: Any, rehearsal: Any) -> None:
    async def story() -> None:
        async with rehearsal() as rig:
            await rig.put(SHOP, "NS", name_servers.LAX)
            await rig.put(f"www.{SHOP}", "CNAME", "inbox.test")
            await rig.put(f"www.{SHOP}", "TXT", "beside")
            assert str((await ask(rig, f"www.{SHOP}", "CNAME")).answer[0][0]) == "inbox.test."
            assert str((await ask(rig, f"www.{SHOP}", "TXT")).answer[0][0]) == '"beside"'
            refused = await rig.call("PUT", "dns/www.other.test/CNAME", {"values": ["inbox.test"]})
            assert refused.status == 200
            beside = await rig.call("PUT", "dns/www.other.test/TXT", {"values": ["beside"]})
            assert beside.status == 400 and "other records beside it" in beside.body["message"]

    run(story())
