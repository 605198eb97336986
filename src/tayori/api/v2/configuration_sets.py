"""Configuration sets and their option groups; each group has a PUT of its own that replaces it whole."""

from collections.abc import Mapping
from typing import Any

from tayori.api import listing
from tayori.api.registry import Call, Request, Response, operation
from tayori.aws.paging import BadPageToken
from tayori.model.errors import Invalid, NotOffered
from tayori.resources import configuration_sets, reputation, tags
from tayori.resources.configuration_sets import ConfigurationSet, OptionGroup

_PAGE, _MOST = 50, 1000
_GROUPS = {
    "DeliveryOptions": OptionGroup.DELIVERY,
    "ReputationOptions": OptionGroup.REPUTATION,
    "SendingOptions": OptionGroup.SENDING,
    "SuppressionOptions": OptionGroup.SUPPRESSION,
    "TrackingOptions": OptionGroup.TRACKING,
    "VdmOptions": OptionGroup.VDM,
    "ArchivingOptions": OptionGroup.ARCHIVING,
}


@operation("sesv2", "CreateConfigurationSet")
def create_configuration_set(call: Call, request: Request) -> Response:
    _refuse_what_is_not_offered(request)
    wanted = ConfigurationSet(
        name=request["ConfigurationSetName"],
        options={
            group: options
            for name, group in _GROUPS.items()
            if name in request and (options := _kept(group, request[name])) is not None
        },
        tags=tags.check(request.get("Tags", ())),
    )
    configuration_sets.create(call.tx, call.account_id, call.region, wanted)
    return {}


def _refuse_what_is_not_offered(request: Request) -> None:
    if "SmimeScheme" in request.get("MessageSecurityOptions", {}).get("SigningScheme", {}):
        raise NotOffered("S/MIME signing is not offered by this release. Leave out MessageSecurityOptions.")


@operation("sesv2", "GetConfigurationSet")
def get_configuration_set(call: Call, request: Request) -> Response:
    """Sending and reputation options show always, the other groups once they were set (ses: probed)."""
    found = configuration_sets.get(call.tx, call.account_id, call.region, request["ConfigurationSetName"])
    answer: dict[str, Any] = {name: found.options[group] for name, group in _GROUPS.items() if group in found.options}
    return {
        "SendingOptions": {"SendingEnabled": True},
        **answer,
        "ReputationOptions": _reputation(call, found),
        "ConfigurationSetName": found.name,
        "Tags": [{"Key": key, "Value": value} for key, value in found.tags.items()],
    }


def _reputation(call: Call, found: ConfigurationSet) -> dict[str, Any]:
    """LastFreshStart is shown once there was one (ses)."""
    options = {"ReputationMetricsEnabled": False, **found.options.get(OptionGroup.REPUTATION, {})}
    started = reputation.fresh_start(call.tx, call.account_id, call.region, found.name)
    return options | ({"LastFreshStart": started} if started else {})


@operation("sesv2", "UpdateConfigurationSet")
def update_configuration_set(call: Call, request: Request) -> Response:
    """Choose how the set's messages are signed: the default scheme, which every set has; S/MIME is refused."""
    _refuse_what_is_not_offered(request)
    configuration_sets.get(call.tx, call.account_id, call.region, request["ConfigurationSetName"])
    return {}


@operation("sesv2", "ListConfigurationSets")
def list_configuration_sets(call: Call, request: Request) -> Response:
    size = request.get("PageSize", _PAGE)
    if not 1 <= size <= _MOST:
        raise Invalid(f"The page size must be between 1 and {_MOST}")

    contains = request.get("Filter", {}).get("CONFIGURATION_SET_NAME_CONTAINS", "")

    def fetch(after: str, limit: int) -> list[str]:
        place = call.account_id, call.region
        return configuration_sets.names(call.tx, *place, after=after, limit=limit, contains=contains)

    try:
        names, following = listing.page(call, "configuration-set", request.get("NextToken"), size, fetch, str)
    except BadPageToken as error:
        raise Invalid(f"invalid nextToken {error.token[:200]}") from error
    return {"ConfigurationSets": names} | ({"NextToken": following} if following else {})


@operation("sesv2", "DeleteConfigurationSet")
def delete_configuration_set(call: Call, request: Request) -> Response:
    configuration_sets.delete(call.tx, call.account_id, call.region, request["ConfigurationSetName"])
    return {}


# --- one PUT for each group ---


@operation("sesv2", "PutConfigurationSetDeliveryOptions")
def put_configuration_set_delivery_options(call: Call, request: Request) -> Response:
    return _put(call, request, OptionGroup.DELIVERY)


@operation("sesv2", "PutConfigurationSetReputationOptions")
def put_configuration_set_reputation_options(call: Call, request: Request) -> Response:
    return _put(call, request, OptionGroup.REPUTATION)


@operation("sesv2", "PutConfigurationSetSendingOptions")
def put_configuration_set_sending_options(call: Call, request: Request) -> Response:
    return _put(call, request, OptionGroup.SENDING)


@operation("sesv2", "PutConfigurationSetSuppressionOptions")
def put_configuration_set_suppression_options(call: Call, request: Request) -> Response:
    return _put(call, request, OptionGroup.SUPPRESSION)


@operation("sesv2", "PutConfigurationSetTrackingOptions")
def put_configuration_set_tracking_options(call: Call, request: Request) -> Response:
    """Without a domain and a policy they are cleared; a policy alone is refused (ses: probed)."""
    names = ("CustomRedirectDomain", "HttpsPolicy")
    options = {name: request[name] for name in names if name in request}
    if not options:
        configuration_sets.put_options(
            call.tx, call.account_id, call.region, request["ConfigurationSetName"], OptionGroup.TRACKING, None
        )
        return {}
    return _put(call, request, OptionGroup.TRACKING, options)


@operation("sesv2", "PutConfigurationSetVdmOptions")
def put_configuration_set_vdm_options(call: Call, request: Request) -> Response:
    return _put(call, request, OptionGroup.VDM, request.get("VdmOptions", {}))


@operation("sesv2", "PutConfigurationSetArchivingOptions")
def put_configuration_set_archiving_options(call: Call, request: Request) -> Response:
    return _put(call, request, OptionGroup.ARCHIVING)


def _put(call: Call, request: Request, group: OptionGroup, options: Mapping[str, Any] | None = None) -> Response:
    if options is None:
        options = {name: value for name, value in request.items() if name != "ConfigurationSetName"}
    configuration_sets.put_options(
        call.tx, call.account_id, call.region, request["ConfigurationSetName"], group, _kept(group, options)
    )
    return {}


def _kept(group: OptionGroup, options: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What of a group is kept; None clears it. A flag that is left out is false, so an empty PUT switches off (ses)."""
    if group is OptionGroup.SENDING:
        return {"SendingEnabled": bool(options.get("SendingEnabled"))}
    if group is OptionGroup.REPUTATION:  # LastFreshStart is the service's to say
        return {"ReputationMetricsEnabled": bool(options.get("ReputationMetricsEnabled"))}
    if group is OptionGroup.TRACKING:
        return options
    return options or None
