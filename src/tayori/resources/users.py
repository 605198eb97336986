"""Users of the console: who they are, in which accounts they are what, and the links that let new ones in.

Owns the rows. A password comes here as a hash, and a token as its digest: neither is made or compared here, since both
take longer than a transaction may. The last operator cannot be taken away, nor locked out.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from tayori.model.errors import AlreadyExists, Conflict, Kind, NotFound
from tayori.model.role import Role
from tayori.store.dialect import Hot, upsert
from tayori.store.engine import Tx
from tayori.store.tables import accounts as account_table
from tayori.store.tables import to_micros
from tayori.store.user_tables import console_sessions, external_users, invitations, memberships, passkeys, users

INVITATION_LIFE = timedelta(hours=24)
MOST_ACCOUNTS = 500  # that one answer names
_SIGNED_IN = Hot("UPDATE users SET signed_in_at = ? WHERE user_id = ?")


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    user_id: str
    name: str
    display_name: str
    password_hash: str = field(repr=False)
    language: str
    theme: str
    operator: bool
    disabled: bool
    created_at: datetime
    signed_in_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """An account that a user may enter, and as what."""

    account_id: str
    account_name: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """What a one-time link gives whoever follows it."""

    invitation_id: str
    user_id: str = ""  # whose password it sets; empty where it makes a new user
    account_id: str = ""
    role: Role = Role.VIEWER
    operator: bool = False
    name: str = ""
    created_by: str = ""
    created_at: datetime
    expires_at: datetime


# -- users -------------------------------------------------------------------------------------------------------------


def any_exist(tx: Tx) -> bool:
    return tx.execute(sa.select(users.c.user_id).limit(1)).first() is not None


def add(tx: Tx, user_id: str, name: str, password_hash: str, *, operator: bool, display_name: str = "") -> User:
    """Raises AlreadyExists where the name is taken."""
    if by_name(tx, name) is not None:
        raise AlreadyExists(f"There is a user {name} already.", Kind.USER)
    user = User(
        user_id=user_id,
        name=name,
        display_name=display_name,
        password_hash=password_hash,
        language="",
        theme="",
        operator=operator,
        disabled=False,
        created_at=tx.now,
        signed_in_at=None,
    )
    tx.execute(users.insert().values({name: getattr(user, name) for name in User.__dataclass_fields__}))
    return user


def by_name(tx: Tx, name: str) -> User | None:
    return _found(tx, users.c.name == name)


def by_id(tx: Tx, user_id: str) -> User | None:
    return _found(tx, users.c.user_id == user_id)


def get(tx: Tx, name: str) -> User:
    """Raises NotFound."""
    user = by_name(tx, name)
    if user is None:
        raise NotFound(f"There is no user {name}.", Kind.USER)
    return user


def page(tx: Tx, *, after: str = "", limit: int = 100) -> list[User]:
    """By name."""
    rows = tx.execute(sa.select(users).where(users.c.name > after).order_by(users.c.name).limit(limit))
    return [User(**row._mapping) for row in rows]


def put_profile(tx: Tx, user_id: str, *, display_name: str, language: str, theme: str) -> None:
    _change(tx, user_id, display_name=display_name, language=language, theme=theme)


def put_password(tx: Tx, user_id: str, password_hash: str) -> None:
    _change(tx, user_id, password_hash=password_hash)


def put_operator(tx: Tx, user_id: str, *, operator: bool) -> None:
    if not operator:
        _another_operator(tx, user_id)
    _change(tx, user_id, operator=operator)


def put_disabled(tx: Tx, user_id: str, *, disabled: bool) -> None:
    """A user who is disabled is signed out everywhere."""
    if disabled:
        _another_operator(tx, user_id)
        tx.execute(console_sessions.delete().where(console_sessions.c.user_id == user_id))
    _change(tx, user_id, disabled=disabled)


def remove(tx: Tx, user_id: str) -> None:
    """The user, and all that is theirs."""
    _another_operator(tx, user_id)
    for table in (memberships, console_sessions, invitations, passkeys, external_users):
        tx.execute(table.delete().where(table.c.user_id == user_id))
    tx.execute(users.delete().where(users.c.user_id == user_id))


def signed_in(tx: Tx, user_id: str) -> None:
    tx.hot(_SIGNED_IN, [(to_micros(tx.now), user_id)])


def _another_operator(tx: Tx, user_id: str) -> None:
    """Raises Conflict where the user is the only operator who can sign in."""
    able = sa.select(users.c.user_id).where(users.c.operator, sa.not_(users.c.disabled))
    if [row.user_id for row in tx.execute(able.limit(2))] == [user_id]:
        raise Conflict("This is the only operator. Make another user an operator first.")


def _change(tx: Tx, user_id: str, **values: Any) -> None:
    if not tx.execute(users.update().where(users.c.user_id == user_id).values(**values)).rowcount:
        raise NotFound("There is no such user.", Kind.USER)


def _found(tx: Tx, *where: sa.ColumnElement[bool]) -> User | None:
    row = tx.execute(sa.select(users).where(*where)).first()
    return None if row is None else User(**row._mapping)


# -- accounts ----------------------------------------------------------------------------------------------------------


def first_account(tx: Tx) -> str:
    """The installation's own, the oldest; empty where there is none yet."""
    row = tx.execute(sa.select(account_table.c.account_id).order_by(account_table.c.created_at).limit(1)).first()
    return "" if row is None else str(row.account_id)


