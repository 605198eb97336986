"""Topics that are told of an identity's bounces, complaints and deliveries; only v1 has operations for them."""

from typing import Any

from tayori.api.identity_work import name_of
from tayori.api.registry import Call, Request, Response, operation
from tayori.model.errors import Invalid, InvalidDestination
from tayori.resources import identities, identity_notifications
from tayori.resources.identity_notifications import NotificationType


@operation("ses", "SetIdentityNotificationTopic")
def set_identity_notification_topic(call: Call, request: Request) -> Response:
    """Without a topic, none is told any more."""
    try:
        identity_notifications.put_topic(
            call.tx,
            call.account_id,
            call.region,
            name_of(request["Identity"]),
            NotificationType(request["NotificationType"]),
            request.get("SnsTopic"),
        )
    except InvalidDestination as error:  # whose code only event destinations have
        raise Invalid(error.message) from error
    return {}


@operation("ses", "SetIdentityHeadersInNotificationsEnabled")
def set_identity_headers_in_notifications_enabled(call: Call, request: Request) -> Response:
    identity_notifications.put_headers(
        call.tx,
        call.account_id,
        call.region,
        name_of(request["Identity"]),
        NotificationType(request["NotificationType"]),
        included=request["Enabled"],
    )
    return {}


@operation("ses", "SetIdentityFeedbackForwardingEnabled")
def set_identity_feedback_forwarding_enabled(call: Call, request: Request) -> Response:
    name = name_of(request["Identity"])
    if not request["ForwardingEnabled"]:
        identity_notifications.check_forwarding_can_end(call.tx, call.account_id, call.region, name)
    identities.put_feedback(call.tx, call.account_id, call.region, name, forwarding=request["ForwardingEnabled"])
    return {}


@operation("ses", "GetIdentityNotificationAttributes")
def get_identity_notification_attributes(call: Call, request: Request) -> Response:
    """What was set for each identity itself, by the name that was asked for; unknown ones are left out."""
    names = {text: name_of(text) for text in request["Identities"]}
    if len(names) > 100:
        raise Invalid("Up to 100 identities can be asked for at once.")
    known = identity_notifications.look(call.tx, call.account_id, call.region, list(names.values()))
    return {"NotificationAttributes": {text: _shown(known[name]) for text, name in names.items() if name in known}}


def _shown(found: identity_notifications.NotificationSettings) -> dict[str, Any]:
    shown: dict[str, Any] = {"ForwardingEnabled": found.forwarding}
    for kind in NotificationType:
        if kind in found.topics:
            shown[f"{kind}Topic"] = found.topics[kind]
        shown[f"HeadersIn{kind}NotificationsEnabled"] = kind in found.with_headers
    return shown
