"""The tables of requests for production access: what was asked and decided, and when; decisions to be told of.

Beside `tables`, on the same metadata. How the matter stands now is in `account_regions`.
"""

from sqlalchemy import BigInteger, Float, Table, Text

from tayori.store.tables import column, metadata

review_steps = Table(
    "review_steps",
    metadata,
    column("account_id", Text, key=True),
    column("region", Text, key=True),
    column("at", BigInteger, key=True),  # microseconds
    column("kind", Text),  # asked, granted, denied (resources/reviews)
    column("case_id", Text),
    column("reason", Text),
    column("max_24_hour", BigInteger, nullable=True),  # that were granted
    column("max_rate", Float, nullable=True),
    sqlite_with_rowid=False,
)

# An outbox: the latest decision that the account's contacts have not been told of yet (resources/review_notices).
review_notices = Table(
    "review_notices",
    metadata,
    column("account_id", Text, key=True),
    column("region", Text, key=True),
    column("reason", Text, nullable=True),  # of a denial
    column("max_24_hour", BigInteger, nullable=True),  # that were granted
    column("max_rate", Float, nullable=True),
    sqlite_with_rowid=False,
)
