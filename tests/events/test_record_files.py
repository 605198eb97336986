"""Files of a Firehose stream: what is acknowledged is on the disk, and nobody meets half a record."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import textwrap
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tayori.clock import SystemClock
from tayori.events.record_files import RecordFolder, Rotation

NAME = re.compile(r"audit-1-\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d-[0-9a-f-]{36}")


def folder(path, **rotation):
    return RecordFolder(path, "audit", SystemClock(), Rotation(**rotation))


def opened(path):
    return sorted((path / ".open").glob("*"))


def test_a_file_appears_when_it_is_full_under_the_name_that_firehose_gives(run, tmp_path):
    async def check():
        records = folder(tmp_path, max_bytes=30)
        await records.append(b"0123456789")
        assert len(opened(tmp_path)) == 1 and list(records.closed_files()) == []
        assert opened(tmp_path)[0].read_bytes() == b"0123456789\n"  # before anybody is told that it is there
        await records.append(b"0123456789")
        await records.append(b"0123456789")
        (closed,) = records.closed_files()
        assert closed.read_bytes() == b"0123456789\n" * 3
        assert NAME.fullmatch(closed.name)
        hour = "/".join(closed.name.removeprefix("audit-1-").split("-")[:4])
        assert str(closed.relative_to(tmp_path)) == f"{hour}/{closed.name}"
        assert abs((datetime.strptime(hour, "%Y/%m/%d/%H").replace(tzinfo=UTC) - datetime.now(UTC)).days) <= 1
        assert opened(tmp_path) == []

    run(check())


def test_a_file_is_closed_when_its_time_is_over(run, tmp_path):
    async def check():
        young, old = folder(tmp_path / "a", seconds=3600), folder(tmp_path / "b", seconds=0)
        for records in (young, old):
            await records.append(b"x")
            await records.close_if_old()
        assert len(opened(tmp_path / "a")) == 1 and len(list(old.closed_files())) == 1
        await young.close()
        assert len(list(young.closed_files())) == 1

    run(check())


def test_records_that_come_at_once_share_a_write(run, tmp_path):
    async def check():
        records = folder(tmp_path)
        await asyncio.gather(*(records.append(b"%d" % number) for number in range(1000)))
        await records.close()
        (closed,) = records.closed_files()
        assert sorted(map(int, closed.read_bytes().split())) == list(range(1000))

    run(check())


WRITER = """
    import asyncio, sys
    from pathlib import Path
    from tayori.clock import SystemClock
    from tayori.events.record_files import RecordFolder, Rotation

    async def main():
        records = RecordFolder(Path(sys.argv[1]), "audit", SystemClock(), Rotation(max_bytes=20_000))
        number = 0
        while True:
            names = [b"%08d" % (number + each) for each in range(50)]
            await asyncio.gather(*(records.append(name + b"." * 1000) for name in names))
            sys.stdout.buffer.write(b"\\n".join(names) + b"\\n")
            sys.stdout.buffer.flush()
            number += 50

    asyncio.run(main())
"""


@pytest.mark.parametrize("batches", [1, 3, 7])
def test_a_process_that_is_killed_leaves_whole_records_and_all_that_were_acknowledged(run, tmp_path, batches):
    writer = subprocess.Popen([sys.executable, "-c", textwrap.dedent(WRITER), str(tmp_path)], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    acknowledged = [writer.stdout.readline().strip() for _ in range(50 * batches)]
    os.kill(writer.pid, signal.SIGKILL)
    acknowledged += writer.stdout.read().split(b"\n")[:-1]
    writer.wait(10)
    writer.stdout.close()
    for path in opened(tmp_path):
        with path.open("ab") as file:
            file.write(b"half a rec")  # what a write that was cut short leaves

    async def check():
        records = folder(tmp_path)
        await records.recover()
        found = [line for path in records.closed_files() for line in path.read_bytes().split(b"\n")[:-1]]
        assert all(len(line) == 1008 for line in found)
        assert {line[:8] for line in found} >= set(acknowledged)
        assert all(path.read_bytes().endswith(b"\n") for path in records.closed_files())
        assert opened(tmp_path) == []

    run(check())


def test_what_another_process_is_writing_is_left_to_it(run, tmp_path):
    async def check():
        records, other = folder(tmp_path), folder(tmp_path)
        await records.append(b"one")
        assert await other.recover() == 0
        await records.append(b"two")
        await records.close()
        (closed,) = other.closed_files()
        assert closed.read_bytes() == b"one\ntwo\n"

    run(check())


def test_nothing_is_acknowledged_where_there_is_no_room(run, tmp_path):
    """A write that fails leaves the file as it was, so that the next one does not follow half a record."""
    limited = textwrap.dedent("""
        import asyncio, resource, signal, sys
        from pathlib import Path
        from tayori.clock import SystemClock
        from tayori.events.record_files import RecordFolder

        async def main():
            records = RecordFolder(Path(sys.argv[1]), "audit", SystemClock())
            await records.append(b"a" * 999)
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1500, resource.RLIM_INFINITY))
            try:
                await records.append(b"b" * 999)
            except OSError:
                print("refused")
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            await records.append(b"c" * 999)
            await records.close()

        asyncio.run(main())
    """)
    ended = subprocess.run([sys.executable, "-c", limited, str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert (ended.stdout, ended.stderr) == ("refused\n", "")
    (closed,) = folder(tmp_path).closed_files()
    assert closed.read_bytes() == b"a" * 999 + b"\n" + b"c" * 999 + b"\n"


def test_a_folder_that_cannot_be_written_says_so(run, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(OSError, match="Not a directory"):
        run(folder(Path(blocked)).append(b"x"))
