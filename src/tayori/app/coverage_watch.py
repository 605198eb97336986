"""Tells an account once where it waits for complaints that will never come.

Owns the daily look and the mail: to the account's contacts, in English and Japanese in one body. An identity or
configuration set is told of once, whatever its coverage becomes; `tayori doctor` and HTTP go on saying it.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta

from tayori.app.feedback_loops import covered
from tayori.events.mail_endpoint import Mailer, NotificationMail
from tayori.model.errors import LimitExceeded
from tayori.model.feedback_loops import FeedbackLoops
from tayori.model.loop_coverage import INSTEAD, Coverage, sentence
from tayori.resources import accounts, feedback_enrolments, loop_coverage
from tayori.resources.loop_coverage import Scope
from tayori.store.engine import Store

logger = logging.getLogger("tayori.notices")

_AGE = timedelta(days=30)
_TEXT = """\
Complaints about mail of {subject} are asked for (account {account_id}, {region}), but few or none will come: that is up
to the recipients' mailbox providers. Of the last 30 days: {english}

{instead}

What is known of each provider, and how to enrol: tayori feedback-loops coverage, tayori feedback-loops list

{subject} (アカウント {account_id}、{region}) のメールについて苦情の通知が設定されていますが、通知はほとんど、
またはまったく届きません。届くかどうかは宛先のメールプロバイダー次第です。過去 30 日間: {japanese}

{instead_ja}

各プロバイダーの状況と登録方法は、上のコマンドで確認できます。
"""


class CoverageWatch:
    """A Loop."""

    name = "feedback-coverage"
    every = 86_400.0

    def __init__(self, store: Store, table: FeedbackLoops, mailer: Mailer) -> None:
        self._store = store
        self._table = table
        self._mailer = mailer

    async def tick(self) -> float | None:
        for scope in await self._store.read(loop_coverage.listening):
            found = await self._store.read(covered, self._table, scope, _AGE)
            key = scope.account_id, scope.region, scope.subject
            is_in_vain = found.is_telling and (found.is_thin or found.is_unheard)
            if is_in_vain and await self._store.write(feedback_enrolments.warn_once, *key):
                await self._tell(scope, found)
        return None

    async def _tell(self, scope: Scope, found: Coverage) -> None:
        """Never raises: one account's mail must not keep the others from theirs."""
        facts = {"account_id": scope.account_id, "subject": scope.subject}
        logger.warning("complaints_will_not_come", extra=facts | {"share": round(found.part(found.reporting), 2)})
        try:
            contacts: Sequence[str] = await self._store.read(accounts.contacts, scope.account_id, scope.region)
            for contact in contacts:
                await self._mailer(_mail(scope, found, contact))
        except LimitExceeded as refusal:
            logger.warning("notice_held_back", extra=facts | {"why": refusal.message})
        except Exception:
            logger.exception("notice_failed", extra=facts)


def _mail(scope: Scope, found: Coverage, contact: str) -> NotificationMail:
    text = _TEXT.format(
        subject=scope.subject or scope.account_id,
        account_id=scope.account_id,
        region=scope.region,
        english=sentence(found, "en"),
        japanese=sentence(found, "ja"),
        instead=INSTEAD.en,
        instead_ja=INSTEAD.ja,
    )
    return NotificationMail(
        account_id=scope.account_id,
        region=scope.region,
        to=contact,
        subject=f"Few complaints will be told of: {scope.subject or scope.account_id}",
        text=text,
        is_to_stranger=True,
    )
