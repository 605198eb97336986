"""Sending during a storm of bounces, against sending alone, in the same run and in turns.

First as many messages are sent as bounces are to come, each to a recipient of its own. Then rounds of signed mail, by
turns alone and while other connections hand in a share of the bounces, all of them hard. Printed are the rates and
their ratio, how many bounces were handed in and recorded, and the most memory that the service had.

    python -m bench.storm HOST PORT FILE CONNECTIONS   hands in the bounces of FILE: a process of its own
"""

import asyncio
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from bench.end_to_end import PORT_BASE, SINK_HOST, run_round
from bench.measure import machine, tree
from bench.sink import Sink
from bench.source import RECIPIENT, SENDER
from bench.tayori import Tayori
from tayori.model.return_path import ReturnPaths

CONNECTIONS = 100
_A_CONNECTION = 20  # bounces, then the next one
_SENDING = 20  # connections

DSN = (
    "From: Mail Delivery System <MAILER-DAEMON@mx.sink.test>\r\nTo: <{path}>\r\nSubject: Undelivered Mail Returned to"
    " Sender\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report;"
    ' report-type=delivery-status; boundary="{number}/mx"\r\n\r\n--{number}/mx\r\nContent-Type: text/plain\r\n\r\n'
    "I'm sorry to have to inform you that your message could not be delivered to one or more recipients.\r\n\r\n"
    "<{recipient}>: host store.sink.test said: 550 5.1.1 <{recipient}>: User unknown in local recipient table\r\n\r\n"
    "--{number}/mx\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.sink.test\r\n\r\n"
    "Final-Recipient: rfc822; {recipient}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    "Diagnostic-Code: smtp; 550 5.1.1 <{recipient}>: Recipient address rejected: User unknown\r\n\r\n"
    "--{number}/mx\r\nContent-Type: text/rfc822-headers\r\n\r\n{returned}\r\n--{number}/mx--\r\n.\r\n"
)
_RETURNED = "Received: by mx.sink.test\r\nFrom: Bench <{sender}>\r\nTo: <{recipient}>\r\nSubject: Hello\r\n" + "".join(
    f"X-Header-{number}: {'x' * 60}\r\n" for number in range(20)
)


# -- those who hand in -------------------------------------------------------------------------------------------------


async def hand_in(host: str, port: int, bounces: list[tuple[str, str]], connections: int) -> int:
    """All of them, however often it takes; how many were put off on the way."""
    waiting = list(enumerate(bounces))
    put_off = 0

    async def work() -> None:
        nonlocal put_off
        while waiting:
            mine = [waiting.pop() for _ in range(min(_A_CONNECTION, len(waiting)))]
            done = await _session(host, port, mine)
            if done < len(mine):
                put_off += len(mine) - done
                waiting.extend(mine[done:])
                await asyncio.sleep(0.5)

    await asyncio.gather(*(work() for _ in range(connections)))
    return put_off


async def _session(host: str, port: int, bounces: list[tuple[int, tuple[str, str]]]) -> int:
    """One connection, step by step as most mail servers do; how many were taken before something else was said."""
    try:
        reader, writer = await asyncio.open_connection(host, port)
    except OSError:
        return 0
    done = 0
    try:
        await _expect(reader, b"220")
        await _say(reader, writer, "EHLO mx.sink.test\r\n", b"250")
        for number, (path, recipient) in bounces:
            returned = _RETURNED.format(sender=SENDER, recipient=recipient)
            content = DSN.format(path=path, recipient=recipient, number=number, returned=returned)
            await _say(reader, writer, "MAIL FROM:<>\r\n", b"250")
            await _say(reader, writer, f"RCPT TO:<{path}>\r\n", b"250")
            await _say(reader, writer, "DATA\r\n", b"354")
            await _say(reader, writer, content, b"250")
            done += 1
        writer.write(b"QUIT\r\n")
    except (OSError, EOFError, _Refused):
        pass
    finally:
        writer.close()
    return done


class _Refused(Exception):
    pass


async def _say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, text: str, expected: bytes) -> None:
    writer.write(text.encode())
    await _expect(reader, expected)


async def _expect(reader: asyncio.StreamReader, expected: bytes) -> None:
    line = b"   -"
    while line[3:4] == b"-":
        line = await reader.readuntil(b"\n")
    if line[:3] != expected:
        raise _Refused(line)


# -- the service -------------------------------------------------------------------------------------------------------


class Watch:
    """The most memory that the service's processes had together, looked at ten times a second."""

    def __init__(self, root: int) -> None:
        self.most = 0
        self._root = root
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._ended.wait(0.1):
            self.most = max(self.most, sum(map(_resident, tree(self._root))))

    def close(self) -> int:
        self._ended.set()
        self._thread.join()
        return self.most


