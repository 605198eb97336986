"""Tables of import and export jobs. Beside `tables`, on the same metadata; written by hot statements only."""

from sqlalchemy import BigInteger, Index, Integer, Table, Text, text

from tayori.store.tables import Json, column, metadata

# SQLite takes a partial index only where the query repeats the index's condition word for word.
JOB_OPEN = "status IN ('CREATED', 'PROCESSING')"
_IS_OPEN = text(JOB_OPEN)

jobs = Table(
    "jobs",
    metadata,
    column("account_id", Text, key=True),
    column("region", Text, key=True),
    column("job_id", Text, key=True),
    column("kind", Text),  # SUPPRESSION_LIST; METRICS_DATA, MESSAGE_INSIGHTS
    column("request", Json),  # as it was given, times as texts
    column("status", Text),
    column("created_at", BigInteger),  # microseconds, as are the next two
    column("updated_at", BigInteger),
    column("completed_at", BigInteger, nullable=True),
    column("position", BigInteger),  # records of the file that are done with
    column("processed", BigInteger),
    column("failed", BigInteger),
    column("exported", BigInteger),
    column("file", Text, nullable=True),  # what was written, by its name in the store of files
    column("error", Text, nullable=True),
    Index("jobs_open", "updated_at", sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
    Index("jobs_by_age", "account_id", "region", "created_at"),
    Index("jobs_by_end", "completed_at"),
)

# Lines of an import that could not be used, until they are written into a file.
job_failures = Table(
    "job_failures",
    metadata,
    column("account_id", Text, key=True),
    column("job_id", Text, key=True),
    column("line", Integer, key=True),
    column("record", Text),
    column("reason", Text),
)
