"""The first page, and the way out of the sandbox: asked for, granted, told."""

import re

from browser import Console, SignIn, check_accessible, choose, fill, is_too_wide, press
from playwright.sync_api import expect

from system.service import Service


def test_what_somebody_sees_first(console: Console) -> None:
    page = console.go("dashboard", "Account dashboard")
    expect(page.get_by_text("Your account is in the sandbox")).to_be_visible()
    expect(page.get_by_text("200 recipients in 24 hours, 1 a second")).to_be_visible()
    expect(page.get_by_text("All parts of the service work")).to_be_visible()
    expect(page.get_by_text("(0 of 9 done)")).to_be_visible()
    check_accessible(page)
    choose(page, "Time range", "Last 24 hours")
    expect(page).to_have_url(re.compile(r"days=1$"))


def test_in_japanese_and_narrow(window: SignIn) -> None:
    with window(language="ja", width=360) as console:
        page = console.go("dashboard", "アカウントダッシュボード")
        expect(page.get_by_text("アカウントはサンドボックスにあります")).to_be_visible()
        expect(page.get_by_text("過去 7 日間")).to_be_visible()
        check_accessible(page)
        assert not is_too_wide(page)


def test_a_step_ticks_itself_while_one_looks_on(console: Console, service: Service) -> None:
    page = console.go("dashboard", "Account dashboard")
    expect(page.get_by_text("(0 of 9 done)")).to_be_visible()
    service.client().create_configuration_set(ConfigurationSetName="ticked")
    expect(page.get_by_text("(1 of 9 done)")).to_be_visible(timeout=60_000)
    service.client().delete_configuration_set(ConfigurationSetName="ticked")


def test_production_access_is_asked_for_and_granted(console: Console, service: Service) -> None:
    page = console.go("dashboard")
    press(page, "Request production access")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Production access")
    check_accessible(page)
    press(page, "Submit request")
    expect(page.get_by_text("Say so before you submit.")).to_be_visible()
    fill(page, "Website URL", "https://shop.example/")
    page.get_by_label("Use case description").fill("Receipts of orders. Bounces are taken off at once.")
    page.get_by_label("Additional contacts").fill("owner@inbox.test")
    page.get_by_text("I send only to people who have asked for it").click()
    press(page, "Submit request")
    expect(page.get_by_text("Pending: the operator decides")).to_be_visible()

    page.goto(console.address("reviews"))
    expect(page.get_by_text("https://shop.example/")).to_be_visible()
    check_accessible(page)
    press(page, "Review: default")
    page.get_by_label("Recipients in 24 hours").fill("1000")
    press(page, "Grant")
    expect(page.get_by_text("Granted:")).to_be_visible()

    account = service.client().get_account()
    assert account["ProductionAccessEnabled"] is True
    assert account["SendQuota"]["Max24HourSend"] == 1000
    mail = service.rehearsal.wait_for_mail("owner@inbox.test", seconds=60)
    assert "Production access granted" in str(mail[0].message["Subject"])
    console.go("dashboard")
    expect(page.get_by_text("Your account is in the sandbox")).to_have_count(0)


def test_a_denial_says_why(console_ja: Console, service: Service) -> None:
    if not service.client().get_account().get("Details"):
        details = {"MailType": "MARKETING", "WebsiteURL": "https://shop.example/"}
        service.client().put_account_details(**details)
    page = console_ja.go("reviews", "本稼働アクセスの審査")
    press(page, "審査する: default")
    page.get_by_role("radio", name="拒否").check()
    press(page, "拒否")
    expect(page.get_by_text("値を入力してください。")).to_be_visible()
    page.get_by_label("理由 (アカウントの所有者に表示されます)").fill("宛先の取得方法が不明です。")
    press(page, "拒否")
    expect(page.get_by_text("拒否しました:")).to_be_visible()
    console_ja.go("production-access", "本稼働アクセス")
    expect(page.get_by_text("宛先の取得方法が不明です。").first).to_be_visible()
    check_accessible(page)
