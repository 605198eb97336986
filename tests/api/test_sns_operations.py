"""SNS as boto3 sees it: topics, permissions, subscriptions, publishing, tags; and the links that need no signature."""

import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from botocore.exceptions import ClientError
from served import OTHER_ACCOUNT, Service

from population import ACCOUNT, REGION
from tayori.model.event_target import Offered
from tayori.resources import subscriptions
from tayori.store.notification_tables import notifications
from tayori.store.notification_tables import subscriptions as table

QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:feedback"
HOOK = "https://hooks.example.com/ses"


@pytest.fixture
def sns(service: Service) -> Any:
    return service.client("sns")


@pytest.fixture
def topic(sns: Any) -> str:
    return str(sns.create_topic(Name="bounces")["TopicArn"])


def refusal(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def outbox(service: Service) -> list[Any]:
    def rows(tx: Any) -> list[Any]:
        return list(tx.execute(sa.select(notifications).order_by(notifications.c.created_at, notifications.c.endpoint)))

    return [{**row._mapping, "envelope": json.loads(row.envelope)} for row in service.transact(rows)]


def token_of(service: Service, endpoint: str = HOOK) -> str:
    def find(tx: Any) -> str:
        return str(tx.execute(sa.select(table.c.token).where(table.c.endpoint == endpoint)).scalar_one())

    return str(service.transact(find))


def follow(service: Service, **fields: str) -> tuple[int, str]:
    """Open a link of a notification: no signature, no client."""
    query = "&".join(f"{name}={quote(value)}" for name, value in fields.items())
    try:
        with urllib.request.urlopen(f"{service.url}/?{query}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


# -- topics ------------------------------------------------------------------------------------------------------------


def test_creating_a_topic_again_gives_the_same(sns: Any, topic: str) -> None:
    assert topic == f"arn:aws:sns:{REGION}:{ACCOUNT}:bounces"
    assert sns.create_topic(Name="bounces")["TopicArn"] == topic
    sns.create_topic(Name="named", Attributes={"DisplayName": "Shop"})
    assert sns.create_topic(Name="named")["TopicArn"].endswith(":named")
    assert refusal(sns.create_topic, Name="named", Attributes={"DisplayName": "Other"}) == (
        "InvalidParameter",
        "Invalid parameter: Attributes Reason: Topic already exists with different attributes",
    )


@pytest.mark.parametrize("name", ["", "with space", "x" * 257, "ümlaut", "a\tb"])
def test_a_name_that_no_topic_has(sns: Any, name: str) -> None:
    assert refusal(sns.create_topic, Name=name) == ("InvalidParameter", "Invalid parameter: Topic Name")


def test_fifo_topics_are_refused_with_a_sentence(sns: Any) -> None:
    expected = "FIFO topics are not offered by this release. Create a standard topic."
    assert refusal(sns.create_topic, Name="a.fifo", Attributes={"FifoTopic": "true"})[1] == expected
    assert refusal(sns.create_topic, Name="a", Attributes={"FifoTopic": "true"})[1] == expected
    sns.create_topic(Name="a", Attributes={"FifoTopic": "false"})


def test_attributes_of_a_topic(sns: Any, topic: str) -> None:
    policy = json.dumps({"http": {"defaultHealthyRetryPolicy": {"numRetries": 5, "minDelayTarget": 1}}})
    sns.set_topic_attributes(TopicArn=topic, AttributeName="DeliveryPolicy", AttributeValue=policy)
    sns.set_topic_attributes(TopicArn=topic, AttributeName="SignatureVersion", AttributeValue="2")
    sns.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue="Shop")
    found = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert (found["DisplayName"], found["SignatureVersion"]) == ("Shop", "2")
    effective = json.loads(found["EffectiveDeliveryPolicy"])["http"]["defaultHealthyRetryPolicy"]
    assert (effective["numRetries"], effective["minDelayTarget"], effective["maxDelayTarget"]) == (5, 1, 20)
    sns.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue="")
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["DisplayName"] == ""


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("NoSuchThing", "x", "AttributeName"),
        ("DisplayName", "x" * 101, "DisplayName"),
        ("SignatureVersion", "3", "SignatureVersion"),
        ("Policy", "{", "Policy Error"),
        (
            "Policy",
            json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*"}]}),
            "not one of sns",
        ),
        ("DeliveryPolicy", "[]", "DeliveryPolicy"),
        ("DeliveryPolicy", '{"http":{"defaultHealthyRetryPolicy":{"numRetries":101}}}', "numRetries"),
        ("DeliveryPolicy", '{"http":{"defaultHealthyRetryPolicy":{"backoffFunction":"wild"}}}', "backoffFunction"),
        ("DeliveryPolicy", '{"http":{"defaultThrottlePolicy":{"maxReceivesPerSecond":1}}}', "Throttle policies"),
        ("DeliveryPolicy", '{"http":{"defaultHealthyRetryPolicy":{"numRetries":"5"}}}', "whole numbers"),
        ("KmsMasterKeyId", "alias/aws/sns", "another service of AWS"),
        ("HTTPSuccessFeedbackRoleArn", "arn:aws:iam::1:role/x", "another service of AWS"),
    ],
)
def test_attributes_that_are_refused(sns: Any, topic: str, name: str, value: str, words: str) -> None:
    code, message = refusal(sns.set_topic_attributes, TopicArn=topic, AttributeName=name, AttributeValue=value)
    assert code == "InvalidParameter"
    assert words in message


