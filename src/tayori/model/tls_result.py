"""What came of the TLS of one connection, in the terms of RFC 8460: what a report to the receiver's operator counts.

Owns the words and the value. Never decides anything: `delivery` says what happened, whoever counts is told.
RFC 8460 4.3 (result types), 4.4 (policy types).
"""

from dataclasses import dataclass
from enum import StrEnum


class PolicyType(StrEnum):
    """`no-policy-found` of RFC 8460 stands for opportunistic TLS, too."""

    TLSA = "tlsa"
    STS = "sts"
    NONE = "no-policy-found"


class ResultType(StrEnum):
    """Why a session was not secured as the policy asks; RFC 8460 4.3."""

    STARTTLS_NOT_SUPPORTED = "starttls-not-supported"
    CERTIFICATE_HOST_MISMATCH = "certificate-host-mismatch"
    CERTIFICATE_EXPIRED = "certificate-expired"
    CERTIFICATE_NOT_TRUSTED = "certificate-not-trusted"
    VALIDATION_FAILURE = "validation-failure"  # any other trouble, as a handshake that fails
    TLSA_INVALID = "tlsa-invalid"
    DNSSEC_INVALID = "dnssec-invalid"
    DANE_REQUIRED = "dane-required"
    STS_POLICY_FETCH_ERROR = "sts-policy-fetch-error"
    STS_POLICY_INVALID = "sts-policy-invalid"
    STS_WEBPKI_INVALID = "sts-webpki-invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedPolicy:
    """The policy that a session was held against.

    `strings` are the lines of an MTA-STS policy or TLSA records in presentation form, `domain` is the recipients'
    domain or, for TLSA, the TLSA base domain; `mx_patterns` are those of an MTA-STS policy.
    """

    type: PolicyType
    domain: str
    strings: tuple[str, ...] = ()
    mx_patterns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsResult:
    """One session, or what kept one from beginning. `result` is None where the session satisfies the policy.

    `recipient_domain` is where reports are asked for: `_smtp._tls.<recipient_domain>`. `level` is the security that the
    connection had in the end, in the words of `delivery.security.SecurityLevel`, and empty where none came about.
    """

    recipient_domain: str
    policy: ReportedPolicy
    result: ResultType | None = None
    mx_host: str = ""
    mx_helo: str = ""
    receiving_ip: str = ""
    sending_ip: str = ""
    reason: str = ""  # in words, for `failure-reason-code` and `additional-information`
    level: str = ""
    tls: str = ""  # version, where a handshake came to its end
