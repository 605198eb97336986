"""SQLite: one writer thread with group commit, and readers on snapshots of their own.

WAL and synchronous=FULL: a commit is on the disk when it returns. The writer takes whatever waits, runs each function
in a savepoint of one transaction, commits once and then answers everybody. BEGIN IMMEDIATE always: a deferred
transaction that turns into a writer fails at once under load, whatever busy_timeout says.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from tayori.clock import Clock
from tayori.store.dialect import Engine
from tayori.store.engine import RAISE_REVISION, StoreUnavailable, Tx, Wakeups, run_batch, savepoint, timed

P = ParamSpec("P")
T = TypeVar("T")
ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")

_READERS = 4
_GROUP_LIMIT = 512  # units in one commit: bounds how long the first of them waits
_BUSY_MS = 30_000


@dataclass(slots=True)
class _Unit:
    """One piece of work that waits for the writer."""

    fn: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    batch: bool
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[Any]"


def connect(path: Path, *, read_only: bool) -> sa.Connection:
    """A SQLAlchemy connection over one sqlite3 connection, with transactions left to us."""

    def creator() -> sqlite3.Connection:
        raw = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
        raw.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
        raw.execute("PRAGMA journal_mode=WAL")
        raw.execute("PRAGMA synchronous=FULL")
        raw.execute("PRAGMA foreign_keys=ON")
        raw.execute("PRAGMA wal_autocheckpoint=8000")
        raw.execute("PRAGMA cache_size=-65536")
        if read_only:
            raw.execute("PRAGMA query_only=ON")
        return raw

    engine = sa.create_engine("sqlite+pysqlite://", creator=creator, poolclass=StaticPool)
    return engine.connect().execution_options(isolation_level="AUTOCOMMIT")


class SqliteStore:
    """The store of one machine: a file."""

    engine = Engine.SQLITE

    def __init__(self, path: Path, clock: Clock) -> None:
        self.clock = clock
        self.wakeups = Wakeups()
        self._path = path
        self._units: queue.SimpleQueue[_Unit | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write_forever, name="store-writer", daemon=True)
        self._reading = threading.local()
        self._reader_connections: list[sa.Connection] = []
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="store-reader")
        self._connection = connect(path, read_only=False)
        self._writer.start()

    # -- reading ---------------------------------------------------------------------------------------------------

    async def read(self, fn: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, lambda: self._read(fn, args, kwargs))

    def _read(self, fn: Callable[..., T], args: Sequence[Any], kwargs: dict[str, Any]) -> T:
        connection = getattr(self._reading, "connection", None)
        if connection is None:
            connection = self._reading.connection = connect(self._path, read_only=True)
            self._reader_connections.append(connection)
        tx = Tx(connection, self.engine, self.clock.now())
        connection.exec_driver_sql("BEGIN")
        try:
            with timed(fn):
                return fn(tx, *args, **kwargs)
        finally:
            tx.close()
            connection.exec_driver_sql("COMMIT")

    # -- writing ---------------------------------------------------------------------------------------------------

    async def write(self, fn: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return cast(T, await self._submit(fn, args, kwargs, batch=False))

    async def batch(self, fn: Callable[[Tx, Sequence[ItemT]], Sequence[ResultT | Exception]], item: ItemT) -> ResultT:
        return cast(ResultT, await self._submit(fn, (item,), {}, batch=True))

    def _submit(
        self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], *, batch: bool
    ) -> "asyncio.Future[Any]":
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._units.put(_Unit(fn, args, kwargs, batch, loop, future))
        return future

    def _write_forever(self) -> None:
        while (first := self._units.get()) is not None:
            group, last = self._gather(first)
            self._commit(group)
            if last:
                return

    def _gather(self, first: _Unit) -> tuple[list[_Unit], bool]:
        group = [first]
        while len(group) < _GROUP_LIMIT:
            try:
                unit = self._units.get_nowait()
            except queue.Empty:
                return group, False
            if unit is None:
                return group, True
            group.append(unit)
        return group, False

    def _commit(self, group: list[_Unit]) -> None:
        """Run a group in one transaction, commit, and only then answer."""
        tx = Tx(self._connection, self.engine, self.clock.now())
        try:
            self._connection.exec_driver_sql("BEGIN IMMEDIATE")
            results = self._run(tx, group)
            if tx.settings_changed:
                tx.hot(RAISE_REVISION, [()])
            tx.close()
            self._connection.exec_driver_sql("COMMIT")
        except Exception as error:
            self._roll_back(tx)
            failure = StoreUnavailable(f"the database could not commit: {error}")
            failure.__cause__ = error
            _answer(group, [failure] * len(group))
            return
        tx.committed(self.wakeups)
        _answer(group, results)

    def _roll_back(self, tx: Tx) -> None:
        tx.close()
        raw = cast(sqlite3.Connection, self._connection.connection.dbapi_connection)
        if raw.in_transaction:
            raw.execute("ROLLBACK")

    def _run(self, tx: Tx, group: list[_Unit]) -> list[Any]:
        """The result, or the exception, of each unit. Units of one batch function are run together, in order."""
        results: list[Any] = [None] * len(group)
        batches: dict[Callable[..., Any], list[int]] = {}
        for index, unit in enumerate(group):
            if unit.batch:
                batches.setdefault(unit.fn, []).append(index)
            else:
                results[index] = _run_unit(tx, unit)
        for fn, indexes in batches.items():
            with timed(fn):
                answers = run_batch(tx, fn, [group[index].args[0] for index in indexes])
            for index, answer in zip(indexes, answers, strict=True):
                results[index] = answer
        return results

    async def close(self) -> None:
        """Finish what waits, then close every connection."""
        self._units.put(None)
        await asyncio.to_thread(self._writer.join)
        self._readers.shutdown(wait=True)
        for connection in [*self._reader_connections, self._connection]:
            connection.close()
            connection.engine.dispose()


def _run_unit(tx: Tx, unit: _Unit) -> Any:
    try:
        with timed(unit.fn):
            return savepoint(tx, lambda: unit.fn(tx, *unit.args, **unit.kwargs))
    except Exception as error:
        return error


def _answer(group: list[_Unit], results: list[Any]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any]]] = {}
    for unit, result in zip(group, results, strict=True):
        by_loop.setdefault(unit.loop, []).append((unit.future, result))
    for loop, answers in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_resolve, answers)


def _resolve(answers: list[tuple["asyncio.Future[Any]", Any]]) -> None:
    for future, result in answers:
        if future.done():
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