def test_topics_are_listed_page_by_page(sns: Any) -> None:
    for number in range(103):
        sns.create_topic(Name=f"topic-{number:03}")
    first = sns.list_topics()
    second = sns.list_topics(NextToken=first["NextToken"])
    names = [entry["TopicArn"].rpartition(":")[2] for entry in first["Topics"] + second["Topics"]]
    assert names == [f"topic-{number:03}" for number in range(103)]
    assert "NextToken" not in second
    assert refusal(sns.list_topics, NextToken="nonsense") == ("InvalidParameter", "Invalid parameter: NextToken")


def test_a_deleted_topic_takes_its_subscriptions_and_tags_along(sns: Any, topic: str) -> None:
    sns.tag_resource(ResourceArn=topic, Tags=[{"Key": "team", "Value": "shop"}])
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=QUEUE)
    sns.delete_topic(TopicArn=topic)
    sns.delete_topic(TopicArn=topic)
    assert sns.list_subscriptions()["Subscriptions"] == []
    sns.create_topic(Name="bounces")
    assert sns.list_tags_for_resource(ResourceArn=topic)["Tags"] == []
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []


def test_permissions_come_and_go(sns: Any, topic: str) -> None:
    sns.add_permission(TopicArn=topic, Label="them", AWSAccountId=[OTHER_ACCOUNT], ActionName=["Publish", "Subscribe"])
    policy = json.loads(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])
    assert policy["Statement"][1] == {
        "Sid": "them",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"},
        "Action": ["SNS:Publish", "SNS:Subscribe"],
        "Resource": topic,
    }
    sns.remove_permission(TopicArn=topic, Label="them")
    sns.remove_permission(TopicArn=topic, Label="__default_statement_ID")
    assert json.loads(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])["Statement"] == []
    assert sns.publish(TopicArn=topic, Message="its owner may")["MessageId"]


