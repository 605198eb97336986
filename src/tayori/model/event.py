"""SES events: facts about a message, appended with the state change that they describe and never altered.

Owns the sub-object that each event type carries in SES's notifications (ses: event publishing examples). The envelope
around it, which differs per sink, is made where events are published.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from tayori.model.bounce import BounceKind
from tayori.model.message import AttemptFacts, Outcome, Reason, RecipientResult


class EventKind(StrEnum):
    """SES's event types, by their name in `eventType`."""

    SEND = "Send"
    REJECT = "Reject"
    DELIVERY = "Delivery"
    BOUNCE = "Bounce"
    COMPLAINT = "Complaint"
    DELIVERY_DELAY = "DeliveryDelay"
    RENDERING_FAILURE = "Rendering Failure"
    OPEN = "Open"
    CLICK = "Click"
    SUBSCRIPTION = "Subscription"

    @property
    def api_name(self) -> str:
        """As `MatchingEventTypes` of the second API spells it: DELIVERY_DELAY."""
        return _WORD_START.sub("_", self.value.replace(" ", "")).upper()


_WORD_START = re.compile(r"(?<=[a-z])(?=[A-Z])")

# Added to what SES tells of opens and clicks, and there only where no reader was at work: what kind of program it was.
MACHINE = "tayoriMachine"
BAD_CONTENT = "Bad content"  # the one reason for which SES rejects what it has accepted

# DeliveryDelay's delayType for what our own reasons say; the rest is Undetermined.
_DELAY_TYPES: Mapping[Reason, str] = {
    Reason.DNS_FAILURE: "TransientCommunicationFailure",
    Reason.NO_ADDRESS: "TransientCommunicationFailure",
    Reason.CONNECTION_REFUSED: "TransientCommunicationFailure",
    Reason.CONNECTION_TIMEOUT: "TransientCommunicationFailure",
    Reason.CONNECTION_LOST: "TransientCommunicationFailure",
    Reason.TLS_REQUIRED: "TransientCommunicationFailure",
    Reason.TLS_FAILED: "TransientCommunicationFailure",
    Reason.TLS_POLICY: "TransientCommunicationFailure",
    Reason.PROTOCOL_ERROR: "RecipientServerError",
    Reason.LOCAL_TROUBLE: "InternalFailure",
    Reason.NO_SOURCE: "SendingDeferral",
    Reason.SOURCE_BLOCKED: "IPFailure",
    Reason.GREYLISTED: "RecipientServerError",
    Reason.THROTTLED: "IPFailure",
}


