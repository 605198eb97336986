"""A viewer and a sender go through the console: what they may not do is disabled, or refused where it is forced."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import browser as person
import pytest
from browser import Console, signed_in
from page_routes import routes
from playwright.sync_api import Browser, expect

from system.service import Service

# What changes something begins so; what does not, although it begins so, is named.
CHANGES = re.compile(
    r"(Create|Delete|Remove|Add|Invite|Import|Edit|Release|Drop|Hold|Upload|Verify|Rotate|Request|Send)\b"
)
HARMLESS = re.compile(r"Add (a )?filter|Request ID|Remove (filter|token)|Send(s|er|ing)\b")
OF_SENDERS = re.compile(r"Send\b")

# A link to a form that is disabled for them.
LEADS_ON = {"dashboard": "Request production access"}

# Where senders may do more than viewers, or might.
OF_BOTH = ("dashboard", "identities", "messages", "templates", "suppression", "queue", "smtp")

# (method, path, body): each a call that only an administrator may make.
FORCED: tuple[tuple[str, str, Any], ...] = (
    ("POST", "/v2/email/identities", {"EmailIdentity": "forced.example"}),
    ("POST", "/v2/email/configuration-sets", {"ConfigurationSetName": "forced"}),
    ("PUT", "/v2/email/suppression/addresses", {"EmailAddress": "a@forced.example", "Reason": "BOUNCE"}),
    ("PUT", "/v2/email/account/sending", {"SendingEnabled": False}),
    ("POST", "/v2/email/templates", {"TemplateName": "forced", "TemplateContent": {"Subject": "s", "Text": "t"}}),
    ("DELETE", "/v2/email/identities/forced.example", None),
    ("POST", "/tayori/invitations", {"role": "administrator"}),
    ("GET", "/tayori/users", None),
    ("GET", "/tayori/audit", None),
    ("GET", "/tayori/accounts", None),
    ("GET", "/tayori/settings", None),
)
MAIL = {
    "FromEmailAddress": "a@forced.example",
    "Destination": {"ToAddresses": ["b@forced.example"]},
    "Content": {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}},
}

CALL = """async ([method, path, body, account, csrf]) => {
  const headers = {"X-Tayori-CSRF": csrf, "X-Tayori-Account": account, "Content-Type": "application/json"};
  const answer = await fetch(path, {method, headers, body: body === null ? undefined : JSON.stringify(body)});
  return answer.status;
}"""
SESSION = "async () => await (await fetch('/tayori/console/session')).json()"
ENABLED = """() => [...document.querySelectorAll("main button, [role=dialog] button")]
  .filter((one) => !one.disabled && one.getAttribute("aria-disabled") !== "true" && one.checkVisibility())
  .map((one) => (one.getAttribute("aria-label") || one.innerText).trim())"""


@contextmanager
def somebody(service: Service, browser: Browser, origin: str, session: dict[str, Any], role: str) -> Iterator[Console]:
    """A new user of that role, signed in."""
    made = json.loads(service.tayori("user", "add", f"a-{role}", "--role", role, "--json"))
    token = made["url"].rpartition("/")[2]
    body = {"token": token, "name": made["name"], "password": person.PASSWORD}
    name, _, value = (
        person.post(f"{origin}/tayori/console/invitation", body).headers["Set-Cookie"].partition(";")[0].partition("=")
    )
    cookie = {"name": name, "value": value, "url": origin, "httpOnly": True, "sameSite": "Strict"}
    place = {"account": session["accounts"][0]["id"], "region": session["region"]}
    with signed_in(browser, origin, [cookie], **place) as console:
        yield console


def pages() -> list[str]:
    """All that are pages of nothing in particular, but the rehearsal's, which only operators see."""
    found = [one for area, paths in routes().items() if area != "rehearsal" for one in paths]
    return [one for one in found if ":" not in one and "*" not in one]


@pytest.mark.parametrize("role", ["viewer", "sender"])
def test_what_a_role_does_not_allow(
    service: Service, browser: Browser, origin: str, session: dict[str, Any], role: str
) -> None:
    open_to_them: dict[str, list[str]] = {}
    with somebody(service, browser, origin, session, role) as console:
        page = console.page
        for path in pages() if role == "viewer" else OF_BOTH:
            page.goto(console.address(path))
            expect(page.get_by_role("heading", level=1).first).to_be_visible()
            expect(page.get_by_role("heading", name="This page has failed")).to_have_count(0)
            if path == "profile":  # it is their own
                continue
            page.wait_for_load_state("networkidle")
            found = [one for one in page.evaluate(ENABLED) if CHANGES.match(one) and not HARMLESS.match(one)]
            found = [one for one in found if one != LEADS_ON.get(path)]
            if role == "sender":
                found = [one for one in found if not OF_SENDERS.match(one)]
            if found:
                open_to_them[path] = found
        assert open_to_them == {}
        said = page.evaluate(SESSION)
        assert [one["role"] for one in said["accounts"]] == [role]

        def call(method: str, path: str, body: Any) -> int:
            return int(page.evaluate(CALL, [method, path, body, console.account, said["csrf"]]))

        assert {(verb, path): call(verb, path, body) for verb, path, body in FORCED} == {
            (verb, path): 403 for verb, path, _ in FORCED
        }
        # A sender is refused for the identity that is not there, a viewer for what they are.
        assert call("POST", "/v2/email/outbound-emails", MAIL) == (403 if role == "viewer" else 400)
        assert call("GET", "/v2/email/account", None) == 200
        page.goto(console.address("identities"))
        expect(page.get_by_role("navigation").get_by_text("Users and access")).to_have_count(0)


def test_an_operator_is_led_to_all_accounts(console: Console) -> None:
    page = console.go("dashboard")
    page.get_by_role("button", name=re.compile("^Account: ")).click()
    page.get_by_role("menuitem", name="All accounts").click()
    expect(page.get_by_role("heading", level=1, name="Accounts")).to_be_visible()