def test_tags(sns: Any, topic: str) -> None:
    sns.tag_resource(ResourceArn=topic, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    sns.untag_resource(ResourceArn=topic, TagKeys=["a"])
    assert sns.list_tags_for_resource(ResourceArn=topic)["Tags"] == [{"Key": "b", "Value": "2"}]
    many = [{"Key": f"k{number}", "Value": ""} for number in range(50)]
    assert refusal(sns.tag_resource, ResourceArn=topic, Tags=many)[0] == "TagLimitExceeded"
    twice = [{"Key": "a", "Value": "1"}] * 2
    assert "Duplicated keys" in refusal(sns.tag_resource, ResourceArn=topic, Tags=twice)[1]
    missing = topic.replace("bounces", "nothing")
    assert refusal(sns.list_tags_for_resource, ResourceArn=missing) == ("ResourceNotFound", "Resource does not exist")


# -- accounts and regions ----------------------------------------------------------------------------------------------


def test_another_account_needs_a_policy_that_allows_it(service: Service, sns: Any, topic: str) -> None:
    other = service.client("sns", OTHER_ACCOUNT)
    assert other.list_topics()["Topics"] == []
    code, words = refusal(other.publish, TopicArn=topic, Message="x")
    assert code == "AuthorizationError"
    assert words.endswith(
        f"is not authorized to perform: SNS:Publish on resource: {topic} because no resource-based policy allows the"
        " SNS:Publish action"
    )
    missing = topic.replace("bounces", "nothing")
    assert refusal(other.publish, TopicArn=missing, Message="x")[0] == "AuthorizationError"
    for call in (other.get_topic_attributes, other.delete_topic, other.list_subscriptions_by_topic):
        assert refusal(call, TopicArn=topic)[0] == "AuthorizationError"
    sns.add_permission(TopicArn=topic, Label="them", AWSAccountId=[OTHER_ACCOUNT], ActionName=["Publish", "Subscribe"])
    assert other.publish(TopicArn=topic, Message="x")["MessageId"]
    assert refusal(other.delete_topic, TopicArn=topic)[0] == "AuthorizationError"


def test_a_subscription_of_another_account_is_theirs_and_the_topics_owner_s(
    service: Service, sns: Any, topic: str
) -> None:
    other = service.client("sns", OTHER_ACCOUNT)
    sns.add_permission(TopicArn=topic, Label="them", AWSAccountId=[OTHER_ACCOUNT], ActionName=["Subscribe"])
    queue = f"arn:aws:sqs:{REGION}:{OTHER_ACCOUNT}:feedback"
    assert other.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)["SubscriptionArn"] == "pending confirmation"
    other.confirm_subscription(TopicArn=topic, Token=token_of(service, queue))
    (listed,) = other.list_subscriptions()["Subscriptions"]
    assert listed["Owner"] == OTHER_ACCOUNT
    assert sns.list_subscriptions()["Subscriptions"] == []
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == [listed]
    attributes = sns.get_subscription_attributes(SubscriptionArn=listed["SubscriptionArn"])["Attributes"]
    assert attributes["ConfirmationWasAuthenticated"] == "true"
    sns.unsubscribe(SubscriptionArn=listed["SubscriptionArn"])
    assert other.list_subscriptions()["Subscriptions"] == []


def test_a_stranger_sees_nothing_of_a_subscription(service: Service, sns: Any, topic: str) -> None:
    arn = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=QUEUE)["SubscriptionArn"]
    other = service.client("sns", OTHER_ACCOUNT)
    assert refusal(other.get_subscription_attributes, SubscriptionArn=arn)[0] == "AuthorizationError"
    request = {"AttributeName": "RawMessageDelivery", "AttributeValue": "true"}
    assert refusal(other.set_subscription_attributes, SubscriptionArn=arn, **request)[0] == "AuthorizationError"


def test_regions_are_apart(service: Service, sns: Any, topic: str) -> None:
    elsewhere = service.client("sns", region="eu-west-1")
    assert elsewhere.list_topics()["Topics"] == []
    assert refusal(elsewhere.publish, TopicArn=topic, Message="x") == (
        "InvalidParameter",
        "Invalid parameter: TopicArn",
    )
    assert elsewhere.create_topic(Name="bounces")["TopicArn"] == f"arn:aws:sns:eu-west-1:{ACCOUNT}:bounces"
    assert len(sns.list_topics()["Topics"]) == 1


# -- subscribing -------------------------------------------------------------------------------------------------------


def test_a_queue_of_the_own_account_confirms_itself(service: Service, sns: Any, topic: str) -> None:
    arn = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=QUEUE)["SubscriptionArn"]
    assert arn.startswith(f"{topic}:")
    assert sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=QUEUE)["SubscriptionArn"] == arn
    assert outbox(service) == []
    counted = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert (counted["SubscriptionsConfirmed"], counted["SubscriptionsPending"]) == ("1", "0")


