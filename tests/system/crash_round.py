"""One round of the crash matrix: messages brought to six stages at once, a fault, and the account of what arrived.

Each stage of a round is one run: it has a recipient domain, a mail host and an address of its own. The host holds the
dialogue where the stage is (see holding_host). The stages at the two commits are reached by keeping SQLite's write lock
from the service: clients wait for their 250 and receivers' 250 wait to be recorded while the fault strikes; every other
round of a fault leaves the lock alone and strikes at a random moment of a few milliseconds.
"""

import random
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, repeat

from crash_faults import Fault, Scene
from holding_host import Hold, HoldingHost
from load import Load, hand_over

from tayori.testing import RehearsalFailed, until

SENDER = "news@shop.test"
_EACH = 4  # messages brought to each stage
_DRAIN_SECONDS = 60.0
_RETRIES = (75, 75, 400, 400)  # of service time, at which what was put off falls due; then 1000 each
_WAIT_EACH = 1.5
_JITTER = 0.02
_UNRECORDED = 5.0  # from a receiver's 250 to the commit of it, at the most, where nothing is broken
_AFTER = 2.0  # in which what was held up before the mending still goes out


class Stage(StrEnum):
    ACCEPTING = "accepting"
    CLAIMED = "claimed, signed"
    DIALOGUE = "before end of data"
    REPLY = "end of data, no reply"
    COMMIT = "replied, not recorded"
    DEFERRED = "deferred"


_HOLDS: Mapping[Stage, Hold] = {
    Stage.ACCEPTING: Hold.NOTHING,
    Stage.CLAIMED: Hold.GREETING,
    Stage.DIALOGUE: Hold.DATA,
    Stage.REPLY: Hold.REPLY,
    Stage.COMMIT: Hold.REPLY,
    Stage.DEFERRED: Hold.RECIPIENT,
}


@dataclass(frozen=True, kw_only=True)
class Run:
    """What became of one stage's messages."""

    fault: str
    stage: Stage
    accepted: int
    lost: tuple[str, ...]
    again: int  # deliveries beyond the first
    unexplained: tuple[str, ...]  # MessageIds of such deliveries for which the fault is no reason


def domain_of(number: int, stage: Stage) -> str:
    return f"r{number}-{stage.name.lower()}.crash.test"


def address_of(number: int, stage: Stage) -> str:
    return f"127.{80 + number // 250}.{number % 250}.{list(Stage).index(stage) + 1}"


def zone_file(rounds: int) -> str:
    """The records of all rounds' domains."""
    lines = []
    for number in range(rounds):
        for stage in Stage:
            domain = domain_of(number, stage)
            lines += [f"{domain}. 10 IN MX 10 mx.{domain}.", f"mx.{domain}. 10 IN A {address_of(number, stage)}"]
    return "\n".join(lines) + "\n"


