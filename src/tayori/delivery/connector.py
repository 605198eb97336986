"""Connections to mail hosts by whatever way out was chosen.

Owns the binding of local addresses, and the words of the two kinds of proxies: a PROXY protocol version 2 header that
tells a forwarding HAProxy which source and destination are wanted (haproxy's proxy-protocol.txt, 2.2), and SOCKS5
(RFC 1928, RFC 1929). Never speaks SMTP. A proxy that fails is trouble of ours and raises EgressError; what a host or
the network does is an OSError.
"""

import asyncio
import errno
import ipaddress
import os
import socket
import struct
from collections.abc import Callable
from typing import Any

from tayori.delivery.egress import DEFAULT, Egress, Proxy, ProxyKind
from tayori.delivery.tls import ResumingContext

_SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
_PROXY_V2, _TCP4, _TCP6 = 0x21, 0x11, 0x21
_SOCKS, _NO_AUTH, _PASSWORD, _NONE_WILL_DO = 5, 0, 2, 0xFF
_CONNECT, _IPV4, _NAME, _IPV6 = 1, 1, 3, 4
# Replies of RFC 1928 6 that speak of the host and the way to it; the others are the proxy's own.
_HOSTS_TROUBLE = {3: errno.ENETUNREACH, 4: errno.EHOSTUNREACH, 5: errno.ECONNREFUSED, 6: errno.ETIMEDOUT}
_PROXYS_TROUBLE = {
    1: "it failed",
    2: "its rules do not allow it",
    7: "it knows no CONNECT",
    8: "it knows no such address",
}


class EgressError(Exception):
    """The way out itself does not work; the host is not to blame."""


async def connect(
    egress: Egress,
    address: str,
    port: int,
    factory: Callable[[], asyncio.Protocol],
    *,
    implicit_tls: tuple[ResumingContext, str] | None = None,
) -> None:
    """Connect to a host's address; the protocol is told of the transport. Raises OSError, EgressError.

    `implicit_tls`: TLS from the first byte, with the name that the certificate has to be for.
    """
    loop = asyncio.get_running_loop()
    context, name = implicit_tls if implicit_tls is not None else (None, None)
    if egress.via is None:
        source = _source(egress, address)
        local = (source, 0) if source else None
        await loop.create_connection(factory, address, port, local_addr=local, ssl=context, server_hostname=name)
        return
    sock = await _through(egress.via, egress, address, port)
    try:
        await loop.create_connection(factory, sock=sock, ssl=context, server_hostname=name)
    except BaseException:
        sock.close()
        raise


def _source(egress: Egress, address: str) -> str:
    """The address to leave from. A source that was chosen by name is not exchanged for another of the machine's."""
    source = egress.source(address)
    if not source and egress.name != DEFAULT and (egress.ipv4 or egress.ipv6):
        family = "IPv6" if ":" in address else "IPv4"
        raise OSError(errno.ENETUNREACH, f"the source {egress.name} has no {family} address")
    return source


