"""What the signatures of DKIM and ARC have in common (RFC 6376 3.2, 3.5, 3.7, 6.1; RFC 8617 4.1.2, 4.1.3).

Owns tag lists, key records and the arithmetic of one signature. What a signature field must have, and what follows
where it fails, is for `dkim_verify` and `arc`. Asks for key records by yielding a Query, so it never waits.
"""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from tayori.mail.address import AddressError, to_ascii_domain
from tayori.mail.answer import Answer, Evaluation, Query
from tayori.mail.canonical import relaxed_body, relaxed_field, simple_body
from tayori.mail.dkim_keys import DkimKeyError, PublicKey, load_public_key
from tayori.mail.fields import Field

MAX_RECORDS = 3  # RFC 6376 6.1.2: with several records a verifier may try some
MIN_RSA_BITS = 1024  # RFC 8301 3.2
FOR_MAIL = frozenset({b"*", b"email"})  # s= of a key record (RFC 6376 3.6.1)
FOR_TLS_REPORTS = FOR_MAIL | {b"tlsrpt"}  # RFC 8460 3 does not insist on its own

_TAG_NAME = re.compile(rb"[A-Za-z][A-Za-z0-9_]*")
_BLANKS = re.compile(rb"[ \t\r\n]+")
_B_VALUE = re.compile(rb"((?:^|;)[ \t\r\n]*b[ \t\r\n]*=)[^;]*")
_SELECTOR = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?)*")
_DIGITS = re.compile(rb"[0-9]{1,76}")
_KINDS = {b"rsa-sha256": "rsa", b"ed25519-sha256": "ed25519"}

Tags = Mapping[bytes, bytes]


