"""The unit of work: a synchronous function of a transaction, run by a Store.

    async def read(fn, *args)    one snapshot, nothing written
    async def write(fn, *args)   one transaction of its own, or a savepoint in a group that is committed together
    async def batch(fn, item)    the hot path: items that wait at the same moment are handed to one call of fn

A function may not await, sleep or do I/O; one that takes longer than 50 ms is logged by its name. Nobody is answered
before the commit is durable.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

import sqlalchemy as sa

from tayori.clock import Clock
from tayori.store.dialect import Engine, Hot, in_lengths, is_retryable

logger = logging.getLogger("tayori.store")

P = ParamSpec("P")
T = TypeVar("T")
ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")

_SLOW_SECONDS = 0.05


class StoreUnavailable(Exception):
    """The database could not be reached or could not commit. Nothing was changed; the caller may try again."""


class TransactionLost(StoreUnavailable):
    """The database ended the transaction by itself (disk full, connection lost): all that was done in it is undone."""


class Tx:
    """One transaction. `now` is one moment for all that happens in it."""

    __slots__ = ("_after_commit", "_cursor", "_wakes", "connection", "engine", "now", "settings_changed")

    def __init__(self, connection: sa.Connection, engine: Engine, now: datetime) -> None:
        self.connection = connection
        self.engine = engine
        self.now = now
        self.settings_changed = False
        self._wakes: set[str] = set()
        self._after_commit: list[Callable[[], None]] = []
        self._cursor: Any = None

    def execute(self, statement: sa.Executable, parameters: Any = None) -> sa.CursorResult[Any]:
        """Run a SQLAlchemy statement. One that changes rows marks the settings as changed: hot statements do not."""
        if isinstance(statement, sa.UpdateBase):
            self.settings_changed = True
        return self.connection.execute(statement, parameters)

    def _hot_cursor(self) -> Any:
        if self._cursor is None:
            self._cursor = self.connection.connection.cursor()
        return self._cursor

    def hot(self, statement: Hot, rows: Sequence[Sequence[Any]]) -> int:
        """Run a hot statement for each of `rows`; the number of rows changed in all."""
        cursor = self._hot_cursor()
        if statement.takes_rows:
            return sum(int(cursor.rowcount) for _ in self._pieces(cursor, statement, rows, ()))
        if len(rows) == 1:
            cursor.execute(statement.text(self.engine), rows[0])
        elif rows:
            cursor.executemany(statement.text(self.engine), rows)
        else:
            return 0
        return int(cursor.rowcount)

    def hot_returning(
        self, statement: Hot, rows: Sequence[Sequence[Any]], parameters: Sequence[Any]
    ) -> list[tuple[Any, ...]]:
        """Run a hot statement with a VALUES list over `rows`, `parameters` behind them; what it returns in all."""
        cursor = self._hot_cursor()
        found: list[tuple[Any, ...]] = []
        for _ in self._pieces(cursor, statement, rows, parameters):
            found += cursor.fetchall()
        return found

    def _pieces(
        self, cursor: Any, statement: Hot, rows: Sequence[Sequence[Any]], parameters: Sequence[Any]
    ) -> Iterator[None]:
        """Run a statement with a VALUES list piece by piece; yields after each."""
        for piece in in_lengths(rows):
            text = statement.text(self.engine, rows=len(piece), width=len(piece[0]))
            cursor.execute(text, [*chain.from_iterable(piece), *parameters])
            yield

    def hot_rows(self, statement: Hot, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Run a hot statement that returns rows."""
        cursor = self._hot_cursor()
        cursor.execute(statement.text(self.engine), parameters)
        return list(cursor.fetchall())

    def wake(self, topic: str) -> None:
        """Wake whoever waits for `topic`, after the commit."""
        self._wakes.add(topic)

    def after_commit(self, function: Callable[[], None]) -> None:
        self._after_commit.append(function)

    def committed(self, wakeups: "Wakeups") -> None:
        """Called by the engine once the commit is durable. A callback that fails spoils neither that nor the others."""
        for function in self._after_commit:
            try:
                function()
            except Exception:
                logger.exception("after_commit_failed")
        wakeups.wake(self._wakes)

    def close(self) -> None:
        if self._cursor is not None:
            self._cursor.close()
            self._cursor = None


