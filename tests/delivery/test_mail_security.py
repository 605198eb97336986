"""MTA-STS and DANE in deliveries, over real sockets and real handshakes: who gets the mail, and what is told of it."""

import ssl
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from certificates import DAY, NOW, Certified, certify
from hosts import CLOSE, Host, World
from policies import PolicyFiles, Rows, kept

from tayori.clock import AdjustableClock
from tayori.delivery.tls_result import PolicyType, ResultType
from tayori.mail.answer import AnswerStatus
from tayori.model.message import DeliveryState, OutcomeKind, Reason, RecipientResult, TlsPolicy

Run = Callable[[Coroutine[Any, Any, Any]], Any]

BOTH = [TlsPolicy.OPTIONAL, TlsPolicy.REQUIRE]  # what a configuration set may say

AUTHORITY = certify("An authority that senders trust", is_authority=True)
PRIVATE = certify("A private authority", is_authority=True)
GOOD = certify("mx1.dest.test", AUTHORITY, names=["mx1.dest.test"])
MISNAMED = certify("mx1.dest.test", AUTHORITY, names=["other.test"])
STRANGER = certify("mx1.dest.test", names=["mx1.dest.test"])
OURS = certify("mx1.dest.test", PRIVATE, names=["mx1.dest.test"]).sending(PRIVATE)


class Secured(World):
    """A World that follows MTA-STS, and DANE where the zone is signed."""

    def __init__(self, clock: AdjustableClock, folder: Path, **settings: Any) -> None:
        anchors = folder / "anchors.pem"
        anchors.write_text(ssl.DER_cert_to_PEM_cert(AUTHORITY.der))
        super().__init__(clock, trust_anchors=anchors, **({"validates_dnssec": True} | settings))
        self.folder = folder
        self.files = PolicyFiles()
        self.sts = kept(self.zone, self.files, Rows(clock), clock)

    async def mail_host(self, certified: Certified | None, domain: str = "dest.test") -> Host:
        return await self.domain(domain, tls=certified.context(self.folder) if certified else None)

    def policy(self, mode: str, *mx: str, domain: str = "dest.test") -> None:
        self.zone.put(f"_mta-sts.{domain}", "TXT", "v=STSv1; id=1")
        self.files.put(domain, mode, *(mx or (f"mx1.{domain}",)))

    def tlsa(self, *records: str, host: str = "mx1.dest.test") -> None:
        self.zone.is_signed = True
        self.zone.put(f"_25._tcp.{host}", "TLSA", *records)

    async def one(self, policy: TlsPolicy = TlsPolicy.OPTIONAL, to: str = "b@dest.test") -> RecipientResult:
        (result,) = await self.send(self.message(to, policy=policy))
        return result

    @property
    def told(self) -> list[tuple[PolicyType, ResultType | None, str]]:
        return [(r.policy.type, r.result, r.level) for r in self.seen]

    @property
    def last_tls(self) -> tuple[str, str]:
        tls = self.queue.reports[-1].facts.tls
        return (tls.level, tls.why) if tls is not None else ("", "")


@pytest.fixture
def world(clock: AdjustableClock, tmp_path: Path) -> Secured:
    return Secured(clock, tmp_path)


def is_deferred(result: RecipientResult, reason: Reason) -> bool:
    return result.decision.state is DeliveryState.DEFERRED and result.outcome.reason is reason


def said_nothing(host: Host) -> bool:
    return not {"MAIL", "RCPT", "DATA", "BDAT"} & set(host.verbs())


# -- MTA-STS -----------------------------------------------------------------------------------------------------------


def test_an_enforced_policy_is_met_by_a_verified_host(run: Run, world: Secured) -> None:
    async def scenario() -> None:
        async with world:
            host = await world.mail_host(GOOD)
            world.policy("enforce")
            result = await world.one()
            assert result.outcome.kind is OutcomeKind.DELIVERED
            assert host.received[0].over_tls
            assert world.last_tls == ("verified", "MTA-STS of dest.test")
            assert world.told == [(PolicyType.STS, None, "verified")]
            assert world.seen[0].tls == "TLSv1.3"

    run(scenario())


