"""What strangers may take: connections, memory, time, guesses. None of it grows with what they send."""

import asyncio
import logging
import ssl
import tracemalloc

import pytest
from dialogue import Client
from recording import Record, RecordingPolicy, recording, serving, settings
from roles import PASSWORD, Service

from tayori.mail.reply import Reply
from tayori.smtp.policy import AuthOffer, Verdict
from tayori.smtp.server import SmtpServer
from tayori.smtp.session import Session
from tayori.smtp.shared import AuthFailures, ContentMemory, network_of

TOO_MANY = "421 Too many concurrent SMTP connections"


async def until(condition) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)


async def begin(client: Client, recipient: str = "c@d.test") -> None:
    await client.reply()
    await client.ask("EHLO client.test")
    await client.send(b"MAIL FROM:<a@b.test>\r\nRCPT TO:<%s>\r\nDATA\r\n" % recipient.encode())
    assert [(await client.reply())[:3] for _ in range(3)] == ["250", "250", "354"]


@pytest.mark.parametrize("limit", ["max_connections", "max_connections_per_host"])
def test_a_flood_of_connections_is_bounded(limit, run):
    async def scenario():
        async with recording(**{limit: 2}) as (server, record):
            clients = [await Client.connect(server.port) for _ in range(10)]
            greetings = sorted([await client.reply() for client in clients])
            assert greetings == ["220 mx.test ESMTP"] * 2 + [TOO_MANY] * 8
            assert len(record.peers) == 2
            for client in clients:
                client.close()
            await until(lambda: server.connections == 0)
            again = await Client.connect(server.port)
            assert await again.reply() == "220 mx.test ESMTP"
            again.close()

    run(scenario())


def test_connections_that_never_finish_their_handshake_count_and_end(run_on, certificates):
    async def scenario():
        async with recording(
            tls=certificates.server, implicit_tls=True, max_connections=2, tls_handshake_timeout=0.3
        ) as (server, _):
            silent = [await Client.connect(server.port) for _ in range(2)]
            await until(lambda: server.connections == 2)
            with pytest.raises((ConnectionError, ssl.SSLError)):
                await Client.connect(server.port, tls=certificates.client)
            await until(lambda: server.connections == 0)
            client = await Client.connect(server.port, tls=certificates.client)
            assert await client.reply() == "220 mx.test ESMTP"
            for connection in (*silent, client):
                connection.close()

    run_on(scenario())


def test_a_client_that_talks_something_else_than_tls_is_let_go(run_on, certificates):
    async def scenario():
        async with recording(tls=certificates.server) as (server, record):
            client = await Client.connect(server.port)
            await client.reply()
            await client.ask("EHLO client.test")
            assert await client.ask("STARTTLS") == "220 Ready to start TLS"
            await client.send(b"EHLO in.the.clear\r\n")
            await until(lambda: server.connections == 0)
            assert record.closed == 1
            client.close()

    run_on(scenario())


class LateSession(Session):
    """Its replies come when the test says so, as those of a policy that thinks about every command."""

    def step(self) -> Verdict | None:
        verdict = super().step()
        return self._late(verdict) if isinstance(verdict, Reply) else verdict

    async def _late(self, reply: Reply) -> Reply:
        await self.policy.record.may_finish.wait()
        return reply


class LateServer(SmtpServer):
    session_class = LateSession


def test_what_comes_in_the_clear_before_a_late_reply_to_starttls_is_dropped(run_on, certificates):
    async def scenario():
        record = Record()
        server = LateServer(
            policy_factory=lambda peer: RecordingPolicy(record, peer), settings=settings(), tls=certificates.server
        )
        await server.start("127.0.0.1", 0)
        client = await Client.connect(server.port)
        try:
            await client.reply()
            (connection,) = server._connections
            await client.send(b"STARTTLS\r\n")
            await until(lambda: connection._task is not None)
            await client.send(b"EHLO attacker.test\r\n")
            await until(lambda: connection._session.buffered > 0)
            record.may_finish.set()
            assert await client.reply() == "220 Ready to start TLS"
            await client.start_tls(certificates.client)
            assert await client.ask("NOOP") == "250 Ok"
            assert record.peers[0].helo is None
        finally:
            client.close()
            await server.stop(0)

    run_on(scenario())


