"""Fetches what records of a domain point to: its MTA-STS policy file (RFC 8461 3.3), and its BIMI logo.

Owns the HTTPS requests that this service makes to hosts that a stranger's zone names. So a name is resolved once and
that address is connected to; only public addresses are, and those of `allowed_networks`; certificates are verified,
redirects are not followed, time and size are bounded. Never judges what the file says.
"""

import asyncio
import re
import ssl
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

import httptools

from tayori.mail.address import AddressError, to_ascii_domain
from tayori.mail.answer import Resolver
from tayori.model.public_address import Network, may_be_reached

_ADDRESSES_TRIED = 3
_OVERHEAD = 64 * 1024  # of header fields and of chunks
_PATH = re.compile(r"/[!-~]*")  # what a request line can hold


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """One file of one host, and what it must be."""

    host: str
    path: str
    media_type: str

    def is_type(self, content_type: str) -> bool:
        return content_type.partition(";")[0].strip(" \t").lower() == self.media_type


class PolicyFileFetcher:
    """One fetch after the other, or several at a time: it keeps nothing."""

    def __init__(self, resolver: Resolver, settings: FetchSettings | None = None) -> None:
        self._resolver = resolver
        self._settings = settings or FetchSettings()

    async def fetch(self, domain: str) -> bytes:
        """The policy file's content. Raises FetchError, in time whatever the other side does."""
        return await self._in_time(
            _Wanted(host=f"mta-sts.{domain}", path="/.well-known/mta-sts.txt", media_type="text/plain")
        )

    async def fetch_logo(self, url: str) -> bytes:
        """The logo at a BIMI record's address. Raises FetchError."""
        try:
            parts = urlsplit(url)
            host, port = to_ascii_domain(parts.hostname or ""), parts.port
        except (ValueError, AddressError) as error:
            raise FetchError(FetchTrouble.NO_ADDRESS) from error
        path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        if parts.scheme.lower() != "https" or port not in (None, 443) or not _PATH.fullmatch(path):
            raise FetchError(FetchTrouble.BROKEN, "URL")
        return await self._in_time(_Wanted(host=host, path=path, media_type="image/svg+xml"))

    async def _in_time(self, wanted: _Wanted) -> bytes:
        try:
            async with asyncio.timeout(self._settings.seconds):
                return await self._fetch(wanted)
        except TimeoutError as error:
            raise FetchError(FetchTrouble.TOO_SLOW) from error

    async def _fetch(self, wanted: _Wanted) -> bytes:
        host = wanted.host
        addresses = await self._addresses(host)
        for at, address in enumerate(addresses, 1):
            try:
                reader, writer = await self._connect(host, address)
            except FetchError:
                if at == len(addresses):
                    raise
                continue
            try:
                return await self._ask(wanted, reader, writer)
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

    async def _ask(self, wanted: _Wanted, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        lines = (
            f"GET {wanted.path} HTTP/1.1",
            f"Host: {wanted.host}",
            f"Accept: {wanted.media_type}",
            "User-Agent: Tayori",
            "Connection: close",
        )
        writer.write("\r\n".join((*lines, "", "")).encode("ascii"))
        answer = _Answer(wanted, self._settings.max_bytes)
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

    def __init__(self, wanted: _Wanted, max_bytes: int) -> None:
        self._wanted = wanted
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
        elif not self._wanted.is_type(content_type):
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
