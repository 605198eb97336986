"""Users as an OpenID provider knows them: which subject of which issuer is which user here.

Owns the rows, and how a user comes to be from there. A subject belongs to one user, and nobody is signed in by an
address alone.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from tayori.model.errors import AlreadyExists, Conflict, Kind, NotFound
from tayori.model.role import Role
from tayori.model.sign_in_provider import Person
from tayori.resources import users
from tayori.resources.users import User
from tayori.store.engine import Tx
from tayori.store.user_tables import external_users, passkeys


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalUser:
    issuer: str
    subject: str
    user_id: str
    created_at: datetime


def find(tx: Tx, issuer: str, subject: str) -> User | None:
    """Whoever it is here, disabled or not."""
    mine = external_users.c.issuer == issuer, external_users.c.subject == subject
    row = tx.execute(sa.select(external_users.c.user_id).where(*mine)).first()
    return None if row is None else users.by_id(tx, row.user_id)


def of_user(tx: Tx, user_id: str) -> list[ExternalUser]:
    rows = tx.execute(
        sa.select(external_users).where(external_users.c.user_id == user_id).order_by(external_users.c.created_at)
    )
    return [ExternalUser(**row._mapping) for row in rows]


def link(tx: Tx, who: Person, user_id: str) -> None:
    """From now on they are this user. Raises AlreadyExists where they are another."""
    known = find(tx, who.issuer, who.subject)
    if known is not None and known.user_id != user_id:
        raise AlreadyExists("This sign-in belongs to another user here.", Kind.USER)
    if known is None:
        values = {"issuer": who.issuer, "subject": who.subject, "user_id": user_id, "created_at": tx.now}
        tx.execute(external_users.insert().values(values))


def unlink(tx: Tx, issuer: str, user: User) -> None:
    """Raises NotFound where there is nothing to take away, Conflict where nothing would be left to sign in by."""
    mine = external_users.c.user_id == user.user_id
    others = sa.select(external_users.c.issuer).where(mine, external_users.c.issuer != issuer)
    keys = sa.select(passkeys.c.user_id).where(passkeys.c.user_id == user.user_id)
    if not user.password_hash and all(tx.execute(one.limit(1)).first() is None for one in (others, keys)):
        raise Conflict("Nothing would be left to sign in by. Add a passkey first.")
    if not tx.execute(external_users.delete().where(mine, external_users.c.issuer == issuer)).rowcount:
        raise NotFound("This sign-in is not linked.", Kind.USER)


def create(tx: Tx, who: Person, user_id: str, role: Role, account_id: str) -> User:
    """A new user without a password, in one account: the first where none is named. Raises NotFound."""
    account_id = account_id or users.first_account(tx)
    if not users.is_account(tx, account_id):
        raise NotFound("The account that new users come into does not exist.", Kind.ACCOUNT)
    made = users.add(tx, user_id, free_name(tx, who.proposed_name), "", operator=False, display_name=who.display_name)
    users.put_role(tx, account_id, user_id, role)
    link(tx, who, user_id)
    return made


def accept(tx: Tx, who: Person, token_digest: str, user_id: str) -> User:
    """Use an invitation up for a new user without a password, by the name that it proposes or one that is free."""
    if find(tx, who.issuer, who.subject) is not None:
        raise AlreadyExists("This sign-in belongs to another user here.", Kind.USER)
    found = users.invitation(tx, token_digest)
    if found is None or found.user_id:
        raise NotFound("This link has been used, or its time is over. Ask for a new one.", Kind.USER)
    name = free_name(tx, found.name or who.proposed_name)
    made = users.accept(tx, token_digest, user_id, name, "", display_name=who.display_name)
    link(tx, who, made.user_id)
    return made


def free_name(tx: Tx, proposed: str) -> str:
    """The name, or one like it that nobody has."""
    name, at = proposed, 1
    while users.by_name(tx, name) is not None:
        at += 1
        name = f"{proposed[: 63 - len(str(at))]}-{at}"
    return name
