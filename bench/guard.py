"""The regression guard: what a message costs as a multiple of one bare RSA-2048 signature, beside the last record.

Both are CPU time and measured in turns in the same run, so that neither a slow machine nor a busy one matters much;
where `perf stat` can count instructions, those are compared too, which no neighbour disturbs. Exit status 1 where a
multiple has grown beyond the tolerance; `--record` writes the new ones to bench/recorded.json.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.end_to_end import PORT_BASE, SINK_HOST, run_round, signing_cost
from bench.measure import machine, tree
from bench.sink import Sink
from bench.tayori import Tayori

RECORDED = Path(__file__).with_name("recorded.json")
TOLERANCE = {"cpu": 1.15, "instructions": 1.05}
_CONNECTIONS = 20
_SIGNATURES = 1000
_SIGN = (
    "from cryptography.hazmat.primitives import hashes\n"
    "from cryptography.hazmat.primitives.asymmetric import padding, rsa\n"
    "key = rsa.generate_private_key(public_exponent=65537, key_size=2048)\n"
    "for number in range({count}): key.sign(b'%d' % number, padding.PKCS1v15(), hashes.SHA256())\n"
)


class Instructions:
    """A count that `perf stat` makes; None where it cannot."""

    def __init__(self) -> None:
        self.count: float | None = None

    @contextmanager
    def of(self, pids: set[int]) -> Iterator[None]:
        """Of these processes, kernel time excluded, while the block runs."""
        with tempfile.NamedTemporaryFile("r") as output:
            command = ["perf", "stat", "-x,", "-e", "instructions:u", "-o", output.name, "-p", ",".join(map(str, pids))]
            try:
                perf = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            except FileNotFoundError:
                yield
                return
            try:
                yield
            finally:
                perf.send_signal(2)
                perf.wait(30)
            self.count = _count(Path(output.name).read_text())


def _count(text: str) -> float | None:
    for line in text.splitlines():
        number, _, rest = line.partition(",")
        if "instructions" in rest and number.isdigit():
            return float(number)
    return None


def instructions_of_a_signature() -> float | None:
    """The difference of two runs, so that the start of the interpreter and the key do not count."""
    counts = []
    for number in (1, _SIGNATURES + 1):
        with tempfile.NamedTemporaryFile("r") as output:
            command = ["perf", "stat", "-x,", "-e", "instructions:u", "-o", output.name]
            try:
                subprocess.run([*command, sys.executable, "-c", _SIGN.format(count=number)], capture_output=True)
            except FileNotFoundError:
                return None
            counts.append(_count(Path(output.name).read_text()))
    first, second = counts
    return None if first is None or second is None else (second - first) / _SIGNATURES


def measure(rounds: int, messages: int) -> dict[str, float]:
    """The multiples: of CPU time, and of instructions where they can be counted."""
    tayori = Tayori(PORT_BASE, SINK_HOST)
    sink = Sink(SINK_HOST, tayori.sink_port)
    cpu, instructions = [], []
    try:
        run_round(tayori, sink, 500, _CONNECTIONS)
        for number in range(rounds):
            counter, before = Instructions(), signing_cost()
            with counter.of(set().union(*(tree(pid) for pid in tayori.pids))):
                result = run_round(tayori, sink, messages, _CONNECTIONS)
            bare = (before + signing_cost()) / 2
            cpu.append(result.cpu_us / bare)
            if counter.count is not None:
                instructions.append(counter.count / messages)
            print(f"round {number + 1}: {result.cpu_us:.0f} us a message, {bare:.0f} us a signature", flush=True)
    finally:
        sink.close()
        tayori.close()
    found = {"cpu": statistics.median(cpu)}
    if instructions and (signature := instructions_of_a_signature()):
        found["instructions"] = statistics.median(instructions) / signature
    return found


def verdict(found: dict[str, float], recorded: dict[str, float]) -> list[str]:
    """What has become worse, in words; nothing where all is well or nothing was recorded."""
    return [
        f"{kind}: {value:.2f} signatures a message, recorded were {recorded[kind]:.2f}"
        for kind, value in found.items()
        if kind in recorded and value > recorded[kind] * TOLERANCE[kind]
    ]


def main(*, rounds: int, messages: int, is_recording: bool) -> int:
    """The exit status."""
    print(f"Guard: SMTP to SMTP, 4 KiB, signed, durable; {machine()}")
    found = measure(rounds, messages)
    recorded = json.loads(RECORDED.read_text()) if RECORDED.exists() else {}
    for kind, value in found.items():
        was = f", recorded {recorded[kind]:.2f}" if kind in recorded else ""
        print(f"  {kind}: a message costs {value:.2f} bare RSA-2048 signatures{was}")
    if "instructions" not in found:
        print("  instructions: perf stat cannot count them here")
    if is_recording:
        RECORDED.write_text(json.dumps({kind: round(value, 3) for kind, value in found.items()}, indent=2) + "\n")
        return 0
    worse = verdict(found, recorded)
    for line in worse:
        print(f"WORSE: {line}")
    return 1 if worse else 0
