"""Every fault at every stage, under load: what was accepted arrives, and arrives twice only where a 250 got lost.

TAYORI_CRASH_RUNS sets the number of runs, each one fault at one stage (default 12, which is two faults; 500 is the full
matrix, by `make crash`), TAYORI_CRASH_WORKERS that of worker processes. TAYORI_CRASH_SEED repeats a matrix,
TAYORI_CRASH_FAULT takes only faults whose name has this in it. pytest -s shows the table that docs/crash-matrix.md has.
Without root there is no full disk, without a C compiler neither a failing fsync nor a wrong clock.
"""

import os
import random
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count, islice
from pathlib import Path

import pytest
from broken_machine import Disk, Shim, disk_at, why_no_disk
from crash_faults import DISK, LIES, PROCESSES, SURROUNDINGS, Fault, Scene, possible
from crash_round import Round, Run, Stage, zone_file
from service import running

RUNS = int(os.environ.get("TAYORI_CRASH_RUNS", "12"))
WORKERS = int(os.environ.get("TAYORI_CRASH_WORKERS", "1"))
ROUNDS = -(-RUNS // len(Stage))
_SECONDS = 60  # of one round, at the most; a usual one takes eight
_MEGABYTES = 768
_FIRST = ("kill -9 of the delivery process", "clock set forward")  # all that a short matrix has


@pytest.mark.timeout(ROUNDS * _SECONDS + 120)
def test_every_fault_at_every_stage(tmp_path):
    seed = os.environ.get("TAYORI_CRASH_SEED") or str(random.randrange(10**6))
    print(f"TAYORI_CRASH_SEED={seed}")
    dice = random.Random(seed)
    runs: list[Run] = []
    strays: list[str] = []
    with _scene(tmp_path) as scene:
        try:
            for number, (fault, holds_commits) in enumerate(islice(_faults(scene, dice), ROUNDS)):
                play = Round(scene, fault, number, dice, holds_commits=holds_commits)
                runs += play.play()
                strays += [f"round {number}, {fault.name}: {stray}" for stray in play.strays]
                counts = [(run.accepted, len(run.lost), run.again) for run in runs[-len(Stage) :]]
                print(f"{number:3} {fault.name}: {counts}", flush=True)
        finally:
            print("\n".join(_table(runs)))
        scene.service.expected_errors |= {event for event, _ in scene.complaints()}
    assert [run for run in runs if run.lost] == []
    assert [run for run in runs if run.unexplained] == []
    assert strays == []
    assert all(run.accepted for run in runs), "a stage without mail"


@contextmanager
def _scene(folder: Path) -> Iterator[Scene]:
    """Run with all the trouble that this machine can make."""
    with ExitStack() as stack:
        data = folder / "tayori"  # its log is beside it, for it is to tell of a full disk
        disk: Disk | None = None if why_no_disk(folder) else stack.enter_context(disk_at(data, _MEGABYTES))
        shim = Shim(folder) if Shim.can_compile() else None
        environment = {"TAYORI_SERVICE_WORKERS": str(WORKERS), **(shim.environment if shim else {})}
        service = stack.enter_context(running(folder, environment=environment))
        service.open_account()
        service.add_domain("shop.test")
        service.rehearsal.call("POST", "dns/import", {"zone_file": zone_file(ROUNDS)})
        yield Scene(service=service, workers=WORKERS, disk=disk, shim=shim)


def _faults(scene: Scene, dice: random.Random) -> Iterator[tuple[Fault, bool]]:
    """Each as often as every other, and in turns with the commits held and not; those of a short matrix first."""
    wanted = os.environ.get("TAYORI_CRASH_FAULT", "")
    faults = [fault for fault in possible(scene) if wanted in fault.name]
    dice.shuffle(faults)
    faults.sort(key=lambda fault: _FIRST.index(fault.name) if fault.name in _FIRST else len(_FIRST))
    for turn in count():
        for index, fault in enumerate(faults):
            yield fault, (turn + index) % 2 == 0


def _table(runs: Sequence[Run]) -> Iterator[str]:
    """As the documents have it: accepted / lost / delivered again, for each fault at each stage."""
    yield f"| Fault | Runs | {' | '.join(Stage)} |"
    yield "|---|---:|" + "---:|" * len(Stage)
    order = [fault.name for fault in (*PROCESSES, *SURROUNDINGS, *DISK, *LIES)]
    for name in order:
        of_fault = [run for run in runs if run.fault == name]
        if of_fault:
            cells = [_cell([run for run in of_fault if run.stage is stage]) for stage in Stage]
            yield f"| {name} | {len(of_fault)} | {' | '.join(cells)} |"
    cells = [_cell([run for run in runs if run.stage is stage]) for stage in Stage]
    yield f"| **all** | {len(runs)} | {' | '.join(cells)} |"


def _cell(runs: Sequence[Run]) -> str:
    accepted, lost = sum(run.accepted for run in runs), sum(len(run.lost) for run in runs)
    return f"{accepted} / {lost} / {sum(run.again for run in runs)}"


def test_this_machine_can_have_every_fault(tmp_path):
    """Else the matrix is smaller than the documents say."""
    missing = [
        why_no_disk(tmp_path),
        "" if Shim.can_compile() else "a wrong clock and a failing fsync need a C compiler",
    ]
    if any(missing):
        pytest.skip("; ".join(filter(None, missing)))
