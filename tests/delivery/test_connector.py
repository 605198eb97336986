"""Ways through proxies: a real HAProxy and a real SOCKS5 server (microsocks), and servers that do not play along."""

import asyncio
import contextlib
import socket
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hosts import World

from programs import require
from tayori.clock import AdjustableClock
from tayori.delivery.connector import proxy_header
from tayori.delivery.egress import Egress, Proxy, ProxyKind
from tayori.model.message import FailureScope, Outcome, OutcomeKind, Outgoing

Run = Callable[[Any], Any]


class Only:
    """The chooser of one way out."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress

    def choose(self, outgoing: Outgoing, domain: str) -> Egress:
        return self._egress

    def until(self, outgoing: Outgoing, domain: str) -> None:
        pass

    def learned(self, report: object) -> None:
        pass


def way(kind: ProxyKind, port: int, **more: Any) -> Egress:
    proxy = Proxy(kind=kind, host="127.0.0.1", port=port, **more)
    return Egress(name="127.77.3.3", ipv4="127.77.3.3", address="127.77.3.3", ehlo_name="s3.tayori.test", via=proxy)


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextlib.asynccontextmanager
async def program(port: int, *arguments: str) -> AsyncIterator[None]:
    """A server program, from when it listens on."""
    process = await asyncio.create_subprocess_exec(
        *arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
    )
    assert process.stdout is not None
    try:
        while True:
            if process.returncode is not None:
                said = (await process.stdout.read()).decode(errors="replace")
                pytest.skip(f"{Path(arguments[0]).name} does not run here: {said.strip()[-300:]}")
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                await writer.wait_closed()
                break
            await asyncio.sleep(0.02)
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def one(world: World, egress: Egress) -> Outcome:
    world.chooser = Only(egress)
    (result,) = await world.send()
    return result.outcome


HAPROXY = """
defaults
  mode tcp
  timeout connect 5s
  timeout client 30s
  timeout server 30s
listen outbound
  bind 127.0.0.1:{port} accept-proxy
  source 0.0.0.0 usesrc clientip
  server any 0.0.0.0
