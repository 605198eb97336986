"""A backup: a folder with the database as one SQLite file, the data folder's other files, and a manifest.

Made while the service runs. The database is one snapshot, whichever engine holds it; files come after it, so that all
that its rows speak of is there. The manifest is written last: a folder without one is no backup. It counts and hashes
each table and each file, and restoring checks all of them before anything is touched.

Keys and mail are in it: the folder is its owner's alone, and whoever keeps copies elsewhere encrypts them.
"""

import asyncio
import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tayori import __version__
from tayori.app import endpoints
from tayori.clock import SystemClock
from tayori.resources import accounts, deliveries, queue
from tayori.store import copying, leases
from tayori.store.copying import CopyRefused, Database, TableDigest
from tayori.store.database import open_store
from tayori.store.dialect import Engine
from tayori.store.engine import Store, Tx

MANIFEST = "manifest.json"
_DATABASE = "tayori.db"
_FILES = "files"
_JOBS = "jobs"
_FORMAT = 1
_SQLITE_MAGIC = b"SQLite format 3\0"
# Of a running service, not of what it keeps.
_NOT_KEPT = frozenset({"lock", "processes.lock", endpoints.FILE_NAME})
_SIDE_FILES = ("-wal", "-shm", "-journal")


class BackupFailed(Exception):
    """The backup could not be made or restored; the text is one sentence that says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    path: str  # below the folder `files`
    octets: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What is in a backup."""

    version: str  # of Tayori
    made_at: datetime
    tables: tuple[TableDigest, ...]
    files: tuple[File, ...]

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)

    def as_json(self) -> dict[str, Any]:
        return {
            "format": _FORMAT,
            "version": self.version,
            "made_at": self.made_at.isoformat(),
            "tables": [asdict(table) for table in self.tables],
            "files": [asdict(file) for file in self.files],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What is backed up, or where it is restored to."""

    data: Path
    database_url: str
    jobs: Path  # files of import and export jobs

    @classmethod
    def of(cls, data: Path, database_url: str, jobs_folder: str) -> "Place":
        """With what is not named where a service has it by default."""
        return cls(
            data=data,
            database_url=database_url or f"sqlite:///{data / 'tayori.db'}",
            jobs=Path(jobs_folder) if jobs_folder else data / _JOBS,
        )


# -- making ------------------------------------------------------------------------------------------------------------


def back_up(place: Place, folder: Path) -> Manifest:
    """Write a backup of `place` into the new folder. Raises BackupFailed, or what `copying` raises."""
    if folder.resolve().is_relative_to(place.data):
        raise BackupFailed("The backup would lie in the data folder, and be part of the next. Name a folder elsewhere.")
    with _told():
        _make_empty(folder)
        _snapshot(Database(place.database_url), folder / _DATABASE)
        tables = tuple(copying.digests(Database(f"sqlite:///{folder / _DATABASE}")))
        files = tuple(_keep(path, relative, folder / _FILES) for path, relative in _files_of(place))
        manifest = Manifest(version=__version__, made_at=datetime.now(UTC), tables=tables, files=files)
        _write_durably(folder / MANIFEST, json.dumps(manifest.as_json(), indent=2))
    return manifest


def _make_empty(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise BackupFailed(f"The folder {folder} is not empty. Name a new one: a backup is never written over.")
    folder.chmod(0o700)


def _snapshot(source: Database, file: Path) -> None:
    """The database at one moment, as a file of its own."""
    if source.engine is Engine.SQLITE:
        if not source.path.is_file():
            raise BackupFailed(f"There is no database file {source.path}.")
        _copy_sqlite(source.path, file)
        return
    copied = f"sqlite:///{file}"
    _close(open_store(copied, SystemClock()))
    copying.copy(source, Database(copied))
    with contextlib.closing(sqlite3.connect(file)) as opened:  # into one file, without a log beside it
        opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _copy_sqlite(source: Path, file: Path) -> None:
    file.touch(mode=0o600)
    with (
        contextlib.closing(sqlite3.connect(source)) as reading,
        contextlib.closing(sqlite3.connect(file)) as writing,
    ):
        reading.backup(writing)  # all pages in one go: the state of one moment, while others write


def _files_of(place: Place) -> Iterator[tuple[Path, str]]:
    """All files to be kept, each with its path in the backup."""
    database = Database(place.database_url)
    own = database.path.resolve() if database.engine is Engine.SQLITE else None
    for path in sorted(place.data.rglob("*")):
        relative = path.relative_to(place.data)
        if not path.is_file() or path.is_symlink() or str(relative) in _NOT_KEPT or path.name.endswith(_SIDE_FILES):
            continue
        if path.resolve() != own:
            yield path, str(relative)
    if not place.jobs.is_relative_to(place.data):
        for path in sorted(place.jobs.rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield path, f"{_JOBS}/{path.relative_to(place.jobs)}"


def _keep(path: Path, relative: str, folder: Path) -> File:
    kept = folder / relative
    kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("rb") as opened:
        is_database = opened.read(len(_SQLITE_MAGIC)) == _SQLITE_MAGIC
    if is_database:
        _copy_sqlite(path, kept)
    else:
        shutil.copyfile(path, kept)
    kept.chmod(0o600)
    return File(path=relative, octets=kept.stat().st_size, sha256=_sha256(kept))


# -- restoring ---------------------------------------------------------------------------------------------------------


def read_manifest(folder: Path) -> Manifest:
    """Raises BackupFailed where the folder holds no backup that this version can read."""
    try:
        given = json.loads((folder / MANIFEST).read_text("utf-8"))
        if given["format"] != _FORMAT:
            raise BackupFailed(f"The backup has format {given['format']}; this version of Tayori reads {_FORMAT}.")
        return Manifest(
            version=given["version"],
            made_at=datetime.fromisoformat(given["made_at"]),
            tables=tuple(TableDigest(**table) for table in given["tables"]),
            files=tuple(File(**file) for file in given["files"]),
        )
    except FileNotFoundError as error:
        raise BackupFailed(f"{folder} holds no backup that was completed: {MANIFEST} is missing.") from error
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BackupFailed(f"{folder / MANIFEST} cannot be read.") from error


def check(folder: Path, manifest: Manifest) -> None:
    """Raises BackupFailed where a row or an octet differs from what was written."""
    with _told():
        for file in manifest.files:
            path = folder / _FILES / file.path
            if not path.resolve().is_relative_to((folder / _FILES).resolve()):
                raise BackupFailed(f"{file.path} leads out of the backup.")
            if not path.is_file() or path.stat().st_size != file.octets or _sha256(path) != file.sha256:
                raise BackupFailed(f"{path} is not what was backed up.")
        _compare(Database(f"sqlite:///{folder / _DATABASE}"), manifest)


def restore(folder: Path, place: Place, *, hold: bool) -> Manifest:
    """Bring the backup to a place where no installation is; the caller holds the data folder.

    With `hold`, nothing of the queue goes out before it is released. Raises BackupFailed, or what `copying` raises.
    """
    manifest = read_manifest(folder)
    check(folder, manifest)
    with _told():
        target = Database(place.database_url)
        _check_empty(place, target)
        for file in manifest.files:
            _bring_file(folder / _FILES / file.path, _home(file.path, place))
        _bring_database(folder / _DATABASE, target)  # last: with it, the place holds an installation
        _compare(target, manifest)
        asyncio.run(_settle(place.database_url, hold=hold))
    return manifest


def _check_empty(place: Place, target: Database) -> None:
    if target.engine is Engine.SQLITE:
        if target.path.exists():
            raise BackupFailed(f"There is a database already: {target.path}. Restore into another data folder.")
        return
    store = open_store(target.url, SystemClock())
    try:
        if asyncio.run(store.read(accounts.all_accounts)):
            raise BackupFailed("There is an installation in the database already. Restore into an empty one.")
    finally:
        _close(store)


def _bring_database(file: Path, target: Database) -> None:
    if target.engine is Engine.POSTGRES:
        copying.copy(Database(f"sqlite:///{file}"), target)
        return
    target.path.parent.mkdir(parents=True, exist_ok=True)
    part = target.path.with_name(f"{target.path.name}.part")
    part.unlink(missing_ok=True)
    _copy_sqlite(file, part)
    _sync(part)
    part.replace(target.path)
    _sync(target.path.parent)


def _compare(database: Database, manifest: Manifest) -> None:
    found = {table.name: table for table in copying.digests(database)}
    for table in manifest.tables:
        if found.get(table.name) != table:
            raise BackupFailed(f"The table {table.name} is not what was backed up.")


def _home(relative: str, place: Place) -> Path:
    if relative.startswith(f"{_JOBS}/"):
        return place.jobs / relative.removeprefix(f"{_JOBS}/")
    return place.data / relative


def _bring_file(kept: Path, path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.copyfile(kept, path)
    path.chmod(0o600)


async def _settle(url: str, *, hold: bool) -> None:
    """No process of the installation lives: what they had in hand is back in the queue."""
    store = open_store(url, SystemClock())
    try:
        await store.write(_return_claims)
        if hold:
            await store.write(queue.hold, queue.Selection())
    finally:
        await store.close()


def _return_claims(tx: Tx) -> None:
    leases.bury_all(tx)
    deliveries.reap(tx, ())


# -- files -------------------------------------------------------------------------------------------------------------


def _sha256(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _write_durably(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(text)
    for written in path.parent.rglob("*"):
        _sync(written)
    part.replace(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _close(store: Store) -> None:
    asyncio.run(store.close())


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """What the system refuses, as one sentence."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        where = f"{error.filename}: " if isinstance(error, OSError) and error.filename else ""
        raise BackupFailed(f"{where}{getattr(error, 'strerror', None) or error}.") from error
    except CopyRefused as error:
        raise BackupFailed(str(error)) from error
