"""From where, and through what, a connection to a mail host is made.

Owns the values and the protocol of whoever chooses among them; the default chooser knows the one source of the
settings. Never connects (`connector` does), never knows of rows (`app` hands in a chooser that does).
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from tayori.delivery.settings import DeliverySettings
from tayori.model.message import AttemptReport, Outgoing

DEFAULT = "default"


class ProxyKind(StrEnum):
    HAPROXY = "haproxy"  # a PROXY protocol version 2 header says which source and destination are wanted
    SOCKS5 = "socks5"  # RFC 1928, with the user name and password of RFC 1929


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """A server that makes the connection for us, from an address that it has."""

    kind: ProxyKind
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)


class RelayTls(StrEnum):
    NONE = "none"
    MAY = "may"  # STARTTLS where it is offered
    STARTTLS = "starttls"  # STARTTLS or nothing, with a certificate for the relay's name
    IMPLICIT = "implicit"  # from the first byte (RFC 8314), with a certificate for the relay's name


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """A smarthost: it takes the mail instead of the domain's own hosts."""

    host: str
    port: int = 25
    tls: RelayTls = RelayTls.STARTTLS
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Egress:
    """One way out. `ipv4` and `ipv6` are local addresses to bind, "" for the system's choice."""

    name: str = DEFAULT
    ipv4: str = ""
    ipv6: str = ""
    ehlo_name: str
    address: str = ""  # what receivers see: shown in X-SES-Outgoing and the timeline; "": the socket's own
    address6: str = ""
    via: Proxy | None = None
    relay: Relay | None = None

    @classmethod
    def of_settings(cls, settings: DeliverySettings) -> "Egress":
        """The one way out of a service that has been told of no others."""
        return cls(
            ipv4=settings.source_ipv4,
            ipv6=settings.source_ipv6,
            ehlo_name=settings.ehlo_name,
            address=settings.outgoing_address,
        )

    def source(self, destination: str) -> str:
        """The local address to bind for a connection to `destination`."""
        return self.ipv6 if ":" in destination else self.ipv4

    def shown(self, destination: str) -> str:
        """The address that `destination` sees, "" where only the socket knows."""
        return self.address6 if ":" in destination else self.address


class EgressChooser(Protocol):
    """Asked once for each message and recipient domain; called in the event loop, never awaited."""

    def choose(self, outgoing: Outgoing, domain: str) -> Egress | None:
        """None: all sources of the message's pool are exhausted, or rest, for this provider: it has to wait."""
        ...

    def until(self, outgoing: Outgoing, domain: str) -> datetime | None:
        """When it is worth asking again after None; None: soon."""
        ...

    def learned(self, report: AttemptReport) -> None:
        """What an attempt came to, once it is recorded."""
        ...


class SettingsChooser:
    """One way out for everything."""

    def __init__(self, settings: DeliverySettings) -> None:
        self._egress = Egress.of_settings(settings)

    def choose(self, outgoing: Outgoing, domain: str) -> Egress | None:
        return self._egress

    def until(self, outgoing: Outgoing, domain: str) -> datetime | None:
        return None

    def learned(self, report: AttemptReport) -> None:
        """It has no choice to make better."""
