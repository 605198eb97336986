"""DKIM verification (RFC 6376 6, RFC 8301, RFC 8463), results as RFC 8601 2.7.1 names them.

Owns the judgement of each DKIM-Signature field of a message. Asks for key records by yielding a Query, so it neither
waits nor talks to the DNS. A message with hundreds of signatures costs what ten cost.
"""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from tayori.mail.address import AddressError, to_ascii_domain
from tayori.mail.answer import Answer, Evaluation, Query
from tayori.mail.canonical import relaxed_body, relaxed_field, simple_body
from tayori.mail.dkim_keys import DkimKeyError, PublicKey, key_bits, load_public_key
from tayori.mail.fields import Field, FieldsError, find_all, split_message

MAX_SIGNATURES = 10
MAX_RECORDS = 3  # RFC 6376 6.1.2: with several records a verifier may try some
MIN_RSA_BITS = 1024  # RFC 8301 3.2

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


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimResult:
    """What one DKIM-Signature came to. `domain` and `selector` are "" where the field does not tell them."""

    verdict: DkimVerdict
    reason: str = ""
    domain: str = ""
    selector: str = ""
    identity: str = ""  # i=, or "@" and the domain
    algorithm: str = ""
    key_bits: int = 0
    canonicalization: str = ""
    signature_start: str = ""  # first octets of b=, the header.b of RFC 6008
    signed_fields: tuple[str, ...] = ()  # h=, lower-case
    body_length: int | None = None  # l=, None where the whole body is signed
    is_testing: bool = False  # the key record says t=y

    @property
    def passed(self) -> bool:
        return self.verdict is DkimVerdict.PASS


class _Verdict(Exception):
    """Ends the judgement of one signature; never leaves this module."""

    def __init__(self, verdict: DkimVerdict, reason: str) -> None:
        self.verdict = verdict
        self.reason = reason


def verify(raw: bytes, now: datetime) -> Evaluation[list[DkimResult]]:
    """The results of the first ten DKIM-Signature fields, in message order; [] where there is none.

    `raw` has CRLF line ends. A message whose header cannot be split has no usable signature: [] as well.
    """
    try:
        fields, offset = split_message(raw)
    except FieldsError:
        return []
    body = raw[offset:]
    digests: dict[tuple[bool, int | None], bytes] = {}
    results: list[DkimResult] = []
    for field in find_all(fields, b"dkim-signature")[:MAX_SIGNATURES]:
        result = yield from _judge(field, fields, body, digests, now)
        results.append(result)
    return results


def _judge(
    field: Field,
    fields: Sequence[Field],
    body: bytes,
    digests: dict[tuple[bool, int | None], bytes],
    now: datetime,
) -> Evaluation[DkimResult]:
    facts: dict[str, object] = {}
    try:
        signature = _read_signature(field, facts)
        _check_times(signature.tags, now)
        key, testing = yield from _find_key(signature)
        facts["key_bits"] = key_bits(key)
        facts["is_testing"] = testing
        _check_body(signature, body, digests)
        _check_signature(signature, field, fields, key)
    except _Verdict as end:
        return DkimResult(verdict=end.verdict, reason=end.reason, **facts)  # type: ignore[arg-type]
    reason = "" if signature.length is None else f"the first {signature.length} octets of the body are signed"
    return DkimResult(verdict=DkimVerdict.PASS, reason=reason, **facts)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signature:
    tags: Tags
    kind: str
    domain: str
    selector: str
    identity_domain: str
    names: tuple[bytes, ...]
    relaxed_header: bool
    relaxed_body: bool
    length: int | None
    signature: bytes
    body_hash: bytes


