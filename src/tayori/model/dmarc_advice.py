"""What a domain's DMARC policy says, whether our mail passes it, and which step comes next.

Owns the explanation and the ladder from p=none to p=reject. Followed is RFC 7489: organisational domains are those
of the Public Suffix List, and pct= lets a policy grow; where RFC 9989 comes to something else, that is said. Pure:
texts are keys of `authentication_words`, questions are yielded.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from tayori.mail.answer import Evaluation, Query
from tayori.mail.dmarc import (
    Alignment,
    DmarcPolicy,
    DmarcRecord,
    DmarcResult,
    discover,
    is_aligned,
    is_dmarc_record,
    organisational_domain,
)
from tayori.mail.dmarc_walk import Walked, walk
from tayori.model.proof import dmarc_record

# The share of mail that a policy is asked to hold for, step by step.
PERCENTAGES: Final = (10, 25, 50, 100)
ENOUGH_DAYS: Final = 14  # of reports before a stricter policy: monthly mailings aside, every sender has been seen
ENOUGH_ALIGNED: Final = 0.98  # forwarded mail never passes altogether

_MOST_DESTINATIONS: Final = 10  # that are looked at: receivers heed but a few (RFC 7489 6.2)

_MAILTO = re.compile(r"mailto:([^!?]+)(?:![0-9]+[kmgt]?)?(?:\?.*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A text of the catalogue and what stands in its places."""

    key: str
    places: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingSetup:
    """How mail from a domain leaves here: the d= of its signature and the MAIL FROM domain, "" where there is none.

    `is_signed` and `is_mail_from_verified` say whether the records that it takes are in place.
    """

    from_domain: str
    dkim_domain: str
    mail_from_domain: str
    is_signed: bool = True
    is_mail_from_verified: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What aggregate reports of the last weeks tell of the domain's mail, from all senders."""

    days: int = 0
    messages: int = 0
    aligned: int = 0

    @property
    def share(self) -> float:
        return self.aligned / self.messages if self.messages else 0.0


class Passing(StrEnum):
    """Whether one method lets our mail pass DMARC."""

    PASSES = "passes"
    NOT_ALIGNED = "not-aligned"
    STRICT = "strict"  # it would, were the alignment relaxed
    NOT_READY = "not-ready"  # it will, once its records are in place
    NOT_USED = "not-used"


