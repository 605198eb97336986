"""Deliveries by mail, to `email` and `email-json` subscribers, through the service's own sending.

Owns subject and text of such mails. Whether one may be sent, and the sending, is what the `Mailer` knows.
"""

from dataclasses import dataclass
from typing import Protocol

from tayori.events import sns_message
from tayori.events.endpoint import DONE, Attempt
from tayori.events.signing import Signing
from tayori.model.errors import DomainError
from tayori.resources.notifications import Notification, NotificationKind, Verdict

_SUBJECTS = {
    NotificationKind.NOTIFICATION: "AWS Notification Message",
    NotificationKind.SUBSCRIPTION_CONFIRMATION: "AWS Notification - Subscription Confirmation",
    NotificationKind.UNSUBSCRIBE_CONFIRMATION: "AWS Notification - Unsubscribe Confirmation",
}
_CONFIRM = """\
You have chosen to subscribe to the topic:
{topic}

To confirm this subscription, visit the link below. If this was in error no action is necessary.
{url}
"""
_RESTORE = """\
Your subscription to the topic below has been deactivated:
{topic}

If this was in error, visit the link below to subscribe again.
{url}
"""
_FOOTER = """

--
If you wish to stop receiving notifications from this topic, visit the link below to unsubscribe:
{url}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationMail:
    account_id: str
    region: str
    to: str
    subject: str
    text: str
    is_to_stranger: bool  # the address has not confirmed anything yet


class Mailer(Protocol):
    async def __call__(self, mail: NotificationMail) -> None:
        """Hand it to the service's sending. Raises DomainError where it may not be sent now."""
        ...


class MailEndpoint:
    """An Endpoint."""

    def __init__(self, mailer: Mailer, signing: Signing, base_url: str) -> None:
        self._mailer = mailer
        self._signing = signing
        self._base_url = base_url

    async def send(self, notification: Notification) -> Attempt:
        mail = NotificationMail(
            account_id=notification.account_id,
            region=notification.region,
            to=notification.endpoint,
            subject=notification.envelope["subject"] or _SUBJECTS[NotificationKind(notification.kind)],
            text=await self._text(notification),
            is_to_stranger=notification.kind == NotificationKind.SUBSCRIPTION_CONFIRMATION,
        )
        try:
            await self._mailer(mail)
        except DomainError as refusal:
            return Attempt(verdict=Verdict.FAILED, error=refusal.message)
        return DONE

    async def _text(self, notification: Notification) -> str:
        if notification.kind == NotificationKind.SUBSCRIPTION_CONFIRMATION:
            url = sns_message.subscribe_url(notification, self._base_url)
            return _CONFIRM.format(topic=notification.topic_arn, url=url)
        if notification.kind == NotificationKind.UNSUBSCRIBE_CONFIRMATION:
            url = sns_message.subscribe_url(notification, self._base_url)
            return _RESTORE.format(topic=notification.topic_arn, url=url)
        if notification.protocol == "email-json":
            return sns_message.compose(notification, await self._signing.current(), self._base_url).text
        url = sns_message.unsubscribe_url(notification, self._base_url)
        return str(notification.envelope["message"]) + _FOOTER.format(url=url)
