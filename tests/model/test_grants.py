"""Policies of keys and roles, measured by what AWS publishes: the examples of SES's developer guide, and the order in
which IAM weighs statements (user guide: policy evaluation logic).
"""

import json
from typing import Any

import pytest

from tayori.model.errors import AccessDenied
from tayori.model.grants import DIRECT, Grants, Permit
from tayori.model.policy import AccessRequest, Decision, Grammar, PolicyError, decide, parse

ACCOUNT = "111122223333"
USER = f"arn:aws:iam::{ACCOUNT}:user/app"
IDENTITY = f"arn:aws:ses:us-east-1:{ACCOUNT}:identity/example.com"
SENDS = ["ses:SendEmail", "ses:SendRawEmail"]
MESSAGE = {
    "ses:recipients": ("a@example.com", "b@example.com"),
    "ses:fromaddress": ("marketing@example.com",),
    "ses:fromdisplayname": ("Marketing",),
    "ses:feedbackaddress": ("feedback@example.com",),
    "ses:apiversion": ("2",),
    "aws:sourceip": ("203.0.113.7",),
    "aws:currenttime": ("2018-09-15T00:00:00+00:00",),
    "aws:epochtime": ("1536969600",),
    "aws:securetransport": ("true",),
    "aws:useragent": ("Boto3/1.44.8",),
    "aws:username": ("app",),
    "aws:principalaccount": (ACCOUNT,),
}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any = "ses:*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any = "ses:*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def policies(*texts: str) -> tuple[Any, ...]:
    return tuple(parse(text, grammar=Grammar.PRINCIPAL) for text in texts)


def asked(action: str = "ses:SendEmail", resource: str = IDENTITY, **changes: tuple[str, ...]) -> AccessRequest:
    context = MESSAGE | {name.replace("_", ":"): values for name, values in changes.items()}
    return AccessRequest(principal_arn=USER, account_id=ACCOUNT, action=action, resource=resource, context=context)


def verdict(*statements: dict[str, Any], **request: Any) -> Decision:
    return decide(policies(document(*statements)), asked(**request))


ALLOWED, NOT_ALLOWED, DENIED = Decision

# The example policies of "Identity and access management in Amazon SES": (condition, what fits, what does not).
SES_EXAMPLES = {
    "restricting the time period": (
        {
            "DateGreaterThan": {"aws:CurrentTime": "2018-08-31T12:00Z"},
            "DateLessThan": {"aws:CurrentTime": "2018-10-01T12:00Z"},
        },
        {"aws_currenttime": ("2018-09-30T23:59:59+00:00",)},
        {"aws_currenttime": ("2018-10-01T12:00:01+00:00",)},
    ),
    "restricting the recipient addresses": (
        {"ForAllValues:StringLike": {"ses:Recipients": ["*@example.com"]}},
        {"ses_recipients": ("a@example.com", "b@example.com")},
        {"ses_recipients": ("a@example.com", "b@example.org")},
    ),
    "restricting the From address": (
        {"StringEquals": {"ses:FromAddress": "marketing@example.com"}},
        {"ses_fromaddress": ("marketing@example.com",)},
        {"ses_fromaddress": ("sales@example.com",)},
    ),
    "restricting the display name": (
        {"StringLike": {"ses:FromDisplayName": "Marketing"}},
        {"ses_fromdisplayname": ("Marketing",)},
        {"ses_fromdisplayname": ("Sales",)},
    ),
    "restricting the destination of feedback": (
        {"StringEquals": {"ses:FeedbackAddress": "feedback@example.com"}},
        {"ses_feedbackaddress": ("feedback@example.com",)},
        {"ses_feedbackaddress": ("me@example.com",)},
    ),
    "restricting the version of the API": (
        {"StringEquals": {"ses:ApiVersion": "2"}},
        {"ses_apiversion": ("2",)},
        {"ses_apiversion": ("1",)},
    ),
    "by address (IAM: aws:SourceIp)": (
        {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24", "203.0.113.0/24"]}},
        {"aws_sourceip": ("203.0.113.9",)},
        {"aws_sourceip": ("198.51.100.9",)},
    ),
    "by epoch time": (
        {"NumericLessThan": {"aws:EpochTime": "1540000000"}},
        {"aws_epochtime": ("1536969600",)},
        {"aws_epochtime": ("1550000000",)},
    ),
    "over TLS": (
        {"Bool": {"aws:SecureTransport": "true"}},
        {"aws_securetransport": ("true",)},
        {"aws_securetransport": ("false",)},
    ),
    "by user agent": (
        {"StringLike": {"aws:UserAgent": "Boto3/*"}},
        {"aws_useragent": ("Boto3/1.44.8 md/x",)},
        {"aws_useragent": ("curl/8.0",)},
    ),
    "by user": (
        {"StringEquals": {"aws:username": "app", "aws:PrincipalAccount": ACCOUNT}},
        {},
        {"aws_username": ("somebody",)},
    ),
}


@pytest.mark.parametrize("which", SES_EXAMPLES)
def test_examples_of_conditions(which: str) -> None:
    condition, fits, does_not = SES_EXAMPLES[which]
    assert verdict(allow(SENDS, Condition=condition), **fits) is ALLOWED
    assert verdict(allow(SENDS, Condition=condition), **does_not) is NOT_ALLOWED
    assert verdict(allow(), deny(SENDS, Condition=condition), **fits) is DENIED
    assert verdict(allow(), deny(SENDS, Condition=condition), **does_not) is ALLOWED


def test_full_access_and_sending_only() -> None:
    """The first two examples of the guide."""
    assert verdict(allow(["ses:*"]), action="ses:DeleteEmailIdentity") is ALLOWED
    assert verdict(allow(SENDS)) is ALLOWED
    assert verdict(allow(SENDS), action="ses:GetSendStatistics", resource="*") is NOT_ALLOWED
    assert verdict(allow(["ses:*"]), action="sns:Publish") is NOT_ALLOWED


def test_the_order_of_evaluation() -> None:
    """Implicit deny first, an allow beside it, an explicit deny over all: whatever stands first."""
    assert decide((), asked()) is NOT_ALLOWED
    for both in (policies(document(allow()), document(deny())), policies(document(deny(), allow()))):
        assert decide(both, asked()) is DENIED
    restricted = document(allow(), deny(Condition={"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24"]}}))
    assert decide(policies(restricted), asked()) is ALLOWED
    assert decide(policies(restricted), asked(aws_sourceip=("198.51.100.1",))) is DENIED


