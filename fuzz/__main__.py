"""`python -m fuzz [TARGET ...] [--seconds N]`: fuzz each target for N seconds; all of them without a name.

Atheris finds its way by the branches that an input takes, where it is installed (`pip install --group fuzz`); without
it the inputs are mutations of the seeds. A failure is written to .fuzz/ and its name printed; to see it again, give the
file with --again.
"""

import argparse
import hashlib
import logging
import subprocess
import sys
import time
import traceback
from pathlib import Path

from fuzz.mutation import inputs
from fuzz.targets import TARGETS, Target

FOLDER = Path(".fuzz")


def main() -> int:
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("which", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)}; default: all")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each target")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of the mutations")
    parser.add_argument("--again", type=Path, help="run the target on this file only")
    options = parser.parse_args()
    logging.disable()  # what the parsers report of hostile input is for operators
    unknown = set(options.which) - TARGETS.keys()
    if unknown:
        parser.error(f"no target {', '.join(sorted(unknown))}")
    names = options.which or list(TARGETS)
    if options.again:
        for name in names:
            TARGETS[name].run(options.again.read_bytes())
        return 0
    fuzz_one = _with_atheris if _has_atheris() else _with_mutations
    return max([fuzz_one(name, options.seconds, options.seed) for name in names])


def _has_atheris() -> bool:
    command = [sys.executable, "-c", "import atheris"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def _with_mutations(name: str, seconds: float, seed: int) -> int:
    count, failure = run_for(TARGETS[name], seconds, seed)
    print(f"{name}: {count} inputs from seed {seed}", flush=True)
    if failure is None:
        return 0
    data, error = failure
    FOLDER.mkdir(exist_ok=True)
    file = FOLDER / hashlib.sha256(data).hexdigest()[:16]
    file.write_bytes(data)
    print("".join(traceback.format_exception(error)), f"\n{name}: fails on {file}", sep="", flush=True)
    return 1


def run_for(target: Target, seconds: float, seed: int) -> tuple[int, tuple[bytes, Exception] | None]:
    """How many inputs were tried, and the first that failed with its error."""
    end = time.monotonic() + seconds
    count = 0
    for count, data in enumerate(inputs(target.seeds, seed), 1):
        try:
            target.run(data)
        except Exception as error:
            return count, (data, error)
        if time.monotonic() > end:
            break
    return count, None


def _with_atheris(name: str, seconds: float, seed: int) -> int:
    """In a process of its own, because libFuzzer ends the process."""
    corpus = FOLDER / "corpus" / name.replace(" ", "-")
    corpus.mkdir(parents=True, exist_ok=True)
    for seed_input in TARGETS[name].seeds:
        (corpus / hashlib.sha256(seed_input).hexdigest()[:16]).write_bytes(seed_input)
    print(f"{name}: atheris for {seconds:g} s, seed {seed}", flush=True)
    command = [sys.executable, "-m", "fuzz.guided", name, f"-max_total_time={max(1, int(seconds))}", f"-seed={seed}"]
    command += ["-max_len=20000", f"-artifact_prefix={FOLDER}/", "-print_final_stats=1", str(corpus)]
    done = subprocess.run(command, check=False, stderr=subprocess.PIPE, text=True)
    told = [line for line in done.stderr.splitlines() if "number_of_executed_units" in line]
    print(*(told if done.returncode == 0 else [done.stderr[-4000:]]), sep="\n", flush=True)
    return 0 if done.returncode == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
