"""DKIM keys: making, keeping and publishing them.

An Easy DKIM key's selector is its token, under which it is published in the service's zone; the key of a token changes
in time (see `key_rotation`), so a key has an id of its own. Private keys leave this module only for the signer. Making
a key takes a tenth of a second of a processor, so it is done in a thread before the transaction that keeps it. RFC 6376
3.6.1 (key records), RFC 8301 (lengths), RFC 8463 (Ed25519).

A key's state says what it is there for:

    standby   published, has never signed; waits for its turn
    next      made for the coming rotation: published, and signs once the world can have seen it
    active    signs
    retired   signs nothing new; there, and published, for the mail that was signed or accepted with it
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tayori import ids
from tayori.mail import dkim
from tayori.model.errors import Invalid
from tayori.model.identity import TOKENS, DkimOrigin, KeyLength
from tayori.store.engine import Tx
from tayori.store.tables import dkim_keys

# The account of the service's own keys, with which it signs for the service's domain. No customer's account
# has it.
SERVICE = ""
# The origin of keys that sign beside the identity's others; SES has nothing of the kind.
ED25519 = "ED25519"
_OWN_KEY_BITS = range(1024, 2049)  # what SES takes (ses: bring-your-own-dkim)


class KeyState(StrEnum):
    STANDBY = "standby"
    NEXT = "next"
    ACTIVE = "active"
    RETIRED = "retired"


class OwnSignature(StrEnum):
    """By which kind of key the service signs for its own domain, too; setting dkim.service_signature."""

    OFF = "off"
    RSA = "rsa"
    ED25519 = "ed25519"


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimKey:
    """A key pair. `private_key` is PKCS#8 in DER, `public_record` the text of its TXT record. `length` is None for
    what is no key of Easy DKIM.
    """

    selector: str
    private_key: bytes = field(repr=False)
    public_record: str
    length: KeyLength | None = None
    key_id: str = field(default_factory=ids.request_id)


def generate(length: KeyLength = KeyLength.RSA_2048_BIT, count: int = TOKENS) -> tuple[DkimKey, ...]:
    """New keys under new tokens. Slow: call it in a thread, outside of any transaction."""
    return tuple(generate_for(ids.dkim_token(), length) for _ in range(count))


def generate_for(token: str, length: KeyLength) -> DkimKey:
    """A new key under a token that there is. As slow."""
    return _pair(token, rsa.generate_private_key(public_exponent=65537, key_size=length.bits), length)


def generate_own(kind: OwnSignature) -> DkimKey:
    """A key with which the service signs for its own domain."""
    if kind is OwnSignature.ED25519:
        return _pair(ids.dkim_token(), Ed25519PrivateKey.generate(), None)
    return generate_for(ids.dkim_token(), KeyLength.RSA_2048_BIT)


def read_own_key(selector: str, text: str) -> DkimKey:
    """A key that a customer brings: RSA of 1024 to 2048 bits, base64 of PKCS#1 or PKCS#8 without PEM lines.

    Raises Invalid, with nothing of the key in the text. Its primes are checked: call it in a thread.
    """
    try:
        key = dkim.load_private_key(text)
    except dkim.DkimKeyError as error:
        raise Invalid(
            "DomainSigningPrivateKey is invalid. It must be an RSA private key in PKCS#1 or PKCS#8 form, encoded in"
            " base64, without the BEGIN and END lines and without a passphrase."
        ) from error
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size not in _OWN_KEY_BITS:
        raise Invalid("DomainSigningPrivateKey is invalid. It must be an RSA private key of 1024 to 2048 bits.")
    return _pair(selector, key, None)


def _pair(selector: str, private: dkim.PrivateKey, length: KeyLength | None) -> DkimKey:
    return DkimKey(
        selector=selector,
        private_key=private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        public_record=dkim.public_record(private),
        length=length,
    )


def keep(
    tx: Tx,
    account_id: str,
    region: str,
    domain: str,
    keys: Iterable[DkimKey],
    *,
    origin: DkimOrigin = DkimOrigin.AWS_SES,
) -> None:
    """Store the keys of a domain identity. The first of them is to sign, the others wait for their turn."""
    for position, key in enumerate(keys):
        add(tx, account_id, region, domain, key, KeyState.STANDBY if position else KeyState.ACTIVE, origin=origin)


def add(
    tx: Tx,
    account_id: str,
    region: str,
    domain: str,
    key: DkimKey,
    state: KeyState,
    *,
    origin: str = DkimOrigin.AWS_SES,
) -> None:
    tx.execute(
        dkim_keys.insert().values(
            key_id=key.key_id,
            account_id=account_id,
            region=region,
            identity=domain,
            selector=key.selector,
            origin=origin,
            length=key.length,
            private_key=key.private_key,
            public_record=key.public_record,
            created_at=tx.now,
            state=state,
            state_since=tx.now,
        )
    )


def keep_own(tx: Tx, service_domain: str, key: DkimKey) -> None:
    """Store a key with which the service signs for its own domain, whatever the region."""
    keep(tx, SERVICE, "", service_domain, [key])


def own(tx: Tx, service_domain: str, kind: OwnSignature = OwnSignature.RSA) -> tuple[str, str] | None:
    """(key id, selector) of the service's newest own key of a kind."""
    row = tx.execute(
        sa.select(dkim_keys.c.key_id, dkim_keys.c.selector)
        .where(
            dkim_keys.c.account_id == SERVICE,
            dkim_keys.c.identity == service_domain,
            dkim_keys.c.public_record.like(f"v=DKIM1; k={kind}; %"),
        )
        .order_by(dkim_keys.c.created_at.desc())
        .limit(1)
    ).first()
    return None if row is None else (row.key_id, row.selector)


