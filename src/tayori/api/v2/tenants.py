"""Tenants, and the identities, configuration sets and templates that they may send with.

The names of resource types are those of ARNs, as SES answers them; its documentation has others, which are understood.
"""

from typing import Any

from tayori import ids
from tayori.api import listing
from tayori.api.identity_work import name_of
from tayori.api.registry import Call, Request, Response, operation
from tayori.model.arn import Arn
from tayori.model.errors import Invalid, Kind, NotFound
from tayori.model.tenant import SendingStatus, Tenant, suppression_of
from tayori.resources import configuration_sets, identities, tags, templates, tenants
from tayori.resources.tenants import Wanted

_PAGE, _MOST = 100, 1000
_TYPES = {"EMAIL_IDENTITY": "identity", "CONFIGURATION_SET": "configuration-set", "EMAIL_TEMPLATE": "template"}


@operation("sesv2", "CreateTenant")
def create_tenant(call: Call, request: Request) -> Response:
    given = request.get("SuppressionAttributes", {})
    wanted = Tenant(
        name=request["TenantName"],
        tenant_id=ids.tenant_id(),
        created_at=call.tx.now,
        suppression=suppression_of(given.get("SuppressionScope"), given.get("SuppressedReasons")),
    )
    labels = tags.check(request.get("Tags", ()))
    return _shown(call, tenants.create(call.tx, call.account_id, call.region, wanted, labels))


@operation("sesv2", "GetTenant")
def get_tenant(call: Call, request: Request) -> Response:
    return {"Tenant": _shown(call, tenants.get(call.tx, call.account_id, call.region, request["TenantName"]))}


@operation("sesv2", "ListTenants")
def list_tenants(call: Call, request: Request) -> Response:
    given = request.get("Filter", {})
    wanted = Wanted(contains=given.get("TENANT_NAME_CONTAINS", ""), status=_status(given.get("SENDING_STATUS", "")))

    def fetch(after: str, limit: int) -> list[Tenant]:
        return tenants.page(call.tx, call.account_id, call.region, after=after, limit=limit, wanted=wanted)

    kind = f"tenant/{wanted.contains}/{wanted.status}"
    found, following = listing.page(call, kind, request.get("NextToken"), _size(request), fetch, lambda one: one.name)
    return {"Tenants": [_brief(call, one) for one in found]} | ({"NextToken": following} if following else {})


@operation("sesv2", "DeleteTenant")
def delete_tenant(call: Call, request: Request) -> Response:
    tenants.delete(call.tx, call.account_id, call.region, request["TenantName"])
    return {}


@operation("sesv2", "PutTenantSuppressionAttributes")
def put_tenant_suppression_attributes(call: Call, request: Request) -> Response:
    wanted = suppression_of(request.get("SuppressionScope"), request.get("SuppressedReasons"))
    tenants.put_suppression(call.tx, call.account_id, call.region, request["TenantName"], wanted)
    return {}


# --- associations ---


@operation("sesv2", "CreateTenantResourceAssociation")
def create_tenant_resource_association(call: Call, request: Request) -> Response:
    own = call.tx, call.account_id, call.region
    tenants.get(*own, request["TenantName"])
    tenants.associate(*own, request["TenantName"], _existing(call, request["ResourceArn"]))
    return {}


@operation("sesv2", "DeleteTenantResourceAssociation")
def delete_tenant_resource_association(call: Call, request: Request) -> Response:
    resource = _resource(call, request["ResourceArn"])
    tenants.part(call.tx, call.account_id, call.region, request["TenantName"], resource)
    return {}


@operation("sesv2", "ListTenantResources")
def list_tenant_resources(call: Call, request: Request) -> Response:
    name, given = request["TenantName"], request.get("Filter", {}).get("RESOURCE_TYPE", "")
    kind = _TYPES.get(given, given)
    if kind and kind not in _TYPES.values():
        raise Invalid(f"Unsupported resource type: {given[:200]}")

    def fetch(after: str, limit: int) -> list[str]:
        own = call.tx, call.account_id, call.region
        return tenants.resources_of(*own, name, after=after, limit=limit, kind=kind)

    bound_to = f"tenant-resource/{name}/{kind}"
    found, following = listing.page(call, bound_to, request.get("NextToken"), _size(request), fetch, str)
    shown = [{"ResourceType": one.partition("/")[0], "ResourceArn": _arn(call, one)} for one in found]
    return {"TenantResources": shown} | ({"NextToken": following} if following else {})


