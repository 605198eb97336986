"""What each kind of endpoint makes of a notification, and of what the other side says."""

import ipaddress
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from endpoints import Endpoint, Names, answer, serving
from notices import BASE, OneSigner, notification

import aws_peer
from tayori.clock import SystemClock
from tayori.events.aws_request import Keys
from tayori.events.http_endpoint import HttpEndpoint
from tayori.events.mail_endpoint import MailEndpoint
from tayori.events.outgoing_http import OutgoingHttp, OutgoingSettings
from tayori.events.sqs_endpoint import SqsEndpoint, SqsSettings
from tayori.model.errors import LimitExceeded
from tayori.resources.notifications import NotificationKind, Verdict

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
QUEUE = "arn:aws:sqs:us-west-2:111111111111:inbox"
ATTRIBUTES = {"colour": {"Type": "String", "Value": "red"}, "blob": {"Type": "Binary", "Value": "AQI="}}


def http(**settings):
    return OutgoingHttp(Names(), OutgoingSettings(allowed_networks=LOOPBACK, **settings))


# --- http ---


def test_an_http_subscriber_gets_the_document_or_the_bare_message(run):
    async def check():
        async with serving(Endpoint()) as endpoint:
            sending = HttpEndpoint(http(), OneSigner(), BASE)
            policy = json.dumps({"requestPolicy": {"headerContentType": "application/json"}})
            for item in (
                notification(endpoint=endpoint.url()),
                notification(endpoint=endpoint.url(), raw=True, message='{"x":1}', policy=policy),
            ):
                assert (await sending.send(item)).verdict is Verdict.DONE
            document, raw = endpoint.received
            assert json.loads(document.body)["Type"] == "Notification"
            assert document.headers["x-amz-sns-message-type"] == "Notification"
            assert document.headers["content-type"] == "text/plain; charset=UTF-8"
            assert (raw.body, raw.headers["content-type"]) == (b'{"x":1}', "application/json")

    run(check())


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        *((200, Verdict.DONE), (204, Verdict.DONE), (202, Verdict.DONE)),
        *((500, Verdict.FAILED), (503, Verdict.FAILED), (429, Verdict.FAILED), (408, Verdict.FAILED)),
        *((301, Verdict.REFUSED), (400, Verdict.REFUSED), (404, Verdict.REFUSED), (410, Verdict.REFUSED)),
    ],
)
def test_what_an_answer_means(run, status, verdict):
    async def check():
        async with serving(Endpoint(answers=[answer(status, b"" if status == 204 else b"why")])) as endpoint:
            attempt = await HttpEndpoint(http(), OneSigner(), BASE).send(notification(endpoint=endpoint.url()))
            assert attempt.verdict is verdict
            assert attempt.error == ("" if verdict is Verdict.DONE else f"It answered {status}: why")

    run(check())


def test_trouble_is_told_and_a_url_that_can_never_work_is_final(run):
    async def check():
        sending = HttpEndpoint(http(), OneSigner(), BASE)
        private = await sending.send(notification(endpoint="http://10.0.0.1/"))
        assert private.verdict is Verdict.FAILED and "10.0.0.1" in private.error
        bad = await sending.send(notification(endpoint="http://0x7f.1/"))
        assert bad.verdict is Verdict.REFUSED

    run(check())


# --- queues ---


def queues(endpoint_url, access_key_id="AKIDEXAMPLE"):
    keys = Keys(access_key_id=access_key_id, secret_access_key="secret")
    settings = SqsSettings(endpoint=endpoint_url, keys=keys)
    return SqsEndpoint(http(), OneSigner(), BASE, settings, SystemClock())


def test_a_queue_gets_a_signed_request(run):
    """The signature is that of botocore for the same request."""

    async def check():
        async with serving(Endpoint()) as endpoint:
            sending = queues(endpoint.url("/sqs"))
            item = notification(protocol="sqs", endpoint=QUEUE, attributes=ATTRIBUTES)
            assert (await sending.send(item)).verdict is Verdict.DONE
            raw = replace(item, envelope={**item.envelope, "raw": True})
            assert (await sending.send(raw)).verdict is Verdict.DONE
            first, second = endpoint.received
            body = json.loads(first.body)
            assert first.headers["x-amz-target"] == "AmazonSQS.SendMessage"
            assert body["QueueUrl"] == f"http://127.0.0.1:{endpoint.port}/sqs/111111111111/inbox"
            assert json.loads(body["MessageBody"])["MessageAttributes"] == ATTRIBUTES
            assert "MessageAttributes" not in body
            raw_body = json.loads(second.body)
            assert raw_body["MessageBody"] == "Hello."
            assert raw_body["MessageAttributes"]["blob"] == {"DataType": "Binary", "BinaryValue": "AQI="}
            assert first.headers["authorization"] == signed_by_botocore(first, endpoint.url("/sqs/"))

    run(check())


