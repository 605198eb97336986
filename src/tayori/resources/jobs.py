"""Import and export jobs in rows: created, worked on piece by piece, ended.

What a piece does is one transaction with the note that it is done, so that a job goes on after a crash where it ended,
and nothing is done twice.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tayori.model.errors import Invalid, Kind, LimitExceeded, NotFound
from tayori.model.job import MOST_AT_A_TIME, MOST_FAILURES, ImportAction, ImportRecord, JobKind, JobStatus
from tayori.resources import contact_lists, contacts, suppression
from tayori.resources.contact_lists import ContactList
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.job_tables import JOB_OPEN
from tayori.store.tables import from_micros, storable, to_micros

TOPIC = "jobs"  # of wake-ups
KEPT = timedelta(days=30)
_COLUMNS = (
    "account_id, region, job_id, kind, request, status, created_at, updated_at, completed_at, position, processed,"
    " failed, exported, file, error"
)

_INSERT = Hot(f"INSERT INTO jobs ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, 'CREATED', ?, ?, NULL, 0, 0, 0, 0, NULL, NULL)")
_GET = Hot(f"SELECT {_COLUMNS} FROM jobs WHERE account_id = ? AND region = ? AND job_id = ?")
_OPEN = Hot(f"SELECT kind FROM jobs WHERE {JOB_OPEN} AND account_id = ? AND region = ?")
_NEXT = Hot(f"SELECT {_COLUMNS} FROM jobs WHERE {JOB_OPEN} ORDER BY updated_at LIMIT 1")
_PAGE = (
    f"SELECT {_COLUMNS} FROM jobs WHERE account_id = ? AND region = ? AND created_at <= ? AND {{kinds}}{{status}}"
    " ORDER BY created_at DESC, job_id DESC LIMIT ?"
)
_ADVANCE = Hot(
    "UPDATE jobs SET status = 'PROCESSING', updated_at = ?, position = ?, processed = processed + ?,"
    f" failed = failed + ? WHERE account_id = ? AND region = ? AND job_id = ? AND position = ? AND {JOB_OPEN}"
)
_FINISH = Hot(
    "UPDATE jobs SET status = ?, updated_at = ?, completed_at = ?, file = ?, error = ?, processed = processed + ?,"
    f" exported = exported + ? WHERE account_id = ? AND region = ? AND job_id = ? AND {JOB_OPEN}"
)
_ADD_FAILURE = Hot(
    "INSERT INTO job_failures (account_id, job_id, line, record, reason) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (account_id, job_id, line) DO NOTHING"
)
_FAILURES = Hot("SELECT line, record, reason FROM job_failures WHERE account_id = ? AND job_id = ? ORDER BY line")
_DROP_FAILURES = Hot("DELETE FROM job_failures WHERE account_id = ? AND job_id = ?")
_OLD = Hot(f"SELECT {_COLUMNS} FROM jobs WHERE completed_at < ? ORDER BY completed_at LIMIT 20")
_DELETE = Hot("DELETE FROM jobs WHERE account_id = ? AND region = ? AND job_id = ?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    account_id: str
    region: str
    job_id: str
    kind: JobKind
    request: Mapping[str, Any]
    status: JobStatus
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None
    position: int
    processed: int
    failed: int
    exported: int
    file: str | None
    error: str | None

    @property
    def key(self) -> tuple[str, str, str]:
        return self.account_id, self.region, self.job_id


def _loaded(row: Sequence[Any]) -> Job:
    return Job(
        account_id=row[0],
        region=row[1],
        job_id=row[2],
        kind=JobKind(row[3]),
        request=json.loads(row[4]),
        status=JobStatus(row[5]),
        created_at=from_micros(row[6]),
        updated_at=from_micros(row[7]),
        completed_at=None if row[8] is None else from_micros(row[8]),
        position=row[9],
        processed=row[10],
        failed=row[11],
        exported=row[12],
        file=row[13],
        error=row[14],
    )


# -- for the account ---------------------------------------------------------------------------------------------------


def create(tx: Tx, account_id: str, region: str, kind: JobKind, request: Mapping[str, Any], job_id: str) -> None:
    """Raises LimitExceeded; the words for exports are SES's (ses: probed)."""
    running = [JobKind(found) for (found,) in tx.hot_rows(_OPEN, (account_id, region))]
    if sum(one.is_import == kind.is_import for one in running) >= MOST_AT_A_TIME:
        name = "import" if kind.is_import else f"<{kind}> export"
        way = "wait for one" if kind.is_import else "either cancel one of the jobs or wait for it"
        raise LimitExceeded(f"There are too many {name} jobs running - {way} to complete before resubmitting.")
    now = to_micros(tx.now)
    text = json.dumps(request, separators=(",", ":"))
    tx.hot(_INSERT, [(account_id, region, job_id, kind, text, now, now)])
    tx.wake(TOPIC)


def get_import(tx: Tx, account_id: str, region: str, job_id: str) -> Job:
    found = _find(tx, account_id, region, job_id)
    if found is None or not found.kind.is_import:
        raise NotFound(f"Import job {job_id} does not exist.", Kind.JOB)
    return found


