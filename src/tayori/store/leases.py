"""Named leases: heartbeats of workers, and the right to run a loop of which there may be only one.

Leases run on the wall clock, not on service time: in the rehearsal a clock that is advanced by three days must not
take a living worker for dead.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa

from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import leases, to_micros

_WORKER = "worker:"
_BEAT = Hot(
    "INSERT INTO leases (name, holder, expires_at) VALUES (?, ?, ?)"
    " ON CONFLICT (name) DO UPDATE SET expires_at = excluded.expires_at"
)
_TAKE = Hot(
    "INSERT INTO leases (name, holder, expires_at) VALUES (?, ?, ?)"
    " ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at"
    " WHERE leases.holder = excluded.holder OR leases.expires_at < ?"
)


def beat(tx: Tx, worker: str, wall: datetime, lifetime: timedelta) -> None:
    """`worker` lives, and says so until `wall + lifetime`."""
    tx.hot(_BEAT, [(_WORKER + worker, worker, to_micros(wall + lifetime))])


def workers(tx: Tx) -> dict[str, datetime]:
    """Every worker that has not stopped in order, and until when it said that it lives."""
    rows = tx.execute(sa.select(leases.c.holder, leases.c.expires_at).where(leases.c.name.startswith(_WORKER)))
    return {row.holder: row.expires_at for row in rows}


def living_workers(tx: Tx, wall: datetime) -> list[str]:
    return [worker for worker, expires in workers(tx).items() if expires >= wall]


def bury(tx: Tx, worker: str) -> None:
    """`worker` has stopped, and with it the loops that it ran."""
    tx.hot(Hot("DELETE FROM leases WHERE holder = ?"), [(worker,)])


def bury_all(tx: Tx) -> None:
    """Nobody lives: said at the start of a service that is alone on its database."""
    tx.hot(Hot("DELETE FROM leases"), [()])


def take(tx: Tx, name: str, holder: str, wall: datetime, lifetime: timedelta) -> bool:
    """True where `holder` has the lease `name` until `wall + lifetime`: it was free, had run out or was its own."""
    return tx.hot(_TAKE, [(f"loop:{name}", holder, to_micros(wall + lifetime), to_micros(wall))]) == 1
