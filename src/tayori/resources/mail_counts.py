"""Counts of mail by hour, configuration set, identity, tenant and provider: written with the events that they count.

Each transaction that writes events adds to the counts what it wrote, with one statement for each key: so a count is as
durable as its event, and is never counted twice. Nothing is counted of the service's own mail and of the mailbox
simulator; mail that the suppression list kept back is not, either (ses: account-level suppression list). A row stands
for an hour; of old ones, that of midnight stands for its day.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from tayori.model import simulator
from tayori.model.mail_count import Count, counts_as, parts
from tayori.model.message import Operation
from tayori.model.reputation import HOUR_SECONDS as HOUR_SECONDS
from tayori.model.reputation import Hour, Tally, hour_of
from tayori.resources.provider_names import provider_of
from tayori.resources.results import Written
from tayori.store.dialect import Hot
from tayori.store.engine import Tx

# account id, region, key (model.mail_count.counts_as), provider
Counted: TypeAlias = tuple[str, str, str, str]

_SIMULATED = f"@{simulator.DOMAIN}"
_KEYS = "account_id, region, hour, configuration_set, identity, tenant, provider"
_COLUMNS = ", ".join(Count)


def _add_to(count: Count) -> Hot:
    values = ", ".join("?" if one is count else "0" for one in Count)
    return Hot(
        f"INSERT INTO mail_counts ({_KEYS}, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, {values})"
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
    return counts_as(configuration_set, facts["identity"], facts.get("tenant", ""))


def add(tx: Tx, count: Count, counted: Mapping[Counted, int]) -> None:
    """Add to one count. In the order of the keys, so that two nodes never wait for each other's rows."""
    hour = hour_of(tx.now)
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
        if host != simulator.DOMAIN:
            by_provider[account_id, region, key, provider_of(host)] += number
    add(tx, Count.DELIVERIES, by_provider)


def recipients(tx: Tx, count: Count, message_id: str, addresses: Iterable[str]) -> None:
    """Count what happens seldom: a bounce or a complaint of recipients of one message."""
    for account_id, region, configuration_set, facts in tx.hot_rows(_MESSAGE, (message_id,)):
        key = key_of(configuration_set, json.loads(facts))
        real = [address for address in addresses if not address.endswith(_SIMULATED)]
        found = Counter((account_id, region, key, _provider(tx, message_id, address)) for address in real)
        add(tx, count, found)


def _provider(tx: Tx, message_id: str, address: str) -> str:
    """Who runs the host that the last attempt for a recipient was with."""
    rows = tx.hot_rows(_HOST, (message_id, address))
    return provider_of(rows[0][0] if rows else "")


# --- reading ---

_REPORTED = Hot(
    "SELECT DISTINCT provider FROM mail_counts WHERE account_id = ? AND region = ? AND hour >= ? AND complaints > 0"
)


_FINE_HOURS = 48


def of_account(tx: Tx, account_id: str, region: str, since: datetime, reporting: Collection[str]) -> list[Hour]:
    """What rates are made of: hour by hour of the last two days, day by day before. `reporting` are the providers that
    tell of complaints; those that did so are among them in any case.
    """
    whose = account_id, region, hour_of(since)
    names = sorted({*reporting, *(row[0] for row in tx.hot_rows(_REPORTED, whose))})
    marks = ", ".join("?" * len(names)) or "NULL"
    statement = Hot(
        "SELECT CASE WHEN hour >= ? THEN hour ELSE hour / 24 * 24 END AS start, configuration_set, identity, tenant,"
        " SUM(sends), SUM(permanent_bounces),"
        f" SUM(CASE WHEN provider IN ({marks}) THEN deliveries ELSE 0 END), SUM(complaints)"
        " FROM mail_counts WHERE account_id = ? AND region = ? AND hour >= ?"
        " GROUP BY start, configuration_set, identity, tenant"
    )
    rows = tx.hot_rows(statement, (hour_of(tx.now) - _FINE_HOURS, *names, *whose))
    return [Hour(hour, name, identity, Tally(*map(int, sums)), tenant) for hour, name, identity, tenant, *sums in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderCounts:
    """What became of recipients at one provider."""

    provider: str
    deliveries: int
    permanent_bounces: int
    transient_bounces: int
    complaints: int

    @property
    def bounce_rate(self) -> float | None:
        """Of those whose end is known."""
        ended = self.deliveries + self.permanent_bounces + self.transient_bounces
        return self.permanent_bounces / ended if ended else None

    @property
    def complaint_rate(self) -> float | None:
        return self.complaints / self.deliveries if self.deliveries else None


_BY_PROVIDER = Hot(
    "SELECT provider, SUM(deliveries), SUM(permanent_bounces), SUM(transient_bounces), SUM(complaints)"
    " FROM mail_counts WHERE account_id = ? AND region = ? AND hour >= ? AND provider <> ''"
    " GROUP BY provider ORDER BY 2 DESC, 1"
)


def by_provider(tx: Tx, account_id: str, region: str, since: datetime) -> list[ProviderCounts]:
    rows = tx.hot_rows(_BY_PROVIDER, (account_id, region, hour_of(since)))
    return [
        ProviderCounts(
            provider=name,
            deliveries=int(deliveries),
            permanent_bounces=int(permanent),
            transient_bounces=int(transient),
            complaints=int(complaints),
        )
        for name, deliveries, permanent, transient, complaints in rows
    ]


# --- keeping ---

_FOLD = Hot(
    f"INSERT INTO mail_counts ({_KEYS}, {_COLUMNS})"
    " SELECT account_id, region, hour / 24 * 24, configuration_set, identity, tenant, provider, "
    + ", ".join(f"SUM({count})" for count in Count)
    + " FROM mail_counts WHERE account_id = ? AND region = ? AND hour >= ? AND hour < ? AND hour <> hour / 24 * 24"
    " GROUP BY account_id, region, hour / 24 * 24, configuration_set, identity, tenant, provider"
    f" ON CONFLICT ({_KEYS}) DO UPDATE SET "
    + ", ".join(f"{count} = mail_counts.{count} + excluded.{count}" for count in Count)
)
_FOLDED = Hot(
    "DELETE FROM mail_counts WHERE account_id = ? AND region = ? AND hour >= ? AND hour < ? AND hour <> hour / 24 * 24"
)
_FORGET = Hot("DELETE FROM mail_counts WHERE account_id = ? AND region = ? AND hour < ?")
_OLDEST_HOUR = Hot(
    "SELECT MIN(hour) FROM mail_counts WHERE account_id = ? AND region = ? AND hour < ? AND hour <> hour / 24 * 24"
)
_DAY = 24


def fold(tx: Tx, account_id: str, region: str, *, hours_kept: timedelta, days_kept: timedelta) -> bool:
    """Add up the hours of one day that is older than `hours_kept`, and forget days that are older than `days_kept`;
    true where another day is left to be done.
    """
    tx.hot(_FORGET, [(account_id, region, hour_of(tx.now - days_kept))])
    before = hour_of(tx.now - hours_kept) // _DAY * _DAY
    ((oldest,),) = tx.hot_rows(_OLDEST_HOUR, (account_id, region, before))
    if oldest is None:
        return False
    day = int(oldest) // _DAY * _DAY
    for statement in (_FOLD, _FOLDED):
        tx.hot(statement, [(account_id, region, day, day + _DAY)])
    return True
