"""One process of a node: an event loop that runs the roles it was given until it is told to stop."""

import asyncio
import contextlib
import errno
import gc
import logging
import multiprocessing
import os
import resource
import signal
import socket
import sys
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from tayori import logs
from tayori.app import data_folder, first_start
from tayori.app.child import start
from tayori.app.delivery_process import Launch, LinkedQueue, NotStarted
from tayori.app.node import Node
from tayori.config import Config, ConfigError
from tayori.model.names import ServiceNames
from tayori.rehearsal.world import RehearsalError
from tayori.store.database import DatabaseUrlError
from tayori.store.engine import StoreUnavailable
from tayori.store.migrate import SchemaError

logger = logging.getLogger("tayori.process")

_MOST_DESCRIPTORS = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One run of one process of a node: `worker` names it, `predecessor` the run that it replaces, if any."""

    name: str
    roles: tuple[str, ...]
    worker: str
    predecessor: str = ""


def main(config: Config, part: Part, pipe: Connection) -> None:
    """Runs in a process of its own. Says "" through `pipe` once all listens, else the sentence why it cannot."""
    # Ctrl-C reaches the whole group; the parent decides when each process stops.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    data_folder.stay_in(config.data)
    _allow_many_connections()
    logs.set_up(form=config.log.format, level=config.log.level, redact_addresses=config.log.redact_addresses)
    launch = _Launcher(config, part) if config.service.delivery_process and _accepts_and_delivers(part) else None
    try:
        with contextlib.suppress(BrokenPipeError):
            run(_serve(config, part, pipe, launch))
    finally:
        if launch is not None:
            launch.close()


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    """`asyncio.run` on uvloop where there is one."""
    if sys.platform != "win32":
        import uvloop

        uvloop.run(coroutine)
    else:
        asyncio.run(coroutine)


async def _serve(config: Config, part: Part, pipe: Connection, launch: Launch | None) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    _stop_with_parent(stop)
    node = Node(config, part.roles, worker=part.worker, predecessor=part.predecessor, launch=launch)
    try:
        await node.start()
    except Exception as error:
        trouble = sentence(error)
        if trouble is None:
            logger.exception("start_failed", extra={"part": part.name})
            trouble = f"The process {part.name} could not start; its log says why."
        pipe.send(trouble)
        await node.stop()
        return
    _settle_garbage()
    with contextlib.suppress(BrokenPipeError):  # the parent died meanwhile: then `stop` is set, and all ends in order
        pipe.send("")
    pipe.close()
    logger.info("started", extra={"part": part.name, "pid": os.getpid(), "roles": ",".join(part.roles)})
    await stop.wait()
    await node.stop()
    logger.info("stopped", extra={"part": part.name})


# -- the process beside it that delivers -----------------------------------------------------------------------------


def _accepts_and_delivers(part: Part) -> bool:
    return "delivery" in part.roles and len(part.roles) > 1


class _Launcher:
    """Starts a process that delivers for this one, at the other end of a socket.

    The first is started before this one has a loop and threads, and gets ready beside it.
    """

    def __init__(self, config: Config, part: Part) -> None:
        self._config = config
        self._part = replace(part, name=part.name.replace("worker", "delivery"), roles=("delivery",))
        self._first: tuple[socket.socket, BaseProcess] | None = self._start()

    def __call__(self) -> tuple[socket.socket, BaseProcess]:
        started, self._first = self._first or self._start(), None
        return started

    def close(self) -> None:
        """End the first one where it was never asked for."""
        if self._first is not None:
            end, process = self._first
            end.close()
            process.kill()
            process.join()

    def _start(self) -> tuple[socket.socket, BaseProcess]:
        ours, theirs = socket.socketpair()
        with theirs:
            args = self._config, self._part, theirs
            return ours, start(deliver, args, name=f"tayori {self._part.name}", keep=[theirs.fileno()])


def deliver(config: Config, part: Part, end: socket.socket) -> None:
    """Runs in a process of its own."""
    for number in (signal.SIGINT, signal.SIGTERM):  # the accepting process says when this one stops
        signal.signal(number, signal.SIG_IGN)
    data_folder.stay_in(config.data)
    _allow_many_connections()
    logs.set_up(form=config.log.format, level=config.log.level, redact_addresses=config.log.redact_addresses)
    run(_deliver(config, part, end))


async def _deliver(config: Config, part: Part, end: socket.socket) -> None:
    stop: asyncio.Future[float] = asyncio.get_running_loop().create_future()
    clock = first_start.clock_of(config)
    names = partial(ServiceNames, service_domain=config.service.domain)
    queue = LinkedQueue(lambda region: names(region=region), clock, _end_at_once)
    await queue.join(end)
    node = Node(config, part.roles, worker=part.worker, queue=queue)
    try:
        await node.start()
    except Exception as error:
        trouble = sentence(error)
        if trouble is None:
            logger.exception("start_failed", extra={"part": part.name})
            trouble = f"The process {part.name} could not start; its log says why."
        queue.say_started(trouble)
        await node.stop()
        return
    _settle_garbage()
    assert node.scheduler is not None
    queue.serve(node.scheduler, lambda seconds: None if stop.done() else stop.set_result(seconds))
    logger.info("started", extra={"part": part.name, "pid": os.getpid(), "roles": ",".join(part.roles)})
    await stop
    await node.stop()
    queue.close()
    logger.info("stopped", extra={"part": part.name})


def _end_at_once() -> None:
    """The accepting process is gone, and with it the right to what is in hand here: another will deliver it. Not one
    transaction more may be completed.
    """
    os._exit(1)


def _allow_many_connections() -> None:
    """Each connection is a file descriptor, and the limits of the listeners add up to more than a shell's 1024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _settle_garbage() -> None:
    """What the start has made stays; and mail in hand makes many objects that soon go by themselves.

    The collector's default thresholds would walk the queue again and again for cycles that hardly ever exist.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _stop_with_parent(stop: asyncio.Event) -> None:
    """Nobody starts this process again once the parent is gone, and it would keep the ports from a new node."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    loop = asyncio.get_running_loop()

    def orphaned() -> None:
        loop.remove_reader(parent.sentinel)
        logger.error("parent_died")
        stop.set()

    loop.add_reader(parent.sentinel, orphaned)


def sentence(error: BaseException) -> str | None:
    """What to tell the operator about a failed start, or None where only a traceback can."""
    if isinstance(error, (ConfigError, DatabaseUrlError, StoreUnavailable, SchemaError, NotStarted)):
        return str(error)
    if isinstance(error, RehearsalError):
        words = str(error)
        return f"{words[:1].upper()}{words[1:]}."
    # Python 3.13 gives no errno where an address is not this machine's.
    if isinstance(error, OSError) and error.errno in (errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL, None):
        return f"A listener could not be opened: {error}. Is another service running? Choose others with --port-base."
    return None
