"""How long an import of many contacts takes, and how much memory, with a new worker in the middle, as after a crash.

The file is in the folder of files, the store is SQLite; what is measured is the work of the loop, not the upload.
"""

import asyncio
import resource
import shutil
import tempfile
import time
from pathlib import Path

from bench.measure import machine
from tayori.app.job_files import FolderFiles
from tayori.clock import SystemClock
from tayori.loops.jobs import JobWork
from tayori.model.contact_list import Status, Topic
from tayori.model.job import JobKind, JobStatus
from tayori.resources import accounts, contact_lists, jobs
from tayori.store.database import open_store
from tayori.store.dialect import Hot
from tayori.store.engine import Store, Tx

_OWNER = ("111122223333", "us-east-1")
_JOB = "the-job"
_REQUEST = {
    "ImportDestination": {"ContactListDestination": {"ContactListName": "readers", "ContactListImportAction": "PUT"}},
    "ImportDataSource": {"S3Url": "s3://lists/readers.csv", "DataFormat": "CSV"},
}
_COUNT = Hot("SELECT COUNT(*) FROM contacts")


def main(*, contacts: int) -> None:
    folder = Path(tempfile.mkdtemp(prefix="tayori-bench-"))
    try:
        asyncio.run(_measured(folder, contacts))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _measured(folder: Path, contacts: int) -> None:
    octets = _write(folder / "files" / _OWNER[0] / "lists", contacts)
    store = open_store(f"sqlite:///{folder / 'tayori.db'}", SystemClock())
    files = FolderFiles(folder / "files", SystemClock(), "http://localhost", b"secret")
    try:
        await store.write(_prepared)
        before = _peak()
        started = time.perf_counter()
        first = JobWork(store, files)
        while (await _job(store)).processed < contacts // 2:
            await first.tick()
        second = JobWork(store, files)
        while (job := await _job(store)).status.is_open:
            await second.tick()
        took = time.perf_counter() - started
        found = await store.read(lambda tx: tx.hot_rows(_COUNT, ())[0][0])
        assert (job.status, job.processed, job.failed, found) == (JobStatus.COMPLETED, contacts, 0, contacts)
        print(machine())
        size = f"{contacts:,} contacts in a file of {octets / 2**20:.0f} MiB"
        print(f"{size}: {took:.1f} s, {contacts / took:,.0f} a second")
        print(f"memory: {before:.0f} MiB before, {_peak():.0f} MiB at the most")
    finally:
        await store.close()


def _write(folder: Path, contacts: int) -> int:
    folder.mkdir(parents=True)
    path = folder / "readers.csv"
    with path.open("w", encoding="utf-8") as out:
        out.write("emailAddress,unsubscribeAll,attributesData,topicPreferences.News\n")
        for number in range(contacts):
            out.write(f'reader{number}@d{number % 1000}.test,false,"{{""name"":""Reader {number}""}}",OPT_IN\n')
    return path.stat().st_size


def _prepared(tx: Tx) -> None:
    accounts.create(tx, *_OWNER, name="bench")
    topic = Topic(name="News", display_name="News", default=Status.OPT_IN)
    contact_lists.create(tx, *_OWNER, "readers", list_id="the-list", topics=[topic])
    jobs.create(tx, *_OWNER, JobKind.CONTACT_LIST, _REQUEST, _JOB)


async def _job(store: Store) -> jobs.Job:
    return await store.read(jobs.get_import, *_OWNER, _JOB)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
