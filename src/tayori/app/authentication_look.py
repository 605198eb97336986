"""How a domain's mail fares with receivers: its DMARC policy, its SPF record, what reports say, and its other policies.

Owns the asking, for the command and for HTTP. What answers mean is in `model.dmarc_advice`, `spf_advice` and
`policy_check`; nothing is changed.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from tayori.app.policy_file import FetchError, PolicyFileFetcher
from tayori.aws.http import HttpResponse
from tayori.mail.answer import Resolver, drive
from tayori.mail.dmarc import DmarcRecord
from tayori.mail.spf_cost import SpfCost
from tayori.model import dmarc_advice, policy_check, spf_advice
from tayori.model.authentication_words import LANGUAGES, sentence
from tayori.model.dmarc_advice import DmarcAdvice, SendingSetup, Sentence
from tayori.model.errors import Invalid
from tayori.model.identity import VerificationStatus
from tayori.model.names import ServiceNames
from tayori.model.policy_check import PolicyFinding
from tayori.model.spf_advice import SpfAdvice
from tayori.resources import dmarc_reports
from tayori.resources.dmarc_reports import DomainSummary
from tayori.resources.identities import Identity
from tayori.store.engine import Store, Tx

DEFAULT_DAYS = 30
MOST_DAYS = dmarc_reports.KEPT // timedelta(days=1)

# A hostile zone may lead a walk through its includes from one silent server to the next.
TIME_LIMIT = 40.0
_AT_ONCE = 4


class NoAnswerInTime(Exception):
    """The DNS took too long over one domain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationLook:
    """`spf` is None where the default MAIL FROM domain is in use, which asks nothing of the customer."""

    setup: SendingSetup
    dmarc: DmarcAdvice
    spf: SpfAdvice | None
    policies: tuple[PolicyFinding, ...]
    reports: DomainSummary


async def look(
    identity: Identity,
    names: ServiceNames,
    resolver: Resolver,
    store: Store,
    days: int = DEFAULT_DAYS,
    *,
    files: PolicyFileFetcher | None = None,
    seconds: float = TIME_LIMIT,
) -> AuthenticationLook:
    """Ask the DNS, the rows and, with `files`, the policy's host, for so many seconds at the most. Raises
    NoAnswerInTime.
    """
    setup = setup_of(identity, names)
    reports = await store.read(_reports, identity, timedelta(days=days))
    advice = dmarc_advice.advise(identity.domain, setup, reports_to=names.dmarc_reports, evidence=reports.evidence)
    try:
        async with asyncio.timeout(seconds):
            dmarc, spf = await asyncio.gather(drive(advice, resolver), _spf(identity, names, resolver))
            policies = await policies_of(identity.domain, dmarc.record, resolver, files)
            policies = tuple(policy_check.proposing(one, names.tls_reports) for one in policies)
    except TimeoutError as error:
        raise NoAnswerInTime from error
    return AuthenticationLook(setup=setup, dmarc=dmarc, spf=spf, policies=policies, reports=reports)


async def policies_of(
    domain: str, dmarc: DmarcRecord | None, resolver: Resolver, files: PolicyFileFetcher | None
) -> tuple[PolicyFinding, ...]:
    """MTA-STS with its policy file and BIMI with its logo where there is a fetcher for them, and TLS-RPT."""
    found = await drive(policy_check.examine(domain, dmarc), resolver)
    if files is None:
        return found
    return tuple(await asyncio.gather(*(_with_what_it_points_to(one, domain, resolver, files) for one in found)))


async def _with_what_it_points_to(
    finding: PolicyFinding, domain: str, resolver: Resolver, files: PolicyFileFetcher
) -> PolicyFinding:
    if finding.awaits_file:
        return await _with_file(finding, domain, resolver, files)
    if not finding.logo:
        return finding
    try:
        return policy_check.with_logo(finding, await files.fetch_logo(finding.logo))
    except FetchError as error:
        return policy_check.without_logo(finding, error.trouble, error.detail)


async def _with_file(
    finding: PolicyFinding, domain: str, resolver: Resolver, files: PolicyFileFetcher
) -> PolicyFinding:
    try:
        content = await files.fetch(domain)
    except FetchError as error:
        return policy_check.without_policy_file(finding, error.trouble, error.detail)
    return policy_check.with_policy_file(finding, content, domain, await resolver.resolve(domain, "MX"))


def _reports(tx: Tx, identity: Identity, age: timedelta) -> DomainSummary:
    """Reports are for whoever has proved that the domain is theirs: any account may name any domain."""
    if not identity.is_verified:
        return dmarc_reports.nothing(identity.domain, tx.now - age)
    return dmarc_reports.summary(tx, identity.domain, age)


def setup_of(identity: Identity, names: ServiceNames) -> SendingSetup:
    """What mail of the identity carries once its records are in place, and whether they are."""
    mail_from = identity.mail_from
    return SendingSetup(
        from_domain=identity.domain,
        dkim_domain=identity.domain if identity.signing_enabled else "",
        mail_from_domain=identity.mail_from_domain or names.mail_from_domain,
        is_signed=identity.dkim.status is VerificationStatus.SUCCESS,
        is_mail_from_verified=mail_from is None or mail_from.status is VerificationStatus.SUCCESS,
    )


