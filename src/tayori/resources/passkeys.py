"""Passkeys of users of the console: public keys by which their devices prove themselves.

Owns the rows. What a device says is verified by whoever calls.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from tayori.model.errors import AlreadyExists, Kind, LimitExceeded, NotFound
from tayori.store.engine import Tx
from tayori.store.user_tables import passkeys

MOST = 20  # of one user


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    credential_id: str  # base64url
    user_id: str
    name: str
    public_key: bytes
    sign_count: int
    transports: Sequence[str]
    created_at: datetime
    used_at: datetime | None = None


def add(tx: Tx, passkey: Passkey) -> None:
    if len(of_user(tx, passkey.user_id)) >= MOST:
        raise LimitExceeded(f"A user has at most {MOST} passkeys. Remove one that is no longer used.")
    if find(tx, passkey.credential_id) is not None:
        raise AlreadyExists("This passkey is known already.", Kind.USER)
    tx.execute(passkeys.insert().values({name: getattr(passkey, name) for name in Passkey.__dataclass_fields__}))


def find(tx: Tx, credential_id: str) -> Passkey | None:
    row = tx.execute(sa.select(passkeys).where(passkeys.c.credential_id == credential_id)).first()
    return None if row is None else Passkey(**row._mapping)


def of_user(tx: Tx, user_id: str) -> list[Passkey]:
    """The oldest first."""
    rows = tx.execute(sa.select(passkeys).where(passkeys.c.user_id == user_id).order_by(passkeys.c.created_at))
    return [Passkey(**row._mapping) for row in rows]


def used(tx: Tx, credential_id: str, sign_count: int, now: datetime) -> None:
    """One that counts its signatures counts upwards: an older count is a copy's (WebAuthn 6.1.1)."""
    changed = passkeys.update().where(passkeys.c.credential_id == credential_id)
    tx.execute(changed.values(sign_count=sign_count, used_at=now))


def remove(tx: Tx, user_id: str, credential_id: str) -> None:
    mine = passkeys.c.user_id == user_id, passkeys.c.credential_id == credential_id
    if not tx.execute(passkeys.delete().where(*mine)).rowcount:
        raise NotFound("There is no such passkey.", Kind.USER)
