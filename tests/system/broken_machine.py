"""A machine that fails on demand: its disk is full, its fsync fails, its clock is set.

The disk is a file system of its own (tmpfs, needs root). fsync and the clock are made to lie by a library that is
loaded in front of the C library's (needs a C compiler) and looks into a folder each time it is asked.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
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
static long ahead(void) {
  static volatile long *seconds;
  if (!seconds) {
    static long none;
    const char *path = getenv("WRONG_CLOCK");
    int fd = path ? open(path, O_RDONLY) : -1;
    void *at = fd < 0 ? MAP_FAILED : mmap(0, sizeof(long), PROT_READ, MAP_SHARED, fd, 0);
    if (fd >= 0) close(fd);
    seconds = at == MAP_FAILED ? &none : at;
  }
  return *seconds;
}
int clock_gettime(clockid_t id, struct timespec *t) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
  int result = real(id, t);
  if (id == CLOCK_REALTIME) t->tv_sec += ahead();
  return result;
}
int gettimeofday(struct timeval *t, void *zone) {
  static int (*real)(struct timeval *, void *);
  if (!real) real = dlsym(RTLD_NEXT, "gettimeofday");
  int result = real(t, zone);
  t->tv_sec += ahead();
  return result;
}
"""


class Shim:
    """`environment` is for the service. Raises nothing: a test asks `can_compile` first."""

    def __init__(self, folder: Path) -> None:
        source, library = folder / "shim.c", folder / "shim.so"
        source.write_text(_SHIM)
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
        self._broken, self._clock = folder / "broken", folder / "ahead"
        self.set_clock(0)
        self.environment = {
            "LD_PRELOAD": str(library),
            "BROKEN_DISK": str(self._broken),
            "WRONG_CLOCK": str(self._clock),
        }

    @staticmethod
    def can_compile() -> bool:
        return shutil.which("cc") is not None

    def break_fsync(self) -> None:
        self._broken.touch()

    def mend_fsync(self) -> None:
        self._broken.unlink()

    def set_clock(self, seconds_ahead: int) -> None:
        """In place: it is mapped."""
        mode = "r+b" if self._clock.exists() else "w+b"
        with self._clock.open(mode) as file:
            file.write(seconds_ahead.to_bytes(8, "little", signed=True))


class Disk:
    """A file system of its own at `folder`."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        self._folder = folder
        self._roomy = f"{megabytes}m"

    def fill(self) -> None:
        """It becomes as small as what is on it; a little larger where that grows at the same moment."""
        for spare in (0, 0, 64, 256, 1024, 4096):
            found = os.statvfs(self._folder)
            used = (found.f_blocks - found.f_bfree) * found.f_frsize
            if self._resize(f"{-(-used // 4096) * 4 + spare}k"):
                return
        raise AssertionError("the disk cannot be made smaller")

    def make_room(self) -> None:
        assert self._resize(self._roomy)

    def _resize(self, size: str) -> bool:
        command = ["mount", "-o", f"remount,size={size}", self._folder]
        return subprocess.run(command, capture_output=True).returncode == 0


def why_no_disk(folder: Path) -> str:
    """Why no file system can be mounted here; "" where one can, as a trial at `folder` has shown."""
    if os.geteuid() != 0:
        return "mounting a small file system needs root"
    if trouble := _mount(folder, 1):
        return f"no file system can be mounted here: {trouble}"
    subprocess.run(["umount", "--lazy", folder], check=True)
    return ""


def _mount(folder: Path, megabytes: int) -> str:
    options = f"size={megabytes}m,mode=0700"
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, text=True)
    return done.stderr.strip() or "mount failed" if done.returncode else ""


@contextmanager
def disk_at(folder: Path, megabytes: int) -> Iterator[Disk]:
    """Skips where it cannot be mounted."""
    folder.mkdir(exist_ok=True)
    if why := why_no_disk(folder):
        pytest.skip(why)
    assert not _mount(folder, megabytes)
    try:
        yield Disk(folder, megabytes)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
