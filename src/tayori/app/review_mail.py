"""Tells an account by mail what an operator decided on its request for production access.

Owns the loop. The decision and the note of it are `resources.review_notices`'s, whoever decided and where.
"""

import logging

from tayori.app.notices import AccountMail
from tayori.model import review_notice
from tayori.resources import review_notices
from tayori.resources.review_notices import Decision
from tayori.store.engine import Store

logger = logging.getLogger("tayori.reviews")


class ReviewMail:
    """A Loop."""

    name = "review-notices"
    every = 10.0  # a decision in another process does not wake this one

    def __init__(self, store: Store, mail: AccountMail) -> None:
        self._store = store
        self._mail = mail

    async def tick(self) -> float | None:
        while await self._store.read(review_notices.waiting):
            for decision in await self._store.write(review_notices.take):
                await self._tell(decision)
        return None

    async def _tell(self, decision: Decision) -> None:
        """Never raises: one account's mail must not keep the others from theirs."""
        region = decision.region
        if decision.reason is None:
            text = review_notice.granted(region, decision.max_24_hour, decision.max_rate)
        else:
            text = review_notice.denied(region, decision.reason)
        facts = {"review": "granted" if decision.reason is None else "denied"}
        try:
            await self._mail.send(decision.account_id, region, text, facts)
        except Exception:
            logger.exception("notice_failed", extra={"account_id": decision.account_id})
