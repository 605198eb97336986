"""DMARC: does the author's domain stand behind this message, and what does it ask for if not? RFC 7489.

Owns records, organisational domains (by the list inside the package `publicsuffixlist`), alignment
and the resulting policy. Never asks the DNS itself: look-ups are yielded. Never sends reports.

Followed is RFC 7489: its list of public suffixes and its pct=. The tags of its successor, RFC 9989 (np=, psd=, t=), are
read, and `dmarc_walk` finds what the successor's tree walk finds, so that a domain owner is told where the two differ.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

from publicsuffixlist import PublicSuffixList

from tayori.mail.answer import Evaluation, Query


class DmarcVerdict(StrEnum):
    """RFC 7489 11.2: the results registered for Authentication-Results."""

    NONE = "none"
    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


class DmarcPolicy(StrEnum):
    """What the domain owner asks receivers to do with mail that fails, mildest first."""

    NONE = "none"
    QUARANTINE = "quarantine"
    REJECT = "reject"


class Alignment(StrEnum):
    RELAXED = "r"
    STRICT = "s"


class SuffixDomain(StrEnum):
    """psd= of RFC 9989: whether the domain is a public suffix."""

    YES = "y"
    NO = "n"  # it is an organisational domain
    UNKNOWN = "u"


class DmarcSyntaxError(ValueError):
    """The text is not a DMARC record that anything can be done with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DmarcRecord:
    """A published policy (RFC 7489 6.3). `rua` and `ruf` hold the URIs as written."""

    policy: DmarcPolicy
    subdomain_policy: DmarcPolicy
    dkim_alignment: Alignment = Alignment.RELAXED
    spf_alignment: Alignment = Alignment.RELAXED
    percent: int = 100
    rua: tuple[str, ...] = ()
    ruf: tuple[str, ...] = ()
    # RFC 9989 4.7, read for the owner's sake and not followed:
    nonexistent_policy: DmarcPolicy | None = None  # np=, None where it is absent
    suffix_domain: SuffixDomain = SuffixDomain.UNKNOWN
    is_testing: bool = False  # t=y: what pct=0 was


@dataclass(frozen=True, slots=True, kw_only=True)
class DmarcRequest:
    """What is known of a message: the From domain and the domains that SPF and DKIM passed for.

    `spf_domain` is empty unless SPF passed. `sample`, 0 to 99, places the message in the pct= roll-out.
    """

    from_domain: str
    spf_domain: str = ""
    dkim_domains: tuple[str, ...] = ()
    sample: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DmarcResult:
    """`policy` is what the owner publishes for the domain; `disposition` what that means for this message."""

    verdict: DmarcVerdict
    from_domain: str
    policy_domain: str = ""
    record: DmarcRecord | None = field(default=None)
    spf_aligned: bool = False
    dkim_aligned: bool = False
    policy: DmarcPolicy = DmarcPolicy.NONE
    disposition: DmarcPolicy = DmarcPolicy.NONE
    problem: str = ""


_VERSION = re.compile(r"v[ \t]*=[ \t]*DMARC1[ \t]*(?:;|\Z)")
_MILDER = {
    DmarcPolicy.REJECT: DmarcPolicy.QUARANTINE,
    DmarcPolicy.QUARANTINE: DmarcPolicy.NONE,
    DmarcPolicy.NONE: DmarcPolicy.NONE,
}


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def organisational_domain(domain: str) -> str:
    """The public suffix and the label before it (RFC 7489 3.2); a public suffix is its own."""
    name = domain.removesuffix(".").lower()
    return _suffixes().privatesuffix(name) or name


def is_aligned(identifier: str, from_domain: str, alignment: Alignment) -> bool:
    """Whether an authenticated domain counts for the From domain (RFC 7489 3.1)."""
    left, right = (name.removesuffix(".").lower() for name in (identifier, from_domain))
    if left == right:
        return bool(left)
    return alignment is Alignment.RELAXED and organisational_domain(left) == organisational_domain(right)


def is_dmarc_record(text: str) -> bool:
    """Whether a TXT record at `_dmarc` is one: others are discarded, not errors (RFC 7489 6.6.3)."""
    return _VERSION.match(text) is not None


def is_readable(text: str) -> bool:
    """Whether a receiver can do anything with the record."""
    try:
        parse_record(text)
    except DmarcSyntaxError:
        return False
    return True


