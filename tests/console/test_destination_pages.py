"""Each kind of event destination but SNS by clicking: made, tried out, changed, switched off and deleted; what is wrong
stands at its field. SNS is in test_sets_pages.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from browser import Console, check_accessible, choose, fill, press
from playwright.sync_api import Page, expect

from system.service import Service, running

SET = "news"


class Server(ThreadingHTTPServer):
    """The default event bus of a server that speaks PutEvents, and an endpoint of webhooks."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        self.server.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        entries = self.server.bodies[-1].get("Entries", [])
        taken = [{"EventId": str(number)} for number, _ in enumerate(entries)]
        answer = json.dumps({"FailedEntryCount": 0, "Entries": taken}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server()
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, console_settings: dict[str, str], server: Server
) -> Iterator[Service]:
    settings = console_settings | {
        "TAYORI_EVENTS_EVENTBRIDGE_ENDPOINT": server.url,
        "TAYORI_EVENTS_FIREHOSE": f"audit={tmp_path_factory.mktemp('streams')}",
        "TAYORI_EVENTS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "TAYORI_EVENTS_SECRET_ACCESS_KEY": "secret",
    }
    with running(tmp_path_factory.mktemp("destinations"), environment=settings) as service:
        service.client().create_configuration_set(ConfigurationSetName=SET)
        yield service


@pytest.fixture(params=["en", "ja"])
def person(request: pytest.FixtureRequest, window: Callable[..., AbstractContextManager[Console]]) -> Iterator[Console]:
    with window(language=request.param) as console:
        yield console


WORDS = {
    "en": {
        "add": "Add destination",
        "name": "Destination name",
        "bus": "Event bus ARN",
        "stream": "Delivery stream ARN",
        "dimension": "Dimension name",
        "add dimension": "Add dimension",
        "save": "Save changes",
        "saved": "The changes were saved.",
        "edit": "Edit",
        "delete": "Delete",
        "disable": "Disable",
        "disabled": "Disabled",
        "test": "Send test event",
        "arrived": "The event arrived.",
        "counted": "Counted in the metric Bounce.",
        "opens": "Opens",
        "name fault": "Enter a name of up to 64 letters",
        "no bus": "Invalid EventBridge event bus ARN <arn:aws:sns:x>.",
        "no stream": "names no stream nowhere",
        "twice": "This name is used above already.",
        "type": "Event type",
        "bounce": "Hard bounces",
        "webhook test": "Send test",
        "pause": "Pause",
        "paused": "The webhook is paused.",
        "resume": "Resume",
        "url fault": "Enter a URL that begins with https://.",
        "refused url": "Events cannot be posted to this URL",
        "no kinds": "Choose at least one event type.",
    },
    "ja": {
        "add": "送信先の追加",
        "name": "送信先名",
        "bus": "イベントバス ARN",
        "stream": "配信ストリーム ARN",
        "dimension": "ディメンション名",
        "add dimension": "ディメンションの追加",
        "save": "変更の保存",
        "saved": "変更を保存しました。",
        "edit": "編集",
        "delete": "削除",
        "disable": "無効化",
        "disabled": "無効",
        "test": "テストイベントの送信",
        "arrived": "イベントが届きました。",
        "counted": "メトリクス Bounce に加算しました。",
        "opens": "開封",
        "name fault": "64 文字",
        "no bus": "EventBridge イベントバスの ARN が正しくありません: arn:aws:sns:x",
        "no stream": "このサービスの設定 events.firehose にストリーム nowhere がありません。",
        "twice": "この名前はすでに使われています。",
        "type": "イベントタイプ",
        "bounce": "ハードバウンス",
        "webhook test": "テストの送信",
        "pause": "一時停止",
        "paused": "Webhook を一時停止しました。",
        "resume": "再開",
        "url fault": "https:// で始まる URL を入力してください。",
        "refused url": "この URL にはイベントを送信できません",
        "no kinds": "イベントタイプを 1 つ以上選択してください。",
    },
}


def begin(console: Console, kind: str) -> tuple[Page, dict[str, str]]:
    """The form for a new destination, with the kind chosen."""
    t = WORDS[console.language]
    page = console.go(f"configuration-sets/{SET}/add-destination")
    page.get_by_role("radio", name=kind).check()
    return page, t


def check_fault(page: Page, label: str, text: str) -> None:
    """At the field: it is marked, and its description says why."""
    field = page.get_by_label(label, exact=True)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile(re.escape(text)))


def change_switch_off_and_delete(console: Console, t: dict[str, str], name: str, service: Service) -> None:
    page = console.page
    press(page, t["edit"])
    page.get_by_role("checkbox", name=t["opens"], exact=True).check()
    check_accessible(page)
    press(page, t["save"])
    expect(page.get_by_text(t["saved"])).to_be_visible()
    press(page, t["disable"])
    expect(page.get_by_role("main").get_by_text(t["disabled"], exact=True)).to_be_visible()
    client = service.client()
    (kept,) = client.get_configuration_set_event_destinations(ConfigurationSetName=SET)["EventDestinations"]
    assert (kept["Name"], kept["Enabled"], "OPEN" in kept["MatchingEventTypes"]) == (name, False, True)
    press(page, t["delete"])
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text(f"{SET} / {name}")).to_be_visible()
    press(dialog, t["delete"])
    expect(page.get_by_role("heading", level=1, name=SET)).to_be_visible()
    expect(page.get_by_role("link", name=name, exact=True)).to_have_count(0)
    assert client.get_configuration_set_event_destinations(ConfigurationSetName=SET)["EventDestinations"] == []


