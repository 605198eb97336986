"""`tayori up`: one parent that starts the processes of a node, restarts those that die, and stops them in order.

The hot processes (API, SMTP, delivery) are as many as service.workers says; one more has everything else, so that a
slow loop or a DNS flood never waits for mail or the other way round. The parent itself serves nobody.
"""

import logging
import multiprocessing
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType

from tayori import ids
from tayori.app import first_start, process, shared_rehearsal
from tayori.app.child import start
from tayori.config import Config

logger = logging.getLogger("tayori.supervisor")

_HOT = frozenset({"api", "smtp", "delivery"})
_START_SECONDS = 60.0
_STOP_SECONDS = 40.0
_LONGEST_PAUSE = 30.0


@dataclass(slots=True)
class _Child:
    name: str
    roles: tuple[str, ...]
    process: BaseProcess | None = None
    worker: str = ""  # names this run of it: what it has in hand carries this name
    pipe: Connection | None = None
    failures: int = 0
    restart_at: float = 0.0
    started_at: float = field(default_factory=time.monotonic)


class StartFailed(Exception):
    """A process could not start; the text is its own sentence."""


def plan(config: Config) -> list[tuple[str, tuple[str, ...]]]:
    """(name, roles) of each process. Those that others depend on come first; they are stopped last."""
    roles = config.service.roles
    rest = tuple(role for role in roles if role not in _HOT)
    if config.rehearsal and config.rehearsal_elsewhere is None:
        rest += ("rehearsal",)
    hot = tuple(role for role in roles if role in _HOT)
    processes = [("services", rest)] if rest else []
    if hot:
        processes += [(f"worker-{number}", hot) for number in range(1, config.service.workers + 1)]
    return processes


class Supervisor:
    def __init__(self, config: Config) -> None:
        self._config = config
        self._children: list[_Child] = []
        self._stopping = False

    def run(self, ready: Callable[[], None]) -> None:
        """Start everything, call `ready` once it listens, and stay until SIGTERM or SIGINT. Raises StartFailed."""
        try:
            self._config = shared_rehearsal.meet(self._config)
            first_start.prepare_node(self._config)
        except Exception as error:
            trouble = process.sentence(error)
            if trouble is None:
                raise
            raise StartFailed(trouble) from error
        self._children = [_Child(name, roles) for name, roles in plan(self._config)]
        previous = {number: signal.signal(number, self._on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            for child in self._children:
                self._start(child)
                self._await_ready(child)
            if not self._stopping:
                ready()
            while not self._stopping:
                self._watch()
        finally:
            self._stop()
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True

    def _start(self, child: _Child) -> None:
        receiving, sending = multiprocessing.Pipe(duplex=False)
        part = process.Part(name=child.name, roles=child.roles, worker=ids.worker_id(), predecessor=child.worker)
        child.worker = part.worker
        child.process = start(
            process.main, (self._config, part, sending), name=f"tayori {child.name}", keep=[sending.fileno()]
        )
        sending.close()
        child.pipe, child.started_at = receiving, time.monotonic()

    def _await_ready(self, child: _Child) -> None:
        """Wait for the child's word: "" once it listens, else the sentence that says why it cannot."""
        assert child.pipe is not None
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and not self._stopping:
            if child.pipe.poll(0.1):
                try:
                    trouble = str(child.pipe.recv())
                except EOFError:
                    trouble = f"The process {child.name} ended while it started; its log says why."
                if trouble:
                    raise StartFailed(trouble)
                return
        if not self._stopping:
            raise StartFailed(f"The process {child.name} did not start within {_START_SECONDS:.0f} seconds.")

    def _watch(self) -> None:
        """Sleep until a child ends or half a second has passed; start again what ended."""
        running = [child for child in self._children if child.process is not None]
        wait([child.process.sentinel for child in running if child.process], timeout=0.5)
        now = time.monotonic()
        for child in self._children:
            if child.process is not None and not child.process.is_alive() and not self._stopping:
                self._note_death(child, now)
            if child.process is None and now >= child.restart_at and not self._stopping:
                self._start(child)

    def _note_death(self, child: _Child, now: float) -> None:
        assert child.process is not None
        if now - child.started_at > 60:
            child.failures = 0
        pause = min(_LONGEST_PAUSE, 0.1 * 2**child.failures)
        facts = {"part": child.name, "exit": child.process.exitcode, "pause": pause, "said": _last_word(child)}
        logger.error("process_died", extra=facts)
        child.process.join()
        child.process, child.restart_at = None, now + pause
        child.failures += 1

    def _stop(self) -> None:
        """Ask the hot processes first (listeners close, mail in hand drains), then the services they use."""
        for group in (_reversed_hot(self._children), _services(self._children)):
            for child in group:
                if child.process is not None and child.process.is_alive():
                    child.process.terminate()
            deadline = time.monotonic() + _STOP_SECONDS
            for child in group:
                if child.process is not None:
                    child.process.join(max(0.1, deadline - time.monotonic()))
                    if child.process.is_alive():
                        logger.error("process_killed", extra={"part": child.name})
                        child.process.kill()
                        child.process.join()


def _last_word(child: _Child) -> str:
    """What a process that ended had to say about its start; nobody has waited for the word of one started again."""
    try:
        return str(child.pipe.recv()) if child.pipe is not None and child.pipe.poll() else ""
    except EOFError:
        return ""


def _reversed_hot(children: Sequence[_Child]) -> list[_Child]:
    return [child for child in reversed(children) if child.name != "services"]


def _services(children: Sequence[_Child]) -> list[_Child]:
    return [child for child in children if child.name == "services"]
