"""DKIM verification (RFC 6376 6, RFC 8301, RFC 8463), results as RFC 8601 2.7.1 names them.

Owns the judgement of each DKIM-Signature field of a message. Asks for key records by yielding a Query, so it neither
waits nor talks to the DNS. A message with hundreds of signatures costs what ten cost.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tayori.mail.address import AddressError, to_ascii_domain
from tayori.mail.answer import Evaluation
from tayori.mail.dkim_keys import key_bits
from tayori.mail.fields import Field, FieldsError, find_all, split_message
from tayori.mail.signature import (
    FOR_MAIL,
    Digests,
    DkimVerdict,
    Signature,
    Signer,
    Tags,
    Unverified,
    canonicalization,
    check_body,
    check_signature,
    compact,
    decode,
    domain_and_selector,
    find_key,
    key_kind,
    number,
    parse_tags,
)

__all__ = ["DkimResult", "DkimVerdict", "parse_tags", "verify"]

MAX_SIGNATURES = 10


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


def verify(raw: bytes, now: datetime, services: frozenset[bytes] = FOR_MAIL) -> Evaluation[list[DkimResult]]:
    """The results of the first ten DKIM-Signature fields, in message order; [] where there is none.

    `services` are those that a key may be for (s= of its record). `raw` has CRLF line ends. A message whose header
    cannot be split has no usable signature: [] as well.
    """
    try:
        fields, offset = split_message(raw)
    except FieldsError:
        return []
    body = raw[offset:]
    digests: Digests = {}
    results: list[DkimResult] = []
    for field in find_all(fields, b"dkim-signature")[:MAX_SIGNATURES]:
        result = yield from _judge(field, fields, body, digests, now, services)
        results.append(result)
    return results


def _judge(
    field: Field,
    fields: Sequence[Field],
    body: bytes,
    digests: Digests,
    now: datetime,
    services: frozenset[bytes],
) -> Evaluation[DkimResult]:
    facts: dict[str, object] = {}
    try:
        tags = _read_tags(field, facts)
        signature = _read_signature(tags, facts, services)
        _check_times(tags, now)
        key, testing = yield from find_key(signature.signer)
        facts["key_bits"] = key_bits(key)
        facts["is_testing"] = testing
        check_body(signature, body, digests)
        check_signature(signature, field, fields, key)
    except Unverified as end:
        return DkimResult(verdict=end.verdict, reason=end.reason, **facts)  # type: ignore[arg-type]
    reason = "" if signature.length is None else f"the first {signature.length} octets of the body are signed"
    return DkimResult(verdict=DkimVerdict.PASS, reason=reason, **facts)  # type: ignore[arg-type]


def _read_tags(field: Field, facts: dict[str, object]) -> Tags:
    """The field's tags, with the required ones among them; what is known goes into `facts` even if a check fails."""
    tags = parse_tags(field.raw[field.raw.index(b":") + 1 :])
    if tags is None:
        raise Unverified(DkimVerdict.NEUTRAL, "the signature is not a list of tags")
    missing = [name.decode() for name in (b"v", b"a", b"b", b"bh", b"d", b"h", b"s") if name not in tags]
    facts["signature_start"] = compact(tags.get(b"b", b""))[:8].decode("ascii", "replace")
    facts["algorithm"] = tags.get(b"a", b"").decode("ascii", "replace")
    if missing:
        raise Unverified(DkimVerdict.PERMERROR, f"the signature lacks its {missing[0]}= tag")
    if tags[b"v"] != b"1":
        raise Unverified(DkimVerdict.PERMERROR, "the signature has another version than 1")
    return tags


def _read_signature(tags: Tags, facts: dict[str, object], services: frozenset[bytes]) -> Signature:
    """The tags checked as 6.1.1 asks."""
    domain, selector = domain_and_selector(tags)
    facts.update(domain=domain, selector=selector)
    identity, identity_domain = _identity(tags, domain)
    facts["identity"] = identity
    relaxed_header, relaxed = canonicalization(tags)
    facts["canonicalization"] = f"{_method(relaxed_header)}/{_method(relaxed)}"
    names = tuple([name.strip(b" \t\r\n").lower() for name in tags[b"h"].split(b":")])
    facts["signed_fields"] = tuple([name.decode("ascii", "replace") for name in names])
    if b"from" not in names:
        raise Unverified(DkimVerdict.PERMERROR, "the From field is not signed")
    length = number(tags, b"l")
    facts["body_length"] = length
    methods = [method.strip(b" \t\r\n") for method in tags.get(b"q", b"dns/txt").split(b":")]
    if b"dns/txt" not in methods:
        raise Unverified(DkimVerdict.PERMERROR, "no query method of the signature is known")
    return Signature(
        signer=Signer(
            kind=key_kind(tags),
            domain=domain,
            selector=selector,
            identity_domain=identity_domain,
            services=services,
        ),
        names=names,
        relaxed_header=relaxed_header,
        relaxed_body=relaxed,
        length=length,
        signature=decode(tags, b"b"),
        body_hash=decode(tags, b"bh"),
    )


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
        raise Unverified(DkimVerdict.PERMERROR, "the i= tag is not within the d= domain")
    return identity, identity_domain


def _method(relaxed: bool) -> str:
    return "relaxed" if relaxed else "simple"


def _check_times(tags: Tags, now: datetime) -> None:
    signed, expires = number(tags, b"t"), number(tags, b"x")
    if expires is None:
        return
    if signed is not None and expires <= signed:
        raise Unverified(DkimVerdict.PERMERROR, "the signature expires before it was made")
    if expires < now.timestamp():
        raise Unverified(DkimVerdict.FAIL, "the signature has expired")