@operation("sesv2", "ListResourceTenants")
def list_resource_tenants(call: Call, request: Request) -> Response:
    resource = _existing(call, request["ResourceArn"])

    def fetch(after: str, limit: int) -> list[tenants.Association]:
        return tenants.tenants_of(call.tx, call.account_id, call.region, resource, after=after, limit=limit)

    bound_to = f"resource-tenant/{resource}"
    size, token = _size(request), request.get("NextToken")
    found, following = listing.page(call, bound_to, token, size, fetch, lambda one: one.tenant)
    shown = [
        {
            "TenantName": one.tenant,
            "TenantId": one.tenant_id,
            "ResourceArn": _arn(call, one.resource),
            "AssociatedTimestamp": one.associated_at,
        }
        for one in found
    ]
    return {"ResourceTenants": shown} | ({"NextToken": following} if following else {})


# --- words ---


def _shown(call: Call, tenant: Tenant) -> dict[str, Any]:
    labels = tags.get(call.tx, call.account_id, call.region, tenant.resource)
    shown = _brief(call, tenant) | {"Tags": [{"Key": key, "Value": value} for key, value in labels.items()]}
    if tenant.suppression is not None:
        shown["SuppressionAttributes"] = {
            "SuppressionScope": tenant.suppression.scope,
            "SuppressedReasons": list(tenant.suppression.reasons),
        }
    return shown


def _brief(call: Call, tenant: Tenant) -> dict[str, Any]:
    return {
        "TenantName": tenant.name,
        "TenantId": tenant.tenant_id,
        "TenantArn": tenant.arn(call.account_id, call.region),
        "CreatedTimestamp": tenant.created_at,
        "SendingStatus": tenant.status,
    }


def _arn(call: Call, resource: str) -> str:
    return f"arn:aws:ses:{call.region}:{call.account_id}:{resource}"


def _size(request: Request) -> int:
    size = int(request.get("PageSize", _PAGE))
    if not 1 <= size <= _MOST:
        raise Invalid(f"The page size must be between 1 and {_MOST}")
    return size


def _status(text: str) -> str:
    if text and text not in list(SendingStatus):
        raise Invalid(f"Invalid sending status <{text[:200]}>.")
    return text


def _resource(call: Call, text: str) -> str:
    """The resource that an ARN names, as tenants have it. Raises Invalid in SES's words (probed)."""
    arn = Arn.parse(text)
    if arn is None:
        raise Invalid("Provided resource identifier is not an SES resource")
    if arn.resource_type not in _TYPES.values():
        raise Invalid(f"Unsupported resource type: {arn.resource_type[:200]}")
    if arn.region != call.region:
        raise Invalid(f"Resource <{text[:300]}> must be in the same region")
    if arn.account_id != call.account_id:
        raise Invalid("Operations on a resource created in a different account is not allowed")
    name = name_of(arn.name) if arn.resource_type == Kind.IDENTITY else arn.name
    return f"{arn.resource_type}/{name}"


def _existing(call: Call, text: str) -> str:
    """Raises Invalid, NotFound."""
    resource = _resource(call, text)
    kind, _, name = resource.partition("/")
    own = call.tx, call.account_id, call.region
    if kind == Kind.IDENTITY and name not in identities.look(*own, [name]):
        raise NotFound(f"Email identity {name} does not exist.", Kind.IDENTITY)
    if kind == Kind.CONFIGURATION_SET and not configuration_sets.exists(*own, name):
        raise configuration_sets.missing(name)
    if kind == Kind.TEMPLATE and not templates.exists(*own, name):
        raise templates.missing(name)
    return resource
