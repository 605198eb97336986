"""What a host must prove, as a table: DANE before MTA-STS before what the message asks for (RFC 8461 2)."""

from collections.abc import Callable
from typing import Any

import pytest
from hosts import Zone

from tayori.clock import Clock
from tayori.delivery.route import Target
from tayori.delivery.securities import HostSecurities
from tayori.delivery.security import Security, SecurityLevel
from tayori.delivery.settings import CertificateCheck, DeliverySettings
from tayori.delivery.sts import Found
from tayori.delivery.tls import TlsContexts
from tayori.delivery.tls_result import PolicyType, ResultType, TlsResult
from tayori.mail.answer import AnswerStatus
from tayori.mail.mta_sts import MtaStsMode, MtaStsPolicy
from tayori.model.message import FailureScope, Outcome, OutcomeKind, Reason, TlsPolicy
from tayori.model.sts import StsPolicy, StsTrouble

Run = Callable[[Any], Any]

NONE, MAY, ENCRYPT, VERIFIED, DANE = SecurityLevel
OPTIONAL, REQUIRE = TlsPolicy.OPTIONAL, TlsPolicy.REQUIRE
USABLE, UNUSABLE = "3 1 1 " + "ab" * 32, "1 1 1 " + "ab" * 32
LEFT_ALONE = "left alone"


class Seen(list[TlsResult]):
    def saw(self, result: TlsResult) -> None:
        self.append(result)


class Policies:
    """One policy for everybody."""

    def __init__(self, found: Found) -> None:
        self._found = found
        self.doubted = False

    async def of(self, domain: str) -> Found:
        return self._found

    def doubt(self, policy: StsPolicy) -> None:
        self.doubted = True


def policy(clock: Clock, mode: str, *mx: str) -> StsPolicy:
    rules = MtaStsPolicy(mode=MtaStsMode(mode), max_age=86_400, mx=mx or ("mx.dest.test",))
    return StsPolicy(domain="dest.test", policy_id="1", policy=rules, fetched_at=clock.now())


def securities(clock: Clock, tlsa: str, sts: Found, **more: Any) -> tuple[HostSecurities, Seen]:
    zone = Zone()
    zone.is_signed = True
    if tlsa == "fails":
        zone.fail("_25._tcp.mx.dest.test", "TLSA", AnswerStatus.SERVER_FAILURE)
    elif tlsa:
        zone.put("_25._tcp.mx.dest.test", "TLSA", tlsa)
    settings: dict[str, Any] = {"ehlo_name": "a.test", "outgoing_address": "192.0.2.25", "validates_dnssec": True}
    told = DeliverySettings(**(settings | more))
    seen = Seen()
    found = HostSecurities(
        settings=told, resolver=zone, clock=clock, contexts=TlsContexts(told), sts=Policies(sts), observer=seen
    )
    return found, seen


TARGET = Target(
    "mx.dest.test", "192.0.2.1", is_validated_host=True, is_validated_address=True, canonical="mx.dest.test"
)


def levels(found: Security | Outcome) -> list[SecurityLevel] | str:
    """The levels in the order in which they are tried."""
    if isinstance(found, Outcome):
        assert found.kind is OutcomeKind.DEFERRED
        assert found.scope is FailureScope.HOST
        return LEFT_ALONE
    tried = []
    at: Security | None = found
    while at is not None:
        tried.append(at.level)
        at = at.otherwise
    return tried


# TLSA records, MTA-STS, then what is tried for OPTIONAL and for REQUIRE.
TABLE: list[tuple[str, str, Any, Any]] = [
    (USABLE, "", [DANE], [DANE]),
    (USABLE, "enforce", [DANE], [DANE]),
    (USABLE, "enforce elsewhere", [DANE], [DANE]),
    (USABLE, "testing", [DANE], [DANE]),
    (USABLE, "trouble", [DANE], [DANE]),
    (UNUSABLE, "", [ENCRYPT], [ENCRYPT]),
    (UNUSABLE, "enforce", [VERIFIED], [VERIFIED]),
    (UNUSABLE, "enforce elsewhere", LEFT_ALONE, LEFT_ALONE),
    (UNUSABLE, "testing", [VERIFIED, ENCRYPT], [VERIFIED, ENCRYPT]),
    (UNUSABLE, "none", [ENCRYPT], [ENCRYPT]),
    ("fails", "", LEFT_ALONE, LEFT_ALONE),
    ("fails", "enforce", LEFT_ALONE, LEFT_ALONE),
    ("fails", "testing", LEFT_ALONE, LEFT_ALONE),
    ("", "", [MAY, NONE], [ENCRYPT]),
    ("", "enforce", [VERIFIED], [VERIFIED]),
    ("", "enforce elsewhere", LEFT_ALONE, LEFT_ALONE),
    ("", "testing", [VERIFIED, MAY, NONE], [VERIFIED, ENCRYPT]),
    ("", "testing elsewhere", [MAY, NONE], [ENCRYPT]),
    ("", "none", [MAY, NONE], [ENCRYPT]),
    ("", "trouble", [MAY, NONE], [ENCRYPT]),
]


