"""From a sent message to the application's endpoint: what happened to it arrives there, signed by SNS's rules."""

import base64
import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from service import Service

from tayori.testing import until

SENDER = "news@shop.test"


class App:
    """An application's endpoint, as it stands in SNS's documents: confirms, and keeps what it gets."""

    def __init__(self) -> None:
        self.messages: list[tuple[dict[str, str], dict[str, Any]]] = []
        self.url = ""
        self.broken = False

    def take(self, headers: dict[str, str], body: bytes) -> int:
        if self.broken:
            return 503
        self.messages.append((headers, json.loads(body)))
        return 200

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        return [body for headers, body in self.messages if headers.get("x-amz-sns-message-type") == kind]

    def events(self, message_id: str) -> dict[str, dict[str, Any]]:
        """By kind, what was told of a message."""
        told = [json.loads(body["Message"]) for body in self.of_type("Notification") if body["Message"][:1] == "{"]
        return {
            one.get("eventType") or one["notificationType"]: one
            for one in told
            if one.get("mail", {}).get("messageId") == message_id
        }

    def wait_for_event(self, message_id: str, kind: str) -> dict[str, Any]:
        return until(lambda: self.events(message_id).get(kind), f"{kind} of {message_id} at the endpoint", 30)


@contextmanager
def application() -> Iterator[App]:
    app = App()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(app.take({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    app.url = f"http://127.0.0.1:{server.server_port}/sns"
    try:
        yield app
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    with application() as app:
        yield app


@pytest.fixture(scope="module")
def topic(service: Service, app: App) -> str:
    """A topic with the application's endpoint as its confirmed subscriber."""
    return subscribed(service, app, "feedback")


def subscribed(service: Service, app: App, name: str) -> str:
    sns = service.client("sns")
    arn = str(sns.create_topic(Name=name)["TopicArn"])
    sns.subscribe(TopicArn=arn, Protocol="http", Endpoint=app.url)

    def asked() -> dict[str, Any] | None:
        return next((one for one in app.of_type("SubscriptionConfirmation") if one["TopicArn"] == arn), None)

    confirmation = until(asked, "the question whether to subscribe", 30)
    verify(confirmation)
    with urllib.request.urlopen(confirmation["SubscribeURL"], timeout=10) as answer:
        assert b"SubscriptionArn" in answer.read()
    return arn


@pytest.fixture(scope="module")
def publishing(service: Service, topic: str) -> str:
    """A configuration set whose events go to the topic."""
    client = service.client()
    client.create_configuration_set(ConfigurationSetName="told")
    client.create_configuration_set_event_destination(
        ConfigurationSetName="told",
        EventDestinationName="app",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["SEND", "DELIVERY", "BOUNCE", "COMPLAINT", "DELIVERY_DELAY"],
            "SnsDestination": {"TopicArn": topic},
        },
    )
    return "told"


def verify(message: dict[str, Any]) -> None:
    """As SNS's documents say, with the certificate from where the message says."""
    names = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
    if message["Type"] != "Notification":
        names = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    text = "".join(f"{name}\n{message[name]}\n" for name in names if name in message)
    with urllib.request.urlopen(message["SigningCertURL"], timeout=10) as answer:
        certificate = x509.load_pem_x509_certificate(answer.read())
    digest = {"1": hashes.SHA1(), "2": hashes.SHA256()}[message["SignatureVersion"]]
    key: Any = certificate.public_key()
    key.verify(base64.b64decode(message["Signature"]), text.encode(), padding.PKCS1v15(), digest)


def test_a_delivery_and_a_bounce_arrive_at_the_endpoint(service, app, publishing, topic):
    delivered = service.send(
        "a@inbox.test", sender=SENDER, ConfigurationSetName=publishing, EmailTags=[{"Name": "campaign", "Value": "x"}]
    )
    bounced = service.send("nobody@unknown.test", sender=SENDER, ConfigurationSetName=publishing)
    delivery = app.wait_for_event(delivered, "Delivery")
    assert delivery["mail"]["destination"] == ["a@inbox.test"]
    assert delivery["mail"]["tags"]["campaign"] == ["x"]
    assert delivery["mail"]["tags"]["ses:configuration-set"] == ["told"]
    assert delivery["mail"]["tags"]["ses:outgoing-ip"]
    assert delivery["mail"]["commonHeaders"]["subject"] == "Hello"
    assert delivery["delivery"]["recipients"] == ["a@inbox.test"]
    bounce = app.wait_for_event(bounced, "Bounce")
    assert bounce["bounce"]["bounceType"] == "Permanent"
    assert bounce["bounce"]["bouncedRecipients"][0]["emailAddress"] == "nobody@unknown.test"
    assert set(app.events(delivered)) == {"Send", "Delivery"}
    assert set(app.events(bounced)) == {"Send", "Bounce"}
    for message in app.of_type("Notification"):
        verify(message)
    headers, message = next(pair for pair in app.messages if delivered in pair[1]["Message"])
    assert message["Subject"] == "Amazon SES Email Event Notification"
    assert message["TopicArn"] == headers["x-amz-sns-topic-arn"] == topic
    assert message["MessageId"] == headers["x-amz-sns-message-id"]
    assert message["UnsubscribeURL"].endswith(headers["x-amz-sns-subscription-arn"])


def test_what_an_endpoint_missed_arrives_once_it_works_again(service, app, publishing):
    app.broken = True
    message_id = service.send("later@inbox.test", sender=SENDER, ConfigurationSetName=publishing)
    until(lambda: len(service.events("notification_not_sent")) >= 3, "a few tries", 30)
    app.broken = False
    app.wait_for_event(message_id, "Delivery")


def test_the_topic_of_an_identity_gets_what_happens_to_its_mail(service, app, topic):
    ses = service.client("ses")
    ses.set_identity_notification_topic(Identity="shop.test", NotificationType="Delivery", SnsTopic=topic)
    ses.set_identity_headers_in_notifications_enabled(Identity="shop.test", NotificationType="Delivery", Enabled=True)
    message_id = service.send("plain@inbox.test", sender=SENDER)
    told = app.wait_for_event(message_id, "Delivery")
    assert told["notificationType"] == "Delivery" and "tags" not in told["mail"]
    assert told["mail"]["callerIdentity"] and told["mail"]["sourceIp"]
    assert told["mail"]["commonHeaders"]["from"] == [SENDER]
    ses.set_identity_notification_topic(Identity="shop.test", NotificationType="Delivery")


def test_a_bounce_comes_back_by_mail_to_who_asked_for_it(service):
    service.client().create_email_identity(EmailIdentity="back@inbox.test")
    message_id = service.send(
        "nobody@unknown.test", sender=SENDER, FeedbackForwardingEmailAddress="back@inbox.test", subject="Lost"
    )
    mails = service.rehearsal.wait_for_mail("back@inbox.test", count=2)  # the first asked to verify the address
    (mail,) = (one for one in mails if one.message["From"] == "MAILER-DAEMON@tayori.test")
    assert mail.message["Subject"] == "Delivery Status Notification (Failure)"
    assert mail.message.get_content_type() == "multipart/report"
    _, report, header = mail.message.iter_parts()
    assert report.get_payload()[0]["Original-Envelope-Id"] == message_id
    assert report.get_payload()[1]["Final-Recipient"] == "rfc822; nobody@unknown.test"
    assert "Subject: Lost" in header.get_payload()


def test_a_complaint_arrives_where_the_provider_tells_of_it_and_suppresses_the_address(service, app, publishing):
    """A provider with a feedback loop redacts who complained; one without tells nobody."""
    sent = {domain: f"reader@{domain}" for domain in ("fbl.test", "nofbl.test")}
    ids = {}
    for domain, reader in sent.items():
        ids[domain] = service.send(reader, sender=SENDER, ConfigurationSetName=publishing)
        (mail,) = service.rehearsal.wait_for_mail(reader)
        service.rehearsal.call("POST", f"messages/{mail.id}/report-spam")
    complaint = app.wait_for_event(ids["fbl.test"], "Complaint")
    assert complaint["complaint"]["complainedRecipients"] == [{"emailAddress": sent["fbl.test"]}]
    assert complaint["complaint"]["complaintFeedbackType"] == "abuse"
    assert complaint["complaint"]["userAgent"] == "TayoriRehearsal/1.0"
    assert complaint["complaint"]["arrivalDate"].endswith("Z")
    assert complaint["mail"]["destination"] == [sent["fbl.test"]]
    client = service.client()
    listed = client.get_suppressed_destination(EmailAddress=sent["fbl.test"])["SuppressedDestination"]
    assert (listed["Reason"], listed["Attributes"]["MessageId"]) == ("COMPLAINT", ids["fbl.test"])
    again = service.send(sent["fbl.test"], sender=SENDER, ConfigurationSetName=publishing)
    assert app.wait_for_event(again, "Complaint")["complaint"]["complaintSubType"] == "OnAccountSuppressionList"
    assert "Complaint" not in app.events(ids["nofbl.test"])
    with pytest.raises(client.exceptions.NotFoundException):
        client.get_suppressed_destination(EmailAddress=sent["nofbl.test"])
