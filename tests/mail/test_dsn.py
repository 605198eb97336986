"""Reports: every standard one of the collection read right, hostile ones within bounds, and ours read by others."""

import base64
import json
import time
from datetime import UTC, datetime
from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.mail.address import AddrSpec, Mailbox
from tayori.mail.date import rfc5322_date
from tayori.mail.dsn import DeliveryStatus, RecipientStatus, Report, compose_dsn, is_automatic_reply, parse_dsn
from tayori.mail.fields import scan_block, split_message
from tayori.mail.lines import has_bare_line_ends, to_crlf
from tayori.mail.reply import EnhancedStatus

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


def load(folder, name):
    raw = to_crlf((folder / "eml" / name).read_bytes())
    # Some were cut out of an mbox file, with its "From " line on top.
    return raw.partition(b"\r\n")[2] if raw.startswith(b"From ") else raw


def standard_rows(folder):
    rows = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    return [row for row in rows if row["standard_dsn"] and row["file"] not in WRAPPED]


# One relay wraps the whole report into a message/rfc822 part, which is what a person does who forwards a bounce.
WRAPPED = {"lhost-x5-01.eml"}
# Reports that return another report: the independent reading lists the recipients of both, but the inner one is not
# about the message that was sent.
BOUNCED_BOUNCES = {"lhost-sendmail-38.eml", "lhost-sendmail-41.eml", "rhost-yahooinc-03.eml"}
# Reports whose part is there, although the collection does not count them among the standard ones.
STANDARD_ALL_THE_SAME = {
    "lhost-messagelabs-01.eml": "kijitora@example.org",
    "rhost-messagelabs-01.eml": "kijitora@example.messagelabs.com",
    "lhost-mimecast-02.eml": "sabatora@example.net",
}


def test_every_standard_report_is_read_as_it_is_written(vectors):
    """Recipient, action and status of all but one of 164, against an independent reading of the same fields."""
    folder = vectors("bounces-sisimai")
    rows = standard_rows(folder)
    assert len(rows) == 163
    for row in rows:
        found = parse_dsn(load(folder, row["file"]))
        assert found is not None, row["file"]
        wanted = row["structure"]
        count = 1 if row["file"] in BOUNCED_BOUNCES else None
        assert [r.final_recipient for r in found.recipients] == wanted["dsn_final_recipient"][:count], row["file"]
        assert [r.action for r in found.recipients] == wanted["dsn_action"][:count], row["file"]
        statuses = [str(r.status) if r.status else "" for r in found.recipients]
        assert statuses == wanted["dsn_status"][:count], row["file"]


# Where Sisimai's opinion leaves the report's own fields: it reads the prose of the diagnostic, or corrects the sender.
SISIMAI_DIFFERS = {
    "lhost-mcafee-01.eml": "no Status field: Sisimai makes one up",
    "lhost-mcafee-02.eml": "no Status field: Sisimai takes it from the text",
    "lhost-mcafee-05.eml": "no Status field: Sisimai makes one up",
    "lhost-opensmtpd-06.eml": "Status is 4.4.7, Sisimai makes 5.0.947 of an expiry",
    "lhost-opensmtpd-12.eml": "Status is 4.0.0, Sisimai reads the text",
    "lhost-opensmtpd-16.eml": "Status is 4.4.7, Sisimai makes 5.0.947 of an expiry",
    "lhost-sendgrid-03.eml": "no Status field: Sisimai makes one up",
    "lhost-sendmail-56.eml": "Status is 5.5.0, Sisimai prefers the 4.7.0 of the text",
    "rfc3464-28.eml": "Sisimai adds a recipient from the text",
    "rhost-aol-03.eml": "Sisimai adds a recipient from the text",
    "rhost-cox-01.eml": "Sisimai counts one recipient twice",
    "rhost-franceptt-10.eml": "Status is 4.5.0, Sisimai prefers the 5.5.0 of the text",
}


def test_recipient_and_status_class_agree_with_sisimai(vectors):
    folder = vectors("bounces-sisimai")
    for row in standard_rows(folder):
        found = parse_dsn(load(folder, row["file"]))
        ours = [(r.final_recipient.lower(), str(r.status)[:1]) for r in found.recipients]
        theirs = [(one["recipient"], one["status"][:1]) for one in row["expect"]]
        assert (ours == theirs) is (row["file"] not in SISIMAI_DIFFERS), (row["file"], ours, theirs)


SISIMAI_READS_THE_PROSE = {f"lhost-exchange2007-0{n}.eml" for n in (2, 3, 4)}


