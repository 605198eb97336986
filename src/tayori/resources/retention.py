"""How long content and timelines are kept: content for hours after the last disposition, the rest for days.

Works in small steps by the order of message ids, which is the order of time, so that a step never holds the writer up.
"""

from datetime import datetime, timedelta

from tayori.resources import (
    dmarc_reports,
    security_levels,
    service_mail,
    sts_policies,
    subscriptions,
    tail,
    tellings,
    tls_reports,
    tls_results,
)
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import to_micros

_STEP = 200

_IS_OPEN = (
    "EXISTS (SELECT 1 FROM recipients r WHERE r.message_id = m.message_id"
    " AND (r.state IN ('queued', 'sending', 'deferred', 'held') OR r.updated_at > ?))"
)
_SPENT_BODIES = Hot(
    "SELECT m.message_id FROM messages m JOIN bodies b ON b.message_id = m.message_id"
    f" WHERE m.accepted_at < ? AND NOT {_IS_OPEN} ORDER BY m.message_id LIMIT ?"
)
_SPENT_MESSAGES = Hot(
    f"SELECT m.message_id FROM messages m WHERE m.accepted_at < ? AND NOT {_IS_OPEN} ORDER BY m.message_id LIMIT ?"
)
_DELETE_BODY = Hot("DELETE FROM bodies WHERE message_id = ?")
_DELETE_TIMELINE = tuple(
    Hot(f"DELETE FROM {table} WHERE message_id = ?")
    for table in ("resends", "tellings", "events", "attempts", "recipients", "bodies", "messages")
)
_DELETE_COUNTS = Hot("DELETE FROM send_counts WHERE bucket < ?")


def forget_content(tx: Tx, age: timedelta) -> int:
    """Delete the content of up to 200 messages that were done `age` ago; how many there were."""
    return _forget(tx, _SPENT_BODIES, (_DELETE_BODY,), tx.now - age)


def forget_timelines(tx: Tx, age: timedelta) -> int:
    """Delete all that is known of up to 200 messages that were done `age` ago; how many there were."""
    return _forget(tx, _SPENT_MESSAGES, _DELETE_TIMELINE, tx.now - age)


def _forget(tx: Tx, find: Hot, deletions: tuple[Hot, ...], before: datetime) -> int:
    moment = to_micros(before)
    spent = [(message_id,) for (message_id,) in tx.hot_rows(find, (moment, moment, _STEP))]
    for deletion in deletions:
        tx.hot(deletion, spent)
    return len(spent)


def forget_rest(tx: Tx) -> None:
    """Delete what is of no use any more, such as counts and old reports."""
    tx.hot(_DELETE_COUNTS, [(int((tx.now - timedelta(days=15)).timestamp()) // 300,)])
    dmarc_reports.forget(tx)
    tls_reports.forget(tx)
    tls_results.forget(tx)
    security_levels.forget(tx)
    sts_policies.forget(tx)
    service_mail.forget_old(tx)
    subscriptions.forget_old(tx)
    tail.forget(tx)
    tellings.forget_tests(tx)
