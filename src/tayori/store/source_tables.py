"""Tables of what mail leaves from and by: source addresses, pools, mail routes, and what each address has done.

Beside `tables`, on the same metadata. Addresses, pools and routes are settings: they change by SQLAlchemy statements,
which tell the caches. Counts and rests are written all the time, so only by hot statements.
"""

from sqlalchemy import BigInteger, Boolean, Integer, Table, Text

from tayori.store.tables import Moment, column, metadata

# An address belongs to the installation and is lent: to everybody (account_id is empty), or to one account and region.
source_addresses = Table(
    "source_addresses",
    metadata,
    column("address", Text, key=True),  # IPv4, as receivers see it
    column("ipv6", Text),  # its companion, empty where there is none
    column("ehlo_name", Text),
    column("weight", Integer),
    column("paused", Boolean),
    column("account_id", Text),
    column("region", Text),
    column("pool", Text),
    column("bind_ipv4", Text),  # what to bind where that is not the address itself (NAT); empty: the address
    column("bind_ipv6", Text),
    column("via", Text),  # haproxy://host:port or socks5://user@host:port; empty: directly
    column("via_secret", Text),  # where the proxy's password is: file:…, env:…
    column("warmup_percentage", Integer),  # as of warmup_since
    column("warmup_since", Moment, nullable=True),  # NULL: it does not grow by itself
    column("created_at", Moment),
)

dedicated_ip_pools = Table(
    "dedicated_ip_pools",
    metadata,
    column("account_id", Text, key=True),
    column("region", Text, key=True),
    column("name", Text, key=True),
    column("created_at", Moment),
)

# Only for accounts that have chosen: warm-up is automatic unless told otherwise, as on SES.
warmup_choices = Table(
    "warmup_choices",
    metadata,
    column("account_id", Text, key=True),
    column("region", Text, key=True),
    column("automatic", Boolean),
)

# What one address has done on one day at one provider.
source_counts = Table(
    "source_counts",
    metadata,
    column("day", Integer, key=True),  # since 1970-01-01 (UTC)
    column("address", Text, key=True),
    column("provider", Text, key=True),
    column("sent", BigInteger),  # recipients delivered
    column("deferred", BigInteger),
    column("failed", BigInteger),
    column("blocked", BigInteger),  # replies that speak of the address and not of the mail
)

# A provider that has blocked an address is left alone with it for a while.
source_rests = Table(
    "source_rests",
    metadata,
    column("address", Text, key=True),
    column("provider", Text, key=True),
    column("until", Moment),
    column("times", Integer),  # in a row
    column("reason", Text),
)

mail_routes = Table(
    "mail_routes",
    metadata,
    column("pattern", Text, key=True),  # example.com, .example.com (below it), * (all)
    column("host", Text),  # empty: the domain's own hosts, an exception from a wider pattern
    column("port", Integer),
    column("tls", Text),
    column("user_name", Text),
    column("secret", Text),  # where the password is: file:…, env:…
)
