"""Counted events for Prometheus: sums for everybody, an account's own with their dimensions."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from tayori.api.registry import Principal
from tayori.app.metric_pages import MetricPages, gauges
from tayori.aws.http import Headers, HttpRequest
from tayori.resources.metrics import Count, Counting

REQUEST = HttpRequest(method="GET", path="/tayori/metrics", headers=Headers())
NOON = int(datetime(2026, 5, 1, 12, 0, tzinfo=UTC).timestamp())


def count(account_id: str, *dimensions: tuple[str, str]) -> Count:
    return Count(account_id=account_id, region="us-east-1", metric="Send", dimensions=dimensions, at=NOON)


def test_everybody_sees_sums_and_the_account_its_dimensions(store: Any, transact: Any) -> None:
    awkward = (("a-b", 'x"y\\z'), ("a_b", "2"), ("event", "3"))
    transact(Counting().add, [count("111111111111", *awkward), *[count("222222222222", ("secret", "s"))] * 2])
    head = [
        "# HELP tayori_ses_events_total Events counted for CloudWatch destinations of configuration sets.",
        "# TYPE tayori_ses_events_total counter",
    ]
    assert transact(gauges) == [
        *head,
        'tayori_ses_events_total{region="us-east-1",event="Send"} 3',
        "# HELP tayori_notifications_given_up Notifications that were given up and can be sent again.",
        "# TYPE tayori_notifications_given_up gauge",
    ]
    mine = Principal(account_id="111111111111", access_key_id="", arn="", operator=False, region="us-east-1")
    answer = asyncio.run(MetricPages(store).answer(REQUEST, mine))
    assert answer.body.decode() == "\n".join(
        [
            *head,
            'tayori_ses_events_total{region="us-east-1",event="Send",dimension_a_b="x\\"y\\\\z",dimension_a_b_="2",'
            'dimension_event="3"} 1',
            "",
        ]
    )
