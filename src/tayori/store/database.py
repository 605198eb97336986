"""Opens a store from its URL: `sqlite:///path` or `postgresql://user@host/name`."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from tayori.clock import Clock
from tayori.store.dialect import Engine
from tayori.store.engine import Store, StoreUnavailable
from tayori.store.migrate import migrate
from tayori.store.sqlite import SqliteStore, connect


class DatabaseUrlError(Exception):
    """The URL names no database that Tayori can use; the message says what it takes."""


def open_store(url: str, clock: Clock) -> Store:
    """Bring the database at `url` to the current schema and open it.

    Raises DatabaseUrlError, StoreUnavailable (the server does not answer) or migrate.SchemaError.
    """
    if url.startswith("sqlite:///"):
        return _open_sqlite(Path(url.removeprefix("sqlite:///")), clock)
    if url.startswith(("postgresql://", "postgres://")):
        return _open_postgres(url.replace("postgres://", "postgresql://", 1), clock)
    raise DatabaseUrlError("The database URL must begin with sqlite:/// or postgresql://.")


def _open_sqlite(path: Path, clock: Clock) -> Store:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # it holds secret keys
        path.chmod(0o600)
        with _exclusive(path) as connection:
            migrate(connection, Engine.SQLITE)
        return SqliteStore(path, clock)
    except (OSError, sqlite3.Error, sa.exc.OperationalError, sa.exc.DatabaseError) as error:
        reason = getattr(error, "orig", None) or error  # without SQLAlchemy's own lines
        raise StoreUnavailable(f"The database file {path} cannot be used: {reason}.") from error


@contextmanager
def _exclusive(path: Path) -> Iterator[sa.Connection]:
    """A connection with the file's write lock, committed at the end."""
    connection = connect(path, read_only=False)
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield connection
        connection.exec_driver_sql("COMMIT")
    finally:
        connection.close()
        connection.engine.dispose()


def _open_postgres(url: str, clock: Clock) -> Store:
    try:
        from tayori.store.postgres import PostgresStore

        engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"))
    except ModuleNotFoundError as error:
        raise DatabaseUrlError("PostgreSQL needs the extra: pip install 'tayori[postgres]'.") from error
    try:
        with engine.begin() as connection:
            migrate(connection, Engine.POSTGRES)
    except sa.exc.OperationalError as error:
        raise StoreUnavailable(f"PostgreSQL at the given URL does not answer: {error.orig}") from error
    finally:
        engine.dispose()
    return PostgresStore(url, clock)
