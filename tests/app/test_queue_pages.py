"""The queue as accounts see their own: by destination, recipient by recipient; limits of operators; the retries."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from population import ACCOUNT, REGION, caller, identity, names, open_account, submission
from tayori import ids
from tayori.api.registry import Principal
from tayori.app.queue_pages import QueueViews
from tayori.aws.errors import ApiError
from tayori.aws.http import Headers, HttpRequest
from tayori.model.errors import Invalid
from tayori.model.pause import PauseKind
from tayori.resources import message_content, pauses, queue_view, resends, tail
from tayori.resources.messages import Door
from tayori.store.dialect import Engine, Hot

OTHER = "999900001111"


def principal(account_id: str = ACCOUNT, *, operator: bool = False) -> Principal:
    arn = f"arn:aws:iam::{account_id}:user/app"
    return Principal(account_id=account_id, access_key_id="AKIA", arn=arn, operator=operator, region=REGION)


OPERATOR = principal(operator=True)


@pytest.fixture
def put(transact: Any, clock: Any) -> Any:
    for account_id in (ACCOUNT, OTHER):
        transact(open_account, account_id)
        transact(identity, "example.com", account_id)
    door = Door(names, "nobody", lambda stream: False)

    def put(*recipients: str, **changes: Any) -> str:
        clock.advance(1)
        wanted = submission(*recipients, message_id=ids.message_id(REGION, clock.now()), **changes)
        (answer,) = transact(door.accept, [wanted])
        return str(answer.message_id)

    return put


@pytest.fixture
def ask(store: Any, run: Any) -> Any:
    routes = QueueViews(store).table()

    def ask(method: str, path: str, body: Any = None, *, by: Principal | None = None, **query: Any) -> Any:
        raw = b"" if body is None else json.dumps(body).encode()
        path = f"/tayori/queue{path}"
        request = HttpRequest(method=method, path=path, query=urlencode(query), headers=Headers(), body=raw)
        route = next(one for one in routes if one.fits(method, path))
        return json.loads(run(route.handler(request, by or principal())).body)

    return ask


def test_destinations_are_those_of_the_account_or_of_all_for_operators(put: Any, ask: Any, transact: Any) -> None:
    put("a@inbox.test", "b@inbox.test", "c@slow.test")
    held = put("d@slow.test")
    put("x@inbox.test", caller=caller(OTHER))
    ask("POST", "/own/hold", {"message_id": held})
    said = "UPDATE recipients SET reason = 'greylisted', diagnostic = 'smtp; 450 4.2.0 later' WHERE address = ?"
    transact(lambda tx: tx.hot(Hot(said), [("a@inbox.test",)]))
    found = ask("GET", "/destinations")
    assert [(one["domain"], one["states"]) for one in found["destinations"]] == [
        ("inbox.test", {"queued": 2}),
        ("slow.test", {"queued": 1, "held": 1}),
    ]
    first = found["destinations"][0]
    assert (first["reason"], first["last_said"]) == ("greylisted", "smtp; 450 4.2.0 later")
    assert first["oldest"] and first["next_due"] and found["recipients"] == 4 and not found["is_cut"]
    everything = ask("GET", "/destinations", by=OPERATOR, accounts="all")
    assert [one["recipients"] for one in everything["destinations"]] == [3, 2]
    assert [one["recipients"] for one in ask("GET", "/destinations", domain="slow.test")["destinations"]] == [2]
    with pytest.raises(ApiError, match="not an operator"):
        ask("GET", "/destinations", accounts="all")


def test_recipients_come_page_by_page_with_a_sentence_each(put: Any, ask: Any) -> None:
    addresses = [f"r{number:03}@inbox.test" for number in range(120)]
    for start in range(0, 120, 40):
        put(*addresses[start : start + 40])
    put("x@inbox.test", caller=caller(OTHER))
    for by, extra in ((principal(), 0), (OPERATOR, 1)):
        found, page = [], {}
        while True:
            query = {"accounts": "all"} if extra else {}
            answer = ask("GET", "/waiting", by=by, domain="inbox.test", language="ja", **query, **page)
            found += answer["recipients"]
            if answer["next"] is None:
                break
            page = {"page": answer["next"]}
        assert len(found) == len({one["recipient"] for one in found}) == 120 + extra
    assert found[0]["why"] == "due" and found[0]["sentence"].startswith("送信待ち")
    assert ask("GET", "/waiting", domain="inbox.test", state="held")["recipients"] == []
    stranger = ask("GET", "/waiting", by=principal("000000000001"), domain="inbox.test", page=f"0~~0~{ACCOUNT} ")
    assert stranger["recipients"] == []


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/destinations", {"domian": "x"}),
        ("/destinations", {"accounts": "some"}),
        ("/destinations", {"domain": "..."}),
        ("/waiting", {}),
        ("/waiting", {"domain": "inbox.test", "state": "lost"}),
        ("/waiting", {"domain": "inbox.test", "language": "fr"}),
        ("/waiting", {"domain": "inbox.test", "page": "x"}),
        ("/waiting", {"domain": "inbox.test", "page": "1~a~b~c"}),
        ("/schedule", {"seconds": "59"}),
        ("/schedule", {"seconds": "50401"}),
        ("/schedule", {"seconds": "1e3"}),
        ("/site", {}),
    ],
)
def test_what_is_not_understood_is_refused(ask: Any, path: str, query: Any) -> None:
    with pytest.raises(Invalid):
        ask("GET", path, **query)


def test_an_account_changes_its_own_mail_alone(put: Any, ask: Any, transact: Any) -> None:
    put("a@inbox.test")
    other = put("x@inbox.test", caller=caller(OTHER))
    assert ask("POST", "/own/hold", {"domain": "inbox.test"}) == {"held": 1, "in_hand": 0}
    assert ask("POST", "/own/drop", {"message_id": other}) == {"dropped": 0, "in_hand": 0}
    assert ask("POST", "/own/release", {"all": True}) == {"released": 1, "in_hand": 0}
    for body in ({}, {"all": True, "domain": "inbox.test"}, {"account_id": OTHER}, {"domain": 1}, {"all": "true"}):
        with pytest.raises(Invalid):
            ask("POST", "/own/drop", body)
    with pytest.raises(ApiError):
        ask("POST", "/own/burn", {"all": True})
    transact(pauses.pause, PauseKind.ACCOUNT, ACCOUNT)
    transact(pauses.pause, PauseKind.ACCOUNT, OTHER)
    assert [one["name"] for one in ask("GET", "/destinations")["pauses"]] == [ACCOUNT]
    assert len(ask("GET", "/destinations", by=OPERATOR, accounts="all")["pauses"]) == 2


def test_operators_set_and_take_back_limits(ask: Any) -> None:
    (limit,) = ask("POST", "/limits", {"site": "gmail", "connections": 3, "rate": 0.5}, by=OPERATOR)["limits"]
    assert (limit["site"], limit["connections"], limit["rate"], limit["by"]) == ("gmail", 3, 0.5, OPERATOR.arn)
    (limit,) = ask("POST", "/limits", {"site": "gmail", "rate": 2}, by=OPERATOR)["limits"]
    assert (limit["connections"], limit["rate"]) == (None, 2)
    assert (
        ask("POST", "/limits", {"site": "gmail"}, by=OPERATOR) == {"limits": []} == ask("GET", "/limits", by=OPERATOR)
    )
    for body in (
        {"site": ""},
        {"connections": 1},
        {"site": "gmail", "connections": -1},
        {"site": "gmail", "connections": 1001},
        {"site": "gmail", "rate": "fast"},
        {"site": "gmail", "rate": 1e300},
        {"site": "gmail", "rate": True},
        {"site": "gmail", "speed": 1},
    ):
        with pytest.raises(Invalid):
            ask("POST", "/limits", body, by=OPERATOR)


def test_the_schedule_has_a_shape(ask: Any) -> None:
    shape = ask("GET", "/schedule")
    assert shape["earliest"][:4] == [0, 60, 360, 1260] and shape["earliest"][-1] == 50_400 == shape["latest"][-1]
    assert ask("GET", "/schedule", seconds=300)["earliest"] == [0, 60, 150, 210, 300]


@pytest.mark.parametrize(
    ("statement", "parameters"),
    [*queue_view.STATEMENTS, *tail.STATEMENTS, *resends.STATEMENTS, *message_content.STATEMENTS],
)
def test_every_statement_goes_by_an_index(transact: Any, statement: Hot, parameters: Any) -> None:
    def plan(tx: Any) -> list[str]:
        sqlite = tx.engine is Engine.SQLITE
        if not sqlite:
            tx.connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        rows = tx.hot_rows(Hot(f"EXPLAIN {'QUERY PLAN ' if sqlite else ''}{statement.sql}"), parameters)
        return [str(row[-1]).strip() for row in rows]

    lines = transact(plan)
    # All that waits, of everybody, is counted through an index that has nothing else.
    scans = [line for line in lines if "Seq Scan" in line or (line.startswith("SCAN") and " USING " not in line)]
    assert lines and not scans, lines
