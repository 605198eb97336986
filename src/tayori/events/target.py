"""A URL that a user gave, as a place to connect to: what it may be at all, before any name is resolved.

Owns the reading of the URL. Refuses everything that other programs read in another way than it looks: numbers and
octal or hexadecimal spellings for addresses, control characters, spaces, backslashes (WHATWG URL, "ends in a number").
"""

import base64
import ipaddress
import re
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import quote, unquote, urlsplit

from tayori.mail.address import AddressError, to_ascii_domain

MAX_LENGTH = 2048
_PORTS = {"http": 80, "https": 443}
_NUMBER = re.compile(r"(?:\d+|0x[0-9a-f]*)", re.IGNORECASE)
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\\ud800-\udfff]")
# Ports of other protocols above 1023, whose servers take lines of HTTP for commands (after WHATWG fetch's "bad ports").
_OTHER_PROTOCOLS = frozenset(
    (
        *(1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6379, 6566),
        *(6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080, 11211),
    )
)


class TargetError(ValueError):
    """Why a URL is no place to send to; the text is a sentence without its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """`host` is a name in A-labels or an address, `path` the request target with its query."""

    tls: bool
    host: str
    port: int
    path: str
    authorization: str = field(default="", repr=False)  # of a user and password in the URL

    @property
    def is_address(self) -> bool:
        return ":" in self.host or self.host.replace(".", "").isdigit()

    @property
    def authority(self) -> str:
        """The Host field (RFC 9110 7.2): the port where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS["https" if self.tls else "http"] else f"{host}:{self.port}"

    @classmethod
    def parse(cls, url: str) -> Self:
        """Raises TargetError."""
        if len(url) > MAX_LENGTH:
            raise TargetError(f"the URL is longer than {MAX_LENGTH} characters")
        if _FORBIDDEN.search(url):
            raise TargetError("the URL has a space, a backslash or a control character in it")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise TargetError("the URL cannot be read") from error
        scheme = parts.scheme.lower()
        if scheme not in _PORTS or not parts.hostname:
            raise TargetError("the URL must begin with http:// or https:// and a host")
        if "[" in parts.netloc and ":" not in parts.hostname:
            raise TargetError("the URL's host is no IPv6 address")
        port = _PORTS[scheme] if port is None else port
        if port not in (80, 443) and (port < 1024 or port in _OTHER_PROTOCOLS):
            raise TargetError(f"port {port} is not one that web servers listen on")
        path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
        query = "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~-._?[]") if parts.query else ""
        return cls(
            tls=scheme == "https",
            host=_host(parts.hostname),
            port=port,
            path=path + query,
            authorization=_authorization(parts.username, parts.password),
        )


def _host(text: str) -> str:
    if ":" in text:
        try:
            address = ipaddress.IPv6Address(text)
        except ValueError as error:
            raise TargetError("the URL's host is no IPv6 address") from error
        if address.scope_id:
            raise TargetError("the URL's host has a zone")
        return str(address)
    labels = text.rstrip(".").split(".")
    if _NUMBER.fullmatch(labels[-1]):
        try:
            return str(ipaddress.IPv4Address(text))  # four decimal numbers without leading zeros, nothing else
        except ValueError as error:
            raise TargetError("the URL's host is a number, or an address that is not written plainly") from error
    try:
        name = to_ascii_domain(text.rstrip("."))
    except AddressError as error:
        raise TargetError("the URL's host is no host name") from error
    if _NUMBER.fullmatch(name.rpartition(".")[2]):
        raise TargetError("the URL's host is an address that is not written plainly")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise TargetError("the URL's host is no host name")
    return name


def _authorization(user: str | None, password: str | None) -> str:
    """RFC 7617."""
    if user is None:
        return ""
    return "Basic " + base64.b64encode(f"{unquote(user)}:{unquote(password or '')}".encode()).decode("ascii")
