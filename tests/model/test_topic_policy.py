"""Policies of topics: whom they let in, and what AddPermission and RemovePermission make of them."""

import json
from typing import Any

import pytest

from tayori.model import topic_policy
from tayori.model.errors import Invalid

OWNER, OTHER = "111122223333", "999900001111"
ARN = f"arn:aws:sns:us-east-1:{OWNER}:events"
SOURCE = f"arn:aws:ses:us-east-1:{OTHER}:identity/example.com"
ALLOW_SES = {
    "Effect": "Allow",
    "Principal": {"Service": "ses.amazonaws.com"},
    "Action": "SNS:Publish",
    "Resource": ARN,
}


def policy(*statements: dict[str, Any]) -> str:
    return topic_policy.check(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


def ses_may(text: str, account_id: str = OTHER, source_arn: str = SOURCE) -> bool:
    return topic_policy.allows_ses(text, ARN, account_id=account_id, source_arn=source_arn)


def account_may(text: str, action: str = "Publish", account_id: str = OTHER) -> bool:
    user = f"arn:aws:iam::{account_id}:user/app"
    return topic_policy.allows_account(text, ARN, account_id=account_id, principal_arn=user, action=action)


def test_the_default_lets_ses_publish_for_the_owner_and_nobody_else() -> None:
    text = topic_policy.text_of(topic_policy.default(ARN, OWNER))
    assert topic_policy.check(text) == text
    assert ses_may(text, OWNER)
    assert not ses_may(text, OTHER)
    assert not account_may(text)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({}, True),
        ({"StringEquals": {"AWS:SourceAccount": OTHER}}, True),
        ({"StringEquals": {"aws:SourceAccount": OWNER}}, False),
        ({"StringEquals": {"AWS:SourceOwner": OTHER}}, True),
        ({"StringEquals": {"AWS:SourceArn": SOURCE}}, True),
        ({"ArnLike": {"AWS:SourceArn": f"arn:aws:ses:*:{OTHER}:identity/*"}}, True),
        ({"ArnLike": {"AWS:SourceArn": f"arn:aws:ses:*:{OTHER}:configuration-set/*"}}, False),
    ],
)
def test_conditions_on_who_ses_publishes_for(condition: dict[str, Any], expected: bool) -> None:
    assert ses_may(policy({**ALLOW_SES, "Condition": condition})) is expected


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ({**ALLOW_SES, "Principal": "*"}, True),
        ({**ALLOW_SES, "Principal": {"AWS": "*"}}, True),
        ({**ALLOW_SES, "Principal": {"AWS": OTHER}}, False),
        ({**ALLOW_SES, "Principal": {"Service": ["events.amazonaws.com", "ses.amazonaws.com"]}}, True),
        ({**ALLOW_SES, "Principal": {"Service": "events.amazonaws.com"}}, False),
        ({**ALLOW_SES, "Action": "sns:*"}, True),
        ({**ALLOW_SES, "Action": "SNS:Subscribe"}, False),
        ({**ALLOW_SES, "Resource": f"{ARN}2"}, False),
        ({**ALLOW_SES, "Resource": f"arn:aws:sns:*:{OWNER}:*"}, True),
    ],
)
def test_statements_that_let_ses_publish(statement: dict[str, Any], expected: bool) -> None:
    assert ses_may(policy(statement)) is expected


def test_a_deny_wins() -> None:
    deny = {**ALLOW_SES, "Effect": "Deny", "Condition": {"StringEquals": {"aws:SourceAccount": OTHER}}}
    assert not ses_may(policy(ALLOW_SES, deny))
    assert ses_may(policy(ALLOW_SES, deny), OWNER)


def test_a_service_is_no_user_and_a_user_is_no_service() -> None:
    assert not account_may(policy(ALLOW_SES))
    text = policy({**ALLOW_SES, "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"}})
    assert account_may(text)
    assert not account_may(text, account_id="555566667777")
    assert not ses_may(text)


def test_permissions() -> None:
    text = topic_policy.text_of(topic_policy.default(ARN, OWNER))
    text = topic_policy.with_permission(text, ARN, "them", [OTHER, "555566667777"], ["Publish"])
    assert account_may(text)
    assert account_may(text, account_id="555566667777")
    assert not account_may(text, "Subscribe")
    text = topic_policy.without_permission(text, "them")
    assert not account_may(text)
    assert not ses_may(topic_policy.without_permission(text, "__default_statement_ID"), OWNER)


@pytest.mark.parametrize(
    ("label", "accounts", "actions", "words"),
    [
        ("a b", [OTHER], ["Publish"], "Label"),
        ("a", ["x"], ["Publish"], "AWSAccountId"),
        ("a", [], ["Publish"], "AWSAccountId"),
        ("a", [OTHER], [], "out of service scope"),
        ("a", [OTHER], ["CreateTopic"], "out of service scope"),
        ("__default_statement_ID", [OTHER], ["Publish"], "Statement already exists"),
    ],
)
def test_permissions_that_are_refused(label: str, accounts: list[str], actions: list[str], words: str) -> None:
    text = topic_policy.text_of(topic_policy.default(ARN, OWNER))
    with pytest.raises(Invalid, match=words):
        topic_policy.with_permission(text, ARN, label, accounts, actions)


def test_a_policy_has_a_largest_size() -> None:
    statement = {**ALLOW_SES, "Sid": "x" * topic_policy.MAX_LENGTH}
    with pytest.raises(Invalid, match="larger than the limit"):
        policy(statement)
