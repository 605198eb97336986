"""Import and export jobs: created over the API, done by the loop, their files read by links."""

import asyncio
import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from served import OTHER_ACCOUNT, PUBLIC_URL, SECRET, key_of

from population import (
    ACCOUNT,
    REGION,
    delivered,
    failed,
    identity,
    names,
    report,
    rows,
    submission,
)
from tayori import ids
from tayori.loops.jobs import JobWork
from tayori.model import job
from tayori.model.job import ImportRecord
from tayori.resources import accounts, jobs, search_index, suppression
from tayori.resources.deliveries import Deliveries
from tayori.resources.messages import Door
from tayori.store.engine import StoreUnavailable

BOTH = ["sqlite", "postgres"]
MANAGER_IS_OFF = "To use this feature you must enable Virtual Deliverability Manager"


@pytest.fixture
def client(service):
    for account_id in (ACCOUNT, OTHER_ACCOUNT):
        service.transact(accounts.grant, account_id, REGION, max_24_hour=-1, max_rate=-1)
    return service.client("sesv2")


@pytest.fixture
def work(service):
    """Let the loop do all there is to do."""
    loop = JobWork(service.store, service.tools.job_files)

    def work():
        async def until_idle():
            while await loop.tick() is not None:
                pass

        asyncio.run(until_idle())

    return work


def upload(service, path, data, account_id=ACCOUNT, *, method="PUT"):
    """As an account does it; the answer."""
    url = f"{service.url}/tayori/files/{path}"
    request = AWSRequest(method=method, url=url, data=data)
    SigV4Auth(Credentials(key_of(account_id), SECRET), "ses", REGION).add_auth(request)
    return requests.request(method, url, data=data, headers=dict(request.headers), timeout=30)


def fetch(service, link):
    """What a link of the service leads to."""
    assert link.startswith(f"{PUBLIC_URL}/tayori/files/")
    return requests.get(link.replace(PUBLIC_URL, service.url), timeout=30)


def import_job(client, url, *, action="PUT", data_format="CSV"):
    return client.create_import_job(
        ImportDestination={"SuppressionListDestination": {"SuppressionListImportAction": action}},
        ImportDataSource={"S3Url": url, "DataFormat": data_format},
    )["JobId"]


def listed(client):
    return {
        one["EmailAddress"]: one["Reason"]
        for one in client.list_suppressed_destinations()["SuppressedDestinationSummaries"]
    }


