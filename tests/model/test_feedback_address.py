"""Where bounces and complaints are mailed to: the way in which the message came decides (ses: feedback forwarding)."""

from datetime import UTC, datetime

import pytest

import population
from tayori.model.message import Operation
from tayori.model.submission import Handed, from_raw

HEADER_PATH = b"Return-Path: <header@example.com>\r\n"
FROM = b"From: News <from@example.com>\r\n"


def feedback(operation, *lines, **given):
    handed = Handed(
        message_id="m",
        caller=population.caller(operation=operation),
        now=datetime(2026, 5, 1, tzinfo=UTC),
        names=population.names(population.REGION),
        destinations=["reader@inbox.test"],
        **given,
    )
    raw = b"".join((*lines, FROM, b"To: reader@inbox.test\r\nSubject: x\r\n\r\nHello\r\n"))
    return str(from_raw(raw, handed).feedback_address)


@pytest.mark.parametrize(
    ("operation", "lines", "given", "address"),
    [
        # SMTP: MAIL FROM, whatever the header says.
        (Operation.SMTP, (), {"source": "mail-from@example.com"}, "mail-from@example.com"),
        (Operation.SMTP, (HEADER_PATH,), {"source": "mail-from@example.com"}, "mail-from@example.com"),
        # SendEmail: ReturnPath, else Source.
        (
            Operation.SEND_EMAIL,
            (),
            {"source": "source@example.com", "return_path": "back@example.com"},
            "back@example.com",
        ),
        (Operation.SEND_EMAIL, (), {"source": "source@example.com"}, "source@example.com"),
        # SendRawEmail: Source, else Return-Path of the header, else From.
        (Operation.SEND_RAW_EMAIL, (HEADER_PATH,), {"source": "source@example.com"}, "source@example.com"),
        (Operation.SEND_RAW_EMAIL, (HEADER_PATH,), {}, "header@example.com"),
        (Operation.SEND_RAW_EMAIL, (), {}, "from@example.com"),
        # v2: FeedbackForwardingEmailAddress before all.
        (
            Operation.SEND_EMAIL,
            (HEADER_PATH,),
            {"source": "source@example.com", "return_path": "back@example.com"},
            "back@example.com",
        ),
    ],
)
def test_the_way_of_sending_decides(operation, lines, given, address):
    assert feedback(operation, *lines, **given) == address
