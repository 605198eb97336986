"""The search for messages over HTTP: what is asked for and how, pages, and who sees what."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from bench.search import PART, fill

from population import ACCOUNT, REGION, caller, identity, names, open_account, submission
from tayori import ids
from tayori.api.registry import Principal
from tayori.app import message_desk
from tayori.app.message_desk import MessagePages, Wanted
from tayori.aws.errors import ApiError
from tayori.aws.http import Headers, HttpRequest
from tayori.loops.search_indexing import SearchIndexing
from tayori.model.errors import Invalid, NotFound
from tayori.model.message import MessageTag
from tayori.model.search import Search, Status
from tayori.resources.messages import Door
from tayori.store.dialect import Hot

OTHER = "999900001111"


def principal(account_id: str = ACCOUNT, *, operator: bool = False) -> Principal:
    arn = f"arn:aws:iam::{account_id}:user/app"
    return Principal(account_id=account_id, access_key_id="AKIA", arn=arn, operator=operator, region=REGION)


@pytest.fixture
def accept(transact: Any, clock: Any) -> Any:
    for account_id in (ACCOUNT, OTHER):
        transact(open_account, account_id)
        transact(identity, "example.com", account_id)
    door = Door(names, "nobody", lambda stream: False)

    def accept(*recipients: str, **changes: Any) -> str:
        clock.advance(1)
        wanted = submission(*recipients, message_id=ids.message_id(REGION, clock.now()), **changes)
        (answer,) = transact(door.accept, [wanted])
        return str(answer.message_id)

    return accept


@pytest.fixture
def index(store: Any, run: Any, clock: Any) -> Any:
    loop = SearchIndexing(store, timedelta(days=30))

    def index() -> None:
        clock.advance(2)
        while run(loop.tick()) is not None:
            pass

    return index


@pytest.fixture
def ask(store: Any, run: Any) -> Any:
    pages = MessagePages(store)

    def ask(path: str = "", *, by: Principal | None = None, **query: Any) -> Any:
        text = urlencode(query, doseq=True)
        request = HttpRequest(method="GET", path=f"/tayori/messages{path}", query=text, headers=Headers(), body=b"")
        return json.loads(run(pages.answer(request, by or principal())).body)

    return ask


def test_messages_are_found_with_what_became_of_each_recipient(accept: Any, index: Any, ask: Any) -> None:
    sent = accept("a@inbox.test", "b@other.test", subject="Invoice 17")
    accept("c@inbox.test")
    index()
    answer = ask(recipient="A@INBOX.test", subject="invoice")
    (found,) = answer["messages"]
    assert found["message_id"] == sent
    assert (found["from"], found["subject"], found["tags"]) == (
        "news@example.com",
        "Invoice 17",
        {"campaign": "spring"},
    )
    assert found["recipients"] == [
        {"address": "a@inbox.test", "status": "sending"},
        {"address": "b@other.test", "status": "sending"},
    ]
    assert (answer["next"], answer["is_cut"]) == (None, False) and answer["indexed_until"]


def test_every_filter_is_known(accept: Any, index: Any, ask: Any) -> None:
    sent = accept("a@inbox.test", tags=(MessageTag(name="kind", value="bill"), MessageTag(name="x", value="1")))
    index()
    for query in (
        {"recipient": "inbox.test"},
        {"to": "a@inbox.test"},
        {"from": "news@example.com"},
        {"from": "example.com"},
        {"subject": "hell*"},
        {"id": sent},
        {"id": f"<{sent}@us-east-1.tayori.test>"},
        {"id": sent[:20]},
        {"recipient": "a@i*"},
        {"recipient": "A@INbox*"},
        {"text": "hell"},
        {"text": "a@in"},
        {"text": "@inbox.test hello"},
        {"text": "kind=bill example.com"},
        {"status": "sending"},
        {"status": "sending,bounced"},
        {"status": ["sending", "bounced"]},
        {"tag": ["kind=bill", "x=1"]},
        {"identity": "example.com"},
        {"since": "1h"},
        {"since": "2020-01-01", "until": "2100-01-01T00:00:00Z"},
    ):
        assert [one["message_id"] for one in ask(**query)["messages"]] == [sent], query
    for query in (
        {"recipient": "other.test"},
        {"subject": "help*"},
        {"status": "bounced"},
        {"tag": ["kind=bill", "x=2"]},
        {"id": sent, "status": "bounced"},
        {"configuration_set": "x"},
        {"until": "1h"},
        {"id": "message-1"},
        {"id": sent[:15]},
        {"recipient": "b@i*"},
        {"text": "hello nobody"},
        {"text": "inbox"},
        {"provider": "gmail"},
    ):
        assert ask(**query)["messages"] == [], query


@pytest.mark.parametrize(
    "query",
    [
        {"recipients": "a@b.test"},
        {"subject": ["a", "b"]},
        {"status": "lost"},
        {"tag": "campaign"},
        {"subject": "a*"},
        {"since": "yesterday"},
        {"since": "999999999999d"},
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "1e3"},
        {"recipient": "a@b c"},
        {"recipient": ""},
        {"page": "nonsense"},
        {"text": "ab"},
        {"text": "a1b c"},
        {"text": "one two three four five six seven eight nine"},
        {"recipient": "a*"},
    ],
)
def test_what_cannot_be_searched_for_is_refused(ask: Any, query: Any) -> None:
    with pytest.raises(Invalid):
        ask(**query)


def test_pages_lead_through_what_is_found_and_belong_to_their_search(accept: Any, index: Any, ask: Any) -> None:
    accepted = [accept("a@inbox.test") for _ in range(5)]
    index()
    found, page = [], {}
    while True:
        answer = ask(recipient="inbox.test", limit=2, **page)
        found += [one["message_id"] for one in answer["messages"]]
        if answer["next"] is None:
            break
        page = {"page": answer["next"]}
    assert found == accepted[::-1]
    token = ask(recipient="inbox.test", limit=2)["next"]
    for query in ({"recipient": "other.test"}, {}):
        with pytest.raises(Invalid, match="none of this search"):
            ask(**query, page=token)
    with pytest.raises(Invalid, match="none of this search"):
        ask(recipient="inbox.test", page=token, by=principal(OTHER))


def test_accounts_see_their_own_mail_and_operators_that_of_others(accept: Any, index: Any, ask: Any) -> None:
    own, other = accept("a@inbox.test"), accept("a@inbox.test", caller=caller(OTHER))
    index()
    assert [one["message_id"] for one in ask()["messages"]] == [own]
    assert [one["message_id"] for one in ask(by=principal(OTHER))["messages"]] == [other]
    assert ask(id=other)["messages"] == []
    operator = principal(operator=True)
    assert [one["message_id"] for one in ask(by=operator)["messages"]] == [own]
    assert [one["message_id"] for one in ask(by=operator, account=OTHER)["messages"]] == [other]
    with pytest.raises(ApiError, match="not an operator"):
        ask(account=OTHER)


def test_a_timeline_is_below_and_of_the_account_alone(accept: Any, ask: Any) -> None:
    own, other = accept("a@inbox.test"), accept("a@inbox.test", caller=caller(OTHER))
    assert ask(f"/{own}")["message_id"] == own
    with pytest.raises(NotFound):
        ask(f"/{other}")
    assert ask(f"/{other}", by=principal(operator=True))["account_id"] == OTHER


def test_a_search_that_would_take_too_long_says_so_and_goes_on(transact: Any, run: Any, store: Any, clock: Any) -> None:
    """Two terms that never meet are walked to their end, in steps that are each bounded."""
    transact(open_account)
    for start in range(0, PART * 2, PART):
        transact(fill, (ACCOUNT, REGION), clock.now() - timedelta(days=4), PART * 2, start)

    async def pages() -> tuple[int, int]:
        tokens = await message_desk.tokens(store)
        token, cuts, looked_at = "", 0, 0
        while True:
            wanted = Wanted(search=Search(statuses=frozenset({Status.CANCELLED})), page=token)
            page = await message_desk.look(store, tokens, ACCOUNT, REGION, wanted, seconds=0)
            assert page.messages == []
            looked_at += page.looked_at
            if page.following is None:
                return cuts, looked_at
            assert page.is_cut
            token, cuts = page.following, cuts + 1

    cuts, looked_at = run(pages())
    assert looked_at >= PART * 2 and cuts >= 10


def test_mail_is_found_by_the_provider_that_was_called(
    accept: Any, index: Any, ask: Any, transact: Any, clock: Any
) -> None:
    """At once for young mail; by the second look, for older; and what was called late, while it was open."""
    sent, other = accept("a@gmail.test"), accept("a@inbox.test")
    late = accept("late@gmail.test")
    row = "INSERT INTO attempts VALUES (?, 0, ?, 5, ?, '', '', '', 'deferred', '', '', '', '{}')"
    transact(lambda tx: tx.hot(Hot(row), [(sent, 1, "gmail-smtp-in.l.google.com"), (other, 1, "mx.inbox.test")]))
    index()
    assert [one["message_id"] for one in ask(provider="gmail")["messages"]] == [sent]
    clock.advance(600)
    index()
    transact(lambda tx: tx.hot(Hot(row), [(late, 2, "alt1.gmail-smtp-in.l.google.com")]))
    assert [one["message_id"] for one in ask(provider="gmail,nobody")["messages"]] == [late, sent]
    assert [one["message_id"] for one in ask(provider="other")["messages"]] == [other]
    assert ask(provider="gmail", status="bounced")["messages"] == []
