"""HTTP requests to places that users name, so that nobody can steer this server to where only it may go.

Owns the only way by which such a request goes out. A name is resolved once, and the address that was judged is the one
that is connected to, so a zone that changes its mind in between changes nothing. Redirects are not followed.
Certificates are verified. Time and size are bounded, whatever the other side does. Never judges what an answer means.
RFC 9110, RFC 9112.
"""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import httptools

from tayori.events.target import Target, TargetError
from tayori.mail.answer import Resolver
from tayori.model.public_address import Network, may_be_reached

_ADDRESSES_TRIED = 2
_MOST_HEAD = 64 * 1024  # octets of an answer's header, and of what stands between chunks
_READ = 16 * 1024
_LOOPBACK = ("127.0.0.1", "::1")  # what `localhost` is (RFC 6761 6.3), without asking anybody


class Trouble(StrEnum):
    """Why there is no answer."""

    BAD_URL = "bad-url"
    NO_ADDRESS = "no-address"
    NOT_PUBLIC = "not-public"
    UNREACHABLE = "unreachable"
    BAD_CERTIFICATE = "bad-certificate"
    TOO_SLOW = "too-slow"
    BROKEN = "broken"


class OutgoingError(Exception):
    """`str()` is a sentence for the log of deliveries."""

    def __init__(self, trouble: Trouble, text: str) -> None:
        super().__init__(text)
        self.trouble = trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingSettings:
    """`seconds` are true ones, for all of a request; SNS gives an endpoint 15."""

    allowed_networks: tuple[Network, ...] = ()
    seconds: float = 15.0
    connect_seconds: float = 5.0
    max_body: int = 64 * 1024  # of an answer; what is beyond is not read
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingAnswer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    address: str  # that was connected to
    seconds: float


class OutgoingHttp:
    """Sends requests, each over a connection of its own. Keeps nothing between them."""

    def __init__(self, resolver: Resolver, settings: OutgoingSettings | None = None) -> None:
        self._resolver = resolver
        self._settings = settings or OutgoingSettings()

    async def post(self, url: str, headers: Sequence[tuple[str, str]], body: bytes) -> OutgoingAnswer:
        return await self.request("POST", url, headers, body)

    async def request(self, method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes) -> OutgoingAnswer:
        """The answer. Raises OutgoingError, in time whatever the other side does."""
        try:
            target = Target.parse(url)
        except TargetError as error:
            raise OutgoingError(Trouble.BAD_URL, f"It was not sent: {error}.") from error
        started = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(self._settings.seconds):
                return await self._exchange(target, _head(method, target, headers, len(body)) + body, started)
        except TimeoutError as error:
            text = f"{target.authority} did not answer within {self._settings.seconds:.0f} seconds."
            raise OutgoingError(Trouble.TOO_SLOW, text) from error

    async def _exchange(self, target: Target, request: bytes, started: float) -> OutgoingAnswer:
        address, reader, writer = await self._connect(target)
        try:
            writer.write(request)
            parser = await self._read(reader)
        except (OSError, EOFError, httptools.HttpParserError) as error:
            text = f"{target.authority} broke off, or answered something that is not HTTP."
            raise OutgoingError(Trouble.BROKEN, text) from error
        finally:
            writer.transport.abort()
        return OutgoingAnswer(
            status=parser.status,
            headers=tuple(parser.headers),
            body=bytes(parser.body[: self._settings.max_body]),
            address=address,
            seconds=asyncio.get_running_loop().time() - started,
        )

    # -- where to --------------------------------------------------------------------------------------------------

    async def _connect(self, target: Target) -> tuple[str, asyncio.StreamReader, asyncio.StreamWriter]:
        addresses = await self._addresses(target)
        for at, address in enumerate(addresses, 1):
            try:
                return address, *(await self._open(target, address))
            except OutgoingError:
                if at == len(addresses):
                    raise
        raise OutgoingError(Trouble.NO_ADDRESS, f"{target.host} has no address.")

    async def _addresses(self, target: Target) -> list[str]:
        """Those that may be connected to. Raises OutgoingError where there is none."""
        found = await self._resolved(target)
        if not found:
            raise OutgoingError(Trouble.NO_ADDRESS, f"{target.host} has no address.")
        allowed = [text for text in found if may_be_reached(text, self._settings.allowed_networks)]
        if not allowed:
            shown = ", ".join(found[:_ADDRESSES_TRIED])
            text = f"{target.host} is at {shown}, which is not a public address; events.private_networks opens others."
            raise OutgoingError(Trouble.NOT_PUBLIC, text)
        return allowed[:_ADDRESSES_TRIED]

    async def _resolved(self, target: Target) -> list[str]:
        if target.is_address:
            return [target.host]
        if target.host == "localhost" or target.host.endswith(".localhost"):
            return list(_LOOPBACK)
        answers = await asyncio.gather(*(self._resolver.resolve(target.host, rdtype) for rdtype in ("A", "AAAA")))
        return [value for answer in answers for value in answer.values]

    async def _open(self, target: Target, address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to that very address; over TLS in the name of the host."""
        tls, name = (self._settings.tls, target.host) if target.tls else (None, None)
        try:
            async with asyncio.timeout(self._settings.connect_seconds):
                return await asyncio.open_connection(address, target.port, limit=_READ, ssl=tls, server_hostname=name)
        except ssl.SSLCertVerificationError as error:
            text = f"The certificate of {target.authority} does not prove its name: {error.verify_message}."
            raise OutgoingError(Trouble.BAD_CERTIFICATE, text) from error
        except (OSError, EOFError, TimeoutError) as error:
            text = f"{target.authority} at {address} cannot be reached: {str(error) or 'it does not answer'}."
            raise OutgoingError(Trouble.UNREACHABLE, text) from error

    # -- the answer ------------------------------------------------------------------------------------------------

    async def _read(self, reader: asyncio.StreamReader) -> "_Answer":
        """Until it is complete, or as much as is wanted of it. Raises EOFError where it is cut off in its head."""
        answer = _Answer()
        received, most = 0, self._settings.max_body + _MOST_HEAD
        while not answer.is_complete and received < most:
            data = await reader.read(_READ)
            if not data:
                if not answer.has_head:
                    raise EOFError
                break  # which ends a body that tells no length (RFC 9112 6.3); a status is all that is wanted
            received += len(data)
            answer.parser.feed_data(data)
        if not answer.has_head:
            raise EOFError
        return answer


def _head(method: str, target: Target, headers: Sequence[tuple[str, str]], length: int) -> bytes:
    fields = [("Host", target.authority), *headers, ("Content-Length", str(length)), ("Connection", "close")]
    if target.authorization:
        fields.append(("Authorization", target.authorization))
    lines = [f"{method} {target.path} HTTP/1.1", *(f"{name}: {_plain(value)}" for name, value in fields), "", ""]
    return "\r\n".join(lines).encode("latin-1", "replace")


def _plain(value: str) -> str:
    """A field's value cannot end its line."""
    return value.replace("\r", " ").replace("\n", " ").replace("\0", " ")


class _Answer:
    """An HTTP response while it arrives; informational ones are passed over (RFC 9110 15.2)."""

    def __init__(self) -> None:
        self.headers: list[tuple[str, str]] = []
        self.body = bytearray()
        self.status = 0
        self.has_head = False
        self.is_complete = False
        self.parser = httptools.HttpResponseParser(self)

    # --- called by the parser ---

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.decode("latin-1").lower(), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self.status = self.parser.get_status_code()
        self.has_head = self.status >= 200
        if not self.has_head:
            self.headers.clear()

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.is_complete = self.has_head
