"""The files of jobs on a server that speaks S3: moto's, with boto3 as the account's own client."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests

from tayori.app.job_buckets import BucketFiles
from tayori.model.job import FileTrouble, ObjectName
from tayori.sections import JobSettings

pytest.importorskip("moto.server", reason="moto's server comes with the group dev")

ACCOUNT, OTHER = "111122223333", "999900001111"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(20)
    server.server_close()


@pytest.fixture
def s3(endpoint: str) -> Iterator[Any]:
    client = boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="key", aws_secret_access_key="secret"
    )
    for bucket in ("results", "lists", "common", "mail"):
        client.create_bucket(Bucket=bucket)
    yield client
    client.close()


@pytest.fixture
def files(endpoint: str, s3: Any) -> Iterator[BucketFiles]:
    settings = JobSettings(
        s3_endpoint=endpoint,
        s3_access_key_id="key",
        s3_secret_access_key="secret",
        s3_bucket="results",
        s3_imports={"lists": ACCOUNT, "common": "*"},
        s3_received={"mail": ACCOUNT, "common": "*", "gone": "*"},
    )
    found = BucketFiles(settings)
    yield found
    found.close()


def test_received_mail_goes_into_the_accounts_own_bucket(files: BucketFiles, s3: Any, run: Any) -> None:
    run(files.put(ACCOUNT, ObjectName("mail", "in/1"), b"Subject: x\r\n"))
    found = s3.get_object(Bucket="mail", Key="in/1")
    assert (found["Body"].read(), found["ContentType"]) == (b"Subject: x\r\n", "message/rfc822")
    run(files.put(OTHER, ObjectName("common", "1"), b""))
    for account_id, bucket in ((OTHER, "mail"), (ACCOUNT, "lists"), (ACCOUNT, "gone")):
        with pytest.raises(FileTrouble):
            run(files.put(account_id, ObjectName(bucket, "1"), b""))


def test_an_import_is_read_from_the_accounts_own_bucket(files: BucketFiles, s3: Any, run: Any) -> None:
    s3.put_object(Bucket="lists", Key="week/a.csv", Body=b"a@inbox.test,BOUNCE\n")
    name = ObjectName.parse("s3://lists/week/a.csv")
    assert run(files.read(ACCOUNT, name, 0, 100)) == b"a@inbox.test,BOUNCE\n"
    assert [run(files.read(ACCOUNT, name, offset, 7)) for offset in (0, 14, 20, 99)] == [
        b"a@inbox",
        b"OUNCE\n",
        b"",
        b"",
    ]
    for bucket in ("lists", "results"):
        with pytest.raises(FileTrouble, match="may not import from that bucket"):
            run(files.read(OTHER, ObjectName(bucket, "week/a.csv"), 0, 100))
    s3.put_object(Bucket="common", Key="a.csv", Body=b"x")
    assert run(files.read(OTHER, ObjectName("common", "a.csv"), 0, 100)) == b"x"


def test_what_is_not_there_is_told_in_a_sentence(files: BucketFiles, run: Any) -> None:
    with pytest.raises(FileTrouble, match="The server of the bucket said: NoSuchKey"):
        run(files.read(ACCOUNT, ObjectName("lists", "none.csv"), 0, 100))


def test_what_jobs_write_is_read_by_a_signed_link_and_removed(files: BucketFiles, run: Any) -> None:
    run(files.write(ACCOUNT, "job-1.csv", b"line,record\n"))
    link = files.link(ACCOUNT, "job-1.csv")
    assert "Signature" in link and f"/results/{ACCOUNT}/job-1.csv" in link
    answer = requests.get(link, timeout=10)
    assert (answer.status_code, answer.content) == (200, b"line,record\n")
    assert answer.headers["content-type"].startswith("text/csv")
    run(files.remove(ACCOUNT, "job-1.csv"))
    assert requests.get(link, timeout=10).status_code == 404
    run(files.remove(ACCOUNT, "job-1.csv"))


def test_a_server_that_is_away_is_told_in_a_sentence(run: Any, tmp_path: Path) -> None:
    away = BucketFiles(
        JobSettings(
            s3_endpoint="http://127.0.0.1:9",
            s3_access_key_id="key",
            s3_secret_access_key="secret",
            s3_bucket="results",
            s3_imports={"lists": "*"},
        )
    )
    try:
        with pytest.raises(FileTrouble, match="cannot be reached"):
            run(away.read(ACCOUNT, ObjectName("lists", "a.csv"), 0, 100))
    finally:
        away.close()
