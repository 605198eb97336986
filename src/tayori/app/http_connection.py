"""One HTTP connection, bounded: how long and how large the head of a request may be, and how many clients at once.

Owns what uvicorn leaves open towards strangers: by itself it waits for a head without end, in time and in octets.
Bodies are bounded by `api.asgi`, and what a request means is `api.app`'s. RFC 9112 2 (message), RFC 6585 5 (431).
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD = 64 * 1024  # octets of request line and fields; SigV4 and proxies together need a tenth
_FLUSH_SECONDS = 20.0
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with an end to everything before a request's body."""

    head_seconds = 20.0
    most_connections = 1000

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_in_head = True
        self._head_octets = 0
        self._unanswered = 0
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._start_deadline()
        if len(self.connections) > self.most_connections:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_in_head:
            self._head_octets += len(data)
            if self._deadline is None:
                self._start_deadline()
        super().data_received(data)
        if self._is_in_head and self._head_octets > MAX_HEAD and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_headers_complete(self) -> None:
        self._is_in_head, self._head_octets = False, 0
        self._unanswered += 1
        self._end_deadline()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._is_in_head = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        self._unanswered -= 1
        super().on_response_complete()

    def _start_deadline(self) -> None:
        self._deadline = self.loop.call_later(self.head_seconds, self._head_is_late)

    def _end_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _head_is_late(self) -> None:
        """Not while the request before it is still being answered: that is our time, not the client's."""
        self._deadline = None
        if self._unanswered:
            self._start_deadline()
        else:
            self.timeout_keep_alive_handler()

    def timeout_keep_alive_handler(self) -> None:
        """Close; and cut off a client that does not read what it was answered."""
        super().timeout_keep_alive_handler()
        self._end_deadline()
        self._deadline = self.loop.call_later(_FLUSH_SECONDS, self.transport.abort)
