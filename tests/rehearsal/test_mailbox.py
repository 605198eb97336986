"""Mailboxes: order, bounds, and what survives a restart."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tayori.rehearsal.mailbox import Limits, Mailboxes, ReceivedMessage

NOON = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def message(
    number: int, rcpt_to: str = "taro@inbox.test", content: bytes = b"Subject: hi\r\n\r\nhello\r\n"
) -> ReceivedMessage:
    return ReceivedMessage(
        id=f"m{number}",
        provider="inbox.test",
        mail_from="bounce@shop.test",
        rcpt_to=rcpt_to,
        received_at=NOON + timedelta(seconds=number),
        client="127.77.1.1",
        helo="a1.smtp-out.test",
        tls="TLSv1.3",
        cipher="TLS_AES_256_GCM_SHA384",
        spf="pass smtp.mailfrom=shop.test",
        dkim="pass header.d=shop.test",
        dmarc="pass header.from=shop.test",
        content=content,
    )


def test_lists_oldest_first_whatever_the_case_of_the_address(tmp_path: Path) -> None:
    boxes = Mailboxes(tmp_path / "m.sqlite")
    boxes.deliver(message(1, "Taro@inbox.test"))
    boxes.deliver(message(2))
    boxes.deliver(message(3, "hanako@inbox.test"))
    assert [m.id for m in boxes.messages("TARO@INBOX.TEST")] == ["m1", "m2"]
    assert boxes.messages("taro@inbox.test")[0].rcpt_to == "Taro@inbox.test"
    assert boxes.addresses() == {"hanako@inbox.test": 1, "taro@inbox.test": 2}
    boxes.close()


def test_pages_through_a_mailbox(tmp_path: Path) -> None:
    boxes = Mailboxes(tmp_path / "m.sqlite")
    for number in range(5):
        boxes.deliver(message(number))
    assert [m.id for m in boxes.messages("taro@inbox.test", limit=2)] == ["m0", "m1"]
    assert [m.id for m in boxes.messages("taro@inbox.test", after="m1", limit=2)] == ["m2", "m3"]
    assert [m.id for m in boxes.messages("taro@inbox.test", after="m4")] == []
    boxes.close()


@pytest.mark.parametrize("limits", [Limits(messages=3), Limits(octets=3 * 100 + 50)])
def test_the_oldest_makes_room(tmp_path: Path, limits: Limits) -> None:
    boxes = Mailboxes(tmp_path / "m.sqlite", limits)
    for number in range(6):
        boxes.deliver(message(number, content=b"x" * 100))
    assert [m.id for m in boxes.messages("taro@inbox.test")] == ["m3", "m4", "m5"]
    boxes.close()


def test_one_message_larger_than_everything_is_kept(tmp_path: Path) -> None:
    boxes = Mailboxes(tmp_path / "m.sqlite", Limits(octets=10))
    boxes.deliver(message(1))
    boxes.deliver(message(2))
    assert [m.id for m in boxes.messages("taro@inbox.test")] == ["m2"]
    boxes.close()


def test_survives_a_restart_with_its_spam_report(tmp_path: Path) -> None:
    boxes = Mailboxes(tmp_path / "m.sqlite")
    boxes.deliver(message(1))
    boxes.mark_as_spam("m1", NOON)
    boxes.close()
    again = Mailboxes(tmp_path / "m.sqlite")
    found = again.get("m1")
    assert found is not None
    assert (found.content, found.spam_reported_at) == (message(1).content, NOON)
    assert again.get("m9") is None
    again.clear("nobody@inbox.test")
    assert again.addresses() == {"taro@inbox.test": 1}
    again.clear()
    assert again.addresses() == {}
    again.close()


def test_as_programs_see_it() -> None:
    shown = message(7).as_json()
    assert base64.b64decode(shown["raw_base64"]) == message(7).content
    assert shown["received_at"] == "2026-05-01T12:00:07+00:00"
    assert {"id", "mail_from", "rcpt_to", "received_at", "tls", "spf", "dkim", "dmarc", "raw_base64"} <= shown.keys()
