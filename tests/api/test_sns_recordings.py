"""Answers of SNS held against those that AWS itself gave, field by field. The recordings are beside this checkout."""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
import sqlalchemy as sa
from botocore.exceptions import ClientError
from served import Service

from population import ACCOUNT, REGION
from tayori.store.notification_tables import subscriptions as table

TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:topic"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:queue"
UNKNOWN_TOKEN = "51b2ff3edb475b7d91550e0ab6edf0c1" * 9
_PLACEHOLDER = re.compile(r"<[^<>]*>|111111111111|confirm-sub-e46f689a|double-sub-befdfdff")


@pytest.fixture(scope="module")
def recordings(vectors: Callable[[str], Path]) -> dict[str, dict[str, Any]]:
    entries = json.loads((vectors("real-aws-recordings") / "sns.json").read_text("utf-8"))
    return {entry["name"].partition("::")[2]: entry["recorded"] for entry in entries}


@pytest.fixture
def sns(service: Service) -> Any:
    return service.client("sns")


def answered(call: Callable[..., Any], **request: Any) -> Any:
    """What came back, the answer or the error, as the recorder keeps it."""
    try:
        answer = call(**request)
    except ClientError as error:
        answer = {key: error.response[key] for key in ("Error", "ResponseMetadata")}
    answer["ResponseMetadata"] = {"HTTPHeaders": {}, "HTTPStatusCode": answer["ResponseMetadata"]["HTTPStatusCode"]}
    return answer


def like(found: Any, recorded: Any) -> bool:
    """Equal, where the recording has no placeholder; JSON in a text was unpacked by the recorder."""
    if isinstance(recorded, dict):
        if isinstance(found, str):
            found = json.loads(found)
        return (
            isinstance(found, dict)
            and found.keys() == recorded.keys()
            and all(like(found[key], value) for key, value in recorded.items())
        )
    if isinstance(recorded, list):
        return len(found) == len(recorded) and all(map(like, found, recorded))
    if isinstance(recorded, str) and _PLACEHOLDER.search(recorded):
        pattern = "".join(
            ".+" if index % 2 else re.escape(text)
            for index, text in enumerate(re.split(f"({_PLACEHOLDER.pattern})", recorded))
        )
        return isinstance(found, str) and re.fullmatch(pattern, found) is not None
    return bool(found == recorded)


def check(found: Any, recorded: Any) -> None:
    assert like(found, recorded), f"{json.dumps(found, indent=1)}\nAWS:\n{json.dumps(recorded, indent=1)}"