def test_returned_messages_give_their_message_id(vectors):
    folder = vectors("bounces-sisimai")
    known = 0
    for row in standard_rows(folder):
        wanted = {one["message_id"] for one in row["expect"]} - {None, ""}
        found = parse_dsn(load(folder, row["file"])).returned_message_id
        if found and wanted and row["file"] not in SISIMAI_READS_THE_PROSE:
            assert found in wanted, row["file"]
            known += 1
    assert known > 100


def test_other_mail_is_no_report(vectors):
    folder = vectors("bounces-sisimai")
    rows = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    for row in rows:
        if not row["standard_dsn"] or row["file"] in WRAPPED:
            found = parse_dsn(load(folder, row["file"]))
            recipient = found.recipients[0].final_recipient if found else None
            assert recipient == STANDARD_ALL_THE_SAME.get(row["file"]), row["file"]
    assert parse_dsn(to_crlf((folder / "not-a-bounce" / "is-not-bounce-01.eml").read_bytes())) is None


def test_automatic_replies_are_told_from_people(vectors):
    folder = vectors("bounces-sisimai")
    for name in ("rfc3834-02.eml", "rfc3834-04.eml", "rfc3834-05.eml", "rfc3834-06.eml"):
        assert is_automatic_reply(scan_block(load(folder, name).partition(b"\r\n\r\n")[0]))
    person = to_crlf((folder / "not-a-bounce" / "is-not-bounce-01.eml").read_bytes())
    assert not is_automatic_reply(split_message(person)[0])


@pytest.mark.parametrize(
    ("header", "automatic"),
    [
        (b"Auto-Submitted: no", False),
        (b"Auto-Submitted: No (a person)", False),
        (b"Auto-Submitted: auto-replied", True),
        (b"Auto-Submitted: auto-generated (vacation)", True),
        (b"auto-submitted: auto-notified; owner-email=a@example.com", True),
        (b"Precedence: bulk", True),
        (b"Precedence: first-class", False),
        (b"X-Autoreply: yes", True),
        (b"Subject: Out of office", False),
    ],
)
def test_signs_of_automatic_replies(header, automatic):
    assert is_automatic_reply(scan_block(header + b"\r\nFrom: a@example.com\r\n")) is automatic


def dsn(status, more=""):
    return (
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nSorry.\r\n"
        f"--b\r\nContent-Type: message/delivery-status\r\n{more}\r\n{status}\r\n--b--\r\n"
    ).encode()


def test_all_fields_are_read():
    found = parse_dsn(
        dsn(
            "Reporting-MTA: dns; mx.example.net\r\nOriginal-Envelope-Id: abc\r\nArrival-Date: today\r\n\r\n"
            "Original-Recipient: rfc822;Bob@example.com\r\nFinal-Recipient: RFC822; <bob@mail.example.com>\r\n"
            "Action: Failed (really)\r\nStatus: 5.1.1 (bad mailbox)\r\nRemote-MTA: dns; in.example.com\r\n"
            "Diagnostic-Code: SMTP; 550 5.1.1\r\n  No such user\r\nLast-Attempt-Date: now\r\n"
            "Will-Retry-Until: never\r\n"
            " \r\nFinal-Recipient: x@example.com\r\nAction: delayed\r\nDiagnostic-Code: no type here; see text\r\n"
        )
    )
    assert found == DeliveryStatus(
        reporting_mta="mx.example.net",
        original_envelope_id="abc",
        arrival_date="today",
        recipients=(
            RecipientStatus(
                original_recipient="Bob@example.com",
                final_recipient="bob@mail.example.com",
                action="failed",
                status=EnhancedStatus(5, 1, 1),
                remote_mta="in.example.com",
                diagnostic_type="smtp",
                diagnostic="550 5.1.1  No such user",
                last_attempt="now",
                will_retry_until="never",
            ),
            RecipientStatus(final_recipient="x@example.com", action="delayed", diagnostic="no type here; see text"),
        ),
    )


def test_a_forwarded_report_is_not_a_report():
    inner = dsn("Final-Recipient: rfc822; b@example.com\r\nAction: failed\r\nStatus: 5.0.0").decode()
    outer = (
        "Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\nContent-Type: message/rfc822\r\n\r\n"
        f"{inner}\r\n--o--\r\n"
    )
    assert parse_dsn(inner.encode()) is not None
    assert parse_dsn(outer.encode()) is None


def test_encoded_reports_and_bare_line_feeds_inside_are_read():
    body = "Reporting-MTA: dns; a\n\nFinal-Recipient: rfc822; b@example.com\nAction: failed\nStatus: 5.0.0\n"
    encoded = base64.b64encode(body.encode()).decode()
    found = parse_dsn(dsn(encoded, "Content-Transfer-Encoding: base64\r\n"))
    assert found.recipients[0].final_recipient == "b@example.com"


