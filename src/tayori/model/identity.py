"""Identities: what a customer sends as, and how the proof that it is his goes on in time.

Owns the statuses, their transitions as tables, and the schedule of checks. Never asks the DNS
(`loops.verifier` does) and never looks at records (`proof` does). Timing as on SES (ses: creating-identities,
mail-from): DNS is searched for 72 hours, then the search has failed and must be started again; what was found
is looked at again and again, and is lost when it was missing for 72 hours. A DNS that does not answer proves
nothing, so it never takes away what was found.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from tayori.mail.address import AddressError, AddrSpec, to_ascii_domain
from tayori.model.errors import Invalid

SEARCH_WINDOW = timedelta(hours=72)
LINK_LIFETIME = timedelta(hours=24)
MAX_IDENTITIES = 10_000  # of an account in one region (ses: quotas)
TOKENS = 3


class IdentityKind(StrEnum):
    EMAIL_ADDRESS = "EMAIL_ADDRESS"
    DOMAIN = "DOMAIN"


class VerificationStatus(StrEnum):
    """Of an identity, of its DKIM records and of its MAIL FROM domain."""

    PENDING = "PENDING"
    SUCCESS = "SUCCESS"
    FAILED = "FAILED"
    TEMPORARY_FAILURE = "TEMPORARY_FAILURE"
    NOT_STARTED = "NOT_STARTED"


class ErrorType(StrEnum):
    """Why a check did not find what it looked for (VerificationInfo.ErrorType)."""

    SERVICE_ERROR = "SERVICE_ERROR"  # our own trouble
    DNS_SERVER_ERROR = "DNS_SERVER_ERROR"  # no answer, or an error, from the DNS
    HOST_NOT_FOUND = "HOST_NOT_FOUND"
    TYPE_NOT_FOUND = "TYPE_NOT_FOUND"
    INVALID_VALUE = "INVALID_VALUE"
    # The identity follows one in another region, and there is no such identity to follow.
    REPLICATION_ACCESS_DENIED = "REPLICATION_ACCESS_DENIED"
    REPLICATION_PRIMARY_NOT_FOUND = "REPLICATION_PRIMARY_NOT_FOUND"
    REPLICATION_PRIMARY_BYO_DKIM_NOT_SUPPORTED = "REPLICATION_PRIMARY_BYO_DKIM_NOT_SUPPORTED"
    REPLICATION_REPLICA_AS_PRIMARY_NOT_SUPPORTED = "REPLICATION_REPLICA_AS_PRIMARY_NOT_SUPPORTED"
    REPLICATION_PRIMARY_INVALID_REGION = "REPLICATION_PRIMARY_INVALID_REGION"


class MxFailureBehavior(StrEnum):
    """What to do with a message while the MX of the custom MAIL FROM domain is not in place."""

    USE_DEFAULT_VALUE = "USE_DEFAULT_VALUE"
    REJECT_MESSAGE = "REJECT_MESSAGE"


class KeyLength(StrEnum):
    RSA_1024_BIT = "RSA_1024_BIT"
    RSA_2048_BIT = "RSA_2048_BIT"

    @property
    def bits(self) -> int:
        return 1024 if self is KeyLength.RSA_1024_BIT else 2048


class DkimOrigin(StrEnum):
    """Where the keys come from. Beside these there is AWS_SES_<REGION>, see `model.dkim_setup`."""

    AWS_SES = "AWS_SES"  # Easy DKIM: the service makes and changes them
    EXTERNAL = "EXTERNAL"  # the customer brought his own


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityName:
    """An identity's name in the form in which it is kept: domains lower-case in A-labels, local parts as
    given.
    """

    kind: IdentityKind
    text: str

    @classmethod
    def parse(cls, text: str) -> "IdentityName":
        """Raises Invalid with the reason."""
        try:
            if "@" in text:
                return cls(kind=IdentityKind.EMAIL_ADDRESS, text=str(AddrSpec.parse(text)))
            domain = to_ascii_domain(text)
        except AddressError as error:
            raise Invalid(str(error)) from error
        if "." not in domain:
            raise Invalid(f"Domain {text} is invalid.")
        return cls(kind=IdentityKind.DOMAIN, text=domain)

    @property
    def domain(self) -> str:
        return self.text.rpartition("@")[2]


# --- how a proof goes on in time ---


class Verdict(StrEnum):
    """What one look at the DNS came to, for one proof."""

    MATCHED = "matched"
    MISSING = "missing"  # the DNS answered, and what is wanted is not there
    UNKNOWN = "unknown"  # the DNS did not answer


def all_of(verdicts: Iterable[Verdict]) -> Verdict:
    """Every record is wanted: one that is certainly missing decides."""
    found = set(verdicts)
    if Verdict.MISSING in found or not found:
        return Verdict.MISSING
    return Verdict.UNKNOWN if Verdict.UNKNOWN in found else Verdict.MATCHED


def any_of(verdicts: Iterable[Verdict]) -> Verdict:
    """One record is enough: only when all are certainly missing is the proof."""
    found = set(verdicts)
    if Verdict.MATCHED in found:
        return Verdict.MATCHED
    return Verdict.UNKNOWN if Verdict.UNKNOWN in found else Verdict.MISSING


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One proof: its status, and since when the search goes on or what was found is missing."""

    status: VerificationStatus
    since: datetime | None = None

    @property
    def is_searching(self) -> bool:
        return self.status is VerificationStatus.PENDING

    @property
    def is_in_trouble(self) -> bool:
        """Found once; missing now, or nobody can tell."""
        return self.status is _TEMPORARY or (self.status is _SUCCESS and self.since is not None)

    @property
    def holds(self) -> bool:
        """Of an identity and of its DKIM records: they count until they are known to be gone."""
        return self.status in HOLDING