# Test of the recorder → its steps: name in the recording, operation, request.
ERRORS: dict[str, list[tuple[str, str, dict[str, Any]]]] = {
    "test_empty_sns_message": [("empty-msg-error", "publish", {"TopicArn": TOPIC, "Message": ""})],
    "test_publish_batch_invalid_entry_id": [
        (
            step,
            "publish_batch",
            {"TopicArn": TOPIC, "PublishBatchRequestEntries": [{"Id": entry_id, "Message": "x"}]},
        )
        for step, entry_id in (
            ("invalid-char-dot", "message.id"),
            ("invalid-char-special", "msg@123#test"),
            ("id-too-long-81", "a" * 81),
            (
                "id-too-long-91",
                "myreallyreallyreallyreallyreallyreallyreallyreallyreallyreallyreallyreallyreallylongid",
            ),
            ("valid-id-80-chars", "a" * 80),
            ("valid-id-with-hyphen-underscore", "valid-message_123"),
        )
    ],
    "test_publish_too_long_message": [
        ("error", "publish", {"TopicArn": TOPIC, "Message": "x" * 262145}),
        (
            "error-with-attrs",
            "publish",
            {
                "TopicArn": TOPIC,
                "Message": "x" * 262140,
                "MessageAttributes": {"attr1": {"DataType": "String", "StringValue": "y" * 20}},
            },
        ),
    ],
    "test_publish_wrong_arn_format": [
        ("invalid-topic-arn", "publish", {"TopicArn": "randomstring", "Message": "x"}),
        ("invalid-topic-arn-1", "publish", {"TopicArn": "randomstring:1", "Message": "x"}),
        ("empty-topic", "publish", {"TopicArn": "", "Message": "x"}),
    ],
    "test_unknown_topic_publish": [
        ("success", "publish", {"TopicArn": TOPIC, "Message": "x"}),
        ("error", "publish", {"TopicArn": f"{TOPIC}2", "Message": "x"}),
    ],
    "test_create_subscriptions_with_attributes": [
        (
            "subscribe-wrong-attr",
            "subscribe",
            {
                "TopicArn": TOPIC,
                "Protocol": "sqs",
                "Endpoint": QUEUE,
                "Attributes": {"RawMessageDelivery": "wrongvalue", "FilterPolicyScope": "MessageBody"},
            },
        ),
        (
            "subscribe",
            "subscribe",
            {"TopicArn": TOPIC, "Protocol": "sqs", "Endpoint": QUEUE, "Attributes": {"RawMessageDelivery": "true"}},
        ),
        (
            "get-attrs-nonexistent-sub",
            "get_subscription_attributes",
            {"SubscriptionArn": f"{TOPIC}:aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"},
        ),
    ],
    "test_sns_confirm_subscription_wrong_token": [
        ("topic-not-exists", "confirm_subscription", {"TopicArn": f"{TOPIC}2", "Token": UNKNOWN_TOKEN}),
        ("invalid-token", "confirm_subscription", {"TopicArn": TOPIC, "Token": "randomtoken"}),
        ("token-not-exists", "confirm_subscription", {"TopicArn": TOPIC, "Token": UNKNOWN_TOKEN}),
    ],
    "test_subscribe_with_invalid_protocol": [
        ("exception", "subscribe", {"TopicArn": TOPIC, "Protocol": "test-protocol", "Endpoint": "x"})
    ],
    "test_unsubscribe_from_non_existing_subscription": [
        (
            "empty-unsubscribe",
            "unsubscribe",
            {"SubscriptionArn": f"{TOPIC}:aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"},
        )
    ],
    "test_unsubscribe_wrong_arn_format": [
        ("invalid-unsubscribe-arn-1", "unsubscribe", {"SubscriptionArn": "randomstring"}),
        ("invalid-unsubscribe-arn-2", "unsubscribe", {"SubscriptionArn": "arn:aws:sns:us-east-1:random"}),
        ("invalid-unsubscribe-arn-3", "unsubscribe", {"SubscriptionArn": "arn:aws:sns:us-east-1:111111111111:random"}),
        ("invalid-unsubscribe-arn-4", "unsubscribe", {"SubscriptionArn": ""}),
    ],
    "test_unsubscribe_from_deleted_topic": [
        ("unsubscribe-deleted-topic", "unsubscribe", {"SubscriptionArn": "PendingConfirmation"})
    ],
    "test_double_subscription": [
        (step, "subscribe", {"TopicArn": TOPIC, "Protocol": "sqs", "Endpoint": QUEUE})
        for step in ("double-subscription-first", "double-subscription-second")
    ],
    "test_subscribe_unknown_sqs_queue": [
        ("subscribe-unknown-sqs", "subscribe", {"TopicArn": TOPIC, "Protocol": "sqs", "Endpoint": QUEUE}),
        (
            "subscribe-unknown-sqs-invalid_arn",
            "subscribe",
            {"TopicArn": TOPIC, "Protocol": "sqs", "Endpoint": "unknown"},
        ),
    ],
    "test_getting_subscriptions_by_topic": [
        ("", "subscribe", {"TopicArn": TOPIC, "Protocol": "sqs", "Endpoint": QUEUE}),
        ("list-subscriptions-by-topic", "list_subscriptions_by_topic", {"TopicArn": TOPIC}),
    ],
    "test_http_subscription_response": [
        ("subscription", "subscribe", {"TopicArn": TOPIC, "Protocol": "http", "Endpoint": "http://example.com"}),
        (
            "subscription-with-arn",
            "subscribe",
            {
                "TopicArn": TOPIC,
                "Protocol": "http",
                "Endpoint": "http://example.com",
                "ReturnSubscriptionArn": True,
            },
        ),
    ],
    "test_create_duplicate_topic_with_more_tags": [
        ("exception-duplicate", "create_topic", {"Name": "topic", "Tags": [{"Key": "key1", "Value": "value1"}]})
    ],
    "test_create_topic_test_arn": [
        ("create-topic", "create_topic", {"Name": "topic"}),
        ("get-topic-attrs", "get_topic_attributes", {"TopicArn": TOPIC}),
        ("delete-topic", "delete_topic", {"TopicArn": TOPIC}),
        ("topic-not-exists", "get_topic_attributes", {"TopicArn": TOPIC}),
    ],
    "test_delete_topic_idempotency": [
        ("delete-topic", "delete_topic", {"TopicArn": TOPIC}),
        ("delete-topic-again", "delete_topic", {"TopicArn": TOPIC}),
    ],
    "test_delete_non_existent_topic": [("delete-non-existent-topic", "delete_topic", {"TopicArn": f"{TOPIC}2"})],
    "test_add_permission_errors": [
        (
            "",
            "add_permission",
            {"TopicArn": TOPIC, "Label": "test", "AWSAccountId": [ACCOUNT], "ActionName": ["Publish"]},
        ),
        (
            "duplicate-label",
            "add_permission",
            {"TopicArn": TOPIC, "Label": "test", "AWSAccountId": [ACCOUNT], "ActionName": ["AddPermission"]},
        ),
        (
            "topic-not-found",
            "add_permission",
            {"TopicArn": f"{TOPIC}2", "Label": "test2", "AWSAccountId": [ACCOUNT], "ActionName": ["AddPermission"]},
        ),
        (
            "invalid-action",
            "add_permission",
            {"TopicArn": TOPIC, "Label": "test2", "AWSAccountId": [ACCOUNT], "ActionName": ["InvalidAction"]},
        ),
    ],
    "test_topic_get_attributes_with_fifo_false": [
        ("get-attrs-standard-topic", "get_topic_attributes", {"TopicArn": TOPIC}),
        (
            "set-fifo-false-after-creation",
            "set_topic_attributes",
            {"TopicArn": TOPIC, "AttributeName": "FifoTopic", "AttributeValue": "false"},
        ),
    ],
}


