"""Where SES publishes: event destinations in v1 and v2, topics of identities, and the first message to a topic."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from botocore.exceptions import ClientError
from served import OTHER_ACCOUNT, Service

import population
from population import ACCOUNT, REGION
from tayori.model.event_target import Offered
from tayori.store.notification_tables import notifications

QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:feedback"
VALIDATED = "Successfully validated SNS topic for Amazon SES event publishing."


@pytest.fixture
def topic(service: Service) -> str:
    """A topic with a queue that listens."""
    sns = service.client("sns")
    arn = str(sns.create_topic(Name="events")["TopicArn"])
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=QUEUE)
    return arn


@pytest.fixture
def v2(service: Service) -> Any:
    client = service.client("sesv2")
    client.create_configuration_set(ConfigurationSetName="news")
    return client


@pytest.fixture
def v1(service: Service, v2: Any) -> Any:
    return service.client("ses")


def sns_destination(topic: str, *events: str, enabled: bool = True) -> dict[str, Any]:
    return {
        "Enabled": enabled,
        "MatchingEventTypes": list(events or ("BOUNCE",)),
        "SnsDestination": {"TopicArn": topic},
    }


def refusal(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def messages(service: Service) -> list[str]:
    """What was published, oldest first."""

    def rows(tx: Any) -> list[str]:
        order = notifications.c.created_at, notifications.c.notification_id
        found = tx.execute(sa.select(notifications.c.envelope).order_by(*order))
        return [json.loads(row.envelope)["message"] for row in found]

    return list(service.transact(rows))


# -- event destinations ------------------------------------------------------------------------------------------------


def test_a_destination_is_made_changed_and_deleted(service: Service, v2: Any, topic: str) -> None:
    key = {"ConfigurationSetName": "news", "EventDestinationName": "all"}
    v2.create_configuration_set_event_destination(**key, EventDestination=sns_destination(topic, "SEND", "BOUNCE"))
    (found,) = v2.get_configuration_set_event_destinations(ConfigurationSetName="news")["EventDestinations"]
    assert found == {"Name": "all", **sns_destination(topic, "SEND", "BOUNCE")}
    v2.update_configuration_set_event_destination(
        **key, EventDestination=sns_destination(topic, "OPEN", "OPEN", enabled=False)
    )
    (found,) = v2.get_configuration_set_event_destinations(ConfigurationSetName="news")["EventDestinations"]
    assert (found["MatchingEventTypes"], found["Enabled"]) == (["OPEN"], False)
    assert messages(service) == [VALIDATED, VALIDATED]
    v2.delete_configuration_set_event_destination(**key)
    assert v2.get_configuration_set_event_destinations(ConfigurationSetName="news")["EventDestinations"] == []


def test_v1_sees_what_it_has_words_for(v1: Any, v2: Any, topic: str) -> None:
    v1.create_configuration_set_event_destination(
        ConfigurationSetName="news",
        EventDestination={
            "Name": "old",
            "Enabled": True,
            "MatchingEventTypes": ["bounce", "renderingFailure"],
            "SNSDestination": {"TopicARN": topic},
        },
    )
    (found,) = v2.get_configuration_set_event_destinations(ConfigurationSetName="news")["EventDestinations"]
    assert found == {"Name": "old", **sns_destination(topic, "BOUNCE", "RENDERING_FAILURE")}
    v2.create_configuration_set_event_destination(
        ConfigurationSetName="news",
        EventDestinationName="new",
        EventDestination=sns_destination(topic, "DELIVERY_DELAY", "SEND"),
    )
    described = v1.describe_configuration_set(
        ConfigurationSetName="news", ConfigurationSetAttributeNames=["eventDestinations"]
    )["EventDestinations"]
    assert [(one["Name"], one["MatchingEventTypes"]) for one in described] == [
        ("old", ["bounce", "renderingFailure"]),
        ("new", ["send"]),
    ]
    assert described[0]["SNSDestination"] == {"TopicARN": topic}
    v1.update_configuration_set_event_destination(
        ConfigurationSetName="news",
        EventDestination={"Name": "old", "MatchingEventTypes": ["click"], "SNSDestination": {"TopicARN": topic}},
    )
    v1.delete_configuration_set_event_destination(ConfigurationSetName="news", EventDestinationName="new")
    (found,) = v2.get_configuration_set_event_destinations(ConfigurationSetName="news")["EventDestinations"]
    assert found == {"Name": "old", **sns_destination(topic, "CLICK", enabled=False)}


def test_destinations_go_with_their_set(v2: Any, topic: str) -> None:
    v2.create_configuration_set_event_destination(
        ConfigurationSetName="news", EventDestinationName="all", EventDestination=sns_destination(topic)
    )
    v2.delete_configuration_set(ConfigurationSetName="news")
    v2.create_configuration_set(ConfigurationSetName="news")
    assert v2.get_configuration_set_event_destinations(ConfigurationSetName="news")["EventDestinations"] == []


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("x" * 65, {}, "Event destination name cannot exceed 64 characters."),
        (
            "a b",
            {},
            "Invalid event destination name <a b>: only alphanumeric ASCII characters, '_', and '-' are allowed.",
        ),
        ("a", {"MatchingEventTypes": []}, "At least one event type must be specified."),
        ("a", {"SnsDestination": None}, "Event destination is not provided."),
        (
            "a",
            {"EventBridgeDestination": {"EventBusArn": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"}},
            "Please provide only one destination with each request. Either a Firehose Destination or a Cloudwatch"
            " Destination or an SNS Destination or an EventBridge Destination.",
        ),
        (
            "a",
            {"SnsDestination": {"TopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:nothing"}},
            f"SNS topic <arn:aws:sns:{REGION}:{ACCOUNT}:nothing> not found.",
        ),
        ("a", {"SnsDestination": {"TopicArn": "nonsense"}}, "Invalid SNS topic ARN <nonsense>."),
        (
            "a",
            {"SnsDestination": {"TopicArn": f"arn:aws:sns:eu-west-1:{ACCOUNT}:events"}},
            f"SNS topic <arn:aws:sns:eu-west-1:{ACCOUNT}:events> must be in the region {REGION}.",
        ),
    ],
)
def test_what_is_refused(service: Service, v2: Any, topic: str, name: str, change: dict[str, Any], words: str) -> None:
    wanted = {key: value for key, value in (sns_destination(topic) | change).items() if value is not None}
    code, message = refusal(
        v2.create_configuration_set_event_destination,
        ConfigurationSetName="news",
        EventDestinationName=name,
        EventDestination=wanted,
    )
    assert (code, message) == ("BadRequestException", words)
    assert messages(service) == []


BUS = {"EventBusArn": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"}
STREAM = {
    "IamRoleArn": f"arn:aws:iam::{ACCOUNT}:role/ses",
    "DeliveryStreamArn": f"arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/audit",
}
CAMPAIGN = {"DimensionName": "campaign", "DimensionValueSource": "MESSAGE_TAG", "DefaultDimensionValue": "none"}


def test_pinpoint_is_refused_plainly(v2: Any) -> None:
    code, message = refusal(
        v2.create_configuration_set_event_destination,
        ConfigurationSetName="news",
        EventDestinationName="a",
        EventDestination={
            "MatchingEventTypes": ["SEND"],
            "PinpointDestination": {"ApplicationArn": f"arn:aws:mobiletargeting:{REGION}:{ACCOUNT}:apps/x"},
        },
    )
    assert code == "BadRequestException"
    assert message.startswith("Pinpoint destinations are not offered")


def test_a_destination_moves_between_all_kinds_of_targets(v2: Any, topic: str) -> None:
    key = {"ConfigurationSetName": "news", "EventDestinationName": "all"}
    common = {"Enabled": True, "MatchingEventTypes": ["SEND"]}
    targets = [
        {"EventBridgeDestination": BUS},
        {"KinesisFirehoseDestination": STREAM},
        {"CloudWatchDestination": {"DimensionConfigurations": [CAMPAIGN]}},
        {"SnsDestination": {"TopicArn": topic}},
        {"EventBridgeDestination": BUS},
    ]
    v2.create_configuration_set_event_destination(**key, EventDestination=common | targets[-1])
    for target in targets:
        v2.update_configuration_set_event_destination(**key, EventDestination=common | target)
        (found,) = v2.get_configuration_set_event_destinations(ConfigurationSetName="news")["EventDestinations"]
        assert found == {"Name": "all", **common, **target}


def test_v1_and_v2_see_the_same_targets(v1: Any, v2: Any) -> None:
    wanted = {
        "firehose": {
            "KinesisFirehoseDestination": {
                "IAMRoleARN": STREAM["IamRoleArn"],
                "DeliveryStreamARN": STREAM["DeliveryStreamArn"],
            }
        },
        "metrics": {
            "CloudWatchDestination": {
                "DimensionConfigurations": [
                    CAMPAIGN | {"DimensionName": source, "DimensionValueSource": source}
                    for source in ("messageTag", "emailHeader", "linkTag")
                ]
            }
        },
    }
    for name, target in wanted.items():
        destination = {"Name": name, "Enabled": True, "MatchingEventTypes": ["send"], **target}
        v1.create_configuration_set_event_destination(ConfigurationSetName="news", EventDestination=destination)
    described = v1.describe_configuration_set(
        ConfigurationSetName="news", ConfigurationSetAttributeNames=["eventDestinations"]
    )["EventDestinations"]
    assert {one["Name"]: {key: one[key] for key in one if key.endswith("Destination")} for one in described} == wanted
    firehose, metrics = v2.get_configuration_set_event_destinations(ConfigurationSetName="news")["EventDestinations"]
    assert firehose["KinesisFirehoseDestination"] == STREAM
    sources = [one["DimensionValueSource"] for one in metrics["CloudWatchDestination"]["DimensionConfigurations"]]
    assert sources == ["MESSAGE_TAG", "EMAIL_HEADER", "LINK_TAG"]


OTHER_BUS = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/own"
OTHER_STREAM = STREAM["DeliveryStreamArn"].replace("audit", "theirs")


@pytest.mark.parametrize(
    ("target", "code", "words"),
    [
        ({"EventBridgeDestination": {"EventBusArn": "x"}}, None, "Invalid EventBridge event bus ARN <x>."),
        ({"EventBridgeDestination": {"EventBusArn": OTHER_BUS}}, None, "only the default bus is supported."),
        (
            {"EventBridgeDestination": {"EventBusArn": BUS["EventBusArn"].replace(REGION, "eu-west-1")}},
            None,
            f"is not the default bus of account {ACCOUNT} in {REGION}",
        ),
        (
            {"KinesisFirehoseDestination": STREAM | {"DeliveryStreamArn": "x"}},
            "InvalidFirehoseDestination",
            "Invalid Firehose delivery stream ARN <x>.",
        ),
        (
            {"KinesisFirehoseDestination": STREAM | {"IamRoleArn": "x"}},
            "InvalidFirehoseDestination",
            "Invalid IAM role ARN <x>.",
        ),
        (
            {"KinesisFirehoseDestination": STREAM | {"DeliveryStreamArn": OTHER_STREAM}},
            "InvalidFirehoseDestination",
            f"Firehose delivery stream <{OTHER_STREAM}> does not exist",
        ),
        (
            {"CloudWatchDestination": {"DimensionConfigurations": []}},
            "InvalidCloudWatchDestination",
            "CloudWatch metrics dimension configuration list cannot be empty.",
        ),
        (
            {"CloudWatchDestination": {"DimensionConfigurations": [CAMPAIGN, CAMPAIGN]}},
            "InvalidCloudWatchDestination",
            "must differ",
        ),
        (
            {"CloudWatchDestination": {"DimensionConfigurations": [CAMPAIGN | {"DimensionName": "a b"}]}},
            "InvalidCloudWatchDestination",
            "Invalid CloudWatch dimension name <a b>",
        ),
        (
            {"CloudWatchDestination": {"DimensionConfigurations": [CAMPAIGN | {"DefaultDimensionValue": ""}]}},
            "InvalidCloudWatchDestination",
            "Invalid default dimension value <>",
        ),
        (
            {
                "CloudWatchDestination": {
                    "DimensionConfigurations": [CAMPAIGN | {"DimensionName": f"d{n}"} for n in range(11)]
                }
            },
            "InvalidCloudWatchDestination",
            "more than 10",
        ),
    ],
)
def test_targets_that_are_refused(v1: Any, v2: Any, target: dict[str, Any], code: str | None, words: str) -> None:
    """In v2 by BadRequestException, in v1 by a code for each kind."""
    found, message = refusal(
        v2.create_configuration_set_event_destination,
        ConfigurationSetName="news",
        EventDestinationName="a",
        EventDestination={"MatchingEventTypes": ["SEND"], **target},
    )
    assert found == "BadRequestException"
    assert words in message
    assert v2.get_configuration_set_event_destinations(ConfigurationSetName="news")["EventDestinations"] == []
    if code is not None:
        found, message = refusal(
            v1.create_configuration_set_event_destination,
            ConfigurationSetName="news",
            EventDestination={"Name": "a", "MatchingEventTypes": ["send"], **of_v1(target)},
        )
        assert found == code
        assert words in message


def of_v1(target: dict[str, Any]) -> dict[str, Any]:
    if "KinesisFirehoseDestination" in target:
        given = target["KinesisFirehoseDestination"]
        return {
            "KinesisFirehoseDestination": {
                "IAMRoleARN": given["IamRoleArn"],
                "DeliveryStreamARN": given["DeliveryStreamArn"],
            }
        }
    configurations = target["CloudWatchDestination"]["DimensionConfigurations"]
    return {
        "CloudWatchDestination": {
            "DimensionConfigurations": [one | {"DimensionValueSource": "messageTag"} for one in configurations]
        }
    }


def test_what_the_operator_has_not_set_up_is_refused(service: Service, v2: Any) -> None:
    service.tools.offered_targets = Offered()
    for target, words in (
        ({"EventBridgeDestination": BUS}, "EventBridge destinations are not offered by this installation"),
        ({"KinesisFirehoseDestination": STREAM}, "does not exist: events.firehose"),
    ):
        code, message = refusal(
            v2.create_configuration_set_event_destination,
            ConfigurationSetName="news",
            EventDestinationName="a",
            EventDestination={"MatchingEventTypes": ["SEND"], **target},
        )
        assert code == "BadRequestException"
        assert words in message


def test_names_that_are_taken_or_missing(v1: Any, v2: Any, topic: str) -> None:
    key = {"ConfigurationSetName": "news", "EventDestinationName": "a"}
    v2.create_configuration_set_event_destination(**key, EventDestination=sns_destination(topic))
    assert refusal(v2.create_configuration_set_event_destination, **key, EventDestination=sns_destination(topic)) == (
        "AlreadyExistsException",
        "An event destination with name <a> already exists for configuration set <news>.",
    )
    key["EventDestinationName"] = "b"
    missing = ("NotFoundException", "An event destination with name <b> does not exist for configuration set <news>.")
    assert refusal(v2.update_configuration_set_event_destination, **key, EventDestination=sns_destination(topic)) == (
        missing
    )
    assert refusal(v2.delete_configuration_set_event_destination, **key) == missing
    key["ConfigurationSetName"] = "gone"
    assert refusal(v2.delete_configuration_set_event_destination, **key) == (
        "NotFoundException",
        "Configuration set <gone> does not exist.",
    )
    assert refusal(v2.get_configuration_set_event_destinations, ConfigurationSetName="gone")[0] == "NotFoundException"
    assert refusal(v1.delete_configuration_set_event_destination, **key)[0] == "ConfigurationSetDoesNotExist"


def test_ten_destinations_and_no_more(v2: Any, topic: str) -> None:
    def create(number: int) -> None:
        v2.create_configuration_set_event_destination(
            ConfigurationSetName="news", EventDestinationName=f"d{number}", EventDestination=sns_destination(topic)
        )

    for number in range(10):
        create(number)
    with pytest.raises(ClientError, match="LimitExceededException"):
        create(10)


def test_errors_of_v1_are_as_recorded(vectors: Callable[[str], Path], v1: Any, topic: str) -> None:
    entries = json.loads((vectors("real-aws-recordings") / "ses.json").read_text("utf-8"))
    recorded = {entry["name"]: entry["recorded"] for entry in entries}
    events = ["send", "bounce", "delivery", "open", "click"]
    missing = f"{topic}-that-is-not-there"

    def create(configuration_set: str, arn: str) -> dict[str, str]:
        with pytest.raises(ClientError) as caught:
            v1.create_configuration_set_event_destination(
                ConfigurationSetName=configuration_set,
                EventDestination={
                    "Name": "a",
                    "Enabled": True,
                    "MatchingEventTypes": events,
                    "SNSDestination": {"TopicARN": arn},
                },
            )
        return dict(caught.value.response["Error"])

    expected = recorded["test_cannot_create_event_for_no_topic"]["create-error"]["Error"]
    assert create("news", missing) == {**expected, "Message": expected["Message"].replace("<arn>", missing)}
    expected = recorded["test_creating_event_destination_without_configuration_set"]["create-error"]["Error"]
    assert create("gone", topic) == {**expected, "Message": expected["Message"].replace("<config-set>", "gone")}
    expected = recorded["test_deleting_non_existent_configuration_set_event_destination"]["delete-error"]["Error"]
    with pytest.raises(ClientError) as caught:
        v1.delete_configuration_set_event_destination(ConfigurationSetName="news", EventDestinationName="gone")
    assert caught.value.response["Error"] == {
        **expected,
        "Message": expected["Message"].replace("<config-set>", "news"),
    }


def test_a_topic_of_another_account_needs_a_policy(service: Service, v2: Any) -> None:
    theirs = service.client("sns", OTHER_ACCOUNT)
    topic = theirs.create_topic(Name="theirs")["TopicArn"]
    key = {"ConfigurationSetName": "news", "EventDestinationName": "a"}
    request = {**key, "EventDestination": sns_destination(topic)}
    code, message = refusal(v2.create_configuration_set_event_destination, **request)
    assert (code, message) == (
        "BadRequestException",
        f"Could not publish to SNS topic <{topic}>: its policy does not allow it.",
    )

    def allow(account_id: str) -> None:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "ses.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": topic,
            "Condition": {
                "StringEquals": {
                    "AWS:SourceAccount": account_id,
                    "AWS:SourceArn": f"arn:aws:ses:{REGION}:{account_id}:configuration-set/news",
                }
            },
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        theirs.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)

    allow(OTHER_ACCOUNT)
    assert "its policy does not allow it" in refusal(v2.create_configuration_set_event_destination, **request)[1]
    allow(ACCOUNT)
    v2.create_configuration_set_event_destination(**request)


# -- topics of identities ----------------------------------------------------------------------------------------------


@pytest.fixture
def identified(service: Service, v1: Any) -> Any:
    service.transact(population.identity, "example.com")
    service.transact(population.identity, "me@example.com")
    return v1


def attributes(client: Any, identity: str = "example.com") -> dict[str, Any]:
    found = client.get_identity_notification_attributes(Identities=[identity])["NotificationAttributes"]
    return dict(found[identity])


def test_an_identity_gets_topics(service: Service, identified: Any, topic: str) -> None:
    assert attributes(identified) == {
        "ForwardingEnabled": True,
        "HeadersInBounceNotificationsEnabled": False,
        "HeadersInComplaintNotificationsEnabled": False,
        "HeadersInDeliveryNotificationsEnabled": False,
    }
    identified.set_identity_headers_in_notifications_enabled(
        Identity="example.com", NotificationType="Bounce", Enabled=True
    )
    for kind in ("Bounce", "Complaint"):
        identified.set_identity_notification_topic(Identity="Example.com", NotificationType=kind, SnsTopic=topic)
    found = attributes(identified)
    assert (found["BounceTopic"], found["ComplaintTopic"]) == (topic, topic)
    assert found["HeadersInBounceNotificationsEnabled"]
    assert json.loads(messages(service)[0]) == {
        "notificationType": "AmazonSnsSubscriptionSucceeded",
        "message": (
            f"You have successfully subscribed your Amazon SNS topic '{topic}' to receive 'Bounce' notifications from"
            " Amazon SES for identity 'example.com'."
        ),
    }
    identified.set_identity_notification_topic(Identity="example.com", NotificationType="Bounce")
    found = attributes(identified)
    assert "BounceTopic" not in found
    assert found["HeadersInBounceNotificationsEnabled"]


def test_forwarding_ends_only_where_topics_take_over(identified: Any, topic: str) -> None:
    request = {"Identity": "example.com", "ForwardingEnabled": False}
    code, message = refusal(identified.set_identity_feedback_forwarding_enabled, **request)
    assert code == "InvalidParameterValue"
    assert "both bounces and complaints" in message
    for kind in ("Bounce", "Complaint"):
        identified.set_identity_notification_topic(Identity="example.com", NotificationType=kind, SnsTopic=topic)
    identified.set_identity_feedback_forwarding_enabled(**request)
    assert attributes(identified)["ForwardingEnabled"] is False
    identified.set_identity_feedback_forwarding_enabled(**{**request, "ForwardingEnabled": True})
    assert attributes(identified)["ForwardingEnabled"] is True


def test_identities_and_topics_that_are_not_there(identified: Any, topic: str) -> None:
    request = {"NotificationType": "Bounce", "SnsTopic": topic}
    assert refusal(identified.set_identity_notification_topic, Identity="gone.example", **request) == (
        "InvalidParameterValue",
        "Identity gone.example is invalid. Must be a verified email address or domain.",
    )
    request["SnsTopic"] = f"{topic}-gone"
    assert refusal(identified.set_identity_notification_topic, Identity="example.com", **request) == (
        "InvalidParameterValue",
        f"SNS topic <{topic}-gone> not found.",
    )
    found = identified.get_identity_notification_attributes(Identities=["gone.example", "example.com"])
    assert list(found["NotificationAttributes"]) == ["example.com"]


def test_topics_go_with_their_identity(service: Service, identified: Any, topic: str) -> None:
    identified.set_identity_notification_topic(Identity="example.com", NotificationType="Delivery", SnsTopic=topic)
    identified.delete_identity(Identity="example.com")
    service.transact(population.identity, "example.com")
    assert "DeliveryTopic" not in attributes(identified)
