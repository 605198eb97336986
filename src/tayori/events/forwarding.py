"""Feedback by mail, on its way to the outbox: as much of it as a person can bear.

Owns its bounds. What exceeds them is not written at all, neither now nor later: whoever has a thousand bounces in an
hour knows by then, and the events have the rest.
"""

import logging
from datetime import datetime, timedelta

from tayori.events import feedback_endpoint
from tayori.model.errors import LimitExceeded
from tayori.model.feedback_mail import FeedbackMail
from tayori.resources import notifications, service_mail
from tayori.resources.publications import Publication
from tayori.store.engine import Tx

logger = logging.getLogger("tayori.events")

_PAUSE = timedelta(minutes=1)  # before the counts are asked again
_MOST_KNOWN = 1000


class Forwarding:
    """Of one process. Remembers for a while who has had enough, so that a storm costs a look and no more."""

    def __init__(
        self, *, most_an_hour: int = service_mail.MAILS_AN_HOUR, most_a_day: int = service_mail.MAILS_A_DAY
    ) -> None:
        self._most_an_hour = most_an_hour
        self._most_a_day = most_a_day
        self._enough: dict[tuple[str, str], datetime] = {}

    def may_write(self, account_id: str, address: str, now: datetime) -> bool:
        return now >= self._enough.get((account_id, address), now)

    def enqueue(self, tx: Tx, publication: Publication, mail: FeedbackMail) -> None:
        account_id = publication.account_id
        if not self.may_write(account_id, mail.to, tx.now):
            return
        try:
            service_mail.book(tx, account_id, mail.to, most_an_hour=self._most_an_hour, most_a_day=self._most_a_day)
        except LimitExceeded as refusal:
            self._note_enough((account_id, mail.to), tx.now)
            logger.warning("feedback_not_mailed", extra={"account_id": account_id, "reason": refusal.message})
            return
        notifications.enqueue_other(
            tx,
            account_id=account_id,
            region=publication.region,
            kind=publication.kind,
            destination=publication.key[0],
            protocol=feedback_endpoint.PROTOCOL,
            endpoint=mail.to,
            envelope={"content": mail.content.decode("latin-1")},
        )

    def _note_enough(self, who: tuple[str, str], now: datetime) -> None:
        if len(self._enough) >= _MOST_KNOWN:
            self._enough = {who: until for who, until in self._enough.items() if until > now}
        self._enough[who] = now + _PAUSE