# -- imports -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_a_csv_is_imported_and_what_failed_is_told(client, service, work):
    data = "a@inbox.test,BOUNCE\r\nB@INBOX.test, COMPLAINT\n\nnobody,BOUNCE\nc@inbox.test,ANGER\nd@inbox.test\n"
    assert upload(service, "lists/week/addresses.csv", data.encode()).status_code == 200
    job_id = import_job(client, "s3://lists/week/addresses.csv")
    made = client.get_import_job(JobId=job_id)
    assert (made["JobStatus"], made["ProcessedRecordsCount"], made["FailedRecordsCount"]) == ("CREATED", 0, 0)
    assert "CompletedTimestamp" not in made and "FailureInfo" not in made
    work()
    assert listed(client) == {"a@inbox.test": "BOUNCE", "B@inbox.test": "COMPLAINT"}
    done = client.get_import_job(JobId=job_id)
    assert (done["JobStatus"], done["ProcessedRecordsCount"], done["FailedRecordsCount"]) == ("COMPLETED", 5, 3)
    assert done["ImportDataSource"] == {"S3Url": "s3://lists/week/addresses.csv", "DataFormat": "CSV"}
    assert abs(done["CompletedTimestamp"] - service.clock.now()) < timedelta(minutes=1)
    answer = fetch(service, done["FailureInfo"]["FailedRecordsS3Url"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    failures = list(csv.reader(io.StringIO(answer.text)))
    assert failures[0] == ["line", "record", "reason"]
    assert [row[:2] for row in failures[1:]] == [
        ["4", "nobody,BOUNCE"],
        ["5", "c@inbox.test,ANGER"],
        ["6", "d@inbox.test"],
    ]
    assert failures[2][2] == "Reason ANGER is invalid, must be one of [BOUNCE, COMPLAINT]."


def test_json_lines_are_imported_and_deleted(client, service, work):
    lines = [{"emailAddress": f"r{number}@inbox.test", "reason": "BOUNCE"} for number in range(3)]
    upload(service, "lists/a.json", "\n".join(map(json.dumps, lines)).encode())
    import_job(client, "s3://lists/a.json", data_format="JSON")
    work()
    assert list(listed(client)) == ["r0@inbox.test", "r1@inbox.test", "r2@inbox.test"]
    upload(service, "lists/b.csv", b"emailAddress\nr0@inbox.test\nr2@inbox.test\nnever@inbox.test\n")
    job_id = import_job(client, "s3://lists/b.csv", action="DELETE")
    work()
    assert list(listed(client)) == ["r1@inbox.test"]
    done = client.get_import_job(JobId=job_id)
    assert (done["ProcessedRecordsCount"], done["FailedRecordsCount"]) == (3, 0)


def test_an_import_goes_on_where_it_was_left(client, service, work):
    """A worker that dies in the middle has done what it noted, and nothing is done twice."""
    upload(service, "lists/a.csv", "".join(f"r{number}@inbox.test,BOUNCE\n" for number in range(1200)).encode())
    job_id = import_job(client, "s3://lists/a.csv")
    found = service.transact(jobs.next_open)
    piece = [
        ImportRecord(line=number + 1, text="", address=f"r{number}@inbox.test", reason="BOUNCE")
        for number in range(700)
    ]
    assert service.transact(jobs.apply_import, found, 0, 0, piece) == 0
    assert service.transact(jobs.apply_import, found, 0, 0, piece) is None  # a second worker that had read the same
    half = client.get_import_job(JobId=job_id)
    assert (half["JobStatus"], half["ProcessedRecordsCount"]) == ("PROCESSING", 700)
    service.transact(suppression.delete, ACCOUNT, REGION, "r0@inbox.test")
    work()
    assert client.get_import_job(JobId=job_id)["ProcessedRecordsCount"] == 1200
    everything = client.list_suppressed_destinations(PageSize=1000)
    rest = client.list_suppressed_destinations(PageSize=1000, NextToken=everything["NextToken"])
    addresses = [one["EmailAddress"] for page in (everything, rest) for one in page["SuppressedDestinationSummaries"]]
    assert len(addresses) == 1199 and "r0@inbox.test" not in addresses


class OftenAway:
    """A store whose database cannot be reached for every second write."""

    def __init__(self, store):
        self.clock, self.read = store.clock, store.read
        self._store, self._writes = store, 0

    async def write(self, fn, *args, **kwargs):
        self._writes += 1
        if self._writes % 2:
            raise StoreUnavailable("it is away")
        return await self._store.write(fn, *args, **kwargs)


def test_a_job_outlives_a_database_that_is_away(client, service):
    upload(service, "lists/a.csv", b"a@inbox.test,BOUNCE\nnobody,BOUNCE\n")
    job_id = import_job(client, "s3://lists/a.csv")
    loop = JobWork(OftenAway(service.store), service.tools.job_files)

    async def ticks():
        failures = 0
        for _ in range(10):
            try:
                if await loop.tick() is None:
                    return failures
            except StoreUnavailable:
                failures += 1
        return failures

    assert asyncio.run(ticks()) >= 2
    done = client.get_import_job(JobId=job_id)
    assert (done["JobStatus"], done["ProcessedRecordsCount"], done["FailedRecordsCount"]) == ("COMPLETED", 2, 1)
    assert listed(client) == {"a@inbox.test": "BOUNCE"}


def test_a_file_that_is_not_there_fails_the_job(client, work):
    job_id = import_job(client, "s3://lists/none.csv")
    work()
    done = client.get_import_job(JobId=job_id)
    assert (done["JobStatus"], done["FailureInfo"]["ErrorMessage"]) == ("FAILED", "The file cannot be read.")


def test_more_than_a_hundred_thousand_addresses_are_too_many(client, service, work):
    line = b"a@inbox.test,BOUNCE\n"
    upload(service, "lists/many.csv", line * (job.MOST_ADDRESSES + 1))
    job_id = import_job(client, "s3://lists/many.csv")
    work()
    done = client.get_import_job(JobId=job_id)
    assert (done["JobStatus"], done["ProcessedRecordsCount"]) == ("FAILED", 0)
    assert done["FailureInfo"]["ErrorMessage"] == "The file has more than 100000 addresses."
    assert listed(client) == {}


def test_files_of_another_account_cannot_be_imported(client, service, work):
    upload(service, "lists/theirs.csv", b"a@inbox.test,BOUNCE\n", OTHER_ACCOUNT)
    job_id = import_job(client, "s3://lists/theirs.csv")
    work()
    assert client.get_import_job(JobId=job_id)["JobStatus"] == "FAILED"
    other = service.client("sesv2", OTHER_ACCOUNT)
    with pytest.raises(other.exceptions.NotFoundException):
        other.get_import_job(JobId=job_id)
    assert other.list_import_jobs()["ImportJobs"] == []


@pytest.mark.parametrize(
    "url",
    ["s3://lists/../../etc/passwd", "s3://../x", "s3://lists//a", "s3://lists/./a", "s3://UP/a", "s3://lists/a\n"],
)
def test_names_that_lead_elsewhere_are_refused(client, url):
    with pytest.raises(client.exceptions.BadRequestException):
        import_job(client, url)


def test_an_accounts_files_are_bounded_and_can_be_deleted(client, service):
    folder = service.tools.job_files._folder / ACCOUNT
    assert upload(service, "lists/a.csv", b"x").status_code == 200
    with (folder / "big").open("wb") as big:
        big.truncate(512 * 1024 * 1024)
    refused = upload(service, "lists/b.csv", b"x")
    assert refused.status_code == 400 and "no room" in refused.text
    assert upload(service, "lists/b.csv", b"x", OTHER_ACCOUNT).status_code == 200
    (folder / "big").unlink()
    assert upload(service, "lists/b.csv", b"x").status_code == 200
    assert upload(service, "lists/a.csv", b"", method="DELETE").status_code == 200
    assert upload(service, "lists/a.csv", b"", method="DELETE").status_code == 404
    assert sorted(path.name for path in (folder / "lists").iterdir()) == ["b.csv"]
    for path in ("lists/../../results/x", "lists/%2e%2e/a", f"../{OTHER_ACCOUNT}/lists/b.csv"):
        assert upload(service, path, b"", method="DELETE").status_code in (400, 403, 404), path
    assert (folder.parent / OTHER_ACCOUNT / "lists" / "b.csv").exists()


def test_a_link_out_of_the_folder_is_not_followed(client, service, work, tmp_path):
    (tmp_path / "secret.csv").write_text("a@inbox.test,BOUNCE\n")
    upload(service, "lists/a.csv", b"x")
    inside = service.tools.job_files._folder / ACCOUNT / "lists"
    (inside / "b.csv").symlink_to(tmp_path / "secret.csv")
    job_id = import_job(client, "s3://lists/b.csv")
    work()
    assert client.get_import_job(JobId=job_id)["JobStatus"] == "FAILED" and listed(client) == {}


def test_what_an_import_cannot_be_for_is_refused(client):
    source = {"S3Url": "s3://lists/a.csv", "DataFormat": "CSV"}
    contacts = {"ContactListDestination": {"ContactListName": "all", "ContactListImportAction": "PUT"}}
    put = {"SuppressionListDestination": {"SuppressionListImportAction": "PUT"}}
    with pytest.raises(client.exceptions.NotFoundException, match="List with name: all doesn't exist"):
        client.create_import_job(ImportDestination=contacts, ImportDataSource=source)
    for destination in ({}, contacts | put):
        with pytest.raises(client.exceptions.BadRequestException, match="One import destination"):
            client.create_import_job(ImportDestination=destination, ImportDataSource=source)


def test_the_sandbox_has_no_list_to_manage(service):
    client = service.client("sesv2")
    with pytest.raises(client.exceptions.BadRequestException, match="production access"):
        import_job(client, "s3://lists/a.csv")
    with pytest.raises(client.exceptions.BadRequestException, match="production access"):
        client.put_suppressed_destination(EmailAddress="a@inbox.test", Reason="BOUNCE")


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_twenty_jobs_at_a_time_listed_newest_first_and_paged(client, service, work):
    made = []
    for _ in range(20):
        service.clock.advance(1)
        made.append(import_job(client, "s3://lists/none.csv"))
    with pytest.raises(client.exceptions.LimitExceededException):
        import_job(client, "s3://lists/none.csv")
    found, token = [], {}
    while True:
        page = client.list_import_jobs(PageSize=7, ImportDestinationType="SUPPRESSION_LIST", **token)
        found += [one["JobId"] for one in page["ImportJobs"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert found == made[::-1]
    assert client.list_import_jobs(ImportDestinationType="CONTACT_LIST")["ImportJobs"] == []
    with pytest.raises(client.exceptions.BadRequestException):
        client.list_export_jobs(**token)
    work()
    assert {one["JobStatus"] for one in client.list_import_jobs()["ImportJobs"]} == {"FAILED"}
    import_job(client, "s3://lists/none.csv")


def test_old_jobs_are_forgotten_with_their_files(client, service, work):
    upload(service, "lists/a.csv", b"nobody,BOUNCE\n")
    job_id = import_job(client, "s3://lists/a.csv")
    work()
    link = client.get_import_job(JobId=job_id)["FailureInfo"]["FailedRecordsS3Url"]
    assert fetch(service, link).status_code == 200
    service.clock.advance(31 * 86400)
    work()
    with pytest.raises(client.exceptions.NotFoundException):
        client.get_import_job(JobId=job_id)
    assert fetch(service, link).status_code == 403


def test_links_end_and_cannot_be_turned(client, service, work):
    upload(service, "lists/a.csv", b"nobody,BOUNCE\n")
    job_id = import_job(client, "s3://lists/a.csv")
    work()
    link = client.get_import_job(JobId=job_id)["FailureInfo"]["FailedRecordsS3Url"]
    assert fetch(service, link).status_code == 200
    for wrong in (
        link.replace(ACCOUNT, OTHER_ACCOUNT),
        link.replace("expires=", "expires=9"),
        link[:-1] + ("0" if link[-1] != "0" else "1"),
        link.partition("?")[0],
        link.replace(job_id, f"..%2f{job_id}"),
    ):
        assert fetch(service, wrong).status_code == 403, wrong
    service.clock.advance(3601)
    assert fetch(service, link).status_code == 403


# -- exports -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def manager(client):
    """Accounts with the Virtual Deliverability Manager."""
    client.put_account_vdm_attributes(VdmAttributes={"VdmEnabled": "ENABLED"})
    return client


@pytest.fixture
def sent(service, client):
    """Three messages, one of which bounced, in the index."""
    service.transact(identity, "example.com")
    worker = Deliveries(names, "one")
    found = []
    for recipient, verdict in (
        ("a@inbox.test", delivered()),
        ("gone@inbox.test", failed()),
        ("c@gmail.com", delivered()),
    ):
        service.clock.advance(1)
        message_id = ids.message_id(REGION, service.clock.now())
        wanted = submission(recipient, message_id=message_id, subject=f'For "{recipient}"')
        service.transact(Door(names, "nobody", lambda stream: False).accept, [wanted])
        (outgoing,) = service.transact(worker.claim, 10, 10_000_000)
        host = "gmail-smtp-in.l.google.com" if "gmail" in recipient else "mx.inbox.test"
        told = report(outgoing, verdict, started_at=service.clock.now(), host=host)
        service.transact(worker.record, rows([told]))
        found.append(message_id)
    service.clock.advance(5)
    piece = service.transact(search_index.next_piece, "0100")
    service.transact(search_index.write, piece)
    return found


def export(client, source, data_format="CSV", **destination):
    return client.create_export_job(
        ExportDataSource=source, ExportDestination={"DataFormat": data_format, **destination}
    )["JobId"]


def insights(**members):
    now = datetime.now(UTC)
    return {
        "MessageInsightsDataSource": {
            "StartDate": now - timedelta(days=1),
            "EndDate": now + timedelta(days=1),
            **members,
        }
    }


def metrics(start=None, **members):
    day = (start or datetime.now(UTC)).replace(hour=0, minute=0, second=0, microsecond=0)
    values = {
        "Dimensions": {"ISP": ["*"]},
        "Namespace": "VDM",
        "Metrics": [{"Name": "SEND", "Aggregation": "VOLUME"}, {"Name": "DELIVERY", "Aggregation": "RATE"}],
        "StartDate": day - timedelta(days=1),
        "EndDate": day + timedelta(days=2),
    }
    return {"MetricsDataSource": values | members}


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_message_insights_are_exported(manager, service, sent, work):
    job_id = export(manager, insights())
    work()
    done = manager.get_export_job(JobId=job_id)
    assert (done["JobStatus"], done["ExportSourceType"]) == ("COMPLETED", "MESSAGE_INSIGHTS")
    assert done["Statistics"] == {"ProcessedRecordsCount": 3, "ExportedRecordsCount": 3}
    assert abs(done["ExportDataSource"]["MessageInsightsDataSource"]["StartDate"] - datetime.now(UTC)) < timedelta(
        days=2
    )
    answer = fetch(service, done["ExportDestination"]["S3Url"])
    lines = answer.text.splitlines()
    assert lines[0].startswith('"messageid","sendtimestamp","isp","fromaddress","destination","subject",')
    assert all(line.endswith(",") for line in lines)
    found = {row["destination"]: row for row in csv.DictReader(io.StringIO(answer.text))}
    assert [row["messageid"] for row in found.values()] == sent[::-1]
    assert found["a@inbox.test"]["last_delivery_event"] == "DELIVERY"
    assert found["a@inbox.test"]["subject"] == 'For "a@inbox.test"'
    gone = found["gone@inbox.test"]
    assert (gone["last_delivery_event"], gone["bounce_sub_type"]) == ("PERMANENT_BOUNCE", "General")
    assert gone["diagnostic_code"] == "smtp; 550 5.1.1 user unknown"
    assert gone["sendtimestamp"].endswith(" UTC")
    assert found["c@gmail.com"]["isp"] == "GMAIL"


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"Include": {"Destination": ["a@inbox.test"]}}, ["a@inbox.test"]),
        ({"Include": {"Destination": ["a@inbox.test", "C@gmail.com"]}}, ["a@inbox.test", "c@gmail.com"]),
        ({"Include": {"LastDeliveryEvent": ["PERMANENT_BOUNCE"]}}, ["gone@inbox.test"]),
        ({"Include": {"Isp": ["GMAIL"], "LastDeliveryEvent": ["DELIVERY"]}}, ["c@gmail.com"]),
        ({"Exclude": {"Isp": ["GMAIL"]}}, ["a@inbox.test", "gone@inbox.test"]),
        (
            {"Exclude": {"Isp": ["GMAIL"], "LastDeliveryEvent": ["SEND"]}},
            ["a@inbox.test", "c@gmail.com", "gone@inbox.test"],
        ),
        ({"Include": {"FromEmailAddress": ["other@example.com"]}}, []),
        ({"Include": {"LastEngagementEvent": ["OPEN"]}}, []),
    ],
)
def test_filters_narrow_an_export(manager, service, sent, work, members, expected):
    job_id = export(manager, insights(**members), "JSON")
    work()
    answer = fetch(service, manager.get_export_job(JobId=job_id)["ExportDestination"]["S3Url"])
    assert answer.headers["content-type"] == "application/json"
    assert sorted(row["destination"] for row in answer.json()) == expected


