"""Source addresses, pools and mail routes: what mail leaves from, and by.

Owns the values and the rules about them that need no database. Never chooses: `delivery.sources` does. SES has
dedicated addresses in pools of an account, and a shared pool for everybody (ses: dedicated-ip-pools).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from tayori.model import warmup
from tayori.model.errors import Invalid

SHARED_POOL = "ses-shared-pool"
DEFAULT_POOL = "ses-default-dedicated-pool"
LISTED = "list:"  # what a Rest has for a provider where a block list names the address: mail goes on
# Longer than the TTL of the service's SPF records, and the seconds in which its DNS servers look at the rows.
PUBLISHED_AFTER = timedelta(seconds=330)
RESERVED_POOLS = frozenset({SHARED_POOL, DEFAULT_POOL})

_POOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def is_pool_name(name: str) -> bool:
    return _POOL_NAME.fullmatch(name) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceAddress:
    """One address that mail can leave from; `account_id` is empty where everybody may use it."""

    address: str
    ipv6: str = ""
    ehlo_name: str
    weight: int = 1
    paused: bool = False
    account_id: str = ""
    region: str = ""
    pool: str = SHARED_POOL
    bind_ipv4: str = ""
    bind_ipv6: str = ""
    via: str = ""
    via_secret: str = ""
    warmup_percentage: int = warmup.WARM
    warmup_since: datetime | None = None
    created_at: datetime | None = None

    def is_published(self, now: datetime) -> bool:
        """False while receivers may still hold the SPF record from before it was registered."""
        return self.created_at is None or now - self.created_at >= PUBLISHED_AFTER

    @property
    def is_shared(self) -> bool:
        return not self.account_id

    @property
    def addresses(self) -> tuple[str, ...]:
        return (self.address, self.ipv6) if self.ipv6 else (self.address,)

    def percentage(self, now: datetime) -> int:
        return warmup.percentage(self.warmup_percentage, self.warmup_since, now)

    def warmup_status(self, now: datetime) -> str:
        """In the words of the API."""
        return "DONE" if self.percentage(now) >= warmup.WARM else "IN_PROGRESS"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailRoute:
    """Where mail for domains of a pattern goes. Without a host: to the domain's own hosts."""

    pattern: str
    host: str = ""
    port: int = 25
    tls: str = "starttls"
    user_name: str = ""
    secret: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """A source address keeps away from a provider."""

    address: str
    provider: str
    until: datetime
    times: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What one address has done at one provider, in recipients."""

    sent: int = 0
    deferred: int = 0
    failed: int = 0
    blocked: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            sent=self.sent + other.sent,
            deferred=self.deferred + other.deferred,
            failed=self.failed + other.failed,
            blocked=self.blocked + other.blocked,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePlan:
    """All that a choice depends on, as the rows have it: taken at one moment, used until it changes."""

    revision: int = 0
    addresses: tuple[SourceAddress, ...] = ()
    pools: Mapping[tuple[str, str, str], str] = field(default_factory=dict)  # (account, region, set) → pool's name
    routes: tuple[MailRoute, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not self.addresses and not self.routes


_PATTERN = re.compile(r"\*|\.?[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_TLS = ("none", "may", "starttls", "implicit")


def checked_route(route: MailRoute) -> MailRoute:
    """The route, its pattern and host in lower case. Raises Invalid where it could not work, or would tell a secret."""
    checked = replace(route, pattern=route.pattern.lower().rstrip("."), host=route.host.lower().rstrip("."))
    if not _PATTERN.fullmatch(checked.pattern):
        raise Invalid(f"{route.pattern} is no pattern: write example.com, .example.com for what is below it, or *.")
    if not 1 <= checked.port <= 65535:
        raise Invalid(f"{checked.port} is not a port.")
    if checked.tls not in _TLS:
        raise Invalid(f"TLS is one of {', '.join(_TLS)}, not {checked.tls}.")
    if not checked.host and (checked.user_name or checked.secret):
        raise Invalid("A user name is for a relay: say its host.")
    if bool(checked.user_name) != bool(checked.secret):
        raise Invalid("A user name and where its password is go together.")
    if checked.secret:
        check_secret(checked.secret)
    if checked.user_name and checked.tls in ("none", "may") and not is_loopback(checked.host):
        raise Invalid("A password is not sent in the clear: use TLS starttls or implicit, or a relay on this host.")
    return checked


def check_secret(reference: str) -> None:
    """`file:/path` or `env:NAME`: the secret itself is never kept in a row."""
    kind, _, name = reference.partition(":")
    if kind not in ("file", "env") or not name:
        raise Invalid("A password is named by where it is: file:/path, or env:NAME for TAYORI_SECRET_NAME.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Via:
    """The proxy of an address: haproxy://host:port, or socks5://user@host:port."""

    kind: str
    host: str
    port: int
    user: str = ""


def checked_via(text: str) -> Via:
    """Raises Invalid."""
    parts = urlsplit(text)
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme not in ("haproxy", "socks5") or not parts.hostname or not port or parts.path or parts.password:
        raise Invalid(f"{text} is no proxy: write haproxy://host:port or socks5://user@host:port.")
    return Via(kind=parts.scheme, host=parts.hostname, port=port, user=parts.username or "")


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def route_for(domain: str, routes: Mapping[str, MailRoute]) -> MailRoute | None:
    """The route of a recipient domain: its own, else that of the nearest domain above it, else the one for all.

    `.example.com` stands for what is below example.com, `example.com` for itself alone.
    """
    found = routes.get(domain)
    at = domain.find(".")
    while found is None and at >= 0:
        found = routes.get(domain[at:])
        at = domain.find(".", at + 1)
    found = found or routes.get("*")
    return found if found is not None and found.host else None
