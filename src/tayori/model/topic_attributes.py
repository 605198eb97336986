"""Attributes of topics and subscriptions: which there are, what they may hold, what they are where nobody set them.

Owns SNS's texts for what cannot be accepted, and the shape of a delivery policy (what a policy comes to is
`delivery_policy`'s). Attributes that would do nothing here are refused with a sentence, never kept in silence.
"""

import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from tayori.model import filter_policy, topic_policy
from tayori.model.errors import Invalid, NotOffered
from tayori.model.filter_policy import FilterPolicyError, FilterScope

_MAX_DISPLAY_NAME = 100

_BACKOFFS = ("linear", "arithmetic", "geometric", "exponential")
_DEFAULT_RETRIES: Mapping[str, Any] = {
    "minDelayTarget": 20,
    "maxDelayTarget": 20,
    "numRetries": 3,
    "numMaxDelayRetries": 0,
    "numNoDelayRetries": 0,
    "numMinDelayRetries": 0,
    "backoffFunction": "linear",
}
_DEFAULT_REQUEST: Mapping[str, Any] = {"headerContentType": "text/plain; charset=UTF-8"}
_CONTENT_TYPES = ("text/plain", "application/json", "application/xml", "text/html", "application/octet-stream")


class Place(StrEnum):
    """Where an attribute was given: SNS's texts differ by it."""

    AT_CREATION = "Invalid parameter: Attributes Reason: "
    LATER = "Invalid parameter: "


# -- topics ------------------------------------------------------------------------------------------------------------


def topic(name: str, value: str, place: Place = Place.LATER) -> str | None:
    """The value to keep for an attribute of a topic; None where it says what holds anyway. Raises Invalid."""
    if name in _TOPIC:
        return _TOPIC[name](value, place)
    if name in ("FifoTopic", "ContentBasedDeduplication", "FifoThroughputScope", "ArchivePolicy"):
        if place is Place.AT_CREATION and value.lower() == "false":
            return None
        if place is Place.AT_CREATION:
            raise NotOffered("FIFO topics are not offered by this release. Create a standard topic.")
        raise Invalid("Invalid parameter: AttributeName")
    if name == "KmsMasterKeyId" or name.endswith(("FeedbackRoleArn", "FeedbackSampleRate")) or name == "TracingConfig":
        if not value or value == "PassThrough":
            return None
        raise NotOffered(f"The topic attribute {name} belongs to another service of AWS and is not offered here.")
    raise Invalid(f"{place}AttributeName")


def _display_name(value: str, place: Place) -> str | None:
    if len(value) > _MAX_DISPLAY_NAME or not value.isprintable():
        raise Invalid(f"{place}DisplayName")
    return value or None


def _policy(value: str, place: Place) -> str | None:
    return topic_policy.check(value) if value else None


def _signature_version(value: str, place: Place) -> str | None:
    if value not in ("", "1", "2"):
        raise Invalid(f"{place}SignatureVersion")
    return value or None


def _topic_delivery_policy(value: str, place: Place) -> str | None:
    return delivery_policy(value, place, ("defaultHealthyRetryPolicy", "defaultRequestPolicy"), is_topic=True)


_TOPIC: Mapping[str, Callable[[str, Place], str | None]] = {
    "DisplayName": _display_name,
    "Policy": _policy,
    "SignatureVersion": _signature_version,
    "DeliveryPolicy": _topic_delivery_policy,
}


def effective_topic_policy(text: str) -> str:
    """EffectiveDeliveryPolicy of a topic whose DeliveryPolicy is `text`, as SNS writes it."""
    given = json.loads(text).get("http", {}) if text else {}
    return json.dumps(
        {
            "http": {
                "defaultHealthyRetryPolicy": {**_DEFAULT_RETRIES, **given.get("defaultHealthyRetryPolicy", {})},
                "disableSubscriptionOverrides": bool(given.get("disableSubscriptionOverrides")),
                "defaultRequestPolicy": {**_DEFAULT_REQUEST, **given.get("defaultRequestPolicy", {})},
            }
        },
        separators=(",", ":"),
    )


def effective_subscription_policy(own: str, of_topic: str) -> str:
    """EffectiveDeliveryPolicy of a subscription over HTTP/S."""
    topic_wide = json.loads(effective_topic_policy(of_topic))["http"]
    given = {} if topic_wide["disableSubscriptionOverrides"] or not own else json.loads(own)
    return json.dumps(
        {
            "healthyRetryPolicy": {
                **topic_wide["defaultHealthyRetryPolicy"],
                **(given.get("healthyRetryPolicy") or {}),
            },
            "requestPolicy": {**topic_wide["defaultRequestPolicy"], **(given.get("requestPolicy") or {})},
        },
        separators=(",", ":"),
    )


# -- subscriptions -----------------------------------------------------------------------------------------------------


def subscription(name: str, value: str, protocol: str, place: Place = Place.LATER) -> str | None:
    """The value to keep for an attribute of a subscription; None clears it. Raises Invalid."""
    if name == "RawMessageDelivery":
        return _raw(value, protocol, place)
    if name == "FilterPolicyScope":
        if value not in list(FilterScope):
            raise Invalid(
                f"{place}FilterPolicyScope: Invalid value [{value[:100]}]."
                " Please use either MessageBody or MessageAttributes"
            )
        return value
    if name == "FilterPolicy":
        return value if value.strip() not in ("", "{}") else None  # held against its scope by `check_filter`
    if name == "DeliveryPolicy":
        if value and protocol not in ("http", "https"):
            raise Invalid(f"{place}DeliveryPolicy: only HTTP/S subscriptions have one")
        return delivery_policy(value, place, ("healthyRetryPolicy", "requestPolicy"), is_topic=False)
    if name == "RedrivePolicy":
        return _redrive(value, place)
    if name == "ReplayPolicy":
        raise NotOffered("FIFO topics are not offered by this release, and nothing else can be replayed.")
    if name == "SubscriptionRoleArn":
        raise NotOffered("Subscriptions of Firehose are not offered by this release. Leave out SubscriptionRoleArn.")
    raise Invalid(f"{place}AttributeName")


