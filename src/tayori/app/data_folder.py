"""The data folder: private to its owner, and held by one service at a time.

Two services on one folder would each take the other's workers for dead, and send what those have in hand once more.
So a service also waits for the processes of one before it whose parent was killed: they end by themselves.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LOCK = "lock"
_PROCESSES = "processes.lock"
_ORPHANS_SECONDS = 60.0  # longer than the processes of a service take to stop
_LOOK_AGAIN_SECONDS = 0.1


class FolderError(Exception):
    """The folder cannot be used; the text is one sentence that says why."""


@contextmanager
def held(data: Path) -> Iterator[None]:
    """Make the folder where it is missing, and hold it. The lock ends with the process, however that ends."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        data.chmod(0o700)  # secret keys and mail are in it
        descriptor = os.open(data / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise FolderError(f"The data folder {data} cannot be used: {error.strerror}.") from error
    try:
        _lock(data, descriptor)
        _await_orphans(data)
        yield
    finally:
        os.close(descriptor)


def _lock(data: Path, descriptor: int) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(descriptor, 20).decode("ascii", "replace").strip()
        raise FolderError(
            f"A service runs on {data} already (process {holder or 'unknown'}). Stop it first, or name another folder "
            "with --data."
        ) from error
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode("ascii"))


def stay_in(data: Path) -> None:
    """Said by each process of a service: until it ends, no other service starts on the folder."""
    fcntl.flock(os.open(data / _PROCESSES, os.O_RDWR | os.O_CREAT, 0o600), fcntl.LOCK_SH)


def _await_orphans(data: Path) -> None:
    descriptor = os.open(data / _PROCESSES, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + _ORPHANS_SECONDS
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    raise FolderError(
                        f"Processes of an earlier service on {data} still run. Stop them first."
                    ) from error
            time.sleep(_LOOK_AGAIN_SECONDS)
    finally:
        os.close(descriptor)
