"""A Loop: writes the index of the search for messages, a second behind the messages, a little at a time.

Where nobody reads the index, nothing waits for it: it has a small share of the time, may fall behind under load, and
catches up. Cursors are kept with what was written, so that a crash leaves nothing out.
"""

import asyncio
from datetime import datetime, timedelta

from tayori.resources import search_index
from tayori.store.engine import Store

_GO_ON = 0.0  # the least pause of a loop
_SHARE = 0.08  # of the time of one core, and of the database's writer: some 900 messages a second
_BEYOND = timedelta(days=2)  # a message may wait for that long before its timeline begins to grow old
_FORGETS_EVERY = timedelta(minutes=10)


class SearchIndexing:
    name = "search-index"
    every = 1.0

    def __init__(self, store: Store, timeline: timedelta) -> None:
        self._store = store
        self._kept = timeline + _BEYOND
        self._forgets_at: datetime | None = None

    async def tick(self) -> float | None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        pieces = await self._store.read(search_index.pieces)
        for piece in pieces:
            await self._store.write(search_index.write, piece)
        if not all(piece.is_last for piece in pieces):
            return (loop.time() - started) * (1 / _SHARE - 1)
        return _GO_ON if await self._forget() else None

    async def _forget(self) -> bool:
        """Whether there is more to forget now."""
        now = self._store.clock.now()
        if self._forgets_at is not None and now < self._forgets_at:
            return False
        has_more = await self._store.write(search_index.forget, now - self._kept)
        self._forgets_at = None if has_more else now + _FORGETS_EVERY
        return has_more
