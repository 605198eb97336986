"""Tables of events on their way to whoever listens to them, and of what signs the messages that tell of them.

Beside `tables`, on the same metadata.
"""

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, Table, Text

from tayori.store.tables import Json, Moment, column, metadata

# One row for each event that somebody may listen to, written with the event, gone once it is published. Its key is the
# event's.
publications = Table(
    "publications",
    metadata,
    column("message_id", Text, key=True),
    column("at", BigInteger, key=True),
    column("kind", Text, key=True),
    column("ordinal", Integer, key=True),
    Index("publications_by_age", "at"),
    sqlite_with_rowid=False,
)

# Keys that sign notifications, and the certificates that clients fetch. Times are those of the wall.
signing_certificates = Table(
    "signing_certificates",
    metadata,
    column("name", Text, key=True),  # 32 hexadecimal digits, of the certificate's file
    column("private_key", LargeBinary),  # PKCS#8, DER
    column("certificate", Text),  # PEM
    column("made_at", Moment),
    column("expires_at", Moment),
)

# Plain HTTPS destinations of events, without topics between.
webhooks = Table(
    "webhooks",
    metadata,
    column("account_id", Text, key=True),
    column("region", Text, key=True),
    column("webhook_id", Text, key=True),
    column("url", Text),
    column("kinds", Json),  # as v2 spells event types
    column("configuration_set", Text, nullable=True),  # only mail that is sent under it
    column("secret", Text),
    column("state", Text),  # active, paused
    column("failing_since", BigInteger, nullable=True),  # microseconds; plain, for the hot statements
    column("created_at", Moment),
)

# What was sent to webhooks, and what they said.
webhook_attempts = Table(
    "webhook_attempts",
    metadata,
    column("account_id", Text, key=True),
    column("webhook_id", Text, key=True),
    column("at", BigInteger, key=True),
    column("delivery_id", Text, key=True),  # of the notification
    column("kind", Text),
    column("number", Integer),  # of the try
    column("status", Integer),  # of HTTP; 0 where there was no answer
    column("duration_ms", Integer),
    column("request", Text),
    column("reply", Text),
    column("error", Text),
    Index("webhook_attempts_by_age", "at"),
    sqlite_with_rowid=False,
)
