"""Counted events in CloudWatch's words: what the CloudWatch destinations of configuration sets have been told; and the
rates of reputation, which nobody needs a destination for.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

from tayori.api import listing
from tayori.api.registry import Call, Request, Response, operation
from tayori.model import metric_query
from tayori.model.errors import Invalid, NotOffered
from tayori.model.metric import NAMESPACE, Dimensions
from tayori.resources import metrics, reputation_metrics
from tayori.resources.metrics import HOUR, MINUTE, Series

_PAGE = 500

Samples: TypeAlias = int | tuple[float, ...]  # so many events, or the rates that were found


@operation("cloudwatch", "ListMetrics")
def list_metrics(call: Call, request: Request) -> Response:
    series = [of(call.tx, call.account_id, call.region) for of in (metrics.series_of, reputation_metrics.series_of)]
    found = sorted((one for some in series for one in some if _is_meant(one, request)), key=lambda one: one.series)

    def fetch(after: str, limit: int) -> list[Series]:
        return [one for one in found if one.series > after][:limit]

    page, following = listing.page(call, "metric", request.get("NextToken"), _PAGE, fetch, lambda one: one.series)
    return {"Metrics": [_shown(one) for one in page], "NextToken": following}


def _is_meant(one: Series, request: Request) -> bool:
    if request.get("Namespace", NAMESPACE) != NAMESPACE or request.get("MetricName", one.metric) != one.metric:
        return False
    values = dict(one.dimensions)
    return all(
        wanted["Name"] in values and wanted.get("Value", values[wanted["Name"]]) == values[wanted["Name"]]
        for wanted in request.get("Dimensions", ())
    )


def _shown(one: Series) -> Mapping[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in one.dimensions]
    return {"Namespace": NAMESPACE, "MetricName": one.metric, "Dimensions": dimensions}


@operation("cloudwatch", "GetMetricStatistics")
def get_metric_statistics(call: Call, request: Request) -> Response:
    period, statistics = request["Period"], [*request.get("Statistics", ()), *request.get("ExtendedStatistics", ())]
    if not statistics:
        raise Invalid("Either Statistics or ExtendedStatistics must be given.")
    start, end = metric_query.window(request["StartTime"], request["EndTime"], period)
    metric_query.check_amount((end - start) // period, metric_query.MOST_STATISTICS)
    counted = _counted(call, request, start=start, end=end, period=period)
    return {
        "Label": request["MetricName"],
        "Datapoints": [_datapoint(at, samples, request) for at, samples in counted],
    }


def _datapoint(at: int, samples: Samples, request: Request) -> Mapping[str, Any]:
    unit = "Count" if isinstance(samples, int) else "None"
    point: dict[str, Any] = {"Timestamp": datetime.fromtimestamp(at, UTC), "Unit": unit}
    point |= {name: _value(name, samples) for name in request.get("Statistics", ())}
    extended = {name: _value(name, samples) for name in request.get("ExtendedStatistics", ())}
    return point | ({"ExtendedStatistics": extended} if extended else {})


@operation("cloudwatch", "GetMetricData")
def get_metric_data(call: Call, request: Request) -> Response:
    queries = request["MetricDataQueries"]
    _check_queries(queries)
    windows = [_window(query["MetricStat"], request) for query in queries]
    steps = [HOUR if query["MetricStat"]["Period"] % HOUR == 0 else MINUTE for query in queries]
    read = sum((end - start) // step for (start, end), step in zip(windows, steps, strict=True))
    metric_query.check_amount(read, request.get("MaxDatapoints") or metric_query.MOST_POINTS)
    return {
        "MetricDataResults": [
            _result(call, query, request, window)
            for query, window in zip(queries, windows, strict=True)
            if query.get("ReturnData", True)
        ]
    }


def _check_queries(queries: Sequence[Mapping[str, Any]]) -> None:
    if len({query["Id"] for query in queries}) < len(queries):
        raise Invalid("The values for parameter id in MetricDataQueries must be unique.")
    for query in queries:
        if "Expression" in query:
            raise NotOffered("Expressions are not offered here: ask for each metric by MetricStat.")
        if "MetricStat" not in query:
            raise Invalid("Each of MetricDataQueries must have MetricStat.")


def _window(stat: Mapping[str, Any], request: Request) -> tuple[int, int]:
    return metric_query.window(request["StartTime"], request["EndTime"], stat["Period"])


def _result(call: Call, query: Mapping[str, Any], request: Request, window: tuple[int, int]) -> Mapping[str, Any]:
    stat = query["MetricStat"]
    points = _counted(call, stat["Metric"], start=window[0], end=window[1], period=stat["Period"])
    if request.get("ScanBy", "TimestampDescending") == "TimestampDescending":
        points = points[::-1]
    return {
        "Id": query["Id"],
        "Label": query.get("Label") or stat["Metric"].get("MetricName", ""),
        "Timestamps": [datetime.fromtimestamp(at, UTC) for at, _ in points],
        "Values": [_value(stat["Stat"], samples) for _, samples in points],
        "StatusCode": "Complete",
    }


def _value(statistic: str, samples: Samples) -> float:
    if isinstance(samples, int):
        return metric_query.value_of(statistic, samples)
    return metric_query.value_among(statistic, samples)


def _counted(
    call: Call, named: Mapping[str, Any], *, start: int, end: int, period: int
) -> Sequence[tuple[int, Samples]]:
    """`named` has Namespace, MetricName and Dimensions; a metric that nobody has counted has no points."""
    if named.get("Namespace") != NAMESPACE:
        return []
    dimensions: Dimensions = tuple(sorted((one["Name"], one["Value"]) for one in named.get("Dimensions", ())))
    whose, name = (call.account_id, call.region), named.get("MetricName", "")
    if name in reputation_metrics.NAMES:
        return reputation_metrics.points(call.tx, *whose, name, dimensions, period=period, start=start, end=end)
    key = metrics.series_key(name, dimensions)
    return metrics.points(call.tx, *whose, key, period=period, start=start, end=end)
