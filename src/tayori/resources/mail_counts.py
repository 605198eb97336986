"""Counts of mail by hour, configuration set, identity and provider: written with the events that they count.

Each transaction that writes events adds to the counts what it wrote, with one statement for each key: so a count is as
durable as its event, and is never counted twice. Nothing is counted of the service's own mail and of the mailbox
simulator; mail that the suppression list kept back is not, either (ses: account-level suppression list).
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from tayori.model.mail_count import Count, counts_as, parts
from tayori.model.message import Operation
from tayori.resources.provider_names import provider_of
from tayori.resources.results import Written
from tayori.store.dialect import Hot
from tayori.store.engine import Tx

HOUR_SECONDS = 3600

# account id, region, key (model.mail_count.counts_as), provider
Counted: TypeAlias = tuple[str, str, str, str]

_KEYS = "account_id, region, hour, configuration_set, identity, provider"
_COLUMNS = ", ".join(Count)


def _add_to(count: Count) -> Hot:
    values = ", ".join("?" if one is count else "0" for one in Count)
    return Hot(
        f"INSERT INTO mail_counts ({_KEYS}, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, {values})"
        f" ON CONFLICT ({_KEYS}) DO UPDATE SET {count} = mail_counts.{count} + excluded.{count}"
    )


_ADD = {count: _add_to(count) for count in Count}
_MESSAGE = Hot("SELECT account_id, region, configuration_set, facts FROM messages WHERE message_id = ?")
_HOST = Hot(
    "SELECT a.host FROM recipients r JOIN attempts a ON a.message_id = r.message_id AND a.ordinal = r.ordinal"
    " WHERE r.message_id = ? AND r.address = ? AND a.host <> '' ORDER BY a.started_at DESC LIMIT 1"
)


def key_of(configuration_set: str | None, facts: Mapping[str, Any]) -> str:
    """What a message counts as, by its row; "" where it is not counted."""
    if not facts["identity"] or facts["operation"] == Operation.PROBE:
        return ""
    return counts_as(configuration_set, facts["identity"])


def add(tx: Tx, count: Count, counted: Mapping[Counted, int]) -> None:
    """Add to one count. In the order of the keys, so that two nodes never wait for each other's rows."""
    hour = int(tx.now.timestamp()) // HOUR_SECONDS
    rows = [
        (account_id, region, hour, *parts(key), provider, number)
        for (account_id, region, key, provider), number in sorted(counted.items())
        if key and number
    ]
    tx.hot(_ADD[count], rows)


def deliveries(tx: Tx, results: Iterable[Written]) -> None:
    """Count those of the results that are deliveries."""
    found = Counter(
        [(one.account_id, one.region, one.counts_as, one.attempt[4]) for one in results if one.delivery is not None]
    )
    by_provider: Counter[Counted] = Counter()
    for (account_id, region, key, host), number in found.items():
        by_provider[account_id, region, key, provider_of(host)] += number
    add(tx, Count.DELIVERIES, by_provider)


def recipients(tx: Tx, count: Count, message_id: str, addresses: Iterable[str]) -> None:
    """Count what happens seldom: a bounce or a complaint of recipients of one message."""
    for account_id, region, configuration_set, facts in tx.hot_rows(_MESSAGE, (message_id,)):
        key = key_of(configuration_set, json.loads(facts))
        found = Counter((account_id, region, key, _provider(tx, message_id, address)) for address in addresses)
        add(tx, count, found)


def _provider(tx: Tx, message_id: str, address: str) -> str:
    """Who runs the host that the last attempt for a recipient was with."""
    rows = tx.hot_rows(_HOST, (message_id, address))
    return provider_of(rows[0][0] if rows else "")
