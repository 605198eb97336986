"""An OpenID Connect provider by which people sign in to the console: how it is set up, and what it says of itself.

Owns what settings of one may be, what its discovery document must be for it to be used, and which user it may stand
for. Pure: whoever fetches, and whoever verifies signatures, is in `console`. OpenID Connect Core 1.0 and Discovery 1.0,
PKCE (RFC 7636), RFC 9207.
"""

import base64
import hashlib
import ipaddress
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tayori.model.errors import Invalid
from tayori.model.role import OF_ACCOUNTS, Role
from tayori.model.user import user_name

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_LONGEST = 500  # characters of a text in settings, of a subject, of an address
_LONGEST_SUBJECT = 255  # OpenID Connect Core 5.1
_ID = re.compile(r"[\x21-\x7e]{1,500}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """As the operator has set it up. `client_secret` says where it is: `env:NAME` or `file:/path`, or nothing."""

    name: str
    issuer: str
    client_id: str
    client_secret: str
    scopes: tuple[str, ...]
    label: str
    label_ja: str
    allowed_domains: tuple[str, ...]
    link_by_email: bool
    create_users: bool
    role: Role
    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What of a provider's discovery document matters here."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    secret_in_body: bool  # client_secret_post; else client_secret_basic
    names_issuer: bool  # in the answers of its sign-in page (RFC 9207)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who has signed in there. `email` is lower-case, and empty unless the provider has verified it."""

    issuer: str
    subject: str
    email: str
    proposed_name: str
    display_name: str


class Unusable(Exception):
    """The provider said something that nobody can be signed in by; for the log of the service."""


def provider(name: str, table: Mapping[str, Any]) -> Provider:
    """One of the settings' tables. Raises Invalid with a sentence that begins with the key."""
    if not _NAME.fullmatch(name):
        raise Invalid(f"{name[:40]!r} has to be a short name: small letters, digits and hyphens.")
    unknown = set(table) - set(Provider.__dataclass_fields__) | (set(table) & {"name"})
    if unknown:
        raise Invalid(f"{name}.{min(unknown)} does not exist.")
    role = _text(name, table, "role") or Role.VIEWER.value
    if role not in tuple(str(one) for one in OF_ACCOUNTS):
        raise Invalid(f"{name}.role must be one of {', '.join(OF_ACCOUNTS)}.")
    label = _text(name, table, "label") or name
    secret = _text(name, table, "client_secret")
    if secret and not secret.startswith(("env:", "file:")):
        raise Invalid(f"{name}.client_secret says where the secret is: env:NAME (TAYORI_SECRET_NAME) or file:/path.")
    made = Provider(
        name=name,
        issuer=_text(name, table, "issuer"),
        client_id=_text(name, table, "client_id"),
        client_secret=secret,
        scopes=_texts(name, table, "scopes") or ("openid", "profile", "email"),
        label=label,
        label_ja=_text(name, table, "label_ja") or label,
        allowed_domains=tuple(one.lower() for one in _texts(name, table, "allowed_domains")),
        link_by_email=_truth(name, table, "link_by_email"),
        create_users=_truth(name, table, "create_users"),
        role=Role(role),
        account=_text(name, table, "account"),
    )
    if not _is_safe(made.issuer) or "?" in made.issuer or "#" in made.issuer:
        raise Invalid(f"{name}.issuer must be an https:// URL without a query; http:// only on this machine.")
    if not _ID.fullmatch(made.client_id):
        raise Invalid(f"{name}.client_id must be set: what the provider calls this service.")
    if "openid" not in made.scopes:
        raise Invalid(f"{name}.scopes must name openid.")
    return made


def _text(name: str, table: Mapping[str, Any], key: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str) or len(value) > _LONGEST or not value.isprintable():
        raise Invalid(f"{name}.{key} must be a text.")
    return value.strip()


def _texts(name: str, table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) and re.fullmatch(r"[!-~]+", one) for one in value):
        raise Invalid(f"{name}.{key} must be a list of texts.")
    return tuple(value)


def _truth(name: str, table: Mapping[str, Any], key: str) -> bool:
    value = table.get(key, False)
    if not isinstance(value, bool):
        raise Invalid(f"{name}.{key} must be true or false.")
    return value


def _is_safe(url: object) -> bool:
    """Over TLS; without it only on this machine."""
    if not isinstance(url, str) or len(url) > 2000 or not re.fullmatch(r"[!-~]+", url):
        return False
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.username is not None or not host:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_here(host))


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


# -- discovery ---------------------------------------------------------------------------------------------------------


def discovery_url(issuer: str) -> str:
    """Discovery 4.1."""
    return f"{issuer.rstrip('/')}/.well-known/openid-configuration"


def document(body: bytes) -> dict[str, Any]:
    """An answer in JSON. Raises Unusable."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unusable("it answered something that is not JSON, or too much of it") from error
    if not isinstance(found, dict):
        raise Unusable("it answered something that is no JSON object")
    return found


def metadata(said: Mapping[str, Any], issuer: str) -> Metadata:
    """A discovery document, for whom it was asked (Discovery 4.3). Raises Unusable."""
    if said.get("issuer") != issuer:
        raise Unusable("its discovery document is another issuer's")
    urls = {key: said.get(key) for key in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
    for key, url in urls.items():
        # Nobody is led from an issuer that proves itself to a place that does not.
        if not _is_safe(url) or (issuer.startswith("https:") and not str(url).startswith("https:")):
            raise Unusable(f"its {key} is no address to go to")
    methods = said.get("token_endpoint_auth_methods_supported")
    methods = methods if isinstance(methods, list) and methods else ["client_secret_basic"]
    return Metadata(
        **{key: str(url) for key, url in urls.items()},
        secret_in_body="client_secret_basic" not in methods,
        names_issuer=said.get("authorization_response_iss_parameter_supported") is True,
    )


def challenge(verifier: str) -> str:
    """RFC 7636 4.2, S256."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


# -- people ------------------------------------------------------------------------------------------------------------


def person(claims: Mapping[str, Any], client_id: str) -> Person:
    """Who a token is about, whose signature, issuer, audience and times are right. Raises Unusable (Core 3.1.3.7)."""
    audience, party = claims.get("aud"), claims.get("azp")
    if isinstance(audience, list) and len(audience) > 1 and party is None:
        raise Unusable("its token is for several, and does not say for whom")
    if party is not None and party != client_id:
        raise Unusable("its token was given to another")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT or not subject.isprintable():
        raise Unusable("its token does not say who")
    said = claims.get("email")
    is_address = isinstance(said, str) and len(said) <= _LONGEST and re.fullmatch(r"[!-?A-~]+@[!-?A-~]+", said)
    email = str(said).lower() if is_address and claims.get("email_verified") is True else ""
    return Person(
        issuer=str(claims["iss"]),
        subject=subject,
        email=email,
        proposed_name=_proposed(claims.get("preferred_username"), said),
        display_name=_display_name(claims.get("name")),
    )


def is_allowed(one: Person, provider: Provider) -> bool:
    """Whether the provider's people may come at all: those of some domains, where the operator has said which."""
    return not provider.allowed_domains or one.email.rpartition("@")[2] in provider.allowed_domains


def _proposed(*said: object) -> str:
    for one in said:
        try:
            return user_name(one)
        except Invalid:
            continue
    return "user"


def _display_name(said: object) -> str:
    name = " ".join(said.split()) if isinstance(said, str) else ""
    return name[:100] if name.isprintable() else ""
