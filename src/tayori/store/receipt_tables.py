"""Tables of mail that accounts receive: filters, rule sets, and messages whose actions are under way.

Beside `tables`, on the same metadata. A message is written by hot statements only.
"""

from sqlalchemy import BigInteger, Boolean, Index, Integer, LargeBinary, Table, Text, text

from tayori.store.tables import Json, Moment, column, metadata

# SQLite takes a partial index only where the query repeats the index's condition word for word.
RECEIPT_OPEN = "state = 'open'"
RECEIPT_HELD = "octets > 0"

receipt_filters = Table(
    "receipt_filters",
    metadata,
    column("account_id", Text, key=True),
    column("region", Text, key=True),
    column("name", Text, key=True),
    column("policy", Text),  # "Block", "Allow"
    column("cidr", Text),
    column("created_at", Moment),
)

receipt_rule_sets = Table(
    "receipt_rule_sets",
    metadata,
    column("account_id", Text, key=True),
    column("region", Text, key=True),
    column("name", Text, key=True),
    column("active", Boolean),
    column("rules", Json),  # in their order, as the model has them
    column("created_at", Moment),
)

received_messages = Table(
    "received_messages",
    metadata,
    column("account_id", Text, key=True),
    column("message_id", Text, key=True),
    column("region", Text),
    column("received_at", BigInteger),  # microseconds, as is the next
    column("due_at", BigInteger),
    column("state", Text),  # "open", "done", "dead"
    column("attempts", Integer),
    column("facts", Text),  # JSON: who sent it to whom, and how
    column("steps", Text),  # JSON: the actions of the rules that were matched, in order
    column("progress", Text),  # JSON: where the actions are
    column("head", LargeBinary),  # what a bounce returns of it
    column("octets", BigInteger),  # of the content; 0 once it is gone
    column("content", LargeBinary),
    column("error", Text),
    Index("received_open", "due_at", sqlite_where=text(RECEIPT_OPEN), postgresql_where=text(RECEIPT_OPEN)),
    Index("received_held", "octets", sqlite_where=text(RECEIPT_HELD), postgresql_where=text(RECEIPT_HELD)),
    Index("received_by_age", "received_at"),
)
