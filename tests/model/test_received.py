"""What is told of mail that came in: verdicts, notifications, and the fields before the message."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from tayori.mail.dkim_verify import DkimResult, DkimVerdict
from tayori.mail.dmarc import DmarcPolicy, DmarcResult, DmarcVerdict
from tayori.mail.spf import SpfIdentity, SpfResult, SpfVerdict
from tayori.model import bounce_mail, received
from tayori.model.received import Arrival, Verdicts

AT = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
ARRIVAL = Arrival(
    message_id="m" * 40,
    source="reader@plain.test",
    source_ip="192.0.2.7",
    helo="mail.plain.test",
    recipients=("help@shop.test",),
    received_at=AT,
    host="inbound-smtp.us-east-1.tayori.test",
    domain="tayori.test",
)
RAW = (
    b"X-SES-Spam-Verdict: PASS\r\nAuthentication-Results: tayori.test; spf=pass\r\n"
    b"Authentication-Results: other.test; spf=pass\r\nFrom: =?utf-8?q?R=C3=A9mi?= <reader@plain.test>\r\n"
    b"To: Help <help@shop.test>, other@else.test\r\nSubject: =?utf-8?q?=C3=A9t=C3=A9?=\r\n"
    b"Message-ID: <1@plain.test>\r\n\r\nHello\r\n"
)


def step(kind: str, **members: str) -> dict:
    return {"rule": "r", "scans": False, "recipients": ["help@shop.test"], "kind": kind, "members": members}


def judge(spf: SpfVerdict, dkim: tuple[DkimVerdict, ...] = (), dmarc: DmarcVerdict | None = None) -> Verdicts:
    return received.verdicts(
        ARRIVAL,
        SpfResult(verdict=spf, domain="plain.test", identity=SpfIdentity.MAIL_FROM),
        [DkimResult(verdict=one, domain="plain.test") for one in dkim],
        DmarcResult(verdict=dmarc, from_domain="plain.test", policy=DmarcPolicy.REJECT) if dmarc else None,
        "tayori.test",
    )


@pytest.mark.parametrize(
    ("verdict", "word"),
    [
        (SpfVerdict.PASS, "PASS"),
        (SpfVerdict.FAIL, "FAIL"),
        (SpfVerdict.SOFTFAIL, "GRAY"),
        (SpfVerdict.NONE, "GRAY"),
        (SpfVerdict.PERMERROR, "GRAY"),
        (SpfVerdict.TEMPERROR, "PROCESSING_FAILED"),
    ],
)
def test_spf(verdict: SpfVerdict, word: str) -> None:
    assert judge(verdict).spf == word


@pytest.mark.parametrize(
    ("results", "word"),
    [
        ((), "GRAY"),
        ((DkimVerdict.FAIL, DkimVerdict.PASS), "PASS"),
        ((DkimVerdict.FAIL,), "FAIL"),
        ((DkimVerdict.FAIL, DkimVerdict.TEMPERROR), "PROCESSING_FAILED"),
    ],
)
def test_dkim(results: tuple[DkimVerdict, ...], word: str) -> None:
    assert judge(SpfVerdict.NONE, results).dkim == word


def test_the_policy_is_told_only_of_mail_that_fails_it() -> None:
    assert judge(SpfVerdict.PASS, dmarc=DmarcVerdict.PASS).policy == ""
    failed = judge(SpfVerdict.FAIL, dmarc=DmarcVerdict.FAIL)
    told = received.receipt(ARRIVAL, failed, step("Stop"), AT + timedelta(milliseconds=250))
    assert told["dmarcVerdict"] == {"status": "FAIL"} and told["dmarcPolicy"] == "reject"
    assert told["processingTimeMillis"] == 250
    assert told["spamVerdict"] == {"status": "DISABLED"}


def test_claims_of_the_sender_are_taken_out() -> None:
    judged = judge(SpfVerdict.PASS)
    stamped = received.stamped(RAW, ARRIVAL, judged, [("X-Desk", "support")], scans=False)
    assert stamped.count(b"X-SES-Spam-Verdict") == 1 and b"X-SES-Spam-Verdict: DISABLED" in stamped
    assert stamped.count(b"Authentication-Results: tayori.test") == 1
    assert b"Authentication-Results: other.test" in stamped
    assert b"X-Desk: support\r\n" in stamped
    assert stamped.endswith(b"\r\n\r\nHello\r\n")


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        (b"From: a@b.test\r\nX-SES-Receipt: x\r\n\r\nHello", b"From: a@b.test\r\n\r\nHello"),
        (b"Return-Path: <x@y>\r\n\r\nHello", b"\r\nHello"),
        (b"no field\r\nFrom: a@b.test\r\n\r\n", b"no field\r\nFrom: a@b.test\r\n\r\n"),
        (b"\r\nX-SES-Receipt: x\r\n\r\n", b"\r\nX-SES-Receipt: x\r\n\r\n"),
        (b"no end of the header", b"no end of the header"),
        (b"", b""),
    ],
)
def test_the_rest_of_a_message_is_as_it_came(raw: bytes, kept: bytes) -> None:
    own = received.stamped(b"", ARRIVAL, judge(SpfVerdict.PASS), [], scans=False)
    assert received.stamped(raw, ARRIVAL, judge(SpfVerdict.PASS), [], scans=False) == own + kept


def test_a_hostile_greeting_stays_within_its_line() -> None:
    arrival = Arrival(**{name: getattr(ARRIVAL, name) for name in Arrival.__slots__} | {"helo": "a(b)\r\nX: y\u2028"})
    stamped = received.stamped(RAW, arrival, judge(SpfVerdict.PASS), [], scans=False)
    assert b"Received: from a?b???X:?y? (a?b???X:?y? [192.0.2.7])\r\n" in stamped


def test_notifications() -> None:
    content = received.stamped(RAW, ARRIVAL, judge(SpfVerdict.PASS), [], scans=False)
    told = json.loads(received.notification(content, ARRIVAL, Verdicts(), step("SNS", TopicArn="t"), AT))
    assert told["content"].encode() == content
    assert told["receipt"]["action"] == {"type": "SNS", "topicArn": "t", "encoding": "UTF-8"}
    assert told["mail"]["destination"] == ["help@shop.test", "other@else.test"]
    assert told["mail"]["commonHeaders"] == {
        "returnPath": "reader@plain.test",
        "from": ["Rémi <reader@plain.test>"],
        "to": ["Help <help@shop.test>", "other@else.test"],
        "messageId": "<1@plain.test>",
        "subject": "été",
    }
    packed = step("SNS", TopicArn="t", Encoding="Base64")
    told = json.loads(received.notification(content, ARRIVAL, Verdicts(), packed, AT))
    assert base64.b64decode(told["content"]) == content
    kept = json.loads(received.notification(content, ARRIVAL, Verdicts(), step("S3", BucketName="b"), AT))
    assert "content" not in kept
    assert kept["receipt"]["action"] == {
        "type": "S3",
        "bucketName": "b",
        "objectKeyPrefix": "",
        "objectKey": ARRIVAL.message_id,
    }


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (b'{"disposition": "STOP_RULE"}', "STOP_RULE"),
        (b'{"disposition": "STOP_RULE_SET"}', "STOP_RULE_SET"),
        (b'{"disposition": "CONTINUE"}', "CONTINUE"),
        (b"null", "CONTINUE"),
        (b"", "CONTINUE"),
        (b'"STOP_RULE"', "CONTINUE"),
    ],
)
def test_what_a_function_decides(answer: bytes, word: str) -> None:
    assert received.disposition(answer) == word


@pytest.mark.parametrize(
    "field",
    ["Auto-Submitted: auto-generated", "List-Id: <a.b>", "Precedence: bulk", "X-Autoreply: yes"],
)
def test_programs_are_not_answered(field: str) -> None:
    assert bounce_mail.may_be_answered("a@b.test", b"From: a@b.test\r\n")
    assert bounce_mail.may_be_answered("a@b.test", b"Auto-Submitted: no\r\n")
    assert not bounce_mail.may_be_answered("a@b.test", f"{field}\r\n".encode())
    assert not bounce_mail.may_be_answered("", b"From: a@b.test\r\n")
