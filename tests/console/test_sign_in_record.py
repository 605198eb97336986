"""Who came, who was refused, and what people changed of their own: as the audit log has it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from signing_in import OTHER_ACCOUNT, PASSWORD, Door, running

from population import ACCOUNT
from tayori.clock import AdjustableClock
from tayori.model.audit import Entry
from tayori.resources import audit
from tayori.store.engine import Store


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'tayori.db'}"


@pytest.fixture
def door(store: Store, clock: AdjustableClock, tmp_path: Path) -> Iterator[Door]:
    with running(store, clock, tmp_path / "static") as door:
        yield door


def entries(door: Door, account_id: str) -> list[Entry]:
    """The newest first."""
    found, _ = door.transact(audit.listed, account_id, audit.Filter())
    return list(found)


def told(door: Door, account_id: str) -> list[tuple[str, str, str, str]]:
    return [(one.operation, one.actor, one.resource, one.outcome) for one in entries(door, account_id)]


def test_coming_and_going(door: Door) -> None:
    jiro = door.member("jiro", "viewer", OTHER_ACCOUNT)
    assert jiro.ask("DELETE", "/tayori/console/session").status_code == 200
    jiro.entered(jiro.sign_in("jiro"))
    assert told(door, OTHER_ACCOUNT) == [
        ("SignIn", "jiro", "jiro", "done"),
        ("SignOut", "jiro", "jiro", "done"),
        ("SignIn", "jiro", "jiro", "done"),
        ("AcceptInvitation", "jiro", "jiro", "done"),
    ]
    assert [one.request.get("way") for one in entries(door, OTHER_ACCOUNT)] == ["password", None, "link", None]
    assert entries(door, OTHER_ACCOUNT)[0].source_ip == "127.0.0.1"
    assert told(door, ACCOUNT) == []  # whose user they are not


def test_an_operator_stands_in_the_first_accounts_log(door: Door) -> None:
    door.operator()
    assert [one[0] for one in told(door, ACCOUNT)] == ["SignIn", "AcceptInvitation"]
    assert told(door, OTHER_ACCOUNT) == []


def test_a_refusal_does_not_tell_whether_there_is_such_a_user(door: Door) -> None:
    door.member("jiro", "viewer", OTHER_ACCOUNT)
    before = len(told(door, OTHER_ACCOUNT))
    for name in ("jiro", "nobody"):
        assert door.person().sign_in(name, "not this one at all").status_code == 401
    unknown, known = entries(door, ACCOUNT)[:2]

    def alike(one: Entry) -> dict[str, Any]:
        said = {name: getattr(one, name) for name in Entry.__dataclass_fields__}
        return {name: value for name, value in said.items() if name not in ("entry_id", "at", "resource")}

    assert alike(unknown) == alike(known)
    assert (unknown.resource, known.resource, known.outcome) == ("nobody", "jiro", "Refused")
    # The account whose user it is may know.
    assert told(door, OTHER_ACCOUNT)[: len(told(door, OTHER_ACCOUNT)) - before] == [("SignIn", "", "jiro", "Refused")]


@pytest.mark.parametrize("name", ["My Secret Passphrase!", "", None, 7, "\x00", "a" * 65, "名前"])
def test_what_is_no_name_is_not_written_down(door: Door, name: object) -> None:
    person = door.person()
    body = {"name": name, "password": PASSWORD}
    assert person.ask("POST", "/tayori/console/session", body).status_code == 401
    assert told(door, ACCOUNT) == [("SignIn", "", "", "Refused")]


def test_what_people_change_of_their_own(door: Door) -> None:
    jiro = door.member("jiro", "viewer")
    other = door.person()
    other.entered(other.sign_in("jiro"))
    new = "another horse battery staple"
    jiro.entered(jiro.ask("POST", "/tayori/console/password", {"old": PASSWORD, "new": new}))
    assert jiro.ask("DELETE", "/tayori/console/sessions").status_code == 200
    assert [one[0] for one in told(door, ACCOUNT)][:3] == ["EndSessions", "SignIn", "ChangePassword"]
    said = str(entries(door, ACCOUNT))
    assert PASSWORD not in said
    assert new not in said


def test_links_and_users_that_are_disabled(door: Door) -> None:
    hanako = door.operator()
    door.member("jiro", "viewer")
    token = hanako.ask("POST", "/tayori/users/jiro/link", {}).json()["url"].rpartition("/")[2]
    assert hanako.ask("POST", "/tayori/users/jiro/disable", {}).status_code == 200
    assert hanako.ask("POST", "/tayori/users/jiro/enable", {}).status_code == 200
    person = door.person()
    body = {"token": token, "name": "", "password": "another horse battery staple"}
    person.entered(person.ask("POST", "/tayori/console/invitation", body))
    assert [(one[0], one[1], one[2]) for one in told(door, ACCOUNT)][:5] == [
        ("SignIn", "jiro", "jiro"),
        ("ResetPassword", "jiro", "jiro"),
        ("POST /tayori/users", "hanako", "jiro/enable"),
        ("POST /tayori/users", "hanako", "jiro/disable"),
        ("POST /tayori/users", "hanako", "jiro/link"),
    ]
    assert token not in str(entries(door, ACCOUNT))
