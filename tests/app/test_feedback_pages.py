"""Feedback loops over HTTP: the checklist, who may note what, outlooks by MX, coverage; and the one mail that warns."""

import json
from datetime import date, timedelta
from typing import Any

import pytest

from population import ACCOUNT, REGION, identity, names, open_account
from tayori.api.registry import Principal
from tayori.app import feedback_table
from tayori.app.coverage_watch import CoverageWatch
from tayori.app.feedback_pages import FeedbackLoopPages
from tayori.app.look_limits import LookLimits
from tayori.app.loop_test import LoopTester
from tayori.app.sending import Sending
from tayori.aws.errors import ApiError
from tayori.aws.http import Headers, HttpRequest
from tayori.delivery.settings import DeliverySettings
from tayori.mail.answer import Answer, AnswerStatus
from tayori.model.errors import DomainError, Invalid, LimitExceeded, NotFound
from tayori.model.loop_coverage import EnrolmentState
from tayori.resources import accounts, feedback_enrolments
from tayori.store.notification_tables import identity_notifications
from tayori.store.reputation_tables import mail_counts

TABLE = feedback_table.load()
MX = {
    "gmail.com": ("5 gmail-smtp-in.l.google.com", "10 alt1.gmail-smtp-in.l.google.com"),
    "aol.com": ("20 mx.unknown.example", "10 mx-aol.mail.gm0.yahoodns.net"),
    "company.example": ("0 company-example.mail.protection.outlook.com",),
    "nothing.example": ("0 .",),
    "mail.ru": (),
}


class Zone:
    """A Resolver: domains without MX records are their own mail hosts, others do not exist."""

    asked = 0

    async def resolve(self, name: str, rdtype: str) -> Answer:
        self.asked += 1
        if rdtype != "MX" or name not in MX:
            return Answer(name=name, rdtype=rdtype, status=AnswerStatus.NXDOMAIN)
        status = AnswerStatus.FOUND if MX[name] else AnswerStatus.NODATA
        return Answer(name=name, rdtype=rdtype, status=status, values=MX[name])


def principal(*, operator: bool) -> Principal:
    return Principal(account_id=ACCOUNT, access_key_id="AKIA", arn="arn", operator=operator, region=REGION)


@pytest.fixture
def ask(store: Any, run: Any, transact: Any) -> Any:
    transact(open_account)
    transact(identity, "shop.example", dkim_status="SUCCESS")
    delivery = DeliverySettings(ehlo_name="a.test", outgoing_address="")
    sending, zone = Sending(store, names, "worker"), Zone()
    pages = FeedbackLoopPages(
        store=store,
        table=TABLE,
        resolver=zone,
        tester=LoopTester(
            store=store, sending=sending, names=names, clock=store.clock, resolver=zone, delivery=delivery
        ),
        service_domain="tayori.test",
        addresses=["192.0.2.1"],
        limits=LookLimits(each=3),
    )

    def ask(method: str, path: str = "", body: Any = None, query: str = "", *, operator: bool = True) -> Any:
        raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        url = f"/tayori/feedback-loops{path}"
        request = HttpRequest(method=method, path=url, query=query, headers=Headers(), body=raw)
        answer = run(pages.answer(request, principal(operator=operator)))
        return json.loads(answer.body) | ({"status": answer.status} if answer.status != 200 else {})

    return ask