def _read_signature(field: Field, facts: dict[str, object]) -> _Signature:
    """The field's tags checked as 6.1.1 asks; what is known goes into `facts` even if a later check fails."""
    tags = parse_tags(field.raw[field.raw.index(b":") + 1 :])
    if tags is None:
        raise _Verdict(DkimVerdict.NEUTRAL, "the signature is not a list of tags")
    missing = [name.decode() for name in (b"v", b"a", b"b", b"bh", b"d", b"h", b"s") if name not in tags]
    facts["signature_start"] = _compact(tags.get(b"b", b""))[:8].decode("ascii", "replace")
    facts["algorithm"] = tags.get(b"a", b"").decode("ascii", "replace")
    if missing:
        raise _Verdict(DkimVerdict.PERMERROR, f"the signature lacks its {missing[0]}= tag")
    if tags[b"v"] != b"1":
        raise _Verdict(DkimVerdict.PERMERROR, "the signature has another version than 1")
    domain, selector = _domain_and_selector(tags)
    facts.update(domain=domain, selector=selector)
    identity, identity_domain = _identity(tags, domain)
    facts["identity"] = identity
    relaxed_header, relaxed = _canonicalization(tags)
    facts["canonicalization"] = f"{_method(relaxed_header)}/{_method(relaxed)}"
    names = tuple([name.strip(b" \t\r\n").lower() for name in tags[b"h"].split(b":")])
    facts["signed_fields"] = tuple([name.decode("ascii", "replace") for name in names])
    if b"from" not in names:
        raise _Verdict(DkimVerdict.PERMERROR, "the From field is not signed")
    length = _number(tags, b"l")
    facts["body_length"] = length
    methods = [method.strip(b" \t\r\n") for method in tags.get(b"q", b"dns/txt").split(b":")]
    if b"dns/txt" not in methods:
        raise _Verdict(DkimVerdict.PERMERROR, "no query method of the signature is known")
    return _Signature(
        tags=tags, kind=_kind(tags), domain=domain, selector=selector, identity_domain=identity_domain, names=names,
        relaxed_header=relaxed_header, relaxed_body=relaxed, length=length,
        signature=_decode(tags, b"b"), body_hash=_decode(tags, b"bh"),
    )  # fmt: skip


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


def _kind(tags: Tags) -> str:
    algorithm = tags[b"a"]
    if algorithm == b"rsa-sha1":
        raise _Verdict(DkimVerdict.POLICY, "rsa-sha1 is no longer valid (RFC 8301)")
    kind = _KINDS.get(algorithm)
    if kind is None:
        raise _Verdict(DkimVerdict.PERMERROR, "the signature algorithm is not known")
    return kind


def _domain_and_selector(tags: Tags) -> tuple[str, str]:
    selector = tags[b"s"].decode("utf-8", "replace")
    try:
        domain = to_ascii_domain(tags[b"d"].decode("utf-8", "replace"))
    except AddressError:
        raise _Verdict(DkimVerdict.NEUTRAL, "the d= tag is no domain name") from None
    if len(selector) + len(domain) > 230 or not _SELECTOR.fullmatch(selector):
        raise _Verdict(DkimVerdict.NEUTRAL, "the s= tag is no selector")
    return domain, selector.lower()


def _identity(tags: Tags, domain: str) -> tuple[str, str]:
    """i= as written and its domain, which must be d= or below it (6.1.1)."""
    if b"i" not in tags:
        return "@" + domain, domain
    identity = tags[b"i"].decode("utf-8", "replace")
    try:
        identity_domain = to_ascii_domain(identity.rpartition("@")[2])
    except AddressError:
        identity_domain = ""
    if "@" not in identity or (identity_domain != domain and not identity_domain.endswith("." + domain)):
        raise _Verdict(DkimVerdict.PERMERROR, "the i= tag is not within the d= domain")
    return identity, identity_domain


def _canonicalization(tags: Tags) -> tuple[bool, bool]:
    """Whether header and body are relaxed; the body is simple where c= does not name it (3.5)."""
    header, _, body = tags.get(b"c", b"simple/simple").partition(b"/")
    if header not in (b"simple", b"relaxed") or body not in (b"", b"simple", b"relaxed"):
        raise _Verdict(DkimVerdict.PERMERROR, "the canonicalization is not known")
    return header == b"relaxed", body == b"relaxed"


def _method(relaxed: bool) -> str:
    return "relaxed" if relaxed else "simple"


def _number(tags: Tags, name: bytes) -> int | None:
    if name not in tags:
        return None
    if not _DIGITS.fullmatch(tags[name]):
        raise _Verdict(DkimVerdict.NEUTRAL, f"the {name.decode()}= tag is no number")
    return int(tags[name])


def _decode(tags: Tags, name: bytes) -> bytes:
    try:
        return base64.b64decode(_compact(tags[name]), validate=True)
    except binascii.Error:
        raise _Verdict(DkimVerdict.NEUTRAL, f"the {name.decode()}= tag is no base64") from None


def _compact(value: bytes) -> bytes:
    return _BLANKS.sub(b"", value)


def _check_times(tags: Tags, now: datetime) -> None:
    signed, expires = _number(tags, b"t"), _number(tags, b"x")
    if expires is None:
        return
    if signed is not None and expires <= signed:
        raise _Verdict(DkimVerdict.PERMERROR, "the signature expires before it was made")
    if expires < now.timestamp():
        raise _Verdict(DkimVerdict.FAIL, "the signature has expired")


