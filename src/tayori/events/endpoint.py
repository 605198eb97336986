"""The seam between the outbox and the places where notifications go: one Endpoint for each protocol."""

from dataclasses import dataclass
from typing import Protocol

from tayori.resources.notifications import Notification, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What one try came to; `error` is a sentence for people, empty where it went well.

    `was_slow` says that the other side kept us waiting until the end: it gets less at once from now on. `status` and
    `reply` are what came back, where that was HTTP.
    """

    verdict: Verdict
    error: str = ""
    was_slow: bool = False
    status: int = 0
    reply: str = ""


DONE = Attempt(verdict=Verdict.DONE)


class Endpoint(Protocol):
    """Delivers over one protocol. Never raises for what the other side does."""

    async def send(self, notification: Notification) -> Attempt: ...
