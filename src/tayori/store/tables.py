"""All tables and indexes: the schema on one page.

The history that makes these tables is in `migrations/`; a test compares the two on both databases. Every hot table
begins with the message, so that messages can be spread over machines; every other table begins with the account.
Times are microseconds since the epoch in BIGINT (type `Moment`), JSON is text: plain SQL that every engine takes.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Dialect,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    text,
)

from tayori.model.message import DeliveryState

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


def storable(text: str) -> str:
    """Text from outside as a column can hold it: PostgreSQL takes no NUL, and no database a lone surrogate."""
    if text.isprintable():
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime, stored as microseconds since the epoch."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else to_micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else from_micros(value)


class Json(TypeDecorator[Any]):
    """A JSON value, stored as compact text with sorted keys."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(value, separators=(",", ":"), sort_keys=True)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


metadata = MetaData()


def _column(name: str, kind: Any, *, nullable: bool = False, key: bool = False) -> Column[Any]:
    return Column(name, kind, primary_key=key, nullable=nullable, autoincrement=False)


column = _column  # for the tables that have a file of their own


schema_info = Table(
    "schema_info",
    metadata,
    _column("id", Integer, key=True),
    _column("version", Integer),
    _column("compat", Integer),  # the oldest code that may work on this schema
)

# One row, raised by every transaction that changes a setting: caches of settings compare it (see resources/settings).
settings_revision = Table(
    "settings_revision",
    metadata,
    _column("id", Integer, key=True),
    _column("revision", BigInteger),
)

# Values that all nodes of an installation share, such as secrets made on its first start.
installation_values = Table(
    "installation_values",
    metadata,
    _column("name", Text, key=True),
    _column("value", LargeBinary),
)

accounts = Table(
    "accounts",
    metadata,
    _column("account_id", Text, key=True),
    _column("name", Text),
    _column("created_at", Moment),
    _column("contact_address", Text, nullable=True),  # who is told when an identity's status changes
)

# SES keeps the sandbox, the quotas and the suppression list of an account apart for each region.
account_regions = Table(
    "account_regions",
    metadata,
    _column("account_id", Text, key=True),
    _column("region", Text, key=True),
    _column("production_access", Boolean),
    _column("sending_enabled", Boolean),
    _column("enforcement_status", Text),
    _column("max_24_hour", BigInteger),  # recipients; -1 is unlimited
    _column("max_rate", Float),  # recipients a second; -1 is unlimited
    _column("details", Json, nullable=True),  # PutAccountDetails, as given
    _column("review_status", Text, nullable=True),
    _column("review_case", Text, nullable=True),
    _column("review_reason", Text, nullable=True),
    _column("suppressed_reasons", Json),
    _column("vdm", Json, nullable=True),
)

credentials = Table(
    "credentials",
    metadata,
    _column("access_key_id", Text, key=True),
    _column("account_id", Text),
    _column("secret_access_key", Text),
    _column("user_name", Text),
    _column("active", Boolean),
    _column("operator", Boolean),  # may use /tayori/... on behalf of the whole installation
    _column("created_at", Moment),
    Index("credentials_by_account", "account_id"),
)

# SQLite takes a partial index only where the query repeats the index's condition word for word.
WANTS_OTHER_LENGTH = text("key_length <> current_length")

identities = Table(
    "identities",
    metadata,
    _column("account_id", Text, key=True),
    _column("region", Text, key=True),
    _column("identity", Text, key=True),
    _column("kind", Text),
    _column("organisation", Text, nullable=True),  # the organisational domain: whose DMARC policy may hold
    _column("created_at", Moment),
    _column("verification_status", Text),
    _column("verification_token", Text, nullable=True),  # TXT _amazonses.<domain>, the older way
    _column("dkim_status", Text),
    _column("dkim_origin", Text),
    _column("signing_enabled", Boolean),
    _column("tokens", Json),  # Easy DKIM's three; the selector of a key of the customer's own
    _column("key_length", Text, nullable=True),  # of the next key
    _column("current_length", Text, nullable=True),  # of the key that signs
    _column("keys_made_at", Moment, nullable=True),
    _column("length_changed_at", Moment, nullable=True),
    _column("own_record", Text, nullable=True),  # the key record of a key of the customer's own
    _column("ed25519_token", Text, nullable=True),  # of the key that signs beside the others
    _column("mail_from_domain", Text, nullable=True),
    _column("mail_from_status", Text, nullable=True),
    _column("mail_from_behavior", Text),
    _column("mail_from_since", Moment, nullable=True),
    _column("feedback_forwarding", Boolean),
    _column("configuration_set", Text, nullable=True),
    _column("verification_since", Moment, nullable=True),  # see model/identity: what each "since" tells
    _column("dkim_since", Moment, nullable=True),
    _column("checks", Integer),
    _column("next_check_at", Moment, nullable=True),
    _column("last_checked_at", Moment, nullable=True),
    _column("last_success_at", Moment, nullable=True),
    _column("error_type", Text, nullable=True),
    _column("soa", Json, nullable=True),
    _column("findings", Json, nullable=True),  # per record: expected, found, verdict
    _column("link_token", Text, nullable=True),
    _column("link_expires_at", Moment, nullable=True),
    Index("identities_by_check", "next_check_at"),
    Index("identities_by_link", "link_token"),
    Index("identities_to_rekey", "account_id", sqlite_where=WANTS_OTHER_LENGTH, postgresql_where=WANTS_OTHER_LENGTH),
    Index("identities_by_name", "identity"),
    Index("identities_by_organisation", "organisation"),
)

