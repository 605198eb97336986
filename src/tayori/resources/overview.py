"""What the first page of the console shows of an account: mail over time, how far it is set up.

Owns the two looks, by index and bounded. Never changes anything; rates are `resources.reputation`'s.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from tayori.model.mail_count import Count
from tayori.model.reputation import HOUR_SECONDS, hour_of
from tayori.resources import identities
from tayori.resources.identities import Identity
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.notification_tables import event_destinations, identity_notifications
from tayori.store.tables import configuration_sets

_DAY = 24
_LOOKED_AT = 100  # identities; whoever has more has set up something
_ASKED = 3
_SUMS = ", ".join(f"SUM({one})" for one in Count)
_SERIES = {
    hours: Hot(
        f"SELECT hour / {hours} * {hours} AS start, {_SUMS} FROM mail_counts"
        f" WHERE account_id = ? AND region = ? AND hour >= ? GROUP BY hour / {hours} * {hours}"
    )
    for hours in (1, _DAY)
}
_ANY = Hot("SELECT 1 FROM mail_counts WHERE account_id = ? AND region = ? LIMIT 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One hour, or one day of UTC, from `at` on."""

    at: datetime
    counts: Mapping[Count, int]


def series(tx: Tx, account_id: str, region: str, *, days: int) -> list[Point]:
    """Of the last `days` up to now, without a gap: by the hour for one day, else by the day."""
    step = 1 if days == 1 else _DAY
    last = hour_of(tx.now) // step * step
    first = last - (days * _DAY if step == 1 else (days - 1) * _DAY) + (1 if step == 1 else 0)
    rows = tx.hot_rows(_SERIES[step], (account_id, region, first))
    found = {int(start): dict(zip(Count, map(int, sums), strict=True)) for start, *sums in rows}
    nothing = dict.fromkeys(Count, 0)
    return [
        Point(at=datetime.fromtimestamp(hour * HOUR_SECONDS, UTC), counts=found.get(hour, nothing))
        for hour in range(first, last + 1, step)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """What has been done, and the identity that stands for it: the first that lacks something."""

    identity: bool
    verified: bool
    dkim: bool
    mail_from: bool
    configuration_set: bool
    told: bool  # of bounces and complaints: an event destination, or a topic of an identity
    sent: bool
    name: str
    domains: tuple[str, ...]  # that DMARC is to be looked for: few, those that lack something first


def set_up(tx: Tx, account_id: str, region: str) -> SetUp:
    known = sorted(identities.page(tx, account_id, region, limit=_LOOKED_AT), key=_is_whole)
    lacking = known[0] if known else None
    return SetUp(
        identity=bool(known),
        verified=any(one.is_verified for one in known),
        dkim=any(one.dkim.holds and one.signing_enabled for one in known),
        mail_from=any(one.mail_from is not None and one.mail_from.holds for one in known),
        configuration_set=_has(tx, configuration_sets, account_id, region),
        told=any(_has(tx, table, account_id, region) for table in (event_destinations, identity_notifications)),
        sent=bool(tx.hot_rows(_ANY, (account_id, region))),
        name=lacking.name if lacking else "",
        domains=tuple(dict.fromkeys(one.domain for one in known))[:_ASKED],
    )


def _is_whole(identity: Identity) -> bool:
    return identity.is_verified and identity.dkim.holds and identity.mail_from is not None and identity.mail_from.holds


def _has(tx: Tx, table: sa.Table, account_id: str, region: str) -> bool:
    mine = table.c.account_id == account_id, table.c.region == region
    return tx.execute(sa.select(sa.literal(1)).select_from(table).where(*mine).limit(1)).first() is not None
