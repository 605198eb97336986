"""What befalls the service in the crash matrix, and how it is made good again.

A fault has three moments: it strikes, it is endured for a while, it is mended. Those of the machine itself need its
help (see broken_machine); without it they are left out.
"""

import json
import os
import signal
import sqlite3
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from broken_machine import Disk, Shim
from holding_host import HoldingHost
from service import Service, is_alarming

from tayori.testing import until

_CLOCK = struct.Struct("<ddd")  # see tayori.clock: wall seconds, service seconds at that moment, speed
_A_WHILE = 1.0
_STEP = 200  # seconds: far beyond a lease, and below what a signature of a request allows
_REAPED_WITHIN = 40.0
_BUSY_TIMEOUT = 30.0  # for which the service waits for SQLite's write lock
_RESOLVER_GONE = 3.0
_LEASE_SEEN = 7.0  # by every loop that looks at leases


class WriteLock:
    """SQLite's, taken away from the service."""

    def __init__(self, service: Service) -> None:
        self._path = service.node.data / "tayori.db"
        self._connection: sqlite3.Connection | None = None

    def take(self) -> None:
        if self._connection is None:
            self._connection = sqlite3.connect(self._path, timeout=60, isolation_level=None)
            self._connection.execute("BEGIN IMMEDIATE")

    def let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.execute("ROLLBACK")
            connection.close()


@dataclass(kw_only=True)
class Scene:
    """The running service, and what can be done to it."""

    service: Service
    workers: int
    disk: Disk | None
    shim: Shim | None
    hosts: list[HoldingHost] = field(default_factory=list)  # of this round

    def __post_init__(self) -> None:
        self.lock = WriteLock(self.service)

    @contextmanager
    def database(self, timeout: float = 60) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self.service.node.data / "tayori.db", timeout=timeout, isolation_level=None)
        try:
            yield connection
        finally:
            connection.close()

    def advance(self, seconds: float) -> None:
        """The service's clock, whatever the machine's says, and whether anybody answers or not."""
        with (self.service.node.data / "clock").open("r+b") as file:
            wall, now, speed = _CLOCK.unpack(file.read(_CLOCK.size))
            file.seek(0)
            file.write(_CLOCK.pack(wall, now + seconds, speed))

    def complaints(self) -> list[tuple[str, str]]:
        """What the log has of trouble: the event's name and the line."""
        lines = [line for line in self.service.log_lines() if is_alarming(line)]
        return [(json.loads(line)["event"] if line.startswith("{") else "", line) for line in lines]

    def pids(self) -> dict[str, int]:
        return {part: self.service.pid_of(part) for part in self.parts}

    @property
    def parts(self) -> list[str]:
        numbers = range(1, self.workers + 1)
        return ["services", *(f"{kind}-{number}" for kind in ("worker", "delivery") for number in numbers)]


def _nothing(scene: Scene) -> None:
    return None


def _a_while(scene: Scene) -> None:
    time.sleep(_A_WHILE)


@dataclass(frozen=True, kw_only=True)
class Fault:
    name: str
    strike: Callable[[Scene], None]
    endure: Callable[[Scene], None] = _a_while
    mend: Callable[[Scene], None] = _nothing
    parts: bool = False  # a receiver's 250 from the record of it
    gives_away: bool = False  # what a living worker has in hand: where there is another, that delivers it, too
    kills: bool = False  # processes, so that new ones take over
    keeps_lock: bool = False  # it is the lock that it strikes with
    frees_hosts: bool = False  # receivers go on before it is mended: else that would have to wait for them


def _kill(part: str) -> Fault:
    killed: list[int] = []

    def strike(scene: Scene) -> None:
        killed.append(scene.service.kill_part(part))

    def mend(scene: Scene) -> None:
        until(lambda: scene.service.pid_of(part) not in killed, f"{part} started again", 60)

    name = {"worker-1": "the worker", "delivery-1": "the delivery process", "services": "the services"}[part]
    return Fault(
        name=f"kill -9 of {name}",
        strike=strike,
        endure=_nothing,
        mend=mend,
        parts=part != "services",
        kills=True,
    )


def _kill_all(scene: Scene) -> None:
    scene.service.node.kill()
    scene.lock.let_go()


def _start(scene: Scene) -> None:
    scene.service.start()


def _kill_supervisor(scene: Scene) -> None:
    """Its children come to an orderly end by themselves."""
    process = scene.service.node.process
    assert process is not None
    process.send_signal(signal.SIGKILL)
    process.wait()