def test_two_statements_limit_the_identities_and_leave_the_rest() -> None:
    """The guide's way to permit all operations and one identity to send as."""
    statements = allow(["ses:Get*", "ses:List*"]), allow(SENDS, IDENTITY)
    assert verdict(*statements) is ALLOWED
    assert verdict(*statements, resource=IDENTITY.replace("example.com", "example.org")) is NOT_ALLOWED
    assert verdict(*statements, action="ses:ListIdentities", resource="*") is ALLOWED


def test_examples_of_the_iam_user_guide() -> None:
    """Deny outside of a Region; deny from elsewhere, but for services; deny without MFA."""
    outside = {
        "Effect": "Deny",
        "NotAction": ["cloudfront:*", "iam:*", "route53:*", "support:*"],
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "eu-west-1"]}},
    }
    assert verdict(allow("*"), outside, aws_requestedregion=("eu-west-1",)) is ALLOWED
    assert verdict(allow("*"), outside, aws_requestedregion=("us-east-1",)) is DENIED
    elsewhere = deny(
        "*",
        Condition={
            "NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24", "203.0.113.0/24"]},
            "Bool": {"aws:ViaAWSService": "false"},
        },
    )
    direct = {name.replace(":", "_"): values for name, values in DIRECT.items()}
    assert verdict(allow("*"), elsewhere, **direct) is ALLOWED
    assert verdict(allow("*"), elsewhere, **direct, aws_sourceip=("198.51.100.1",)) is DENIED
    without_mfa = deny("*", Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})
    assert verdict(allow("*"), without_mfa) is DENIED  # a long-term key has no such key
    known = deny("*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}})
    assert verdict(allow("*"), known) is ALLOWED


@pytest.mark.parametrize(
    ("pattern", "resource", "fits"),
    [
        ("*", "*", True),
        (IDENTITY, "*", False),
        (f"arn:aws:ses:*:{ACCOUNT}:identity/*", IDENTITY, True),
        (f"arn:aws:ses:*:{ACCOUNT}:identity/*@example.com", IDENTITY, False),
        (f"arn:aws:ses:us-east-1:{ACCOUNT}:*", IDENTITY, True),
        ("arn:aws:ses:us-east-1:444455556666:identity/*", IDENTITY, False),
        ("arn:aws:ses:*:*:configuration-set/prod-?", f"arn:aws:ses:us-east-1:{ACCOUNT}:configuration-set/prod-1", True),
    ],
)
def test_resources_with_wildcards(pattern: str, resource: str, fits: bool) -> None:
    assert (verdict(allow(resource=pattern), resource=resource) is ALLOWED) is fits


def test_not_action_and_not_resource() -> None:
    all_but_sends = {"Effect": "Allow", "NotAction": SENDS, "Resource": "*"}
    assert verdict(all_but_sends, action="ses:GetAccount", resource="*") is ALLOWED
    assert verdict(all_but_sends) is NOT_ALLOWED
    only_one = {"Effect": "Deny", "Action": "ses:Send*", "NotResource": IDENTITY}
    assert verdict(allow(), only_one) is ALLOWED
    assert verdict(allow(), only_one, resource=IDENTITY.replace(".com", ".org")) is DENIED


def test_actions_are_compared_without_case_and_by_pattern() -> None:
    assert verdict(allow("SES:sendemail")) is ALLOWED
    assert verdict(allow("ses:Send*Email"), action="ses:SendTemplatedEmail") is ALLOWED
    assert verdict(allow("s3:GetObject")) is NOT_ALLOWED


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        (allow(Principal="*"), "must not have Principal"),
        (allow("SendEmail"), "not of the form service:Action"),
        (allow(resource="identity/example.com"), "nor an ARN"),
        ({"Effect": "Allow", "Action": "ses:*"}, "exactly one of Resource and NotResource"),
        (allow(Condition={"StringEqual": {"ses:FromAddress": "x"}}), "Unknown condition operator"),
        (allow(resource=IDENTITY + "/${aws:username}"), "Policy variables are not offered"),
    ],
)
def test_a_policy_that_cannot_be_followed_is_refused(statement: dict[str, Any], why: str) -> None:
    with pytest.raises(PolicyError, match=why):
        parse(document(statement), grammar=Grammar.PRINCIPAL)


