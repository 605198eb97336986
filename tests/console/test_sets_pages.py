"""Configuration sets, event destinations, topics and webhooks: set up by clicking, tried out, and seen to arrive."""

import json
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from browser import Console, check_accessible, choose, fill, is_too_wide, press
from playwright.sync_api import Page, expect

from system.service import Service
from tayori.testing import until

BAD_GATEWAY = 502


class Receiver(ThreadingHTTPServer):
    """An endpoint that confirms its subscriptions and keeps what it is sent; `status` is what it answers."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status = 200
        self.confirms = True
        self.links: list[str] = []
        self.notifications: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/events"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if body.get("Type") == "SubscriptionConfirmation":
            self.server.links.append(body["SubscribeURL"])
            if self.server.confirms:
                Thread(target=urlopen, args=[body["SubscribeURL"]], daemon=True).start()
        self.server.notifications.append(body)
        answer = b"taken" if self.server.status < 300 else b"out of order"
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    Thread(target=receiver.serve_forever, daemon=True).start()
    yield receiver
    receiver.shutdown()
    receiver.server_close()


def title(page: Page, text: str) -> None:
    expect(page.get_by_role("heading", level=1, name=text, exact=True).first).to_be_visible()


# The texts that differ between the languages on the way of the first user.
WAYS = {
    "en": {
        "sets": "Configuration sets",
        "create": "Create set",
        "name": "Configuration set name",
        "next": "Next",
        "required": "Required",
        "own": "A maximum of your own",
        "seconds": "Seconds",
        "seconds fault": "Enter a whole number from 300 to 50400.",
        "shown": "300 seconds",
        "topics": "Topics",
        "create topic": "Create topic",
        "topic name": "Name",
        "create subscription": "Create subscription",
        "protocol": "Protocol",
        "endpoint": "Endpoint",
        "confirmed": "Confirmed",
        "destinations": "Event destinations",
        "add": "Add destination",
        "destination name": "Destination name",
        "topic": "SNS topic",
        "test": "Send test event",
        "arrived": "The event arrived.",
    },
    "ja": {
        "sets": "設定セット",
        "create": "セットの作成",
        "name": "設定セット名",
        "next": "次へ",
        "required": "必須",
        "own": "最大時間を指定する",
        "seconds": "秒数",
        "seconds fault": "300 から 50400 までの整数を入力してください。",
        "shown": "300 秒",
        "topics": "トピック",
        "create topic": "トピックの作成",
        "topic name": "名前",
        "create subscription": "サブスクリプションの作成",
        "protocol": "プロトコル",
        "endpoint": "エンドポイント",
        "confirmed": "確認済み",
        "destinations": "イベント送信先",
        "add": "送信先の追加",
        "destination name": "送信先名",
        "topic": "SNS トピック",
        "test": "テストイベントの送信",
        "arrived": "イベントが届きました。",
    },
}


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_first_users_set_from_nothing_to_an_event_that_arrives(
    window: Any, receiver: Receiver, service: Service, language: str
) -> None:
    t = WAYS[language]
    with window(language=language) as console:
        make_set(console, t, f"codes-{language}")
        subscribe(console, t, f"events-{language}", receiver)
        try_out(console, t, f"codes-{language}", f"events-{language}")
    event = json.loads(receiver.notifications[-1]["Message"])
    assert event["eventType"] == "Bounce"
    assert event["mail"]["tags"]["tayori:test"] == ["true"]
    options = service.client().get_configuration_set(ConfigurationSetName=f"codes-{language}")["DeliveryOptions"]
    assert options == {"TlsPolicy": "REQUIRE", "MaxDeliverySeconds": 300}


def make_set(console: Console, t: dict[str, str], name: str) -> None:
    page = console.go("configuration-sets", t["sets"])
    page.get_by_role("button", name=t["create"]).first.click()
    press(page, t["next"])  # with nothing typed
    expect(page.get_by_label(t["name"], exact=True)).to_have_attribute("aria-invalid", "true")
    check_accessible(page)
    fill(page, t["name"], name)
    press(page, t["next"])
    page.get_by_role("radio", name=t["required"]).check()
    page.get_by_role("radio", name=t["own"]).check()
    fill(page, t["seconds"], "299")
    press(page, t["next"])
    expect(page.get_by_text(t["seconds fault"])).to_be_visible()
    fill(page, t["seconds"], "300")
    check_accessible(page)
    for _ in range(3):
        press(page, t["next"])
    expect(page.get_by_text(t["shown"], exact=True)).to_be_visible()
    check_accessible(page)
    press(page, t["create"])
    title(page, name)
    expect(page.get_by_text(t["shown"], exact=True)).to_be_visible()
    check_accessible(page)


def subscribe(console: Console, t: dict[str, str], topic: str, receiver: Receiver) -> None:
    page = console.go("topics", t["topics"])
    page.get_by_role("button", name=t["create topic"]).first.click()
    fill(page, t["topic name"], topic)
    check_accessible(page)
    press(page, t["create topic"])
    title(page, topic)
    page.get_by_role("button", name=t["create subscription"]).first.click()
    choose_exactly(page, t["protocol"], "HTTP")
    fill(page, t["endpoint"], receiver.url)
    check_accessible(page)
    press(page, t["create subscription"])
    title(page, receiver.url)
    expect(page.get_by_role("main").get_by_text(t["confirmed"], exact=True)).to_be_visible(timeout=60_000)
    check_accessible(page)


def choose_exactly(page: Page, label: str, option: str) -> None:
    page.get_by_label(label, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()


def try_out(console: Console, t: dict[str, str], name: str, topic: str) -> None:
    page = console.go(f"configuration-sets/{name}", name)
    page.get_by_role("tab", name=t["destinations"]).click()
    page.get_by_role("button", name=t["add"]).first.click()
    fill(page, t["destination name"], "to-topic")
    page.get_by_label(t["topic"], exact=True).click()
    page.get_by_role("option", name=re.compile(topic)).click()
    check_accessible(page)
    press(page, t["add"])
    title(page, "to-topic")
    choose(page, "Event type" if console.language == "en" else "イベントタイプ", BOUNCES[console.language])
    press(page, t["test"])
    expect(page.get_by_text(t["arrived"])).to_be_visible(timeout=60_000)
    expect(page.get_by_text("HTTP 200").first).to_be_visible()
    expect(page.get_by_text('"tayori:test"').last).to_be_visible()
    check_accessible(page)
    page.reload()  # the test stands in the address
    expect(page.get_by_text(t["arrived"])).to_be_visible()


BOUNCES = {"en": "Hard bounces", "ja": "ハードバウンス"}


def test_each_group_is_edited_by_itself(console: Console, service: Service) -> None:
    service.client().create_configuration_set(ConfigurationSetName="edited")
    page = console.go("configuration-sets/edited", "edited")
    press(page, "Edit Suppression list options")
    page.get_by_role("checkbox", name="Override account level settings").check()
    page.get_by_role("checkbox", name="Bounces").uncheck()
    press(page, "Save changes")
    expect(page.get_by_text("The changes were saved.")).to_be_visible()
    found = service.client().get_configuration_set(ConfigurationSetName="edited")
    assert found["SuppressionOptions"]["SuppressedReasons"] == ["COMPLAINT"]
    press(page, "Edit Tracking options")
    page.get_by_role("checkbox", name="Use a custom redirect domain").check()
    fill(page, "Custom redirect domain", "links.nobody.test")
    press(page, "Save changes")
    expect(page.get_by_text("is not verified under this account")).to_be_visible()  # the service's own sentence
    check_accessible(page)
    press(page, "Cancel")
    press(page, "Disable sending")
    expect(page.get_by_text("Sending under this set is off.")).to_be_visible()
    page.get_by_role("tab", name="Tags").click()
    press(page, "Edit Tags")
    press(page, "Add tag")
    page.get_by_role("textbox", name="Key").fill("team")
    page.get_by_role("textbox", name="Value").fill("login")
    press(page, "Save changes")
    expect(page.get_by_text("team")).to_be_visible()
    press(page, "Delete")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("edited")).to_be_visible()
    check_accessible(page)
    press(dialog, "Delete")
    title(page, "Configuration sets")
    expect(page.get_by_role("link", name="edited")).to_have_count(0)


def test_a_test_that_fails_says_why(console: Console, service: Service, receiver: Receiver) -> None:
    sns, ses = service.client("sns"), service.client()
    topic = sns.create_topic(Name="broken")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=receiver.url)
    ses.create_configuration_set(ConfigurationSetName="broken")
    ses.create_configuration_set_event_destination(
        ConfigurationSetName="broken",
        EventDestinationName="topic",
        EventDestination={"Enabled": True, "MatchingEventTypes": ["SEND"], "SnsDestination": {"TopicArn": topic}},
    )
    receiver.status = BAD_GATEWAY
    page = console.go("configuration-sets/broken/destinations/topic", "topic")
    wait_until_confirmed(page, console, topic)
    console.go("configuration-sets/broken/destinations/topic", "topic")
    press(page, "Send test event")
    expect(page.get_by_text("The last try failed. It will be tried again.")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("It answered 502: out of order").first).to_be_visible()
    check_accessible(page)


def wait_until_confirmed(page: Page, console: Console, topic: str) -> None:
    console.go(f"topics/{quote(topic, safe='')}")
    expect(page.get_by_role("main").get_by_text("Confirmed", exact=True)).to_be_visible(timeout=60_000)


def test_a_webhook_shows_its_secret_once_and_its_log(console: Console, receiver: Receiver) -> None:
    page = console.go("webhooks", "Webhooks")
    check_accessible(page)
    page.get_by_role("button", name="Create webhook").first.click()
    fill(page, "URL", receiver.url)
    check_accessible(page)
    press(page, "Create webhook")
    title(page, receiver.url)
    expect(page.get_by_text("whsec_")).to_be_visible()
    check_accessible(page)
    receiver.status = BAD_GATEWAY
    press(page, "Send test")
    expect(page.get_by_text("HTTP 502").first).to_be_visible(timeout=60_000)
    receiver.status = 200
    page.get_by_role("button", name="Request and reply").first.click()
    expect(page.get_by_text("out of order").first).to_be_visible()
    check_accessible(page)
    page.reload()
    title(page, receiver.url)
    expect(page.get_by_text("whsec_")).to_have_count(0)


def test_what_was_given_up_is_sent_again(console: Console, service: Service, receiver: Receiver) -> None:
    sns = service.client("sns")
    topic = sns.create_topic(Name="refused")["TopicArn"]
    receiver.confirms = False
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=receiver.url)
    page = console.go("subscriptions", "Subscriptions")
    press(page, "Confirm subscription")
    dialog = page.get_by_role("dialog")
    fill(dialog, "Link or token", link_of(receiver))
    check_accessible(page)
    press(dialog, "Confirm subscription")
    title(page, receiver.url)
    receiver.status = 404  # which trying again would not mend
    console.go(f"topics/{quote(topic, safe='')}?tab=publish", "refused")
    fill(page, "Message", '{"hello": "world"}')
    press(page.get_by_role("main"), "Publish message")
    expect(page.get_by_text("The message was published")).to_be_visible()
    console.go("undelivered", "Undelivered notifications")
    expect(page.get_by_text("It answered 404: out of order").first).to_be_visible(timeout=60_000)
    page.get_by_role("cell").get_by_role("button", name="Content").first.click()
    expect(page.get_by_text('"hello"').first).to_be_visible()
    check_accessible(page)
    receiver.status = 200
    press(page, "Replay all")
    press(page.get_by_role("dialog"), "Replay all")
    expect(page.get_by_text(re.compile(r"^\d+ notifications? (is|are) sent again\.$"))).to_be_visible()
    expect(page.get_by_text("Nothing was given up")).to_be_visible()


def link_of(receiver: Receiver) -> str:
    return str(until(lambda: receiver.links[-1] if receiver.links else None, "the confirmation", 30))


PAGES = (
    "configuration-sets",
    "configuration-sets/-/create",
    "topics",
    "topics/-/create",
    "subscriptions",
    "subscriptions/-/create",
    "webhooks",
    "webhooks/-/create",
    "undelivered",
)


def test_on_a_telephone(console_narrow: Console) -> None:
    for path in PAGES:
        page = console_narrow.go(path)
        assert not is_too_wide(page), path
