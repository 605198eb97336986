"""The pages on identities: each option of the wizard, records typed at a registrar, verified without a reload, broken
and mended, and every tab.
"""

import re
from pathlib import Path
from typing import Any

import boto3
import pytest
from browser import Console, SignIn, check_accessible, choose, fill, is_too_wide, press
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from playwright.sync_api import Page, expect

from system.service import Service
from tayori.testing import until

PARENT = "eu-west-1"
CHAIN = re.compile(r"DNS: Works; Key: Works; Signature: Works")
BROKEN = re.compile("DNS: Broken")


@pytest.fixture(scope="module")
def console_settings(console_settings: dict[str, str]) -> dict[str, str]:
    return {**console_settings, "TAYORI_SERVICE_REGIONS": f"us-east-1,{PARENT}"}


def check(page: Page) -> None:
    """Without the pointer on anything: what a disabled button says of itself is no part of the page."""
    page.mouse.move(0, 0)
    expect(page.get_by_role("tooltip")).to_have_count(0)
    check_accessible(page)


def steps_on(page: Page, times: int = 1) -> None:
    for _ in range(times):
        press(page, "Next")


def creates(page: Page, name: str) -> None:
    page.get_by_role("button", name="Create identity", exact=True).click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()


def private_key() -> str:
    key = rsa.generate_private_key(65537, 1024)
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def types_records(console: Console, domain: str, records: list[dict[str, Any]]) -> None:
    """At the registrar."""
    page = console.go(f"rehearsal/dns/{domain}")
    for record in records:
        choose(page, "Type", record["type"])
        priority, _, value = record["expected"].partition(" ") if record["type"] == "MX" else ("", "", "")
        if priority:
            fill(page, "Priority", priority)
        fill(page, "Host", record["name"].removesuffix(f".{domain}"))
        fill(page, "Value", value or record["expected"])
        press(page, "Add record")
        said = f"Registered: {record['type']} {record['name']}"
        expect(page.get_by_text(said, exact=True)).to_be_visible()


def test_a_domain_is_made_registered_broken_and_mended(console: Console, service: Service) -> None:
    service.client().create_configuration_set(ConfigurationSetName="orders")
    page = console.go("identities", "Identities")
    page.get_by_role("button", name="Create identity").first.click()
    press(page, "Next")
    expect(page.get_by_text("Enter a domain, such as example.com.")).to_be_visible()
    page.get_by_role("textbox", name="Domain").fill("walked.test")
    steps_on(page)
    page.get_by_role("radio", name="RSA 1024 bit").check()
    check(page)
    steps_on(page)
    page.get_by_label("Use a custom MAIL FROM domain").check()
    fill(page, "MAIL FROM domain", "bounce.other.test")
    press(page, "Next")
    expect(page.get_by_text("This must be a subdomain of walked.test.")).to_be_visible()
    fill(page, "MAIL FROM domain", "bounce.walked.test")
    page.get_by_role("radio", name="Reject message").check()
    check(page)
    steps_on(page)
    choose(page, "Default configuration set", "orders")
    press(page, "Add tag")
    page.get_by_role("textbox", name="Key", exact=True).fill("team")
    page.get_by_role("textbox", name="Value - optional", exact=True).fill("mail")
    check(page)
    steps_on(page)
    for said in ("RSA 1024 bit", "bounce.walked.test", "Reject message", "orders", "team=mail"):
        expect(page.get_by_text(said, exact=True)).to_be_visible()
    check(page)
    creates(page, "walked.test")
    expect(page.get_by_role("img", name=BROKEN)).to_be_visible()
    check(page)
    made = service.client().get_email_identity(EmailIdentity="walked.test")
    assert made["DkimAttributes"]["NextSigningKeyLength"] == "RSA_1024_BIT"
    assert made["MailFromAttributes"]["BehaviorOnMxFailure"] == "REJECT_MESSAGE"
    assert (made["ConfigurationSetName"], made["Tags"]) == ("orders", [{"Key": "team", "Value": "mail"}])

    records = service.rehearsal.request("GET", "/tayori/domains/walked.test/records")["records"]
    page.evaluate("window.notReloaded = true")
    registrar = Console(console.context, console.origin, console.account, console.region, "en")  # in another tab
    types_records(registrar, "walked.test", records)
    expect(page.get_by_text("walked.test is verified.")).to_be_visible()
    expect(page.get_by_role("img", name=CHAIN)).to_be_visible()
    assert page.evaluate("window.notReloaded")
    assert not is_too_wide(page)
    check(page)
    with page.expect_download() as kept:
        choose(page, "Document", "HTML")
        press(page, "Download document")
    assert kept.value.suggested_filename == "walked.test-dns-en.html"

    broken = next(one for one in records if one["purpose"] == "dkim")
    press(registrar.page, f"Edit CNAME {broken['name']}")
    fill(registrar.page.get_by_role("dialog"), "Value", "elsewhere.test")
    press(registrar.page.get_by_role("dialog"), "Save changes")
    expect(registrar.page.get_by_role("cell", name="elsewhere.test")).to_be_visible()
    press(page, "Check again")
    expect(page.get_by_role("img", name=BROKEN)).to_be_visible()
    row = page.get_by_role("row").filter(has_text=broken["name"])
    expect(row.get_by_text("Wrong", exact=True)).to_be_visible()
    expect(row.get_by_text("elsewhere.test").first).to_be_visible()
    check(page)
    _history_tells(console, service, broken["name"])

    page = console.go("identities/walked.test", "walked.test")
    press(registrar.page, f"Edit CNAME {broken['name']}")
    fill(registrar.page.get_by_role("dialog"), "Value", broken["expected"])
    press(registrar.page.get_by_role("dialog"), "Save changes")
    expect(registrar.page.get_by_role("cell", name=broken["expected"])).to_be_visible()
    press(page, "Check again")
    expect(page.get_by_role("img", name=CHAIN)).to_be_visible()
    registrar.check()


