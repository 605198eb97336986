"""`tayori user`: people are added, made something else, given a new password, never by a command line."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from command_tests import Tayori, in_store

from tayori.app import endpoints
from tayori.app.endpoints import Endpoints
from tayori.console import passwords
from tayori.model import console_session
from tayori.resources import audit, sessions, users
from tayori.resources.sessions import Session

PASSWORD = "correct horse battery staple"


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What stands on standard input."""
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(text))


def roles(service: Endpoints, name: str) -> list[str]:
    user = in_store(service, users.get, name)
    return [one.role.value for one in in_store(service, users.accounts_of, user)]


def test_somebody_is_added_by_a_link(tayori: Tayori, service: Endpoints, tmp_path: Path) -> None:
    made = tayori("user", "add", "Taro", "--role", "sender", "--data", tmp_path, "--json").json
    assert (made["name"], made["role"]) == ("taro", "sender")
    assert made["url"].startswith("http://127.0.0.1:1/console/invitation/")
    found = in_store(service, users.invitation, console_session.digest(made["url"].rpartition("/")[2]))
    assert (found.name, found.role, found.operator) == ("taro", users.Role.SENDER, False)
    operator = tayori("user", "add", "jiro", "--role", "operator", "--data", tmp_path).out.strip()
    found = in_store(service, users.invitation, console_session.digest(operator.rpartition("/")[2]))
    assert (found.operator, found.account_id) == (True, "")
    assert tayori("user", "list", "--data", tmp_path, "--json").json == []


def test_somebody_is_added_with_a_password(tayori: Tayori, service: Endpoints, tmp_path: Path, say: Any) -> None:
    say(f"{PASSWORD}\n")
    added = tayori("user", "add", "taro", "--stdin", "--display-name", "Taro", "--data", tmp_path)
    assert (added.status, added.out) == (0, "Added taro, viewer.\n")
    made = in_store(service, users.get, "taro")
    assert passwords._is_right(made.password_hash, PASSWORD)
    assert (made.display_name, roles(service, "taro")) == ("Taro", ["viewer"])
    say(f"{PASSWORD}\n")
    again = tayori("user", "add", "taro", "--stdin", "--data", tmp_path)
    assert (again.status, again.err) == (1, "tayori: There is a user taro already.\n")
    assert tayori("user", "add", "taro", "--data", tmp_path).status == 1
    account_id = in_store(service, users.first_account)
    entries, _ = in_store(service, audit.listed, account_id, audit.Filter())
    assert [one.operation for one in entries] == ["tayori user add"]
    assert PASSWORD not in str(entries)


@pytest.mark.parametrize(
    ("name", "said", "sentence"),
    [
        ("taro", "short\n", "A password has 12 to 256 characters."),
        ("taro", "", "A password has 12 to 256 characters."),
        ("taro", "aaaaaaaaaaaaaaaa\n", "This password is too easy to guess."),
        ("Not a name", f"{PASSWORD}\n", "A user name has 1 to 64 characters"),
    ],
)
def test_nobody_is_added_so(
    tayori: Tayori, service: Endpoints, tmp_path: Path, say: Any, name: str, said: str, sentence: str
) -> None:
    say(said)
    refused = tayori("user", "add", name, "--stdin", "--data", tmp_path)
    assert refused.status == 1
    assert sentence in refused.err


def test_what_a_user_may_do_is_changed(tayori: Tayori, service: Endpoints, tmp_path: Path, say: Any) -> None:
    for name, role in (("hanako", "operator"), ("taro", "viewer")):
        say(f"{PASSWORD}\n")
        tayori("user", "add", name, "--role", role, "--stdin", "--data", tmp_path)
    assert tayori("user", "role", "taro", "administrator", "--data", tmp_path).out == "taro: administrator.\n"
    assert roles(service, "taro") == ["administrator"]
    only = tayori("user", "role", "hanako", "viewer", "--data", tmp_path)
    assert (only.status, "only operator" in only.err) == (1, True)
    assert tayori("user", "role", "taro", "operator", "--data", tmp_path).status == 0
    assert tayori("user", "role", "hanako", "sender", "--data", tmp_path).status == 0
    assert in_store(service, users.get, "hanako").operator is False
    assert roles(service, "hanako") == ["sender"]
    assert tayori("user", "role", "hanako", "none", "--data", tmp_path).status == 0
    assert roles(service, "hanako") == []
    assert tayori("user", "role", "nobody", "viewer", "--data", tmp_path).status == 1
    assert tayori("user", "role", "taro", "king", "--data", tmp_path).status == 2


def test_a_new_password_signs_out_everywhere(tayori: Tayori, service: Endpoints, tmp_path: Path, say: Any) -> None:
    say(f"{PASSWORD}\n")
    tayori("user", "add", "taro", "--stdin", "--data", tmp_path)
    whose = in_store(service, users.get, "taro")

    def enter(tx: Any) -> None:
        facts = {"user_id": whose.user_id, "way": "password", "source_ip": "", "agent": ""}
        times = {"created_at": tx.now, "seen_at": tx.now, "expires_at": tx.now.replace(year=9000)}
        sessions.begin(tx, Session(token_digest="d", session_id="s", **facts, **times))

    in_store(service, enter)
    say("another horse battery staple\n")
    changed = tayori("user", "password", "taro", "--stdin", "--data", tmp_path)
    assert changed.out == "Changed the password of taro, and signed them out.\n"
    assert in_store(service, sessions.end_all, whose.user_id) == 0
    assert passwords._is_right(in_store(service, users.get, "taro").password_hash, "another horse battery staple")
    url = tayori("user", "password", "taro", "--data", tmp_path, "--json").json["url"]
    found = in_store(service, users.invitation, console_session.digest(url.rpartition("/")[2]))
    assert found.user_id == whose.user_id
    assert tayori("user", "password", "nobody", "--stdin", "--data", tmp_path).status == 1


def test_the_environment_has_the_first_users_link_until_there_is_one(
    tayori: Tayori, service: Endpoints, tmp_path: Path, say: Any
) -> None:
    assert "first_user_link" not in tayori("env", "--json", "--data", tmp_path).json  # no console
    endpoints.write(tmp_path, replace(service, console=True))
    url = tayori("env", "--json", "--data", tmp_path).json["first_user_link"]
    found = in_store(service, users.invitation, console_session.digest(url.rpartition("/")[2]))
    assert found.operator is True
    say(f"{PASSWORD}\n")
    tayori("user", "add", "hanako", "--role", "operator", "--stdin", "--data", tmp_path)
    assert "first_user_link" not in tayori("env", "--json", "--data", tmp_path).json
