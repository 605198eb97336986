"""Starts a process of a node.

On Linux it is forked, so that it has the modules at once: a node starts in half the time, a process that died is back
in a fraction of a second, and all share one copy of the code. That is safe only while the parent has one thread and no
loop; a parent that has more asks for a new interpreter. What the parent has open, the child closes first: a lock or the
end of a pipe that lived on in a child would tell others that the parent lives.
"""

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Collection, Sequence
from multiprocessing.process import BaseProcess
from typing import Any

_DESCRIPTORS = "/proc/self/fd"
_STANDARD = 2


def start(target: Callable[..., None], args: Sequence[Any], *, name: str, keep: Collection[int]) -> BaseProcess:
    """Run `target(*args)` in a process of its own; `keep` are the descriptors that the arguments speak of."""
    if not can_fork():
        process = multiprocessing.get_context("spawn").Process(target=target, args=tuple(args), name=name)
        process.start()
        return process
    inherited = [number for number in _open_descriptors() if number not in keep]
    # A request to stop that comes while the child still has its parent's handlers waits until it has its own.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        forked = multiprocessing.get_context("fork").Process(
            target=_forked, args=(target, args, inherited, before), name=name
        )
        forked.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return forked


def can_fork() -> bool:
    return sys.platform == "linux" and threading.active_count() == 1


def _forked(target: Callable[..., None], args: Sequence[Any], inherited: Sequence[int], mask: set[int]) -> None:
    for number in inherited:
        with contextlib.suppress(OSError):
            os.close(number)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    target(*args)


def _open_descriptors() -> list[int]:
    return [number for number in map(int, os.listdir(_DESCRIPTORS)) if number > _STANDARD and _is_open(number)]


def _is_open(number: int) -> bool:
    """Not so the one that the folder itself was read by."""
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
