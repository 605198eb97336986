"""The object of each of the ten kinds of events, field for field as SES's documents have it."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tayori.mail.address import AddrSpec
from tayori.mail.reply import Reply
from tayori.model import event
from tayori.model.bounce import PERMANENT, TRANSIENT
from tayori.model.event import EventKind, TopicPreferences, Visit
from tayori.model.message import AttemptFacts, Decision, DeliveryState, Outcome, OutcomeKind, Reason, RecipientResult
from tayori.model.ses_event import MailFacts, Sink, record

NOW = datetime(2017, 8, 9, 22, 0, 19, 652999, tzinfo=UTC)
THEN = "2017-08-09T22:00:19.652Z"
MAIL = MailFacts(
    message_id="010001926d8e7f15-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000",
    account_id="111111111111",
    accepted_at=NOW,
    from_address="sender@example.com",
    source_arn="arn:aws:ses:us-east-1:111111111111:identity/sender@example.com",
    source_ip="192.0.2.0",
    caller_arn="arn:aws:iam::111111111111:user/ses_user",
    operation="SendEmail",
    recipients=("recipient@example.com",),
    configuration_set="ConfigSet",
)


def told(kind, detail):
    found = json.loads(record(kind, detail, MAIL, Sink.EVENT_PUBLISHING))
    assert found.pop("eventType") == kind.value
    assert found.pop("mail")["messageId"] == MAIL.message_id
    return found


def result(outcome, state):
    address = AddrSpec("recipient", "example.com")
    return RecipientResult(ordinal=0, address=address, outcome=outcome, decision=Decision(state=state))


def test_send():
    assert told(EventKind.SEND, {}) == {"send": {}}


def test_reject():
    assert told(EventKind.REJECT, event.reject()) == {"reject": {"reason": "Bad content"}}


def test_delivery():
    reply = Reply.of(250, "ok:  Message 64111812 accepted")
    outcome = Outcome(kind=OutcomeKind.DELIVERED, reply=reply)
    facts = AttemptFacts(started_at=NOW, duration_ms=11, address="192.0.2.9")
    delivered = result(outcome, DeliveryState.DELIVERED)
    detail = event.delivery(delivered, facts, accepted_at=NOW, now=NOW, reporting_mta="mta.example.com")
    assert told(EventKind.DELIVERY, detail) == {
        "delivery": {
            "timestamp": THEN,
            "processingTimeMillis": 0,
            "recipients": ["recipient@example.com"],
            "smtpResponse": "250 ok:  Message 64111812 accepted",
            "remoteMtaIp": "192.0.2.9",
            "reportingMTA": "mta.example.com",
        }
    }


def test_bounce():
    recipient = event.bounced_recipient("recipient@example.com", status="5.1.1", diagnostic="smtp; 550 5.1.1 unknown")
    detail = event.bounce(PERMANENT, [recipient], now=NOW, feedback_id="id", reporting_mta="mta.example.com")
    assert told(EventKind.BOUNCE, detail) == {
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [
                {
                    "emailAddress": "recipient@example.com",
                    "action": "failed",
                    "status": "5.1.1",
                    "diagnosticCode": "smtp; 550 5.1.1 unknown",
                }
            ],
            "timestamp": THEN,
            "feedbackId": "id",
            "reportingMTA": "dns; mta.example.com",
        }
    }


def test_a_bounce_that_is_an_automatic_reply_says_nothing_of_a_failure():
    detail = event.bounce(TRANSIENT, [event.absent_recipient("recipient@example.com")], now=NOW, feedback_id="id")
    assert told(EventKind.BOUNCE, detail) == {
        "bounce": {
            "bounceType": "Transient",
            "bounceSubType": "General",
            "bouncedRecipients": [{"emailAddress": "recipient@example.com"}],
            "timestamp": THEN,
            "feedbackId": "id",
        }
    }


def test_what_is_not_known_of_a_bounce_is_left_out():
    assert event.bounced_recipient("a@example.com", status="", diagnostic="") == {
        "emailAddress": "a@example.com",
        "action": "failed",
    }


def test_complaint():
    facts = event.FeedbackFacts(feedback_type="abuse", user_agent="AnyCompany Feedback Loop (V0.01)", arrived_at=NOW)
    detail = event.complaint(["recipient@example.com"], now=NOW, feedback_id="id", facts=facts)
    assert told(EventKind.COMPLAINT, detail) == {
        "complaint": {
            "complainedRecipients": [{"emailAddress": "recipient@example.com"}],
            "timestamp": THEN,
            "feedbackId": "id",
            "complaintSubType": None,
            "userAgent": "AnyCompany Feedback Loop (V0.01)",
            "complaintFeedbackType": "abuse",
            "arrivalDate": THEN,
        }
    }


def test_delivery_delay():
    outcome = Outcome(
        kind=OutcomeKind.DEFERRED, reason=Reason.CONNECTION_TIMEOUT, diagnostic="smtp; 421 4.4.1 Unable to connect"
    )
    deferred = result(outcome, DeliveryState.DEFERRED)
    detail = event.delivery_delay(deferred, expires_at=NOW, now=NOW, reporting_mta="mta.example.com")
    assert told(EventKind.DELIVERY_DELAY, detail) == {
        "deliveryDelay": {
            "timestamp": THEN,
            "delayType": "TransientCommunicationFailure",
            "expirationTime": THEN,
            "delayedRecipients": [
                {
                    "emailAddress": "recipient@example.com",
                    "status": "",
                    "diagnosticCode": "smtp; 421 4.4.1 Unable to connect",
                }
            ],
            "reportingMTA": "mta.example.com",
        }
    }


def test_rendering_failure():
    detail = event.rendering_failure("MyTemplate", "Attribute 'name' is not present in the rendering data.")
    assert told(EventKind.RENDERING_FAILURE, detail) == {
        "failure": {
            "errorMessage": "Attribute 'name' is not present in the rendering data.",
            "templateName": "MyTemplate",
        }
    }


def test_open():
    reader = Visit(at=NOW, ip_address="192.0.2.1", user_agent="Mozilla/5.0")
    assert told(EventKind.OPEN, event.opened(reader)) == {
        "open": {
            "ipAddress": "192.0.2.1",
            "timestamp": THEN,
            "userAgent": "Mozilla/5.0",
            "isBotEvent": "Unlikely",
        }
    }


def test_click():
    reader = Visit(at=NOW, ip_address="192.0.2.1", user_agent="Mozilla/5.0")
    detail = event.clicked(reader, link="https://example.com/?a=b", link_tags={"key": ["value", "other"]})
    assert told(EventKind.CLICK, detail) == {
        "click": {
            "ipAddress": "192.0.2.1",
            "link": "https://example.com/?a=b",
            "linkTags": {"key": ["value", "other"]},
            "timestamp": THEN,
            "userAgent": "Mozilla/5.0",
            "isBotEvent": "Unlikely",
        }
    }
    assert event.clicked(reader, link="https://example.com/", link_tags={})["linkTags"] is None


def test_what_a_program_opened_says_so_in_a_field_that_ses_has_not():
    program = Visit(at=NOW, ip_address="192.0.2.1", user_agent="", machine="scanner", is_bot=True)
    for detail in (event.opened(program), event.clicked(program, link="https://example.com/", link_tags={})):
        assert (detail["tayoriMachine"], detail["isBotEvent"]) == ("scanner", "Likely")


def test_subscription():
    detail = event.subscription(
        "ContactListName",
        source="UnsubscribeHeader",
        now=NOW,
        new=TopicPreferences(unsubscribe_all=True, topics={"News": False}),
        old=TopicPreferences(unsubscribe_all=False, topics={"News": True}),
    )
    assert told(EventKind.SUBSCRIPTION, detail) == {
        "subscription": {
            "contactList": "ContactListName",
            "timestamp": THEN,
            "source": "UnsubscribeHeader",
            "newTopicPreferences": {
                "unsubscribeAll": True,
                "topicSubscriptionStatus": [{"topicName": "News", "subscriptionStatus": "OptOut"}],
            },
            "oldTopicPreferences": {
                "unsubscribeAll": False,
                "topicSubscriptionStatus": [{"topicName": "News", "subscriptionStatus": "OptIn"}],
            },
        }
    }


BOUNCED = {"bounceType": "Permanent", "bouncedRecipients": [], "remoteMtaIp": "192.0.2.9"}
HEADER = (
    b"From: Sender <sender@example.com>\r\nTo: recipient@example.com\r\nSubject: Hello\r\n"
    b"Date: Wed, 27 Jan 2016 14:05:45 +0000\r\nMessage-ID: <id@host>\r\n"
)
OF_MAIL = {
    "timestamp": THEN,
    "source": "sender@example.com",
    "sourceArn": "arn:aws:ses:us-east-1:111111111111:identity/sender@example.com",
    "sourceIp": "192.0.2.0",
    "callerIdentity": "ses_user",
    "sendingAccountId": "111111111111",
    "messageId": MAIL.message_id,
    "destination": ["recipient@example.com"],
}


@pytest.mark.parametrize("kind", [EventKind.BOUNCE, EventKind.COMPLAINT, EventKind.DELIVERY])
def test_the_three_kinds_that_identities_are_told_of(kind):
    """With the caller and without tags; headers only where they are asked for (ses: notification contents)."""
    told = json.loads(record(kind, BOUNCED, MAIL, Sink.IDENTITY))
    assert told == {"notificationType": kind.value, kind.value.lower(): BOUNCED, "mail": OF_MAIL}
    told = json.loads(record(kind, BOUNCED, replace(MAIL, head=HEADER), Sink.IDENTITY_WITH_HEADERS))
    assert told["mail"] == OF_MAIL | {
        "source": "Sender <sender@example.com>",
        "headersTruncated": False,
        "headers": [
            {"name": "From", "value": "Sender <sender@example.com>"},
            {"name": "To", "value": "recipient@example.com"},
            {"name": "Subject", "value": "Hello"},
        ],
        "commonHeaders": {
            "from": ["Sender <sender@example.com>"],
            "to": ["recipient@example.com"],
            "date": "Wed, 27 Jan 2016 14:05:45 +0000",
            "messageId": MAIL.message_id,
            "subject": "Hello",
        },
    }
