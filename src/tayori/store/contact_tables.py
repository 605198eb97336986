"""Tables of contact lists. Beside `tables`, on the same metadata; contacts are written by hot statements only."""

from sqlalchemy import BigInteger, Index, Integer, Table, Text

from tayori.store.tables import Json, Moment, column, metadata

# An account has one list in a region, as on SES.
contact_lists = Table(
    "contact_lists",
    metadata,
    column("account_id", Text, key=True),
    column("region", Text, key=True),
    column("list_id", Text),
    column("name", Text),
    column("description", Text, nullable=True),
    column("topics", Json),
    column("created_at", Moment),
    column("updated_at", Moment),
)

contacts = Table(
    "contacts",
    metadata,
    column("account_id", Text, key=True),
    column("list_id", Text, key=True),
    column("folded", Text, key=True),  # the address, in lower case
    column("address", Text),
    column("unsubscribed", Integer),  # from everything
    column("chosen", Text),  # JSON: status by topic
    column("attributes", Text, nullable=True),
    column("created_at", BigInteger),  # microseconds, as is the next
    column("updated_at", BigInteger),
    sqlite_with_rowid=False,
)

# Lists that were deleted, while there are contacts of theirs.
deleted_contact_lists = Table(
    "deleted_contact_lists",
    metadata,
    column("account_id", Text, key=True),
    column("list_id", Text, key=True),
    column("deleted_at", Moment),
    Index("deleted_contact_lists_by_age", "deleted_at"),
)
