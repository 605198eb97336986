"""From a mail with links to the application's endpoint: who opened it and what was clicked, seen by real programs."""

import http.client
import re
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import dkim
import dns.resolver
import pytest
from service import Service, check_authentic, message_id_of
from test_events import App, application, subscribed
from test_sending import txt

from tayori.testing import ReceivedMail

SENDER = "news@shop.test"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
BODY = (
    '<html><body><p>春です</p><a href="https://shop.test/sale?a=1&amp;b=2" ses:tags="item:book;place:top">Sale</a>\n'
    '<a ses:no-track href="https://shop.test/account">Account</a> <a href="mailto:a@shop.test">Mail</a></body></html>\n'
)


class Seen(HTMLParser):
    """What a mail program finds in a mail: its links, and its pictures."""

    def __init__(self, mail: ReceivedMail) -> None:
        super().__init__()
        self.links: list[str] = []
        self.pictures: list[str] = []
        body = mail.message.get_body(("html",))
        assert body is not None
        self.text = body.get_content()
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "a":
            assert not any(name.startswith("ses:") for name in values)
            self.links.append(values["href"] or "")
        elif tag == "img":
            self.pictures.append(values["src"] or "")


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    with application() as app:
        yield app


@pytest.fixture(scope="module")
def tracking(service: Service, app: App) -> str:
    """A configuration set that tells the application of everything."""
    topic = subscribed(service, app, "engagement")
    client = service.client()
    client.create_configuration_set(ConfigurationSetName="tracked")
    client.create_configuration_set_event_destination(
        ConfigurationSetName="tracked",
        EventDestinationName="app",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["DELIVERY", "OPEN", "CLICK"],
            "SnsDestination": {"TopicArn": topic},
        },
    )
    return "tracked"


def send(service: Service, to: str, **options: Any) -> ReceivedMail:
    content = {"Subject": {"Data": "News"}, "Body": {"Html": {"Data": BODY}, "Text": {"Data": "https://shop.test/"}}}
    service.client().send_email(
        FromEmailAddress=SENDER, Destination={"ToAddresses": [to]}, Content={"Simple": content}, **options
    )
    return service.rehearsal.wait_for_mail(to)[0]


