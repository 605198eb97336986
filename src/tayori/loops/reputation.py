"""A Loop: looks at the rates of each account, does what follows, and keeps counts no longer than they are wanted.

Owns the order: first it is written down, then it is told, so that a process that dies in between tells nothing rather
than twice. Accounts are looked at one by one; what cannot be told keeps nobody else from being looked at.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from tayori.model.reputation import Level, Rules, Subject
from tayori.model.tenant import SendingStatus
from tayori.resources import accounts, mail_counts, reputation, reputation_metrics, tenant_reputation
from tayori.resources.reputation import Look
from tayori.store.engine import Store, Tx

logger = logging.getLogger("tayori.reputation")

# Told of each look that is worth a mail.
Tell = Callable[[Look], Awaitable[None]]

HOURS_KEPT = timedelta(days=14)  # as long as SES tells of quarters of an hour; days are kept longer
_LOWEST = timedelta(hours=6)  # between two attempts to add up old hours: there is one day's worth a day


class ReputationWatch:
    name = "reputation"
    every = 300.0

    def __init__(self, store: Store, rules: Rules, days_kept: timedelta, tell: Tell) -> None:
        self._store = store
        self._rules = rules
        self._days_kept = days_kept
        self._tell = tell
        self._folded_at: float | None = None

    async def tick(self) -> float | None:
        known = await self._store.read(accounts.all_regions)
        for account_id, region in known:
            await self._look(account_id, region)
        now = self._store.clock.now().timestamp()
        if self._folded_at is None or now - self._folded_at >= _LOWEST.total_seconds():
            for account_id, region in known:
                await self._fold(account_id, region)
            self._folded_at = now
        return None

    async def _look(self, account_id: str, region: str) -> None:
        found = await self._store.read(reputation.look, account_id, region, self._rules)
        if not await self._store.write(reputation.settle, found):
            return  # an operator was faster: the next look sees what he has changed
        await self._store.write(_publish, found)
        if any(part.who.kind is Subject.TENANT for part in found.parts):
            await self._settle_tenants(found)
        decision, appraisal = found.decision, found.account.appraisal
        if decision.notice is None:
            return
        facts = {
            "account_id": account_id,
            "region": region,
            "notice": decision.notice.value,
            "status": decision.status.value,
            "bounce_rate": round(appraisal.bounce.value, 5),
            "complaint_rate": round(appraisal.complaint.value, 5),
            "paused": f"{decision.pause.kind} {decision.pause.name}".strip() if decision.pause else "",
        }
        logger.log(logging.INFO if decision.level is Level.FINE else logging.WARNING, "reputation_changed", extra=facts)
        await self._tell(found)

    async def _settle_tenants(self, found: Look) -> None:
        for tenant, standing in await self._store.write(tenant_reputation.settle, found):
            facts = {
                "account_id": found.account_id,
                "region": found.region,
                "tenant": tenant.name,
                "status": standing.status.value,
                "cause": standing.cause,
            }
            grave = standing.status is SendingStatus.DISABLED
            logger.log(logging.WARNING if grave else logging.INFO, "tenant_status_changed", extra=facts)

    async def _fold(self, account_id: str, region: str) -> None:
        while await self._store.write(
            mail_counts.fold, account_id, region, hours_kept=HOURS_KEPT, days_kept=self._days_kept
        ):
            pass


def _publish(tx: Tx, found: Look) -> None:
    """The account's rates, and those of configuration sets whose owners want them published."""
    key = found.account_id, found.region
    wanted = {name for _, _, name in reputation.measured(tx, reputation.MOST_MEASURED, *key)}
    sets = [part for part in found.parts if part.who.kind is Subject.CONFIGURATION_SET and part.who.name in wanted]
    reputation_metrics.put(tx, key, [found.account, *sets])
