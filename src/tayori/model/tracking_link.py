"""The links of open and click tracking: their form, who signs them, and whether one that comes back is ours.

Open `<origin>/I0/<MessageId>/<signature>=<key number>`, click `<origin>/L0/<target>/1/<MessageId>/<signature>=<key
number>`, as observed of SES; the tags of a link follow as `?t=`. The signature covers all of it and the host, so that
no link can be made to lead elsewhere, nor be served under the domain of another account. HMAC-SHA256 (RFC 2104), 160
bits of it. Never asks whether the message is known.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from urllib.parse import quote, unquote, urlsplit

from tayori.model.names import ServiceNames

LONGEST_TARGET = 2048
KEY_PERIOD = timedelta(days=30)  # after which links are signed with another key
_ORDINAL = "1"  # the same in all links that were observed
_OPEN, _CLICK = "I0", "L0"
_SAFE = ":=,;@!$()*+-._"  # what stands for itself in a target; not what ends an attribute, a path or a word
_MESSAGE_ID = re.compile(r"[0-9a-f]{4}([0-9a-f]{12})-[0-9a-f-]{36}-[0-9]{6}")
_SIGNATURE = re.compile(r"([A-Za-z0-9_-]{27})=([0-9]{1,6})")
_CLEAN = re.compile(r"https?://(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+", re.IGNORECASE)
_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")
_MOST_TAGS = 50
# From the number of a key to the key, None where there is none.
KeyOf = Callable[[int], bytes | None]


class LinkKind(StrEnum):
    OPEN = "open"
    CLICK = "click"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingLink:
    """What a link says. `tags` as `ses:tags` of the link has them: `name:value;name:value`."""

    kind: LinkKind
    message_id: str
    target: str = ""
    tags: str = ""

    @property
    def sent_at(self) -> datetime:
        """To the millisecond, from the MessageId."""
        found = _MESSAGE_ID.fullmatch(self.message_id)
        return datetime.fromtimestamp(int(found[1], 16) / 1000, UTC) if found else datetime.fromtimestamp(0, UTC)

    @property
    def tag_values(self) -> dict[str, list[str]]:
        return parse_tags(self.tags)


def key_number(now: datetime) -> int:
    """Of the key that signs now."""
    return int(now.timestamp() // KEY_PERIOD.total_seconds())


def is_clean(target: str) -> bool:
    """Whether a URL can be carried and led back to as it is: http or https, all of it as RFC 3986 spells it, a host,
    and nobody's name before the host.
    """
    if len(target) > LONGEST_TARGET or not _CLEAN.fullmatch(target) or target.count("#") > 1:
        return False
    try:
        parts = urlsplit(target)
        _ = parts.port
    except ValueError:
        return False
    if not parts.hostname or "@" in parts.netloc:
        return False
    behind_host = target.partition("://")[2][len(parts.netloc) :]
    return "[" not in behind_host and "]" not in behind_host


def parse_tags(text: str) -> dict[str, list[str]]:
    """`name:value;name:value;`; what is not of that form is left out."""
    tags: dict[str, list[str]] = {}
    for pair in text.split(";")[:_MOST_TAGS]:
        name, _, value = (part.strip() for part in pair.partition(":"))
        if _TAG.fullmatch(name) and _TAG.fullmatch(value):
            tags.setdefault(name, []).append(value)
    return tags


def format_tags(tags: Mapping[str, list[str]]) -> str:
    return ";".join(f"{name}:{value}" for name, values in tags.items() for value in values)


# -- writing -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkKey:
    number: int
    secret: bytes = field(repr=False)


def write(link: TrackingLink, origin: str, key: LinkKey) -> str:
    """The URL, at an origin such as `https://r.us-east-1.example.net:8443`; plain ASCII without quotes and `&`."""
    signature = f"{_signature(key.secret, link, _host_of(urlsplit(origin).netloc))}={key.number}"
    if link.kind is LinkKind.OPEN:
        return f"{origin}/{_OPEN}/{link.message_id}/{signature}"
    target = quote(link.target, safe=_SAFE).replace("~", "%7E")
    query = f"?t={quote(link.tags, safe=_SAFE)}" if link.tags else ""
    return f"{origin}/{_CLICK}/{target}/{_ORDINAL}/{link.message_id}/{signature}{query}"


def _signature(secret: bytes, link: TrackingLink, host: str) -> str:
    fields = ("tayori tracking 1", link.kind, host, link.message_id, _ORDINAL, link.target, link.tags)
    text = "\0".join(fields).encode("utf-8", "surrogatepass")
    digest = hmac.new(secret, text, hashlib.sha256).digest()[:20]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _host_of(authority: str) -> str:
    """Without the port, which a proxy may have changed."""
    host, colon, port = authority.lower().rpartition(":")
    return (host if colon and (port.isdecimal() or not port) else authority.lower()).removesuffix(".")


# -- reading -------------------------------------------------------------------------------------------------------


def read(path: str, query: str, authority: str, key_of: KeyOf) -> TrackingLink | None:
    """The link that was asked for under a host's name, or None where it is not ours as it stands."""
    *first, last = path.split("/")
    signed = _SIGNATURE.fullmatch(last)
    link = _read(first, query)
    if signed is None or link is None:
        return None
    secret = key_of(int(signed[2]))
    if secret is None or not hmac.compare_digest(signed[1], _signature(secret, link, _host_of(authority))):
        return None
    return link


