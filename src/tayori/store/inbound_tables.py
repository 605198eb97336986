"""How much of what strangers send is kept, by hour. Beside `tables`, on the same metadata."""

from sqlalchemy import BigInteger, Table

from tayori.store.tables import column, metadata

inbound_hours = Table(
    "inbound_hours",
    metadata,
    column("hour", BigInteger, key=True),  # epoch seconds // 3600
    column("octets", BigInteger),  # of the rows of inbound_messages that came in it and are still there
    column("passed_over", BigInteger),  # mails that were read and not kept
)
