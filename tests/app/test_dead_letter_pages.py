"""What was given up, over HTTP: listed, shown and sent again by its account."""

import asyncio
import json
from typing import Any

import pytest

from tayori.api.registry import Principal
from tayori.app.dead_letters import NotificationPages
from tayori.aws.errors import ApiError
from tayori.aws.http import Headers, HttpRequest
from tayori.model.errors import Invalid, NotFound
from tayori.resources import notifications
from tayori.resources.notifications import Result, Verdict

ACCOUNT = "111111111111"


def principal(account_id: str = ACCOUNT) -> Principal:
    return Principal(account_id=account_id, access_key_id="", arn="", operator=False, region="us-east-1")


def asked(store: Any, method: str, path: str, who: str = ACCOUNT, query: str = "", body: Any = None) -> Any:
    request = HttpRequest(
        method=method,
        path=f"/tayori/notifications{path}",
        query=query,
        headers=Headers(),
        body=b"" if body is None else json.dumps(body).encode(),
    )
    return json.loads(asyncio.run(NotificationPages(store).answer(request, principal(who))).body)


@pytest.fixture
def dead(transact: Any) -> list[str]:
    def put(tx: Any, number: int) -> None:
        notifications.enqueue_other(
            tx,
            account_id=ACCOUNT,
            region="us-east-1",
            kind="Bounce",
            destination="set/bus",
            protocol="eventbridge" if number else "firehose",
            endpoint="arn:aws:events:us-east-1:111111111111:event-bus/default",
            envelope={"event": f'{{"number":{number}}}', "token": "secret"},
        )

    for number in range(3):
        transact(put, number)
    items = transact(notifications.claim, "w", 10)
    results = [
        Result(notification=item, worker="w", verdict=Verdict.REFUSED, error="It is not set up.") for item in items
    ]
    transact(notifications.finish, results)
    return [item.notification_id for item in items]


def test_they_are_listed_in_pages_and_shown_whole(store: Any, dead: list[str]) -> None:
    first = asked(store, "GET", "", query="limit=2")
    rest = asked(store, "GET", "", query=f"limit=2&behind={first['next']}")
    found = [*first["notifications"], *rest["notifications"]]
    assert sorted(one["id"] for one in found) == sorted(dead)
    assert rest["next"] is None
    assert {(one["kind"], one["destination"], one["tries"], one["reason"]) for one in found} == {
        ("Bounce", "set/bus", 1, "It is not set up.")
    }
    one = asked(store, "GET", f"/{dead[2]}")
    assert one["content"] == '{"number":2}'
    assert "secret" not in json.dumps(one)
    assert len(asked(store, "GET", "", query="protocol=firehose")["notifications"]) == 1


def test_some_or_all_are_sent_again(store: Any, transact: Any, dead: list[str]) -> None:
    assert asked(store, "POST", "/replay", body={"notifications": dead[:1]}) == {"replayed": 1}
    assert asked(store, "POST", "/replay", body={"protocol": "firehose"}) == {"replayed": 0}  # that was the one
    assert asked(store, "POST", "/replay", body={}) == {"replayed": 2}
    assert len(transact(notifications.claim, "w", 10)) == 3


def test_another_account_sees_none_of_it(store: Any, transact: Any, dead: list[str]) -> None:
    other = "222222222222"
    assert asked(store, "GET", "", who=other)["notifications"] == []
    assert asked(store, "POST", "/replay", who=other) == {"replayed": 0}
    with pytest.raises(NotFound):
        asked(store, "GET", f"/{dead[0]}", who=other)
    with pytest.raises(NotFound):
        asked(store, "POST", "/replay", who=other, body={"notifications": dead})
    assert transact(notifications.claim, "w", 10) == []


@pytest.mark.parametrize(
    ("query", "body"),
    [
        *((text, None) for text in ("limit=0", "limit=x", "limit=1001", "behind=x", "behind=-1.n", "behind=٣.n")),
        *(("", body) for body in ({"notifications": "x"}, {"notifications": [1]}, {"notifications": ["x"] * 501}, [])),
    ],
)
def test_what_cannot_be_read_is_refused(store: Any, query: str, body: Any) -> None:
    with pytest.raises(Invalid):
        asked(store, "GET" if body is None else "POST", "" if body is None else "/replay", query=query, body=body)


def test_there_is_nothing_else(store: Any) -> None:
    for method, path in (("DELETE", ""), ("POST", ""), ("PUT", "/x")):
        with pytest.raises(ApiError):
            asked(store, method, path)
