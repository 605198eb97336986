"""The test of the way of complaints can fail, and says at which step."""

import asyncio
from ipaddress import ip_network
from typing import Any

import pytest
import sqlalchemy as sa

from population import ACCOUNT, REGION, identity, names, open_account
from tayori.app.loop_test import LoopTest, LoopTester
from tayori.app.sending import Sending
from tayori.delivery.settings import DeliverySettings
from tayori.mail.address import AddrSpec
from tayori.mail.answer import Answer, AnswerStatus
from tayori.mail.envelope import ReversePath
from tayori.mail.reply import Reply
from tayori.model.errors import LimitExceeded
from tayori.model.inbound import InboundMessage, InboundPurpose, InboundRoute
from tayori.model.message import DeliveryState
from tayori.resources import identities, probes
from tayori.smtp.mx import MxPolicy, MxRole
from tayori.smtp.policy import ServerSettings
from tayori.smtp.server import SmtpServer
from tayori.store.tables import probes as probe_rows
from tayori.store.tables import recipients


class Zone:
    """The service's domain leads to this machine, or nowhere."""

    def __init__(self, *, is_there: bool) -> None:
        self._is_there = is_there

    async def resolve(self, name: str, rdtype: str) -> Answer:
        values = {"MX": ("10 mx.tayori.test",), "A": ("127.0.0.1",)}.get(rdtype) if self._is_there else None
        status = AnswerStatus.FOUND if values else AnswerStatus.NXDOMAIN
        return Answer(name=name, rdtype=rdtype, status=status, values=values or ())


def delivered(tx: Any) -> bool:
    """The message to complain of arrives, as the inbound port would keep it; false while it is not yet sent."""
    row = tx.execute(sa.select(probe_rows.c.token).join(recipients, sa.true())).first()
    if row is not None:
        content = b"Subject: x\r\n\r\nx\r\n"
        message = InboundMessage(
            routes=(), reverse_path=ReversePath.NULL, content=content, source_ip="192.0.2.1", helo="", tls=None
        )
        probes.keep(tx, probes.address_of(row.token, "tayori.test"), message)
    return row is not None


def bounced(tx: Any) -> bool:
    values = {"state": DeliveryState.BOUNCED, "diagnostic": "smtp; 550 no"}
    return bool(tx.execute(recipients.update().values(**values)).rowcount)


class Refusing(MxPolicy):
    """Takes no report."""

    async def rcpt(self, forward_path: str, params: Any) -> Reply:
        return Reply.of(550, "No such address", "5.1.1")


async def _taken(address: AddrSpec) -> InboundRoute:
    return InboundRoute(recipient=address, purpose=InboundPurpose.FEEDBACK)


async def _forgotten(message: InboundMessage) -> None:
    """An intake that loses what it takes."""


@pytest.fixture
def trouble(store: Any, transact: Any, run: Any) -> Any:
    """What a test of the way says where `happens` to its message, and reports meet `policy`; None: nobody listens."""
    transact(open_account)
    transact(identity, "shop.test")

    async def scenario(happens: Any, zone: Zone, policy: Any) -> LoopTest:
        role = MxRole(hostname="mx.tayori.test", accepts=_taken, intake=_forgotten)
        settings = ServerSettings(hostname="mx.tayori.test")
        server = SmtpServer(policy_factory=lambda peer: (policy or MxPolicy)(role, peer), settings=settings, tls=None)
        await server.start("127.0.0.1", 0)
        port = server.port
        if policy is None:
            await server.stop(1.0)
        delivery = DeliverySettings(
            ehlo_name="a.test", outgoing_address="", port=port, allowed_networks=(ip_network("127.0.0.0/8"),)
        )
        sending = Sending(store, names, "worker")
        tester = LoopTester(
            store=store, sending=sending, names=names, clock=store.clock, resolver=zone, delivery=delivery,
            wait_seconds=1.0,
        )  # fmt: skip
        task = asyncio.create_task(tester.run(await store.read(identities.get, ACCOUNT, REGION, "shop.test")))
        while happens is not None and not task.done() and not await store.write(happens):
            await asyncio.sleep(0.01)
        found = await task
        if policy is not None:
            await server.stop(1.0)
        return found

    def trouble(happens: Any, *, is_there: bool = True, policy: Any = MxPolicy) -> str:
        found = run(scenario(happens, Zone(is_there=is_there), policy))
        assert not found.passes and found.as_json()["trouble"] == found.trouble
        assert transact(lambda tx: tx.execute(probe_rows.select()).all()) == [], "the probe's address is closed again"
        return str(found.trouble)

    return trouble


def test_a_message_that_nobody_delivers(trouble: Any) -> None:
    assert trouble(None) == "The message to complain of did not arrive in time."


def test_a_message_that_bounces(trouble: Any) -> None:
    assert trouble(bounced) == "The message to complain of did not arrive: smtp; 550 no"


def test_a_service_that_nobody_finds(trouble: Any) -> None:
    assert trouble(delivered, is_there=False).startswith("Nobody finds the way to complaints@tayori.test: ")


def test_a_port_that_takes_no_report(trouble: Any) -> None:
    assert trouble(delivered, policy=Refusing) == "The report was refused: 550 5.1.1 No such address"


def test_a_port_where_nobody_listens(trouble: Any) -> None:
    assert trouble(delivered, policy=None).startswith("The report could not be handed in at 127.0.0.1, port ")


def test_a_report_that_is_taken_and_lost(trouble: Any) -> None:
    assert trouble(delivered) == "The report was taken, but no Complaint event came of it."


def test_an_account_has_only_so_many_probes(store: Any, transact: Any, run: Any) -> None:
    transact(open_account)
    transact(identity, "shop.test")
    for number in range(100):
        assert transact(probes.begin, ACCOUNT, REGION, "shop.test", f"t{number}")
    delivery = DeliverySettings(ehlo_name="a.test", outgoing_address="")
    sending, zone = Sending(store, names, "worker"), Zone(is_there=True)
    tester = LoopTester(store=store, sending=sending, names=names, clock=store.clock, resolver=zone, delivery=delivery)
    found = transact(identities.get, ACCOUNT, REGION, "shop.test")
    with pytest.raises(LimitExceeded):
        run(tester.run(found))
