"""EventBridge and Firehose destinations: what arrives at servers of others, and what is made of their refusals."""

import asyncio
import gzip
import ipaddress
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from endpoints import Endpoint, Names, answer, serving
from notices import notification

import aws_peer
from tayori.clock import SystemClock
from tayori.events.aws_request import Keys
from tayori.events.eventbridge_endpoint import EventBridgeEndpoint, EventBridgeSettings
from tayori.events.firehose_endpoint import FirehoseEndpoint, FirehoseSettings
from tayori.events.outgoing_http import OutgoingHttp, OutgoingSettings
from tayori.events.record_files import Rotation
from tayori.model import bridge_event
from tayori.model.event import EventKind
from tayori.resources.notifications import Verdict

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
REGION = aws_peer.REGION
BUS = f"arn:aws:events:{REGION}:111111111111:event-bus/default"
STREAM = f"arn:aws:firehose:{REGION}:111111111111:deliverystream/audit"
SET = f"arn:aws:ses:{REGION}:111111111111:configuration-set/news"
KEYS = Keys(access_key_id="AKIDEXAMPLE", secret_access_key="secret")
MOMENT = datetime(2026, 5, 1, 12, 30, 15, 678901, tzinfo=UTC)


@pytest.fixture(scope="module")
def peer():
    with aws_peer.running() as found:
        yield found


def http():
    return OutgoingHttp(Names(), OutgoingSettings(allowed_networks=LOOPBACK))


def bridge(**settings):
    return EventBridgeEndpoint(http(), EventBridgeSettings(keys=KEYS, **settings), SystemClock())


def event(subject="日本"):
    text = bridge_event.frame(
        EventKind.BOUNCE,
        json.dumps({"eventType": "Bounce", "mail": {"messageId": "m-1", "subject": subject}}),
        event_id="6a1c2d3e-0000-4000-8000-000000000000",
        account_id="111111111111",
        region=REGION,
        resource=SET,
        moment=MOMENT,
    )
    item = notification(protocol="eventbridge", endpoint=BUS)
    return replace(item, region=REGION, envelope={"event": text})


def record(text='{"eventType":"Send"}', endpoint=STREAM):
    item = notification(protocol="firehose", endpoint=endpoint)
    return replace(item, region=REGION, envelope={"record": text})


# --- EventBridge ---


def test_an_event_has_the_shape_that_ses_gives_it():
    assert json.loads(event().envelope["event"]) == {
        "version": "0",
        "id": "6a1c2d3e-0000-4000-8000-000000000000",
        "detail-type": "Email Bounced",
        "source": "aws.ses",
        "account": "111111111111",
        "time": "2026-05-01T12:30:15Z",
        "region": REGION,
        "resources": [SET],
        "detail": {"eventType": "Bounce", "mail": {"messageId": "m-1", "subject": "日本"}},
    }


def test_every_kind_of_event_has_its_detail_type():
    assert bridge_event.DETAIL_TYPES.keys() == set(EventKind)
    assert len(set(bridge_event.DETAIL_TYPES.values())) == len(EventKind)


def test_a_rule_of_the_default_bus_finds_the_event(run, peer):
    events, sqs = peer.client("events"), peer.client("sqs")
    queue = sqs.create_queue(QueueName="bounced")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["aws.ses"], "detail-type": ["Email Bounced"], "detail": {"eventType": ["Bounce"]}}
    events.put_rule(Name="bounces", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="bounces", Targets=[{"Id": "q", "Arn": arn}])

    assert run(bridge(endpoint=peer.url).send(event())).verdict is Verdict.DONE

    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    got = json.loads(message["Body"])
    sent = json.loads(event().envelope["event"])
    assert {
        name: got[name] for name in ("version", "detail-type", "source", "region", "time", "resources", "detail")
    } == {name: sent[name] for name in ("version", "detail-type", "source", "region", "time", "resources", "detail")}