async def _through(proxy: Proxy, egress: Egress, address: str, port: int) -> socket.socket:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(proxy.host, proxy.port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, where = found[0]
        sock = socket.socket(family, kind, protocol)
        sock.setblocking(False)
    except OSError as error:
        raise EgressError(f"the proxy {proxy.host} cannot be found: {error.strerror or error}") from error
    try:
        await _introduce(sock, proxy, where, egress, (address, port))
    except BaseException:
        sock.close()
        raise
    return sock


async def _introduce(
    sock: socket.socket, proxy: Proxy, where: Any, egress: Egress, destination: tuple[str, int]
) -> None:
    """Connect to the proxy and say where to."""
    loop = asyncio.get_running_loop()
    try:
        await loop.sock_connect(sock, where)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if proxy.kind is ProxyKind.HAPROXY:
            await loop.sock_sendall(sock, proxy_header(_source(egress, destination[0]), *destination))
            return
        code = await _socks(sock, proxy, *destination)
    except (OSError, EOFError) as error:
        if isinstance(error, OSError) and error.errno == errno.ENETUNREACH:
            raise
        words = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise EgressError(f"the proxy {proxy.host} does not work: {words}") from error
    if code in _HOSTS_TROUBLE:
        number = _HOSTS_TROUBLE[code]
        raise OSError(number, os.strerror(number))
    if code:
        words = _PROXYS_TROUBLE.get(code, f"reply {code}")
        raise EgressError(f"the proxy {proxy.host} does not connect: {words}")


def proxy_header(source: str, address: str, port: int) -> bytes:
    """PROXY protocol version 2: from `source`, with a port of the proxy's choice, to `address`."""
    destination = ipaddress.ip_address(address)
    origin = ipaddress.ip_address(source)
    if origin.version != destination.version:
        raise OSError(errno.ENETUNREACH, "the source and the host have addresses of different kinds")
    addresses = origin.packed + destination.packed + struct.pack("!HH", 0, port)
    family = _TCP4 if destination.version == 4 else _TCP6
    return _SIGNATURE + struct.pack("!BBH", _PROXY_V2, family, len(addresses)) + addresses


# --- SOCKS5 -----------------------------------------------------------------------------------------------------------


async def _socks(sock: socket.socket, proxy: Proxy, address: str, port: int) -> int:
    """Greeting, password where there is one, CONNECT; the code of the reply."""
    loop = asyncio.get_running_loop()
    methods = bytes((_NO_AUTH, _PASSWORD)) if proxy.user else bytes((_NO_AUTH,))
    await loop.sock_sendall(sock, bytes((_SOCKS, len(methods))) + methods)
    version, method = await _exactly(sock, 2)
    if version != _SOCKS:
        raise EgressError(f"the proxy {proxy.host} does not speak SOCKS5")
    if method == _PASSWORD and proxy.user:
        await _authenticate(sock, proxy)
    elif method != _NO_AUTH:
        raise EgressError(f"the proxy {proxy.host} wants a user name and password")
    destination = ipaddress.ip_address(address)
    kind = _IPV4 if destination.version == 4 else _IPV6
    request = bytes((_SOCKS, _CONNECT, 0, kind)) + destination.packed + struct.pack("!H", port)
    await loop.sock_sendall(sock, request)
    _, code, _, kind = await _exactly(sock, 4)
    if code:
        return code
    await _exactly(sock, 2 + await _bound_length(sock, kind, proxy))
    return 0


async def _authenticate(sock: socket.socket, proxy: Proxy) -> None:
    """RFC 1929."""
    user, password = proxy.user.encode(), proxy.password.encode()
    if not 0 < len(user) < 256 or len(password) > 255:
        raise EgressError(f"the user name or password for the proxy {proxy.host} has a length that SOCKS5 cannot carry")
    request = bytes((1, len(user))) + user + bytes((len(password),)) + password
    await asyncio.get_running_loop().sock_sendall(sock, request)
    _, status = await _exactly(sock, 2)
    if status:
        raise EgressError(f"the proxy {proxy.host} refuses the user name and password")


async def _bound_length(sock: socket.socket, kind: int, proxy: Proxy) -> int:
    """How long the address is that the proxy has bound: nobody needs it, but it stands before the host's bytes."""
    if kind == _NAME:
        return (await _exactly(sock, 1))[0]
    if kind not in (_IPV4, _IPV6):
        raise EgressError(f"the proxy {proxy.host} does not speak SOCKS5")
    return 4 if kind == _IPV4 else 16


async def _exactly(sock: socket.socket, count: int) -> bytes:
    """Never a byte more: what follows is the mail host's."""
    loop = asyncio.get_running_loop()
    found = b""
    while len(found) < count:
        piece = await loop.sock_recv(sock, count - len(found))
        if not piece:
            raise EOFError("it closed the connection")
        found += piece
    return found
