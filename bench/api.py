"""SendEmail over HTTP: signature verified, composed, validated, durable, delivered; against moto's server where it is
installed, which verifies, keeps and delivers nothing.

The load generator signs each request before the clock starts, and keeps its connections.
"""

import asyncio
import json
import statistics
import subprocess
import sys
import time
from urllib.parse import urlsplit

import uvloop
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bench.end_to_end import PORT_BASE, SINK_HOST
from bench.measure import cpu_seconds, machine
from bench.sink import Sink
from bench.tayori import DOMAIN, Tayori

CONNECTIONS = 32


def requests(url: str, credentials: dict[str, str], region: str, count: int) -> list[bytes]:
    """Signed SendEmail requests of about 4 KB each, as bytes ready for the wire."""
    keys = Credentials(credentials["access_key_id"], credentials["secret_access_key"])
    host = urlsplit(url).netloc
    made = []
    for number in range(count):
        text = f"{number:08d} The quick brown fox jumps over the lazy dog, again and again.\n" * 28
        html = f"<p>{number:08d} The quick brown fox jumps over the lazy dog.</p>\n" * 32
        content = {"Subject": {"Data": f"Message {number}"}, "Body": {"Text": {"Data": text}, "Html": {"Data": html}}}
        body = json.dumps(
            {
                "FromEmailAddress": f"sender@{DOMAIN}",
                "Destination": {"ToAddresses": ["reader@sink.test"]},
                "Content": {"Simple": content},
            }
        ).encode()
        request = AWSRequest(
            "POST", f"{url}/v2/email/outbound-emails", data=body, headers={"content-type": "application/json"}
        )
        SigV4Auth(keys, "ses", region).add_auth(request)
        head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
        start = f"POST /v2/email/outbound-emails HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n"
        made.append(f"{start}{head}\r\n".encode() + body)
    return made


class Client(asyncio.Protocol):
    """One connection: sends what waits, one request at a time, until nothing waits or the server closes."""

    def __init__(self, waiting: list[bytes], done: "asyncio.Future[None]") -> None:
        self._waiting, self._done, self._buffer = waiting, done, b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        self._next()

    def _next(self) -> None:
        if self._waiting:
            self._transport.write(self._waiting.pop())
        else:
            self._end()

    def _end(self) -> None:
        self._transport.close()
        if not self._done.done():
            self._done.set_result(None)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
        if not separator or len(body) < length:
            return
        self._buffer = b""
        if not head.startswith(b"HTTP/1.1 200"):
            self._done.set_exception(RuntimeError((head + body).decode()))
            self._transport.close()
        elif b"connection: close" in lines:
            self._end()
        else:
            self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(ConnectionError(str(exc)))


async def drive(host: str, port: int, waiting: list[bytes]) -> float:
    async def connect() -> None:
        while waiting:
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            await asyncio.get_running_loop().create_connection(lambda done=done: Client(waiting, done), host, port)
            await done

    started = time.monotonic()
    await asyncio.gather(*(connect() for _ in range(CONNECTIONS)))
    return time.monotonic() - started


def send_child() -> None:
    """In a process of its own: sign, wait for a line, send, print the seconds."""
    url, credentials, region, count = json.loads(sys.argv[1])
    waiting = requests(url, credentials, region, count)
    print("signed", flush=True)
    sys.stdin.readline()
    parts = urlsplit(url)
    print(uvloop.run(drive(str(parts.hostname), int(parts.port or 80), waiting)), flush=True)


def run_round(
    url: str, credentials: dict[str, str], region: str, count: int, pids: list[int], sink: Sink | None
) -> tuple[float, float, float]:
    """(accepted a second, delivered a second, CPU us a request)."""
    child = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from bench.api import send_child; send_child()",
            json.dumps([url, credentials, region, count]),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdin is not None
    child.stdout.readline()
    before, counted, started = cpu_seconds(pids), sink.messages if sink else 0, time.monotonic()
    child.stdin.write("go\n")
    child.stdin.flush()
    seconds = float(child.stdout.readline())
    child.wait(10)
    ended = sink.wait_for(counted + count, 300) if sink else time.monotonic()
    time.sleep(0.5)
    return count / seconds, count / (ended - started), (cpu_seconds(pids) - before) / count * 1e6


def main(*, rounds: int, requests: int) -> None:
    tayori = Tayori(PORT_BASE, SINK_HOST)
    sink = Sink(SINK_HOST, tayori.sink_port)
    moto = start_moto(18790)
    ours, theirs = [], []
    try:
        keys, region = tayori.env["credentials"], tayori.env["region"]
        for _ in range(rounds):
            ours.append(run_round(tayori.env["http"], keys, region, requests, tayori.pids, sink))
            print(f"Tayori: {ours[-1]}", flush=True)
            if moto is not None:
                theirs.append(run_round("http://127.0.0.1:18790", keys, region, requests // 4, [moto.pid], None))
                print(f"moto: {theirs[-1]}", flush=True)
    finally:
        if moto is not None:
            moto.terminate()
            moto.wait(10)
        sink.close()
        tayori.close()
    print(f"\nSendEmail over HTTP, text and HTML of 4 KB, {CONNECTIONS} connections, {rounds} rounds; {machine()}")
    for name, rows in (("Tayori (signed, durable, delivered)", ours), ("moto server (nothing of that)", theirs)):
        if rows:
            medians = [statistics.median(column) for column in zip(*rows, strict=True)]
            print(f"{name:38} accepted {medians[0]:.0f}/s, delivered {medians[1]:.0f}/s, CPU {medians[2]:.0f} us")
    if theirs:
        ours_accepted, theirs_accepted = (statistics.median(row[0] for row in rows) for rows in (ours, theirs))
        print(f"accepted: {ours_accepted / theirs_accepted:.2f} times moto")


def start_moto(port: int) -> "subprocess.Popen[bytes] | None":
    """moto's server, where it is installed (pip install 'moto[server]'), with the sender verified."""
    try:
        import moto  # noqa: F401
    except ModuleNotFoundError:
        print("moto is not installed: measured without a peer (pip install 'moto[server]')")
        return None
    import boto3

    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 30
    while True:
        try:
            ses = boto3.client(
                "sesv2",
                endpoint_url=f"http://127.0.0.1:{port}",
                region_name="us-east-1",
                aws_access_key_id="x",
                aws_secret_access_key="x",
            )
            ses.create_email_identity(EmailIdentity=DOMAIN)
            return process
        except Exception:
            if time.monotonic() > deadline:
                process.kill()
                raise
            time.sleep(0.3)
