"""The keys that sign notifications, and their certificates. Times are those of the wall: certificates know no other."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from tayori.store.engine import Tx
from tayori.store.publication_tables import signing_certificates

KEPT_AFTER_EXPIRY = timedelta(days=30)  # messages may lie in a queue for long


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningCertificate:
    """`name` is the part of the file's name that SNS's clients insist on: 32 hexadecimal digits."""

    name: str
    private_key: bytes = field(repr=False)  # PKCS#8, DER
    certificate: str  # PEM
    made_at: datetime
    expires_at: datetime


def newest(tx: Tx) -> SigningCertificate | None:
    table = signing_certificates
    row = tx.execute(sa.select(table).order_by(table.c.made_at.desc(), table.c.name).limit(1)).first()
    return None if row is None else SigningCertificate(**row._mapping)


def put(tx: Tx, fresh: SigningCertificate, instead_of: str) -> SigningCertificate:
    """Sign with `fresh` from now on, unless another node has replaced `instead_of` (a name, or "") by now.

    Those whose messages nobody can hold any more are forgotten.
    """
    now = newest(tx)
    if now is not None and now.name != instead_of:
        return now
    table = signing_certificates
    tx.execute(table.delete().where(table.c.expires_at < fresh.made_at - KEPT_AFTER_EXPIRY))
    tx.execute(
        table.insert().values(
            name=fresh.name,
            private_key=fresh.private_key,
            certificate=fresh.certificate,
            made_at=fresh.made_at,
            expires_at=fresh.expires_at,
        )
    )
    return fresh


def published(tx: Tx, name: str) -> str | None:
    """The PEM text of the certificate of that name."""
    table = signing_certificates
    row = tx.execute(sa.select(table.c.certificate).where(table.c.name == name)).first()
    return None if row is None else str(row.certificate)
