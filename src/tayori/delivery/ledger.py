"""Outcomes on their way into the queue's records.

Owns the making of reports and that none is lost while the process lives: what attempts came to while one batch was
being recorded is the next batch (group commit), and a batch that cannot be recorded is tried again until it can. Never
decides a state: `model.delivery.decide` does.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from tayori.clock import Clock
from tayori.delivery.job import Held
from tayori.delivery.queue import Queue
from tayori.model.delivery import decide
from tayori.model.message import (
    AttemptFacts,
    AttemptReport,
    Decision,
    DueRecipient,
    Outcome,
    OutcomeKind,
    RecipientResult,
)

log = logging.getLogger("tayori.delivery")

Result = tuple[DueRecipient, Outcome]
Entry = tuple[Held, AttemptReport]

_MAX_BATCH = 500
_RETRY_SECONDS = 1.0


class Ledger:
    """Takes outcomes at once, records them in batches. `recorded` is called for each report that is durable."""

    def __init__(
        self,
        queue: Queue,
        clock: Clock,
        jitter: Callable[[], float],
        recorded: Callable[[Held, AttemptReport], None],
    ) -> None:
        self._queue = queue
        self._clock = clock
        self._jitter = jitter
        self._recorded = recorded
        self._entries: list[Entry] = []
        self._something = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()

    def add(
        self,
        held: Held,
        facts: AttemptFacts,
        results: Sequence[Result],
        *,
        hold_until: datetime | None = None,
    ) -> None:
        """What an attempt came to. `hold_until`: the destination is left alone until then."""
        outgoing = held.outgoing
        now = self._clock.now()
        report = AttemptReport(
            message_id=outgoing.message_id,
            account_id=outgoing.account_id,
            region=outgoing.region,
            accepted_at=outgoing.accepted_at,
            facts=facts,
            results=tuple(
                [
                    RecipientResult(
                        ordinal=recipient.ordinal,
                        address=recipient.address,
                        outcome=outcome,
                        decision=self._decide(held, recipient, outcome, now, hold_until),
                    )
                    for recipient, outcome in results
                ]
            ),
            counts_as=outgoing.counts_as,
        )
        self._entries.append((held, report))
        if not self._something.is_set():
            self._something.set()
            self._empty.clear()

    def _decide(
        self,
        held: Held,
        recipient: DueRecipient,
        outcome: Outcome,
        now: datetime,
        hold_until: datetime | None,
    ) -> Decision:
        expires_at = held.outgoing.expires_at
        is_deferred = outcome.kind is OutcomeKind.DEFERRED
        decision = decide(
            outcome,
            attempts=recipient.attempts,
            expires_at=expires_at,
            now=now,
            jitter=self._jitter() if is_deferred else 0.0,
        )
        if hold_until is not None and decision.due_at is not None and decision.due_at < hold_until:
            return replace(decision, due_at=min(hold_until, expires_at))
        return decision

    async def run(self) -> None:
        """Records for ever; ends by cancellation, after `flush`."""
        while True:
            await self._something.wait()
            batch, self._entries = self._entries[:_MAX_BATCH], self._entries[_MAX_BATCH:]
            failed = await self._record(batch)
            if failed:
                self._entries[:0] = failed
                await asyncio.sleep(_RETRY_SECONDS)
            elif not self._entries:
                self._something.clear()
                self._empty.set()

    async def flush(self, seconds: float) -> bool:
        """Wait until everything is recorded; false when it was not in time."""
        try:
            async with asyncio.timeout(seconds):
                await self._empty.wait()
        except TimeoutError:
            log.error("%d delivery reports could not be recorded before the end", len(self._entries))
            return False
        return True

    async def _record(self, batch: list[Entry]) -> list[Entry]:
        """The entries that could not be recorded; after a failure each is tried alone, so that one bad report does
        not hold up the others.
        """
        try:
            await self._queue.record([report for _, report in batch])
        except Exception:
            log.exception("delivery reports could not be recorded, they will be tried again")
            if len(batch) == 1:
                return batch
            failed: list[Entry] = []
            for entry in batch:
                failed += await self._record_alone(entry)
            return failed
        for held, report in batch:
            self._recorded(held, report)
        return []

    async def _record_alone(self, entry: Entry) -> list[Entry]:
        held, report = entry
        try:
            await self._queue.record([report])
        except Exception:
            log.exception("the delivery report of message %s could not be recorded", report.message_id)
            return [entry]
        self._recorded(held, report)
        return []
