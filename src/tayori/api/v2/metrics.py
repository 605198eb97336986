"""The metrics of the Virtual Deliverability Manager, for accounts that have switched it on (ses: probed)."""

import re
from datetime import timedelta
from typing import Any

from tayori.api.registry import Call, Request, Response, operation
from tayori.model.errors import Invalid
from tayori.resources import accounts, reputation, vdm_metrics
from tayori.resources.vdm_metrics import Dimension, Metric, Query

_LONGEST = timedelta(days=60)
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_IDENTITY = re.compile(r"[^@*\s]+(@[^@*\s]+)?")


@operation("sesv2", "BatchGetMetricData")
def batch_get_metric_data(call: Call, request: Request) -> Response:
    """A query that is wrong spoils the whole batch: SES has never been seen to list an error."""
    accounts.require_vdm(call.tx, call.account_id, call.region)
    given = request["Queries"]
    if len({one["Id"] for one in given}) < len(given):
        raise Invalid("All queries must have a unique identifier.")
    for one in given:
        _check_dimensions(one.get("Dimensions", {}))
    queries = {one["Id"]: _query(one) for one in given}
    reporting = reputation.reporting(call.tx)
    return {"Results": [_result(call, name, query, reporting) for name, query in queries.items()], "Errors": []}


def _result(call: Call, name: str, query: Query, reporting: frozenset[str]) -> dict[str, Any]:
    found = vdm_metrics.series(call.tx, call.account_id, call.region, query, reporting)
    return {"Id": name, "Timestamps": [at for at, _ in found], "Values": [number for _, number in found]}


def _query(given: Request) -> Query:
    start, end = given["StartDate"], given["EndDate"]
    if start >= end:
        raise Invalid("Expected start date to be before the end date.")
    if end - start > _LONGEST:
        raise Invalid("Invalid interval, can request at most 60 days. Please partition your requested interval.")
    dimensions = {Dimension(name): value for name, value in given.get("Dimensions", {}).items()}
    return Query(metric=Metric(given["Metric"]), start=start, end=end, dimensions=dimensions)


def _check_dimensions(given: Request) -> None:
    if (identity := given.get(Dimension.IDENTITY)) is not None and not _IDENTITY.fullmatch(identity):
        raise Invalid("Invalid email identity provided.")
    if (isp := given.get(Dimension.ISP)) is not None and not _NAME.fullmatch(isp):
        raise Invalid("Invalid ISP name provided.")
    if (name := given.get(Dimension.CONFIGURATION_SET)) is not None:
        _check_name(name, "configuration set name", "The configuration set name must be specified.")
    if (name := given.get(Dimension.TENANT)) is not None:
        _check_name(name, "tenant name", "TenantName cannot be empty")


def _check_name(name: str, noun: str, blank: str) -> None:
    if not name:
        raise Invalid(blank)
    if not _NAME.fullmatch(name):
        raise Invalid(f"Invalid {noun} <{name}>: only alphanumeric ASCII characters, '_', and '-' are allowed.")
