"""Tables of the search for messages: an index beside the messages, filled after they were accepted.

Beside `tables`, on the same metadata. A search never slows down the acceptance of mail: what it needs is written by a
loop, from the messages in the order of their identifiers. Days can be forgotten in one piece each.
"""

from sqlalchemy import BigInteger, Integer, Table, Text

from tayori.store.tables import column, metadata

# One row for each thing that messages can be found by, and span of about a second: many messages at a time share rows.
# `term` is a number made of the region, the kind and the value (model/search), `members` are the places of the
# messages in the span, eight digits each, of which their identifiers can be told again. One may stand there twice.
search_terms = Table(
    "search_terms",
    metadata,
    column("account_id", Text, key=True),
    column("day", Integer, key=True),  # since 1970
    column("term", BigInteger, key=True),
    column("span", BigInteger, key=True),
    column("members", Text),
    sqlite_with_rowid=False,
)

# How far the loop has come, for each prefix of message identifiers.
search_cursors = Table(
    "search_cursors",
    metadata,
    column("prefix", Text, key=True),
    column("indexed_to", Text),  # the last message that was written into the index
    column("settled_to", Text),  # the last that was looked at again once it had time to be committed and delivered
)

# Who was told of the events of a message: one row for each notification (`notifications`), kept with the timeline.
tellings = Table(
    "tellings",
    metadata,
    column("message_id", Text, key=True),
    column("notification_id", Text, key=True),
    column("account_id", Text),  # of the notification
    column("at", BigInteger),  # of the event, as are the next two
    column("kind", Text),
    column("ordinal", Integer),
    column("topic_arn", Text),
    column("protocol", Text),
    column("endpoint", Text),
    sqlite_with_rowid=False,
)