class Readiness(StrEnum):
    READY = "ready"
    NO_REPORTS = "no-reports"  # nobody knows yet what else sends for the domain
    TOO_FEW_DAYS = "too-few-days"
    NOT_ALIGNED = "not-aligned"  # reports show mail that would be lost
    OURS_FAILS = "ours-fails"  # our own mail would be lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The next change: the record set that it is made at, the value to register, and why. None where all is done.

    `where` is for a record above the domain: it is that one which is changed, and none is added to it.
    """

    name: str
    value: str
    why: Sentence
    readiness: Readiness
    where: Sentence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DmarcAdvice:
    domain: str
    organisational_domain: str
    policy_domain: str  # where the record that holds was found, "" where none holds
    record_text: str
    record: DmarcRecord | None
    explanation: tuple[Sentence, ...]
    by_dkim: Passing
    by_spf: Passing
    step: Step | None
    walked: Walked
    problem: str = ""

    @property
    def passes(self) -> bool:
        return Passing.PASSES in (self.by_dkim, self.by_spf)


def advise(
    domain: str, setup: SendingSetup, *, reports_to: str | None = None, evidence: Evidence | None = None
) -> Evaluation[DmarcAdvice]:
    """Look at the policy that holds for `domain`. `reports_to` is where we take aggregate reports, if we do."""
    found = yield from discover(domain)
    walked = yield from walk(domain)
    if isinstance(found, DmarcResult):
        record, policy_domain, text = None, "", ""
    else:
        policy_domain, record = found
        answer = yield Query(name=f"_dmarc.{policy_domain}", rdtype="TXT")
        text = next((value for value in answer.values if is_dmarc_record(value)), "")
    by_dkim, by_spf = passing(setup, record)
    explanation = _problem(found) if isinstance(found, DmarcResult) else explain(domain, found[0], found[1])
    explanation += _differences(record, policy_domain, walked)
    if record is not None:
        explanation += yield from _unauthorised(policy_domain, record.rua)
    readiness = _readiness(by_dkim, by_spf, evidence)
    return DmarcAdvice(
        domain=domain,
        organisational_domain=organisational_domain(domain),
        policy_domain=policy_domain,
        record_text=text,
        record=record,
        explanation=explanation,
        by_dkim=by_dkim,
        by_spf=by_spf,
        step=_first_step(found, reports_to)
        if isinstance(found, DmarcResult)
        else _step_above(domain, policy_domain, next_step(policy_domain, text, found[1], reports_to, readiness)),
        walked=walked,
        problem=found.problem if isinstance(found, DmarcResult) else "",
    )


# -- what it says ------------------------------------------------------------------------------------------------------


def _problem(result: DmarcResult) -> tuple[Sentence, ...]:
    return (Sentence(key=f"dmarc.found.{result.verdict}", places={"domain": result.from_domain}),)


def explain(domain: str, policy_domain: str, record: DmarcRecord) -> tuple[Sentence, ...]:
    """The record in sentences, in the order in which an owner wants to know."""
    is_inherited = domain != policy_domain
    policy = record.subdomain_policy if is_inherited else record.policy
    places = {"domain": domain, "above": policy_domain}
    found = [Sentence(key="dmarc.inherited", places=places)] if is_inherited else []
    found.append(Sentence(key=f"dmarc.policy.{policy}", places={"domain": domain}))
    if not is_inherited and record.subdomain_policy is not record.policy:
        found.append(Sentence(key=f"dmarc.subdomains.{record.subdomain_policy}"))
    if record.nonexistent_policy not in (None, record.subdomain_policy):
        found.append(Sentence(key=f"dmarc.nonexistent.{record.nonexistent_policy}"))
    if record.percent < 100:
        found.append(Sentence(key="dmarc.percent", places={"percent": str(record.percent)}))
    if record.is_testing:
        found.append(Sentence(key="dmarc.testing"))
    found.append(Sentence(key=f"dmarc.dkim-alignment.{record.dkim_alignment}"))
    found.append(Sentence(key=f"dmarc.spf-alignment.{record.spf_alignment}"))
    found.append(_reports("dmarc.rua", record.rua) if record.rua else Sentence(key="dmarc.no-rua"))
    if record.ruf:
        found.append(_reports("dmarc.ruf", record.ruf))
    return tuple(found)


def _reports(key: str, uris: Sequence[str]) -> Sentence:
    return Sentence(key=key, places={"addresses": ", ".join(uris)})


def _differences(record: DmarcRecord | None, policy_domain: str, walked: Walked) -> tuple[Sentence, ...]:
    """Where a receiver that follows RFC 9989 comes to something else than one that follows RFC 7489."""
    found = []
    if walked.policy_domain != policy_domain and not walked.unanswered:
        places = {"old": policy_domain or "-", "new": walked.policy_domain or "-"}
        found.append(Sentence(key="dmarc.walk-differs", places=places))
    if record is not None and record.percent < 100 and not record.is_testing:
        found.append(Sentence(key="dmarc.percent-gone", places={"percent": str(record.percent)}))
    return tuple(found)


def _unauthorised(policy_domain: str, uris: Sequence[str]) -> Evaluation[tuple[Sentence, ...]]:
    """RFC 7489 7.1: a foreign destination must say that it takes the domain's reports, or nobody sends them there."""
    found = []
    for destination in list(dict.fromkeys(filter(None, map(destination_of, uris))))[:_MOST_DESTINATIONS]:
        if organisational_domain(destination) == organisational_domain(policy_domain):
            continue
        answer = yield Query(name=authorisation_name(policy_domain, destination), rdtype="TXT")
        if answer.is_definite and not any(map(is_dmarc_record, answer.values)):
            found.append(Sentence(key="dmarc.not-authorised", places={"destination": destination, "name": answer.name}))
    return tuple(found)


def destination_of(uri: str) -> str:
    """The domain of a mailto: URI, "" where it is none. A size limit may follow it (RFC 7489 6.2)."""
    match = _MAILTO.fullmatch(uri)
    return match[1].rpartition("@")[2].removesuffix(".").lower() if match else ""


def authorisation_name(domain: str, destination: str) -> str:
    """Where the receiver of reports says that it takes those of `domain` (RFC 7489 7.1)."""
    return f"{domain}._report._dmarc.{destination}"


# -- whether our mail passes -------------------------------------------------------------------------------------------


