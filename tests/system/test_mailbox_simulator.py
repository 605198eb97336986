"""The mailbox simulator as a user in the sandbox meets it: boto3 and SMTP in, signed notifications out."""

from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest
from botocore.exceptions import ClientError
from service import Service, message, running
from test_events import App, application, subscribed, verify

from tayori.model.content_scan import EICAR
from tayori.testing import until

SENDER = "news@shop.test"
AT = "@simulator.amazonses.com"
EVERYTHING = ["SEND", "REJECT", "DELIVERY", "BOUNCE", "COMPLAINT", "DELIVERY_DELAY"]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """An account in the sandbox, with a verified domain and one verified address to write to."""
    with running(tmp_path_factory.mktemp("service")) as service:
        service.rehearsal.settings(verify_identities_at_once=True)
        service.add_domain("shop.test")
        service.client().create_email_identity(EmailIdentity="back@inbox.test")
        yield service


@pytest.fixture(scope="module")
def app(service: Service) -> Iterator[App]:
    """An application that is told of everything that happens to mail under the configuration set `told`."""
    with application() as app:
        topic = subscribed(service, app, "simulated")
        client = service.client()
        client.create_configuration_set(ConfigurationSetName="told")
        client.create_configuration_set_event_destination(
            ConfigurationSetName="told",
            EventDestinationName="app",
            EventDestination={
                "Enabled": True,
                "MatchingEventTypes": EVERYTHING,
                "SnsDestination": {"TopicArn": topic},
            },
        )
        yield app


def patiently(send: Callable[[], Any]) -> Any:
    """In the sandbox it is one message a second."""

    def once() -> Any:
        try:
            return send()
        except ClientError as refusal:
            if refusal.response["Error"]["Code"] not in ("TooManyRequestsException", "Throttling"):
                raise
            return None

    return until(once, "a place in the send rate", 30)


