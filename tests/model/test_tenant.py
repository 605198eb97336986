"""What becomes of a tenant: by its policy, its status and its rates; which list suppresses for it; its name."""

from datetime import UTC, datetime

import pytest

from tayori.model.errors import Invalid
from tayori.model.reputation import Appraisal, Level, Measure, Rate
from tayori.model.tenant import (
    Impact,
    ReputationPolicy,
    SendingStatus,
    SuppressionScope,
    Tenant,
    TenantSuppression,
    check_name,
    stand,
    suppression_of,
    uses_own_list,
)

NOW = datetime(2026, 11, 20, tzinfo=UTC)
LEVELS = {Impact.NONE: Level.FINE, Impact.LOW: Level.REVIEW, Impact.HIGH: Level.PAUSE}


def tenant(**changes: object) -> Tenant:
    return Tenant(name="shop", tenant_id="tn-1", created_at=NOW, **changes)  # type: ignore[arg-type]


def rates(level: Level, *, is_judged: bool = True) -> Appraisal:
    bounce = Rate(bad=12, volume=100, is_judged=is_judged)
    return Appraisal(bounce=bounce, level=level, worst=Measure.BOUNCE, has_recovered=level is Level.FINE)


@pytest.mark.parametrize(
    ("policy", "impact", "status"),
    [
        ("none", Impact.HIGH, SendingStatus.ENABLED),
        ("standard", Impact.NONE, SendingStatus.ENABLED),
        ("standard", Impact.LOW, SendingStatus.ENABLED),
        ("standard", Impact.HIGH, SendingStatus.DISABLED),
        ("strict", Impact.NONE, SendingStatus.ENABLED),
        ("strict", Impact.LOW, SendingStatus.DISABLED),
        ("strict", Impact.HIGH, SendingStatus.DISABLED),
    ],
)
def test_a_policy_pauses_by_the_worst_finding(policy: str, impact: Impact, status: SendingStatus) -> None:
    found = stand(tenant(policy=ReputationPolicy(policy)), rates(LEVELS[impact]))
    assert (found.status, found.impact) == (status, impact)
    if status is SendingStatus.DISABLED:
        assert found.cause == f"Paused by the {policy} reputation policy: the bounce rate is 12.00%."


def test_better_rates_do_not_end_a_pause() -> None:
    paused = tenant(policy=ReputationPolicy.STRICT, status=SendingStatus.DISABLED, cause="by hand")
    found = stand(paused, rates(Level.FINE))
    assert (found.status, found.cause, found.impact) == (SendingStatus.DISABLED, "by hand", Impact.NONE)


def test_who_was_reinstated_is_enabled_by_good_mail_and_paused_by_bad() -> None:
    reinstated = tenant(policy=ReputationPolicy.STANDARD, status=SendingStatus.REINSTATED)
    assert stand(reinstated, rates(Level.FINE, is_judged=False)).status is SendingStatus.REINSTATED
    assert stand(reinstated, rates(Level.REVIEW)).status is SendingStatus.REINSTATED
    assert stand(reinstated, rates(Level.FINE)).status is SendingStatus.ENABLED
    assert stand(reinstated, rates(Level.PAUSE)).status is SendingStatus.DISABLED


@pytest.mark.parametrize(
    ("of_set", "own", "expected"),
    [
        (None, None, False),
        (None, "ACCOUNT", False),
        (None, "TENANT", True),
        ("ACCOUNT", "TENANT", False),
        ("TENANT", "ACCOUNT", True),
        ("TENANT", None, True),
    ],
)
def test_the_sets_scope_goes_before_the_tenants(of_set: str | None, own: str | None, expected: bool) -> None:
    given = TenantSuppression(scope=SuppressionScope(own), reasons=()) if own else None
    assert uses_own_list(tenant(suppression=given), of_set) is expected


def test_scope_and_reasons_come_together() -> None:
    assert suppression_of(None, None) is None
    assert suppression_of("TENANT", []) == TenantSuppression(scope=SuppressionScope.TENANT, reasons=())
    for scope, reasons in (("TENANT", None), (None, ["BOUNCE"]), ("ELSEWHERE", []), ("TENANT", ["WHIM"])):
        with pytest.raises(Invalid):
            suppression_of(scope, reasons)


@pytest.mark.parametrize("name", ["", "a" * 65, "with space", "é", "a/b", "a\n"])
def test_names_that_no_tenant_has(name: str) -> None:
    with pytest.raises(Invalid):
        check_name(name)


def test_a_policy_is_of_its_region() -> None:
    arn = "arn:aws:ses:eu-west-1:aws:reputation-policy/strict"
    assert ReputationPolicy.named(arn, "eu-west-1") is ReputationPolicy.STRICT
    for wrong in (arn, "strict", "arn:aws:ses:us-east-1:aws:reputation-policy/other"):
        with pytest.raises(Invalid):
            ReputationPolicy.named(wrong, "us-east-1")
