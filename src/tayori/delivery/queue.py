"""The queue as delivery sees it: where due messages come from, and where outcomes go.

Owns the protocol only; `resources.deliveries` stands behind it over the store. Its rule for durability: an
outcome is recorded after the remote's answer. A crash between the remote's 250 and `record` sends a message
twice; nothing loses one.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from tayori.model.message import AttemptReport, Outcome, Outgoing

NOTHING: Mapping[str, datetime] = {}


class Queue(Protocol):
    """Work of this process: each claimed or handed-over recipient belongs to it until recorded or
    released."""

    @property
    def wake(self) -> asyncio.Event:
        """Set by the queue when something may have become due; cleared by the scheduler before it claims."""
        ...

    async def claim(
        self, limit: int, *, avoid: Mapping[str, datetime] = NOTHING, full: Collection[str] = ()
    ) -> list[Outgoing]:
        """Up to `limit` messages with due recipients, now leased to this process, some of each stream that has any.

        `avoid` names recipient domains of which nothing is wanted, and until when: what is met of them is put off
        until then, so that the next claim does not meet it again. `full` names streams of which enough is in memory.
        """
        ...

    async def put_off(self, domain: str, until: datetime, outcome: Outcome, limit: int) -> int:
        """Nothing can be done for `domain` before `until`: put off what falls due before, for the reason that
        `outcome` tells, but none beyond its deadline. At most `limit` recipients at a time; how many that were.
        """
        ...

    async def record(self, reports: Sequence[AttemptReport]) -> None:
        """Make what attempts came to durable, in one transaction with its events. Durable when it returns.

        A report whose lease is lost is dropped, not an error. On an exception nothing is recorded and the
        same reports come again.
        """
        ...

    async def release(self, claims: Sequence[tuple[str, Sequence[int]]]) -> None:
        """Give back recipients (message id, ordinals) that were not tried: due again at once, no attempt
        counted."""
        ...

    async def park(self, items: Sequence[tuple[str, int, str]]) -> None:
        """Give back recipients (message id, ordinal, of which pause) that were not tried: they wait for the end of
        the pause, or are due at once where there is no such pause.
        """
        ...

    async def next_due(self) -> datetime | None:
        """When the next deferred recipient is due, or None when nothing waits."""
        ...