@pytest.mark.parametrize(
    ("protocol", "endpoint"),
    [
        ("https", HOOK),
        ("http", "http://hooks.example.com:8080/x"),
        ("email", "Me@Example.com"),
        ("email-json", "m@e.f"),
    ],
)
def test_others_are_asked_first(service: Service, sns: Any, topic: str, protocol: str, endpoint: str) -> None:
    answer = sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=endpoint)
    assert answer["SubscriptionArn"] == "pending confirmation"
    (row,) = outbox(service)
    assert (row["kind"], row["protocol"], row["topic_arn"]) == ("SubscriptionConfirmation", protocol, topic)
    assert row["envelope"]["message"] == (
        f"You have chosen to subscribe to the topic {topic}.\n"
        "To confirm the subscription, visit the SubscribeURL included in this message."
    )
    (listed,) = sns.list_subscriptions()["Subscriptions"]
    assert listed["SubscriptionArn"] == "PendingConfirmation"
    sns.publish(TopicArn=topic, Message="nobody listens yet")
    assert len(outbox(service)) == 1
    confirmed = sns.confirm_subscription(TopicArn=topic, Token=row["envelope"]["token"])["SubscriptionArn"]
    assert sns.confirm_subscription(TopicArn=topic, Token=row["envelope"]["token"])["SubscriptionArn"] == confirmed
    sns.publish(TopicArn=topic, Message="now")
    (sent,) = [item for item in outbox(service) if item["kind"] == "Notification"]
    assert sent["subscription_id"] == confirmed.rpartition(":")[2]


def test_asking_again_sends_the_token_again(service: Service, sns: Any, topic: str) -> None:
    sns.subscribe(TopicArn=topic, Protocol="https", Endpoint=HOOK)
    arn = sns.subscribe(TopicArn=topic, Protocol="https", Endpoint=HOOK, ReturnSubscriptionArn=True)["SubscriptionArn"]
    assert arn.startswith(f"{topic}:")
    first, second = outbox(service)
    assert first["envelope"]["token"] != second["envelope"]["token"] == token_of(service)
    assert len(sns.list_subscriptions()["Subscriptions"]) == 1
    attributes = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert attributes["PendingConfirmation"] == "true"


def test_a_token_is_good_for_three_days(service: Service, sns: Any, topic: str) -> None:
    sns.subscribe(TopicArn=topic, Protocol="https", Endpoint=HOOK)
    token = token_of(service)
    service.clock.advance(subscriptions.TOKEN_LIFETIME.total_seconds() - 60)
    assert len(sns.list_subscriptions()["Subscriptions"]) == 1
    service.clock.advance(120)
    assert refusal(sns.confirm_subscription, TopicArn=topic, Token=token)[1] == "Invalid parameter: Token"
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["SubscriptionsPending"] == "0"
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@b.example")
    assert len(sns.list_subscriptions()["Subscriptions"]) == 1


@pytest.mark.parametrize(
    ("protocol", "endpoint", "words"),
    [
        ("carrier-pigeon", "x", "Amazon SNS does not support this protocol string: carrier-pigeon"),
        ("sms", "+15550001111", "Text messages (sms) cannot be subscribed"),
        ("lambda", "arn:aws:lambda:us-east-1:111122223333:function:f", "AWS Lambda functions cannot be subscribed"),
        ("application", "arn:aws:sns:us-east-1:111122223333:endpoint/x", "Mobile push"),
        ("firehose", "arn:aws:firehose:us-east-1:111122223333:deliverystream/x", "Firehose"),
        ("https", "http://hooks.example.com/", "Endpoint must match the specified protocol"),
        ("https", "https://", "Invalid parameter: Endpoint"),
        ("https", "https://a b/", "Invalid parameter: Endpoint"),
        ("https", "https://h:99999/", "Invalid parameter: Endpoint"),
        ("https", "https://" + "x" * 2048, "Invalid parameter: Endpoint"),
        ("https", "", "no value for required parameter"),
        ("email", "not an address", "Invalid parameter: Email address"),
        ("sqs", "queue", "Invalid parameter: SQS endpoint ARN"),
        ("sqs", QUEUE + ".fifo", "FIFO SQS Queues can not be subscribed"),
    ],
)
def test_endpoints_that_are_refused(sns: Any, topic: str, protocol: str, endpoint: str, words: str) -> None:
    code, message = refusal(sns.subscribe, TopicArn=topic, Protocol=protocol, Endpoint=endpoint)
    assert code == "InvalidParameter"
    assert words in message