def check_filter(attributes: Mapping[str, str], place: Place = Place.LATER) -> None:
    """Policy and scope must go together, whichever of them was set last."""
    text = attributes.get("FilterPolicy")
    if text is None:
        return
    try:
        filter_policy.parse(text, scope_of(attributes))
    except FilterPolicyError as error:
        raise Invalid(f"{place}FilterPolicy: {error}") from error


def scope_of(attributes: Mapping[str, str]) -> FilterScope:
    return FilterScope(attributes.get("FilterPolicyScope", FilterScope.ATTRIBUTES))


def _raw(value: str, protocol: str, place: Place) -> str | None:
    if value.lower() not in ("true", "false"):
        raise Invalid(f"{place}RawMessageDelivery: Invalid value [{value[:100]}]. Must be true or false.")
    if value.lower() == "true" and protocol not in ("http", "https", "sqs"):
        raise Invalid(
            f"{place}RawMessageDelivery: Delivery protocol [{protocol}] does not support raw message delivery."
        )
    return value.lower()


def _redrive(value: str, place: Place) -> str | None:
    if not value:
        return None
    document = _object(value, f"{place}RedrivePolicy: failed to parse JSON.")
    target = document.get("deadLetterTargetArn")
    if document.keys() != {"deadLetterTargetArn"} or not isinstance(target, str) or not is_queue(target):
        raise Invalid(f"{place}RedrivePolicy: deadLetterTargetArn is an invalid arn")
    return json.dumps(document, separators=(",", ":"))


def is_queue(text: str) -> bool:
    """Whether it is the ARN of an SQS queue."""
    parts = text.split(":")
    return len(parts) == 6 and parts[0] == "arn" and parts[2] == "sqs" and all(parts) and text.isascii()


# -- delivery policies -------------------------------------------------------------------------------------------------


def delivery_policy(value: str, place: Place, parts: tuple[str, str], *, is_topic: bool) -> str | None:
    if not value:
        return None
    complaint = f"{place}DeliveryPolicy: "
    document = _object(value, f"{complaint}failed to parse JSON.")
    inner = document.get("http", {}) if is_topic else document
    allowed = {*parts, "disableSubscriptionOverrides", "defaultThrottlePolicy", "throttlePolicy", "sicklyRetryPolicy"}
    if not isinstance(inner, dict) or (is_topic and document.keys() - {"http"}) or inner.keys() - allowed:
        raise Invalid(f"{complaint}Unexpected JSON member")
    if any(name.lower().endswith("throttlepolicy") and part for name, part in inner.items()):
        raise NotOffered("Throttle policies of subscriptions are not offered by this release. Leave them out.")
    _check_retries(inner.get(parts[0]), complaint)
    _check_request(inner.get(parts[1]), complaint)
    return json.dumps(document, separators=(",", ":"))


def _check_retries(retries: Any, complaint: str) -> None:
    if retries is None:
        return
    if not isinstance(retries, dict) or retries.keys() - _DEFAULT_RETRIES.keys():
        raise Invalid(f"{complaint}Unexpected JSON member")
    if retries.get("backoffFunction", "linear") not in _BACKOFFS:
        raise Invalid(f"{complaint}backoffFunction must be one of {', '.join(_BACKOFFS)}")
    numbers = {**_DEFAULT_RETRIES, **{name: value for name, value in retries.items() if value is not None}}
    del numbers["backoffFunction"]
    if not all(isinstance(value, int) and not isinstance(value, bool) for value in numbers.values()):
        raise Invalid(f"{complaint}the values of a retry policy must be whole numbers")
    if not 1 <= numbers["minDelayTarget"] <= numbers["maxDelayTarget"] <= 3600:
        raise Invalid(f"{complaint}minDelayTarget and maxDelayTarget must be between 1 and 3600, in this order")
    if not 0 <= numbers["numRetries"] <= 100 or min(numbers.values()) < 0:
        raise Invalid(f"{complaint}numRetries must be between 0 and 100")
    phases = ("numNoDelayRetries", "numMinDelayRetries", "numMaxDelayRetries")
    if sum(numbers[name] for name in phases) > numbers["numRetries"]:
        raise Invalid(f"{complaint}numRetries must be at least the sum of the retries of all phases")


def _check_request(request: Any, complaint: str) -> None:
    if request is None:
        return
    if not isinstance(request, dict) or request.keys() - {"headerContentType"}:
        raise Invalid(f"{complaint}Unexpected JSON member")
    kind = request.get("headerContentType", "text/plain")
    if not isinstance(kind, str) or not kind.isprintable() or kind.partition(";")[0].strip() not in _CONTENT_TYPES:
        raise Invalid(f"{complaint}headerContentType must be one of {', '.join(_CONTENT_TYPES)}")


def _object(text: str, complaint: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid(complaint) from error
    if not isinstance(document, dict):
        raise Invalid(complaint)
    return document
