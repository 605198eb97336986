"""A disk that is full, or whose fsync fails, under load: 250 and 200 only for what is durable, and no restart needed.

The store is on a file system of its own of a few megabytes (tmpfs, needs root). fsync is made to fail by a library
that is loaded in front of the C library's and looks for a file (needs a C compiler).
"""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from load import Load
from service import Service, is_alarming, message_id_of, running

from tayori.testing import until

SENDER, MAILBOX = "news@shop.test", "crowd@inbox.test"
_RETRY = 75.0
_SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
static int broken(void) { const char *path = getenv("BROKEN_DISK"); return path && access(path, F_OK) == 0; }
int fsync(int fd) {
  static int (*real)(int);
  if (!real) real = dlsym(RTLD_NEXT, "fsync");
  if (broken()) { errno = EIO; return -1; }
  return real(fd);
}
int fdatasync(int fd) {
  static int (*real)(int);
  if (!real) real = dlsym(RTLD_NEXT, "fdatasync");
  if (broken()) { errno = EIO; return -1; }
  return real(fd);
}
"""
_AFTERWARDS = timedelta(seconds=5)  # in which it may still complain: what failed is tried again after a second


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    folder = tmp_path / "tayori"  # the service's data; its log is elsewhere, for it is to tell of it
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m,mode=0700", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def failing_fsync(tmp_path: Path) -> dict[str, str]:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("making fsync fail needs a C compiler")
    source, library = tmp_path / "shim.c", tmp_path / "shim.so"
    source.write_text(_SHIM)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return {"LD_PRELOAD": str(library), "BROKEN_DISK": str(tmp_path / "broken")}


def _fill(folder: Path) -> Path:
    """A file that takes all the space that is left."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for piece in (2**20, 2**12):
            try:
                while file.write(bytes(piece)):
                    pass
            except OSError:
                continue
    return filler


def _run_through(service: Service, break_disk: Callable[[], object], mend_disk: Callable[[], object]) -> None:
    """Load before, during and after; then all that was accepted arrives, from the same processes."""
    service.open_account()
    service.add_domain("shop.test")
    pids = {part: service.pid_of(part) for part in ("worker-1", "delivery-1")}
    with Load(service, sender=SENDER, to=MAILBOX, smtp_threads=2) as load:
        until(lambda: len(load.accepted) > 30, "mail accepted", 60)
        broken = datetime.now(UTC)
        break_disk()
        unknown = load.unknown
        until(lambda: load.unknown > unknown + 5, "mail refused for now", 60)
        before = len(load.accepted)
        time.sleep(1.0)
        during = len(load.accepted) - before
        mend_disk()
        mended, mended_at = len(load.accepted), datetime.now(UTC)
        until(lambda: len(load.accepted) > mended + 30, "mail accepted again", 60)
    print(f"accepted: {len(load.accepted)}, of these with the disk broken: {during}; refused for now: {load.unknown}")
    assert during == 0, "accepted what no disk has"
    assert load.refusals == []
    assert pids == {part: service.pid_of(part) for part in pids}, "a process had to be started again"
    _until_all_arrived(service, set(load.accepted))
    _check_complaints(service, broken, mended_at + _AFTERWARDS)


def _check_complaints(service: Service, since: datetime, until: datetime) -> None:
    """The log tells of trouble while there was some, and only then."""
    complaints = [json.loads(line) for line in service.log_lines() if is_alarming(line)]
    assert complaints, "nobody was told"
    stray = [entry for entry in complaints if not since <= datetime.fromisoformat(entry["at"]) <= until]
    assert stray == []
    service.expected_errors |= {entry["event"] for entry in complaints}


def _until_all_arrived(service: Service, accepted: set[str]) -> None:
    for _ in range(10):
        service.rehearsal.clock.advance(_RETRY)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            left = accepted - {message_id_of(mail) for mail in service.rehearsal.mailbox(MAILBOX)}
            if not left:
                return
            time.sleep(0.3)
    raise AssertionError(f"{len(left)} accepted messages never arrived: {sorted(left)[:5]}")


@pytest.mark.timeout(240)
def test_a_full_disk_loses_nothing_and_needs_no_restart(tmp_path, small_disk):
    with running(tmp_path, name=small_disk.name) as service:
        _run_through(service, lambda: _fill(small_disk), (small_disk / "filler").unlink)


@pytest.mark.timeout(240)
def test_a_failing_fsync_is_no_acceptance(tmp_path, failing_fsync):
    broken = Path(failing_fsync["BROKEN_DISK"])
    with running(tmp_path, environment=failing_fsync) as service:
        _run_through(service, broken.touch, broken.unlink)
