"""Table of what became of identities' proofs: each change of a status, with what was seen.

Beside `tables`, on the same metadata. Bounded for each identity by who writes it.
"""

from sqlalchemy import Integer, Table, Text

from tayori.store.tables import Moment, column, metadata

identity_changes = Table(
    "identity_changes",
    metadata,
    column("account_id", Text, key=True),
    column("region", Text, key=True),
    column("identity", Text, key=True),
    column("ordinal", Integer, key=True),  # counts up; of changes at one moment too
    column("at", Moment),
    column("subject", Text),  # "verification", "dkim", "mail_from"
    column("before", Text),
    column("after", Text),
    column("cause", Text),
    column("record_name", Text, nullable=True),  # the record that decided
    column("record_type", Text, nullable=True),
    column("error", Text, nullable=True),
)
