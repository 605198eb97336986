"""Event destinations of configuration sets."""

from tayori.api.registry import Call, ComposeCall, Request, Response, operation
from tayori.model.event_target import TargetKind
from tayori.resources import event_destinations
from tayori.resources.event_destinations import EventDestination, one_target

# Member of the request → kind of target. What a kind can be asked for is the resource's to say.
TARGETS = {
    "SnsDestination": TargetKind.SNS,
    "CloudWatchDestination": TargetKind.CLOUDWATCH,
    "KinesisFirehoseDestination": TargetKind.FIREHOSE,
    "EventBridgeDestination": TargetKind.EVENTBRIDGE,
    "PinpointDestination": TargetKind.PINPOINT,
}
_MEMBERS = {kind: member for member, kind in TARGETS.items()}


@operation("sesv2", "CreateConfigurationSetEventDestination", mode="compose")
async def create_configuration_set_event_destination(call: ComposeCall, request: Request) -> Response:
    key, wanted = (call.account_id, call.region, request["ConfigurationSetName"]), _wanted(request)
    await call.store.write(event_destinations.create, *key, wanted, call.tools.offered_targets)
    return {}


@operation("sesv2", "UpdateConfigurationSetEventDestination", mode="compose")
async def update_configuration_set_event_destination(call: ComposeCall, request: Request) -> Response:
    key, wanted = (call.account_id, call.region, request["ConfigurationSetName"]), _wanted(request)
    await call.store.write(event_destinations.update, *key, wanted, call.tools.offered_targets)
    return {}


@operation("sesv2", "DeleteConfigurationSetEventDestination")
def delete_configuration_set_event_destination(call: Call, request: Request) -> Response:
    event_destinations.delete(
        call.tx, call.account_id, call.region, request["ConfigurationSetName"], request["EventDestinationName"]
    )
    return {}


@operation("sesv2", "GetConfigurationSetEventDestinations")
def get_configuration_set_event_destinations(call: Call, request: Request) -> Response:
    found = event_destinations.listed(call.tx, call.account_id, call.region, request["ConfigurationSetName"])
    return {
        "EventDestinations": [
            {
                "Name": one.name,
                "Enabled": one.enabled,
                "MatchingEventTypes": list(one.kinds),
                _MEMBERS[one.target_kind]: one.target,
            }
            for one in found
        ]
    }


def _wanted(request: Request) -> EventDestination:
    given = request["EventDestination"]
    kind, target = one_target({TARGETS[name]: value for name, value in given.items() if name in TARGETS})
    return EventDestination(
        name=request["EventDestinationName"],
        enabled=bool(given.get("Enabled")),
        kinds=tuple(dict.fromkeys(given.get("MatchingEventTypes", ()))),
        target_kind=kind,
        target=target,
    )
