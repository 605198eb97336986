"""Tables of how mail goes out securely: the MTA-STS policies that domains have asked senders to remember.

Beside `tables`, on the same metadata. Written by hot statements only: a policy is no setting. RFC 8461 3.3.
"""

from sqlalchemy import Index, Integer, Table, Text

from tayori.store.tables import Json, Moment, column, metadata

sts_policies = Table(
    "sts_policies",
    metadata,
    column("domain", Text, key=True),
    column("policy_id", Text),  # of the TXT record under which it was fetched
    column("mode", Text),
    column("max_age", Integer),
    column("mx", Json),
    column("fetched_at", Moment),
    column("expires_at", Moment),
    Index("sts_policies_by_age", "fetched_at"),
)