def test_attributes_of_a_subscription(sns: Any, topic: str) -> None:
    attributes = {"FilterPolicy": '{"eventType":["Bounce"]}', "FilterPolicyScope": "MessageBody"}
    arn = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=QUEUE, Attributes=attributes)["SubscriptionArn"]
    assert (
        refusal(
            sns.subscribe, TopicArn=topic, Protocol="sqs", Endpoint=QUEUE, Attributes={"RawMessageDelivery": "true"}
        )[1]
        == "Invalid parameter: Attributes Reason: Subscription already exists with different attributes"
    )

    def put(name: str, value: str) -> None:
        sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName=name, AttributeValue=value)

    put("RawMessageDelivery", "true")
    dead = f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"
    put("RedrivePolicy", json.dumps({"deadLetterTargetArn": dead}))
    found = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert (found["FilterPolicyScope"], found["RawMessageDelivery"]) == ("MessageBody", "true")
    assert json.loads(found["RedrivePolicy"]) == {"deadLetterTargetArn": dead}
    put("FilterPolicy", "{}")
    put("RedrivePolicy", "")
    found = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert not {"FilterPolicy", "RedrivePolicy"} & found.keys()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("RawMessageDelivery", "perhaps", "Invalid value [perhaps]. Must be true or false."),
        ("FilterPolicyScope", "Everything", "Invalid value [Everything]. Please use either MessageBody or"),
        ("FilterPolicy", "[", "FilterPolicy: failed to parse JSON."),
        ("FilterPolicy", '{"a":{"b":["c"]}}', "does not support nested"),
        ("RedrivePolicy", '{"deadLetterTargetArn":"x"}', "deadLetterTargetArn is an invalid arn"),
        ("DeliveryPolicy", '{"healthyRetryPolicy":{"numRetries":1}}', "only HTTP/S subscriptions"),
        ("SubscriptionRoleArn", "arn:aws:iam::1:role/x", "Leave out SubscriptionRoleArn"),
        ("Nonsense", "x", "AttributeName"),
    ],
)
def test_subscription_attributes_that_are_refused(sns: Any, topic: str, name: str, value: str, words: str) -> None:
    request = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": QUEUE}
    code, message = refusal(sns.subscribe, **request, Attributes={name: value})
    assert code == "InvalidParameter"
    assert words in message
    arn = sns.subscribe(**request)["SubscriptionArn"]
    code, message = refusal(
        sns.set_subscription_attributes, SubscriptionArn=arn, AttributeName=name, AttributeValue=value
    )
    assert words in message


def test_http_subscriptions_have_a_delivery_policy(sns: Any, topic: str) -> None:
    policy = json.dumps({"healthyRetryPolicy": {"numRetries": 7}})
    arn = sns.subscribe(
        TopicArn=topic,
        Protocol="https",
        Endpoint=HOOK,
        Attributes={"DeliveryPolicy": policy},
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    found = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert json.loads(found["EffectiveDeliveryPolicy"])["healthyRetryPolicy"]["numRetries"] == 7


def test_subscriptions_are_listed_page_by_page(sns: Any, topic: str) -> None:
    for number in range(102):
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"{QUEUE}-{number}")
    for call, request in ((sns.list_subscriptions, {}), (sns.list_subscriptions_by_topic, {"TopicArn": topic})):
        first = call(**request)
        second = call(**request, NextToken=first["NextToken"])
        endpoints = {entry["Endpoint"] for entry in first["Subscriptions"] + second["Subscriptions"]}
        assert (len(first["Subscriptions"]), len(endpoints)) == (100, 102)
        assert "NextToken" not in second


