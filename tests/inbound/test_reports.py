"""What comes back on a return path, read: notifications of real systems, automatic replies, and the rest."""

import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st

from tayori.inbound.reports import read_reports
from tayori.mail.address import AddrSpec
from tayori.mail.envelope import ReversePath
from tayori.mail.lines import to_crlf
from tayori.mail.reply import EnhancedStatus
from tayori.model.inbound import (
    InboundMessage,
    InboundPurpose,
    InboundRoute,
    ReportAction,
    ReportedRecipient,
    ReportKind,
)

MESSAGE_ID = "0100019ab1c2d3e4-4c0b1a2e-7a54-4a5c-9a53-7b6a1f0c2d3e-000000"

DSN = b"""\
From: MAILER-DAEMON@later.test
To: x@bounce.customer.test
Subject: Undelivered
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b

Sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.later.test

%s
--b--
"""


def returned(content: bytes, *message_ids: str | None) -> InboundMessage:
    return InboundMessage(
        routes=tuple(
            InboundRoute(
                recipient=AddrSpec(message_id or "postmaster", "bounce.customer.test"),
                purpose=InboundPurpose.RETURN_PATH if message_id else InboundPurpose.POSTMASTER,
                message_id=message_id,
            )
            for message_id in message_ids
        ),
        reverse_path=ReversePath.NULL,
        content=to_crlf(content),
        source_ip="192.0.2.1",
        helo="mx.later.test",
        tls=None,
    )


def recipients_of(fields: bytes) -> tuple[ReportedRecipient, ...]:
    (report,) = read_reports(returned(DSN % fields, MESSAGE_ID))
    assert report.kind is ReportKind.BOUNCE
    assert report.message_id == MESSAGE_ID
    assert report.reporting_mta == "mx.later.test"
    return report.recipients


def test_a_failure():
    (recipient,) = recipients_of(
        b"Final-Recipient: rfc822; User@Later.TEST\nAction: failed\nStatus: 5.1.1\n"
        b"Diagnostic-Code: smtp; 550 5.1.1 no such user\n"
    )
    assert recipient == ReportedRecipient(
        address="User@later.test",
        action=ReportAction.FAILED,
        status=EnhancedStatus(5, 1, 1),
        code=550,
        host="mx.later.test",
        diagnostic="smtp; 550 5.1.1 no such user",
    )


def test_a_forwarders_report_names_the_address_that_we_wrote_to():
    (recipient,) = recipients_of(
        b"Final-Recipient: rfc822; hidden@elsewhere.test\nOriginal-Recipient: rfc822; user@later.test\n"
        b"Action: failed\nStatus: 5.2.1\n"
    )
    assert recipient.address == "user@later.test"


@pytest.mark.parametrize(
    ("action", "status", "expected"),
    [
        (b"delayed", b"4.4.1", ReportAction.DELAYED),
        (b"Delivered", b"2.0.0", ReportAction.DELIVERED),
        (b"relayed (to a system without DSN)", b"2.0.0", ReportAction.RELAYED),
        (b"hard-fail", b"5.0.0", ReportAction.FAILED),
        (b"later", b"4.0.0", ReportAction.DELAYED),
    ],
)
def test_actions(action, status, expected):
    fields = b"Final-Recipient: rfc822; user@later.test\nAction: %s\nStatus: %s\n" % (action, status)
    assert [recipient.action for recipient in recipients_of(fields)] == [expected]


def test_a_recipient_of_whom_nothing_is_said_is_left_out():
    fields = (
        b"Final-Recipient: rfc822; one@later.test\nAction: shrug\n\n"
        b"Final-Recipient: rfc822; two@later.test\nAction: failed\nStatus: 5.1.1\n"
    )
    assert [recipient.address for recipient in recipients_of(fields)] == ["two@later.test"]


def test_one_report_for_each_return_path():
    content = DSN % b"Final-Recipient: rfc822; user@later.test\nAction: failed\nStatus: 5.1.1\n"
    reports = read_reports(returned(content, "first", None, "second"))
    assert [report.message_id for report in reports] == ["first", "second"]
    assert read_reports(returned(content, None)) == ()


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (b"Auto-Submitted: auto-replied (vacation)", ReportKind.AUTOMATIC_REPLY),
        ("Subject: 自動返信: お問い合わせ".encode(), ReportKind.AUTOMATIC_REPLY),
        (b"X-Autoreply: yes", ReportKind.AUTOMATIC_REPLY),
        (b"Auto-Submitted: no", ReportKind.UNREADABLE),
        (b"X-Nothing: special", ReportKind.UNREADABLE),
    ],
)
def test_automatic_replies(header, kind):
    content = header + b"\nSubject: Re: hello\n\nI am away until Monday; a@x.test is unavailable.\n"
    (report,) = read_reports(returned(content, MESSAGE_ID))
    assert (report.kind, report.recipients) == (kind, ())


@pytest.mark.parametrize("content", [b"", b"\r\n", b"no header at all", b"Content-Type: multipart/report"])
def test_rubbish_is_unreadable(content):
    (report,) = read_reports(returned(content, MESSAGE_ID))
    assert report.kind is ReportKind.UNREADABLE


@budget(max_examples=200, deadline=None)
@given(where=st.integers(0, 600), octets=st.binary(max_size=30), cut=st.integers(0, 600))
def test_a_mangled_notification_never_breaks_the_reader(where, octets, cut):
    whole = DSN % b"Final-Recipient: rfc822; user@later.test\nAction: failed\nStatus: 5.1.1\n"
    mangled = (whole[:where] + octets + whole[where:])[: cut + 50]
    (report,) = read_reports(returned(mangled, MESSAGE_ID))
    assert report.kind in ReportKind


def test_an_automatic_reply_names_its_author():
    content = b"From: Reader <Away@Later.TEST>\nAuto-Submitted: auto-replied\n\nI am away.\n"
    (report,) = read_reports(returned(content, MESSAGE_ID))
    assert [one.address for one in report.recipients] == ["Away@later.test"]
