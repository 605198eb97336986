"""The audit log: an entry in the transaction of each change, and how the log is read.

Owns the rows. What may stand in one is decided in `model.audit`. An entry is written so that no cache of settings
starts anew because of it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from tayori.model.audit import Entry
from tayori.model.errors import Kind, NotFound
from tayori.store.audit_tables import audit_entries
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.tables import storable, to_micros

_STEP = 500
_COLUMNS = (
    *("account_id", "entry_id", "at", "region", "door", "actor", "source_ip", "agent"),
    *("service", "operation", "resource", "request", "outcome", "changes"),
)
_PUT = Hot(
    f"INSERT INTO audit_entries ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"
    " ON CONFLICT (account_id, entry_id) DO UPDATE SET outcome = excluded.outcome, changes = excluded.changes"
)
_FORGET = Hot(
    "DELETE FROM audit_entries WHERE (account_id, entry_id) IN"
    " (SELECT account_id, entry_id FROM audit_entries WHERE at < ? ORDER BY at LIMIT ?)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Empty is any. `resource` is what it begins with."""

    actor: str = ""
    operation: str = ""
    resource: str = ""
    since: datetime | None = None
    until: datetime | None = None


def entry_id(now: datetime, unique: str) -> str:
    """Ids in the order of time."""
    return f"{to_micros(now):016d}-{unique[:36]}"


def put(tx: Tx, entry: Entry) -> None:
    """Write it down; once more for the same id where more has become of it."""
    values: Mapping[str, Any] = {
        "at": to_micros(entry.at),
        "request": json.dumps(entry.request),
        "changes": json.dumps(entry.changes),
    }
    tx.hot(_PUT, [tuple(values[name] if name in values else _text(entry, name) for name in _COLUMNS)])


def _text(entry: Entry, name: str) -> str:
    return storable(str(getattr(entry, name)))[:500]


def listed(
    tx: Tx, account_id: str, wanted: Filter, *, behind: str = "", limit: int = 50
) -> tuple[list[Entry], str | None]:
    """The newest first, and behind which to go on where there are more."""
    table = audit_entries.c
    conditions = [table.account_id == account_id]
    if wanted.actor:
        conditions.append(table.actor == wanted.actor)
    if wanted.operation:
        conditions.append(table.operation == wanted.operation)
    if wanted.resource:  # not by LIKE, whose case and wildcards differ, nor by a range, which a collation would bend
        conditions.append(sa.func.substr(table.resource, 1, len(wanted.resource)) == wanted.resource)
    if wanted.since is not None:
        conditions.append(table.entry_id >= f"{max(0, to_micros(wanted.since)):016d}")
    if wanted.until is not None:
        conditions.append(table.entry_id < f"{max(0, to_micros(wanted.until)):016d}")
    if behind:
        conditions.append(table.entry_id < behind)
    query = sa.select(audit_entries).where(*conditions).order_by(table.entry_id.desc()).limit(limit + 1)
    found = [Entry(**row._mapping) for row in tx.execute(query)]
    return found[:limit], found[limit - 1].entry_id if len(found) > limit else None


def get(tx: Tx, account_id: str, entry: str) -> Entry:
    table = audit_entries.c
    row = tx.execute(sa.select(audit_entries).where(table.account_id == account_id, table.entry_id == entry)).first()
    if row is None:
        raise NotFound(f"There is no entry {entry[:80]} in the audit log.", Kind.AUDIT_ENTRY)
    return Entry(**row._mapping)


def forget(tx: Tx, age: timedelta) -> int:
    """Delete up to 500 entries that are older."""
    return tx.hot(_FORGET, [(to_micros(tx.now - age), _STEP)])
