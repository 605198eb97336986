"""One message never becomes two, whatever ends a line or the data (CVE-2023-51764 to -51766, CVE-2024-27305)."""

import pytest
from dialogue import Client
from recording import recording

# Each of these was taken for the end of data by some server; none of them is CR LF "." CR LF.
ENDINGS = [
    b"\n.\n",
    b"\n.\r\n",
    b"\r.\r",
    b"\r.\r\n",
    b"\r\n.\n",
    b"\r\n.\r",
    b"\r.\n",
    b"\n.\r",
    b"\r\r\n.\r\r\n",
    b"\r\n.\r\r\n",
    b"\r\r\n.\r\n\r",
    b"\r\n\0.\r\n",
]
SMUGGLED = b"MAIL FROM:<admin@b.test>\r\nRCPT TO:<victim@d.test>\r\nDATA\r\nSubject: smuggled\r\n"


async def begin(client: Client) -> None:
    await client.reply()
    await client.ask("EHLO client.test")
    await client.send(b"MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n")
    assert [(await client.reply())[:3] for _ in range(3)] == ["250", "250", "354"]


@pytest.mark.parametrize("ending", ENDINGS, ids=repr)
@pytest.mark.parametrize("pieces", ["whole", "octets"])
def test_a_false_ending_neither_ends_the_message_nor_passes(ending, pieces, run):
    octets = b"Subject: first\r\n\r\ntext" + ending + SMUGGLED + b"\r\n.\r\nNOOP\r\n"

    async def scenario():
        async with recording() as (server, record):
            client = await Client.connect(server.port)
            await begin(client)
            for piece in [octets] if pieces == "whole" else [octets[i : i + 1] for i in range(len(octets))]:
                await client.send(piece)
            assert (await client.reply())[:3] == "554"
            assert record.transactions == []
            if ending != b"\r\n\0.\r\n":  # a NUL leaves no doubt about where the message ends
                assert await client.closed()
            client.close()

    run(scenario())


def test_dots_in_the_content_are_content(run):
    octets = b".. one\r\n..\r\n...\r\n.x\r\n"

    async def scenario():
        async with recording() as (server, record):
            client = await Client.connect(server.port)
            await begin(client)
            await client.send(octets + b".\r\n")
            assert await client.reply() == "250 Ok 1"
            assert record.transactions[0].content == b". one\r\n.\r\n..\r\nx\r\n"
            client.close()

    run(scenario())


def test_what_follows_a_true_ending_is_commands(run):
    async def scenario():
        async with recording() as (server, record):
            client = await Client.connect(server.port)
            await begin(client)
            await client.send(b"x\r\n.\r\nRSET\r\n.\r\nQUIT\r\n")
            replies = [await client.reply() for _ in range(4)]
            assert replies == ["250 Ok 1", "250 Ok", "500 Command not recognized", "221 Bye"]
            assert [transaction.content for transaction in record.transactions] == [b"x\r\n"]
            client.close()

    run(scenario())
