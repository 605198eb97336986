"""Access keys: who may call, for which account.

A secret has to be kept recoverable, since a signature (SigV4) and the SMTP password are computed from it, not compared
with a hash. It never leaves this module but to be compared, and never reaches a log: the value's text hides it.
"""

from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from tayori.model.errors import Kind, NotFound
from tayori.resources import key_uses
from tayori.store.engine import Tx
from tayori.store.tables import credentials


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    access_key_id: str
    account_id: str
    secret_access_key: str = field(repr=False)
    user_name: str
    active: bool
    operator: bool
    created_at: datetime

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account_id}:user/{self.user_name}"


def create(tx: Tx, credential: Credential) -> None:
    tx.execute(
        credentials.insert().values(
            access_key_id=credential.access_key_id,
            account_id=credential.account_id,
            secret_access_key=credential.secret_access_key,
            user_name=credential.user_name,
            active=credential.active,
            operator=credential.operator,
            created_at=credential.created_at,
        )
    )


def find(tx: Tx, access_key_id: str) -> Credential | None:
    """The key, or None where there is none or it was made inactive."""
    row = tx.execute(sa.select(credentials).where(credentials.c.access_key_id == access_key_id)).first()
    return Credential(**row._mapping) if row is not None and row.active else None


def of_account(tx: Tx, account_id: str) -> list[Credential]:
    """All keys of an account, oldest first."""
    rows = tx.execute(
        sa.select(credentials).where(credentials.c.account_id == account_id).order_by(credentials.c.created_at)
    )
    return [Credential(**row._mapping) for row in rows]


def put_active(tx: Tx, access_key_id: str, *, active: bool) -> None:
    changed = tx.execute(credentials.update().where(credentials.c.access_key_id == access_key_id).values(active=active))
    if not changed.rowcount:
        raise NotFound(f"There is no access key {access_key_id}.", Kind.CREDENTIAL)


def delete(tx: Tx, access_key_id: str) -> None:
    if not tx.execute(credentials.delete().where(credentials.c.access_key_id == access_key_id)).rowcount:
        raise NotFound(f"There is no access key {access_key_id}.", Kind.CREDENTIAL)
    key_uses.forget(tx, access_key_id)
