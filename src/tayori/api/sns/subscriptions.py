"""Subscriptions, in SNS's words. Confirming and leaving also come without a signature, as links in notifications."""

from typing import Any

from tayori import ids
from tayori.api import listing
from tayori.api.registry import Call, ComposeCall, Request, Response, operation
from tayori.api.sns.asking import own_subscription, topic_of
from tayori.aws.paging import BadPageToken
from tayori.model import topic_attributes
from tayori.model.errors import AccessDenied, Invalid, NotOffered
from tayori.model.event_target import Offered
from tayori.model.shown_url import shown
from tayori.model.topic_arn import SubscriptionArn, TopicArn
from tayori.resources import subscriptions, topics
from tayori.resources.notifications import NotificationKind
from tayori.resources.subscriptions import NewSubscription, Subscription
from tayori.store.engine import Tx

_PAGE = 100
_BY_REQUEST = ("http", "https", "email", "email-json")  # who is told that a subscription ended, and how to restore it


@operation("sns", "Subscribe", mode="compose")
async def subscribe(call: ComposeCall, request: Request) -> Response:
    return await call.store.write(_subscribe, call, request, call.tools.offered_targets)


def _subscribe(tx: Tx, asked: ComposeCall, request: Request, offered: Offered) -> Response:
    call = asked.within(tx)
    topic = topic_of(call, request["TopicArn"], "Subscribe")
    if request["Protocol"] == "sqs" and not offered.queues:
        raise NotOffered(
            "Queues cannot be subscribed to topics of this installation: its operator has not set events.sqs_endpoint."
        )
    topics.hold(call.tx, topic.arn)
    wanted = NewSubscription(
        protocol=request["Protocol"],
        endpoint=request.get("Endpoint", ""),
        owner=call.account_id,
        principal=call.caller_arn,
        subscription_id=ids.request_id(),
        token=ids.subscription_token(),
        attributes=request.get("Attributes", {}),
    )
    found, is_to_confirm = subscriptions.subscribe(call.tx, topic.arn, wanted)
    if is_to_confirm:
        topics.ask_to_confirm(call.tx, topic, found, NotificationKind.SUBSCRIPTION_CONFIRMATION)
    is_shown = found.is_confirmed or request.get("ReturnSubscriptionArn")
    return {"SubscriptionArn": str(found.arn) if is_shown else "pending confirmation"}


@operation("sns", "ConfirmSubscription")
def confirm_subscription(call: Call, request: Request) -> Response:
    """The token decides; a topic's name that is wrong does not matter, its region does (sns: recorded)."""
    try:
        topic = TopicArn.parse(request["TopicArn"])
    except Invalid as error:
        raise Invalid("Invalid parameter: Topic") from error
    found = subscriptions.confirm(
        call.tx,
        topic,
        request["Token"],
        by_account=call.account_id,
        needs_owner_to_leave=request.get("AuthenticateOnUnsubscribe", "").lower() == "true",
    )
    return {"SubscriptionArn": str(found.arn)}


@operation("sns", "Unsubscribe")
def unsubscribe(call: Call, request: Request) -> Response:
    """The owner of the subscription or of the topic ends it for good; without a signature it can be restored."""
    arn = SubscriptionArn.parse(request["SubscriptionArn"])
    found = subscriptions.find(call.tx, arn)
    if found is None or not (found.is_confirmed or call.account_id):
        return {}
    if call.account_id in (found.owner, found.account_id):
        subscriptions.delete(call.tx, arn)
        return {}
    if found.needs_owner_to_leave:
        raise AccessDenied("Only the owner of the subscription or of its topic can unsubscribe it.")
    ended = subscriptions.leave(call.tx, arn, ids.subscription_token())
    if ended is not None and ended.protocol in _BY_REQUEST:
        topic = topics.get(call.tx, arn.topic)
        topics.ask_to_confirm(call.tx, topic, ended, NotificationKind.UNSUBSCRIBE_CONFIRMATION)
    return {}


# -- attributes --------------------------------------------------------------------------------------------------------


@operation("sns", "GetSubscriptionAttributes")
def get_subscription_attributes(call: Call, request: Request) -> Response:
    found = own_subscription(call, request["SubscriptionArn"], "GetSubscriptionAttributes")
    attributes = {
        "RawMessageDelivery": "false",
        **found.attributes,
        "SubscriptionArn": str(found.arn),
        "TopicArn": str(found.topic_arn),
        "Protocol": found.protocol,
        "Endpoint": shown(found.endpoint),
        "Owner": found.owner,
        "SubscriptionPrincipal": found.principal,
        "PendingConfirmation": "false" if found.is_confirmed else "true",
        "ConfirmationWasAuthenticated": "true" if found.confirmed_by_owner else "false",
    }
    if "FilterPolicy" in attributes:
        attributes.setdefault("FilterPolicyScope", "MessageAttributes")
    if found.protocol in ("http", "https"):
        topic = topics.get(call.tx, found.topic_arn)
        attributes["EffectiveDeliveryPolicy"] = topic_attributes.effective_subscription_policy(
            found.attributes.get("DeliveryPolicy", ""), topic.attributes.get("DeliveryPolicy", "")
        )
    return {"Attributes": attributes}


@operation("sns", "SetSubscriptionAttributes")
def set_subscription_attributes(call: Call, request: Request) -> Response:
    found = own_subscription(call, request["SubscriptionArn"], "SetSubscriptionAttributes")
    subscriptions.put_attribute(call.tx, found.arn, request["AttributeName"], request.get("AttributeValue", ""))
    return {}


# -- lists -------------------------------------------------------------------------------------------------------------


@operation("sns", "ListSubscriptions")
def list_subscriptions(call: Call, request: Request) -> Response:
    """Those of the caller's account, to whatever topics."""
    bound_to = f"sns-subscription/{call.account_id}/{call.region}"
    token = request.get("NextToken")
    topic, subscription_id = _position(call.pages.decode(bound_to, token), token) if token else ("", "")
    found = subscriptions.page(call.tx, call.account_id, call.region, after=(topic, subscription_id), limit=_PAGE + 1)
    answer: dict[str, Any] = {"Subscriptions": [_listed(one) for one in found[:_PAGE]]}
    if len(found) > _PAGE:
        last = found[_PAGE - 1]
        answer["NextToken"] = call.pages.encode(bound_to, [last.topic, last.subscription_id])
    return answer


def _position(position: list[Any], token: str) -> tuple[str, str]:
    if len(position) != 2:
        raise BadPageToken(token)
    return str(position[0]), str(position[1])


@operation("sns", "ListSubscriptionsByTopic")
def list_subscriptions_by_topic(call: Call, request: Request) -> Response:
    topic = topic_of(call, request["TopicArn"], "ListSubscriptionsByTopic")

    def fetch(after: str, limit: int) -> list[Subscription]:
        return subscriptions.page_of_topic(call.tx, topic.arn, after=after, limit=limit)

    found, following = listing.page(
        call, f"sns-subscription/{topic.arn}", request.get("NextToken"), _PAGE, fetch, lambda one: one.subscription_id
    )
    return {"Subscriptions": [_listed(one) for one in found]} | ({"NextToken": following} if following else {})


def _listed(subscription: Subscription) -> dict[str, str]:
    return {
        "SubscriptionArn": str(subscription.arn) if subscription.is_confirmed else "PendingConfirmation",
        "Owner": subscription.owner,
        "Protocol": subscription.protocol,
        "Endpoint": shown(subscription.endpoint),
        "TopicArn": str(subscription.topic_arn),
    }