@pytest.mark.parametrize(
    ("certified", "reason", "result"),
    [
        (MISNAMED, Reason.TLS_FAILED, ResultType.CERTIFICATE_HOST_MISMATCH),
        (STRANGER, Reason.TLS_FAILED, ResultType.CERTIFICATE_NOT_TRUSTED),
        (None, Reason.TLS_REQUIRED, ResultType.STARTTLS_NOT_SUPPORTED),
    ],
    ids=["another name", "self-signed", "no TLS"],
)
@pytest.mark.parametrize("mode", ["enforce", "testing"])
def test_testing_tells_what_enforce_would_have_stopped(
    run: Run, world: Secured, mode: str, certified: Certified | None, reason: Reason, result: ResultType
) -> None:
    async def scenario() -> None:
        async with world:
            host = await world.mail_host(certified)
            world.policy(mode)
            found = await world.one()
            assert [(r.policy.type, r.result) for r in world.seen] == [(PolicyType.STS, result)]
            if mode == "enforce":
                assert is_deferred(found, reason)
                assert said_nothing(host)
                assert world.seen[0].level == ""
            else:
                assert found.outcome.kind is OutcomeKind.DELIVERED
                assert host.received[0].over_tls is (certified is not None)
                assert world.seen[0].level == ("encrypt" if certified else "none")

    run(scenario())


def test_a_certificate_that_is_over_is_told_as_such(run: Run, world: Secured) -> None:
    async def scenario() -> None:
        async with world:
            over = certify("mx", AUTHORITY, names=["mx1.dest.test"], begins=NOW - 9 * DAY, ends=NOW - DAY)
            await world.mail_host(over)
            world.policy("enforce")
            assert is_deferred(await world.one(), Reason.TLS_FAILED)
            assert world.told == [(PolicyType.STS, ResultType.CERTIFICATE_EXPIRED, "")]

    run(scenario())


def test_a_host_that_the_policy_does_not_name_gets_nothing(run: Run, world: Secured) -> None:
    async def scenario() -> None:
        async with world:
            host = await world.mail_host(GOOD)
            world.policy("enforce", "mx2.dest.test")
            assert is_deferred(await world.one(), Reason.TLS_POLICY)
            assert host.connections == 0

    run(scenario())


def test_of_two_hosts_the_one_that_the_policy_names_gets_it(run: Run, world: Secured) -> None:
    async def scenario() -> None:
        async with world:
            first = await world.host(tls=GOOD.context(world.folder))
            second_certificate = certify("mx2", AUTHORITY, names=["*.dest.test"])
            second = await world.host(tls=second_certificate.context(world.folder))
            world.mx("dest.test", first, second)
            world.policy("enforce", "mx2.dest.test")
            result = await world.one()
            assert result.outcome.kind is OutcomeKind.DELIVERED
            assert (len(first.received), len(second.received)) == (0, 1)
            assert "does not name mx1.dest.test" in world.queue.reports[-1].facts.transcript

    run(scenario())


def test_a_policy_that_was_changed_lets_the_mail_go_at_the_next_try(
    run: Run, clock: AdjustableClock, tmp_path: Path
) -> None:
    """The id in the DNS is still the old one; that the host fails is reason enough to look (RFC 8461 5)."""

    async def scenario() -> None:
        async with Secured(clock, tmp_path) as world:
            host = await world.mail_host(STRANGER)
            world.policy("enforce")
            assert is_deferred(await world.one(), Reason.TLS_FAILED)
            world.files.put("dest.test", "none")
            for _ in range(2):
                clock.advance(3_600)
                await world.queue.until_reported(len(world.queue.results()) + 1)
            assert len(host.received) == 1

    run(scenario())


def test_an_international_domain_is_known_by_its_a_labels(run: Run, world: Secured) -> None:
    async def scenario() -> None:
        async with world:
            domain = "xn--bcher-kva.test"
            certified = certify("mx", AUTHORITY, names=[f"mx1.{domain}"])
            host = await world.mail_host(certified, domain)
            world.policy("enforce", domain=domain)
            result = await world.one(to="b@bücher.test")
            assert result.outcome.kind is OutcomeKind.DELIVERED
            assert host.received[0].over_tls
            assert world.files.fetched == [domain]

    run(scenario())


def test_a_policy_that_cannot_be_fetched_blocks_nothing_and_is_told(run: Run, world: Secured) -> None:
    async def scenario() -> None:
        async with world:
            await world.mail_host(STRANGER)
            world.zone.put("_mta-sts.dest.test", "TXT", "v=STSv1; id=1")
            assert (await world.one()).outcome.kind is OutcomeKind.DELIVERED
            assert world.told == [(PolicyType.STS, ResultType.STS_POLICY_FETCH_ERROR, "encrypt")]

    run(scenario())


def test_a_connection_of_a_domain_without_policy_is_not_lent_to_one_with(run: Run, world: Secured) -> None:
    """Both domains have the same host; it shows a certificate that only the first one's policy minds."""

    async def scenario() -> None:
        async with world:
            host = await world.mail_host(STRANGER)
            world.zone.put("free.test", "MX", "10 mx1.dest.test")
            world.policy("enforce")
            assert (await world.one(to="a@free.test")).outcome.kind is OutcomeKind.DELIVERED
            assert is_deferred(await world.one(), Reason.TLS_FAILED)
            assert len(host.received) == 1

    run(scenario())


