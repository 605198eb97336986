"""Messages and the queue in the console: found as one types, read without harm, sent again, held, dropped, watched."""

import re
from typing import Any

import pytest
from browser import Console, SignIn, check_accessible, choose, fill, is_too_wide, press
from playwright.sync_api import Page, Request, expect

from system.service import Service
from tayori.testing import until

SENDER = "news@hostile.test"
HOSTILE = (
    "<html><head><meta http-equiv='refresh' content='0;url=https://evil.test/refresh'>"
    "<link rel='stylesheet' href='https://evil.test/style.css'><base href='https://evil.test/'></head>"
    "<body onload=\"parent.harm('onload')\"><h1>Sale of the year</h1>"
    "<script>parent.harm = 1; top.location = 'https://evil.test/script'</script>"
    "<img src='https://evil.test/pixel.png' onerror=\"parent.harm('onerror')\" alt='Our logo'>"
    "<a href=\"javascript:parent.harm('link')\">Read more</a> <a href='https://evil.test/go' target='_top'>Shop</a>"
    "<form action='https://evil.test/form'><input name='q' autofocus><button>Send</button></form>"
    "<iframe src='https://evil.test/frame'></iframe><svg onload=\"parent.harm('svg')\"></svg>"
    "<style>h1 { color: rgb(200, 0, 0); background: url(https://evil.test/css.png) } @import 'https://evil.test/i.css';"
    "</style></body></html>"
)


@pytest.fixture(scope="module")
def sent(service: Service) -> dict[str, str]:
    """Message ids by what they are."""
    service.open_account()
    service.add_domain("hostile.test")
    put = service.client().send_email
    content = {"Simple": {"Subject": {"Data": "Sale <b>now</b>"}, "Body": {"Html": {"Data": HOSTILE}}}}
    hostile = put(
        FromEmailAddress=SENDER,
        Destination={"ToAddresses": ["hanako@inbox.test"]},
        Content=content,
        EmailTags=[{"Name": "kind", "Value": "sale"}],
    )["MessageId"]
    found = {
        "hostile": hostile,
        "bounced": service.send("nobody@unknown.test", sender=SENDER, subject="Invoice 4711"),
        "waiting": service.send("taro@full.test", sender=SENDER, subject="注文の確認"),
    }
    service.wait_for_state(found["hostile"], "delivered")
    service.wait_for_state(found["waiting"], "deferred")
    until(lambda: len(service.rehearsal.request("GET", "/tayori/messages")["messages"]) == len(found), "the index")
    return found


@pytest.fixture
def outside(console: Console) -> list[str]:
    """Where the browser wanted to go that is not the service."""
    asked: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith((console.origin, "data:", "blob:")):
            asked.append(request.url)

    console.context.on("request", note)
    return asked


def rows(page: Page) -> Any:
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader"))


# --- messages ---------------------------------------------------------------------------------------------------------


def test_mail_is_found_as_one_types(console: Console, sent: dict[str, str]) -> None:
    page = console.go("messages", "Messages")
    expect(rows(page)).to_have_count(3)
    check_accessible(page)
    search = page.get_by_label("Search messages", exact=True)
    for text, subject in (
        ("hana", "Sale <b>now</b>"),
        ("invoice", "Invoice 4711"),
        ("注文", "注文の確認"),
        ("kind=sale", "Sale <b>now</b>"),
        ("to:taro@", "注文の確認"),
        ("to:full.test from:hostile.test", "注文の確認"),
        (sent["bounced"][:22], "Invoice 4711"),
        ('subject:"invoice 4711"', "Invoice 4711"),
    ):
        search.fill("")
        search.press_sequentially(text, delay=5)
        expect(rows(page)).to_have_count(1)
        expect(rows(page)).to_contain_text(subject)
    expect(page).to_have_url(re.compile("q=subject"))
    page.reload()
    expect(rows(page)).to_have_count(1)
    search.fill("nobody there")
    expect(page.get_by_text("No messages found")).to_be_visible()
    press(page, "Clear filters")
    expect(rows(page)).to_have_count(3)
    choose(page, "Status", "Delivered")
    expect(rows(page)).to_have_count(1)
    assert "status=delivered" in page.url
    search.fill("ab")
    expect(page.get_by_text("Too short to search for: ab")).to_be_visible()


