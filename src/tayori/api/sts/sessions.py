"""GetCallerIdentity, GetSessionToken and AssumeRole.

Owns who may have temporary credentials, and for how long (IAM user guide: temporary security credentials). Nothing is
kept of them: `model.session_token` says what they are, `authenticate` what they are worth.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tayori import ids
from tayori.api.registry import Call, ComposeCall, Principal, Request, Response, operation
from tayori.aws.errors import ApiError, common_error
from tayori.model import policy as language
from tayori.model import session_token
from tayori.model.errors import InvalidPolicy
from tayori.model.grants import kept
from tayori.model.policy import AccessRequest, Decision, Grammar
from tayori.model.session_token import Session
from tayori.resources import installation, principal_policies, roles
from tayori.resources.roles import AssumableRole

_ROLE_ARN = re.compile(r"arn:aws:iam::([0-9]{12}):role/([\w+=,.@-]{1,64})", re.ASCII)
_OF_KEY = timedelta(hours=12)
_OF_ROLE = timedelta(hours=1)
_LONGEST_POLICY = 2048  # as the model has it
_NOT_OFFERED = {
    "PolicyArns": "There are no managed policies here: give the session's policy as Policy.",
    "Tags": "Sessions have no tags here.",
    "TransitiveTagKeys": "Sessions have no tags here.",
    "SourceIdentity": "Sessions have no source identity here.",
    "SerialNumber": "Access keys have no MFA device here.",
    "TokenCode": "Access keys have no MFA device here.",
    "ProvidedContexts": "Sessions have no provided contexts here.",
}


@operation("sts", "GetCallerIdentity")
def get_caller_identity(call: Call, request: Request) -> Response:
    principal = call.principal
    user_id = principal.user_id or session_token.user_id_of(principal.account_id, principal.user)
    return {"UserId": user_id, "Account": principal.account_id, "Arn": principal.arn}


@operation("sts", "GetSessionToken", mode="compose")
async def get_session_token(call: ComposeCall, request: Request) -> Response:
    """The key itself for a time: it may do what the key may, but look after the installation."""
    _refuse_what_is_not_offered(request)
    source = _source_of(call.principal)
    if call.principal.source_key:
        raise common_error("AccessDenied", "Cannot call GetSessionToken with session credentials")
    duration = timedelta(seconds=request.get("DurationSeconds", _OF_KEY.total_seconds()))
    session = Session(
        access_key_id=ids.temporary_key_id(),
        account_id=call.account_id,
        source_key=source,
        expires_at=_end(call, duration),
    )
    return {"Credentials": await _credentials(call, session)}


@operation("sts", "AssumeRole", mode="compose")
async def assume_role(call: ComposeCall, request: Request) -> Response:
    _refuse_what_is_not_offered(request)
    source = _source_of(call.principal)
    role = await _trusting(call, request)
    duration = timedelta(seconds=request.get("DurationSeconds", _OF_ROLE.total_seconds()))
    if duration > timedelta(seconds=role.max_seconds):
        raise common_error(
            "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )
    if ":assumed-role/" in call.caller_arn and duration > _OF_ROLE:
        raise common_error(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        )
    session = Session(
        access_key_id=ids.temporary_key_id(),
        account_id=role.account_id,
        source_key=source,
        expires_at=_end(call, duration),
        role=role.name,
        user_id=f"{role.role_id}:{request['RoleSessionName']}",
        policy=_session_policy(request.get("Policy", "")),
    )
    answer: dict[str, Any] = {
        "Credentials": await _credentials(call, session),
        "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn},
    }
    if session.policy:
        answer["PackedPolicySize"] = max(1, len(session.policy) * 100 // _LONGEST_POLICY)
    return answer


def _refuse_what_is_not_offered(request: Request) -> None:
    for member, text in _NOT_OFFERED.items():
        if request.get(member):
            raise common_error("ValidationError", f"{text} Leave out {member}.")


def _source_of(principal: Principal) -> str:
    """The access key on which the session depends. Raises ApiError."""
    source = principal.source_key or principal.access_key_id
    if not source:
        raise common_error("AccessDenied", "Only an access key can have temporary credentials.")
    return source


async def _trusting(call: ComposeCall, request: Request) -> AssumableRole:
    """The role, which lets the caller assume it. Who is refused does not learn whether it exists. Raises ApiError."""
    named = _ROLE_ARN.fullmatch(request["RoleArn"])
    role = await call.store.read(roles.find, *named.groups()) if named else None
    if role is None or not _trusts(role, call, request):
        raise common_error(
            "AccessDenied",
            f"User: {call.caller_arn} is not authorized to perform: sts:AssumeRole on resource: {request['RoleArn']}",
        )
    return role


def _trusts(role: AssumableRole, call: ComposeCall, request: Request) -> bool:
    """A role that is named as the principal stands for its sessions too."""
    asked = AccessRequest(
        principal_arn=call.caller_arn,
        account_id=call.account_id,
        action="sts:AssumeRole",
        resource=role.arn,
        context=kept(_context(call, request)),
    )
    names = [call.caller_arn]
    if ":assumed-role/" in call.caller_arn:
        names.append(f"arn:aws:iam::{call.account_id}:role/{call.caller_arn.split('/')[1]}")
    trust = (language.parse(role.trust, "sts", Grammar.TRUST),)
    decisions = {language.decide(trust, replace(asked, principal_arn=name)) for name in names}
    return Decision.ALLOWED in decisions and Decision.DENIED not in decisions


def _context(call: ComposeCall, request: Request) -> Mapping[str, tuple[str, ...]]:
    now = call.clock.wall()
    return {
        "sts:externalid": (request.get("ExternalId", ""),),
        "sts:rolesessionname": (request["RoleSessionName"],),
        "aws:sourceip": (call.source_ip,),
        "aws:currenttime": (now.isoformat(),),
        "aws:epochtime": (str(int(now.timestamp())),),
        "aws:principalarn": (call.caller_arn,),
        "aws:principalaccount": (call.account_id,),
    }


def _session_policy(text: str) -> str:
    if not text:
        return ""
    try:
        return principal_policies.checked(text)
    except InvalidPolicy as error:
        raise ApiError("MalformedPolicyDocument", error.message) from error


def _end(call: ComposeCall, duration: timedelta) -> int:
    return int((call.clock.wall() + duration).timestamp())


async def _credentials(call: ComposeCall, session: Session) -> dict[str, Any]:
    key = await call.store.write(installation.secret, session_token.NAME, secrets.token_bytes(32))
    token = session_token.token_of(session, key)
    return {
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session_token.secret_of(token, key),
        "SessionToken": token,
        "Expiration": datetime.fromtimestamp(session.expires_at, UTC),
    }
