"""A notification as SNS writes it: the JSON document with its signature, and the header fields of an HTTP delivery.

Owns names, order and layout of the fields (recorded from SNS), what is signed (sns: verifying signatures), and the URLs
under which clients find this service. Never sends anything.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tayori.events.signing import Signer, file_name
from tayori.model.event import timestamp
from tayori.resources.notifications import Notification, NotificationKind

USER_AGENT = "Amazon Simple Notification Service Agent"  # which consumers and their proxies tell SNS by
CONTENT_TYPE = "text/plain; charset=UTF-8"
_SIGNED = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_SIGNED_OF_CONFIRMATION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")


@dataclass(frozen=True, slots=True, kw_only=True)
class SnsMessage:
    """`raw` is what a subscriber with RawMessageDelivery gets in place of the document."""

    document: Mapping[str, Any]
    raw: str | None = None

    @property
    def text(self) -> str:
        if self.raw is not None:
            return self.raw
        return json.dumps(self.document, ensure_ascii=False, indent=2, separators=(",", " : "))


def compose(notification: Notification, signer: Signer, base_url: str) -> SnsMessage:
    """The message for one subscriber, signed. `base_url` is where clients reach this service."""
    kind = NotificationKind(notification.kind)
    if kind in (NotificationKind.SUBSCRIPTION_CONFIRMATION, NotificationKind.UNSUBSCRIBE_CONFIRMATION):
        return SnsMessage(document=_confirmation(notification, signer, base_url))
    envelope = notification.envelope
    document: dict[str, Any] = {
        "Type": NotificationKind.NOTIFICATION.value,
        "MessageId": envelope["message_id"],
        "TopicArn": notification.topic_arn,
        **({"Subject": envelope["subject"]} if envelope["subject"] else {}),
        "Message": envelope["message"],
        "Timestamp": timestamp(notification.created_at),
        **_signature(envelope, signer, base_url),
        "UnsubscribeURL": unsubscribe_url(notification, base_url),
    }
    document["Signature"] = signer.sign(canonical(document), document["SignatureVersion"])
    if envelope["attributes"]:
        document["MessageAttributes"] = envelope["attributes"]
    return SnsMessage(document=document, raw=envelope["message"] if envelope["raw"] else None)


def _confirmation(notification: Notification, signer: Signer, base_url: str) -> Mapping[str, Any]:
    envelope = notification.envelope
    document = {
        "Type": notification.kind,
        "MessageId": envelope["message_id"],
        "Token": envelope["token"],
        "TopicArn": notification.topic_arn,
        "Message": envelope["message"],
        "SubscribeURL": subscribe_url(notification, base_url),
        "Timestamp": timestamp(notification.created_at),
        **_signature(envelope, signer, base_url),
    }
    document["Signature"] = signer.sign(canonical(document), document["SignatureVersion"])
    return document


def _signature(envelope: Mapping[str, Any], signer: Signer, base_url: str) -> Mapping[str, str]:
    """The fields about the signature, in their places; the signature itself comes when all others are there."""
    return {
        "SignatureVersion": "2" if envelope["signature_version"] == "2" else "1",
        "Signature": "",
        "SigningCertURL": f"{base_url}/{file_name(signer.certificate_name)}",
    }


def canonical(document: Mapping[str, Any]) -> bytes:
    """What the signature covers: names and values of some fields, each on a line of its own."""
    names = _SIGNED if document["Type"] == NotificationKind.NOTIFICATION else _SIGNED_OF_CONFIRMATION
    return "".join(f"{name}\n{document[name]}\n" for name in names if name in document).encode("utf-8")


def subscribe_url(notification: Notification, base_url: str) -> str:
    arn, token = quote(notification.topic_arn, safe=":"), quote(notification.envelope["token"], safe="")
    return f"{base_url}/?Action=ConfirmSubscription&TopicArn={arn}&Token={token}"


def unsubscribe_url(notification: Notification, base_url: str) -> str:
    return f"{base_url}/?Action=Unsubscribe&SubscriptionArn={quote(notification.subscription_arn, safe=':')}"


def http_headers(notification: Notification, message: SnsMessage, content_type: str = "") -> list[tuple[str, str]]:
    """The header fields of an HTTP delivery, but for those of the connection (recorded)."""
    is_notification = notification.kind == NotificationKind.NOTIFICATION
    return [
        ("x-amz-sns-message-type", notification.kind),
        ("x-amz-sns-message-id", notification.envelope["message_id"]),
        ("x-amz-sns-topic-arn", notification.topic_arn),
        *([("x-amz-sns-subscription-arn", notification.subscription_arn)] if is_notification else []),
        *([("x-amz-sns-rawdelivery", "true")] if message.raw is not None else []),
        ("Content-Type", content_type or CONTENT_TYPE),
        ("User-Agent", USER_AGENT),
        ("Accept-Encoding", "gzip,deflate"),
    ]
