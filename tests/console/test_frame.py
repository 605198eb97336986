"""The frame around the pages: signing in, language, light and dark, going about."""

import re

from browser import PASSWORD, USER, Console, SignIn, check_accessible, fill, is_too_wide, press
from playwright.sync_api import Browser, expect


def test_somebody_signs_in_and_comes_to_the_page_that_was_asked_for(console: Console) -> None:
    console.context.clear_cookies()
    page = console.page
    page.goto(console.address("no-such-page"))
    expect(page.get_by_role("heading", name="Sign in to Tayori")).to_be_visible()
    check_accessible(page)
    fill(page, "User name", USER)
    fill(page, "Password", "not this one at all")
    press(page, "Sign in")
    expect(page.get_by_text("The user name or the password is wrong.")).to_be_visible()
    fill(page, "Password", PASSWORD)
    press(page, "Sign in")
    expect(page.get_by_text("There is no such page")).to_be_visible()
    assert page.url == console.address("no-such-page")


def test_the_language_changes_without_loading_anew(console: Console) -> None:
    page = console.page
    page.goto(console.address("no-such-page"))
    page.get_by_role("button", name="日本語").click()
    expect(page.get_by_text("ページが見つかりません")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "ja"
    page.get_by_role("button", name="English").click()
    expect(page.get_by_text("There is no such page")).to_be_visible()


def test_dark_mode(console: Console) -> None:
    page = console.page
    page.goto(console.address("no-such-page"))
    page.get_by_role("button", name="Dark mode").click()
    expect(page.locator("body")).to_have_class(re.compile("awsui-dark-mode"))
    check_accessible(page)
    page.get_by_role("button", name="Light mode").click()
    expect(page.locator("body")).not_to_have_class(re.compile("awsui-dark-mode"))


def test_on_a_telephone(console_narrow: Console) -> None:
    page = console_narrow.page
    page.goto(console_narrow.address("no-such-page"))
    expect(page.get_by_text("There is no such page")).to_be_visible()
    expect(page.get_by_text("Rehearsal: no mail leaves this machine")).to_be_visible()
    assert not is_too_wide(page)


def test_who_signs_out_sees_nothing_more(console: Console, browser: Browser, window: SignIn) -> None:
    page = console.page
    console.context.clear_cookies()
    page.goto(f"{console.origin}/")
    fill(page, "User name", USER)
    fill(page, "Password", PASSWORD)
    press(page, "Sign in")
    page.get_by_role("button", name=USER).click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in to Tayori")).to_be_visible()
    page.goto(console.address("dashboard"))
    expect(page.get_by_role("heading", name="Sign in to Tayori")).to_be_visible()
