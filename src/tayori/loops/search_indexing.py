"""A Loop: writes the index of the search for messages, a second behind the messages, a little at a time.

Where nobody reads the index, nothing waits for it: it may fall behind under load, and catches up. Cursors are kept with
what was written, so that a crash leaves nothing out.
"""

from datetime import timedelta

from tayori.resources import search_index
from tayori.store.engine import Store

_GO_ON = 0.0  # the least pause of a loop
_BEYOND = timedelta(days=2)  # a message may wait for that long before its timeline begins to grow old


class SearchIndexing:
    name = "search-index"
    every = 1.0

    def __init__(self, store: Store, timeline: timedelta) -> None:
        self._store = store
        self._kept = timeline + _BEYOND

    async def tick(self) -> float | None:
        is_behind = False
        for prefix in search_index.PREFIXES:
            piece = await self._store.read(search_index.next_piece, prefix)
            if piece is not None:
                await self._store.write(search_index.write, piece)
                is_behind = is_behind or not piece.is_last
            settled = await self._store.read(search_index.settle, prefix)
            if settled is not None:
                await self._store.write(search_index.write, settled)
                is_behind = is_behind or not settled.is_last
        has_old = await self._store.write(search_index.forget, self._store.clock.now() - self._kept)
        return _GO_ON if is_behind or has_old else None