def put_counts(tx: Any, **by_provider: int) -> None:
    zeros = dict.fromkeys((c.name for c in mail_counts.c if not c.primary_key), 0)
    for name, deliveries in by_provider.items():
        key = {"account_id": ACCOUNT, "region": REGION, "hour": int(tx.now.timestamp()) // 3600}
        key |= {"configuration_set": "", "identity": "shop.example", "tenant": "", "provider": name.replace("_", "-")}
        tx.execute(mail_counts.insert().values(**key, **(zeros | {"deliveries": deliveries})))


# -- the checklist -----------------------------------------------------------------------------------------------------


def test_an_entry_says_what_to_fill_in_here(ask: Any) -> None:
    entries = {one["id"]: one for one in ask("GET")["entries"]}
    assert set(entries) >= {"gmail", "outlook", "yahoo", "docomo", "validity", "fastmail"}
    assert (entries["fastmail"]["loop"], entries["fastmail"]["through"]) == ("yes", "validity")
    outlook, yahoo, docomo = (ask("GET", f"/{name}") for name in ("outlook", "yahoo", "docomo"))
    mailboxes = {"reports": "complaints@tayori.test", "confirmation": "abuse@tayori.test, postmaster@tayori.test"}
    assert outlook["here"] == {"addresses": ["192.0.2.1"]} | mailboxes
    assert yahoo["here"] == {"domains": ["shop.example"]} | mailboxes
    assert outlook["enrol"]["at"].startswith("https://sendersupport.olc.protection.outlook.com/")
    assert (docomo["loop"], docomo["name"]["ja"], docomo["here"]) == ("no", "NTT ドコモ", mailboxes)
    with pytest.raises(NotFound):
        ask("GET", "/nobody")


def test_operators_note_enrolments_and_others_read_them(ask: Any) -> None:
    noted = ask("PUT", "/yahoo", {"state": "active", "domain": "Shop.example", "since": "2026-11-20", "note": "case 1"})
    assert noted == {"domain": "shop.example", "state": "active", "since": "2026-11-20", "note": "case 1"}
    assert ask("GET", "/yahoo")["enrolments"] == [noted]
    assert ask("GET", "/yahoo", operator=False)["enrolments"] == [noted | {"note": ""}]
    with pytest.raises(ApiError, match="not an operator"):
        ask("PUT", "/yahoo", {"state": "active"}, operator=False)
    ask("PUT", "/validity", {"state": "requested"})
    assert [one["state"] for one in ask("GET", "/comcast")["enrolments"]] == ["requested"]
    assert ask("PUT", "/yahoo", {"state": "none", "domain": "shop.example"}) == {}
    assert ask("GET", "/yahoo")["enrolments"] == []


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("yahoo", {}, "state is one of requested, active or none"),
        ("yahoo", {"state": "done"}, "state is one of"),
        ("yahoo", {"state": "active", "since": "yesterday"}, "a date is written like"),
        ("yahoo", {"state": "active", "domain": "no domain"}, "is not a domain"),
        ("yahoo", {"state": "active", "colour": "red"}, "Not known here: colour"),
        ("yahoo", {"state": 1}, "must be texts"),
        ("yahoo", [], "must be a JSON object"),
        ("yahoo", b"{", "must be JSON"),
        ("fastmail", {"state": "active"}, "through validity: note it there"),
        ("docomo", {"state": "active"}, "has no feedback loop"),
        ("nobody", {"state": "active"}, "has no nobody"),
    ],
)
def test_what_cannot_be_noted_is_refused(ask: Any, name: str, body: Any, words: str) -> None:
    with pytest.raises(DomainError, match=words):
        ask("PUT", f"/{name}", body)


@pytest.mark.parametrize(("method", "path"), [("DELETE", ""), ("PUT", ""), ("POST", "/yahoo"), ("POST", "")])
def test_other_requests_are_unknown(ask: Any, method: str, path: str) -> None:
    with pytest.raises(ApiError):
        ask(method, path)


# -- coverage and outlook ----------------------------------------------------------------------------------------------


def test_coverage_is_that_of_the_account_s_mail(ask: Any, transact: Any) -> None:
    transact(put_counts, yahoo=61, gmail=25, other=14)
    ask("PUT", "/yahoo", {"state": "active", "domain": "shop.example"})
    found = ask("GET", "/coverage")
    assert (found["days"], found["recipients"], found["reporting_share"], found["enrolled_share"]) == (
        30,
        100,
        0.61,
        0.61,
    )
    assert [(one["id"], one["loop"], one["share"]) for one in found["providers"]] == [
        ("yahoo", "yes", 0.61), ("gmail", "aggregate", 0.25), ("other", "unknown", 0.14),
    ]  # fmt: skip
    assert found["text"]["en"].startswith("61 % of your mail goes to providers that report complaints")
    assert found["text"]["ja"].startswith("メールの 61 % は")
    assert (found["warning"], found["instead"]) == (False, None)
    ask("PUT", "/yahoo", {"state": "none", "domain": "shop.example"})
    unheard = ask("GET", "/coverage")
    assert (unheard["warning"], unheard["instead"]) == (True, None)
    assert ask("GET", "/coverage", query="identity=other.example&days=7")["recipients"] == 0
    assert ask("GET", "/coverage", query="configuration-set=none")["recipients"] == 0
    for query in ("days=0", "days=91", "days=x"):
        with pytest.raises(Invalid, match="days must be"):
            ask("GET", "/coverage", query=query)


def test_thin_coverage_is_a_warning_and_names_the_other_way(ask: Any, transact: Any) -> None:
    transact(put_counts, docomo=2, yahoo=1)
    found = ask("GET", "/coverage")
    assert found["warning"] is True
    assert "one-click unsubscribe" in found["instead"]["en"] and "ワンクリック登録解除" in found["instead"]["ja"]


