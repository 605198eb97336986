"""End to end: the same messages by SMTP into Tayori and into Postfix with OpenDKIM, both durable, both into one sink.

Rounds alternate. For each round: messages accepted a second, messages delivered a second (from the first connection to
the last message that the sink counted), CPU microseconds a message of the system under test, all its processes and
kernel time included. The ratio is that of the medians.
"""

import statistics
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bench.measure import cpu_seconds, machine, version
from bench.postfix import Postfix
from bench.sink import Sink
from bench.source import RECIPIENT, SENDER, SIZE
from bench.tayori import DOMAIN, Tayori

SINK_HOST = "127.88.0.1"
PORT_BASE = 18600
POSTFIX_PORT = 18725


class System(Protocol):
    name: str
    host: str
    port: int

    @property
    def pids(self) -> list[int]: ...


@dataclass(frozen=True, slots=True)
class Round:
    accepted: float  # messages a second
    delivered: float
    cpu_us: float  # of the system under test, for each message


def source(system: System, messages: int, connections: int) -> list[str]:
    """Postfix's load generator on kept connections: written in C, it takes little of the cores that both share."""
    sizes = ["-l", str(SIZE), "-m", str(messages), "-s", str(connections)]
    return ["/usr/sbin/smtp-source", "-d", *sizes, "-f", SENDER, "-t", RECIPIENT, f"{system.host}:{system.port}"]


def run_round(system: System, sink: Sink, messages: int, connections: int) -> Round:
    before, counted, started = cpu_seconds(system.pids), sink.messages, time.monotonic()
    subprocess.run(source(system, messages, connections), capture_output=True, check=True, timeout=300)
    accepted = messages / (time.monotonic() - started)
    ended = sink.wait_for(counted + messages, 300)
    time.sleep(0.5)  # the system's own book-keeping of the last messages belongs to their cost
    cpu = cpu_seconds(system.pids) - before
    return Round(accepted, messages / (ended - started), cpu / messages * 1e6)


def signing_cost() -> float:
    """Microseconds of CPU for one bare RSA-2048 signature, in this run."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    started = time.process_time()
    for number in range(500):
        key.sign(b"%d" % number, padding.PKCS1v15(), hashes.SHA256())
    return (time.process_time() - started) / 500 * 1e6


def table(results: dict[str, list[Round]], bare: float) -> str:
    lines = [f"{'':22}{'accepted/s':>24}{'delivered/s':>24}{'CPU us/message':>24}"]
    for name, rounds in results.items():
        cells = [_cell([getattr(r, field) for r in rounds]) for field in ("accepted", "delivered", "cpu_us")]
        lines.append(f"{name:22}" + "".join(f"{cell:>24}" for cell in cells))
    ours, theirs = list(results.values())
    for label, field in (("accepted", "accepted"), ("delivered", "delivered")):
        ratio = _median(ours, field) / _median(theirs, field)
        lines.append(f"{label}: {ratio:.2f} times {list(results)[1]}")
    lines.append(f"CPU: {_median(theirs, 'cpu_us') / _median(ours, 'cpu_us'):.2f} times less")
    lines.append(f"one bare RSA-2048 signature: {bare:.0f} us; Tayori: {_median(ours, 'cpu_us') / bare:.2f} of them")
    return "\n".join(lines)


def _median(rounds: Sequence[Round], field: str) -> float:
    return statistics.median(getattr(r, field) for r in rounds)


def _cell(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.0f} ({min(values):.0f}-{max(values):.0f})"


def main(*, rounds: int, messages: int, signing: bool = True, settings: dict[str, str] | None = None) -> None:
    tayori = Tayori(PORT_BASE, SINK_HOST, signing=signing, settings=settings)
    sink = Sink(SINK_HOST, tayori.sink_port)
    postfix = Postfix(POSTFIX_PORT, SINK_HOST, tayori.sink_port, DOMAIN, signing=signing)
    results: dict[str, list[Round]] = {"Tayori": [], "Postfix + OpenDKIM" if signing else "Postfix": []}
    names = list(results)
    try:
        for system, connections in ((tayori, 20), (postfix, 20)):
            run_round(system, sink, 500, connections)  # connections, caches, compiled code: warm for both
        for number in range(rounds):
            for name, system, count in ((names[0], tayori, messages), (names[1], postfix, messages // 2)):
                result = run_round(system, sink, count, 20)
                results[name].append(result)
                print(f"round {number + 1} {name}: {result}", flush=True)
    finally:
        postfix.close()
        sink.close()
        tayori.close()
    kind = "signed with RSA-2048" if signing else "not signed"
    print(f"\nSMTP to SMTP, 4 KiB, {kind}, durable, 20 connections, {rounds} rounds; {machine()}")
    print(f"postfix {version('postfix')}, opendkim {version('opendkim')}")
    print(table(results, signing_cost()))
