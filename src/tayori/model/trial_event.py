"""The made-up event by which an event destination is tested: SES's form, and marked as a test wherever it is read.

Owns what it says. Its mail has the tag `tayori:test`, a subject that says so, and addresses of the mailbox simulator,
so that nobody takes it for a customer's.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from tayori.model.event import BAD_CONTENT, EventKind, timestamp
from tayori.model.ses_event import MailFacts

TAG = "tayori:test"
SUBJECT = "Test of an event destination"
_ADDRESS = "simulator.amazonses.com"
_MAILBOXES: Mapping[EventKind, str] = {
    EventKind.BOUNCE: f"bounce@{_ADDRESS}",
    EventKind.COMPLAINT: f"complaint@{_ADDRESS}",
}
_SENDER = "test@test.invalid"  # RFC 2606 2


def recipient(kind: EventKind) -> str:
    return _MAILBOXES.get(kind, f"success@{_ADDRESS}")


def mail(
    kind: EventKind, *, test_id: str, account_id: str, region: str, configuration_set: str, caller: str, now: datetime
) -> MailFacts:
    to = recipient(kind)
    head = f"From: {_SENDER}\r\nTo: {to}\r\nSubject: {SUBJECT}\r\nMIME-Version: 1.0\r\n".encode("ascii")
    return MailFacts(
        message_id=test_id,
        account_id=account_id,
        accepted_at=now,
        from_address=_SENDER,
        source_arn=f"arn:aws:ses:{region}:{account_id}:identity/test.invalid",
        source_ip="192.0.2.1",  # RFC 5737: nobody's
        caller_arn=caller,
        operation="SendEmail",
        recipients=(to,),
        head=head,
        configuration_set=configuration_set,
        tags={TAG: "true"},
    )


def detail(kind: EventKind, *, test_id: str, now: datetime) -> Mapping[str, Any]:
    """The event's own object, with the members that SES's has."""
    return _DETAILS[kind](recipient(kind), test_id, now)


def _bounce(to: str, test_id: str, now: datetime) -> dict[str, Any]:
    failed = {
        "emailAddress": to,
        "action": "failed",
        "status": "5.1.1",
        "diagnosticCode": "smtp; 550 5.1.1 user unknown (test)",
    }
    return {
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": [failed],
        "timestamp": timestamp(now),
        "feedbackId": test_id,
    }


def _complaint(to: str, test_id: str, now: datetime) -> dict[str, Any]:
    return {
        "complainedRecipients": [{"emailAddress": to}],
        "timestamp": timestamp(now),
        "feedbackId": test_id,
        "complaintSubType": None,
        "complaintFeedbackType": "abuse",
    }


def _delivery(to: str, test_id: str, now: datetime) -> dict[str, Any]:
    return {
        "timestamp": timestamp(now),
        "processingTimeMillis": 0,
        "recipients": [to],
        "smtpResponse": "250 2.0.0 test",
        "remoteMtaIp": "192.0.2.1",
        "reportingMTA": "test.invalid",
    }


def _delay(to: str, test_id: str, now: datetime) -> dict[str, Any]:
    delayed = {"emailAddress": to, "status": "4.4.1", "diagnosticCode": "smtp; 421 4.4.1 try again later (test)"}
    return {
        "timestamp": timestamp(now),
        "delayType": "TransientCommunicationFailure",
        "expirationTime": timestamp(now + timedelta(hours=14)),
        "delayedRecipients": [delayed],
    }


def _visit(now: datetime) -> dict[str, Any]:
    return {"ipAddress": "192.0.2.1", "timestamp": timestamp(now), "userAgent": "test", "isBotEvent": "Unlikely"}


def _preferences(*, out: bool) -> dict[str, Any]:
    return {"unsubscribeAll": out, "topicSubscriptionStatus": []}


_DETAILS: Mapping[EventKind, Callable[[str, str, datetime], Mapping[str, Any]]] = {
    EventKind.SEND: lambda to, test_id, now: {},
    EventKind.REJECT: lambda to, test_id, now: {"reason": BAD_CONTENT},
    EventKind.DELIVERY: _delivery,
    EventKind.BOUNCE: _bounce,
    EventKind.COMPLAINT: _complaint,
    EventKind.DELIVERY_DELAY: _delay,
    EventKind.RENDERING_FAILURE: lambda to, test_id, now: {
        "errorMessage": "Attribute 'name' is not present in the rendering data. (test)",
        "templateName": "test",
    },
    EventKind.OPEN: lambda to, test_id, now: _visit(now),
    EventKind.CLICK: lambda to, test_id, now: _visit(now) | {"link": "https://test.invalid/", "linkTags": None},
    EventKind.SUBSCRIPTION: lambda to, test_id, now: {
        "contactList": "test",
        "timestamp": timestamp(now),
        "source": "UnsubscribeHeader",
        "newTopicPreferences": _preferences(out=True),
        "oldTopicPreferences": _preferences(out=False),
    },
}
