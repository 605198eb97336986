"""The table of a metrics export: a row for each combination of the dimensions' values, a column for each metric.

The numbers are those of `vdm_metrics`, so that an export and BatchGetMetricData never disagree. Where all values of a
dimension are wanted, those that mail was counted under stand there; SES has a row for each provider that it knows.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import product
from typing import Any

from tayori.model.job import MetricRow
from tayori.model.mail_count import OTHER_PROVIDER
from tayori.resources import reputation, vdm_metrics
from tayori.resources.vdm_metrics import UNKNOWN_ISP, Dimension, Metric, Query
from tayori.store.dialect import Hot
from tayori.store.engine import Tx

EVERY = "*"
MOST_ROWS = 10_000
_COLUMNS: Mapping[Dimension, str] = {
    Dimension.IDENTITY: "identity",
    Dimension.CONFIGURATION_SET: "configuration_set",
    Dimension.ISP: "provider",
}


def columns(source: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The names of the dimensions and of the metrics, in the order of the request."""
    return list(source["Dimensions"]), [f"{one['Name']}_{one['Aggregation']}" for one in source["Metrics"]]


def rows(
    tx: Tx,
    account_id: str,
    region: str,
    source: Mapping[str, Any],
    span: tuple[datetime, datetime],
    skip: int,
    most: int,
) -> list[MetricRow]:
    """Rows from the one that has number `skip` on; fewer than `most` only at the end."""
    wanted = [_values(tx, (account_id, region), Dimension(name), given) for name, given in source["Dimensions"].items()]
    names = [Dimension(name) for name in source["Dimensions"]]
    reporting = reputation.reporting(tx)
    found: list[MetricRow] = []
    for number, combination in enumerate(product(*wanted)):
        if number < skip:
            continue
        if len(found) == most or number == MOST_ROWS:
            break
        sums = _Sums(tx, (account_id, region), dict(zip(names, combination, strict=True)), span, reporting)
        found.append(MetricRow(dimensions=combination, values=tuple(sums.value(one) for one in source["Metrics"])))
    return found


def _values(tx: Tx, key: tuple[str, str], dimension: Dimension, given: Sequence[str]) -> list[str]:
    if EVERY not in given:
        return list(dict.fromkeys(given))
    if dimension not in _COLUMNS:
        return []
    statement = Hot(f"SELECT DISTINCT {_COLUMNS[dimension]} FROM mail_counts WHERE account_id = ? AND region = ?")
    known = sorted(name for (name,) in tx.hot_rows(statement, key) if name)
    if dimension is not Dimension.ISP:
        return known
    return [UNKNOWN_ISP if name == OTHER_PROVIDER else name.upper() for name in known]


class _Sums:
    """Sums over the whole span, each asked for once."""

    def __init__(
        self,
        tx: Tx,
        key: tuple[str, str],
        dimensions: Mapping[Dimension, str],
        span: tuple[datetime, datetime],
        reporting: frozenset[str],
    ) -> None:
        self._tx = tx
        self._key = key
        self._dimensions = dimensions
        self._span = span
        self._reporting = reporting
        self._known: dict[Metric, int] = {}

    def value(self, wanted: Mapping[str, str]) -> float:
        """A volume, or the volume by that of what was sent."""
        volume = self._volume(Metric(wanted["Name"]))
        if wanted["Aggregation"] == "VOLUME":
            return float(volume)
        sent = self._volume(Metric.SEND)
        return volume / sent if sent else 0.0

    def _volume(self, metric: Metric) -> int:
        if metric not in self._known:
            start, end = self._span
            query = Query(metric=metric, start=start, end=end, dimensions=self._dimensions)
            days = vdm_metrics.series(self._tx, *self._key, query, self._reporting)
            self._known[metric] = sum(number for _, number in days)
        return self._known[metric]
