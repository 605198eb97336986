"""A disk that is full, or whose fsync fails, under load: 250 and 200 only for what is durable; no restart needed."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from broken_machine import Shim, disk_at
from load import Load
from service import Service, is_alarming, message_id_of, running

from tayori.testing import until

SENDER, MAILBOX = "news@shop.test", "crowd@inbox.test"
_RETRY = 75.0
_AFTERWARDS = timedelta(seconds=5)  # in which it may still complain: what failed is tried again after a second


def _run_through(service: Service, break_disk: Callable[[], object], mend_disk: Callable[[], object]) -> None:
    """Load before, during and after; then all that was accepted arrives, from the same processes."""
    service.open_account()
    service.add_domain("shop.test")
    pids = {part: service.pid_of(part) for part in ("worker-1", "delivery-1")}
    with Load(service, sender=SENDER, to=MAILBOX, smtp_threads=2) as load:
        until(lambda: len(load.accepted) > 30, "mail accepted", 60)
        broken = datetime.now(UTC)
        break_disk()
        unknown = load.unknown
        until(lambda: load.unknown > unknown + 5, "mail refused for now", 60)
        before = len(load.accepted)
        time.sleep(1.0)
        during = len(load.accepted) - before
        mend_disk()
        mended, mended_at = len(load.accepted), datetime.now(UTC)
        until(lambda: len(load.accepted) > mended + 30, "mail accepted again", 60)
    print(f"accepted: {len(load.accepted)}, of these with the disk broken: {during}; refused for now: {load.unknown}")
    assert during == 0, "accepted what no disk has"
    assert load.refusals == []
    assert pids == {part: service.pid_of(part) for part in pids}, "a process had to be started again"
    _until_all_arrived(service, set(load.accepted))
    _check_complaints(service, broken, mended_at + _AFTERWARDS)


def _check_complaints(service: Service, since: datetime, until: datetime) -> None:
    """The log tells of trouble while there was some, and only then."""
    complaints = [json.loads(line) for line in service.log_lines() if is_alarming(line)]
    assert complaints, "nobody was told"
    since = since.replace(microsecond=since.microsecond // 1000 * 1000)  # the log's times end with milliseconds
    stray = [entry for entry in complaints if not since <= datetime.fromisoformat(entry["at"]) <= until]
    assert stray == []
    service.expected_errors |= {entry["event"] for entry in complaints}


def _until_all_arrived(service: Service, accepted: set[str]) -> None:
    for _ in range(10):
        service.rehearsal.clock.advance(_RETRY)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            left = accepted - {message_id_of(mail) for mail in service.rehearsal.mailbox(MAILBOX)}
            if not left:
                return
            time.sleep(0.3)
    raise AssertionError(f"{len(left)} accepted messages never arrived: {sorted(left)[:5]}")


@pytest.mark.timeout(240)
def test_a_full_disk_loses_nothing_and_needs_no_restart(tmp_path):
    data = tmp_path / "tayori"  # the service's log is elsewhere, for it is to tell of it
    with disk_at(data, 48) as disk, running(tmp_path, name=data.name) as service:
        _run_through(service, disk.fill, disk.make_room)


@pytest.mark.timeout(240)
def test_a_failing_fsync_is_no_acceptance(tmp_path):
    if not Shim.can_compile():
        pytest.skip("making fsync fail needs a C compiler")
    shim = Shim(tmp_path)
    with running(tmp_path, environment=shim.environment) as service:
        _run_through(service, shim.break_fsync, shim.mend_fsync)
