"""TXT records with which a domain says how it wants to be treated beside DMARC: MTA-STS (RFC 8461 3.1), TLS-RPT (RFC
8460 3) and BIMI (draft-brand-indicators-for-message-identification).

Owns their grammar. Never fetches what they point to.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class PolicySyntaxError(ValueError):
    """A record that no receiver will heed; the text says why, as a key word of the catalogue."""


class PolicyKind(StrEnum):
    MTA_STS = "mta-sts"
    TLS_RPT = "tls-rpt"
    BIMI = "bimi"


@dataclass(frozen=True, slots=True, kw_only=True)
class MtaStsRecord:
    """`policy_id` changes with the policy, which is at https://mta-sts.<domain>/.well-known/mta-sts.txt."""

    policy_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsReportingRecord:
    rua: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BimiRecord:
    """`location` of the logo and `authority` of its certificate; both empty: the domain declines to have one."""

    location: str = ""
    authority: str = ""

    @property
    def is_declined(self) -> bool:
        return not self.location and not self.authority


PolicyRecord = MtaStsRecord | TlsReportingRecord | BimiRecord

_PLACES = {PolicyKind.MTA_STS: "_mta-sts", PolicyKind.TLS_RPT: "_smtp._tls", PolicyKind.BIMI: "default._bimi"}
_VERSIONS = {PolicyKind.MTA_STS: "STSv1", PolicyKind.TLS_RPT: "TLSRPTv1", PolicyKind.BIMI: "BIMI1"}
_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_REPORT_URI = re.compile(r"(?:mailto:[^\s@,;!]+@[^\s@,;!]+|https://[^\s,;!]+)", re.IGNORECASE)
_LOGO = re.compile(r"https://[^\s;]+", re.IGNORECASE)


def place_of(kind: PolicyKind, domain: str) -> str:
    """The name that the record stands at."""
    return f"{_PLACES[kind]}.{domain}"


def select(kind: PolicyKind, values: Sequence[str]) -> tuple[str, ...]:
    """Those of the TXT values at that name that are records of the kind; others are discarded."""
    begins = re.compile(rf"v[ \t]*=[ \t]*{_VERSIONS[kind]}[ \t]*(?:;|\Z)")
    return tuple(value for value in values if begins.match(value))


def parse(kind: PolicyKind, text: str) -> PolicyRecord:
    """Read a record that `select` selected. Raises PolicySyntaxError."""
    tags = _tags(text)
    match kind:
        case PolicyKind.MTA_STS:
            if not _ID.fullmatch(tags.get("id", "")):
                raise PolicySyntaxError("bad-id")
            return MtaStsRecord(policy_id=tags["id"])
        case PolicyKind.TLS_RPT:
            uris = tuple(uri.strip(" \t") for uri in tags.get("rua", "").split(","))
            if not all(_REPORT_URI.fullmatch(uri) for uri in uris):
                raise PolicySyntaxError("bad-rua")
            return TlsReportingRecord(rua=uris)
        case PolicyKind.BIMI:
            return _bimi(tags)


def _bimi(tags: dict[str, str]) -> BimiRecord:
    if "l" not in tags:
        raise PolicySyntaxError("no-location")
    for name in ("l", "a"):
        if tags.get(name) and not _LOGO.fullmatch(tags[name]):
            raise PolicySyntaxError("bad-location")
    return BimiRecord(location=tags["l"], authority=tags.get("a", ""))


def _tags(text: str) -> dict[str, str]:
    tags: dict[str, str] = {}
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        if equals:
            tags.setdefault(name.strip(" \t").lower(), value.strip(" \t"))
    return tags
