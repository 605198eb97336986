"""Tables of tenants, and of what they may send with. Beside `tables`, on the same metadata."""

from sqlalchemy import Index, Table, Text

from tayori.store.tables import Json, Moment, column, metadata

tenants = Table(
    "tenants",
    metadata,
    column("account_id", Text, key=True),
    column("region", Text, key=True),
    column("name", Text, key=True),
    column("tenant_id", Text),  # a tenant that is made anew under an old name has another
    column("created_at", Moment),
    column("policy", Text),  # none, standard, strict
    column("status", Text),  # ENABLED, REINSTATED, DISABLED: by its owner, or by the policy
    column("cause", Text),
    column("status_at", Moment, nullable=True),  # null until it is set for the first time
    column("judged_from", Moment, nullable=True),  # it was reinstated: what was counted before is not held against it
    column("impact", Text),  # of the worst finding at the last look: NONE, LOW, HIGH
    column("suppression_scope", Text),  # ACCOUNT, TENANT, or empty: as the account has it
    column("suppressed_reasons", Json),
)

tenant_resources = Table(
    "tenant_resources",
    metadata,
    column("account_id", Text, key=True),
    column("region", Text, key=True),
    column("tenant", Text, key=True),  # its name
    column("resource", Text, key=True),  # "identity/example.com", "configuration-set/news", "template/welcome"
    column("associated_at", Moment),
    Index("tenant_resources_by_resource", "account_id", "region", "resource", "tenant"),
)
