"""MTA-STS policies, kept over restarts and shared by the processes that deliver.

Owns the rows. A policy that has run out holds for nobody and is forgotten; how many are kept is bounded, since anybody
may have domains. Never fetches one: `delivery.sts` does. RFC 8461 3.3 and 10.2.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tayori.mail.mta_sts import MtaStsMode, MtaStsPolicy
from tayori.model.sts import StsPolicy
from tayori.store.dialect import Hot
from tayori.store.engine import Store, Tx
from tayori.store.tables import from_micros, to_micros

MOST = 20_000

_SINCE = Hot(
    "SELECT domain, policy_id, mode, max_age, mx, fetched_at FROM sts_policies"
    " WHERE fetched_at >= ? AND expires_at > ? ORDER BY fetched_at DESC LIMIT ?"
)
_KEEP = Hot(
    "INSERT INTO sts_policies (domain, policy_id, mode, max_age, mx, fetched_at, expires_at) VALUES {values}"
    " ON CONFLICT (domain) DO UPDATE SET policy_id = excluded.policy_id, mode = excluded.mode,"
    " max_age = excluded.max_age, mx = excluded.mx, fetched_at = excluded.fetched_at,"
    " expires_at = excluded.expires_at"
)
_FORGET = Hot(
    "DELETE FROM sts_policies WHERE expires_at <= ? OR fetched_at <"
    " (SELECT MIN(fetched_at) FROM (SELECT fetched_at FROM sts_policies ORDER BY fetched_at DESC LIMIT ?) AS latest)"
)


def since(tx: Tx, moment: datetime | None, limit: int) -> list[StsPolicy]:
    """Policies that hold and were fetched since the moment, the newest first."""
    earliest = to_micros(moment) if moment is not None else 0
    return [_read(row) for row in tx.hot_rows(_SINCE, (earliest, to_micros(tx.now), limit))]


def keep(tx: Tx, policy: StsPolicy) -> None:
    mode, age, mx = policy.policy.mode, policy.policy.max_age, json.dumps(policy.policy.mx)
    times = to_micros(policy.fetched_at), to_micros(policy.expires_at)
    tx.hot(_KEEP, [(policy.domain, policy.policy_id, str(mode), age, mx, *times)])


def forget(tx: Tx, most: int = MOST) -> int:
    """What has run out, and the oldest where there are too many. Returns how many those were."""
    return tx.hot(_FORGET, [(to_micros(tx.now), most)])


def _read(row: Sequence[Any]) -> StsPolicy:
    domain, policy_id, mode, max_age, mx, fetched_at = row
    policy = MtaStsPolicy(mode=MtaStsMode(mode), max_age=max_age, mx=tuple(json.loads(mx)))
    return StsPolicy(domain=domain, policy_id=policy_id, policy=policy, fetched_at=from_micros(fetched_at))


class StoredStsPolicies:
    """The rows as `delivery.sts` wants them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def since(self, moment: datetime | None, limit: int) -> Sequence[StsPolicy]:
        return await self._store.read(since, moment, limit)

    async def keep(self, policy: StsPolicy) -> None:
        await self._store.write(keep, policy)
