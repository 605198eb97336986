"""Access keys: who may call, for which account.

A secret has to be kept recoverable, since a signature (SigV4) and the SMTP password are computed from it, not compared
with a hash. It never leaves this module but to be compared, and never reaches a log: the value's text hides it.
"""

from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from tayori.model.errors import Kind, NotFound
from tayori.model.grants import Grants
from tayori.resources import key_uses
from tayori.resources import principal_policies as policies
from tayori.store.access_tables import principal_policies
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
    grants: Grants | None = None  # where policies are attached

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


_WITH_POLICIES = sa.select(credentials, principal_policies.c.document).outerjoin(
    principal_policies,
    sa.and_(
        principal_policies.c.account_id == credentials.c.account_id,
        principal_policies.c.owner == credentials.c.access_key_id,
    ),
)


def find(tx: Tx, access_key_id: str) -> Credential | None:
    """The key with what it may do, or None where there is none or it was made inactive."""
    rows = tx.execute(_WITH_POLICIES.where(credentials.c.access_key_id == access_key_id)).all()
    if not rows or not rows[0].active:
        return None
    values = dict(rows[0]._mapping)
    documents = [row.document for row in rows if row.document is not None]
    grants = Grants(policies=policies.parsed(documents)) if documents else None
    return Credential(**{name: value for name, value in values.items() if name != "document"}, grants=grants)


def get(tx: Tx, access_key_id: str) -> Credential:
    """The key, active or not, without its policies. Raises NotFound."""
    row = tx.execute(sa.select(credentials).where(credentials.c.access_key_id == access_key_id)).first()
    if row is None:
        raise NotFound(f"There is no access key {access_key_id[:128]}.", Kind.CREDENTIAL)
    return Credential(**row._mapping)


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
    owned = credentials.c.access_key_id == access_key_id
    account_id = tx.execute(sa.select(credentials.c.account_id).where(owned)).scalar()
    if account_id is None:
        raise NotFound(f"There is no access key {access_key_id}.", Kind.CREDENTIAL)
    tx.execute(credentials.delete().where(owned))
    policies.forget(tx, account_id, access_key_id)
    key_uses.forget(tx, access_key_id)