def test_a_timeline_tells_what_became_of_a_message(console: Console, sent: dict[str, str]) -> None:
    page = console.go("messages", "Messages")
    press(page, "Sale <b>now</b>", role="link")
    expect(page.get_by_role("heading", level=1, name="Sale <b>now</b>")).to_be_visible()
    expect(page.get_by_text("Accepted for sending")).to_be_visible()
    expect(page.get_by_text("TLSv1.3", exact=False).first).to_be_visible()
    check_accessible(page)
    press(page, "Authentication", role="tab")
    expect(page.get_by_text("Can pass")).to_be_visible()
    press(page, "Look up inbox.test now")
    expect(page.get_by_text("Asked at")).to_be_visible()
    check_accessible(page)
    press(page, "Notifications", role="tab")
    expect(page.get_by_text("Nobody was told")).to_be_visible()
    check_accessible(page)


def test_nothing_in_a_hostile_mail_runs_or_loads(console: Console, sent: dict[str, str], outside: list[str]) -> None:
    page = console.go(f"messages/{sent['hostile']}?tab=source", "Sale")
    expect(page.get_by_text("parent.harm = 1", exact=False)).to_be_visible()
    check_accessible(page)
    with page.expect_download() as begun:
        press(page, "Download .eml")
    assert begun.value.suggested_filename == f"{sent['hostile']}.eml"
    with page.expect_response(lambda answer: "/preview?" in answer.url) as framed:
        press(page, "Preview", role="tab")
    policy = framed.value.all_headers()["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:;")
    assert page.locator("iframe").get_attribute("sandbox") == ""
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="Sale of the year")).to_have_css("color", "rgb(200, 0, 0)")
    for text in ("Read more", "Shop"):
        frame.get_by_text(text).click()
    assert (
        frame.locator("script, form, input, iframe, meta[http-equiv], base, link, svg, [onload], [onerror]").count()
        == 0
    )
    assert frame.locator("a[href], img[src]").count() == 0
    expect(frame.get_by_role("heading", name="Sale of the year")).to_be_visible()  # nothing has led away
    check_accessible(page)
    assert page.evaluate("window.harm") is None
    assert outside == []
    assert page.url.startswith(console.origin)


def test_mail_is_sent_again(console: Console, service: Service, sent: dict[str, str]) -> None:
    page = console.go(f"messages/{sent['hostile']}", "Sale")
    press(page, "Send again")
    dialog = page.get_by_role("dialog")
    check_accessible(page)
    press(dialog, "Send again")
    expect(page.get_by_text("Sent again as").first).to_be_visible()
    (again,) = service.timeline(sent["hostile"])["resent_as"]
    service.wait_for_state(again["message_id"], "delivered")
    page.get_by_role("link", name=again["message_id"]).first.click()
    expect(page.get_by_text("Sent again from")).to_be_visible()


def test_what_waits_is_explained_held_released_and_dropped(console: Console, service: Service) -> None:
    waiting = service.send("jiro@full.test", sender=SENDER, subject="To be dropped")
    service.wait_for_state(waiting, "deferred")
    page = console.go(f"messages/{waiting}", "To be dropped")
    expect(page.get_by_text("Why it is waiting")).to_be_visible()
    expect(page.get_by_text("The receiver refused it for now", exact=False)).to_be_visible()
    for action, state in (("Hold", "Held"), ("Release", "Delayed")):
        press(page, "Actions")
        press(page, action, role="menuitem")
        expect(page.get_by_text("Recipients changed: 1").first).to_be_visible()
        if action == "Hold":
            expect(page.get_by_role("row", name="jiro@full.test")).to_contain_text(state)
    service.wait_for_state(waiting, "deferred")
    page.reload()
    press(page, "Actions")
    press(page, "Drop", role="menuitem")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("jiro@full.test")
    check_accessible(page)
    press(dialog, "Drop")
    expect(page.get_by_role("row", name="jiro@full.test")).to_contain_text("Dropped")


