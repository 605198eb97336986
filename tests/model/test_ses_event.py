"""SES's JSON, held against what SES itself was recorded to publish and against its documents' examples."""

import json
from datetime import UTC, datetime

import pytest

from tayori.model.event import EventKind
from tayori.model.ses_event import MOST_HEADERS, MailFacts, Sink, record

MESSAGE_ID = "010001926d8e7f15-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000"
HEAD = (
    b"From: Sender Name <sender@example.com>\r\nTo: recipient@example.com, \r\n\tB <b@example.com>\r\n"
    b"Subject: =?UTF-8?Q?Caf=C3=A9?=\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/alternative; \r\n\tboundary="x"\r\n'
    b"Date: Fri, 14 Oct 2016 05:02:16 +0000\r\nMessage-ID: <id@host>\r\nFeedback-ID: ::1.us-east-1.x:Tayori\r\n\r\nbody"
)


def facts(**changes):
    values = {
        "message_id": MESSAGE_ID,
        "account_id": "111111111111",
        "accepted_at": datetime(2016, 10, 14, 5, 2, 16, 645999, tzinfo=UTC),
        "from_address": "sender@example.com",
        "source_arn": "arn:aws:ses:us-east-1:111111111111:identity/sender@example.com",
        "source_ip": "192.0.2.0",
        "caller_arn": "arn:aws:iam::111111111111:user/ses_user",
        "operation": "SendEmail",
        "recipients": ("recipient@example.com", "b@example.com"),
        "head": HEAD.partition(b"\r\n\r\n")[0] + b"\r\n",
        "configuration_set": "ConfigSet",
        "tags": {"custom-tag": "tag-value"},
    }
    return MailFacts(**(values | changes))


def told(kind, detail=None, sink=Sink.EVENT_PUBLISHING, **changes):
    return json.loads(record(kind, detail or {}, facts(**changes), sink))


def shape(value):
    """Names and their order, without the values."""
    if isinstance(value, dict):
        return [(name, shape(inner)) for name, inner in value.items()]
    return [shape(inner) for inner in value] if isinstance(value, list) else "text"


def test_what_was_recorded_of_ses_has_the_same_fields_in_the_same_order(vectors):
    recordings = json.loads((vectors("real-aws-recordings") / "ses.json").read_text("utf-8"))
    messages = recordings[0]["recorded"]["messages"]
    send, delivery = (message["Message"] for message in messages[1:])
    plain = facts(
        head=b"From: a@example.com\r\nTo: b@example.com\r\nSubject: SOME_SUBJECT\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/alternative\r\n",
        recipients=("b@example.com",),
    )
    ours = json.loads(record(EventKind.SEND, {}, plain, Sink.EVENT_PUBLISHING))
    assert shape(ours) == shape(send)
    detail = dict(delivery["delivery"])
    out = facts(head=plain.head, recipients=("b@example.com",), outgoing_ip="192.0.2.1")
    ours = json.loads(record(EventKind.DELIVERY, detail, out, Sink.EVENT_PUBLISHING))
    assert shape(ours) == shape(delivery)
    assert ours["delivery"] == delivery["delivery"]


def test_a_raw_message_without_a_header_is_told_as_recorded(vectors):
    """Field for field; of the automatic tags, two are younger than the recording."""
    recordings = json.loads((vectors("real-aws-recordings") / "ses.json").read_text("utf-8"))
    send, delivery = (message["Message"] for message in recordings[1]["recorded"]["messages"][1:])
    bare = {"head": b"", "operation": "SendRawEmail", "recipients": ("b@example.com",)}
    found = {
        EventKind.SEND: told(EventKind.SEND, **bare),
        EventKind.DELIVERY: told(EventKind.DELIVERY, delivery["delivery"], outgoing_ip="192.0.2.1", **bare),
    }
    for kind, recorded in ((EventKind.SEND, send), (EventKind.DELIVERY, delivery)):
        tags = found[kind]["mail"]["tags"]
        assert tags.pop("ses:from-domain") == ["example.com"]
        assert shape(found[kind]) == shape(recorded)
        assert tags["ses:operation"] == recorded["mail"]["tags"]["ses:operation"]


