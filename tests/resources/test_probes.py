"""The addresses of probes: open until something came, or until they expire."""

from datetime import timedelta

from population import inbound_port
from tayori.mail.envelope import ReversePath
from tayori.model.inbound import InboundMessage, InboundPurpose, InboundRoute, NotTaken
from tayori.resources import accounts, probes
from tayori.resources.inbound import Received
from tayori.store.engine import Tx

ACCOUNT, REGION = "123456789012", "us-east-1"
ADDRESS = probes.address_of("t1", "tayori.test")


def _message() -> InboundMessage:
    return InboundMessage(
        routes=(InboundRoute(recipient=ADDRESS, purpose=InboundPurpose.PROBE),),
        reverse_path=ReversePath.NULL,
        content=b"Subject: x\r\n\r\n",
        source_ip="192.0.2.1",
        helo="a1.test",
        tls=None,
    )


def _come(tx: Tx) -> None:
    inbound_port().record(tx, [Received(inbound_ids=("i1",), message=_message(), reports=())])


def test_only_live_probes_have_an_address(transact, clock) -> None:
    transact(accounts.create, ACCOUNT, REGION, name="test")
    assert transact(inbound_port().route, ADDRESS) is NotTaken.NO_SUCH_ADDRESS
    assert transact(probes.begin, ACCOUNT, REGION, "shop.test", "t1")
    assert transact(inbound_port().route, ADDRESS).purpose is InboundPurpose.PROBE
    assert transact(probes.arrived, "t1") is None
    clock.advance(timedelta(hours=1).total_seconds() + 1)
    assert transact(inbound_port().route, ADDRESS) is NotTaken.NO_SUCH_ADDRESS


def test_the_first_message_is_kept_and_closes_the_address(transact) -> None:
    transact(accounts.create, ACCOUNT, REGION, name="test")
    transact(probes.begin, ACCOUNT, REGION, "shop.test", "t1")
    transact(_come)
    arrived = transact(probes.arrived, "t1")
    assert (arrived.source_ip, arrived.helo, arrived.reverse_path) == ("192.0.2.1", "a1.test", "")
    assert arrived.content == b"Subject: x\r\n\r\n"
    assert transact(inbound_port().route, ADDRESS) is NotTaken.NO_SUCH_ADDRESS
    transact(probes.end, "t1")
    assert transact(probes.arrived, "t1") is None


def test_an_account_has_only_so_many_open_probes(transact) -> None:
    transact(accounts.create, ACCOUNT, REGION, name="test")
    assert all(transact(probes.begin, ACCOUNT, REGION, "shop.test", f"n{number}") for number in range(100))
    assert not transact(probes.begin, ACCOUNT, REGION, "shop.test", "one-more")
