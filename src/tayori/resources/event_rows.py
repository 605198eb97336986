"""Events written one by one, by whoever is not the hot path.

Owns that none is lost and none fails its transaction because another of its kind for the same recipient happened at the
same microsecond: two statements of one report, or a clock that was set back. It is then the next microsecond's.
"""

from collections.abc import Sequence
from typing import Any

from tayori.store.dialect import Hot
from tayori.store.engine import Tx

_APPEND = Hot(
    "INSERT INTO events (message_id, at, kind, ordinal, detail) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (message_id, at, kind, ordinal) DO NOTHING"
)


def append(tx: Tx, row: Sequence[Any]) -> tuple[Any, ...]:
    """Write one row (message id, microseconds, kind, ordinal, detail); the row as it was written."""
    message_id, at, *rest = row
    while tx.hot(_APPEND, [(message_id, at, *rest)]) == 0:
        at += 1
    return (message_id, at, *rest)
