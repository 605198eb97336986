"""Reputation.BounceRate and Reputation.ComplaintRate, asked for by boto3's CloudWatch client."""

from datetime import timedelta
from typing import Any

import pytest
from served import OTHER_ACCOUNT

from population import ACCOUNT, REGION, names
from tayori.app.notices import AccountMail
from tayori.app.reputation_watch import Teller
from tayori.app.sending import Sending
from tayori.loops.reputation import ReputationWatch
from tayori.model.mail_count import Count, counts_as
from tayori.model.metric_query import value_among
from tayori.model.reputation import Rules
from tayori.resources import mail_counts

KEY = ACCOUNT, REGION
BOUNCES, COMPLAINTS = "Reputation.BounceRate", "Reputation.ComplaintRate"
OF_SET = [{"Name": "ses:configuration-set", "Value": "news"}]


@pytest.fixture
def watched(service, run) -> Any:
    """Three looks, a quarter of an hour apart: bounces rise from 1 % to 3 %, those of the set are twice as many."""
    client = service.client("sesv2")
    for name, enabled in (("news", True), ("quiet", False)):
        client.create_configuration_set(
            ConfigurationSetName=name, ReputationOptions={"ReputationMetricsEnabled": enabled}
        )
    count(service, Count.SENDS, 5000, "news")
    count(service, Count.SENDS, 5000, "quiet")
    service.clock.advance(900 - service.clock.now().timestamp() % 900)
    rules = Rules()
    for _ in range(3):
        count(service, Count.PERMANENT_BOUNCES, 100, "news")
        store = service.store
        mail = AccountMail(store, Sending(store, names, "one"), names, service.clock)
        run(ReputationWatch(store, rules, timedelta(days=400), Teller(mail, rules)).tick())
        service.clock.advance(900)
    return service.client("cloudwatch")


def count(service, what: Count, number: int, name: str) -> None:
    provider = "" if what is Count.SENDS else "other"
    service.transact(mail_counts.add, what, {(*KEY, counts_as(name, "example.com"), provider): number})


def statistics(service, client: Any, metric: str = BOUNCES, **more: Any) -> list[dict[str, Any]]:
    now = service.clock.now()
    asked = {
        "Namespace": "AWS/SES",
        "MetricName": metric,
        "StartTime": now - timedelta(hours=3),
        "EndTime": now,
        "Period": 900,
        "Statistics": ["Average"],
    }
    found = client.get_metric_statistics(**asked | more)["Datapoints"]
    return sorted(found, key=lambda point: point["Timestamp"])


@pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)
def test_the_accounts_rates_over_time(service, watched) -> None:
    points = statistics(service, watched)
    assert [round(point["Average"], 4) for point in points] == [0.01, 0.02, 0.03]
    assert {point["Unit"] for point in points} == {"None"}
    assert [round(point["Average"], 4) for point in statistics(service, watched, Dimensions=OF_SET)] == [
        0.02,
        0.04,
        0.06,
    ]


def test_an_alarm_looks_at_the_highest_of_a_period(service, watched) -> None:
    points = statistics(service, watched, Period=86400, Statistics=["Maximum", "Minimum", "SampleCount"])
    assert sum(point["SampleCount"] for point in points) == 3
    assert max(point["Maximum"] for point in points) == 0.03
    assert min(point["Minimum"] for point in points) == 0.01


def test_data_of_both_kinds_in_one_request(service, watched) -> None:
    metric = {"Namespace": "AWS/SES", "MetricName": BOUNCES}
    queries = [
        {"Id": "rate", "MetricStat": {"Metric": metric, "Period": 900, "Stat": "p50"}},
        {"Id": "sent", "MetricStat": {"Metric": metric | {"MetricName": "Send"}, "Period": 900, "Stat": "Sum"}},
    ]
    now = service.clock.now()
    answer = watched.get_metric_data(MetricDataQueries=queries, StartTime=now - timedelta(hours=3), EndTime=now)
    rate, sent = answer["MetricDataResults"]
    assert [round(value, 4) for value in rate["Values"]] == [0.03, 0.02, 0.01]
    assert sent["Values"] == []


def test_who_did_not_ask_for_it_is_not_published(service, watched) -> None:
    listed = watched.list_metrics(Namespace="AWS/SES")["Metrics"]
    assert sorted((one["MetricName"], str(one["Dimensions"])) for one in listed) == [
        (BOUNCES, "[]"),
        (BOUNCES, str(OF_SET)),
        (COMPLAINTS, "[]"),
        (COMPLAINTS, str(OF_SET)),
    ]
    assert service.client("cloudwatch", OTHER_ACCOUNT).list_metrics()["Metrics"] == []
    assert statistics(service, watched, Dimensions=[{"Name": "campaign", "Value": "news"}]) == []
    assert statistics(service, watched, COMPLAINTS) == []  # not judged: nothing was delivered to a provider with a loop


@pytest.mark.parametrize(
    ("statistic", "expected"),
    [("Sum", 6), ("SampleCount", 3), ("Average", 2), ("p0", 1), ("p50", 2), ("p99.9", 3), ("p100", 3)],
)
def test_statistics_of_samples(statistic: str, expected: float) -> None:
    assert value_among(statistic, (3.0, 1.0, 2.0)) == expected
