"""Messages: header fields, MIME parts, addresses, encoded words, reports, and what acceptance makes of them."""

from contextlib import suppress
from datetime import UTC, datetime

from tayori.inbound.complaints import read_complaint
from tayori.inbound.reports import read_reports
from tayori.mail import parameters, words
from tayori.mail.address import AddressError, AddrSpec, parse_mailbox_list
from tayori.mail.dmarc_report import DmarcReportError, parse_report
from tayori.mail.envelope import ReversePath
from tayori.mail.fields import FieldsError, join, scan_block, split_message
from tayori.mail.lines import has_bare_line_ends, to_crlf
from tayori.mail.report_files import UnpackError, xml_files
from tayori.mail.structure import StructureError, walk
from tayori.model.bounce import classify_status
from tayori.model.errors import Invalid, MessageRejected
from tayori.model.inbound import InboundMessage, InboundPurpose, InboundRoute
from tayori.model.message import Caller, Operation
from tayori.model.names import ServiceNames
from tayori.model.submission import Handed, from_raw

_HEADER = (
    b'From: =?utf-8?q?=C3=A9?= <a@b.test>\r\nTo: c@d.test,\r\n "x, y" <e@f.test>\r\n'
    b"Subject: =?iso-2022-jp?B?GyRCRnxLXBsoQg==?=\r\n"
    b'X-SES-MESSAGE-TAGS: a=b, c=d\r\nContent-Type: multipart/mixed; boundary="=_1"\r\n'
)
_MIME = _HEADER + (
    b"\r\nfore\r\n--=_1\r\nContent-Type: text/plain; charset=utf-8; name*0*=utf-8''%e6; name*1=x\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--=_1\r\nContent-Type: message/rfc822\r\n\r\n"
    b'Subject: inner\r\n\r\nx\r\n--=_1\r\nContent-Disposition: attachment; filename="a.exe"\r\n\r\nMZ\r\n--=_1--\r\n'
)
_ID = "0100019ab1c2d3e4-4c0b1a2e-7a54-4a5c-9a53-7b6a1f0c2d3e-000000"
_DSN = (
    b"From: MAILER-DAEMON@later.test\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
    b"--b\r\n\r\nsorry\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; later.test\r\n\r\n"
    b"Original-Recipient: rfc822;c+2B@d.test\r\nFinal-Recipient: rfc822; c@d.test\r\nAction: failed\r\n"
    b"Status: 5.1.1\r\n"
    b"Diagnostic-Code: smtp; 550 no\r\n\r\n--b--\r\n"
)
_ARF = (
    b"From: f@fbl.test\r\nContent-Type: multipart/report; boundary=b\r\n\r\n--b\r\n"
    b"Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nOriginal-Rcpt-To: <a@b.test>\r\n"
    b"Arrival-Date: Thu, 8 Mar 2005 14:00:00 -0500\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
    b"To: x <a@b.test>\r\nMessage-ID: <i@b.test>\r\n\r\nx\r\n--b--\r\n"
)
_TEXT = (
    b"From: MAILER-DAEMON@b.test\r\nTo: a@b.test\r\nSubject: failure notice\r\nX-Failed-Recipients: c@d.test\r\n\r\n"
    b"<c@d.test>:\r\n550 5.1.1 <c@d.test> user unknown (#5.1.1)\r\n\r\n"
    b"--- Below this line is a copy\r\nTo: c@d.test\r\n"
)
_XML = (
    b'<?xml version="1.0"?><feedback><report_metadata><org_name>o</org_name><report_id>1</report_id><date_range>'
    b"<begin>1</begin><end>2</end></date_range></report_metadata><policy_published><domain>b.test</domain><p>none</p>"
    b"</policy_published><record><row><source_ip>192.0.2.1</source_ip><count>3</count></row></record></feedback>"
)
_CALLER = Caller(account_id="1" * 12, region="us-east-1", arn="", source_ip="", operation=Operation.SEND_RAW_EMAIL)
_NAMES = ServiceNames(service_domain="tayori.test", region="us-east-1")


def header(data: bytes) -> None:
    """Fields are the very octets that came; nothing of the block is lost, nothing is read twice."""
    try:
        fields, offset = split_message(data)
    except FieldsError as error:
        assert "\n" not in str(error)
    else:
        block = join(fields)
        assert data[: len(block)] == block and offset in (len(block), len(block) + 2)
        assert not has_bare_line_ends(block) and b"\0" not in block
        for field in fields:
            assert field.name and b"\r" not in field.value and b"\n" not in field.value
            assert not any(character < " " and character != "\t" for character in field.text)
    for field in scan_block(data):
        assert b"\n" not in field.name