async def _spf(identity: Identity, names: ServiceNames, resolver: Resolver) -> SpfAdvice | None:
    if not identity.mail_from_domain:
        return None
    return await drive(spf_advice.advise(identity.mail_from_domain, names.spf_record), resolver)


# -- HTTP --------------------------------------------------------------------------------------------------------------


def days_of(query: Mapping[str, str]) -> int:
    """The `days` of a query. Raises Invalid."""
    days = query.get("days", str(DEFAULT_DAYS))
    if not (days.isascii() and days.isdigit() and 1 <= int(days[:9]) <= MOST_DAYS):
        raise Invalid(f"days must be between 1 and {MOST_DAYS}.")
    return int(days)


class LookAnswers:
    """Answers over HTTP, a few at a time: one look may take a hundred questions to the DNS."""

    def __init__(
        self,
        store: Store,
        resolver: Resolver,
        names: Callable[[str], ServiceNames],
        *,
        files: PolicyFileFetcher | None = None,
        seconds: float = TIME_LIMIT,
    ) -> None:
        self._seconds = seconds
        self._files = files
        self._store = store
        self._resolver = resolver
        self._names = names
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def __call__(self, identity: Identity, query: Mapping[str, str]) -> HttpResponse:
        days = days_of(query)
        try:
            async with self._slots:
                names = self._names(identity.region)
                found = await look(
                    identity,
                    names,
                    self._resolver,
                    self._store,
                    days,
                    files=self._files,
                    seconds=self._seconds,
                )
        except NoAnswerInTime:
            return HttpResponse(status=504, headers=(("retry-after", "60"),))
        body = json.dumps(as_json(found), ensure_ascii=False).encode()
        headers = (("content-type", "application/json"), ("cache-control", "no-store"))
        return HttpResponse(status=200, headers=headers, body=body)


# -- JSON --------------------------------------------------------------------------------------------------------------


def as_json(found: AuthenticationLook) -> dict[str, Any]:
    return {
        "domain": found.setup.from_domain,
        "dmarc": _dmarc_json(found.dmarc),
        "own_mail": {
            "passes": found.dmarc.passes,
            "dkim": {"domain": found.setup.dkim_domain or None, "result": str(found.dmarc.by_dkim)},
            "spf": {"domain": found.setup.mail_from_domain, "result": str(found.dmarc.by_spf)},
        },
        "spf": None if found.spf is None else _spf_json(found.spf),
        "policies": [_policy_json(one) for one in found.policies],
        "reports": dmarc_reports.as_json(found.reports),
    }


def _dmarc_json(advice: DmarcAdvice) -> dict[str, Any]:
    step = advice.step
    return {
        "record": advice.record_text or None,
        "policy_domain": advice.policy_domain or None,
        "organisational_domain": advice.organisational_domain,
        "organisational_domain_rfc9989": advice.walked.organisational_domain,
        "explanation": [_sentence_json(one) for one in advice.explanation],
        "next_step": None
        if step is None
        else {
            "name": step.name,
            "type": "TXT",
            "value": step.value,
            "why": _sentence_json(step.why),
            "where": None if step.where is None else _sentence_json(step.where),
            "readiness": {"key": str(step.readiness), "text": _texts(f"readiness.{step.readiness}")},
        },
    }


def _sentence_json(one: Sentence) -> dict[str, Any]:
    return {"key": one.key, "places": one.places, "text": _texts(one.key, one.places)}


def _texts(key: str, places: Mapping[str, str] | None = None) -> dict[str, str]:
    return {language: sentence(key, language, places) for language in LANGUAGES}


def _spf_json(advice: SpfAdvice) -> dict[str, Any]:
    return {
        "name": advice.domain,
        "before": list(advice.merge.before),
        "after": advice.merge.after,
        "in_place": advice.merge.is_in_place,
        "needs_a_person": advice.merge.is_refused,
        "unreadable_terms": list(advice.merge.unreadable),
        "lookups_before": _cost_json(advice.cost_before),
        "lookups_after": _cost_json(advice.cost_after),
        "notes": _notes_json("spf", [str(note) for note in advice.notes]),
    }


def _cost_json(cost: SpfCost) -> dict[str, Any]:
    return {
        "lookups": cost.terms,
        "void_ipv4": cost.voids,
        "void_ipv6": cost.voids_of_ipv6,
        "exact": cost.is_exact,
        "steps": [asdict(step) for step in cost.steps],
        "broken": list(cost.broken),
        "unanswered": list(cost.unanswered),
    }


def _policy_json(finding: PolicyFinding) -> dict[str, Any]:
    return {
        "kind": str(finding.kind),
        "name": finding.name,
        "verdict": str(finding.verdict),
        "found": list(finding.found),
        "notes": _notes_json("policy-note", finding.notes, finding.places),
        "policy": None if finding.policy is None else asdict(finding.policy),
        "proposed": finding.places.get("record"),
    }


def _notes_json(prefix: str, notes: Sequence[str], places: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    return [{"key": note, "text": _texts(f"{prefix}.{note}", places)} for note in notes]
