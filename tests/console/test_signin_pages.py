"""Users and access, the profile, invitations and passkeys: by clicking, in both languages."""

import json
from typing import Any

from browser import PASSWORD, USER, Console, SignIn, check_accessible, choose, fill, is_too_wide, press, signed_in
from playwright.sync_api import Browser, Page, expect

from system.service import Service


def link_of(page: Page, role: str, name: str) -> str:
    """Invites somebody, and takes the link from the dialog."""
    press(page, "Invite user")
    dialog = page.get_by_role("dialog")
    dialog.get_by_text(role, exact=True).click()
    fill(dialog, "Proposed user name - optional", name)
    press(dialog, "Create link")
    address = page.get_by_text("/console/invitation/")
    expect(address).to_be_visible()
    url = address.inner_text().strip()
    check_accessible(page)
    press(page.get_by_role("dialog"), "Done")
    return url


def stranger(browser: Browser, console: Console, language: str = "en") -> Any:
    """Another browser, with nobody signed in."""
    return signed_in(browser, console.origin, [], account=console.account, region=console.region, language=language)


def test_somebody_is_invited_and_comes_and_is_sent_away(console: Console, browser: Browser) -> None:
    page = console.go("users", "Users and access")
    expect(page.get_by_text("No open invitations")).to_be_visible()
    check_accessible(page)
    url = link_of(page, "Viewer", "jiro")
    expect(page.get_by_role("button", name="Withdraw the invitation jiro, Viewer")).to_be_visible()
    with stranger(browser, console) as other:
        theirs = other.page
        theirs.goto(url)
        expect(theirs.get_by_role("heading", name="Create your user")).to_be_visible()
        check_accessible(theirs)
        press(theirs, "Create user")
        expect(theirs.get_by_text("Enter 12 to 256 characters.")).to_be_visible()
        fill(theirs, "Password", "correct battery horse staple")
        press(theirs, "Create user")
        expect(theirs.get_by_role("button", name="jiro")).to_be_visible()
        theirs.goto(other.address("users"))
        expect(theirs.get_by_text("Only administrators of this account manage its users.")).to_be_visible()
        page.reload()
        expect(page.get_by_label("Role of jiro")).to_be_visible()
        choose(page, "Role of jiro", "Sender")
        expect(page.get_by_text("jiro is now: Sender.")).to_be_visible()
        press(page, "Actions for jiro")
        page.get_by_role("menuitem", name="Disable").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_text("The user is signed out everywhere")).to_be_visible()
        press(dialog, "Disable")
        expect(page.get_by_text("Disabled", exact=True)).to_be_visible()
        theirs.goto(other.address("dashboard"))
        expect(theirs.get_by_role("heading", name="Sign in to Tayori")).to_be_visible()
        theirs.goto(url)
        expect(theirs.get_by_role("heading", name="This link does not open")).to_be_visible()
        check_accessible(theirs)


def test_the_pages_in_japanese(console_ja: Console, browser: Browser) -> None:
    page = console_ja.go("users", "ユーザーとアクセス")
    expect(page.get_by_text("未使用の招待", exact=True)).to_be_visible()
    page.get_by_text("すべてのユーザー", exact=True).first.click()
    expect(page.get_by_role("heading", name="すべてのユーザー")).to_be_visible()
    check_accessible(page)
    console_ja.go("profile", "プロフィール")
    check_accessible(page)
    with stranger(browser, console_ja, "ja") as other:
        theirs = other.page
        theirs.goto(f"{console_ja.origin}/")
        expect(theirs.get_by_role("heading", name="Tayori にサインイン")).to_be_visible()
        fill(theirs, "ユーザー名", "nobody")
        fill(theirs, "パスワード", "not this one at all")
        press(theirs, "サインイン")
        expect(theirs.get_by_text("ユーザー名またはパスワードが正しくありません。")).to_be_visible()
        check_accessible(theirs)
        press(theirs, "English")
        expect(theirs.get_by_role("heading", name="Sign in to Tayori")).to_be_visible()


