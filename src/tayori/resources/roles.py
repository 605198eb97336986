"""Roles: what a session may do that somebody has made with STS, and who may make one.

Owns the rows and their limits, which are IAM's. Policies of a role are rows of `principal_policies`.
"""

import re
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from tayori.model import policy as language
from tayori.model.errors import AlreadyExists, Invalid, InvalidPolicy, Kind, LimitExceeded, NotFound
from tayori.model.policy import Grammar, Policy, PolicyError
from tayori.resources import principal_policies
from tayori.store.access_tables import roles
from tayori.store.engine import Tx

MOST = 1000
SHORTEST, LONGEST = 3600, 43_200  # what the longest session of a role may be, in seconds
_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssumableRole:
    account_id: str
    name: str
    role_id: str
    trust: str
    max_seconds: int
    created_at: datetime

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account_id}:role/{self.name}"


def owner(name: str) -> str:
    """Whose policies the role's are."""
    return f"role/{name}"


def create(tx: Tx, role: AssumableRole) -> None:
    """Raises Invalid, AlreadyExists, LimitExceeded."""
    if not _NAME.fullmatch(role.name):
        raise Invalid("The name of a role has 1 to 64 letters, digits, or characters of +=,.@_-")
    if not SHORTEST <= role.max_seconds <= LONGEST:
        raise Invalid(f"The longest session of a role has {SHORTEST} to {LONGEST} seconds.")
    if find(tx, role.account_id, role.name) is not None:
        raise AlreadyExists(f"Role with name {role.name} already exists.", Kind.ROLE)
    if len(of_account(tx, role.account_id)) >= MOST:
        raise LimitExceeded(f"An account has at most {MOST} roles.")
    tx.execute(
        roles.insert().values(
            account_id=role.account_id,
            name=role.name,
            role_id=role.role_id,
            trust=checked_trust(role.trust),
            max_seconds=role.max_seconds,
            created_at=role.created_at,
        )
    )


def checked_trust(text: str) -> str:
    """The policy as it is kept. Raises InvalidPolicy."""
    try:
        kept = language.compact(text)
        language.parse(kept, "sts", Grammar.TRUST)
    except PolicyError as error:
        raise InvalidPolicy(f"Invalid policy: {error}") from error
    return kept


def put_trust(tx: Tx, account_id: str, name: str, trust: str) -> None:
    get(tx, account_id, name)
    tx.execute(roles.update().where(*_of(account_id, name)).values(trust=checked_trust(trust)))


def get(tx: Tx, account_id: str, name: str) -> AssumableRole:
    found = find(tx, account_id, name)
    if found is None:
        raise NotFound(f"The role with name {name[:64]} cannot be found.", Kind.ROLE)
    return found


def find(tx: Tx, account_id: str, name: str) -> AssumableRole | None:
    row = tx.execute(sa.select(roles).where(*_of(account_id, name))).first()
    return AssumableRole(**row._mapping) if row is not None else None


def of_account(tx: Tx, account_id: str) -> list[AssumableRole]:
    rows = tx.execute(sa.select(roles).where(roles.c.account_id == account_id).order_by(roles.c.name))
    return [AssumableRole(**row._mapping) for row in rows]


def policies_of(tx: Tx, account_id: str, name: str, role_id: str) -> tuple[Policy, ...] | None:
    """What the role may do; None where it is no longer the role of that id."""
    role = find(tx, account_id, name)
    if role is None or role.role_id != role_id:
        return None
    return principal_policies.parsed(principal_policies.texts(tx, account_id, owner(name)).values())


def delete(tx: Tx, account_id: str, name: str) -> None:
    """Its sessions end with it."""
    get(tx, account_id, name)
    tx.execute(roles.delete().where(*_of(account_id, name)))
    principal_policies.forget(tx, account_id, owner(name))


def _of(account_id: str, name: str) -> tuple[sa.ColumnElement[bool], ...]:
    return roles.c.account_id == account_id, roles.c.name == name
