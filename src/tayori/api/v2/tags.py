"""Tags of identities, configuration sets, templates of both kinds, tenants and dedicated IP pools.

Checks in SES's order: whose, where, whether it is there (ses: probed).
"""

from tayori.api.identity_work import name_of
from tayori.api.registry import Call, Request, Response, operation
from tayori.model.arn import Arn
from tayori.model.errors import Invalid, Kind, NotFound
from tayori.resources import (
    configuration_sets,
    contact_lists,
    custom_verification,
    identities,
    sources,
    tags,
    templates,
    tenants,
)

_IDENTITY, _CONFIGURATION_SET = "identity", "configuration-set"


@operation("sesv2", "TagResource")
def tag_resource(call: Call, request: Request) -> Response:
    arn = _own(call, request["ResourceArn"])
    if arn.region != call.region:
        raise Invalid("Failed to tag resource")
    resource = _existing(call, arn)
    tags.put(call.tx, call.account_id, call.region, resource, tags.check(request["Tags"]))
    return {}


@operation("sesv2", "UntagResource")
def untag_resource(call: Call, request: Request) -> Response:
    arn = _own(call, request["ResourceArn"])
    if arn.region != call.region:
        raise Invalid("Failed to untag resource")
    resource = _existing(call, arn)
    tags.remove(call.tx, call.account_id, call.region, resource, request["TagKeys"])
    return {}


@operation("sesv2", "ListTagsForResource")
def list_tags_for_resource(call: Call, request: Request) -> Response:
    """An ARN of another region is looked up in this one, and has no tags: SES keeps them by the literal ARN."""
    arn = _own(call, request["ResourceArn"])
    resource = _existing(call, arn)
    found = tags.get(call.tx, call.account_id, call.region, resource) if arn.region == call.region else {}
    return {"Tags": [{"Key": key, "Value": value} for key, value in found.items()]}


def _own(call: Call, text: str) -> Arn:
    arn = Arn.parse(text)
    if arn is None:
        raise Invalid(f"Invalid ARN {text[:200]}.")
    if arn.account_id != call.account_id:
        raise Invalid("Operations on a resource created in a different account is not allowed")
    return arn


def _existing(call: Call, arn: Arn) -> str:
    """The resource as tags name it. Raises NotFound."""
    own = call.tx, call.account_id, call.region
    if arn.resource_type == _IDENTITY:
        name = name_of(arn.name)
        if name not in identities.look(*own, [name]):
            raise NotFound(f"No EmailIdentity present with name: {arn.name}", Kind.IDENTITY)
        return f"{_IDENTITY}/{name}"
    if arn.resource_type == _CONFIGURATION_SET:
        if not configuration_sets.exists(*own, arn.name):
            raise NotFound(f"No ConfigurationSet present with name: {arn.name}", Kind.CONFIGURATION_SET)
        return f"{_CONFIGURATION_SET}/{arn.name}"
    if arn.resource_type == Kind.TEMPLATE:
        if not templates.exists(*own, arn.name):
            raise NotFound(f"No Template present with name: {arn.name}", Kind.TEMPLATE)
        return templates.resource_of(arn.name)
    if arn.resource_type == Kind.CONTACT_LIST:
        if contact_lists.find(*own, arn.name) is None:
            raise NotFound(f"No ContactList present with name: {arn.name}", Kind.CONTACT_LIST)
        return contact_lists.resource_of(arn.name)
    if arn.resource_type == Kind.CUSTOM_VERIFICATION_TEMPLATE:
        if custom_verification.find(*own, arn.name) is None:
            raise NotFound(f"No CustomVerificationEmailTemplate present with name: {arn.name}", Kind.IDENTITY)
        return f"{arn.resource_type}/{arn.name}"
    if arn.resource_type == Kind.DEDICATED_IP_POOL:
        if not sources.has_pool(*own, arn.name):
            raise NotFound(f"No DedicatedIpPool present with name: {arn.name}", Kind.DEDICATED_IP_POOL)
        return f"{arn.resource_type}/{arn.name}"
    if arn.resource_type == Kind.TENANT:
        tenant = tenants.find(*own, arn.name.partition("/")[0])
        if tenant is None or tenant.path != arn.name:
            raise NotFound(f"No Tenant present with name: {arn.name}", Kind.TENANT)
        return tenant.resource
    raise NotFound(f"No {arn.resource_type} present with name: {arn.name}", Kind.IDENTITY)
