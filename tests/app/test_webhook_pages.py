"""Webhooks over HTTP: what is wrong is said, what is not there is 404."""

import asyncio
import json
from typing import Any

import pytest

from tayori.api.registry import Principal
from tayori.app.webhooks import WebhookPages
from tayori.aws.http import Headers, HttpRequest
from tayori.model.errors import Invalid, NotFound

OWNER = Principal(account_id="111111111111", access_key_id="", arn="", operator=False, region="us-east-1")


def asked(store: Any, method: str, path: str = "", body: Any = None) -> Any:
    content = b"" if body is None else json.dumps(body).encode()
    request = HttpRequest(method=method, path=f"/tayori/webhooks{path}", query="", headers=Headers(), body=content)
    return json.loads(asyncio.run(WebhookPages(store, is_rehearsal=True).answer(request, OWNER)).body)


@pytest.fixture
def hook(store: Any) -> str:
    return str(asked(store, "POST", body={"url": "https://app.example.com/events", "kinds": ["BOUNCE"]})["id"])


def test_a_webhook_is_made_shown_and_deleted(store: Any, hook: str) -> None:
    assert asked(store, "GET", f"/{hook}")["kinds"] == ["BOUNCE"]
    assert asked(store, "POST", f"/{hook}/replay", {}) == {"replayed": 0}
    asked(store, "DELETE", f"/{hook}")
    assert asked(store, "GET") == {"webhooks": []}


def test_a_secret_is_shown_when_it_is_made_and_never_again(store: Any) -> None:
    made = asked(store, "POST", body={"url": "https://app.example.com/events", "kinds": ["BOUNCE"]})
    assert made["secret"].startswith("whsec_")
    assert "secret" not in asked(store, "GET", f"/{made['id']}")
    other = asked(store, "POST", f"/{made['id']}/secret")
    assert other["secret"].startswith("whsec_") and other["secret"] != made["secret"]


def test_a_webhook_is_changed_paused_and_resumed(store: Any, hook: str) -> None:
    assert asked(store, "PUT", f"/{hook}", {"kinds": ["OPEN"]})["kinds"] == ["OPEN"]
    changed = asked(store, "PUT", f"/{hook}", {"url": "https://other.example/events"})
    assert (changed["url"], changed["kinds"]) == ("https://other.example/events", ["OPEN"])
    for body in ({"url": "ftp://x"}, {"url": 5}, {"kinds": "OPEN"}, {"kinds": ["NONE"]}):
        with pytest.raises(Invalid):
            asked(store, "PUT", f"/{hook}", body)
    for verb, state in (("pause", "paused"), ("resume", "active")):
        asked(store, "POST", f"/{hook}/{verb}")
        assert asked(store, "GET", f"/{hook}")["state"] == state


@pytest.mark.parametrize("wanted", [5, "one", {"id": "one"}, True])
def test_deliveries_to_send_again_are_a_list(store: Any, hook: str, wanted: Any) -> None:
    with pytest.raises(Invalid, match="deliveries must be a list of ids"):
        asked(store, "POST", f"/{hook}/replay", {"deliveries": wanted})


@pytest.mark.parametrize("body", [{}, {"url": 5}, {"url": "ftp://x"}, {"url": "https://x.example/", "kinds": "BOUNCE"}])
def test_what_cannot_be_made_is_refused(store: Any, body: Any) -> None:
    with pytest.raises(Invalid):
        asked(store, "POST", body=body)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("PUT", ""),
        ("POST", "/pause"),
        ("DELETE", ""),
        ("GET", "/deliveries"),
        ("POST", "/test"),
        ("POST", "/replay"),
    ],
)
def test_a_webhook_that_is_not_there_is_not_found(store: Any, method: str, path: str) -> None:
    with pytest.raises(NotFound, match="There is no webhook none"):
        asked(store, method, f"/none{path}", {} if method == "POST" else None)
