"""DANE with everything real: zones signed by BIND's tools, Unbound validates them, Postfix is the receiver."""

import hashlib
import socket
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from certificates import Certified, certify
from hosts import World

from debian_postfix import Postfix
from receiving_postfix import receiving_postfix
from signed_zones import Zone, validating_resolver
from tayori.clock import AdjustableClock
from tayori.delivery.tls_result import PolicyType, ResultType
from tayori.dns.resolver import CachingResolver, ResolverSettings
from tayori.model.message import DeliveryState, OutcomeKind, Reason, TlsPolicy

Run = Callable[[Coroutine[Any, Any, Any]], Any]

PRIVATE = certify("A private authority", is_authority=True)
MIDDLE = certify("Below it", PRIVATE, is_authority=True)
SELF = certify("mx.dane.test", names=["mx.dane.test"])
BELOW = certify("ta.dane.test", MIDDLE, names=["ta.dane.test"]).sending(MIDDLE, PRIVATE)
OTHER = certify("nobody", names=["nobody.test"])

# The receiver's hosts, each with an address and what it shows.
HOSTS: dict[str, tuple[str, Certified | None]] = {
    "mx": ("127.88.2.1", SELF),
    "ta": ("127.88.2.2", BELOW),
    "wrong": ("127.88.2.3", OTHER),
    "clear": ("127.88.2.4", None),
}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


SPOILT = sha256(b"spoilt")
EE = f"3 1 1 {sha256(SELF.spki)}"

DANE = Zone(
    content="\n".join(
        [
            *(f"{name} IN A {address}" for name, (address, _) in HOSTS.items()),
            *(f"to-{name} IN MX 10 {name}" for name in HOSTS),
            f"_25._tcp.mx IN TLSA {EE}",
            f"_25._tcp.ta IN TLSA 2 0 1 {sha256(PRIVATE.der)}",
            f"_25._tcp.wrong IN TLSA {EE}",
            f"_25._tcp.clear IN TLSA {EE}",
            # A host without records of its own, in the clear: nothing is asked of it.
            "free IN A 127.88.2.4",
            "to-free IN MX 10 free",
            # Records that are kept in one place and pointed to.
            "aliased IN A 127.88.2.1",
            "to-aliased IN MX 10 aliased",
            "_25._tcp.aliased IN CNAME _our-key",
            f"_our-key IN TLSA {EE}",
            # A host that is an alias, with its records where the alias leads.
            "elsewhere IN CNAME mx",
            "to-elsewhere IN MX 10 elsewhere",
            # Aliases that lead back to themselves.
            "loop IN A 127.88.2.1",
            "to-loop IN MX 10 loop",
            "_25._tcp.loop IN CNAME _loop",
            "_loop IN CNAME _25._tcp.loop",
            # Records whose signatures do not hold.
            "bogus IN A 127.88.2.1",
            "to-bogus IN MX 10 bogus",
            f"_25._tcp.bogus IN TLSA 3 1 1 {SPOILT}",
            # More records than anybody has a use for, the right one among them.
            "many IN A 127.88.2.1",
            "to-many IN MX 10 many",
            f"_25._tcp.many IN TLSA {EE}",
            *(f"_25._tcp.many IN TLSA 3 1 1 {sha256(bytes([i]))}" for i in range(90)),
            # None that a client can use.
            "pkix IN A 127.88.2.3",
            "to-pkix IN MX 10 pkix",
            f"_25._tcp.pkix IN TLSA 1 1 1 {sha256(OTHER.der)}",
            "to-insecure IN MX 10 mx.plain.test.",
            "",
        ]
    ),
    spoilt={SPOILT[:32].upper(): "00" * 16},
)
PLAIN = Zone(
    content="\n".join(
        [
            "mx IN A 127.88.2.3",
            "to-plain IN MX 10 mx",
            f"_25._tcp.mx IN TLSA {EE}",
            "to-secure IN MX 10 wrong.dane.test.",
            "",
        ]
    ),
    is_signed=False,
)


@pytest.fixture(scope="module")
def resolver_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with validating_resolver(tmp_path_factory.mktemp("dns"), {"dane.test": DANE, "plain.test": PLAIN}) as port:
        yield port