dkim_keys = Table(
    "dkim_keys",
    metadata,
    _column("key_id", Text, key=True),
    _column("account_id", Text),
    _column("region", Text),
    _column("identity", Text),
    _column("selector", Text),
    _column("origin", Text),
    _column("length", Text, nullable=True),
    _column("private_key", LargeBinary),  # PKCS#8, DER
    _column("public_record", Text),
    _column("created_at", Moment),
    _column("state", Text),  # see resources/dkim_keys
    _column("state_since", Moment),
    Index("dkim_keys_by_selector", "selector"),
    Index("dkim_keys_by_state", "state", "state_since"),
    Index("dkim_keys_by_identity", "account_id", "region", "identity"),
)

# Sending authorization: what other accounts may do with an identity.
identity_policies = Table(
    "identity_policies",
    metadata,
    _column("account_id", Text, key=True),
    _column("region", Text, key=True),
    _column("identity", Text, key=True),
    _column("name", Text, key=True),
    _column("policy", Text),  # JSON as given, without the spaces that mean nothing
)

custom_verification_templates = Table(
    "custom_verification_templates",
    metadata,
    _column("account_id", Text, key=True),
    _column("region", Text, key=True),
    _column("name", Text, key=True),
    _column("from_address", Text),
    _column("subject", Text),
    _column("content", Text),
    _column("success_url", Text),
    _column("failure_url", Text),
    _column("created_at", Moment),
)

# Where the link of a branded verification mail leads once it was followed: as the template said when it was sent.
verification_redirects = Table(
    "verification_redirects",
    metadata,
    _column("link_token", Text, key=True),
    _column("success_url", Text),
    _column("failure_url", Text),
    _column("expires_at", Moment),
)

# Links to the records of a domain, for an administrator without an account. The token itself is not kept.
share_links = Table(
    "share_links",
    metadata,
    _column("share_id", Text, key=True),
    _column("account_id", Text),
    _column("region", Text),
    _column("identity", Text),
    _column("created_at", Moment),
    _column("expires_at", Moment),
    Index("share_links_by_identity", "account_id", "region", "identity"),
)

# Messages that the service sends to itself to prove a domain: each has an address of its own until it expires.
probes = Table(
    "probes",
    metadata,
    _column("token", Text, key=True),
    _column("account_id", Text),
    _column("region", Text),
    _column("identity", Text),
    _column("expires_at", Moment),
    _column("received_at", Moment, nullable=True),
    _column("reverse_path", Text, nullable=True),
    _column("source_ip", Text, nullable=True),
    _column("helo", Text, nullable=True),
    _column("tls_version", Text, nullable=True),
    _column("content", LargeBinary, nullable=True),
)

configuration_sets = Table(
    "configuration_sets",
    metadata,
    _column("account_id", Text, key=True),
    _column("region", Text, key=True),
    _column("name", Text, key=True),
    _column("created_at", Moment),
    _column("delivery_options", Json, nullable=True),
    _column("reputation_options", Json, nullable=True),
    _column("sending_options", Json, nullable=True),
    _column("suppression_options", Json, nullable=True),
    _column("tracking_options", Json, nullable=True),
    _column("vdm_options", Json, nullable=True),
    _column("archiving_options", Json, nullable=True),
)

