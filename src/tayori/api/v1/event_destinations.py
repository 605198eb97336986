"""Event destinations in the words of v1, which knows eight kinds of events and three kinds of targets."""

from collections.abc import Callable, Mapping
from typing import Any

from tayori.api.registry import Call, ComposeCall, Request, Response, operation
from tayori.api.v1.spelling import camel, upper_snake
from tayori.model.errors import Kind, NotFound
from tayori.model.event_target import TargetKind
from tayori.resources import event_destinations
from tayori.resources.event_destinations import EventDestination, one_target

_TARGETS = {
    "SNSDestination": TargetKind.SNS,
    "CloudWatchDestination": TargetKind.CLOUDWATCH,
    "KinesisFirehoseDestination": TargetKind.FIREHOSE,
}
_MEMBERS = {kind: member for member, kind in _TARGETS.items()}
# What v1 spells differently within a target, as v2 → v1.
_SPELLED = {
    TargetKind.SNS: {"TopicArn": "TopicARN"},
    TargetKind.FIREHOSE: {"IamRoleArn": "IAMRoleARN", "DeliveryStreamArn": "DeliveryStreamARN"},
}
_UNKNOWN = frozenset(("DELIVERY_DELAY", "SUBSCRIPTION"))  # kinds of events that v1 has no word for


@operation("ses", "CreateConfigurationSetEventDestination", mode="compose")
async def create_configuration_set_event_destination(call: ComposeCall, request: Request) -> Response:
    key, wanted = (call.account_id, call.region, request["ConfigurationSetName"]), _wanted(request["EventDestination"])
    await call.store.write(event_destinations.create, *key, wanted, call.tools.offered_targets)
    return {}


@operation("ses", "UpdateConfigurationSetEventDestination", mode="compose")
async def update_configuration_set_event_destination(call: ComposeCall, request: Request) -> Response:
    name, wanted = request["ConfigurationSetName"], _wanted(request["EventDestination"])
    key = call.account_id, call.region, name
    try:
        await call.store.write(event_destinations.update, *key, wanted, call.tools.offered_targets)
    except NotFound as error:
        raise _missing(error, name) from error
    return {}


@operation("ses", "DeleteConfigurationSetEventDestination")
def delete_configuration_set_event_destination(call: Call, request: Request) -> Response:
    name = request["ConfigurationSetName"]
    try:
        event_destinations.delete(call.tx, call.account_id, call.region, name, request["EventDestinationName"])
    except NotFound as error:
        raise _missing(error, name) from error
    return {}


def _missing(error: NotFound, configuration_set: str) -> NotFound:
    """v1 has a text of its own (recorded)."""
    if error.kind is not Kind.EVENT_DESTINATION:
        return error
    return NotFound(f"No EventDestination found for {configuration_set}", Kind.EVENT_DESTINATION)


def _wanted(given: Mapping[str, Any]) -> EventDestination:
    kind, target = one_target({_TARGETS[name]: value for name, value in given.items() if name in _TARGETS})
    spelled = {theirs: ours for ours, theirs in _SPELLED.get(kind, {}).items()}
    return EventDestination(
        name=given["Name"],
        enabled=bool(given.get("Enabled")),
        kinds=tuple(dict.fromkeys(upper_snake(event) for event in given["MatchingEventTypes"])),
        target_kind=kind,
        target={spelled.get(name, name): _respelled(name, value, upper_snake) for name, value in target.items()},
    )


def _respelled(name: str, value: Any, spelling: Callable[[str], str]) -> Any:
    """A target's member, where v1 and v2 have different words: sources of dimensions."""
    if name != "DimensionConfigurations":
        return value
    return [one | {"DimensionValueSource": spelling(one["DimensionValueSource"])} for one in value]


def described(call: Call, configuration_set: str) -> list[dict[str, Any]]:
    """Those that v1 has words for."""
    found = event_destinations.listed(call.tx, call.account_id, call.region, configuration_set)
    return [_shown(one) for one in found if one.target_kind in _MEMBERS]


def _shown(one: EventDestination) -> dict[str, Any]:
    spelled = _SPELLED.get(one.target_kind, {})
    return {
        "Name": one.name,
        "Enabled": one.enabled,
        "MatchingEventTypes": [_lower_first(camel(kind)) for kind in one.kinds if kind not in _UNKNOWN],
        _MEMBERS[one.target_kind]: {
            spelled.get(name, name): _respelled(name, value, _lower_camel) for name, value in one.target.items()
        },
    }


def _lower_camel(text: str) -> str:
    return _lower_first(camel(text))


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
