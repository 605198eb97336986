"""Users and access, the profile, invitations and passkeys: by clicking, in both languages."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from browser import PASSWORD, USER, Console, SignIn, check_accessible, choose, fill, is_too_wide, press, signed_in
from playwright.sync_api import Browser, Page, expect

from system.service import Service

# The provider, which is not ours, runs in this process: what its libraries say of each other is not the test's.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The issuer of three people."""
    from oidc_provider_mock import User, run_server_in_thread

    known = [User(sub=name) for name in ("alice", "mallory", "goro-there")]
    with run_server_in_thread(user_claims=known) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture(scope="module")
def console_settings(console_settings: dict[str, str], provider: str) -> dict[str, str]:
    names = {"label": "Company", "label_ja": "会社"}
    company = {"issuer": provider, "client_id": "tayori", "client_secret": "env:COMPANY", **names}
    return {
        **console_settings,
        "TAYORI_CONSOLE_OIDC": json.dumps({"company": company}),
        "TAYORI_EVENTS_PRIVATE_NETWORKS": "127.0.0.0/8,::1/128",
        "TAYORI_SECRET_COMPANY": "what the provider knows us by",
    }


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


# -- by another service ------------------------------------------------------------------------------------------------


def without_strangers(console: Console) -> None:
    """The provider's page wants a style sheet from elsewhere, which tests do not go to."""
    console.context.route(re.compile("^https://"), lambda route: route.fulfill(content_type="text/css", body=""))


def agree(page: Page, subject: str) -> None:
    """The provider's own page, where somebody says who they are."""
    page.wait_for_url("**/oauth2/authorize**")
    page.get_by_role("button", name=subject).click()


def test_a_sign_in_is_linked_and_used_and_given_up(console: Console, browser: Browser, origin: str) -> None:
    without_strangers(console)
    page = console.go("profile", "Your profile")
    press(page, "Link Company")
    agree(page, "alice")
    expect(page.get_by_role("button", name="Unlink Company")).to_be_visible()
    check_accessible(page)
    with stranger(browser, console, "ja") as other:
        without_strangers(other)
        theirs = other.page
        theirs.goto(console.address("profile"))
        expect(theirs.get_by_role("heading", name="Tayori にサインイン")).to_be_visible()
        check_accessible(theirs)
        press(theirs, "会社 でサインイン", "link")
        agree(theirs, "alice")
        expect(theirs.get_by_role("heading", name="プロフィール")).to_be_visible()  # where they wanted to go
        expect(theirs.get_by_role("button", name="会社 の関連付けを解除")).to_be_visible()
    with stranger(browser, console) as other:
        without_strangers(other)
        theirs = other.page
        theirs.goto(f"{origin}/")
        press(theirs, "Sign in with Company", "link")
        agree(theirs, "mallory")
        expect(theirs.get_by_text("No user here belongs to that sign-in.")).to_be_visible()
        check_accessible(theirs)
        theirs.goto(f"{origin}/console/sign-in?failed=%3Cb%3Ewords+of+a+stranger")
        expect(theirs.get_by_text("The sign-in with the other service did not succeed.")).to_be_visible()
        expect(theirs.get_by_text("words of a stranger")).to_have_count(0)
    press(page, "Unlink Company")
    press(page.get_by_role("dialog"), "Unlink")
    expect(page.get_by_role("button", name="Link Company")).to_be_visible()


def test_an_invitation_is_accepted_without_a_password(console: Console, browser: Browser) -> None:
    page = console.go("users", "Users and access")
    url = link_of(page, "Sender", "goro")
    with stranger(browser, console) as other:
        without_strangers(other)
        theirs = other.page
        theirs.goto(url)
        expect(theirs.get_by_role("heading", name="Create your user")).to_be_visible()
        check_accessible(theirs)
        press(theirs, "Continue with Company, without a password")
        agree(theirs, "goro-there")
        expect(theirs.get_by_role("button", name="goro")).to_be_visible()