@pytest.mark.parametrize("test", ERRORS)
def test_each_answer_is_as_recorded(recordings: dict[str, Any], sns: Any, test: str) -> None:
    sns.create_topic(Name="topic")
    for step, call, request in ERRORS[test]:
        found = answered(getattr(sns, call), **request)
        if step:
            check(found, recordings[test][step])


@pytest.mark.parametrize(
    ("test", "step"),
    [
        ("test_creating_subscription_with_attributes", "subscription-with-attributes"),
        ("test_create_subscriptions_with_attributes", "get-attrs"),
        ("test_set_subscription_attributes", "set-subscription-attributes"),
    ],
)
def test_attributes_of_a_subscription(recordings: dict[str, Any], sns: Any, test: str, step: str) -> None:
    sns.create_topic(Name="topic")
    arn = sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=QUEUE, Attributes={"RawMessageDelivery": "true"})[
        "SubscriptionArn"
    ]
    check(answered(sns.get_subscription_attributes, SubscriptionArn=arn), recordings[test][step])


def test_tags_go_with_the_topic(recordings: dict[str, Any], sns: Any) -> None:
    recorded = recordings["test_tags_removed_after_deletion"]
    sns.create_topic(Name="topic", Tags=[{"Key": "k1", "Value": "v1"}, {"Key": "k2", "Value": "v2"}])
    check(answered(sns.list_tags_for_resource, ResourceArn=TOPIC), recorded["list-created-tags"])
    sns.delete_topic(TopicArn=TOPIC)
    sns.create_topic(Name="topic")
    check(answered(sns.list_tags_for_resource, ResourceArn=TOPIC), recorded["list-empty-tags"])


def test_one_name_in_two_regions(recordings: dict[str, Any], service: Service, sns: Any) -> None:
    recorded = recordings["test_create_topic_in_multiple_regions"]
    west = service.client("sns", region="eu-west-1")
    sns.create_topic(Name="topic")
    west.create_topic(Name="topic")
    check(answered(sns.list_topics), recorded["list-primary"])
    check(answered(west.list_topics), recorded["list-secondary"])
    check(answered(sns.get_topic_attributes, TopicArn=TOPIC), recorded["topic-east"])


