"""A listener whose connections begin with TLS (RFC 8314 3.3; SES's ports 465 and 2465).

Owns the time between accepting a connection and the end of its handshake: it is counted before any
cryptography is done for it, so that strangers who never finish a handshake are bounded like everybody else.
Never speaks SMTP.
"""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable
from typing import Protocol

logger = logging.getLogger(__name__)

_BACKLOG = 512
_PAUSE_WHEN_OUT_OF_FILES = 1.0


class Doorkeeper(Protocol):
    """Counts connections. `admit` says whether one more of this host may come; `release` takes it back."""

    def admit(self, host: str) -> bool: ...

    def release(self, host: str) -> None: ...


class TlsListener:
    def __init__(
        self,
        *,
        doorkeeper: Doorkeeper,
        tls: ssl.SSLContext,
        handshake_timeout: float,
        connection: Callable[[str], asyncio.Protocol],
    ) -> None:
        self._doorkeeper = doorkeeper
        self._tls = tls
        self._handshake_timeout = handshake_timeout
        self._connection = connection
        self._socket: socket.socket
        self._accepting: asyncio.Task[None]
        self._handshakes: set[asyncio.Task[None]] = set()

    def start(self, host: str, port: int, *, reuse_port: bool) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, port), family=family, backlog=_BACKLOG, reuse_port=reuse_port)
        self._socket.setblocking(False)
        self._accepting = asyncio.get_running_loop().create_task(self._accept(), name="smtp tls accept")

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    async def close(self) -> None:
        """Stop accepting, and give up the handshakes that are under way."""
        tasks = [self._accepting, *self._handshakes]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._socket.close()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                accepted, address = await loop.sock_accept(self._socket)
            except OSError:
                logger.exception("smtp accept failed", extra={"event": "smtp_accept_failed"})
                await asyncio.sleep(_PAUSE_WHEN_OUT_OF_FILES)
                continue
            if not self._doorkeeper.admit(address[0]):
                accepted.close()  # nothing can be said to it before a handshake
                continue
            task = loop.create_task(self._handshake(accepted, address[0]), name="smtp tls handshake")
            self._handshakes.add(task)
            task.add_done_callback(self._handshakes.discard)

    async def _handshake(self, accepted: socket.socket, host: str) -> None:
        """From the end of the handshake on the connection itself gives back its place."""
        loop = asyncio.get_running_loop()
        try:
            await loop.connect_accepted_socket(
                lambda: self._connection(host),
                accepted,
                ssl=self._tls,
                ssl_handshake_timeout=self._handshake_timeout,
            )
        except OSError as error:  # SSLError, and the handshake's time-out, are of that kind
            logger.info(
                "smtp tls handshake failed",
                extra={"event": "smtp_tls_failed", "peer": host, "error": type(error).__name__},
            )
            self._doorkeeper.release(host)
        except asyncio.CancelledError:
            self._doorkeeper.release(host)
            raise
