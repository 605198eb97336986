"""Mail that is made to cost: what reading it takes is bounded in time and memory, however large or deep it is."""

import base64
import gzip
import io
import time
import tracemalloc
import zipfile
from collections.abc import Callable

import pytest

from tayori.inbound.aggregates import read_aggregates, read_tls_reports
from tayori.inbound.intake import read
from tayori.mail.address import AddrSpec
from tayori.mail.envelope import ReversePath
from tayori.model.inbound import InboundMessage, InboundPurpose, InboundRoute

MIB = 1024 * 1024
SIZE = 12 * MIB
_SECONDS = 1.5  # of processor time: ten times what is needed
_MEMORY = 24 * MIB  # besides the message itself
_UNPACKED = 80 * MIB  # 20 MiB may come out of archives, and are parsed then

REPORT = b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
BOUNCE = b"From: MAILER-DAEMON@x.test\r\nSubject: Undelivered Mail\r\nContent-Type: text/plain\r\n\r\n"


def filled(pattern: bytes, size: int = SIZE) -> bytes:
    return pattern * (size // len(pattern))


def nested(depth: int) -> bytes:
    """A multipart in a multipart in a multipart."""
    parts = [b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (level, level) for level in range(depth)]
    return b"".join(parts) + b"Content-Type: message/delivery-status\r\n\r\n\r\nFinal-Recipient: rfc822; a@x.test\r\n"


def forwarded(depth: int) -> bytes:
    """A message in a message, each packed in base64: unpacking each takes memory of its own."""
    inner = b"Subject: x\r\n\r\n" + filled(b"The quick brown fox. ", 2 * MIB)
    for _ in range(depth):
        packed = base64.encodebytes(inner).replace(b"\n", b"\r\n")
        inner = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" + packed
    return inner


def status_of_many() -> bytes:
    blocks = b"".join(
        b"\r\nFinal-Recipient: rfc822; %d@x.test\r\nAction: failed\r\nStatus: 5.1.1\r\n" % number
        for number in range(100_000)
    )
    return (
        REPORT
        + b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n"
        + blocks
        + b"--b--\r\n"
    )


BOMBS: dict[str, Callable[[], bytes]] = {
    "a million parts": lambda: REPORT + filled(b"--b\r\n\r\n"),
    "parts without headers": lambda: REPORT + filled(b"--b\r\n"),
    "false boundaries": lambda: REPORT + filled(b"--bx\r\n"),
    "multiparts ten thousand deep": lambda: nested(10_000),
    "all with one boundary": lambda: filled(b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n'),
    "messages in messages": lambda: filled(b"Content-Type: message/rfc822\r\n\r\n"),
    "messages in messages, packed": lambda: forwarded(6),
    "a report on a hundred thousand": status_of_many,
    "one header field": lambda: b"Subject: " + filled(b"x") + b"\r\n\r\n",
    "a folded header field": lambda: b"Subject: " + filled(b"x\r\n ") + b"\r\n\r\n",
    "a million header fields": lambda: filled(b"X: y\r\n") + b"\r\n",
    "no line ends": lambda: filled(b"x"),
    "line ends only": lambda: filled(b"\r\n"),
    "encoded words": lambda: b"Auto-Submitted: no\r\nSubject: " + filled(b"=?utf-8?q?=41?= ") + b"\r\n\r\n",
    "parameters": lambda: b"Content-Type: multipart/report" + filled(b"; a=b") + b"\r\n\r\n",
    "parameters in pieces": lambda: (
        b"Content-Type: multipart/report"
        + b"".join(b"; boundary*%d=b" % number for number in range(100_000))
        + b"\r\n\r\n"
    ),
    "a text of addresses": lambda: BOUNCE + filled(b"550 unknown user a@b.test\r\n"),
    "a text of at signs": lambda: BOUNCE + filled(b"@"),
    "a text of half addresses": lambda: BOUNCE + b"user unknown " + filled(b"a@"),
    "a text of one word": lambda: BOUNCE + b"user unknown " + filled(b"a."),
    "a text of digits": lambda: BOUNCE + b"user unknown " + filled(b"5.1."),
    "a text of codes": lambda: BOUNCE + filled(b"550 "),
    "a text of open tags": lambda: BOUNCE.replace(b"plain", b"html") + b"user unknown" + filled(b"<a"),
    "a text of tags": lambda: BOUNCE.replace(b"plain", b"html") + b"user unknown" + filled(b"<a>"),
    "a text of white space": lambda: BOUNCE + b"user unknown" + filled(b" \r\n\t"),
    "a text of dashes": lambda: BOUNCE + b"user unknown\r\n" + filled(b"-"),
    "a text of quotation marks": lambda: BOUNCE + b"user unknown\r\n" + filled(b"> "),
    "a text in Japanese": lambda: BOUNCE + filled("ユーザー".encode()),
    "failed recipients": lambda: BOUNCE.replace(
        b"Subject", b"X-Failed-Recipients: " + filled(b"a@b.test, ") + b"\r\nSubject"
    ),
    "a complaint of many": lambda: (
        REPORT.replace(b"delivery-status", b"feedback-report")
        + b"--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n"
        + filled(b"Original-Rcpt-To: <a@b.test>\r\n")
    ),
    "a complaint that returns many": lambda: (
        REPORT.replace(b"delivery-status", b"feedback-report")
        + b"--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n\r\n"
        + b"--b\r\nContent-Type: message/rfc822\r\n\r\nTo: "
        + filled(b"a@b.test, (((")
        + b"\r\n\r\n--b--\r\n"
    ),
}


def message(content: bytes, purpose: InboundPurpose = InboundPurpose.RETURN_PATH) -> InboundMessage:
    return InboundMessage(
        routes=(InboundRoute(recipient=AddrSpec("r", "x.test"), purpose=purpose, message_id="m", ordinals=(0,)),),
        reverse_path=ReversePath.NULL,
        content=content,
        source_ip="192.0.2.1",
        helo="",
        tls=None,
    )


def seconds(work: Callable[[], object]) -> float:
    started = time.thread_time()
    work()
    return time.thread_time() - started


def octets(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        work()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", BOMBS)
def test_reading_is_bounded(name: str) -> None:
    mail = message(BOMBS[name]())
    took, space = seconds(lambda: read(mail)), octets(lambda: read(mail))
    assert took < _SECONDS and space < _MEMORY, (took, space / MIB)


# -- archives ----------------------------------------------------------------------------------------------------------


def attached(content: bytes, name: str) -> bytes:
    packed = base64.encodebytes(content).replace(b"\n", b"\r\n")
    return (
        b'Content-Type: application/octet-stream; name="%s"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
        % name.encode()
        + packed
    )


def zipped(*contents: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, content in enumerate(contents):
            archive.writestr(f"{number}.xml", content)
    return out.getvalue()


ARCHIVES: dict[str, Callable[[], bytes]] = {
    "gzip of nothing but zeros": lambda: gzip.compress(bytes(256 * MIB)),
    "gzip of a document that never ends": lambda: gzip.compress(b"<feedback>" + filled(b"<record>", 64 * MIB)),
    "gzip of a number that never ends": lambda: gzip.compress(b'{"a": ' + filled(b"1", 64 * MIB)),
    "gzip of brackets": lambda: gzip.compress(b'{"a": ' + filled(b"[", 16 * MIB)),
    "gzip in gzip in gzip": lambda: gzip.compress(gzip.compress(gzip.compress(bytes(64 * MIB)))),
    "zip of many files": lambda: zipped(*([b"<feedback/>"] * 5000)),
    "zip of large files": lambda: zipped(*([b"<" + bytes(32 * MIB)] * 3)),
    "zip in zip": lambda: zipped(zipped(zipped(b"<" + bytes(32 * MIB)))),
    "entities": lambda: gzip.compress(
        b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
        + b"".join(b'<!ENTITY %c "&%c;&%c;&%c;&%c;">' % (c + 1, c, c, c, c) for c in range(97, 120))
        + b"]><feedback>&x;</feedback>"
    ),
}


@pytest.mark.parametrize("name", ARCHIVES)
@pytest.mark.parametrize(
    ("purpose", "reader"),
    [(InboundPurpose.DMARC_REPORTS, read_aggregates), (InboundPurpose.TLS_REPORTS, read_tls_reports)],
)
def test_unpacking_is_bounded(
    name: str, purpose: InboundPurpose, reader: Callable[[InboundMessage], tuple[object, ...]]
) -> None:
    mail = message(attached(ARCHIVES[name](), "report.gz"), purpose)
    took, space = seconds(lambda: reader(mail)), octets(lambda: reader(mail))
    assert reader(mail) == ()
    assert took < 2 * _SECONDS and space < _UNPACKED, (took, space / MIB)
