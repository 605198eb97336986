"""Users and access: what administrators and operators may decide about whom."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from signing_in import OTHER_ACCOUNT, PASSWORD, Door, running

from population import ACCOUNT
from tayori.clock import AdjustableClock
from tayori.model.role import Role
from tayori.resources import users
from tayori.store.engine import Store

USERS, INVITATIONS = "/tayori/users", "/tayori/invitations"


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'tayori.db'}"


@pytest.fixture
def door(store: Store, clock: AdjustableClock, tmp_path: Path) -> Iterator[Door]:
    with running(store, clock, tmp_path / "static") as door:
        yield door


def test_an_administrator_invites_somebody_who_chooses_name_and_password(door: Door) -> None:
    admin = door.member("admin", "administrator")
    made = admin.ask("POST", INVITATIONS, {"role": "sender", "name": "Jiro"})
    assert made.status_code == 201, made.text
    url = made.json()["url"]
    listed = admin.ask("GET", INVITATIONS).json()["invitations"]
    assert [(one["role"], one["name"], one["createdBy"]) for one in listed] == [("sender", "jiro", "admin")]
    token = url.rpartition("/")[2]
    assert token not in str(listed)
    jiro = door.person()
    looked = jiro.ask("GET", f"/tayori/console/invitation/{token}")
    assert looked.json() == {"name": "jiro", "isReset": False, "operator": False}
    body = {"token": token, "name": "jiro", "password": PASSWORD}
    jiro.entered(jiro.ask("POST", "/tayori/console/invitation", body))
    assert [(one["id"], one["role"]) for one in jiro.session()["accounts"]] == [(ACCOUNT, "sender")]
    found = admin.ask("GET", USERS).json()["users"]
    assert [(one["name"], one["role"]) for one in found] == [("admin", "administrator"), ("jiro", "sender")]
    assert admin.ask("GET", INVITATIONS).json() == {"invitations": []}


def test_an_invitation_is_withdrawn(door: Door) -> None:
    admin = door.member("admin", "administrator")
    made = admin.ask("POST", INVITATIONS, {"role": "viewer"}).json()
    other = door.member("other", "administrator", OTHER_ACCOUNT)
    other.account = OTHER_ACCOUNT
    assert other.ask("DELETE", f"{INVITATIONS}/{made['id']}").status_code == 404
    assert admin.ask("DELETE", f"{INVITATIONS}/{made['id']}").status_code == 200
    body = {"token": made["url"].rpartition("/")[2], "name": "jiro", "password": PASSWORD}
    assert door.person().ask("POST", "/tayori/console/invitation", body).status_code == 404


def test_nobody_gives_more_than_an_account_has(door: Door) -> None:
    admin = door.member("admin", "administrator")
    for role in ("operator", "root", "", None, 7, ["viewer"]):
        assert admin.ask("POST", INVITATIONS, {"role": role}).status_code == 400
        assert admin.ask("PUT", f"{USERS}/admin", {"role": role}).status_code == 400
    assert admin.ask("POST", f"{USERS}/admin/operator", {"operator": True}).status_code == 403


def test_an_administrator_decides_only_about_people_of_the_account_alone(door: Door) -> None:
    hanako, admin = door.operator(), door.member("admin", "administrator")
    door.member("both", "viewer")
    door.member("theirs", "viewer", OTHER_ACCOUNT)
    both = door.transact(users.by_name, "both")
    door.transact(users.put_role, OTHER_ACCOUNT, both.user_id, Role.VIEWER)
    for verb in ("disable", "enable", "sign-out", "link", "remove"):
        assert admin.ask("POST", f"{USERS}/both/{verb}").status_code == 403, verb
        for stranger in ("theirs", "hanako", "nobody"):
            assert admin.ask("POST", f"{USERS}/{stranger}/{verb}").status_code == 404, (stranger, verb)
    assert admin.ask("PUT", f"{USERS}/theirs", {"role": "administrator"}).status_code == 404
    assert admin.ask("GET", f"{USERS}?all=true").status_code == 403
    assert admin.ask("PUT", f"{USERS}/both", {"role": "sender"}).status_code == 200
    assert admin.ask("DELETE", f"{USERS}/both").status_code == 200
    assert admin.ask("POST", f"{USERS}/both/disable").status_code == 404
    everybody = [one["name"] for one in hanako.ask("GET", f"{USERS}?all=true").json()["users"]]
    assert everybody == ["admin", "both", "hanako", "theirs"]


def test_a_new_password_comes_by_a_link(door: Door) -> None:
    admin, jiro = door.member("admin", "administrator"), door.member("jiro", "viewer")
    url = admin.ask("POST", f"{USERS}/jiro/link").json()["url"]
    token, new = url.rpartition("/")[2], "an entirely new password"
    assert door.person().ask("GET", f"/tayori/console/invitation/{token}").json()["isReset"] is True
    body = {"token": token, "name": "admin", "password": new}
    again = door.person()
    again.entered(again.ask("POST", "/tayori/console/invitation", body))
    assert again.session()["user"]["name"] == "jiro"
    assert jiro.session()["signedIn"] is False
    assert jiro.sign_in("jiro").status_code == 401


def test_the_last_operator_stays(door: Door) -> None:
    hanako = door.operator()
    for verb, body in (("disable", None), ("remove", None), ("operator", {"operator": False})):
        answer = hanako.ask("POST", f"{USERS}/hanako/{verb}", body)
        assert answer.status_code == 409, answer.text
        assert "only operator" in answer.json()["message"]
    door.member("jiro", "viewer")
    assert hanako.ask("POST", f"{USERS}/jiro/operator", {"operator": True}).status_code == 200
    assert hanako.ask("POST", f"{USERS}/hanako/operator", {"operator": False}).status_code == 200
    assert hanako.ask("GET", f"{USERS}?all=true").status_code == 403


@pytest.mark.parametrize("name", ["", "%00", "..", "x" * 65, "%ff%fe", "a%2fb", "<b>"])
def test_names_that_nobody_has(door: Door, name: str) -> None:
    hanako = door.operator()
    assert hanako.ask("PUT", f"{USERS}/{name}", {"role": "viewer"}).status_code in (400, 404)
    assert hanako.ask("GET", f"{USERS}?after={name}").status_code == 200
    assert hanako.ask("DELETE", f"{INVITATIONS}/{name}").status_code == 404


def test_lists_go_page_by_page(door: Door) -> None:
    admin = door.member("admin", "administrator")

    def many(tx: object) -> None:
        for number in range(150):
            user = users.add(tx, f"id{number}", f"user{number:03}", "", operator=False)  # type: ignore[arg-type]
            users.put_role(tx, ACCOUNT, user.user_id, Role.VIEWER)  # type: ignore[arg-type]

    door.transact(many)
    first = admin.ask("GET", USERS).json()
    rest = admin.ask("GET", f"{USERS}?after={first['next']}").json()
    assert len(first["users"]) == 100
    assert "next" not in rest
    names = [one["name"] for one in first["users"] + rest["users"]]
    assert names == sorted(names)
    assert len(names) == 151
