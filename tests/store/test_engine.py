"""What every store promises, on SQLite and on PostgreSQL: transactions, groups, batches, wake-ups."""

import asyncio
import threading
from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from tayori.store.database import DatabaseUrlError, open_store
from tayori.store.dialect import Hot
from tayori.store.engine import StoreUnavailable, Tx
from tayori.store.tables import accounts, settings_revision

INSERT = Hot("INSERT INTO accounts (account_id, name, created_at) VALUES (?, ?, 0)")
RENAME = Hot("UPDATE accounts SET name = ? WHERE name = ?")


class Refused(Exception):
    pass


def add(tx: Tx, name: str) -> str:
    tx.execute(accounts.insert().values(account_id=name, name=name, created_at=tx.now))
    return name


def add_then_fail(tx: Tx, name: str) -> None:
    add(tx, name)
    tx.wake("failed")
    raise Refused(name)


def names(tx: Tx) -> list[str]:
    return sorted(row.name for row in tx.execute(sa.select(accounts.c.name)))


def revision(tx: Tx) -> int:
    return int(tx.execute(sa.select(settings_revision.c.revision)).scalar_one())


def add_all(tx: Tx, items: Sequence[str]) -> list[str | Exception]:
    """A batch function in which "refuse" is refused and "spoil" spoils the whole call."""
    tx.hot(INSERT, [(item, item) for item in items if item != "refuse"])
    if "spoil" in items:
        raise Refused("spoil")
    return [Refused(item) if item == "refuse" else item for item in items]


def test_a_write_is_seen_by_the_next_read(store, run):
    async def story():
        assert await store.write(add, "one") == "one"
        return await store.read(names)

    assert run(story()) == ["one"]


def test_a_failing_unit_leaves_nothing_behind_and_the_others_stand(store, run):
    async def story():
        answers = await asyncio.gather(
            store.write(add, "one"),
            store.write(add_then_fail, "two"),
            store.write(add, "three"),
            store.write(add, "one"),  # the key is taken
            store.write(add, "four"),
            return_exceptions=True,
        )
        return answers, await store.read(names)

    answers, present = run(story())
    assert [answer for answer in answers if isinstance(answer, str)].count("one") == 1
    assert isinstance(answers[1], Refused)
    assert sum(isinstance(answer, sa.exc.IntegrityError) for answer in answers) == 1
    assert present == ["four", "one", "three"]


def test_answers_come_only_after_the_commit(store, database_url, run, clock):
    """A second store on the same database sees the row at the moment the first is answered."""
    other = open_store(database_url, clock)

    async def story():
        for number in range(20):
            await store.write(add, f"{number:02}")
            assert f"{number:02}" in await other.read(names)
        await other.close()

    run(story())


def test_a_read_cannot_write(store, run):
    async def story():
        with pytest.raises((sa.exc.OperationalError, sa.exc.InternalError, StoreUnavailable)):
            await store.read(add, "one")
        return await store.read(names)

    assert run(story()) == []


def test_a_read_is_one_snapshot(store, run):
    """What another commits in the middle of a read does not show in it."""
    reading, written = threading.Event(), threading.Event()

    def twice(tx: Tx) -> tuple[list[str], list[str]]:
        first = names(tx)
        reading.set()
        assert written.wait(10)
        return first, names(tx)

    async def story():
        pending = asyncio.ensure_future(store.read(twice))
        await asyncio.to_thread(reading.wait, 10)
        await store.write(add, "one")
        written.set()
        return await pending

    assert run(story()) == ([], [])


def test_each_item_of_a_batch_has_its_own_answer(store, run):
    async def story():
        answers = await asyncio.gather(
            *(store.batch(add_all, item) for item in ("one", "refuse", "two")), return_exceptions=True
        )
        return answers, await store.read(names)

    answers, present = run(story())
    assert answers[0] == "one" and answers[2] == "two" and isinstance(answers[1], Refused)
    assert present == ["one", "two"]


def test_a_batch_that_raises_is_run_again_item_by_item(store, run):
    async def story():
        answers = await asyncio.gather(
            *(store.batch(add_all, item) for item in ("one", "spoil", "two", "three")), return_exceptions=True
        )
        return answers, await store.read(names)

    answers, present = run(story())
    assert [answer for answer in answers if isinstance(answer, str)] == ["one", "two", "three"]
    assert isinstance(answers[1], Refused)
    assert present == ["one", "three", "two"]


def test_a_batch_function_must_answer_every_item(store, run):
    def forgetful(tx: Tx, items: Sequence[str]) -> list[str | Exception]:
        return []

    async def story():
        with pytest.raises(RuntimeError, match="0 results for 1 items"):
            await store.batch(forgetful, "one")

    run(story())


def test_items_that_wait_together_share_calls(store, run):
    calls: list[int] = []

    def count(tx: Tx, items: Sequence[int]) -> list[int | Exception]:
        calls.append(len(items))
        return list(items)

    async def story():
        return await asyncio.gather(*(store.batch(count, number) for number in range(200)))

    assert run(story()) == list(range(200))
    assert sum(calls) == 200
    assert len(calls) < 100


def test_a_stop_iteration_reaches_its_caller_and_nobody_else(store, run):
    def careless(tx: Tx) -> None:
        next(iter(()))

    async def story():
        answers = await asyncio.gather(store.write(careless), store.write(add, "one"), return_exceptions=True)
        with pytest.raises(RuntimeError, match="StopIteration"):
            await store.read(careless)
        return answers

    careless_answer, other = run(story())
    assert isinstance(careless_answer, RuntimeError) and other == "one"


