"""Identity policies: what they may be, and whom they let send as what."""

import json
import time
from typing import Any

import pytest

from tayori.model.policy import AccessRequest, PolicyError, allows, compact, like, parse

OWNER, DELEGATE = "111122223333", "444455556666"
IDENTITY = f"arn:aws:ses:us-east-1:{OWNER}:identity/example.com"
USER = f"arn:aws:iam::{DELEGATE}:user/app"
CONTEXT = {
    "ses:recipients": ("a@inbox.test", "b@inbox.test"),
    "ses:fromaddress": ("marketing+news@example.com",),
    "ses:fromdisplayname": ("Marketing",),
    "ses:feedbackaddress": ("bounces@example.com",),
    "aws:sourceip": ("203.0.113.7",),
    "aws:currenttime": ("2026-11-24T03:00:00Z",),
    "aws:epochtime": ("1795489200",),
    "aws:securetransport": ("true",),
}


def policy(*statements: dict[str, Any], version: str = "2012-10-17") -> str:
    return json.dumps({"Version": version, "Statement": list(statements)})


def statement(effect: str = "Allow", **changes: Any) -> dict[str, Any]:
    whole = {
        "Effect": effect,
        "Principal": {"AWS": DELEGATE},
        "Action": "ses:SendEmail",
        "Resource": IDENTITY,
    } | changes
    return {name: value for name, value in whole.items() if value is not None}


def request(**changes: Any) -> AccessRequest:
    values = {"principal_arn": USER, "account_id": DELEGATE, "action": "ses:SendEmail", "resource": IDENTITY}
    return AccessRequest(**values | {"context": CONTEXT} | changes)


def decide(*texts: str, **changes: Any) -> bool:
    return allows([parse(text) for text in texts], request(**changes))


def test_nothing_is_allowed_by_itself() -> None:
    assert not decide()
    assert not decide(policy(statement(Action="ses:SendRawEmail")))


def test_an_allow_allows_and_a_deny_wins_wherever_it_stands() -> None:
    allow, deny = policy(statement()), policy(statement("Deny"))
    assert decide(allow)
    assert not decide(allow, deny)
    assert not decide(deny, allow)
    assert not decide(policy(statement("Deny"), statement()))


@pytest.mark.parametrize(
    ("principal", "fits"),
    [
        ("*", True),
        ({"AWS": "*"}, True),
        ({"AWS": DELEGATE}, True),
        ({"AWS": f"arn:aws:iam::{DELEGATE}:root"}, True),
        ({"AWS": USER}, True),
        ({"AWS": [OWNER, USER]}, True),
        ({"AWS": OWNER}, False),
        ({"AWS": f"arn:aws:iam::{DELEGATE}:user/other"}, False),
        ({"AWS": f"arn:aws:iam::{OWNER}:root"}, False),
        ({"Service": "lambda.amazonaws.com"}, False),
    ],
)
def test_principals(principal: Any, fits: bool) -> None:
    assert decide(policy(statement(Principal=principal))) is fits


@pytest.mark.parametrize(
    ("action", "fits"),
    [
        ("ses:SendEmail", True),
        ("SES:sendemail", True),
        ("ses:Send*", True),
        ("ses:*", True),
        ("*", True),
        ("ses:SendRaw*", False),
        (["ses:SendRawEmail", "ses:Send?mail"], True),
    ],
)
def test_actions(action: Any, fits: bool) -> None:
    assert decide(policy(statement(Action=action))) is fits


@pytest.mark.parametrize(
    ("resource", "fits"),
    [
        (IDENTITY, True),
        ("*", True),
        (f"arn:aws:ses:*:{OWNER}:identity/*", True),
        (f"arn:aws:ses:us-east-1:{OWNER}:identity/example.org", False),
        (f"arn:aws:ses:eu-west-1:{OWNER}:identity/example.com", False),
        (f"arn:aws:ses:*:identity/example.com:{OWNER}", False),
    ],
)
def test_resources(resource: str, fits: bool) -> None:
    assert decide(policy(statement(Resource=resource))) is fits


def test_opposites() -> None:
    assert decide(policy(statement(Action=None, NotAction="ses:SendRawEmail")))
    assert not decide(policy(statement(Action=None, NotAction="ses:Send*")))
    assert not decide(policy(statement("Deny", Principal=None, NotPrincipal={"AWS": OWNER}), statement()))
    assert decide(policy(statement("Deny", Principal=None, NotPrincipal={"AWS": USER}), statement()))
    assert not decide(policy(statement(Resource=None, NotResource=IDENTITY)))


