"""Brings a database to the schema that this code knows, or refuses to touch it.

One history for both databases, forward only: `migrations/mNNNN_name.py`, each with STATEMENTS in SQL that both take
({bytes} and {without_rowid} stand for what differs). `version` says what the schema is, `compat` the oldest code that
may still work on it, so that machines can be upgraded one at a time.
"""

import importlib
import pkgutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from tayori.store import migrations
from tayori.store.dialect import Engine, migration_words

# The newest schema this code knows.
SCHEMA_VERSION = 1


class SchemaError(Exception):
    """The database cannot be used by this version; the message says which way out there is."""


@dataclass(frozen=True, slots=True)
class Migration:
    version: int
    compat: int
    statements: tuple[str, ...]


def history() -> Iterator[Migration]:
    """All migrations in order."""
    for module_info in sorted(pkgutil.iter_modules(migrations.__path__), key=lambda info: info.name):
        module = importlib.import_module(f"{migrations.__name__}.{module_info.name}")
        yield Migration(int(module_info.name[1:5]), module.COMPAT, tuple(module.STATEMENTS))


def migrate(connection: sa.Connection, engine: Engine, steps: Sequence[Migration] | None = None) -> None:
    """Run within a transaction that the caller commits. Does nothing where the schema is current."""
    steps = tuple(history()) if steps is None else steps
    known = steps[-1].version
    if engine is Engine.POSTGRES:
        # Two nodes that start at the same moment must not both create the tables.
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7417061)")
    present = _present(connection)
    if present is not None and present[1] > known:
        raise SchemaError(
            f"The database has schema {present[0]}, which needs a newer version of Tayori"
            f" (this one knows {known}). Upgrade this node."
        )
    for migration in steps:
        if present is None or migration.version > present[0]:
            _apply(connection, engine, migration)


def _present(connection: sa.Connection) -> tuple[int, int] | None:
    if not sa.inspect(connection).has_table("schema_info"):
        return None
    row = connection.exec_driver_sql("SELECT version, compat FROM schema_info WHERE id = 1").first()
    return (int(row[0]), int(row[1])) if row else None


def _apply(connection: sa.Connection, engine: Engine, migration: Migration) -> None:
    words = migration_words(engine)
    for statement in migration.statements:
        connection.exec_driver_sql(statement.format(**words))
    connection.exec_driver_sql("DELETE FROM schema_info WHERE id = 1")
    connection.exec_driver_sql(
        f"INSERT INTO schema_info (id, version, compat) VALUES (1, {migration.version}, {migration.compat})"
    )
