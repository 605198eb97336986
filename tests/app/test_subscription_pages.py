"""What recipients do over real HTTP and by mail, and what becomes of it in the rows."""

import http.client
import json
import re
import threading
from contextlib import contextmanager
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
import uvicorn

from population import ACCOUNT, REGION, RETURN_PATHS, identity, names, open_account, submission
from tayori import ids
from tayori.api.app import create_app
from tayori.app.http_connection import BoundedProtocol
from tayori.app.http_server import listener
from tayori.app.list_management import subscription_links
from tayori.app.subscription_pages import SubscriptionPages
from tayori.mail.address import AddrSpec
from tayori.mail.envelope import ReversePath
from tayori.model.contact_list import ListOption, Status, Topic
from tayori.model.inbound import InboundMessage, InboundPurpose, NotTaken
from tayori.model.subscription_link import SubscriptionLink, SubscriptionLinks
from tayori.resources import contact_lists, contacts, subscription_choices
from tayori.resources.inbound import Inbound, Received
from tayori.resources.messages import Door
from tayori.resources.settings import Settings
from tayori.store import tables

READER = "reader@inbox.test"
TOPICS = (
    Topic(name="News", display_name="News & <b>more</b>", description="Once a week", default=Status.OPT_IN),
    Topic(name="Offers", display_name="特売情報", default=Status.OPT_OUT),
)
ONE_CLICK = b"List-Unsubscribe=One-Click"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def links(store, run):
    return run(subscription_links(store))


@pytest.fixture
def listed(transact):
    transact(open_account)
    transact(identity, "example.com")
    transact(contact_lists.create, ACCOUNT, REGION, "customers", list_id="1", topics=TOPICS)


@pytest.fixture
def link_to(transact, clock, links, listed):
    """`link_to(topic)`: a message is sent under it, and its link returned."""
    door = Door(names, "nobody", lambda stream: False)

    def link_to(topic="News"):
        option = ListOption(contact_list="customers", topic=topic)
        sent = submission(READER, message_id=ids.message_id(REGION, clock.now()), list_option=option)
        (answer,) = transact(door.accept, [sent])
        return SubscriptionLink(ACCOUNT, REGION, "customers", topic, answer.message_id, READER)

    return link_to