@pytest.mark.parametrize(
    ("operator", "key", "value", "holds"),
    [
        ("StringEquals", "ses:FromDisplayName", "Marketing", True),
        ("StringEquals", "ses:FromDisplayName", "marketing", False),
        ("StringEqualsIgnoreCase", "ses:FromDisplayName", "marketing", True),
        ("StringNotEquals", "ses:FromDisplayName", "Sales", True),
        ("StringNotEqualsIgnoreCase", "ses:FromDisplayName", "MARKETING", False),
        ("StringLike", "ses:FromAddress", "marketing+*@example.com", True),
        ("StringLike", "SES:fromaddress", ["sales@example.com", "*@example.com"], True),
        ("StringLike", "ses:FromAddress", "sales*", False),
        ("StringNotLike", "ses:FromAddress", "sales*", True),
        ("StringEquals", "ses:FeedbackAddress", "bounces@example.com", True),
        ("ForAllValues:StringLike", "ses:Recipients", "*@inbox.test", True),
        ("ForAllValues:StringLike", "ses:Recipients", "a@*", False),
        ("ForAnyValue:StringLike", "ses:Recipients", "a@*", True),
        ("ForAnyValue:StringNotLike", "ses:Recipients", "a@*", True),
        ("ForAllValues:StringNotLike", "ses:Recipients", "a@*", False),
        ("StringNotLike", "ses:Recipients", "a@*", False),
        ("IpAddress", "aws:SourceIp", "203.0.113.0/24", True),
        ("IpAddress", "aws:SourceIp", ["198.51.100.0/24", "2001:db8::/32"], False),
        ("NotIpAddress", "aws:SourceIp", "203.0.113.7", False),
        ("DateLessThan", "aws:CurrentTime", "2026-12-01T00:00Z", True),
        ("DateGreaterThan", "aws:CurrentTime", "2026-12-01", False),
        ("DateGreaterThanEquals", "aws:EpochTime", "1795489200", True),
        ("DateNotEquals", "aws:CurrentTime", "2026-11-24T03:00:00+00:00", False),
        ("NumericLessThanEquals", "aws:EpochTime", 1795489200, True),
        ("NumericGreaterThan", "aws:EpochTime", "1795489200", False),
        ("NumericNotEquals", "aws:EpochTime", "7", True),
        ("Bool", "aws:SecureTransport", True, True),
        ("Bool", "aws:SecureTransport", "false", False),
        ("Null", "aws:SecureTransport", "false", True),
        ("Null", "aws:Nothing", "true", True),
        ("Null", "aws:Nothing", False, False),
        ("StringEquals", "aws:Nothing", "x", False),
        ("StringEqualsIfExists", "aws:Nothing", "x", True),
        ("StringEqualsIfExists", "ses:FromDisplayName", "x", False),
        ("StringNotEquals", "aws:Nothing", "x", True),
        ("ForAllValues:StringEquals", "aws:Nothing", "x", True),
        ("ForAnyValue:StringEquals", "aws:Nothing", "x", False),
        ("ForAnyValue:StringNotEquals", "aws:Nothing", "x", False),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:user/*", False),
    ],
)
def test_conditions(operator: str, key: str, value: Any, holds: bool) -> None:
    assert decide(policy(statement(Condition={operator: {key: value}}))) is holds


def test_arns_are_compared_part_by_part() -> None:
    condition = {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/a*"}}
    context = CONTEXT | {"aws:principalarn": (USER,)}
    assert decide(policy(statement(Condition=condition)), context=context)
    other = {"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::*:user/a*"}}
    assert not decide(policy(statement(Condition=other)), context=context)


def test_all_conditions_must_hold() -> None:
    both = {
        "StringEquals": {"ses:FromDisplayName": "Marketing", "ses:FeedbackAddress": "bounces@example.com"},
        "IpAddress": {"aws:SourceIp": "203.0.113.0/24"},
    }
    assert decide(policy(statement(Condition=both)))
    both["IpAddress"] = {"aws:SourceIp": "198.51.100.0/24"}
    assert not decide(policy(statement(Condition=both)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "[]",
        "null",
        '{"Statement": NaN}',
        "[" * 2000,
        '{"Version": "2012-10-17"}',
        '{"Version": "2020-01-01", "Statement": {}}',
        '{"Statement": []}',
        '{"Statement": ["Allow"]}',
        '{"Statement": {}, "Rule": 1}',
        policy(statement("Permit")),
        policy(statement(Principal=None)),
        policy(statement(Principal={"AWS": "someone"})),
        policy(statement(Principal={"AWS": []})),
        policy(statement(Principal="123456789012")),
        policy(statement(NotAction="ses:*")),
        policy(statement(Action="s3:GetObject")),
        policy(statement(Action=[])),
        policy(statement(Resource=7)),
        policy(statement(Condition={"StringSounds": {"ses:FromAddress": "x"}})),
        policy(statement(Condition={"StringEquals": {}})),
        policy(statement(Condition={"StringEquals": {"ses:FromAddress": {}}})),
        policy(statement(Condition={"IpAddress": {"aws:SourceIp": "here"}})),
        policy(statement(Condition={"DateLessThan": {"aws:CurrentTime": "soon"}})),
        policy(statement(Condition={"NumericEquals": {"aws:EpochTime": "many"}})),
        policy(statement(Condition={"Bool": {"aws:SecureTransport": "perhaps"}})),
        policy(statement(Condition={"StringEquals": {"ses:FromAddress": "${aws:username}@example.com"}})),
        policy(statement(Sid="x", Extra=1)),
    ],
)
def test_what_is_no_policy(text: str) -> None:
    with pytest.raises(PolicyError):
        parse(text)


def test_spaces_that_mean_nothing_go() -> None:
    assert compact('{ "Id" : "a  b",\n "Statement": [ {"Sid":"é"} ] }') == '{"Id":"a  b","Statement":[{"Sid":"é"}]}'
    with pytest.raises(PolicyError):
        compact(" " * 4095 + "{}")


@pytest.mark.parametrize(
    ("text", "pattern", "fits"),
    [
        ("", "", True),
        ("", "*", True),
        ("abc", "a*c", True),
        ("abc", "a?", False),
        ("abc", "*b", False),
        ("a*c", "a*c", True),
        ("ab", "ab?", False),
        ("aab", "*ab", True),
    ],
)
def test_wildcards(text: str, pattern: str, fits: bool) -> None:
    assert like(text, pattern) is fits


def test_no_pattern_takes_long() -> None:
    start = time.process_time()
    assert not like("a" * 5000, "*a" * 1000 + "b")
    assert time.process_time() - start < 5
