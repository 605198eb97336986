"""The JSON in which SES tells of an event, for event publishing and for identity notifications.

Owns the envelope around an event's own object (`model.event`): the `mail` object, and what differs between the two ways
(ses: event publishing contents, notification contents; recorded answers of SES decide where the documents are silent).
Never decides who is told.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from tayori.mail.address import AddressError, parse_mailbox_list
from tayori.mail.fields import Field, scan_block
from tayori.model.event import EventKind, timestamp

MOST_HEADERS = 10 * 1024  # octets; what is above is left out, and `headersTruncated` says so
SUBJECT = "Amazon SES Email Event Notification"  # of event publishing; identity notifications have none (recorded)

# The name of each kind's own object.
_OBJECTS: Mapping[EventKind, str] = {
    EventKind.SEND: "send",
    EventKind.REJECT: "reject",
    EventKind.DELIVERY: "delivery",
    EventKind.BOUNCE: "bounce",
    EventKind.COMPLAINT: "complaint",
    EventKind.DELIVERY_DELAY: "deliveryDelay",
    EventKind.RENDERING_FAILURE: "failure",
    EventKind.OPEN: "open",
    EventKind.CLICK: "click",
    EventKind.SUBSCRIPTION: "subscription",
}
_OBJECT_FIRST = frozenset({EventKind.BOUNCE, EventKind.COMPLAINT, EventKind.CLICK})
_WITHOUT_HEADERS = frozenset({EventKind.DELIVERY_DELAY, EventKind.RENDERING_FAILURE})
# The service writes these itself, after the moment that SES's events show.
_OWN_FIELDS = frozenset({b"date", b"message-id", b"feedback-id"})
_LISTS = (
    ("from", b"from"),
    ("to", b"to"),
    ("cc", b"cc"),
    ("replyTo", b"reply-to"),
    ("sender", b"sender"),
)


class Sink(StrEnum):
    """Which of SES's two ways an event takes."""

    EVENT_PUBLISHING = "event-publishing"
    IDENTITY = "identity"
    IDENTITY_WITH_HEADERS = "identity-with-headers"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailFacts:
    """What is known of the message that an event is about. `head` is its header block, empty where that is gone."""

    message_id: str
    account_id: str
    accepted_at: datetime
    from_address: str
    source_arn: str
    source_ip: str
    caller_arn: str
    operation: str
    recipients: tuple[str, ...]
    head: bytes = b""
    configuration_set: str | None = None
    source_tls: str = ""
    outgoing_ip: str = ""
    outgoing_tls: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    tenant: str = ""


def record(kind: EventKind, detail: Mapping[str, Any], mail: MailFacts, sink: Sink) -> str:
    """The text that is published."""
    publishing = sink is Sink.EVENT_PUBLISHING
    discriminator = {"eventType" if publishing else "notificationType": kind.value}
    own = {_OBJECTS[kind]: _detail(kind, detail, publishing=publishing)}
    told = {"mail": _mail(kind, mail, sink)}
    body = discriminator | (own | told if kind in _OBJECT_FIRST else told | own)
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _detail(kind: EventKind, detail: Mapping[str, Any], *, publishing: bool) -> dict[str, Any]:
    """`bounce.remoteMtaIp` is told to identities only (ses: notification contents)."""
    hidden = {"remoteMtaIp"} if publishing and kind is EventKind.BOUNCE else set()
    return {name: value for name, value in detail.items() if name not in hidden}


def _mail(kind: EventKind, mail: MailFacts, sink: Sink) -> dict[str, Any]:
    publishing = sink is Sink.EVENT_PUBLISHING
    fields = [found for found in scan_block(mail.head) if found.key not in _OWN_FIELDS]
    told: dict[str, Any] = {
        "timestamp": timestamp(mail.accepted_at),
        "source": _source(fields, mail),
        "sourceArn": mail.source_arn,
    }
    if not publishing:
        told["sourceIp"] = mail.source_ip
        told["callerIdentity"] = _user(mail.caller_arn)
    told |= {
        "sendingAccountId": mail.account_id,
        "messageId": mail.message_id,
        "destination": list(mail.recipients),
    }
    if kind in _WITHOUT_HEADERS and publishing:
        told["headersTruncated"] = False
    elif sink is not Sink.IDENTITY:
        told |= _headers(fields) | {"commonHeaders": _common_headers(fields, mail, sink)}
    return told | ({"tags": tags_of(mail)} if publishing else {})


def _source(fields: Sequence[Field], mail: MailFacts) -> str:
    """From as it was given, where it is one mailbox."""
    froms = _mailboxes(fields, b"from")
    return froms[0] if len(froms) == 1 else mail.from_address


def _headers(fields: Sequence[Field]) -> dict[str, Any]:
    kept: list[dict[str, str]] = []
    size = 0
    for found in fields:
        name, value = found.name.decode("latin-1"), _value(found)
        size += len(name) + len(value.encode("utf-8"))
        if size > MOST_HEADERS:
            return {"headersTruncated": True, "headers": kept}
        kept.append({"name": name, "value": value})
    return {"headersTruncated": False, "headers": kept}


def _value(found: Field) -> str:
    """On one line, with a space for a tab (recorded)."""
    return found.value.decode("utf-8", "replace").replace("\t", " ")


def _common_headers(fields: Sequence[Field], mail: MailFacts, sink: Sink) -> dict[str, Any]:
    common: dict[str, Any] = {}
    for name, key in _LISTS:
        if found := _mailboxes(fields, key):
            common[name] = found
    if sink is Sink.IDENTITY_WITH_HEADERS:
        dates = [_value(one) for one in scan_block(mail.head) if one.key == b"date"]
        common |= {"date": dates[0]} if dates else {}
    common["messageId"] = mail.message_id
    subjects = [one.text for one in fields if one.key == b"subject"]
    return common | ({"subject": subjects[0]} if subjects else {})


def _mailboxes(fields: Sequence[Field], key: bytes) -> list[str]:
    texts = [_value(found) for found in fields if found.key == key][:1]
    try:
        return [str(box) for text in texts for box in parse_mailbox_list(text)]
    except AddressError:
        return texts


def tags_of(mail: MailFacts) -> dict[str, list[str]]:
    """The automatic ones, as far as they are known, around the sender's own (order: recorded)."""
    automatic = {
        "ses:operation": mail.operation,
        "ses:configuration-set": mail.configuration_set or "",
        "ses:source-tls-version": mail.source_tls,
        "ses:source-ip": mail.source_ip,
        "ses:from-domain": mail.from_address.rpartition("@")[2],
        "ses:tenant-name": mail.tenant,
    }
    late = {
        "ses:caller-identity": _user(mail.caller_arn),
        "ses:outgoing-ip": mail.outgoing_ip,
        "ses:outgoing-tls-version": mail.outgoing_tls,
    }
    return {name: [value] for name, value in (automatic | dict(mail.tags) | late).items() if value}


def _user(arn: str) -> str:
    """`arn:aws:iam::…:user/name` is `name`; the account itself is `root`."""
    return arn.rpartition("/")[2].rpartition(":")[2]
