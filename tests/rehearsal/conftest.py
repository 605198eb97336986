"""A whole rehearsal internet inside a test's event loop, beside a stand-in for the service."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest

from tayori.clock import AdjustableClock
from tayori.dns.server import AuthoritativeServer, ServerLimits
from tayori.dns.service_zone import service_zone
from tayori.mail.reply import Reply
from tayori.model.names import ServiceNames
from tayori.rehearsal.control import PREFIX, ControlRequest, ControlResponse
from tayori.rehearsal.providers import PROVIDERS
from tayori.rehearsal.world import RehearsalError, RehearsalSettings, RehearsalWorld
from tayori.smtp.policy import Peer, ServerSettings, Transaction
from tayori.smtp.server import SmtpServer

SERVICE_ADDRESS = "127.77.1.1"


class Sink:
    """What the service's inbound port stands for here: it takes everything and shows it."""

    def __init__(self) -> None:
        self.received: asyncio.Queue[tuple[Peer, Transaction]] = asyncio.Queue()
        self.refusals = 0

    def policy(self, peer: Peer) -> "SinkPolicy":
        return SinkPolicy(self, peer)

    async def next(self) -> tuple[Peer, Transaction]:
        async with asyncio.timeout(15):
            return await self.received.get()


class SinkPolicy:
    def __init__(self, sink: Sink, peer: Peer) -> None:
        self._sink = sink
        self._peer = peer

    def greeting(self) -> Reply:
        return Reply.of(220, "feedback-smtp ESMTP")

    def extensions(self, tls: bool, authenticated: bool) -> list[str]:
        return []

    def auth(self, identity: str, password: str) -> Reply:
        return Reply.of(535, "no")

    def mail(self, reverse_path: object, params: Mapping[str, str | None]) -> Reply:
        return Reply.of(250, "Ok")

    def rcpt(self, forward_path: str, params: Mapping[str, str | None]) -> Reply:
        if self._sink.refusals:
            self._sink.refusals -= 1
            return Reply.of(451, "Not now")
        return Reply.of(250, "Ok")

    def data(self, transaction: Transaction) -> Reply:
        self._sink.received.put_nowait((self._peer, transaction))
        return Reply.of(250, "Ok")

    def reset(self) -> None:
        return None

    def closed(self) -> None:
        return None


class Rig:
    """The world, the service's stand-in, and the few things a story does with them."""

    def __init__(self, world: RehearsalWorld, sink: Sink, keys: dict[str, str]) -> None:
        self.world = world
        self.sink = sink
        self.keys = keys  # Easy DKIM keys that the service publishes

    @property
    def clock(self) -> AdjustableClock:
        assert isinstance(self.world.clock, AdjustableClock)
        return self.world.clock

    async def call(self, method: str, path: str, body: Any = None, **query: str) -> ControlResponse:
        return await self.world.control.handle(
            ControlRequest(method=method, path=PREFIX + path, query=query, body=body)
        )

    async def put(self, name: str, rdtype: str, *values: str) -> None:
        response = await self.call("PUT", f"dns/{name}/{rdtype}", {"values": list(values)})
        assert response.status == 200, response

    async def messages(self, address: str) -> list[dict[str, Any]]:
        return list((await self.call("GET", f"mailboxes/{address}")).body["messages"])

    def client(self, domain: str, *, start_tls: bool | None = None, source: str = SERVICE_ADDRESS) -> aiosmtplib.SMTP:
        provider = next(p for p in PROVIDERS if p.domain == domain)
        return aiosmtplib.SMTP(
            hostname=self.world.settings.address_of(provider),
            port=self.world.settings.smtp_port,
            local_hostname="a1.smtp-out.us-east-1.tayori.test",
            source_address=(source, 0),
            start_tls=start_tls,
            validate_certs=False,
            timeout=20,
        )

    async def send(self, sender: str, recipient: str, content: bytes, **options: Any) -> str:
        """Deliver one message to the provider of the recipient's domain; its final reply, or the refusal raised."""
        async with self.client(recipient.rpartition("@")[2], **options) as client:
            _, reply = await client.sendmail(sender, [recipient], content)
        return reply


@asynccontextmanager
async def rehearse(folder: Path) -> AsyncIterator[Rig]:
    names = ServiceNames(service_domain="tayori.test", region="us-east-1")
    keys: dict[str, str] = {}

    async def dkim_keys(selector: str) -> Sequence[str]:
        return [keys[selector]] if selector in keys else []

    zone = service_zone(
        names,
        sending_addresses=[SERVICE_ADDRESS],
        listening_addresses=["127.0.0.1"],
        dkim_keys=dkim_keys,
        own_keys=dkim_keys,
        serial=1,
    )
    service_dns = AuthoritativeServer([zone], ServerLimits(responses_per_second=0))
    await service_dns.start("127.0.0.1", 0)
    sink = Sink()
    inbound = SmtpServer(policy_factory=sink.policy, settings=ServerSettings(hostname=names.feedback_host))
    await inbound.start("127.0.0.1", 0)
    settings = RehearsalSettings(
        folder=folder / "rehearsal",
        names=names,
        clock_file=folder / "clock",
        dns_port=0,
        smtp_port=free_port(),
        service_dns_port=service_dns.port,
        service_mx_port=inbound.port,
    )
    world = await started(settings)
    try:
        yield Rig(world, sink, keys)
    finally:
        await world.stop()
        await inbound.stop(0.5)
        await service_dns.stop()


async def started(settings: RehearsalSettings) -> RehearsalWorld:
    """A free port may be taken before it is used; then another one serves as well."""
    for _ in range(5):
        world = RehearsalWorld(settings)
        try:
            await world.start()
        except RehearsalError:
            settings = replace(settings, smtp_port=free_port())
        else:
            return world
    raise AssertionError("no port is free for the providers")


def free_port() -> int:
    """A port that is free on all of the providers' addresses."""
    while True:
        with socket.socket() as first:
            first.bind(("127.77.0.1", 0))
            port = int(first.getsockname()[1])
            others = [socket.socket() for _ in PROVIDERS[1:]]
            try:
                for provider, other in zip(PROVIDERS[1:], others, strict=True):
                    other.bind((f"127.77.0.{provider.number}", port))
            except OSError:
                continue
            finally:
                for other in others:
                    other.close()
            return port


Rehearse = Callable[[], AbstractAsyncContextManager[Rig]]


@pytest.fixture
def rehearsal(tmp_path: Path) -> Rehearse:
    return lambda: rehearse(tmp_path)


@pytest.fixture
def provider_port() -> int:
    return free_port()