def test_wake_ups_and_callbacks_follow_the_commit_only(store, run):
    called: list[str] = []

    def announce(tx: Tx, name: str) -> None:
        add(tx, name)
        tx.wake("good")
        tx.after_commit(lambda: called.append(name))

    def announce_and_fail(tx: Tx) -> None:
        tx.after_commit(lambda: called.append("never"))
        add_then_fail(tx, "two")

    async def story():
        good, failed = store.wakeups.event("good"), store.wakeups.event("failed")
        with pytest.raises(Refused):
            await store.write(announce_and_fail)
        assert not good.is_set()
        await store.write(announce, "one")
        async with asyncio.timeout(20):
            await good.wait()
        await asyncio.sleep(0)
        assert not failed.is_set()

    run(story())
    assert called == ["one"]


def test_a_failing_callback_does_not_stop_the_store(store, run, caplog):
    def with_bad_callback(tx: Tx) -> str:
        tx.after_commit(lambda: 1 / 0)
        return add(tx, "one")

    async def story():
        assert await store.write(with_bad_callback) == "one"
        return await store.write(add, "two")

    assert run(story()) == "two"
    assert "after_commit_failed" in caplog.messages


def test_wake_ups_skip_loops_that_are_closed(store, run):
    async def listen():
        store.wakeups.event("topic")

    run(listen())

    async def wake():
        event = store.wakeups.event("topic")
        await store.write(lambda tx: tx.wake("topic"))
        async with asyncio.timeout(20):
            await event.wait()

    run(wake())


def test_only_settings_raise_the_revision(store, run):
    async def story():
        before = await store.read(revision)
        await store.write(lambda tx: tx.hot(INSERT, [("one", "one")]))
        assert await store.read(revision) == before
        with pytest.raises(Refused):
            await store.write(add_then_fail, "three")
        assert await store.read(revision) == before
        await store.write(add, "two")
        return await store.read(revision) - before

    assert run(story()) == 1


def test_hot_statements_tell_how_many_rows_they_changed(store, run):
    def story(tx: Tx) -> None:
        assert tx.hot(INSERT, []) == 0
        assert tx.hot(INSERT, [(name, name) for name in ("a", "b", "c")]) == 3
        assert tx.hot(RENAME, [("A", "a"), ("X", "nobody"), ("C", "c")]) == 2
        assert tx.hot_rows(Hot("SELECT name FROM accounts WHERE account_id = ?"), ("c",)) == [("C",)]

    async def once():
        await store.write(story)

    run(once())


def test_statements_with_a_list_of_rows_take_any_number_of_them(store, run):
    insert = Hot("INSERT INTO accounts (account_id, name, created_at) VALUES {values}")
    rename = Hot(
        "WITH given (name, id) AS (VALUES {values}) UPDATE accounts SET name = given.name FROM given"
        " WHERE account_id = given.id AND created_at = ? RETURNING account_id"
    )

    def story(tx: Tx) -> None:
        rows = [(f"{number:03d}", f"name {number}", number % 2) for number in range(141)]
        assert tx.hot(insert, rows) == 141
        found = tx.hot_returning(rename, [(f"new {row[0]}", row[0]) for row in rows], (0,))
        assert sorted(found) == [(row[0],) for row in rows if row[2] == 0]
        assert tx.hot_returning(rename, [], (0,)) == []
        names = Hot("SELECT name FROM accounts WHERE account_id IN (?, ?) ORDER BY account_id")
        assert tx.hot_rows(names, ("100", "139")) == [("new 100",), ("name 139",)]

    async def once():
        await store.write(story)

    run(once())


def test_a_closed_store_says_so(store, run):
    async def story():
        await store.close()
        for attempt in (store.read(names), store.write(add, "one"), store.batch(add_all, "one")):
            with pytest.raises(StoreUnavailable, match="closed"):
                await attempt

    run(story())


def test_closing_finishes_what_waits(store, database_url, run, clock):
    async def story():
        pending = [asyncio.ensure_future(store.write(add, f"{number}")) for number in range(50)]
        await asyncio.sleep(0)
        await store.close()
        return await asyncio.gather(*pending)

    assert len(run(story())) == 50

    async def look():
        again = open_store(database_url, clock)
        present = await again.read(names)
        await again.close()
        return present

    assert len(run(look())) == 50


def test_two_stores_share_one_database(store, database_url, run, clock):
    other = open_store(database_url, clock)

    async def story():
        await asyncio.gather(
            *(
                target.write(add, f"{name}{number}")
                for number in range(100)
                for name, target in (("a", store), ("b", other))
            )
        )
        present = await store.read(names)
        assert present == await other.read(names)
        await other.close()
        return present

    assert len(run(story())) == 200


def test_a_slow_function_is_logged_by_its_name(store, run, caplog):
    def slow(tx: Tx) -> None:
        threading.Event().wait(0.08)

    async def story():
        await store.write(slow)

    run(story())
    (record,) = [record for record in caplog.records if record.message == "slow_transaction"]
    assert record.fn.endswith("slow") and record.ms >= 80


@pytest.mark.parametrize("url", ["", "mysql://localhost/x", "sqlite:/relative", "tayori.db"])
def test_a_url_of_no_known_database_is_refused(url, clock):
    with pytest.raises(DatabaseUrlError, match="must begin with"):
        open_store(url, clock)


def test_a_file_that_is_no_database_is_refused(tmp_path, clock):
    path = tmp_path / "tayori.db"
    path.write_bytes(b"This is a letter, and no database. " * 100)
    with pytest.raises(StoreUnavailable, match=str(path)):
        open_store(f"sqlite:///{path}", clock)


def test_a_server_that_is_not_there_is_unavailable(clock):
    with pytest.raises(StoreUnavailable, match="does not answer"):
        open_store("postgresql://tayori@127.0.0.1:1/none?connect_timeout=2", clock)