def _history_tells(console: Console, service: Service, record: str) -> None:
    def is_noticed() -> bool:
        changes = service.rehearsal.request("GET", "/tayori/identity-activity/walked.test")["changes"]
        return any(one["record"] and one["record"]["name"] == record for one in changes)

    until(is_noticed, "the broken record in the history", 60)
    page = console.go("identities/walked.test?tab=activity", "walked.test")
    history = page.get_by_role("table", name="Verification history")
    gone = history.get_by_role("row").filter(has_text=record).filter(has_text="DKIM")
    expect(gone.first).to_contain_text("The status fails unless it is mended within 72 hours")
    expect(history.get_by_role("row").filter(has_text="The DNS records are in place.")).not_to_have_count(0)
    expect(history.get_by_role("row").last).to_contain_text("The identity was created.")
    check(page)


def test_a_domain_with_a_key_of_ones_own(console: Console, service: Service, tmp_path: Path) -> None:
    pem = private_key()
    file = tmp_path / "dkim.pem"
    file.write_text(pem)
    page = console.go("identities/-/create")
    page.get_by_role("textbox", name="Domain").fill("own.test")
    steps_on(page)
    page.get_by_role("radio", name="Provide DKIM authentication token (BYODKIM)").check()
    fill(page, "Selector name", "-wrong-")
    press(page, "Next")
    expect(page.get_by_text("Enter a selector of letters, digits and hyphens.")).to_be_visible()
    expect(page.get_by_text("Paste the private key in Base64.")).to_be_visible()
    check(page)
    fill(page, "Selector name", "mail2026")
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_role("textbox", name="Private key", exact=True)).to_have_value(pem)
    steps_on(page, 3)
    expect(page.get_by_text("mail2026", exact=True)).to_be_visible()
    creates(page, "own.test")
    expect(page.get_by_text("mail2026._domainkey.own.test").first).to_be_visible()
    attributes = service.client().get_email_identity(EmailIdentity="own.test")["DkimAttributes"]
    assert (attributes["SigningAttributesOrigin"], attributes["Tokens"]) == ("EXTERNAL", ["mail2026"])
    press(page, "Edit: DKIM")
    page.get_by_role("radio", name="Provide DKIM authentication token (BYODKIM)").check()
    fill(page, "Selector name", "next2026")
    page.get_by_role("textbox", name="Private key", exact=True).fill(private_key())
    press(page, "Save changes")
    expect(page.get_by_text("next2026._domainkey.own.test").first).to_be_visible()


