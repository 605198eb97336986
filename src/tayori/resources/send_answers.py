"""Answers of sends that shall happen once, by their Idempotency-Key.

Owns the rows. A row is written in the transaction of the messages it speaks of: where one is, the others are. Of two
at once the second waits at the key (PostgreSQL) or at the database (SQLite), and finds the first's answer.
"""

import json
from collections.abc import Mapping
from typing import Any

from tayori.model.once import KEPT, AnsweredBefore, KeyReused, Once
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import to_micros

_KEY = "account_id = ? AND region = ? AND idempotency_key = ?"
_FIND = Hot(f"SELECT digest, answer FROM send_answers WHERE {_KEY} AND created_at > ?")
_FORGET_ONE = Hot(f"DELETE FROM send_answers WHERE {_KEY} AND created_at <= ?")
_CLAIM = Hot(
    "INSERT INTO send_answers (account_id, region, idempotency_key, digest, answer, created_at)"
    " VALUES (?, ?, ?, ?, '', ?) ON CONFLICT (account_id, region, idempotency_key) DO NOTHING"
)
_PUT = Hot(f"UPDATE send_answers SET answer = ? WHERE {_KEY}")
_OLD = Hot("SELECT account_id, region, idempotency_key FROM send_answers WHERE created_at <= ? LIMIT ?")
_DELETE = Hot(f"DELETE FROM send_answers WHERE {_KEY}")
_STEP = 500


def find(tx: Tx, once: Once) -> Mapping[str, Any] | None:
    """What was answered before; None where nothing was. Raises KeyReused."""
    rows = tx.hot_rows(_FIND, (*_of(once), to_micros(tx.now - KEPT)))
    if not rows:
        return None
    digest, answer = rows[0]
    if digest != once.digest:
        raise KeyReused
    found: Mapping[str, Any] = json.loads(answer)
    return found


def claim(tx: Tx, once: Once) -> None:
    """Take the key for this transaction. Raises AnsweredBefore and KeyReused."""
    tx.hot(_FORGET_ONE, [(*_of(once), to_micros(tx.now - KEPT))])
    if tx.hot(_CLAIM, [(*_of(once), once.digest, to_micros(tx.now))]) == 0:
        raise AnsweredBefore(find(tx, once) or {})


def put(tx: Tx, once: Once, answer: Mapping[str, Any]) -> None:
    tx.hot(_PUT, [(json.dumps(answer, separators=(",", ":")), *_of(once))])


def forget(tx: Tx) -> int:
    """Delete up to 500 that are remembered no longer; how many there were."""
    rows = tx.hot_rows(_OLD, (to_micros(tx.now - KEPT), _STEP))
    tx.hot(_DELETE, rows)
    return len(rows)


def _of(once: Once) -> tuple[str, str, str]:
    return once.account_id, once.region, once.key