@pytest.fixture(scope="module")
def port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.88.2.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def receiver(port: int) -> Iterator[Postfix]:
    shown = {address: certified.pem.decode() if certified else "" for address, certified in HOSTS.values()}
    with receiving_postfix(shown, port) as receiver:
        yield receiver


class Peers(World):
    """The World of the other tests, with a DNS that is no dictionary."""

    def __init__(self, clock: AdjustableClock, resolver_port: int, port: int) -> None:
        super().__init__(clock, validates_dnssec=True, port=port)
        settings = ResolverSettings(trust_ad=True)
        self.zone = CachingResolver([("127.0.0.1", resolver_port)], clock, settings)  # type: ignore[assignment]


@pytest.fixture
def peers(clock: AdjustableClock, resolver_port: int, port: int, receiver: Postfix) -> Peers:
    return Peers(clock, resolver_port, port)


DELIVERED = [
    ("to-mx.dane.test", "dane", "TLSA of mx.dane.test"),
    ("to-ta.dane.test", "dane", "TLSA of ta.dane.test"),
    ("to-aliased.dane.test", "dane", "TLSA of aliased.dane.test"),
    ("to-elsewhere.dane.test", "dane", "TLSA of mx.dane.test"),
    ("to-many.dane.test", "dane", "TLSA of many.dane.test"),
    ("to-pkix.dane.test", "encrypt", "TLSA of pkix.dane.test, none of it usable"),
    ("to-free.dane.test", "", ""),
    # A wrong record in a zone that is not signed, and a host in a signed one that an unsigned one names.
    ("to-plain.plain.test", "encrypt", ""),
    ("to-secure.plain.test", "encrypt", ""),
    ("to-insecure.dane.test", "encrypt", ""),
]


@pytest.mark.parametrize(("domain", "level", "why"), DELIVERED, ids=[one[0] for one in DELIVERED])
def test_who_gets_the_mail(run: Run, peers: Peers, domain: str, level: str, why: str) -> None:
    async def scenario() -> None:
        async with peers as world:
            (result,) = await world.send(world.message(f"b@{domain}"))
            assert result.outcome.kind is OutcomeKind.DELIVERED, result.outcome.diagnostic
            tls = world.queue.reports[0].facts.tls
            assert ((tls.level, tls.why) if tls else ("", "")) == (level, why)
            if level == "dane":
                assert [(r.policy.type, r.result) for r in world.seen] == [(PolicyType.TLSA, None)]

    run(scenario())


WAITING = [
    ("to-wrong.dane.test", Reason.TLS_FAILED, ResultType.VALIDATION_FAILURE),
    ("to-clear.dane.test", Reason.TLS_REQUIRED, ResultType.STARTTLS_NOT_SUPPORTED),
    ("to-bogus.dane.test", Reason.DNS_FAILURE, ResultType.DNSSEC_INVALID),
    ("to-loop.dane.test", Reason.DNS_FAILURE, ResultType.DNSSEC_INVALID),
]


@pytest.mark.parametrize(("domain", "reason", "told"), WAITING, ids=[one[0] for one in WAITING])
@pytest.mark.parametrize("policy", [TlsPolicy.OPTIONAL, TlsPolicy.REQUIRE])
def test_whose_mail_waits(
    run: Run, peers: Peers, domain: str, policy: TlsPolicy, reason: Reason, told: ResultType
) -> None:
    async def scenario() -> None:
        async with peers as world:
            (result,) = await world.send(world.message(f"b@{domain}", policy=policy))
            assert (result.decision.state, result.outcome.reason) == (DeliveryState.DEFERRED, reason)
            assert [(r.policy.type, r.result) for r in world.seen] == [(PolicyType.TLSA, told)]

    run(scenario())


def test_postfix_saw_tls(receiver: Postfix, run: Run, peers: Peers) -> None:
    async def scenario() -> None:
        async with peers as world:
            await world.send(world.message("b@to-mx.dane.test"))

    run(scenario())
    assert "TLS connection established from" in receiver.log
    assert "TLSv1.3" in receiver.log
