"""What the Virtual Deliverability Manager recommends for a domain's mail, and for what bounces or is complained of.

Owns which finding is which of SES's types, how much it matters, and the number that tells two of a type apart. Pure.
SES names the types and not the numbers behind them, so that these are our own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from tayori.mail.dmarc import DmarcPolicy, DmarcRecord
from tayori.model.policy_check import PolicyVerdict
from tayori.model.reputation import Appraisal, Level, Measure


class RecommendationType(StrEnum):
    DKIM = "DKIM"
    DMARC = "DMARC"
    SPF = "SPF"
    BIMI = "BIMI"
    COMPLAINT = "COMPLAINT"
    BOUNCE = "BOUNCE"


class Impact(StrEnum):
    LOW = "LOW"
    HIGH = "HIGH"


class RecommendationStatus(StrEnum):
    OPEN = "OPEN"
    FIXED = "FIXED"


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """Something that is not as it should be."""

    description: str
    type: RecommendationType
    impact: Impact


_DKIM_OFF = Found("DKIM1", RecommendationType.DKIM, Impact.HIGH)
_DKIM_SHORT = Found("DKIM2", RecommendationType.DKIM, Impact.LOW)
_SPF_NOT_OURS = Found("SPF1", RecommendationType.SPF, Impact.LOW)
_SPF_FAULTY = Found("SPF2", RecommendationType.SPF, Impact.HIGH)
_DMARC_MISSING = Found("DMARC1", RecommendationType.DMARC, Impact.HIGH)
_DMARC_WATCHES = Found("DMARC2", RecommendationType.DMARC, Impact.LOW)
_BIMI_MISSING = Found("BIMI1", RecommendationType.BIMI, Impact.LOW)
_BIMI_FAULTY = Found("BIMI2", RecommendationType.BIMI, Impact.LOW)
_RATES = {
    (Measure.BOUNCE, Level.REVIEW): Found("BOUNCE1", RecommendationType.BOUNCE, Impact.LOW),
    (Measure.BOUNCE, Level.PAUSE): Found("BOUNCE1", RecommendationType.BOUNCE, Impact.HIGH),
    (Measure.COMPLAINT, Level.REVIEW): Found("COMPLAINT1", RecommendationType.COMPLAINT, Impact.LOW),
    (Measure.COMPLAINT, Level.PAUSE): Found("COMPLAINT1", RecommendationType.COMPLAINT, Impact.HIGH),
}
OF_DOMAINS = frozenset(
    {RecommendationType.DKIM, RecommendationType.SPF, RecommendationType.DMARC, RecommendationType.BIMI}
)
OF_RATES = frozenset({RecommendationType.BOUNCE, RecommendationType.COMPLAINT})


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainFacts:
    """What is known of a domain that sends. `mail_from_ok` is None where the service's own MAIL FROM domain is in use,
    `dmarc` None where no policy holds.
    """

    is_signed: bool
    has_short_key: bool
    mail_from_ok: bool | None
    spf_ok: bool
    dmarc: DmarcRecord | None
    bimi: PolicyVerdict


def of_domain(facts: DomainFacts) -> set[Found]:
    return set(_of_domain(facts))


def _of_domain(facts: DomainFacts) -> Iterator[Found]:
    if not facts.is_signed:
        yield _DKIM_OFF
    elif facts.has_short_key:
        yield _DKIM_SHORT
    if facts.mail_from_ok is None:
        yield _SPF_NOT_OURS
    elif not (facts.mail_from_ok and facts.spf_ok):
        yield _SPF_FAULTY
    if facts.dmarc is None:
        yield _DMARC_MISSING
    elif facts.dmarc.policy is DmarcPolicy.NONE or facts.dmarc.is_testing:
        yield _DMARC_WATCHES
    if facts.bimi is PolicyVerdict.ABSENT:
        yield _BIMI_MISSING
    elif facts.bimi is PolicyVerdict.BROKEN:
        yield _BIMI_FAULTY


def of_rates(appraisal: Appraisal) -> set[Found]:
    """For an identity or a configuration set whose rates are too high."""
    return {_RATES[key] for measure in Measure if (key := (measure, appraisal.level_of(measure))) in _RATES}
