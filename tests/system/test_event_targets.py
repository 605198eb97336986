"""Event destinations that are no topics, as a user of SES meets them: made by boto3, filled by mail, read at the other
end.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from service import Service, running

import aws_peer
from aws_peer import Peer
from tayori.testing import until

DOMAIN = "shop.test"
SENDER = f"news@{DOMAIN}"


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    with aws_peer.running() as found:
        yield found


@pytest.fixture(scope="module")
def streams(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("streams")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, peer: Peer, streams: Path) -> Iterator[Service]:
    settings = {
        "TAYORI_EVENTS_EVENTBRIDGE_ENDPOINT": peer.url,
        "TAYORI_EVENTS_FIREHOSE": f"audit={streams}",
        "TAYORI_EVENTS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "TAYORI_EVENTS_SECRET_ACCESS_KEY": "secret",
    }
    with running(tmp_path_factory.mktemp("service"), environment=settings) as service:
        service.open_account()
        service.add_domain(DOMAIN)
        yield service


@pytest.fixture(scope="module")
def queue(peer: Peer, service: Service) -> tuple[Any, str]:
    """Takes what a rule of the default bus finds."""
    region = service.env["region"]
    sqs, events = peer.client("sqs", region), peer.client("events", region)
    url = sqs.create_queue(QueueName="mail-events")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="mail", EventPattern=json.dumps({"source": ["aws.ses"], "detail-type": ["Email Delivered"]}))
    events.put_targets(Rule="mail", Targets=[{"Id": "queue", "Arn": arn}])
    return sqs, url


def test_one_message_reaches_all_of_them(service: Service, streams: Path, queue: tuple[Any, str]) -> None:
    region, account = service.env["region"], service.env["account_id"]
    client = service.client()
    client.create_configuration_set(ConfigurationSetName="news")
    targets: dict[str, dict[str, Any]] = {
        "bus": {"EventBridgeDestination": {"EventBusArn": f"arn:aws:events:{region}:{account}:event-bus/default"}},
        "stream": {
            "KinesisFirehoseDestination": {
                "IamRoleArn": f"arn:aws:iam::{account}:role/ses",
                "DeliveryStreamArn": f"arn:aws:firehose:{region}:{account}:deliverystream/audit",
            }
        },
        "metrics": {
            "CloudWatchDestination": {
                "DimensionConfigurations": [
                    {
                        "DimensionName": "campaign",
                        "DimensionValueSource": "MESSAGE_TAG",
                        "DefaultDimensionValue": "none",
                    }
                ]
            }
        },
    }
    for name, target in targets.items():
        client.create_configuration_set_event_destination(
            ConfigurationSetName="news",
            EventDestinationName=name,
            EventDestination={"Enabled": True, "MatchingEventTypes": ["SEND", "DELIVERY"], **target},
        )
    message_id = service.send(
        "reader@inbox.test",
        sender=SENDER,
        ConfigurationSetName="news",
        EmailTags=[{"Name": "campaign", "Value": "spring"}],
    )
    service.wait_for_event(message_id, "Delivery")

    event = until(lambda: received(*queue), "the event at the bus's target", 20)
    assert (event["detail-type"], event["source"], event["region"]) == ("Email Delivered", "aws.ses", region)
    assert event["resources"] == [f"arn:aws:ses:{region}:{account}:configuration-set/news"]
    assert event["detail"]["mail"]["messageId"] == message_id

    records = until(lambda: written(streams, 2), "two records in the stream's file", 20)
    assert [record["eventType"] for record in records] == ["Send", "Delivery"]
    assert {record["mail"]["messageId"] for record in records} == {message_id}

    delivered = until(lambda: counted(service.client("cloudwatch")), "the metric", 20)
    assert delivered == [1.0]
    own = prometheus(service)
    assert f'tayori_ses_events_total{{region="{region}",event="Delivery",dimension_campaign="spring"}} 1' in own
    everybodys = httpx.get(f"{service.env['http']}/metrics").text
    assert "campaign" not in everybodys


def received(sqs: Any, url: str) -> dict[str, Any] | None:
    found = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages", [])
    return json.loads(found[0]["Body"]) if found else None


def written(folder: Path, count: int) -> list[dict[str, Any]] | None:
    """What is on the disk, in the file that is open yet."""
    lines = [line for path in folder.rglob("audit-1-*") for line in path.read_text("utf-8").splitlines()]
    return [json.loads(line) for line in lines] if len(lines) >= count else None


def counted(cloudwatch: Any) -> list[float] | None:
    now = datetime.now(UTC)
    answer = cloudwatch.get_metric_statistics(
        Namespace="AWS/SES",
        MetricName="Delivery",
        Dimensions=[{"Name": "campaign", "Value": "spring"}],
        StartTime=now - timedelta(hours=2),
        EndTime=now + timedelta(hours=2),
        Period=14400,
        Statistics=["Sum"],
    )
    return [point["Sum"] for point in answer["Datapoints"]] or None


def prometheus(service: Service) -> str:
    env = service.env
    request = AWSRequest(method="GET", url=f"{env['http']}/tayori/metrics")
    keys = env["credentials"]
    SigV4Auth(Credentials(keys["access_key_id"], keys["secret_access_key"]), "ses", env["region"]).add_auth(request)
    return httpx.get(request.url, headers=dict(request.headers)).text
