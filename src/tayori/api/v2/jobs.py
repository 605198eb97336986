"""Import jobs for the suppression list and for contact lists, and export jobs of message insights and metrics.

Order and words of what is refused are SES's where they were seen (ses: probed): an export's own destination before
the Virtual Deliverability Manager, that before the dates.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tayori import ids
from tayori.api.registry import Call, ComposeCall, Request, Response, operation
from tayori.model.errors import Invalid, NotFound
from tayori.model.job import Files, JobKind, ObjectName
from tayori.resources import accounts, contact_lists, jobs, suppression
from tayori.resources.jobs import Job
from tayori.store.tables import to_micros

_PAGE, _MOST = 100, 1000
_IMPORTS = (JobKind.SUPPRESSION_LIST, JobKind.CONTACT_LIST)
_EXPORTS = (JobKind.METRICS_DATA, JobKind.MESSAGE_INSIGHTS)
_SOURCES = {"MetricsDataSource": JobKind.METRICS_DATA, "MessageInsightsDataSource": JobKind.MESSAGE_INSIGHTS}


# -- imports -----------------------------------------------------------------------------------------------------------


@operation("sesv2", "CreateImportJob")
def create_import_job(call: Call, request: Request) -> Response:
    destination = request["ImportDestination"]
    if len(destination) != 1:
        raise Invalid("One import destination must be provided")
    ObjectName.parse(request["ImportDataSource"]["S3Url"])
    kind = JobKind.CONTACT_LIST if "ContactListDestination" in destination else JobKind.SUPPRESSION_LIST
    if kind is JobKind.CONTACT_LIST:
        contact_lists.get(
            call.tx, call.account_id, call.region, destination["ContactListDestination"]["ContactListName"]
        )
    else:
        suppression.require_production(call.tx, call.account_id, call.region)
    job_id = ids.request_id()
    jobs.create(call.tx, call.account_id, call.region, kind, _plain(request), job_id)
    return {"JobId": job_id}


@operation("sesv2", "GetImportJob", mode="compose")
async def get_import_job(call: ComposeCall, request: Request) -> Response:
    job = await call.store.read(jobs.get_import, call.account_id, call.region, request["JobId"])
    failure = {"ErrorMessage": job.error} if job.error else {}
    if job.file:
        failure["FailedRecordsS3Url"] = _files(call).link(job.account_id, job.file)
    return (
        _import_summary(job)
        | {"ImportDataSource": job.request["ImportDataSource"]}
        | _completed(job)
        | ({"FailureInfo": failure} if failure else {})
    )


@operation("sesv2", "ListImportJobs")
def list_import_jobs(call: Call, request: Request) -> Response:
    wanted = request.get("ImportDestinationType", "")
    kinds = (JobKind(wanted),) if wanted else _IMPORTS
    found, following = _page(call, request, f"import-jobs/{wanted}", kinds, "")
    return {"ImportJobs": [_import_summary(job) for job in found]} | following


def _import_summary(job: Job) -> dict[str, Any]:
    return {
        "JobId": job.job_id,
        "ImportDestination": job.request["ImportDestination"],
        "JobStatus": job.status,
        "CreatedTimestamp": job.created_at,
        "ProcessedRecordsCount": job.processed,
        "FailedRecordsCount": job.failed,
    }


# -- exports -----------------------------------------------------------------------------------------------------------


@operation("sesv2", "CreateExportJob")
def create_export_job(call: Call, request: Request) -> Response:
    given = request["ExportDataSource"]
    if len(given) != 1:
        raise Invalid("One data source must be provided")
    if "S3Url" in request["ExportDestination"]:
        raise Invalid("Providing a custom S3 URL is not supported")
    _require_vdm(call)
    ((name, source),) = given.items()
    kind = _SOURCES[name]
    if not source["StartDate"] < source["EndDate"]:
        raise Invalid("Invalid date range")
    if kind is JobKind.METRICS_DATA and not (_is_midnight(source["StartDate"]) and _is_midnight(source["EndDate"])):
        raise Invalid(
            "To get daily aggregated data you must not specify partial-day timestamps. "
            "Please make your interval go from midnight to midnight UTC."
        )
    job_id = ids.request_id()
    jobs.create(call.tx, call.account_id, call.region, kind, _plain(request), job_id)
    return {"JobId": job_id}


def _require_vdm(call: Call) -> None:
    """Here the same sentence is a bad request (ses: probed)."""
    try:
        accounts.require_vdm(call.tx, call.account_id, call.region)
    except NotFound as refusal:
        raise Invalid(refusal.message) from refusal


def _is_midnight(moment: datetime) -> bool:
    utc = moment.astimezone(UTC)
    return (utc.hour, utc.minute, utc.second, utc.microsecond) == (0, 0, 0, 0)


@operation("sesv2", "GetExportJob", mode="compose")
async def get_export_job(call: ComposeCall, request: Request) -> Response:
    job = await call.store.read(jobs.get_export, call.account_id, call.region, request["JobId"])
    destination = dict(job.request["ExportDestination"])
    if job.file:
        destination["S3Url"] = _files(call).link(job.account_id, job.file)
    answer = _export_summary(job) | {
        "ExportDestination": destination,
        "ExportDataSource": _dated(job.request["ExportDataSource"]),
    }
    if not job.status.is_open:
        answer["Statistics"] = {"ProcessedRecordsCount": job.processed, "ExportedRecordsCount": job.exported}
    return answer | ({"FailureInfo": {"ErrorMessage": job.error}} if job.error else {})


@operation("sesv2", "ListExportJobs")
def list_export_jobs(call: Call, request: Request) -> Response:
    wanted, status = request.get("ExportSourceType", ""), request.get("JobStatus", "")
    kinds = (JobKind(wanted),) if wanted else _EXPORTS
    found, following = _page(call, request, f"export-jobs/{wanted}/{status}", kinds, status)
    return {"ExportJobs": [_export_summary(job) for job in found]} | following


@operation("sesv2", "CancelExportJob")
def cancel_export_job(call: Call, request: Request) -> Response:
    jobs.cancel_export(call.tx, call.account_id, call.region, request["JobId"])
    return {}


def _export_summary(job: Job) -> dict[str, Any]:
    summary = {
        "JobId": job.job_id,
        "ExportSourceType": job.kind,
        "JobStatus": job.status,
        "CreatedTimestamp": job.created_at,
    }
    return summary | _completed(job)


# -- both --------------------------------------------------------------------------------------------------------------


def _completed(job: Job) -> dict[str, Any]:
    return {"CompletedTimestamp": job.completed_at} if job.completed_at else {}


def _files(call: ComposeCall) -> Files:
    files: Files = call.tools.job_files
    return files


def _page(
    call: Call, request: Request, name: str, kinds: tuple[JobKind, ...], status: str
) -> tuple[list[Job], dict[str, str]]:
    size = request.get("PageSize", _PAGE)
    if not 1 <= size <= _MOST:
        raise Invalid(f"The page size must be between 1 and {_MOST}")
    bound_to = f"{name}/{call.account_id}/{call.region}"
    token = request.get("NextToken")
    before = None
    if token:
        at, last = call.pages.decode(bound_to, token)
        before = int(str(at)), str(last)
    if not kinds:
        return [], {}
    found = jobs.page(call.tx, call.account_id, call.region, kinds=kinds, status=status, before=before, limit=size + 1)
    if len(found) <= size:
        return found, {}
    end = found[size - 1]
    return found[:size], {"NextToken": call.pages.encode(bound_to, [to_micros(end.created_at), end.job_id])}


def _plain(value: Any) -> Any:
    """As JSON keeps it: times as texts."""
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def _dated(source: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {
            key: datetime.fromisoformat(item) if key in ("StartDate", "EndDate") else item for key, item in one.items()
        }
        for name, one in source.items()
    }
