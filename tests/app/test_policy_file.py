"""The MTA-STS policy file, fetched from real HTTPS servers on loopback that behave and misbehave."""

import asyncio
import ipaddress
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import trustme

from tayori.app.authentication_look import policies_of
from tayori.app.policy_file import FetchError, FetchSettings, FetchTrouble, PolicyFileFetcher
from tayori.mail.answer import Answer, AnswerStatus
from tayori.mail.dmarc import parse_record
from tayori.mail.policy_records import PolicyKind
from tayori.model.policy_check import PolicyVerdict
from tayori.model.public_address import may_be_reached

DOMAIN = "example.com"
HOST = f"mta-sts.{DOMAIN}"
POLICY = b"version: STSv1\nmode: enforce\nmx: mx.example.com\nmax_age: 604800\n"
GOOD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s" % (len(POLICY), POLICY)
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
AUTHORITY = trustme.CA()


class Names:
    """A resolver that says the same of every name, and counts."""

    def __init__(self, a: tuple[str, ...] = (), aaaa: tuple[str, ...] = ()) -> None:
        self.found = {"A": a, "AAAA": aaaa}
        self.asked: list[tuple[str, str]] = []

    async def resolve(self, name: str, rdtype: str) -> Answer:
        self.asked.append((name, rdtype))
        values = self.found[rdtype]
        status = AnswerStatus.FOUND if values else AnswerStatus.NODATA
        return Answer(name=name, rdtype=rdtype, status=status, values=values, ttl=60)


class Zone:
    """A domain with MTA-STS, whose policy is on loopback."""

    def __init__(self, mx: str) -> None:
        self.records = {
            (f"_mta-sts.{DOMAIN}", "TXT"): ("v=STSv1; id=1;",),
            (HOST, "A"): ("127.0.0.1",),
            (DOMAIN, "MX"): (f"10 {mx}",),
        }

    async def resolve(self, name: str, rdtype: str) -> Answer:
        values = self.records.get((name, rdtype), ())
        status = AnswerStatus.FOUND if values else AnswerStatus.NXDOMAIN
        return Answer(name=name, rdtype=rdtype, status=status, values=values, ttl=60)


@pytest.fixture
def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


