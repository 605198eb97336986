"""TLS to mail hosts: taken where offered, demanded where required, and never talked into."""

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme
from hosts import CLOSE, HANG, Host, World

from tayori.clock import Clock
from tayori.delivery.settings import CertificateCheck, Timeouts
from tayori.model.message import DeliveryState, OutcomeKind, Reason, TlsPolicy

Run = Callable[[Any], Any]


def test_tls_is_taken_where_it_is_offered(run: Run, clock: Clock, host_tls: ssl.SSLContext) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain(tls=host_tls)
            (result,) = await world.send()
            assert result.outcome.kind is OutcomeKind.DELIVERED
            assert host.received[0].over_tls
            assert host.verbs()[:3] == ["EHLO", "STARTTLS", "EHLO"]
            facts = world.queue.reports[0].facts.tls
            assert facts is not None
            assert facts.version == "TLSv1.3"
            assert facts.cipher.startswith("TLS_")

    run(scenario())


def test_pipelining_works_inside_tls(run: Run, clock: Clock, host_tls: ssl.SSLContext) -> None:
    async def scenario() -> None:
        async with World(clock, max_connections_per_destination=1, first_connections=1) as world:
            host = await world.domain(tls=host_tls)
            results = await world.send(*(world.message(f"r{i}@dest.test") for i in range(40)))
            assert {r.outcome.kind for r in results} == {OutcomeKind.DELIVERED}
            assert len(host.received) == 40
            assert host.connections == 1

    run(scenario())


def test_a_second_connection_resumes_the_session_of_the_first(run: Run, clock: Clock, host_tls: ssl.SSLContext) -> None:
    async def scenario() -> None:
        async with World(clock, max_messages_per_connection=1) as world:
            host = await world.domain(tls=host_tls)
            await world.send()
            await world.send()
            assert host.connections == 2
            assert [m.over_tls for m in host.received] == [True, True]
            assert host_tls.session_stats()["hits"] == 1

    run(scenario())


def test_optional_goes_on_in_the_clear_when_starttls_is_refused(
    run: Run, clock: Clock, host_tls: ssl.SSLContext
) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain(tls=host_tls)
            host.always("STARTTLS", b"454 4.7.0 TLS not available\r\n")
            (result,) = await world.send()
            assert result.outcome.kind is OutcomeKind.DELIVERED
            assert host.connections == 1
            assert not host.received[0].over_tls

    run(scenario())


HANDSHAKES = {
    "garbage": b"220 go\r\n" + b"this is not TLS\r\n" * 10,
    "close": b"220 go\r\n" + CLOSE,
}


async def _garbage(host: Host, reader: Any, writer: Any) -> bytes:
    """Answers the ClientHello with nonsense."""
    writer.write(b"220 go\r\n")
    await reader.read(1)
    return b"\x16\x03\x03\xff\xff" + b"nonsense" * 10 + CLOSE


@pytest.mark.parametrize("action", [_garbage, b"220 go\r\n" + CLOSE], ids=["garbage", "close"])
def test_optional_calls_again_in_the_clear_after_a_failed_handshake(
    run: Run, clock: Clock, host_tls: ssl.SSLContext, action: Any
) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain(tls=host_tls)
            host.always("STARTTLS", action)
            (result,) = await world.send()
            assert result.outcome.kind is OutcomeKind.DELIVERED
            assert host.connections == 2
            assert not host.received[0].over_tls
            assert "TLS handshake failed" in world.queue.reports[0].facts.transcript

    run(scenario())


def test_a_handshake_that_hangs_ends(run: Run, clock: Clock, host_tls: ssl.SSLContext) -> None:
    async def silent(host: Host, reader: Any, writer: Any) -> bytes:
        writer.write(b"220 go\r\n")
        await reader.read(1)
        return HANG

    async def scenario() -> None:
        timeouts = Timeouts(starttls=0.2)
        async with World(clock, timeouts=timeouts) as world:
            host = await world.domain(tls=host_tls)
            host.always("STARTTLS", silent)
            (result,) = await world.send()
            assert result.outcome.kind is OutcomeKind.DELIVERED
            assert host.connections == 2

    run(scenario())


