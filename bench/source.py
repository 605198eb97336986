"""A load generator: distinct messages of 4 KiB over a number of kept SMTP connections, pipelined (RFC 2920).

Run as a process of its own (`python -m bench.source HOST PORT COUNT CONNECTIONS [SIZE [tls]]`) so that its CPU time
is not the system's under test; with `tls`, every connection begins with STARTTLS. Prints one JSON object: seconds until
the last message was accepted.
"""

import asyncio
import json
import ssl
import sys
import time

import uvloop

SENDER = "sender@bench-customer.test"
RECIPIENT = "reader@sink.test"
SIZE = 4096


def message(number: int, size: int = SIZE) -> bytes:
    """One message of about `size` octets; header and body differ from every other's."""
    header = (
        f"From: Bench <{SENDER}>\r\nTo: Reader <{RECIPIENT}>\r\nSubject: Message number {number}\r\n"
        f"Date: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{number}.{time.time_ns()}@bench-customer.test>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
    )
    line = f"{number:010d} The quick brown fox jumps over the lazy dog, again and again.\r\n"
    body = line * ((size - len(header)) // len(line) + 1)
    return (header + body)[: size - 2].encode() + b"\r\n"


class Client(asyncio.Protocol):
    """One connection: greeting, EHLO, STARTTLS if asked for, then messages from a shared counter until none is left."""

    def __init__(self, take: "Counter", done: asyncio.Future[None], *, size: int, tls: ssl.SSLContext | None) -> None:
        self._take = take
        self._done = done
        self._size, self._tls = size, tls
        self._starting: asyncio.Task[None] | None = None
        self._buffer = b""
        self._expected: list[str] = ["220", "250"]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport  # uvloop's transports are no subclasses of asyncio.Transport
        transport.write(b"EHLO bench.test\r\n")

    async def _start_tls(self) -> None:
        assert self._tls is not None
        loop = asyncio.get_running_loop()
        self._transport = await loop.start_tls(self._transport, self, self._tls)  # type: ignore[assignment]
        self._expected = ["250"]
        self._transport.write(b"EHLO bench.test\r\n")

    def data_received(self, data: bytes) -> None:
        lines = (self._buffer + data).split(b"\r\n")
        self._buffer = lines.pop()
        for line in lines:
            if line[3:4] == b"-":
                continue
            expected = self._expected.pop(0)
            if line[:3].decode() != expected:
                self._done.set_exception(RuntimeError(f"expected {expected}, got {line.decode()}"))
                self._transport.close()
                return
            if expected == "354":
                self._transport.write(self._body)
            elif expected == "220" and not self._expected and self._tls:
                self._starting = asyncio.create_task(self._start_tls())
            elif not self._expected and self._tls and self._starting is None:
                self._expected = ["220"]
                self._transport.write(b"STARTTLS\r\n")
            elif not self._expected:
                self._next()

    def _next(self) -> None:
        number = self._take()
        if number is None:
            self._transport.write(b"QUIT\r\n")
            self._transport.close()
            if not self._done.done():
                self._done.set_result(None)
            return
        self._body = message(number, self._size).replace(b"\r\n.", b"\r\n..") + b".\r\n"
        self._transport.write(f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<{RECIPIENT}>\r\nDATA\r\n".encode())
        self._expected = ["250", "250", "354", "250"]

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(ConnectionError(f"the server closed the connection: {exc}"))


class Counter:
    def __init__(self, total: int) -> None:
        self._left = total

    def __call__(self) -> int | None:
        if not self._left:
            return None
        self._left -= 1
        return self._left


async def send(host: str, port: int, total: int, connections: int, *, size: int, tls: ssl.SSLContext | None) -> float:
    loop = asyncio.get_running_loop()
    take = Counter(total)
    started = time.monotonic()
    futures = []
    for _ in range(connections):
        done: asyncio.Future[None] = loop.create_future()
        await loop.create_connection(lambda done=done: Client(take, done, size=size, tls=tls), host, port)
        futures.append(done)
    await asyncio.gather(*futures)
    return time.monotonic() - started


def unverified() -> ssl.SSLContext:
    """The systems under test show certificates of their own making."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def main() -> None:
    host, port, total, connections, *rest = sys.argv[1:]
    size = int(rest[0]) if rest else SIZE
    tls = unverified() if "tls" in rest else None
    seconds = uvloop.run(send(host, int(port), int(total), int(connections), size=size, tls=tls))
    print(json.dumps({"accepted_seconds": seconds}))


if __name__ == "__main__":
    main()
