"""Single items that are better handled together: what comes while a batch is under way becomes the next batch."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


class Gatherer(Generic[ItemT, ResultT]):
    """`work` handles some items and gives a result for each; what it raises, it raises for all of them."""

    def __init__(
        self,
        work: Callable[[Sequence[ItemT]], Awaitable[Sequence[ResultT]]],
        *,
        most: int,
        most_bytes: int,
        size: Callable[[ItemT], int],
    ) -> None:
        self._work = work
        self._most = most
        self._most_bytes = most_bytes
        self._size = size
        self._waiting: list[tuple[ItemT, asyncio.Future[ResultT]]] = []
        self._task: asyncio.Task[None] | None = None

    async def add(self, item: ItemT) -> ResultT:
        """The result for `item`, when its batch is done."""
        future: asyncio.Future[ResultT] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="gathered work")
        return await future

    async def _run(self) -> None:
        while self._waiting:
            batch = self._next()
            try:
                results = await self._work([item for item, _ in batch])
                for (_, future), result in zip(batch, results, strict=True):
                    if not future.done():
                        future.set_result(result)
            except Exception as error:
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)

    def _next(self) -> list[tuple[ItemT, asyncio.Future[ResultT]]]:
        """As many as are allowed, but one at least."""
        count, size = 0, 0
        for item, _ in self._waiting[: self._most]:
            size += self._size(item)
            if count and size > self._most_bytes:
                break
            count += 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

    async def finished(self) -> None:
        """Until nothing is under way."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
