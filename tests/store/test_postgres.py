"""PostgreSQL's own troubles: transactions that collide, connections that end."""

import asyncio
import threading

import pytest
import sqlalchemy as sa

from tayori.store.database import open_store
from tayori.store.dialect import Hot
from tayori.store.engine import StoreUnavailable, Tx
from tayori.store.tables import accounts

ADD = Hot("INSERT INTO accounts (account_id, name, created_at) VALUES (?, ?, 0)")
APPEND = Hot("UPDATE accounts SET name = name || ? WHERE account_id = ?")


@pytest.fixture
def postgres_store(postgres_url, clock):
    opened = open_store(postgres_url, clock)
    yield opened
    asyncio.run(opened.close())


def name_of(tx: Tx, account_id: str) -> str:
    return tx.execute(sa.select(accounts.c.name).where(accounts.c.account_id == account_id)).scalar_one()


def test_a_deadlock_is_run_again(postgres_store, run):
    """Two functions lock two rows in opposite orders; the server ends one of them, and it is run again."""
    meeting = threading.Barrier(2)
    runs: list[str] = []

    def append(tx: Tx, letter: str, order: tuple[str, str]) -> None:
        first_run = letter not in runs
        runs.append(letter)
        tx.hot(APPEND, [(letter, order[0])])
        if first_run:
            meeting.wait(10)
        tx.hot(APPEND, [(letter, order[1])])

    async def story():
        await postgres_store.write(lambda tx: tx.hot(ADD, [("one", "-"), ("two", "-")]))
        await asyncio.gather(
            postgres_store.write(append, "x", ("one", "two")), postgres_store.write(append, "y", ("two", "one"))
        )
        return [await postgres_store.read(name_of, account) for account in ("one", "two")]

    names = run(story())
    assert len(runs) >= 3
    assert [sorted(name) for name in names] == [["-", "x", "y"], ["-", "x", "y"]]


def test_a_batch_that_meets_a_deadlock_is_run_again_as_a_whole(postgres_store, run):
    meeting = threading.Barrier(2)
    runs: list[list[str]] = []

    def batched(tx: Tx, items: list[str]) -> list[str | Exception]:
        first_run = not runs
        runs.append(list(items))
        tx.hot(APPEND, [("b", "one")])
        if first_run:
            meeting.wait(10)
        tx.hot(APPEND, [("b", "two")])
        return list(items)

    rival_runs: list[int] = []

    def rival(tx: Tx) -> None:
        rival_runs.append(1)
        tx.hot(APPEND, [("r", "two")])
        if len(rival_runs) == 1:
            meeting.wait(10)
        tx.hot(APPEND, [("r", "one")])

    async def story():
        await postgres_store.write(lambda tx: tx.hot(ADD, [("one", "-"), ("two", "-")]))
        answers = await asyncio.gather(postgres_store.batch(batched, "item"), postgres_store.write(rival))
        return answers[0], await postgres_store.read(name_of, "one")

    answer, name = run(story())
    assert answer == "item" and sorted(name) == ["-", "b", "r"]
    assert len(runs) + len(rival_runs) >= 3


def test_a_connection_that_ends_is_unavailable_and_the_next_call_has_another(postgres_store, run):
    def end_own_connection(tx: Tx) -> None:
        tx.hot(ADD, [("one", "one")])
        tx.hot_rows(Hot("SELECT pg_terminate_backend(pg_backend_pid())"), ())

    async def story():
        for unit in (
            end_own_connection,
            lambda tx: tx.connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())"),
        ):
            with pytest.raises(StoreUnavailable):
                await postgres_store.write(unit)
        answers = await asyncio.gather(
            postgres_store.batch(lambda tx, items: [end_own_connection(tx) for _ in items], 1), return_exceptions=True
        )
        assert isinstance(answers[0], StoreUnavailable)
        return await postgres_store.read(
            lambda tx: tx.execute(sa.select(sa.func.count()).select_from(accounts)).scalar_one()
        )

    assert run(story()) == 0


def test_a_server_that_goes_away_is_unavailable(postgres_store, postgres_url, run):
    """Every connection of the pool is ended at once, and no new one is let in: as when the server stops."""
    admin = sa.create_engine(
        sa.make_url(postgres_url).set(drivername="postgresql+psycopg", database="postgres"),
        isolation_level="AUTOCOMMIT",
    )
    name = sa.make_url(postgres_url).database

    async def story():
        await postgres_store.write(lambda tx: tx.hot(ADD, [("one", "one")]))
        with admin.connect() as connection:
            connection.exec_driver_sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            connection.exec_driver_sql(
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
            )
        for attempt in (
            postgres_store.read(name_of, "one"),
            postgres_store.write(lambda tx: tx.hot(ADD, [("two", "two")])),
            postgres_store.batch(lambda tx, items: [1 for _ in items], 1),
        ):
            with pytest.raises(StoreUnavailable):
                await attempt
        with admin.connect() as connection:
            connection.exec_driver_sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        return await postgres_store.read(name_of, "one")

    assert run(story()) == "one"
    admin.dispose()
