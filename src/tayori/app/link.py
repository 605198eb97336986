"""The pipe between a process that accepts and the process that delivers for it: frames over a socket of the two alone.

Owns the framing: a length and a pickled tuple, (kind, …). What is sent while the loop is at one turn goes out in one
write, so that a batch costs one system call. The end of the link is told once, through `ended`. Never interprets a
frame. Both ends are the same program and nobody else can reach the socket: that is what makes pickle admissible.
"""

import asyncio
import pickle
import socket
import struct
from collections.abc import Callable
from typing import Any, TypeAlias, cast

Frame: TypeAlias = tuple[Any, ...]

_LENGTH = struct.Struct("!I")


class Link(asyncio.Protocol):
    """One end. `heard` gets each frame, in order; `ended` is called once when the other end is gone."""

    def __init__(self, heard: Callable[[Frame], None], ended: Callable[[], None]) -> None:
        self._heard = heard
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._input = bytearray()
        self._output: list[bytes] = []

    @classmethod
    async def over(cls, end: socket.socket, heard: Callable[[Frame], None], ended: Callable[[], None]) -> "Link":
        end.setblocking(False)
        loop = asyncio.get_running_loop()
        _, link = await loop.create_unix_connection(lambda: cls(heard, ended), sock=end)
        return link

    def send(self, *frame: Any) -> None:
        if self._transport is None:
            return  # whoever waits for an answer is told by `ended`
        payload = pickle.dumps(frame, pickle.HIGHEST_PROTOCOL)
        if not self._output:
            self._loop.call_soon(self._flush)
        self._output += (_LENGTH.pack(len(payload)), payload)

    def close(self) -> None:
        if self._transport is not None:
            self._flush()
            self._transport.close()

    def _flush(self) -> None:
        if self._transport is not None and self._output:
            self._transport.write(b"".join(self._output))
        self._output.clear()

    # -- asyncio.Protocol --------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._input += data
        start = 0
        while len(self._input) - start >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._input, start)
            end = start + _LENGTH.size + length
            if end > len(self._input):
                break
            with memoryview(self._input) as view:
                # Of this program's own other half, over a socket that nobody else has.
                frame = pickle.loads(view[start + _LENGTH.size : end])  # noqa: S301
            start = end
            self._heard(frame)
        if start:
            del self._input[:start]

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._ended()
