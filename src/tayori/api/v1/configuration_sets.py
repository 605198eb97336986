"""Configuration sets in the words of v1, which knows three of the option groups."""

from typing import Any

from tayori.api import listing
from tayori.api.registry import Call, Request, Response, operation
from tayori.api.v1.event_destinations import described
from tayori.api.v1.spelling import camel, upper_snake
from tayori.aws.errors import ApiError
from tayori.aws.paging import BadPageToken
from tayori.model.errors import AlreadyExists, Invalid, Kind, NotFound
from tayori.resources import configuration_sets, reputation
from tayori.resources.configuration_sets import ConfigurationSet, OptionGroup

_PAGE, _MOST = 50, 1000


@operation("ses", "CreateConfigurationSet")
def create_configuration_set(call: Call, request: Request) -> Response:
    wanted = ConfigurationSet(name=request["ConfigurationSet"]["Name"])
    try:
        configuration_sets.create(call.tx, call.account_id, call.region, wanted)
    except Invalid as error:
        raise ApiError("InvalidConfigurationSet", error.message) from error
    return {}


@operation("ses", "DescribeConfigurationSet")
def describe_configuration_set(call: Call, request: Request) -> Response:
    """The name, and what was asked for by attribute names."""
    found = configuration_sets.get(call.tx, call.account_id, call.region, request["ConfigurationSetName"])
    wanted = request.get("ConfigurationSetAttributeNames", ())
    answer: dict[str, Any] = {"ConfigurationSet": {"Name": found.name}}
    if "eventDestinations" in wanted:
        answer["EventDestinations"] = described(call, found.name)
    if "trackingOptions" in wanted and OptionGroup.TRACKING in found.options:
        domain = found.options[OptionGroup.TRACKING]["CustomRedirectDomain"]
        answer["TrackingOptions"] = {"CustomRedirectDomain": domain}
    if "deliveryOptions" in wanted and (policy := found.options.get(OptionGroup.DELIVERY, {}).get("TlsPolicy")):
        answer["DeliveryOptions"] = {"TlsPolicy": camel(policy)}
    if "reputationOptions" in wanted:
        options = found.options.get(OptionGroup.REPUTATION, {})
        started = reputation.fresh_start(call.tx, call.account_id, call.region, found.name)
        answer["ReputationOptions"] = {
            "SendingEnabled": found.sending_enabled,
            "ReputationMetricsEnabled": bool(options.get("ReputationMetricsEnabled")),
        } | ({"LastFreshStart": started} if started else {})
    return answer


@operation("ses", "ListConfigurationSets")
def list_configuration_sets(call: Call, request: Request) -> Response:
    """A page size out of bounds is replaced by the usual one, and a bad token refused without a word (ses: probed)."""
    size = request.get("MaxItems", _PAGE)

    def fetch(after: str, limit: int) -> list[str]:
        return configuration_sets.names(call.tx, call.account_id, call.region, after=after, limit=limit)

    try:
        names, following = listing.page(
            call,
            "configuration-set",
            request.get("NextToken"),
            size if 1 <= size <= _MOST else _PAGE,
            fetch,
            str,
        )
    except BadPageToken as error:
        raise ApiError("InvalidParameterValue", None) from error
    return {"ConfigurationSets": [{"Name": name} for name in names]} | ({"NextToken": following} if following else {})


@operation("ses", "DeleteConfigurationSet")
def delete_configuration_set(call: Call, request: Request) -> Response:
    configuration_sets.delete(call.tx, call.account_id, call.region, request["ConfigurationSetName"])
    return {}


# --- options ---


@operation("ses", "PutConfigurationSetDeliveryOptions")
def put_configuration_set_delivery_options(call: Call, request: Request) -> Response:
    """v1 knows the TLS policy only; what v2 has set beside it stays."""
    policy = request.get("DeliveryOptions", {}).get("TlsPolicy")
    kept = dict(_set(call, request).options.get(OptionGroup.DELIVERY, {}))
    kept.pop("TlsPolicy", None)
    if policy:
        kept["TlsPolicy"] = upper_snake(policy)
    return _put(call, request, OptionGroup.DELIVERY, kept or None)


@operation("ses", "UpdateConfigurationSetSendingEnabled")
def update_configuration_set_sending_enabled(call: Call, request: Request) -> Response:
    return _put(call, request, OptionGroup.SENDING, {"SendingEnabled": request["Enabled"]})


@operation("ses", "UpdateConfigurationSetReputationMetricsEnabled")
def update_configuration_set_reputation_metrics_enabled(call: Call, request: Request) -> Response:
    return _put(call, request, OptionGroup.REPUTATION, {"ReputationMetricsEnabled": request["Enabled"]})


@operation("ses", "CreateConfigurationSetTrackingOptions")
def create_configuration_set_tracking_options(call: Call, request: Request) -> Response:
    name = request["ConfigurationSetName"]
    if OptionGroup.TRACKING in _set(call, request).options:
        raise AlreadyExists(f"Tracking options for configuration set <{name}> already exist.", Kind.TRACKING_OPTIONS)
    return _put(call, request, OptionGroup.TRACKING, request["TrackingOptions"])


@operation("ses", "UpdateConfigurationSetTrackingOptions")
def update_configuration_set_tracking_options(call: Call, request: Request) -> Response:
    """v1 knows the domain only; what v2 has set beside it stays."""
    _require_tracking(call, request)
    known = _set(call, request).options[OptionGroup.TRACKING]
    policy = {name: value for name, value in known.items() if name != "CustomRedirectDomain"}
    return _put(call, request, OptionGroup.TRACKING, policy | request["TrackingOptions"])


@operation("ses", "DeleteConfigurationSetTrackingOptions")
def delete_configuration_set_tracking_options(call: Call, request: Request) -> Response:
    _require_tracking(call, request)
    return _put(call, request, OptionGroup.TRACKING, None)


def _require_tracking(call: Call, request: Request) -> None:
    if OptionGroup.TRACKING not in _set(call, request).options:
        name = request["ConfigurationSetName"]
        raise NotFound(f"Tracking options for configuration set <{name}> do not exist.", Kind.TRACKING_OPTIONS)


def _set(call: Call, request: Request) -> ConfigurationSet:
    return configuration_sets.get(call.tx, call.account_id, call.region, request["ConfigurationSetName"])


def _put(call: Call, request: Request, group: OptionGroup, options: dict[str, Any] | None) -> Response:
    name = request["ConfigurationSetName"]
    try:
        configuration_sets.put_options(call.tx, call.account_id, call.region, name, group, options)
    except Invalid as error:
        if group is OptionGroup.TRACKING:
            raise ApiError("InvalidTrackingOptions", error.message) from error
        raise
    return {}
