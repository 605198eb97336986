"""Reputation over HTTP, the watch that looks at it, the mail that follows, and the gauges."""

import json
from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from population import ACCOUNT, REGION, identity, names, open_account
from tayori.api.registry import Principal
from tayori.app import reputation_watch
from tayori.app.reputation_desk import PATH, ReputationPages
from tayori.app.sending import Sending
from tayori.aws.errors import ApiError
from tayori.aws.http import Headers, HttpRequest
from tayori.config import Config, ReputationSettings, ServiceSettings
from tayori.model import reputation_notice
from tayori.model.errors import AccessDenied, DomainError, Invalid, NotFound
from tayori.model.mail_count import Count, counts_as
from tayori.model.reputation import Appraisal, Measure, Notice, Rate, Rules, Subject, Who
from tayori.model.reputation_notice import ReputationNotice
from tayori.resources import accounts, configuration_sets, mail_counts, reputation
from tayori.resources.configuration_sets import ConfigurationSet, OptionGroup
from tayori.store.tables import bodies, messages

KEY = ACCOUNT, REGION
OWNER = Principal(account_id=ACCOUNT, access_key_id="k", arn="arn", operator=False, region=REGION)
OPERATOR = replace(OWNER, account_id="999900001111", operator=True)


def config(mode: str = "off") -> Config:
    return Config(
        data=Path("."), service=ServiceSettings(domain="tayori.test"), reputation=ReputationSettings(pause=mode)
    )


@pytest.fixture
def count(transact) -> Callable[..., None]:
    transact(open_account)
    transact(open_account, OPERATOR.account_id)
    transact(identity, "example.com")
    transact(
        configuration_sets.create,
        *KEY,
        ConfigurationSet(name="campaign", options={OptionGroup.REPUTATION: {"ReputationMetricsEnabled": True}}),
    )
    transact(accounts.put_contact, ACCOUNT, "owner@shop.test")

    def count(what: Count, number: int, of: str = "", at: str = "") -> None:
        provider = at or ("" if what is Count.SENDS else "other")
        transact(mail_counts.add, what, {(*KEY, counts_as(of, "example.com"), provider): number})

    return count


@pytest.fixture
def ask(run, store) -> Callable[..., Any]:
    def ask(method: str, path: str = "", *, by: Principal = OWNER, query: str = "", body: Any = None) -> Any:
        pages = ReputationPages(store, config())
        given = json.dumps(body).encode() if body is not None else b""
        request = HttpRequest(method=method, path=PATH + path, query=query, headers=Headers(), body=given)
        return json.loads(run(pages.answer(request, by)).body)

    return ask


# --- over HTTP ---


def test_an_account_sees_its_rates_with_what_they_are_made_of(count, ask) -> None:
    count(Count.SENDS, 1500)
    count(Count.SENDS, 500, "campaign")
    count(Count.DELIVERIES, 1000, at="yahoo")
    count(Count.DELIVERIES, 900, "campaign", at="gmail")
    count(Count.PERMANENT_BOUNCES, 100, "campaign", at="gmail")
    count(Count.COMPLAINTS, 5, at="yahoo")
    shown = ask("GET")
    assert (shown["status"], shown["level"]) == ("HEALTHY", "pause")
    assert (shown["bounce"]["count"], shown["bounce"]["volume"], shown["bounce"]["rate"]) == (100, 2000, 0.05)
    assert (shown["complaint"]["volume"], shown["complaint"]["rate"]) == (1000, 0.005)
    assert shown["rules"]["bounce"] == {"review": 0.05, "pause": 0.1}
    assert [(one["name"], one["bounce"]["rate"]) for one in shown["configuration_sets"]] == [("campaign", 0.2)]
    assert [one["name"] for one in shown["identities"]] == ["example.com"]
    assert [(one["name"], one["bounce_rate"], one["complaint_rate"]) for one in shown["providers"]] == [
        ("yahoo", 0.0, 0.005),
        ("gmail", 0.1, None),
    ]


def test_an_account_without_mail_has_no_rates(count, ask) -> None:
    shown = ask("GET")
    assert shown["bounce"] == {"rate": None, "count": 0, "volume": 0, "since": None, "is_judged": False}


def test_others_are_the_operators_to_look_at(count, ask) -> None:
    assert ask("GET", by=OPERATOR, query=f"account_id={ACCOUNT}")["account_id"] == ACCOUNT
    with pytest.raises(AccessDenied):
        ask("GET", query=f"account_id={OPERATOR.account_id}")
    with pytest.raises(NotFound):
        ask("GET", by=OPERATOR, query=f"account_id={ACCOUNT}&region=mars-1")


def test_pauses_are_the_operators(count, ask, transact) -> None:
    wanted = {"account_id": ACCOUNT, "configuration_set": "campaign", "reason": "too many complaints"}
    with pytest.raises(AccessDenied):
        ask("POST", "/pause", body=wanted | {"account_id": ACCOUNT})
    assert ask("POST", "/pause", by=OPERATOR, body=wanted)["status"] == "SHUTDOWN"
    assert transact(reputation.paused_parts) == {KEY: {Who(Subject.CONFIGURATION_SET, "campaign")}}
    del wanted["reason"]
    assert ask("POST", "/lift", by=OPERATOR, body=wanted)["status"] == "HEALTHY"
    assert transact(reputation.paused_parts) == {}
    assert ask("POST", "/pause", by=OPERATOR, body={"account_id": ACCOUNT})["kind"] == "account"
    assert transact(accounts.get, *KEY).enforcement_status == "SHUTDOWN"


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ([], Invalid),
        ({"reason": 1}, Invalid),
        ({"identitty": "example.com"}, Invalid),
        ({"identity": "a.example", "configuration_set": "b"}, Invalid),
        ({"configuration_set": "misspelt"}, NotFound),
        ({"identity": "misspelt.example"}, NotFound),
    ],
)
def test_what_cannot_be_paused(count, ask, body: Any, refusal: type[DomainError]) -> None:
    given = body | {"account_id": ACCOUNT} if isinstance(body, dict) else body
    with pytest.raises(refusal):
        ask("POST", "/pause", by=OPERATOR, body=given)


