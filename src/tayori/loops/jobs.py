"""A Loop: works on import and export jobs, piece by piece, the one first that was left alone for longest.

Owns the order of the work and what fails a job. An import goes on after a crash where it ended; an export, which
changes nothing, begins anew.
"""

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from tayori.loops.import_file import ImportFile
from tayori.model import contact_import, insights, job
from tayori.model.errors import DomainError
from tayori.model.insights import Filters
from tayori.model.job import (
    DataFormat,
    Files,
    FileTrouble,
    JobKind,
    JobStatus,
    LineReader,
    MetricRow,
    ObjectName,
)
from tayori.model.search import Place, Search
from tayori.resources import insights as insight_rows
from tayori.resources import jobs, metric_export, search
from tayori.resources.jobs import Job
from tayori.store.engine import Store, StoreUnavailable, Tx

logger = logging.getLogger("tayori.jobs")

_GO_ON = 0.0  # the least pause of a loop
_RECORDS = 500  # in one transaction
_RECORDS_AT_A_TIME = 10_000  # of one import, before it is another job's turn
_FILES_READ = 20  # at a time: of more, places are looked for again
_STEPS = 20  # of one export at a time
_METRIC_ROWS = 20  # in one transaction
_MOST_ROWS = 10_000  # of an export (ses: quotas)


@dataclass(slots=True)
class _Export:
    """How far an export has come."""

    rows: list[dict[str, str]] = field(default_factory=list)
    metrics: list[MetricRow] = field(default_factory=list)
    place: Place | None = None
    looked_at: int = 0


class JobWork:
    name = "jobs"
    every = 5.0

    def __init__(self, store: Store, files: Files) -> None:
        self._store = store
        self._files = files
        self._exports: dict[str, _Export] = {}
        self._files_read: dict[str, ImportFile] = {}

    async def tick(self) -> float | None:
        found = await self._store.read(jobs.next_open)
        if found is None:
            self._exports.clear()
            self._files_read.clear()
            return await self._forget()
        try:
            if found.kind.is_import:
                await self._import(found)
            elif await self._store.write(jobs.advance, found):
                await self._export(found)
        except (FileTrouble, DomainError) as trouble:
            await self._store.write(jobs.finish, found, JobStatus.FAILED, error=str(trouble))
        except StoreUnavailable:
            raise  # nothing was decided: it goes on where it was
        except Exception:
            logger.exception("job_failed", extra={"job": found.job_id, "account_id": found.account_id})
            await self._store.write(jobs.finish, found, JobStatus.FAILED, error="The job failed within the service.")
        return _GO_ON

    async def _forget(self) -> float | None:
        """What ended a month ago, with its files."""
        found = await self._store.read(jobs.old)
        for one in found:
            if one.file:
                await self._files.remove(one.account_id, one.file)
            await self._store.write(jobs.forget, one)
        return _GO_ON if found else None

    # -- imports -------------------------------------------------------------------------------------------------------

    async def _import(self, found: Job) -> None:
        file = self._files_read.get(found.job_id)
        if file is None or file.position != found.position:  # new here, or another node went on with it
            file = await self._opened(found)
        failed = found.failed
        while (left := found.position + _RECORDS_AT_A_TIME - file.position) > 0:
            position = file.position
            piece = await file.take(min(_RECORDS, left))
            if not piece:
                del self._files_read[found.job_id]
                await self._end_import(found, failed)
                return
            bad = await self._store.write(jobs.apply_import, found, position, failed, piece)
            if bad is None:
                return
            failed += bad

    async def _opened(self, found: Job) -> ImportFile:
        """The file, at the record that is next. Raises FileTrouble where it has too many."""
        if found.position == 0:
            await _file_of(self._files, found).check(_most(found.kind))
        file = _file_of(self._files, found)
        await file.skip(found.position)
        if len(self._files_read) >= _FILES_READ:
            self._files_read.clear()
        self._files_read[found.job_id] = file
        return file

    async def _end_import(self, found: Job, failed: int) -> None:
        failures = await self._store.read(jobs.failures, found)
        file = f"{found.job_id}-failed.csv" if failures else None
        if file:
            await self._files.write(found.account_id, file, job.failures_file(failures, failed - len(failures)))
        await self._store.write(jobs.finish, found, JobStatus.COMPLETED, file=file)

    # -- exports -------------------------------------------------------------------------------------------------------

    async def _export(self, found: Job) -> None:
        state = self._exports.setdefault(found.job_id, _Export())
        work = self._metrics if found.kind is JobKind.METRICS_DATA else self._insights
        for _ in range(_STEPS):
            if await work(found, state):
                del self._exports[found.job_id]
                await self._end_export(found, state)
                return

    async def _metrics(self, found: Job, state: _Export) -> bool:
        """One step; true at the end."""
        source = found.request["ExportDataSource"]["MetricsDataSource"]
        where = found.account_id, found.region
        skip = len(state.metrics)
        rows = await self._store.read(metric_export.rows, *where, source, _span(source), skip, _METRIC_ROWS)
        state.metrics += rows
        state.looked_at += len(rows)
        return len(rows) < _METRIC_ROWS or len(state.metrics) >= _MOST_ROWS

    async def _insights(self, found: Job, state: _Export) -> bool:
        """One step; true at the end."""
        source = found.request["ExportDataSource"]["MessageInsightsDataSource"]
        most = min(_MOST_ROWS, source.get("MaxResults", _MOST_ROWS))
        rows, state.place, seen = await self._store.read(_insight_step, found, source, state.place)
        state.looked_at += seen
        state.rows += rows[: most - len(state.rows)]
        return state.place is None or len(state.rows) >= most

    async def _end_export(self, found: Job, state: _Export) -> None:
        kind = DataFormat(found.request["ExportDestination"]["DataFormat"])
        file = f"{found.job_id}.{kind.lower()}"
        await self._files.write(found.account_id, file, _content(found, kind, state))
        has_ended = await self._store.write(
            jobs.finish,
            found,
            JobStatus.COMPLETED,
            file=file,
            processed=state.looked_at,
            exported=len(state.rows) + len(state.metrics),
        )
        if not has_ended:
            await self._files.remove(found.account_id, file)  # it was cancelled meanwhile


