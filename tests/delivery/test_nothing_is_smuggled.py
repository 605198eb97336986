"""What we send holds one end of data, at its end, whatever a customer has put in: the cases of the published tools."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hosts import Host, World

from smuggled_endings import BARE, HARMLESS, NUL, SMUGGLED
from tayori.clock import Clock
from tayori.mail.address import AddrSpec
from tayori.model.errors import Invalid
from tayori.model.message import Caller, DeliveryState, DueRecipient, Operation, Reason, Submission
from tayori.model.names import ServiceNames
from tayori.model.submission import Handed, from_raw

Run = Callable[[Any], Any]

HEADER = b"From: a@sender.test\r\nTo: b@dest.test\r\nSubject: first\r\n\r\n"
NEAR_END = [b"\r\n.", b".", b"\r\n..\r\n.", b"\r\n.\r\n."]


def accept(raw: bytes) -> Submission:
    caller = Caller(account_id="1" * 12, region="us-east-1", arn="", source_ip="", operation=Operation.SEND_RAW_EMAIL)
    names = ServiceNames(service_domain="tayori.test", region="us-east-1")
    return from_raw(raw, Handed(message_id="m", caller=caller, now=datetime(2026, 11, 24, tzinfo=UTC), names=names))


async def deliver(world: World, content: bytes) -> tuple[Host, bytes]:
    """The host, and everything that we said to it between its 354 and our QUIT."""
    seen: list[bytes] = []

    async def record(host: Host, reader: Any, writer: Any) -> bytes:
        writer.write(b"354 go\r\n")
        while not b"".join(seen).endswith(b"\r\n.\r\n"):
            seen.append(await reader.read(65536))
        return b"250 2.0.0 Ok\r\n"

    host = await world.domain(keywords=("8BITMIME",))
    host.on("DATA", record)
    (result,) = await world.send(world.message(content=content))
    assert result.decision.state is DeliveryState.DELIVERED
    await world.stop(1.0)
    return host, b"".join(seen)


@pytest.mark.parametrize("ending", [*BARE, *HARMLESS], ids=repr)
def test_what_a_customer_sends_stays_one_message(run: Run, clock: Clock, ending: bytes) -> None:
    if b"\0" in ending:
        with pytest.raises(Invalid, match="NUL"):
            accept(HEADER + b"text" + ending + SMUGGLED)
        return
    content = accept(HEADER + b"text" + ending + SMUGGLED).content

    async def scenario() -> None:
        async with World(clock) as world:
            host, wire = await deliver(world, content)
            assert wire.count(b"\r\n.\r\n") == 1 and wire.endswith(b"\r\n.\r\n")
            rest = wire.replace(b"\r\n", b"")
            assert b"\r" not in rest and b"\n" not in rest and b"\0" not in rest
            assert host.verbs() == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]

    run(scenario())


@pytest.mark.parametrize("end", NEAR_END, ids=repr)
def test_content_that_ends_as_data_do(run: Run, clock: Clock, end: bytes) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain()
            (result,) = await world.send(world.message(content=HEADER + b"text" + end))
            assert result.decision.state is DeliveryState.DELIVERED
            assert host.received[0].content.partition(b"\r\n")[2] == HEADER + b"text" + end + b"\r\n"

    run(scenario())


@pytest.mark.parametrize("ending", [*BARE, *NUL], ids=repr)
def test_what_should_never_have_been_accepted_is_not_sent(run: Run, clock: Clock, ending: bytes) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain()
            (result,) = await world.send(world.message(content=HEADER + b"text" + ending + SMUGGLED))
            assert result.decision.state is DeliveryState.BOUNCED
            assert result.outcome.reason is Reason.CONTENT_NOT_TRANSPORTABLE
            assert host.commands == []

    run(scenario())


@pytest.mark.parametrize("raw", [*NUL, b"\0"], ids=repr)
def test_nul_is_refused(raw: bytes) -> None:
    with pytest.raises(Invalid, match="NUL"):
        accept(HEADER + b"text" + raw)


def test_a_header_is_ascii_or_utf8() -> None:
    assert accept(HEADER.replace(b"first", "件名".encode())).subject == "件名"
    for octets in ("件名".encode("shift-jis"), b"caf\xe9", b"\xff\xfe", "件名".encode()[:-1]):
        with pytest.raises(Invalid, match="neither US-ASCII nor UTF-8"):
            accept(HEADER.replace(b"first", octets))


@pytest.mark.parametrize("local", ["a\r\nRCPT TO:<v@d.test>\r\nx", "a\rx", "a\nx", "a\0", "a>\r\nDATA", "a> SIZE=1"])
def test_no_address_is_a_command(run: Run, clock: Clock, local: str) -> None:
    """Acceptance takes none of these; should one be in the queue, that is a fault of ours and nobody's bounce."""

    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain()
            recipient = DueRecipient(ordinal=0, address=AddrSpec(local, "dest.test"))
            (result,) = await world.send(world.message(recipients=(recipient,)))
            assert result.outcome.reason is Reason.LOCAL_TROUBLE
            assert host.verbs() in ([], ["EHLO"])

    run(scenario())
