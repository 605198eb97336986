"""From a socket to a record: a bounce handed in by SMTP is recorded before its sender hears 250."""

import asyncio
import base64
import smtplib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tayori.clock import SystemClock
from tayori.inbound.aggregates import KeysUnknown
from tayori.inbound.gate import Gate
from tayori.inbound.intake import ReportIntake
from tayori.mail import dkim
from tayori.mail.address import AddrSpec
from tayori.mail.answer import Answer, AnswerStatus
from tayori.mail.envelope import ReversePath
from tayori.mail.fields import split_message
from tayori.model.inbound import InboundMessage, InboundPurpose, InboundRoute, NotTaken, ReportKind
from tayori.resources.inbound import Received
from tayori.smtp.mx import MxRole
from tayori.smtp.policy import ServerSettings
from tayori.smtp.server import SmtpServer
from tls_report_samples import document, mail_with_report

OURS = AddrSpec("0100019ab1c2d3e4-000000", "bounce.customer.test")
REPLY = "Auto-Submitted: auto-replied\r\nSubject: Re: hello\r\n\r\nI am away.\r\n"


class Keys:
    """The DNS as far as signatures go: one record, or an answer without one."""

    def __init__(self, record: str = "", *, status: AnswerStatus = AnswerStatus.FOUND) -> None:
        self.record, self.status = record, status if record else AnswerStatus.NXDOMAIN
        self.asked: list[str] = []

    async def resolve(self, name: str, rdtype: str) -> Answer:
        self.asked.append(name)
        values = (self.record,) if self.status is AnswerStatus.FOUND else ()
        return Answer(name=name, rdtype=rdtype, status=self.status, values=values)


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
        role = MxRole(hostname="mx.test", accepts=accepts, intake=ReportIntake(record, Keys(), SystemClock(), Gate(0)))
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
            await ReportIntake(record, Keys(), SystemClock(), Gate(0))(message)

    run(scenario())


# -- reports on TLS: nothing that their author's domain did not sign ---------------------------------------------------

PRIVATE = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
RECORD = "v=DKIM1; k=ed25519; p=" + base64.b64encode(PRIVATE.public_key().public_bytes_raw()).decode()


def signed_mail(domain: str = "sender.test", content: bytes = b"") -> bytes:
    raw = content or mail_with_report(document())
    fields, offset = split_message(raw)
    return dkim.sign(fields, raw[offset:], [dkim.SigningKey(domain, "s1", PRIVATE)], SystemClock().now()) + raw


async def take(content: bytes, keys: Keys, purpose: InboundPurpose = InboundPurpose.TLS_REPORTS) -> Received:
    records: list[Received] = []

    async def record(received: Received) -> None:
        records.append(received)

    message = InboundMessage(
        routes=(InboundRoute(recipient=AddrSpec.parse("tls-reports@tayori.test"), purpose=purpose),),
        reverse_path=ReversePath.NULL,
        content=content,
        source_ip="192.0.2.1",
        helo="",
        tls=None,
    )
    await ReportIntake(record, keys, SystemClock(), Gate(0))(message)
    (received,) = records
    return received


@pytest.mark.parametrize("record", [RECORD, RECORD + "; s=tlsrpt", RECORD + "; s=email"])
def test_a_report_that_its_author_signed_is_read(run, record: str) -> None:
    received = run(take(signed_mail(), Keys(record)))
    (report,) = received.tls_reports
    assert (report.about, report.signed_by, report.report.report_id) == ("example.com", "sender.test", "r1")


@pytest.mark.parametrize(
    ("content", "record"),
    [
        (mail_with_report(document()), RECORD),  # no signature
        (signed_mail("elsewhere.test"), RECORD),
        (signed_mail("test"), RECORD),
        (signed_mail("xsender.test"), RECORD),
        (signed_mail().replace(b"This is an aggregate", b"This is a forged one"), RECORD),
        (signed_mail(), RECORD + "; s=other"),
        (signed_mail(), ""),
        (signed_mail(content=mail_with_report(b"no report")), RECORD),
    ],
)
def test_what_its_author_did_not_sign_is_ignored(run, content: bytes, record: str) -> None:
    assert run(take(content, Keys(record))).tls_reports == ()


def test_a_report_whose_key_cannot_be_had_may_come_again(run) -> None:
    with pytest.raises(KeysUnknown):
        run(take(signed_mail(), Keys(RECORD, status=AnswerStatus.SERVER_FAILURE)))


def test_reports_elsewhere_are_mail_like_any_other(run) -> None:
    keys = Keys(RECORD)
    assert run(take(signed_mail(), keys, InboundPurpose.POSTMASTER)).tls_reports == ()
    assert keys.asked == []
