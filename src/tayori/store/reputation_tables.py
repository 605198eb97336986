"""Tables of counts of mail and of what is thought of an account because of them.

Beside `tables`, on the same metadata. `mail_counts` is written by hot statements in the transactions that write events;
`reputation_states` is a setting where it pauses somebody, and is changed as such.
"""

from sqlalchemy import BigInteger, Float, Index, Integer, Table, Text

from tayori.store.tables import Moment, column, metadata

# One row for each hour and kind of mail; old hours are added up to days (resources/mail_counts).
mail_counts = Table(
    "mail_counts",
    metadata,
    column("account_id", Text, key=True),
    column("region", Text, key=True),
    column("hour", BigInteger, key=True),  # epoch seconds // 3600
    column("configuration_set", Text, key=True),  # "" for none
    column("identity", Text, key=True),
    column("provider", Text, key=True),  # of the recipient; "" for what was counted before a host was known
    column("tenant", Text, key=True),  # its name and id, "" for none
    column("sends", BigInteger),  # recipients
    column("deliveries", BigInteger),
    column("permanent_bounces", BigInteger),
    column("transient_bounces", BigInteger),
    column("complaints", BigInteger),
    column("rejects", BigInteger),
    column("opens", BigInteger),
    column("clicks", BigInteger),
    sqlite_with_rowid=False,
)

# What is thought of an account, of one of its configuration sets or of one of its identities, by its rates.
reputation_states = Table(
    "reputation_states",
    metadata,
    column("account_id", Text, key=True),
    column("region", Text, key=True),
    column("kind", Text, key=True),  # account, configuration-set, identity
    column("name", Text, key=True),  # "" for the account
    column("status", Text),  # HEALTHY, PROBATION, SHUTDOWN
    column("level", Integer),  # of the account's rates when it was told of them last (model/reputation)
    column("reason", Text),  # what is too high, or the operator's words
    column("since", Moment),
    column("fresh_start", Moment, nullable=True),  # what was counted before is not in its own rates
    column("forgiven_at", Moment, nullable=True),  # nor in the account's: an operator has lifted a pause
    column("bounce_rate", Float, nullable=True),  # at the last look; null where there was too little mail
    column("complaint_rate", Float, nullable=True),
    Index("reputation_states_by_status", "status"),
)

# What the Virtual Deliverability Manager recommends: opened when it is first found, FIXED when it is found no more.
recommendations = Table(
    "recommendations",
    metadata,
    column("account_id", Text, key=True),
    column("region", Text, key=True),
    column("resource", Text, key=True),  # "identity/example.com", "configuration-set/news"
    column("description", Text, key=True),  # DKIM1, DKIM2 …: SES's disambiguator
    column("type", Text),
    column("impact", Text),  # LOW, HIGH
    column("status", Text),  # OPEN, FIXED
    column("created_at", Moment),
    column("updated_at", Moment),
)

# Rates as CloudWatch is asked for them: of accounts, and of configuration sets that publish theirs.
reputation_points = Table(
    "reputation_points",
    metadata,
    column("account_id", Text, key=True),
    column("region", Text, key=True),
    column("configuration_set", Text, key=True),  # "" for the account
    column("at", BigInteger, key=True),  # epoch seconds, of a quarter of an hour
    column("bounce_rate", Float, nullable=True),
    column("complaint_rate", Float, nullable=True),
    sqlite_with_rowid=False,
)