# -- links without a signature -----------------------------------------------------------------------------------------


def test_the_links_of_notifications_need_no_signature(service: Service, sns: Any, topic: str) -> None:
    sns.subscribe(TopicArn=topic, Protocol="https", Endpoint=HOOK)
    status, answer = follow(service, Action="ConfirmSubscription", TopicArn=topic, Token=token_of(service))
    assert status == 200
    (listed,) = sns.list_subscriptions()["Subscriptions"]
    arn = listed["SubscriptionArn"]
    assert f"<SubscriptionArn>{arn}</SubscriptionArn>" in answer
    attributes = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert attributes["ConfirmationWasAuthenticated"] == "false"
    status, answer = follow(service, Action="Unsubscribe", SubscriptionArn=arn)
    assert (status, "<UnsubscribeResponse" in answer) == (200, True)
    assert sns.list_subscriptions()["Subscriptions"] == []
    asked = outbox(service)[-1]
    assert asked["kind"] == "UnsubscribeConfirmation"
    assert asked["envelope"]["message"] == (
        f"You have chosen to deactivate subscription {arn}.\n"
        "To cancel this operation and restore the subscription, visit the SubscribeURL included in this message."
    )
    counted = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert (counted["SubscriptionsConfirmed"], counted["SubscriptionsDeleted"]) == ("0", "1")
    follow(service, Action="ConfirmSubscription", TopicArn=topic, Token=token_of(service))
    assert sns.list_subscriptions()["Subscriptions"][0]["SubscriptionArn"] == arn


def test_whoever_wants_it_can_forbid_the_link_that_unsubscribes(service: Service, sns: Any, topic: str) -> None:
    sns.subscribe(TopicArn=topic, Protocol="https", Endpoint=HOOK)
    arn = sns.confirm_subscription(TopicArn=topic, Token=token_of(service), AuthenticateOnUnsubscribe="true")[
        "SubscriptionArn"
    ]
    status, answer = follow(service, Action="Unsubscribe", SubscriptionArn=arn)
    assert (status, "<Code>AuthorizationError</Code>" in answer) == (403, True)
    sns.unsubscribe(SubscriptionArn=arn)
    assert sns.list_subscriptions()["Subscriptions"] == []


@pytest.mark.parametrize(
    "fields",
    [
        {"Action": "ListTopics"},
        {"Action": "Publish", "TopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:bounces", "Message": "x"},
        {"Action": "GetSendQuota"},
        {},
    ],
)
def test_nothing_else_goes_without_a_signature(service: Service, sns: Any, fields: dict[str, str]) -> None:
    status, answer = follow(service, **fields)
    assert (status, "MissingAuthenticationToken" in answer) == (403, True)


def test_a_link_with_a_wrong_token_says_so(service: Service, sns: Any, topic: str) -> None:
    status, answer = follow(service, Action="ConfirmSubscription", TopicArn=topic, Token="nonsense")
    assert (status, "Invalid token" in answer) == (400, True)
    status, answer = follow(service, Action="ConfirmSubscription", TopicArn=topic, Token="ab" * 144)
    assert (status, "Invalid parameter: Token" in answer) == (400, True)
    status, answer = follow(service, Action="ConfirmSubscription", TopicArn=topic)
    assert (status, "Member must not be null" in answer) == (400, True)


def test_nobody_can_try_links_without_end(service: Service, sns: Any) -> None:
    arn = f"arn:aws:sns:{REGION}:{ACCOUNT}:bounces:{'0' * 8}-0000-0000-0000-{'0' * 12}"
    answers = [follow(service, Action="Unsubscribe", SubscriptionArn=arn) for _ in range(25)]
    assert answers[0][0] == 200
    refused = [answer for status, answer in answers if status == 400]
    assert refused
    assert all("<Code>Throttling</Code>" in answer for answer in refused)


# -- publishing --------------------------------------------------------------------------------------------------------


@pytest.fixture
def listening(sns: Any, topic: str) -> str:
    """A topic with one queue that listens; gives the subscription's ARN."""
    return str(sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=QUEUE)["SubscriptionArn"])