@pytest.mark.parametrize(
    ("tls", "action", "reason"),
    [
        (False, None, Reason.TLS_REQUIRED),
        (True, b"454 4.7.0 not now\r\n", Reason.TLS_REQUIRED),
        (True, b"500 5.5.1 what?\r\n", Reason.TLS_REQUIRED),
        (True, _garbage, Reason.TLS_FAILED),
        (True, b"220 go\r\n" + CLOSE, Reason.TLS_FAILED),
    ],
    ids=["not offered", "refused", "unknown", "garbage", "close"],
)
def test_required_never_sends_a_byte_of_mail_in_the_clear(
    run: Run, clock: Clock, host_tls: ssl.SSLContext, tls: bool, action: Any, reason: Reason
) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain(tls=host_tls if tls else None)
            if action is not None:
                host.always("STARTTLS", action)
            (result,) = await world.send(world.message(policy=TlsPolicy.REQUIRE))
            assert result.outcome.reason is reason
            assert result.decision.state is DeliveryState.DEFERRED
            assert not {"MAIL", "RCPT", "DATA"} & set(host.verbs())

    run(scenario())


def test_required_is_not_lent_a_connection_in_the_clear(run: Run, clock: Clock) -> None:
    """An optional message opens a connection without TLS; the one that requires TLS must not use it."""

    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain()
            await world.send(world.message())
            (result,) = await world.send(world.message(policy=TlsPolicy.REQUIRE))
            assert result.outcome.reason is Reason.TLS_REQUIRED
            assert len(host.received) == 1

    run(scenario())


def test_required_is_delivered_over_an_unverified_certificate_as_ses_does(
    run: Run, clock: Clock, host_tls: ssl.SSLContext
) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain(tls=host_tls)
            (result,) = await world.send(world.message(policy=TlsPolicy.REQUIRE))
            assert result.outcome.kind is OutcomeKind.DELIVERED
            assert host.received[0].over_tls

    run(scenario())


def test_certificates_are_checked_when_the_operator_wants_it(
    run: Run, clock: Clock, host_tls: ssl.SSLContext, anchors: Path, authority: trustme.CA
) -> None:
    wrong_name = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("somebody.else.test").configure_cert(wrong_name)
    stranger = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("mx1.c.test").configure_cert(stranger)

    async def scenario() -> None:
        checks = {"certificate_check": CertificateCheck.WHEN_REQUIRED, "trust_anchors": anchors}
        async with World(clock, **checks) as world:
            await world.domain("dest.test", tls=host_tls)
            await world.domain("b.test", tls=wrong_name)
            await world.domain("c.test", tls=stranger)
            wanted = [world.message(f"x@{d}.test", policy=TlsPolicy.REQUIRE) for d in ("dest", "b", "c")]
            results = {r.address.domain: r.outcome for r in await world.send(*wanted)}
            assert results["dest.test"].kind is OutcomeKind.DELIVERED
            assert results["b.test"].reason is Reason.TLS_FAILED
            assert results["c.test"].reason is Reason.TLS_FAILED
            (optional,) = await world.send(world.message("x@b.test"))
            assert optional.outcome.kind is OutcomeKind.DELIVERED

    run(scenario())


def test_replies_slipped_in_before_the_handshake_are_forgotten(
    run: Run, clock: Clock, host_tls: ssl.SSLContext
) -> None:
    """CVE-2011-0411 and its kin: an answer to EHLO, in the clear, for the EHLO that comes after the handshake."""

    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain(tls=host_tls, keywords=("PIPELINING",))
            injected = b"250-evil.test\r\n250 SIZE 1\r\n250 2.1.0 Ok\r\n"
            host.always("STARTTLS", b"220 2.0.0 Ready\r\n" + injected)
            (result,) = await world.send()
            # SIZE 1 would have made the message too large; that it was delivered shows whose EHLO answer counted.
            assert result.outcome.kind is OutcomeKind.DELIVERED
            assert host.received[0].over_tls
            assert "SIZE" not in host.received[0].mail

    run(scenario())


def test_half_a_reply_before_the_handshake_does_not_join_the_rest_after_it(
    run: Run, clock: Clock, host_tls: ssl.SSLContext
) -> None:
    async def scenario() -> None:
        async with World(clock) as world:
            host = await world.domain(tls=host_tls)
            host.always("STARTTLS", b"220 2.0.0 Ready\r\n250-evil.test\r\n250-SIZE 1\r\n25")
            (result,) = await world.send()
            assert result.outcome.kind is OutcomeKind.DELIVERED

    run(scenario())
