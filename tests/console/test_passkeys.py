"""Passkeys: added, used, taken away; and what a device, or somebody who plays one, cannot do."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from authenticator import PRESENT, Device
from signing_in import Door, Person, running

from tayori.clock import AdjustableClock
from tayori.store.engine import Store
from tayori.store.user_tables import sign_in_steps

OWN, SESSION = "/tayori/console/passkeys", "/tayori/console/passkey-session"


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'tayori.db'}"


@pytest.fixture
def door(store: Store, clock: AdjustableClock, tmp_path: Path) -> Iterator[Door]:
    with running(store, clock, tmp_path / "static") as door:
        door.origin = f"http://localhost:{door.port}"  # passkeys need a name
        yield door


def _device(door: Door) -> Device:
    return Device("localhost", door.origin)


def _options(person: Person, path: str) -> Any:
    answer = person.ask("POST", f"{path}/options", {})
    assert answer.status_code == 200, answer.text
    return answer.json()


def _added(person: Person, device: Device, name: str = "Telephone") -> None:
    credential = device.create(_options(person, OWN))
    answer = person.ask("POST", OWN, {"name": name, "credential": credential})
    assert answer.status_code == 201, answer.text


def _enter(person: Person, device: Device) -> Any:
    return person.ask("POST", SESSION, {"credential": device.get(_options(person, SESSION))})


def test_somebody_signs_in_by_a_passkey(door: Door) -> None:
    hanako, device = door.operator(), _device(door)
    _added(hanako, device)
    elsewhere = door.person()
    assert elsewhere.session()["ways"]["passkeys"] is True
    elsewhere.entered(_enter(elsewhere, device))
    assert elsewhere.session()["user"]["name"] == "hanako"
    listed = elsewhere.ask("GET", OWN).json()
    assert listed["possible"] is True
    assert [one["name"] for one in listed["passkeys"]] == ["Telephone"]
    assert listed["passkeys"][0]["usedAt"]
    ways = {one["way"] for one in elsewhere.ask("GET", "/tayori/console/sessions").json()["sessions"]}
    assert ways == {"link", "passkey"}


def test_a_passkey_that_was_removed_opens_nothing(door: Door) -> None:
    hanako, device = door.operator(), _device(door)
    _added(hanako, device)
    credential_id = hanako.ask("GET", OWN).json()["passkeys"][0]["id"]
    other = door.member("admin", "administrator")
    assert other.ask("DELETE", f"{OWN}/{credential_id}").status_code == 404
    assert hanako.ask("DELETE", f"{OWN}/{credential_id}").status_code == 200
    assert _enter(door.person(), device).status_code == 401


def test_nobody_who_is_disabled_enters(door: Door) -> None:
    hanako, jiro, device = door.operator(), door.member("jiro", "viewer"), _device(door)
    _added(jiro, device)
    assert hanako.ask("POST", "/tayori/users/jiro/disable").status_code == 200
    assert _enter(door.person(), device).status_code == 401


def test_an_answer_is_good_once(door: Door) -> None:
    hanako, device = door.operator(), _device(door)
    _added(hanako, device)
    person = door.person()
    credential = device.get(_options(person, SESSION))
    assert person.ask("POST", SESSION, {"credential": credential}).status_code == 200
    assert door.person().ask("POST", SESSION, {"credential": credential}).status_code == 401


def test_a_challenge_is_over_after_five_minutes(door: Door) -> None:
    hanako, device = door.operator(), _device(door)
    _added(hanako, device)
    credential = device.get(_options(door.person(), SESSION))
    over = sign_in_steps.update().values(expires_at=door.store.clock.wall())
    door.transact(lambda tx: tx.execute(over))
    assert door.person().ask("POST", SESSION, {"credential": credential}).status_code == 401


def test_a_challenge_of_one_kind_is_none_of_the_other(door: Door) -> None:
    hanako, device = door.operator(), _device(door)
    _added(hanako, device)
    credential = device.get(_options(hanako, OWN))
    assert door.person().ask("POST", SESSION, {"credential": credential}).status_code == 401
    made = _device(door).create(_options(hanako, SESSION))
    assert hanako.ask("POST", OWN, {"credential": made}).status_code == 400


def test_a_challenge_of_somebody_else_adds_nothing(door: Door) -> None:
    hanako, jiro = door.operator(), door.member("jiro", "viewer")
    made = _device(door).create(_options(jiro, OWN))
    assert hanako.ask("POST", OWN, {"credential": made}).status_code == 400


@pytest.mark.parametrize("bent", ["origin", "host", "unverified", "count", "key"])
def test_what_a_device_must_not_say(door: Door, bent: str) -> None:
    hanako, device = door.operator(), _device(door)
    device.count = 5
    _added(hanako, device)
    if bent == "origin":
        device.origin = "https://evil.example"
    elif bent == "host":
        device.host = "evil.example"
    elif bent == "unverified":
        device.flags = PRESENT  # anybody who has it in hand
    elif bent == "count":
        device.count = 3  # a copy
    else:
        other = _device(door)
        other.credential_id, device = device.credential_id, other
    assert _enter(door.person(), device).status_code == 401


@pytest.mark.parametrize(
    "credential",
    [None, 7, {}, {"response": {}}, {"response": {"clientDataJSON": "!!!"}}, {"response": {"clientDataJSON": "e30"}}],
)
def test_rubbish_is_refused(door: Door, credential: Any) -> None:
    hanako = door.operator()
    assert hanako.ask("POST", OWN, {"credential": credential}).status_code == 400
    assert door.person().ask("POST", SESSION, {"credential": credential}).status_code == 400


def test_at_an_address_without_a_name_there_are_none(door: Door) -> None:
    door.origin = f"http://127.0.0.1:{door.port}"
    hanako = door.operator()
    assert door.person().session()["ways"]["passkeys"] is False
    assert hanako.ask("POST", f"{OWN}/options", {}).status_code == 400
    assert hanako.ask("GET", OWN).json() == {"possible": False, "passkeys": []}


@pytest.mark.parametrize("headers", [{"Sec_Fetch_Site": "cross-site"}, {"Origin": "https://evil.example"}], ids=str)
def test_no_other_site_signs_anybody_in(door: Door, headers: dict[str, str]) -> None:
    assert door.person().ask("POST", f"{SESSION}/options", {}, **headers).status_code == 403
    assert door.person().ask("POST", SESSION, {"credential": {"response": {}}}, **headers).status_code == 403
