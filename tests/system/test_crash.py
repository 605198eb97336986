"""kill -9 under load: what the service has accepted arrives, and what arrives twice was in flight at a kill.

TAYORI_CRASH_ROUNDS sets the number of kills (default 4), TAYORI_CRASH_WORKERS that of worker processes,
TAYORI_CRASH_SEED repeats a run, TAYORI_CRASH_DATABASE=postgres takes that database. The parts killed, each once and
then by lot: a worker (API, submission, the queue), the process that delivers for it, the services (inbound, DNS, loops,
and here the receivers too), all processes at once, and the parent alone.
"""

import os
import random
import signal
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from load import Load
from service import Service, message_id_of, running

from tayori.clock import AdjustableClock
from tayori.testing import ReceivedMail, until

SENDER, MAILBOX = "news@shop.test", "crowd@inbox.test"
# From a receiver's 250 to the commit of its result: a kill in between makes a duplicate.
_UNRECORDED = timedelta(seconds=5)
_RETRY = 75.0  # seconds of service time after which what a kill has deferred is due


@dataclass
class Story:
    """What arrived, and when something was killed, in service time."""

    service: Service
    receipts: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    kills: list[tuple[datetime, str]] = field(default_factory=list)
    last: str = ""

    def read_mailbox(self) -> None:
        mails: list[ReceivedMail] = self.service.rehearsal.mailbox(MAILBOX, after=self.last)
        for mail in mails:
            self.receipts[message_id_of(mail)].append(mail.received_at)
            self.last = mail.id

    @property
    def duplicates(self) -> dict[str, list[datetime]]:
        return {message_id: at for message_id, at in self.receipts.items() if len(at) > 1}

    def unexcused(self) -> list[str]:
        """Messages that arrived again though nothing was killed while they were in flight."""
        return [
            message_id
            for message_id, at in self.duplicates.items()
            if not all(self._is_excused(first, second) for first, second in pairwise(at))
        ]

    def _is_excused(self, first: datetime, second: datetime) -> bool:
        """Something was killed between the two, and soon enough after the first that its result was not yet written."""
        return any(first - timedelta(seconds=1) <= kill <= min(second, first + _UNRECORDED) for kill, _ in self.kills)


@pytest.mark.timeout(1800)
def test_nothing_accepted_is_lost(tmp_path, request):
    workers = int(os.environ.get("TAYORI_CRASH_WORKERS", "1"))
    rounds = int(os.environ.get("TAYORI_CRASH_ROUNDS", "4"))
    seed = os.environ.get("TAYORI_CRASH_SEED") or str(random.randrange(10**6))
    print(f"TAYORI_CRASH_SEED={seed}")
    dice = random.Random(seed)
    kinds = [f"{part}-{number + 1}" for number in range(workers) for part in ("delivery", "worker")]
    kinds += ["services", "group", "parent"]
    arguments: tuple[str, ...] = ()
    if os.environ.get("TAYORI_CRASH_DATABASE") == "postgres":
        arguments = ("--database", request.getfixturevalue("postgres_url"))
    with running(tmp_path, *arguments, environment={"TAYORI_SERVICE_WORKERS": str(workers)}) as service:
        service.open_account()
        service.add_domain("shop.test")
        clock = AdjustableClock(service.node.data / "clock")
        story = Story(service)
        with Load(service, sender=SENDER, to=MAILBOX) as load:
            for number in range(rounds):
                _let_some_mail_in(load, dice)
                kind = kinds[number] if number < len(kinds) else dice.choice(kinds)
                story.kills.append((clock.now(), kind))
                _kill(service, kind)
                story.read_mailbox()
            _let_some_mail_in(load, dice)
        clock.close()
        service.expected_errors |= {"process_died", "parent_died", "loop_failed"}
        _until_all_arrived(story, load)
        for message_id in story.duplicates:  # the first result was never written: else nobody had sent it again
            assert [event["type"] for event in service.timeline(message_id)["events"]].count("Delivery") == 1
    _report(story, load)
    assert load.refusals == []
    assert len(load.accepted) > 20 * rounds, "hardly any load"
    assert story.unexcused() == []


def _let_some_mail_in(load: Load, dice: random.Random) -> None:
    """A while that ends at any moment of the dialogues, after the service has accepted something again."""
    before = len(load.accepted)
    until(lambda: len(load.accepted) > before + 20, "mail accepted after a crash", 60)
    time.sleep(dice.uniform(0.0, 1.0))


def _kill(service: Service, kind: str) -> None:
    """Come back when the service answers again."""
    if kind == "group":
        service.node.kill()
        service.start()
    elif kind == "parent":
        _kill_parent(service)
    else:
        killed = service.kill_part(kind)
        until(lambda: service.pid_of(kind) != killed, f"{kind} started again", 60)


def _kill_parent(service: Service) -> None:
    """A new service waits for the processes that it leaves behind, which end by themselves."""
    process, service.node.process = service.node.process, None
    assert process is not None
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = {kind: len(service.events(kind)) for kind in ("started", "stopped")}
    service.start()
    until(lambda: len(service.events("started")) >= before["started"] + 2, "the new processes", 60)
    assert len(service.events("stopped")) >= before["stopped"] + 2


def _until_all_arrived(story: Story, load: Load) -> None:
    def missing() -> set[str]:
        story.read_mailbox()
        return load.accepted.keys() - story.receipts.keys()

    for _ in range(10):
        story.service.rehearsal.clock.advance(_RETRY)
        deadline = time.monotonic() + 15
        while (left := missing()) and time.monotonic() < deadline:
            time.sleep(0.2)
        if not left:
            break
    assert not left, f"{len(left)} accepted messages never arrived: {sorted(left)[:5]}"
    until(lambda: story.service.tayori("queue", "list", "--json").strip() == "[]", "an empty queue", 60)
    story.read_mailbox()


def _report(story: Story, load: Load) -> None:
    """Shown by pytest -s, and where the test fails."""
    kinds = Counter(kind for _, kind in story.kills)
    print(f"kills: {len(story.kills)} {dict(kinds)}; accepted: {len(load.accepted)}; broken off: {load.unknown}")
    extra = sum(len(receipts) - 1 for receipts in story.duplicates.values())
    unasked = story.receipts.keys() - load.accepted.keys()
    print(f"lost: 0; delivered again: {extra}; arrived though the client never read its 250: {len(unasked)}")