class Round:
    """`holds_commits`: keep the service from committing until the fault strikes; else it strikes at any moment."""

    def __init__(self, scene: Scene, fault: Fault, number: int, dice: random.Random, *, holds_commits: bool) -> None:
        self._scene, self._fault, self._number, self._dice = scene, fault, number, dice
        self._holds_commits = holds_commits
        self.strays: list[str] = []  # what was wrong besides

    def play(self) -> list[Run]:
        known = len(self._scene.complaints())
        with self._hosts() as hosts:
            load = Load(
                self._scene.service,
                sender=SENDER,
                to=f"crowd@{domain_of(self._number, Stage.ACCEPTING)}",
                pause=0.05,
            )
            pids = self._scene.pids()
            with load:
                accepted = self._bring_to_stages(hosts)
                self.strays += [line for _, line in self._scene.complaints()[known:]]  # nothing has struck yet
                began, ended = self._befall(hosts)
            accepted[Stage.ACCEPTING] = set(load.accepted)
            self.strays += load.refusals
            self._drain(hosts, accepted)
            if not self._fault.kills and pids != self._scene.pids():
                self.strays.append("a process had to be started again")
            return [self._judge(stage, hosts[stage], accepted[stage], began, ended) for stage in Stage]

    @contextmanager
    def _hosts(self) -> Iterator[dict[Stage, HoldingHost]]:
        port = self._scene.service.node.port_base + 7  # where the rehearsal's providers listen, too
        hosts = {stage: HoldingHost(address_of(self._number, stage), port, _HOLDS[stage]) for stage in Stage}
        self._scene.hosts = list(hosts.values())
        try:
            yield hosts
        finally:
            for host in hosts.values():
                host.release()
                host.go_down()

    # -- to the stages -----------------------------------------------------------------------------------------------

    def _bring_to_stages(self, hosts: Mapping[Stage, HoldingHost]) -> dict[Stage, set[str]]:
        accepted: dict[Stage, set[str]] = {}
        with self._scene.service.smtp() as session:
            for stage in (Stage.DEFERRED, Stage.COMMIT, Stage.REPLY, Stage.DIALOGUE, Stage.CLAIMED):
                to = f"someone@{domain_of(self._number, stage)}"
                accepted[stage] = {hand_over(session, SENDER, to, f"{stage} {n}") for n in range(_EACH)}
        for stage in (Stage.CLAIMED, Stage.DIALOGUE, Stage.REPLY, Stage.COMMIT):
            until(lambda host=hosts[stage]: host.holding > 0, f"a message at the stage {stage}")
        until(lambda: self._states(accepted[Stage.DEFERRED]) == {"deferred"}, "deferred messages")
        return accepted

    def _states(self, message_ids: Collection[str]) -> set[str]:
        marks = ",".join("?" * len(message_ids))
        with self._scene.database() as database:
            rows = database.execute(
                f"SELECT DISTINCT state FROM recipients WHERE message_id IN ({marks})", list(message_ids)
            )
            return {row[0] for row in rows}

    # -- the fault ---------------------------------------------------------------------------------------------------

    def _befall(self, hosts: Mapping[Stage, HoldingHost]) -> tuple[float, float]:
        """From when to when a 250 could be parted from its record."""
        scene, fault = self._scene, self._fault
        with ExitStack() as stack:
            stack.callback(scene.lock.let_go)
            began = time.monotonic()
            self._come_to_the_commits(hosts[Stage.COMMIT])
            fault.strike(scene)
            if not fault.keeps_lock:
                scene.lock.let_go()
            if fault.frees_hosts or self._dice.random() < 0.5:
                _release(hosts)
            fault.endure(scene)
            scene.lock.let_go()
            fault.mend(scene)
        ended = time.monotonic()
        _release(hosts)
        return began - _UNRECORDED, ended + _AFTER

    def _come_to_the_commits(self, host: HoldingHost) -> None:
        if not self._holds_commits:
            host.release()
            time.sleep(self._dice.uniform(0, _JITTER))
            return
        self._scene.lock.take()
        host.release()
        until(lambda: host.receipts and not host.holding, "receivers' replies")
        time.sleep(0.1)  # for our side to read them, and for every client to wait for its own

    # -- the account -------------------------------------------------------------------------------------------------

    def _drain(self, hosts: Mapping[Stage, HoldingHost], accepted: Mapping[Stage, set[str]]) -> None:
        """Until all has arrived and is recorded, or time is over."""
        every = [(hosts[stage], message_id) for stage, ids in accepted.items() for message_id in ids]

        def is_done() -> bool:
            return all(message_id in host.receipts for host, message_id in every) and self._all_recorded(every)

        give_up = time.monotonic() + _DRAIN_SECONDS
        for seconds in chain(_RETRIES, repeat(1000)):
            try:
                until(is_done, "everything delivered", _WAIT_EACH)
                return
            except RehearsalFailed:
                if time.monotonic() > give_up:
                    self.strays.append("some is not recorded as delivered")
                    return
            self._scene.advance(seconds)

    def _all_recorded(self, every: list[tuple[HoldingHost, str]]) -> bool:
        ids = [message_id for _, message_id in every]
        return all(self._states(ids[start : start + 500]) == {"delivered"} for start in range(0, len(ids), 500))

    def _judge(self, stage: Stage, host: HoldingHost, accepted: set[str], began: float, ended: float) -> Run:
        again = {message_id: at for message_id, at in host.receipts.items() if len(at) > 1}
        may_be = self._fault.parts or (self._fault.gives_away and self._scene.workers > 1)
        unexplained = [
            message_id
            for message_id, at in again.items()
            if not may_be or not all(began <= first <= ended for first in at[:-1])
        ]
        unexplained += [message_id for message_id in again if self._recorded_deliveries(message_id) != 1]
        return Run(
            fault=self._fault.name,
            stage=stage,
            accepted=len(accepted),
            lost=tuple(sorted(accepted - host.receipts.keys())),
            again=sum(len(at) - 1 for at in again.values()),
            unexplained=tuple(unexplained),
        )

    def _recorded_deliveries(self, message_id: str) -> int:
        with self._scene.database() as database:
            query = "SELECT count(*) FROM events WHERE message_id = ? AND kind = 'Delivery'"
            return int(database.execute(query, (message_id,)).fetchone()[0])


def _release(hosts: Mapping[Stage, HoldingHost]) -> None:
    for host in hosts.values():
        host.release()