def visit(service: Service, url: str, *, method: str = "GET", user_agent: str = BROWSER) -> http.client.HTTPResponse:
    """As a program of a reader's does: it asks the DNS for the host, and the host for the page."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(address_of(service, str(parts.hostname)), parts.port, timeout=10)
    path = url.partition(parts.netloc)[2]
    connection.request(method, path, headers={"Host": parts.netloc, "User-Agent": user_agent})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def address_of(service: Service, name: str) -> str:
    place = service.env["rehearsal"]["resolver"]
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = [place["host"]], place["port"]
    (record,) = resolver.resolve(name, "A")
    return str(record)


def test_an_open_and_a_click_arrive_at_the_endpoint(service, app, tracking):
    mail = send(service, "reader@inbox.test", ConfigurationSetName=tracking)
    check_authentic(mail)
    assert dkim.verify(mail.raw, dnsfunc=lambda name, timeout=5: txt(service, name.decode().rstrip(".")))
    message_id, seen = message_id_of(mail), Seen(mail)
    assert "https://shop.test/" in mail.message.get_body(("plain",)).get_content(), "text is not tracked"
    sale, account, address = seen.links
    assert (account, address) == ("https://shop.test/account", "mailto:a@shop.test")
    (pixel,) = seen.pictures
    assert pixel.startswith(f"http://r.us-east-1.tayori.test:{service.node.port_base}/I0/{message_id}/")
    app.wait_for_event(message_id, "Delivery")
    service.rehearsal.clock.advance(60)
    assert visit(service, pixel).headers["Content-Type"] == "image/gif"
    redirect = visit(service, sale)
    assert (redirect.status, redirect.headers["Location"]) == (302, "https://shop.test/sale?a=1&b=2")
    opened, clicked = (app.wait_for_event(message_id, kind) for kind in ("Open", "Click"))
    assert opened["open"]["userAgent"] == BROWSER and opened["open"]["ipAddress"] == "127.0.0.1"
    assert opened["open"]["isBotEvent"] == clicked["click"]["isBotEvent"] == "Unlikely"
    assert clicked["click"]["link"] == "https://shop.test/sale?a=1&b=2"
    assert clicked["click"]["linkTags"] == {"item": ["book"], "place": ["top"]}
    assert clicked["mail"]["destination"] == ["reader@inbox.test"]
    assert clicked["mail"]["tags"]["ses:configuration-set"] == ["tracked"]
    events = [one["type"] for one in service.timeline(message_id)["events"]]
    assert sorted(events) == ["Click", "Delivery", "Open", "Send"]
    shown = service.tayori("message", "show", message_id)
    assert re.search(r"Click +reader@inbox.test +https://shop.test/sale\?a=1&b=2, from 127.0.0.1", shown), shown


def test_mail_by_smtp_in_an_old_charset_is_tracked_and_still_signed(service, app, tracking):
    """ISO-2022-JP in 7bit: there, a `<` may be half of a character."""
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"], made["Subject"] = SENDER, "smtp@inbox.test", "News"
    made["X-SES-CONFIGURATION-SET"] = tracking
    made.set_content("Hello.")
    made.add_alternative(BODY.replace("Sale", "釈迦セール"), subtype="html", charset="iso-2022-jp", cte="7bit")
    with service.smtp() as session:
        session.send_message(made)
    (mail,) = service.rehearsal.wait_for_mail("smtp@inbox.test")
    check_authentic(mail)
    seen = Seen(mail)
    assert "釈迦セール" in seen.text and mail.message.get_body(("html",)).get_content_charset() == "iso-2022-jp"
    assert visit(service, seen.links[0]).headers["Location"] == "https://shop.test/sale?a=1&b=2"
    assert visit(service, seen.pictures[0]).status == 200


def test_a_scanner_is_told_from_a_reader(service, app, tracking):
    mail = send(service, "company@inbox.test", ConfigurationSetName=tracking)
    message_id, seen = message_id_of(mail), Seen(mail)
    assert visit(service, seen.links[0], method="HEAD", user_agent="Barracuda Sentinel (EE)").status == 302
    clicked = app.wait_for_event(message_id, "Click")["click"]
    assert (clicked["isBotEvent"], clicked["tayoriMachine"]) == ("Likely", "head-request")


def test_a_redirect_domain_of_the_customers_serves_his_links_and_nobody_elses(service, app, tracking):
    """Its CNAME stands in his zone. A link of the default host is none under his name."""
    service.rehearsal.put_record("click.shop.test", "CNAME", "r.us-east-1.tayori.test")
    before = Seen(send(service, "before@inbox.test", ConfigurationSetName=tracking))
    client = service.client()
    client.put_configuration_set_tracking_options(ConfigurationSetName=tracking, CustomRedirectDomain="click.shop.test")
    seen = Seen(send(service, "own@inbox.test", ConfigurationSetName=tracking))
    assert urlsplit(seen.links[0]).hostname == urlsplit(seen.pictures[0]).hostname == "click.shop.test"
    assert visit(service, seen.links[0]).status == 302
    borrowed = before.links[0].replace("r.us-east-1.tayori.test", "click.shop.test")
    assert visit(service, borrowed).status == 404
    client.put_configuration_set_tracking_options(ConfigurationSetName=tracking)


def test_without_a_destination_for_it_nothing_is_changed(service):
    service.client().create_configuration_set(ConfigurationSetName="untracked")
    body = send(service, "plain@inbox.test", ConfigurationSetName="untracked").message.get_body(("html",))
    assert body.get_content().replace("\r\n", "\n") == BODY
