"""The metrics of the Virtual Deliverability Manager, out of the counts of mail: whole days of UTC, sparse.

Owns what each of SES's metrics is here (BatchGetMetricData; ses: probed). A day that has nothing is left out; the end
of a range is not in it. Counts are of recipients, also of mail with several of them, which SES leaves out.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from tayori.model.mail_count import OTHER_PROVIDER, Count
from tayori.model.reputation import HOUR_SECONDS
from tayori.store.dialect import Hot
from tayori.store.engine import Tx

UNKNOWN_ISP = "UNKNOWN_ISP"  # SES's name for providers that it has none for
_DAY_SECONDS = 24 * HOUR_SECONDS


class Metric(StrEnum):
    SEND = "SEND"
    COMPLAINT = "COMPLAINT"
    PERMANENT_BOUNCE = "PERMANENT_BOUNCE"
    TRANSIENT_BOUNCE = "TRANSIENT_BOUNCE"
    OPEN = "OPEN"
    CLICK = "CLICK"
    DELIVERY = "DELIVERY"
    DELIVERY_OPEN = "DELIVERY_OPEN"
    DELIVERY_CLICK = "DELIVERY_CLICK"
    DELIVERY_COMPLAINT = "DELIVERY_COMPLAINT"


class Dimension(StrEnum):
    IDENTITY = "EMAIL_IDENTITY"
    CONFIGURATION_SET = "CONFIGURATION_SET"
    ISP = "ISP"
    TENANT = "TENANT_NAME"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is asked for: a metric of mail that all the dimensions fit, from `start` to before `end`."""

    metric: Metric
    start: datetime
    end: datetime
    dimensions: Mapping[Dimension, str] = field(default_factory=dict)


_ENDED = f"{Count.DELIVERIES} + {Count.PERMANENT_BOUNCES} + {Count.TRANSIENT_BOUNCES}"
# Deliveries of mail that bears a tracker are not told apart from others.
_SUMS: Mapping[Metric, str] = {
    Metric.SEND: Count.SENDS,
    Metric.COMPLAINT: Count.COMPLAINTS,
    Metric.PERMANENT_BOUNCE: Count.PERMANENT_BOUNCES,
    Metric.TRANSIENT_BOUNCE: Count.TRANSIENT_BOUNCES,
    Metric.OPEN: Count.OPENS,
    Metric.CLICK: Count.CLICKS,
    Metric.DELIVERY: Count.DELIVERIES,
    Metric.DELIVERY_COMPLAINT: Count.DELIVERIES,
}


def series(
    tx: Tx, account_id: str, region: str, query: Query, reporting: Collection[str]
) -> list[tuple[datetime, int]]:
    """(midnight, sum) of each day that has something. `reporting` are the providers that tell of complaints."""
    if query.metric not in _SUMS:
        return []
    sums: dict[int, int] = {}
    for day, identity, number in _rows(tx, (account_id, region), query, reporting):
        if _is_meant(identity, query.dimensions.get(Dimension.IDENTITY)):
            sums[int(day)] = sums.get(int(day), 0) + int(number)
    return [(datetime.fromtimestamp(day * _DAY_SECONDS, UTC), sums[day]) for day in sorted(sums) if sums[day]]


def _rows(tx: Tx, key: tuple[str, str], query: Query, reporting: Collection[str]) -> list[tuple[int, str, int]]:
    isp = query.dimensions.get(Dimension.ISP)
    wanted = _ENDED if query.metric is Metric.SEND and isp else _SUMS[query.metric]
    conditions, values = ["account_id = ?", "region = ?", "hour >= ?", "hour < ?"], [*key, *_hours(query)]
    if (name := query.dimensions.get(Dimension.CONFIGURATION_SET)) is not None:
        conditions.append("configuration_set = ?")
        values.append(name)
    if (tenant := query.dimensions.get(Dimension.TENANT)) is not None:  # whatever its id
        conditions.append("SUBSTR(tenant, 1, ?) = ?")
        values += [len(tenant) + 1, f"{tenant}/"]
    if isp is not None:
        conditions.append("provider = ?")
        values.append(OTHER_PROVIDER if isp == UNKNOWN_ISP else isp.lower())
    if query.metric is Metric.DELIVERY_COMPLAINT:
        conditions.append(f"provider IN ({', '.join('?' * len(reporting)) or 'NULL'})")
        values += sorted(reporting)
    statement = Hot(
        f"SELECT hour / 24, identity, SUM({wanted}) FROM mail_counts WHERE {' AND '.join(conditions)}"
        " GROUP BY hour / 24, identity"
    )
    return tx.hot_rows(statement, values)


def _hours(query: Query) -> tuple[int, int]:
    """The hours that begin within the range."""
    start, end = (-(-int(moment.timestamp()) // HOUR_SECONDS) for moment in (query.start, query.end))
    return start, end


def _is_meant(identity: str, wanted: str | None) -> bool:
    """A domain stands for its addresses, too (ses: probed)."""
    return wanted is None or wanted.lower() in (identity.lower(), identity.lower().rpartition("@")[2])
