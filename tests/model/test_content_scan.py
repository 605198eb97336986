"""The test file of anti-virus scanners is found wherever a message can carry it, and nothing else is."""

import base64
import hashlib
import time
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from tayori.mail.address import Mailbox, parse_mailbox
from tayori.mail.compose import Body, Content, SimpleContent
from tayori.mail.parts import Attachment
from tayori.model import attachment
from tayori.model.content_scan import EICAR
from tayori.model.message import Caller, Operation
from tayori.model.names import ServiceNames
from tayori.model.submission import Handed, from_raw, from_simple

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HANDED = Handed(
    message_id="01000000-1",
    caller=Caller(
        account_id="1" * 12, region="us-east-1", arn="arn", source_ip="192.0.2.1", operation=Operation.SEND_RAW_EMAIL
    ),
    now=NOW,
    names=ServiceNames(service_domain="tayori.test", region="us-east-1"),
    destinations=["b@example.com"],
)


def email(text="Hello\n", **headers):
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"], made["Subject"] = "a@example.com", "b@example.com", headers.get("subject", "Hi")
    made.set_content(text)
    return made


def attached(content, cte="base64", name="sample.txt", maintype="application", subtype="octet-stream"):
    made = email()
    made.add_attachment(content, maintype=maintype, subtype=subtype, filename=name, cte=cte)
    return made


def is_bad(message):
    raw = message if isinstance(message, bytes) else message.as_bytes()
    return from_raw(raw, HANDED).is_bad


def test_the_file_is_the_one_that_was_agreed_on():
    assert len(EICAR) == 68
    # Its checksum is published with it.
    assert hashlib.md5(EICAR, usedforsecurity=False).hexdigest() == "44d88612fea8a8f36de82e1278abb02f"


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "7bit"])
def test_an_attachment_in_any_transfer_encoding(encoding):
    assert is_bad(attached(EICAR, cte=encoding))
    assert is_bad(attached(EICAR + b"\r\n", cte=encoding))
    assert not is_bad(attached(EICAR[:-1], cte=encoding))


def test_a_text_attachment():
    made = email()
    made.add_attachment(EICAR.decode(), filename="sample.txt", cte="base64")
    assert is_bad(made)


def test_base64_in_lines_of_any_length():
    encoded = base64.b64encode(EICAR)
    for width in (4, 7, 60, 76, 200):
        lines = b"\r\n".join(encoded[at : at + width] for at in range(0, len(encoded), width))
        raw = (
            b"From: a@example.com\r\nContent-Type: application/zip\r\nContent-Transfer-Encoding: BASE64\r\n\r\n"
            + lines
            + b"\r\n"
        )
        assert is_bad(raw), width


def test_a_forwarded_message_that_has_it():
    made = email()
    made.add_attachment(attached(EICAR))
    assert is_bad(made)
    inner = base64.encodebytes(attached(EICAR, cte="7bit").as_bytes()).replace(b"\n", b"\r\n")
    outer = b"From: a@example.com\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" + inner
    assert is_bad(outer)


def test_text_and_subject_as_they_stand():
    assert is_bad(email(EICAR.decode() + "\n"))
    assert is_bad(b"From: a@example.com\r\nSubject: " + EICAR + b"\r\n\r\nx\r\n")


def test_simple_content():
    def simple(*attachments, text="Hello"):
        return SimpleContent(
            sender=parse_mailbox("a@example.com"),
            to=[Mailbox("", parse_mailbox("b@example.com").addr)],
            subject=Content(data="Hi"),
            body=Body(text=Content(data=text)),
            attachments=attachments,
        )

    assert from_simple(simple(Attachment(content=EICAR, file_name="sample.txt")), HANDED, "b").is_bad
    assert from_simple(simple(text=EICAR.decode()), HANDED, "b").is_bad
    assert not from_simple(simple(Attachment(content=b"x" * 100, file_name="sample.txt")), HANDED, "b").is_bad


def test_ordinary_mail_is_not_bad():
    assert not is_bad(email("Do you know EICAR-STANDARD-ANTIVIRUS-TEST-FILE?\n"))
    assert not is_bad(attached(b"PK\x03\x04" + bytes(1000), name="a.zip"))


def test_what_cannot_be_decoded_is_not_looked_into():
    made = attached(b"x").as_bytes().replace(base64.b64encode(b"x"), b"====")
    assert not is_bad(made)


def test_large_and_many_files_cost_little():
    many = email()
    for number in range(200):
        many.add_attachment(bytes(90_000), maintype="application", subtype="octet-stream", filename=f"{number}.bin")
    raw = many.as_bytes()
    assert len(raw) > 20_000_000
    content = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    started = time.process_time()
    beginnings = attachment.check(content)
    assert time.process_time() - started < 2
    assert sum(map(len, beginnings)) <= 1024 * 1024