def test_a_domain_that_follows_its_parent_in_another_region(console: Console, service: Service) -> None:
    config = {**service.rehearsal.boto3, "region_name": PARENT}

    boto3.client("sesv2", **config).create_email_identity(EmailIdentity="deed.test")
    page = console.go("identities/-/create")
    page.get_by_role("textbox", name="Domain").fill("deed.test")
    steps_on(page)
    page.get_by_role("radio", name="Deterministic Easy DKIM (DEED)").check()
    press(page, "Next")
    expect(page.get_by_text("Choose the Region of the parent.").last).to_be_visible()
    choose(page, "Parent Region", PARENT)
    check(page)
    steps_on(page, 3)
    expect(page.get_by_text(PARENT, exact=True)).to_be_visible()
    creates(page, "deed.test")
    attributes = service.client().get_email_identity(EmailIdentity="deed.test")["DkimAttributes"]
    assert attributes["SigningAttributesOrigin"] == "AWS_SES_EU_WEST_1"
    expect(page.get_by_text(f"{attributes['Tokens'][0]}._domainkey.deed.test").first).to_be_visible()


def test_an_address_is_verified_by_the_link_in_its_mail(console_ja: Console) -> None:
    page = console_ja.go("identities/-/create")
    page.get_by_role("radio", name="メールアドレス").check()
    page.get_by_role("textbox").last.fill("owner@inbox.test")
    for _ in range(3):
        press(page, "次へ")
    check(page)
    page.get_by_role("button", name="ID の作成", exact=True).click()
    expect(page.get_by_text("このアドレスに確認メールを送信しました。")).to_be_visible()
    check(page)


def test_notifications_by_topic(console: Console, service: Service) -> None:
    service.client().create_email_identity(EmailIdentity="told.test")
    service.client("sns").create_topic(Name="feedback")
    page = console.go("identities/told.test?tab=notifications", "told.test")
    for kind in ("Bounce", "Complaint"):
        choose(page, f"{kind}: SNS topic", "feedback")
        expect(page.get_by_role("button", name=re.compile(rf"^{kind}: SNS topic feedback"))).to_be_enabled()
    headers = page.get_by_label("Bounce: include original headers")
    headers.click()
    expect(headers).to_be_checked()
    expect(headers).to_be_enabled()
    page.get_by_label("Enabled", exact=True).click()
    expect(page.get_by_label("Disabled", exact=True)).not_to_be_checked()
    check(page)
    ses = service.client("ses")
    known = ses.get_identity_notification_attributes(Identities=["told.test"])["NotificationAttributes"]["told.test"]
    assert known["BounceTopic"].endswith(":feedback") and known["HeadersInBounceNotificationsEnabled"]
    assert not known["ForwardingEnabled"]


def test_a_policy_is_made_changed_and_deleted(console: Console, service: Service) -> None:
    service.client().create_email_identity(EmailIdentity="lent.test")
    page = console.go("identities/lent.test?tab=policies", "lent.test")
    press(page, "Create policy")
    press(page, "Save changes")
    expect(page.get_by_text("Letters, digits, hyphens and underscores, up to 64.")).to_be_visible()
    fill(page, "Policy name", "partners")
    document = page.get_by_label("Policy document", exact=True)
    sample = document.input_value()
    document.fill("{")
    expect(page.get_by_text("This is not JSON.")).to_be_visible()
    check(page)
    document.fill(sample.replace("Allow", "Perhaps"))
    press(page, "Save changes")
    expect(page.get_by_text("Effect must be Allow or Deny.")).to_be_visible()
    check(page)
    document.fill(sample)
    press(page, "Save changes")
    expect(page.get_by_role("heading", level=3, name="partners")).to_be_visible()
    check(page)
    press(page, "Edit partners")
    document.fill(sample.replace('"ses:SendEmail",', ""))
    press(page, "Save changes")
    press(page, "Delete partners")
    press(page.get_by_role("dialog"), "Delete")
    expect(page.get_by_text("No policies")).to_be_visible()