def test_a_pipelining_client_waits_while_the_policy_thinks(run):
    """The kernel's buffers fill up, and ours do not."""

    async def scenario():
        async with recording(max_errors=10**9) as (server, record):
            client = await Client.connect(server.port)
            await begin(client, "hold@d.test")
            await client.send(b"x\r\n.\r\n")
            await record.data_started.wait()
            tracemalloc.start()
            sent = 0
            try:
                while sent < 64 * 1024 * 1024:
                    async with asyncio.timeout(0.3):
                        await client.send(b"NOOP\r\n" * 10_000)
                    sent += 60_000
            except TimeoutError:
                pass
            taken = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert sent < 16 * 1024 * 1024
            assert taken < 4 * 1024 * 1024
            record.may_finish.set()
            assert await client.reply() == "250 Ok 1"
            assert await client.reply() == "250 Ok"
            client.writer.transport.abort()

    run(scenario())


def test_a_client_that_does_not_read_its_replies_is_not_listened_to(run):
    async def scenario():
        async with recording(command_timeout=0.5) as (server, _):
            client = await Client.connect(server.port)
            client.writer.transport.pause_reading()
            sent = 0
            try:
                while sent < 256 * 1024 * 1024:
                    async with asyncio.timeout(1.0):
                        await client.send(b"NOOP\r\n" * 10_000)
                    sent += 60_000
            except (TimeoutError, ConnectionError):
                pass
            assert sent < 256 * 1024 * 1024
            await until(lambda: server.connections == 0)
            client.writer.transport.abort()

    run(scenario())


def test_a_line_of_ten_megabytes_costs_no_memory(run):
    async def scenario():
        async with recording() as (server, _):
            client = await Client.connect(server.port)
            await client.reply()
            tracemalloc.start()
            for _ in range(160):
                await client.send(b"x" * 65536)
            await client.send(b"\r\nNOOP\r\n")
            assert await client.reply() == "500 Command line is too long"
            taken = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert await client.reply() == "250 Ok"
            assert taken < 4 * 1024 * 1024
            client.close()

    run(scenario())


def test_a_line_of_ten_megabytes_in_a_message_costs_no_more_than_the_limit(run):
    async def scenario():
        async with recording(max_size=100_000) as (server, record):
            client = await Client.connect(server.port)
            await begin(client)
            tracemalloc.start()
            for _ in range(160):
                await client.send(b"x" * 65536)
            await client.send(b"\r\n.\r\n")
            assert await client.reply() == "552 Message is too long."
            taken = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert taken < 4 * 1024 * 1024
            assert record.transactions == []
            client.close()

    run(scenario())


def test_messages_of_all_sessions_together_stay_within_memory(run):
    async def scenario():
        async with recording(max_content_in_memory=100_000) as (server, record):
            first, second, third = [await Client.connect(server.port) for _ in range(3)]
            await begin(first)
            await begin(second)
            await first.send(b"x" * 998 + b"\r\n" + (b"x" * 98 + b"\r\n") * 980)
            await until(lambda: server._memory.held == 99_000)
            await first.send((b"x" * 98 + b"\r\n") * 10)  # the last that there is room for, and kept
            await until(lambda: server._memory.held == 100_000)
            # One that is under way is read to its end, and asked to come again later; a new one does not
            # begin.
            await second.send((b"y" * 70 + b"\r\n") * 100 + b".\r\n")
            assert await second.reply() == "452 Insufficient system storage"
            await third.reply()
            await third.ask("EHLO client.test")
            await third.send(b"MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n")
            assert [await third.reply() for _ in range(3)] == ["250 Ok", "250 Ok", "452 Insufficient system storage"]
            first.writer.transport.abort()
            await until(lambda: server._memory.held == 0)
            assert await third.ask("DATA") == "354 End data with <CR><LF>.<CR><LF>"
            await third.send(b"z\r\n.\r\n")
            assert await third.reply() == "250 Ok 1"
            assert len(record.transactions) == 1
            for client in (second, third):
                client.close()

    run(scenario())


def test_a_connection_lost_while_the_policy_thinks_keeps_its_place_until_then(run):
    async def scenario():
        async with recording(max_connections=1) as (server, record):
            client = await Client.connect(server.port)
            await begin(client, "hold@d.test")
            await client.send(b"x\r\n.\r\n")
            await record.data_started.wait()
            client.writer.transport.abort()
            other = await Client.connect(server.port)
            assert await other.reply() == TOO_MANY
            other.close()
            record.may_finish.set()
            await until(lambda: server.connections == 0)
            # The message was taken in full: that its sender did not hear of it changes nothing.
            assert len(record.transactions) == 1
            assert record.closed == 1

    run(scenario())


