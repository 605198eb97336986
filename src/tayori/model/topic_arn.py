"""ARNs of topics and of subscriptions: `arn:aws:sns:<region>:<account id>:<topic>[:<subscription id>]`."""

import re
from dataclasses import dataclass
from typing import Self

from tayori.model.errors import Invalid

_ELEMENTS = 6
_ACCOUNT = re.compile(r"[0-9]{12}")
_REGION = re.compile(r"[a-z0-9-]{1,40}")
TOPIC_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")
_SUBSCRIPTION = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicArn:
    """The name of a topic in the whole world. `partition` is only that of our own ARNs."""

    region: str
    account_id: str
    name: str

    @classmethod
    def parse(cls, text: str, member: str = "TopicArn") -> Self:
        """Raises Invalid in SNS's words, which name the request's member."""
        parts = _parts(text, member)
        if len(parts) != _ELEMENTS or not _is_ours(parts) or not TOPIC_NAME.fullmatch(parts[5]):
            raise Invalid(f"Invalid parameter: {member}")
        return cls(region=parts[3], account_id=parts[4], name=parts[5])

    def __str__(self) -> str:
        return f"arn:aws:sns:{self.region}:{self.account_id}:{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionArn:
    topic: TopicArn
    subscription_id: str

    @classmethod
    def parse(cls, text: str, member: str = "SubscriptionArn") -> Self:
        """Raises Invalid in SNS's words."""
        if not text:
            raise Invalid(f"Invalid parameter: {member} Reason: no value for required parameter")
        parts = _parts(text, member)
        is_right = len(parts) == _ELEMENTS + 1 and _is_ours(parts) and TOPIC_NAME.fullmatch(parts[5])
        if not is_right or not _SUBSCRIPTION.fullmatch(parts[6]):
            raise Invalid("Invalid parameter: SubscriptionId")
        return cls(
            topic=TopicArn(region=parts[3], account_id=parts[4], name=parts[5]),
            subscription_id=parts[6],
        )

    def __str__(self) -> str:
        return f"{self.topic}:{self.subscription_id}"


def _parts(text: str, member: str) -> list[str]:
    parts = text.split(":")
    if len(parts) < _ELEMENTS:
        raise Invalid(
            f"Invalid parameter: {member} Reason: An ARN must have at least {_ELEMENTS} elements, not {len(parts)}"
        )
    return parts


def _is_ours(parts: list[str]) -> bool:
    return (
        parts[:3] == ["arn", "aws", "sns"]
        and _REGION.fullmatch(parts[3]) is not None
        and _ACCOUNT.fullmatch(parts[4]) is not None
    )
