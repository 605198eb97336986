"""From list mail to the recipient's choice and back: seen by his mailbox, his mail program and the application."""

import http.client
import re
import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any
from urllib.parse import urlsplit

import dkim
import pytest
from service import Service, check_authentic, message_id_of
from test_events import App, application, subscribed
from test_sending import txt

from tayori.testing import ReceivedMail

SENDER, LIST = "news@shop.test", "customers"
TEXT = "春の新着情報です。\n配信停止: {{amazonSESUnsubscribeUrl}}\n"
HTML = '<html><body><p>春の新着情報です。</p><a href="{{amazonSESUnsubscribeUrl}}">配信停止</a></body></html>\n'


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    with application() as app:
        yield app


@pytest.fixture(scope="module")
def options(service: Service, app: App) -> dict[str, Any]:
    """What is sent with each message: a configuration set that tells the application, and a list with a topic."""
    client, topic = service.client(), subscribed(service, app, "lists")
    client.create_configuration_set(ConfigurationSetName="told")
    client.create_configuration_set_event_destination(
        ConfigurationSetName="told",
        EventDestinationName="app",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["DELIVERY", "BOUNCE", "SUBSCRIPTION", "CLICK"],
            "SnsDestination": {"TopicArn": topic},
        },
    )
    news = {"TopicName": "News", "DisplayName": "新着情報", "DefaultSubscriptionStatus": "OPT_IN"}
    client.create_contact_list(ContactListName=LIST, Topics=[news])
    management = {"ContactListName": LIST, "TopicName": "News"}
    return {"ConfigurationSetName": "told", "ListManagementOptions": management}


def send(service: Service, to: str, options: dict[str, Any]) -> str:
    content = {"Subject": {"Data": "新着情報"}, "Body": {"Text": {"Data": TEXT}, "Html": {"Data": HTML}}}
    answer = service.client().send_email(
        FromEmailAddress=SENDER, Destination={"ToAddresses": [to]}, Content={"Simple": content}, **options
    )
    return str(answer["MessageId"])


def ways_out(mail: ReceivedMail) -> tuple[str, str]:
    """The link and the address of List-Unsubscribe."""
    found = re.fullmatch(
        r"<(https?://[^>]+)>, <mailto:([^?>]+)\?subject=unsubscribe>", mail.message["List-Unsubscribe"]
    )
    assert found is not None
    return found[1], found[2]


def request(method: str, url: str, body: str | None = None) -> tuple[int, str]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=10)
    form = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    connection.request(method, parts.path, body, form | {"Accept-Language": "ja"})
    answer = connection.getresponse()
    found = answer.status, answer.read().decode()
    connection.close()
    return found


def bounced(service: Service, message_id: str) -> str:
    return str(service.wait_for_event(message_id, "Bounce")["detail"]["bounceSubType"])


def test_one_click_ends_the_topic_and_the_next_mail_bounces(
    service: Service, app: App, options: dict[str, Any]
) -> None:
    sent = send(service, "hana@inbox.test", options)
    (mail,) = service.rehearsal.wait_for_mail("hana@inbox.test")
    check_authentic(mail)
    assert dkim.verify(mail.raw, dnsfunc=lambda name, timeout=5: txt(service, name.decode().rstrip(".")))
    signed = re.search(rb"\bh=([^;]+);", mail.raw.replace(b"\r\n", b""))
    assert signed and {b"list-unsubscribe", b"list-unsubscribe-post"} <= {
        one.strip().lower() for one in signed[1].split(b":")
    }
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    url, _ = ways_out(mail)
    for kind in ("plain", "html"):
        body = mail.message.get_body((kind,))
        assert body is not None and url in body.get_content() and "amazonSES" not in body.get_content()

    status, page = request("GET", url)
    assert status == 200 and "新着情報" in page and "hana@inbox.test" in page
    assert service.state(send(service, "hana@inbox.test", options)) != "suppressed", "who looks changes nothing"

    assert request("POST", url, "List-Unsubscribe=One-Click")[0] == 200
    told = app.wait_for_event(sent, "Subscription")
    assert told["subscription"]["contactList"] == LIST and told["subscription"]["source"] == "UnsubscribeHeader"
    for when, status_then in (("old", "OptIn"), ("new", "OptOut")):
        assert told["subscription"][f"{when}TopicPreferences"] == {
            "unsubscribeAll": False,
            "topicSubscriptionStatus": [{"topicName": "News", "subscriptionStatus": status_then}],
        }
    assert told["mail"]["destination"] == ["hana@inbox.test"]
    contact = service.client().get_contact(ContactListName=LIST, EmailAddress="hana@inbox.test")
    assert contact["TopicPreferences"] == [{"TopicName": "News", "SubscriptionStatus": "OPT_OUT"}]

    after = send(service, "hana@inbox.test", options)
    assert bounced(service, after) == "UnsubscribedRecipient"
    assert app.wait_for_event(after, "Bounce")["bounce"]["bounceSubType"] == "UnsubscribedRecipient"
    assert service.state(after) == "suppressed"
    assert "Subscription" in service.tayori("message", "show", sent)


def test_mail_to_the_address_unsubscribes_too(service: Service, options: dict[str, Any]) -> None:
    """What a mail program does that knows no one-click; the message came in over SMTP."""
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"], made["Subject"] = SENDER, "taro@inbox.test", "News"
    made["X-SES-LIST-MANAGEMENT-OPTIONS"] = f"{LIST}; topic=News"
    made.set_content("Hello.")
    with service.smtp() as session:
        session.send_message(made)
    (mail,) = service.rehearsal.wait_for_mail("taro@inbox.test")
    check_authentic(mail)
    assert mail.message["X-SES-LIST-MANAGEMENT-OPTIONS"] is None
    _, address = ways_out(mail)
    mx = service.env["mx"]
    with smtplib.SMTP(mx["host"], mx["port"], timeout=30) as session:
        session.ehlo("mail.inbox.test")
        session.sendmail("taro@inbox.test", [address], b"Subject: unsubscribe\r\n\r\n")
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            session.sendmail("taro@inbox.test", ["unsubscribe-" + "a" * 52 + "@tayori.test"], b"\r\n")
    service.wait_for_event(message_id_of(mail), "Subscription")
    assert bounced(service, send(service, "taro@inbox.test", options)) == "UnsubscribedRecipient"
