"""Web servers on loopback that keep what they are sent and answer what a test says."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import trustme

from tayori.mail.answer import Answer, AnswerStatus

AUTHORITY = trustme.CA()
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def answer(status: int, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


@dataclass
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    reader: asyncio.StreamReader = field(repr=False)  # which ends when the other side hangs up


Script = Callable[[Received, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Endpoint:
    """`answers` are given in order, the last again and again; a script takes their place."""

    answers: list[bytes] = field(default_factory=lambda: [OK])
    script: Script | None = None
    received: list[Received] = field(default_factory=list)
    port: int = 0
    at_once: int = 0
    most_at_once: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def url(self, path: str = "/hook", host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            request = await _read(reader)
            if request is not None:
                self.received.append(request)
                self.arrived.set()
                await self._answer(request, writer)
                await writer.drain()
        except OSError:
            pass
        finally:
            self.at_once -= 1
            writer.close()

    async def _answer(self, request: Received, writer: asyncio.StreamWriter) -> None:
        if self.script is not None:
            await self.script(request, writer)
        else:
            writer.write(self.answers[min(len(self.received), len(self.answers)) - 1])

    async def wait_for(self, count: int) -> list[Received]:
        while len(self.received) < count:
            self.arrived.clear()
            await self.arrived.wait()
        return self.received


async def _read(reader: asyncio.StreamReader) -> Received | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = (line.partition(":") for line in head[1:] if line)
        headers = {name.lower(): value.strip() for name, _, value in fields}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    except asyncio.IncompleteReadError:
        return None
    method, path, _ = head[0].split(" ")
    return Received(method=method, path=path, headers=headers, body=body, reader=reader)


@asynccontextmanager
async def serving(endpoint: Endpoint, tls_name: str = "") -> AsyncIterator[Endpoint]:
    context = None
    if tls_name:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        AUTHORITY.issue_cert(tls_name).configure_cert(context)
    server = await asyncio.start_server(endpoint.connected, "127.0.0.1", 0, ssl=context)
    endpoint.port = server.sockets[0].getsockname()[1]
    try:
        yield endpoint
    finally:
        server.close()


class Names:
    """A resolver with a table, that counts what it is asked."""

    def __init__(self, **names: str | tuple[str, ...]) -> None:
        self.table = {name.replace("__", "."): (v,) if isinstance(v, str) else v for name, v in names.items()}
        self.asked: list[tuple[str, str]] = []

    async def resolve(self, name: str, rdtype: str) -> Answer:
        self.asked.append((name, rdtype))
        wanted = [text for text in self.table.get(name, ()) if (":" in text) == (rdtype == "AAAA")]
        status = AnswerStatus.FOUND if wanted else AnswerStatus.NXDOMAIN
        return Answer(name=name, rdtype=rdtype, status=status, values=tuple(wanted), ttl=60)
