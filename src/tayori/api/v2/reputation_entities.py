"""Reputation entities: the standing of tenants, by their ARNs (ses: type RESOURCE).

The status that SES keeps beside the owner's is always ENABLED: an operator pauses accounts, configuration sets and
identities (see `resources.reputation`).
"""

from typing import Any

from tayori.api import listing
from tayori.api.registry import Call, Request, Response, operation
from tayori.model.arn import Arn
from tayori.model.errors import Invalid, Kind
from tayori.model.tenant import Impact, ReputationPolicy, SendingStatus, Tenant
from tayori.resources import tenants
from tayori.resources.tenants import Wanted

_PAGE, _MOST = 100, 1000
_TYPE = "RESOURCE"


@operation("sesv2", "GetReputationEntity")
def get_reputation_entity(call: Call, request: Request) -> Response:
    tenant = _find(call, request)
    if tenant is None:
        raise tenants.missing(request["ReputationEntityReference"])
    return {"ReputationEntity": _shown(call, tenant)}


@operation("sesv2", "ListReputationEntities")
def list_reputation_entities(call: Call, request: Request) -> Response:
    size = request.get("PageSize", _PAGE)
    if not 1 <= size <= _MOST:
        raise Invalid(f"The page size must be between 1 and {_MOST}")
    given = request.get("Filter", {})
    wanted = Wanted(
        status=_among(SendingStatus, "sending status", given.get("SENDING_STATUS", "")),
        impact=_among(Impact, "reputation impact", given.get("REPUTATION_IMPACT", "")),
    )
    prefix = given.get("ENTITY_REFERENCE_PREFIX", "")
    if given.get("ENTITY_TYPE", _TYPE) != _TYPE:
        raise Invalid(f"Invalid entity type <{given['ENTITY_TYPE'][:200]}>.")

    def fetch(after: str, limit: int) -> list[Tenant]:
        """A prefix narrows what was found: it is of an ARN, not of a name."""
        found: list[Tenant] = []
        while len(found) < limit:
            page = tenants.page(call.tx, call.account_id, call.region, after=after, limit=_MOST, wanted=wanted)
            found += [one for one in page if one.arn(call.account_id, call.region).startswith(prefix)]
            if len(page) < _MOST:
                break
            after = page[-1].name
        return found[:limit]

    kind = f"reputation-entity/{wanted.status}/{wanted.impact}/{prefix}"
    found, following = listing.page(call, kind, request.get("NextToken"), size, fetch, lambda one: one.name)
    shown = [_shown(call, one) for one in found]
    return {"ReputationEntities": shown} | ({"NextToken": following} if following else {})


@operation("sesv2", "UpdateReputationEntityCustomerManagedStatus")
def update_reputation_entity_customer_managed_status(call: Call, request: Request) -> Response:
    tenant = _known(call, request)
    status = SendingStatus(request["SendingStatus"])
    tenants.put_status(call.tx, call.account_id, call.region, tenant.name, status)
    return {}


@operation("sesv2", "UpdateReputationEntityPolicy")
def update_reputation_entity_policy(call: Call, request: Request) -> Response:
    tenant = _known(call, request)
    policy = ReputationPolicy.named(request["ReputationEntityPolicy"], call.region)
    tenants.put_policy(call.tx, call.account_id, call.region, tenant.name, policy)
    return {}


def _known(call: Call, request: Request) -> Tenant:
    """The operations that change know of no entity that is missing: it is a bad request."""
    tenant = _find(call, request)
    if tenant is None:
        raise Invalid(tenants.missing(request["ReputationEntityReference"]).message)
    return tenant


def _find(call: Call, request: Request) -> Tenant | None:
    text = request["ReputationEntityReference"]
    arn = Arn.parse(text)
    if arn is None or arn.resource_type != Kind.TENANT:
        raise Invalid(f"Invalid reputation entity reference <{text[:300]}>.")
    if (arn.account_id, arn.region) != (call.account_id, call.region):
        return None
    found = tenants.find(call.tx, call.account_id, call.region, arn.name.partition("/")[0])
    return found if found is not None and found.path == arn.name else None


def _shown(call: Call, tenant: Tenant) -> dict[str, Any]:
    own: dict[str, Any] = {"Status": tenant.status}
    own |= {"Cause": tenant.cause} if tenant.cause else {}
    own |= {"LastUpdatedTimestamp": tenant.status_at} if tenant.status_at else {}
    return {
        "ReputationEntityReference": tenant.arn(call.account_id, call.region),
        "ReputationEntityType": _TYPE,
        "ReputationManagementPolicy": tenant.policy.arn(call.region),
        "CustomerManagedStatus": own,
        "AwsSesManagedStatus": {"Status": SendingStatus.ENABLED},
        "SendingStatusAggregate": tenant.status,
        "ReputationImpact": tenant.impact,
    }


def _among(words: type[SendingStatus] | type[Impact], noun: str, text: str) -> str:
    if text and text not in [word.value for word in words]:
        raise Invalid(f"Invalid {noun} <{text[:200]}>.")
    return text