def test_the_set_and_the_tags_are_changed(console: Console, service: Service) -> None:
    service.client().create_configuration_set(ConfigurationSetName="letters")
    service.client().create_email_identity(EmailIdentity="kept.test", Tags=[{"Key": "team", "Value": "mail"}])
    page = console.go("identities/kept.test?tab=set", "kept.test")
    press(page, "Edit")
    choose(page, "Default configuration set", "letters")
    press(page, "Save changes")
    expect(page.get_by_role("link", name="letters")).to_be_visible()
    check(page)
    press(page, "Tags", "tab")
    press(page, "Edit")
    press(page, "Remove tag team")
    press(page, "Add tag")
    press(page, "Save changes")
    expect(page.get_by_text("Each tag needs a key of its own")).to_be_visible()
    page.get_by_role("textbox", name="Key", exact=True).fill("stage")
    page.get_by_role("textbox", name="Value - optional", exact=True).fill("test")
    check(page)
    press(page, "Save changes")
    expect(page.get_by_text("stage", exact=True)).to_be_visible()
    made = service.client().get_email_identity(EmailIdentity="kept.test")
    assert (made["ConfigurationSetName"], made["Tags"]) == ("letters", [{"Key": "stage", "Value": "test"}])


def test_identities_are_found_and_deleted(console: Console, service: Service) -> None:
    for name in ("one.test", "two.test"):
        service.client().create_email_identity(EmailIdentity=name)
    page = console.go("identities?like=one", "Identities")
    expect(page.get_by_role("link", name="one.test")).to_be_visible()
    expect(page.get_by_role("link", name="two.test")).to_have_count(0)
    check(page)
    page.get_by_role("checkbox", name="Select one.test").check()
    press(page, "Delete")
    press(page.get_by_role("dialog"), "Delete")
    expect(page.get_by_text("Deleted: one.test")).to_be_visible()
    expect(page.get_by_text("No identity matches")).to_be_visible()


def test_tabs_in_japanese(console_ja: Console, service: Service) -> None:
    service.client().create_email_identity(EmailIdentity="tabs.test", Tags=[{"Key": "team", "Value": "mail"}])
    page = console_ja.go("identities/tabs.test", "tabs.test")
    expect(page.get_by_text("検証保留中").first).to_be_visible()
    records = page.get_by_role("table", name="DNS レコード")
    expect(records.get_by_role("rowheader")).not_to_have_count(0)
    # All of it is to be seen without scrolling sideways.
    assert records.evaluate("(table) => table.scrollWidth <= table.parentElement.clientWidth + 1")
    for tab in ("通知", "認可", "設定セット", "タグ", "アクティビティ"):
        press(page, tab, "tab")
        expect(page.get_by_role("tabpanel", name=tab)).to_be_visible()
        check_accessible(page)
    expect(page.get_by_text("ID が作成されました。")).to_be_visible()
    page = console_ja.go("identities/tabs.test/send-test", "テスト E メールの送信")
    check_accessible(page)


def test_records_and_the_chain_fit_a_telephone(window: SignIn, service: Service) -> None:
    service.client().create_email_identity(EmailIdentity="narrow.test")
    token = service.client().get_email_identity(EmailIdentity="narrow.test")["DkimAttributes"]["Tokens"][0]
    with window(width=360, height=740, theme="dark") as console:
        page = console.go("identities/narrow.test", "narrow.test")
        expect(page.get_by_role("img", name=BROKEN)).to_be_visible()
        card = page.get_by_role("listitem").filter(has_text=f"{token}._domainkey.narrow.test")
        expect(card.get_by_text("Missing", exact=True)).to_be_visible()
        assert not is_too_wide(page)
        check_accessible(page)
