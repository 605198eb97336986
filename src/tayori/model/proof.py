"""The DNS records that an identity asks for, and what an answer says of each.

Owns the one list of records that the verifier looks for and every guide shows, so that the two cannot differ.
Never asks the DNS. RFC 6376 3.6.2 (keys), RFC 7208 (SPF); SES's rules for MAIL FROM domains: exactly one MX.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from tayori.mail.answer import Answer, AnswerStatus
from tayori.model.identity import ErrorType, Verdict
from tayori.model.key_record import KeyMatch, compare, is_key_record
from tayori.model.names import ServiceNames

_MX_PREFERENCE = 10


class Purpose(StrEnum):
    DKIM = "dkim"
    DKIM_ED25519 = "dkim-ed25519"  # a second key, which nothing depends on
    OWNERSHIP = "ownership"
    MAIL_FROM_MX = "mail-from-mx"
    MAIL_FROM_SPF = "mail-from-spf"
    DMARC = "dmarc"
    TRACKING = "tracking"  # leads links of tracked mail here, under the customer's name


class Hint(StrEnum):
    """A mistake that the records betray."""

    NAME_DOUBLED = "name-doubled"  # the DNS provider put the domain behind a name that had it already
    VALUE_DOUBLED = "value-doubled"  # ... or behind a value, for want of a final dot
    SEVERAL_MX = "several-mx"
    SEVERAL_SPF = "several-spf"
    OTHER_KEY = "other-key"  # a key record, of another key than the one that signs
    REVOKED_KEY = "revoked-key"  # a key record with an empty p=
    SEVERAL_KEYS = "several-keys"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedRecord:
    """One record that should be in the customer's DNS. Values as in Answer."""

    purpose: Purpose
    name: str
    rdtype: str
    value: str
    domain: str  # the domain that it is registered under


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a look at one record came to."""

    expected: ExpectedRecord
    verdict: Verdict
    found: tuple[str, ...] = ()
    error: ErrorType | None = None
    hint: Hint | None = None


def dkim_records(domain: str, tokens: Sequence[str], names: ServiceNames) -> list[ExpectedRecord]:
    return [
        ExpectedRecord(
            purpose=Purpose.DKIM,
            name=f"{token}._domainkey.{domain}",
            rdtype="CNAME",
            value=f"{token}.{names.dkim_zone}",
            domain=domain,
        )
        for token in tokens
    ]


def ed25519_record(domain: str, token: str, names: ServiceNames) -> ExpectedRecord:
    """The pointer to the key that signs beside the others (RFC 8463)."""
    return replace(dkim_records(domain, [token], names)[0], purpose=Purpose.DKIM_ED25519)


def own_key_record(domain: str, selector: str, public_record: str) -> ExpectedRecord:
    """The public key of a key that the customer brought."""
    name = f"{selector}._domainkey.{domain}"
    return ExpectedRecord(purpose=Purpose.DKIM, name=name, rdtype="TXT", value=public_record, domain=domain)


def ownership_record(domain: str, token: str) -> ExpectedRecord:
    """The older proof, of v1 VerifyDomainIdentity."""
    return ExpectedRecord(
        purpose=Purpose.OWNERSHIP, name=f"_amazonses.{domain}", rdtype="TXT", value=token, domain=domain
    )


def mail_from_records(mail_from: str, domain: str, names: ServiceNames) -> list[ExpectedRecord]:
    mx = f"{_MX_PREFERENCE} {names.feedback_host}"
    return [
        ExpectedRecord(purpose=Purpose.MAIL_FROM_MX, name=mail_from, rdtype="MX", value=mx, domain=domain),
        ExpectedRecord(
            purpose=Purpose.MAIL_FROM_SPF, name=mail_from, rdtype="TXT", value=names.spf_record, domain=domain
        ),
    ]


def dmarc_record(domain: str, reports_to: str | None = None) -> ExpectedRecord:
    """The mildest policy there is, for a domain that has none: it asks receivers for nothing but reports."""
    value = "v=DMARC1; p=none" + (f"; rua=mailto:{reports_to}" if reports_to else "")
    return ExpectedRecord(purpose=Purpose.DMARC, name=f"_dmarc.{domain}", rdtype="TXT", value=value, domain=domain)


def tracking_record(host: str, domain: str, names: ServiceNames) -> ExpectedRecord:
    """The pointer of a redirect domain, which is the domain itself or below it."""
    return ExpectedRecord(purpose=Purpose.TRACKING, name=host, rdtype="CNAME", value=names.tracking_host, domain=domain)


def judge(expected: ExpectedRecord, answer: Answer) -> Finding:
    """Compare one answer with the record that is wanted."""
    if not answer.is_definite:
        return Finding(expected=expected, verdict=Verdict.UNKNOWN, error=ErrorType.DNS_SERVER_ERROR)
    if answer.status is not AnswerStatus.FOUND:
        is_host_missing = answer.status is AnswerStatus.NXDOMAIN
        error = ErrorType.HOST_NOT_FOUND if is_host_missing else ErrorType.TYPE_NOT_FOUND
        return Finding(expected=expected, verdict=Verdict.MISSING, error=error)
    relevant = _relevant(expected, answer.values)
    if _matches(expected, relevant):
        return Finding(expected=expected, verdict=Verdict.MATCHED, found=relevant)
    # A name that carries other TXT records is not an invalid value: the record is simply not there.
    error = ErrorType.INVALID_VALUE if relevant else ErrorType.TYPE_NOT_FOUND
    hint = _hint(expected, relevant)
    return Finding(expected=expected, verdict=Verdict.MISSING, found=relevant or answer.values, error=error, hint=hint)


def _relevant(expected: ExpectedRecord, values: tuple[str, ...]) -> tuple[str, ...]:
    if expected.purpose is Purpose.MAIL_FROM_SPF:
        return tuple(value for value in values if re.match(r"v=spf1(?: |$)", value, re.IGNORECASE))
    if expected.purpose is Purpose.DMARC:
        return tuple(value for value in values if re.match(r"v\s*=\s*DMARC1\s*(?:;|$)", value))
    if _is_key(expected):
        return tuple(value for value in values if is_key_record(value))
    return values


def _is_key(expected: ExpectedRecord) -> bool:
    return expected.purpose is Purpose.DKIM and expected.rdtype == "TXT"


def _matches(expected: ExpectedRecord, values: tuple[str, ...]) -> bool:
    match expected.purpose:
        case Purpose.DKIM if expected.rdtype == "TXT":  # two key records leave it to chance (RFC 6376 3.6.2.2)
            return len(values) == 1 and compare(values[0], expected.value) is KeyMatch.SAME
        case Purpose.DKIM | Purpose.DKIM_ED25519 | Purpose.TRACKING:
            return values == (expected.value,)
        case Purpose.OWNERSHIP:  # several accounts may prove the same domain
            return any(value.strip() == expected.value for value in values)
        case Purpose.MAIL_FROM_MX:
            return len(values) == 1 and values[0].partition(" ")[2] == expected.value.partition(" ")[2]
        case Purpose.MAIL_FROM_SPF:  # two records are a permanent error (RFC 7208 4.5)
            return len(values) == 1 and _includes(values[0], expected.value)
        case Purpose.DMARC:  # any policy will do: which one is the owner's decision (RFC 7489 6.6.3: one record)
            return len(values) == 1


def _includes(found: str, expected: str) -> bool:
    """The customer may have more mechanisms; ours must be among them, before `all` (RFC 7208 5.1), and must pass."""
    wanted = next(term for term in expected.lower().split() if term.startswith("include:"))
    for term in found.lower().split():
        bare = term.lstrip("+-~?").removesuffix(".")
        if bare in (wanted, "all"):
            return bare == wanted and term[0] not in "-~?"
    return False


def _hint(expected: ExpectedRecord, values: tuple[str, ...]) -> Hint | None:
    if _is_key(expected) and values:
        return _key_hint(expected, values)
    host = expected.value.partition(" ")[2] if expected.rdtype == "MX" else expected.value
    if any(value.partition(" ")[2] == f"{host}.{expected.domain}" for value in values if expected.rdtype == "MX"):
        return Hint.VALUE_DOUBLED
    if expected.rdtype == "CNAME" and f"{host}.{expected.domain}" in values:
        return Hint.VALUE_DOUBLED
    if expected.purpose is Purpose.MAIL_FROM_MX and len(values) > 1:
        return Hint.SEVERAL_MX
    if expected.purpose is Purpose.MAIL_FROM_SPF and len(values) > 1:
        return Hint.SEVERAL_SPF
    return None


def _key_hint(expected: ExpectedRecord, values: tuple[str, ...]) -> Hint:
    if len(values) > 1:
        return Hint.SEVERAL_KEYS
    return Hint.REVOKED_KEY if compare(values[0], expected.value) is KeyMatch.REVOKED else Hint.OTHER_KEY


def doubled(expected: ExpectedRecord) -> ExpectedRecord:
    """The record where it ends up when a DNS provider appends the domain to a name that has it already."""
    return ExpectedRecord(
        purpose=expected.purpose,
        name=f"{expected.name}.{expected.domain}",
        rdtype=expected.rdtype,
        value=expected.value,
        domain=expected.domain,
    )
