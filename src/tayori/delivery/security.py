"""What a mail host must prove before it gets content, as one value.

Owns the levels and their order, and the protocol of whoever decides. Never opens a connection; `securities` decides,
`secured` obeys. Named after Postfix's smtp_tls_security_level. RFC 7435 (opportunistic security), RFC 7672, RFC 8461.
"""

import ssl
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol, TypeAlias

from tayori.delivery.egress import Relay
from tayori.delivery.route import Target
from tayori.delivery.tls import ResumingContext
from tayori.delivery.tls_result import ReportedPolicy, ResultType
from tayori.model.message import Outcome, TlsPolicy


class SecurityLevel(IntEnum):
    """In the order of what it is worth."""

    NONE = 0  # in the clear
    MAY = 1  # TLS where it is offered, whoever the host may be; else in the clear
    ENCRYPT = 2  # TLS, whoever the host may be
    VERIFIED = 3  # TLS, with a certificate that an authority vouches for, for the host's name
    DANE = 4  # TLS, with the certificate or the authority that the host's signed zone names

    @property
    def needs_tls(self) -> bool:
        return self >= SecurityLevel.ENCRYPT

    @property
    def text(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Why a certificate will not do, after a handshake that went well otherwise."""

    result: ResultType
    words: str


# What looks at the certificate after the handshake, where OpenSSL cannot. None: it will do.
Check: TypeAlias = Callable[[ssl.SSLObject], Mismatch | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """What one host must prove before it gets content.

    `why` says in words on what grounds, for the timeline. `policy` is what the connection is counted under in
    RFC 8460's reports, and `trouble` what is wrong already, without any connection. `otherwise` is with what mail goes
    out all the same where TLS fails: None is the end of it. `failed` is called where it has failed.
    """

    level: SecurityLevel
    source: str  # "configuration-set", "mta-sts", "dane", "opportunistic"
    context: ResumingContext
    server_name: str  # SNI, and the name that a certificate must be for
    check: Check | None = None
    why: str = ""
    policy: ReportedPolicy
    trouble: Mismatch | None = None
    otherwise: "Security | None" = None
    failed: Callable[[], None] | None = None

    @property
    def proved(self) -> SecurityLevel:
        """What a connection with TLS has been shown under this: whoever may do is still encrypted."""
        return max(self.level, SecurityLevel.ENCRYPT)


class Securities(Protocol):
    """Decides for one host of a domain, before each connection."""

    async def of(self, domain: str, target: Target, policy: TlsPolicy) -> Security | Outcome:
        """An Outcome says why this host gets no mail for the moment."""
        ...

    def of_relay(self, relay: Relay, target: Target, policy: TlsPolicy) -> Security:
        """A relay is not the domain's host: what the domain says of its own does not speak of it."""
        ...

    async def standing(self, domain: str, targets: Sequence[Target]) -> Hashable:
        """What the domain wants proved beside what the message asks for. Only mail of domains for which this is equal
        may share connections: one that was opened for another has proved something else.
        """
        ...
