"""Contacts that come in files: what a line says, what is wrong with another, and what becomes of the list."""

import asyncio
import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_job_operations import fetch, upload

from tayori.loops.import_file import ImportFile
from tayori.loops.jobs import JobWork
from tayori.model import contact_import
from tayori.model.contact_list import Status
from tayori.model.import_lines import LONGEST_LINE, Lines
from tayori.model.job import DataFormat, FileTrouble

NEWS = {"TopicName": "News", "DisplayName": "News", "DefaultSubscriptionStatus": "OPT_IN"}
CSV = (
    "\ufeffemailAddress,unsubscribeAll,attributesData,topicPreferences.News\n"
    'hana@inbox.test,false,"{""name"":""花, 子""}",OPT_OUT\n'
    "taro@inbox.test,true,,\n"
    "\n"
    "nobody,false,,\n"
    "ken@inbox.test,perhaps,,\n"
    "yui@inbox.test,false,,MAYBE\n"
    "aoi@inbox.test,false,,OPT_IN,more\n"
).encode()


@pytest.fixture
def client(service):
    client = service.client("sesv2")
    client.create_contact_list(ContactListName="customers", Topics=[NEWS])
    return client


@pytest.fixture
def done(service, client):
    """`done(content, format, action)`: what GetImportJob says once the job has ended."""
    loop = JobWork(service.store, service.tools.job_files)

    async def until_idle():
        while await loop.tick() is not None:
            pass

    def done(content, data_format="CSV", action="PUT"):
        assert upload(service, "lists/contacts", content).status_code in (200, 201, 204)
        destination = {"ContactListName": "customers", "ContactListImportAction": action}
        job_id = client.create_import_job(
            ImportDestination={"ContactListDestination": destination},
            ImportDataSource={"S3Url": "s3://lists/contacts", "DataFormat": data_format},
        )["JobId"]
        asyncio.run(until_idle())
        return client.get_import_job(JobId=job_id)

    return done


def shown(client):
    """By address: unsubscribed from everything, by topic, attributes."""
    found = {}
    for one in client.list_contacts(ContactListName="customers")["Contacts"]:
        whole = client.get_contact(ContactListName="customers", EmailAddress=one["EmailAddress"])
        chosen = {item["TopicName"]: item["SubscriptionStatus"] for item in whole["TopicPreferences"]}
        found[one["EmailAddress"]] = whole["UnsubscribeAll"], chosen, whole.get("AttributesData")
    return found


@pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)
def test_a_csv_file_is_taken_over_and_its_bad_lines_are_told(service, client, done):
    job = done(CSV)
    assert (job["JobStatus"], job["ProcessedRecordsCount"], job["FailedRecordsCount"]) == ("COMPLETED", 6, 4)
    assert job["ImportDestination"]["ContactListDestination"]["ContactListName"] == "customers"
    assert shown(client) == {
        "hana@inbox.test": (False, {"News": "OPT_OUT"}, '{"name":"花, 子"}'),
        "taro@inbox.test": (True, {}, None),
    }
    reasons = fetch(service, job["FailureInfo"]["FailedRecordsS3Url"]).text
    for reason in ("EmailAddress <nobody> is invalid", "unsubscribeAll is", "SubscriptionStatus MAYBE", "more cells"):
        assert reason in reasons
    assert [one["JobId"] for one in client.list_import_jobs(ImportDestinationType="CONTACT_LIST")["ImportJobs"]] == [
        job["JobId"]
    ]
    assert client.list_import_jobs(ImportDestinationType="SUPPRESSION_LIST")["ImportJobs"] == []


def test_json_lines_merge_into_who_is_there_and_unknown_topics_are_told(client, done):
    sports = [{"topicName": "Sports", "subscriptionStatus": "OPT_IN"}]
    news = [{"topicName": "News", "subscriptionStatus": "OPT_IN"}]
    client.create_contact(
        ContactListName="customers",
        EmailAddress="Hana@inbox.test",
        TopicPreferences=[{"TopicName": "News", "SubscriptionStatus": "OPT_OUT"}],
        UnsubscribeAll=True,
    )
    lines = [
        {"emailAddress": "hana@inbox.test", "unsubscribeAll": False},
        {"emailAddress": "taro@inbox.test", "topicPreferences": news, "attributesData": "{}"},
        {"emailAddress": "ken@inbox.test", "topicPreferences": sports},
    ]
    job = done("\n".join(json.dumps(line) for line in lines).encode(), "JSON")
    assert (job["ProcessedRecordsCount"], job["FailedRecordsCount"]) == (3, 1)
    assert shown(client) == {
        "Hana@inbox.test": (False, {"News": "OPT_OUT"}, None),
        "taro@inbox.test": (False, {"News": "OPT_IN"}, "{}"),
    }


