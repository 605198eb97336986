"""Does each listener of a service answer? One short conversation with each, as any client would begin it.

Owns what counts as an answer: 200 to GET /healthz, a 220 greeting, an SOA record. Never reads the store.
"""

import asyncio
import contextlib
import ssl
import urllib.parse
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tayori.app.endpoints import Endpoints
from tayori.clock import SystemClock

PROBE_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One listener: `where` for people, `ask` raises OSError, TimeoutError or ValueError where it does not answer."""

    name: str
    where: str
    ask: Callable[[], Awaitable[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What came of a probe: the answer, or the trouble."""

    name: str
    where: str
    answer: str = ""
    trouble: str = ""


def probes_of(service: Endpoints) -> list[Probe]:
    """A probe for each listener that the service has."""
    probes: list[Probe] = []
    if service.http:
        probes.append(Probe(name="http", where=service.http, ask=lambda: ask_http(service.http)))
    for name, listening, implicit in (("starttls", service.starttls_port, False), ("tls", service.tls_port, True)):
        if listening:
            probes.append(_smtp(name, service.submission_host, listening, implicit_tls=implicit))
    if service.inbound_port:
        probes.append(_smtp("inbound", service.inbound_host, service.inbound_port, implicit_tls=False))
    if service.dns_port:
        probes.append(_dns("dns", service.dns_host, service.dns_port, service.service_domain))
    if service.rehearsal and service.resolver:
        host, _, port = service.resolver.rpartition(":")
        probes.append(_dns("rehearsal dns", host, int(port), "inbox.test"))
    return probes


def _smtp(name: str, host: str, port: int, *, implicit_tls: bool) -> Probe:
    return Probe(name=name, where=f"{host}:{port}", ask=lambda: ask_smtp(host, port, implicit_tls=implicit_tls))


def _dns(name: str, host: str, port: int, zone: str) -> Probe:
    return Probe(name=name, where=f"{host}:{port}", ask=lambda: ask_soa(host, port, zone))


async def find(probe: Probe) -> Finding:
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            answer = await probe.ask()
    except TimeoutError:
        return Finding(name=probe.name, where=probe.where, trouble="no answer in time")
    except (OSError, ValueError, EOFError) as error:
        return Finding(name=probe.name, where=probe.where, trouble=_words(error))
    return Finding(name=probe.name, where=probe.where, answer=answer)


def _words(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there"
    if isinstance(error, EOFError):
        return "the connection was closed without an answer"
    return str(error) or type(error).__name__


async def find_all(service: Endpoints) -> list[Finding]:
    return list(await asyncio.gather(*(find(probe) for probe in probes_of(service))))


# -- the conversations ---------------------------------------------------------------------------------------------


async def ask_http(url: str) -> str:
    """The status line of GET /healthz. Raises ValueError where it is not 200."""
    parts = urllib.parse.urlsplit(url)
    context = _unverified() if parts.scheme == "https" else None
    port = parts.port or (443 if context else 80)
    reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=context)
    try:
        writer.write(f"GET /healthz HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode("ascii"))
        line = (await reader.readline()).decode("latin-1").strip()
    finally:
        await _close(writer)
    if line.split(" ")[1:2] != ["200"]:
        raise ValueError(f"it answers {line!r}")
    return line


async def ask_smtp(host: str, port: int, *, implicit_tls: bool) -> str:
    """The greeting. Raises ValueError where it is not a 220."""
    reader, writer = await asyncio.open_connection(host, port, ssl=_unverified() if implicit_tls else None)
    try:
        greeting = (await reader.readline()).decode("latin-1").strip()
        with contextlib.suppress(ConnectionError):
            writer.write(b"QUIT\r\n")
    finally:
        await _close(writer)
    if not greeting.startswith("220"):
        raise ValueError(f"it greets with {greeting!r}")
    return greeting


async def ask_soa(host: str, port: int, zone: str) -> str:
    """The zone's start of authority. Raises ValueError where there is none in the answer."""
    from tayori.dns.resolver import CachingResolver  # not at the top: only this probe needs the DNS library

    resolver = CachingResolver([(host, port)], SystemClock())
    try:
        answer = await resolver.resolve(zone, "SOA")
    finally:
        await resolver.close()
    if not answer.exists:
        raise ValueError(f"no SOA record for {zone}: {answer.status}")
    return f"SOA {answer.values[0]}"


def _unverified() -> ssl.SSLContext:
    """Who answers is not the question here, only whether somebody does."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(1):
            await writer.wait_closed()
