"""Tables of who may do what: policies of access keys and roles, and the answers of sends that shall happen once.

Beside `tables`, on the same metadata.
"""

from sqlalchemy import Index, Integer, Table, Text

from tayori.store.tables import Moment, column, metadata

# What was answered to a send with an Idempotency-Key: written with its messages.
send_answers = Table(
    "send_answers",
    metadata,
    column("account_id", Text, key=True),
    column("region", Text, key=True),
    column("idempotency_key", Text, key=True),
    column("digest", Text),
    column("answer", Text),
    column("created_at", Moment),
    Index("send_answers_by_age", "created_at"),
)

# Policies of principals: `owner` is an access key, or `role/<name>`.
principal_policies = Table(
    "principal_policies",
    metadata,
    column("account_id", Text, key=True),
    column("owner", Text, key=True),
    column("name", Text, key=True),
    column("document", Text),
)

roles = Table(
    "roles",
    metadata,
    column("account_id", Text, key=True),
    column("name", Text, key=True),
    column("role_id", Text),
    column("trust", Text),  # the policy that says who may assume it
    column("max_seconds", Integer),
    column("created_at", Moment),
)