def test_eventbridge(person: Console, service: Service, server: Server) -> None:
    page, t = begin(person, "Amazon EventBridge")
    kept = page.get_by_label(t["bus"], exact=True).input_value()
    press(page, t["add"])
    check_fault(page, t["name"], t["name fault"])
    fill(page, t["name"], "to-bus")
    fill(page, t["bus"], "arn:aws:sns:x")
    press(page, t["add"])
    check_fault(page, t["bus"], t["no bus"])  # which the service has refused
    check_accessible(page)
    fill(page, t["bus"], kept)
    press(page, t["add"])
    expect(page.get_by_role("heading", level=1, name="to-bus")).to_be_visible()
    choose(page, t["type"], t["bounce"])
    press(page, t["test"])
    expect(page.get_by_text(t["arrived"])).to_be_visible()
    check_accessible(page)
    detail = json.loads(server.bodies[-1]["Entries"][0]["Detail"])
    assert (detail["eventType"], detail["mail"]["tags"]["tayori:test"]) == ("Bounce", ["true"])
    change_switch_off_and_delete(person, t, "to-bus", service)


def test_firehose(person: Console, service: Service) -> None:
    page, t = begin(person, "Amazon Data Firehose")
    fill(page, t["name"], "to-files")
    kept = page.get_by_label(t["stream"], exact=True).input_value()
    press(page, t["add"])
    expect(page.get_by_label(t["stream"], exact=True)).to_have_attribute("aria-invalid", "true")
    fill(page, t["stream"], f"{kept}nowhere")
    press(page, t["add"])
    check_fault(page, t["stream"], t["no stream"])
    fill(page, t["stream"], f"{kept}audit")
    press(page, t["add"])
    expect(page.get_by_role("heading", level=1, name="to-files")).to_be_visible()
    press(page, t["test"])
    expect(page.get_by_text(t["arrived"])).to_be_visible()
    change_switch_off_and_delete(person, t, "to-files", service)


def test_cloudwatch(person: Console, service: Service) -> None:
    page, t = begin(person, "Amazon CloudWatch")
    fill(page, t["name"], "to-metrics")
    press(page, t["add dimension"])
    names = page.get_by_role("textbox", name=re.compile(rf"{t['dimension']}$"))
    names.nth(1).fill("ses:from-domain")
    press(page, t["add"])
    expect(page.get_by_text(t["twice"])).to_be_visible()
    expect(names.nth(1)).to_have_attribute("aria-invalid", "true")
    check_accessible(page)
    names.nth(1).fill("campaign")
    press(page, t["add"])
    expect(page.get_by_role("heading", level=1, name="to-metrics")).to_be_visible()
    choose(page, t["type"], t["bounce"])
    press(page, t["test"])
    expect(page.get_by_text(t["counted"])).to_be_visible()
    change_switch_off_and_delete(person, t, "to-metrics", service)


def test_a_webhook(person: Console, server: Server) -> None:
    page, t = begin(person, "Webhook")
    fill(page, "URL", "nonsense")
    press(page, t["add"])
    check_fault(page, "URL", t["url fault"])
    fill(page, "URL", "http://127.0.0.1:25/")  # where no web server listens
    press(page, t["add"])
    check_fault(page, "URL", t["refused url"])
    check_accessible(page)
    fill(page, "URL", f"{server.url}/first")
    press(page, t["add"])
    expect(page.get_by_role("heading", level=1, name=f"{server.url}/first")).to_be_visible()
    press(page, t["edit"])
    fill(page, "URL", f"{server.url}/second")
    page.get_by_role("checkbox", name=re.compile(rf"^{t['opens']}")).check()
    check_accessible(page)
    press(page, t["save"])
    expect(page.get_by_text(t["saved"])).to_be_visible()
    expect(page.get_by_role("heading", level=1, name=f"{server.url}/second")).to_be_visible()
    press(page, t["webhook test"])
    expect(page.get_by_text("HTTP 200").first).to_be_visible()
    press(page, t["pause"])
    expect(page.get_by_text(t["paused"])).to_be_visible()
    check_accessible(page)
    page.get_by_role("button", name=t["resume"], exact=True).click()
    expect(page.get_by_role("button", name=t["pause"], exact=True)).to_be_visible()
    press(page, t["delete"])
    press(page.get_by_role("dialog"), t["delete"])
    expect(page.get_by_role("heading", level=1, name="Webhook")).to_be_visible()
    expect(page.get_by_role("link", name=f"{server.url}/second")).to_have_count(0)


def test_the_service_is_quoted_below_what_it_says(window: Callable[..., AbstractContextManager[Console]]) -> None:
    """In Japanese, with the words that can be searched for; a text that is not known stands by itself."""
    with window(language="ja") as console:
        page = console.go(f"configuration-sets/{SET}/destinations/none")
        alert = page.get_by_role("main").get_by_role("alert")
        expect(alert.get_by_text("指定されたリソースが見つかりません。")).to_be_visible()
        expect(alert.get_by_text("サービスの応答:")).to_be_visible()
        console.go("configuration-sets/none")
        expect(alert.get_by_text("設定セット none は存在しません。")).to_be_visible()
        expect(alert.locator("[lang=en]")).to_have_text("Configuration set <none> does not exist.")
        check_accessible(page)
