"""The rehearsal internet's name server over real sockets: zones, aliases, delegation, refusals."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import dns.asyncquery
import dns.flags
import dns.message
import dns.rcode
import pytest

from programs import require
from tayori.clock import AdjustableClock
from tayori.dns.record import Record
from tayori.dns.server import AuthoritativeServer, ServerLimits
from tayori.dns.zone import LiveZone, Zone
from tayori.mail.answer import AnswerStatus
from tayori.rehearsal.dns import Delegation, InternetNameServer, InternetResolver, RehearsalInternet
from tayori.rehearsal.providers import PROVIDERS, provider_records
from tayori.rehearsal.zones import RecordBook

SOA = "ns1.tayori.test hostmaster.tayori.test 1 3600 600 86400 60"

SERVICE_RECORDS = [
    Record(name="tayori.test", rdtype="SOA", value=SOA),
    Record(name="tayori.test", rdtype="NS", value="ns1.tayori.test"),
    Record(name="ns1.tayori.test", rdtype="A", value="127.0.0.1"),
    Record(name="k1.dkim.tayori.test", rdtype="TXT", value="v=DKIM1; k=rsa; p=" + "A" * 400),
    Record(name="big.tayori.test", rdtype="TXT", value="x" * 3000),
    Record(name="back.tayori.test", rdtype="CNAME", value="www.shop.test"),
]


class Rig:
    """The name server with the providers' zones, delegating to a service's server."""

    def __init__(self, book: RecordBook, internet: RehearsalInternet, port: int, clock: AdjustableClock) -> None:
        self.book = book
        self.port = port
        self.clock = clock
        self.service = Zone("tayori.test", SERVICE_RECORDS)
        self.resolver = InternetResolver(internet, self.clock)

    async def ask(self, name: str, rdtype: str, *, tcp: bool = False) -> dns.message.Message:
        query = dns.message.make_query(name, rdtype)
        if tcp:
            return await dns.asyncquery.tcp(query, "127.0.0.1", 5, self.port)
        reply, _ = await dns.asyncquery.udp_with_fallback(query, "127.0.0.1", 5, self.port)
        return reply

    async def values(self, name: str, rdtype: str) -> list[str]:
        return [str(rdata) for rrset in (await self.ask(name, rdtype)).answer for rdata in rrset]


@asynccontextmanager
async def rig(folder: Path, *, service_listens: bool = True) -> AsyncIterator[Rig]:
    clock = AdjustableClock(folder / "clock")
    service = AuthoritativeServer([LiveZone(lambda: net.service)], ServerLimits(responses_per_second=0))
    await service.start("127.0.0.1", 0)
    if not service_listens:
        await service.stop()
    fixed = [record for p in PROVIDERS for record in provider_records(p, f"127.77.0.{p.number}")]
    book = RecordBook(folder / "dns.json", fixed, "tayori.test")
    internet = RehearsalInternet(book, Delegation(domain="tayori.test", host="127.0.0.1", port=service.port))
    server = InternetNameServer(internet)
    await server.start("127.0.0.1", 0)
    net = Rig(book, internet, server.port, clock)
    try:
        yield net
    finally:
        await server.stop()
        await service.stop()
        clock.close()


Run = Callable[[Coroutine[Any, Any, Any]], Any]


def test_serves_the_providers_and_what_users_put(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        async with rig(tmp_path) as net:
            assert await net.values("inbox.test", "MX") == ["10 mx.inbox.test."]
            assert await net.values("mx.inbox.test", "A") == ["127.77.0.1"]
            assert await net.values("nullmx.test", "MX") == ["0 ."]
            assert (await net.ask("shop.test", "TXT")).rcode() == dns.rcode.NXDOMAIN
            net.book.put("shop.test", "TXT", ["v=spf1 -all"])
            assert await net.values("shop.test", "TXT") == ['"v=spf1 -all"']
            net.book.delete("shop.test", "TXT")
            assert (await net.ask("shop.test", "TXT")).rcode() == dns.rcode.NXDOMAIN

    run(story())


def test_tells_no_data_from_no_name_with_the_zones_soa(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        async with rig(tmp_path) as net:
            net.book.put("a.b.shop.test", "A", ["192.0.2.1"])
            for name, rcode, owner in (
                ("a.b.shop.test", dns.rcode.NOERROR, "shop.test."),
                ("b.shop.test", dns.rcode.NOERROR, "shop.test."),
                ("shop.test", dns.rcode.NOERROR, "shop.test."),
                ("c.shop.test", dns.rcode.NXDOMAIN, "shop.test."),
                ("nobody.test", dns.rcode.NXDOMAIN, "test."),
            ):
                reply = await net.ask(name, "AAAA")
                assert (reply.rcode(), str(reply.authority[0].name)) == (rcode, owner), name
                assert reply.authority[0].ttl <= 5
            assert await net.values("shop.test", "NS") == ["ns.rehearsal.test."]

    run(story())


def test_is_asked_for_foreign_names_in_vain(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        async with rig(tmp_path) as net:
            for name in ("example.com", "com", "1.2.0.192.in-addr.arpa", "localhost"):
                assert (await net.ask(name, "A")).rcode() == dns.rcode.REFUSED, name

    run(story())


def test_really_asks_the_services_own_server(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        async with rig(tmp_path) as net:
            assert await net.values("ns1.tayori.test", "A") == ["127.0.0.1"]
            assert len((await net.values("big.tayori.test", "TXT"))[0]) > 3000  # over TCP on both ways
            reply = await net.ask("none.tayori.test", "A")
            assert (reply.rcode(), str(reply.authority[0].name)) == (dns.rcode.NXDOMAIN, "tayori.test.")

    run(story())


def test_a_silent_service_is_a_server_failure(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        async with rig(tmp_path, service_listens=False) as net:
            assert (await net.ask("ns1.tayori.test", "A")).rcode() == dns.rcode.SERVFAIL
            net.book.put("k._domainkey.shop.test", "CNAME", ["k1.dkim.tayori.test"])
            assert (await net.ask("k._domainkey.shop.test", "TXT")).rcode() == dns.rcode.SERVFAIL
            assert (await net.resolver.resolve("ns1.tayori.test", "A")).status is AnswerStatus.SERVER_FAILURE

    run(story())


def test_follows_aliases_from_zone_to_zone(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        async with rig(tmp_path) as net:
            net.book.put("k._domainkey.shop.test", "CNAME", ["k1.dkim.tayori.test"])
            reply = await net.ask("k._domainkey.shop.test", "TXT")
            assert [rrset.rdtype.name for rrset in reply.answer] == ["CNAME", "TXT"]
            net.book.put("www.shop.test", "A", ["192.0.2.7"])
            net.book.put("start.other.test", "CNAME", ["back.tayori.test"])
            assert await net.values("start.other.test", "A") == ["back.tayori.test.", "www.shop.test.", "192.0.2.7"]
            net.book.put("gone.other.test", "CNAME", ["none.shop.test"])
            gone = await net.ask("gone.other.test", "A")
            assert (gone.rcode(), len(gone.answer)) == (dns.rcode.NXDOMAIN, 1)
            net.book.put("out.other.test", "CNAME", ["example.com"])
            assert (await net.ask("out.other.test", "A")).rcode() == dns.rcode.SERVFAIL

    run(story())


@pytest.mark.parametrize("names", [("l1.a.test", "l2.a.test"), ("l1.a.test", "l2.b.test")])
def test_a_loop_of_aliases_ends(run: Run, tmp_path: Path, names: tuple[str, str]) -> None:
    async def story() -> None:
        async with rig(tmp_path) as net:
            net.book.put(names[0], "CNAME", [names[1]])
            net.book.put(names[1], "CNAME", [names[0]])
            assert (await net.ask(names[0], "A")).rcode() == dns.rcode.SERVFAIL

    run(story())


def test_a_delegation_leads_to_the_service_or_nowhere(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        async with rig(tmp_path) as net:
            net.book.put("mail.shop.test", "NS", ["ns1.elsewhere.test"])
            assert (await net.ask("x.mail.shop.test", "A")).rcode() == dns.rcode.SERVFAIL
            net.book.put("sub.shop.test", "NS", ["ns1.tayori.test"])
            assert (await net.ask("x.sub.shop.test", "A")).rcode() == dns.rcode.SERVFAIL  # REFUSED there
            net.book.put("own.shop.test", "NS", ["ns.rehearsal.test"])
            net.book.put("x.own.shop.test", "A", ["192.0.2.3"])
            assert await net.values("x.own.shop.test", "A") == ["192.0.2.3"]

    run(story())


def test_reverse_names_of_the_loopback_network(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        async with rig(tmp_path) as net:
            net.book.put("9.1.77.127.in-addr.arpa", "PTR", ["mail.shop.test"])
            assert await net.values("9.1.77.127.in-addr.arpa", "PTR") == ["mail.shop.test."]
            assert (await net.ask("8.1.77.127.in-addr.arpa", "PTR")).rcode() == dns.rcode.NXDOMAIN

    run(story())


def test_offers_recursion_over_udp_and_tcp(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        async with rig(tmp_path) as net:
            for tcp in (False, True):
                reply = await net.ask("inbox.test", "MX", tcp=tcp)
                assert reply.flags & dns.flags.RA

    run(story())


def test_the_mail_servers_resolver_agrees(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        async with rig(tmp_path) as net:
            found = await net.resolver.resolve("INBOX.test", "MX")
            assert (found.status, found.values) == (AnswerStatus.FOUND, ("10 mx.inbox.test",))
            assert (await net.resolver.resolve("mx.inbox.test", "TXT")).values == ("v=spf1 a -all",)
            assert (await net.resolver.resolve("inbox.test", "AAAA")).status is AnswerStatus.NODATA
            assert (await net.resolver.resolve("no.inbox.test", "A")).status is AnswerStatus.NXDOMAIN
            assert (await net.resolver.resolve("example.com", "A")).status is AnswerStatus.SERVER_FAILURE
            for odd in ("a..test", "x" * 64 + ".test", 'we\\ird "name.test', "a" * 300):
                assert (await net.resolver.resolve(odd, "A")).status is AnswerStatus.NXDOMAIN, odd

    run(story())


def test_what_the_mail_servers_have_kept_is_gone_once_the_clock_is_beyond_its_ttl(run: Run, tmp_path: Path) -> None:
    async def story() -> None:
        async with rig(tmp_path) as net:
            before = await net.resolver.resolve("tayori.test", "NS")
            others = [record for record in SERVICE_RECORDS if record.rdtype != "NS"]
            net.service = Zone(
                "tayori.test", [*others, Record(name="tayori.test", rdtype="NS", value="ns9.tayori.test")]
            )
            net.clock.advance(before.ttl + 1)
            assert (await net.resolver.resolve("tayori.test", "NS")).values == ("ns9.tayori.test",)

    run(story())


def test_dig_is_content(run: Run, tmp_path: Path) -> None:
    dig = require("dig", "bind9-dnsutils")

    async def story() -> None:
        async with rig(tmp_path) as net:
            net.book.put("k._domainkey.shop.test", "CNAME", ["k1.dkim.tayori.test"])
            process = await asyncio.create_subprocess_exec(
                dig, "@127.0.0.1", "-p", str(net.port), "k._domainkey.shop.test", "TXT",
                stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            output = (await process.communicate())[0].decode()
            assert "status: NOERROR" in output and "v=DKIM1" in output
            assert "WARNING" not in output and ";; Got bad packet" not in output

    run(story())
