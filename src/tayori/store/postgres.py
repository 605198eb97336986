"""PostgreSQL: a pool of connections and threads; transactions of different nodes meet in the database.

Writes are transactions of their own (the server commits them in groups); batches are gathered here while the last one
commits, so that a message costs a share of a round trip. A serialisation failure runs the function again.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import sqlalchemy as sa

from tayori import ids
from tayori.clock import Clock
from tayori.store.dialect import Engine, is_retryable, is_unavailable
from tayori.store.engine import RAISE_REVISION, StoreUnavailable, Tx, Wakeups, call, run_batch

P = ParamSpec("P")
T = TypeVar("T")
ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")

_THREADS = 8
_TRIES = 5
_PAUSE_SECONDS = 0.02
_BATCH_LIMIT = 512


class PostgresStore:
    """The store that several machines share."""

    engine = Engine.POSTGRES

    def __init__(self, url: str, clock: Clock) -> None:
        self.clock = clock
        self.wakeups = Wakeups()
        self._engine = sa.create_engine(
            sa.make_url(url).set(drivername="postgresql+psycopg"),
            pool_size=_THREADS,
            max_overflow=0,
            pool_pre_ping=True,
            isolation_level="READ COMMITTED",
        )
        self._snapshots = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._closed = False
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="store")
        self._waiting: dict[Callable[..., Any], deque[tuple[Any, asyncio.Future[Any]]]] = {}
        self._batching: dict[Callable[..., Any], asyncio.Task[None]] = {}

    async def read(self, fn: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._in_thread(lambda: self._transaction(self._snapshots, fn, args, kwargs))

    async def write(self, fn: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._in_thread(lambda: self._transaction(self._engine, fn, args, kwargs))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if self._closed:
            raise StoreUnavailable("the store is closed")
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _transaction(self, pool: sa.Engine, fn: Callable[..., T], args: Sequence[Any], kwargs: dict[str, Any]) -> T:
        for attempt in range(1, _TRIES + 1):
            try:
                return self._once(pool, fn, args, kwargs)
            except Exception as error:
                if attempt < _TRIES and is_retryable(error):
                    # What collided once would collide again if both came back at the same moment.
                    time.sleep(_PAUSE_SECONDS * attempt * ids.jitter())
                    continue
                if is_unavailable(error):
                    raise StoreUnavailable(f"the database could not be reached: {error}") from error
                raise
        raise AssertionError("unreachable")

    def _once(self, pool: sa.Engine, fn: Callable[..., T], args: Sequence[Any], kwargs: dict[str, Any]) -> T:
        with pool.begin() as connection:
            tx = Tx(connection, self.engine, self.clock.now())
            result = call(fn, tx, args, kwargs)
            if tx.settings_changed:
                tx.hot(RAISE_REVISION, [()])
            tx.close()
        tx.committed(self.wakeups)
        return result

    # -- batches ---------------------------------------------------------------------------------------------------

    async def batch(self, fn: Callable[[Tx, Sequence[ItemT]], Sequence[ResultT | Exception]], item: ItemT) -> ResultT:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(fn, deque()).append((item, future))
        if fn not in self._batching:
            task = asyncio.create_task(self._drain(fn), name=f"batch {fn.__qualname__}")
            self._batching[fn] = task
        return cast(ResultT, await future)

    async def _drain(self, fn: Callable[..., Any]) -> None:
        """Hand what waits to `fn`, group after group, until nothing waits."""
        waiting = self._waiting[fn]
        try:
            while waiting:
                group = [waiting.popleft() for _ in range(min(len(waiting), _BATCH_LIMIT))]
                results = await self._run_group(fn, [item for item, _ in group])
                for (_, future), result in zip(group, results, strict=True):
                    if future.done():
                        continue
                    if isinstance(result, Exception):
                        future.set_exception(result)
                    else:
                        future.set_result(result)
        finally:
            del self._batching[fn], self._waiting[fn]

    async def _run_group(self, fn: Callable[..., Any], items: list[Any]) -> Sequence[Any]:
        def work(tx: Tx) -> list[Any]:
            return run_batch(tx, fn, items)

        try:
            return await self.write(work)
        except Exception as error:
            return [error] * len(items)

    async def close(self) -> None:
        await asyncio.gather(*self._batching.values(), return_exceptions=True)
        self._closed = True
        self._threads.shutdown(wait=True)
        self._engine.dispose()
