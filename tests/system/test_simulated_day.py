"""Hours of mixed mail on a clock that runs fast: memory and descriptors do not grow, and everything comes to its end.

TAYORI_DAY_HOURS sets the hours of service time, and the test is run only where it is set: one hour takes twelve
seconds, and then the rest must come to its end. TAYORI_DAY_SPEED says how many times as fast as outside they pass
(default 300).
"""

import os
import sqlite3
import time
import urllib.request
from collections import Counter
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest
from service import Service, running

from tayori.testing import RehearsalFailed, until

HOURS = float(os.environ.get("TAYORI_DAY_HOURS", "1"))
SPEED = float(os.environ.get("TAYORI_DAY_SPEED", "300"))
SENDER = "news@shop.test"

pytestmark = pytest.mark.skipif("TAYORI_DAY_HOURS" not in os.environ, reason="long: TAYORI_DAY_HOURS asks for it")

# Most of it is taken.
DOMAINS = "inbox inbox inbox grey full down unknown nullmx plain later".split()
ENDS = {
    "inbox.test": {"delivered"},
    "plain.test": {"delivered"},
    "grey.test": {"delivered"},
    "later.test": {"delivered"},  # and bounced by a report afterwards
    "slow.test": {"delivered"},
    "unknown.test": {"bounced"},
    "nullmx.test": {"bounced"},
    "full.test": {"expired"},
    "down.test": {"expired"},
}
Usage = dict[str, tuple[float, int]]  # of a part: its memory, its descriptors
LARGE = "x" * 70 + "\n"
_PAUSE = 0.02
_LOOKS = 12
_PARTS = ("worker-1", "delivery-1")  # the services' process has the receivers' mailboxes, which may grow
_LIFETIME = 14 * 3600.0
_SETTLE = 15.0
_CONTENT_KEPT = 25 * 3600.0
# slow.test takes five true seconds for each reply, however fast the clock runs: twenty for a message, and as much again
# for a new connection. What waits for it then is in few hands.
_SLOW_SETTLE = 240.0


def _memory(pid: int) -> float:
    """Resident, in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def _usage(service: Service) -> Usage:
    pids = {part: service.pid_of(part) for part in _PARTS}
    return {part: (round(_memory(pid), 1), len(list(Path(f"/proc/{pid}/fd").iterdir()))) for part, pid in pids.items()}


def _metric(service: Service, name: str) -> float:
    text = urllib.request.urlopen(service.env["http"] + "/metrics", timeout=30).read().decode()
    return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith(f"{name} "))


def _rows(service: Service, query: str) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(service.node.data / "tayori.db", timeout=60)) as database:
        return database.execute(query).fetchall()


def _states(service: Service) -> Counter[tuple[str, str]]:
    rows = _rows(service, "SELECT domain, state, count(*) FROM recipients GROUP BY domain, state")
    return Counter({(domain, state): int(number) for domain, state, number in rows})


def _open(service: Service) -> dict[tuple[str, str], int]:
    return {key: n for key, n in _states(service).items() if key[1] in ("queued", "sending", "deferred", "held")}


def _send(service: Service, client: object, number: int) -> None:
    domain = "slow" if number % 150 == 0 else DOMAINS[number % len(DOMAINS)]
    text = LARGE * (3000 if number % 97 == 0 else 20)
    body = {"Subject": {"Data": f"Number {number}"}, "Body": {"Text": {"Data": text}}}
    client.send_email(  # type: ignore[attr-defined]
        FromEmailAddress=SENDER,
        Destination={"ToAddresses": [f"r{number}@{domain}.test"]},
        Content={"Simple": body},
    )


def _let_everything_end(service: Service) -> None:
    """What is greylisted, full or down gets its last tries, and its end."""
    for seconds in (_SETTLE, _SETTLE, _SLOW_SETTLE):
        service.rehearsal.clock.advance(_LIFETIME)
        try:
            until(lambda: not _open(service), "an end of all mail", seconds)
            return
        except RehearsalFailed:
            print(f"still open: {_open(service)}")
    raise AssertionError(f"left in the queue: {_open(service)}")


def _let_content_be_forgotten(service: Service) -> None:
    """That of the notices to the sender, too, of which the last are still being written when the mail has ended."""
    for _ in range(5):
        service.rehearsal.clock.advance(_CONTENT_KEPT)
        try:
            until(lambda: _rows(service, "SELECT count(*) FROM bodies") == [(0,)], "an end of all content", _SETTLE)
            return
        except RehearsalFailed:
            continue
    raise AssertionError("content is kept for ever")


@pytest.mark.timeout(HOURS * 3600 / SPEED * 3 + 500)
def test_hours_of_mixed_mail_leave_nothing_behind(tmp_path):
    with running(tmp_path) as service:
        service.open_account()
        service.add_domain("shop.test")
        service.rehearsal.clock.speed(SPEED)
        client, numbers = service.client(), count(1)
        seconds = HOURS * 3600 / SPEED
        usages: list[Usage] = []
        started = time.monotonic()
        while (passed := time.monotonic() - started) < seconds:
            if passed > seconds * len(usages) / _LOOKS:
                usages.append(_usage(service))
            _send(service, client, next(numbers))
            time.sleep(_PAUSE)
        warm, full = usages[_LOOKS // 2], _usage(service)
        sent = next(numbers) - 1
        client.close()
        _let_everything_end(service)
        until(lambda: _metric(service, "tayori_messages_in_memory") == 0, "empty memory", 20)
        ends = _states(service)
        _let_content_be_forgotten(service)
        after = _usage(service)
        print(f"{sent} messages in {HOURS:g} hours: {dict(ends)}")
        for part in _PARTS:
            seen = "  ".join(f"{memory:g}/{descriptors}" for memory, descriptors in (u[part] for u in usages))
            print(f"{part}, MiB and descriptors: {seen}  at the end {full[part]}, drained {after[part]}")
        assert sum(n for (domain, _), n in ends.items() if domain in ENDS) == sent
        assert {domain: {state for name, state in ends if name == domain} for domain in ENDS} == ENDS
        for part in _PARTS:
            assert full[part][0] < warm[part][0] * 1.1 + 8, f"{part}: memory grows"
            assert after[part][1] <= warm[part][1], f"{part}: descriptors grow"
