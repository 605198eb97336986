"""Brings one database to the state of another, whichever engines the two are.

Both are read once, in the order of the primary keys, and merged: equal rows are passed over, others are put or taken
away. So an interrupted copy goes on by being run again, a second run after the service has stopped moves what changed
since the first and nothing else, and memory is bounded by a chunk of rows. The source is read in one snapshot, while
the service may go on writing to it.

What speaks of living processes (leases) is not copied: on the target nobody lives, so what the source's workers had in
hand returns to the queue there, as after a crash.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tayori.store.database import DatabaseUrlError
from tayori.store.dialect import Engine, is_unavailable
from tayori.store.engine import StoreUnavailable
from tayori.store.migrate import SCHEMA_VERSION, SchemaError
from tayori.store.sqlite import connect
from tayori.store.tables import metadata, to_micros

# Of this database or of processes, and so not of what is copied.
_OWN = frozenset({"schema_info", "leases"})
_ROWS_READ = 500
_BODIES_READ = 4  # a body may have 40 MiB
_ROWS_WRITTEN = 2000
_BYTES_WRITTEN = 32 * 1024 * 1024

Row = tuple[Any, ...]


class CopyRefused(Exception):
    """The two databases may not be copied as asked; the text is one sentence that says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCopied:
    """What was done to one table of the target."""

    name: str
    rows: int  # of the source
    put: int
    removed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDigest:
    """All rows of a table, in the order of its key, as one SHA-256."""

    name: str
    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Database:
    """One of the two, by the URL that a service opens it with."""

    url: str
    engine: Engine = field(init=False)

    def __post_init__(self) -> None:
        if self.url.startswith("sqlite:///"):
            engine = Engine.SQLITE
        elif self.url.startswith(("postgresql://", "postgres://")):
            engine = Engine.POSTGRES
        else:
            raise DatabaseUrlError("The database URL must begin with sqlite:/// or postgresql://.")
        object.__setattr__(self, "engine", engine)

    @property
    def path(self) -> Path:
        """Of SQLite's file."""
        return Path(self.url.removeprefix("sqlite:///"))

    @contextmanager
    def snapshot(self) -> Iterator[sa.Connection]:
        """A connection that sees the database as it is at its first statement. Raises StoreUnavailable."""
        with self._connection(read_only=True) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A connection whose transaction is committed at the end."""
        with self._connection(read_only=False) as connection:
            yield connection

    @contextmanager
    def _connection(self, *, read_only: bool) -> Iterator[sa.Connection]:
        try:
            with self._on_sqlite(read_only) if self.engine is Engine.SQLITE else self._on_postgres(read_only) as found:
                yield found
        except (sqlite3.Error, sa.exc.DBAPIError) as error:
            if not is_unavailable(error):
                raise
            reason = " ".join(str(getattr(error, "orig", None) or error).split())
            raise StoreUnavailable(f"The database cannot be used: {reason}.") from error

    @contextmanager
    def _on_sqlite(self, read_only: bool) -> Iterator[sa.Connection]:
        if not self.path.is_file():
            raise StoreUnavailable(f"There is no database file {self.path}.")
        connection = connect(self.path, read_only=read_only)
        try:
            connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
            yield connection
            connection.exec_driver_sql("COMMIT")
        finally:
            connection.close()
            connection.engine.dispose()

    @contextmanager
    def _on_postgres(self, read_only: bool) -> Iterator[sa.Connection]:
        url = self.url.replace("postgres://", "postgresql://", 1)
        engine = sa.create_engine(
            sa.make_url(url).set(drivername="postgresql+psycopg"), isolation_level="REPEATABLE READ"
        )
        try:
            with engine.execution_options(postgresql_readonly=read_only).begin() as connection:
                yield connection
        finally:
            engine.dispose()


def is_in_use(database: Database) -> bool:
    """Whether a service runs on it: one of its workers says that it lives."""
    table = _plain(metadata.tables["leases"])
    with database.snapshot() as connection:
        _check_schema(connection)
        now = to_micros(datetime.now(UTC))  # leases run on the wall clock
        living = sa.select(table.c.name).where(table.c.expires_at >= now).limit(1)
        return connection.execute(living).first() is not None


def copy(source: Database, target: Database, tell: Callable[[TableCopied], None] = lambda table: None) -> None:
    """Make every table of `target` what it is in `source`; the target's schema is there already.

    Raises CopyRefused, StoreUnavailable or SchemaError. A run that was cut off is completed by the next.
    """
    with source.snapshot() as reader:
        _check_schema(reader)
        _check_target(reader, target)
        for table in _tables():
            tell(_copy_table(table, source, reader, target))


def digests(database: Database) -> Iterator[TableDigest]:
    """The rows of each table counted and hashed, alike on each engine."""
    with database.snapshot() as connection:
        _check_schema(connection)
        for table in _tables():
            rows, hashed = 0, hashlib.sha256()
            for row in _rows(connection, database.engine, table):
                rows += 1
                hashed.update(repr(row).encode("utf-8"))
            yield TableDigest(name=table.name, rows=rows, sha256=hashed.hexdigest())


# -- one table ---------------------------------------------------------------------------------------------------------


def _copy_table(table: sa.Table, source: Database, reader: sa.Connection, target: Database) -> TableCopied:
    width = len(table.primary_key.columns)
    rows = put = removed = 0
    chunk = _Chunk(table, target)
    with target.snapshot() as present:
        theirs = _rows(present, target.engine, table)
        for before, after in merge(_rows(reader, source.engine, table), theirs, width):
            rows += after is not None
            if before == after:
                continue
            put += after is not None
            removed += after is None
            chunk.add(before, after)
        chunk.flush()
    return TableCopied(name=table.name, rows=rows, put=put, removed=removed)


def merge(source: Iterator[Row], target: Iterator[Row], width: int) -> Iterator[tuple[Row | None, Row | None]]:
    """Pairs (in the target, in the source) of rows with the same key, the first `width` values; None where it is not.

    Both come in the order of their keys: that of code points, which is that of UTF-8's octets.
    """
    ours, theirs = next(source, None), next(target, None)
    while ours is not None or theirs is not None:
        if theirs is None or (ours is not None and ours[:width] < theirs[:width]):
            yield None, ours
            ours = next(source, None)
        elif ours is None or theirs[:width] < ours[:width]:
            yield theirs, None
            theirs = next(target, None)
        else:
            yield theirs, ours
            ours, theirs = next(source, None), next(target, None)


class _Chunk:
    """Changes that are written together. What is replaced goes first, so that a name may pass from row to row."""

    def __init__(self, table: sa.Table, target: Database) -> None:
        self._table, self._target = table, target
        self._old: list[Row] = []
        self._new: list[Row] = []
        self._bytes = 0

    def add(self, before: Row | None, after: Row | None) -> None:
        if before is not None:
            self._old.append(before)
        if after is not None:
            self._new.append(after)
            self._bytes += sum(len(value) for value in after if isinstance(value, (bytes, str)))
        if len(self._old) + len(self._new) >= _ROWS_WRITTEN or self._bytes >= _BYTES_WRITTEN:
            self.flush()

    def flush(self) -> None:
        if not self._old and not self._new:
            return
        keys = list(self._table.primary_key.columns)
        columns = _columns(self._table)
        with self._target.writing() as connection:
            if self._old:
                where = sa.and_(*(column == sa.bindparam(f"key_{column.name}") for column in keys))
                names = [f"key_{column.name}" for column in keys]
                gone = [dict(zip(names, row[: len(keys)], strict=True)) for row in self._old]
                connection.execute(sa.delete(self._table).where(where), gone)
            if self._new:
                names = [column.name for column in columns]
                connection.execute(sa.insert(self._table), [dict(zip(names, row, strict=True)) for row in self._new])
        self._old, self._new, self._bytes = [], [], 0


def _rows(connection: sa.Connection, engine: Engine, table: sa.Table) -> Iterator[Row]:
    """All rows as plain values, the key first, in its order."""
    # Elsewhere than in SQLite, text is in the order of the database's language unless asked otherwise.
    order = [
        column.collate("C") if engine is Engine.POSTGRES and isinstance(column.type, sa.Text) else column
        for column in table.primary_key.columns
    ]
    heavy = any(isinstance(column.type, sa.LargeBinary) for column in table.columns)
    streamed = connection.execution_options(yield_per=_BODIES_READ if heavy else _ROWS_READ)
    for row in streamed.execute(sa.select(*_columns(table)).order_by(*order)):
        yield tuple(row)


def _columns(table: sa.Table) -> Sequence[sa.Column[Any]]:
    keys = list(table.primary_key.columns)
    return [*keys, *(column for column in table.columns if not column.primary_key)]


def _tables() -> list[sa.Table]:
    return [_plain(table) for table in metadata.sorted_tables if table.name not in _OWN]


def _plain(table: sa.Table) -> sa.Table:
    """The table without our own types: what is copied are the stored values, octet by octet."""
    columns: list[sa.Column[Any]] = []
    for column in table.columns:
        kind = column.type.impl_instance if isinstance(column.type, sa.TypeDecorator) else column.type
        columns.append(sa.Column(column.name, kind, primary_key=column.primary_key, autoincrement=False))
    return sa.Table(table.name, sa.MetaData(), *columns)


# -- what may be copied ------------------------------------------------------------------------------------------------


def _check_schema(connection: sa.Connection) -> None:
    if not sa.inspect(connection).has_table("schema_info"):
        raise SchemaError("There is no installation of Tayori in the database.")
    version = connection.exec_driver_sql("SELECT version FROM schema_info WHERE id = 1").scalar_one()
    if version != SCHEMA_VERSION:
        raise SchemaError(
            f"The database has schema {version}, and this version of Tayori {SCHEMA_VERSION}: start it on the"
            " database once, or use the version that belongs to it."
        )


def _check_target(source: sa.Connection, target: Database) -> None:
    """What stands in the target is taken away unless the source has it: so it is empty, or an earlier copy."""
    with ExitStack() as stack:
        present = stack.enter_context(target.snapshot())
        _check_schema(present)
        theirs, ours = _accounts(present), _accounts(source)
    if theirs and not theirs & ours:
        raise CopyRefused("The target holds another installation: its accounts are not those of the source.")


def _accounts(connection: sa.Connection) -> set[str]:
    return set(connection.exec_driver_sql("SELECT account_id FROM accounts").scalars())
