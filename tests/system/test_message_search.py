"""In a running service: a message is found soon after it was sent, and an import job does its work."""

import json
from urllib.parse import quote, urlencode

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from service import Service, until

SENDER = "news@shop.test"


def call(service: Service, method: str, path: str, data: bytes = b"") -> requests.Response:
    """Signed as for SES."""
    keys = service.rehearsal.boto3
    request = AWSRequest(method=method, url=f"{keys['endpoint_url']}{path}", data=data)
    credentials = Credentials(keys["aws_access_key_id"], keys["aws_secret_access_key"])
    SigV4Auth(credentials, "ses", keys["region_name"]).add_auth(request)
    prepared = request.prepare()
    return requests.request(method, prepared.url, data=data, headers=dict(prepared.headers.items()), timeout=30)


def test_a_sent_message_is_found_with_what_became_of_it(service: Service) -> None:
    message_id = service.send("found@inbox.test", sender=SENDER, subject="Searchable 4711")
    service.rehearsal.wait_for_mail("found@inbox.test")

    def delivered():
        query = urlencode(
            {"recipient": "found@inbox.test", "subject": "search* 4711", "status": "delivered"}, quote_via=quote
        )
        answer = call(service, "GET", f"/tayori/messages?{query}")
        assert answer.status_code == 200, answer.text
        return answer.json()["messages"]

    (found,) = until(delivered, "the message in the index", 30)
    assert found["message_id"] == message_id
    timeline = json.loads(call(service, "GET", f"/tayori/messages/{message_id}").content)
    assert timeline["attempts"][0]["outcome"] == "delivered" and timeline["told"] == []


def test_an_import_job_is_done_and_its_failures_can_be_fetched(service: Service) -> None:
    assert call(service, "PUT", "/tayori/files/lists/a.csv", b"gone@inbox.test,BOUNCE\nnobody\n").status_code == 200
    client = service.client()
    job_id = client.create_import_job(
        ImportDestination={"SuppressionListDestination": {"SuppressionListImportAction": "PUT"}},
        ImportDataSource={"S3Url": "s3://lists/a.csv", "DataFormat": "CSV"},
    )["JobId"]

    def ended():
        job = client.get_import_job(JobId=job_id)
        return job if job["JobStatus"] not in ("CREATED", "PROCESSING") else None

    job = until(ended, "the end of the job", 30)
    assert (job["JobStatus"], job["ProcessedRecordsCount"], job["FailedRecordsCount"]) == ("COMPLETED", 2, 1)
    failures = requests.get(job["FailureInfo"]["FailedRecordsS3Url"], timeout=30)
    assert failures.text.splitlines()[0] == "line,record,reason" and ",nobody," in failures.text
    client.delete_suppressed_destination(EmailAddress="gone@inbox.test")
