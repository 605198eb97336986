"""Messages of 100 KiB and 10 MiB, signed, durable, end to end: how many octets a second of CPU time carries, beside the
plain copy of the same octets over a loopback connection, and beside Postfix with OpenDKIM.

A plain copy is one process that writes and one that reads. The signature's own time is taken off, as nobody can do
without it; hashing, the disk (the content is written twice: to SQLite's log and to its file) and both SMTP dialogues
stay in.
"""

import socket
import statistics
import subprocess
import sys
import threading
import time

from bench.end_to_end import PORT_BASE, POSTFIX_PORT, SINK_HOST, System, signing_cost
from bench.measure import cpu_seconds, machine
from bench.postfix import Postfix
from bench.sink import Sink
from bench.tayori import DOMAIN, Tayori

_MEBIBYTE = 2**20
_SIZES = {"100 KiB": (100 * 1024, 1500), "10 MiB": (10 * _MEBIBYTE, 30)}
_CONNECTIONS = 8
_POSTFIX = "message_size_limit = 41943040\nqueue_minfree = 0\n"


def plain_copy() -> float:
    """MiB for each second of CPU time, both ends and the kernel's part together."""
    total, piece = 1024 * _MEBIBYTE, b"X" * 65536
    with socket.create_server(("127.0.0.1", 0)) as server:
        sender = socket.create_connection(server.getsockname())
        receiver, _ = server.accept()

    def receive() -> None:
        buffer = bytearray(len(piece))
        while receiver.recv_into(buffer):
            pass

    before = time.process_time()
    thread = threading.Thread(target=receive)
    thread.start()
    for _ in range(total // len(piece)):
        sender.sendall(piece)
    sender.close()
    thread.join()
    receiver.close()
    return total / _MEBIBYTE / (time.process_time() - before)


def run_round(system: System, sink: Sink, size: int, count: int, signature: float) -> tuple[float, float]:
    """(MiB delivered a second, MiB for each second of CPU time without the signatures)."""
    before, counted, started = cpu_seconds(system.pids), sink.messages, time.monotonic()
    arguments = [system.host, system.port, count, _CONNECTIONS, size]
    subprocess.run(
        [sys.executable, "-m", "bench.source", *map(str, arguments)], stdout=subprocess.DEVNULL, check=True, timeout=300
    )
    ended = sink.wait_for(counted + count, 300)
    time.sleep(0.5)
    cpu = cpu_seconds(system.pids) - before - count * signature / 1e6
    return size * count / _MEBIBYTE / (ended - started), size * count / _MEBIBYTE / cpu


def main(*, rounds: int) -> None:
    tayori = Tayori(PORT_BASE, SINK_HOST)
    sink = Sink(SINK_HOST, tayori.sink_port)
    postfix = Postfix(POSTFIX_PORT, SINK_HOST, tayori.sink_port, DOMAIN, settings=_POSTFIX)
    signature = signing_cost()
    results: dict[tuple[str, str], list[tuple[float, float]]] = {}
    copies = []
    try:
        for _ in range(rounds):
            copies.append(plain_copy())
            for words, (size, count) in _SIZES.items():
                for system in (tayori, postfix):
                    figures = run_round(system, sink, size, count, signature)
                    results.setdefault((words, system.name), []).append(figures)
                    print(f"{words} {system.name}: {figures}", flush=True)
    finally:
        postfix.close()
        sink.close()
        tayori.close()
    copy = statistics.median(copies)
    print(f"\nLarge messages, signed, durable, {_CONNECTIONS} connections, {rounds} rounds; {machine()}")
    print(f"plain copy over loopback: {copy:.0f} MiB for each second of CPU time")
    for (words, name), rows in results.items():
        rate, each = (statistics.median(column) for column in zip(*rows, strict=True))
        print(f"{words:8} {name:20} {rate:6.0f} MiB/s delivered, {each:6.0f} MiB a CPU second ({each / copy:.2f})")
