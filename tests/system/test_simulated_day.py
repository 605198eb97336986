"""Hours of mixed mail on a clock that runs fast: neither memory nor descriptors grow, and nothing is left in the queue.

TAYORI_DAY_HOURS sets the hours of service time, and the test is run only where it is set: one hour takes a minute.
TAYORI_DAY_SPEED says how many times as fast as outside they pass (default 300).
"""

import os
import time
import urllib.request
from itertools import count
from pathlib import Path

import pytest
from service import Service, running

from tayori.testing import until

HOURS = float(os.environ.get("TAYORI_DAY_HOURS", "1"))
SPEED = float(os.environ.get("TAYORI_DAY_SPEED", "300"))
SENDER = "news@shop.test"

pytestmark = pytest.mark.skipif("TAYORI_DAY_HOURS" not in os.environ, reason="long: TAYORI_DAY_HOURS asks for it")

# Taken, greylisted, full, silent, slow, unknown, without MX, without TLS, bounced later; most of it is taken.
DOMAINS = "inbox inbox inbox grey full down unknown nullmx plain later".split()
LARGE = "x" * 70 + "\n"
_PAUSE = 0.02
_PARTS = ("worker-1", "delivery-1")  # the services' process has the receivers' mailboxes, which may grow
_LIFETIME = 14 * 3600.0
_SETTLE = 15.0


def _memory(pid: int) -> float:
    """Resident, in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def _usage(service: Service) -> dict[str, tuple[float, int]]:
    pids = {part: service.pid_of(part) for part in _PARTS}
    return {part: (_memory(pid), len(list(Path(f"/proc/{pid}/fd").iterdir()))) for part, pid in pids.items()}


def _metrics(service: Service) -> dict[str, float]:
    text = urllib.request.urlopen(service.env["http"] + "/metrics", timeout=30).read().decode()
    pairs = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in pairs}


def _send(service: Service, client: object, number: int) -> None:
    # What is slow is so in true seconds, however fast the clock runs: a few of these are plenty.
    domain = "slow" if number % 150 == 0 else DOMAINS[number % len(DOMAINS)]
    text = LARGE * (3000 if number % 97 == 0 else 20)
    body = {"Subject": {"Data": f"Number {number}"}, "Body": {"Text": {"Data": text}}}
    client.send_email(  # type: ignore[attr-defined]
        FromEmailAddress=SENDER,
        Destination={"ToAddresses": [f"r{number}@{domain}.test"]},
        Content={"Simple": body},
    )


def _waiting(service: Service) -> float:
    states = ("queued", "sending", "deferred", "held")
    found = _metrics(service)
    return sum(found.get(f'tayori_queue_recipients{{state="{state}"}}', 0) for state in states)


@pytest.mark.timeout(HOURS * 3600 / SPEED * 3 + 240)
def test_hours_of_mixed_mail_leave_nothing_behind(tmp_path):
    with running(tmp_path) as service:
        service.open_account()
        service.add_domain("shop.test")
        service.rehearsal.clock.speed(SPEED)
        client, numbers = service.client(), count(1)
        seconds = HOURS * 3600 / SPEED
        warm = {}
        started = time.monotonic()
        while (passed := time.monotonic() - started) < seconds:
            if not warm and passed > seconds / 2:
                warm = _usage(service)
            _send(service, client, next(numbers))
            time.sleep(_PAUSE)
        full = _usage(service)
        sent = next(numbers) - 1
        client.close()
        for _ in range(3):  # what is greylisted, full or down gets its last tries, and its end
            service.rehearsal.clock.advance(_LIFETIME)
            deadline = time.monotonic() + _SETTLE
            while (left := _waiting(service)) and time.monotonic() < deadline:
                time.sleep(0.5)
            if not left:
                break
        assert left == 0
        until(lambda: _metrics(service)["tayori_messages_in_memory"] == 0, "empty memory", 20)
        after = _usage(service)
        print(f"{sent} messages in {HOURS:g} hours; half-way {warm}, at the end {full}, drained {after}")
        for part in _PARTS:
            assert full[part][0] < warm[part][0] * 1.25 + 16, f"{part}: memory grows"
            assert after[part][1] <= warm[part][1] + 16, f"{part}: descriptors grow"
