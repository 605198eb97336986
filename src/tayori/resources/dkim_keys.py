"""DKIM keys: making, keeping and publishing them.

A key's selector is its Easy DKIM token, and both are its id. Private keys leave this module only for the
signer; what is published is what the DNS server asks for, name by name. Making a key takes a tenth of a
second of a processor, so it is done in a thread before the transaction that keeps it. RFC 6376 3.6.1 (key
records), RFC 8301 (lengths).
"""

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tayori import ids
from tayori.model.identity import TOKENS, KeyLength
from tayori.store.engine import Tx
from tayori.store.tables import dkim_keys

# The account of the service's own keys, with which it signs for the service's domain. No customer's account
# has it.
_SERVICE = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimKey:
    """A key pair. `private_key` is PKCS#8 in DER, `public_record` the text of its TXT record."""

    selector: str
    private_key: bytes = field(repr=False)
    public_record: str
    length: KeyLength


def generate(length: KeyLength = KeyLength.RSA_2048_BIT, count: int = TOKENS) -> tuple[DkimKey, ...]:
    """New keys under new tokens. Slow: call it in a thread, outside of any transaction."""
    return tuple(_generate(length) for _ in range(count))


def _generate(length: KeyLength) -> DkimKey:
    private = rsa.generate_private_key(public_exponent=65537, key_size=length.bits)
    public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return DkimKey(
        selector=ids.dkim_token(),
        private_key=private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        public_record=f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}",
        length=length,
    )


def keep(tx: Tx, account_id: str, region: str, domain: str, keys: Iterable[DkimKey]) -> None:
    """Store the keys of a domain identity."""
    rows = [
        {
            "key_id": key.selector,
            "account_id": account_id,
            "region": region,
            "identity": domain,
            "selector": key.selector,
            "private_key": key.private_key,
            "public_record": key.public_record,
            "created_at": tx.now,
        }
        for key in keys
    ]
    tx.execute(dkim_keys.insert(), rows)


def keep_own(tx: Tx, service_domain: str, key: DkimKey) -> None:
    """Store a key with which the service signs for its own domain, whatever the region."""
    keep(tx, _SERVICE, "", service_domain, [key])


def own(tx: Tx, service_domain: str) -> str | None:
    """The selector of the service's newest own key."""
    row = tx.execute(
        sa.select(dkim_keys.c.selector)
        .where(dkim_keys.c.account_id == _SERVICE, dkim_keys.c.identity == service_domain)
        .order_by(dkim_keys.c.created_at.desc())
        .limit(1)
    ).first()
    return None if row is None else str(row.selector)


def forget(tx: Tx, account_id: str, region: str, domain: str) -> None:
    """Delete the keys of an identity: their names vanish from the DNS, and nothing signs with them any
    more.
    """
    tx.execute(
        dkim_keys.delete().where(
            dkim_keys.c.account_id == account_id, dkim_keys.c.region == region, dkim_keys.c.identity == domain
        )
    )


def private_key(tx: Tx, key_id: str) -> bytes | None:
    """The private key for the signer; None where it was deleted meanwhile."""
    row = tx.execute(sa.select(dkim_keys.c.private_key).where(dkim_keys.c.key_id == key_id)).first()
    return None if row is None else bytes(row.private_key)


def published(tx: Tx, selector: str) -> list[str]:
    """TXT values at `<selector>.<SigningHostedZone>`: customers' keys."""
    return _records(tx, selector, dkim_keys.c.account_id != _SERVICE)


def published_own(tx: Tx, selector: str) -> list[str]:
    """TXT values at `<selector>._domainkey.<service domain>`: the service's own keys, and never a
    customer's.
    """
    return _records(tx, selector, dkim_keys.c.account_id == _SERVICE)


def _records(tx: Tx, selector: str, whose: sa.ColumnElement[bool]) -> list[str]:
    rows = tx.execute(sa.select(dkim_keys.c.public_record).where(dkim_keys.c.selector == selector, whose))
    return [row.public_record for row in rows]