tags = Table(
    "tags",
    metadata,
    _column("account_id", Text, key=True),
    _column("region", Text, key=True),
    _column("resource", Text, key=True),  # "identity/example.com", "configuration-set/name"
    _column("key", Text, key=True),
    _column("value", Text),
)

suppressed_destinations = Table(
    "suppressed_destinations",
    metadata,
    _column("account_id", Text, key=True),
    _column("region", Text, key=True),
    _column("address", Text, key=True),
    _column("reason", Text),
    _column("message_id", Text, nullable=True),
    _column("feedback_id", Text, nullable=True),
    _column("updated_at", Moment),
)

# Counts of five minutes each: the rolling quota of 24 hours and GetSendStatistics are sums over them.
send_counts = Table(
    "send_counts",
    metadata,
    _column("account_id", Text, key=True),
    _column("region", Text, key=True),
    _column("bucket", BigInteger, key=True),  # epoch seconds // 300
    _column("recipients", BigInteger),
    _column("bounces", BigInteger),
    _column("complaints", BigInteger),
    _column("rejects", BigInteger),
)

# Token bucket of an account's send rate. May go below zero: one message with many recipients is one decision.
send_rates = Table(
    "send_rates",
    metadata,
    _column("account_id", Text, key=True),
    _column("region", Text, key=True),
    _column("tokens", Float),
    _column("refilled_at", Moment),
)

messages = Table(
    "messages",
    metadata,
    _column("message_id", Text, key=True),
    _column("account_id", Text),
    _column("region", Text),
    _column("accepted_at", Moment),
    _column("expires_at", Moment),
    _column("from_address", Text),
    _column("subject", Text),
    _column("configuration_set", Text, nullable=True),
    _column("reverse_path", Text),
    _column("tls_policy", Text),
    _column("body_type", Text),
    _column("size", BigInteger),
    _column("signing", Text),  # JSON: the signing plan
    _column("facts", Text),  # JSON: caller, operation, source ip, identity, tags, feedback address, destination
    sqlite_with_rowid=False,
)

bodies = Table(
    "bodies",
    metadata,
    _column("message_id", Text, key=True),
    _column("content", LargeBinary),
)

_STATES = ", ".join(f"'{state}'" for state in DeliveryState)
# SQLite takes a partial index only where the query repeats the index's condition word for word.
OPEN = "state IN ('queued', 'sending', 'deferred', 'held')"
IS_OPEN = text(OPEN)
WAITING = f"{OPEN} AND owner = ''"
IS_WAITING = text(WAITING)

recipients = Table(
    "recipients",
    metadata,
    _column("message_id", Text, key=True),
    _column("ordinal", Integer, key=True),
    _column("address", Text),
    _column("domain", Text),  # of the address: the destination
    _column("state", Text),
    _column("owner", Text),  # the worker that has it in hand; "" for nobody
    _column("due_at", BigInteger),  # microseconds; plain, for the hot statements
    _column("stream", Text),  # what it takes turns with others as (model/stream)
    _column("attempts", Integer),
    _column("reason", Text),
    _column("status", Text),
    _column("diagnostic", Text),
    _column("updated_at", BigInteger),
    CheckConstraint(f"state IN ({_STATES})", name="recipients_state"),
    Index("recipients_open", "owner", "due_at", sqlite_where=IS_OPEN, postgresql_where=IS_OPEN),
    # Of what is in nobody's hands only: mail that is delivered from memory at once never enters these two.
    Index("recipients_by_stream", "stream", "due_at", sqlite_where=IS_WAITING, postgresql_where=IS_WAITING),
    Index("recipients_by_domain", "domain", "due_at", sqlite_where=IS_WAITING, postgresql_where=IS_WAITING),
    sqlite_with_rowid=False,
)

attempts = Table(
    "attempts",
    metadata,
    _column("message_id", Text, key=True),
    _column("ordinal", Integer, key=True),
    _column("started_at", BigInteger, key=True),
    _column("duration_ms", Integer),
    _column("host", Text),
    _column("address", Text),
    _column("source_address", Text),
    _column("tls", Text),  # "TLSv1.3 TLS_AES_256_GCM_SHA384", or "" for clear text
    _column("outcome", Text),
    _column("reason", Text),
    _column("status", Text),
    _column("diagnostic", Text),
    _column("detail", Text),  # JSON: signatures, transcript, counted or not
    sqlite_with_rowid=False,
)

