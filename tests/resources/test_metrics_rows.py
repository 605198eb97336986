"""Counts of events: added up by minute and hour, bounded in series, forgotten in time."""

from datetime import UTC, datetime, timedelta

from tayori.resources import metrics
from tayori.resources.metrics import Count, Counting

KEY = ("111111111111", "us-east-1")
NOON = int(datetime(2026, 5, 1, 12, 0, tzinfo=UTC).timestamp())


def count(at=NOON, campaign="spring", metric="Send", account_id=KEY[0]):
    return Count(account_id=account_id, region=KEY[1], metric=metric, dimensions=(("campaign", campaign),), at=at)


def points(transact, series, period, start=NOON - 7200, end=NOON + 7200):
    return transact(metrics.points, *KEY, series, period=period, start=start, end=end)


def test_counts_of_many_transactions_add_up(transact):
    counting = Counting()
    transact(counting.add, [count(), count(NOON + 59), count(NOON + 60), count(campaign="autumn")])
    transact(Counting().add, [count(NOON + 61), count(NOON + 3600)])
    spring = metrics.series_key("Send", (("campaign", "spring"),))
    assert points(transact, spring, 60) == [(NOON, 2), (NOON + 60, 2), (NOON + 3600, 1)]
    assert points(transact, spring, 300) == [(NOON, 4), (NOON + 3600, 1)]
    assert points(transact, spring, 3600) == [(NOON, 4), (NOON + 3600, 1)]
    assert points(transact, spring, 60, start=NOON + 30, end=NOON + 60) == [(NOON, 2)]
    totals = {dict(one.dimensions)["campaign"]: (one.total, one.last_at) for one in transact(metrics.series_of, *KEY)}
    assert totals == {"spring": (5, NOON + 3600), "autumn": (1, NOON)}
    assert transact(metrics.totals) == [("us-east-1", "Send", 6)]


def test_series_are_bounded_and_sums_stay_right(transact):
    counting = Counting(most_series=3)
    transact(counting.add, [count(campaign=f"c{number}") for number in range(10)])
    transact(Counting(most_series=3).add, [count(campaign="c0"), count(campaign="new")])
    found = {dict(one.dimensions)["campaign"]: one.total for one in transact(metrics.series_of, *KEY)}
    assert found == {"c0": 2, "c1": 1, "c2": 1, "(other)": 8}
    transact(counting.add, [count(account_id="222222222222", campaign="mine")])
    assert [one.dimensions for one in transact(metrics.series_of, "222222222222", KEY[1])] == [(("campaign", "mine"),)]


def test_minutes_are_forgotten_before_hours(transact, clock):
    now = int(clock.now().timestamp()) // 3600 * 3600
    transact(Counting().add, [count(now)])
    key = metrics.series_key("Send", (("campaign", "spring"),))
    clock.advance(timedelta(days=16).total_seconds())
    assert transact(metrics.forget) == 1
    assert points(transact, key, 60, now - 60, now + 3600) == []
    assert points(transact, key, 3600, now, now + 3600) == [(now, 1)]
    clock.advance(timedelta(days=450).total_seconds())
    assert transact(metrics.forget) == 2
    assert transact(metrics.series_of, *KEY) == []