def test_a_session_may_do_what_both_its_policy_and_the_role_s_allow() -> None:
    """IAM: session policies. Neither adds to the other, and each may deny."""
    role = policies(document(allow(SENDS), allow("ses:Get*")))
    session = policies(document(allow("ses:SendEmail"), allow("ses:Delete*"), deny("ses:GetAccount")))
    grants = Grants(policies=role, session=session)
    assert grants.verdict(asked())[0] is ALLOWED
    assert grants.verdict(asked("ses:SendRawEmail")) == (NOT_ALLOWED, "session")
    assert grants.verdict(asked("ses:DeleteEmailIdentity")) == (NOT_ALLOWED, "identity-based")
    assert grants.verdict(asked("ses:GetAccount")) == (DENIED, "session")


def test_refusals_in_the_words_of_iam() -> None:
    grants = Grants(policies=policies(document(allow("ses:Get*"), deny("ses:GetAccount"))))
    with pytest.raises(AccessDenied) as implicit:
        grants.check(asked("ses:ListContacts", "*"))
    assert implicit.value.message == (
        f"User: {USER} is not authorized to perform: ses:ListContacts on resource: * because no identity-based policy"
        " allows the ses:ListContacts action"
    )
    with pytest.raises(AccessDenied) as explicit:
        grants.check(asked("ses:GetAccount", "*"))
    assert explicit.value.message == (
        f"User: {USER} is not authorized to perform: ses:GetAccount on resource: * with an explicit deny in an"
        " identity-based policy"
    )


def test_a_send_is_refused_in_the_words_of_ses() -> None:
    permit = Permit(grants=Grants(policies=policies(document(allow("ses:Get*")))), actions=("ses:SendRawEmail",))
    with pytest.raises(AccessDenied) as refusal:
        permit.check(asked())
    assert refusal.value.message == (
        f"User `{USER}' is not authorized to perform `ses:SendRawEmail' on resource `{IDENTITY}'"
    )


def test_of_two_actions_either_will_do_and_each_may_be_denied() -> None:
    both = ("ses:SendRawEmail", "ses:SendEmail")
    for action in both:
        Permit(grants=Grants(policies=policies(document(allow(action)))), actions=both).check(asked())
        denied = Permit(grants=Grants(policies=policies(document(allow(), deny(action)))), actions=both)
        with pytest.raises(AccessDenied):
            denied.check(asked())