def _most(kind: JobKind) -> int:
    return contact_import.MOST_CONTACTS if kind is JobKind.CONTACT_LIST else job.MOST_ADDRESSES


def _file_of(files: Files, found: Job) -> ImportFile:
    source = found.request["ImportDataSource"]
    name, data_format = ObjectName.parse(source["S3Url"]), DataFormat(source["DataFormat"])
    reader: LineReader = job.AddressReader(data_format, jobs.action_of(found))
    if found.kind is JobKind.CONTACT_LIST:
        reader = contact_import.ContactReader(data_format)
    return ImportFile(partial(files.read, found.account_id, name), reader)


def _content(found: Job, kind: DataFormat, state: _Export) -> bytes:
    if found.kind is JobKind.METRICS_DATA:
        names = metric_export.columns(found.request["ExportDataSource"]["MetricsDataSource"])
        write = job.metrics_csv if kind is DataFormat.CSV else job.metrics_json
        return write(*names, state.metrics)
    table = job.table_csv if kind is DataFormat.CSV else job.table_json
    return table(insights.COLUMNS, state.rows)


def _span(source: dict[str, Any]) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(source["StartDate"]), datetime.fromisoformat(source["EndDate"])


def _insight_step(
    tx: Tx, found: Job, source: dict[str, Any], start: Place | None
) -> tuple[list[dict[str, str]], Place | None, int]:
    """Rows of the recipients that are meant, where to go on, and how many recipients were looked at."""
    include = Filters.of_members(source.get("Include", {}))
    exclude = Filters.of_members(source.get("Exclude", {}))
    step = search.step(
        tx, found.account_id, found.region, _search(source, include), start=start, limit=search.STEP_ROWS
    )
    rows: list[dict[str, str]] = []
    seen = 0
    for message in step.messages:
        told = insight_rows.get(tx, found.account_id, found.region, message.message_id)
        seen += len(told.recipients)
        rows += [
            insights.export_row(told, recipient)
            for recipient in told.recipients
            if include.include(told, recipient) and not exclude.exclude(told, recipient)
        ]
    return rows, step.rest, seen


def _search(source: dict[str, Any], include: Filters) -> Search:
    """What narrows the walk: one address that is wanted, or one sender. Times are with both ends (ses: model)."""
    start, end = _span(source)
    return Search(
        recipients=include.destinations if len(include.destinations) == 1 else (),
        senders=include.senders if len(include.senders) == 1 else (),
        since=start.astimezone(UTC),
        until=end.astimezone(UTC) + datetime.resolution,
    )