def test_what_is_published_waits_for_each_subscriber(service: Service, sns: Any, topic: str, listening: str) -> None:
    published = sns.publish(
        TopicArn=topic,
        Message='{"a": 1}',
        Subject="Hello",
        MessageAttributes={
            "kind": {"DataType": "String", "StringValue": "bounce"},
            "raw": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
        },
    )
    (row,) = outbox(service)
    assert (row["endpoint"], row["protocol"], row["subscription_id"]) == (QUEUE, "sqs", listening.rpartition(":")[2])
    envelope = row["envelope"]
    assert envelope["message_id"] == published["MessageId"]
    assert (envelope["subject"], envelope["message"], envelope["raw"]) == ("Hello", '{"a": 1}', False)
    assert envelope["attributes"] == {
        "kind": {"Type": "String", "Value": "bounce"},
        "raw": {"Type": "Binary", "Value": "AAE="},
    }


def test_filter_policies_decide_who_gets_it(service: Service, sns: Any, topic: str) -> None:
    wanted = {
        "bounces": {"FilterPolicy": '{"kind":["bounce"]}'},
        "body": {"FilterPolicy": '{"eventType":["Bounce"]}', "FilterPolicyScope": "MessageBody"},
        "all": {},
    }
    for name, attributes in wanted.items():
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"{QUEUE}-{name}", Attributes=attributes)
    sns.publish(TopicArn=topic, Message='{"eventType":"Bounce"}')
    sns.publish(
        TopicArn=topic,
        Message="plain",
        MessageAttributes={"kind": {"DataType": "String", "StringValue": "bounce"}},
    )
    got = sorted((row["endpoint"].removeprefix(f"{QUEUE}-"), row["envelope"]["message"]) for row in outbox(service))
    assert got == [
        ("all", "plain"),
        ("all", '{"eventType":"Bounce"}'),
        ("body", '{"eventType":"Bounce"}'),
        (
            "bounces",
            "plain",
        ),
    ]


def test_a_text_for_each_protocol(service: Service, sns: Any, topic: str, listening: str) -> None:
    sns.subscribe(TopicArn=topic, Protocol="https", Endpoint=HOOK)
    sns.confirm_subscription(TopicArn=topic, Token=token_of(service))
    message = json.dumps({"default": "to all", "sqs": "to queues", "email": 5})
    sns.publish(TopicArn=topic, Message=message, MessageStructure="json")
    sent = {row["protocol"]: row["envelope"]["message"] for row in outbox(service) if row["kind"] == "Notification"}
    assert sent == {"sqs": "to queues", "https": "to all"}


@pytest.mark.parametrize(
    ("request_", "code", "words"),
    [
        ({"Message": ""}, "InvalidParameter", "Invalid parameter: Empty message"),
        ({"Message": "x", "Subject": ""}, "InvalidParameter", "Invalid parameter: Subject"),
        ({"Message": "x", "Subject": "a\nb"}, "InvalidParameter", "Invalid parameter: Subject"),
        ({"Message": "x", "Subject": "y" * 101}, "InvalidParameter", "Invalid parameter: Subject"),
        ({"Message": "x" * (256 * 1024 + 1)}, "InvalidParameter", "Invalid parameter: Message too long"),
        ({"Message": "x", "MessageStructure": "xml"}, "InvalidParameter", "Invalid Message Structure parameter: xml"),
        ({"Message": "{", "MessageStructure": "json"}, "InvalidParameter", "JSON message body failed to parse"),
        ({"Message": "{}", "MessageStructure": "json"}, "InvalidParameter", "No default entry in JSON message body"),
        ({"Message": "x", "MessageDeduplicationId": "1"}, "InvalidParameter", "not valid for this topic type"),
        ({"Message": "x", "PhoneNumber": "+15550001111"}, "InvalidParameter", "Text messages are not offered"),
        (
            {"Message": "x", "MessageAttributes": {"a": {"DataType": "Date", "StringValue": "x"}}},
            "ParameterValueInvalid",
            "has an invalid message attribute type",
        ),
        (
            {"Message": "x", "MessageAttributes": {"a": {"DataType": "Number", "StringValue": "x"}}},
            "ParameterValueInvalid",
            "Could not cast message attribute 'a' value to number.",
        ),
        (
            {"Message": "x", "MessageAttributes": {"a": {"DataType": "String", "StringValue": ""}}},
            "ParameterValueInvalid",
            "must contain non-empty message attribute value",
        ),
        (
            {"Message": "x", "MessageAttributes": {"a": {"DataType": "Binary", "StringValue": "x"}}},
            "ParameterValueInvalid",
            "must use field 'Binary'",
        ),
        (
            {"Message": "x", "MessageAttributes": {"a b": {"DataType": "String", "StringValue": "x"}}},
            "ParameterValueInvalid",
            "Invalid non-alphanumeric character '#x20'",
        ),
        (
            {"Message": "x", "MessageAttributes": {"a..b": {"DataType": "String", "StringValue": "x"}}},
            "ParameterValueInvalid",
            "successive '.'",
        ),
    ],
)
def test_publications_that_are_refused(
    service: Service, sns: Any, topic: str, listening: str, request_: dict[str, Any], code: str, words: str
) -> None:
    found, message = refusal(sns.publish, TopicArn=topic, **request_)
    assert found == code
    assert words in message
    assert outbox(service) == []


