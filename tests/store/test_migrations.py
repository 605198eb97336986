"""The schema: what the migrations make is what tables.py says, and a database of another version is left alone."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from postgres import Databases
from tayori.store.database import open_store
from tayori.store.dialect import Engine, migration_words
from tayori.store.engine import Store
from tayori.store.migrate import SCHEMA_VERSION, Migration, SchemaError, history, migrate
from tayori.store.tables import metadata


@pytest.fixture
def postgres_url(postgres_databases: Databases) -> Iterator[str]:
    """Of a database without a schema."""
    with postgres_databases.new(empty=True) as url:
        yield url


def connect(url: str) -> sa.Engine:
    return sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))


def engine_of(url: str) -> Engine:
    return Engine.SQLITE if url.startswith("sqlite") else Engine.POSTGRES


def described(engine: sa.Engine) -> dict[str, Any]:
    """What a database says of its own schema, comparable whoever made it."""
    inspector = sa.inspect(engine)
    return {
        table: {
            "columns": {
                column["name"]: (_kind(column["type"]), column["nullable"], column["default"])
                for column in inspector.get_columns(table)
            },
            "key": inspector.get_pk_constraint(table)["constrained_columns"],
            "indexes": {
                index["name"]: (index["column_names"], bool(index["unique"]), _condition(index))
                for index in inspector.get_indexes(table)
            },
            "checks": {check["name"]: check["sqltext"] for check in inspector.get_check_constraints(table)},
            "without_rowid": inspector.get_table_options(table).get("sqlite_with_rowid"),
        }
        for table in inspector.get_table_names()
    }


def _kind(column_type: Any) -> str:
    """SQLAlchemy writes FLOAT, and PostgreSQL reads that as DOUBLE PRECISION: to SQLite both have REAL affinity."""
    return "FLOAT" if isinstance(column_type, sa.Float) else str(column_type)


def _condition(index: Any) -> str | None:
    found = index.get("dialect_options", {})
    where = found.get("sqlite_where", found.get("postgresql_where"))
    return None if where is None else str(where)


def test_the_migrations_make_the_schema_of_tables(database_url):
    engine = connect(database_url)
    with engine.begin() as connection:
        migrate(connection, engine_of(database_url))
    migrated = described(engine)
    metadata.drop_all(engine)
    assert described(engine) == {}
    metadata.create_all(engine)
    declared = described(engine)
    engine.dispose()
    assert migrated.keys() == declared.keys()
    for table, description in declared.items():
        assert migrated[table] == description, table


def test_every_column_that_tables_call_not_null_is_not_null(database_url):
    """The comparison above goes through the same reflection twice; this one looks at the declaration itself."""
    engine = connect(database_url)
    with engine.begin() as connection:
        migrate(connection, engine_of(database_url))
    inspector = sa.inspect(engine)
    for table in metadata.sorted_tables:
        reflected = {column["name"]: column["nullable"] for column in inspector.get_columns(table.name)}
        assert reflected == {column.name: column.nullable for column in table.columns}, table.name
        assert inspector.get_pk_constraint(table.name)["constrained_columns"] == [c.name for c in table.primary_key]
    engine.dispose()


def test_the_history_is_numbered_without_gaps_and_ends_at_the_known_version():
    versions = [migration.version for migration in history()]
    assert versions == list(range(1, SCHEMA_VERSION + 1))
    assert all(migration.compat <= migration.version for migration in history())


@pytest.mark.parametrize("engine", list(Engine))
def test_statements_leave_no_placeholder_unfilled(engine):
    for migration in history():
        for statement in migration.statements:
            assert "{" not in statement.format(**migration_words(engine))


def test_a_second_run_does_nothing(database_url):
    engine = connect(database_url)
    kind = engine_of(database_url)
    with engine.begin() as connection:
        migrate(connection, kind)
        connection.exec_driver_sql("UPDATE settings_revision SET revision = 7")
    before = described(engine)
    with engine.begin() as connection:
        migrate(connection, kind)
        assert connection.exec_driver_sql("SELECT revision FROM settings_revision").scalar() == 7
    assert described(engine) == before
    engine.dispose()


def set_version(url: str, version: int, compat: int) -> None:
    engine = connect(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE schema_info SET version = {version}, compat = {compat}")
    engine.dispose()


def close(store: Store) -> None:
    asyncio.run(store.close())


def test_a_schema_that_needs_newer_code_is_refused_and_left_alone(database_url, clock):
    close(open_store(database_url, clock))
    set_version(database_url, SCHEMA_VERSION + 2, SCHEMA_VERSION + 1)
    with pytest.raises(SchemaError, match="needs a newer version of Tayori"):
        open_store(database_url, clock)
    engine = connect(database_url)
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT version, compat FROM schema_info").one()
    engine.dispose()
    assert tuple(found) == (SCHEMA_VERSION + 2, SCHEMA_VERSION + 1)


def test_a_newer_schema_that_this_code_may_still_use_is_used(database_url, clock):
    """While machines are upgraded one at a time, the older ones go on."""
    close(open_store(database_url, clock))
    set_version(database_url, SCHEMA_VERSION + 1, SCHEMA_VERSION)
    close(open_store(database_url, clock))


def test_an_older_schema_gets_only_what_is_missing(database_url, clock):
    close(open_store(database_url, clock))
    kind = engine_of(database_url)
    later = Migration(SCHEMA_VERSION + 1, SCHEMA_VERSION, ("CREATE TABLE later (id INTEGER NOT NULL)",))
    engine = connect(database_url)
    with engine.begin() as connection:
        migrate(connection, kind, (*history(), later))
    with engine.begin() as connection:
        migrate(connection, kind, (*history(), later))
        found = connection.exec_driver_sql("SELECT version, compat FROM schema_info").one()
    assert tuple(found) == (SCHEMA_VERSION + 1, SCHEMA_VERSION)
    assert sa.inspect(engine).has_table("later")
    engine.dispose()
    close(open_store(database_url, clock))  # older code may still use it


def test_a_migration_that_fails_leaves_the_schema_as_it_was(database_url, clock):
    close(open_store(database_url, clock))
    bad = Migration(
        SCHEMA_VERSION + 1, SCHEMA_VERSION, ("CREATE TABLE later (id INTEGER)", "CREATE TABLE leases (id INTEGER)")
    )
    engine = connect(database_url)
    connection = engine.connect()
    if engine_of(database_url) is Engine.SQLITE:  # as open_store does: Python's driver would not begin before DDL
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("BEGIN IMMEDIATE")
    with pytest.raises(sa.exc.DatabaseError):
        migrate(connection, engine_of(database_url), (*history(), bad))
    connection.exec_driver_sql("ROLLBACK")
    connection.close()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT version FROM schema_info").scalar() == SCHEMA_VERSION
    assert not sa.inspect(engine).has_table("later")
    engine.dispose()


def together(count: int, work: Callable[[], Any]) -> list[Any]:
    """Run `work` in so many threads at once; what each returned or raised."""
    gate, answers = threading.Barrier(count), []

    def one() -> None:
        gate.wait(10)
        try:
            answers.append(work())
        except Exception as error:
            answers.append(error)

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def test_nodes_that_start_together_migrate_once(database_url, clock):
    stores = together(4, lambda: open_store(database_url, clock))
    assert not [answer for answer in stores if isinstance(answer, Exception)]
    for opened in stores:
        close(opened)
    engine = connect(database_url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT COUNT(*) FROM settings_revision").scalar() == 1
    engine.dispose()