@pytest.mark.parametrize("what", ["pause", "lift"])
@pytest.mark.parametrize("body", [{}, {"account_id": ""}, {"reason": "a mistake"}])
def test_the_account_is_always_named(count, ask, transact, what: str, body: Any) -> None:
    with pytest.raises(Invalid, match="account_id is missing"):
        ask("POST", f"/{what}", by=OPERATOR, body=body)
    assert transact(reputation.paused_parts) == {}


def test_nothing_else_is_there(count, ask) -> None:
    for method, path in (("DELETE", ""), ("POST", ""), ("GET", "/pause"), ("POST", "/pause/x")):
        with pytest.raises(ApiError):
            ask(method, path, by=OPERATOR)


# --- the watch ---


@pytest.fixture
def tick(run, store) -> Callable[[str], None]:
    def tick(mode: str = "off") -> None:
        sending = Sending(store, names, "worker")
        run(reputation_watch.reputation_watch(config(mode), store, sending, names).tick())

    return tick


def mails(transact) -> list[Any]:
    def select(tx: Any) -> list[Any]:
        joined = sa.select(bodies.c.content, messages.c.facts).join(
            messages, messages.c.message_id == bodies.c.message_id
        )
        rows = tx.execute(joined.order_by(messages.c.accepted_at))
        return [SimpleNamespace(mail=message_from_bytes(row.content, policy=policy.default)) for row in rows]

    return [one.mail for one in transact(select)]


def test_each_change_is_told_once_in_both_languages(count, tick, transact, clock) -> None:
    tick()
    assert mails(transact) == []
    count(Count.SENDS, 2000)
    count(Count.PERMANENT_BOUNCES, 120)
    for _ in range(2):
        tick()
    (review,) = mails(transact)
    assert review["To"] == "owner@shop.test"
    assert review["Subject"] == f"Your account {ACCOUNT} is under review / アカウント {ACCOUNT} は審査中です"
    assert "bounce rate: 6% (120 of 2000 since " in review.get_content()
    assert "バウンス率: 6%" in review.get_content()
    count(Count.PERMANENT_BOUNCES, 100)
    for _ in range(2):
        tick()
    assert mails(transact)[1]["Subject"].startswith(f"Act now: the bounce rate of account {ACCOUNT} is 11%")
    clock.advance(3600)
    count(Count.SENDS, 20_000)
    tick()
    assert mails(transact)[2]["Subject"].startswith(f"The review of account {ACCOUNT} has ended")
    assert len(mails(transact)) == 3


def test_what_was_paused_is_named(count, tick, transact) -> None:
    count(Count.SENDS, 6000)
    count(Count.SENDS, 2000, "campaign")
    count(Count.PERMANENT_BOUNCES, 1500, "campaign")
    tick("stream")
    (mail,) = mails(transact)
    assert mail["Subject"].startswith("Sending is paused for configuration set campaign / 設定セット campaign")
    assert "The operator of this service lifts the pause" in mail.get_content()


def test_the_services_own_mail_still_goes_out_to_a_paused_account(count, tick, transact) -> None:
    count(Count.SENDS, 2000)
    count(Count.PERMANENT_BOUNCES, 400)
    tick("account")
    assert mails(transact)[0]["Subject"].startswith(f"Sending is paused for account {ACCOUNT}")


@pytest.mark.parametrize("notice", Notice)
@pytest.mark.parametrize("worst", Measure)
def test_every_notice_has_all_its_words(notice: Notice, worst: Measure) -> None:
    given = ReputationNotice(
        notice=notice,
        account_id=ACCOUNT,
        region=REGION,
        appraisal=Appraisal(bounce=Rate(bad=1, volume=3), complaint=Rate(), worst=worst),
        rules=Rules(),
        part=Who(Subject.IDENTITY, "example.com") if notice is Notice.PART_PAUSED else None,
    )
    text = reputation_notice.compose(given)
    english, japanese = text.text.split("-" * 60)
    assert "{" not in text.subject + text.text
    assert "bounce rate" in english and "バウンス率" in japanese
    assert max(len(line) for line in english.splitlines()) < 998
    assert ("example.com" in text.subject) is (notice is Notice.PART_PAUSED)


# --- gauges ---


def test_gauges_show_who_is_not_well_and_the_sets_that_ask_for_it(count, tick, transact) -> None:
    count(Count.SENDS, 8000)
    count(Count.SENDS, 2000, "campaign")
    count(Count.PERMANENT_BOUNCES, 600, "campaign")
    tick()
    lines = transact(reputation_watch.gauges)
    assert 'tayori_reputation_accounts{status="PROBATION"} 1' in lines
    assert 'tayori_reputation_accounts{status="HEALTHY"} 1' in lines
    of_account = f'account="{ACCOUNT}",region="{REGION}"'
    assert f"tayori_reputation_bounce_rate{{{of_account}}} 0.060000" in lines
    assert f'tayori_reputation_bounce_rate{{{of_account},configuration_set="campaign"}} 0.300000' in lines
    assert not [line for line in lines if line.startswith("tayori_reputation_complaint_rate{")]


def test_a_healthy_account_has_no_gauge_of_its_own(count, tick, transact) -> None:
    count(Count.SENDS, 8000)
    tick()
    assert not [line for line in transact(reputation_watch.gauges) if "_rate{account" in line]
