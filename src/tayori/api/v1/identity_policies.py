"""Policies of identities: sending authorization."""

from tayori.api.identity_work import name_of
from tayori.api.registry import Call, Request, Response, operation
from tayori.model.errors import Invalid, LimitExceeded
from tayori.resources import identity_policies

_MOST_NAMES = 20


@operation("ses", "PutIdentityPolicy")
def put_identity_policy(call: Call, request: Request) -> Response:
    try:
        identity_policies.put(call.tx, *_identity(call, request), request["PolicyName"], request["Policy"])
    except LimitExceeded as error:  # here an error that the operation does not declare (ses: probed)
        raise Invalid(error.message) from error
    return {}


@operation("ses", "GetIdentityPolicies")
def get_identity_policies(call: Call, request: Request) -> Response:
    """Those of the names that there are; an identity that is not there has none."""
    wanted = request["PolicyNames"]
    if len(wanted) > _MOST_NAMES:
        raise Invalid(f"Up to {_MOST_NAMES} policies can be asked for at once.")
    found = identity_policies.texts(call.tx, *_identity(call, request))
    return {"Policies": {name: found[name] for name in wanted if name in found}}


@operation("ses", "ListIdentityPolicies")
def list_identity_policies(call: Call, request: Request) -> Response:
    return {"PolicyNames": identity_policies.names(call.tx, *_identity(call, request))}


@operation("ses", "DeleteIdentityPolicy")
def delete_identity_policy(call: Call, request: Request) -> Response:
    identity_policies.delete(call.tx, *_identity(call, request), request["PolicyName"])
    return {}


def _identity(call: Call, request: Request) -> tuple[str, str, str]:
    return call.account_id, call.region, name_of(request["Identity"])
