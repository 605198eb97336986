"""Metrics of events, asked for by boto3's CloudWatch client and by the query protocol of older ones."""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from served import OTHER_ACCOUNT, SECRET, Service, key_of

from population import ACCOUNT, REGION
from tayori.resources.metrics import Count, Counting

NOW = datetime.now(UTC).replace(second=0, microsecond=0)
HOUR = NOW.replace(minute=0) - timedelta(hours=3)
SPRING = {"Name": "campaign", "Value": "spring"}


def count(at: datetime, campaign: str = "spring", metric: str = "Send", account_id: str = ACCOUNT) -> Count:
    return Count(
        account_id=account_id,
        region=REGION,
        metric=metric,
        dimensions=(("campaign", campaign),),
        at=int(at.timestamp()),
    )


@pytest.fixture
def cloudwatch(service: Service) -> Any:
    counts = [
        *[count(HOUR + timedelta(seconds=second)) for second in (0, 30, 60, 3600, 3659)],
        count(HOUR, campaign="autumn"),
        count(HOUR, metric="Bounce"),
        count(HOUR, account_id=OTHER_ACCOUNT),
    ]
    service.transact(Counting().add, counts)
    return service.client("cloudwatch")


def query(stat: str = "Sum", period: int = 60, **changes: Any) -> dict[str, Any]:
    metric = {"Namespace": "AWS/SES", "MetricName": "Send", "Dimensions": [SPRING]}
    return {"Id": "m1", "MetricStat": {"Metric": metric, "Period": period, "Stat": stat}} | changes


def window(**changes: Any) -> dict[str, Any]:
    return {"StartTime": HOUR, "EndTime": HOUR + timedelta(hours=2)} | changes


def test_data_by_the_minute_and_by_the_hour(cloudwatch: Any) -> None:
    answer = cloudwatch.get_metric_data(
        MetricDataQueries=[query(), query(period=3600, Id="m2", Label="all"), query("Average", Id="m3")],
        ScanBy="TimestampAscending",
        **window(),
    )
    minutes, hours, average = answer["MetricDataResults"]
    assert (minutes["Id"], minutes["Label"], minutes["StatusCode"]) == ("m1", "Send", "Complete")
    assert minutes["Timestamps"] == [HOUR, HOUR + timedelta(minutes=1), HOUR + timedelta(hours=1)]
    assert minutes["Values"] == [2.0, 1.0, 2.0]
    assert (hours["Label"], hours["Timestamps"], hours["Values"]) == ("all", [HOUR, HOUR + timedelta(hours=1)], [3, 2])
    assert average["Values"] == [1.0, 1.0, 1.0]


def test_the_latest_comes_first_unless_asked_otherwise(cloudwatch: Any) -> None:
    (found,) = cloudwatch.get_metric_data(MetricDataQueries=[query(period=3600)], **window())["MetricDataResults"]
    assert found["Values"] == [2.0, 3.0]


def test_statistics(cloudwatch: Any) -> None:
    answer = cloudwatch.get_metric_statistics(
        Namespace="AWS/SES",
        MetricName="Send",
        Dimensions=[SPRING],
        Period=3600,
        Statistics=["Sum", "SampleCount", "Maximum"],
        **window(EndTime=HOUR + timedelta(hours=1)),
    )
    assert answer["Label"] == "Send"
    assert answer["Datapoints"] == [
        {"Timestamp": HOUR, "Sum": 3.0, "SampleCount": 3.0, "Maximum": 1.0, "Unit": "Count"}
    ]


def test_metrics_are_listed_to_their_account_only(service: Service, cloudwatch: Any) -> None:
    found = cloudwatch.list_metrics(Namespace="AWS/SES")["Metrics"]
    assert sorted((one["MetricName"], one["Dimensions"][0]["Value"]) for one in found) == [
        ("Bounce", "spring"),
        ("Send", "autumn"),
        ("Send", "spring"),
    ]
    assert len(cloudwatch.list_metrics(MetricName="Send", Dimensions=[SPRING])["Metrics"]) == 1
    assert len(cloudwatch.list_metrics(Dimensions=[{"Name": "campaign"}])["Metrics"]) == 3
    assert cloudwatch.list_metrics(Namespace="AWS/EC2")["Metrics"] == []
    assert len(service.client("cloudwatch", OTHER_ACCOUNT).list_metrics()["Metrics"]) == 1


def test_many_metrics_come_in_pages(service: Service, cloudwatch: Any) -> None:
    service.transact(Counting().add, [count(HOUR, campaign=f"c{number}") for number in range(700)])
    pages = list(cloudwatch.get_paginator("list_metrics").paginate())
    assert [len(page["Metrics"]) for page in pages] == [500, 203]
    assert len({str(one) for page in pages for one in page["Metrics"]}) == 703


@pytest.mark.parametrize(
    ("queries", "changes", "words"),
    [
        ([query(period=61)], {}, "multiple of 60"),
        ([query("Median")], {}, "Statistic Median is not known"),
        ([query(), query()], {}, "must be unique"),
        ([{"Id": "m1", "Expression": "m2*2"}], {}, "Expressions are not offered"),
        ([query()], {"EndTime": HOUR}, "must be less than"),
        ([query()], {"StartTime": HOUR - timedelta(days=100)}, "exceeds the limit of 100800"),
    ],
)
def test_what_is_refused(cloudwatch: Any, queries: Any, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ClientError) as caught:
        cloudwatch.get_metric_data(MetricDataQueries=queries, **window(**changes))
    error = caught.value.response["Error"]
    assert error["Code"] == "InvalidParameterValue"
    assert words in error["Message"]


def test_an_operation_that_is_not_offered_says_so(cloudwatch: Any) -> None:
    with pytest.raises(ClientError, match="PutDashboard is not offered"):
        cloudwatch.put_dashboard(DashboardName="d", DashboardBody="{}")


def test_a_wrong_secret_is_told_in_json(service: Service) -> None:
    keys = {"aws_access_key_id": key_of(ACCOUNT), "aws_secret_access_key": "wrong"}
    client = boto3.client("cloudwatch", endpoint_url=service.url, region_name=REGION, **keys)
    with pytest.raises(ClientError) as caught:
        client.list_metrics()
    client.close()
    assert caught.value.response["Error"]["Code"] in ("InvalidSignatureException", "SignatureDoesNotMatch")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_older_clients_speak_the_query_protocol(service: Service, cloudwatch: Any) -> None:
    body = "Action=ListMetrics&Version=2010-08-01&MetricName=Bounce&Dimensions.member.1.Name=campaign"
    request = AWSRequest(
        method="POST", url=f"{service.url}/", data=body, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    SigV4Auth(Credentials(key_of(ACCOUNT), SECRET), "monitoring", REGION).add_auth(request)
    answer = httpx.post(request.url, content=body, headers=dict(request.headers))
    assert answer.status_code == 200
    assert "<MetricName>Bounce</MetricName>" in answer.text and "<Value>spring</Value>" in answer.text