_PENDING, _SUCCESS, _FAILED, _TEMPORARY = (
    VerificationStatus.PENDING,
    VerificationStatus.SUCCESS,
    VerificationStatus.FAILED,
    VerificationStatus.TEMPORARY_FAILURE,
)

# An identity in one of these can be used, and signs as far as its DKIM status is one of them too.
HOLDING = frozenset({_SUCCESS, _TEMPORARY})

# (status, verdict) → (next status within the 72 hours, next status once they are over). NOT_STARTED and
# FAILED stay whatever is found: only the customer starts a search.
_SEARCH = {
    (_PENDING, Verdict.MATCHED): (_SUCCESS, _SUCCESS),
    (_PENDING, Verdict.MISSING): (_PENDING, _FAILED),
    (_PENDING, Verdict.UNKNOWN): (_PENDING, _FAILED),
    (_SUCCESS, Verdict.MATCHED): (_SUCCESS, _SUCCESS),
    (_SUCCESS, Verdict.UNKNOWN): (_SUCCESS, _SUCCESS),
}
# The identity itself and its DKIM records keep working while they are missing, until they are revoked, and while the
# DNS does not answer, which is what a temporary failure means here (SES: "a temporary issue is preventing Amazon SES
# from determining the verification status").
OWNERSHIP_TRANSITIONS = {
    **_SEARCH,
    (_SUCCESS, Verdict.MISSING): (_SUCCESS, _FAILED),
    (_SUCCESS, Verdict.UNKNOWN): (_TEMPORARY, _TEMPORARY),
    (_TEMPORARY, Verdict.MATCHED): (_SUCCESS, _SUCCESS),
    (_TEMPORARY, Verdict.MISSING): (_SUCCESS, _FAILED),
    (_TEMPORARY, Verdict.UNKNOWN): (_TEMPORARY, _TEMPORARY),
}
DKIM_TRANSITIONS = OWNERSHIP_TRANSITIONS
# A MAIL FROM domain without its MX would lose bounces, so it is out of use at once.
MAIL_FROM_TRANSITIONS = {
    **_SEARCH,
    (_SUCCESS, Verdict.MISSING): (_TEMPORARY, _FAILED),
    (_TEMPORARY, Verdict.MATCHED): (_SUCCESS, _SUCCESS),
    (_TEMPORARY, Verdict.MISSING): (_TEMPORARY, _FAILED),
    (_TEMPORARY, Verdict.UNKNOWN): (_TEMPORARY, _TEMPORARY),
}
Transitions: TypeAlias = Mapping[tuple[VerificationStatus, Verdict], tuple[VerificationStatus, VerificationStatus]]


def advance(track: Track, verdict: Verdict, transitions: Transitions, now: datetime) -> Track:
    """The proof after one more look."""
    step = transitions.get((track.status, verdict))
    if step is None:
        return track
    since = track.since
    if verdict is Verdict.MISSING and since is None:
        since = now  # the 72 hours begin at the first look that finds it gone, however long ago the last one was
    is_over = since is not None and now - since >= SEARCH_WINDOW
    status = step[1] if is_over else step[0]
    keeps_time = verdict is not Verdict.MATCHED and status is not _FAILED
    return Track(status=status, since=since if keeps_time else None)


# --- when to look again ---

_SEARCH_DELAYS = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 5, 10, 10, 15, 15, 30, 30, 60, 60, 120, 300, 300, 600, 600, 1200, 1800)
)
_LONG_SEARCH_DELAY = timedelta(hours=1)
_TROUBLE_DELAY = timedelta(minutes=30)
_SETTLED_DELAY = timedelta(hours=6)


def next_check(tracks: Iterable[Track], checks: int, spread: float) -> timedelta | None:
    """How long to wait after `checks` looks since something last changed; None when there is nothing to look for.

    Often while somebody sits before the screen, hourly later, a few times a day once all is in place.
    `spread` in [0, 1) keeps a million identities from being due at the same moment.
    """
    known = list(tracks)
    if any(track.is_searching for track in known):
        return _SEARCH_DELAYS[checks] if checks < len(_SEARCH_DELAYS) else _spread(_LONG_SEARCH_DELAY, spread)
    if any(track.is_in_trouble for track in known):
        return _spread(_TROUBLE_DELAY, spread)
    if any(track.status is _SUCCESS for track in known):
        return _spread(_SETTLED_DELAY, spread)
    return None


def _spread(delay: timedelta, spread: float) -> timedelta:
    return delay * (1 + spread / 10)
