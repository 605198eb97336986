"""The web servers of the rehearsal internet's providers: they serve one file, the MTA-STS policy, over HTTPS.

Owns the file and its server. Every other request is answered by 404. RFC 8461 3.2 (the file), 3.3 (where it is).
"""

import asyncio
import contextlib
import ssl

from tayori.rehearsal.providers import Provider

_SECONDS = 10.0
_LONGEST_HEAD = 8 * 1024
_PATH = "/.well-known/mta-sts.txt"


def policy_of(provider: Provider) -> str:
    lines = ("version: STSv1", f"mode: {provider.sts}", f"mx: {provider.host}", "max_age: 604800")
    return "".join(f"{line}\r\n" for line in lines)


class PolicyHost:
    """`mta-sts.<domain>` of one provider."""

    def __init__(self, provider: Provider, tls: ssl.SSLContext) -> None:
        self._policy = policy_of(provider)
        self._tls = tls
        self._server: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> None:
        self._server = await asyncio.start_server(self._answer, host, port, ssl=self._tls, limit=_LONGEST_HEAD)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(self._response(head.split(b"\r\n", 1)[0].decode("latin-1")))
                await writer.drain()
        writer.close()

    def _response(self, request: str) -> bytes:
        is_asked = request == f"GET {_PATH} HTTP/1.1"
        status, body = ("200 OK", self._policy) if is_asked else ("404 Not Found", "")
        lines = (
            f"HTTP/1.1 {status}",
            "Content-Type: text/plain",
            f"Content-Length: {len(body)}",
            "Connection: close",
            "",
            body,
        )
        return "\r\n".join(lines).encode()
