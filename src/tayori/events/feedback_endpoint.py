"""Feedback by mail: bounces and complaints, handed to the service's own sending as they were composed."""

from typing import Protocol

from tayori.events.endpoint import DONE, Attempt
from tayori.model.errors import DomainError
from tayori.resources.notifications import Notification, Verdict

PROTOCOL = "feedback"


class RawMailer(Protocol):
    async def __call__(self, account_id: str, region: str, to: str, content: bytes) -> None:
        """Hand a whole message to the service's sending. Raises DomainError where it may not be sent."""
        ...


class FeedbackEndpoint:
    """An Endpoint."""

    def __init__(self, mailer: RawMailer) -> None:
        self._mailer = mailer

    async def send(self, notification: Notification) -> Attempt:
        content = notification.envelope["content"].encode("latin-1")
        try:
            await self._mailer(notification.account_id, notification.region, notification.endpoint, content)
        except DomainError as refusal:  # an address that is none, a header that cannot be sent
            return Attempt(verdict=Verdict.REFUSED, error=refusal.message)
        return DONE
