"""Tables of events on their way to whoever listens to them.

Beside `tables`, on the same metadata.
"""

from sqlalchemy import BigInteger, Index, Integer, Table, Text

from tayori.store.tables import column, metadata

# One row for each event that somebody may listen to, written with the event, gone once it is published. Its key is the
# event's.
publications = Table(
    "publications",
    metadata,
    column("message_id", Text, key=True),
    column("at", BigInteger, key=True),
    column("kind", Text, key=True),
    column("ordinal", Integer, key=True),
    Index("publications_by_age", "at"),
    sqlite_with_rowid=False,
)
