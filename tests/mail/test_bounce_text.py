"""Bounces in free form: who is named, what is said, and what is no bounce at all."""

import time

import pytest

from tayori.mail.bounce_text import parse_bounce_text, parse_wrapped_dsn
from tayori.mail.lines import to_crlf


def bounce(text: str, sender: str = "MAILER-DAEMON@mx.test", subject: str = "failure notice") -> bytes:
    head = f"From: {sender}\nTo: news@shop.test\nSubject: {subject}\nContent-Type: text/plain; charset=utf-8\n\n"
    return to_crlf((head + text).encode())


def read(*said: str, **more: str) -> list[tuple[str, str, str]]:
    found = parse_bounce_text(bounce(*said, **more))
    return [(one.final_recipient, one.action, str(one.status or "")) for one in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<a@x.test>: 550 5.1.1 no such user\n", [("a@x.test", "failed", "5.1.1")]),
        (
            "<a@x.test>:\n452 4.2.2 full\n\n<b@y.test>:\n550 5.1.1 unknown\n",
            [("a@x.test", "failed", "4.2.2"), ("b@y.test", "failed", "5.1.1")],
        ),
        ("a@x.test: delivery has been delayed and will be retried\n", [("a@x.test", "delayed", "")]),
        ("a@x.test\nretry timeout exceeded\n", [("a@x.test", "failed", "5.4.7")]),
        ("送信先のメールボックスが一杯のため、送信できませんでした。\n", [("", "failed", "")]),
        ("宛先 a@x.test は存在しません。\n", [("a@x.test", "failed", "")]),
        ("a@x.test at 192.0.2.5: could not be\ndelivered\n", [("a@x.test", "failed", "")]),
        ("I read your mail.\n", []),
        ("Your mail to a@x.test was delivered: 2.0.0 ok\n", []),
    ],
)
def test_what_is_said_of_each_recipient(text: str, expected: list[tuple[str, str, str]]) -> None:
    assert read(text) == expected


def test_the_returned_message_is_not_what_the_mail_system_says() -> None:
    text = "Could not be delivered.\n\n----- Original message -----\nTo: b@y.test\n550 5.1.1 in a quotation\n"
    assert read(text) == [("", "failed", "")]


@pytest.mark.parametrize(
    ("sender", "subject"),
    [
        ("friend@x.test", "Re: hello"),
        ("postmaster@x.test", "Out of office"),
        ("postmaster@x.test", "自動返信: 不在です"),
        ("reader@x.test", "Re: Delivery problem"),
        ("reader@x.test", "Auto: Delivery failure"),
        ("reader@x.test", "商品配送のお知らせ"),
    ],
)
def test_what_people_and_their_programs_write_is_no_bounce(sender: str, subject: str) -> None:
    assert read("a@x.test: 550 5.1.1 unknown user\n", sender=sender, subject=subject) == []


def test_hostile_text_costs_little() -> None:
    begin = time.process_time()
    for text in ("a@x.test " * 30_000, "user " * 60_000, "<" * 100_000, "a" * 200_000, "\n-----" * 50_000):
        parse_bounce_text(bounce(text))
    assert time.process_time() - begin < 5


def test_a_notification_that_a_person_forwards_is_none() -> None:
    inner = (
        b'Content-Type: multipart/report; boundary="b"\n\n--b\nContent-Type: message/delivery-status\n\n'
        b"Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a@x.test\nAction: failed\nStatus: 5.1.1\n--b--\n"
    )
    mail = b'From: %s\nContent-Type: multipart/mixed; boundary="w"\n\n--w\nContent-Type: message/rfc822\n\n%s\n--w--\n'
    assert parse_wrapped_dsn(to_crlf(mail % (b"friend@x.test", inner))) is None
    wrapped = parse_wrapped_dsn(to_crlf(mail % (b"MAILER-DAEMON@x.test", inner)))
    assert wrapped is not None and wrapped.recipients[0].final_recipient == "a@x.test"


@pytest.mark.parametrize("header", ["Auto-Submitted: auto-replied (vacation)", "Auto-Submitted: auto-replied"])
def test_a_readers_automatic_reply_is_none_whatever_it_says(header: str) -> None:
    mail = bounce("My address a@x.test does not exist any more. 550 5.1.1\n", "a@x.test", "Delivery failure")
    assert parse_bounce_text(mail) != ()
    assert parse_bounce_text(header.encode() + b"\r\n" + mail) == ()
