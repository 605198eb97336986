"""The rehearsal's pages: records typed as at a registrar, mail read and reported, providers changed, time advanced."""

import json
import smtplib
import ssl
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from browser import Console, SignIn, check_accessible, choose, fill, is_too_wide, press
from playwright.sync_api import Page, expect

from system.service import Service

PAGES = ("rehearsal/dns", "rehearsal/dns/inbox.test", "rehearsal/mail", "rehearsal/providers", "rehearsal/clock")


def add_record(page: Page, rdtype: str, host: str, value: str) -> None:
    choose(page, "Type", rdtype)
    fill(page, "Host", host)
    fill(page, "Value", value)
    press(page, "Add record")


def test_a_zone_is_opened_and_its_records_typed(console: Console) -> None:
    page = console.go("rehearsal/dns", "DNS panel")
    fill(page, "Open the zone of a domain", "typed.test")
    press(page, "Open zone")
    expect(page.get_by_role("heading", level=1, name="DNS records of typed.test")).to_be_visible()
    expect(page.get_by_text("This zone has no records")).to_be_visible()
    check_accessible(page)
    press(page, "Add record")  # with nothing typed
    expect(page.get_by_text("Enter a value.")).to_be_visible()
    add_record(page, "TXT", "_dmarc", "v=DMARC1; p=none")
    expect(page.get_by_text("Registered: TXT _dmarc.typed.test", exact=True)).to_be_visible()
    choose(page, "Type", "MX")
    fill(page, "Priority", "10")
    fill(page, "Host", "bounce")
    fill(page, "Value", "feedback-smtp.us-east-1.tayori.test")
    press(page, "Add record")
    expect(page.get_by_role("cell", name="10 feedback-smtp.us-east-1.tayori.test")).to_be_visible()
    press(page, "Edit TXT _dmarc.typed.test")
    dialog = page.get_by_role("dialog")
    check_accessible(page)
    fill(dialog, "Value", "v=DMARC1; p=reject")
    press(dialog, "Save changes")
    expect(page.get_by_role("cell", name="v=DMARC1; p=reject")).to_be_visible()
    press(page, "Delete MX bounce.typed.test")
    press(page.get_by_role("dialog"), "Delete")
    expect(page.get_by_text("Deleted: MX bounce.typed.test", exact=True)).to_be_visible()
    expect(page.get_by_role("cell", name="10 feedback-smtp.us-east-1.tayori.test")).to_have_count(0)


def test_a_panel_with_habits_spoils_what_is_typed(console: Console) -> None:
    page = console.go("rehearsal/dns/spoilt.test?panel=sakura")
    expect(page.get_by_label("Appends the domain to every host")).to_be_checked()
    add_record(page, "CNAME", "www.spoilt.test", "host.example.test")
    expect(page.get_by_text("www.spoilt.test.spoilt.test", exact=True)).to_be_visible()
    expect(page.get_by_role("cell", name="host.example.test.spoilt.test")).to_be_visible()
    page.get_by_label("Refuses underscores in hosts").click()
    expect(page.get_by_label("Refuses underscores in hosts")).to_be_checked()
    add_record(page, "TXT", "_dmarc", "v=DMARC1; p=none")
    expect(page.get_by_role("alert").get_by_text("takes no underscore")).to_be_visible()
    assert "habits=" in page.url
    page.reload()
    expect(page.get_by_label("Refuses underscores in hosts")).to_be_checked()