class Wakeups:
    """Events by topic, set after a commit. An optimisation over polling, never the only way to learn of work."""

    def __init__(self) -> None:
        self._events: dict[str, set[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = defaultdict(set)

    def event(self, topic: str) -> asyncio.Event:
        """An event of the running loop that each wake-up of `topic` sets. The waiter clears it."""
        event = asyncio.Event()
        self._events[topic].add((asyncio.get_running_loop(), event))
        return event

    def wake(self, topics: Iterable[str]) -> None:
        for topic in topics:
            for loop, event in tuple(self._events.get(topic, ())):
                try:
                    loop.call_soon_threadsafe(event.set)
                except RuntimeError:  # the loop is closed, and its waiters with it
                    self._events[topic].discard((loop, event))


class Store(Protocol):
    """Runs functions in transactions."""

    engine: Engine
    clock: Clock
    wakeups: Wakeups

    async def read(self, fn: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T: ...

    async def write(self, fn: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T: ...

    async def batch(
        self, fn: Callable[[Tx, Sequence[ItemT]], Sequence[ResultT | Exception]], item: ItemT
    ) -> ResultT: ...

    async def close(self) -> None: ...


class timed:
    """Logs the name of a function that held a transaction for too long."""

    __slots__ = ("_name", "_started")

    def __init__(self, function: Callable[..., Any]) -> None:
        self._name = f"{function.__module__}.{getattr(function, '__qualname__', function)}"

    def __enter__(self) -> None:
        self._started = time.perf_counter()

    def __exit__(self, *exc: object) -> None:
        elapsed = time.perf_counter() - self._started
        if elapsed > _SLOW_SECONDS:
            logger.warning("slow_transaction", extra={"fn": self._name, "ms": round(elapsed * 1000)})


def call(fn: Callable[..., T], tx: Tx, args: Sequence[Any], kwargs: Mapping[str, Any]) -> T:
    """Run a function of a transaction."""
    try:
        with timed(fn):
            return fn(tx, *args, **kwargs)
    except StopIteration as error:  # no future can carry one
        raise RuntimeError(f"{fn} let a StopIteration out") from error


RAISE_REVISION = Hot("UPDATE settings_revision SET revision = revision + 1 WHERE id = 1")


def run_batch(
    tx: Tx, fn: Callable[[Tx, Sequence[ItemT]], Sequence[ResultT | Exception]], items: Sequence[ItemT]
) -> list[ResultT | Exception]:
    """Run `fn` over `items` in a savepoint; where it raises, over each alone, so that one cannot spoil the others."""
    try:
        return savepoint(tx, lambda: list(_checked(call(fn, tx, (items,), {}), len(items))))
    except TransactionLost:
        raise
    except Exception as error:
        if is_retryable(error):
            raise
        if len(items) == 1:
            return [error]
    results: list[ResultT | Exception] = []
    for item in items:
        results.extend(run_batch(tx, fn, [item]))
    return results


def _checked(results: Sequence[T], expected: int) -> Sequence[T]:
    if len(results) != expected:
        raise RuntimeError(f"a batch function returned {len(results)} results for {expected} items")
    return results


def savepoint(tx: Tx, work: Callable[[], T]) -> T:
    """Run `work`; where it raises, everything it did is undone and the transaction goes on.

    Raises TransactionLost where there is no transaction any more to go on with.
    """
    wakes, callbacks, changed = set(tx._wakes), len(tx._after_commit), tx.settings_changed
    cursor = tx._hot_cursor()
    cursor.execute("SAVEPOINT unit")
    try:
        result = work()
    except BaseException as error:
        try:
            cursor.execute("ROLLBACK TO SAVEPOINT unit")
            cursor.execute("RELEASE SAVEPOINT unit")
        except Exception as lost:
            raise TransactionLost(f"the database ended the transaction: {error}") from lost
        tx._wakes, tx.settings_changed = wakes, changed
        del tx._after_commit[callbacks:]
        raise
    cursor.execute("RELEASE SAVEPOINT unit")
    return result