def _resident(pid: int) -> int:
    """Octets that are this process's own or its share of what several use."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _prepare(tayori: Tayori, sink: Sink, bounces: int) -> list[tuple[str, str]]:
    """Send to recipients that will bounce; (return path, recipient) of each, as the receiver saw it."""
    counted = sink.messages
    smtp_source = ["/usr/sbin/smtp-source", "-d", "-N", "-l", "1024", "-m", str(bounces), "-s", str(_SENDING)]
    subprocess.run(
        [*smtp_source, "-f", SENDER, "-t", f"gone-{RECIPIENT}", f"{tayori.host}:{tayori.port}"],
        capture_output=True,
        check=True,
    )
    sink.wait_for(counted + bounces, 600)
    with sqlite3.connect(tayori.data / "tayori.db") as database:
        ((secret,),) = database.execute("SELECT value FROM installation_values WHERE name = 'return-path'")
        rows = database.execute(
            "SELECT m.reverse_path, r.address FROM messages m JOIN recipients r ON r.message_id = m.message_id"
            " WHERE r.address LIKE '%gone-%' LIMIT ?",
            (bounces,),
        ).fetchall()
    paths = ReturnPaths(bytes(secret))
    return [(paths.issue(path, 0, is_shared=False), address) for path, address in rows]


def _recorded(tayori: Tayori) -> int:
    with sqlite3.connect(tayori.data / "tayori.db") as database:
        query = (
            "SELECT COUNT(*) FROM events e JOIN recipients r ON r.message_id = e.message_id AND r.ordinal = e.ordinal"
            " WHERE e.kind = 'Bounce' AND r.address LIKE '%gone-%'"
        )
        return int(database.execute(query).fetchone()[0])


@dataclass(slots=True)
class Result:
    alone: list[float] = field(default_factory=list)  # messages delivered a second
    stormy: list[float] = field(default_factory=list)
    bounces_a_second: list[float] = field(default_factory=list)
    put_off: int = 0


def _stormy_rounds(tayori: Tayori, sink: Sink, bounces: list[tuple[str, str]], messages: int, result: Result) -> None:
    """Rounds of mail for as long as the bounces last; one that outlasts them counts only where it is the first."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(bounces, file)
        file.flush()
        there = tayori.env["mx"]
        program = [sys.executable, "-m", "bench.storm", there["host"], str(there["port"]), file.name, str(CONNECTIONS)]
        started = time.monotonic()
        storm = subprocess.Popen(program, stdout=subprocess.PIPE)
        time.sleep(1.0)  # until all of its connections stand
        count = 0
        while storm.poll() is None:
            rate = run_round(tayori, sink, messages, _SENDING).delivered
            if storm.poll() is None or not count:
                result.stormy.append(rate)
            count += 1
    assert storm.stdout is not None
    said = json.loads(storm.stdout.read())
    result.put_off += said["put_off"]
    result.bounces_a_second.append(len(bounces) / (said["ended"] - started))


def main(*, rounds: int, messages: int, bounces: int) -> None:
    tayori = Tayori(PORT_BASE, SINK_HOST)
    sink = Sink(SINK_HOST, tayori.sink_port)
    result = Result()
    try:
        prepared = _prepare(tayori, sink, bounces)
        run_round(tayori, sink, 500, _SENDING)
        watch = Watch(tayori.pids[0])
        share = -(-len(prepared) // rounds)
        for number in range(rounds):
            result.alone.append(run_round(tayori, sink, messages, _SENDING).delivered)
            _stormy_rounds(tayori, sink, prepared[number * share : (number + 1) * share], messages, result)
            print(f"round {number + 1}: {result}", flush=True)
        memory, recorded = watch.close(), _recorded(tayori)
    finally:
        sink.close()
        tayori.close()
    print(f"\nSending, signed with RSA-2048, during {len(prepared)} bounces, {CONNECTIONS} connections; {machine()}")
    print(_table(result, memory, len(prepared), recorded))
    if recorded != len(prepared):
        sys.exit("not every bounce was recorded")


def _table(result: Result, memory: int, handed_in: int, recorded: int) -> str:
    alone, stormy = statistics.median(result.alone), statistics.median(result.stormy)
    return "\n".join(
        (
            f"  alone             {alone:8.0f} delivered a second ({min(result.alone):.0f}-{max(result.alone):.0f})",
            f"  during the storm  {stormy:8.0f} delivered a second ({min(result.stormy):.0f}-{max(result.stormy):.0f},"
            f" {len(result.stormy)} rounds)",
            f"  ratio             {stormy / alone:8.2f}",
            f"  bounces           {statistics.median(result.bounces_a_second):8.0f} a second; {handed_in} handed in,"
            f" {recorded} recorded, {result.put_off} put off and taken later",
            f"  memory            {memory / 2**20:8.0f} MiB at the most, all processes",
        )
    )


if __name__ == "__main__":
    given = json.loads(Path(sys.argv[3]).read_text())
    late = uvloop.run(hand_in(sys.argv[1], int(sys.argv[2]), [(path, who) for path, who in given], int(sys.argv[4])))
    print(json.dumps({"put_off": late, "ended": time.monotonic()}))