def use_own(tx: Tx, service_domain: str, kind: OwnSignature, fresh: DkimKey | None) -> None:
    """From now on sign for the service's own domain by a key of this kind: one that there is, else `fresh`."""
    mine = of_identity(SERVICE, "", service_domain)
    if own_kind(tx, service_domain) is kind:
        return
    retire(tx, SERVICE, "", service_domain)
    known = None if kind is OwnSignature.OFF else own(tx, service_domain, kind)
    if known is not None:
        again = *mine, dkim_keys.c.key_id == known[0]
        tx.execute(dkim_keys.update().where(*again).values(state=KeyState.ACTIVE, state_since=tx.now))
    elif kind is not OwnSignature.OFF and fresh is not None:
        keep_own(tx, service_domain, fresh)


def own_kind(tx: Tx, service_domain: str) -> OwnSignature:
    """By which kind of key the service signs for its own domain now."""
    row = tx.execute(
        sa.select(dkim_keys.c.public_record)
        .where(*of_identity(SERVICE, "", service_domain), dkim_keys.c.state == KeyState.ACTIVE)
        .limit(1)
    ).first()
    if row is None:
        return OwnSignature.OFF
    is_ed25519 = row.public_record.startswith(f"v=DKIM1; k={OwnSignature.ED25519}; ")
    return OwnSignature.ED25519 if is_ed25519 else OwnSignature.RSA


def own_active(tx: Tx, service_domain: str) -> list[tuple[str, str]]:
    """(key id, selector) of the key with which the service signs for its own domain; none unless that is on."""
    return active(tx, SERVICE, "", service_domain)


def active(tx: Tx, account_id: str, region: str, domain: str) -> list[tuple[str, str]]:
    """(key id, selector) of the keys with which a domain's mail is to be signed."""
    rows = tx.execute(
        sa.select(dkim_keys.c.key_id, dkim_keys.c.selector, dkim_keys.c.origin)
        .where(*of_identity(account_id, region, domain), dkim_keys.c.state == KeyState.ACTIVE)
        .order_by(dkim_keys.c.created_at)
    ).all()
    return [(row.key_id, row.selector) for row in sorted(rows, key=lambda row: bool(row.origin == ED25519))]


def retire(tx: Tx, account_id: str, region: str, domain: str) -> None:
    """Sign nothing new with an identity's keys, but for Ed25519's. Those that have signed stay for the mail that is
    under way.
    """
    mine = (*of_identity(account_id, region, domain), dkim_keys.c.origin != ED25519)
    unused = dkim_keys.c.state.in_([KeyState.STANDBY, KeyState.NEXT])
    tx.execute(dkim_keys.delete().where(*mine, unused))
    tx.execute(
        dkim_keys.update()
        .where(*mine, dkim_keys.c.state == KeyState.ACTIVE)
        .values(state=KeyState.RETIRED, state_since=tx.now)
    )


def forget(tx: Tx, account_id: str, region: str, domain: str) -> None:
    """Delete the keys of an identity: their names vanish from the DNS, and nothing signs with them any
    more.
    """
    tx.execute(dkim_keys.delete().where(*of_identity(account_id, region, domain)))


def of_identity(account_id: str, region: str, domain: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        dkim_keys.c.account_id == account_id,
        dkim_keys.c.region == region,
        dkim_keys.c.identity == domain,
    )


def private_key(tx: Tx, key_id: str) -> bytes | None:
    """The private key for the signer; None where it was deleted meanwhile."""
    row = tx.execute(sa.select(dkim_keys.c.private_key).where(dkim_keys.c.key_id == key_id)).first()
    return None if row is None else bytes(row.private_key)


def published(tx: Tx, selector: str) -> list[str]:
    """TXT values at `<selector>.<SigningHostedZone>`: customers' keys that the service made."""
    made_here = sa.and_(dkim_keys.c.account_id != SERVICE, dkim_keys.c.origin.in_([DkimOrigin.AWS_SES, ED25519]))
    return _records(tx, selector, made_here)


def published_own(tx: Tx, selector: str) -> list[str]:
    """TXT values at `<selector>._domainkey.<service domain>`: the service's own keys, and never a
    customer's.
    """
    return _records(tx, selector, dkim_keys.c.account_id == SERVICE)


def _records(tx: Tx, selector: str, whose: sa.ColumnElement[bool]) -> list[str]:
    rows = tx.execute(sa.select(dkim_keys.c.public_record).where(dkim_keys.c.selector == selector, whose))
    return [row.public_record for row in rows]
