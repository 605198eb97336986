"""Pages of an account's identities with all of their states, and what was sent as each: for the console.

Owns the SQL that SES's lists lack: a part of the name, the status, DKIM and MAIL FROM beside it. Changes nothing.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from tayori.model.identity import IdentityKind, VerificationStatus
from tayori.model.mail_count import Count
from tayori.model.reputation import HOUR_SECONDS, hour_of
from tayori.resources.identities import Identity, from_row
from tayori.store.engine import Tx
from tayori.store.reputation_tables import mail_counts
from tayori.store.tables import identities, storable

_DAY_HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is looked for; what is empty is not asked for. `after` is the name of the last one that was shown."""

    like: str = ""
    kind: IdentityKind | None = None
    status: VerificationStatus | None = None
    after: str = ""
    limit: int = 20


def page(tx: Tx, account_id: str, region: str, wish: Wish) -> list[Identity]:
    """In the order of their names; one more than `limit` tells that there are more."""
    column = identities.c
    conditions = [column.account_id == account_id, column.region == region]
    if wish.after:
        conditions.append(column.identity > storable(wish.after))
    if wish.like:
        conditions.append(sa.func.lower(column.identity).contains(storable(wish.like.lower()), autoescape=True))
    if wish.kind is not None:
        conditions.append(column.kind == wish.kind)
    if wish.status is not None:
        conditions.append(column.verification_status == wish.status)
    rows = tx.execute(sa.select(identities).where(*conditions).order_by(column.identity).limit(wish.limit + 1))
    return [from_row(row) for row in rows]


def days(tx: Tx, account_id: str, region: str, name: str, many: int) -> list[dict[str, Any]]:
    """What became of mail sent as an identity, by day (UTC) from the oldest; days without mail are left out."""
    column = mail_counts.c
    since = hour_of(tx.now - timedelta(days=many))
    sums = [sa.func.sum(column[count]).label(count) for count in Count]
    rows = tx.execute(
        sa.select(column.hour, *sums)
        .where(
            column.account_id == account_id,
            column.region == region,
            column.identity == storable(name),
            column.hour >= since,
        )
        .group_by(column.hour)
        .order_by(column.hour)
    )
    found: dict[int, dict[str, int]] = {}
    for row in rows:
        of_day = found.setdefault(row.hour // _DAY_HOURS, dict.fromkeys(Count, 0))
        for count in Count:
            of_day[count] += int(row._mapping[count])
    return [{"day": day * _DAY_HOURS * HOUR_SECONDS, **of_day} for day, of_day in found.items()]