events = Table(
    "events",
    metadata,
    _column("message_id", Text, key=True),
    _column("at", BigInteger, key=True),
    _column("kind", Text, key=True),
    _column("ordinal", Integer, key=True),  # -1: the whole message
    _column("detail", Text),  # JSON
    sqlite_with_rowid=False,
)

# What came to the service's own addresses and was no report: for somebody to read.
LETTERS = "report IS NULL AND message_id IS NULL"
_ARE_LETTERS = text(LETTERS)

# Mail that came in on return paths and the service's own addresses, kept as it was.
inbound_messages = Table(
    "inbound_messages",
    metadata,
    _column("inbound_id", Text, key=True),
    _column("received_at", Moment),
    _column("purpose", Text),
    _column("recipient", Text),
    _column("message_id", Text, nullable=True),  # of the message on whose return path it came
    _column("reverse_path", Text),
    _column("source_ip", Text),
    _column("report", Text, nullable=True),  # what it was read as
    _column("size", BigInteger),  # octets that the row counts as (see resources/inbound_mail)
    _column("content", LargeBinary),
    Index("inbound_by_message", "message_id"),
    Index("inbound_by_age", "received_at"),
    Index("inbound_letters", "received_at", sqlite_where=_ARE_LETTERS, postgresql_where=_ARE_LETTERS),
)

# DMARC aggregate reports: one row for each report, and one for each of its records.
dmarc_reports = Table(
    "dmarc_reports",
    metadata,
    _column("report_key", Text, key=True),  # a digest of who reported what: the same report twice is one
    _column("domain", Text),
    _column("org_name", Text),
    _column("email", Text),
    _column("report_id", Text),
    _column("begins_at", Moment),
    _column("ends_at", Moment),
    _column("received_at", Moment),
    _column("source_ip", Text),  # of the mail that brought it
    _column("policy", Json),  # as the receiver found it
    _column("is_truncated", Boolean),
    Index("dmarc_reports_by_domain", "domain", "ends_at"),
    Index("dmarc_reports_by_age", "ends_at"),
)

dmarc_report_rows = Table(
    "dmarc_report_rows",
    metadata,
    _column("report_key", Text, key=True),
    _column("ordinal", Integer, key=True),
    _column("source_ip", Text),
    _column("messages", BigInteger),
    _column("disposition", Text),
    _column("dkim_aligned", Boolean),
    _column("spf_aligned", Boolean),
    _column("header_from", Text),
    _column("envelope_from", Text),
    _column("detail", Json),  # the methods' own results, and why a policy was not followed
)

# Mails that the service wrote by itself in the last day: their number is bounded for each address and account.
service_mails = Table(
    "service_mails",
    metadata,
    _column("address", Text, key=True),
    _column("sent_at", BigInteger, key=True),
    _column("account_id", Text, key=True),
    Index("service_mails_by_account", "account_id", "sent_at"),
)

# Heartbeats of workers, and the leases of loops of which only one may run.
leases = Table(
    "leases",
    metadata,
    _column("name", Text, key=True),
    _column("holder", Text),
    _column("expires_at", Moment),
)

# The tables that have a file of their own belong to the same schema.
from tayori.store import access_tables as access_tables  # noqa: E402
from tayori.store import audit_tables as audit_tables  # noqa: E402
from tayori.store import contact_tables as contact_tables  # noqa: E402
from tayori.store import desk_tables as desk_tables  # noqa: E402
from tayori.store import feedback_tables as feedback_tables  # noqa: E402
from tayori.store import identity_tables as identity_tables  # noqa: E402
from tayori.store import inbound_tables as inbound_tables  # noqa: E402
from tayori.store import job_tables as job_tables  # noqa: E402
from tayori.store import metric_tables as metric_tables  # noqa: E402
from tayori.store import notification_tables as notification_tables  # noqa: E402
from tayori.store import publication_tables as publication_tables  # noqa: E402
from tayori.store import receipt_tables as receipt_tables  # noqa: E402
from tayori.store import report_tables as report_tables  # noqa: E402
from tayori.store import reputation_tables as reputation_tables  # noqa: E402
from tayori.store import review_tables as review_tables  # noqa: E402
from tayori.store import search_tables as search_tables  # noqa: E402
from tayori.store import source_tables as source_tables  # noqa: E402
from tayori.store import template_tables as template_tables  # noqa: E402
from tayori.store import tenant_tables as tenant_tables  # noqa: E402
from tayori.store import transport_tables as transport_tables  # noqa: E402
from tayori.store import user_tables as user_tables  # noqa: E402
