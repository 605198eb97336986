"""What is done with one message over HTTP: shown safely, sent again, held and released; and events as they happen."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from population import ACCOUNT, REGION, caller, identity, names, open_account, submission
from tayori import ids
from tayori.api.registry import Principal
from tayori.app.look_limits import LookLimits
from tayori.app.message_desk import MessagePages
from tayori.app.message_work import MessageWork
from tayori.app.sending import Sending
from tayori.aws.errors import ApiError
from tayori.aws.http import Headers, HttpRequest, HttpResponse
from tayori.delivery.settings import DeliverySettings
from tayori.mail.answer import Answer, AnswerStatus
from tayori.model.errors import DomainError, Invalid, NotFound, Unverified
from tayori.model.message import Operation
from tayori.resources import retention, tail
from tayori.resources.messages import Door
from tayori.store.dialect import Hot
from tayori.store.tables import bodies

OTHER = "999900001111"
HOSTILE = (
    b"From: news@example.com\r\nTo: a@inbox.test\r\nSubject: =?utf-8?b?44GT44KT44Gr44Gh44Gv?=\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    b'<h1 onclick="x()">Sale</h1><script>alert(1)</script><img src=http://evil.test/p.png onerror=x()>'
    b'<a href="javascript:alert(1)">click</a><meta http-equiv=refresh content="0;url=http://evil.test/">'
    b"<form action=http://evil.test/><input name=q></form><iframe src=http://evil.test></iframe>"
    b"<style>p{color:red;background:URL (http://evil.test/b.png)}@import 'http://evil.test/i.css';</style>"
    b"<base href=http://evil.test/><svg onload=x()><p>in it</p></svg><p>after</p>\r\n"
)


class NoDns:
    async def resolve(self, name: str, kind: str) -> Answer:
        return Answer(name=name, rdtype=kind, status=AnswerStatus.NXDOMAIN)


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
def work(store: Any) -> MessageWork:
    return MessageWork(
        store=store,
        sending=Sending(store, names, "one"),
        names=names,
        resolver=NoDns(),
        settings=DeliverySettings(ehlo_name="a.tayori.test", outgoing_address="127.0.0.1"),
        limits=LookLimits(),
        secret=b"secret",
    )


@pytest.fixture
def answer(work: MessageWork, run: Any) -> Any:
    def answer(method: str, path: str, *, by: Principal | None = None, body: Any = None, **query: Any) -> HttpResponse:
        """By the route that the application would take."""
        raw = b"" if body is None else json.dumps(body).encode()
        path, _, given = f"/tayori/messages{path}".partition("?")
        request = HttpRequest(method=method, path=path, query=given or urlencode(query), headers=Headers(), body=raw)
        routes = sorted(work.table(), key=lambda route: len(route.prefix), reverse=True)
        route = next(one for one in routes if one.fits(method, path))
        return run(route.handler(request, by or principal()))

    return answer


@pytest.fixture
def ask(answer: Any) -> Any:
    return lambda *given, **how: json.loads(answer(*given, **how).body)


# -- looking -----------------------------------------------------------------------------------------------------------


def test_a_source_is_text_and_a_file_that_no_browser_opens(accept: Any, answer: Any) -> None:
    sent = accept("a@inbox.test", content=HOSTILE)
    shown, file = answer("GET", f"/{sent}/source"), answer("GET", f"/{sent}/source", download="1")
    assert dict(shown.headers)["content-type"] == "text/plain; charset=utf-8"
    assert b"<script>" in shown.body and b"\r" not in shown.body
    assert file.body == HOSTILE
    told = dict(file.headers)
    assert told["content-type"] == "application/octet-stream" and told["x-content-type-options"] == "nosniff"
    assert told["content-disposition"] == f'attachment; filename="{sent}.eml"'


def test_a_preview_has_nothing_that_runs_loads_or_leads_away(accept: Any, answer: Any, ask: Any, clock: Any) -> None:
    sent = accept("a@inbox.test", content=HOSTILE)
    content = ask("GET", f"/{sent}/content")
    assert (content["is_html"], content["blocked"], content["is_cut"]) == (True, 4, False)
    assert {"name": "Subject", "value": "こんにちは"} in content["headers"]
    link = content["preview"].removeprefix("/tayori/messages")
    shown = answer("GET", link)
    text = shown.body.decode()
    for word in ("<script", "onclick", "onerror", "http-equiv", "<form", "<input", "<iframe", "<base", "<svg", "in it"):
        assert word not in text, word
    assert "none(http://evil.test/b.png)" in text and "none('http" not in text
    assert text.count("evil.test") == 2 and "url" not in text.lower() and "@import" not in text
    assert 'title="javascript:alert(1)"' in text and "href" not in text
    assert "<h1>Sale</h1>" in text and "<p>after</p>" in text and "p{color:red;" in text
    policy = dict(shown.headers)["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:;")
    for broken in (link.replace("ticket=", "ticket=0"), link.partition("?")[0], f"{link[:-4]}0000"):
        with pytest.raises(ApiError):
            answer("GET", broken)
    clock.advance(301)
    with pytest.raises(ApiError, match="has ended"):
        answer("GET", link)


def test_only_what_is_kept_and_ones_own_is_shown(accept: Any, answer: Any, ask: Any, transact: Any) -> None:
    own, other = accept("a@inbox.test"), accept("a@inbox.test", caller=caller(OTHER))
    for what in ("content", "source", "why", "route"):
        with pytest.raises(NotFound):
            answer("GET", f"/{other}/{what}")
        with pytest.raises(NotFound):
            answer("GET", f"/nothing/{what}", by=principal(operator=True))
    assert answer("GET", f"/{other}/source", by=principal(operator=True)).body
    transact(lambda tx: tx.execute(bodies.delete()))
    with pytest.raises(NotFound, match="no longer kept"):
        answer("GET", f"/{own}/source")


def test_why_it_waits_and_where_it_leads(accept: Any, ask: Any) -> None:
    sent = accept("a@inbox.test")
    (waiting,) = ask("GET", f"/{sent}/why", language="ja")["recipients"]
    assert waiting["reason"] == "due" and waiting["sentence"].startswith("送信待ち")
    found = ask("GET", f"/{sent}/route")
    assert found["domain"] == "inbox.test" and found["hosts"] == [] and found["trouble"]
    for path, query in (("why", {"language": "fr"}), ("route", {"domain": "other.test"})):
        with pytest.raises(Invalid):
            ask("GET", f"/{sent}/{path}", **query)


# -- sending again -----------------------------------------------------------------------------------------------------


def test_it_is_sent_again_as_a_message_of_its_own(accept: Any, ask: Any, answer: Any, run: Any, store: Any) -> None:
    sent = accept("a@inbox.test", "b@other.test", content=HOSTILE)
    done = ask("POST", f"/{sent}/resend", body={"recipients": ["b@other.test"]})
    new = done["message_id"]
    assert done["resent_from"] == sent and new != sent
    assert f"Message-ID: <{new}@".encode() in answer("GET", f"/{new}/source").body
    pages = MessagePages(store)

    def timeline(message_id: str) -> Any:
        request = HttpRequest(
            method="GET", path=f"/tayori/messages/{message_id}", query="", headers=Headers(), body=b""
        )
        return json.loads(run(pages.answer(request, principal())).body)

    assert [one["message_id"] for one in timeline(sent)["resent_as"]] == [new]
    again = timeline(new)
    assert again["resent_from"]["message_id"] == sent
    assert [one["address"] for one in again["recipients"]] == ["b@other.test"]
    assert again["facts"]["tags"] == {"campaign": "spring"} and again["facts"]["operation"] == "SendRawEmail"
    assert again["authentication"]["from_domain"] == "example.com"
    ask("POST", f"/{sent}/resend")
    assert len(timeline(sent)["resent_as"]) == 2


def test_what_cannot_be_sent_again_leaves_no_trace(accept: Any, ask: Any, transact: Any) -> None:
    sent, other = accept("a@inbox.test", content=HOSTILE), accept("a@inbox.test", caller=caller(OTHER))
    service = accept("a@inbox.test", caller=caller(operation=Operation.SERVICE))
    for message_id, body in (
        (sent, {"recipients": ["b@inbox.test"]}),
        (sent, {"recipients": []}),
        (sent, {"recipients": "a@inbox.test"}),
        (sent, {"to": ["a@inbox.test"]}),
        (other, {}),
        (service, {}),
    ):
        with pytest.raises(DomainError):
            ask("POST", f"/{message_id}/resend", body=body)
    gone = "UPDATE identities SET verification_status = 'PENDING', dkim_status = 'PENDING'"
    transact(lambda tx: tx.hot(Hot(gone), [()]))
    transact(lambda tx: tx.hot(Hot("UPDATE settings_revision SET revision = revision + 1"), [()]))
    with pytest.raises(Unverified):
        ask("POST", f"/{sent}/resend")
    assert transact(lambda tx: list(tx.hot_rows(Hot("SELECT message_id FROM resends"), ()))) == []


def test_what_waits_of_it_is_held_and_released(accept: Any, ask: Any) -> None:
    sent = accept("a@inbox.test", "b@inbox.test")
    other = accept("a@inbox.test", caller=caller(OTHER))
    assert ask("POST", f"/{sent}/hold") == {"held": 2, "in_hand": 0}
    assert ask("POST", f"/{sent}/release", body={"recipient": "a@inbox.test"}) == {"released": 1, "in_hand": 0}
    assert ask("POST", f"/{sent}/expedite") == {"expedited": 1, "in_hand": 0}
    assert ask("POST", f"/{sent}/drop") == {"dropped": 2, "in_hand": 0}
    with pytest.raises(NotFound):
        ask("POST", f"/{other}/drop")
    assert ask("POST", f"/{other}/drop", by=principal(operator=True)) == {"dropped": 1, "in_hand": 0}
    for path, body in ((f"/{sent}/hold", {"domain": "inbox.test"}), (f"/{sent}/hold", {"recipient": 1})):
        with pytest.raises(Invalid):
            ask("POST", path, body=body)
    with pytest.raises(ApiError):
        ask("POST", f"/{sent}/burn")


# -- watching ----------------------------------------------------------------------------------------------------------


def test_events_are_seen_as_they_happen_by_their_account_alone(
    accept: Any, ask: Any, clock: Any, transact: Any
) -> None:
    before = accept("a@inbox.test")
    assert transact(lambda tx: list(tx.hot_rows(Hot("SELECT 1 FROM tail_events"), ()))) == []
    first = ask("GET", "/tail")
    sent = accept("b@inbox.test", subject="now")
    accept("c@inbox.test", caller=caller(OTHER))
    clock.advance(5)
    second = ask("GET", "/tail", after=first["cursor"])
    assert [(one["message_id"], one["type"], one["subject"]) for one in second["events"]] == [(sent, "Send", "now")]
    assert second["is_cut"] is False and before
    assert ask("GET", "/tail", after=second["cursor"])["events"] == []
    assert ask("GET", "/tail", by=principal(OTHER), after=first["cursor"])["events"] == []
    clock.advance(1200)
    accept("d@inbox.test")
    assert transact(lambda tx: list(tx.hot_rows(Hot("SELECT message_id FROM tail_events"), ()))) == [(sent,)]
    transact(retention.forget_rest)
    assert transact(lambda tx: list(tx.hot_rows(Hot("SELECT message_id FROM tail_events"), ()))) == []
    for after in ("x", "-1", "9" * 19, "١"):
        with pytest.raises(Invalid):
            ask("GET", "/tail", after=after)


def test_a_flood_is_cut_to_its_newest(accept: Any, ask: Any, clock: Any) -> None:
    first = ask("GET", "/tail")
    for number in range(tail.MOST + 3):
        accept(f"r{number}@inbox.test")
    found = ask("GET", "/tail", after=first["cursor"])
    assert len(found["events"]) == tail.MOST and found["is_cut"]
    assert found["events"][0]["at"] > found["events"][-1]["at"]
    assert clock.now() - timedelta(hours=1) < clock.now()
