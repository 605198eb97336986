"""A policy that accepts and remembers, and servers with it: what the tests of the SMTP server talk to.

The local part of an address chooses what becomes of it: `refuse@` is refused, `crash@` raises, `slow@` waits
a moment.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import trustme

from tayori.mail.envelope import ReversePath
from tayori.mail.reply import Reply
from tayori.smtp.policy import Peer, Policy, ServerSettings, Transaction, Verdict
from tayori.smtp.server import SmtpServer


@dataclass
class Record:
    """What a server's policies were told, over all connections."""

    transactions: list[Transaction] = field(default_factory=list)
    peers: list[Peer] = field(default_factory=list)
    resets: int = 0
    closed: int = 0
    data_started: asyncio.Event = field(default_factory=asyncio.Event)
    may_finish: asyncio.Event = field(default_factory=asyncio.Event)


class RecordingPolicy:
    def __init__(self, record: Record, peer: Peer, extensions: tuple[str, ...] = ()) -> None:
        self.record = record
        self.extra = extensions
        record.peers.append(peer)

    def greeting(self) -> Verdict:
        return Reply.of(220, "mx.test ESMTP")

    def extensions(self, tls: bool, authenticated: bool) -> list[str]:
        return list(self.extra)

    async def auth(self, identity: str, password: str) -> Reply:
        if identity == "crash":
            raise RuntimeError("no store")
        if (identity, password) == ("user", "secret"):
            return Reply.of(235, "Authentication successful.")
        return Reply.of(535, "Authentication Credentials Invalid")

    def mail(self, reverse_path: ReversePath | str, params: Mapping[str, str | None]) -> Verdict:
        if isinstance(reverse_path, str):
            return Reply.of(553, f"<{reverse_path}> Invalid email address")
        if reverse_path.text.startswith("crash@"):
            raise RuntimeError("mail crashed")
        return Reply.of(250, "Ok")

    async def rcpt(self, forward_path: str, params: Mapping[str, str | None]) -> Reply:
        match forward_path.partition("@")[0]:
            case "refuse":
                return Reply.of(550, "No such user", "5.1.1")
            case "crash":
                raise RuntimeError("rcpt crashed")
            case "slow":
                await asyncio.sleep(0.05)
        return Reply.of(250, "Ok")

    async def data(self, transaction: Transaction) -> Reply:
        if transaction.recipients[0].startswith("hold@"):
            self.record.data_started.set()
            await self.record.may_finish.wait()
        if transaction.recipients[0].startswith("crashdata@"):
            raise RuntimeError("data crashed")
        self.record.transactions.append(transaction)
        return Reply.of(250, f"Ok {len(self.record.transactions)}")

    def reset(self) -> None:
        self.record.resets += 1

    def closed(self) -> None:
        self.record.closed += 1


def settings(**changes: object) -> ServerSettings:
    return ServerSettings(**({"hostname": "mx.test", "auth_failure_delay": 0.0} | changes))  # type: ignore[arg-type]


class Certificates:
    """An authority of our own, a server's context with its certificate, a client's that trusts it."""

    def __init__(self) -> None:
        self.authority = trustme.CA()
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert("localhost", "127.0.0.1").configure_cert(self.server)
        self.client = ssl.create_default_context()
        self.authority.configure_trust(self.client)


@asynccontextmanager
async def serving(
    policy_factory: Callable[[Peer], Policy],
    *,
    tls: ssl.SSLContext | None = None,
    implicit_tls: bool = False,
    drain: float = 0.0,
    **changes: object,
) -> AsyncIterator[SmtpServer]:
    """A server on a free loopback port, stopped at the end; nothing of it may be left behind."""
    server = SmtpServer(policy_factory=policy_factory, settings=settings(**changes), tls=tls)
    await server.start("127.0.0.1", 0, implicit_tls=implicit_tls)
    try:
        yield server
    finally:
        await server.stop(drain)
        assert server.connections == 0


@asynccontextmanager
async def recording(*, extensions: tuple[str, ...] = (), **options: object) -> AsyncIterator[tuple[SmtpServer, Record]]:
    record = Record()
    async with serving(
        lambda peer: RecordingPolicy(record, peer, extensions),
        **options,  # type: ignore[arg-type]
    ) as server:
        yield server, record