def test_an_export_has_at_most_as_many_rows_as_were_asked_for(manager, service, sent, work):
    job_id = export(manager, insights(MaxResults=2), "JSON")
    work()
    done = manager.get_export_job(JobId=job_id)
    assert len(fetch(service, done["ExportDestination"]["S3Url"]).json()) == 2
    assert done["Statistics"]["ExportedRecordsCount"] == 2


def test_metrics_are_exported(manager, service, sent, work):
    job_id = export(manager, metrics())
    as_json = export(manager, metrics(), "JSON")
    work()
    answer = fetch(service, manager.get_export_job(JobId=job_id)["ExportDestination"]["S3Url"])
    assert answer.text.splitlines() == [
        "ISP,SEND_VOLUME,DELIVERY_RATE",
        "GMAIL,1.0000,1.0000",
        "UNKNOWN_ISP,2.0000,0.5000",
    ]
    answer = fetch(service, manager.get_export_job(JobId=as_json)["ExportDestination"]["S3Url"])
    assert answer.json()[0] == {"isp": "GMAIL", "metrics": {"SEND_VOLUME": 1.0, "DELIVERY_RATE": 1.0}}
    named = {"EMAIL_IDENTITY": ["example.com", "other.example"], "CONFIGURATION_SET": ["none"]}
    job_id = export(manager, metrics(Dimensions=named))
    work()
    answer = fetch(service, manager.get_export_job(JobId=job_id)["ExportDestination"]["S3Url"])
    assert answer.text.splitlines()[1:] == ["example.com,none,0.0000,0.0000", "other.example,none,0.0000,0.0000"]


