"""Tables of who did what: changes through every door, and when an access key was last used.

Beside `tables`, on the same metadata. No secret and no content of a message is ever written here.
"""

from sqlalchemy import Index, Table, Text

from tayori.store.tables import Json, Moment, column, metadata

audit_entries = Table(
    "audit_entries",
    metadata,
    column("account_id", Text, key=True),
    column("entry_id", Text, key=True),  # sorts by time
    column("at", Moment),
    column("region", Text),
    column("door", Text),  # "key", "user", "link", "command"
    column("actor", Text),
    column("source_ip", Text),
    column("agent", Text),
    column("service", Text),  # "sesv2", "ses", "sns"; "tayori" for pages and commands
    column("operation", Text),
    column("resource", Text),
    column("request", Json),
    column("outcome", Text),  # "done", or the code of the refusal
    column("changes", Json),  # path, before, after
    Index("audit_entries_by_actor", "account_id", "actor", "entry_id"),
    Index("audit_entries_by_operation", "account_id", "operation", "entry_id"),
    Index("audit_entries_by_age", "at"),
)

credential_uses = Table(
    "credential_uses",
    metadata,
    column("access_key_id", Text, key=True),
    column("used_at", Moment),
)
