"""What the simulator's mailboxes write, read by somebody else's parser."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest

from tayori.mail.address import AddrSpec
from tayori.model.simulated_mail import Delivered, answer
from tayori.model.simulator import Mailbox, is_simulated, mailbox_of

FEEDBACK = AddrSpec.parse("complaints@tayori.test")
PATH = AddrSpec.parse("path@us-east-1.mail.tayori.test")
HEAD = b"From: news@example.com\r\nSubject: Caf\xc3\xa9\r\nMessage-ID: <id@us-east-1.tayori.test>\r\n"


def written(mailbox, **changes):
    values = {
        "mailbox": mailbox,
        "recipient": AddrSpec.parse(f"{mailbox}+x@simulator.amazonses.com"),
        "return_path": PATH,
        "accepted_at": datetime(2026, 1, 1, 12, tzinfo=UTC),
        "now": datetime(2026, 1, 1, 12, 0, 1, tzinfo=UTC),
        "token": "t" * 43,
        "head": HEAD,
    }
    made = answer(Delivered(**(values | changes)), FEEDBACK)
    return made.to, message_from_bytes(made.content, policy=default)


def test_an_automatic_reply_is_one_by_rfc_3834():
    to, mail = written(Mailbox.AUTOMATIC_REPLY)
    assert to == PATH and mail["To"] == str(PATH)
    assert mail["From"] == "ooto+x@simulator.amazonses.com"
    assert mail["Auto-Submitted"].startswith("auto-replied")
    assert mail["In-Reply-To"] == mail["References"] == "<id@us-east-1.tayori.test>"
    assert mail.get_content_type() == "text/plain" and "out of the office" in mail.get_content()
    assert mail.defects == []


def test_a_complaint_is_a_report_by_rfc_5965():
    to, mail = written(Mailbox.COMPLAINT)
    assert to == FEEDBACK
    assert mail.get_content_type() == "multipart/report"
    assert mail["Content-Type"].params["report-type"] == "feedback-report"
    text, report, returned = mail.iter_parts()
    assert [one.get_content_type() for one in (text, report, returned)] == [
        "text/plain",
        "message/feedback-report",
        "text/rfc822-headers",
    ]
    (fields,) = report.get_payload()
    assert (fields["Feedback-Type"], fields["Version"]) == ("abuse", "1")
    assert fields["Original-Mail-From"] == f"<{PATH}>"
    assert fields["Original-Rcpt-To"] == "<complaint+x@simulator.amazonses.com>"
    assert fields["Arrival-Date"] == "Thu, 1 Jan 2026 12:00:00 +0000"
    assert "Message-ID: <id@us-east-1.tayori.test>" in returned.get_payload()
    assert mail.defects == []


def test_a_forgotten_header_is_left_out():
    _, reply = written(Mailbox.AUTOMATIC_REPLY, head=b"")
    assert reply["In-Reply-To"] is None
    _, complaint = written(Mailbox.COMPLAINT, head=b"")
    assert len(list(complaint.iter_parts())) == 3


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("success@simulator.amazonses.com", Mailbox.SUCCESS),
        ("Bounce+Label+2@Simulator.AmazonSES.com", Mailbox.BOUNCE),
        ("OOTO@simulator.amazonses.com", Mailbox.AUTOMATIC_REPLY),
        ("suppressionlist@simulator.amazonses.com", Mailbox.SUPPRESSED),
        ("complaint@simulator.amazonses.com", Mailbox.COMPLAINT),
        ("nobody@simulator.amazonses.com", None),
        ("+bounce@simulator.amazonses.com", None),
        ("bounce@amazonses.com", None),
        ("bounce@x.simulator.amazonses.com", None),
    ],
)
def test_which_mailbox_an_address_names(address, mailbox):
    parsed = AddrSpec.parse(address)
    assert mailbox_of(parsed) is mailbox
    assert is_simulated(str(parsed)) is (parsed.domain == "simulator.amazonses.com")