def signed_by_botocore(request, url):
    names = ("content-type", "x-amz-target")
    again = AWSRequest(
        method="POST", url=url, data=request.body, headers={name: request.headers[name] for name in names}
    )
    when = datetime.strptime(request.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    auth = SigV4Auth(Credentials("AKIDEXAMPLE", "secret"), "sqs", "us-west-2")
    again.context["timestamp"] = f"{when:%Y%m%dT%H%M%SZ}"
    again.headers["X-Amz-Date"] = again.context["timestamp"]
    signed = auth.string_to_sign(again, auth.canonical_request(again))
    names = auth.signed_headers(auth.headers_to_sign(again))
    signature = auth.signature(signed, again)
    return f"AWS4-HMAC-SHA256 Credential={auth.scope(again)}, SignedHeaders={names}, Signature={signature}"


def test_a_server_that_speaks_sqs_takes_it(run):
    with aws_peer.running() as peer:
        client = peer.client("sqs")
        queue = client.create_queue(QueueName="inbox")["QueueUrl"]
        account = queue.split("/")[-2]
        item = notification(protocol="sqs", endpoint=f"arn:aws:sqs:us-west-2:{account}:inbox", message="日本")
        dead = replace(
            item, kind=NotificationKind.DEAD_LETTER, envelope={**item.envelope, "reason": "It answered 404."}
        )
        absent = replace(item, endpoint=f"arn:aws:sqs:us-west-2:{account}:absent")

        async def check():
            assert (await queues(peer.url).send(item)).verdict is Verdict.DONE
            assert (await queues(peer.url).send(dead)).verdict is Verdict.DONE
            assert (await queues(peer.url).send(absent)).verdict is Verdict.REFUSED

        run(check())
        got = client.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, MessageAttributeNames=["All"])["Messages"]
    assert {json.loads(one["Body"])["Message"] for one in got} == {"日本"}
    reasons = [one["MessageAttributes"]["ErrorMessage"]["StringValue"] for one in got if "MessageAttributes" in one]
    assert reasons == ["It answered 404."]


def test_without_a_server_of_queues_a_queue_is_refused_with_the_reason(run):
    attempt = run(queues("").send(notification(protocol="sqs", endpoint=QUEUE)))
    assert attempt.verdict is Verdict.REFUSED and "events.sqs_endpoint" in attempt.error


@pytest.mark.parametrize("status", [400, 403, 500, 503])
def test_a_server_of_queues_that_fails_is_asked_again(run, status):
    async def check():
        async with serving(Endpoint(answers=[answer(status, b"{}")])) as endpoint:
            attempt = await queues(endpoint.url("")).send(notification(protocol="sqs", endpoint=QUEUE))
            assert attempt.verdict is Verdict.FAILED

    run(check())


# --- mail ---


class Mailbox:
    def __init__(self, refusal=None):
        self.mails = []
        self.refusal = refusal

    async def __call__(self, mail):
        if self.refusal:
            raise self.refusal
        self.mails.append(mail)


def test_mails_to_subscribers(run):
    box = Mailbox()
    sending = MailEndpoint(box, OneSigner(), BASE)
    item = notification(protocol="email", endpoint="a@inbox.test", message="Bonjour.", subject="S")

    async def check():
        for one in (
            item,
            replace(item, protocol="email-json", envelope={**item.envelope, "subject": ""}),
            replace(item, kind="SubscriptionConfirmation"),
            replace(item, kind="UnsubscribeConfirmation"),
        ):
            assert (await sending.send(one)).verdict is Verdict.DONE

    run(check())
    plain, document, question, farewell = box.mails
    assert plain.subject == "S" and plain.text.startswith("Bonjour.\n") and "Action=Unsubscribe" in plain.text
    assert document.subject == "AWS Notification Message" and json.loads(document.text)["Message"] == "Bonjour."
    assert question.is_to_stranger and "Action=ConfirmSubscription" in question.text
    assert "Action=ConfirmSubscription" in farewell.text and not farewell.is_to_stranger


def test_a_mail_that_may_not_be_sent_now_is_tried_later(run):
    sending = MailEndpoint(Mailbox(LimitExceeded("Too many.")), OneSigner(), BASE)
    attempt = run(sending.send(notification(protocol="email", endpoint="a@inbox.test")))
    assert (attempt.verdict, attempt.error) == (Verdict.FAILED, "Too many.")