@contextmanager
def serving(app):
    listening = listener("127.0.0.1", 0, shared=False)
    server = uvicorn.Server(uvicorn.Config(app, http=BoundedProtocol, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()
        assert not thread.is_alive()


@pytest.fixture
def ask(store, clock, links):
    """`ask(link, method, body, query)`: status, headers, text."""
    routes = SubscriptionPages(store).table()
    app = create_app(store=store, clock=clock, region=REGION, names=names(REGION), page_secret=b"s", routes=routes)
    with serving(app) as port:

        def ask(link, method="GET", body=None, query="", **headers):
            token = links.token(link) if isinstance(link, SubscriptionLink) else link
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            headers = (FORM if body is not None else {}) | {
                name.replace("_", "-"): text for name, text in headers.items()
            }
            connection.request(method, f"/tayori/subscription/{token}{query}", body, headers)
            answer = connection.getresponse()
            found = answer.status, {name.lower(): text for name, text in answer.getheaders()}, answer.read().decode()
            connection.close()
            return found

        yield ask


@pytest.fixture
def wants(transact):
    """What the reader wants: unsubscribed, and by topic."""

    def wants():
        def look(tx):
            contact = contacts.find(tx, contact_lists.get(tx, ACCOUNT, REGION, "customers"), READER)
            return contact.wants.unsubscribed, dict(contact.wants.chosen)

        return transact(look)

    return wants


@pytest.fixture
def told(transact):
    """(source, old, new) of each Subscription event, oldest first; preferences as `all`, or the topics that are in."""

    def short(found):
        topics = [one["topicName"] for one in found["topicSubscriptionStatus"] if one["subscriptionStatus"] == "OptIn"]
        return "none" if found["unsubscribeAll"] else ",".join(topics)

    def told():
        query = sa.select(tables.events.c.detail).where(tables.events.c.kind == "Subscription")
        rows = transact(lambda tx: tx.execute(query.order_by(tables.events.c.at)).all())
        details = [json.loads(row.detail) for row in rows]
        return [
            (one["source"], short(one["oldTopicPreferences"]), short(one["newTopicPreferences"])) for one in details
        ]

    return told


class Seen(HTMLParser):
    """What the page asks: checked topics, buttons; and anything that would be loaded or run."""

    def __init__(self, text):
        super().__init__()
        self.checked, self.buttons, self.loaded, self.labels = [], [], [], 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if tag == "input" and "checked" in values:
            self.checked.append(values["value"])
        if tag == "button":
            self.buttons.append(values["value"])
        if tag == "label":
            self.labels += 1
        if tag in ("script", "img", "link", "iframe", "object") or "src" in values or "onclick" in values:
            self.loaded.append(tag)


# -- one click ---------------------------------------------------------------------------------------------------------


def test_one_click_leaves_the_topic_and_tells_once(ask, link_to, wants, told):
    link = link_to("News")
    status, headers, _ = ask(link, "POST", ONE_CLICK)
    assert status == 200 and "location" not in headers and "set-cookie" not in headers
    assert wants() == (False, {"News": Status.OPT_OUT})
    ask(link, "POST", ONE_CLICK)
    assert told() == [("UnsubscribeHeader", "News", "")]


@pytest.mark.parametrize("topic", ["", "Gone"])
def test_one_click_without_a_topic_leaves_everything(ask, link_to, wants, told, transact, topic):
    """So does a topic that the list had when the message was sent."""
    if topic:
        gone = Topic(name="Gone", display_name="Gone", default=Status.OPT_IN)
        transact(contact_lists.update, ACCOUNT, REGION, "customers", topics=(gone,), description=None)
    link = link_to(topic)
    transact(contact_lists.update, ACCOUNT, REGION, "customers", topics=TOPICS, description=None)
    assert ask(link, "POST", ONE_CLICK)[0] == 200
    assert wants() == (True, {}) and told() == [("UnsubscribeHeader", "News", "none")]


def test_one_click_comes_as_multipart_too(ask, link_to, wants):
    """RFC 8058 3.2: providers may send either encoding."""
    boundary = "x" * 20
    head = 'Content-Disposition: form-data; name="List-Unsubscribe"'
    body = f"--{boundary}\r\n{head}\r\n\r\nOne-Click\r\n--{boundary}--\r\n"
    link = link_to("News")
    assert ask(link, "POST", body.encode(), Content_Type=f"multipart/form-data; boundary={boundary}")[0] == 200
    assert wants() == (False, {"News": Status.OPT_OUT})


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_whoever_only_looks_changes_nothing(ask, link_to, wants, told, method):
    link = link_to("News")
    for query in ("", "?List-Unsubscribe=One-Click", "?action=leave"):
        assert ask(link, method, query=query)[0] == 200
    assert ask(link, "PUT", ONE_CLICK)[0] == 405
    assert ask(link, "POST", b"")[0] == ask(link, "POST", b"action=else")[0] == 400
    assert wants() == (False, {}) and told() == []


def test_a_link_that_is_not_ours_does_nothing(ask, link_to, links, wants, told):
    link = link_to("News")
    forged = SubscriptionLinks(b"o" * 32).token(link)
    for token in (forged, links.token(link)[:-1], "", "x", "%00", "a" * 5000, "../../metrics"):
        assert ask(token, "POST", ONE_CLICK)[0] in (400, 404), token
    assert wants() == (False, {}) and told() == []


def test_one_link_does_not_work_without_end(ask, link_to, told):
    link, other = link_to("News"), link_to("Offers")
    answers = [ask(link) for _ in range(31)]
    assert [status for status, _, _ in answers] == [200] * 30 + [429]
    assert int(answers[-1][1]["retry-after"]) > 0 and ask(other)[0] == 200


def test_one_message_leads_to_a_bounded_number_of_events(transact, link_to, told):
    link = link_to("News")

    def toggle(tx):
        settings = Settings()
        for number in range(subscription_choices.MOST_EVENTS + 10):
            status = Status.OPT_OUT if number % 2 == 0 else Status.OPT_IN
            subscription_choices.change(
                tx,
                settings,
                link,
                subscription_choices.Source.PAGE,
                lambda choice, status=status: choice.wants.merged({"News": status}, unsubscribed=False),
            )

    transact(toggle)
    assert len(told()) == subscription_choices.MOST_EVENTS


# -- the page ----------------------------------------------------------------------------------------------------------


def test_the_page_shows_what_he_gets_and_nothing_of_others(ask, link_to):
    status, headers, text = ask(link_to("News"))
    seen = Seen(text)
    assert status == 200 and seen.checked == ["News"] and seen.buttons == ["save", "leave"]
    assert seen.labels == 2 and seen.loaded == [] and "http" not in text
    assert "News &amp; &lt;b&gt;more&lt;/b&gt;" in text and READER in text and "example.com" in text
    assert "default-src 'none'" in headers["content-security-policy"] and headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer" and "set-cookie" not in headers


@pytest.mark.parametrize(
    ("accepted", "query", "language"),
    [("ja,en;q=0.5", "", "ja"), ("de", "", "en"), ("", "", "en"), ("ja", "?lang=en", "en"), ("en", "?lang=ja", "ja")],
)
def test_the_page_speaks_the_readers_language(ask, link_to, accepted, query, language):
    _, headers, text = ask(link_to("News"), query=query, Accept_Language=accepted)
    assert headers["content-language"] == language and f'<html lang="{language}">' in text
    assert ("メール配信の設定" in text) == (language == "ja")
    other = "en" if language == "ja" else "ja"
    assert f'href="?lang={other}"' in text


def choose(ask, link, action, *topics):
    body = urlencode([("topic", topic) for topic in topics] + [("action", action)]).encode()
    status, headers, _ = ask(link, "POST", body, query="?lang=ja")
    assert (status, headers["location"]) == (303, "?lang=ja&saved=1")
    _, _, text = ask(link, query=headers["location"])
    assert "設定を保存しました" in text
    return Seen(text)


def test_a_choice_is_kept_told_and_shown(ask, link_to, wants, told):
    link = link_to("News")
    assert choose(ask, link, "save", "Offers").checked == ["Offers"]
    assert wants() == (False, {"News": Status.OPT_OUT, "Offers": Status.OPT_IN})
    seen = choose(ask, link, "leave")
    assert (seen.checked, seen.buttons) == ([], ["save"]) and wants()[0]
    assert choose(ask, link, "save", "News").checked == ["News"]
    assert wants() == (False, {"News": Status.OPT_IN, "Offers": Status.OPT_OUT})
    assert told() == [
        ("PreferencePage", "News", "Offers"),
        ("PreferencePage", "Offers", "none"),
        ("PreferencePage", "none", "News"),
    ]


def test_a_page_that_is_saved_as_it_stands_says_nothing(ask, link_to, wants, told):
    choose(ask, link_to("News"), "save", "News")
    assert wants() == (False, {}) and told() == []


def test_topics_that_the_list_does_not_have_are_not_kept(ask, link_to, wants):
    choose(ask, link_to("News"), "save", "News", "Sports", "'; DROP TABLE contacts")
    assert wants() == (False, {})


def test_a_list_without_topics_can_be_left_and_come_back_to(ask, link_to, transact, wants):
    transact(contact_lists.update, ACCOUNT, REGION, "customers", topics=(), description=None)
    link = link_to("")
    assert Seen(ask(link)[2]).buttons == ["leave"]
    assert choose(ask, link, "leave").buttons == ["return"] and wants()[0]
    assert choose(ask, link, "return").buttons == ["leave"] and not wants()[0]


def test_a_contact_that_was_deleted_stays_unsubscribed_by_his_link(ask, link_to, transact, wants):
    link = link_to("News")
    found = transact(contact_lists.get, ACCOUNT, REGION, "customers")
    transact(contacts.delete, found, READER)
    assert ask(link, "POST", ONE_CLICK)[0] == 200
    assert wants() == (False, {"News": Status.OPT_OUT})


def test_a_link_outlives_its_message_and_says_so_where_the_list_is_gone(ask, link_to, transact, wants, told):
    link = link_to("News")
    transact(lambda tx: tx.execute(sa.delete(tables.messages)))
    assert ask(link, "POST", ONE_CLICK)[0] == 200
    assert wants() == (False, {"News": Status.OPT_OUT}) and told() == []
    transact(contact_lists.delete, ACCOUNT, REGION, "customers")
    assert ask(link)[0] == 404 and ask(link, "POST", ONE_CLICK)[0] == 200


# -- by mail -----------------------------------------------------------------------------------------------------------


def test_mail_to_the_address_in_the_message_unsubscribes(transact, links, link_to, wants, told):
    link = link_to("News")
    inbound = Inbound(names, "tayori.test", RETURN_PATHS, subscriptions=links)
    route = transact(inbound.route, AddrSpec(links.mailbox(link.message_id), "tayori.test"))
    assert (route.purpose, route.message_id) == (InboundPurpose.UNSUBSCRIBE, link.message_id)
    message = InboundMessage(
        routes=(route,),
        reverse_path=ReversePath.of(AddrSpec.parse(READER)),
        content=b"Subject: unsubscribe\r\n\r\n",
        source_ip="192.0.2.1",
        helo="mx.inbox.test",
        tls=None,
    )
    transact(inbound.record, [Received(inbound_ids=("one",), message=message, reports=())])
    assert wants() == (False, {"News": Status.OPT_OUT}) and told() == [("UnsubscribeHeader", "News", "")]
    kept = transact(lambda tx: tx.execute(sa.select(tables.inbound_messages)).all())
    assert kept == [], "it is no letter that somebody has to read"


def test_an_address_that_is_not_ours_or_too_old_is_refused(transact, links, link_to):
    link = link_to("News")
    inbound = Inbound(names, "tayori.test", RETURN_PATHS, subscriptions=links)
    forged = SubscriptionLinks(b"o" * 32).mailbox(link.message_id)
    unknown = links.mailbox(re.sub("^0100", "0101", link.message_id))
    for local in (forged, unknown, "unsubscribe-"):
        assert transact(inbound.route, AddrSpec(local, "tayori.test")) is NotTaken.NO_SUCH_ADDRESS
    elsewhere = transact(inbound.route, AddrSpec(links.mailbox(link.message_id), "elsewhere.test"))
    assert elsewhere is NotTaken.NOT_OURS
