"""What was seen of one record that an identity asks for: the servers' answers, the zone, what stands elsewhere.

Owns the evidence and the names of the mistakes that it can betray, as values. `dns.investigation` gathers it,
`diagnosis` judges it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tayori.mail.answer import Answer, AnswerStatus
from tayori.model.proof import ExpectedRecord


class Mistake(StrEnum):
    """The name of a sentence in the catalogue."""

    IN_PLACE = "in-place"
    MISSING = "missing"
    NAME_DOUBLED = "name-doubled"
    SUBDOMAIN_DROPPED = "subdomain-dropped"
    DOMAINKEY_MISSING = "domainkey-missing"
    UNDERSCORE_REFUSED = "underscore-refused"
    VALUE_DOUBLED = "value-doubled"
    TRAILING_DOT = "trailing-dot"
    FLATTENED = "flattened"
    PROXIED = "proxied"
    TXT_QUOTED = "txt-quoted"
    TXT_ESCAPED = "txt-escaped"
    TXT_SPACED = "txt-spaced"
    TXT_SPLIT = "txt-split"
    CNAME_IN_THE_WAY = "cname-in-the-way"
    CNAME_BESIDE_OTHERS = "cname-beside-others"
    OLD_VALUE_CACHED = "old-value-cached"
    ABSENCE_CACHED = "absence-cached"
    WRONG_ZONE = "wrong-zone"
    IN_PARENT_ZONE = "in-parent-zone"
    ZONE_LAME = "zone-lame"
    SERVER_LAME = "server-lame"
    SERVER_SILENT = "server-silent"
    SERVER_UNREACHABLE = "server-unreachable"
    SERVER_BROKEN = "server-broken"
    SERVERS_DISAGREE = "servers-disagree"
    DELEGATION_DIFFERS = "delegation-differs"
    DNSSEC_BROKEN = "dnssec-broken"
    RESOLVER_FAILED = "resolver-failed"
    DKIM_PARTIAL = "dkim-partial"
    DKIM_SWAPPED = "dkim-swapped"
    SEVERAL_MX = "several-mx"
    SEVERAL_SPF = "several-spf"
    SPF_WITHOUT_US = "spf-without-us"
    STILL_AMAZON = "still-amazon"
    OTHER_KEY = "other-key"
    REVOKED_KEY = "revoked-key"
    SEVERAL_KEYS = "several-keys"
    WRONG_REGION = "wrong-region"
    WRONG_VALUE = "wrong-value"
    SERVER_NOT_ASKED = "server-not-asked"
    NOT_ALL_ASKED = "not-all-asked"
    ONLY_CACHED = "only-cached"


class SeenStatus(StrEnum):
    """What one authoritative server came to for one question."""

    FOUND = "found"
    NODATA = "nodata"
    NXDOMAIN = "nxdomain"
    ALIAS = "alias"  # a CNAME stands where another type was asked for
    LAME = "lame"  # it answers, and is not authoritative for the zone
    SILENT = "silent"
    UNREACHABLE = "unreachable"
    BROKEN = "broken"  # it answers with what cannot be used
    NOT_ASKED = "not-asked"  # the limits of the investigation were reached, or it may or can not be asked from here


_DEFINITE = {
    SeenStatus.FOUND: AnswerStatus.FOUND,
    SeenStatus.NODATA: AnswerStatus.NODATA,
    SeenStatus.NXDOMAIN: AnswerStatus.NXDOMAIN,
    SeenStatus.ALIAS: AnswerStatus.NODATA,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One server's answer. `alias` is the target of a CNAME in the way, `reason` says why an answer is unusable."""

    status: SeenStatus
    values: tuple[str, ...] = ()
    ttl: int = 0
    alias: str = ""
    reason: str = ""

    @property
    def is_definite(self) -> bool:
        return self.status in _DEFINITE

    def answer_to(self, expected: ExpectedRecord) -> Answer:
        status = _DEFINITE.get(self.status, AnswerStatus.SERVER_FAILURE)
        return Answer(name=expected.name, rdtype=expected.rdtype, status=status, values=self.values, ttl=self.ttl)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    name: str
    address: str

    def __str__(self) -> str:
        return f"{self.name} [{self.address}]" if self.address else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerView:
    server: Server
    seen: Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneFacts:
    """A zone as its parent delegates it and as its own servers tell it; `servers` with their answer to SOA."""

    origin: str
    parent: str = ""
    delegated: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    servers: tuple[ServerView, ...] = ()

    @property
    def is_lame(self) -> bool:
        """No server of it answers for it, and none was left out."""
        spoilt = {SeenStatus.NOT_ASKED, *_DEFINITE}
        return bool(self.servers) and not any(view.seen.status in spoilt for view in self.servers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """The wanted value, found at another name: `mistake` tells how it came there."""

    mistake: Mistake
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that was seen of one record.

    `zone` holds the name, `domain_zone` the domain itself; `beside` is what one authoritative server has at the name
    by type; `unvalidated` is the resolver's answer without DNSSEC validation, asked for where it fails with it;
    `in_parent` says that the servers of the zone above hold the record.
    """

    expected: ExpectedRecord
    answer: Answer
    zone: ZoneFacts | None = None
    domain_zone: str = ""
    servers: tuple[ServerView, ...] = ()
    beside: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    elsewhere: tuple[Elsewhere, ...] = ()
    unvalidated: Answer | None = None
    in_parent: bool = False
