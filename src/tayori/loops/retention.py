"""A Loop: deletes what has been kept long enough, a little at a time."""

from datetime import timedelta

from tayori.resources import (
    audit,
    inbound_mail,
    metrics,
    notifications,
    received_mail,
    retention,
    send_answers,
    webhooks,
)
from tayori.resources.inbound_mail import KeptMail
from tayori.store.engine import Store

_SENT_NOTIFICATIONS = timedelta(days=1)  # those that were given up are kept as long as timelines
_GO_ON = 0.5  # seconds between steps while there is more to delete


class Retention:
    name = "retention"
    every = 300.0

    def __init__(
        self, store: Store, content: timedelta, timeline: timedelta, inbound: KeptMail, log: timedelta
    ) -> None:
        self._store = store
        self._content = content
        self._timeline = timeline
        self._inbound = inbound
        self._log = log

    async def tick(self) -> float | None:
        contents = await self._store.write(retention.forget_content, self._content)
        timelines = await self._store.write(retention.forget_timelines, self._timeline)
        told = await self._store.write(notifications.forget, done=_SENT_NOTIFICATIONS, dead=self._timeline)
        told += await self._store.write(webhooks.forget_attempts)
        told += await self._store.write(metrics.forget)
        told += await self._store.write(inbound_mail.forget, self._timeline, self._inbound)
        told += await self._store.write(audit.forget, self._log)
        told += await self._store.write(received_mail.forget, self._timeline)
        told += await self._store.write(send_answers.forget)
        if contents or timelines or told:
            return _GO_ON
        await self._store.write(retention.forget_rest)
        return None