def test_without_the_manager_there_are_no_exports(client):
    with pytest.raises(client.exceptions.BadRequestException) as refusal:
        export(client, insights())
    assert refusal.value.response["Error"]["Message"] == MANAGER_IS_OFF


def test_an_own_destination_is_refused_before_anything_else(client):
    with pytest.raises(client.exceptions.BadRequestException, match="Providing a custom S3 URL is not supported"):
        export(client, insights(), S3Url="s3://mine/a.csv")
    for source in ({}, insights() | metrics()):
        with pytest.raises(client.exceptions.BadRequestException, match="One data source must be provided"):
            export(client, source)


def test_dates_must_be_a_range_and_of_metrics_whole_days(manager):
    now = datetime.now(UTC)
    with pytest.raises(manager.exceptions.BadRequestException, match="Invalid date range"):
        export(manager, insights(StartDate=now, EndDate=now))
    with pytest.raises(manager.exceptions.BadRequestException, match="go from midnight to midnight UTC"):
        export(manager, metrics(EndDate=now.replace(hour=1) + timedelta(days=1)))


def test_an_export_can_be_cancelled_until_it_has_ended(manager, service, work):
    first, second = export(manager, insights()), export(manager, insights())
    manager.cancel_export_job(JobId=first)
    work()
    jobs_now = {one["JobId"]: one["JobStatus"] for one in manager.list_export_jobs()["ExportJobs"]}
    assert jobs_now == {first: "CANCELLED", second: "COMPLETED"}
    assert "S3Url" not in manager.get_export_job(JobId=first)["ExportDestination"]
    for job_id, status in jobs_now.items():
        with pytest.raises(manager.exceptions.BadRequestException) as refusal:
            manager.cancel_export_job(JobId=job_id)
        assert refusal.value.response["Error"]["Message"] == (
            f"Cannot cancel an export job that has a <{status}> status."
        )
    assert [one["JobId"] for one in manager.list_export_jobs(JobStatus="CANCELLED")["ExportJobs"]] == [first]
    assert manager.list_export_jobs(ExportSourceType="METRICS_DATA")["ExportJobs"] == []


def test_an_unknown_export_job_is_an_invalid_one(manager):
    for operation in (manager.get_export_job, manager.cancel_export_job):
        with pytest.raises(manager.exceptions.BadRequestException) as refusal:
            operation(JobId="nonsense")
        assert refusal.value.response["Error"]["Message"] == "Invalid JobId"


def test_too_many_exports_are_refused_in_words_of_their_kind(manager):
    for _ in range(20):
        export(manager, insights())
    with pytest.raises(manager.exceptions.LimitExceededException) as refusal:
        export(manager, metrics())
    assert refusal.value.response["Error"]["Message"] == (
        "There are too many <METRICS_DATA> export jobs running - either cancel one of the jobs or wait for it to"
        " complete before resubmitting."
    )
