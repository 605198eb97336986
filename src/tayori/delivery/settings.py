"""What an operator may set about delivery, with the defaults and what they are for.

Owns the values; `config` fills them. RFC 5321 4.5.3.2 (time-outs), RFC 5321 4.5.3.1.8 (100 recipients).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from tayori.model.failure import Stage
from tayori.model.return_path import ReturnPaths


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Real seconds that a host may take at each stage: the minima of RFC 5321 4.5.3.2 but for `connect`."""

    connect: float = 30.0
    greeting: float = 300.0
    ehlo: float = 300.0
    starttls: float = 120.0
    mail: float = 300.0
    rcpt: float = 300.0
    data: float = 120.0
    block: float = 180.0  # for the host to take more of the content
    content: float = 600.0  # for the answer to the dot
    quit: float = 2.0  # nothing depends on the answer to QUIT

    def scaled(self, factor: float) -> "Timeouts":
        """All limits times `factor`: a service with a five-minute limit need not wait ten for one host."""
        return replace(self, **{name: getattr(self, name) * factor for name in self.__dataclass_fields__})

    def of(self, stage: Stage) -> float:
        return float(getattr(self, stage.value))

    @property
    def shortest(self) -> float:
        """The one that asks for the closest watch; QUIT's may be overrun."""
        return min(float(getattr(self, name)) for name in self.__dataclass_fields__ if name != "quit")


class Families(StrEnum):
    IPV4 = "ipv4"
    IPV6 = "ipv6"
    BOTH = "both"  # IPv4 first: receivers know the reputation of an IPv4 address better


class CertificateCheck(StrEnum):
    """What a host's certificate is held against.

    SES's TlsPolicy REQUIRE asks for encryption, not for a verified name: most certificates of mail hosts
    could not be verified when the rule was made, and a certificate of nobody still defeats listening.
    """

    NEVER = "never"
    WHEN_REQUIRED = "when-required"  # TlsPolicy REQUIRE also means: issued by a trust anchor, for the MX host's name


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySettings:
    """Everything that delivery can be told."""

    ehlo_name: str  # the name we greet with; its address should resolve back to it
    outgoing_address: str  # the public address of this sender, shown in X-SES-Outgoing and in the timeline
    port: int = 25
    families: Families = Families.BOTH
    source_ipv4: str = ""  # the local address to send from; empty: the system chooses
    source_ipv6: str = ""
    # Mail hosts with private, loopback or reserved addresses are not called, so that nobody can use an MX
    # record to make this machine talk to its own network. Networks named here are excepted.
    allowed_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    own_names: frozenset[str] = frozenset()  # an MX that names one of these is ourselves: a loop

    return_paths: ReturnPaths | None = None  # None: the reverse-path stays as the message brings it

    trust_anchors: Path | None = None  # PEM file; None: the system's
    certificate_check: CertificateCheck = CertificateCheck.NEVER
    client_certificate: Path | None = None  # PEM file, shown to hosts that ask for one
    client_key: Path | None = None  # None: it is in the certificate's file
    validates_dnssec: bool = False  # the resolver does, so that its answers may be built on: DANE
    timeouts: Timeouts = field(default_factory=Timeouts)

    max_hosts: int = 10  # MX hosts of one domain that are looked at
    max_addresses: int = 5  # addresses of one host
    max_recipients: int = 100  # in one transaction
    max_connections: int = 500  # of this process
    max_connections_per_destination: int = 20  # to hosts that the table of providers does not name
    providers_file: Path | None = None  # the operator's own part of that table
    first_connections: int = 5  # to a destination that has not answered yet (slow start)
    max_messages_per_connection: int = 100
    idle_seconds: float = 5.0  # a connection without work is kept this long

    weights: Mapping[str, int] = field(default_factory=dict)  # of accounts: turns for each turn of the others

    max_messages: int = 10_000  # in memory
    max_bytes: int = 256 * 1024 * 1024  # of content in memory
    max_waiting_per_destination: int = 2_000  # so that one slow domain does not fill the memory
    claim_batch: int = 500
    poll_seconds: float = 60.0  # service time; the safety net when no wake-up comes

    first_pause: float = 30.0  # service time: after all hosts of a destination failed; doubles each time
    longest_pause: float = 600.0
    signing_threads: int = field(default_factory=lambda: os.cpu_count() or 1)
    cached_keys: int = 10_000
