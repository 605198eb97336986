"""How the installation does, by its rows: who works, what waits and for how long, what could not be told.

Owns those looks, each by index and bounded: everybody who is signed in may cause them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from tayori.store import leases
from tayori.store.engine import Tx
from tayori.store.tables import IS_OPEN, from_micros, recipients

MOST_COUNTED = 10_000
_NOBODY = ""  # in nobody's hands: waiting for its time, or for a worker


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceState:
    workers: int
    waiting: int  # recipients, counted up to one more than MOST_COUNTED
    late: timedelta  # how long the first that is due has been due


def state(tx: Tx, wall: datetime) -> ServiceState:
    table = recipients.c
    some = sa.select(sa.literal(1)).select_from(recipients).where(IS_OPEN).limit(MOST_COUNTED + 1).subquery()
    first = tx.execute(
        sa.select(table.due_at).where(IS_OPEN, table.owner == _NOBODY).order_by(table.due_at).limit(1)
    ).scalar()
    return ServiceState(
        workers=len(leases.living_workers(tx, wall)),
        waiting=int(tx.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()),
        late=max(timedelta(0), tx.now - from_micros(first)) if first is not None else timedelta(0),
    )
