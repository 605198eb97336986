"""Whether the policies of a key, or of a session, let a call through; and what they are asked of a send.

Owns which resource a call concerns, and the condition keys that its request gives. Of a send the message decides: its
`Permit` is handed on to the door. Who has no policies is never asked. As on SES, most of v1 knows no resource but "*"
(service authorization reference: Amazon Simple Email Service v1 and v2).
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from tayori.api import faults
from tayori.api.registry import Principal
from tayori.aws.http import HttpRequest
from tayori.aws.spec import Operation
from tayori.model.errors import AccessDenied
from tayori.model.grants import DIRECT, Grants, Permit, kept
from tayori.model.once import takes_key as is_send
from tayori.model.policy import AccessRequest

_API_VERSIONS = {"ses": "1", "sesv2": "2"}
# Members of v2 that name a resource, and its type in an ARN.
_V2_TYPES = {
    "EmailIdentity": "identity",
    "ConfigurationSetName": "configuration-set",
    "ContactListName": "contact-list",
    "PoolName": "dedicated-ip-pool",
    "DestinationPoolName": "dedicated-ip-pool",
    "EndpointName": "multi-region-endpoint",
}
_UNCHECKED = frozenset({("sts", "GetCallerIdentity"), ("sts", "GetSessionToken")})  # need no permission (sts)


def check(
    operation: Operation, request: HttpRequest, principal: Principal, params: Mapping[str, Any], now: datetime
) -> Permit | None:
    """What a send is to be measured by at the door. Raises ApiError where another call is not allowed."""
    assert principal.grants is not None
    name = operation.service.name
    context = context_of(request, principal, now)
    if name in _API_VERSIONS:
        context["ses:apiversion"] = (_API_VERSIONS[name],)
    if "BounceSender" in params:  # of SendBounce, whose policies may ask for it (ses)
        context["ses:fromaddress"] = (params["BounceSender"],)
    if is_send(name, operation.name):
        return Permit(grants=principal.grants, actions=_actions(operation, params), context=context)
    if (name, operation.name) not in _UNCHECKED:
        action = f"{operation.service.signing_name if name != 'cloudwatch' else name}:{operation.name}"
        for resource in resources_of(operation, principal, params):
            try:
                principal.grants.check(asked(principal, action, resource, context))
            except AccessDenied as error:
                raise faults.translate(error, operation.service) from error
    return None


def check_page(request: HttpRequest, principal: Principal, grants: Grants, now: datetime) -> None:
    """Pages beside the API have two actions: `tayori:Read` and `tayori:Write`. Raises AccessDenied."""
    verb = "Read" if request.method in ("GET", "HEAD") else "Write"
    page = request.path.removeprefix("/tayori/")
    resource = f"arn:aws:tayori:{principal.region}:{principal.account_id}:{page}"
    grants.check(asked(principal, f"tayori:{verb}", resource, context_of(request, principal, now)))


def _actions(operation: Operation, params: Mapping[str, Any]) -> tuple[str, ...]:
    """For a whole message v2 has been seen to ask for the action of v1, while its reference names its own."""
    own = f"ses:{operation.name}"
    raw = operation.service.name == "sesv2" and "Raw" in params.get("Content", {})
    return ("ses:SendRawEmail", own) if raw else (own,)


def asked(principal: Principal, action: str, resource: str, context: Mapping[str, tuple[str, ...]]) -> AccessRequest:
    return AccessRequest(
        principal_arn=principal.arn,
        account_id=principal.account_id,
        action=action,
        resource=resource,
        context=kept(context),
    )


def context_of(request: HttpRequest, principal: Principal, now: datetime) -> dict[str, tuple[str, ...]]:
    """The condition keys that every request gives."""
    arn = principal.arn
    return {
        **DIRECT,
        "aws:sourceip": (request.source_ip,),
        "aws:currenttime": (now.isoformat(),),
        "aws:epochtime": (str(int(now.timestamp())),),
        "aws:securetransport": (str(request.scheme == "https").lower(),),
        "aws:useragent": (request.headers.get("user-agent") or "",),
        "aws:principalarn": (arn,),
        "aws:principalaccount": (principal.account_id,),
        "aws:username": (arn.rpartition("/")[2] if ":user/" in arn else "",),
        "aws:userid": (principal.user_id,),
        "aws:requestedregion": (principal.region,),
    }


def resources_of(operation: Operation, principal: Principal, params: Mapping[str, Any]) -> list[str]:
    """The ARNs of what a call concerns; each of them has to be allowed."""
    found: Iterator[str]
    match operation.service.name:
        case "sesv2":
            found = _of_v2(operation.name, principal, params)
        case "sns":
            found = _of_sns(principal, params)
        case "sts":
            found = (params[name] for name in ("RoleArn",) if name in params)
        case _:
            found = iter(())
    return list(dict.fromkeys(found)) or ["*"]


def _of_v2(name: str, principal: Principal, params: Mapping[str, Any]) -> Iterator[str]:
    prefix = f"arn:aws:ses:{principal.region}:{principal.account_id}"
    if "ResourceArn" in params:
        yield params["ResourceArn"]
    for member, kind in _V2_TYPES.items():
        if isinstance(params.get(member), str):
            yield f"{prefix}:{kind}/{params[member]}"
    if "TemplateName" in params:
        kind = "custom-verification-email-template" if "CustomVerification" in name else "template"
        yield f"{prefix}:{kind}/{params['TemplateName']}"
    if "TenantName" in params:
        yield f"{prefix}:tenant/{params['TenantName']}/*"
    if "JobId" in params:
        yield f"{prefix}:{'import' if 'Import' in name else 'export'}-job/{params['JobId']}"


def _of_sns(principal: Principal, params: Mapping[str, Any]) -> Iterator[str]:
    for member in ("TopicArn", "TargetArn", "ResourceArn"):
        if member in params:
            yield params[member]
    if "SubscriptionArn" in params:
        yield params["SubscriptionArn"].rpartition(":")[0]  # policies speak of its topic
    if "Name" in params:
        yield f"arn:aws:sns:{principal.region}:{principal.account_id}:{params['Name']}"