def test_a_profile_and_its_sessions(console: Console, browser: Browser) -> None:
    with stranger(browser, console) as other:
        theirs = other.page
        theirs.goto(f"{console.origin}/")
        fill(theirs, "User name", USER)
        fill(theirs, "Password", PASSWORD)
        press(theirs, "Sign in")
        expect(theirs.get_by_role("button", name=USER)).to_be_visible()
        page = console.go("profile", "Your profile")
        expect(page.get_by_text("This session")).to_be_visible()
        expect(page.get_by_text("Passkeys need an address with a name.")).to_be_visible()
        check_accessible(page)
        press(page, "Change password")
        expect(page.get_by_text("Enter your present password.")).to_be_visible()
        fill(page, "Present password", "not the present one")
        fill(page, "New password", PASSWORD)
        press(page, "Change password")
        expect(page.get_by_text("The present password is wrong.")).to_be_visible()
        press(page, "End all other sessions")
        expect(page.get_by_text("The session has ended.")).to_be_visible()
        theirs.goto(other.address("profile"))
        expect(theirs.get_by_role("heading", name="Sign in to Tayori")).to_be_visible()
    fill(page, "Display name", "Hanako Yamada")
    press(page, "Save changes")
    expect(page.get_by_role("button", name="Hanako Yamada")).to_be_visible()
    fill(page, "Display name", "")
    press(page, "Save changes")
    expect(page.get_by_role("button", name=USER)).to_be_visible()


def test_a_passkey_is_added_and_signs_in(
    console: Console, browser: Browser, service: Service, session: dict[str, Any]
) -> None:
    """By Chromium's virtual device."""
    here = console.origin.replace("127.0.0.1", "localhost")
    cookies = [{**cookie, "url": here} for cookie in session["cookies"]]
    with signed_in(browser, here, cookies, account=console.account, region=console.region) as local:
        page = local.page
        device = local.context.new_cdp_session(page)
        device.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
        }
        device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        local.go("profile", "Your profile")
        press(page, "Add passkey")
        dialog = page.get_by_role("dialog")
        fill(dialog, "Name", "Laptop")
        check_accessible(page)
        press(dialog, "Add passkey")
        expect(page.get_by_text("Added the passkey Laptop.")).to_be_visible()
        expect(page.get_by_role("button", name="Remove Laptop")).to_be_visible()
        local.context.clear_cookies()
        page.goto(f"{here}/")
        press(page, "Sign in with a passkey")
        expect(page.get_by_role("button", name=USER)).to_be_visible()
        local.go("profile", "Your profile")
        expect(page.get_by_role("cell", name="Passkey", exact=True)).to_be_visible()
        press(page, "Remove Laptop")
        press(page.get_by_role("dialog"), "Remove")
        expect(page.get_by_text("No passkeys")).to_be_visible()


def test_a_password_that_was_lost(console: Console, browser: Browser, service: Service) -> None:
    token = json.loads(service.tayori("user", "link", "--role", "sender", "--json"))["url"]
    with stranger(browser, console) as other:
        page = other.page
        page.goto(token)
        fill(page, "User name", "Saburo!")
        fill(page, "Password", "correct battery horse staple")
        press(page, "Create user")
        expect(page.get_by_text("Enter 1 to 64 characters")).to_be_visible()
        fill(page, "User name", "saburo")
        press(page, "Create user")
        expect(page.get_by_role("button", name="saburo")).to_be_visible()
    mine = console.go("users?scope=all", "Users and access")
    press(mine, "Actions for saburo")
    mine.get_by_role("menuitem", name="Link for a new password").click()
    url = mine.get_by_text("/console/invitation/").inner_text().strip()
    with stranger(browser, console) as other:
        page = other.page
        page.goto(url)
        expect(page.get_by_role("heading", name="Choose a new password")).to_be_visible()
        check_accessible(page)
        fill(page, "Password", "another long password")
        press(page, "Set password")
        expect(page.get_by_role("button", name="saburo")).to_be_visible()


def test_on_a_telephone(console_narrow: Console, window: SignIn) -> None:
    for name in ("users", "profile"):
        page = console_narrow.go(name)
        expect(page.get_by_role("table").first).to_be_visible()
        assert not is_too_wide(page)
    with window(theme="dark") as dark:
        for name in ("users", "profile"):
            check_accessible(dark.go(name))
