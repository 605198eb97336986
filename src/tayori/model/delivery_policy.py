"""How often a notification is tried again and when: SNS's delivery policies.

Owns the phases that SNS documents for each kind of endpoint (sns: message delivery retries), and what a user's own
policy for HTTP/S may change in them. Never knows what an attempt came to.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any


class Growth(StrEnum):
    """`backoffFunction`: how the delay grows from the least to the most during the backoff phase."""

    LINEAR = "linear"
    ARITHMETIC = "arithmetic"
    GEOMETRIC = "geometric"
    EXPONENTIAL = "exponential"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPolicy:
    """Retries in four phases: at once, at the least delay, growing, at the most delay. Delays in seconds."""

    immediate: int
    at_least_delay: int
    growing: int
    at_most_delay: int
    least: float
    most: float
    growth: Growth = Growth.EXPONENTIAL
    bound: int = 1_000_000  # on the retries of all phases together
    content_type: str = ""  # of an HTTP request, where the policy asks for one

    @property
    def retries(self) -> int:
        return min(self.bound, self.immediate + self.at_least_delay + self.growing + self.at_most_delay)

    def delay(self, attempts: int) -> timedelta | None:
        """The pause after `attempts` tries that failed (one or more), or None where that was the last."""
        retry = attempts - 1
        if retry >= self.retries:
            return None
        if retry < self.immediate:
            return timedelta()
        retry -= self.immediate
        if retry < self.at_least_delay:
            return timedelta(seconds=self.least)
        retry -= self.at_least_delay
        if retry < self.growing:
            return timedelta(seconds=self._grown((retry + 1) / self.growing))
        return timedelta(seconds=self.most)

    def _grown(self, part: float) -> float:
        """The delay after a part (0 to 1) of the backoff phase."""
        if self.growth is Growth.ARITHMETIC:
            part = part * (part + 1) / 2
        elif self.growth is Growth.GEOMETRIC:
            part = part * part
        elif self.growth is Growth.EXPONENTIAL:
            return float(max(self.least, 0.1) * (self.most / max(self.least, 0.1)) ** part)
        return self.least + (self.most - self.least) * part


# 50 tries within the quarter of an hour, for hosts of customers.
HTTP = DeliveryPolicy(immediate=3, at_least_delay=2, growing=10, at_most_delay=34, least=1, most=20)
# 100,015 tries over 23 days, for what SNS calls AWS managed endpoints.
QUEUE = DeliveryPolicy(immediate=3, at_least_delay=2, growing=10, at_most_delay=99_999, least=1, most=20)
# 50 tries over six hours. A mail that was taken is the queue's affair; this is for handing it over.
MAIL = DeliveryPolicy(immediate=0, at_least_delay=2, growing=10, at_most_delay=37, least=10, most=600)

# 20 tries over about three days, for webhooks.
WEBHOOK = DeliveryPolicy(immediate=0, at_least_delay=3, growing=10, at_most_delay=6, least=5, most=30_000)

_LONGEST = 3600.0  # seconds, of all retries of an HTTP/S policy together (sns: a hard limit)


def policy_of(protocol: str, subscription: str = "", topic: str = "") -> DeliveryPolicy:
    """The policy for a protocol, with the DeliveryPolicy (JSON) of the subscription or else of the topic in it."""
    if protocol in ("email", "email-json", "feedback"):
        return MAIL
    if protocol == "webhook":
        return WEBHOOK
    if protocol not in ("http", "https"):
        return QUEUE
    of_subscription, of_topic = _read(subscription), _read(topic).get("http", {})
    if of_topic.get("disableSubscriptionOverrides"):
        of_subscription = {}
    healthy = of_subscription.get("healthyRetryPolicy") or of_topic.get("defaultHealthyRetryPolicy")
    request = of_subscription.get("requestPolicy") or of_topic.get("defaultRequestPolicy") or {}
    policy = _healthy(healthy) if healthy else HTTP
    return replace(policy, content_type=str(request.get("headerContentType") or ""))


def _read(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _healthy(given: Mapping[str, Any]) -> DeliveryPolicy:
    """`healthyRetryPolicy`: what is left of numRetries after the other phases is the backoff phase."""
    least = float(given.get("minDelayTarget") or 20)
    immediate, first, last = (
        int(given.get(name) or 0) for name in ("numNoDelayRetries", "numMinDelayRetries", "numMaxDelayRetries")
    )
    retries = given.get("numRetries")
    policy = DeliveryPolicy(
        immediate=immediate,
        at_least_delay=first,
        growing=max(0, int(3 if retries is None else retries) - immediate - first - last),
        at_most_delay=last,
        least=least,
        most=max(least, float(given.get("maxDelayTarget") or 20)),
        growth=Growth(given.get("backoffFunction") or Growth.LINEAR),
    )
    return _within_an_hour(policy)


def _within_an_hour(policy: DeliveryPolicy) -> DeliveryPolicy:
    total, retries = 0.0, 0
    while (delay := policy.delay(retries + 1)) is not None and total + delay.total_seconds() <= _LONGEST:
        total += delay.total_seconds()
        retries += 1
    return replace(policy, bound=retries)
