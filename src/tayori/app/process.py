"""One process of a node: an event loop that runs the roles it was given until it is told to stop."""

import asyncio
import contextlib
import errno
import logging
import signal
import sys
from collections.abc import Coroutine
from multiprocessing.connection import Connection
from typing import Any

from tayori import logs
from tayori.app.node import Node
from tayori.config import Config
from tayori.rehearsal.world import RehearsalError
from tayori.store.database import DatabaseUrlError
from tayori.store.engine import StoreUnavailable
from tayori.store.migrate import SchemaError

logger = logging.getLogger("tayori.process")


def main(config: Config, name: str, roles: tuple[str, ...], pipe: Connection) -> None:
    """Runs in a process of its own. Says "" through `pipe` once all listens, else the sentence why it cannot."""
    # Ctrl-C reaches the whole group; the parent decides when each process stops.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logs.set_up(form=config.log.format, level=config.log.level, redact_addresses=config.log.redact_addresses)
    with contextlib.suppress(BrokenPipeError):
        run(_serve(config, name, roles, pipe))


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    """`asyncio.run` on uvloop where there is one."""
    if sys.platform != "win32":
        import uvloop

        uvloop.run(coroutine)
    else:
        asyncio.run(coroutine)


async def _serve(config: Config, name: str, roles: tuple[str, ...], pipe: Connection) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    node = Node(config, roles)
    try:
        await node.start()
    except Exception as error:
        trouble = sentence(error)
        if trouble is None:
            logger.exception("start_failed", extra={"part": name})
            trouble = f"The process {name} could not start; its log says why."
        pipe.send(trouble)
        await node.stop()
        return
    pipe.send("")
    pipe.close()
    logger.info("started", extra={"part": name, "roles": ",".join(roles)})
    await stop.wait()
    await node.stop()
    logger.info("stopped", extra={"part": name})


def sentence(error: BaseException) -> str | None:
    """What to tell the operator about a failed start, or None where only a traceback can."""
    if isinstance(error, (DatabaseUrlError, StoreUnavailable, SchemaError)):
        return str(error)
    if isinstance(error, RehearsalError):
        words = str(error)
        return f"{words[:1].upper()}{words[1:]}."
    if isinstance(error, OSError) and error.errno in (errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL):
        return f"A listener could not be opened: {error}. Is another service running? Choose others with --port-base."
    return None
