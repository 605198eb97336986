"""Tables of feedback loops: what operators have noted of their enrolments, and who was warned of silence.

Beside `tables`, on the same metadata. Enrolments are the installation's, not an account's: its addresses are enrolled,
and reports come to its own address. Both change seldom.
"""

from sqlalchemy import Table, Text

from tayori.store.tables import Moment, column, metadata

feedback_enrolments = Table(
    "feedback_enrolments",
    metadata,
    column("name", Text, key=True),  # of the provider or of the collector
    column("domain", Text, key=True),  # whose mail it covers; "" for all
    column("state", Text),  # requested, active
    column("since", Text),  # the day, as the operator says: 2026-01-31
    column("note", Text),
    column("changed_at", Moment),
)

# Who waits for complaints from recipients whose providers tell of none: each is mailed about once.
feedback_warnings = Table(
    "feedback_warnings",
    metadata,
    column("account_id", Text, key=True),
    column("region", Text, key=True),
    column("subject", Text, key=True),  # an identity, "configuration-set/" and its name, or "" for all of the account
    column("warned_at", Moment),
)
