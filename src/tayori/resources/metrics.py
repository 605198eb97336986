"""Counts of events by metric and dimensions: written where events are published, read as CloudWatch is read.

Owns their rows and their bound: an account has so many series in a region; what would be one too many is counted under
a value of its own, so that sums stay right. Minutes are kept for 15 days and hours for 15 months, as CloudWatch keeps
them.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from tayori.model.metric import MOST_SERIES, Dimensions, overflow
from tayori.store.dialect import Hot
from tayori.store.engine import Tx

MINUTE, HOUR = 60, 3600
MINUTES_KEPT = timedelta(days=15)
HOURS_KEPT = timedelta(days=455)
_STEP = 500

_ADD_SERIES = Hot(
    "INSERT INTO metric_series (account_id, region, series, metric, dimensions, total, last_at) VALUES {values}"
    " ON CONFLICT (account_id, region, series) DO UPDATE SET total = metric_series.total + excluded.total,"
    " last_at = CASE WHEN excluded.last_at > metric_series.last_at THEN excluded.last_at ELSE metric_series.last_at END"
)
_ADD_POINTS = Hot(
    "INSERT INTO metric_points (account_id, region, series, period, at, total) VALUES {values}"
    " ON CONFLICT (account_id, region, series, period, at)"
    " DO UPDATE SET total = metric_points.total + excluded.total"
)
_KNOWN = Hot("SELECT series FROM metric_series WHERE account_id = ? AND region = ?")
_OF_ACCOUNT = Hot(
    "SELECT series, metric, dimensions, total, last_at FROM metric_series WHERE account_id = ? AND region = ?"
    " ORDER BY series"
)
_POINTS = Hot(
    "SELECT at, total FROM metric_points WHERE account_id = ? AND region = ? AND series = ? AND period = ?"
    " AND at >= ? AND at < ? ORDER BY at"
)
_TOTALS = Hot("SELECT region, metric, SUM(total) FROM metric_series GROUP BY region, metric ORDER BY region, metric")
_OLD_POINTS = Hot(
    "SELECT account_id, region, series, period, at FROM metric_points WHERE period = ? AND at < ? ORDER BY at LIMIT ?"
)
_FORGET_POINTS = Hot(
    "DELETE FROM metric_points WHERE account_id = ? AND region = ? AND series = ? AND period = ? AND at = ?"
)
_OLD_SERIES = Hot("SELECT account_id, region, series FROM metric_series WHERE last_at < ? ORDER BY last_at LIMIT ?")
_FORGET_SERIES = Hot("DELETE FROM metric_series WHERE account_id = ? AND region = ? AND series = ?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """One event under one destination; `at` in seconds."""

    account_id: str
    region: str
    metric: str
    dimensions: Dimensions
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    series: str
    metric: str
    dimensions: Dimensions
    total: int
    last_at: int


def series_key(metric: str, dimensions: Dimensions) -> str:
    text = json.dumps([metric, dimensions], separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:32]


class Counting:
    """Adds counts; knows the series of accounts that it has met."""

    def __init__(self, most_series: int = MOST_SERIES) -> None:
        self._most = most_series
        self._known: dict[tuple[str, str], set[str]] = {}

    def add(self, tx: Tx, counts: Sequence[Count]) -> None:
        if not counts:
            return
        series: dict[tuple[str, str, str], tuple[str, str, int, int]] = {}
        points: Counter[tuple[str, str, str, int, int]] = Counter()
        for one in counts:
            dimensions = self._bounded(tx, one)
            key = one.account_id, one.region, series_key(one.metric, dimensions)
            total, last_at = series[key][2:] if key in series else (0, 0)
            minute = one.at - one.at % MINUTE
            series[key] = one.metric, json.dumps(dimensions), total + 1, max(last_at, minute)
            points[*key, MINUTE, minute] += 1
            points[*key, HOUR, one.at - one.at % HOUR] += 1
        tx.hot(_ADD_SERIES, [(*key, *values) for key, values in series.items()])
        tx.hot(_ADD_POINTS, [(*key, total) for key, total in points.items()])

    def _bounded(self, tx: Tx, one: Count) -> Dimensions:
        place = one.account_id, one.region
        if place not in self._known:
            self._known[place] = {row[0] for row in tx.hot_rows(_KNOWN, place)}
        known, key = self._known[place], series_key(one.metric, one.dimensions)
        if key in known:
            return one.dimensions
        if len(known) >= self._most:
            return overflow(one.dimensions)
        known.add(key)
        return one.dimensions


def series_of(tx: Tx, account_id: str, region: str) -> list[Series]:
    return [
        Series(
            series=row[0],
            metric=row[1],
            dimensions=tuple((name, value) for name, value in json.loads(row[2])),
            total=row[3],
            last_at=row[4],
        )
        for row in tx.hot_rows(_OF_ACCOUNT, (account_id, region))
    ]


def points(
    tx: Tx, account_id: str, region: str, series: str, *, period: int, start: int, end: int
) -> list[tuple[int, int]]:
    """(seconds, count) of periods that begin from `start` to before `end`, without those of nothing.

    Whole hours are added up from hours, anything else from minutes.
    """
    step = HOUR if period % HOUR == 0 else MINUTE
    found: Counter[int] = Counter()
    window = start - start % step, end
    for at, total in tx.hot_rows(_POINTS, (account_id, region, series, step, *window)):
        found[at - at % period] += total
    return sorted(found.items())


def totals(tx: Tx) -> list[tuple[str, str, int]]:
    """(region, metric, count) of all accounts together."""
    return [(row[0], row[1], int(row[2])) for row in tx.hot_rows(_TOTALS, ())]


def forget(tx: Tx) -> int:
    """Delete some of what is old; how many rows."""
    now, count = int(tx.now.timestamp()), 0
    for period, kept in ((MINUTE, MINUTES_KEPT), (HOUR, HOURS_KEPT)):
        before = now - int(kept.total_seconds())
        count += tx.hot(_FORGET_POINTS, tx.hot_rows(_OLD_POINTS, (period, before, _STEP)))
    old = tx.hot_rows(_OLD_SERIES, (now - int(HOURS_KEPT.total_seconds()), _STEP))
    return count + tx.hot(_FORGET_SERIES, old)
