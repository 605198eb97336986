"""Values that all nodes of an installation share: secrets of the first start, switches of the rehearsal."""

import sqlalchemy as sa

from tayori.store.dialect import Hot, upsert
from tayori.store.engine import Tx
from tayori.store.tables import installation_values

_ADD = Hot("INSERT INTO installation_values (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING")
_REPLACE = Hot(
    "INSERT INTO installation_values (name, value) VALUES (?, ?)"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE installation_values.value = ?"
)


def secret(tx: Tx, name: str, fresh: bytes) -> bytes:
    """The secret of that name; `fresh` becomes it where there is none yet."""
    tx.hot(_ADD, [(name, fresh)])  # several processes may start at the same moment
    return note(tx, name) or fresh


def note(tx: Tx, name: str) -> bytes | None:
    """What a node has left for the others under that name."""
    table = installation_values
    row = tx.execute(sa.select(table.c.value).where(table.c.name == name)).first()
    return None if row is None else bytes(row.value)


def replace_note(tx: Tx, name: str, expected: bytes | None, value: bytes) -> bool:
    """Leave a note where `expected` stands now; false where another node was faster."""
    return tx.hot(_REPLACE, [(name, value, expected or b"")]) == 1


def switch(tx: Tx, name: str) -> bool:
    """Whether a switch is on; off where nobody has ever set it."""
    table = installation_values
    row = tx.execute(sa.select(table.c.value).where(table.c.name == name)).first()
    return row is not None and bytes(row.value) == b"on"


def set_switch(tx: Tx, name: str, *, on: bool) -> None:
    value = b"on" if on else b"off"
    tx.execute(upsert(tx.engine, installation_values, changes=["value"]).values(name=name, value=value))