def _find_key(signature: _Signature) -> Evaluation[tuple[PublicKey, bool]]:
    """The key of the first record that fits, and whether the signer is testing."""
    answer = yield Query(name=f"{signature.selector}._domainkey.{signature.domain}", rdtype="TXT")
    if not answer.is_definite:
        raise _Verdict(DkimVerdict.TEMPERROR, "the DNS did not answer the key query")
    if not answer.exists or not answer.values:
        raise _Verdict(DkimVerdict.PERMERROR, "there is no key record")
    return _choose_key(signature, answer)


def _choose_key(signature: _Signature, answer: Answer) -> tuple[PublicKey, bool]:
    failure = _Verdict(DkimVerdict.PERMERROR, "there is no key record")
    for position, value in enumerate(answer.values[:MAX_RECORDS]):
        try:
            return _read_record(signature, value.encode("latin-1", "replace"))
        except _Verdict as error:
            failure = error if not position else failure
    raise failure


def _read_record(signature: _Signature, record: bytes) -> tuple[PublicKey, bool]:
    """The checks of 6.1.2 on one key record. The g= tag of RFC 4871 is ignored, as any unknown one."""
    tags = parse_tags(record)
    if tags is None or b"p" not in tags:
        raise _Verdict(DkimVerdict.PERMERROR, "the key record is malformed")
    if b"v" in tags and (tags[b"v"] != b"DKIM1" or next(iter(tags)) != b"v"):
        raise _Verdict(DkimVerdict.PERMERROR, "the key record has another version than DKIM1")
    if b"h" in tags and b"sha256" not in _list(tags[b"h"]):
        raise _Verdict(DkimVerdict.PERMERROR, "the key is not for SHA-256")
    if b"s" in tags and not {b"*", b"email"} & set(_list(tags[b"s"])):
        raise _Verdict(DkimVerdict.PERMERROR, "the key is not for email")
    if tags.get(b"k", b"rsa").decode("latin-1") != signature.kind:
        raise _Verdict(DkimVerdict.PERMERROR, "the key is of another kind than the signature")
    flags = _list(tags.get(b"t", b""))
    if b"s" in flags and signature.identity_domain != signature.domain:
        raise _Verdict(DkimVerdict.PERMERROR, "the key does not allow subdomains in i=")
    if not tags[b"p"]:
        raise _Verdict(DkimVerdict.PERMERROR, "the key is revoked")
    try:
        key = load_public_key(signature.kind, tags[b"p"])
    except DkimKeyError:
        raise _Verdict(DkimVerdict.PERMERROR, "the key cannot be read") from None
    if isinstance(key, RSAPublicKey) and key.key_size < MIN_RSA_BITS:
        raise _Verdict(DkimVerdict.POLICY, f"the key has {key.key_size} bits, fewer than {MIN_RSA_BITS}")
    return key, b"y" in flags


def _list(value: bytes) -> list[bytes]:
    return [item.strip(b" \t\r\n") for item in value.split(b":")]


def _check_body(signature: _Signature, body: bytes, digests: dict[tuple[bool, int | None], bytes]) -> None:
    wanted = (signature.relaxed_body, signature.length)
    digest = digests.get(wanted)
    if digest is None:
        canonical = relaxed_body(body) if signature.relaxed_body else simple_body(body)
        if signature.length is not None:
            if signature.length > len(canonical):
                raise _Verdict(DkimVerdict.FAIL, "the body is shorter than its signed length")
            canonical = canonical[: signature.length]
        digest = digests[wanted] = sha256(canonical).digest()
    if digest != signature.body_hash:
        raise _Verdict(DkimVerdict.FAIL, "the body hash does not match")


def _check_signature(signature: _Signature, field: Field, fields: Sequence[Field], key: PublicKey) -> None:
    """3.7: the fields of h=, each name taking the last one not taken yet, then this field with b= empty."""
    stacks: dict[bytes, list[Field]] = {}
    for other in fields:
        if other is not field:
            stacks.setdefault(other.name.lower(), []).append(other)
    chosen = [stacks[name].pop() for name in signature.names if stacks.get(name)]
    name, _, value = field.raw.partition(b":")
    bare = name + b":" + _B_VALUE.sub(rb"\1", value, count=1).removesuffix(b"\r\n")
    if signature.relaxed_header:
        data = b"".join([relaxed_field(one.raw) for one in chosen]) + relaxed_field(bare)[:-2]
    else:
        data = b"".join([one.raw for one in chosen]) + bare
    try:
        if isinstance(key, RSAPublicKey):
            key.verify(signature.signature, data, PKCS1v15(), SHA256())
        else:
            key.verify(signature.signature, sha256(data).digest())
    except InvalidSignature:
        raise _Verdict(DkimVerdict.FAIL, "the signature does not match") from None
