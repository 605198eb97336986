"""SQLite's own promises: what a full disk does, who may read the file, two processes on one file."""

import asyncio
import os
import stat
import subprocess
import sys
import textwrap

import pytest
import sqlalchemy as sa

from tayori.store.database import open_store
from tayori.store.dialect import Hot
from tayori.store.engine import StoreUnavailable, Tx
from tayori.store.tables import bodies

PUT = Hot("INSERT INTO bodies (message_id, content) VALUES (?, ?)")


def put(tx: Tx, name: str, size: int) -> str:
    tx.hot(PUT, [(name, os.urandom(size))])
    return name


def put_all(tx: Tx, items: list[tuple[str, int]]) -> list[str | Exception]:
    return [put(tx, *item) for item in items]


def present(tx: Tx) -> list[str]:
    return sorted(row.message_id for row in tx.execute(sa.select(bodies.c.message_id)))


@pytest.fixture
def sqlite_store(tmp_path, clock):
    opened = open_store(f"sqlite:///{tmp_path / 'tayori.db'}", clock)
    yield opened
    asyncio.run(opened.close())


def limit_pages(tx: Tx, more: int) -> None:
    """Let the file grow by `more` pages and no further, as a full disk would."""
    (pages,) = tx.connection.exec_driver_sql("PRAGMA page_count").one()
    tx.connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + more}")


def test_a_full_database_accepts_nothing_of_the_group(sqlite_store, run):
    """SQLite may end the whole transaction by itself; then nobody may hear that his part was kept."""

    async def story():
        await sqlite_store.write(put, "before", 10)
        await sqlite_store.write(limit_pages, 30)
        answers = await asyncio.gather(
            *(sqlite_store.write(put, f"small{number}", 100) for number in range(3)),
            sqlite_store.write(put, "large", 1_000_000),
            sqlite_store.batch(put_all, ("batched", 100)),
            *(sqlite_store.write(put, f"later{number}", 100) for number in range(3)),
            return_exceptions=True,
        )
        kept = set(await sqlite_store.read(present))
        assert "large" not in kept
        told = {answer for answer in answers if isinstance(answer, str)}
        assert kept == told | {"before"}
        assert all(isinstance(answer, StoreUnavailable) for answer in answers if not isinstance(answer, str))
        assert any(isinstance(answer, StoreUnavailable) for answer in answers)
        await sqlite_store.write(limit_pages, 1000)
        return await sqlite_store.write(put, "large", 1_000_000)

    assert run(story()) == "large"


def test_a_batch_on_a_full_database_is_unavailable(sqlite_store, run):
    async def story():
        await sqlite_store.write(limit_pages, 20)
        answers = await asyncio.gather(
            *(sqlite_store.batch(put_all, (f"large{number}", 500_000)) for number in range(4)), return_exceptions=True
        )
        assert all(isinstance(answer, StoreUnavailable) for answer in answers)
        return await sqlite_store.read(present)

    assert run(story()) == []


CHILD = """
    import asyncio, resource, sys
    from pathlib import Path
    from tayori.clock import SystemClock
    from tayori.store.database import open_store
    from tayori.store.engine import StoreUnavailable
    from tayori.store.dialect import Hot

    PUT = Hot("INSERT INTO bodies (message_id, content) VALUES (?, ?)")

    async def main():
        store = open_store("sqlite:///" + sys.argv[1], SystemClock())
        await store.write(lambda tx: tx.hot(PUT, [("before", b"x")]))
        size = Path(sys.argv[1] + "-wal").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 8192, resource.RLIM_INFINITY))
        answers = await asyncio.gather(
            *(store.write(lambda tx, n=n: tx.hot(PUT, [(f"m{n}", bytes(100_000))])) for n in range(3)),
            return_exceptions=True,
        )
        assert all(isinstance(answer, StoreUnavailable) for answer in answers), answers
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        await store.write(lambda tx: tx.hot(PUT, [("after", b"x")]))
        rows = await store.read(lambda tx: tx.hot_rows(Hot("SELECT message_id FROM bodies ORDER BY 1"), ()))
        print([name for (name,) in rows])
        await store.close()

    asyncio.run(main())
"""


def test_a_write_that_the_kernel_refuses_is_unavailable_and_the_store_recovers(tmp_path):
    """The limit on the size of files makes write(2) fail, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(CHILD), str(tmp_path / "tayori.db")],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.strip() == "['after', 'before']", done.stderr


def test_only_the_owner_may_read_the_file(sqlite_store, tmp_path, run):
    async def story():
        await sqlite_store.write(put, "one", 10)

    run(story())
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("tayori.db*")}
    assert set(modes.values()) == {0o600} and len(modes) >= 2


def test_the_commit_is_on_the_disk(sqlite_store, run):
    """WAL with synchronous=FULL: the answer to COMMIT waits for the disk."""

    async def settings():
        return await sqlite_store.write(
            lambda tx: [
                tx.connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")
            ]
        )

    assert run(settings()) == ["wal", 2]


OPENER = """
    import asyncio, sys
    from tayori.clock import SystemClock
    from tayori.store.database import open_store
    from tayori.store.dialect import Hot

    async def main():
        store = open_store("sqlite:///" + sys.argv[1], SystemClock())
        for number in range(20):
            name = f"{sys.argv[2]}-{number}"
            await store.write(lambda tx: tx.hot(Hot("INSERT INTO bodies VALUES (?, ?)"), [(name, b"x")]))
        await store.close()

    asyncio.run(main())
"""


def test_processes_that_start_together_share_a_new_file(tmp_path, clock, run):
    path = tmp_path / "tayori.db"
    children = [
        subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(OPENER), str(path), str(number)], stderr=subprocess.PIPE, text=True
        )
        for number in range(3)
    ]
    for child in children:
        _, errors = child.communicate(timeout=60)
        assert child.returncode == 0, errors

    async def count():
        store = open_store(f"sqlite:///{path}", clock)
        kept = await store.read(present)
        await store.close()
        return len(kept)

    assert run(count()) == 60
