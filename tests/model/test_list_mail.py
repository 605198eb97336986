"""What of list mail is changed, and that the ways out are nobody's to forge."""

import email
from email.message import EmailMessage
from email.policy import SMTP, default

import pytest

from population import submission
from tayori.model import list_mail
from tayori.model.contact_list import ListOption
from tayori.model.errors import Invalid
from tayori.model.list_mail import WaysOut
from tayori.model.subscription_link import SubscriptionLink, SubscriptionLinks, looks_like_mailbox

MESSAGE_ID = "010001919fc4e2a0-1b2c3d4e-5f60-7182-93a4-b5c6d7e8f901-000000"
LINKS = SubscriptionLinks(b"k" * 32)
LINK = SubscriptionLink("111122223333", "us-east-1", "customers", "News", MESSAGE_ID, '"a b"@inbox.test')
WAYS = WaysOut(url="https://mail.example.net/tayori/subscription/token.signature", address="unsubscribe-x@tayori.test")
PLACEHOLDER = "{{amazonSESUnsubscribeUrl}}"


# -- the links ---------------------------------------------------------------------------------------------------------


def test_a_link_says_what_it_stands_for_and_cannot_be_changed():
    token = LINKS.token(LINK)
    assert LINKS.read(token) == LINK
    claim, _, signature = token.partition(".")
    other = SubscriptionLinks(b"o" * 32).token(LINK)
    victim = LINKS.token(SubscriptionLink(*"111122223333 us-east-1 customers News".split(), MESSAGE_ID, "b@inbox.test"))
    forged = [
        other,
        f"{victim.partition('.')[0]}.{signature}",
        token[:-1],
        token + "A",
        token.swapcase(),
        f"{claim}=.{signature}",
        claim,
        "",
        "." + signature,
        "é" * 40,
        "A" * 3000,
    ]
    assert [LINKS.read(one) for one in forged] == [None] * len(forged)


def test_an_address_names_its_message_and_cannot_be_changed():
    local = LINKS.mailbox(MESSAGE_ID)
    assert len(local) == 64 and local.islower() and looks_like_mailbox(local)
    assert LINKS.read_mailbox(local) == LINKS.read_mailbox(local.upper()) == MESSAGE_ID
    changed = local[:20] + ("a" if local[20] != "a" else "b") + local[21:]
    for forged in (changed, SubscriptionLinks(b"o" * 32).mailbox(MESSAGE_ID), local[:-1], "unsubscribe-" + "a" * 52):
        assert LINKS.read_mailbox(forged) is None and looks_like_mailbox(forged)
    assert not looks_like_mailbox("unsubscribe")


@pytest.mark.parametrize(
    ("value", "option"),
    [
        ("customers; topic=News", ListOption(contact_list="customers", topic="News")),
        (" customers ", ListOption(contact_list="customers")),
        ("customers;topic=News;", ListOption(contact_list="customers", topic="News")),
        ("contactListName=customers; topicName=News", ListOption(contact_list="customers", topic="News")),
        ("", None),
    ],
)
def test_the_header_is_read(value, option):
    assert ListOption.parse(value) == option


@pytest.mark.parametrize("value", ["; topic=News", "customers; News", "customers; topic=a; topic=b", "a; list=b"])
def test_a_header_that_says_something_else_is_refused(value):
    with pytest.raises(Invalid):
        ListOption.parse(value)


# -- the message -------------------------------------------------------------------------------------------------------


def changed(content):
    done = list_mail.with_ways_out(submission("reader@inbox.test", content=content), WAYS).content
    return done, email.message_from_bytes(done, policy=default)


def text(part):
    return part.get_content().replace("\r\n", "\n")


def made(text, html=None, **options):
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = "news@example.com", "reader@inbox.test", "hello"
    mail["List-Unsubscribe"] = "<https://elsewhere.test/>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=Never"
    mail.set_content(text, **options)
    if html is not None:
        mail.add_alternative(html, subtype="html", **options)
    return mail


def test_the_senders_ways_out_give_way_to_ours():
    done, mail = changed(made("Hello.\n").as_bytes())
    targets = f"<{WAYS.url}>, <mailto:{WAYS.address}?subject=unsubscribe>"
    assert mail.get_all("List-Unsubscribe") == [targets]
    assert mail.get_all("List-Unsubscribe-Post") == ["List-Unsubscribe=One-Click"]
    assert b"elsewhere" not in done and text(mail) == "Hello.\n"
    assert max(len(line) for line in done.split(b"\r\n")) <= 998


@pytest.mark.parametrize("options", [{"cte": "7bit"}, {"cte": "quoted-printable"}, {"cte": "base64"}])
def test_the_placeholder_becomes_the_link_in_text_and_html(options):
    html = f'<p>x</p><a href="{PLACEHOLDER}">out</a>\n'
    _, mail = changed(made(f"Out: {PLACEHOLDER}\n", html, **options).as_bytes())
    assert mail.get_body(("plain",)).get_content().split() == ["Out:", WAYS.url]
    assert text(mail.get_body(("html",))) == f'<p>x</p><a href="{WAYS.url}">out</a>\n'


def test_the_placeholder_is_replaced_at_most_twice():
    _, mail = changed(made(f"1 {PLACEHOLDER}\n2 {PLACEHOLDER}\n3 {PLACEHOLDER}\n").as_bytes())
    assert text(mail) == f"1 {WAYS.url}\n2 {WAYS.url}\n3 {PLACEHOLDER}\n"


def test_japanese_in_an_old_charset_keeps_its_characters():
    html = f'<p>配信停止は<a href="{PLACEHOLDER}">こちら</a></p>\n'
    _, mail = changed(made("春です。\n", html, charset="iso-2022-jp", cte="7bit").as_bytes())
    assert text(mail.get_body(("html",))) == html.replace(PLACEHOLDER, WAYS.url)


def test_what_is_attached_or_forwarded_stays_as_it_is():
    mail = made(f"{PLACEHOLDER}\n")
    mail.add_attachment(PLACEHOLDER, filename="a.txt")
    forwarded = made(f"{PLACEHOLDER}\n")
    mail.add_attachment(forwarded)
    done, _ = changed(mail.as_bytes())
    assert done.count(PLACEHOLDER.encode()) == 2 and done.count(WAYS.url.encode()) == 2  # one in the header


def test_mail_that_another_has_signed_stays_as_it_is():
    mail = made(f"{PLACEHOLDER}\n")
    mail["DKIM-Signature"] = "v=1; d=example.com"
    content = mail.as_bytes()
    assert changed(content)[0] == content
