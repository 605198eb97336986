"""Tables of reports on TLS, those that came and those that go out, and the memory of how secure ways to domains were.

Beside `tables`, on the same metadata. All of it is written by hot statements: none of these rows is a setting.
RFC 8460.
"""

from sqlalchemy import BigInteger, Boolean, Index, Integer, Table, Text

from tayori.store.tables import Json, Moment, column, metadata

# Reports that came: one row for each, one for each policy in it that is about a domain of ours, one for each failure.
tls_reports = Table(
    "tls_reports",
    metadata,
    column("report_key", Text, key=True),  # a digest of who reported what: the same report twice is one
    column("organization", Text),
    column("contact", Text),
    column("report_id", Text),
    column("begins_at", Moment),
    column("ends_at", Moment),
    column("received_at", Moment),
    column("source_ip", Text),  # of the mail that brought it
    column("signed_by", Text),  # the domain of its DKIM signature
    column("is_truncated", Boolean),
    Index("tls_reports_by_age", "ends_at"),
)

tls_report_policies = Table(
    "tls_report_policies",
    metadata,
    column("report_key", Text, key=True),
    column("ordinal", Integer, key=True),
    column("about", Text),  # the domain of ours that it is kept for
    column("domain", Text),  # the policy's: for DANE, the host's
    column("policy_type", Text),
    column("policy", Json),  # its text and its MX patterns, as the sender found them
    column("successful", BigInteger),
    column("failed", BigInteger),
    column("ends_at", Moment),
    Index("tls_report_policies_by_domain", "about", "ends_at"),
)

tls_report_failures = Table(
    "tls_report_failures",
    metadata,
    column("report_key", Text, key=True),
    column("policy_ordinal", Integer, key=True),
    column("ordinal", Integer, key=True),
    column("result_type", Text),
    column("sessions", BigInteger),
    column("sending_mta_ip", Text),
    column("receiving_mx_hostname", Text),
    column("receiving_ip", Text),
    column("detail", Json),
)

# What our own connections came to, until it is reported: one row for each day, recipients' domain, and outcome.
tls_results = Table(
    "tls_results",
    metadata,
    column("day", Text, key=True),  # "2026-01-31", UTC
    column("domain", Text, key=True),  # where the report is asked for
    column("part", Text, key=True),  # a digest of the columns that follow, less the count
    column("policy", Text),  # JSON: type, domain, text, MX patterns
    column("result", Text),  # "" for success
    column("facts", Text),  # JSON: hosts, addresses, words
    column("sessions", BigInteger),
)

# Reports of ours that were asked for.
tls_report_sends = Table(
    "tls_report_sends",
    metadata,
    column("day", Text, key=True),
    column("domain", Text, key=True),
    column("state", Text),  # waiting, sent, failed
    column("attempts", Integer),
    column("due_at", BigInteger),
    column("detail", Text),  # where it went, or why not
    Index("tls_report_sends_by_state", "state", "due_at"),
)

# How secure the best connection to a domain's hosts was, and the last one.
security_levels = Table(
    "security_levels",
    metadata,
    column("domain", Text, key=True),
    column("best_level", Text),
    column("best_at", Moment),
    column("best_host", Text),
    column("best_tls", Text),  # version
    column("last_level", Text),
    column("last_at", Moment),
    column("last_host", Text),
    column("last_tls", Text),
    column("downgraded_at", BigInteger),  # since when connections are less secure than the best; 0: they are not
    column("warned_at", BigInteger),
    Index("security_levels_by_downgrade", "downgraded_at"),
    Index("security_levels_by_age", "last_at"),
)