def test_guessing_passwords_gets_slower_and_then_stops():
    async def scenario() -> None:
        now = 0.0
        failures = AuthFailures(limit=3, window=60.0, delay=0.01, now=lambda: now)
        loop = asyncio.get_running_loop()
        waits = []
        for _ in range(3):
            assert not failures.is_blocked("192.0.2.1", "alice")
            began = loop.time()
            await failures.penalty("192.0.2.1", "alice")
            waits.append(loop.time() - began)
        assert waits[0] >= 0.009 and waits[1] >= 0.018 and waits[2] >= 0.036
        assert failures.is_blocked("192.0.2.1", "alice")
        assert failures.is_blocked("::ffff:192.0.2.1", "alice")
        assert not failures.is_blocked("192.0.2.1", "bob")
        assert not failures.is_blocked("192.0.2.2", "alice")
        now = 61.0
        assert not failures.is_blocked("192.0.2.1", "alice")

    asyncio.run(scenario())


def test_guessing_with_ever_new_names_stops_too():
    async def scenario() -> None:
        failures = AuthFailures(limit=2, window=60.0, delay=0.0, now=lambda: 0.0)
        for number in range(20):
            assert not failures.is_blocked("192.0.2.1", f"user{number}")
            await failures.penalty("192.0.2.1", f"user{number}")
        assert failures.is_blocked("192.0.2.1", "somebody else")
        for number in range(50_000):
            await failures.penalty(f"198.51.100.{number}", "x")
        assert len(failures._failures) == 20_000

    asyncio.run(scenario())


def test_failed_authentications_are_logged_without_the_password(run, certificates, caplog):
    async def scenario():
        chosen = settings(auth=AuthOffer.PLAIN_LOGIN)
        async with serving(
            Service().submission(chosen).policy, tls=certificates.server, auth=AuthOffer.PLAIN_LOGIN, implicit_tls=True
        ) as server:
            client = await Client.connect(server.port, tls=certificates.client)
            await client.reply()
            await client.ask("EHLO client.test")
            assert (await client.ask("AUTH PLAIN AGFsaWNlAGh1bnRlcjI=")).startswith("535")
            client.close()

    with caplog.at_level(logging.INFO):
        run(scenario())
    (record,) = [record for record in caplog.records if getattr(record, "event", "") == "smtp_auth_failed"]
    assert record.__dict__["identity"] == "alice"
    assert "hunter2" not in caplog.text and "AGFsaWNl" not in caplog.text and PASSWORD not in caplog.text


def test_what_breaks_in_a_policy_is_logged_and_not_told(run, caplog):
    async def scenario():
        async with recording() as (server, _):
            client = await Client.connect(server.port)
            await client.reply()
            await client.ask("EHLO client.test")
            await client.ask("MAIL FROM:<a@b.test>")
            assert await client.ask("RCPT TO:<crash@d.test>") == "451 Temporary service failure"
            client.close()

    run(scenario())
    (record,) = [record for record in caplog.records if getattr(record, "event", "") == "smtp_policy_failed"]
    assert "rcpt crashed" in caplog.text
    assert record.exc_info is not None


def test_a_policy_that_cannot_be_made_closes_with_421(run, caplog):
    def broken(peer):
        raise RuntimeError("no configuration")

    async def scenario():
        async with serving(broken) as server:
            client = await Client.connect(server.port)
            assert await client.reply() == "421 Temporary service failure"
            assert await client.closed()
            client.close()

    run(scenario())
    assert "no configuration" in caplog.text


def test_old_tls_is_refused_at_the_start():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with pytest.warns(DeprecationWarning, match="TLSv1 is deprecated"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.raises(ValueError, match=r"TLS 1\.2"):
        SmtpServer(policy_factory=lambda peer: None, settings=settings(), tls=context)


def test_content_memory_counts():
    memory = ContentMemory(10)
    memory.take(9)
    assert not memory.is_exhausted
    memory.take(1)
    assert memory.is_exhausted
    memory.give_back(10)
    assert memory.held == 0


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", ""),
    ],
)
def test_what_counts_as_one_host(host, network):
    assert network_of(host) == network
