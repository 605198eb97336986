"""Targets of event destinations other than topics: what SES asks of them, and which ones this installation can serve.

Owns the check of a target when it is set. What the operator has not set up is refused then, so that nobody waits for
events that never come. (ses: event destinations; AWS::SES::ConfigurationSetEventDestination has the patterns.)
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tayori.model.errors import Invalid, InvalidCloudWatchDestination, InvalidFirehoseDestination, NotOffered

MOST_DIMENSIONS = 10  # of one CloudWatch destination (ses: quotas)
_BUS = re.compile(r"arn:aws[a-z0-9-]*:events:([a-z0-9-]+):([0-9]{12}):event-bus/([^:]{1,256})")
_STREAM = re.compile(r"arn:aws[a-z0-9-]*:firehose:([a-z0-9-]+):([0-9]{12}):deliverystream/([A-Za-z0-9_.-]{1,64})")
_ROLE = re.compile(r"arn:aws[a-z0-9-]*:iam::[0-9]{12}:role/.{1,512}")
_DIMENSION_NAME = re.compile(r"[A-Za-z0-9_:-]{1,255}")  # a colon stands in names such as ses:from-domain
_DIMENSION_VALUE = re.compile(r"[A-Za-z0-9_.@-]{1,255}")


class TargetKind(StrEnum):
    SNS = "sns"
    CLOUDWATCH = "cloudwatch"
    FIREHOSE = "firehose"
    EVENTBRIDGE = "eventbridge"
    PINPOINT = "pinpoint"


class ValueSource(StrEnum):
    """Where the value of a dimension is taken from."""

    MESSAGE_TAG = "MESSAGE_TAG"
    EMAIL_HEADER = "EMAIL_HEADER"
    LINK_TAG = "LINK_TAG"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What the operator has set up. `streams` are names, or `<account>/<name>` for one account's alone."""

    eventbridge: bool = False
    streams: frozenset[str] = frozenset()
    queues: bool = False  # that topics can have as subscribers


def stream_name(arn: str) -> str:
    """Of an ARN that was checked."""
    return arn.rpartition("/")[2]


def stream_key(account_id: str, name: str, streams: Mapping[str, Any] | frozenset[str]) -> str | None:
    """Under which of the operator's names a stream of an account is served: its own before everybody's."""
    return next((key for key in (f"{account_id}/{name}", name) if key in streams), None)


def check(kind: TargetKind, target: Mapping[str, Any], account_id: str, region: str, offered: Offered) -> None:
    """Raises Invalid or NotOffered. A topic is not looked at."""
    if kind is TargetKind.PINPOINT:
        raise NotOffered(
            "Pinpoint destinations are not offered: Amazon Pinpoint has come to its end. Use an SNS, EventBridge or"
            " Firehose destination."
        )
    if kind is TargetKind.EVENTBRIDGE:
        _check_bus(str(target.get("EventBusArn") or ""), account_id, region, offered)
    elif kind is TargetKind.FIREHOSE:
        _check_stream(target, account_id, region, offered)
    elif kind is TargetKind.CLOUDWATCH:
        _check_dimensions(target.get("DimensionConfigurations") or ())


def _check_bus(arn: str, account_id: str, region: str, offered: Offered) -> None:
    found = _BUS.fullmatch(arn)
    if found is None:
        raise Invalid(f"Invalid EventBridge event bus ARN <{arn[:200]}>.")
    if found.groups() != (region, account_id, "default"):
        raise Invalid(
            f"EventBridge event bus <{arn[:200]}> is not the default bus of account {account_id} in {region}: only the"
            " default bus is supported."
        )
    if not offered.eventbridge:
        raise NotOffered(
            "EventBridge destinations are not offered by this installation: its operator has set neither"
            " events.eventbridge_endpoint nor events.eventbridge_url."
        )


def _check_stream(target: Mapping[str, Any], account_id: str, region: str, offered: Offered) -> None:
    arn, role = str(target.get("DeliveryStreamArn") or ""), str(target.get("IamRoleArn") or "")
    found = _STREAM.fullmatch(arn)
    if found is None:
        raise InvalidFirehoseDestination(f"Invalid Firehose delivery stream ARN <{arn[:200]}>.")
    if _ROLE.fullmatch(role) is None:
        raise InvalidFirehoseDestination(f"Invalid IAM role ARN <{role[:200]}>.")
    if found.groups()[:2] != (region, account_id):
        raise InvalidFirehoseDestination(
            f"Firehose delivery stream <{arn[:200]}> is not one of account {account_id} in {region}."
        )
    if stream_key(account_id, found[3], offered.streams) is None:
        raise InvalidFirehoseDestination(
            f"Firehose delivery stream <{arn[:200]}> does not exist: events.firehose of this installation names no"
            f" stream {found[3]}."
        )


def _check_dimensions(configurations: Sequence[Mapping[str, str]]) -> None:
    if not configurations:
        raise InvalidCloudWatchDestination("CloudWatch metrics dimension configuration list cannot be empty.")
    if len(configurations) > MOST_DIMENSIONS:
        raise InvalidCloudWatchDestination(
            f"CloudWatch metrics dimension configuration list cannot have more than {MOST_DIMENSIONS} entries."
        )
    names = [one["DimensionName"] for one in configurations]
    if len(set(names)) < len(names):
        raise InvalidCloudWatchDestination("CloudWatch metrics dimension names must differ from each other.")
    for one in configurations:
        if not _DIMENSION_NAME.fullmatch(one["DimensionName"]):
            raise InvalidCloudWatchDestination(
                f"Invalid CloudWatch dimension name <{one['DimensionName'][:255]}>: only alphanumeric ASCII"
                " characters, '_', '-', and ':' are allowed."
            )
        if not _DIMENSION_VALUE.fullmatch(one["DefaultDimensionValue"]):
            raise InvalidCloudWatchDestination(
                f"Invalid default dimension value <{one['DefaultDimensionValue'][:255]}>: only alphanumeric ASCII"
                " characters, '_', '-', '@', and '.' are allowed."
            )