@pytest.mark.parametrize(("tlsa", "sts", "optional", "require"), TABLE, ids=lambda value: str(value)[:20])
def test_what_is_tried(run: Run, clock: Clock, tlsa: str, sts: str, optional: Any, require: Any) -> None:
    found: Found = None
    if sts == "trouble":
        found = StsTrouble(result=ResultType.STS_POLICY_FETCH_ERROR, words="no")
    elif sts:
        mode, _, elsewhere = sts.partition(" ")
        found = policy(clock, mode, *(["mx.other.test"] if elsewhere else []))
    decides, _ = securities(clock, tlsa, found)
    assert levels(run(decides.of("dest.test", TARGET, OPTIONAL))) == optional
    assert levels(run(decides.of("dest.test", TARGET, REQUIRE))) == require


def test_every_combination_is_in_the_table() -> None:
    assert len({(tlsa, sts) for tlsa, sts, _, _ in TABLE}) == len(TABLE) == 20


def test_without_a_validating_resolver_there_is_no_dane(run: Run, clock: Clock) -> None:
    decides, _ = securities(clock, USABLE, None, validates_dnssec=False)
    assert levels(run(decides.of("dest.test", TARGET, OPTIONAL))) == [MAY, NONE]


def test_required_may_also_mean_verified(run: Run, clock: Clock) -> None:
    decides, _ = securities(clock, "", None, certificate_check=CertificateCheck.WHEN_REQUIRED)
    assert levels(run(decides.of("dest.test", TARGET, REQUIRE))) == [VERIFIED]
    assert levels(run(decides.of("dest.test", TARGET, OPTIONAL))) == [MAY, NONE]


def test_dane_checks_by_itself_and_names_the_host_of_its_records(run: Run, clock: Clock) -> None:
    decides, _ = securities(clock, USABLE, policy(clock, "enforce"))
    found = run(decides.of("dest.test", TARGET, OPTIONAL))
    assert (found.source, found.server_name, found.policy.type) == ("dane", "mx.dest.test", PolicyType.TLSA)
    assert found.policy.strings == (USABLE,)
    assert found.check is not None


def test_mta_sts_is_reported_with_the_policy_that_it_went_by(run: Run, clock: Clock) -> None:
    decides, _ = securities(clock, "", policy(clock, "enforce", "*.dest.test"))
    found = run(decides.of("dest.test", TARGET, OPTIONAL))
    assert (found.source, found.policy.type, found.policy.domain) == ("mta-sts", PolicyType.STS, "dest.test")
    assert found.policy.strings == ("version: STSv1", "mode: enforce", "mx: *.dest.test", "max_age: 86400")
    assert found.policy.mx_patterns == ("*.dest.test",)


def test_a_host_that_an_enforced_policy_does_not_name_is_told_of(run: Run, clock: Clock) -> None:
    decides, seen = securities(clock, "", policy(clock, "enforce", "mx.other.test"))
    found = run(decides.of("dest.test", TARGET, OPTIONAL))
    assert found.reason is Reason.TLS_POLICY
    assert isinstance(decides.sts, Policies)
    assert decides.sts.doubted
    assert [(r.result, r.policy.type, r.mx_host) for r in seen] == [
        (ResultType.VALIDATION_FAILURE, PolicyType.STS, "mx.dest.test")
    ]


@pytest.mark.parametrize(
    ("sts", "result"),
    [
        ("testing", ResultType.VALIDATION_FAILURE),
        ("trouble", ResultType.STS_WEBPKI_INVALID),
    ],
)
def test_what_does_not_block_is_told_with_the_connection(run: Run, clock: Clock, sts: str, result: ResultType) -> None:
    trouble = StsTrouble(result=ResultType.STS_WEBPKI_INVALID, words="no")
    decides, seen = securities(clock, "", trouble if sts == "trouble" else policy(clock, "testing", "mx.other.test"))
    found = run(decides.of("dest.test", TARGET, OPTIONAL))
    assert found.trouble.result is result
    assert found.policy.type is PolicyType.STS
    assert seen == []


def test_tlsa_records_that_cannot_be_had_are_told_of(run: Run, clock: Clock) -> None:
    decides, seen = securities(clock, "fails", None)
    found = run(decides.of("dest.test", TARGET, OPTIONAL))
    assert (found.reason, found.kind, found.scope) == (Reason.DNS_FAILURE, OutcomeKind.DEFERRED, FailureScope.HOST)
    assert [r.result for r in seen] == [ResultType.DNSSEC_INVALID]


def test_domains_that_want_something_proved_share_connections_with_nobody(run: Run, clock: Clock) -> None:
    insecure = Target("mx.dest.test", "192.0.2.1")
    enforced, _ = securities(clock, "", policy(clock, "enforce"))
    plain, _ = securities(clock, "", None)
    assert run(plain.standing("dest.test", [insecure])) == run(plain.standing("other.test", [insecure]))
    assert run(plain.standing("dest.test", [TARGET])) != run(plain.standing("other.test", [TARGET]))
    assert run(enforced.standing("dest.test", [insecure])) != run(plain.standing("dest.test", [insecure]))
    assert run(enforced.standing("dest.test", [insecure])) != run(enforced.standing("other.test", [insecure]))
    testing, _ = securities(clock, "", policy(clock, "testing"))
    assert run(enforced.standing("dest.test", [insecure])) != run(testing.standing("dest.test", [insecure]))
