"""A receiver with STARTTLS, which Postfix's smtp-sink lacks: takes mail, throws it away, and counts as that one does.

`python -m bench.tls_sink HOST PORT CERTIFICATE` in a process of its own prints `mesg=N` now and then.
"""

import asyncio
import contextlib
import ssl
import sys

import uvloop

_END = b"\r\n.\r\n"


class Counter:
    def __init__(self) -> None:
        self.messages = 0


class Receiver(asyncio.Protocol):
    """One connection. Commands may come in groups (RFC 2920); content ends at CRLF . CRLF."""

    def __init__(self, counter: Counter, context: ssl.SSLContext) -> None:
        self._counter, self._context = counter, context
        self._in_content = False
        self._buffer = b""
        self._starting: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        if self._starting is None:
            transport.write(b"220 sink.test ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._content() if self._in_content else self._command():
            pass

    def _content(self) -> bool:
        end = self._buffer.find(_END)
        if end < 0:
            return False
        self._buffer = self._buffer[end + len(_END) :]
        self._in_content = False
        self._counter.messages += 1
        self._transport.write(b"250 2.0.0 Ok\r\n")
        return True

    def _command(self) -> bool:
        line, end, rest = self._buffer.partition(b"\r\n")
        if not end:
            return False
        self._buffer = rest
        verb = line[:4].upper()
        if verb == b"EHLO":
            offers = b"" if self._starting else b"250-STARTTLS\r\n"
            self._transport.write(b"250-sink.test\r\n" + offers + b"250-PIPELINING\r\n250 8BITMIME\r\n")
        elif verb == b"STAR":
            self._transport.write(b"220 2.0.0 Ready\r\n")
            self._starting = asyncio.create_task(self._start())
        elif verb == b"DATA":
            self._in_content = True
            self._transport.write(b"354 Go\r\n")
        elif verb == b"QUIT":
            self._transport.write(b"221 2.0.0 Bye\r\n")
            self._transport.close()
        else:
            self._transport.write(b"250 2.0.0 Ok\r\n")
        return True

    async def _start(self) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            self._transport = await loop.start_tls(self._transport, self, self._context, server_side=True)  # type: ignore[assignment]


async def serve(host: str, port: int, certificate: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    counter, told = Counter(), 0
    server = await asyncio.get_running_loop().create_server(lambda: Receiver(counter, context), host, port)
    async with server:
        while True:
            await asyncio.sleep(0.01)
            if counter.messages != told:
                told = counter.messages
                sys.stdout.write(f"mesg={told}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