def test_a_publication_of_the_largest_size(service: Service, sns: Any, topic: str, listening: str) -> None:
    sns.publish(TopicArn=topic, Message="é" * (128 * 1024))
    assert len(outbox(service)) == 1


def test_a_topic_can_be_given_as_target(sns: Any, topic: str) -> None:
    assert sns.publish(TargetArn=topic, Message="x")["MessageId"]
    assert refusal(sns.publish, Message="x") == (
        "InvalidParameter",
        "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter",
    )


def test_a_batch(service: Service, sns: Any, topic: str, listening: str) -> None:
    entries = [{"Id": "good", "Message": "one"}, {"Id": "bad", "Message": "two", "Subject": "a\nb"}]
    answer = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    assert [entry["Id"] for entry in answer["Successful"]] == ["good"]
    assert answer["Failed"] == [
        {"Id": "bad", "Code": "InvalidParameter", "Message": "Invalid parameter: Subject", "SenderFault": True}
    ]
    assert [row["envelope"]["message"] for row in outbox(service)] == ["one"]


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([], "EmptyBatchRequest"),
        ([{"Id": str(number), "Message": "x"} for number in range(11)], "TooManyEntriesInBatchRequest"),
        ([{"Id": "a", "Message": "x"}, {"Id": "a", "Message": "y"}], "BatchEntryIdsNotDistinct"),
        ([{"Id": str(number), "Message": "x" * 200_000} for number in range(2)], "BatchRequestTooLong"),
    ],
)
def test_batches_that_are_refused_whole(
    service: Service, sns: Any, topic: str, listening: str, entries: list[dict[str, str]], code: str
) -> None:
    assert refusal(sns.publish_batch, TopicArn=topic, PublishBatchRequestEntries=entries)[0] == code
    assert outbox(service) == []


def test_a_queue_is_refused_where_the_operator_has_set_up_none(service: Service, sns: Any, topic: str) -> None:
    service.tools.offered_targets = Offered(eventbridge=True)
    code, message = refusal(sns.subscribe, TopicArn=topic, Protocol="sqs", Endpoint=QUEUE)
    assert (code, message.endswith("its operator has not set events.sqs_endpoint.")) == ("InvalidParameter", True)
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []


def test_the_password_in_an_endpoint_is_not_shown(service: Service, sns: Any, topic: str) -> None:
    hook = "https://name:secret@hooks.example.com/ses"
    arn = sns.subscribe(TopicArn=topic, Protocol="https", Endpoint=hook, ReturnSubscriptionArn=True)["SubscriptionArn"]
    seen = "https://name:****@hooks.example.com/ses"
    assert sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["Endpoint"] == seen
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"][0]["Endpoint"] == seen
    assert [row["endpoint"] for row in outbox(service)] == [hook]