def _start_after_orphans(scene: Scene) -> None:
    service = scene.service
    service.node.process = None
    started, stopped = len(service.events("started")), len(service.events("stopped"))
    service.start()
    every = len(scene.parts)
    until(lambda: len(service.events("started")) >= started + every, "the new processes", 60)
    until(lambda: len(service.events("stopped")) >= stopped + every, "the end of the old processes", 60)


def _signal(scene: Scene, parts: tuple[str, ...], number: signal.Signals) -> None:
    for part in parts:
        os.kill(scene.service.pid_of(part), number)


def _stop(name: str, *parts: str, endure: Callable[[Scene], None], **options: bool) -> Fault:
    return Fault(
        name=name,
        strike=lambda scene: _signal(scene, parts, signal.SIGSTOP),
        endure=endure,
        mend=lambda scene: _signal(scene, parts, signal.SIGCONT),
        **options,
    )


def _outlive_lease(scene: Scene) -> None:
    """The lease is aged rather than waited for; then others take what the stopped worker has in hand."""
    known = len(scene.service.events("reaped"))
    if not _age_leases(scene):
        return

    def reaped() -> bool:
        scene.advance(6)  # the loop that looks for the dead runs on the service's clock
        return len(scene.service.events("reaped")) > known

    until(reaped, "what the stopped worker had in hand given back", _REAPED_WITHIN)


def _age_leases(scene: Scene) -> bool:
    """False where the stopped process stands in the middle of a commit: then nobody can write until it goes on."""
    with scene.database(timeout=5) as database:
        try:
            database.execute("UPDATE leases SET expires_at = 0 WHERE name >= 'worker:' AND name < 'worker;'")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            return False
        return True


def _busy(seconds: float) -> Callable[[Scene], None]:
    def endure(scene: Scene) -> None:
        time.sleep(seconds)

    return endure


def _set_clock(seconds: int) -> Callable[[Scene], None]:
    def move(scene: Scene) -> None:
        assert scene.shim is not None
        scene.shim.set_clock(seconds)

    return move


def _on_disk(act: Callable[[Disk], None]) -> Callable[[Scene], None]:
    def change(scene: Scene) -> None:
        assert scene.disk is not None
        act(scene.disk)

    return change


def _on_shim(act: Callable[[Shim], None]) -> Callable[[Scene], None]:
    def change(scene: Scene) -> None:
        assert scene.shim is not None
        act(scene.shim)

    return change


def _hosts_down(scene: Scene) -> None:
    for host in scene.hosts:
        host.go_down()


def _hosts_up(scene: Scene) -> None:
    for host in scene.hosts:
        host.come_up()


PROCESSES = (
    _kill("worker-1"),
    _kill("delivery-1"),
    _kill("services"),
    Fault(name="kill -9 of all processes", strike=_kill_all, endure=_nothing, mend=_start, parts=True, kills=True),
    Fault(
        name="kill -9 of the supervisor",
        strike=_kill_supervisor,
        endure=_nothing,
        mend=_start_after_orphans,
        kills=True,
        frees_hosts=True,
    ),
    _stop("SIGSTOP of the worker past its lease", "worker-1", endure=_outlive_lease, gives_away=True),
    _stop(
        "SIGSTOP of worker and delivery past the lease",
        "worker-1",
        "delivery-1",
        endure=_outlive_lease,
        gives_away=True,
    ),
    _stop("SIGSTOP of the delivery process", "delivery-1", endure=_a_while),
)
SURROUNDINGS = (
    Fault(name="SQLite busy", strike=lambda scene: scene.lock.take(), endure=_busy(2.0), keeps_lock=True),
    Fault(
        name="SQLite busy, beyond its time limit",
        strike=lambda scene: scene.lock.take(),
        endure=_busy(_BUSY_TIMEOUT + 2),
        keeps_lock=True,
    ),
    _stop("resolver gone", "services", endure=_busy(_RESOLVER_GONE)),
    Fault(name="all hosts down", strike=_hosts_down, mend=_hosts_up),
)
DISK = (Fault(name="disk full", strike=_on_disk(Disk.fill), mend=_on_disk(Disk.make_room)),)
LIES = (
    Fault(name="failing fsync", strike=_on_shim(Shim.break_fsync), mend=_on_shim(Shim.mend_fsync)),
    Fault(name="clock set forward", strike=_set_clock(_STEP), endure=_busy(_LEASE_SEEN), mend=_set_clock(0)),
    Fault(name="clock set back", strike=_set_clock(-_STEP), mend=_set_clock(0)),
)


def possible(scene: Scene) -> tuple[Fault, ...]:
    """Those that this machine can have."""
    machine = DISK if scene.disk is not None else ()
    lies = LIES if scene.shim is not None else ()
    return (*PROCESSES, *SURROUNDINGS, *machine, *lies)
