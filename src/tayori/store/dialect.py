"""The only place that asks which database this is.

Owns what differs between SQLite and PostgreSQL: placeholders of hot statements, column types of the migrations,
upserts, and which errors mean "try again".
"""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.dml import Insert as PostgresInsert
from sqlalchemy.dialects.sqlite.dml import Insert as SqliteInsert

# SQLSTATEs after which the same transaction may well succeed: serialisation failure, deadlock.
_RETRYABLE_STATES = frozenset({"40001", "40P01"})
# Result codes of SQLite that speak of the machine and not of the statement.
_SQLITE_TROUBLE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOTADB,
    }
)

_ROW_LOCKS = {"{skip_locked}": "FOR UPDATE SKIP LOCKED", "{locked}": "FOR UPDATE"}
_INDEX = re.compile(r"\{by (\w+)\}")


class Engine(StrEnum):
    SQLITE = "sqlite"
    POSTGRES = "postgresql"


@dataclass(frozen=True, slots=True)
class Hot:
    """A statement of the hot path as text, with `?` for parameters: skips the building of SQL for each execution.

    `{skip_locked}` and `{locked}` become row locks on PostgreSQL, where several nodes work at once; SQLite has one
    writer and needs none. `{by name}` names the index to be used: SQLite keeps no statistics that would tell it, and
    refuses the statement where it cannot. `{values}` becomes the rows of a VALUES list: many rows are one statement,
    which is one round trip there, and here one hand-over of the interpreter's lock instead of one for each row.
    """

    sql: str
    _texts: dict[tuple[Engine, int, int], str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def takes_rows(self) -> bool:
        return "{values}" in self.sql

    def text(self, engine: Engine, *, rows: int = 0, width: int = 0) -> str:
        """The statement for `engine`, with a VALUES list of that many rows of `width` values where it has one."""
        key = engine, rows, width
        if key not in self._texts:
            self._texts[key] = self._render(engine, rows, width)
        return self._texts[key]

    def _render(self, engine: Engine, rows: int, width: int) -> str:
        locks = _ROW_LOCKS if engine is Engine.POSTGRES else dict.fromkeys(_ROW_LOCKS, "")
        row = f"({', '.join('?' * width)})"
        sql = self.sql.replace("{values}", ", ".join([row] * rows))
        for marker, lock in locks.items():
            sql = sql.replace(marker, lock)
        sql = _INDEX.sub(r"INDEXED BY \1" if engine is Engine.SQLITE else "", sql)
        return sql if engine is Engine.SQLITE else sql.replace("?", "%s")


# Few different lengths of VALUES lists keep the number of prepared statements small: 13 rows are 8, 4 and 1.
_LENGTHS = (64, 32, 16, 8, 4, 2, 1)


def in_lengths(rows: Sequence[Sequence[Any]]) -> Iterator[Sequence[Sequence[Any]]]:
    """`rows` in order, cut into pieces of the lengths that there are statements for."""
    start = 0
    while start < len(rows):
        length = next(length for length in _LENGTHS if length <= len(rows) - start)
        yield rows[start : start + length]
        start += length


def upsert(engine: Engine, table: Table, *, changes: Sequence[str]) -> SqliteInsert | PostgresInsert:
    """INSERT that, where the primary key is taken, sets the columns `changes` to the new values."""
    keys = [column.name for column in table.primary_key.columns]
    if engine is Engine.SQLITE:
        insert = sqlite.insert(table)
        return insert.on_conflict_do_update(index_elements=keys, set_={name: insert.excluded[name] for name in changes})
    pg_insert = postgresql.insert(table)
    return pg_insert.on_conflict_do_update(
        index_elements=keys, set_={name: pg_insert.excluded[name] for name in changes}
    )


def migration_words(engine: Engine) -> dict[str, str]:
    """What stands for {bytes} and {without_rowid} in the text of a migration."""
    if engine is Engine.SQLITE:
        return {"bytes": "BLOB", "without_rowid": "WITHOUT ROWID"}
    return {"bytes": "BYTEA", "without_rowid": ""}


def is_retryable(error: BaseException) -> bool:
    """True for a failure of concurrency on PostgreSQL, after which the whole function is run again."""
    original: Any = getattr(error, "orig", error)
    return getattr(original, "sqlstate", None) in _RETRYABLE_STATES


def is_unavailable(error: BaseException) -> bool:
    """True where the database could not be reached or lost the connection: nothing was decided, and a retry may do."""
    original: Any = getattr(error, "orig", error)
    if isinstance(original, sqlite3.Error):  # here an OperationalError is a mistake in the SQL as well
        return getattr(original, "sqlite_errorcode", 0) & 0xFF in _SQLITE_TROUBLE
    return any(kind.__name__ in ("OperationalError", "InterfaceError") for kind in type(original).__mro__)
