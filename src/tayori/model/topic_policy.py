"""Access policies of topics: who may publish to a topic, subscribe to it, or look at it.

Owns SNS's default policy, what AddPermission and RemovePermission do to a policy, and the question whether a policy
allows an account or SES something. The language of conditions is `model.policy`'s. The owner of a topic needs no
policy; other accounts and SES do. SES's requests carry the conditions that AWS documents for them: `aws:SourceAccount`,
`AWS:SourceOwner` and `AWS:SourceArn`.
"""

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from tayori.model import policy as language
from tayori.model.errors import Invalid
from tayori.model.policy import AccessRequest, PolicyError

MAX_LENGTH = 30 * 1024  # bytes (sns: quotas)
SES = "ses.amazonaws.com"
ACTIONS = (
    "GetTopicAttributes",
    "SetTopicAttributes",
    "AddPermission",
    "RemovePermission",
    "DeleteTopic",
    "Subscribe",
    "ListSubscriptionsByTopic",
    "Publish",
)
_LABEL = re.compile(r"[A-Za-z0-9_-]{1,80}")
_ACCOUNT = re.compile(r"[0-9]{12}")


def default(arn: str, account_id: str) -> dict[str, Any]:
    """The policy of a topic that was given none: everything, for whatever its owner runs."""
    return {
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [
            {
                "Sid": "__default_statement_ID",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": [f"SNS:{action}" for action in ACTIONS],
                "Resource": arn,
                "Condition": {"StringEquals": {"AWS:SourceOwner": account_id}},
            }
        ],
    }


def text_of(policy: dict[str, Any]) -> str:
    return json.dumps(policy, separators=(",", ":"), ensure_ascii=False)


def check(text: str) -> str:
    """The policy without spaces that mean nothing; raises Invalid where it cannot be kept."""
    if len(text.encode("utf-8", "replace")) > MAX_LENGTH:
        raise Invalid("Invalid parameter: Policy Reason: Policy is larger than the limit")
    try:
        language.parse(text, "sns")
    except PolicyError as error:
        raise Invalid(f"Invalid parameter: Policy Error: {error}") from error
    return text_of(json.loads(text))


def with_permission(text: str, arn: str, label: str, accounts: Sequence[str], actions: Sequence[str]) -> str:
    """The policy with one statement more (sns: AddPermission)."""
    if not _LABEL.fullmatch(label):
        raise Invalid("Invalid parameter: Label")
    if not accounts or not all(_ACCOUNT.fullmatch(account) for account in accounts):
        raise Invalid("Invalid parameter: AWSAccountId")
    if not actions or any(action not in ACTIONS for action in actions):
        raise Invalid("Invalid parameter: Policy statement action out of service scope!")
    policy = json.loads(text)
    if any(statement.get("Sid") == label for statement in _statements(policy)):
        raise Invalid("Invalid parameter: Statement already exists")
    statement = {
        "Sid": label,
        "Effect": "Allow",
        "Principal": {"AWS": _one_or_many([f"arn:aws:iam::{account}:root" for account in accounts])},
        "Action": _one_or_many([f"SNS:{action}" for action in actions]),
        "Resource": arn,
    }
    return check(text_of({**policy, "Statement": [*_statements(policy), statement]}))


def without_permission(text: str, label: str) -> str:
    """The policy without the statements of that label; where none is left there is nothing that it allows."""
    policy = json.loads(text)
    return text_of({**policy, "Statement": [one for one in _statements(policy) if one.get("Sid") != label]})


def _statements(policy: dict[str, Any]) -> list[dict[str, Any]]:
    found = policy.get("Statement", [])
    return found if isinstance(found, list) else [found]


def _one_or_many(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values


def allows_account(text: str, arn: str, *, account_id: str, principal_arn: str, action: str) -> bool:
    """Whether the policy lets a user of another account do it."""
    return _allows(
        text,
        AccessRequest(
            principal_arn=principal_arn,
            account_id=account_id,
            action=f"SNS:{action}",
            resource=arn,
            context={"aws:principalaccount": (account_id,), "aws:principalarn": (principal_arn,)},
        ),
    )


@lru_cache(maxsize=1024)
def allows_ses(text: str, arn: str, *, account_id: str, source_arn: str) -> bool:
    """Whether the policy lets SES publish what happens to mail of an account."""
    return _allows(
        text,
        AccessRequest(
            principal_arn="",
            account_id="",
            service=SES,
            action="SNS:Publish",
            resource=arn,
            context={
                "aws:sourceaccount": (account_id,),
                "aws:sourceowner": (account_id,),
                "aws:sourcearn": (source_arn,),
            },
        ),
    )


def _allows(text: str, request: AccessRequest) -> bool:
    if not json.loads(text).get("Statement"):
        return False
    return language.allows([language.parse(text, "sns")], request)