def deliver(service: Service, to: str) -> None:
    """From a stranger straight to the provider, without authentication."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "stranger@else.test", to, "Look here"
    message.set_content("Plain text")
    message.add_alternative("<p style='color:red'>Rich text</p><script>alert(1)</script>", subtype="html")
    env = json.loads(service.tayori("env", "--json"))
    number = {"fbl.test": 10, "nofbl.test": 11}[to.rpartition("@")[2]]
    context = ssl.create_default_context(cafile=env["smtp"]["ca_file"])
    context.check_hostname = False
    with smtplib.SMTP(f"127.77.0.{number}", env["rehearsal"]["delivery_port"], timeout=20) as client:
        client.starttls(context=context)
        client.send_message(message)


@pytest.mark.parametrize(
    ("to", "words"),
    [
        ("reader@fbl.test", "fbl.test has a feedback loop: the complaint goes to complaints@tayori.test."),
        ("reader@nofbl.test", "nofbl.test has no feedback loop: the sender never learns of this complaint."),
    ],
)
def test_mail_is_read_and_reported_as_spam(console: Console, service: Service, to: str, words: str) -> None:
    page = console.go(f"rehearsal/mail?to={to}", "Received mail")
    expect(page.get_by_text("No mailbox matches")).to_be_visible()
    deliver(service, to)
    press(page, "Look here", role="link")  # it shows without a reload
    expect(page.get_by_role("heading", level=1, name="Look here")).to_be_visible()
    frame = page.frame_locator("iframe")
    expect(frame.get_by_text("Rich text")).to_be_visible()
    assert page.locator("iframe").get_attribute("sandbox") == ""
    console.said = [line for line in console.said if "sandboxed" not in line]  # its script did not run, as is right
    check_accessible(page)
    press(page, "Header fields", role="tab")
    expect(page.get_by_role("rowheader", name="Authentication-Results", exact=True)).to_be_visible()
    press(page, "Report spam")
    expect(page.get_by_text(words, exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Reported as spam")).to_be_disabled()


def test_a_provider_is_changed_and_restored(console: Console) -> None:
    page = console.go("rehearsal/providers", "Mail providers")
    press(page, "Change inbox.test")
    check_accessible(page)
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Behavior", exact=True).click()
    page.get_by_role("option", name="Rejects: user unknown (550)").click()
    press(dialog, "Save changes")
    row = page.get_by_role("row", name="inbox.test")
    expect(row.first).to_contain_text("Rejects: user unknown (550)")
    press(page, "Restore inbox.test")
    expect(row.first).to_contain_text("Accepts everything")


def test_time_is_advanced_and_runs_faster(console: Console, service: Service) -> None:
    def now() -> datetime:
        return datetime.fromisoformat(json.loads(service.tayori("rehearsal", "clock", "show", "--json"))["now"])

    page, before = console.go("rehearsal/clock", "Clock"), now()
    press(page, "1 hour")
    expect(page.get_by_text("The clock was advanced.", exact=True)).to_be_visible()
    assert now() - before >= timedelta(hours=1)
    fill(page, "Seconds", "-1")
    press(page, "Advance")
    expect(page.get_by_text("A number of zero or more.")).to_be_visible()
    press(page, "60 times")
    expect(page.get_by_text("The speed was changed.", exact=True)).to_be_visible()
    assert json.loads(service.tayori("rehearsal", "clock", "show", "--json"))["speed"] == 60
    press(page, "As outside")
    expect(page.get_by_text("As outside").first).to_be_visible()


@pytest.mark.parametrize("name", PAGES)
def test_in_japanese_on_a_telephone_in_the_dark(window: SignIn, name: str) -> None:
    with window(language="ja", theme="dark", width=360, height=740) as console:
        page = console.go(name)
        expect(page.get_by_text("リハーサル用のインターネット")).to_be_visible()
        expect(page.get_by_text("読み込み中")).to_have_count(0)
        check_accessible(page)
        assert not is_too_wide(page)


def test_the_html_frame_has_no_rights(console: Console, service: Service, origin: str) -> None:
    deliver(service, "policy@fbl.test")
    page = console.go("rehearsal/mail?to=policy", "Received mail")
    with page.expect_response(lambda answer: answer.url.endswith("/page")) as framed:
        press(page, "Look here", role="link")
    headers: Any = framed.value.all_headers()
    assert headers["content-security-policy"].startswith("sandbox; default-src 'none'; img-src data:;")
    expect(page.frame_locator("iframe").get_by_text("Rich text")).to_be_visible()
    console.said = [line for line in console.said if "sandboxed" not in line]
