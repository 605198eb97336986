"""Users, sessions, links, attempts and passkeys in the rows: on both databases."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from population import ACCOUNT, REGION
from tayori.model.errors import AlreadyExists, Conflict, NotFound
from tayori.model.role import Role
from tayori.resources import accounts, passkeys, sessions, users
from tayori.resources.passkeys import Passkey
from tayori.resources.sessions import Session

Transact = Callable[..., Any]
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
IDLE = timedelta(hours=12)
WINDOW = timedelta(minutes=15)


def _session(digest: str, user_id: str = "u1", **changed: Any) -> Session:
    made = Session(
        token_digest=digest,
        session_id=f"id-{digest}",
        user_id=user_id,
        way="password",
        source_ip="192.0.2.1",
        agent="test",
        created_at=NOW,
        seen_at=NOW,
        expires_at=NOW + timedelta(days=7),
    )
    return replace(made, **changed)


@pytest.fixture
def people(transact: Transact) -> None:
    transact(accounts.create, ACCOUNT, REGION, name="one")
    transact(users.add, "u1", "hanako", "hash", operator=True)
    transact(users.add, "u2", "jiro", "hash", operator=False)
    transact(users.put_role, ACCOUNT, "u2", Role.VIEWER)


@pytest.mark.usefixtures("people")
def test_a_session_lives_until_it_is_idle_or_over(transact: Transact) -> None:
    transact(sessions.begin, _session("d1"))
    assert transact(sessions.find, "d1", NOW + IDLE - timedelta(seconds=1), IDLE)[1].name == "hanako"
    assert transact(sessions.find, "d1", NOW + IDLE, IDLE) is None
    transact(sessions.seen, "d1", NOW + timedelta(hours=11))
    assert transact(sessions.find, "d1", NOW + IDLE, IDLE) is not None
    transact(sessions.seen, "d1", NOW + timedelta(days=8))
    assert transact(sessions.find, "d1", NOW + timedelta(days=8), IDLE) is None


@pytest.mark.usefixtures("people")
def test_the_oldest_session_ends_where_there_are_too_many(transact: Transact) -> None:
    def many(tx: Any) -> None:
        for number in range(sessions.MOST_SESSIONS + 1):
            sessions.begin(tx, _session(f"d{number}", created_at=NOW + timedelta(seconds=number)))

    transact(many)
    found = transact(sessions.of_user, "u1", NOW, IDLE)
    assert len(found) == sessions.MOST_SESSIONS
    assert "d0" not in {one.token_digest for one in found}
    assert transact(sessions.end_all, "u1", but="d7") == sessions.MOST_SESSIONS - 1
    transact(sessions.end, "u1", "id-d7")
    with pytest.raises(NotFound):
        transact(sessions.end, "u1", "id-d7")


@pytest.mark.usefixtures("people")
def test_a_role_is_that_of_the_account_asked_about(transact: Transact) -> None:
    transact(sessions.begin, _session("d2", "u2"))
    assert transact(sessions.here, "d2", ACCOUNT, NOW, IDLE).role is Role.VIEWER
    alone = transact(sessions.here, "d2", "", NOW, IDLE)
    assert (alone.account_id, alone.role) == (ACCOUNT, Role.VIEWER)
    assert transact(sessions.here, "d2", "999999999999", NOW, IDLE).role is None
    transact(users.put_role, ACCOUNT, "u2", Role.SENDER)
    assert transact(sessions.here, "d2", ACCOUNT, NOW, IDLE).role is Role.SENDER
    transact(users.put_disabled, "u2", disabled=True)
    assert transact(sessions.here, "d2", ACCOUNT, NOW, IDLE) is None


def test_attempts_are_counted_within_a_window(transact: Transact) -> None:
    counted = (("name", 3), ("address", 5))
    assert [transact(sessions.attempt, counted, NOW, WINDOW) for _ in range(4)] == [True, True, True, False]
    other = (("other", 3), ("address", 5))
    assert [transact(sessions.attempt, other, NOW, WINDOW) for _ in range(3)] == [True, True, False]
    transact(sessions.forget_attempts, ["name"])
    assert transact(sessions.attempt, (("name", 3),), NOW, WINDOW) is True
    assert transact(sessions.attempt, counted, NOW + WINDOW + timedelta(seconds=1), WINDOW) is True


def test_a_step_is_taken_once(transact: Transact) -> None:
    for digest in ("a", "b"):
        transact(sessions.put_step, digest, "kind", {"of": digest}, NOW, NOW + timedelta(minutes=5))
    assert transact(sessions.take_step, "a", "kind", NOW) == {"of": "a"}
    assert transact(sessions.take_step, "a", "kind", NOW) is None
    assert transact(sessions.take_step, "b", "another", NOW) is None
    assert transact(sessions.take_step, "b", "kind", NOW) is None


@pytest.mark.usefixtures("people")
def test_a_link_is_used_once_and_names_are_unique(transact: Transact) -> None:
    now = transact(lambda tx: tx.now)
    first = users.first_invitation("i1", now)
    transact(users.invite, "t1", replace(first, account_id=ACCOUNT, role=Role.SENDER, operator=False))
    with pytest.raises(AlreadyExists):
        transact(users.accept, "t1", "u3", "jiro", "hash")
    made = transact(users.accept, "t1", "u3", "saburo", "hash")  # what failed used nothing up
    assert transact(users.role_in, made, ACCOUNT) is Role.SENDER
    with pytest.raises(NotFound):
        transact(users.accept, "t1", "u4", "shiro", "hash")


@pytest.mark.usefixtures("people")
def test_the_last_operator_stays_and_others_go_with_all_that_is_theirs(transact: Transact) -> None:
    with pytest.raises(Conflict):
        transact(users.remove, "u1")
    key = Passkey(
        credential_id="c", user_id="u2", name="n", public_key=b"k", sign_count=0, transports=["usb"], created_at=NOW
    )
    transact(passkeys.add, key)
    transact(passkeys.used, "c", 7, NOW)
    assert transact(passkeys.find, "c") == replace(key, sign_count=7, used_at=NOW)
    with pytest.raises(AlreadyExists):
        transact(passkeys.add, key)
    transact(sessions.begin, _session("d2", "u2"))
    transact(users.remove, "u2")
    assert transact(passkeys.find, "c") is None
    assert transact(sessions.find, "d2", NOW, IDLE) is None
    assert transact(users.members, ACCOUNT) == []