# -- DANE --------------------------------------------------------------------------------------------------------------


def ee(of: Certified) -> str:
    return f"3 0 0 {of.der.hex()}"


@pytest.mark.parametrize("policy", BOTH)
def test_a_host_with_the_certificate_of_its_zone_gets_the_mail(run: Run, world: Secured, policy: TlsPolicy) -> None:
    async def scenario() -> None:
        async with world:
            host = await world.mail_host(STRANGER)
            world.tlsa(ee(STRANGER))
            assert (await world.one(policy)).outcome.kind is OutcomeKind.DELIVERED
            assert host.received[0].over_tls
            assert world.last_tls == ("dane", "TLSA of mx1.dest.test")
            assert world.told == [(PolicyType.TLSA, None, "dane")]

    run(scenario())


def test_a_private_authority_that_its_zone_names(run: Run, world: Secured) -> None:
    """The chain is what the host sends; on Python 3.11 it takes a look behind the ssl module to have it."""

    async def scenario() -> None:
        async with world:
            await world.mail_host(OURS)
            world.tlsa(f"2 0 0 {PRIVATE.der.hex()}", f"2 1 1 {'00' * 32}")
            assert (await world.one()).outcome.kind is OutcomeKind.DELIVERED
            assert world.last_tls[0] == "dane"

    run(scenario())


@pytest.mark.parametrize(
    ("certified", "result"),
    [(GOOD, ResultType.VALIDATION_FAILURE), (None, ResultType.STARTTLS_NOT_SUPPORTED)],
    ids=["another certificate", "no TLS"],
)
@pytest.mark.parametrize("policy", BOTH)
def test_a_host_without_it_gets_nothing_whatever_else_speaks_for_it(
    run: Run, world: Secured, policy: TlsPolicy, certified: Certified | None, result: ResultType
) -> None:
    """RFC 8461 2: an MTA-STS policy that it satisfies does not help."""

    async def scenario() -> None:
        async with world:
            host = await world.mail_host(certified)
            world.policy("enforce")
            world.tlsa(ee(STRANGER))
            found = await world.one(policy)
            assert found.decision.state is DeliveryState.DEFERRED
            assert said_nothing(host)
            assert world.told == [(PolicyType.TLSA, result, "")]

    run(scenario())


def test_records_of_no_use_mean_encryption_with_whoever_answers(run: Run, world: Secured) -> None:
    async def scenario() -> None:
        async with world:
            await world.mail_host(STRANGER)
            world.tlsa("1 1 1 " + "00" * 32)
            assert (await world.one()).outcome.kind is OutcomeKind.DELIVERED
            assert world.last_tls == ("encrypt", "TLSA of mx1.dest.test, none of it usable")

    run(scenario())


def test_records_of_no_use_forbid_clear_text(run: Run, world: Secured) -> None:
    async def scenario() -> None:
        async with world:
            host = await world.mail_host(None)
            world.tlsa("1 1 1 " + "00" * 32)
            assert is_deferred(await world.one(), Reason.TLS_REQUIRED)
            assert said_nothing(host)

    run(scenario())


@pytest.mark.parametrize("status", [AnswerStatus.SERVER_FAILURE, AnswerStatus.TIMEOUT])
def test_a_host_whose_records_cannot_be_had_is_passed_over(run: Run, world: Secured, status: AnswerStatus) -> None:
    async def scenario() -> None:
        async with world:
            first = await world.host(tls=GOOD.context(world.folder))
            second = await world.host(tls=STRANGER.context(world.folder))
            world.mx("dest.test", first, second)
            world.tlsa(ee(STRANGER), host="mx2.dest.test")
            world.zone.fail("_25._tcp.mx1.dest.test", "TLSA", status)
            assert (await world.one()).outcome.kind is OutcomeKind.DELIVERED
            assert (first.connections, len(second.received)) == (0, 1)

    run(scenario())


def test_where_it_is_the_only_host_the_mail_waits(run: Run, world: Secured) -> None:
    async def scenario() -> None:
        async with world:
            host = await world.mail_host(GOOD)
            world.zone.is_signed = True
            world.zone.fail("_25._tcp.mx1.dest.test", "TLSA", AnswerStatus.SERVER_FAILURE)
            found = await world.one()
            assert is_deferred(found, Reason.DNS_FAILURE)
            assert "the TLSA records of mx1.dest.test cannot be had" in found.outcome.diagnostic
            assert host.connections == 0

    run(scenario())