def test_creating_again(recordings: dict[str, Any], sns: Any) -> None:
    recorded = recordings["test_create_topic_should_be_idempotent"]
    sns.create_topic(Name="topic")
    sns.set_topic_attributes(TopicArn=TOPIC, AttributeName="DisplayName", AttributeValue="AlreadySet")
    check(answered(sns.get_topic_attributes, TopicArn=TOPIC), recorded["topic-attrs-idempotent-1"])
    sns.create_topic(Name="topic")
    check(answered(sns.get_topic_attributes, TopicArn=TOPIC), recorded["topic-attrs-idempotent-2"])


def test_permissions(recordings: dict[str, Any], sns: Any) -> None:
    recorded = recordings["test_topic_add_multiple_permissions"]
    sns.create_topic(Name="topic")
    actions = ["Publish", "Subscribe"]
    check(
        answered(sns.add_permission, TopicArn=TOPIC, Label="test", AWSAccountId=[ACCOUNT], ActionName=actions),
        recorded["add-permission-response"],
    )
    policy = json.loads(sns.get_topic_attributes(TopicArn=TOPIC)["Attributes"]["Policy"])
    check(policy, recorded["topic-policy-after-permission"])


def test_the_link_that_confirms(recordings: dict[str, Any], service: Service, sns: Any) -> None:
    recorded = recordings["test_subscribe_external_http_endpoint[False]"]
    sns.create_topic(Name="topic")
    sns.subscribe(TopicArn=TOPIC, Protocol="https", Endpoint="https://hooks.example.com/")
    token = service.transact(lambda tx: tx.execute(sa.select(table.c.token)).scalar_one())
    for step, topic, given in (
        ("broken-topic-arn-confirm", "not-an-arn", token),
        ("broken-token-confirm", TOPIC, UNKNOWN_TOKEN),
        ("different-region-arn-confirm", TOPIC.replace(REGION, "eu-west-1"), token),
        ("nonexistent-token-confirm", f"{TOPIC}-that-is-not-there", token),
        ("confirm-subscribe", TOPIC, token),
    ):
        found = opened(service, f"Action=ConfirmSubscription&TopicArn={quote(topic)}&Token={given}")
        check(found, recorded[step])
    (listed,) = sns.list_subscriptions()["Subscriptions"]
    found = opened(service, f"Action=Unsubscribe&SubscriptionArn={quote(listed['SubscriptionArn'])}")
    check(found, recorded["unsubscribe-response"])


def opened(service: Service, query: str) -> dict[str, Any]:
    """The XML behind a link, as the recorder unpacks it."""
    try:
        with urllib.request.urlopen(f"{service.url}/?{query}", timeout=10) as answer:
            root = ElementTree.fromstring(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            root = ElementTree.fromstring(error.read())
    found = unpacked(root)
    inner = found.get("ResponseMetadata")
    if inner is not None:
        found["ResponseMetadata"] = {"HTTPHeaders": {}, "HTTPStatusCode": 200}
    return {root.tag.partition("}")[2]: found}


def unpacked(element: ElementTree.Element) -> Any:
    if len(element) == 0:
        return element.text or ""
    return {child.tag.partition("}")[2]: unpacked(child) for child in element}


def test_the_recordings_without_a_counterpart_are_known(recordings: dict[str, Any]) -> None:
    """What is not compared here: text messages, and what waits for a queue or a web server to take it."""
    compared = set(ERRORS) | {
        "test_creating_subscription_with_attributes",
        "test_set_subscription_attributes",
        "test_tags_removed_after_deletion",
        "test_create_topic_in_multiple_regions",
        "test_create_topic_should_be_idempotent",
        "test_topic_add_multiple_permissions",
        "test_subscribe_external_http_endpoint[False]",
        "test_subscribe_external_http_endpoint[True]",
    }
    assert recordings.keys() - compared == {
        "test_publish_by_path_parameters",
        "test_publish_message_by_target_arn",
        "test_list_subscriptions_by_topic_pagination",
        "test_confirm_subscription",
        "test_subscribe_bad_sms",
        "test_subscribe_invalid_sms",
        "test_subscribe_sms_obscure_phone_number",
    }
