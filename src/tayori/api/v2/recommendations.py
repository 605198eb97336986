"""Recommendations of the Virtual Deliverability Manager."""

from enum import StrEnum
from typing import Any, TypeVar

from tayori.api import listing
from tayori.api.registry import Call, Request, Response, operation
from tayori.aws.paging import BadPageToken
from tayori.model.arn import Arn
from tayori.model.errors import Invalid
from tayori.model.recommendation import Impact, RecommendationStatus, RecommendationType
from tayori.resources import accounts, recommendations
from tayori.resources.recommendations import Recommendation, Wanted

_MOST = 100
_PAIRS = ({"STATUS", "IMPACT"}, {"STATUS", "TYPE"})
_OTHER_TYPES = frozenset({"FEEDBACK_3P", "IP_LISTING"})  # of SES's; never found here
E = TypeVar("E", bound=StrEnum)


@operation("sesv2", "ListRecommendations")
def list_recommendations(call: Call, request: Request) -> Response:
    accounts.require_vdm(call.tx, call.account_id, call.region)
    size = request.get("PageSize", _MOST)
    if not 1 <= size <= _MOST:
        raise Invalid(f"The page size must be between 1 and {_MOST}")
    given = request.get("Filter", {})
    if len(given) > 1 and set(given) not in _PAIRS:
        raise Invalid("A filter is of one key, of STATUS and IMPACT, or of STATUS and TYPE.")
    if given.get("TYPE") in _OTHER_TYPES:
        return {"Recommendations": []}
    wanted = _wanted(call, given)

    def fetch(after: str, limit: int) -> list[Recommendation]:
        resource, _, description = after.partition(" ")
        return recommendations.page(call.tx, call.account_id, call.region, wanted, (resource, description), limit)

    try:
        found, following = listing.page(call, "recommendation", request.get("NextToken"), size, fetch, _position)
    except BadPageToken as error:
        raise Invalid(f"invalid nextToken {error.token[:200]}") from error
    return {"Recommendations": [_shown(call, one) for one in found]} | ({"NextToken": following} if following else {})


def _position(one: Recommendation) -> str:
    return f"{one.resource} {one.description}"


def _wanted(call: Call, given: Request) -> Wanted:
    return Wanted(
        type=_choice(RecommendationType, given.get("TYPE")),
        impact=_choice(Impact, given.get("IMPACT")),
        status=_choice(RecommendationStatus, given.get("STATUS")),
        resource=_resource(call, given.get("RESOURCE_ARN")),
    )


def _choice(kind: type[E], value: str | None) -> E | None:
    if value is None:
        return None
    try:
        return kind(value)
    except ValueError as error:
        raise Invalid(f"{value} is none of: {', '.join(kind)}.") from error


def _resource(call: Call, text: str | None) -> str | None:
    """What of another account or region is named is not here."""
    if text is None:
        return None
    arn = Arn.parse(text)
    if arn is None:
        raise Invalid(f"{text} is no ARN of a resource of SES.")
    is_ours = (arn.account_id, arn.region) == (call.account_id, call.region)
    return f"{arn.resource_type}/{arn.name}" if is_ours else ""


def _shown(call: Call, one: Recommendation) -> dict[str, Any]:
    kind, _, name = one.resource.partition("/")
    arn = Arn(region=call.region, account_id=call.account_id, resource_type=kind, name=name)
    return {
        "ResourceArn": str(arn),
        "Type": one.type,
        "Description": one.description,
        "Status": one.status,
        "Impact": one.impact,
        "CreatedTimestamp": one.created_at,
        "LastUpdatedTimestamp": one.updated_at,
    }
