"""SQLite: one writer thread with group commit, and readers on snapshots of their own.

WAL and synchronous=FULL: a commit is on the disk when it returns. The writer takes whatever waits, runs each function
in a savepoint of one transaction, commits once and then answers everybody. BEGIN IMMEDIATE always: a deferred
transaction that turns into a writer fails at once under load, whatever busy_timeout says.
"""

import asyncio
import contextlib
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from tayori.clock import Clock
from tayori.store.dialect import Engine, is_unavailable
from tayori.store.engine import (
    RAISE_REVISION,
    StoreUnavailable,
    TransactionLost,
    Tx,
    Wakeups,
    call,
    run_batch,
    savepoint,
)

logger = logging.getLogger("tayori.store")

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
        try:
            _configure(raw, read_only=read_only)
        except BaseException:
            raw.close()
            raise
        return raw

    engine = sa.create_engine("sqlite+pysqlite://", creator=creator, poolclass=StaticPool)
    return engine.connect().execution_options(isolation_level="AUTOCOMMIT")


def _configure(raw: sqlite3.Connection, *, read_only: bool) -> None:
    raw.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
    _use_wal(raw)
    raw.execute("PRAGMA synchronous=FULL")
    raw.execute("PRAGMA foreign_keys=ON")
    raw.execute("PRAGMA wal_autocheckpoint=8000")
    raw.execute("PRAGMA cache_size=-65536")
    if read_only:
        raw.execute("PRAGMA query_only=ON")


def _use_wal(raw: sqlite3.Connection) -> None:
    """Switching a new file to WAL wants it alone, and SQLite does not wait for that by itself."""
    give_up = time.monotonic() + _BUSY_MS / 1000
    while True:
        try:
            raw.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(0.01)


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
        self._closed = False
        self._writer.start()

    # -- reading ---------------------------------------------------------------------------------------------------

    async def read(self, fn: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._closed:
            raise StoreUnavailable("the store is closed")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, lambda: self._read(fn, args, kwargs))

    def _read(self, fn: Callable[..., T], args: Sequence[Any], kwargs: dict[str, Any]) -> T:
        connection = getattr(self._reading, "connection", None)
        if connection is None:
            connection = self._reading.connection = connect(self._path, read_only=True)
            self._reader_connections.append(connection)
        tx = Tx(connection, self.engine, self.clock.now())
        try:
            connection.exec_driver_sql("BEGIN")
            return call(fn, tx, args, kwargs)
        except Exception as error:
            raise _spoken(error) from error
        finally:
            tx.close()
            _end(connection, "COMMIT")

    # -- writing ---------------------------------------------------------------------------------------------------

    async def write(self, fn: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return cast(T, await self._submit(fn, args, kwargs, batch=False))

    async def batch(self, fn: Callable[[Tx, Sequence[ItemT]], Sequence[ResultT | Exception]], item: ItemT) -> ResultT:
        return cast(ResultT, await self._submit(fn, (item,), {}, batch=True))

    def _submit(
        self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], *, batch: bool
    ) -> "asyncio.Future[Any]":
        if self._closed:
            raise StoreUnavailable("the store is closed")
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
        except BaseException as error:  # whatever a function does, the writer must live on
            tx.close()
            _end(self._connection, "ROLLBACK")
            logger.error("commit_failed", exc_info=error)
            _answer(group, [_could_not_commit(error) for _ in group])
            return
        tx.committed(self.wakeups)
        _answer(group, results)

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
            answers = run_batch(tx, fn, [group[index].args[0] for index in indexes])
            for index, answer in zip(indexes, answers, strict=True):
                results[index] = _spoken(answer) if isinstance(answer, Exception) else answer
        return results

    async def close(self) -> None:
        """Finish what waits, then close every connection."""
        self._closed = True
        self._units.put(None)
        await asyncio.to_thread(self._writer.join)
        self._readers.shutdown(wait=True)
        for connection in [*self._reader_connections, self._connection]:
            connection.close()
            connection.engine.dispose()


def _run_unit(tx: Tx, unit: _Unit) -> Any:
    try:
        return savepoint(tx, lambda: call(unit.fn, tx, unit.args, unit.kwargs))
    except TransactionLost:
        raise
    except Exception as error:
        return _spoken(error)


def _spoken(error: Exception) -> Exception:
    """The error that a caller gets: trouble of the machine by our own name for it, all else as it is."""
    if not is_unavailable(error):
        return error
    unavailable = StoreUnavailable(f"the database cannot be used: {error}")
    unavailable.__cause__ = error
    return unavailable


def _could_not_commit(error: BaseException) -> StoreUnavailable:
    failure = StoreUnavailable(f"the database could not commit: {error}")
    failure.__cause__ = error
    return failure


def _end(connection: sa.Connection, how: str) -> None:
    """End the transaction, if there still is one: some errors end it by themselves."""
    raw = cast(sqlite3.Connection, connection.connection.dbapi_connection)
    if raw.in_transaction:
        with contextlib.suppress(sqlite3.Error):
            raw.execute(how)


def _answer(group: list[_Unit], results: list[Any]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Any], Any]]] = {}
    for unit, result in zip(group, results, strict=True):
        by_loop.setdefault(unit.loop, []).append((unit.future, result))
    for loop, answers in by_loop.items():
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(_resolve, answers)


def _resolve(answers: list[tuple["asyncio.Future[Any]", Any]]) -> None:
    for future, result in answers:
        if future.done():
            continue
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
