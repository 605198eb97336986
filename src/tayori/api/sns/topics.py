"""Topics and their permissions, in SNS's words."""

from tayori.api import listing
from tayori.api.registry import Call, Request, Response, operation
from tayori.api.sns.asking import topic_of
from tayori.api.sns.tags import wanted_tags
from tayori.model import topic_attributes
from tayori.model.errors import Invalid, NotOffered
from tayori.model.topic_arn import TopicArn
from tayori.resources import subscriptions, topics
from tayori.resources.subscriptions import State
from tayori.resources.topics import Topic

_PAGE = 100


@operation("sns", "CreateTopic")
def create_topic(call: Call, request: Request) -> Response:
    if request.get("DataProtectionPolicy"):
        raise NotOffered("Data protection policies are not offered by this release. Leave out DataProtectionPolicy.")
    if request["Name"].endswith(".fifo"):
        raise NotOffered("FIFO topics are not offered by this release. Create a standard topic.")
    arn = TopicArn(region=call.region, account_id=call.account_id, name=request["Name"])
    tags = wanted_tags(request.get("Tags", ()))
    topics.create(call.tx, arn, request.get("Attributes", {}), tags)
    return {"TopicArn": str(arn)}


@operation("sns", "DeleteTopic")
def delete_topic(call: Call, request: Request) -> Response:
    """Deleted again, it is deleted."""
    arn = TopicArn.parse(request["TopicArn"])
    if arn.region != call.region:
        raise Invalid("Invalid parameter: TopicArn")
    if arn.account_id != call.account_id:
        topic_of(call, request["TopicArn"], "DeleteTopic")
    topics.delete(call.tx, arn)
    return {}


@operation("sns", "ListTopics")
def list_topics(call: Call, request: Request) -> Response:
    def fetch(after: str, limit: int) -> list[TopicArn]:
        return topics.arns(call.tx, call.account_id, call.region, after=after, limit=limit)

    found, following = listing.page(call, "sns-topic", request.get("NextToken"), _PAGE, fetch, lambda arn: arn.name)
    return {"Topics": [{"TopicArn": str(arn)} for arn in found]} | ({"NextToken": following} if following else {})


@operation("sns", "GetTopicAttributes")
def get_topic_attributes(call: Call, request: Request) -> Response:
    topic = topic_of(call, request["TopicArn"], "GetTopicAttributes")
    return {"Attributes": _shown(call, topic)}


def _shown(call: Call, topic: Topic) -> dict[str, str]:
    counts = subscriptions.counts(call.tx, topic.arn)
    return {
        "DisplayName": "",
        **topic.attributes,
        "Policy": topic.policy,
        "Owner": topic.arn.account_id,
        "TopicArn": str(topic.arn),
        "SubscriptionsConfirmed": str(counts.get(State.CONFIRMED, 0)),
        "SubscriptionsPending": str(counts.get(State.PENDING, 0)),
        "SubscriptionsDeleted": str(topic.subscriptions_deleted),
        "EffectiveDeliveryPolicy": topic_attributes.effective_topic_policy(topic.attributes.get("DeliveryPolicy", "")),
    }


@operation("sns", "SetTopicAttributes")
def set_topic_attributes(call: Call, request: Request) -> Response:
    topic = topic_of(call, request["TopicArn"], "SetTopicAttributes")
    topics.put_attribute(call.tx, topic.arn, request["AttributeName"], request.get("AttributeValue", ""))
    return {}


@operation("sns", "AddPermission")
def add_permission(call: Call, request: Request) -> Response:
    topic = topic_of(call, request["TopicArn"], "AddPermission")
    topics.add_permission(call.tx, topic.arn, request["Label"], request["AWSAccountId"], request["ActionName"])
    return {}


@operation("sns", "RemovePermission")
def remove_permission(call: Call, request: Request) -> Response:
    topic = topic_of(call, request["TopicArn"], "RemovePermission")
    topics.remove_permission(call.tx, topic.arn, request["Label"])
    return {}
