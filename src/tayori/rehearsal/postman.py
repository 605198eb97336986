"""Outgoing mail of the rehearsal's providers: a small SMTP client that tries again for a while.

Owns the way from a provider to the MX host of a return path, found in the DNS of the rehearsal internet. Never decides
what is sent. It is another program than the service's own delivery on purpose: both ends of a test must not share a
mistake. RFC 5321; TLS is opportunistic and unverified, as between most providers.
"""

import asyncio
import contextlib
import logging
import ssl
from dataclasses import dataclass

from tayori.clock import Clock
from tayori.mail.answer import Resolver
from tayori.mail.lines import stuff
from tayori.rehearsal.providers import Provider

_LOG = logging.getLogger(__name__)

_RETRY_AFTER = (5.0, 30.0, 120.0, 600.0)  # seconds of service time
_STEP_SECONDS = 20.0
_MAX_WAITING = 2000
_MAX_AT_ONCE = 8
_MAX_REPLY_LINES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message on its way out; the reverse path is always null, as reports' must be (RFC 5321 4.5.5)."""

    provider: Provider
    source_address: str
    recipient: str
    content: bytes
    reverse_path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where SMTP is spoken, since nobody in a rehearsal may listen on 25: the service's hosts on one port, all
    others on another."""

    service_domain: str
    service: int
    others: int

    def of(self, host: str) -> int:
        inside = host == self.service_domain or host.endswith(f".{self.service_domain}")
        return self.service if inside else self.others


class _Refused(Exception):
    """A reply that is not the one hoped for. 5xx is final, 4xx is not."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code} {text}")
        self.is_final = code >= 500


class Postman:
    """Sends letters in the background, a few at a time."""

    def __init__(self, resolver: Resolver, clock: Clock, ports: Ports) -> None:
        self._resolver = resolver
        self._clock = clock
        self._ports = ports
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(_MAX_AT_ONCE)

    def post(self, letter: Letter, delay: float = 0.0) -> None:
        """Take a letter; it leaves after `delay` seconds of service time."""
        if len(self._tasks) >= _MAX_WAITING:
            _LOG.warning("rehearsal.mail_dropped recipient=%s: too many letters wait", letter.recipient)
            return
        task = asyncio.get_running_loop().create_task(self._send(letter, delay), name="rehearsal letter")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Give up what is still under way."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _send(self, letter: Letter, delay: float) -> None:
        for pause in (delay, *_RETRY_AFTER):
            await self._clock.sleep(pause)
            try:
                async with self._slots:
                    await self._try(letter)
            except _Refused as refusal:
                _LOG.info("rehearsal.mail_refused recipient=%s reply=%s", letter.recipient, refusal)
                if refusal.is_final:
                    return
            except (OSError, TimeoutError, EOFError, ValueError) as error:
                _LOG.info("rehearsal.mail_deferred recipient=%s error=%r", letter.recipient, error)
            else:
                return
        _LOG.warning("rehearsal.mail_given_up recipient=%s", letter.recipient)

    async def _try(self, letter: Letter) -> None:
        domain = letter.recipient.rpartition("@")[2]
        trouble: Exception = OSError(f"no mail host of {domain} can be found")
        for host, address in await self._targets(domain):
            try:
                await self._deliver(letter, address, self._ports.of(host))
            except (OSError, TimeoutError, EOFError) as error:
                trouble = error
            else:
                return
        raise trouble

    async def _targets(self, domain: str) -> list[tuple[str, str]]:
        """Mail hosts and their addresses by preference (RFC 5321 5.1)."""
        answer = await self._resolver.resolve(domain, "MX")
        exchanges = sorted((int(value.split()[0]), value.split()[1]) for value in answer.values)
        hosts = [host for _, host in exchanges if host != "."]
        if not answer.exists and answer.is_definite:
            hosts = [domain]
        found: list[tuple[str, str]] = []
        for host in hosts:
            addresses = await self._resolver.resolve(host, "A")
            found.extend((host, address) for address in addresses.values)
        return found

    async def _deliver(self, letter: Letter, address: str, port: int) -> None:
        async with asyncio.timeout(_STEP_SECONDS):
            reader, writer = await asyncio.open_connection(address, port, local_addr=(letter.source_address, 0))
        try:
            await _Dialogue(reader, writer).hand_over(letter)
        finally:
            writer.transport.abort()


class _Dialogue:
    """One message over one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def hand_over(self, letter: Letter) -> None:
        await self._expect(220)
        offered = await self._say(f"EHLO {letter.provider.host}", 250)
        if "STARTTLS" in offered:
            await self._say("STARTTLS", 220)
            await self._writer.start_tls(_tls(), server_hostname=letter.provider.host)
            offered = await self._say(f"EHLO {letter.provider.host}", 250)
        eight_bit = " BODY=8BITMIME" if "8BITMIME" in offered and not letter.content.isascii() else ""
        await self._say(f"MAIL FROM:<{letter.reverse_path}>{eight_bit}", 250)
        await self._say(f"RCPT TO:<{letter.recipient}>", 250)
        await self._say("DATA", 354)
        self._writer.write(stuff(letter.content))
        await self._expect(250)
        with contextlib.suppress(_Refused, OSError, EOFError, TimeoutError):
            await self._say("QUIT", 221)

    async def _say(self, command: str, code: int) -> list[str]:
        if "\r" in command or "\n" in command:
            raise ValueError("a command cannot hold a line end")
        self._writer.write(command.encode("utf-8", "replace") + b"\r\n")
        return await self._expect(code)

    async def _expect(self, code: int) -> list[str]:
        """The keywords of a reply's lines, if it has the code hoped for."""
        lines: list[str] = []
        async with asyncio.timeout(_STEP_SECONDS):
            await self._writer.drain()
            while len(lines) < _MAX_REPLY_LINES:
                line = (await self._reader.readuntil(b"\n")).decode("utf-8", "replace").rstrip("\r\n")
                lines.append(line[4:])
                if line[3:4] != "-":
                    break
        received = int(line[:3]) if line[:3].isdigit() else 500
        if received != code:
            raise _Refused(received, " ".join(lines))
        return [word.split(" ", 1)[0].upper() for word in lines]


def _tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
