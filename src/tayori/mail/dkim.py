"""DKIM signing (RFC 6376 5, RFC 8463): the form SES gives its signatures.

Owns what is signed and how the signature field looks. Signing is cut in two, since an RSA signature costs ten times
everything else: `prepare` canonicalises and hashes, `Unsigned.signature` is the one expensive step and may run in a
thread, `Unsigned.complete` writes the field. Several keys share the body hash and the canonical fields.
Verification is `tayori.mail.dkim_verify`.
"""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from tayori.mail.canonical import relaxed_body, relaxed_field, simple_body
from tayori.mail.dkim_keys import DkimKeyError, KeyOrigin, PrivateKey, key_bits, load_private_key, public_record
from tayori.mail.fields import Field

__all__ = [
    "SIGNED_FIELDS",
    "Canonicalization",
    "DkimKeyError",
    "KeyOrigin",
    "PrivateKey",
    "SigningError",
    "SigningKey",
    "Unsigned",
    "key_bits",
    "load_private_key",
    "prepare",
    "public_record",
    "sign",
]

# RFC 6376 5.4.1, the MIME fields that decide how the body is shown, and what mailbox providers act on. Trace fields
# and those that the next hop writes (Return-Path, Received, Authentication-Results, X-SES-Outgoing) are left out.
SIGNED_FIELDS = frozenset(
    name.encode("ascii")
    for name in (
        *("from", "sender", "reply-to", "subject", "date", "message-id", "to", "cc", "in-reply-to", "references"),
        *("resent-date", "resent-from", "resent-to", "resent-cc", "mime-version", "content-type"),
        *("content-transfer-encoding", "content-id", "content-description", "content-disposition"),
        *("list-id", "list-help", "list-unsubscribe", "list-unsubscribe-post", "list-subscribe", "list-post"),
        *("list-owner", "list-archive", "auto-submitted", "feedback-id"),
    )
)

_COLUMNS = 76
_PADDING = PKCS1v15()
_DIGEST = SHA256()


class Canonicalization(StrEnum):
    """The c= values that we sign with. SES uses the first, which is also the cheaper one."""

    RELAXED_SIMPLE = "relaxed/simple"
    RELAXED_RELAXED = "relaxed/relaxed"


class SigningError(ValueError):
    """The message cannot be signed. `str()` says why."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """Who signs: d= domain and s= selector, both as A-labels, and the loaded private key."""

    domain: str
    selector: str
    key: PrivateKey


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A signature field that lacks its signature. `head` ends in "b="; `to_sign` is what the signature is over."""

    head: bytes
    to_sign: bytes
    key: PrivateKey

    def signature(self) -> bytes:
        """The expensive step; releases the GIL while it computes. Ed25519 signs the digest (RFC 8463 3)."""
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(self.to_sign, _PADDING, _DIGEST)
        return self.key.sign(sha256(self.to_sign).digest())

    def complete(self, signature: bytes) -> bytes:
        """The whole DKIM-Signature field, ready to stand before the fields it signs."""
        text = base64.b64encode(signature)
        first = _COLUMNS - len("\tb=")
        lines = [text[:first], *(text[at : at + _COLUMNS - 1] for at in range(first, len(text), _COLUMNS - 1))]
        return self.head + b"\r\n\t".join(lines) + b"\r\n"


def sign(
    fields: Sequence[Field],
    body: bytes,
    keys: Iterable[SigningKey],
    now: datetime,
    canonicalization: Canonicalization = Canonicalization.RELAXED_SIMPLE,
) -> bytes:
    """The DKIM-Signature fields to prepend, in the order of `keys`. Raises SigningError, as `prepare` does."""
    unsigned = prepare(fields, body, keys, now, canonicalization)
    return b"".join([one.complete(one.signature()) for one in unsigned])


def prepare(
    fields: Sequence[Field],
    body: bytes,
    keys: Iterable[SigningKey],
    now: datetime,
    canonicalization: Canonicalization = Canonicalization.RELAXED_SIMPLE,
    names: frozenset[bytes] = SIGNED_FIELDS,
) -> list[Unsigned]:
    """Everything but the signatures. `fields` and `body` are the message as it will be sent, CRLF line ends.

    Signs each field whose lower-case name is in `names`. Raises SigningError where there is no From field.
    """
    signed = [field for field in fields if field.name.lower() in names]
    if not any(field.name.lower() == b"from" for field in signed):
        raise SigningError("The message has no From field to sign")
    canonical = b"".join([relaxed_field(field.raw) for field in _as_verifiers_read(signed)])
    simple = canonicalization is Canonicalization.RELAXED_SIMPLE
    digest = sha256(simple_body(body) if simple else relaxed_body(body)).digest()
    tail = _folded_names(signed) + ";\r\n\tbh=" + base64.b64encode(digest).decode("ascii") + ";\r\n\tb="
    stamp = int(now.timestamp())
    return [_unsigned(key, stamp, canonicalization, tail, canonical) for key in keys]


def _unsigned(key: SigningKey, stamp: int, canonicalization: Canonicalization, tail: str, canonical: bytes) -> Unsigned:
    algorithm = "rsa-sha256" if isinstance(key.key, RSAPrivateKey) else "ed25519-sha256"
    first = f"DKIM-Signature: v=1; a={algorithm}; q=dns/txt; c={canonicalization};"
    second = _folded_tags((f"s={key.selector}", f"d={key.domain}", f"t={stamp}"))
    head = f"{first}\r\n\t{second};\r\n\t{tail}".encode("ascii")
    return Unsigned(head, canonical + relaxed_field(head)[:-2], key.key)


def _as_verifiers_read(signed: list[Field]) -> list[Field]:
    """The fields in h= order as 5.4.2 has them taken: of equal names, the last in the message comes first."""
    stacks: dict[bytes, list[Field]] = {}
    for field in signed:
        stacks.setdefault(field.name.lower(), []).append(field)
    if len(stacks) == len(signed):
        return signed
    return [stacks[field.name.lower()].pop() for field in signed]


def _folded_tags(tags: Sequence[str]) -> str:
    lines = [tags[0]]
    for tag in tags[1:]:
        if len(lines[-1]) + 2 + len(tag) < _COLUMNS:
            lines[-1] += "; " + tag
        else:
            lines.append(tag)
    return ";\r\n\t".join(lines)


def _folded_names(signed: list[Field]) -> str:
    """The h= tag: names in message order with their own case, folded after colons."""
    lines = ["h="]
    for position, field in enumerate(signed):
        name = field.name.decode("ascii") + (":" if position < len(signed) - 1 else "")
        if len(lines[-1]) + len(name) < _COLUMNS:
            lines[-1] += name
        else:
            lines.append(name)
    return "\r\n\t".join(lines)
