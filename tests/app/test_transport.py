"""MTA-STS with a real policy host and a real store: what a restart keeps, and what a host that hangs cannot do."""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trustme

from tayori.app.policy_file import FetchSettings, PolicyFileFetcher
from tayori.app.transport import StsFetches, StsRefresh
from tayori.clock import AdjustableClock
from tayori.delivery.sts import Found, KeptStsPolicies
from tayori.mail.answer import Answer, AnswerStatus
from tayori.mail.mta_sts import MtaStsMode
from tayori.model.sts import StsPolicy, StsTrouble
from tayori.model.tls_result import ResultType
from tayori.resources.sts_policies import StoredStsPolicies
from tayori.store.engine import Store

AUTHORITY = trustme.CA()
POLICY = b"version: STSv1\nmode: enforce\nmx: mx.dest.test\nmax_age: 86400\n"
GOOD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s" % (len(POLICY), POLICY)


class Names:
    def __init__(self) -> None:
        self.records = {
            ("_mta-sts.dest.test", "TXT"): ("v=STSv1; id=1",),
            ("mta-sts.dest.test", "A"): ("127.0.0.1",),
        }

    async def resolve(self, name: str, rdtype: str) -> Answer:
        values = self.records.get((name, rdtype), ())
        status = AnswerStatus.FOUND if values else AnswerStatus.NXDOMAIN
        return Answer(name=name, rdtype=rdtype, status=status, values=values)


@asynccontextmanager
async def policy_host(answer: bytes | None, name: str = "mta-sts.dest.test") -> AsyncIterator[tuple[int, list[bytes]]]:
    """Its port, and what was asked of it. Without an answer it hangs."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    AUTHORITY.issue_cert(name).configure_cert(context)
    asked: list[bytes] = []
    ends = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked.append(await reader.readuntil(b"\r\n\r\n"))
            if answer is None:
                await ends.wait()
            else:
                writer.write(answer)
                await writer.drain()
        except (OSError, EOFError):
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1], asked
    finally:
        ends.set()
        server.close()
        await asyncio.sleep(0)


def policies(names: Names, store: Store, clock: AdjustableClock, port: int, seconds: float = 10.0) -> KeptStsPolicies:
    tls = ssl.create_default_context()
    AUTHORITY.configure_trust(tls)
    networks = (ipaddress.ip_network("127.0.0.0/8"),)
    files = PolicyFileFetcher(names, FetchSettings(port=port, allowed_networks=networks, seconds=seconds, tls=tls))
    return KeptStsPolicies(resolver=names, fetch=StsFetches(files), rows=StoredStsPolicies(store), clock=clock)


def told(found: Found) -> MtaStsMode | ResultType | None:
    if isinstance(found, StsPolicy):
        return found.policy.mode
    return found.result if isinstance(found, StsTrouble) else None


def test_a_policy_holds_on_over_a_restart_whatever_becomes_of_its_host(run, store, clock) -> None:
    async def scenario() -> None:
        names = Names()
        async with policy_host(GOOD) as (port, asked):
            assert told(await policies(names, store, clock, port).of("dest.test")) is MtaStsMode.ENFORCE
            assert asked[0].startswith(b"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.dest.test\r\n")
        names.records.clear()
        assert told(await policies(names, store, clock, port).of("dest.test")) is MtaStsMode.ENFORCE
        clock.advance(86_401)
        assert told(await policies(names, store, clock, port).of("dest.test")) is None

    run(scenario())


def test_the_loop_renews_what_will_run_out(run, store, clock) -> None:
    async def scenario() -> None:
        names = Names()
        async with policy_host(GOOD) as (port, asked):
            kept = policies(names, store, clock, port)
            await kept.of("dest.test")
            clock.advance(43_201)
            assert await StsRefresh(kept).tick() is None
            assert len(asked) == 2
        names.records.clear()
        clock.advance(43_201)
        assert told(await policies(names, store, clock, port).of("dest.test")) is MtaStsMode.ENFORCE

    run(scenario())


def test_a_policy_host_that_hangs_costs_one_wait_and_no_mail(run, store, clock) -> None:
    async def scenario() -> None:
        async with policy_host(None) as (port, asked):
            kept = policies(Names(), store, clock, port, seconds=0.3)
            async with asyncio.timeout(20):
                for _ in range(3):
                    assert told(await kept.of("dest.test")) is ResultType.STS_POLICY_FETCH_ERROR
            assert len(asked) == 1

    run(scenario())


@pytest.mark.parametrize(
    ("answer", "name", "result"),
    [
        (GOOD, "other.test", ResultType.STS_WEBPKI_INVALID),
        (
            b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n",
            "mta-sts.dest.test",
            ResultType.STS_POLICY_FETCH_ERROR,
        ),
        (b"HTTP/1.1 301 Moved\r\nLocation: /x\r\n\r\n", "mta-sts.dest.test", ResultType.STS_POLICY_FETCH_ERROR),
        (GOOD.replace(b"STSv1", b"STSv2"), "mta-sts.dest.test", ResultType.STS_POLICY_INVALID),
    ],
    ids=["another name's certificate", "not found", "elsewhere", "no policy"],
)
def test_why_there_is_no_policy_is_told(run, store, clock, answer: bytes, name: str, result: ResultType) -> None:
    async def scenario() -> None:
        async with policy_host(answer, name) as (port, _):
            assert told(await policies(Names(), store, clock, port).of("dest.test")) is result

    run(scenario())
