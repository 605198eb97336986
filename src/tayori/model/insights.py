"""What became of each recipient of a message, in the words of SES's message insights; a row of an export of them.

Owns which event concerns whom, and the members of GetMessageInsights (ses: API reference; columns of exports: probed).
Mail to several recipients is told of, too, which SES leaves out. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tayori.model.event import EventKind

UNKNOWN_ISP = "UNKNOWN_ISP"
WHOLE_MESSAGE = -1

# The columns of an export, in their order.
COLUMNS = (
    *("messageid", "sendtimestamp", "isp", "fromaddress", "destination", "subject"),
    *("last_delivery_event", "last_engagement_event"),
    *("last_delivery_event_timestamp", "last_engagement_event_timestamp"),
    *("bounce_sub_type", "diagnostic_code"),
)
_DELIVERY = frozenset({"SEND", "DELIVERY", "BOUNCE", "COMPLAINT"})
_ENGAGEMENT = frozenset({"OPEN", "CLICK"})


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEvent:
    """One event of the message, as it is kept."""

    at: datetime
    kind: str
    ordinal: int
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class InsightEvent:
    """`details` has the members of EventDetails, where it has any."""

    at: datetime
    type: str
    details: Mapping[str, Any]

    @property
    def delivery_name(self) -> str:
        """As filters and exports spell it: a bounce by its type."""
        bounce = self.details.get("Bounce")
        return f"{bounce['BounceType']}_BOUNCE" if bounce else self.type


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientInsights:
    destination: str
    isp: str
    events: tuple[InsightEvent, ...]

    @property
    def last_delivery(self) -> InsightEvent | None:
        return self._last(_DELIVERY)

    @property
    def last_engagement(self) -> InsightEvent | None:
        return self._last(_ENGAGEMENT)

    def _last(self, types: frozenset[str]) -> InsightEvent | None:
        return next((event for event in reversed(self.events) if event.type in types), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageInsights:
    message_id: str
    accepted_at: datetime
    from_address: str
    subject: str
    tags: Mapping[str, str]
    recipients: tuple[RecipientInsights, ...]


def events_of(address: str, ordinal: int, history: Iterable[HistoryEvent]) -> tuple[InsightEvent, ...]:
    """Those that concern one recipient, in the order of time."""
    mine = sorted((event for event in history if _concerns(event, address, ordinal)), key=lambda event: event.at)
    return tuple(
        InsightEvent(at=event.at, type=EventKind(event.kind).api_name, details=_details(event, address))
        for event in mine
    )


def _concerns(event: HistoryEvent, address: str, ordinal: int) -> bool:
    if event.kind == EventKind.COMPLAINT:
        return any(person.get("emailAddress") == address for person in event.detail.get("complainedRecipients", ()))
    return event.ordinal in (ordinal, WHOLE_MESSAGE)


def _details(event: HistoryEvent, address: str) -> Mapping[str, Any]:
    if event.kind == EventKind.BOUNCE:
        return {"Bounce": _bounce(event.detail, address)}
    if event.kind == EventKind.COMPLAINT:
        detail = event.detail
        members = {
            "ComplaintSubType": detail.get("complaintSubType"),
            "ComplaintFeedbackType": detail.get("complaintFeedbackType"),
        }
        return {"Complaint": {name: value for name, value in members.items() if value}}
    return {}


def _bounce(detail: Mapping[str, Any], address: str) -> Mapping[str, str]:
    people = detail.get("bouncedRecipients", ())
    said = next((person.get("diagnosticCode") for person in people if person.get("emailAddress") == address), "")
    members = {
        "BounceType": str(detail.get("bounceType", "Undetermined")).upper(),
        "BounceSubType": str(detail.get("bounceSubType", "")),
        "DiagnosticCode": said or "",
    }
    return {name: value for name, value in members.items() if value}


# -- exports -----------------------------------------------------------------------------------------------------------


def export_row(message: MessageInsights, recipient: RecipientInsights) -> dict[str, str]:
    """By column; what is not known is left out."""
    last, engaged = recipient.last_delivery, recipient.last_engagement
    bounce = last.details.get("Bounce", {}) if last else {}
    row = {
        "messageid": message.message_id,
        "sendtimestamp": _timestamp(message.accepted_at),
        "isp": recipient.isp,
        "fromaddress": message.from_address,
        "destination": recipient.destination,
        "subject": message.subject,
        "last_delivery_event": last.delivery_name if last else "",
        "last_engagement_event": engaged.type if engaged else "",
        "last_delivery_event_timestamp": _timestamp(last.at) if last else "",
        "last_engagement_event_timestamp": _timestamp(engaged.at) if engaged else "",
        "bounce_sub_type": bounce.get("BounceSubType", ""),
        "diagnostic_code": bounce.get("DiagnosticCode", ""),
    }
    return {name: value for name, value in row.items() if value}


def _timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.") + f"{moment.microsecond // 1000:03d} UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """MessageInsightsFilters: of each that is given, one must fit."""

    senders: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    isps: tuple[str, ...] = ()
    delivery_events: tuple[str, ...] = ()
    engagement_events: tuple[str, ...] = ()

    @classmethod
    def of_members(cls, members: Mapping[str, Sequence[str]]) -> "Filters":
        return cls(
            senders=tuple(members.get("FromEmailAddress", ())),
            destinations=tuple(members.get("Destination", ())),
            subjects=tuple(members.get("Subject", ())),
            isps=tuple(members.get("Isp", ())),
            delivery_events=tuple(members.get("LastDeliveryEvent", ())),
            engagement_events=tuple(members.get("LastEngagementEvent", ())),
        )

    def _given(self, message: MessageInsights, recipient: RecipientInsights) -> list[bool]:
        last, engaged = recipient.last_delivery, recipient.last_engagement
        checks = (
            (self.senders, message.from_address),
            (self.destinations, recipient.destination),
            (self.subjects, message.subject),
            (self.isps, recipient.isp),
            (self.delivery_events, last.delivery_name if last else ""),
            (self.engagement_events, engaged.type if engaged else ""),
        )
        return [value.casefold() in {one.casefold() for one in wanted} for wanted, value in checks if wanted]

    def include(self, message: MessageInsights, recipient: RecipientInsights) -> bool:
        """All that is given fits."""
        return all(self._given(message, recipient))

    def exclude(self, message: MessageInsights, recipient: RecipientInsights) -> bool:
        """Something is given, and all of it fits."""
        given = self._given(message, recipient)
        return bool(given) and all(given)
