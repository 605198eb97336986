"""Every page of the console, in both languages and both modes: accessible, translated, silent, from 360 to 2560 px.

The routes are read from the sources of the pages, so that no page is forgotten. Pages of something are visited for
something that is there where EXAMPLES says what, and for something that is not where it does not: that is a page, too.
"""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from browser import AXE, Console, is_too_wide, signed_in
from page_routes import routes
from playwright.sync_api import Browser, Page, expect

from system.service import Service

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
WIDEST = {"width": 2560, "height": 1440}

# Latin words that are right in Japanese: names, and what the API or a protocol calls so. Words in capitals need not be
# here, nor those with a digit or a sign in them, which are data. What the service says of a failure stands as said.
NAMES = frozenset(
    "Tayori Amazon English Easy Deterministic From To Cc Bcc Reply-To Subject Return Path Message ID IDs iCloud Gmail"
    " Yahoo Outlook Microsoft Google Apple Python Node Ruby Java Go Django Rails Laravel Postfix WordPress Docker"
    " Handlebars Mustache Webhook Lambda Firehose Kinesis EventBridge CloudWatch Route SDK Feedback-ID hanako default"
    " GiB localhost SubscribeURL raw Virtual Deliverability Mail Manager Null enforce testing Hanako Hello"
    " List-Unsubscribe Content-Type Auto-Submitted tayori doctor Nagios Prometheus OpenID Connect px Azure Cloudflare"
    " Gandi Namecheap GoDaddy VALUE-DOMAIN Xserver ConoHa Virtual Deliverability Manager"
    # As SES's own page has it; the user of the first access key; a host; values of the API and of a policy.
    " Transport Layer Security operator www Data none encrypt".split()
)
OPERATION = re.compile(r"(?:Put|Get|Send|Create|Update|Delete|List|Set|Tag|Untag|Publish|Subscribe)[A-Z][A-Za-z]+$")
WORD = re.compile(r"(?<![\w.@/:%#+=$&?{}<>\"\\-])[A-Za-z][A-Za-z'’]{2,}(?!\.?[\w@/:%#+=$&?{}<>\"\\-])")

TEXTS = """() => {
  const found = [], seen = (element) => element.checkVisibility({visibilityProperty: true});
  const skipped = "code, pre, samp, kbd, time, textarea, [lang=en], [data-verbatim], svg, script, style, iframe" +
    ", [role=alert]";
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement, code = element && element.closest("[class*=awsui_code]");
    const isSkipped = !element || code || element.closest(skipped) || !seen(element);
    if (!isSkipped && node.data.trim()) found.push(node.data);
  }
  for (const name of ["aria-label", "placeholder", "title", "alt"])
    for (const element of document.querySelectorAll(`[${name}]`))
      if (!element.closest("code, pre, time, [lang=en], [data-verbatim]")) found.push(element.getAttribute(name));
  found.push(document.title);
  return found;
}"""

# Lines of text that the eye loses on the way back.
LONG_LINES = """() => [...document.querySelectorAll("main p")]
  .filter((one) => one.checkVisibility() && one.innerText.length > 240 && one.getBoundingClientRect().width > 1400)
  .map((one) => one.innerText.slice(0, 60))"""

AXE_RUN = """async (rules) => {
  const options = {resultTypes: ["violations"], runOnly: rules
    ? {type: "rule", values: rules}
    : {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}};
  const found = (await axe.run({exclude: [["iframe"]]}, options)).violations;
  return found.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 250)} (${
    node.failureSummary})`));
}"""


@pytest.fixture(scope="module")
def examples(service: Service) -> dict[str, str]:
    """Something of each kind, and its value for the parameters of routes, by the route's first word."""
    ses, sns = service.client("sesv2"), service.client("sns")
    service.open_account()
    ses.create_configuration_set(ConfigurationSetName="set-1")
    ses.create_email_identity(EmailIdentity="shop.test", ConfigurationSetName="set-1")
    service.rehearsal.adopt("shop.test")
    topic = sns.create_topic(Name="topic-1")["TopicArn"]
    ses.create_email_template(
        TemplateName="template-1", TemplateContent={"Subject": "{{a}}", "Text": "{{a}}", "Html": "<p>{{a}}</p>"}
    )
    ses.create_tenant(TenantName="tenant-1", Tags=[{"Key": "plan-1", "Value": "1"}])
    ses.create_contact_list(ContactListName="list-1")
    ses.create_contact(ContactListName="list-1", EmailAddress="reader@inbox.test")
    ses.put_suppressed_destination(EmailAddress="gone@inbox.test", Reason="BOUNCE")
    sent = ses.send_email(
        FromEmailAddress="news@shop.test",
        Destination={"ToAddresses": ["reader@inbox.test"]},
        Content={"Simple": {"Subject": {"Data": "件名"}, "Body": {"Html": {"Data": "<p>本文</p>"}}}},
    )["MessageId"]
    (mail,) = service.rehearsal.wait_for_mail("reader@inbox.test", seconds=60)
    return {
        "identities": "shop.test",
        "configuration-sets": "set-1",
        "sets": "set-1",
        "messages": sent,
        "topics": topic,
        "templates": "template-1",
        "tenants": "tenant-1",
        "contact-lists": "list-1",
        "lists": "list-1",
        "rehearsal/dns": "shop.test",
        "rehearsal/mail": mail.id,
    }


