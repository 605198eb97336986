"""From a socket to a record: a bounce handed in by SMTP is recorded before its sender hears 250."""

import asyncio
import smtplib

import pytest

from tayori.inbound.intake import ReportIntake
from tayori.mail.address import AddrSpec
from tayori.mail.envelope import ReversePath
from tayori.model.inbound import InboundMessage, InboundPurpose, InboundRoute, NotTaken, ReportKind
from tayori.smtp.mx import MxRole
from tayori.smtp.policy import ServerSettings
from tayori.smtp.server import SmtpServer

OURS = AddrSpec("0100019ab1c2d3e4-000000", "bounce.customer.test")
REPLY = "Auto-Submitted: auto-replied\r\nSubject: Re: hello\r\n\r\nI am away.\r\n"


async def accepts(address: AddrSpec) -> InboundRoute | NotTaken:
    if address != OURS:
        return NotTaken.NO_SUCH_ADDRESS
    return InboundRoute(recipient=address, purpose=InboundPurpose.RETURN_PATH, message_id=address.local)


def test_a_message_is_recorded_with_what_it_was_read_as(run):
    async def scenario():
        records = []

        async def record(received):
            records.append(received)

        settings = ServerSettings(hostname="mx.test", max_line=100_000)
        role = MxRole(hostname="mx.test", accepts=accepts, intake=ReportIntake(record))
        server = SmtpServer(policy_factory=role.policy, settings=settings)
        await server.start("127.0.0.1", 0)

        def send():
            with smtplib.SMTP("127.0.0.1", server.port) as client:
                client.sendmail("", [str(OURS)], REPLY)
                with pytest.raises(smtplib.SMTPRecipientsRefused):
                    client.sendmail("", ["0100019ab1c2d3e4-forged@bounce.customer.test"], REPLY)

        await asyncio.to_thread(send)
        await server.stop(1.0)
        (received,) = records
        assert len(received.inbound_ids) == 1
        assert received.message.reverse_path is ReversePath.NULL
        assert received.message.content == REPLY.encode()
        assert [(report.message_id, report.kind) for report in received.reports] == [
            (OURS.local, ReportKind.AUTOMATIC_REPLY)
        ]

    run(scenario())


@pytest.mark.parametrize("size", [10, 2_000_000])
def test_a_record_that_fails_fails_the_intake(size, run):
    async def record(received):
        assert received.reports[0].kind is ReportKind.UNREADABLE
        raise OSError("the disk is full")

    async def scenario():
        route = InboundRoute(recipient=OURS, purpose=InboundPurpose.RETURN_PATH, message_id=OURS.local)
        message = InboundMessage(
            routes=(route,),
            reverse_path=ReversePath.NULL,
            content=b"Subject: x\r\n\r\n" + b"x" * size,
            source_ip="192.0.2.1",
            helo="",
            tls=None,
        )
        with pytest.raises(OSError, match="full"):
            await ReportIntake(record)(message)

    run(scenario())
