"""Tables of how mail goes out: the MTA-STS policies that domains have asked senders to remember, and operators' pauses.

Beside `tables`, on the same metadata. Written by hot statements only: a policy is no setting. RFC 8461 3.3.
"""

from sqlalchemy import BigInteger, Index, Integer, Table, Text

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

# What operators have paused. Recipients that are met meanwhile belong to `parked_as`, so that nobody claims them.
pauses = Table(
    "pauses",
    metadata,
    column("parked_as", Text, key=True),
    column("kind", Text),
    column("name", Text),
    column("reason", Text),
    column("since", BigInteger),
    column("until", BigInteger),  # 0: until somebody resumes it
    column("ended_at", BigInteger),  # 0: not yet; else what is parked is being given back
)

# What each delivering process has to show: written only while somebody asks. The worker "" is the question.
delivery_views = Table(
    "delivery_views",
    metadata,
    column("worker", Text, key=True),
    column("asked", BigInteger),
    column("view", Text),
)