def send(service: Service, *to: str, content: dict[str, Any] | None = None, **options: Any) -> str:
    simple = {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello."}}}
    return str(
        patiently(
            lambda: service.client().send_email(
                FromEmailAddress=SENDER,
                Destination={"ToAddresses": list(to)},
                Content=content or {"Simple": simple},
                ConfigurationSetName="told",
                **options,
            )
        )["MessageId"]
    )


def bounced(told: dict[str, Any]) -> tuple[str, str, list[dict[str, str]]]:
    bounce = told["bounce"]
    return bounce["bounceType"], bounce["bounceSubType"], bounce["bouncedRecipients"]


def states(service: Service, message_id: str) -> list[str]:
    return [one["state"] for one in service.timeline(message_id)["recipients"]]


def test_success(service: Service, app: App) -> None:
    message_id = send(service, f"Success+Label{AT}")
    told = app.wait_for_event(message_id, "Delivery")
    assert told["delivery"]["recipients"] == [f"Success+Label{AT}"]
    assert told["delivery"]["smtpResponse"] == "250 2.6.0 Message received"
    assert set(app.events(message_id)) == {"Send", "Delivery"}
    (attempt,) = service.timeline(message_id)["attempts"]
    assert (attempt["outcome"], attempt["host"]) == ("delivered", "simulator.amazonses.com")
    assert attempt["detail"]["signatures"]
    for notification in app.of_type("Notification"):
        verify(notification)


def test_bounce(service: Service, app: App) -> None:
    message_id = send(service, f"bounce+1{AT}")
    recipient = {
        "emailAddress": f"bounce+1{AT}",
        "action": "failed",
        "status": "5.1.1",
        "diagnosticCode": "smtp; 550 5.1.1 user unknown",
    }
    assert bounced(app.wait_for_event(message_id, "Bounce")) == ("Permanent", "General", [recipient])
    assert set(app.events(message_id)) == {"Send", "Bounce"}


def test_out_of_the_office(service: Service, app: App) -> None:
    message_id = send(service, f"ooto{AT}", FeedbackForwardingEmailAddress="back@inbox.test")
    told = app.wait_for_event(message_id, "Bounce")
    assert bounced(told) == ("Transient", "General", [{"emailAddress": f"ooto{AT}"}])
    assert set(app.events(message_id)) == {"Send", "Delivery", "Bounce"}
    mails = service.rehearsal.wait_for_mail("back@inbox.test", count=2)  # the first asked to verify the address
    (mail,) = (one for one in mails if one.message["From"] == "MAILER-DAEMON@tayori.test")
    assert f"ooto{AT}" in mail.message.as_string()


def test_complaint(service: Service, app: App) -> None:
    message_id = send(service, f"complaint{AT}")
    complaint = app.wait_for_event(message_id, "Complaint")["complaint"]
    assert complaint["complainedRecipients"] == [{"emailAddress": f"complaint{AT}"}]
    assert (complaint["complaintFeedbackType"], complaint["complaintSubType"]) == ("abuse", None)
    assert set(app.events(message_id)) == {"Send", "Delivery", "Complaint"}
    events = service.timeline(message_id)["events"]
    assert [one["type"] for one in events] == ["Send", "Delivery", "Complaint"]


def test_suppression_list(service: Service, app: App) -> None:
    message_id = send(service, f"suppressionlist{AT}")
    kind, sub_type, (recipient,) = bounced(app.wait_for_event(message_id, "Bounce"))
    assert (kind, sub_type, recipient["emailAddress"]) == ("Permanent", "Suppressed", f"suppressionlist{AT}")
    assert set(app.events(message_id)) == {"Send", "Bounce"}


def test_version_1_and_smtp(service: Service, app: App) -> None:
    client = service.client("ses")
    body = {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello."}}}
    simple = patiently(
        lambda: client.send_email(
            Source=SENDER,
            Destination={"ToAddresses": [f"bounce{AT}"]},
            Message=body,
            ConfigurationSetName="told",
        )
    )["MessageId"]
    raw = message(f"complaint{AT}", sender=SENDER)
    whole = patiently(lambda: client.send_raw_email(RawMessage={"Data": raw.as_bytes()}, ConfigurationSetName="told"))[
        "MessageId"
    ]

    def over_smtp() -> str | None:
        made = message(f"bounce{AT}", sender=SENDER)
        made["X-SES-CONFIGURATION-SET"] = "told"
        with service.smtp() as session:
            session.mail(SENDER)
            session.rcpt(f"bounce{AT}")
            code, reply = session.data(made.as_bytes())
        assert code in (250, 454), reply
        return reply.decode().removeprefix("Ok ") if code == 250 else None

    by_smtp = until(over_smtp, "a place in the send rate", 30)
    app.wait_for_event(simple, "Bounce")
    app.wait_for_event(whole, "Complaint")
    app.wait_for_event(by_smtp, "Bounce")


def test_the_others_of_a_message_get_it(service: Service, app: App) -> None:
    message_id = send(service, f"bounce{AT}", "back@inbox.test", f"success{AT}")
    app.wait_for_event(message_id, "Bounce")
    until(lambda: states(service, message_id) == ["bounced", "delivered", "delivered"], "all recipients", 30)
    with pytest.raises(ClientError) as refusal:
        patiently(
            lambda: service.client().send_email(
                FromEmailAddress=SENDER,
                Destination={"ToAddresses": [f"success{AT}", "stranger@inbox.test"]},
                Content={"Raw": {"Data": message("x@inbox.test", sender=SENDER).as_bytes()}},
            )
        )
    assert refusal.value.response["Error"]["Code"] == "MessageRejected"
    assert "stranger@inbox.test" in str(refusal.value) and "simulator" not in str(refusal.value)


def test_the_test_file_of_scanners_is_rejected(service: Service, app: App) -> None:
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"], made["Subject"] = SENDER, "back@inbox.test", "Look at this"
    made.set_content("See the attachment.\n")
    made.add_attachment(EICAR, maintype="application", subtype="octet-stream", filename="sample.txt")
    before = len(service.rehearsal.mailbox("back@inbox.test"))
    raw = send(service, "back@inbox.test", content={"Raw": {"Data": made.as_bytes()}})
    attachment = {"RawContent": EICAR, "FileName": "sample.txt", "ContentTransferEncoding": "BASE64"}
    body = {"Subject": {"Data": "Hello"}, "Body": {"Text": {"Data": "Hello."}}, "Attachments": [attachment]}
    simple = send(service, "back@inbox.test", content={"Simple": body})
    for message_id in (raw, simple):
        assert app.wait_for_event(message_id, "Reject")["reject"] == {"reason": "Bad content"}
        assert set(app.events(message_id)) == {"Send", "Reject"}
        assert service.timeline(message_id)["attempts"] == []
        assert service.state(message_id) == "rejected"
    after = send(service, "back@inbox.test")
    service.wait_for_state(after, "delivered")
    assert len(service.rehearsal.mailbox("back@inbox.test")) == before + 1


def test_only_real_mail_has_counted(service: Service) -> None:
    """The tests before this one have written to one real recipient four times, twice what was rejected."""
    account = service.client().get_account()
    assert account["SendQuota"]["SentLast24Hours"] == 4
    points = service.client("ses").get_send_statistics()["SendDataPoints"]
    sums = [sum(point[name] for point in points) for name in ("DeliveryAttempts", "Bounces", "Complaints", "Rejects")]
    assert sums == [4, 0, 0, 2]
    suppressed: Any = service.client().list_suppressed_destinations()
    assert suppressed["SuppressedDestinationSummaries"] == []
