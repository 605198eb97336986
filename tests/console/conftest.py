"""One service, one browser and one user for the tests of a module; each test has a browser window of its own.

    def test_something(console):            # signed in as the operator, in English
        page = console.go("identities", "Identities")

    def test_in_japanese(console_ja): …

Playwright's synchronous driver keeps an event loop of its own running: what awaits belongs into modules without it.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any
from urllib.request import Request, urlopen

import browser as person
import pytest
from browser import Console, SignIn
from playwright.sync_api import Browser, sync_playwright

import programs
from system.service import Service, running


@pytest.fixture(scope="module")
def console_settings() -> dict[str, str]:
    """By which a service shows the console, where that is built."""
    if not person.STATIC.exists():
        programs.lacking("the built console (make console)", "npm")
    # Where somebody builds the pages elsewhere, while working on them.
    folder = os.environ.get("CONSOLE_PAGES")
    return {"TAYORI_CONSOLE_FOLDER": folder} if folder else {}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, console_settings: dict[str, str]) -> Iterator[Service]:
    """In the sandbox, as it is after its first start; with the console, where that is built."""
    with running(tmp_path_factory.mktemp("console"), environment=console_settings) as service:
        yield service


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = programs.require("chromium", "chromium")
    with sync_playwright() as playwright:
        browser = person.launch(playwright, program)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def origin(service: Service) -> str:
    return str(service.env["http"])


@pytest.fixture(scope="module")
def session(service: Service, origin: str) -> dict[str, Any]:
    """The first user, who followed the first start's link: `cookies`, and what the session says of itself."""
    token = str(json.loads(service.tayori("user", "link", "--json"))["url"]).rpartition("/")[2]
    first = {"token": token, "name": person.USER, "password": person.PASSWORD}
    made = person.post(f"{origin}/tayori/console/first-user", first)
    name, _, value = made.headers["Set-Cookie"].partition(";")[0].partition("=")
    cookie = {"name": name, "value": value, "url": origin, "httpOnly": True, "sameSite": "Strict"}
    with urlopen(Request(f"{origin}/tayori/console/session", headers={"Cookie": f"{name}={value}"})) as answer:
        return {**json.load(answer), "cookies": [cookie]}


@pytest.fixture
def window(browser: Browser, origin: str, session: dict[str, Any]) -> SignIn:
    place = {"account": session["accounts"][0]["id"], "region": session["region"]}

    def open_window(**how: Any) -> AbstractContextManager[Console]:
        return person.signed_in(browser, origin, session["cookies"], **place, **how)

    return open_window


@pytest.fixture
def console(window: Callable[..., AbstractContextManager[Console]]) -> Iterator[Console]:
    with window() as console:
        yield console


@pytest.fixture
def console_ja(window: Callable[..., AbstractContextManager[Console]]) -> Iterator[Console]:
    with window(language="ja") as console:
        yield console


@pytest.fixture
def console_narrow(window: Callable[..., AbstractContextManager[Console]]) -> Iterator[Console]:
    """On a telephone."""
    with window(width=360, height=740) as console:
        yield console