class Visitor:
    """One window for one language; goes from page to page as the console itself does."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.page = console.page
        self.page.goto(console.address("rehearsal/clock"))
        self.page.evaluate(f"() => {{ {AXE.read_text('utf-8')} }}")
        self.found: list[str] = []

    def visit(self, route: str, size: Any) -> None:
        page = self.page
        page.set_viewport_size(size)
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        address = self.console.address(route)
        page.evaluate(
            "(to) => { document.title = ''; history.pushState(null, '', to);"
            " dispatchEvent(new PopStateEvent('popstate')); }",
            address,
        )
        with suppress(AssertionError):  # of a page that was there before, with the same title
            expect(page).to_have_title(re.compile("."), timeout=10_000)
        settled(page)

    def check_accessible(self, where: str) -> None:
        self._note(where, "light", self.page.evaluate(AXE_RUN, None))
        self.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        expect(self.page.locator("body")).to_have_class(re.compile("awsui-dark-mode"))
        self._note(where, "dark", self.page.evaluate(AXE_RUN, ["color-contrast"]))

    def check_width(self, where: str) -> None:
        for _ in range(30):  # the layout follows the window a moment later
            if not is_too_wide(self.page):
                return
            self.page.wait_for_timeout(100)
        if is_too_wide(self.page):
            self._note(where, "360 px", ["the page has to be scrolled sideways"])

    def check_widest(self, where: str) -> None:
        self.page.set_viewport_size(WIDEST)
        if is_too_wide(self.page):
            self._note(where, "2560 px", ["the page has to be scrolled sideways"])
        self._note(where, "2560 px", [f"a line too long: {one}" for one in self.page.evaluate(LONG_LINES)])

    def check_translated(self, where: str) -> None:
        words = {word for text in self.page.evaluate(TEXTS) for word in WORD.findall(text)}
        foreign = sorted(word for word in words if not (word.isupper() or word in NAMES or OPERATION.match(word)))
        self._note(where, "Japanese", [f"not translated: {', '.join(foreign)}"] if foreign else [])

    def check_silent(self, where: str) -> None:
        self._note(where, "the browser's console", self.console.said)
        self.console.said = []

    def _note(self, where: str, when: str, what: list[str]) -> None:
        self.found += [f"{where} ({self.console.language}, {when}): {one}" for one in what]


def settled(page: Page) -> None:
    """The page shows its heading, and nothing is on its way any more."""
    expect(page.locator("h1, [role=alert], [class*=awsui_alert]").first).to_be_visible(timeout=60_000)
    busy = "[class*=awsui_spinner], [class*=awsui_skeleton], [class*=awsui_loading-bar]"
    expect(page.locator(busy).locator("visible=true")).to_have_count(0, timeout=60_000)


@pytest.fixture(scope="module")
def visitors(browser: Browser, origin: str, session: dict[str, Any], examples: Any) -> Iterator[dict[str, Visitor]]:
    place = {"account": session["accounts"][0]["id"], "region": session["region"]}
    with ExitStack() as stack:
        opened = {
            language: stack.enter_context(
                signed_in(browser, origin, session["cookies"], **place, language=language, theme="system")
            )
            for language in ("en", "ja")
        }
        yield {language: Visitor(console) for language, console in opened.items()}


def filled(route: str, examples: dict[str, str]) -> str:
    """The route with values for its parameters."""
    begins = max((name for name in examples if route.startswith(name)), key=len, default="")
    value = json.dumps(examples.get(begins, "nothing-1"))[1:-1].replace(":", "%3A").replace("/", "%2F")
    path, count = re.subn(r":[a-zA-Z]+\??", value, route, count=1)
    return re.sub(r":[a-zA-Z]+\??", "nothing-1", path) if count else path


@pytest.mark.parametrize("area", sorted(routes()))
def test_pages(visitors: dict[str, Visitor], examples: dict[str, str], area: str) -> None:
    for route in routes()[area]:
        address = filled(route, examples)
        english, japanese = visitors["en"], visitors["ja"]
        english.visit(address, WIDE)
        english.check_accessible(address)
        english.page.set_viewport_size(NARROW)
        english.check_width(address)
        english.check_widest(address)
        english.check_silent(address)
        japanese.visit(address, NARROW)
        japanese.check_translated(address)
        japanese.check_accessible(address)
        japanese.check_width(address)
        japanese.check_silent(address)
    found = [one for visitor in visitors.values() for one in visitor.found]
    for visitor in visitors.values():
        visitor.found = []
    assert not found, "\n".join(found)
