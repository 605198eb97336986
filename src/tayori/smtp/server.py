"""SMTP servers: listeners, how many connections they hold, and a stop that loses nobody's message.

Owns admission (in all, and per host) and draining. Never speaks SMTP (`session.py`) nor touches bytes
(`connection.py`). One server may listen on several ports, in the clear and with TLS from the first byte, and
counts their connections together.
"""

import asyncio
import ssl
from collections import Counter
from collections.abc import Callable
from typing import TypeAlias

from tayori.smtp.connection import Connection
from tayori.smtp.policy import Peer, Policy, ServerSettings
from tayori.smtp.session import Session, TlsOffer
from tayori.smtp.shared import AuthFailures, ContentMemory, network_of
from tayori.smtp.tls_listener import TlsListener

PolicyFactory: TypeAlias = Callable[[Peer], Policy]


class SmtpServer:
    """A set of listeners with one policy, one set of limits and one certificate."""

    session_class: type[Session] = Session

    def __init__(
        self, *, policy_factory: PolicyFactory, settings: ServerSettings, tls: ssl.SSLContext | None = None
    ) -> None:
        if tls is not None and tls.minimum_version < ssl.TLSVersion.TLSv1_2:
            raise ValueError("the TLS context of an SMTP server must ask for TLS 1.2 at least (RFC 8996)")
        self.settings = settings
        self.tls = tls
        self._policy_factory = policy_factory
        self._memory = ContentMemory(settings.max_content_in_memory)
        self._failures: AuthFailures | None = None
        self._listeners: list[asyncio.Server] = []
        self._tls_listeners: list[TlsListener] = []
        self._ports: list[int] = []
        self._connections: set[Connection] = set()
        self._per_host: Counter[str] = Counter()
        self._count = 0
        self._draining = False
        self._empty = asyncio.Event()

    # ---- life ----------------------------------------------------------------------------------------------

    async def start(self, host: str, port: int, *, implicit_tls: bool = False, reuse_port: bool = False) -> None:
        """Listen on one more address. Port 0 takes a free one; `port` and `ports` tell which."""
        loop = asyncio.get_running_loop()
        if self._failures is None:
            self._failures = AuthFailures(
                limit=self.settings.max_auth_failures,
                window=self.settings.auth_failure_window,
                delay=self.settings.auth_failure_delay,
                now=loop.time,
            )
        if implicit_tls:
            self._listen_for_tls(host, port, reuse_port=reuse_port)
            return
        listener = await loop.create_server(lambda: Connection(self), host, port, reuse_port=reuse_port, backlog=512)
        self._listeners.append(listener)
        self._ports.append(int(listener.sockets[0].getsockname()[1]))

    def _listen_for_tls(self, host: str, port: int, *, reuse_port: bool) -> None:
        if self.tls is None:
            raise ValueError("TLS from the first byte needs a certificate")
        listener = TlsListener(
            doorkeeper=self,
            tls=self.tls,
            handshake_timeout=self.settings.tls_handshake_timeout,
            connection=lambda host: Connection(self, host),
        )
        listener.start(host, port, reuse_port=reuse_port)
        self._tls_listeners.append(listener)
        self._ports.append(listener.port)

    @property
    def ports(self) -> tuple[int, ...]:
        """The port of each listener, in the order in which they were started."""
        return tuple(self._ports)

    @property
    def port(self) -> int:
        return self._ports[0]

    @property
    def connections(self) -> int:
        """How many hold a place, those in a TLS handshake included."""
        return self._count

    async def stop(self, drain_seconds: float) -> None:
        """Take no more connections, let messages under way finish for `drain_seconds`, then cut what is left."""
        self._draining = True
        for listener in self._listeners:
            listener.close()
        for tls_listener in self._tls_listeners:
            await tls_listener.close()
        for connection in tuple(self._connections):
            connection.drain()
        await self._wait_until_empty(drain_seconds)
        for connection in tuple(self._connections):
            connection.abort()
        await self._wait_until_empty(5.0)

    async def _wait_until_empty(self, seconds: float) -> None:
        if not self._connections:
            return
        self._empty.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._empty.wait()
        except TimeoutError:
            return

    # ---- for the connections -------------------------------------------------------------------------------

    @property
    def is_draining(self) -> bool:
        return self._draining

    def admit(self, host: str) -> bool:
        key = network_of(host)
        if (
            self._draining
            or self._count >= self.settings.max_connections
            or self._per_host[key] >= self.settings.max_connections_per_host
        ):
            return False
        self._per_host[key] += 1
        self._count += 1
        return True

    def release(self, host: str) -> None:
        key = network_of(host)
        self._count -= 1
        self._per_host[key] -= 1
        if self._per_host[key] <= 0:
            del self._per_host[key]

    def enter(self, connection: Connection) -> bool:
        self._connections.add(connection)
        if connection.place is None:  # else the TLS listener admitted it, before its handshake
            if not self.admit(connection.peer.host):
                return False
            connection.place = connection.peer.host
        return True

    def open_session(self, peer: Peer) -> Session:
        assert self._failures is not None
        can_start_tls = self.tls is not None and peer.tls is None
        return self.session_class(
            policy=self._policy_factory(peer),
            peer=peer,
            settings=self.settings,
            tls_offer=TlsOffer.STARTTLS if can_start_tls else TlsOffer.NONE,
            memory=self._memory,
            failures=self._failures,
        )

    def forget(self, connection: Connection) -> None:
        self._connections.discard(connection)
        if connection.place is not None:
            self.release(connection.place)
            connection.place = None
        if not self._connections:
            self._empty.set()
