"""Policies of identities: sending authorization."""

from tayori.api.identity_work import name_of
from tayori.api.registry import Call, Request, Response, operation
from tayori.model.errors import Kind, NotFound
from tayori.resources import identities, identity_policies


@operation("sesv2", "CreateEmailIdentityPolicy")
def create_email_identity_policy(call: Call, request: Request) -> Response:
    identity_policies.create(call.tx, *_identity(call, request), request["PolicyName"], request["Policy"])
    return {}


@operation("sesv2", "UpdateEmailIdentityPolicy")
def update_email_identity_policy(call: Call, request: Request) -> Response:
    identity_policies.update(call.tx, *_identity(call, request), request["PolicyName"], request["Policy"])
    return {}


@operation("sesv2", "DeleteEmailIdentityPolicy")
def delete_email_identity_policy(call: Call, request: Request) -> Response:
    identity_policies.delete(call.tx, *_identity(call, request), request["PolicyName"])
    return {}


@operation("sesv2", "GetEmailIdentityPolicies")
def get_email_identity_policies(call: Call, request: Request) -> Response:
    account_id, region, name = _identity(call, request)
    if identities.find(call.tx, account_id, region, name) is None:
        raise NotFound(f"Email identity {name} does not exist.", Kind.IDENTITY)
    return {"Policies": identity_policies.texts(call.tx, account_id, region, name)}


def _identity(call: Call, request: Request) -> tuple[str, str, str]:
    return call.account_id, call.region, name_of(request["EmailIdentity"])
