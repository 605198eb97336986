"""What all operations of SNS read alike: whose topic a request speaks of, and who asks."""

from tayori.api.registry import Call
from tayori.model.errors import AccessDenied, Invalid
from tayori.model.topic_arn import SubscriptionArn, TopicArn
from tayori.resources import subscriptions, topics
from tayori.resources.subscriptions import Subscription
from tayori.resources.topics import Actor, Topic


def actor_of(call: Call) -> Actor:
    return Actor(account_id=call.account_id, arn=call.caller_arn)


def topic_of(call: Call, text: str, action: str, *, member: str = "TopicArn") -> Topic:
    """The topic of that ARN, where the caller may do `action` with it."""
    arn = TopicArn.parse(text, member)
    if arn.region != call.region:
        raise Invalid(f"Invalid parameter: {member}")
    return topics.for_actor(call.tx, arn, actor_of(call), action)


def own_subscription(call: Call, text: str, action: str) -> Subscription:
    """The subscription of that ARN, where the caller's account owns it or its topic."""
    arn = SubscriptionArn.parse(text)
    found = subscriptions.find(call.tx, arn)
    if call.account_id not in (arn.topic.account_id, found.owner if found is not None else ""):
        raise AccessDenied(f"User: {call.caller_arn} is not authorized to perform: SNS:{action} on resource: {arn}")
    return found if found is not None else subscriptions.get(call.tx, arn)