def parse_record(text: str) -> DmarcRecord:
    """Read a record; tags that are unknown or malformed count as absent (RFC 7489 6.3)."""
    if not is_dmarc_record(text):
        raise DmarcSyntaxError("a DMARC record begins with v=DMARC1")
    tags = _tags(text)
    rua = _uris(tags.get("rua", ""))
    policy = _policy(tags.get("p"))
    subdomain_policy = _policy(tags["sp"]) if "sp" in tags else policy
    if policy is None or subdomain_policy is None:
        # RFC 7489 6.6.3: a record without a valid policy still asks for reports, or is no record at all.
        if not rua:
            raise DmarcSyntaxError("the record has no valid p= tag")
        policy = subdomain_policy = DmarcPolicy.NONE
    return DmarcRecord(
        policy=policy,
        subdomain_policy=subdomain_policy,
        dkim_alignment=_alignment(tags.get("adkim", "")),
        spf_alignment=_alignment(tags.get("aspf", "")),
        percent=_percent(tags.get("pct", "")),
        rua=rua,
        ruf=_uris(tags.get("ruf", "")),
        nonexistent_policy=_policy(tags.get("np")),
        suffix_domain=_suffix_domain(tags.get("psd", "")),
        is_testing=tags.get("t", "").lower() == "y",
    )


def _suffix_domain(value: str) -> SuffixDomain:
    return SuffixDomain(value.lower()) if value.lower() in list(SuffixDomain) else SuffixDomain.UNKNOWN


def _tags(text: str) -> Mapping[str, str]:
    tags: dict[str, str] = {}
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        if equals:
            tags.setdefault(name.strip(" \t").lower(), value.strip(" \t"))
    return tags


def _policy(value: str | None) -> DmarcPolicy | None:
    text = (value or "").lower()
    return DmarcPolicy(text) if text in list(DmarcPolicy) else None


def _alignment(value: str) -> Alignment:
    return Alignment.STRICT if value.lower() == "s" else Alignment.RELAXED


def _percent(value: str) -> int:
    return int(value) if re.fullmatch(r"[0-9]{1,3}", value) and int(value) <= 100 else 100


def _uris(value: str) -> tuple[str, ...]:
    uris = (uri.strip(" \t") for uri in value.split(","))
    return tuple(uri for uri in uris if re.match(r"[A-Za-z][A-Za-z0-9+.\-]*:", uri))


def evaluate(request: DmarcRequest) -> Evaluation[DmarcResult]:
    """Find the policy of the From domain and hold the message against it (RFC 7489 6.6.2)."""
    domain = request.from_domain.removesuffix(".").lower()
    found = yield from discover(domain)
    if isinstance(found, DmarcResult):
        return found
    policy_domain, record = found
    spf = bool(request.spf_domain) and is_aligned(request.spf_domain, domain, record.spf_alignment)
    dkim = any(is_aligned(name, domain, record.dkim_alignment) for name in request.dkim_domains)
    policy = record.policy if policy_domain == domain else record.subdomain_policy
    passed = spf or dkim
    return DmarcResult(
        verdict=DmarcVerdict.PASS if passed else DmarcVerdict.FAIL,
        from_domain=domain,
        policy_domain=policy_domain,
        record=record,
        spf_aligned=spf,
        dkim_aligned=dkim,
        policy=policy,
        disposition=DmarcPolicy.NONE if passed else _sampled(policy, record.percent, request.sample),
    )


def _sampled(policy: DmarcPolicy, percent: int, sample: int) -> DmarcPolicy:
    """Outside the owner's percentage the next milder policy applies (RFC 7489 6.6.4)."""
    return policy if sample < percent else _MILDER[policy]


def discover(domain: str) -> Evaluation[tuple[str, DmarcRecord] | DmarcResult]:
    """The record that governs `domain` and where it stands, or the result that its absence comes to."""
    for name in dict.fromkeys((domain, organisational_domain(domain))):
        answer = yield Query(name=f"_dmarc.{name}", rdtype="TXT")
        if not answer.is_definite:
            problem = f"TXT of {answer.name}: the DNS gave no answer"
            return DmarcResult(verdict=DmarcVerdict.TEMPERROR, from_domain=domain, problem=problem)
        records = [text for text in answer.values if is_dmarc_record(text)]
        if len(records) > 1:
            problem = f"{answer.name} holds {len(records)} DMARC records"
            return DmarcResult(verdict=DmarcVerdict.PERMERROR, from_domain=domain, problem=problem)
        if records:
            return _parsed(domain, name, records[0])
    problem = f"{domain} publishes no DMARC record"
    return DmarcResult(verdict=DmarcVerdict.NONE, from_domain=domain, problem=problem)


def _parsed(domain: str, name: str, text: str) -> tuple[str, DmarcRecord] | DmarcResult:
    try:
        return name, parse_record(text)
    except DmarcSyntaxError as error:
        problem = f"_dmarc.{name}: {error}"
        return DmarcResult(verdict=DmarcVerdict.PERMERROR, from_domain=domain, problem=problem)
