"""Fetches the MTA-STS policy file of a domain from the domain's own web server (RFC 8461 3.3).

Owns the one HTTPS request that this service makes to a host that a stranger's zone names. So the name is resolved once
and that address is connected to; only public addresses are, and those of `allowed_networks`; certificates are verified,
redirects are not followed, time and size are bounded. Never judges what the file says.
"""

import asyncio
import re
import ssl
from dataclasses import dataclass, field
from enum import StrEnum

import httptools

from tayori.mail.answer import Resolver
from tayori.model.public_address import Network, may_be_reached

_PATH = "/.well-known/mta-sts.txt"
_ADDRESSES_TRIED = 3
_OVERHEAD = 64 * 1024  # of header fields and of chunks
_CONTENT_TYPE = re.compile(r"text/plain[ \t]*(?:;.*)?", re.IGNORECASE | re.DOTALL)


class FetchTrouble(StrEnum):
    """Why there is no file; each is a key word of the catalogue."""

    NO_ADDRESS = "file-no-address"
    NOT_PUBLIC = "file-not-public"
    UNREACHABLE = "file-unreachable"
    TOO_SLOW = "file-too-slow"
    BAD_CERTIFICATE = "file-bad-certificate"
    REDIRECTED = "file-redirected"
    NOT_FOUND = "file-not-found"
    NOT_TEXT = "file-not-text"
    TOO_LARGE = "file-too-large"
    BROKEN = "file-broken"


class FetchError(Exception):
    """`detail` is what was seen, for people."""

    def __init__(self, trouble: FetchTrouble, detail: str = "") -> None:
        super().__init__(trouble)
        self.trouble = trouble
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchSettings:
    """`seconds` are true ones, for all of a fetch. The port is 443 but in tests."""

    port: int = 443
    allowed_networks: tuple[Network, ...] = ()
    seconds: float = 10.0
    connect_seconds: float = 4.0
    max_bytes: int = 64 * 1024
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)


class PolicyFileFetcher:
    """One fetch after the other, or several at a time: it keeps nothing."""

    def __init__(self, resolver: Resolver, settings: FetchSettings | None = None) -> None:
        self._resolver = resolver
        self._settings = settings or FetchSettings()

    async def fetch(self, domain: str) -> bytes:
        """The policy file's content. Raises FetchError, in time whatever the other side does."""
        try:
            async with asyncio.timeout(self._settings.seconds):
                return await self._fetch(f"mta-sts.{domain}")
        except TimeoutError as error:
            raise FetchError(FetchTrouble.TOO_SLOW) from error

    async def _fetch(self, host: str) -> bytes:
        addresses = await self._addresses(host)
        for at, address in enumerate(addresses, 1):
            try:
                reader, writer = await self._connect(host, address)
            except FetchError:
                if at == len(addresses):
                    raise
                continue
            try:
                return await self._ask(host, reader, writer)
            except (OSError, EOFError, ssl.SSLError) as error:
                raise FetchError(FetchTrouble.BROKEN, str(error)[:200]) from error
            finally:
                writer.transport.abort()
        raise FetchError(FetchTrouble.NO_ADDRESS)

    async def _addresses(self, host: str) -> list[str]:
        answers = await asyncio.gather(*(self._resolver.resolve(host, rdtype) for rdtype in ("A", "AAAA")))
        found = [value for answer in answers for value in answer.values]
        if not found:
            raise FetchError(FetchTrouble.NO_ADDRESS)
        allowed = [text for text in found if may_be_reached(text, self._settings.allowed_networks)]
        if not allowed:
            raise FetchError(FetchTrouble.NOT_PUBLIC, ", ".join(found[:_ADDRESSES_TRIED]))
        return allowed[:_ADDRESSES_TRIED]

    async def _connect(self, host: str, address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A verified connection to that very address, in the name of the host."""
        settings = self._settings
        try:
            async with asyncio.timeout(settings.connect_seconds):
                return await asyncio.open_connection(
                    address, settings.port, ssl=settings.tls, server_hostname=host, limit=16 * 1024
                )
        except ssl.SSLCertVerificationError as error:
            raise FetchError(FetchTrouble.BAD_CERTIFICATE, error.verify_message) from error
        except (ssl.SSLError, EOFError, ConnectionResetError) as error:
            raise FetchError(FetchTrouble.BROKEN, "TLS") from error
        except (OSError, TimeoutError) as error:
            raise FetchError(FetchTrouble.UNREACHABLE, address) from error

    async def _ask(self, host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        lines = (
            f"GET {_PATH} HTTP/1.1",
            f"Host: {host}",
            "Accept: text/plain",
            "User-Agent: Tayori",
            "Connection: close",
        )
        writer.write("\r\n".join((*lines, "", "")).encode("ascii"))
        answer = _Answer(self._settings.max_bytes)
        received = 0
        while not answer.is_complete:
            data = await reader.read(16 * 1024)
            received += len(data)
            if not data:
                answer.end()
                break
            if received > self._settings.max_bytes + _OVERHEAD:
                raise FetchError(FetchTrouble.TOO_LARGE)
            answer.feed(data)
        return bytes(answer.body)


class _Answer:
    """An HTTP response while it arrives; what it must not be is noticed as soon as it shows."""

    def __init__(self, max_bytes: int) -> None:
        self.body = bytearray()
        self.is_complete = False
        self._max_bytes = max_bytes
        self._fields: dict[bytes, bytes] = {}
        self._trouble: FetchError | None = None
        self._is_begun = False
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            raise self._trouble or FetchError(FetchTrouble.BROKEN, "HTTP") from error
        if self._trouble is not None:
            raise self._trouble

    def end(self) -> None:
        """The other side has closed, which ends a body that tells no length (RFC 9112 6.3)."""
        if not self._is_begun or {b"content-length", b"transfer-encoding"} & self._fields.keys():
            raise FetchError(FetchTrouble.BROKEN, "HTTP")

    # --- called by the parser ---

    def on_header(self, name: bytes, value: bytes) -> None:
        self._fields[name.lower()] = value

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if 100 <= status < 200:
            self._fields.clear()
            return
        self._is_begun = True
        content_type = self._fields.get(b"content-type", b"").decode("latin-1").strip()
        if 300 <= status < 400:
            self._trouble = FetchError(FetchTrouble.REDIRECTED, str(status))
        elif status != 200:
            self._trouble = FetchError(FetchTrouble.NOT_FOUND, str(status))
        elif not _CONTENT_TYPE.fullmatch(content_type):
            self._trouble = FetchError(FetchTrouble.NOT_TEXT, content_type[:100])
        elif self._fields.get(b"content-encoding", b"identity").lower() != b"identity":
            self._trouble = FetchError(FetchTrouble.BROKEN, "content-encoding")

    def on_body(self, body: bytes) -> None:
        if len(self.body) + len(body) > self._max_bytes:
            self._trouble = self._trouble or FetchError(FetchTrouble.TOO_LARGE)
            return
        self.body += body

    def on_message_complete(self) -> None:
        self.is_complete = self._is_begun
