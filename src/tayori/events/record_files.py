"""Records in files, as Firehose leaves them in a bucket: one a line, in files of their hour, closed by size or age.

Owns that a record which was acknowledged is on the disk, and that nobody meets half of one. A file is written in a
folder of its own (`.open`) under a lock, and moved to where readers look once it is closed. What a crash leaves there
is cut behind its last whole record and closed by whoever comes next; the record that was cut was not acknowledged, so
it comes again.
"""

import asyncio
import fcntl
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tayori import ids
from tayori.clock import Clock
from tayori.events.gathering import Gatherer

_OPEN = ".open"
_VERSION = 1  # of the stream's settings, which Firehose counts
_NAME = re.compile(r".+-\d+-(\d{4})-(\d\d)-(\d\d)-(\d\d)-\d\d-\d\d-[0-9a-f-]{36}")
_BATCH = 500
_BATCH_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """When a file is closed; Firehose's defaults. `seconds` are true ones."""

    max_bytes: int = 5 * 1024 * 1024
    seconds: float = 300.0


class RecordFolder:
    """One stream's files below `folder`. Raises OSError where a record could not be written."""

    def __init__(self, folder: Path, stream: str, clock: Clock, rotation: Rotation | None = None) -> None:
        self._folder = folder
        self._stream = stream
        self._clock = clock
        self._rotation = rotation or Rotation()
        self._gathered: Gatherer[bytes, None] = Gatherer(self._write, most=_BATCH, most_bytes=_BATCH_BYTES, size=len)
        self._lock = asyncio.Lock()  # of the file that is open
        self._file: _OpenFile | None = None
        self._opened_at = 0.0

    async def append(self, record: bytes) -> None:
        """Durable when it returns. `record` holds no line end."""
        await self._gathered.add(record + b"\n")

    async def _write(self, records: Sequence[bytes]) -> Sequence[None]:
        async with self._lock:
            if self._file is None:
                name = f"{self._stream}-{_VERSION}-{self._clock.now():%Y-%m-%d-%H-%M-%S}-{ids.request_id()}"
                self._file = await asyncio.to_thread(_OpenFile, self._folder, name)
                self._opened_at = asyncio.get_running_loop().time()
            await asyncio.to_thread(self._file.append, b"".join(records))
            if self._file.size >= self._rotation.max_bytes:
                await self._close()
        return [None] * len(records)

    async def close_if_old(self) -> None:
        """Close the file whose time is over."""
        async with self._lock:
            if self._file and asyncio.get_running_loop().time() - self._opened_at >= self._rotation.seconds:
                await self._close()

    async def close(self) -> None:
        """Close the file, whatever its age. More may be appended afterwards."""
        await self._gathered.finished()
        async with self._lock:
            await self._close()

    async def _close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            await asyncio.to_thread(file.close)

    async def recover(self) -> int:
        """Close what nobody has open any more; how many files."""
        return await asyncio.to_thread(_recover, self._folder)

    def closed_files(self) -> Iterator[Path]:
        """What readers may read, the oldest first."""
        found = (path for path in self._folder.glob("[0-9]*/[0-9]*/[0-9]*/[0-9]*/*") if _NAME.fullmatch(path.name))
        yield from sorted(found)


class _OpenFile:
    """A file that is being written. All methods wait for the disk."""

    def __init__(self, folder: Path, name: str) -> None:
        self.size = 0
        self._folder = folder
        self._path = folder / _OPEN / name
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            os.stat(self._path)  # who recovers may have taken it for left over, before the lock
            _sync(self._path.parent)
        except OSError:
            os.close(self._descriptor)
            raise

    def append(self, data: bytes) -> None:
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
            os.fsync(self._descriptor)
        except OSError:
            os.ftruncate(self._descriptor, self.size)  # nobody was told that it is there
            os.lseek(self._descriptor, self.size, os.SEEK_SET)
            raise
        self.size += len(data)

    def close(self) -> None:
        try:
            _publish(self._folder, self._path, self.size)
        finally:
            os.close(self._descriptor)


def _recover(folder: Path) -> int:
    count = 0
    for path in sorted((folder / _OPEN).glob("*")):
        if _NAME.fullmatch(path.name) and _recover_one(folder, path):
            count += 1
    return count


def _recover_one(folder: Path, path: Path) -> bool:
    """False where somebody is still writing it."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:  # closed meanwhile by whoever wrote it
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        size = path.read_bytes().rfind(b"\n") + 1
        os.ftruncate(descriptor, size)
        os.fsync(descriptor)
        _publish(folder, path, size)
    except (BlockingIOError, FileNotFoundError):
        return False
    finally:
        os.close(descriptor)
    return True


def _publish(folder: Path, path: Path, size: int) -> None:
    """Move a file to the folder of its hour; an empty one is of no use to anybody."""
    found = _NAME.fullmatch(path.name)
    assert found is not None
    if size == 0:
        path.unlink()
        return
    home = folder.joinpath(*found.groups())
    home.mkdir(parents=True, exist_ok=True)
    path.rename(home / path.name)
    for changed in (home, *list(home.parents)[:4], path.parent):
        _sync(changed)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
