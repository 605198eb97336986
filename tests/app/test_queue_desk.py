"""The queue over HTTP for operators, why mail waits with what delivery knows, and the gauges of depth and age."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from population import ACCOUNT, identity, names, open_account, submission
from tayori.app import queue_desk
from tayori.app.queue_desk import QueuePages
from tayori.aws.errors import ApiError
from tayori.aws.http import Headers, HttpRequest
from tayori.model.errors import Invalid, NotFound
from tayori.resources import pauses, queue
from tayori.resources.messages import Door
from tayori.store import leases
from tayori.store.dialect import Engine


@pytest.fixture
def put(transact: Any) -> Any:
    transact(open_account)
    transact(identity, "example.com")
    door = Door(names, "nobody", lambda stream: False)

    def put(*recipients: str) -> str:
        (answer,) = transact(door.accept, [submission(*recipients)])
        return str(answer.message_id)

    return put


@pytest.fixture
def ask(store: Any, run: Any) -> Any:
    pages = QueuePages(store)

    def ask(method: str, path: str, body: Any = None, query: str = "") -> Any:
        raw = b"" if body is None else json.dumps(body).encode()
        request = HttpRequest(method=method, path=f"/tayori/queue{path}", query=query, headers=Headers(), body=raw)
        return json.loads(run(pages.answer(request, None)).body)

    return ask


def test_the_queue_is_shown_and_changed(put: Any, ask: Any) -> None:
    put("a@inbox.test", "b@inbox.test", "c@slow.test")
    assert ask("POST", "/hold", {"recipient": "c@SLOW.test"}) == {"held": 1, "in_hand": 0}
    shown = ask("GET", "")
    assert shown["states"] == {"queued": 2, "held": 1}
    assert [(one["name"], one["recipients"]) for one in shown["destinations"]] == [("inbox.test", 2), ("slow.test", 1)]
    assert [(one["name"], one["recipients"]) for one in shown["accounts"]] == [(ACCOUNT, 3)]
    assert ask("POST", "/release", {"account_id": ACCOUNT}) == {"released": 1, "in_hand": 0}
    assert ask("POST", "/requeue", {"all": True}) == {"requeued": 3, "in_hand": 0}
    assert ask("POST", "/expedite", {"domain": "inbox.test"}) == {"expedited": 2, "in_hand": 0}
    assert ask("POST", "/drop", {"older_than": "1h"}) == {"dropped": 0, "in_hand": 0}
    assert ask("POST", "/drop", {"all": True}) == {"dropped": 3, "in_hand": 0}


def test_pauses_begin_and_end(put: Any, ask: Any) -> None:
    begun = ask("POST", "/pause", {"kind": "destination", "name": "inbox.test", "for": "2h", "reason": "moving"})
    assert begun["until"] and ask("GET", "/pauses")["pauses"] == [begun]
    message_id = put("a@inbox.test")
    (found,) = ask("GET", f"/why/{message_id}", query="language=ja")["recipients"]
    assert found["reason"] == "paused" and "宛先 inbox.test" in found["sentence"]
    ask("POST", "/resume", {"kind": "destination", "name": "inbox.test"})
    assert ask("GET", "/pauses")["pauses"] == []
    assert ask("GET", f"/why/{message_id}")["recipients"][0]["reason"] == "due"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/drop", {}),
        ("/drop", {"all": True, "domain": "inbox.test"}),
        ("/drop", {"domian": "inbox.test"}),
        ("/drop", ["all"]),
        ("/hold", {"domain": 1}),
        ("/hold", {"older_than": "soon"}),
        ("/hold", {"domain": "..."}),
        ("/pause", {"kind": "planet", "name": "earth"}),
        ("/pause", {"kind": "account", "name": ""}),
        ("/pause", {"kind": "account", "name": ACCOUNT, "for": "0h"}),
    ],
)
def test_what_is_not_understood_changes_nothing(put: Any, ask: Any, transact: Any, path: str, body: Any) -> None:
    put("a@inbox.test")
    with pytest.raises(Invalid):
        ask("POST", path, body)
    assert ask("GET", "")["states"] == {"queued": 1} and not transact(pauses.active)


def test_what_does_not_exist(put: Any, ask: Any) -> None:
    with pytest.raises(NotFound):
        ask("GET", "/why/nothing")
    for method, path in (("GET", "/nothing"), ("POST", "/nothing"), ("PUT", "/hold")):
        with pytest.raises(ApiError):
            ask(method, path)


def test_what_delivery_knows_is_in_the_sentence(put: Any, store: Any, run: Any, transact: Any, clock: Any) -> None:
    message_id = put("a@inbox.test")
    transact(leases.beat, "one", clock.wall(), timedelta(minutes=1))
    site = {
        "name": "gmail",
        "waiting": 7,
        "connections": 2,
        "window": 2,
        "rate": 0.0,
        "is_held_back": False,
        "rests_until": (clock.now() + timedelta(hours=1)).isoformat(),
        "rest_reason": "421 4.7.28 too much",
    }

    async def answering() -> None:
        while True:
            _, question = await store.read(pauses.look)
            if question.number:
                assert question.domains == ("inbox.test",)
                view = {"sites": [site], "connections": [{"host": "mx.test"}], "of": {"inbox.test": site}}
                return await store.write(pauses.answer, "one", question.number, view)
            await asyncio.sleep(0.01)

    async def scenario() -> Any:
        found, _ = await asyncio.gather(queue_desk.explain(store, message_id), answering())
        return found

    (found,) = run(scenario())
    assert found.reason == "resting"
    assert "Nothing is tried at gmail before" in found.sentence and "421 4.7.28 too much" in found.sentence


def test_depth_and_age_by_destination_and_account(put: Any, transact: Any, clock: Any) -> None:
    put("a@inbox.test", "b@inbox.test")
    clock.advance(3600)
    put("c@inbox.test", "d@slow.test")
    lines = transact(queue_desk.gauges)
    assert 'tayori_queue_destination_recipients{destination="inbox.test"} 3' in lines
    assert f'tayori_queue_account_recipients{{account="{ACCOUNT}"}} 4' in lines
    (age,) = [line for line in lines if line.startswith('tayori_queue_destination_oldest_seconds{destination="inbox')]
    assert 3600 <= int(age.rpartition(" ")[2]) < 3700
    assert [one.name for one in transact(queue.depths, 1)[0]] == ["inbox.test"]


def test_depths_are_counted_by_the_index_of_what_waits(transact: Any, store: Any) -> None:
    if store.engine is not Engine.SQLITE:
        pytest.skip("SQLite says how it looks")
    sql = queue._OF_DOMAINS.format("INDEXED BY recipients_by_domain ", queue.WAITING)
    plan = transact(lambda tx: [row[3] for row in tx.hot_rows(queue.Hot(f"EXPLAIN QUERY PLAN {sql}"), ())])
    assert any("USING INDEX recipients_by_domain" in step for step in plan), plan
