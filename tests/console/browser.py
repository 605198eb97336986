"""A person in front of the console: Chromium without a window, on a page of a running service.

Owns how a test finds things: as a person does, by role and name. What the browser's own console says is kept, and a
test that ends well has seen no error there: a file that does not load, a policy that was broken, a fault of a page.
"""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.request import Request, urlopen

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Playwright, expect

AXE = Path(__file__).parents[2] / "console/node_modules/axe-core/axe.min.js"
STATIC = Path(__file__).parents[2] / "src/tayori/console/static/index.html"
LOCALES = {"en": "en-US", "ja": "ja-JP"}
PATIENCE = 60_000  # milliseconds: a machine that runs all tests at once is slow, and slow is not wrong
expect.set_options(timeout=PATIENCE)
_RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
# What the browser says of every answer of 400 and above, whether the page meant to have it or not.
_ANSWERS = re.compile(
    r"Failed to load resource: the server responded with a status of \d+"
    # A sandboxed frame that is not there yet gets what it is told once it is.
    r"|Failed to execute 'postMessage' on 'DOMWindow': The target origin provided"
)


USER, PASSWORD = "hanako", "correct horse battery staple"


class SignIn(Protocol):
    """Another window: `with window(language="ja", width=360) as console`."""

    def __call__(
        self, *, language: str = "en", theme: str = "light", width: int = 1280, height: int = 900
    ) -> AbstractContextManager["Console"]: ...


def post(url: str, body: object) -> Any:
    """The answer to what one of the console's own pages would send."""
    headers = {
        "Content-Type": "application/json",
        "Origin": url.partition("/tayori/")[0],
        "Sec-Fetch-Site": "same-origin",
    }
    with urlopen(Request(url, data=json.dumps(body).encode(), headers=headers)) as answer:
        answer.read()
        return answer


def launch(playwright: Playwright, program: str) -> Browser:
    """As root, as tests run in containers, Chromium wants to be told that it has no sandbox of its own."""
    options = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-quic"]
    return playwright.chromium.launch(executable_path=program, args=options)


class Console:
    """One person's browser: `console.page` is Playwright's page, `console.go("identities")` a page of the console."""

    def __init__(self, context: BrowserContext, origin: str, account: str, region: str, language: str) -> None:
        self.context = context
        self.origin = origin
        self.account = account
        self.region = region
        self.language = language
        self.said: list[str] = []
        self.page = context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.said.append(f"error: {error}"))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not _ANSWERS.match(message.text):
            self.said.append(f"{message.type}: {message.text}")

    def address(self, page: str) -> str:
        return f"{self.origin}/console/{self.account}/{self.region}/{page}"

    def go(self, page: str, title: str | None = None) -> Page:
        """Goes there, and waits for the page's heading."""
        self.page.goto(self.address(page))
        heading = self.page.get_by_role("heading", level=1)
        expect(heading.filter(has_text=title) if title else heading).to_be_visible(timeout=PATIENCE)
        return self.page

    def check(self) -> None:
        assert not self.said, "the browser says:\n" + "\n".join(self.said)


def fill(where: Page | Locator, label: str, value: str) -> None:
    where.get_by_label(label, exact=True).fill(value)


def press(where: Page | Locator, name: str, role: Any = "button") -> None:
    where.get_by_role(role, name=name, exact=True).click()


def choose(page: Page, label: str, option: str) -> None:
    """In a Select of the design system, whose name is its label with what is chosen."""
    page.get_by_role("button", name=re.compile(rf"^{re.escape(label)}(\s|$)")).first.click()
    page.get_by_role("option", name=option).first.click()


def violations(page: Page, *, without: Sequence[str] = ()) -> list[str]:
    """What axe-core finds on the page as it is shown: rule, place, what to do."""
    page.evaluate(f"() => {{ if (!window.axe) {{ {AXE.read_text('utf-8')} }} }}")
    found = page.evaluate(
        "async ([rules, without]) => (await axe.run(document, {runOnly: {type: 'tag', values: rules},"
        " rules: Object.fromEntries(without.map((one) => [one, {enabled: false}])),"
        " resultTypes: ['violations']})).violations",
        [list(_RULES), list(without)],
    )
    return [
        f"{one['id']}: {node['target']}: {node['failureSummary']}\n    {node['html'][:300]}"
        for one in found
        for node in one["nodes"]
    ]


def check_accessible(page: Page, *, without: Sequence[str] = ()) -> None:
    found = violations(page, without=without)
    assert not found, f"{page.url}\n" + "\n".join(found)


def is_too_wide(page: Page) -> bool:
    """Whether one has to scroll sideways to read the page."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"))


@contextmanager
def signed_in(
    browser: Browser,
    origin: str,
    cookies: Sequence[Any],
    *,
    account: str,
    region: str,
    language: str = "en",
    theme: str = "light",
    width: int = 1280,
    height: int = 900,
) -> Iterator[Console]:
    """A browser of its own, with the session of somebody who has signed in before."""
    context = browser.new_context(
        locale=LOCALES[language],
        color_scheme="dark" if theme == "dark" else "light",
        viewport={"width": width, "height": height},
        reduced_motion="reduce",
        timezone_id="Asia/Tokyo",
    )
    kept = json.dumps({"tayori.language": language, "tayori.theme": theme})
    keep = f"for (const [k, v] of Object.entries({kept})) if (!localStorage[k]) localStorage[k] = v;"
    context.add_init_script(f"if (window === top) {{ {keep} }}")  # a frame of mail has no such thing
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=origin)
    context.add_cookies(list(cookies))
    try:
        console = Console(context, origin, account, region, language)
        yield console
        console.check()
    finally:
        context.close()
