"""Tables of events on their way to whoever listens to them, and of what signs the messages that tell of them.

Beside `tables`, on the same metadata.
"""

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, Table, Text

from tayori.store.tables import Moment, column, metadata

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
