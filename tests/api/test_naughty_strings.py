"""Strings that break software, in every place where a caller may put one: an answer always, and never a 500."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from served import Service

from population import ACCOUNT, REGION, identity
from tayori.resources import accounts

OWN = ["", "\0", "a\0b", "\ud800", "x\ud800y@example.com", "\u202e", "a" * 70_000, "\r\n\r\n", "%00", "../..", "\ufffe"]


def calls(v1: Any, v2: Any, text: str) -> list[Callable[[], Any]]:
    to = {"ToAddresses": ["reader@inbox.test"]}
    body = {"Text": {"Data": "x"}}

    def send(**changes: Any) -> Callable[[], Any]:
        request = {
            "FromEmailAddress": "news@example.com",
            "Destination": to,
            "Content": {"Simple": {"Subject": {"Data": "x"}, "Body": body}},
        }
        return lambda: v2.send_email(**request | changes)

    return [
        send(Content={"Simple": {"Subject": {"Data": text}, "Body": {"Text": {"Data": text}, "Html": {"Data": text}}}}),
        send(FromEmailAddress=f"{text} <news@example.com>"),
        send(Destination={"ToAddresses": [text]}),
        send(ConfigurationSetName=text, EmailTags=[{"Name": text, "Value": text}]),
        send(Content={"Simple": {"Subject": {"Data": "x", "Charset": text}, "Body": body}}),
        lambda: v2.create_configuration_set(ConfigurationSetName=text),
        lambda: v2.tag_resource(
            ResourceArn=f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/example.com", Tags=[{"Key": text, "Value": text}]
        ),
        lambda: v2.put_suppressed_destination(EmailAddress=text, Reason="BOUNCE"),
        lambda: v2.create_email_identity(EmailIdentity=f"a@{text}"),
        lambda: v2.put_account_details(
            MailType="TRANSACTIONAL", WebsiteURL="https://example.com", UseCaseDescription=text
        ),
        lambda: v1.get_identity_verification_attributes(Identities=[text, "example.com"]),
        lambda: v1.send_raw_email(
            RawMessage={
                "Data": f"From: news@example.com\nTo: a@inbox.test\nSubject: {text}\n\n{text}".encode(
                    "utf-8", "replace"
                )
            }
        ),
        lambda: v1.describe_configuration_set(ConfigurationSetName=text),
    ]


def calls_of_sns(sns: Any, topic: str, subscription: str, text: str) -> list[Callable[[], Any]]:
    attribute = {"AttributeName": "FilterPolicy", "AttributeValue": text}
    return [
        lambda: sns.create_topic(Name=text, Attributes={"DisplayName": text}, Tags=[{"Key": text, "Value": text}]),
        lambda: sns.create_topic(Name="other", Attributes={text or "x": text}),
        lambda: sns.get_topic_attributes(TopicArn=text),
        lambda: sns.get_topic_attributes(TopicArn=f"arn:aws:sns:{REGION}:{ACCOUNT}:{text}"),
        lambda: sns.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue=text),
        lambda: sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=text),
        lambda: sns.set_topic_attributes(TopicArn=topic, AttributeName="DeliveryPolicy", AttributeValue=text),
        lambda: sns.add_permission(TopicArn=topic, Label=text, AWSAccountId=[text], ActionName=[text]),
        lambda: sns.subscribe(TopicArn=topic, Protocol="https", Endpoint=f"https://h/{text}"),
        lambda: sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=f"a@{text}"),
        lambda: sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:{text}"),
        lambda: sns.subscribe(TopicArn=topic, Protocol=text, Endpoint=text),
        lambda: sns.set_subscription_attributes(SubscriptionArn=subscription, **attribute),
        lambda: sns.set_subscription_attributes(
            SubscriptionArn=subscription, **{**attribute, "AttributeValue": json.dumps({text: [text]})}
        ),
        lambda: sns.confirm_subscription(TopicArn=topic, Token=text),
        lambda: sns.unsubscribe(SubscriptionArn=f"{topic}:{text}"),
        lambda: sns.publish(TopicArn=topic, Message=text, Subject=text),
        lambda: sns.publish(
            TopicArn=topic, Message=json.dumps({"default": text}), MessageStructure="json", Subject="x"
        ),
        lambda: sns.publish(
            TopicArn=topic,
            Message="x",
            MessageAttributes={text or "x": {"DataType": f"String.{text}", "StringValue": text}},
        ),
        lambda: sns.tag_resource(ResourceArn=topic, Tags=[{"Key": text, "Value": text}]),
        lambda: sns.list_topics(NextToken=text),
    ]


@pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)
def test_every_string_gets_an_answer_of_sns(
    service: Service, vectors: Callable[[str], Path], database_url: str
) -> None:
    sns = service.client("sns", parameter_validation=False)
    topic = sns.create_topic(Name="events")["TopicArn"]
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:queue"
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)["SubscriptionArn"]
    naughty = json.loads((vectors("blns") / "blns.json").read_text())
    for text in [*OWN, *naughty[:: 4 if database_url.startswith("sqlite") else 10]]:
        for number, call in enumerate(calls_of_sns(sns, topic, subscription, text)):
            assert status_of(call) in (None, 200, 400, 403, 404, 413), (number, text[:100])


@pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)
def test_every_string_gets_an_answer(service: Service, vectors: Callable[[str], Path], database_url: str) -> None:
    service.transact(accounts.grant, ACCOUNT, REGION, max_24_hour=-1, max_rate=-1)
    service.transact(identity, "example.com")
    v1 = service.client("ses", parameter_validation=False)
    v2 = service.client("sesv2", parameter_validation=False)
    naughty = json.loads((vectors("blns") / "blns.json").read_text())
    step = 2 if database_url.startswith("sqlite") else 5  # the second database is for what only it cannot hold
    for text in [*OWN, *naughty[::step]]:
        for number, call in enumerate(calls(v1, v2, text)):
            assert status_of(call) in (None, 200, 400, 403, 404, 409, 413, 429), (number, text[:100])


def status_of(call: Callable[[], Any]) -> int | None:
    """The status of the answer; None where the client itself cannot say the string."""
    try:
        return int(call()["ResponseMetadata"]["HTTPStatusCode"])
    except ClientError as error:
        return int(error.response["ResponseMetadata"]["HTTPStatusCode"])
    except UnicodeEncodeError:
        return None
