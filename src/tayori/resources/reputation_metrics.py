"""Rates over time, as CloudWatch has them: Reputation.BounceRate and Reputation.ComplaintRate.

Owns their rows: one for each quarter of an hour, of accounts and of the configuration sets that publish theirs, kept as
long as CloudWatch keeps minutes. Rates that are not judged, for want of mail, are not published.
"""

from collections.abc import Sequence
from datetime import timedelta

from tayori.model.metric import Dimensions
from tayori.model.reputation import ACCOUNT
from tayori.resources.metrics import MINUTES_KEPT, Series, series_key
from tayori.resources.reputation import Part
from tayori.store.dialect import Hot
from tayori.store.engine import Tx

NAMES = ("Reputation.BounceRate", "Reputation.ComplaintRate")  # in the order of the columns
_DIMENSION = "ses:configuration-set"
_STEP_SECONDS = 900

_PUT = Hot(
    "INSERT INTO reputation_points (account_id, region, configuration_set, at, bounce_rate, complaint_rate)"
    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (account_id, region, configuration_set, at) DO UPDATE SET"
    " bounce_rate = excluded.bounce_rate, complaint_rate = excluded.complaint_rate"
)
_POINTS = Hot(
    "SELECT at, bounce_rate, complaint_rate FROM reputation_points"
    " WHERE account_id = ? AND region = ? AND configuration_set = ? AND at >= ? AND at < ? ORDER BY at"
)
_LATEST = Hot(
    "SELECT configuration_set, MAX(at) FROM reputation_points WHERE account_id = ? AND region = ?"
    " GROUP BY configuration_set ORDER BY configuration_set"
)
_FORGET = Hot("DELETE FROM reputation_points WHERE account_id = ? AND region = ? AND at < ?")


def put(tx: Tx, key: tuple[str, str], parts: Sequence[Part]) -> None:
    """What a look found, of the account and of configuration sets that publish theirs; and forget what is old."""
    now = int(tx.now.timestamp())
    rows = []
    for part in parts:
        rates = [rate.value if rate.is_judged else None for rate in (part.appraisal.bounce, part.appraisal.complaint)]
        if any(rate is not None for rate in rates):
            name = "" if part.who == ACCOUNT else part.who.name
            rows.append((*key, name, now - now % _STEP_SECONDS, *rates))
    tx.hot(_PUT, rows)
    tx.hot(_FORGET, [(*key, now - int(MINUTES_KEPT / timedelta(seconds=1)))])


def series_of(tx: Tx, account_id: str, region: str) -> list[Series]:
    found = []
    for name, last_at in tx.hot_rows(_LATEST, (account_id, region)):
        dimensions: Dimensions = ((_DIMENSION, name),) if name else ()
        for metric in NAMES:
            key = series_key(metric, dimensions)
            found.append(Series(series=key, metric=metric, dimensions=dimensions, total=0, last_at=int(last_at)))
    return found


def points(
    tx: Tx, account_id: str, region: str, metric: str, dimensions: Dimensions, *, period: int, start: int, end: int
) -> list[tuple[int, tuple[float, ...]]]:
    """(seconds, rates) of periods that begin from `start` to before `end`, without those of nothing."""
    if dimensions and [name for name, _ in dimensions] != [_DIMENSION]:
        return []
    name = dimensions[0][1] if dimensions else ""
    found: dict[int, list[float]] = {}
    for at, *rates in tx.hot_rows(_POINTS, (account_id, region, name, start - start % period, end)):
        rate = rates[NAMES.index(metric)]
        if rate is not None:
            found.setdefault(at - at % period, []).append(rate)
    return [(at, tuple(rates)) for at, rates in sorted(found.items())]
