"""Access keys, accounts, settings and the audit log over HTTP: who may, what is said once, what is hidden."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tayori.api import page_audit
from tayori.api.registry import Principal
from tayori.app import first_start
from tayori.app.account_pages import AccountPages
from tayori.app.audit_page import AuditPages
from tayori.app.credential_pages import CredentialPages
from tayori.app.settings_pages import SettingPages
from tayori.aws.errors import ApiError
from tayori.aws.http import Headers, HttpRequest
from tayori.config import Config
from tayori.model.errors import AccessDenied, DomainError, Invalid, NotFound
from tayori.model.role import Role
from tayori.model.smtp_password import smtp_password
from tayori.resources import accounts, audit, credentials, key_uses
from tayori.resources.audit import Filter
from tayori.resources.key_uses import KeyUses

ACCOUNT, OTHER, REGION = "111111111111", "222222222222", "us-east-1"


def principal(*, operator: bool = False, account_id: str = ACCOUNT) -> Principal:
    return Principal(account_id=account_id, access_key_id="", arn="", operator=operator, region=REGION, user="hanako")


def request(method: str, path: str, body: Any = None, query: str = "") -> HttpRequest:
    raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpRequest(method=method, path=path, query=query, headers=Headers(), body=raw, source_ip="192.0.2.1")


@pytest.fixture
def two_accounts(transact: Any) -> None:
    for account_id, name in ((ACCOUNT, "Shop"), (OTHER, "Other")):
        transact(accounts.create, account_id, REGION, name=name)


class Caller:
    def __init__(self, store: Any) -> None:
        self.store = store

    def __call__(self, method: str, path: str, body: Any = None, *, query: str = "", **who: Any) -> Any:
        pages = {
            "credentials": CredentialPages(self.store).answer,
            "accounts": AccountPages(self.store).answer,
            "audit": AuditPages(self.store).answer,
        }
        handler = pages[path.split("/")[2]]
        answer = page_audit.noted(self.store, handler, request(method, path, body, query), principal(**who))
        return json.loads(asyncio.run(answer).body)


@pytest.fixture
def call(store: Any, two_accounts: None) -> Caller:
    return Caller(store)


def test_a_key_is_made_shown_once_switched_rotated_and_deleted(call: Caller, transact: Any) -> None:
    made = call("POST", "/tayori/credentials", {"user_name": "shop"})
    assert made["smtp_password"] == smtp_password(made["secret_access_key"], REGION)
    key = made["access_key_id"]
    listed = call("GET", "/tayori/credentials")
    assert made["secret_access_key"] not in json.dumps(listed)
    assert [(one["access_key_id"], one["active"], one["used_at"]) for one in listed["credentials"]] == [
        (key, True, None)
    ]
    assert call("POST", f"/tayori/credentials/{key}", {"active": False})["active"] is False
    assert transact(credentials.find, key) is None
    assert call("POST", f"/tayori/credentials/{key}", {"active": True})["active"] is True
    other = call("POST", f"/tayori/credentials/{key}/rotate")
    assert (other["user_name"], other["access_key_id"] != key) == ("shop", True)
    assert transact(credentials.find, key) is not None
    call("DELETE", f"/tayori/credentials/{key}")
    assert [one["access_key_id"] for one in call("GET", "/tayori/credentials")["credentials"]] == [
        other["access_key_id"]
    ]
    found, _ = transact(audit.listed, ACCOUNT, Filter(actor="hanako"))
    assert [one.operation for one in found] == [
        "DELETE /tayori/credentials",
        *["POST /tayori/credentials"] * 4,
    ]
    kept = json.dumps([[one.request, one.changes, one.resource] for one in found])
    assert made["secret_access_key"] not in kept
    assert made["smtp_password"] not in kept


def test_another_accounts_key_is_not_there(call: Caller) -> None:
    key = call("POST", "/tayori/credentials", {"user_name": "shop"})["access_key_id"]
    for method, path, body in (
        ("DELETE", f"/tayori/credentials/{key}", None),
        ("POST", f"/tayori/credentials/{key}", {"active": False}),
        ("POST", f"/tayori/credentials/{key}/rotate", None),
    ):
        with pytest.raises(NotFound):
            call(method, path, body, account_id=OTHER, operator=True)


def test_an_administrator_cannot_get_at_an_operators_key(call: Caller, transact: Any) -> None:
    new = first_start.new_key(user_name="operator", operator=True, account_id=ACCOUNT)
    transact(first_start.add_key, new)
    with pytest.raises(AccessDenied):
        call("POST", "/tayori/credentials", {"user_name": "x", "operator": True})
    for method, path, body in (
        ("DELETE", f"/tayori/credentials/{new.access_key_id}", None),
        ("POST", f"/tayori/credentials/{new.access_key_id}", {"active": False}),
        ("POST", f"/tayori/credentials/{new.access_key_id}/rotate", None),
    ):
        with pytest.raises(AccessDenied):
            call(method, path, body)
    assert call("POST", f"/tayori/credentials/{new.access_key_id}/rotate", operator=True)["operator"] is True
    found, _ = transact(audit.listed, ACCOUNT, Filter())
    assert [one.outcome for one in found] == ["done", *["AccessDenied"] * 4]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"user_name": ""},
        {"user_name": "a b"},
        {"user_name": "a" * 65},
        {"user_name": 7},
        {"user_name": "a", "operator": "yes"},
        {"user_name": "a", "\ud800": 1},
        b"[",
        b'"x"',
        b"[" * 100_000,
    ],
)
def test_what_is_no_new_key_is_refused(call: Caller, body: Any) -> None:
    with pytest.raises(Invalid):
        call("POST", "/tayori/credentials", body)


def test_accounts_are_listed_by_pages_made_and_named(call: Caller) -> None:
    first = call("GET", "/tayori/accounts", query="limit=1", operator=True)
    assert [one["id"] for one in first["accounts"]] == [ACCOUNT]
    rest = call("GET", "/tayori/accounts", query=f"limit=1&behind={first['next']}", operator=True)
    assert ([one["id"] for one in rest["accounts"]], rest["next"]) == ([OTHER], None)
    made = call("POST", "/tayori/accounts", {"name": "New one"}, operator=True)
    assert (made["production_access"], made["sending_enabled"], made["identities"]) == (False, True, 0)
    named = call("PATCH", f"/tayori/accounts/{made['id']}", {"name": "店"}, operator=True)
    assert named["name"] == "店"
    found = call("GET", "/tayori/accounts", query="like=sHO", operator=True)["accounts"]
    assert [one["name"] for one in found] == ["Shop"]
    found = call("GET", "/tayori/accounts", query=f"like={OTHER[:5]}", operator=True)["accounts"]
    assert [one["id"] for one in found] == [OTHER]
    assert call("GET", "/tayori/accounts", query="like=%25", operator=True)["accounts"] == []


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "limit=%D9%A3", f"like={'x' * 101}", "like=%00"])
def test_a_bad_query_for_accounts_is_refused(call: Caller, query: str) -> None:
    with pytest.raises(Invalid):
        call("GET", "/tayori/accounts", query=query, operator=True)


@pytest.mark.parametrize("query", ["limit=0", "since=yesterday", "until=9", "who=%00", f"resource={'x' * 501}"])
def test_a_bad_query_for_the_log_is_refused(call: Caller, query: str) -> None:
    with pytest.raises(Invalid):
        call("GET", "/tayori/audit", query=query)


def test_the_log_is_listed_and_one_entry_shown(call: Caller) -> None:
    call("POST", "/tayori/credentials", {"user_name": "shop"})
    (one,) = call("GET", "/tayori/audit", query="since=2000-01-01&who=hanako")["entries"]
    assert (one["door"], one["who"], one["source_ip"]) == ("user", "hanako", "192.0.2.1")
    assert call("GET", f"/tayori/audit/{one['id']}")["request"] == {"user_name": "shop"}
    with pytest.raises(NotFound):
        call("GET", f"/tayori/audit/{one['id']}", account_id=OTHER)
    for path in ("/tayori/audit/%00", "/tayori/audit/a/b"):
        with pytest.raises((ApiError, DomainError)):
            call("GET", path)


def test_only_administrators_reach_them(store: Any) -> None:
    for route in (*AuditPages(store).table(), *CredentialPages(store).table()):
        assert route.least_role("GET") is Role.ADMINISTRATOR


def test_settings_are_shown_with_their_source_and_without_secrets(tmp_path: Path) -> None:
    plain = Config(data=tmp_path, origins={"database.url": "environment"})
    loaded = replace(
        plain,
        database=replace(plain.database, url="postgresql://u:hush@db.example/tayori"),
        jobs=replace(plain.jobs, s3_endpoint="https://u:hush@s3.example", s3_secret_access_key="hush"),
        events=replace(plain.events, sqs_secret_access_key="hush"),
    )
    answer = asyncio.run(SettingPages(loaded).settings(request("GET", "/tayori/settings"), principal(operator=True)))
    assert b"hush" not in answer.body
    found = {one["key"]: one for one in json.loads(answer.body)["settings"]}
    assert found["database.url"]["value"] == "postgresql://u:(hidden)@db.example/tayori"
    assert (found["database.url"]["origin"], found["jobs.folder"]["origin"]) == ("environment", "default")
    assert found["retention.audit_days"]["default"] == 400.0
    assert found["retention.audit_days"]["doc"]


def test_a_key_is_not_noted_more_than_once_a_minute(store: Any, transact: Any) -> None:
    async def use() -> None:
        uses = KeyUses(store)
        for _ in range(100):
            uses.note("AKIAEXAMPLE")
        assert len(uses._tasks) == 1
        await asyncio.gather(*uses._tasks)

    asyncio.run(use())
    assert set(transact(key_uses.of, ["AKIAEXAMPLE", "AKIAOTHER"])) == {"AKIAEXAMPLE"}