def is_account(tx: Tx, account_id: str) -> bool:
    known = sa.select(account_table.c.account_id).where(account_table.c.account_id == account_id)
    return tx.execute(known).first() is not None


def accounts_of(tx: Tx, user: User, *, limit: int = MOST_ACCOUNTS) -> list[Membership]:
    """What the user may enter, by the account's name. An operator may enter all: these are the first of them."""
    if user.operator:
        every = sa.select(account_table.c.account_id, account_table.c.name)
        found = tx.execute(every.order_by(account_table.c.name, account_table.c.account_id).limit(limit))
        return [Membership(account_id=row.account_id, account_name=row.name, role=Role.OPERATOR) for row in found]
    rows = tx.execute(
        sa.select(memberships.c.account_id, memberships.c.role, account_table.c.name)
        .join(account_table, account_table.c.account_id == memberships.c.account_id)
        .where(memberships.c.user_id == user.user_id)
        .order_by(account_table.c.name, memberships.c.account_id)
        .limit(limit)
    )
    return [Membership(account_id=row.account_id, account_name=row.name, role=Role(row.role)) for row in rows]


def role_in(tx: Tx, user: User, account_id: str) -> Role | None:
    """What the user is in an account; None where it is none of theirs, or there is no such account."""
    if user.operator:
        return Role.OPERATOR if is_account(tx, account_id) else None
    row = tx.execute(
        sa.select(memberships.c.role)
        .join(account_table, account_table.c.account_id == memberships.c.account_id)
        .where(memberships.c.account_id == account_id, memberships.c.user_id == user.user_id)
    ).first()
    return None if row is None else Role(row.role)


def members(tx: Tx, account_id: str, *, after: str = "", limit: int = 100) -> list[tuple[User, Role]]:
    """By name."""
    rows = tx.execute(
        sa.select(users, memberships.c.role)
        .join(memberships, memberships.c.user_id == users.c.user_id)
        .where(memberships.c.account_id == account_id, users.c.name > after)
        .order_by(users.c.name)
        .limit(limit)
    )
    return [(User(**{name: row._mapping[name] for name in User.__dataclass_fields__}), Role(row.role)) for row in rows]


def put_role(tx: Tx, account_id: str, user_id: str, role: Role) -> None:
    tx.execute(
        upsert(tx.engine, memberships, changes=["role"]).values(account_id=account_id, user_id=user_id, role=role.value)
    )


