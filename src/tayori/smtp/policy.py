"""What a role decides, as opposed to how SMTP is spoken: the Policy protocol and the values it is given.

Owns the words between a server and its role: Policy, Peer, Transaction, ServerSettings. Never touches a
socket. Submission (`submission.py`), inbound mail (`mx.py`) and the rehearsal's providers are policies over
one server.
"""

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeAlias

from tayori.mail.envelope import BodyType, ReversePath
from tayori.mail.reply import Reply
from tayori.model.message import TlsFacts

# A verb's answer. A policy method is either `async def` or a plain function: what has nothing to wait for
# answers at once, and costs no task. Most commands of most sessions are of that kind.
Verdict: TypeAlias = Reply | Awaitable[Reply]


class AuthOffer(StrEnum):
    """Which SASL mechanisms EHLO announces (RFC 4954)."""

    NONE = "none"
    PLAIN_LOGIN = "plain-login"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """How a server behaves, whatever its role. All times are real seconds.

    `command_timeout` runs from one complete command to the next, so a byte now and then does not extend it;
    `data_timeout` from one piece of content to the next; `session_timeout` bounds both. RFC 5321 4.5.3.2.7
    asks for five minutes between commands; SES drops a client that says nothing at all after about ten
    seconds.
    """

    hostname: str
    max_size: int = 40 * 1024 * 1024  # SES: 40 MB after encoding
    max_line: int = 1000  # octets with CR LF, RFC 5321 4.5.3.1.6; an MX had better take longer ones
    max_recipients: int = 50  # of one message; SES: 50. RFC 5321 4.5.3.1.8 asks at least 100 of an MX
    max_errors: int = 20  # refused or unknown commands before 421
    first_command_timeout: float = 10.0
    command_timeout: float = 300.0
    data_timeout: float = 180.0
    session_timeout: float = 3600.0
    tls_handshake_timeout: float = 30.0
    max_connections: int = 1000
    max_connections_per_host: int = 100  # an IPv4 address or an IPv6 /64
    max_content_in_memory: int = 512 * 1024 * 1024  # of all sessions together; beyond it DATA is answered 452
    auth: AuthOffer = AuthOffer.NONE
    require_tls_for_auth: bool = True
    # Of one host for one identity within the window, and ten times as many for all identities; after that
    # 454, without a look at the password.
    max_auth_failures: int = 10
    auth_failure_window: float = 600.0
    auth_failure_delay: float = 1.0  # before each 535; doubles with each failure of the host, up to 16 times


@dataclass(slots=True, kw_only=True)
class Peer:
    """Who is at the other end. A live object: TLS, name and identity are filled in as the session goes on."""

    host: str
    port: int
    local_host: str
    local_port: int
    tls: TlsFacts | None = None
    helo: str | None = None
    esmtp: bool = False  # greeted with EHLO
    identity: str | None = None  # who authenticated


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """One message as it came in. `content` has CRLF line ends throughout and its dots unstuffed.

    `reverse_path` and `recipients` are what the policy said yes to: a policy that lets an unparsable path
    pass gets it back as it was written.
    """

    reverse_path: ReversePath | str
    recipients: tuple[str, ...]
    content: bytes
    body: BodyType = BodyType.SEVEN_BIT
    smtputf8: bool = False


class Policy(Protocol):
    """What a role says to each verb; one object per connection.

    A positive reply to `mail` and `rcpt` makes the session remember the path. A positive reply to `data`
    means that the message is safe: a crash after it must not lose it. An exception becomes 451, never a
    permanent refusal.
    """

    def greeting(self) -> Verdict:
        """220, or a refusal (then the connection is closed)."""
        ...

    def extensions(self, tls: bool, authenticated: bool) -> list[str]:
        """EHLO keywords beside PIPELINING, 8BITMIME, STARTTLS, SIZE and AUTH, which the session handles.

        ENHANCEDSTATUSCODES makes the session put RFC 3463 codes on its own replies; SMTPUTF8 and DSN make it
        accept the parameters that belong to them.
        """
        ...

    def auth(self, identity: str, password: str) -> Verdict:
        """235 or 535 (or 454 when the answer cannot be known now)."""
        ...

    def mail(self, reverse_path: ReversePath | str, params: Mapping[str, str | None]) -> Verdict:
        """`reverse_path` is text where it is not an address by RFC 5321."""
        ...

    def rcpt(self, forward_path: str, params: Mapping[str, str | None]) -> Verdict:
        """`forward_path` as written between the angle brackets."""
        ...

    def data(self, transaction: Transaction) -> Verdict: ...

    def reset(self) -> None:
        """The transaction is over or was given up: RSET, EHLO, STARTTLS, or after DATA."""
        ...

    def closed(self) -> None:
        """The connection is gone; called once."""
        ...