def test_events_are_watched_as_they_happen(console: Console, service: Service, sent: dict[str, str]) -> None:
    page = console.go("messages-live", "Live tail")
    expect(page.get_by_text("Live", exact=True).last).to_be_visible()
    expect(page.get_by_role("link", name="Invoice 4711").first).to_be_visible()
    check_accessible(page)
    service.send("hanako@inbox.test", sender=SENDER, subject="Just now")
    expect(page.get_by_role("link", name="Just now").first).to_be_visible()
    press(page, "Pause")
    expect(page.get_by_text("Paused")).to_be_visible()
    press(page, "Clear")
    expect(page.get_by_text("Nothing has happened yet")).to_be_visible()
    service.send("hanako@inbox.test", sender=SENDER, subject="While paused")
    press(page, "Resume")
    expect(page.get_by_role("link", name="While paused").first).to_be_visible()


# --- the queue --------------------------------------------------------------------------------------------------------


def test_the_queue_is_shown_by_destination_and_changed(
    console: Console, service: Service, sent: dict[str, str]
) -> None:
    page = console.go("queue", "Queue")
    row = page.get_by_role("row", name="full.test")
    expect(row).to_be_visible()
    fill(page, "Find a destination", "nowhere")
    expect(page.get_by_text("Nothing is waiting")).to_be_visible()
    fill(page, "Find a destination", "")
    check_accessible(page)
    press(row, "full.test", role="link")
    expect(page.get_by_role("heading", level=1, name="full.test")).to_be_visible()
    expect(page.get_by_text("The receiver refused it for now", exact=False).first).to_be_visible()
    check_accessible(page)
    press(page, "Actions")
    press(page, "Hold all", role="menuitem")
    expect(page.get_by_text("Recipients changed", exact=False)).to_be_visible()
    page.get_by_role("button", name="Held", exact=True).click()
    expect(page.get_by_text("An operator holds it", exact=False).first).to_be_visible()
    assert "state=held" in page.url
    press(page, "Actions")
    press(page, "Release all", role="menuitem")
    service.wait_for_state(sent["waiting"], "deferred", "queued", "sending")
    press(page, "Drop all")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Drop all")).to_be_disabled()
    check_accessible(page)
    press(dialog, "Cancel")


def test_an_operator_sets_a_limit_and_takes_it_back(console: Console, service: Service, sent: dict[str, str]) -> None:
    service.send("limit@inbox.test", sender=SENDER)
    page = console.go("queue/inbox.test", "inbox.test")
    field = page.get_by_label("Connections at most", exact=True)
    expect(field).to_be_visible()
    field.fill("x")
    expect(page.get_by_text("A number from 1 to 1000, or nothing.")).to_be_visible()
    field.fill("2")
    press(page, "Apply limit")
    expect(page.get_by_text("was changed", exact=False)).to_be_visible()
    (limit,) = service.rehearsal.request("GET", "/tayori/queue/limits")["limits"]
    assert limit["connections"] == 2
    field.fill("")
    press(page, "Apply limit")
    until(lambda: not service.rehearsal.request("GET", "/tayori/queue/limits")["limits"], "no limit")


def test_the_retries_have_a_chart(console: Console, sent: dict[str, str]) -> None:
    page = console.go("queue", "Queue")
    expect(page.get_by_text("At the earliest (19 tries)")).to_be_visible()
    choose(page, "Maximum delivery time", "5 minutes")
    expect(page.get_by_text("At the earliest (5 tries)")).to_be_visible()
    assert "lifetime=300" in page.url


PAGES = (
    "messages",
    "messages/{hostile}",
    "messages/{waiting}?tab=authentication",
    "messages-live",
    "queue",
    "queue/full.test",
)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_in_japanese_on_a_telephone(window: SignIn, sent: dict[str, str], name: str, theme: str) -> None:
    with window(language="ja", theme=theme, width=360, height=740) as console:
        page = console.go(name.format(**sent))
        expect(page.get_by_text("読み込み中")).to_have_count(0)
        page.wait_for_load_state("networkidle")
        check_accessible(page)
        assert not is_too_wide(page)
