"""How reports leave: signed mail of the service, or a request to a web server that is really there."""

import asyncio
import gzip
import ipaddress
import ssl
from dataclasses import replace

import pytest
import sqlalchemy as sa
import trustme

from tayori.app.sending import Sending
from tayori.app.tls_reporting import UNSIGNED, ReportOutbox
from tayori.events.outgoing_http import OutgoingHttp, OutgoingSettings
from tayori.loops.tls_reporting import NotSent
from tayori.mail.address import AddrSpec
from tayori.mail.answer import Answer, AnswerStatus
from tayori.mail.report_files import json_files
from tayori.mail.tls_report import parse_report
from tayori.model.message import TlsPolicy
from tayori.model.names import ServiceNames
from tayori.resources import accounts, dkim_keys, quotas
from tayori.resources.dkim_keys import OwnSignature
from tayori.store.tables import bodies, messages, recipients
from tls_report_samples import document

NAMES = ServiceNames(service_domain="tayori.test", region="us-east-1")
ACCOUNT = "123456789012"
REPORT = parse_report(document())
MAILBOX = AddrSpec.parse("tls@example.com")
AUTHORITY = trustme.CA()
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


class Names:
    """Every name is a host on loopback."""

    async def resolve(self, name: str, rdtype: str) -> Answer:
        values = ("127.0.0.1",) if rdtype == "A" else ()
        status = AnswerStatus.FOUND if values else AnswerStatus.NODATA
        return Answer(name=name, rdtype=rdtype, status=status, values=values)


def outbox(store, clock, *, networks=LOOPBACK) -> ReportOutbox:
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    http = OutgoingHttp(Names(), OutgoingSettings(allowed_networks=networks, tls=context, seconds=5.0))
    return ReportOutbox(store, Sending(store, lambda region: NAMES, "worker"), NAMES, clock, http)


# -- by mail -----------------------------------------------------------------------------------------------------------


def _use_a_key(tx) -> None:
    dkim_keys.use_own(tx, "tayori.test", OwnSignature.ED25519, dkim_keys.generate_own(OwnSignature.ED25519))


def _mails(tx):
    joined = messages.join(bodies, bodies.c.message_id == messages.c.message_id)
    return tx.execute(sa.select(messages, bodies.c.content).select_from(joined)).all()


def test_a_mail_is_signed_by_the_service_and_goes_out_whatever_policies_say(store, clock, run) -> None:
    async def scenario() -> None:
        await store.write(accounts.create, ACCOUNT, "us-east-1", name="first")
        await store.write(_use_a_key)
        await outbox(store, clock).mail(REPORT, "example.com", MAILBOX)
        (row,) = await store.read(_mails)
        assert [parse_report(found) for found in json_files(row.content)] == [REPORT]
        assert row.account_id == ACCOUNT and row.tls_policy == TlsPolicy.ANYHOW
        assert "tayori.test" in str(row.signing)
        assert b"\r\nTLS-Required: No\r\n" in row.content
        (to,) = await store.read(
            lambda tx: tx.execute(sa.select(recipients.c.address)).scalars().all(),
        )
        assert to == str(MAILBOX)
        assert await store.read(quotas.sent_last_24_hours, ACCOUNT, "us-east-1") == 0

    run(scenario())


def test_without_a_key_no_mail_is_sent_and_that_is_said(store, clock, run) -> None:
    async def scenario() -> None:
        await store.write(accounts.create, ACCOUNT, "us-east-1", name="first")
        with pytest.raises(NotSent, match="signature") as raised:
            await outbox(store, clock).mail(REPORT, "example.com", MAILBOX)
        assert raised.value.is_final and str(raised.value) == UNSIGNED
        assert await store.read(_mails) == []

    run(scenario())


def test_nobody_is_flooded(store, clock, run) -> None:
    async def scenario() -> None:
        await store.write(accounts.create, ACCOUNT, "us-east-1", name="first")
        await store.write(_use_a_key)
        box = outbox(store, clock)
        for number in range(200):
            await box.mail(replace(REPORT, report_id=str(number)), "example.com", MAILBOX)
        with pytest.raises(NotSent, match="within an hour") as raised:
            await box.mail(REPORT, "example.com", MAILBOX)
        assert not raised.value.is_final
        assert len(await store.read(_mails)) == 200
        clock.advance(3700)
        await box.mail(REPORT, "example.com", MAILBOX)

    run(scenario())


# -- by HTTPS ----------------------------------------------------------------------------------------------------------


class Web:
    """An HTTPS server that keeps what it is sent and gives one answer."""

    def __init__(self, status: int, *, name: str = "reports.test") -> None:
        self.status, self.name = status, name
        self.heads: list[bytes] = []
        self.bodies: list[bytes] = []

    async def __aenter__(self) -> "Web":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        AUTHORITY.issue_cert(self.name).configure_cert(context)
        self._server = await asyncio.start_server(self._handle, "127.0.0.1", 0, ssl=context)
        self.url = f"https://reports.test:{self._server.sockets[0].getsockname()[1]}/v1/tls?x=1"
        return self

    async def __aexit__(self, *facts: object) -> None:
        self._server.close()

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length:"))
            self.heads.append(head)
            self.bodies.append(await reader.readexactly(length))
            writer.write(
                b"HTTP/1.1 %d x\r\nLocation: https://elsewhere.test/\r\nContent-Length: 0\r\n\r\n" % self.status
            )
            await writer.drain()
        except (OSError, EOFError):
            pass
        finally:
            writer.close()


def test_a_report_is_posted(store, clock, run) -> None:
    async def scenario() -> None:
        async with Web(201) as web:
            await outbox(store, clock).post(REPORT, web.url)
            assert parse_report(gzip.decompress(web.bodies[0])) == REPORT
            assert web.heads[0].startswith(b"POST /v1/tls?x=1 HTTP/1.1\r\n")
            assert b"\r\nContent-Type: application/tlsrpt+gzip\r\n" in web.heads[0]

    run(scenario())


@pytest.mark.parametrize(
    ("status", "is_final"), [(301, True), (400, True), (404, True), (429, False), (500, False), (503, False)]
)
def test_an_answer_that_is_no_success_is_none(store, clock, run, status: int, is_final: bool) -> None:
    async def scenario() -> None:
        async with Web(status) as web:
            with pytest.raises(NotSent, match=str(status)) as raised:
                await outbox(store, clock).post(REPORT, web.url)
            assert raised.value.is_final is is_final
            assert len(web.heads) == 1

    run(scenario())


def test_private_networks_get_no_reports(store, clock, run) -> None:
    async def scenario() -> None:
        async with Web(200) as web:
            with pytest.raises(NotSent):
                await outbox(store, clock, networks=()).post(REPORT, web.url)
            assert web.heads == []

    run(scenario())


def test_a_server_that_is_not_who_it_says_gets_no_report(store, clock, run) -> None:
    async def scenario() -> None:
        async with Web(200, name="other.test") as web:
            with pytest.raises(NotSent):
                await outbox(store, clock).post(REPORT, web.url)
            assert web.bodies == []

    run(scenario())
