"""Mail that goes round: the hops that a message may have behind it."""

import asyncio
import smtplib

import pytest

from tayori.mail.address import AddrSpec
from tayori.model.inbound import InboundMessage, InboundPurpose, InboundRoute
from tayori.smtp.mx import MxRole
from tayori.smtp.policy import ServerSettings
from tayori.smtp.server import SmtpServer

HOP = "Received: from a.test by b.test; Tue, 24 Nov 2026 10:00:00 +0000\r\n"
FOLDED = "RECEIVED :\r\n from a.test by b.test; Tue, 24 Nov 2026 10:00:00 +0000\r\n"


async def accepts(address: AddrSpec) -> InboundRoute:
    return InboundRoute(recipient=address, purpose=InboundPurpose.POSTMASTER)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (HOP * 100 + "Subject: x\r\n\r\nx\r\n", 250),
        (HOP * 101 + "Subject: x\r\n\r\nx\r\n", 554),
        (HOP * 99 + FOLDED * 2 + "\r\nx\r\n", 554),
        ("Subject: x\r\n\r\n" + HOP * 200, 250),  # of the returned message, or a text about it
    ],
)
def test_a_message_that_has_been_everywhere_is_refused(run, content: str, code: int) -> None:
    taken: list[InboundMessage] = []

    async def intake(message: InboundMessage) -> None:
        taken.append(message)

    async def scenario() -> tuple[int, str]:
        role = MxRole(hostname="mx.test", accepts=accepts, intake=intake)
        server = SmtpServer(policy_factory=role.policy, settings=ServerSettings(hostname="mx.test", max_line=100_000))
        await server.start("127.0.0.1", 0)

        def send() -> tuple[int, str]:
            with smtplib.SMTP("127.0.0.1", server.port) as client:
                client.ehlo("sender.test")
                client.docmd("MAIL FROM:<>")
                client.docmd("RCPT TO:<postmaster@mx.test>")
                said, text = client.data(content)
                return said, text.decode()

        answer = await asyncio.to_thread(send)
        await server.stop(1.0)
        return answer

    said, text = run(scenario())
    assert said == code and len(taken) == (code == 250)
    assert code == 250 or text.startswith("5.4.6 ")