def is_member(tx: Tx, account_id: str, user_id: str) -> bool:
    mine = memberships.c.account_id == account_id, memberships.c.user_id == user_id
    return tx.execute(sa.select(memberships.c.role).where(*mine)).first() is not None


def is_only_in(tx: Tx, account_id: str, user: User) -> bool:
    """Whether an administrator of the account may decide about the user as a whole."""
    rows = tx.execute(sa.select(memberships.c.account_id).where(memberships.c.user_id == user.user_id).limit(2))
    return not user.operator and [row.account_id for row in rows] == [account_id]


def leave(tx: Tx, account_id: str, user_id: str) -> None:
    """Raises NotFound where the user is not in the account."""
    mine = memberships.c.account_id == account_id, memberships.c.user_id == user_id
    if not tx.execute(memberships.delete().where(*mine)).rowcount:
        raise NotFound("This user is not in this account.", Kind.USER)


# -- links -------------------------------------------------------------------------------------------------------------


def invite(tx: Tx, token_digest: str, invitation: Invitation) -> None:
    tx.execute(invitations.delete().where(invitations.c.expires_at <= tx.now))
    values = {name: getattr(invitation, name) for name in Invitation.__dataclass_fields__}
    tx.execute(invitations.insert().values(token_digest=token_digest, **{**values, "role": invitation.role.value}))


def invitation(tx: Tx, token_digest: str) -> Invitation | None:
    """What a link gives, unless it was used or its time is over."""
    open_one = invitations.c.token_digest == token_digest, invitations.c.expires_at > tx.now
    row = tx.execute(sa.select(invitations).where(*open_one)).first()
    return None if row is None else _invitation(row)


def invitations_into(tx: Tx, account_id: str, *, limit: int = 100) -> list[Invitation]:
    """Those of an account that are open, the oldest first."""
    mine = invitations.c.account_id == account_id, invitations.c.expires_at > tx.now
    rows = tx.execute(
        sa.select(invitations).where(*mine).order_by(invitations.c.created_at, invitations.c.invitation_id).limit(limit)
    )
    return [_invitation(row) for row in rows]


def withdraw(tx: Tx, account_id: str, invitation_id: str) -> None:
    mine = invitations.c.account_id == account_id, invitations.c.invitation_id == invitation_id
    if not tx.execute(invitations.delete().where(*mine)).rowcount:
        raise NotFound("There is no such invitation.", Kind.USER)


def accept(tx: Tx, token_digest: str, user_id: str, name: str, password_hash: str, *, display_name: str = "") -> User:
    """Use a link up: a new user of that name, or a new password for the one whom it names. Raises NotFound."""
    found = invitation(tx, token_digest)
    used = tx.execute(invitations.delete().where(invitations.c.token_digest == token_digest)).rowcount
    if found is None or not used:  # two may follow it at the same moment
        raise NotFound("This link has been used, or its time is over. Ask for a new one.", Kind.USER)
    if found.user_id:
        known = by_id(tx, found.user_id)
        if known is None or known.disabled:
            raise NotFound("There is no such user, or they may not sign in.", Kind.USER)
        put_password(tx, known.user_id, password_hash)
        tx.execute(console_sessions.delete().where(console_sessions.c.user_id == known.user_id))
        return known
    if found.operator and not any_exist(tx):
        tx.execute(invitations.delete().where(invitations.c.operator))  # each start has printed one
    made = add(tx, user_id, name, password_hash, operator=found.operator, display_name=display_name)
    if found.account_id:
        put_role(tx, found.account_id, made.user_id, found.role)
    return made


def _invitation(row: sa.Row[Any]) -> Invitation:
    values = {name: row._mapping[name] for name in Invitation.__dataclass_fields__}
    return Invitation(**{**values, "role": Role(row.role)})


def first_invitation(invitation_id: str, now: datetime) -> Invitation:
    """That of the one who is the first: an operator."""
    return Invitation(
        invitation_id=invitation_id, role=Role.OPERATOR, operator=True, created_at=now, expires_at=now + INVITATION_LIFE
    )
