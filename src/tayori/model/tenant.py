"""Tenants: who sends by himself within an account, which list suppresses for him, and when his sending is paused.

Owns the decisions. Pure. SES keeps a status that the owner of the account sets and a policy that may set it for him:
`standard` pauses on findings of high impact, `strict` on any (ses: tenants, reputation policies).
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tayori.model.errors import Invalid
from tayori.model.reputation import Appraisal, Level, Measure

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST = 64
_POLICY_ARN = "arn:aws:ses:{region}:aws:reputation-policy/{policy}"
MANUALLY = "Status manually updated."  # recorded


class SendingStatus(StrEnum):
    ENABLED = "ENABLED"
    REINSTATED = "REINSTATED"  # sends although there were findings; they are no longer held against it
    DISABLED = "DISABLED"


class ReputationPolicy(StrEnum):
    NONE = "none"
    STANDARD = "standard"
    STRICT = "strict"

    def arn(self, region: str) -> str:
        return _POLICY_ARN.format(region=region, policy=self.value)

    @classmethod
    def named(cls, text: str, region: str) -> "ReputationPolicy":
        """Raises Invalid where `text` is the ARN of no policy of the region."""
        found = next((policy for policy in cls if policy.arn(region) == text), None)
        if found is None:
            raise Invalid(f"Invalid reputation policy <{text[:200]}>.")
        return found


class Impact(StrEnum):
    """Of the worst finding. SES answers NONE where there is none, though its model does not say so (recorded)."""

    NONE = "NONE"
    LOW = "LOW"
    HIGH = "HIGH"


class SuppressionScope(StrEnum):
    """Whose list suppresses."""

    ACCOUNT = "ACCOUNT"
    TENANT = "TENANT"


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantSuppression:
    """What a tenant has of its own; without it the account's settings hold."""

    scope: SuppressionScope
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    name: str
    tenant_id: str
    created_at: datetime
    policy: ReputationPolicy = ReputationPolicy.NONE
    status: SendingStatus = SendingStatus.ENABLED
    cause: str = ""
    status_at: datetime | None = None
    judged_from: datetime | None = None
    impact: Impact = Impact.NONE
    suppression: TenantSuppression | None = None
    resources: frozenset[str] = frozenset()  # what it may send with, where that was asked for

    @property
    def path(self) -> str:
        """As its ARN ends, and as its mail is counted: never again that of another."""
        return f"{self.name}/{self.tenant_id}"

    @property
    def resource(self) -> str:
        return f"tenant/{self.path}"

    @property
    def is_paused(self) -> bool:
        return self.status is SendingStatus.DISABLED

    def arn(self, account_id: str, region: str) -> str:
        return f"arn:aws:ses:{region}:{account_id}:{self.resource}"

    def list_within(self, region: str) -> str:
        """What its own suppression list is kept under, in place of the region."""
        return f"{region}/{self.tenant_id}"

    def lacks(self, wanted: Collection[str]) -> list[str]:
        """Those of the resources that it may not send with."""
        return [one for one in wanted if one not in self.resources]


def check_name(name: str) -> None:
    """Raises Invalid in SES's words (probed)."""
    if not name:
        raise Invalid("TenantName cannot be empty")
    if len(name) > _LONGEST:
        raise Invalid(f"TenantName cannot exceed {_LONGEST} characters.")
    if not _NAME.fullmatch(name):
        raise Invalid(
            f"Invalid tenant name <{name[:200]}>: only alphanumeric ASCII characters, '_', and '-' are allowed."
        )


def suppression_of(scope: str | None, reasons: Collection[str] | None) -> TenantSuppression | None:
    """Both or neither (ses: tenant-level suppression). Raises Invalid."""
    if scope is None and reasons is None:
        return None
    if scope is None or reasons is None:
        raise Invalid("SuppressionScope and SuppressedReasons must be provided together.")
    if scope not in list(SuppressionScope):
        raise Invalid(f"SuppressionScope {scope[:200]} is invalid, must be one of [ACCOUNT, TENANT].")
    for reason in reasons:
        if reason not in ("BOUNCE", "COMPLAINT"):
            raise Invalid(f"Reason {reason[:200]} is invalid, must be one of [BOUNCE, COMPLAINT].")
    return TenantSuppression(scope=SuppressionScope(scope), reasons=tuple(dict.fromkeys(reasons)))


def uses_own_list(tenant: Tenant, scope_of_set: str | None) -> bool:
    """The configuration set's word goes before the tenant's, and that before the account's (ses)."""
    scope = scope_of_set or (tenant.suppression.scope if tenant.suppression else SuppressionScope.ACCOUNT)
    return scope == SuppressionScope.TENANT


# --- reputation ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What becomes of a tenant by its rates."""

    status: SendingStatus
    impact: Impact
    cause: str


def stand(tenant: Tenant, appraisal: Appraisal) -> Standing:
    """A policy pauses, and its owner alone ends that; who was reinstated is judged by what came since."""
    impact = _IMPACTS[appraisal.level]
    kept = Standing(status=tenant.status, impact=impact, cause=tenant.cause)
    if tenant.is_paused:
        return kept
    if impact in _PAUSES[tenant.policy]:
        return Standing(status=SendingStatus.DISABLED, impact=impact, cause=_cause(tenant.policy, appraisal))
    if tenant.status is SendingStatus.REINSTATED and _is_resolved(appraisal):
        return Standing(status=SendingStatus.ENABLED, impact=impact, cause="Reputation findings are resolved.")
    return kept


_IMPACTS = {Level.FINE: Impact.NONE, Level.REVIEW: Impact.LOW, Level.PAUSE: Impact.HIGH}
_PAUSES: dict[ReputationPolicy, frozenset[Impact]] = {
    ReputationPolicy.NONE: frozenset(),
    ReputationPolicy.STANDARD: frozenset({Impact.HIGH}),
    ReputationPolicy.STRICT: frozenset({Impact.LOW, Impact.HIGH}),
}


def _is_resolved(appraisal: Appraisal) -> bool:
    return appraisal.bounce.is_judged and appraisal.has_recovered


def _cause(policy: ReputationPolicy, appraisal: Appraisal) -> str:
    measure = appraisal.worst
    rate = appraisal.of(measure).value
    words = "bounce" if measure is Measure.BOUNCE else "complaint"
    return f"Paused by the {policy} reputation policy: the {words} rate is {rate:.2%}."