def test_mail_hosts_tell_beforehand_who_reports(ask: Any) -> None:
    domains = ["gmail.com", "a@aol.com", "b@AOL.com", "company.example", "nothing.example", "absent.example", "mail.ru"]
    found = ask("POST", "/lookup", {"domains": domains})
    assert [(one["domain"], one["recipients"], one["provider"], one["loop"]) for one in found["domains"]] == [
        ("gmail.com", 1, "gmail", "aggregate"),
        ("aol.com", 2, "yahoo", "yes"),
        ("company.example", 1, "microsoft365", "no"),
        ("nothing.example", 1, None, "unknown"),
        ("absent.example", 1, None, "unknown"),
        ("mail.ru", 1, "mailru", "yes"),  # without MX records, the domain is its own mail host
    ]
    by_domain = {one["domain"]: one for one in found["domains"]}
    assert by_domain["aol.com"]["hosts"] == ["mx-aol.mail.gm0.yahoodns.net", "mx.unknown.example"]
    assert "null MX" in by_domain["nothing.example"]["trouble"]
    assert by_domain["absent.example"]["trouble"] == "MX: nxdomain"
    assert (found["coverage"]["recipients"], found["coverage"]["reporting"]) == (5, 3)


def test_looks_are_bounded(ask: Any) -> None:
    ask("POST", "/lookup", {"domains": ["gmail.com"]})
    ask("POST", "/lookup", {"domains": [f"d{number}.example" for number in range(21)]})  # costs two
    assert ask("POST", "/lookup", {"domains": ["gmail.com"]})["status"] == 429
    assert ask("POST", "/test", {"identity": "shop.example"})["status"] == 429
    for body in ({}, {"domains": []}, {"domains": [1]}, {"domains": ["no domain"]}, {"queue": "yes"}):
        with pytest.raises(Invalid):
            ask("POST", "/lookup", body)
    with pytest.raises(Invalid, match="At most 200"):
        ask("POST", "/lookup", {"domains": [f"d{number}.example" for number in range(201)]})


def test_an_empty_queue_has_no_outlook(ask: Any) -> None:
    found = ask("POST", "/lookup", {"queue": True})
    assert (found["domains"], found["coverage"]["recipients"]) == ([], 0)


def test_a_test_needs_an_identity_of_the_account(ask: Any) -> None:
    for body in ({}, {"identity": ""}, {"identity": 1}):
        with pytest.raises(Invalid):
            ask("POST", "/test", body)
    with pytest.raises(NotFound):
        ask("POST", "/test", {"identity": "absent.example"})


# -- the mail ----------------------------------------------------------------------------------------------------------


def listen(tx: Any, name: str) -> None:
    key = {"account_id": ACCOUNT, "region": REGION, "identity": name, "kind": "Complaint"}
    tx.execute(identity_notifications.insert().values(**key, topic_arn="arn", headers_included=False))


class Post:
    """A mailer that keeps what it is given, or has had enough."""

    def __init__(self, trouble: Exception | None = None) -> None:
        self.sent: list[Any] = []
        self._trouble = trouble

    async def __call__(self, mail: Any) -> None:
        if self._trouble:
            raise self._trouble
        self.sent.append(mail)


def test_an_account_is_told_once_that_complaints_will_not_come(store: Any, run: Any, transact: Any) -> None:
    transact(open_account)
    transact(accounts.put_contact, ACCOUNT, "owner@shop.example")
    transact(listen, "shop.example")
    post = Post()
    watch = CoverageWatch(store, TABLE, post)
    transact(put_counts, docomo=60, yahoo=39)
    run(watch.tick())
    assert post.sent == [], "99 recipients tell too little"
    transact(put_counts, gmail=1)
    run(watch.tick())
    run(watch.tick())
    (mail,) = post.sent
    assert (mail.to, mail.subject) == ("owner@shop.example", "Few complaints will be told of: shop.example")
    for words in (
        "39 % of your mail",
        "NTT docomo (60 %)",
        "NTT ドコモ (60 %)",
        "one-click unsubscribe",
        "ワンクリック",
    ):
        assert words in mail.text


def test_nobody_is_told_where_most_of_the_mail_is_covered(store: Any, run: Any, transact: Any) -> None:
    transact(open_account)
    transact(accounts.put_contact, ACCOUNT, "owner@shop.example")
    transact(listen, "shop.example")
    transact(put_counts, docomo=50, yahoo=50)
    transact(feedback_enrolments.put, "yahoo", "", EnrolmentState.ACTIVE, since=date(2026, 11, 20), note=None)
    post = Post()
    watch = CoverageWatch(store, TABLE, post)
    run(watch.tick())
    assert post.sent == []
    transact(feedback_enrolments.forget, "yahoo", "")
    run(watch.tick())
    assert "50 % of your mail goes to providers that report complaints, to whoever is enrolled" in post.sent[0].text


def test_a_mail_that_may_not_be_sent_keeps_nobody_else_from_his(store: Any, run: Any, transact: Any) -> None:
    transact(open_account)
    transact(accounts.put_contact, ACCOUNT, "owner@shop.example")
    transact(listen, "shop.example")
    transact(listen, "news.shop.example")
    transact(put_counts, docomo=200)
    run(CoverageWatch(store, TABLE, Post(LimitExceeded("enough"))).tick())
    assert not transact(feedback_enrolments.warn_once, ACCOUNT, REGION, "shop.example")
    assert timedelta(seconds=CoverageWatch.every) == timedelta(days=1)