def passing(setup: SendingSetup, record: DmarcRecord | None) -> tuple[Passing, Passing]:
    """By DKIM, and by SPF. Without a record the relaxed default holds, which any first record has."""
    dkim = record.dkim_alignment if record else Alignment.RELAXED
    spf = record.spf_alignment if record else Alignment.RELAXED
    return (
        _passing(setup.dkim_domain, setup.from_domain, dkim, is_ready=setup.is_signed),
        _passing(setup.mail_from_domain, setup.from_domain, spf, is_ready=setup.is_mail_from_verified),
    )


def _passing(identifier: str, from_domain: str, alignment: Alignment, *, is_ready: bool) -> Passing:
    if not identifier:
        return Passing.NOT_USED
    if is_aligned(identifier, from_domain, alignment):
        return Passing.PASSES if is_ready else Passing.NOT_READY
    return Passing.STRICT if is_aligned(identifier, from_domain, Alignment.RELAXED) else Passing.NOT_ALIGNED


def _readiness(by_dkim: Passing, by_spf: Passing, evidence: Evidence | None) -> Readiness:
    if Passing.PASSES not in (by_dkim, by_spf):
        return Readiness.OURS_FAILS
    if evidence is None or not evidence.messages:
        return Readiness.NO_REPORTS
    if evidence.share < ENOUGH_ALIGNED:
        return Readiness.NOT_ALIGNED
    return Readiness.READY if evidence.days >= ENOUGH_DAYS else Readiness.TOO_FEW_DAYS


# -- the next step -----------------------------------------------------------------------------------------------------


def _first_step(found: DmarcResult, reports_to: str | None) -> Step | None:
    """A policy for a domain that has none, or none that can be read; nothing while the DNS does not answer."""
    if found.verdict == "temperror":
        return None
    why = Sentence(key="dmarc.step.begin" if found.verdict == "none" else "dmarc.step.repair")
    name = f"_dmarc.{found.from_domain}"
    return Step(name=name, value=dmarc_record(found.from_domain, reports_to).value, why=why, readiness=Readiness.READY)


def next_step(
    policy_domain: str, text: str, record: DmarcRecord, reports_to: str | None, readiness: Readiness
) -> Step | None:
    """One rung up the ladder: reports first, then quarantine for a growing share, then reject. Other tags stay."""
    name = f"_dmarc.{policy_domain}"
    if not record.rua and reports_to:
        value = with_tags(text, rua=f"mailto:{reports_to}")
        return Step(name=name, value=value, why=Sentence(key="dmarc.step.reports"), readiness=Readiness.READY)
    if record.is_testing and record.policy is not DmarcPolicy.NONE:
        value = with_tags(text, t=None)
        return Step(name=name, value=value, why=Sentence(key="dmarc.step.end-test"), readiness=readiness)
    policy, percent = _next_rung(record)
    if (policy, percent) == (record.policy, record.percent):
        return None
    value = with_tags(text, p=policy, pct=str(percent) if percent < 100 else None)
    why = Sentence(key=f"dmarc.step.{policy}", places={"percent": str(percent)})
    return Step(name=name, value=value, why=why, readiness=readiness)


def _step_above(domain: str, policy_domain: str, step: Step | None) -> Step | None:
    """A record that is inherited is changed where it stands. One of the domain's own would end the inheritance."""
    if step is None or domain == policy_domain:
        return step
    return replace(step, where=Sentence(key="dmarc.step.above", places={"domain": domain, "above": policy_domain}))


def _next_rung(record: DmarcRecord) -> tuple[DmarcPolicy, int]:
    if record.policy is DmarcPolicy.NONE:
        return DmarcPolicy.QUARANTINE, PERCENTAGES[0]
    higher = next((percent for percent in PERCENTAGES if percent > record.percent), None)
    if higher is not None:
        return record.policy, higher
    return DmarcPolicy.REJECT, 100


def with_tags(text: str, **tags: str | None) -> str:
    """The record with these tags set, or gone where they are None; what is not named keeps its words and its place."""
    left = dict(tags)
    parts = []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name = part.partition("=")[0].strip().lower()
        if name not in tags:
            parts.append(part)
        elif (value := left.pop(name, None)) is not None:
            parts.append(f"{name}={value}")
    position = 1
    for name, value in left.items():
        if value is None:
            continue
        # RFC 7489 6.4: p= comes second; the others anywhere behind it.
        parts.insert(position if name == "p" else len(parts), f"{name}={value}")
    return "; ".join(parts)