def get_export(tx: Tx, account_id: str, region: str, job_id: str) -> Job:
    """Raises Invalid, as SES does not say that there is none (ses: probed)."""
    found = _find(tx, account_id, region, job_id)
    if found is None or found.kind.is_import:
        raise Invalid("Invalid JobId")
    return found


def _find(tx: Tx, account_id: str, region: str, job_id: str) -> Job | None:
    rows = tx.hot_rows(_GET, (account_id, region, storable(job_id)))
    return _loaded(rows[0]) if rows else None


def page(
    tx: Tx,
    account_id: str,
    region: str,
    *,
    kinds: Sequence[JobKind],
    status: str = "",
    before: tuple[int, str] | None,
    limit: int,
) -> list[Job]:
    """The newest first, behind the one of that time and identifier."""
    marks = f"kind IN ({', '.join('?' * len(kinds))})"
    statement = Hot(_PAGE.replace("{kinds}", marks).replace("{status}", " AND status = ?" if status else ""))
    at, last = before or (to_micros(tx.now) + 1, "")
    # Those of the same microsecond are few: they are passed over here.
    rows = tx.hot_rows(
        statement, (account_id, region, at, *kinds, *((status,) if status else ()), limit + MOST_AT_A_TIME)
    )
    found = [_loaded(row) for row in rows]
    return [one for one in found if (to_micros(one.created_at), one.job_id) < (at, last) or before is None][:limit]


def cancel_export(tx: Tx, account_id: str, region: str, job_id: str) -> None:
    job = get_export(tx, account_id, region, job_id)
    if not finish(tx, job, JobStatus.CANCELLED):
        raise Invalid(f"Cannot cancel an export job that has a <{job.status}> status.")


# -- for the worker ----------------------------------------------------------------------------------------------------


def next_open(tx: Tx) -> Job | None:
    """The one that was left alone for longest."""
    rows = tx.hot_rows(_NEXT, ())
    return _loaded(rows[0]) if rows else None


def apply_import(tx: Tx, job: Job, position: int, failed: int, piece: Sequence[ImportRecord]) -> int | None:
    """Do what the records from `position` on say, of which so many before could not be used.

    How many of these cannot; None where somebody else has done it, or the job has ended.
    """
    contact_list = _contact_list(tx, job) if job.kind is JobKind.CONTACT_LIST else None
    if contact_list is not None:
        piece = [contacts.checked(contact_list, record) for record in piece]
    good = [record for record in piece if not record.error]
    bad = [record for record in piece if record.error]
    values = (to_micros(tx.now), position + len(piece), len(piece), len(bad), *job.key, position)
    if tx.hot(_ADVANCE, [values]) != 1:
        return None
    if contact_list is not None:
        contacts.take_over(tx, contact_list, action_of(job), good)
    elif action_of(job) is ImportAction.PUT:
        suppression.put_all(tx, job.account_id, job.region, [(record.address, record.reason) for record in good])
    else:
        suppression.remove_all(tx, job.account_id, job.region, [record.address for record in good])
    tx.hot(
        _ADD_FAILURE,
        [
            (job.account_id, job.job_id, one.line, storable(one.text), storable(one.error))
            for one in bad[: max(0, MOST_FAILURES - failed)]
        ],
    )
    return len(bad)


def action_of(job: Job) -> ImportAction:
    destination = job.request["ImportDestination"]
    if job.kind is JobKind.CONTACT_LIST:
        return ImportAction(destination["ContactListDestination"]["ContactListImportAction"])
    return ImportAction(destination["SuppressionListDestination"]["SuppressionListImportAction"])


def _contact_list(tx: Tx, job: Job) -> ContactList:
    """Raises NotFound where it is gone."""
    name = job.request["ImportDestination"]["ContactListDestination"]["ContactListName"]
    return contact_lists.get(tx, job.account_id, job.region, name)


def advance(tx: Tx, job: Job) -> bool:
    """Note that an export is being worked on; false where it has ended."""
    return tx.hot(_ADVANCE, [(to_micros(tx.now), 0, 0, 0, *job.key, 0)]) == 1


def failures(tx: Tx, job: Job) -> list[tuple[int, str, str]]:
    return [(line, record, reason) for line, record, reason in tx.hot_rows(_FAILURES, (job.account_id, job.job_id))]


def finish(
    tx: Tx,
    job: Job,
    status: JobStatus,
    *,
    file: str | None = None,
    error: str | None = None,
    processed: int = 0,
    exported: int = 0,
) -> bool:
    """End a job; false where it had ended before."""
    now = to_micros(tx.now)
    ended = tx.hot(_FINISH, [(status, now, now, file, error, processed, exported, *job.key)]) == 1
    tx.hot(_DROP_FAILURES, [(job.account_id, job.job_id)])
    return ended


def old(tx: Tx) -> list[Job]:
    """Some that ended long ago."""
    return [_loaded(row) for row in tx.hot_rows(_OLD, (to_micros(tx.now - KEPT),))]


def forget(tx: Tx, job: Job) -> None:
    tx.hot(_DELETE, [job.key])