"""


def test_haproxy_connects_from_the_address_that_its_header_names(
    run: Run, clock: AdjustableClock, tmp_path: Path
) -> None:
    haproxy = require("haproxy", "haproxy")
    port = free_port()
    settings = tmp_path / "haproxy.cfg"
    settings.write_text(HAPROXY.format(port=port))

    async def scenario() -> None:
        async with program(port, haproxy, "-f", str(settings), "-db"), World(clock) as world:
            host = await world.domain()
            outcome = await one(world, way(ProxyKind.HAPROXY, port))
            assert outcome.kind is OutcomeKind.DELIVERED
            assert host.peers == ["127.77.3.3"]
            assert host.commands[0] == "EHLO s3.tayori.test"
            assert b"-127.77.3.3\r\n" in host.received[0].content.partition(b"\n")[0] + b"\n"

    run(scenario())


def test_socks5_with_a_password_connects_and_a_wrong_one_is_our_trouble(run: Run, clock: AdjustableClock) -> None:
    microsocks = require("microsocks", "microsocks")
    port = free_port()
    arguments = (microsocks, "-i", "127.0.0.1", "-p", str(port), "-u", "us", "-P", "secret", "-b", "127.77.3.4")

    async def scenario() -> None:
        async with program(port, *arguments), World(clock) as world:
            host = await world.domain()
            refused = await one(world, way(ProxyKind.SOCKS5, port, user="us", password="wrong"))
            assert (refused.kind, refused.scope) == (OutcomeKind.DEFERRED, FailureScope.LOCAL)
            assert host.connections == 0
            assert "wrong" not in refused.diagnostic
            without = await _again(world, clock, way(ProxyKind.SOCKS5, port))
            assert "wants a user name" in without.diagnostic
            outcome = await _again(world, clock, way(ProxyKind.SOCKS5, port, user="us", password="secret"))
            assert outcome.kind is OutcomeKind.DELIVERED
            assert host.peers == ["127.77.3.4"]

    run(scenario())


async def _again(world: World, clock: AdjustableClock, egress: Egress) -> Outcome:
    """The message that waits is tried once more, this way."""
    before = len(world.queue.results())
    world.chooser._egress = egress
    clock.advance(3600)
    return (await world.queue.until_reported(before + 1))[-1].outcome


Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def _socks(*answers: bytes) -> Answering:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.read(512)
            writer.write(answer)
        await writer.drain()
        await reader.read(512)
        writer.close()

    return serve


@pytest.mark.parametrize(
    ("answers", "scope", "words"),
    [
        ((b"\x05\x00", b"\x05\x05\x00\x01\0\0\0\0\0\0"), FailureScope.DESTINATION, "Connection refused"),
        ((b"\x05\x00", b"\x05\x04\x00\x01\0\0\0\0\0\0"), FailureScope.DESTINATION, "No route to host"),
        ((b"\x05\x00", b"\x05\x02\x00\x01\0\0\0\0\0\0"), FailureScope.LOCAL, "its rules do not allow it"),
        ((b"\x05\x00", b"\x05\x63\x00\x01\0\0\0\0\0\0"), FailureScope.LOCAL, "reply 99"),
        ((b"\x05\xff",), FailureScope.LOCAL, "wants a user name and password"),
        ((b"HTTP/1.1 400 Bad Request\r\n\r\n",), FailureScope.LOCAL, "does not speak SOCKS5"),
        ((b"\x05\x00", b"\x05\x00\x00\x09\0\0\0\0\0\0"), FailureScope.LOCAL, "does not speak SOCKS5"),
        ((b"",), FailureScope.LOCAL, "closed the connection"),
    ],
)
def test_what_a_socks_server_says_is_the_hosts_trouble_or_ours(
    run: Run, clock: AdjustableClock, answers: tuple[bytes, ...], scope: FailureScope, words: str
) -> None:
    async def scenario() -> None:
        server = await asyncio.start_server(_socks(*answers), "127.0.0.1", 0)
        async with server, World(clock) as world:
            host = await world.domain()
            if answers == (b"",):
                server.close()
                server = await asyncio.start_server(_closing, "127.0.0.1", 0)
            outcome = await one(world, way(ProxyKind.SOCKS5, server.sockets[0].getsockname()[1]))
            assert outcome.kind is OutcomeKind.DEFERRED
            assert outcome.scope is scope
            assert words in outcome.diagnostic
            assert host.connections == 0
            server.close()

    run(scenario())


async def _closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(512)
    writer.close()


def test_a_name_as_bound_address_leaves_the_hosts_first_bytes_whole(run: Run, clock: AdjustableClock) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(3)
        writer.write(b"\x05\x00")
        request = await reader.readexactly(10)
        address = socket.inet_ntoa(request[4:8])
        far_reader, far_writer = await asyncio.open_connection(address, int.from_bytes(request[8:10]))
        greeting = await far_reader.readuntil(b"\r\n")
        writer.write(b"\x05\x00\x00\x03\x04here\x00\x19" + greeting)  # the greeting with the reply

        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while data := await source.read(4096):
                sink.write(data)
            sink.close()

        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer), return_exceptions=True)

    async def scenario() -> None:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server, World(clock) as world:
            host = await world.domain()
            outcome = await one(world, way(ProxyKind.SOCKS5, server.sockets[0].getsockname()[1]))
            assert outcome.kind is OutcomeKind.DELIVERED
            assert len(host.received) == 1

    run(scenario())


def test_a_proxy_where_nobody_listens_bounces_nothing(run: Run, clock: AdjustableClock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            await world.domain()
            outcome = await one(world, way(ProxyKind.HAPROXY, free_port()))
            assert (outcome.kind, outcome.scope) == (OutcomeKind.DEFERRED, FailureScope.LOCAL)
            assert "the proxy 127.0.0.1 does not work" in outcome.diagnostic

    run(scenario())


def test_the_header_of_the_proxy_protocol_is_that_of_its_specification() -> None:
    assert proxy_header("127.77.3.3", "192.0.2.9", 25).hex() == (
        "0d0a0d0a000d0a515549540a" + "21" + "11" + "000c" + "7f4d0303" + "c0000209" + "0000" + "0019"
    )
    assert proxy_header("2001:db8::5", "2001:db8::9", 587).hex() == (
        "0d0a0d0a000d0a515549540a2121"
        + "0024"
        + "20010db8"
        + "00" * 11
        + "05"
        + "20010db8"
        + "00" * 11
        + "09"
        + "0000024b"
    )
    with pytest.raises(OSError, match="different kinds"):
        proxy_header("2001:db8::5", "192.0.2.9", 25)