class DkimVerdict(StrEnum):
    """RFC 8601 2.7.1, less "none", which is an empty list of results."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"  # body hash or signature is wrong, or the signature has expired
    POLICY = "policy"  # correct or not, RFC 8301 forbids to rely on it: rsa-sha1, keys under 1024 bits
    NEUTRAL = "neutral"  # the field cannot be parsed
    TEMPERROR = "temperror"  # the DNS failed
    PERMERROR = "permerror"  # a required tag or field is missing, no usable key


class Unverified(Exception):
    """Ends the judgement of one signature: what it came to, and why."""

    def __init__(self, verdict: DkimVerdict, reason: str) -> None:
        super().__init__(reason)
        self.verdict = verdict
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Whose key is asked for: `kind` as in k=; `identity_domain` is i='s, and that of d= where there is none.

    `services` are those of s= in the key record that make it fit.
    """

    kind: str
    domain: str
    selector: str
    identity_domain: str
    services: frozenset[bytes] = FOR_MAIL


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A signature over fields and body, read from the tags of its field."""

    signer: Signer
    names: tuple[bytes, ...]  # h=, lower-case
    relaxed_header: bool
    relaxed_body: bool
    length: int | None  # l=, None where the whole body is signed
    signature: bytes
    body_hash: bytes


# Digests of a body by (relaxed, length): a message with several signatures has its body read once for each way.
Digests = dict[tuple[bool, int | None], bytes]


def parse_tags(text: bytes) -> Tags | None:
    """An RFC 6376 3.2 tag-list, values without the white space around them, or None where it is malformed."""
    tags: dict[bytes, bytes] = {}
    pieces = text.split(b";")
    if not pieces[-1].strip(b" \t\r\n"):
        pieces.pop()
    for piece in pieces:
        name, equals, value = piece.partition(b"=")
        name = name.strip(b" \t\r\n")
        if not equals or not _TAG_NAME.fullmatch(name) or name in tags:
            return None
        tags[name] = value.strip(b" \t\r\n")
    return tags


def key_kind(tags: Tags) -> str:
    """The k= that fits a=."""
    algorithm = tags[b"a"]
    if algorithm == b"rsa-sha1":
        raise Unverified(DkimVerdict.POLICY, "rsa-sha1 is no longer valid (RFC 8301)")
    kind = _KINDS.get(algorithm)
    if kind is None:
        raise Unverified(DkimVerdict.PERMERROR, "the signature algorithm is not known")
    return kind


def domain_and_selector(tags: Tags) -> tuple[str, str]:
    """d= and s=, lower-case."""
    selector = tags[b"s"].decode("utf-8", "replace")
    try:
        domain = to_ascii_domain(tags[b"d"].decode("utf-8", "replace"))
    except AddressError:
        raise Unverified(DkimVerdict.NEUTRAL, "the d= tag is no domain name") from None
    if len(selector) + len(domain) > 230 or not _SELECTOR.fullmatch(selector):
        raise Unverified(DkimVerdict.NEUTRAL, "the s= tag is no selector")
    return domain, selector.lower()


def canonicalization(tags: Tags) -> tuple[bool, bool]:
    """Whether header and body are relaxed; the body is simple where c= does not name it (3.5)."""
    header, _, body = tags.get(b"c", b"simple/simple").partition(b"/")
    if header not in (b"simple", b"relaxed") or body not in (b"", b"simple", b"relaxed"):
        raise Unverified(DkimVerdict.PERMERROR, "the canonicalization is not known")
    return header == b"relaxed", body == b"relaxed"


def number(tags: Tags, name: bytes) -> int | None:
    """A tag of digits, None where it is absent."""
    if name not in tags:
        return None
    if not _DIGITS.fullmatch(tags[name]):
        raise Unverified(DkimVerdict.NEUTRAL, f"the {name.decode()}= tag is no number")
    return int(tags[name])


def decode(tags: Tags, name: bytes) -> bytes:
    """A tag of base64, which may be folded anywhere."""
    try:
        return base64.b64decode(compact(tags[name]), validate=True)
    except binascii.Error:
        raise Unverified(DkimVerdict.NEUTRAL, f"the {name.decode()}= tag is no base64") from None


def compact(value: bytes) -> bytes:
    """Without any white space."""
    return _BLANKS.sub(b"", value)


def find_key(signer: Signer) -> Evaluation[tuple[PublicKey, bool]]:
    """The key of the first record that fits, and whether the signer is testing."""
    answer = yield Query(name=f"{signer.selector}._domainkey.{signer.domain}", rdtype="TXT")
    if not answer.is_definite:
        raise Unverified(DkimVerdict.TEMPERROR, "the DNS did not answer the key query")
    if not answer.exists or not answer.values:
        raise Unverified(DkimVerdict.PERMERROR, "there is no key record")
    return _choose_key(signer, answer)


def _choose_key(signer: Signer, answer: Answer) -> tuple[PublicKey, bool]:
    failure = Unverified(DkimVerdict.PERMERROR, "there is no key record")
    for position, value in enumerate(answer.values[:MAX_RECORDS]):
        try:
            return _read_record(signer, value.encode("latin-1", "replace"))
        except Unverified as error:
            failure = error if not position else failure
    raise failure


def _read_record(signer: Signer, record: bytes) -> tuple[PublicKey, bool]:
    """The checks of 6.1.2 on one key record. The g= tag of RFC 4871 is ignored, as any unknown one."""
    tags = parse_tags(record)
    if tags is None or b"p" not in tags:
        raise Unverified(DkimVerdict.PERMERROR, "the key record is malformed")
    if b"v" in tags and (tags[b"v"] != b"DKIM1" or next(iter(tags)) != b"v"):
        raise Unverified(DkimVerdict.PERMERROR, "the key record has another version than DKIM1")
    if b"h" in tags and b"sha256" not in _list(tags[b"h"]):
        raise Unverified(DkimVerdict.PERMERROR, "the key is not for SHA-256")
    if b"s" in tags and not signer.services & set(_list(tags[b"s"])):
        raise Unverified(DkimVerdict.PERMERROR, "the key is not for email")
    if tags.get(b"k", b"rsa").decode("latin-1") != signer.kind:
        raise Unverified(DkimVerdict.PERMERROR, "the key is of another kind than the signature")
    flags = _list(tags.get(b"t", b""))
    if b"s" in flags and signer.identity_domain != signer.domain:
        raise Unverified(DkimVerdict.PERMERROR, "the key does not allow subdomains in i=")
    if not tags[b"p"]:
        raise Unverified(DkimVerdict.PERMERROR, "the key is revoked")
    try:
        key = load_public_key(signer.kind, tags[b"p"])
    except DkimKeyError:
        raise Unverified(DkimVerdict.PERMERROR, "the key cannot be read") from None
    if isinstance(key, RSAPublicKey) and key.key_size < MIN_RSA_BITS:
        raise Unverified(DkimVerdict.POLICY, f"the key has {key.key_size} bits, fewer than {MIN_RSA_BITS}")
    return key, b"y" in flags


def _list(value: bytes) -> list[bytes]:
    return [item.strip(b" \t\r\n") for item in value.split(b":")]


def check_body(signature: Signature, body: bytes, digests: Digests) -> None:
    """3.7: the canonical body, or as much of it as l= says, has the digest of bh=."""
    wanted = (signature.relaxed_body, signature.length)
    digest = digests.get(wanted)
    if digest is None:
        canonical = relaxed_body(body) if signature.relaxed_body else simple_body(body)
        if signature.length is not None:
            if signature.length > len(canonical):
                raise Unverified(DkimVerdict.FAIL, "the body is shorter than its signed length")
            canonical = canonical[: signature.length]
        digest = digests[wanted] = sha256(canonical).digest()
    if digest != signature.body_hash:
        raise Unverified(DkimVerdict.FAIL, "the body hash does not match")


def check_signature(signature: Signature, field: Field, fields: Sequence[Field], key: PublicKey) -> None:
    """3.7: the fields of h=, each name taking the last one not taken yet, then this field with b= empty."""
    stacks: dict[bytes, list[Field]] = {}
    for other in fields:
        if other is not field:
            stacks.setdefault(other.name.lower(), []).append(other)
    chosen = [stacks[name].pop() for name in signature.names if stacks.get(name)]
    bare = without_signature(field)
    if signature.relaxed_header:
        data = b"".join([relaxed_field(one.raw) for one in chosen]) + relaxed_field(bare)[:-2]
    else:
        data = b"".join([one.raw for one in chosen]) + bare
    check_octets(signature.signature, data, key)


def without_signature(field: Field) -> bytes:
    """The field with the value of its b= tag gone, and without the CRLF that ends it (3.7)."""
    name, _, value = field.raw.partition(b":")
    return name + b":" + _B_VALUE.sub(rb"\1", value, count=1).removesuffix(b"\r\n")


def check_octets(signature: bytes, data: bytes, key: PublicKey) -> None:
    """RFC 8301 and RFC 8463: RSA with SHA-256, or Ed25519 over the SHA-256 digest."""
    try:
        if isinstance(key, RSAPublicKey):
            key.verify(signature, data, PKCS1v15(), SHA256())
        else:
            key.verify(signature, sha256(data).digest())
    except InvalidSignature:
        raise Unverified(DkimVerdict.FAIL, "the signature does not match") from None
