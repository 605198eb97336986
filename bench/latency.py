"""How long SendEmail takes at half of the highest rate, beside one bare fsync of the same disk.

Requests arrive at random moments (Poisson), whether earlier ones are answered or not, so that a stall is counted
against every request that it delays. Time is taken from the moment a request was due.
"""

import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from urllib.parse import urlsplit

import uvloop

from bench.api import requests, run_round
from bench.end_to_end import PORT_BASE, SINK_HOST
from bench.measure import machine
from bench.sink import Sink
from bench.tayori import Tayori

_CONNECTIONS = 64


def fsync_seconds() -> float:
    """The median of writing 8 KiB to the end of a file and waiting for the disk."""
    times = []
    with tempfile.NamedTemporaryFile(prefix="tayori-bench-") as file:
        for _ in range(200):
            started = time.perf_counter()
            os.write(file.fileno(), b"X" * 8192)
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - started)
    return statistics.median(times)


async def drive(host: str, port: int, waiting: list[bytes], rate: float) -> list[float]:
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(_CONNECTIONS):
        free.put_nowait(await asyncio.open_connection(host, port))
    loop = asyncio.get_running_loop()
    times: list[float] = []

    async def one(request: bytes, due: float) -> None:
        reader, writer = await free.get()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode())
        times.append(loop.time() - due)
        free.put_nowait((reader, writer))

    chance, due = random.Random(1), loop.time()
    async with asyncio.TaskGroup() as group:
        for request in waiting:
            due += chance.expovariate(rate)
            await asyncio.sleep(max(0.0, due - loop.time()))
            group.create_task(one(request, due))
    return times


def send_child() -> None:
    """In a process of its own: sign, send at the rate, print the times."""
    url, credentials, region, count, rate = json.loads(sys.argv[1])
    parts = urlsplit(url)
    waiting = requests(url, credentials, region, count)
    print(json.dumps(uvloop.run(drive(str(parts.hostname), int(parts.port or 80), waiting, rate))))


def main(*, messages: int) -> None:
    tayori = Tayori(PORT_BASE, SINK_HOST)
    sink = Sink(SINK_HOST, tayori.sink_port)
    keys, region, url = tayori.env["credentials"], tayori.env["region"], tayori.env["http"]
    try:
        highest = max(run_round(url, keys, region, messages, tayori.pids, sink)[0] for _ in range(3))
        fsync = fsync_seconds()
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                "from bench.latency import send_child; send_child()",
                json.dumps([url, keys, region, messages * 2, highest / 2]),
            ],
            stdout=subprocess.PIPE,
            check=True,
            timeout=300,
        )
    finally:
        sink.close()
        tayori.close()
    times = json.loads(done.stdout)
    parts = statistics.quantiles(times, n=1000, method="inclusive")
    print(f"SendEmail at half load: {highest / 2:.0f} of {highest:.0f} a second, delivered meanwhile; {machine()}")
    print(f"p50 {parts[499] * 1e3:.2f} ms, p99 {parts[989] * 1e3:.2f} ms, p99.9 {parts[998] * 1e3:.2f} ms")
    print(f"one bare fsync: {fsync * 1e3:.2f} ms; p99 is {parts[989] / fsync:.1f} of them")
