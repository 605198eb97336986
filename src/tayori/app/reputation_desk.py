"""What the command and HTTP say of reputation: rates, thresholds, states, by part and by provider; pauses and their
end.

`GET /tayori/reputation` is an account's own, in the region that the request was signed for; an operator may name
another by `account_id` and `region`. `POST …/pause` and `…/lift` are the operator's, by a JSON body. The rules are
`resources.reputation`'s.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

from tayori.api import json_page
from tayori.api.app import Route
from tayori.api.registry import Principal
from tayori.aws.errors import common_error
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.config import Config, ReputationSettings
from tayori.model.errors import AccessDenied, Invalid
from tayori.model.reputation import (
    ACCOUNT,
    LOOKED_BACK_DAYS,
    Limits,
    Measure,
    PauseMode,
    Rate,
    Rules,
    State,
    Subject,
    Who,
)
from tayori.resources import accounts, configuration_sets, identities, mail_counts, reputation
from tayori.resources.mail_counts import ProviderCounts
from tayori.resources.reputation import Look, Part
from tayori.store.engine import Store, Tx

PATH = "/tayori/reputation"


def rules_of(settings: ReputationSettings) -> Rules:
    return Rules(
        bounce=Limits(settings.bounce_review / 100, settings.bounce_pause / 100),
        complaint=Limits(settings.complaint_review / 100, settings.complaint_pause / 100),
        minimum_volume=settings.minimum_volume,
        mode=PauseMode(settings.pause),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reputation:
    """All there is to show of one account."""

    look: Look
    providers: tuple[ProviderCounts, ...]
    reporting: frozenset[str]  # providers that tell of complaints


def show(tx: Tx, account_id: str, region: str, rules: Rules) -> Reputation:
    """Providers are shown for the time of the account's bounce rate, which is that of its typical volume."""
    accounts.get(tx, account_id, region)
    found = reputation.look(tx, account_id, region, rules)
    bounce = found.account.appraisal.bounce
    since = bounce.began_at if bounce.volume else tx.now - timedelta(days=LOOKED_BACK_DAYS)
    return Reputation(
        look=found,
        providers=tuple(mail_counts.by_provider(tx, account_id, region, since)),
        reporting=reputation.reporting(tx),
    )


def pause(tx: Tx, account_id: str, region: str, who: Who, reason: str) -> State:
    """Raises NotFound where there is no such part, so that nobody pauses a misspelt name."""
    accounts.get(tx, account_id, region)
    if who.kind is Subject.CONFIGURATION_SET:
        configuration_sets.get(tx, account_id, region, who.name)
    elif who.kind is Subject.IDENTITY:
        identities.get(tx, account_id, region, who.name)
    return reputation.pause(tx, account_id, region, who, reason=reason)


def who_of(configuration_set: str, identity: str) -> Who:
    """The account where neither is named. Raises Invalid."""
    if configuration_set and identity:
        raise Invalid("Name a configuration set or an identity, not both.")
    if configuration_set:
        return Who(Subject.CONFIGURATION_SET, configuration_set)
    return Who(Subject.IDENTITY, identity) if identity else ACCOUNT


# --- as JSON ---


def as_json(found: Reputation, rules: Rules) -> dict[str, Any]:
    look = found.look
    by_kind = {kind: [one for one in look.parts if one.who.kind is kind] for kind in Subject}
    return {
        "account_id": look.account_id,
        "region": look.region,
        **part_as_json(look.account),
        "rules": {
            measure.value: {"review": rules.of(measure).review, "pause": rules.of(measure).pause} for measure in Measure
        }
        | {"minimum_volume": rules.minimum_volume, "pause": rules.mode.value},
        "configuration_sets": [_named(one) for one in by_kind[Subject.CONFIGURATION_SET]],
        "identities": [_named(one) for one in by_kind[Subject.IDENTITY]],
        "tenants": [_named(one) for one in by_kind[Subject.TENANT]],
        "providers": [_provider(one, found.reporting) for one in found.providers],
    }


def part_as_json(part: Part) -> dict[str, Any]:
    state = part.state
    return {
        "status": state.status.value,
        "reason": state.reason,
        "since": state.since.isoformat() if state.since else None,
        "fresh_start": state.own_start.isoformat() if state.own_start else None,
        "level": part.appraisal.level.name.lower(),
        "bounce": _rate(part.appraisal.bounce),
        "complaint": _rate(part.appraisal.complaint),
    }


def _named(part: Part) -> dict[str, Any]:
    return {"name": part.who.name} | part_as_json(part)


def _rate(rate: Rate) -> dict[str, Any]:
    return {
        "rate": rate.value if rate.volume else None,
        "count": rate.bad,
        "volume": rate.volume,
        "since": rate.began_at.isoformat() if rate.volume else None,
        "is_judged": rate.is_judged,
    }


def _provider(one: ProviderCounts, reporting: frozenset[str]) -> dict[str, Any]:
    tells = one.provider in reporting or one.complaints > 0
    return {
        "name": one.provider,
        "deliveries": one.deliveries,
        "permanent_bounces": one.permanent_bounces,
        "transient_bounces": one.transient_bounces,
        "complaints": one.complaints,
        "bounce_rate": one.bounce_rate,
        "complaint_rate": one.complaint_rate if tells else None,
        "tells_of_complaints": tells,
    }


# --- HTTP ---


class ReputationPages:
    def __init__(self, store: Store, config: Config) -> None:
        self._store = store
        self._rules = rules_of(config.reputation)

    def table(self) -> list[Route]:
        return [Route(method="*", prefix=PATH, handler=self.answer)]

    async def answer(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        assert principal is not None
        match request.method, request.path.removeprefix(PATH).strip("/"):
            case "GET", "":
                key = _whose(principal, dict(parse_qsl(request.query)))
                return json_page.answer(200, as_json(await self._store.read(show, *key, self._rules), self._rules))
            case "POST", ("pause" | "lift") as what:
                if not principal.operator:
                    raise AccessDenied("Pauses are the operator's.")
                return json_page.answer(200, await self._store.write(_changed, what, principal, _document(request)))
        raise common_error("UnknownOperationException")


def _whose(principal: Principal, given: Mapping[str, str]) -> tuple[str, str]:
    account_id = given.get("account_id") or principal.account_id
    if account_id != principal.account_id and not principal.operator:
        raise AccessDenied("Other accounts are the operator's to look at.")
    return account_id, given.get("region") or principal.region


def _changed(tx: Tx, what: str, principal: Principal, given: Mapping[str, str]) -> dict[str, Any]:
    key = _whose(principal, given)
    who = who_of(given.get("configuration_set", ""), given.get("identity", ""))
    if what == "pause":
        state = pause(tx, *key, who, given.get("reason", ""))
    else:
        state = reputation.lift(tx, *key, who)
    return {"kind": who.kind.value, "name": who.name, "status": state.status.value, "reason": state.reason}


def _document(request: HttpRequest) -> dict[str, str]:
    names = {"account_id", "region", "configuration_set", "identity", "reason"}
    given = json_page.document(request)
    if not all(isinstance(value, str) for value in given.values()):
        raise Invalid("The body must be a JSON object of texts.")
    if unknown := sorted(set(given) - names):
        raise Invalid(f"Not known here: {', '.join(unknown)}.")
    if not given.get("account_id"):  # an empty body is a mistake, and must not pause the operator's own account
        raise Invalid("account_id is missing.")
    return given
