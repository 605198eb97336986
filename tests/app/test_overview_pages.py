"""What the first page of the console shows, and the operator's inbox of requests for production access."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from population import ACCOUNT, REGION, identity
from tayori.api.registry import Principal
from tayori.app.overview import PATH, OverviewPages
from tayori.app.review_desk import PATH as REVIEWS
from tayori.app.review_desk import ReviewPages
from tayori.app.review_mail import ReviewMail
from tayori.aws.http import Headers, HttpRequest
from tayori.config import Config, ServiceSettings
from tayori.mail.answer import Answer, AnswerStatus
from tayori.model.errors import Conflict, Invalid, NotFound
from tayori.model.mail_count import Count, counts_as
from tayori.resources import accounts, mail_counts, review_notices

OWNER = Principal(account_id=ACCOUNT, access_key_id="k", arn="arn", operator=False, region=REGION)
OPERATOR = replace(OWNER, operator=True)
CONFIG = Config(data=Path("."), service=ServiceSettings(domain="tayori.test"))
DETAILS = {"MailType": "MARKETING", "WebsiteURL": "https://shop.example/"}


class Post:
    """Who was told what."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    async def send(self, account_id: str, region: str, text: Any, facts: object) -> None:
        self.sent.append((account_id, text.subject))


class Dns:
    """TXT records by name."""

    def __init__(self, records: Mapping[str, str]) -> None:
        self._records = records

    async def resolve(self, name: str, rdtype: str) -> Answer:
        value = self._records.get(name)
        status = AnswerStatus.NXDOMAIN if value is None else AnswerStatus.FOUND
        return Answer(name=name, rdtype=rdtype, status=status, values=(value,) if value else ())


@pytest.fixture
def ask(run: Callable[..., Any], store: Any, transact: Callable[..., Any]) -> Callable[..., Any]:
    transact(accounts.create, ACCOUNT, REGION, name="shop")

    def get(query: str = "", dns: Mapping[str, str] = MappingProxyType({})) -> dict[str, Any]:
        pages = OverviewPages(store, CONFIG, Dns(dns))
        request = HttpRequest(method="GET", path=PATH, query=query, headers=Headers())
        return dict(json.loads(run(pages.get(request, OWNER)).body))

    return get


def test_an_account_that_has_done_nothing(ask: Callable[..., Any]) -> None:
    found = ask()
    assert found["account"]["productionAccess"] is False
    assert found["account"]["max24Hour"] == 200
    assert len(found["series"]) == 7
    assert not any(found["setUp"][name] for name in ("identity", "verified", "dkim", "told", "sent"))
    assert found["reputation"]["limits"]["bounce"] == {"review": 0.05, "pause": 0.1}


@pytest.mark.parametrize(("days", "points"), [(1, 24), (7, 7), (14, 14), (30, 30)])
def test_mail_is_counted_in_the_last_point(ask: Callable[..., Any], transact: Any, days: int, points: int) -> None:
    transact(identity, "example.com")
    key = (ACCOUNT, REGION, counts_as(None, "example.com"), "")
    transact(mail_counts.add, Count.SENDS, {key: 3})
    found = ask(f"days={days}")
    assert [point["sends"] for point in found["series"]] == [0] * (points - 1) + [3]
    assert found["setUp"]["sent"]
    assert found["setUp"]["name"] == "example.com"


@pytest.mark.parametrize(
    ("name", "value", "has"),
    [
        ("_dmarc.mail.example.com", "v=DMARC1; p=none", True),
        ("_dmarc.example.com", "v=DMARC1; p=reject", True),  # of the organisational domain
        ("_dmarc.example.com", "something else", False),
        ("_dmarc.else.test", "v=DMARC1; p=none", False),
    ],
)
def test_a_policy_of_dmarc(ask: Callable[..., Any], transact: Any, name: str, value: str, has: bool) -> None:
    transact(identity, "mail.example.com")
    assert ask(dns={name: value})["setUp"]["dmarc"] is has


def test_no_other_range(ask: Callable[..., Any]) -> None:
    with pytest.raises(Invalid, match="days is one of"):
        ask("days=365")


@pytest.fixture
def desk(run: Callable[..., Any], store: Any, transact: Callable[..., Any]) -> tuple[Post, Callable[..., Any]]:
    transact(accounts.create, ACCOUNT, REGION, name="shop")
    post = Post()
    pages, told = ReviewPages(store), ReviewMail(store, post)  # type: ignore[arg-type]

    def call(method: str, path: str = "", body: object = None) -> dict[str, Any]:
        content = json.dumps(body).encode() if body is not None else b""
        path, _, query = path.partition("?")
        request = HttpRequest(method=method, path=REVIEWS + path, query=query, headers=Headers(), body=content)
        answer = run(pages.answer(request, OPERATOR))
        run(told.tick())
        return dict(json.loads(answer.body))

    return post, call


