"""Mail that goes to a relay: TLS as its route wants it, AUTH, and whose trouble it is when either fails."""

import ssl
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme
from hosts import Host, World

from tayori.clock import AdjustableClock
from tayori.delivery.egress import Egress, Relay, RelayTls
from tayori.model.message import FailureScope, Outcome, OutcomeKind, Outgoing, TlsPolicy

Run = Callable[[Any], Any]


class ToRelay:
    """The chooser of one relay."""

    def __init__(self, relay: Relay) -> None:
        self._egress = Egress(name=f"relay {relay.host}:{relay.port}", ehlo_name="a1.tayori.test", relay=relay)

    def choose(self, outgoing: Outgoing, domain: str) -> Egress:
        return self._egress

    def until(self, outgoing: Outgoing, domain: str) -> None:
        pass

    def learned(self, report: object) -> None:
        pass


@pytest.fixture
def relay_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("smart.test").configure_cert(context)
    return context


async def send(world: World, host: Host, tls: RelayTls, policy: TlsPolicy = TlsPolicy.OPTIONAL, **more: Any) -> Outcome:
    """One message for a domain that is not even in the DNS; the relay's port is not that of mail hosts."""
    world.zone.put("smart.test", "A", host.address)
    world.chooser = ToRelay(Relay(host="smart.test", port=host.port, tls=tls, **more))
    world._port = 1
    (result,) = await world.send(world.message(policy=policy))
    return result.outcome


SECRET = "Bratkartoffeln 47"


def test_plain_over_starttls(run: Run, clock: AdjustableClock, relay_tls: ssl.SSLContext, anchors: Path) -> None:
    async def scenario() -> None:
        async with World(clock, trust_anchors=anchors) as world:
            host = await world.host(tls=relay_tls, keywords=("PIPELINING", "AUTH LOGIN PLAIN"))
            host.always("AUTH", b"235 2.7.0 welcome\r\n")
            outcome = await send(world, host, RelayTls.STARTTLS, user="us", password=SECRET)
            assert outcome.kind is OutcomeKind.DELIVERED
            assert host.verbs() == ["EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "."]
            assert b64decode(host.commands[3].split(" ")[2]).decode() == f"\0us\0{SECRET}"
            assert host.received[0].over_tls
            assert ("dest.test", "MX") not in world.zone.questions

    run(scenario())


def test_login_with_tls_from_the_first_byte(
    run: Run, clock: AdjustableClock, relay_tls: ssl.SSLContext, anchors: Path
) -> None:
    async def scenario() -> None:
        async with World(clock, trust_anchors=anchors) as world:
            host = await world.host(tls=relay_tls, tls_at_once=True, keywords=("AUTH LOGIN",))
            host.always("AUTH", b"334 VXNlcm5hbWU6\r\n")
            user, password = b64encode(b"us").decode(), b64encode(SECRET.encode()).decode()
            host.always(user.upper(), b"334 UGFzc3dvcmQ6\r\n")
            host.always(password.upper(), b"235 ok\r\n")
            outcome = await send(world, host, RelayTls.IMPLICIT, user="us", password=SECRET)
            assert outcome.kind is OutcomeKind.DELIVERED
            assert host.commands[1:4] == ["AUTH LOGIN", user, password]
            assert host.received[0].over_tls
            facts = world.queue.reports[0].facts
            assert facts.tls is not None
            assert facts.tls.level == "verified"

    run(scenario())


@pytest.mark.parametrize(
    ("keywords", "answer", "words"),
    [
        (("AUTH PLAIN",), b"535 5.7.8 wrong\r\n", "refuses our user name and password: 535 5.7.8 wrong"),
        (("AUTH CRAM-MD5",), b"235 ok\r\n", "takes neither AUTH PLAIN nor LOGIN"),
        (("PIPELINING",), b"235 ok\r\n", "takes neither AUTH PLAIN nor LOGIN"),
    ],
)
def test_a_relay_that_does_not_know_us_is_our_trouble_and_no_password_is_told(
    run: Run,
    clock: AdjustableClock,
    relay_tls: ssl.SSLContext,
    anchors: Path,
    keywords: tuple[str, ...],
    answer: bytes,
    words: str,
) -> None:
    async def scenario() -> None:
        async with World(clock, trust_anchors=anchors) as world:
            host = await world.host(tls=relay_tls, keywords=keywords)
            host.always("AUTH", answer)
            outcome = await send(world, host, RelayTls.STARTTLS, user="us", password=SECRET)
            assert (outcome.kind, outcome.scope) == (OutcomeKind.DEFERRED, FailureScope.LOCAL)
            assert words in outcome.diagnostic
            told = repr(world.queue.reports) + repr(world.chooser.choose(world.message(), "dest.test"))
            assert SECRET not in told
            assert b64encode(f"\0us\0{SECRET}".encode()).decode() not in told
            assert not world.queue.results()[0].decision.counts

    run(scenario())


def test_a_relay_with_a_certificate_of_somebody_else_gets_no_password(
    run: Run, clock: AdjustableClock, host_tls: ssl.SSLContext, anchors: Path
) -> None:
    async def scenario() -> None:
        async with World(clock, trust_anchors=anchors) as world:
            for tls in (RelayTls.STARTTLS, RelayTls.IMPLICIT):
                host = await world.host(tls=host_tls, tls_at_once=tls is RelayTls.IMPLICIT, keywords=("AUTH PLAIN",))
                world._port = 0
                outcome = await send(world, host, tls, user="us", password=SECRET)
                assert outcome.kind is OutcomeKind.DEFERRED
                assert "AUTH" not in host.verbs()
                await world.stop(0.0)
                world._port = 0

    run(scenario())


@pytest.mark.parametrize(
    ("tls", "policy", "offers", "delivered"),
    [
        (RelayTls.NONE, TlsPolicy.OPTIONAL, True, "clear"),
        (RelayTls.MAY, TlsPolicy.OPTIONAL, False, "clear"),
        (RelayTls.MAY, TlsPolicy.OPTIONAL, True, "tls"),
        (RelayTls.NONE, TlsPolicy.REQUIRE, True, "tls"),
        (RelayTls.MAY, TlsPolicy.REQUIRE, False, ""),
        (RelayTls.STARTTLS, TlsPolicy.OPTIONAL, False, ""),
    ],
)
def test_tls_to_a_relay_is_what_its_route_and_the_message_want(
    run: Run,
    clock: AdjustableClock,
    relay_tls: ssl.SSLContext,
    anchors: Path,
    tls: RelayTls,
    policy: TlsPolicy,
    offers: bool,
    delivered: str,
) -> None:
    async def scenario() -> None:
        async with World(clock, trust_anchors=anchors) as world:
            host = await world.host(tls=relay_tls if offers else None)
            outcome = await send(world, host, tls, policy)
            assert outcome.kind is (OutcomeKind.DELIVERED if delivered else OutcomeKind.DEFERRED)
            assert [received.over_tls for received in host.received] == ([delivered == "tls"] if delivered else [])

    run(scenario())


def test_a_relay_that_cannot_be_found_bounces_nothing(run: Run, clock: AdjustableClock) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            world.chooser = ToRelay(Relay(host="none.test"))
            await world.host()
            (result,) = await world.send()
            assert (result.outcome.kind, result.outcome.scope) == (OutcomeKind.DEFERRED, FailureScope.LOCAL)
            assert result.outcome.diagnostic == "the relay none.test has no address"

    run(scenario())
