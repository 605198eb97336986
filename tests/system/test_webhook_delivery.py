"""Webhooks as a user meets them: the command, the HTTP interface, and an application that takes events."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from service import Service

from tayori.testing import until

SENDER = "news@shop.test"


class App(ThreadingHTTPServer):
    """An application that checks signatures with the secret that it was given."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.secret = ""
        self.events: list[dict[str, Any]] = []
        self.url = f"http://127.0.0.1:{self.server_port}/events"

    def take(self, headers: Any, body: bytes) -> int:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        wanted = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
        if headers["webhook-signature"] != f"v1,{wanted}":
            return 401
        self.events.append(json.loads(body))
        return 204

    def wait_for(self, kind: str) -> dict[str, Any]:
        return until(lambda: next((one for one in self.events if one["type"] == kind), None), kind, 30)


class Handler(BaseHTTPRequestHandler):
    server: App

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.server.take(self.headers, body))
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def app() -> Iterator[App]:
    app = App()
    Thread(target=app.serve_forever, daemon=True).start()
    yield app
    app.shutdown()
    app.server_close()


def test_from_the_command_to_the_application(service: Service, app: App) -> None:
    made = json.loads(service.tayori("webhook", "create", app.url, "--kind", "DELIVERY", "--kind", "BOUNCE", "--json"))
    app.secret = made["secret"]
    service.tayori("webhook", "test", made["id"])
    assert app.wait_for("tayori.test")["data"] == {"webhook": made["id"]}
    message_id = service.send("hook@inbox.test", sender=SENDER)
    delivery = app.wait_for("email.delivery")
    assert delivery["data"]["mail"]["messageId"] == message_id
    service.send("nobody@unknown.test", sender=SENDER)
    assert app.wait_for("email.bounce")["data"]["bounce"]["bounceType"] == "Permanent"
    log = until(lambda: deliveries(service, made["id"], 3), "the log", 10)
    assert {one["kind"] for one in log} == {"Test", "Delivery", "Bounce"}
    app.events.clear()
    of_delivery = next(one["delivery"] for one in log if one["kind"] == "Delivery")
    assert "1" in service.tayori("webhook", "replay", made["id"], of_delivery)
    assert app.wait_for("email.delivery") == delivery
    assert made["id"] in service.tayori("webhook", "list")
    service.tayori("webhook", "delete", made["id"])
    assert made["id"] not in service.tayori("webhook", "list")


def deliveries(service: Service, webhook_id: str, count: int) -> list[dict[str, Any]] | None:
    found = json.loads(service.tayori("webhook", "log", webhook_id, "--json"))
    return found if len(found) >= count else None


def test_over_http(service: Service, app: App) -> None:
    request = service.rehearsal.request
    made = request("POST", "/tayori/webhooks", {"url": app.url, "kinds": ["SEND"]})
    path = f"/tayori/webhooks/{made['id']}"
    app.secret = "whsec_" + base64.b64encode(bytes(32)).decode()  # a wrong one
    request("POST", f"{path}/test", {})
    log = until(lambda: request("GET", f"{path}/deliveries")["deliveries"], "the log", 20)
    assert (log[0]["status"], log[0]["error"]) == (401, "It answered 401.")
    shown = request("GET", path)
    assert shown["state"] == "active" and shown["failingSince"] and "secret" not in shown
    app.secret = made["secret"]
    assert app.wait_for("tayori.test")  # the next try
    request("POST", f"{path}/resume", {})
    assert request("POST", f"{path}/replay", {}) == {"replayed": 0}
    assert [one["id"] for one in request("GET", "/tayori/webhooks")["webhooks"]] == [made["id"]]
    request("DELETE", path)
    assert request("GET", "/tayori/webhooks") == {"webhooks": []}