def test_contacts_are_deleted_by_a_file_of_addresses(client, done):
    for address in ("hana@inbox.test", "taro@inbox.test"):
        client.create_contact(ContactListName="customers", EmailAddress=address)
    job = done(b"HANA@inbox.test\nken@inbox.test\n", action="DELETE")
    assert (job["JobStatus"], job["FailedRecordsCount"]) == ("COMPLETED", 0)
    assert list(shown(client)) == ["taro@inbox.test"]


def test_an_import_goes_on_behind_a_crash_where_it_was(service, client):
    """The new node has nothing but the rows and the file, which is larger than a block."""
    count = 12_000
    lines = [b"emailAddress,attributesData"] + [b"r%d@inbox.test,%s" % (number, b"x" * 90) for number in range(count)]
    lines[5000] = b"nobody"
    content = b"\r\n".join(lines)
    assert len(content) > 1024 * 1024
    upload(service, "lists/contacts", content)
    job_id = client.create_import_job(
        ImportDestination={
            "ContactListDestination": {"ContactListName": "customers", "ContactListImportAction": "PUT"}
        },
        ImportDataSource={"S3Url": "s3://lists/contacts", "DataFormat": "CSV"},
    )["JobId"]
    asyncio.run(JobWork(service.store, service.tools.job_files).tick())
    job = client.get_import_job(JobId=job_id)
    told = job["JobStatus"], job["ProcessedRecordsCount"], job["FailedRecordsCount"]
    assert told == ("PROCESSING", 10_000, 1)
    client.delete_contact(ContactListName="customers", EmailAddress="r7@inbox.test")  # it does not come again
    asyncio.run(JobWork(service.store, service.tools.job_files).tick())
    job = client.get_import_job(JobId=job_id)
    told = job["JobStatus"], job["ProcessedRecordsCount"], job["FailedRecordsCount"]
    assert told == ("COMPLETED", count, 1)
    found = service.transact(lambda tx: tx.connection.exec_driver_sql("SELECT count(*) FROM contacts").scalar())
    assert found == count - 2


def test_a_file_with_too_many_records_is_refused_before_anything_is_done(run):
    data = b"emailAddress\na@b.test\n\nb@b.test\nc@b.test"

    async def read(offset, most):
        return data[offset : offset + min(most, 7)]

    async def check(most):
        await ImportFile(read, contact_import.ContactReader(DataFormat.CSV)).check(most)

    run(check(3))
    with pytest.raises(FileTrouble, match="more than 2 addresses"):
        run(check(2))


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([b"a", b"\n", b"\r\n", b"\xef\xbb\xbf", b"long", b" "]), max_size=12),
    st.lists(st.integers(0, 1000), max_size=5),
)
def test_lines_are_the_same_in_whatever_blocks_they_come(pieces, thousandths):
    data = b"".join(b"x" * 200_000 if piece == b"long" else piece for piece in pieces)
    cuts = sorted(len(data) * part // 1000 for part in thousandths)
    lines = Lines()
    found = []
    for start, end in pairwise([0, *cuts, len(data)]):
        found += lines.feed(data[start:end])
    found += lines.end()
    whole = enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1)
    expected = [(number, line.strip()) for number, line in whole if line.strip()]
    assert [(number, line[:LONGEST_LINE]) for number, line in found] == [
        (number, line[:LONGEST_LINE]) for number, line in expected
    ]


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"   ", b"\n"])
@pytest.mark.parametrize("after", [b"", b"   ", b" b@b.test", b"\n"])
def test_a_line_that_was_cut_is_never_taken_for_a_whole_one(before, after):
    """What does not belong to the line is no reason to think it short."""
    lines = Lines()
    data = before + b"x" * LONGEST_LINE + b"x" + after
    ((number, line),) = [*lines.feed(data[:-1]), *lines.feed(data[-1:]), *lines.end()]
    assert len(line) > LONGEST_LINE
    assert number == 1 + before.count(b"\n")


@pytest.mark.parametrize(
    "line",
    [b"x", b"[]", b"{}", b"1", b'{"emailAddress": 1}', b'{"emailAddress": "a@b.test", "unsubscribeAll": "no"}',
     b'{"emailAddress": "a@b.test", "topicPreferences": [1]}', b'{"emailAddress": "a@b.test", "topicPreferences": 1}',
     b'{"emailAddress": "a@b.test", "attributesData": {}}', b"[" * 100_000, b"\xff\xfe", b"9" * 5000],
)  # fmt: skip
def test_whatever_a_line_is_it_is_told_and_no_more(line):
    (found,) = contact_import.records(line, DataFormat.JSON)
    assert found.error and found.contact is None


def test_a_line_says_what_is_wanted():
    line = b'{"emailAddress":"a@B.test","topicPreferences":[{"topicName":"News","subscriptionStatus":"OPT_OUT"}]}'
    (found,) = contact_import.records(line, DataFormat.JSON)
    assert (found.address, found.error) == ("a@b.test", "")
    assert found.contact.wants.chosen == {"News": Status.OPT_OUT} and not found.contact.wants.unsubscribed
