"""Between ASGI's messages and whole requests and responses.

Owns the bounds on a body: its size, the time it may take, and the memory that all of them have together. Never reads
what a request says.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tayori.aws.errors import ApiError, common_error
from tayori.aws.http import Headers, HttpRequest, HttpResponse

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class ClientGone(Exception):
    """The client hung up before its request was complete."""


class Room:
    """The memory that the bodies of all requests have together. A body is signed for only at its end, so until then
    whoever knows the id of a key can send one.
    """

    def __init__(self, octets: int) -> None:
        self._left = octets

    @contextmanager
    def share(self) -> Iterator["Share"]:
        """What one request takes is free again when it has been answered."""
        share = Share(self)
        try:
            yield share
        finally:
            self._left += share.taken

    def take(self, octets: int) -> bool:
        if octets > self._left:
            return False
        self._left -= octets
        return True


class Share:
    """What one request has of the room."""

    __slots__ = ("_room", "taken")

    def __init__(self, room: Room) -> None:
        self._room = room
        self.taken = 0

    def take(self, octets: int) -> None:
        """Raises ApiError where there is no room."""
        if not self._room.take(octets):
            raise common_error("ServiceUnavailable", "Many large requests are being read. Try again in a moment.")
        self.taken += octets


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """Where a request's body comes from, and the room that it has."""

    receive: Receive
    share: Share


def head_of(scope: Scope) -> HttpRequest:
    """The request without its body; text that is not UTF-8 stays as surrogates."""
    client = scope.get("client")
    fields = ((name.decode("latin-1"), value.decode("utf-8", "surrogateescape")) for name, value in scope["headers"])
    raw_path: bytes = scope.get("raw_path") or scope["path"].encode("utf-8")
    return HttpRequest(
        method=scope["method"],
        path=raw_path.decode("utf-8", "surrogateescape"),
        query=scope["query_string"].decode("utf-8", "surrogateescape"),
        headers=Headers(fields),
        scheme=scope.get("scheme", "http"),
        source_ip=client[0] if client else "",
    )


async def read_body(
    head: HttpRequest, incoming: Incoming, limit: int, body_seconds: float, chunk_seconds: float
) -> bytes:
    """The whole body. Raises ApiError where it is too large or too slow or there is no room, ClientGone where it never
    ends.
    """
    declared = head.headers.get("content-length") or "0"
    # A client that is cut off while it sends sees a reset instead of our answer, so what is not far beyond the limit
    # is read to its end and dropped. What is, or what the client asks about first (Expect), is refused at once.
    patience = 0 if "expect" in head.headers else 2 * limit
    if declared.isdecimal() and int(declared[:20]) > max(limit, patience):
        raise _too_large(limit)
    try:
        async with asyncio.timeout(body_seconds):
            return await _gather(incoming, limit, patience, chunk_seconds)
    except TimeoutError as error:
        raise common_error("RequestTimeout") from error


async def _gather(incoming: Incoming, limit: int, patience: int, chunk_seconds: float) -> bytes:
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        async with asyncio.timeout(chunk_seconds):
            message = await incoming.receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunk = message.get("body", b"")
        more = message.get("more_body", False)
        size += len(chunk)
        if size > max(limit, patience):
            raise _too_large(limit)
        if size <= limit:
            incoming.share.take(len(chunk))
            chunks.append(chunk)
        else:
            chunks.clear()
    if size > limit:
        raise _too_large(limit)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _too_large(limit: int) -> ApiError:
    return common_error("RequestEntityTooLarge", f"The request's body is larger than {limit} bytes.")


async def send_response(send: Send, response: HttpResponse, *, to: HttpRequest) -> None:
    headers = [(name.encode("latin-1"), value.encode("utf-8")) for name, value in response.headers]
    headers.append((b"content-length", str(len(response.body)).encode()))
    if response.status in (408, 413):
        headers.append((b"connection", b"close"))  # the rest of the body is not wanted
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if to.method == "HEAD" else response.body})


async def lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await send({"type": "lifespan.shutdown.complete"})
            return
