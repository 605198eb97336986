"""A server stops without losing a message: idle sessions are told, one under way may finish, then it is cut."""

import asyncio

import pytest
from dialogue import Client
from recording import Record, RecordingPolicy, recording, settings

from tayori.smtp.server import SmtpServer


async def hold(client: Client, record: Record) -> None:
    """Bring the session to where the policy makes a message durable."""
    await client.reply()
    await client.ask("EHLO client.test")
    await client.send(b"MAIL FROM:<a@b.test>\r\nRCPT TO:<hold@d.test>\r\nDATA\r\n")
    for _ in range(3):
        await client.reply()
    await client.send(b"x\r\n.\r\n")
    await record.data_started.wait()


def test_stopping_lets_a_message_finish(run_on):
    async def scenario():
        record = Record()
        server = SmtpServer(policy_factory=lambda peer: RecordingPolicy(record, peer), settings=settings())
        await server.start("127.0.0.1", 0)
        idle, busy = await Client.connect(server.port), await Client.connect(server.port)
        await idle.reply()
        await hold(busy, record)
        stopping = asyncio.create_task(server.stop(5.0))
        assert await idle.reply() == "421 Service closing transmission channel"
        with pytest.raises(ConnectionError):
            await Client.connect(server.port)
        record.may_finish.set()
        assert await busy.reply() == "250 Ok 1"
        assert await busy.reply() == "421 Service closing transmission channel"
        for client in (idle, busy):
            assert await client.closed()
            client.close()
        await stopping
        assert server.connections == 0 and record.closed == 2

    run_on(scenario())


def test_stopping_cuts_what_does_not_finish(run_on):
    async def scenario():
        record = Record()
        server = SmtpServer(policy_factory=lambda peer: RecordingPolicy(record, peer), settings=settings())
        await server.start("127.0.0.1", 0)
        client = await Client.connect(server.port)
        await hold(client, record)
        await server.stop(0.05)
        assert server.connections == 0
        assert record.transactions == []
        assert await client.closed()
        client.close()

    run_on(scenario())


def test_one_server_counts_the_connections_of_all_its_ports(run_on, certificates):
    async def scenario():
        async with recording(tls=certificates.server, max_connections=2) as (server, _):
            await server.start("127.0.0.1", 0, implicit_tls=True)
            clear, tls = server.ports
            clients = [await Client.connect(clear), await Client.connect(tls, tls=certificates.client)]
            assert [await client.reply() for client in clients] == ["220 mx.test ESMTP"] * 2
            third = await Client.connect(clear)
            assert (await third.reply())[:3] == "421"
            for client in (*clients, third):
                client.close()

    run_on(scenario())


def test_two_servers_may_share_a_port(run_on):
    async def scenario():
        async with recording() as (one, _):
            two = SmtpServer(policy_factory=lambda peer: RecordingPolicy(Record(), peer), settings=settings())
            with pytest.raises(OSError):
                await two.start("127.0.0.1", one.port, reuse_port=True)
        first = SmtpServer(policy_factory=lambda peer: RecordingPolicy(Record(), peer), settings=settings())
        await first.start("127.0.0.1", 0, reuse_port=True)
        await two.start("127.0.0.1", first.port, reuse_port=True)
        assert two.port == first.port
        await first.stop(0)
        await two.stop(0)

    run_on(scenario())
