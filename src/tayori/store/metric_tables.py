"""Tables of counted events: what CloudWatch destinations of configuration sets are told.

Beside `tables`, on the same metadata. Written for every such event, so only by hot statements.
"""

from sqlalchemy import BigInteger, Index, Integer, Table, Text

from tayori.store.tables import column, metadata

# One row for each metric with its dimensions; `total` is what Prometheus calls a counter.
metric_series = Table(
    "metric_series",
    metadata,
    column("account_id", Text, key=True),
    column("region", Text, key=True),
    column("series", Text, key=True),  # a digest of the two that follow
    column("metric", Text),
    column("dimensions", Text),  # JSON: [[name, value], …], sorted
    column("total", BigInteger),
    column("last_at", BigInteger),  # seconds, of the minute
    Index("metric_series_by_age", "last_at"),
)

# Counts by the minute, which are kept for days, and by the hour, which are kept for months.
metric_points = Table(
    "metric_points",
    metadata,
    column("account_id", Text, key=True),
    column("region", Text, key=True),
    column("series", Text, key=True),
    column("period", Integer, key=True),  # seconds: 60, 3600
    column("at", BigInteger, key=True),  # seconds, where the period begins
    column("total", BigInteger),
    Index("metric_points_by_age", "period", "at"),
    sqlite_with_rowid=False,
)