def test_without_a_validating_resolver_nothing_is_made_of_tlsa(
    run: Run, clock: AdjustableClock, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with Secured(clock, tmp_path, validates_dnssec=False) as world:
            host = await world.mail_host(None)
            world.tlsa(ee(STRANGER))
            assert (await world.one()).outcome.kind is OutcomeKind.DELIVERED
            assert not host.received[0].over_tls
            assert not any(rdtype == "TLSA" for _, rdtype in world.zone.questions)

    run(scenario())


# -- both, and neither -------------------------------------------------------------------------------------------------


def test_a_host_that_changes_its_certificate_and_its_zone_is_believed_at_once(
    run: Run, clock: AdjustableClock, tmp_path: Path
) -> None:
    """The session of the last connection would show the old certificate: it is given up, and the call made again."""

    async def scenario() -> None:
        async with Secured(clock, tmp_path, max_messages_per_connection=1) as world:
            host = await world.mail_host(STRANGER)
            world.tlsa(ee(STRANGER))
            await world.one()
            host.tls = OURS.context(world.folder)
            world.tlsa(ee(OURS))
            assert (await world.one()).outcome.kind is OutcomeKind.DELIVERED
            assert [r.level for r in world.seen] == ["dane", "dane"]

    run(scenario())


@pytest.mark.parametrize("how", ["dane", "mta-sts"])
def test_sessions_are_resumed_under_each(run: Run, clock: AdjustableClock, tmp_path: Path, how: str) -> None:
    async def scenario() -> None:
        async with Secured(clock, tmp_path, max_messages_per_connection=1) as world:
            host = await world.mail_host(GOOD)
            if how == "dane":
                world.tlsa(ee(GOOD))
            else:
                world.policy("enforce")
            await world.one()
            await world.one()
            assert len(host.received) == host.connections == 2
            assert host.tls is not None
            assert host.tls.session_stats()["hits"] == 1

    run(scenario())


def test_opportunistic_tls_is_told_of_too(run: Run, world: Secured) -> None:
    async def scenario() -> None:
        async with world:
            await world.mail_host(STRANGER)
            await world.mail_host(None, "clear.test")
            broken = await world.mail_host(GOOD, "broken.test")
            broken.always("STARTTLS", b"220 go\r\n" + CLOSE)
            for domain in ("dest", "clear", "broken"):
                assert (await world.one(to=f"b@{domain}.test")).outcome.kind is OutcomeKind.DELIVERED
            assert world.told == [
                (PolicyType.NONE, None, "encrypt"),
                (PolicyType.NONE, ResultType.STARTTLS_NOT_SUPPORTED, "none"),
                (PolicyType.NONE, ResultType.VALIDATION_FAILURE, "none"),
            ]
            assert world.seen[0].sending_ip == "192.0.2.25"

    run(scenario())


def test_a_host_that_nobody_could_reach_says_nothing_of_tls(run: Run, world: Secured) -> None:
    async def scenario() -> None:
        async with world:
            world.mx("dest.test", "127.88.0.99")
            assert (await world.one()).decision.state is DeliveryState.DEFERRED
            assert world.seen == []

    run(scenario())


def test_a_client_certificate_is_shown_where_it_is_asked_for(run: Run, clock: AdjustableClock, tmp_path: Path) -> None:
    ours = certify("sender.test", PRIVATE, names=["sender.test"])
    ours.context(tmp_path)
    file = tmp_path / f"{ours.certificate.serial_number}.pem"

    async def scenario() -> None:
        async with Secured(clock, tmp_path, client_certificate=file) as world:
            asks = GOOD.context(tmp_path)
            asks.verify_mode = ssl.CERT_REQUIRED
            asks.load_verify_locations(cadata=ssl.DER_cert_to_PEM_cert(PRIVATE.der))
            host = await world.domain(tls=asks)
            assert (await world.one(TlsPolicy.REQUIRE)).outcome.kind is OutcomeKind.DELIVERED
            assert len(host.received) == 1

    run(scenario())


@pytest.mark.parametrize("policy", BOTH)
def test_required_bounces_when_its_time_is_over(run: Run, world: Secured, policy: TlsPolicy) -> None:
    async def scenario() -> None:
        async with world:
            host = await world.mail_host(None)
            if policy is TlsPolicy.OPTIONAL:
                world.policy("enforce")
            (result,) = await world.send(world.message(policy=policy, lifetime=0.0))
            assert result.decision.state is DeliveryState.EXPIRED
            assert result.outcome.reason is Reason.TLS_REQUIRED
            assert said_nothing(host)

    run(scenario())
