"""Table of email templates. Beside `tables`, on the same metadata."""

from sqlalchemy import Index, Table, Text

from tayori.store.tables import Moment, column, metadata

email_templates = Table(
    "email_templates",
    metadata,
    column("account_id", Text, key=True),
    column("region", Text, key=True),
    column("name", Text, key=True),
    column("subject", Text),
    column("text", Text),
    column("html", Text),
    column("created_at", Moment),
    Index("email_templates_by_age", "account_id", "region", "created_at", "name"),
)
