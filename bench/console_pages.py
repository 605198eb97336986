"""How long the console takes: a first page from a cold cache, and going from page to page; what moves, what is sent.

A browser (Debian's chromium, without a window) in front of a running service on the same machine. Usable is a page that
shows its heading and waits for nothing more. Beside it an empty page, which is the browser's own share.
"""

import shutil
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bench.console_service import DOMAIN, Console, console
from bench.measure import machine

PAGES = {
    "dashboard": "dashboard",
    "identities": "identities",
    "an identity": f"identities/{DOMAIN}",
    "configuration sets": "configuration-sets",
    "messages": "messages",
    "suppression list": "suppression",
    "templates": "templates",
}
# Those that stand in the side navigation, one of which is clicked on after the other.
ROUND = ("identities", "configuration-sets", "messages", "suppression", "templates", "dashboard")
_BUSY = "[class*=awsui_spinner], [class*=awsui_skeleton], [class*=awsui_loading-bar]"

# Notes when the page is first usable, and how much of it has moved that nobody touched (CLS).
_WATCH = f"""
window.seen = {{usable: 0, shift: 0}};
window.ready = new Promise((done) => (window.seen.done = done));
new PerformanceObserver((list) => {{
  for (const one of list.getEntries()) if (!one.hadRecentInput) window.seen.shift += one.value;
}}).observe({{type: "layout-shift", buffered: true}});
window.busy = () => [...document.querySelectorAll("{_BUSY}")].some((one) => one.checkVisibility());
const look = () => {{
  if (document.querySelector("h1") && !window.busy()) {{
    window.seen.usable = performance.now();
    window.seen.done();
  }} else requestAnimationFrame(look);
}};
requestAnimationFrame(look);
"""

# Clicks on a link of the side navigation: until the page's heading is painted, and until nothing is on its way.
_GO = """async (href) => {
  const frame = () => new Promise((done) => requestAnimationFrame(() => done()));
  const link = document.querySelector(`nav a[href="${href}"]`), before = document.querySelector("h1");
  const began = performance.now();
  link.click();
  while (document.querySelector("h1") === before || !document.querySelector("h1")) await frame();
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const shown = performance.now() - began;
  while (window.busy()) await frame();
  return [shown, performance.now() - began];
}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    usable: float  # milliseconds
    shift: float
    size: int  # octets on the wire


def first_visit(browser: Browser, at: Console, page: str) -> First:
    """In a browser that has never been there."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
    context.add_cookies(at.cookies())
    context.add_init_script(_WATCH)
    shown, octets = context.new_page(), [0]

    def count(event: dict[str, Any]) -> None:
        octets[0] += int(event["encodedDataLength"])

    network = context.new_cdp_session(shown)
    network.send("Network.enable")
    network.on("Network.loadingFinished", count)
    shown.goto(at.address(page))
    shown.evaluate("window.ready")
    shown.wait_for_timeout(500)  # what moves later counts as well
    seen = shown.evaluate("({usable: window.seen.usable, shift: window.seen.shift})")
    context.close()
    return First(usable=seen["usable"], shift=seen["shift"], size=octets[0])


def empty_visit(browser: Browser) -> First:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_init_script(_WATCH)
    context.route("**/*", lambda route: route.fulfill(body="<h1>Empty</h1>", content_type="text/html"))
    shown = context.new_page()
    shown.goto("http://127.0.0.1/")
    shown.evaluate("window.ready")
    seen = shown.evaluate("({usable: window.seen.usable, shift: window.seen.shift})")
    context.close()
    return First(usable=seen["usable"], shift=seen["shift"], size=0)


def route_changes(context: BrowserContext, at: Console, rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Around the side navigation: the first round, in which pages are fetched, and the others."""
    page: Page = context.new_page()
    page.goto(at.address("dashboard"))
    page.evaluate("window.ready")
    found: dict[str, list[tuple[float, float]]] = {"first": [], "again": []}
    for number in range(rounds + 1):
        for to in ROUND:
            href = at.address(to).removeprefix(at.origin)
            shown, whole = page.evaluate(_GO, href)
            found["again" if number else "first"].append((shown, whole))
    return found


def percentile(values: Sequence[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def _row(name: str, firsts: Sequence[First]) -> str:
    usable = [one.usable for one in firsts]
    return (
        f"| {name} | {statistics.median(usable):.0f} ms | {max(usable):.0f} ms |"
        f" {max(one.shift for one in firsts):.3f} | {firsts[0].size / 1024:.0f} KiB |"
    )


def main(*, rounds: int) -> None:
    program = shutil.which("chromium")
    if program is None:
        raise SystemExit("chromium is not installed (Debian: chromium)")
    options = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-quic"]
    with sync_playwright() as playwright, console() as at:
        browser = playwright.chromium.launch(executable_path=program, args=options)
        print(f"{machine()}, Chromium {browser.version}; {rounds} rounds\n")
        print("| first page, cold cache | usable, median | slowest | CLS | transferred |\n|---|---:|---:|---:|---:|")
        print(_row("an empty page", [empty_visit(browser) for _ in range(rounds)]))
        for name, page in PAGES.items():
            print(_row(name, [first_visit(browser, at, page) for _ in range(rounds)]), flush=True)
        context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
        context.add_cookies(at.cookies())
        context.add_init_script(_WATCH)
        changes = route_changes(context, at, rounds)
        print("\n| going from page to page | heading, median | p95 | with its data, median | p95 |")
        print("|---|---:|---:|---:|---:|")
        for name, label in (("first", "for the first time"), ("again", "again")):
            cells = [
                f"{of(column):.0f} ms"
                for column in zip(*changes[name], strict=True)
                for of in (statistics.median, lambda values: percentile(values, 0.95))
            ]
            print(f"| {label} | {' | '.join(cells)} |")
        browser.close()
