"""How secure the ways to domains were: rows of `model.security_memory`, for all accounts together.

Owns the rows. They are written from the stream of results that reports are counted from, a batch at a time, and they
change nothing about delivery: they are there to warn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tayori.model.security_memory import Level, Memory, Sighting, recall
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import from_micros, storable, to_micros

KEPT = timedelta(days=180)  # after the last connection
_COLUMNS = (
    "domain, best_level, best_at, best_host, best_tls, last_level, last_at, last_host, last_tls, downgraded_at,"
    " warned_at"
)
_FIND = Hot(f"SELECT {_COLUMNS} FROM security_levels WHERE domain = ?")
_KEEP = Hot(
    f"INSERT INTO security_levels ({_COLUMNS}) VALUES {{values}} ON CONFLICT (domain) DO UPDATE SET"
    " best_level = excluded.best_level, best_at = excluded.best_at, best_host = excluded.best_host,"
    " best_tls = excluded.best_tls, last_level = excluded.last_level, last_at = excluded.last_at,"
    " last_host = excluded.last_host, last_tls = excluded.last_tls, downgraded_at = excluded.downgraded_at,"
    " warned_at = excluded.warned_at"
)
_DOWNGRADED = Hot(
    f"SELECT {_COLUMNS} FROM security_levels WHERE downgraded_at > 0 ORDER BY downgraded_at DESC, domain LIMIT ?"
)
_COUNT = Hot("SELECT COUNT(*) FROM security_levels WHERE downgraded_at > 0")
_FORGET = Hot("DELETE FROM security_levels WHERE last_at < ?")
_UNCHANGED_FOR = timedelta(hours=1)  # a connection as good as ever is written down no more often


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    domain: str
    memory: Memory

    @property
    def is_downgraded(self) -> bool:
        return self.memory.downgraded_since is not None


def note(tx: Tx, seen: Mapping[str, tuple[Sighting, Sighting]]) -> list[Remembered]:
    """Take in the best and the worst connection to each domain; those of whom somebody should be warned."""
    rows, warnings = [], []
    for domain, (best, worst) in seen.items():
        known = find(tx, domain)
        found = recall(known.memory if known else None, best, worst)
        if known is not None and _is_old_news(known.memory, found.memory):
            continue
        rows.append(_row(domain, found.memory))
        if found.warns:
            warnings.append(Remembered(domain=domain, memory=found.memory))
    if rows:
        tx.hot(_KEEP, rows)
    return warnings


def _is_old_news(before: Memory, after: Memory) -> bool:
    same = before.best.level is after.best.level and before.last.level is after.last.level
    return (
        same
        and before.downgraded_since == after.downgraded_since
        and before.warned_at == after.warned_at
        and after.last.at - before.last.at < _UNCHANGED_FOR
    )


def find(tx: Tx, domain: str) -> Remembered | None:
    rows = tx.hot_rows(_FIND, (domain,))
    return _read(rows[0]) if rows else None


def downgraded(tx: Tx, most: int) -> list[Remembered]:
    """Domains to which connections are less secure than they were, the latest first."""
    return [_read(row) for row in tx.hot_rows(_DOWNGRADED, (most,))]


def count_downgraded(tx: Tx) -> int:
    ((count,),) = tx.hot_rows(_COUNT, ())
    return int(count)


def forget(tx: Tx) -> None:
    tx.hot(_FORGET, [(to_micros(tx.now - KEPT),)])


def _row(domain: str, memory: Memory) -> tuple[Any, ...]:
    def facts(sighting: Sighting) -> tuple[Any, ...]:
        return sighting.level, to_micros(sighting.at), storable(sighting.host), sighting.tls

    since, warned = memory.downgraded_since, memory.warned_at
    marks = (to_micros(since) if since else 0, to_micros(warned) if warned else 0)
    return domain, *facts(memory.best), *facts(memory.last), *marks


def _read(row: Sequence[Any]) -> Remembered:
    domain, *facts = row
    best, last, (since, warned) = facts[:4], facts[4:8], facts[8:]
    memory = Memory(
        best=_sighting(best),
        last=_sighting(last),
        downgraded_since=_moment(since),
        warned_at=_moment(warned),
    )
    return Remembered(domain=domain, memory=memory)


def _sighting(facts: Sequence[Any]) -> Sighting:
    level, at, host, tls = facts
    return Sighting(level=Level(level), at=from_micros(at), host=host, tls=tls)


def _moment(micros: int) -> datetime | None:
    return from_micros(micros) if micros else None


def as_json(found: Remembered) -> dict[str, Any]:
    def facts(sighting: Sighting) -> dict[str, str]:
        return {
            "level": sighting.level,
            "at": sighting.at.isoformat(),
            "host": sighting.host,
            "tls": sighting.tls,
        }

    since = found.memory.downgraded_since
    return {
        "domain": found.domain,
        "best": facts(found.memory.best),
        "last": facts(found.memory.last),
        "downgraded_since": since.isoformat() if since else None,
    }
