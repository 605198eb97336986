"""Deliveries to webhooks, signed by the convention of Standard Webhooks.

Owns the request and its log. Any answer but 2xx is tried again for about three days; 410 means that nobody wants it any
more, and pauses the webhook at once.
"""

import asyncio
from datetime import datetime
from http import HTTPStatus
from typing import Protocol

from tayori.events.endpoint import Attempt
from tayori.events.outgoing_http import OutgoingAnswer, OutgoingError, OutgoingHttp, Trouble
from tayori.model import webhook
from tayori.resources import webhooks
from tayori.resources.notifications import Notification, Verdict
from tayori.resources.webhooks import Tried, Webhook, WebhookAttempt, WebhookState
from tayori.store.engine import Store

PROTOCOL = "webhook"
_USER_AGENT = "Tayori"


class Owner(Protocol):
    async def __call__(self, hook: Webhook, why: str) -> None:
        """Tell the account's owner that the webhook is paused. Never raises."""
        ...


class WebhookEndpoint:
    """An Endpoint."""

    def __init__(self, http: OutgoingHttp, store: Store, tell_owner: Owner) -> None:
        self._http = http
        self._store = store
        self._tell_owner = tell_owner

    async def send(self, notification: Notification) -> Attempt:
        key = notification.account_id, notification.region, notification.subscription_id
        hook = await self._store.read(webhooks.find, *key)
        if hook is None:
            return Attempt(verdict=Verdict.REFUSED, error="The webhook was deleted.")
        if hook.state is WebhookState.PAUSED:
            return Attempt(verdict=Verdict.REFUSED, error="The webhook is paused.")
        started = asyncio.get_running_loop().time()
        answer: OutgoingAnswer | None = None
        try:
            answer = await self._http.post(hook.url, *self._request(hook, notification))
            attempt = _judge(answer)
        except OutgoingError as error:
            attempt = Attempt(verdict=Verdict.FAILED, error=str(error), was_slow=error.trouble is Trouble.TOO_SLOW)
        seconds = asyncio.get_running_loop().time() - started
        tried = _tried(hook, notification, attempt, answer, now=self._store.clock.now(), seconds=seconds)
        if await self._store.batch(webhooks.record, tried):
            await self._tell_owner(hook, attempt.error)
        return attempt

    def _request(self, hook: Webhook, notification: Notification) -> tuple[list[tuple[str, str]], bytes]:
        """The time is the wall's: receivers hold it against their own clocks."""
        body: str = notification.envelope["body"]
        timestamp = int(self._store.clock.wall().timestamp())
        headers = [
            ("webhook-id", notification.notification_id),
            ("webhook-timestamp", str(timestamp)),
            ("webhook-signature", webhook.signature(hook.secret, notification.notification_id, timestamp, body)),
            ("Content-Type", "application/json"),
            ("User-Agent", _USER_AGENT),
        ]
        return headers, body.encode("utf-8")


def _judge(answer: OutgoingAnswer) -> Attempt:
    reply = answer.body.decode("utf-8", "replace")
    if 200 <= answer.status < 300:
        return Attempt(verdict=Verdict.DONE, status=answer.status, reply=reply)
    verdict = Verdict.REFUSED if answer.status == HTTPStatus.GONE else Verdict.FAILED
    return Attempt(verdict=verdict, error=f"It answered {answer.status}.", status=answer.status, reply=reply)


def _tried(
    hook: Webhook,
    notification: Notification,
    attempt: Attempt,
    answer: OutgoingAnswer | None,
    *,
    now: datetime,
    seconds: float,
) -> Tried:
    return Tried(
        webhook=hook,
        attempt=WebhookAttempt(
            at=now,
            delivery_id=notification.notification_id,
            kind=notification.kind,
            number=notification.attempts + 1,
            status=answer.status if answer else 0,
            duration_ms=round(seconds * 1000),
            request=notification.envelope["body"],
            reply=answer.body.decode("utf-8", "replace") if answer else "",
            error=attempt.error,
        ),
        worked=attempt.verdict is Verdict.DONE,
        is_gone=answer is not None and answer.status == HTTPStatus.GONE,
    )