Serve = Callable[[asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def web(serve: Serve, *, name: str = HOST) -> AsyncIterator[tuple[int, list[bytes]]]:
    """An HTTPS server that reads a request and leaves the rest to `serve`."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    AUTHORITY.issue_cert(name).configure_cert(context)
    requests: list[bytes] = []
    tasks: set[asyncio.Task[Any]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            requests.append(await reader.readuntil(b"\r\n\r\n"))
            await serve(writer)
        except (OSError, EOFError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1], requests
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def saying(*pieces: bytes) -> Serve:
    async def serve(writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        writer.close()
        await writer.wait_closed()

    return serve


def settings(port: int, tls: ssl.SSLContext, **changes: Any) -> FetchSettings:
    return replace(FetchSettings(port=port, tls=tls, allowed_networks=LOOPBACK), **changes)


def test_fetches_the_file_from_the_address_that_was_resolved(run: Any, trusting: ssl.SSLContext) -> None:
    async def story() -> None:
        async with web(saying(GOOD)) as (port, requests):
            names = Names(a=("127.0.0.1",))
            assert await PolicyFileFetcher(names, settings(port, trusting)).fetch(DOMAIN) == POLICY
            assert sorted(names.asked) == [(HOST, "A"), (HOST, "AAAA")]  # once, and never again by the system
            assert requests[0].startswith(b"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.example.com\r\n")

    run(story())


@pytest.mark.parametrize(
    "pieces",
    [
        (GOOD[:20], GOOD[20:90], GOOD[90:]),
        (b"HTTP/1.0 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n", POLICY),
        (b"HTTP/1.1 200 OK\r\nContent-Type: TEXT/PLAIN\r\nTransfer-Encoding: chunked\r\n\r\n",
         b"%x\r\n%s\r\n0\r\n\r\n" % (len(POLICY), POLICY)),
        (b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", GOOD),
    ],
    ids=["in pieces", "until the end of the connection", "chunked", "after an informational answer"],
)  # fmt: skip
def test_reads_every_way_of_framing(run: Any, trusting: ssl.SSLContext, pieces: tuple[bytes, ...]) -> None:
    async def story() -> None:
        async with web(saying(*pieces)) as (port, _):
            assert await PolicyFileFetcher(Names(a=("127.0.0.1",)), settings(port, trusting)).fetch(DOMAIN) == POLICY

    run(story())


def _answer(status: str, *fields: str, body: bytes = POLICY) -> bytes:
    head = "\r\n".join((f"HTTP/1.1 {status}", *fields, f"Content-Length: {len(body)}", "", ""))
    return head.encode() + body


REFUSED = {
    "a redirect": (_answer("301 Moved", "Location: https://127.0.0.1/", "Content-Type: text/plain"),
                   FetchTrouble.REDIRECTED),
    "a temporary redirect": (_answer("307 Elsewhere", "Location: /other"), FetchTrouble.REDIRECTED),
    "not found": (_answer("404 Not Found", "Content-Type: text/plain"), FetchTrouble.NOT_FOUND),
    "a server's failure": (_answer("503 Busy", "Content-Type: text/plain"), FetchTrouble.NOT_FOUND),
    "a page": (_answer("200 OK", "Content-Type: text/html"), FetchTrouble.NOT_TEXT),
    "a type that only begins alike": (_answer("200 OK", "Content-Type: text/plainer"), FetchTrouble.NOT_TEXT),
    "no type": (_answer("200 OK"), FetchTrouble.NOT_TEXT),
    "compressed": (_answer("200 OK", "Content-Type: text/plain", "Content-Encoding: gzip"), FetchTrouble.BROKEN),
    "a huge body": (_answer("200 OK", "Content-Type: text/plain", body=b"x" * 70_000), FetchTrouble.TOO_LARGE),
    "a body that never ends": (b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n" + b"x" * 300_000,
                               FetchTrouble.TOO_LARGE),
    "endless header fields": (b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 40_000, FetchTrouble.TOO_LARGE),
    "less than was promised": (GOOD[:-10], FetchTrouble.BROKEN),
    "no HTTP": (b"220 mx.example.com ESMTP\r\n", FetchTrouble.BROKEN),
    "nothing": (b"", FetchTrouble.BROKEN),
}  # fmt: skip


@pytest.mark.parametrize(("content", "trouble"), REFUSED.values(), ids=REFUSED.keys())
def test_refuses(run: Any, trusting: ssl.SSLContext, content: bytes, trouble: FetchTrouble) -> None:
    async def story() -> None:
        async with web(saying(content)) as (port, requests):
            with pytest.raises(FetchError) as refused:
                await PolicyFileFetcher(Names(a=("127.0.0.1",)), settings(port, trusting)).fetch(DOMAIN)
            assert refused.value.trouble is trouble
            assert len(requests) == 1

    run(story())


def test_a_slow_drip_ends_in_time(run: Any, trusting: ssl.SSLContext) -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        for octet in GOOD:
            writer.write(bytes([octet]))
            await writer.drain()
            await asyncio.sleep(0.05)

    async def story() -> None:
        async with web(drip) as (port, _):
            begun = time.monotonic()
            fetcher = PolicyFileFetcher(Names(a=("127.0.0.1",)), settings(port, trusting, seconds=0.5))
            with pytest.raises(FetchError) as refused:
                await fetcher.fetch(DOMAIN)
            assert refused.value.trouble is FetchTrouble.TOO_SLOW
            assert time.monotonic() - begun < 3

    run(story())


@pytest.mark.parametrize("name", ["mta-sts.example.org", DOMAIN, "*.mta-sts.example.com"])
def test_a_certificate_for_another_name_is_refused(run: Any, trusting: ssl.SSLContext, name: str) -> None:
    async def story() -> None:
        async with web(saying(GOOD), name=name) as (port, requests):
            with pytest.raises(FetchError) as refused:
                await PolicyFileFetcher(Names(a=("127.0.0.1",)), settings(port, trusting)).fetch(DOMAIN)
            assert refused.value.trouble is FetchTrouble.BAD_CERTIFICATE
            assert requests == []

    run(story())


def test_a_certificate_that_nobody_known_signed_is_refused(run: Any) -> None:
    async def story() -> None:
        async with web(saying(GOOD)) as (port, _):
            own = settings(port, ssl.create_default_context())
            with pytest.raises(FetchError) as refused:
                await PolicyFileFetcher(Names(a=("127.0.0.1",)), own).fetch(DOMAIN)
            assert refused.value.trouble is FetchTrouble.BAD_CERTIFICATE

    run(story())


def test_a_private_address_is_not_connected_to_unless_it_is_allowed(run: Any, trusting: ssl.SSLContext) -> None:
    async def story() -> None:
        async with web(saying(GOOD)) as (port, requests):
            names = Names(a=("127.0.0.1",), aaaa=("::ffff:127.0.0.1",))
            with pytest.raises(FetchError) as refused:
                await PolicyFileFetcher(names, settings(port, trusting, allowed_networks=())).fetch(DOMAIN)
            assert (refused.value.trouble, refused.value.detail) == (
                FetchTrouble.NOT_PUBLIC,
                "127.0.0.1, ::ffff:127.0.0.1",
            )
            assert requests == []
            beside = Names(a=("10.0.0.1", "127.0.0.1"))  # one that may not be asked is left out
            assert await PolicyFileFetcher(beside, settings(port, trusting)).fetch(DOMAIN) == POLICY

    run(story())


def test_the_next_address_is_tried_where_nothing_listens(run: Any, trusting: ssl.SSLContext) -> None:
    async def story() -> None:
        async with web(saying(GOOD)) as (port, _):
            names = Names(a=("127.0.0.9", "127.0.0.1"))
            assert await PolicyFileFetcher(names, settings(port, trusting)).fetch(DOMAIN) == POLICY
            with pytest.raises(FetchError) as refused:
                await PolicyFileFetcher(Names(a=("127.0.0.9",)), settings(port, trusting)).fetch(DOMAIN)
            assert refused.value.trouble is FetchTrouble.UNREACHABLE
            with pytest.raises(FetchError) as refused:
                await PolicyFileFetcher(Names(), settings(port, trusting)).fetch(DOMAIN)
            assert refused.value.trouble is FetchTrouble.NO_ADDRESS

    run(story())


@pytest.mark.parametrize("address", ["192.0.43.8", "8.8.8.8", "2606:4700::1", "2001:4860:4860::8888"])
def test_public_addresses_may_be_reached(address: str) -> None:
    assert may_be_reached(address)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.1", "169.254.169.254", "172.16.0.1",
        "192.168.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "239.255.255.250", "240.0.0.1",
        "255.255.255.255", "2130706433", "0x7f000001", "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "::ffff:8.8.8.8", "fe80::1", "fe80::1%lo", "fc00::1", "fd12:3456::1", "ff02::1",
        "2001:db8::1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::a00:1", "2002:7f00:1::1",
        "2002:a00:1::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "100::1", "localhost", "",
    ],
)  # fmt: skip
def test_no_other_address_may_be_reached(address: str) -> None:
    assert not may_be_reached(address)


def test_a_network_that_is_allowed_may_be_reached() -> None:
    assert may_be_reached("10.1.2.3", (ipaddress.ip_network("10.0.0.0/8"),))
    assert not may_be_reached("::ffff:10.1.2.3", (ipaddress.ip_network("10.0.0.0/8"),))


@pytest.mark.parametrize(
    ("mx", "verdict", "notes"),
    [
        ("mx.example.com", PolicyVerdict.OK, ("policy-mode-enforce",)),
        ("mx.other.net", PolicyVerdict.BROKEN, ("policy-mode-enforce", "policy-mx-not-covered")),
    ],
)
def test_the_file_is_part_of_what_is_said_of_the_domain(
    run: Any, trusting: ssl.SSLContext, mx: str, verdict: PolicyVerdict, notes: tuple[str, ...]
) -> None:
    async def story() -> None:
        async with web(saying(GOOD)) as (port, requests):
            zone = Zone(mx)
            files = PolicyFileFetcher(zone, settings(port, trusting))
            found = (await policies_of(DOMAIN, None, zone, files))[0]
            assert (found.kind, found.verdict, found.notes) == (PolicyKind.MTA_STS, verdict, notes)
            assert found.policy is not None and found.policy.mx == ("mx.example.com",)
            assert len(requests) == 1

    run(story())


def test_nothing_is_fetched_where_the_dns_side_is_not_in_order(run: Any, trusting: ssl.SSLContext) -> None:
    async def story() -> None:
        async with web(saying(GOOD)) as (port, requests):
            zone = Zone("mx.example.com")
            zone.records[f"_mta-sts.{DOMAIN}", "TXT"] = ("v=STSv1; id=not valid",)
            files = PolicyFileFetcher(zone, settings(port, trusting))
            assert (await policies_of(DOMAIN, None, zone, files))[0].notes == ("bad-id",)
            del zone.records[f"_mta-sts.{DOMAIN}", "TXT"]
            assert (await policies_of(DOMAIN, None, zone, files))[0].verdict is PolicyVerdict.ABSENT
            assert requests == []

    run(story())


def test_a_file_that_cannot_be_had_is_told_with_what_was_seen(run: Any, trusting: ssl.SSLContext) -> None:
    async def story() -> None:
        async with web(saying(_answer("301 Moved"))) as (port, _):
            zone = Zone("mx.example.com")
            found = (await policies_of(DOMAIN, None, zone, PolicyFileFetcher(zone, settings(port, trusting))))[0]
            assert (found.verdict, found.notes, found.places) == (
                PolicyVerdict.BROKEN,
                ("file-redirected",),
                {"detail": "301"},
            )

    run(story())


# -- the BIMI logo -----------------------------------------------------------------------------------------------------

LOGO = (
    b'<svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps" viewBox="0 0 9 9">'
    b"<title>T</title></svg>"
)


def logo_answer(status: str = "200 OK", content_type: str = "image/svg+xml", body: bytes = LOGO) -> bytes:
    return _answer(status, f"Content-Type: {content_type}", body=body)


@pytest.mark.parametrize(
    ("answer", "verdict", "note"),
    [
        (logo_answer(), PolicyVerdict.OK, "logo-in-order"),
        (logo_answer(body=LOGO.replace(b"tiny-ps", b"tiny")), PolicyVerdict.BROKEN, "svg-profile"),
        (logo_answer(content_type="text/html"), PolicyVerdict.BROKEN, "logo-not-svg"),
        (logo_answer("404 Not Found"), PolicyVerdict.BROKEN, "logo-not-found"),
        (logo_answer("302 Found"), PolicyVerdict.OK, "logo-redirected"),
        (logo_answer(body=b" " * 70_000), PolicyVerdict.BROKEN, "logo-too-large"),
        (b"nonsense\r\n\r\n", PolicyVerdict.OK, "logo-unreached"),
    ],
)
def test_a_logo_is_fetched_and_looked_at(
    run: Any, trusting: ssl.SSLContext, answer: bytes, verdict: PolicyVerdict, note: str
) -> None:
    async def story() -> None:
        async with web(saying(answer), name="logo.example.com") as (port, requests):
            zone = Zone("mx.example.com")
            zone.records[f"default._bimi.{DOMAIN}", "TXT"] = ("v=BIMI1; l=https://logo.example.com/a/l.svg?v=1;",)
            zone.records["logo.example.com", "A"] = ("127.0.0.1",)
            del zone.records[f"_mta-sts.{DOMAIN}", "TXT"]
            files = PolicyFileFetcher(zone, settings(port, trusting))
            found = (await policies_of(DOMAIN, parse_record("v=DMARC1; p=reject"), zone, files))[2]
            assert (found.kind, found.verdict, found.notes[0]) == (PolicyKind.BIMI, verdict, note)
            assert "no-certificate" in found.notes and "logo-not-fetched" not in found.notes
            assert requests[0].startswith(b"GET /a/l.svg?v=1 HTTP/1.1\r\nHost: logo.example.com\r\n")

    run(story())


@pytest.mark.parametrize(
    "url",
    ["https://127.0.0.1/l.svg", "https://[::1]/l.svg", "https://logo.example.com:8443/l.svg", "https:///l.svg",
     "https://logo.example.com/l\x7f.svg", "https://logo.example.com:x/l.svg", "http://logo.example.com/l.svg"],
)  # fmt: skip
def test_a_logo_at_an_odd_address_is_not_asked_for(run: Any, trusting: ssl.SSLContext, url: str) -> None:
    async def story() -> None:
        async with web(saying(logo_answer()), name="logo.example.com") as (port, requests):
            zone = Zone("mx.example.com")
            zone.records["logo.example.com", "A"] = ("127.0.0.1",)
            with pytest.raises(FetchError):
                await PolicyFileFetcher(zone, settings(port, trusting)).fetch_logo(url)
            assert requests == []

    run(story())


def test_a_logo_at_a_private_address_is_not_asked_for(run: Any, trusting: ssl.SSLContext) -> None:
    async def story() -> None:
        async with web(saying(logo_answer()), name="logo.example.com") as (port, requests):
            files = PolicyFileFetcher(Names(a=("127.0.0.1",)), settings(port, trusting, allowed_networks=()))
            with pytest.raises(FetchError) as raised:
                await files.fetch_logo("https://logo.example.com/l.svg")
            assert raised.value.trouble is FetchTrouble.NOT_PUBLIC
            assert requests == []

    run(story())
