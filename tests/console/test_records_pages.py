"""Credentials made and used by the programs that the page shows; the audit log; accounts; settings."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from browser import Console, SignIn, check_accessible, choose, fill, is_too_wide, press
from playwright.sync_api import Page, expect

import programs
from system.service import Service

ROOT = Path(__file__).parents[2]
PAGES = ("smtp", "audit", "accounts", "settings")
LANGUAGES = {
    *("Python", "Node.js", "PHP", "Ruby", "Java", "Go", "Postfix", "WordPress", "Django", "Rails", "Laravel"),
}
SENDER, RECIPIENT = "shop@records.test", "reader@inbox.test"


@pytest.fixture(scope="module")
def sender(service: Service) -> str:
    service.open_account()
    service.add_domain("records.test")
    return SENDER


def make_credentials(page: Page, name: str) -> dict[str, str]:
    """What the page shows this once."""
    page.get_by_role("button", name="Create credentials", exact=True).first.click()
    dialog = page.get_by_role("dialog")
    fill(dialog, "User name", name)
    press(dialog, "Create credentials")
    expect(page.get_by_role("heading", name="Your new credentials")).to_be_visible()
    check_accessible(page)
    with page.expect_download() as downloading:
        press(page.get_by_role("dialog"), "Download .csv file")
    text = Path(downloading.value.path()).read_text("utf-8")
    head, row = text.splitlines()
    found = dict(zip(head.split(","), re.findall(r'"([^"]*)"', row), strict=True))
    dialog = page.get_by_role("dialog")
    for value in (found["SMTP password"], found["Secret access key"]):
        expect(dialog.get_by_text(value, exact=True)).to_be_visible()
    press(dialog, "Done")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert found["Secret access key"] not in page.content()
    return found


def code_on(page: Page, snippet: str, service: Service) -> str:
    page.goto(f"{page.url.partition('?')[0]}?code={snippet}")
    fill(page, "From address", SENDER)
    fill(page, "To address", RECIPIENT)
    region = page.get_by_role("region", name="Code", exact=True)
    expect(region.get_by_text(SENDER).first).to_be_visible()
    return region.inner_text()


def run_program(command: list[str], folder: Path, made: dict[str, str]) -> None:
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": made["Access key ID"],
        "AWS_SECRET_ACCESS_KEY": made["Secret access key"],
        "SMTP_USERNAME": made["SMTP user name"],
        "SMTP_PASSWORD": made["SMTP password"],
    }
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def save_authority(page: Page, folder: Path) -> None:
    with page.expect_download() as downloading:
        press(page, "Download certificate")
    downloading.value.save_as(folder / downloading.value.suggested_filename)


def test_credentials_are_made_and_the_programs_on_the_page_send(
    console: Console, service: Service, sender: str, tmp_path: Path
) -> None:
    page = console.go("smtp", "SMTP settings")
    made = make_credentials(page, "shop")
    save_authority(page, tmp_path)
    row = page.get_by_role("row", name="shop")
    expect(row).to_contain_text("Never")
    for number, snippet in enumerate(("python-boto3", "python-smtplib")):
        (tmp_path / "send.py").write_text(code_on(page, snippet, service), "utf-8")
        run_program([sys.executable, "send.py"], tmp_path, made)
        mails = service.rehearsal.wait_for_mail(RECIPIENT, count=number + 1, seconds=60)
        assert mails[-1].message["Subject"] == "Hello from Python"
    page.reload()
    expect(row).not_to_contain_text("Never")


@pytest.mark.parametrize(("snippet", "package"), [("node-nodemailer", "nodemailer"), ("node-aws-sdk", "@aws-sdk")])
def test_the_programs_for_node_send(
    console: Console, service: Service, sender: str, tmp_path: Path, snippet: str, package: str
) -> None:
    modules = Path(sys.prefix) / "consumers" / "node_modules"  # scripts/install-test-servers
    if not (modules / package).exists() or not shutil.which("node"):
        programs.lacking(package, "npm")
    page = console.go("smtp", "SMTP settings")
    made = make_credentials(page, snippet)
    save_authority(page, tmp_path)
    (tmp_path / "node_modules").symlink_to(modules)
    (tmp_path / "send.mjs").write_text(code_on(page, snippet, service), "utf-8")
    before = len(service.rehearsal.mailbox(RECIPIENT))
    run_program(["node", "send.mjs"], tmp_path, made)
    mails = service.rehearsal.wait_for_mail(RECIPIENT, count=before + 1, seconds=60)
    assert mails[-1].message["Subject"] == "Hello from Node.js"


def act(page: Page, key: str, verb: str) -> None:
    page.get_by_role("button", name=f"Actions for {key}").click()
    page.get_by_role("menuitem", name=verb, exact=True).click()


def test_credentials_are_rotated_deactivated_and_deleted_by_name(console: Console) -> None:
    page = console.go("smtp", "SMTP settings")
    old = make_credentials(page, "turning")["Access key ID"]
    act(page, old, "Rotate")
    check_accessible(page)
    press(page.get_by_role("dialog"), "Rotate")
    expect(page.get_by_role("heading", name="Your new credentials")).to_be_visible()
    press(page.get_by_role("dialog"), "Done")
    expect(page.get_by_role("row", name="turning")).to_have_count(2)
    act(page, old, "Deactivate")
    press(page.get_by_role("dialog"), "Deactivate")
    expect(page.get_by_text(f"Deactivated: {old}")).to_be_visible()
    row = page.get_by_role("row", name=old)
    expect(row).to_contain_text("Inactive")
    act(page, old, "Activate")
    expect(row).to_contain_text("Active")
    act(page, old, "Delete")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Delete", exact=True)).to_be_disabled()
    fill(dialog, "To confirm, type turning", "turning")
    press(dialog, "Delete")
    expect(page.get_by_text(f"Deleted: {old}")).to_be_visible()
    expect(row).to_have_count(0)


def test_a_bad_user_name_is_refused_at_the_field(console: Console) -> None:
    page = console.go("smtp", "SMTP settings")
    page.get_by_role("button", name="Create credentials", exact=True).first.click()
    dialog = page.get_by_role("dialog")
    fill(dialog, "User name", "two words")
    press(dialog, "Create credentials")
    expect(dialog.get_by_text("Enter 1 to 64 letters, digits or characters of +=,.@_-")).to_be_visible()


def test_every_program_has_the_endpoint_of_its_protocol(console: Console, service: Service, origin: str) -> None:
    source = (ROOT / "console/src/pages/smtp/snippets.ts").read_text("utf-8")
    known = re.findall(r'id: "(.+?)",\s+language: "(.+?)",\s+label: "(.+?)",\s+protocol: "(smtp|api)"', source)
    assert {language for _, language, _, _ in known} == LANGUAGES
    for language in LANGUAGES - {"Postfix", "WordPress"}:  # these two speak SMTP alone
        assert {protocol for _, of, _, protocol in known if of == language} == {"smtp", "api"}, language
    page = console.go("smtp", "SMTP settings")
    host, port = service.env["smtp"]["host"], str(service.env["smtp"]["starttls_port"])
    for name, _, label, protocol in known:
        page.goto(console.address(f"smtp?code={name}"))
        expect(page.get_by_text(f"{protocol.upper()}: {label}", exact=True).first).to_be_visible()
        text = page.get_by_role("region", name="Code", exact=True).inner_text()
        assert (host in text and port in text) if protocol == "smtp" else origin in text, name


def test_another_language_is_chosen_by_hand(console: Console) -> None:
    page = console.go("smtp", "SMTP settings")
    choose(page, "Language or program", "Postfix")
    expect(page.get_by_text("smtp_sasl_auth_enable = yes")).to_be_visible()
    assert "code=postfix" in page.url


def test_a_change_is_found_in_the_log_with_before_and_after(console: Console, service: Service) -> None:
    client = service.client()
    client.create_configuration_set(ConfigurationSetName="audited-set")
    client.put_configuration_set_sending_options(ConfigurationSetName="audited-set", SendingEnabled=False)
    page = console.go("audit", "Audit log")
    fill(page, "Resource", "audited-")
    expect(page.get_by_role("link", name="PutConfigurationSetSendingOptions")).to_be_visible()
    assert "resource=audited-" in page.url
    fill(page, "Operation", "PutConfigurationSetSendingOptions")
    expect(page.get_by_role("link", name="CreateConfigurationSet", exact=True)).to_have_count(0)
    check_accessible(page)
    press(page, "PutConfigurationSetSendingOptions", role="link")
    dialog = page.get_by_role("dialog")
    row = dialog.get_by_role("row", name="SendingOptions.SendingEnabled")
    expect(row.get_by_role("cell").nth(0)).to_have_text("true")
    expect(row.get_by_role("cell").nth(1)).to_have_text("false")
    check_accessible(page)
    address = page.url
    press(dialog.locator("footer, [class*=footer]").last, "Close")
    page.goto(address)  # what is shown can be shared
    expect(page.get_by_role("dialog").get_by_role("row", name="SendingOptions.SendingEnabled")).to_be_visible()
    page.keyboard.press("Escape")
    press(page, "Clear filters")
    assert "resource" not in page.url


def test_an_account_is_made_renamed_and_switched_to(console: Console) -> None:
    page = console.go("accounts", "Accounts")
    press(page, "Create account")
    dialog = page.get_by_role("dialog")
    press(dialog, "Create account")
    expect(dialog.get_by_text("Enter 1 to 100 characters.")).to_be_visible()
    fill(dialog, "Name", "Second shop")
    press(dialog, "Create account")
    expect(page.get_by_text("Second shop was created.")).to_be_visible()
    press(page, "Rename Second shop")
    fill(page.get_by_role("dialog"), "Name", "Third shop")
    press(page.get_by_role("dialog"), "Save changes")
    expect(page.get_by_text("Renamed: Third shop")).to_be_visible()
    row = page.get_by_role("row", name="Third shop")
    expect(row).to_contain_text("Sandbox")
    check_accessible(page)
    press(page, "Switch to Third shop", role="link")
    expect(page).to_have_url(re.compile(r"/console/\d{12}/us-east-1/dashboard"))
    assert console.account not in page.url


def test_settings_are_found_with_their_source(console: Console) -> None:
    page = console.go("settings", "Settings")
    page.get_by_role("searchbox").or_(page.get_by_label("Find settings")).first.fill("audit_days")
    row = page.get_by_role("row", name="retention.audit_days")
    expect(row).to_contain_text("400")
    expect(row).to_contain_text("Default")
    page.goto(console.address("settings?only=changed&like=http.port"))
    expect(page.get_by_role("row", name="http.port")).to_contain_text("Command line")


@pytest.mark.parametrize("name", PAGES)
def test_in_japanese_on_a_telephone_in_the_dark(window: SignIn, name: str) -> None:
    with window(language="ja", theme="dark", width=360, height=740) as console:
        page = console.go(name)
        expect(page.get_by_text("読み込み中")).to_have_count(0)
        check_accessible(page)
        assert not is_too_wide(page)
