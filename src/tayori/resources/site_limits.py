"""What operators allow a site in place of what the table of providers says: how many connections, how many messages a
second.

A site is named as delivery shows it: a provider, or its first mail host. Every delivering process reads them each
second and obeys at once.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tayori.model.errors import Invalid
from tayori.model.shaping import SiteLimit
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import from_micros, storable, to_micros

MOST_CONNECTIONS = 1000
MOST_RATE = 10_000.0
_LONGEST = 256
_MOST = 1000  # rows

_PUT = Hot(
    "INSERT INTO site_limits (site, connections, rate, set_at, author) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (site) DO UPDATE SET connections = excluded.connections, rate = excluded.rate,"
    " set_at = excluded.set_at, author = excluded.author"
)
_REMOVE = Hot("DELETE FROM site_limits WHERE site = ?")
_ALL = Hot("SELECT site, connections, rate, set_at, author FROM site_limits ORDER BY site LIMIT ?")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLimit:
    site: str
    limit: SiteLimit
    set_at: datetime
    author: str


def put(tx: Tx, site: str, limit: SiteLimit, author: str) -> None:
    """Nothing in a limit: as the table says, again. Raises Invalid."""
    name = site.strip()
    if not name or len(name) > _LONGEST or not name.isprintable():
        raise Invalid("Say which site is meant, by its name in the list of sites.")
    if not 0 <= limit.connections <= MOST_CONNECTIONS:
        raise Invalid(f"connections must be from 1 to {MOST_CONNECTIONS}, or 0 for what the table of providers says.")
    if not math.isfinite(limit.rate) or not 0 <= limit.rate <= MOST_RATE:
        raise Invalid(f"rate must be from 0 to {MOST_RATE:g} messages a second; 0 is what the table of providers says.")
    if limit == SiteLimit():
        tx.hot(_REMOVE, [(name,)])
    elif len(tx.hot_rows(_ALL, (_MOST,))) >= _MOST:
        raise Invalid(f"There are {_MOST} limits already: take back some that are no longer needed.")
    else:
        tx.hot(_PUT, [(name, limit.connections, limit.rate, to_micros(tx.now), storable(author))])


def listed(tx: Tx) -> list[StoredLimit]:
    return [
        StoredLimit(
            site=site,
            limit=SiteLimit(connections=connections, rate=rate),
            set_at=from_micros(set_at),
            author=author,
        )
        for site, connections, rate, set_at, author in tx.hot_rows(_ALL, (_MOST,))
    ]


def by_site(tx: Tx) -> Mapping[str, SiteLimit]:
    return {one.site: one.limit for one in listed(tx)}