def test_a_request_is_listed_and_granted(desk: Any, transact: Any) -> None:
    post, call = desk
    assert call("GET")["reviews"] == []
    transact(accounts.put_details, ACCOUNT, REGION, DETAILS, case_id="case-1")
    (waiting,) = call("GET")["reviews"]
    assert (waiting["account"], waiting["status"], waiting["case"]) == (ACCOUNT, "PENDING", "case-1")
    with pytest.raises(Conflict):
        transact(accounts.put_details, ACCOUNT, REGION, DETAILS, case_id="case-2")
    call("POST", f"/{ACCOUNT}/{REGION}/grant", {"max24Hour": 5000, "maxRate": -1})
    account = transact(accounts.get, ACCOUNT, REGION)
    assert (account.production_access, account.max_24_hour, account.max_rate) == (True, 5000, -1)
    assert [(who, "granted" in subject) for who, subject in post.sent] == [(ACCOUNT, True)]


def test_a_denial_needs_a_reason_and_tells_it(desk: Any, transact: Any) -> None:
    post, call = desk
    transact(accounts.put_details, ACCOUNT, REGION, DETAILS, case_id="case-1")
    with pytest.raises(Invalid, match="needs a reason"):
        call("POST", f"/{ACCOUNT}/{REGION}/deny", {"reason": "  "})
    call("POST", f"/{ACCOUNT}/{REGION}/deny", {"reason": "No web site."})
    account = transact(accounts.get, ACCOUNT, REGION)
    assert (account.review_status, account.review_reason) == ("DENIED", "No web site.")
    assert len(post.sent) == 1


def test_the_inbox_goes_on_behind_a_page_and_those_who_wait_come_first(desk: Any, transact: Any) -> None:
    _, call = desk
    for number in range(3):
        transact(accounts.create, f"77770000000{number}", REGION, name=f"shop {number}")
        transact(accounts.put_details, f"77770000000{number}", REGION, DETAILS, case_id="c")
    transact(accounts.deny, "777700000000", REGION, reason="No.")
    first = call("GET", "?limit=2")
    second = call("GET", f"?limit=2&behind={first['next']}")
    listed = [(one["account"][-1], one["status"]) for one in first["reviews"] + second["reviews"]]
    assert listed == [("1", "PENDING"), ("2", "PENDING"), ("0", "DENIED")]
    assert (first["waiting"], second["next"]) == (2, None)
    assert [one["account"][-1] for one in call("GET", "?state=decided")["reviews"]] == ["0"]
    for query in ("?state=else", "?limit=0", "?limit=1000"):
        with pytest.raises(Invalid):
            call("GET", query)


def test_an_account_sees_what_it_asked_and_what_became_of_it(desk: Any, transact: Any, run: Any, store: Any) -> None:
    _, call = desk
    transact(accounts.put_details, ACCOUNT, REGION, DETAILS, case_id="case-1")
    call("POST", f"/{ACCOUNT}/{REGION}/deny", {"reason": "No web site."})
    transact(accounts.put_details, ACCOUNT, REGION, DETAILS, case_id="case-2")
    call("POST", f"/{ACCOUNT}/{REGION}/grant", {})
    call("POST", f"/{ACCOUNT}/{REGION}/grant", {"max24Hour": 70_000, "maxRate": 20.5})
    request = HttpRequest(method="GET", path="/tayori/review", headers=Headers())
    own = json.loads(run(ReviewPages(store).own(request, OWNER)).body)
    assert own["status"] == "GRANTED"
    steps = [(step["kind"], step["case_id"], step["reason"], step["max_24_hour"]) for step in own["history"]]
    assert steps == [
        ("granted", "case-2", "", 70_000),
        ("granted", "case-2", "", 50_000),
        ("asked", "case-2", "", None),
        ("denied", "case-1", "No web site.", None),
        ("asked", "case-1", "", None),
    ]


def test_it_is_decided_though_no_mail_can_be_sent(transact: Any, run: Any, store: Any) -> None:
    class NoPost(Post):
        async def send(self, *given: object) -> None:
            raise OSError("no way out")

    transact(accounts.create, ACCOUNT, REGION, name="shop")
    request = HttpRequest(method="POST", path=f"{REVIEWS}/{ACCOUNT}/{REGION}/grant", headers=Headers())
    assert run(ReviewPages(store).answer(request, OPERATOR)).status == 200
    run(ReviewMail(store, NoPost()).tick())  # type: ignore[arg-type]
    assert transact(accounts.get, ACCOUNT, REGION).production_access


def test_of_decisions_in_a_row_the_last_is_told_and_once(transact: Any, run: Any, store: Any) -> None:
    transact(accounts.create, ACCOUNT, REGION, name="shop")
    post = Post()
    told = ReviewMail(store, post)  # type: ignore[arg-type]
    transact(review_notices.grant, ACCOUNT, REGION, max_24_hour=5000, max_rate=-1)
    transact(review_notices.deny, ACCOUNT, REGION, reason="No web site.")
    for _ in range(2):
        run(told.tick())
    assert post.sent == [(ACCOUNT, f"Production access not granted ({REGION}) / 本稼働アクセスは承認されませんでした")]


@pytest.mark.parametrize("quota", [0, -2, True, "many", float("nan"), 10**13, None])
def test_a_quota_that_is_none(desk: Any, quota: object) -> None:
    post, call = desk
    with pytest.raises(Invalid, match="max24Hour must be a number"):
        call("POST", f"/{ACCOUNT}/{REGION}/grant", {"max24Hour": quota})
    assert post.sent == []


def test_no_such_account(desk: Any) -> None:
    _, call = desk
    with pytest.raises(NotFound):
        call("POST", f"/999900001111/{REGION}/grant", {})
