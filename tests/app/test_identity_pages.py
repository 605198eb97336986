"""What the console's pages on identities ask for beside SES's API: the list, the activity, shared links."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tayori import ids
from tayori.api.registry import Principal
from tayori.app.identity_pages import ACTIVITY_PATH, LINKS_PATH, LIST_PATH, IdentityPages
from tayori.aws.http import Headers, HttpRequest
from tayori.clock import AdjustableClock
from tayori.model.errors import Invalid, NotFound
from tayori.model.identity import IdentityName, KeyLength
from tayori.model.mail_count import Count
from tayori.resources import accounts, dkim_keys, identities, mail_counts
from tayori.resources.dkim_keys import DkimKey
from tayori.resources.identities import NewIdentity
from tayori.store.engine import Store

REGION = "us-east-1"
NAMES = ("alpha.test", "beta.test", "gamma.test", "reader@beta.test", "50-off.test")


def _keys() -> tuple[DkimKey, ...]:
    return dkim_keys.generate(KeyLength.RSA_1024_BIT)


class Desk:
    def __init__(self, store: Store, clock: AdjustableClock, run: Callable[..., Any]) -> None:
        self.store, self.run = store, run
        self.pages = IdentityPages(store, clock, REGION, "https://mail.example.net/")
        self.account_id, self.other_id = ids.account_id(), ids.account_id()
        run(store.write(self._furnish))

    def _furnish(self, tx: Any) -> None:
        for account_id in (self.account_id, self.other_id):
            accounts.create(tx, account_id, REGION, name="test")
        identities.create(tx, self.other_id, REGION, NewIdentity(name=IdentityName.parse("theirs.test"), keys=_keys()))
        for name in NAMES:
            keys = () if "@" in name else _keys()
            wanted = NewIdentity(name=IdentityName.parse(name), keys=keys, link_token="t" * 20)
            identities.create(tx, self.account_id, REGION, wanted)

    def ask(self, method: str, path: str, query: str = "", body: object = None) -> Any:
        payload = b"" if body is None else json.dumps(body).encode()
        request = HttpRequest(method=method, path=path, query=query, headers=Headers([]), body=payload)
        principal = Principal(account_id=self.account_id, access_key_id="A", arn="arn", operator=False)
        routes = [one for one in self.pages.table() if one.method == method and path.startswith(one.prefix)]
        answer = self.run(routes[0].handler(request, principal))
        assert answer.status == 200
        return json.loads(answer.body)

    def names(self, query: str = "") -> list[str]:
        return [one["name"] for one in self.ask("GET", LIST_PATH, query)["identities"]]


@pytest.fixture
def desk(store: Store, clock: AdjustableClock, run: Callable[..., Any]) -> Desk:
    return Desk(store, clock, run)


def test_the_list_pages_through_all_identities_and_none_of_another_account(desk: Desk) -> None:
    seen: list[str] = []
    following = ""
    while following is not None:
        page = desk.ask("GET", LIST_PATH, f"limit=2&from={following}")
        assert 1 <= len(page["identities"]) <= 2
        seen += [one["name"] for one in page["identities"]]
        following = page["next"]
    assert seen == sorted(NAMES)


def test_the_list_is_narrowed_by_text_type_and_status(desk: Desk) -> None:
    assert desk.names("like=BETA") == ["beta.test", "reader@beta.test"]
    assert desk.names("like=%25") == []  # no wildcard
    assert desk.names("kind=EMAIL_ADDRESS") == ["reader@beta.test"]
    assert desk.names("status=SUCCESS") == []
    assert len(desk.names("status=PENDING")) == len(NAMES)


def test_an_identity_is_shown_with_all_of_its_states(desk: Desk) -> None:
    one = desk.ask("GET", LIST_PATH, "like=alpha")["identities"][0]
    assert one["statuses"] == {"identity": "PENDING", "dkim": "PENDING", "mail_from": None}
    assert one["kind"] == "DOMAIN"


@pytest.mark.parametrize("query", ["kind=x", "status=x", "limit=0", "limit=101", "limit=x", "limit=１"])
def test_a_list_of_nonsense_is_refused(desk: Desk, query: str) -> None:
    with pytest.raises(Invalid):
        desk.ask("GET", LIST_PATH, query)


def test_activity_counts_what_was_sent_by_day(desk: Desk) -> None:
    def count(tx: Any) -> None:
        for configuration_set in ("", "set-1"):
            key = (desk.account_id, REGION, f"{configuration_set} alpha.test", "")
            mail_counts.add(tx, Count.SENDS, {key: 3})
            mail_counts.add(tx, Count.PERMANENT_BOUNCES, {key: 1})

    desk.run(desk.store.write(count))
    (day,) = desk.ask("GET", f"{ACTIVITY_PATH}/alpha.test")["days"]
    assert (day["sends"], day["permanent_bounces"], day["complaints"]) == (6, 2, 0)
    assert day["day"] % 86400 == 0
    assert desk.ask("GET", f"{ACTIVITY_PATH}/reader%40beta.test")["days"] == []
    with pytest.raises(NotFound):
        desk.ask("GET", f"{ACTIVITY_PATH}/theirs.test")


def test_a_shared_link_is_made_listed_and_revoked(desk: Desk) -> None:
    path = f"{LINKS_PATH}/alpha.test"
    made = desk.ask("POST", path, body={"days": 7})
    assert made["url"].startswith("https://mail.example.net/tayori/share/")
    listed = desk.ask("GET", path)["links"]
    assert [one["id"] for one in listed] == [made["id"]]
    assert "url" not in listed[0]
    desk.ask("DELETE", path, f"id={made['id']}")
    assert desk.ask("GET", path)["links"] == []
    with pytest.raises(NotFound):
        desk.ask("DELETE", path, f"id={made['id']}")


@pytest.mark.parametrize("days", [0, 367, "7", True, None])
def test_a_link_is_valid_for_a_number_of_days(desk: Desk, days: object) -> None:
    with pytest.raises(Invalid):
        desk.ask("POST", f"{LINKS_PATH}/alpha.test", body={"days": days})
