"""What is kept of mail that comes in: for a person to look at, since it has been read by then.

Owns its bounds. Strangers decide how much comes, so each mail, each hour and the whole has one: what comes in an hour
beyond its share is read like the rest and not kept, and what exceeds the whole is forgotten, the oldest first.
"""

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from tayori.model.inbound import InboundMessage, InboundRoute, ReportKind
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import to_micros

logger = logging.getLogger("tayori.inbound")

KEPT_OCTETS = 1024 * 1024  # of one mail
_ROW = 512  # octets that a row takes besides
_STEP = 200  # rows in one transaction
_HOUR = 3_600_000_000

_COUNT = Hot(
    "INSERT INTO inbound_hours (hour, octets, passed_over) VALUES (?, ?, 0)"
    " ON CONFLICT (hour) DO UPDATE SET octets = inbound_hours.octets + excluded.octets"
    " WHERE inbound_hours.octets + excluded.octets <= ?"
)
_PASS_OVER = Hot("UPDATE inbound_hours SET passed_over = passed_over + 1 WHERE hour = ?")
_PASSED_OVER = Hot("SELECT passed_over FROM inbound_hours WHERE hour = ?")
_KEEP = Hot(
    "INSERT INTO inbound_messages (inbound_id, received_at, purpose, recipient, message_id, reverse_path, source_ip,"
    " report, size, content) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_IN_ALL = Hot("SELECT COALESCE(SUM(octets), 0) FROM inbound_hours")
_OLDEST = Hot("SELECT inbound_id, received_at, size FROM inbound_messages ORDER BY received_at LIMIT ?")
_DELETE = Hot("DELETE FROM inbound_messages WHERE inbound_id = ?")
_UNCOUNT = Hot("UPDATE inbound_hours SET octets = octets - ? WHERE hour = ?")
_FORGET_HOURS = Hot("DELETE FROM inbound_hours WHERE hour < ?")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMail:
    """How much is kept, in octets."""

    an_hour: int = 128 * 1024 * 1024
    in_all: int = 1024 * 1024 * 1024


def keep(
    tx: Tx, inbound_id: str, route: InboundRoute, message: InboundMessage, kind: ReportKind | None, limits: KeptMail
) -> None:
    content = message.content[:KEPT_OCTETS]
    now, size = to_micros(tx.now), len(content) + _ROW
    if tx.hot(_COUNT, [(now // _HOUR, size, limits.an_hour)]) != 1:
        _pass_over(tx, now // _HOUR)
        return
    row = (
        inbound_id,
        now,
        route.purpose,
        str(route.recipient),
        route.message_id,
        message.reverse_path.text,
        message.source_ip,
        kind,
        size,
        content,
    )
    tx.hot(_KEEP, [row])


def _pass_over(tx: Tx, hour: int) -> None:
    tx.hot(_PASS_OVER, [(hour,)])
    if tx.hot_rows(_PASSED_OVER, (hour,)) == [(1,)]:
        logger.warning("inbound_mail_not_kept", extra={"reason": "the hour's share is used up"})


def forget(tx: Tx, age: timedelta, limits: KeptMail) -> int:
    """Delete up to 200 mails that are older than `age`, or that are too many, the oldest first; how many there were."""
    ((octets,),) = tx.hot_rows(_IN_ALL, ())
    rows = tx.hot_rows(_OLDEST, (_STEP + 1,))
    spent = _spent(rows[:_STEP], tx.now - age, int(octets) - limits.in_all)
    tx.hot(_DELETE, [(inbound_id,) for inbound_id, _, _ in spent])
    sizes: Counter[int] = Counter()
    for _, received_at, size in spent:
        sizes[received_at // _HOUR] += size
    tx.hot(_UNCOUNT, [(size, hour) for hour, size in sorted(sizes.items())])
    oldest = rows[len(spent)][1] if len(spent) < len(rows) else to_micros(tx.now)
    tx.hot(_FORGET_HOURS, [(min(oldest, to_micros(tx.now)) // _HOUR,)])
    return len(spent)


def _spent(rows: list[tuple[str, int, int]], before: datetime, excess: int) -> list[tuple[str, int, int]]:
    spent: list[tuple[str, int, int]] = []
    for row in rows:
        if row[1] >= to_micros(before) and excess <= 0:
            break
        spent.append(row)
        excess -= row[2]
    return spent
