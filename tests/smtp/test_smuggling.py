"""One message never becomes two, whatever ends a line or the data: the cases of the published tools, for every role."""

from collections.abc import Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from dialogue import Client
from recording import recording, serving, settings
from roles import RETURN_PATH, Service

from smuggled_endings import BARE, HARMLESS, NUL, SMUGGLED

Run = Callable[[Coroutine[Any, Any, None]], None]


@asynccontextmanager
async def server_of(role):
    """A server of that role, the recipient that it takes, and a count of the messages that passed."""
    if role == "any":
        async with recording() as (server, record):
            yield server, "c@d.test", lambda: [mail.content for mail in record.transactions]
        return
    service = Service()
    policy = (
        service.submission(settings(), trusted="127.0.0.0/8").policy
        if role == "submission"
        else service.mx(settings()).policy
    )
    async with serving(policy) as server:
        to = "c@d.test" if role == "submission" else str(RETURN_PATH)
        yield server, to, lambda: [mail.content for mail in (*service.submitted, *service.inbound)]


async def begin(client: Client, to: str = "c@d.test") -> None:
    await client.reply()
    await client.ask("EHLO client.test")
    await client.send(b"MAIL FROM:<a@b.test>\r\nRCPT TO:<" + to.encode() + b">\r\nDATA\r\n")
    assert [(await client.reply())[:3] for _ in range(3)] == ["250", "250", "354"]


ROLES = pytest.mark.parametrize("role", ["any", "submission", "inbound"])


@ROLES
@pytest.mark.parametrize("ending", [*BARE, *NUL], ids=repr)
@pytest.mark.parametrize("pieces", ["whole", "octets"])
def test_a_false_ending_neither_ends_the_message_nor_passes(role: str, ending: bytes, pieces: str, run: Run) -> None:
    octets = b"Subject: first\r\n\r\ntext" + ending + SMUGGLED + b"\r\n.\r\nNOOP\r\n"

    async def scenario() -> None:
        async with server_of(role) as (server, to, passed):
            client = await Client.connect(server.port)
            await begin(client, to)
            for piece in [octets] if pieces == "whole" else [octets[i : i + 1] for i in range(len(octets))]:
                await client.send(piece)
            assert (await client.reply())[:3] == "554"
            assert passed() == []
            if ending in BARE:  # a NUL leaves no doubt about where the message ends
                assert await client.closed()
            client.close()

    run(scenario())


@ROLES
@pytest.mark.parametrize("ending", HARMLESS, ids=repr)
def test_what_only_looks_like_an_ending_is_content(role: str, ending: bytes, run: Run) -> None:
    content = b"Subject: first\r\n\r\ntext" + ending + SMUGGLED

    async def scenario() -> None:
        async with server_of(role) as (server, to, passed):
            client = await Client.connect(server.port)
            await begin(client, to)
            await client.send(content.replace(b"\r\n.", b"\r\n..") + b".\r\n")
            assert (await client.reply())[:3] == "250"
            assert passed() == [content]
            client.close()

    run(scenario())


@ROLES
@pytest.mark.parametrize("ending", BARE, ids=repr)
def test_in_place_of_the_end_it_is_none(role: str, ending: bytes, run: Run) -> None:
    """As the tools ask it: the message ends so, and nothing follows. The server goes on waiting for the end."""

    async def scenario() -> None:
        async with server_of(role) as (server, to, passed):
            client = await Client.connect(server.port)
            await begin(client, to)
            await client.send(b"Subject: first\r\n\r\ntext" + ending)
            await client.send(b"after it\r\n.\r\n")
            assert (await client.reply())[:3] == "554"
            assert passed() == []
            client.close()

    run(scenario())


COMMANDS = [  # what is sent after EHLO, and the codes of the answers; None: the server then closes
    (b"NOOP\nNOOP\r\n", ["500", None]),
    (b"NOOP\rNOOP\r\n", ["500"]),
    (b"NOOP\r\r\n", ["500"]),
    (b"\nNOOP\r\n", ["500", None]),
    (b"NO\0OP\r\n", ["500"]),
    (b"NOOP\x7f\r\n", ["500"]),
    (b"NOOP \xff\r\n", ["500"]),
    (b"NOOP " + b"x" * 100_000 + b"\r\nNOOP\r\n", ["500", "250"]),
    (b"MAIL FROM:<a@b.test\rRCPT TO:<v@d.test>\r\n", ["500"]),
    (b"MAIL FROM:<a@b.test\nRCPT TO:<v@d.test>\r\n", ["500", None]),
    (b"MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\nRCPT TO:<v@d.test>\r\n", ["250", "500", None]),
    (b"MAIL FROM:<a@b.test>\0<x@y.test>\r\n", ["500"]),
    (b"BDAT 5 LAST\r\nRSET\r\n", ["500", "250"]),
]


@pytest.mark.parametrize(("octets", "codes"), COMMANDS, ids=lambda value: repr(value)[:40])
def test_commands_end_with_cr_lf_and_hold_no_controls(octets: bytes, codes: list[str | None], run: Run) -> None:
    async def scenario() -> None:
        async with recording() as (server, _):
            client = await Client.connect(server.port)
            await client.reply()
            await client.ask("EHLO client.test")
            await client.send(octets)
            for code in codes:
                if code is None:
                    assert await client.closed()
                else:
                    assert (await client.reply())[:3] == code
            if codes[-1] is not None:
                assert (await client.ask("NOOP"))[:3] == "250"
            client.close()

    run(scenario())


def test_dots_in_the_content_are_content(run: Run) -> None:
    octets = b".. one\r\n..\r\n...\r\n.x\r\n"

    async def scenario() -> None:
        async with recording() as (server, record):
            client = await Client.connect(server.port)
            await begin(client)
            await client.send(octets + b".\r\n")
            assert await client.reply() == "250 Ok 1"
            assert record.transactions[0].content == b". one\r\n.\r\n..\r\nx\r\n"
            client.close()

    run(scenario())


def test_what_follows_a_true_ending_is_commands(run: Run) -> None:
    async def scenario() -> None:
        async with recording() as (server, record):
            client = await Client.connect(server.port)
            await begin(client)
            await client.send(b"x\r\n.\r\nRSET\r\n.\r\nQUIT\r\n")
            replies = [await client.reply() for _ in range(4)]
            assert replies == ["250 Ok 1", "250 Ok", "500 Command not recognized", "221 Bye"]
            assert [transaction.content for transaction in record.transactions] == [b"x\r\n"]
            client.close()

    run(scenario())
