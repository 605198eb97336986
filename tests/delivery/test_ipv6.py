"""Delivery over IPv6 to a real Postfix: from the address that is set, with TLS that both sides have verified."""

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import trustme
from hosts import World

from debian_postfix import Postfix
from programs import lacking
from receiving_postfix import receiving_postfix
from tayori.clock import Clock
from tayori.delivery.settings import CertificateCheck, Families
from tayori.model.message import FailureScope, OutcomeKind, TlsPolicy

Run = Callable[[Any], Any]

LOOPBACK = (ip_network("::1/128"), ip_network("127.0.0.0/8"))


@dataclass(frozen=True, kw_only=True)
class Peer:
    """Postfix on ::1, which takes mail from nobody without a certificate of the sender's authority."""

    postfix: Postfix
    port: int
    client: Path  # our certificate and its key


@pytest.fixture(scope="module")
def peer(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    folder = tmp_path_factory.mktemp("ipv6")
    ours = trustme.CA()
    anchor, client = folder / "ours.pem", folder / "client.pem"
    ours.cert_pem.write_to_path(str(anchor))
    ours.issue_cert("a1.smtp-out.tayori.test").private_key_and_cert_chain_pem.write_to_path(str(client))
    pem = authority.issue_cert("mx1.dest.test").private_key_and_cert_chain_pem.bytes().decode()
    demands = ("smtpd_tls_security_level=encrypt", "smtpd_tls_req_ccert=yes", "smtpd_tls_CAfile=$config_directory/ours")
    port = _free_port()
    with receiving_postfix({"::1": pem}, port, *demands, files={"ours": anchor.read_text()}) as postfix:
        yield Peer(postfix=postfix, port=port, client=client)


def _free_port() -> int:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
            return int(listener.getsockname()[1])
    except OSError:
        lacking("IPv6 on the loopback interface", "no package")


def world_of(clock: Clock, peer: Peer, anchors: Path, **settings: Any) -> World:
    defaults = {
        "port": peer.port,
        "allowed_networks": LOOPBACK,
        "source_ipv6": "::1",
        "trust_anchors": anchors,
        "certificate_check": CertificateCheck.WHEN_REQUIRED,
        "client_certificate": peer.client,
    }
    return World(clock, **{**defaults, **settings})


def test_mail_goes_over_ipv6_and_both_certificates_are_verified(
    run: Run, clock: Clock, peer: Peer, anchors: Path
) -> None:
    async def scenario() -> None:
        async with world_of(clock, peer, anchors) as world:
            world.mx("dest.test", "::1")
            (result,) = await world.send(world.message(policy=TlsPolicy.REQUIRE))
            assert result.outcome.kind is OutcomeKind.DELIVERED, result.outcome.diagnostic
            facts = world.queue.reports[0].facts
            assert (facts.address, facts.source_address, facts.host) == ("::1", "::1", "mx1.dest.test")
            assert facts.tls is not None
            assert (facts.tls.version, facts.tls.level) == ("TLSv1.3", "verified")

    run(scenario())
    assert "Trusted TLS connection established from unknown[::1]" in peer.postfix.log


def test_without_our_certificate_the_host_takes_nothing(run: Run, clock: Clock, peer: Peer, anchors: Path) -> None:
    async def scenario() -> None:
        async with world_of(clock, peer, anchors, client_certificate=None) as world:
            world.mx("dest.test", "::1")
            (result,) = await world.send(world.message(policy=TlsPolicy.REQUIRE))
            assert result.outcome.kind is not OutcomeKind.DELIVERED
            assert "No client certificate presented" in result.outcome.diagnostic

    run(scenario())


def test_it_is_left_from_the_address_that_is_set_or_not_at_all(
    run: Run, clock: Clock, peer: Peer, anchors: Path
) -> None:
    async def scenario() -> None:
        async with world_of(clock, peer, anchors, source_ipv6="2001:db8::25") as world:  # not this machine's
            world.mx("dest.test", "::1")
            (result,) = await world.send()
            assert (result.outcome.kind, result.decision.counts) == (OutcomeKind.DEFERRED, False)
            assert result.outcome.scope is FailureScope.LOCAL

    run(scenario())


@pytest.mark.parametrize(
    ("families", "reached"), [(Families.BOTH, True), (Families.IPV6, True), (Families.IPV4, False)]
)
def test_a_host_whose_ipv4_address_is_dead_is_reached_by_the_other(
    run: Run, clock: Clock, peer: Peer, anchors: Path, families: Families, reached: bool
) -> None:
    async def scenario() -> None:
        async with world_of(clock, peer, anchors, families=families) as world:
            world.mx("dest.test", "127.88.9.9")
            world.zone.put("mx1.dest.test", "AAAA", "::1")
            (result,) = await world.send(world.message(policy=TlsPolicy.REQUIRE))
            assert (result.outcome.kind is OutcomeKind.DELIVERED) == reached
            assert world.queue.reports[0].facts.address == ("::1" if reached else "")

    run(scenario())
