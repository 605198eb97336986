"""An import file, read block by block: at most one block is in memory, whatever the file has.

Owns the place in the file. It is counted in records, as the job's rows count them, so that whoever goes on after a
crash skips as many and has the next. Blocks are taken apart in a thread.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from tayori.model.import_lines import Lines
from tayori.model.job import MOST_IMPORTED_OCTETS, FileTrouble, ImportRecord, LineReader

_BLOCK = 1024 * 1024

Read = Callable[[int, int], Awaitable[bytes]]  # from an octet on, so many at most


class ImportFile:
    def __init__(self, read: Read, reader: LineReader) -> None:
        self._read = read
        self._reader = reader
        self._lines = Lines()
        self._offset = 0
        self._waiting: deque[tuple[int, bytes]] = deque()
        self._is_at_end = False
        self.position = 0  # records that were taken or skipped

    async def check(self, most: int) -> None:
        """Go through all of it. Raises FileTrouble where it has more records, or is too large."""
        while await self._fill(1):
            self._drop(len(self._waiting))
            if self.position > most:
                raise FileTrouble(f"The file has more than {most} addresses.")
            if self._offset > MOST_IMPORTED_OCTETS:
                raise FileTrouble(f"The file has more than {MOST_IMPORTED_OCTETS} octets.")

    async def skip(self, count: int) -> None:
        while self.position < count and await self._fill(1):
            self._drop(min(count - self.position, len(self._waiting)))

    async def take(self, count: int) -> Sequence[ImportRecord]:
        """The next records; none at the end."""
        await self._fill(count)
        lines = [self._waiting.popleft() for _ in range(min(count, len(self._waiting)))]
        self.position += len(lines)
        return await asyncio.to_thread(self._records, lines)

    def _records(self, lines: Sequence[tuple[int, bytes]]) -> list[ImportRecord]:
        return [self._reader.read(number, line) for number, line in lines]

    def _drop(self, count: int) -> None:
        for _ in range(count):
            self._waiting.popleft()
        self.position += count

    async def _fill(self, count: int) -> bool:
        """Read until so many lines wait, or the file ends; whether any do."""
        while len(self._waiting) < count and not self._is_at_end:
            block = await self._read(self._offset, _BLOCK)
            self._offset += len(block)
            self._is_at_end = not block
            self._waiting.extend(await asyncio.to_thread(self._split, block))
        return bool(self._waiting)

    def _split(self, block: bytes) -> list[tuple[int, bytes]]:
        found = self._lines.feed(block) if block else self._lines.end()
        return [(number, line) for number, line in found if self._reader.is_record(number, line)]
