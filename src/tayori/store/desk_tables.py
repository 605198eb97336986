"""Tables behind what people do with messages and the queue in the console: what was sent again as what, whose events
are being watched, and the limits that operators have set.

Beside `tables`, on the same metadata. Nothing is written on the way of a message unless somebody watches.
"""

from sqlalchemy import BigInteger, Float, Index, Integer, Table, Text

from tayori.store.tables import column, metadata

resends = Table(
    "resends",
    metadata,
    column("message_id", Text, key=True),  # that which was sent again
    column("resent_as", Text, key=True),
    column("at", BigInteger),
    column("author", Text),
    Index("resends_by_new", "resent_as"),
)

# Accounts whose events somebody watches at the moment: a setting, so that every process knows.
tail_watches = Table(
    "tail_watches",
    metadata,
    column("account_id", Text, key=True),
    column("region", Text, key=True),
    column("until", BigInteger),
)

# The events of such accounts in the order in which they were written; kept for minutes.
tail_events = Table(
    "tail_events",
    metadata,
    column("account_id", Text, key=True),
    column("region", Text, key=True),
    column("noted_at", BigInteger, key=True),
    column("message_id", Text, key=True),
    column("at", BigInteger, key=True),
    column("kind", Text, key=True),
    column("ordinal", Integer, key=True),
    sqlite_with_rowid=False,
)

# What operators allow a site in place of what the table of providers says.
site_limits = Table(
    "site_limits",
    metadata,
    column("site", Text, key=True),  # as `tayori queue sites` calls it
    column("connections", Integer),  # 0: as the table says
    column("rate", Float),  # messages in a second; 0.0: as the table says
    column("set_at", BigInteger),
    column("author", Text),
)