def test_the_mail_object_of_an_event():
    mail = told(EventKind.SEND, source_tls="TLSv1.3")["mail"]
    assert mail == {
        "timestamp": "2016-10-14T05:02:16.645Z",
        "source": "Sender Name <sender@example.com>",
        "sourceArn": "arn:aws:ses:us-east-1:111111111111:identity/sender@example.com",
        "sendingAccountId": "111111111111",
        "messageId": MESSAGE_ID,
        "destination": ["recipient@example.com", "b@example.com"],
        "headersTruncated": False,
        "headers": [
            {"name": "From", "value": "Sender Name <sender@example.com>"},
            {"name": "To", "value": "recipient@example.com,  B <b@example.com>"},
            {"name": "Subject", "value": "=?UTF-8?Q?Caf=C3=A9?="},
            {"name": "MIME-Version", "value": "1.0"},
            {"name": "Content-Type", "value": 'multipart/alternative;  boundary="x"'},
        ],
        "commonHeaders": {
            "from": ["Sender Name <sender@example.com>"],
            "to": ["recipient@example.com", "B <b@example.com>"],
            "messageId": MESSAGE_ID,
            "subject": "Café",
        },
        "tags": {
            "ses:operation": ["SendEmail"],
            "ses:configuration-set": ["ConfigSet"],
            "ses:source-tls-version": ["TLSv1.3"],
            "ses:source-ip": ["192.0.2.0"],
            "ses:from-domain": ["example.com"],
            "custom-tag": ["tag-value"],
            "ses:caller-identity": ["ses_user"],
        },
    }


def test_an_identity_notification_tells_the_caller_and_no_tags():
    bounce = {"bounceType": "Permanent", "remoteMtaIp": "192.0.2.9"}
    found = told(EventKind.BOUNCE, bounce, Sink.IDENTITY)
    assert list(found) == ["notificationType", "bounce", "mail"]
    assert found["bounce"]["remoteMtaIp"] == "192.0.2.9"
    assert list(found["mail"]) == [
        *("timestamp", "source", "sourceArn", "sourceIp", "callerIdentity"),
        *("sendingAccountId", "messageId", "destination"),
    ]
    assert (found["mail"]["sourceIp"], found["mail"]["callerIdentity"]) == ("192.0.2.0", "ses_user")
    mail = told(EventKind.DELIVERY, {}, Sink.IDENTITY_WITH_HEADERS)["mail"]
    assert mail["commonHeaders"]["date"] == "Fri, 14 Oct 2016 05:02:16 +0000"
    assert mail["headersTruncated"] is False and "tags" not in mail


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (EventKind.SEND, ["eventType", "mail", "send"]),
        (EventKind.REJECT, ["eventType", "mail", "reject"]),
        (EventKind.DELIVERY, ["eventType", "mail", "delivery"]),
        (EventKind.BOUNCE, ["eventType", "bounce", "mail"]),
        (EventKind.COMPLAINT, ["eventType", "complaint", "mail"]),
        (EventKind.DELIVERY_DELAY, ["eventType", "mail", "deliveryDelay"]),
        (EventKind.RENDERING_FAILURE, ["eventType", "mail", "failure"]),
        (EventKind.OPEN, ["eventType", "mail", "open"]),
        (EventKind.CLICK, ["eventType", "click", "mail"]),
        (EventKind.SUBSCRIPTION, ["eventType", "mail", "subscription"]),
    ],
)
def test_each_kind_has_its_own_object(kind, names):
    found = told(kind, {"timestamp": "t", "remoteMtaIp": "192.0.2.9"})
    assert list(found) == names
    assert found["eventType"] == kind.value
    assert ("remoteMtaIp" in found[next(n for n in names if n not in ("eventType", "mail"))]) is (
        kind is not EventKind.BOUNCE
    )
    bare = kind in (EventKind.DELIVERY_DELAY, EventKind.RENDERING_FAILURE)
    assert ("headers" in found["mail"]) is not bare
    assert found["mail"]["headersTruncated"] is False


def test_headers_end_at_ten_kilobytes():
    head = b"From: a@example.com\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"v" * 500) for n in range(40))
    mail = told(EventKind.SEND, head=head)["mail"]
    assert mail["headersTruncated"] is True
    size = sum(len(one["name"]) + len(one["value"]) for one in mail["headers"])
    assert MOST_HEADERS - 600 < size <= MOST_HEADERS


def test_a_message_whose_content_is_gone_is_still_told_of():
    mail = told(EventKind.COMPLAINT, head=b"")["mail"]
    assert (mail["source"], mail["headers"], mail["commonHeaders"]) == (
        "sender@example.com",
        [],
        {"messageId": MESSAGE_ID},
    )


def test_an_address_that_cannot_be_read_is_told_as_it_stands():
    mail = told(EventKind.SEND, head=b"From: a@example.com\r\nTo: undisclosed recipients <\r\n")["mail"]
    assert mail["commonHeaders"]["to"] == ["undisclosed recipients <"]
    assert told(EventKind.SEND, caller_arn="arn:aws:iam::1:root")["mail"]["tags"]["ses:caller-identity"] == ["root"]