def test_a_report_without_recipients_is_none():
    assert parse_dsn(dsn("Reporting-MTA: dns; a")) is None
    assert parse_dsn(dsn("")) is None
    assert parse_dsn(b"") is None


def test_hostile_reports_are_bounded():
    started = time.process_time()
    many = dsn("\r\n".join(f"Final-Recipient: rfc822; u{n}@example.com\r\n" for n in range(20_000)))
    assert len(parse_dsn(many).recipients) == 500
    long = parse_dsn(dsn("Final-Recipient: rfc822; " + "x" * 300_000 + "\r\n\r\n" * 50_000))
    assert long is None or len(long.recipients[0].final_recipient) <= 4000
    for piece in ("\r\n", "\r\n ", "a:", "Status: ", "Final-Recipient: rfc822;a\r\n"):
        parse_dsn(dsn(piece * (1_000_000 // len(piece))))
    assert time.process_time() - started < 4


@given(st.text(alphabet="Final-Recipient: rfc822;a@b\r\n\tStatus5.1", max_size=120))
def test_no_report_breaks_the_reader(text):
    found = parse_dsn(dsn("Final-Recipient: rfc822; a@b\r\n" + text))
    for one in found.recipients if found else ():
        assert "\n" not in one.final_recipient + one.action + one.diagnostic


def report(**more):
    values = {
        "final_recipient": "bob@example.net",
        "original_recipient": "bob@example.com",
        "action": "failed",
        "status": EnhancedStatus(5, 1, 1),
        "diagnostic": "550 5.1.1 No such user",
        "remote_mta": "mx.example.net",
        **more,
    }
    status = DeliveryStatus(
        recipients=(RecipientStatus(**values),),
        reporting_mta="a1.smtp-out.us-east-1.tayori.test",
        arrival_date=rfc5322_date(NOW),
        returned_fields=scan_block(b"From: a@example.com\r\nSubject: =?UTF-8?B?5Lu25ZCN?=\r\nMessage-ID: <1@x>\r\n"),
    )
    return Report(
        sender=Mailbox("Mail Delivery Subsystem", AddrSpec("MAILER-DAEMON", "tayori.test")),
        to=AddrSpec("ann", "example.com"),
        subject="Delivery Status Notification (Failure)",
        text="配信できませんでした。\nbob@example.net\n",
        status=status,
        message_id="2@tayori.test",
        now=NOW,
    )


def test_our_report_reads_back_whole():
    ours = report()
    raw = compose_dsn(ours, "bnd")
    assert not has_bare_line_ends(raw)
    found = parse_dsn(raw)
    assert found.returned_message_id == "1@x"
    expected = RecipientStatus(
        final_recipient="bob@example.net",
        original_recipient="bob@example.com",
        action="failed",
        status=EnhancedStatus(5, 1, 1),
        diagnostic="550 5.1.1 No such user",
        diagnostic_type="smtp",
        remote_mta="mx.example.net",
    )
    assert found.recipients == (expected,)
    assert (found.reporting_mta, found.arrival_date) == (ours.status.reporting_mta, ours.status.arrival_date)
    assert is_automatic_reply(split_message(raw)[0])


def test_our_report_is_read_by_the_standard_library():
    parsed = message_from_bytes(compose_dsn(report(), "bnd"), policy=policy.default)
    assert parsed.get_content_type() == "multipart/report"
    assert parsed.get_param("report-type") == "delivery-status"
    text, status, headers = parsed.iter_parts()
    assert text.get_content().replace("\r\n", "\n") == "配信できませんでした。\nbob@example.net\n"
    per_message, per_recipient = status.get_payload()
    assert per_message["Reporting-MTA"] == "dns; a1.smtp-out.us-east-1.tayori.test"
    assert per_recipient["Status"] == "5.1.1"
    assert headers.get_content_type() == "text/rfc822-headers"
    assert parsed["Date"].datetime == NOW


@pytest.mark.parametrize(
    "text", ["550 a\r\nFinal-Recipient: rfc822; x@y", "a\r\n\r\n--bnd--\r\n", "\x00\x1b[2J", "拒否", "x" * 5000, ""]
)
def test_hostile_replies_stay_one_field(text):
    raw = compose_dsn(report(diagnostic=text), "bnd")
    assert not has_bare_line_ends(raw)
    found = parse_dsn(raw)
    assert [one.final_recipient for one in found.recipients] == ["bob@example.net"]
    assert found.returned_message_id == "1@x"
