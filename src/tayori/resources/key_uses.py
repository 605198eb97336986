"""When an access key was last used: to the minute, and never on the way of a call.

Owns the rows, and the memory of each process by which a key that is used a thousand times a second costs one write a
minute, which nobody waits for.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from tayori.store.audit_tables import credential_uses
from tayori.store.dialect import Hot
from tayori.store.engine import Store, Tx
from tayori.store.tables import to_micros

logger = logging.getLogger("tayori.key_uses")

_EVERY = 60.0
_MOST_REMEMBERED = 10_000
_PUT = Hot(
    "INSERT INTO credential_uses (access_key_id, used_at) VALUES (?, ?)"
    " ON CONFLICT (access_key_id) DO UPDATE SET used_at = excluded.used_at"
)
_FORGET = Hot("DELETE FROM credential_uses WHERE access_key_id = ?")


def put(tx: Tx, access_key_id: str) -> None:
    tx.hot(_PUT, [(access_key_id, to_micros(tx.now))])


def of(tx: Tx, access_key_ids: Sequence[str]) -> dict[str, datetime]:
    table = credential_uses.c
    rows = tx.execute(
        sa.select(table.access_key_id, table.used_at).where(table.access_key_id.in_(access_key_ids[:1000]))
    )
    return {row.access_key_id: row.used_at for row in rows}


def forget(tx: Tx, access_key_id: str) -> None:
    tx.hot(_FORGET, [(access_key_id,)])


class KeyUses:
    """Of one process. `note` costs a look into a dictionary, but for once a minute."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._next: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def note(self, access_key_id: str) -> None:
        now = time.monotonic()
        if now < self._next.get(access_key_id, 0.0):
            return
        if len(self._next) >= _MOST_REMEMBERED:
            self._next.clear()
        self._next[access_key_id] = now + _EVERY
        task = asyncio.get_running_loop().create_task(self._write(access_key_id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write(self, access_key_id: str) -> None:
        try:
            await self._store.write(put, access_key_id)
        except Exception:  # a log of uses is not worth a failure; the next minute tries again
            logger.info("key_use_not_noted", exc_info=True)