def key_number_of(path: str) -> int | None:
    """Of the key that the link says it is signed with."""
    signed = _SIGNATURE.fullmatch(path.rpartition("/")[2])
    return int(signed[2]) if signed else None


def _read(segments: list[str], query: str) -> TrackingLink | None:
    match segments:
        case ["", "I0", message_id] if _MESSAGE_ID.fullmatch(message_id):
            return TrackingLink(kind=LinkKind.OPEN, message_id=message_id)
        case ["", "L0", *parts, "1", message_id] if _MESSAGE_ID.fullmatch(message_id):
            # Some proxies decode %2F on the way: the signature still tells whether it is the same target.
            target = unquote("/".join(parts), errors="replace")
            if is_clean(target):
                return TrackingLink(kind=LinkKind.CLICK, message_id=message_id, target=target, tags=_tags_of(query))
    return None


def _tags_of(query: str) -> str:
    """Whatever else mail programs append to a query is passed over."""
    found = (field.partition("=") for field in query.split("&"))
    return next((unquote(value, errors="replace") for name, _, value in found if name == "t"), "")


# -- where links lead to -------------------------------------------------------------------------------------------


class HttpsUse(StrEnum):
    """Which links are HTTPS: the HttpsPolicy of TrackingOptions, and one more for hosts without a certificate."""

    REQUIRE = "REQUIRE"
    REQUIRE_OPEN_ONLY = "REQUIRE_OPEN_ONLY"
    OPTIONAL = "OPTIONAL"
    NEVER = "NEVER"

    def scheme(self, link: TrackingLink) -> str:
        """OPTIONAL is opens over HTTP, clicks as their target (ses: HttpsPolicy)."""
        if self is HttpsUse.NEVER:
            return "http"
        if self is HttpsUse.REQUIRE or (self is HttpsUse.REQUIRE_OPEN_ONLY and link.kind is LinkKind.OPEN):
            return "https"
        return "https" if link.target[:6].lower() == "https:" else "http"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingHosts:
    """How readers reach this installation. `host` "" is the region's own name; ports are those that readers see."""

    host: str = ""
    https: HttpsUse = HttpsUse.NEVER
    http_port: int = 80
    https_port: int = 443

    def origin(self, link: TrackingLink, names: ServiceNames, domain: str | None, policy: str | None) -> str:
        """Of a link in mail whose configuration set has this CustomRedirectDomain and HttpsPolicy."""
        scheme = self._use(domain, policy).scheme(link)
        port = self.https_port if scheme == "https" else self.http_port
        host = domain or self.host or names.tracking_host
        return f"{scheme}://{host}" + ("" if port == {"http": 80, "https": 443}[scheme] else f":{port}")

    def _use(self, domain: str | None, policy: str | None) -> HttpsUse:
        """A domain of the customer's own has the certificate that he says it has; that of ours is the operator's."""
        if domain is None:
            return self.https
        wanted = HttpsUse(policy or HttpsUse.OPTIONAL)
        return HttpsUse.NEVER if wanted is HttpsUse.OPTIONAL and self.https is HttpsUse.NEVER else wanted


THIS_HOST = TrackingHosts()