def message(data: bytes) -> None:
    """What acceptance takes is fit to be sent: CR LF throughout, no NUL, one of each field, a readable header."""
    handed = Handed(message_id="m", caller=_CALLER, now=datetime(2026, 11, 24, tzinfo=UTC), names=_NAMES)
    try:
        taken = from_raw(data, handed)
    except (Invalid, MessageRejected) as error:
        assert "\n" not in error.message and "\r" not in error.message
        return
    assert not has_bare_line_ends(taken.content) and b"\0" not in taken.content
    fields, offset = split_message(taken.content)
    names = [field.name.lower() for field in fields]
    assert names.count(b"message-id") == names.count(b"date") == names.count(b"from") == 1
    assert b"bcc" not in names and b"return-path" not in names
    taken.content[:offset].decode("utf-8")
    original = to_crlf(data)
    assert taken.content.endswith(original[split_message(original)[1] :])


def structure(data: bytes) -> None:
    with suppress(StructureError):
        for count, part in enumerate(walk(data)):
            assert count < 10_000
            part.decoded()


def addresses(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    try:
        boxes = parse_mailbox_list(text)
    except AddressError as error:
        assert "\n" not in str(error) and "\r" not in str(error)
        return
    for box in boxes:
        assert AddrSpec.parse(str(box.addr)) == box.addr
        assert box.encode().isascii() and not has_bare_line_ends(box.encode())
        assert not any(character < " " or character == "\x7f" for character in str(box.addr))


def encoded_words(data: bytes) -> None:
    assert not any(character in "\r\n\0" for character in words.decode_bytes(data))
    parameters.parse(data)


def report(data: bytes) -> None:
    """Anything may arrive on a return path."""
    route = InboundRoute(recipient=AddrSpec(_ID, "bounce.b.test"), purpose=InboundPurpose.RETURN_PATH, message_id=_ID)
    received = InboundMessage(
        routes=(route,), reverse_path=ReversePath.NULL, content=data, source_ip="192.0.2.1", helo="x", tls=None
    )
    for one in read_reports(received):
        assert one.message_id == _ID
        for recipient in one.recipients:
            classify_status(recipient.status, recipient.diagnostic, code=recipient.code, host=recipient.host)
            assert not any(character in recipient.address for character in "\r\n\0")
    complaint = read_complaint(received)
    if complaint is not None:
        assert f"{_ID}@bounce.b.test" in complaint.claims
        assert not any("\0" in claim for claim in complaint.claims)
        assert complaint.arrived_at is None or complaint.arrived_at.tzinfo is not None


def aggregate_report(data: bytes) -> None:
    with suppress(DmarcReportError):
        parse_report(data)
    with suppress(UnpackError):
        for count, _ in enumerate(xml_files(data)):
            assert count < 1000


TARGETS = {
    "header": (header, (_HEADER + b"\r\nbody", b"A : b\r\n\tfolded\r\nC:\r\n\r\n", b"\xe6\x97: x\r\n", _DSN)),
    "message": (message, (_MIME, _HEADER + b"Bcc: x@y.test\r\n\r\n.\r\n", _MIME.replace(b"\r\n", b"\n"))),
    "structure": (structure, (_MIME, _DSN)),
    "addresses": (
        addresses,
        (
            b'a@b.test, "x, y" <c@d.test>, (comment (nested)) e@f.test (name)',
            "名前 <a@日本.test>; group: a@b.test, c@d.test;".encode(),
            b'=?utf-8?B?5ZCN?= <"a b"@c.test>, <@r:a@b.test>, a . b @ c . test',
        ),
    ),
    "encoded words": (
        encoded_words,
        (b"=?utf-8?q?=C3=A9_x?= =?iso-2022-jp?B?GyRCRnwbKEI=?= plain", b'a/b; c*0*=utf-8\'\'%e6%97; c*1=x; d="e\\"f"'),
    ),
    "report": (report, (_DSN, _ARF, _TEXT, _MIME, b"Subject: out of office\r\nAuto-Submitted: auto-replied\r\n\r\nx")),
    "aggregate report": (aggregate_report, (_XML, b"Content-Type: text/xml\r\n\r\n" + _XML)),
}
