"""The pages on identities: the tabs of one in Japanese, and the chain on a telephone."""

import re

from browser import Console, SignIn, check_accessible, is_too_wide, press
from playwright.sync_api import expect

from system.service import Service


def test_tabs_in_japanese(console_ja: Console, service: Service) -> None:
    service.client().create_email_identity(EmailIdentity="tabs.test", Tags=[{"Key": "team", "Value": "mail"}])
    page = console_ja.go("identities/tabs.test", "tabs.test")
    expect(page.get_by_text("検証保留中").first).to_be_visible()
    for tab in ("通知", "認可", "設定セット", "タグ", "アクティビティ"):
        press(page, tab, "tab")
        expect(page.get_by_role("tabpanel", name=tab)).to_be_visible()
        check_accessible(page)
    page = console_ja.go("identities/tabs.test/send-test", "テスト E メールの送信")
    check_accessible(page)


def test_the_chain_fits_a_telephone(window: SignIn, service: Service) -> None:
    service.client().create_email_identity(EmailIdentity="narrow.test")
    with window(width=360, height=740, theme="dark") as console:
        page = console.go("identities/narrow.test", "narrow.test")
        expect(page.get_by_role("img", name=re.compile("DNS: Broken"))).to_be_visible()
        assert not is_too_wide(page)
        check_accessible(page)
