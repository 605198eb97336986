"""Which findings there are, and how much each matters."""

from dataclasses import replace

import pytest

from tayori.mail.dmarc import DmarcPolicy, DmarcRecord
from tayori.model.policy_check import PolicyVerdict
from tayori.model.recommendation import DomainFacts, Found, Impact, RecommendationType, of_domain, of_rates
from tayori.model.reputation import Appraisal, Level

REJECT = DmarcRecord(policy=DmarcPolicy.REJECT, subdomain_policy=DmarcPolicy.REJECT)
WELL = DomainFacts(
    is_signed=True, has_short_key=False, mail_from_ok=True, spf_ok=True, dmarc=REJECT, bimi=PolicyVerdict.OK
)


def test_a_domain_in_order_gets_no_advice() -> None:
    assert of_domain(WELL) == set()
    assert of_domain(replace(WELL, dmarc=replace(REJECT, policy=DmarcPolicy.QUARANTINE))) == set()


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (replace(WELL, is_signed=False), "DKIM1 HIGH"),
        (replace(WELL, is_signed=False, has_short_key=True), "DKIM1 HIGH"),
        (replace(WELL, has_short_key=True), "DKIM2 LOW"),
        (replace(WELL, mail_from_ok=None), "SPF1 LOW"),
        (replace(WELL, mail_from_ok=False), "SPF2 HIGH"),
        (replace(WELL, spf_ok=False), "SPF2 HIGH"),
        (replace(WELL, dmarc=None), "DMARC1 HIGH"),
        (replace(WELL, dmarc=replace(REJECT, policy=DmarcPolicy.NONE)), "DMARC2 LOW"),
        (replace(WELL, dmarc=replace(REJECT, is_testing=True)), "DMARC2 LOW"),
        (replace(WELL, bimi=PolicyVerdict.ABSENT), "BIMI1 LOW"),
        (replace(WELL, bimi=PolicyVerdict.BROKEN), "BIMI2 LOW"),
    ],
)
def test_one_finding_each(facts: DomainFacts, expected: str) -> None:
    (found,) = of_domain(facts)
    assert f"{found.description} {found.impact}" == expected
    assert found.description.startswith(found.type)


@pytest.mark.parametrize(("level", "impact"), [(Level.REVIEW, Impact.LOW), (Level.PAUSE, Impact.HIGH)])
def test_rates_that_are_too_high(level: Level, impact: Impact) -> None:
    assert of_rates(Appraisal()) == set()
    assert of_rates(Appraisal(bounce_level=level)) == {Found("BOUNCE1", RecommendationType.BOUNCE, impact)}
    assert of_rates(Appraisal(complaint_level=level)) == {Found("COMPLAINT1", RecommendationType.COMPLAINT, impact)}
