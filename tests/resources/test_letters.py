"""Mail to the service's own addresses that is no report: found, the latest first, and read within bounds."""

import pytest

from population import inbound_port
from tayori.app.letters import summary, text_of, whole
from tayori.mail.address import AddrSpec
from tayori.mail.envelope import ReversePath
from tayori.model.errors import NotFound
from tayori.model.inbound import ComplaintReport, FeedbackType, InboundMessage, InboundPurpose, InboundRoute
from tayori.resources import letters
from tayori.resources.inbound import Received
from tayori.resources.letters import Letter
from tayori.store.dialect import Engine

CONFIRM = (
    "From: =?utf-8?B?44OV44Kj44O844OJ?= <fbl@provider.test>\r\nSubject: Confirm your =?utf-8?q?enrolment?=\r\n"
    "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nhttps://provider.test/confirm?code=1 確認\r\n"
).encode()


@pytest.fixture
def come(transact, clock):
    number = iter(range(100))

    def come(local: str, content: bytes, *, purpose=InboundPurpose.FEEDBACK, complaint=None) -> None:
        route = InboundRoute(recipient=AddrSpec(local, "tayori.test"), purpose=purpose)
        message = InboundMessage(
            routes=(route,), reverse_path=ReversePath.of(AddrSpec("fbl", "provider.test")), content=content,
            source_ip="192.0.2.1", helo="", tls=None,
        )  # fmt: skip
        transact(
            inbound_port().record,
            [Received(inbound_ids=(f"i{next(number)}",), message=message, reports=(), complaint=complaint)],
        )
        clock.advance(1)

    return come


def test_what_is_no_report_is_found(transact, come) -> None:
    come("complaints", CONFIRM)
    come("abuse", b"Subject: Second\r\n\r\nHello\r\n", purpose=InboundPurpose.POSTMASTER)
    come("complaints", b"", complaint=ComplaintReport(feedback_type=FeedbackType.ABUSE, claims=()))
    come("dmarc-reports", b"", purpose=InboundPurpose.DMARC_REPORTS)
    found = transact(letters.listed, 10)
    assert [(one.letter_id, one.recipient) for one in found] == [
        ("i1", "abuse@tayori.test"), ("i0", "complaints@tayori.test"),
    ]  # fmt: skip
    assert [one.letter_id for one in transact(letters.listed, 1)] == ["i1"]
    one = transact(letters.get, "i0")
    assert whole(one) == summary(one) | {"text": "https://provider.test/confirm?code=1 確認\n"}
    assert (summary(one)["from"], summary(one)["subject"]) == ("フィード <fbl@provider.test>", "Confirm your enrolment")
    for name in ("i2", "i3", "nothing", "\0"):
        with pytest.raises(NotFound):
            transact(letters.get, name)


def test_they_are_found_by_their_index(transact) -> None:
    def plan(tx) -> str:
        if tx.engine is not Engine.SQLITE:
            return "inbound_letters"  # a planner with no rows reads them all
        text = letters._LISTED.text(tx.engine)
        return " ".join(row[-1] for row in tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", (5,)))

    assert "inbound_letters" in transact(plan) and "TEMP B-TREE" not in transact(plan)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\r\n",
        b"Subject: \xff\xfe\r\n\r\n\xff",
        b"Content-Type: text/plain; charset=nonsense\r\n\r\nx\xffy",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n--a--",
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!",
        b"Content-Type: image/png\r\n\r\n\x89PNG",
        b"Content-Type: message/rfc822\r\n\r\n" * 60 + b"x",
        b"From: " + b"a" * 100_000 + b"\r\n\r\n" + b"b" * 100_000,
    ],
)
def test_no_letter_is_too_odd_to_be_shown(clock, content) -> None:
    letter = Letter(
        letter_id="i", received_at=clock.now(), recipient="", reverse_path="", source_ip="", content=content
    )
    shown = whole(letter)
    assert len(shown["text"]) <= 20_000 and len(shown["from"]) <= 500
    assert text_of(letter) == shown["text"]
