"""What Postfix and Exim make of what we send: every octet arrives, over every extension that they offer."""

import asyncio
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.policy import SMTPUTF8
from pathlib import Path
from typing import Any

import pytest
from hosts import CONTENT, World

from receivers import Receiver, exim_receiver, postfix_receiver
from tayori.clock import AdjustableClock
from tayori.mail.address import AddrSpec
from tayori.mail.envelope import BodyType
from tayori.model.message import DeliveryState, DueRecipient, Outgoing, RecipientResult, TlsPolicy

Run = Callable[[Any], Any]

EIGHT_BIT = CONTENT + "本文\r\n".encode()
UTF8 = EIGHT_BIT.replace(b"hello", "こんにちは".encode())
LARGE = CONTENT + b"..two dots\r\n.\r\n" + b"a line of a large message\r\n" * 150_000


@pytest.fixture(scope="module", params=[postfix_receiver, exim_receiver], ids=["postfix", "exim"])
def receiver(request: pytest.FixtureRequest) -> Iterator[Receiver]:
    with request.param() as receiver:
        yield receiver


@pytest.fixture
def run() -> Run:
    return lambda coroutine: asyncio.run(asyncio.wait_for(coroutine, 60))


def send(run: Run, tmp_path: Path, receiver: Receiver, *make: Callable[[World], Outgoing]) -> list[RecipientResult]:
    """The results, by the message's own order."""
    clock = AdjustableClock(tmp_path / "clock")

    async def scenario() -> list[RecipientResult]:
        async with World(clock, port=receiver.port) as world:
            world.mx("dest.test", "127.0.0.1")
            results = await world.send(*(one(world) for one in make))
            assert all(report.facts.tls for report in world.queue.reports)
            return sorted(results, key=lambda result: (str(result.address), result.ordinal))

    try:
        return run(scenario())
    finally:
        clock.close()


@pytest.mark.parametrize(
    ("content", "body"),
    [
        (CONTENT, BodyType.SEVEN_BIT),
        (EIGHT_BIT, BodyType.EIGHT_BIT_MIME),
        (UTF8, BodyType.EIGHT_BIT_MIME),
        (LARGE, BodyType.SEVEN_BIT),
        (LARGE + EIGHT_BIT, BodyType.EIGHT_BIT_MIME),
    ],
    ids=["plain", "8-bit", "UTF-8 header", "large", "large 8-bit"],
)
def test_every_octet_arrives(run: Run, tmp_path: Path, receiver: Receiver, content: bytes, body: BodyType) -> None:
    before = receiver.mails()
    (result,) = send(
        run,
        tmp_path,
        receiver,
        lambda world: world.message(content=content, body=body, policy=TlsPolicy.REQUIRE),
    )
    assert result.decision.state is DeliveryState.DELIVERED, result.outcome.diagnostic
    (mail,) = receiver.wait_for(1, before=before)
    assert mail.endswith(b"\n" + content.replace(b"\r\n", b"\n"))
    assert b"\nX-SES-Outgoing: " in mail
    if receiver.name == "exim":  # which notes how each message came
        *_, entry = [line for line in receiver.log.splitlines() if " <= " in line]
        assert (" P=utf8esmtps " in entry) == (content is UTF8)
        assert (" K " in entry) == (len(content) > 1_048_576)


def test_an_address_in_utf8(run: Run, tmp_path: Path, receiver: Receiver) -> None:
    before = receiver.mails()
    due = DueRecipient(ordinal=0, address=AddrSpec("用户", "dest.test"))
    (result,) = send(run, tmp_path, receiver, lambda world: world.message(recipients=(due,)))
    assert result.decision.state is DeliveryState.DELIVERED, result.outcome.diagnostic
    (mail,) = receiver.wait_for(1, before=before)
    head = message_from_bytes(mail, policy=SMTPUTF8)
    assert "用户@dest.test" in str(head["Delivered-To"] or head["Envelope-to"])


def test_of_several_recipients_the_refused_one_bounces(run: Run, tmp_path: Path, receiver: Receiver) -> None:
    before = receiver.mails()
    names = ("a+b@dest.test", "refused@dest.test", "z=y@dest.test")
    results = send(run, tmp_path, receiver, lambda world: world.message(*names))
    assert [(str(r.address), str(r.decision.state)) for r in results] == [
        ("a+b@dest.test", "delivered"),
        ("refused@dest.test", "bounced"),
        ("z=y@dest.test", "delivered"),
    ]
    assert results[1].outcome.diagnostic.startswith("smtp; 550 5.1.1 ")
    assert "no such user" in results[1].outcome.diagnostic
    mails = receiver.wait_for(2, before=before)
    assert all(mail.endswith(CONTENT.replace(b"\r\n", b"\n")) for mail in mails)


def test_the_refusal_of_all_leaves_the_connection_good(run: Run, tmp_path: Path, receiver: Receiver) -> None:
    before = receiver.mails()
    results = send(
        run,
        tmp_path,
        receiver,
        lambda world: world.message("refused@dest.test"),
        lambda world: world.message("refused@dest.test", content=LARGE),
        lambda world: world.message("yes@dest.test"),
    )
    assert [str(r.decision.state) for r in results] == ["bounced", "bounced", "delivered"]
    receiver.wait_for(1, before=before)


def test_many_messages_through_few_connections(run: Run, tmp_path: Path, receiver: Receiver) -> None:
    before = receiver.mails()
    results = send(run, tmp_path, receiver, *[lambda world, n=n: world.message(f"r{n}@dest.test") for n in range(60)])
    assert {r.decision.state for r in results} == {DeliveryState.DELIVERED}
    receiver.wait_for(60, before=before)
