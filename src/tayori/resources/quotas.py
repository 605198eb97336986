"""The sending quotas: recipients in the last 24 hours, recipients a second, and the counts behind GetSendStatistics.

SES counts recipients, not messages, over a rolling window. The window moves in steps of five minutes, so a recipient
stops counting up to five minutes late, never early.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from tayori.model.errors import ThrottleCause, Throttled
from tayori.resources.accounts import UNLIMITED, Account
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import from_micros, to_micros

BUCKET_SECONDS = 300
_DAY = timedelta(hours=24)
_STATISTICS_STEP = 900
_STATISTICS_DAYS = 14
_SHOWN_FOR_UNLIMITED = 1_000_000.0

_SENT = Hot("SELECT COALESCE(SUM(recipients), 0) FROM send_counts WHERE account_id = ? AND region = ? AND bucket >= ?")
_COUNT = Hot(
    "INSERT INTO send_counts (account_id, region, bucket, recipients, bounces, complaints, rejects)"
    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (account_id, region, bucket) DO UPDATE SET"
    " recipients = send_counts.recipients + excluded.recipients,"
    " bounces = send_counts.bounces + excluded.bounces,"
    " complaints = send_counts.complaints + excluded.complaints,"
    " rejects = send_counts.rejects + excluded.rejects"
)
_TOKENS = Hot("SELECT tokens, refilled_at FROM send_rates WHERE account_id = ? AND region = ? {locked}")
_FIRST_TOKENS = Hot(
    "INSERT INTO send_rates (account_id, region, tokens, refilled_at) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (account_id, region) DO NOTHING"
)
_STORE_TOKENS = Hot(
    "INSERT INTO send_rates (account_id, region, tokens, refilled_at) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (account_id, region) DO UPDATE SET tokens = excluded.tokens, refilled_at = excluded.refilled_at"
)
_STATISTICS = Hot(
    "SELECT bucket, recipients, bounces, complaints, rejects FROM send_counts"
    " WHERE account_id = ? AND region = ? AND bucket >= ? ORDER BY bucket"
)


def bucket_of(moment: datetime) -> int:
    return int(moment.timestamp()) // BUCKET_SECONDS


def shown_rate(account: Account) -> float:
    """MaxSendRate. An unlimited day is -1 on SES, too; an unlimited rate it does not know, and clients divide by it."""
    return _SHOWN_FOR_UNLIMITED if account.max_rate == UNLIMITED else float(account.max_rate)


def sent_last_24_hours(tx: Tx, account_id: str, region: str) -> int:
    ((sent,),) = tx.hot_rows(_SENT, (account_id, region, bucket_of(tx.now - _DAY)))
    return int(sent)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataPoint:
    """Fifteen minutes of GetSendStatistics."""

    timestamp: datetime
    attempts: int
    bounces: int
    complaints: int
    rejects: int


def statistics(tx: Tx, account_id: str, region: str) -> list[DataPoint]:
    """The last two weeks in points of 15 minutes; points without any mail are left out, as SES does."""
    since = bucket_of(tx.now - timedelta(days=_STATISTICS_DAYS))
    points: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for bucket, *counts in tx.hot_rows(_STATISTICS, (account_id, region, since)):
        point = points[bucket * BUCKET_SECONDS // _STATISTICS_STEP]
        for index, count in enumerate(counts):
            point[index] += count
    return [
        DataPoint(
            timestamp=from_micros(step * _STATISTICS_STEP * 1_000_000),
            attempts=point[0],
            bounces=point[1],
            complaints=point[2],
            rejects=point[3],
        )
        for step, point in sorted(points.items())
    ]


@dataclass(slots=True)
class _Use:
    """What one account has used, within one transaction."""

    account: Account
    sent: int
    tokens: float
    taken: int = 0  # of the day
    is_used: bool = False


class Usage:
    """Takes from the quotas within one transaction, and writes each account's use once at its end."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._uses: dict[tuple[str, str], _Use] = {}

    def take(self, account: Account, recipients: int, *, free: int = 0) -> None:
        """Count `recipients` against the account; `free` ones of them against the rate only. Raises Throttled, and
        counts nothing, where a quota is used up.
        """
        counted = recipients - free
        use = self._uses.get((account.account_id, account.region)) or self._load(account)
        if account.max_rate != UNLIMITED and use.tokens < min(1.0, account.max_rate):
            raise Throttled(ThrottleCause.RATE)
        if counted and account.max_24_hour != UNLIMITED and use.sent + counted > account.max_24_hour:
            raise Throttled(ThrottleCause.DAILY_QUOTA)
        use.tokens -= recipients
        use.sent += counted
        use.taken += counted
        use.is_used = True

    def _load(self, account: Account) -> _Use:
        key = account.account_id, account.region
        if not _is_limited(account):
            use = self._uses[key] = _Use(account, 0, 0.0)
            return use
        # The row of the tokens is the account's lock between nodes, so it comes first.
        tokens = self._refilled_tokens(account)
        use = self._uses[key] = _Use(account, sent_last_24_hours(self._tx, *key), tokens)
        return use

    def _refilled_tokens(self, account: Account) -> float:
        """The bucket holds one second's worth, so that a short burst passes (ses: short bursts are tolerated)."""
        key = account.account_id, account.region
        capacity = max(1.0, account.max_rate)
        rows = self._tx.hot_rows(_TOKENS, key)
        if not rows:
            self._tx.hot(_FIRST_TOKENS, [(*key, capacity, to_micros(self._tx.now))])
            rows = self._tx.hot_rows(_TOKENS, key)
        tokens, refilled_at = rows[0]
        elapsed = (to_micros(self._tx.now) - refilled_at) / 1_000_000
        return float(min(capacity, tokens + max(0.0, elapsed) * account.max_rate))

    def store(self) -> None:
        """Write what was taken."""
        used = [(key, use) for key, use in self._uses.items() if use.is_used]
        bucket, now = bucket_of(self._tx.now), to_micros(self._tx.now)
        self._tx.hot(_COUNT, [(*key, bucket, use.taken, 0, 0, 0) for key, use in used if use.taken])
        limited = [(key, use) for key, use in used if _is_limited(use.account)]
        self._tx.hot(_STORE_TOKENS, [(*key, use.tokens, now) for key, use in limited])


def _is_limited(account: Account) -> bool:
    return account.max_rate != UNLIMITED or account.max_24_hour != UNLIMITED


def count_bounces(tx: Tx, counts: dict[tuple[str, str], int]) -> None:
    """Add hard bounces, by (account id, region), to the current five minutes."""
    bucket = bucket_of(tx.now)
    tx.hot(_COUNT, [(*key, bucket, 0, count, 0, 0) for key, count in counts.items()])


def count_complaints(tx: Tx, key: tuple[str, str], count: int) -> None:
    tx.hot(_COUNT, [(*key, bucket_of(tx.now), 0, 0, count, 0)])


def count_rejects(tx: Tx, key: tuple[str, str], count: int) -> None:
    tx.hot(_COUNT, [(*key, bucket_of(tx.now), 0, 0, 0, count)])
