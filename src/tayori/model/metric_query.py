"""Questions to counted events, in CloudWatch's terms: statistics, periods, and how much may be asked at once.

Owns what a statistic of counted events is: each event is one sample of the value 1, as SES publishes it; and what one
of rates is, whose samples have values.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from statistics import fmean
from types import MappingProxyType

from tayori.model.errors import Invalid

MOST_POINTS = 100_800  # of one request (cloudwatch: GetMetricData)
MOST_STATISTICS = 1_440  # of one request for statistics
_COUNTED = ("Sum", "SampleCount")
_ALWAYS_ONE: Mapping[str, float] = MappingProxyType({"Average": 1.0, "Minimum": 1.0, "Maximum": 1.0})
STATISTICS = (*_COUNTED, *_ALWAYS_ONE)
_OF_SAMPLES: Mapping[str, Callable[[Sequence[float]], float]] = MappingProxyType(
    {"Sum": sum, "SampleCount": len, "Average": fmean, "Minimum": min, "Maximum": max}
)


def value_of(statistic: str, count: int) -> float:
    """Raises Invalid for statistics that are not known; percentiles of ones are ones."""
    if statistic in _COUNTED:
        return float(count)
    if statistic in _ALWAYS_ONE:
        return _ALWAYS_ONE[statistic]
    if statistic[:1] == "p" and statistic[1:].replace(".", "", 1).isdecimal() and float(statistic[1:]) <= 100:
        return 1.0
    raise Invalid(f"Statistic {statistic[:80]} is not known here: {', '.join(STATISTICS)} and percentiles are.")


def value_among(statistic: str, samples: Sequence[float]) -> float:
    """Of samples that have values; there is at least one. Raises Invalid for statistics that are not known."""
    if statistic in _OF_SAMPLES:
        return float(_OF_SAMPLES[statistic](samples))
    value_of(statistic, 1)  # refuses what is no percentile
    rank = math.ceil(float(statistic[1:]) / 100 * len(samples))
    return sorted(samples)[max(0, rank - 1)]


def window(start: datetime, end: datetime, period: int) -> tuple[int, int]:
    """The seconds asked for, from the beginning of a minute. Raises Invalid."""
    if period < 60 or period % 60:
        raise Invalid("The period must be a multiple of 60 seconds.")
    first, last = int(start.timestamp()), int(end.timestamp())
    if first >= last:
        raise Invalid("The parameter StartTime must be less than the parameter EndTime.")
    return first - first % 60, last


def check_amount(points: int, most: int) -> None:
    if points > most:
        raise Invalid(
            f"You have requested up to {points} datapoints, which exceeds the limit of {most}. You may reduce the"
            " datapoints requested by increasing Period, or decreasing the time range."
        )