def timestamp(moment: datetime) -> str:
    """`YYYY-MM-DDThh:mm:ss.SSSZ`, as SES writes times in events."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def delivery(
    result: RecipientResult, facts: AttemptFacts, *, accepted_at: datetime, now: datetime, reporting_mta: str
) -> dict[str, Any]:
    reply = result.outcome.reply
    return {
        "timestamp": timestamp(now),
        "processingTimeMillis": max(0, round((now - accepted_at).total_seconds() * 1000)),
        "recipients": [str(result.address)],
        "smtpResponse": str(reply) if reply else "",
        "remoteMtaIp": facts.address,
        "reportingMTA": reporting_mta,
    }


def bounce(
    kind: BounceKind,
    recipients: Sequence[Mapping[str, str]],
    *,
    now: datetime,
    feedback_id: str,
    reporting_mta: str = "",
    remote_mta_ip: str = "",
) -> dict[str, Any]:
    """The last two are left out where there is nothing to say."""
    detail: dict[str, Any] = {
        "bounceType": kind.bounce_type,
        "bounceSubType": kind.sub_type,
        "bouncedRecipients": list(recipients),
        "timestamp": timestamp(now),
        "feedbackId": feedback_id,
    }
    told = {"reportingMTA": f"dns; {reporting_mta}" if reporting_mta else "", "remoteMtaIp": remote_mta_ip}
    return detail | {name: value for name, value in told.items() if value}


def bounced_recipient(address: str, *, status: str, diagnostic: str) -> dict[str, str]:
    """What is not known is left out."""
    told = {"emailAddress": address, "action": "failed", "status": status, "diagnosticCode": diagnostic}
    return {name: value for name, value in told.items() if value}


def absent_recipient(address: str) -> dict[str, str]:
    """One whose automatic reply came back: nothing failed (ses: a bounce without a delivery status notification)."""
    return {"emailAddress": address}


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackFacts:
    """What a feedback report says beside who complained; what it does not say is left out of the event."""

    feedback_type: str
    user_agent: str = ""
    arrived_at: datetime | None = None

    def members(self) -> dict[str, str]:
        found = {
            "userAgent": self.user_agent,
            "complaintFeedbackType": self.feedback_type,
            "arrivalDate": timestamp(self.arrived_at) if self.arrived_at else "",
        }
        return {name: value for name, value in found.items() if value}


def complaint(
    addresses: Sequence[str],
    *,
    now: datetime,
    feedback_id: str,
    sub_type: str | None = None,
    facts: FeedbackFacts | None = None,
) -> dict[str, Any]:
    detail: dict[str, Any] = {
        "complainedRecipients": [{"emailAddress": address} for address in addresses],
        "timestamp": timestamp(now),
        "feedbackId": feedback_id,
        "complaintSubType": sub_type,
    }
    return detail | (facts.members() if facts else {})


def delivery_delay(
    result: RecipientResult, *, expires_at: datetime, now: datetime, reporting_mta: str
) -> dict[str, Any]:
    outcome = result.outcome
    return {
        "timestamp": timestamp(now),
        "delayType": _delay_type(outcome),
        "expirationTime": timestamp(expires_at),
        "delayedRecipients": [
            {
                "emailAddress": str(result.address),
                "status": str(outcome.status or ""),
                "diagnosticCode": outcome.diagnostic,
            }
        ],
        "reportingMTA": reporting_mta,
    }


def _delay_type(outcome: Outcome) -> str:
    if outcome.status is not None and (outcome.status.subject, outcome.status.detail) == (2, 2):
        return "MailboxFull"
    if outcome.reason is Reason.REPLY:
        return "General"
    return _DELAY_TYPES.get(outcome.reason, "Undetermined")


def reject(reason: str = BAD_CONTENT) -> dict[str, Any]:
    return {"reason": reason}


def rendering_failure(template_name: str, error_message: str) -> dict[str, Any]:
    return {"errorMessage": error_message, "templateName": template_name}


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A request for the picture or a link of a message. `machine` says what program made it, where it was no reader's;
    `is_bot` that no reader was behind it (ses: isBotEvent, since August 2026).
    """

    at: datetime
    ip_address: str
    user_agent: str
    machine: str = ""
    is_bot: bool = False


def opened(visit: Visit) -> dict[str, Any]:
    return _visit(visit, {})


def clicked(visit: Visit, *, link: str, link_tags: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    return _visit(visit, {"link": link, "linkTags": {name: list(values) for name, values in link_tags.items()} or None})


def _visit(visit: Visit, link: Mapping[str, Any]) -> dict[str, Any]:
    detail = {
        "ipAddress": visit.ip_address,
        **link,
        "timestamp": timestamp(visit.at),
        "userAgent": visit.user_agent,
        "isBotEvent": "Likely" if visit.is_bot else "Unlikely",
    }
    return detail | ({MACHINE: visit.machine} if visit.machine else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicPreferences:
    """What a contact wants of a list: by topic, whether he is in; or nothing at all."""

    unsubscribe_all: bool
    topics: Mapping[str, bool]

    def members(self) -> dict[str, Any]:
        return {
            "unsubscribeAll": self.unsubscribe_all,
            "topicSubscriptionStatus": [
                {"topicName": name, "subscriptionStatus": "OptIn" if is_in else "OptOut"}
                for name, is_in in self.topics.items()
            ],
        }


def subscription(
    contact_list: str, *, source: str, now: datetime, new: TopicPreferences, old: TopicPreferences
) -> dict[str, Any]:
    """`source` is the way by which the contact said so: UnsubscribeHeader and the like."""
    return {
        "contactList": contact_list,
        "timestamp": timestamp(now),
        "source": source,
        "newTopicPreferences": new.members(),
        "oldTopicPreferences": old.members(),
    }
