"""Templates with their errors and preview, contact lists, imports, the suppression list, and who reports complaints."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from browser import Console, SignIn, check_accessible, choose, fill, is_too_wide, press, violations
from playwright.sync_api import expect

from system.service import Service
from tayori.testing import until

SENDER, READER = "shop@audience.test", "reader@inbox.test"
DARK = "@media (prefers-color-scheme: dark) { h1 { color: #00ff00 } }"
PAGES = (
    "templates",
    "templates/-/create",
    "contact-lists",
    "contact-lists/news",
    "contact-lists/news?tab=topics",
    "contact-lists/news?tab=imports",
    "contact-lists/news/contacts/ann%40inbox.test",
    "suppression",
    "feedback-loops",
    "feedback-loops?tab=checklist",
    "feedback-loops?tab=outlook",
    "feedback-loops?tab=test",
    "feedback-loops/yahoo",
    "feedback-loops/google-workspace",
)


@pytest.fixture(scope="module")
def shop(service: Service) -> Service:
    """With a domain to send from, and out of the sandbox."""
    service.open_account()
    service.add_domain("audience.test")
    ses = service.client()
    topics = [{"TopicName": "offers", "DisplayName": "Offers", "DefaultSubscriptionStatus": "OPT_IN"}]
    ses.create_contact_list(ContactListName="news", Topics=topics)
    ses.create_contact(ContactListName="news", EmailAddress="ann@inbox.test", AttributesData='{"name": "Ann"}')
    return service


def test_a_template_from_its_first_error_to_a_mail(console: Console, shop: Service) -> None:
    page = console.go("templates/-/create", "Create template")
    fill(page, "Template name", "welcome")
    fill(page, "Subject", "Welcome, {{name}}")
    editor = page.get_by_role("textbox", name="HTML of the template")
    editor.fill(f"<style>{DARK}</style>\n<h1>Hi {{{{name}}}}</h1>\n{{{{#if x}}}}")
    fault = page.get_by_role("button", name="HTML, line 3, column 1")
    expect(fault).to_be_visible()
    expect(page.locator(".code-editor-fault")).to_have_text("✕ 3")
    expect(editor).to_have_attribute("aria-invalid", "true")
    check_accessible(page)
    fault.click()
    expect(editor).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.type("yes{{/if}}<script>document.body.innerHTML = 'run'</script>")
    expect(page.get_by_text("The template renders with the test data.")).to_be_visible()

    heading = page.frame_locator("iframe").frame_locator("iframe").locator("h1")
    expect(heading).to_have_text("Hi Hanako")  # so no script of the template ran
    expect(heading).not_to_have_css("color", "rgb(0, 255, 0)")
    press(page, "Dark")
    expect(heading).to_have_css("color", "rgb(0, 255, 0)")
    press(page, "Phone")
    box = page.locator("iframe").bounding_box()
    assert box is not None
    assert box["width"] <= 377

    page.get_by_role("tab", name="Test data").click()
    page.get_by_role("textbox", name="Test data").fill('{"name": }')
    expect(page.get_by_role("button", name="Test data, line 1, column 10")).to_be_visible()
    page.get_by_role("textbox", name="Test data").fill('{"name": "Taro"}')
    expect(heading).to_have_text("Hi Taro")

    press(page, "Create template")
    expect(page.get_by_text("welcome was saved.").first).to_be_visible()
    assert shop.client().get_email_template(TemplateName="welcome")["TemplateContent"]["Subject"] == "Welcome, {{name}}"

    press(page, "Send test email")
    dialog = page.get_by_role("dialog")
    press(dialog, "Send")
    expect(dialog.get_by_text("Enter an email address").first).to_be_visible()
    fill(dialog, "From address", SENDER)
    fill(dialog, "To address", READER)
    check_accessible(page)
    press(dialog, "Send")
    expect(page.get_by_text("Accepted with the ID").first).to_be_visible()
    (mail,) = shop.rehearsal.wait_for_mail(READER, seconds=60)
    assert str(mail.message["Subject"]) == "Welcome, Taro"

    press(page, "Delete")
    press(page.get_by_role("dialog"), "Delete")
    expect(page.get_by_text("welcome was deleted.").first).to_be_visible()
    console.said[:] = [one for one in console.said if "Blocked script execution in 'about:srcdoc'" not in one]


def test_a_list_with_topics_and_an_import(console: Console, shop: Service, tmp_path: Path) -> None:
    page = console.go("contact-lists/news?tab=topics", "news")
    press(page, "Add topic")
    dialog = page.get_by_role("dialog")
    fill(dialog, "Topic name", "tips")
    fill(dialog, "Display name", "Tips")
    press(dialog, "Save")
    expect(page.get_by_role("cell", name="tips", exact=True)).to_be_visible()

    file = tmp_path / "contacts.csv"
    file.write_text("emailAddress,topicPreferences.tips\nbob@inbox.test,OPT_IN\nno address,OPT_IN\n")
    press(page, "Import")
    page.locator("input[type=file]").set_input_files(file)
    check_accessible(page)
    press(page.get_by_role("dialog"), "Start import")
    expect(page.get_by_text("Completed")).to_be_visible(timeout=60_000)
    with page.expect_download() as told:
        press(page, "Download failed records")
    assert "no address" in told.value.path().read_text()

    page.get_by_role("tab", name="Contacts (2)").click()
    page.get_by_label("Find addresses that begin with").fill("bo")
    expect(page.get_by_role("link", name="ann@inbox.test")).to_have_count(0)
    page.get_by_role("link", name="bob@inbox.test").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("bob@inbox.test")
    page.get_by_text("Unsubscribed from everything").click()
    press(page, "Save")
    bob = {"ContactListName": "news", "EmailAddress": "bob@inbox.test"}  # a notice may be that of the topic
    until(lambda: shop.client().get_contact(**bob)["UnsubscribeAll"], "the contact's choice", 60)

    console.go("contact-lists/news", "news")
    press(page, "Export")
    with page.expect_download() as told:
        page.get_by_role("menuitem", name="As CSV").click()
    assert "bob@inbox.test,true" in told.value.path().read_text()


def test_addresses_are_suppressed_and_let_go(console: Console, shop: Service, tmp_path: Path) -> None:
    page = console.go("suppression", "Suppression list")
    page.get_by_role("button", name="Add email address").first.click()
    dialog = page.get_by_role("dialog")
    fill(dialog, "Email address", "gone@inbox.test")
    press(dialog, "Save")
    expect(page.get_by_role("cell", name="gone@inbox.test")).to_be_visible()

    file = tmp_path / "list.csv"
    file.write_text("angry@inbox.test,COMPLAINT\nlost@inbox.test,BOUNCE\n")
    press(page, "Import")
    page.locator("input[type=file]").set_input_files(file)
    press(page.get_by_role("dialog"), "Start import")
    expect(page.get_by_role("cell", name="angry@inbox.test")).to_be_visible(timeout=60_000)
    page.get_by_label("Find addresses that begin with").fill("an")
    expect(page.get_by_role("cell", name="lost@inbox.test")).to_have_count(0)
    check_accessible(page)
    page.get_by_role("checkbox", name="angry@inbox.test").check()
    press(page, "Remove")
    press(page.get_by_role("dialog"), "Remove")
    expect(page.get_by_text("Removed: 1").first).to_be_visible()
    listed = shop.client().list_suppressed_destinations()["SuppressedDestinationSummaries"]
    assert [one["EmailAddress"] for one in listed] == ["gone@inbox.test", "lost@inbox.test"]


def test_who_would_tell_of_a_complaint(console: Console, shop: Service) -> None:
    page = console.go("feedback-loops", "Feedback loops")
    expect(page.get_by_text("Coverage of your mail").first).to_be_visible()
    page.get_by_role("tab", name="Enrolment checklist").click()
    page.get_by_role("link", name="Yahoo Mail, AOL (CFL)").click()
    expect(page.get_by_text("audience.test").first).to_be_visible()
    page.get_by_role("radio", name="Active").check()
    fill(page, "Note", "asked by Hanako")
    press(page, "Note it")
    expect(page.get_by_text("The enrolment is noted.")).to_be_visible()
    expect(page.get_by_text("asked by Hanako").first).to_be_visible()
    console.go("feedback-loops/google-workspace", "Google Workspace")
    expect(page.get_by_text("A complaint from here will never come", exact=False)).to_be_visible()

    console.go("feedback-loops?tab=test", "Feedback loops")
    choose(page, "Identity", "audience.test")
    press(page, "Run test")
    expect(page.get_by_text("The complaint came back after")).to_be_visible(timeout=60_000)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_page_in_both_languages(window: SignIn, shop: Service, language: str, theme: str) -> None:
    with window(language=language, theme=theme, width=360) as console:
        for page in PAGES:
            shown = console.go(page)
            expect(shown.get_by_text(re.compile("^(Loading|読み込み中)$"))).to_have_count(0)
            check_accessible(shown)
            assert not is_too_wide(shown), page


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_recipients_own_page(window: SignIn, shop: Service, language: str) -> None:
    """By keyboard, on a telephone, in both of its modes."""
    shop.client().send_email(
        FromEmailAddress=SENDER,
        Destination={"ToAddresses": [f"own-{language}@inbox.test"]},
        Content={"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "{{amazonSESUnsubscribeUrl}}"}}}},
        ListManagementOptions={"ContactListName": "news", "TopicName": "offers"},
    )
    (mail,) = shop.rehearsal.wait_for_mail(f"own-{language}@inbox.test", seconds=60)
    link = re.search(r"<(https?://[^>]+)>", str(mail.message["List-Unsubscribe"]))
    assert link is not None
    for theme in ("light", "dark"):
        with window(language=language, width=360, theme=theme) as console:
            page = console.page
            page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
            page.goto(f"{console.origin}{urlsplit(link[1]).path}?lang={language}")
            assert page.locator("html").get_attribute("lang") == language
            assert violations(page) == []
            assert not is_too_wide(page)
            page.locator("input[type=checkbox]").first.focus()
            page.keyboard.press("Space")
            page.keyboard.press("Enter")
            expect(page.get_by_role("status")).to_be_visible()
            assert violations(page) == []