def test_entries_travel_together_signed_for_their_region(run):
    """The signature is that of botocore for the same request."""

    async def check():
        done = answer(200, json.dumps({"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}).encode())
        many = answer(200, json.dumps({"FailedEntryCount": 0, "Entries": [{"EventId": "x"}] * 10}).encode())
        rest = answer(200, json.dumps({"FailedEntryCount": 0, "Entries": [{"EventId": "x"}] * 2}).encode())
        async with serving(Endpoint(answers=[done, many, rest])) as endpoint:
            sending = bridge(endpoint=endpoint.url(""))
            first = asyncio.ensure_future(sending.send(event()))
            await endpoint.wait_for(1)
            attempts = await asyncio.gather(first, *(sending.send(event(str(n))) for n in range(12)))
            assert {attempt.verdict for attempt in attempts} == {Verdict.DONE}
            counts = [len(json.loads(one.body)["Entries"]) for one in endpoint.received]
            assert sum(counts) == 13 and max(counts) <= 10
            request = endpoint.received[0]
            (entry,) = json.loads(request.body)["Entries"]
            assert entry.keys() == {"Time", "Source", "DetailType", "Resources", "Detail"}
            assert request.headers["authorization"] == signed_by_botocore(request, endpoint.url("/"), "events")

    run(check())


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        (answer(200, b'{"Entries":[{"ErrorCode":"MalformedDetail","ErrorMessage":"x"}]}'), Verdict.REFUSED),
        (answer(200, b'{"Entries":[{"ErrorCode":"InternalFailure","ErrorMessage":"x"}]}'), Verdict.FAILED),
        (
            answer(200, b'{"Entries":[{"ErrorCode":"NotAuthorizedForSourceException","ErrorMessage":"x"}]}'),
            Verdict.FAILED,
        ),
        *((answer(200, body), Verdict.FAILED) for body in (b"", b"[]", b'{"Entries":[]}', b'{"Entries":[1]}')),
        (answer(403, b'{"__type":"AccessDeniedException"}'), Verdict.FAILED),
        (answer(500), Verdict.FAILED),
    ],
)
def test_what_a_bus_refuses(run, said, verdict):
    async def check():
        async with serving(Endpoint(answers=[said])) as endpoint:
            attempt = await bridge(endpoint=endpoint.url("")).send(event())
            assert (attempt.verdict, bool(attempt.error)) == (verdict, True)

    run(check())


def test_whole_events_go_to_a_plain_url(run):
    async def check():
        async with serving(Endpoint(answers=[answer(200), answer(503)])) as endpoint:
            sending = bridge(url=endpoint.url("/events"), source="mail.example")
            assert (await sending.send(event())).verdict is Verdict.DONE
            assert (await sending.send(event())).verdict is Verdict.FAILED
            (request, _) = endpoint.received
            assert (request.path, request.headers["content-type"]) == ("/events", "application/json")
            assert json.loads(request.body) == json.loads(event().envelope["event"]) | {"source": "mail.example"}

    run(check())


def test_without_a_server_an_event_is_refused_with_the_reason(run):
    attempt = run(bridge().send(event()))
    assert attempt.verdict is Verdict.REFUSED and "events.eventbridge_endpoint" in attempt.error


# --- Firehose ---


def firehose(streams, **settings):
    return FirehoseEndpoint(http(), FirehoseSettings(streams=streams, keys=KEYS, **settings), SystemClock())


def bucket_with(peer, name):
    s3 = peer.client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return s3


def objects(s3, bucket):
    found = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    return {one["Key"]: s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read() for one in found}


def test_a_server_that_speaks_firehose_takes_records(run, peer):
    s3 = bucket_with(peer, "behind-firehose")
    client = peer.client("firehose")
    client.create_delivery_stream(
        DeliveryStreamName="audit",
        S3DestinationConfiguration={
            "RoleARN": "arn:aws:iam::123456789012:role/r",
            "BucketARN": "arn:aws:s3:::behind-firehose",
        },
    )

    async def check():
        sending = firehose({"audit": peer.url})
        assert (await sending.send(record('{"n":"日"}'))).verdict is Verdict.DONE
        absent = firehose({"absent": peer.url})
        gone = await absent.send(record(endpoint=STREAM.replace("audit", "absent")))
        assert gone.verdict is Verdict.REFUSED and "ResourceNotFound" in gone.error

    run(check())
    (content,) = objects(s3, "behind-firehose").values()
    assert _plain(content) == '{"n":"日"}\n'.encode()


def _plain(content):
    return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content


def test_records_of_a_batch_have_a_fate_each(run):
    async def check():
        failing = {"FailedPutCount": 1, "RequestResponses": [{"ErrorCode": "ServiceUnavailableException"}]}
        answers = [answer(200, json.dumps(failing).encode()), answer(200, b'{"RequestResponses":[]}'), answer(500)]
        async with serving(Endpoint(answers=answers)) as endpoint:
            sending = firehose({"audit": endpoint.url("")})
            for _ in answers:
                assert (await sending.send(record())).verdict is Verdict.FAILED
            request = endpoint.received[0]
            assert request.headers["x-amz-target"] == "Firehose_20150804.PutRecordBatch"
            assert request.headers["authorization"] == signed_by_botocore(request, endpoint.url("/"), "firehose")

    run(check())


def test_a_stream_of_ones_own_comes_before_everybodys(run, tmp_path):
    sending = firehose({"audit": str(tmp_path / "all"), "111111111111/audit": str(tmp_path / "own")})

    async def check():
        assert (await sending.send(record())).verdict is Verdict.DONE
        other = replace(record(), account_id="222222222222")
        assert (await sending.send(other)).verdict is Verdict.DONE
        gone = await sending.send(record(endpoint=STREAM.replace("audit", "gone")))
        assert gone.verdict is Verdict.REFUSED and "events.firehose" in gone.error
        await sending.stop()

    run(check())
    assert len(files(tmp_path / "all")) == len(files(tmp_path / "own")) == 1


def files(folder: Path):
    return sorted(path for path in folder.glob("2*/*/*/*/*") if path.is_file())


def test_files_reach_a_bucket_and_wait_while_it_is_away(run, peer, tmp_path):
    s3 = bucket_with(peer, "events")
    settings = {"spool": tmp_path, "s3_region": REGION, "rotation": Rotation(seconds=0)}
    away = firehose({"audit": "s3://events/mail/raw"}, s3_endpoint="http://127.0.0.1:9", **settings)
    there = firehose({"audit": "s3://events/mail/raw"}, s3_endpoint=peer.url, **settings)

    async def check():
        assert (await away.send(record("1"))).verdict is Verdict.DONE
        await away.tick()
        assert len(files(tmp_path / "audit")) == 1
        await there.tick()
        assert (await there.send(record("2"))).verdict is Verdict.DONE
        await there.tick()

    run(check())
    assert files(tmp_path / "audit") == []
    found = objects(s3, "events")
    assert sorted(found.values()) == [b"1\n", b"2\n"]
    now = datetime.now(UTC)
    assert all(key.startswith(f"mail/raw/{now:%Y}/") and "/audit-1-" in key for key in found)


def test_an_object_is_signed_as_s3_wants_it(run, tmp_path):
    settings = {"spool": tmp_path, "s3_region": REGION, "rotation": Rotation(seconds=0)}

    async def check():
        async with serving(Endpoint()) as endpoint:
            sending = firehose({"audit": "s3://events"}, s3_endpoint=endpoint.url(""), **settings)
            await sending.send(record())
            await sending.tick()
            (request,) = endpoint.received
            assert request.method == "PUT" and request.body == b'{"eventType":"Send"}\n'
            assert request.headers["authorization"] == signed_by_botocore(request, endpoint.url(request.path), "s3")

    run(check())


def signed_by_botocore(request, url, service):
    names = [name for name in request.headers if name.startswith("x-amz-") or name == "content-type"]
    again = AWSRequest(
        method=request.method, url=url, data=request.body, headers={name: request.headers[name] for name in names}
    )
    kind = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
    auth = kind(Credentials("AKIDEXAMPLE", "secret"), service, REGION)
    again.context["timestamp"] = request.headers["x-amz-date"]
    signed = auth.string_to_sign(again, auth.canonical_request(again))
    headers = auth.signed_headers(auth.headers_to_sign(again))
    signature = auth.signature(signed, again)
    return f"AWS4-HMAC-SHA256 Credential={auth.scope(again)}, SignedHeaders={headers}, Signature={signature}"
