"""Where users of the console are signed in, and how often somebody has tried to be.

Owns the rows of sessions, of steps between the halves of a sign-in, and of attempts. Times are those of the wall, which
the caller tells: a rehearsal whose clock is moved on for three days signs nobody out. What is written with each request
is written so that no cache of settings starts anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from tayori.model.errors import Kind, NotFound
from tayori.model.role import Role
from tayori.resources import users
from tayori.resources.users import User
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import to_micros
from tayori.store.user_tables import console_sessions, sign_in_attempts, sign_in_steps

MOST_SESSIONS = 50  # of one user; the oldest ends where one more begins
SEEN_EVERY = timedelta(minutes=1)
_SEEN = Hot("UPDATE console_sessions SET seen_at = ? WHERE token_digest = ?")
_FORGET_ATTEMPTS = Hot("DELETE FROM sign_in_attempts WHERE since < ?")
_FORGET_ONE = Hot("DELETE FROM sign_in_attempts WHERE counted = ?")
_ATTEMPT = Hot(
    "INSERT INTO sign_in_attempts (counted, attempts, since) VALUES (?, 1, ?)"
    " ON CONFLICT (counted) DO UPDATE SET attempts = sign_in_attempts.attempts + 1"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    token_digest: str
    session_id: str
    user_id: str
    way: str
    source_ip: str
    agent: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime

    def lives(self, now: datetime, idle: timedelta) -> bool:
        return now < self.expires_at and now < self.seen_at + idle


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """Who a session is, and what they are in the account that they ask about."""

    session: Session
    user: User
    account_id: str
    role: Role | None


# -- sessions ----------------------------------------------------------------------------------------------------------


def begin(tx: Tx, session: Session) -> None:
    """A session more; those whose time is over go."""
    table = console_sessions
    tx.execute(table.delete().where(table.c.expires_at <= session.created_at))
    newest = sa.select(table.c.token_digest).where(table.c.user_id == session.user_id)
    newest = newest.order_by(table.c.created_at.desc(), table.c.token_digest).limit(MOST_SESSIONS - 1)
    kept = [row.token_digest for row in tx.execute(newest)]
    tx.execute(table.delete().where(table.c.user_id == session.user_id, table.c.token_digest.not_in(kept)))
    tx.execute(table.insert().values({name: getattr(session, name) for name in Session.__dataclass_fields__}))


def find(tx: Tx, token_digest: str, now: datetime, idle: timedelta) -> tuple[Session, User] | None:
    """The session that lives, and its user, unless they are disabled."""
    row = tx.execute(sa.select(console_sessions).where(console_sessions.c.token_digest == token_digest)).first()
    session = None if row is None else Session(**row._mapping)
    if session is None or not session.lives(now, idle):
        return None
    user = users.by_id(tx, session.user_id)
    return None if user is None or user.disabled else (session, user)


def here(tx: Tx, token_digest: str, account_id: str, now: datetime, idle: timedelta) -> Here | None:
    """As `find`, with the role in an account: the one named, or the only one where none is."""
    found = find(tx, token_digest, now, idle)
    if found is None:
        return None
    session, user = found
    if not account_id:
        known = users.accounts_of(tx, user, limit=2)
        if len(known) != 1:
            return Here(session=session, user=user, account_id="", role=None)
        return Here(session=session, user=user, account_id=known[0].account_id, role=known[0].role)
    return Here(session=session, user=user, account_id=account_id, role=users.role_in(tx, user, account_id))


def seen(tx: Tx, token_digest: str, now: datetime) -> None:
    tx.hot(_SEEN, [(to_micros(now), token_digest)])


def of_user(tx: Tx, user_id: str, now: datetime, idle: timedelta) -> list[Session]:
    """Those that live, the newest first."""
    table = console_sessions
    rows = tx.execute(sa.select(table).where(table.c.user_id == user_id).order_by(table.c.created_at.desc()))
    return [session for row in rows if (session := Session(**row._mapping)).lives(now, idle)]


def end(tx: Tx, user_id: str, session_id: str) -> None:
    """Raises NotFound where it is none of the user's."""
    table = console_sessions
    if not tx.execute(table.delete().where(table.c.user_id == user_id, table.c.session_id == session_id)).rowcount:
        raise NotFound("There is no such session.", Kind.USER)


def end_all(tx: Tx, user_id: str, *, but: str = "") -> int:
    """All of a user's, `but` the one with that digest; how many there were."""
    table = console_sessions
    return tx.execute(table.delete().where(table.c.user_id == user_id, table.c.token_digest != but)).rowcount


def end_by_token(tx: Tx, token_digest: str) -> None:
    tx.execute(console_sessions.delete().where(console_sessions.c.token_digest == token_digest))


# -- steps -------------------------------------------------------------------------------------------------------------


def put_step(tx: Tx, step_digest: str, kind: str, content: Any, now: datetime, expires_at: datetime) -> None:
    tx.execute(sign_in_steps.delete().where(sign_in_steps.c.expires_at <= now))
    tx.execute(
        sign_in_steps.insert().values(step_digest=step_digest, kind=kind, content=content, expires_at=expires_at)
    )


def take_step(tx: Tx, step_digest: str, kind: str, now: datetime) -> Any | None:
    """What the first half left for the second; it is gone then."""
    row = tx.execute(sa.select(sign_in_steps).where(sign_in_steps.c.step_digest == step_digest)).first()
    tx.execute(sign_in_steps.delete().where(sign_in_steps.c.step_digest == step_digest))
    return row.content if row is not None and row.kind == kind and now < row.expires_at else None


# -- attempts ----------------------------------------------------------------------------------------------------------


def attempt(tx: Tx, counted: Sequence[tuple[str, int]], now: datetime, window: timedelta) -> bool:
    """Count one more attempt on each of `counted` (what, and how many a window may have); whether it may go on."""
    tx.hot(_FORGET_ATTEMPTS, [(to_micros(now - window),)])
    names = [name for name, _ in counted]
    rows = tx.execute(sa.select(sign_in_attempts).where(sign_in_attempts.c.counted.in_(names)))
    before = {row.counted: row.attempts for row in rows}
    if any(before.get(name, 0) >= most for name, most in counted):
        return False
    tx.hot(_ATTEMPT, [(name, to_micros(now)) for name in names])
    return True


def forget_attempts(tx: Tx, names: Sequence[str]) -> None:
    """It was them, after all."""
    tx.hot(_FORGET_ONE, [(name,) for name in names])
