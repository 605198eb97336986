"""What is remembered of the ways to a domain, and what counts as a downgrade."""

from datetime import UTC, datetime, timedelta

import pytest

from tayori.model.security_memory import Level, Memory, Recollection, Sighting, level_of, recall
from tayori.model.tls_result import PolicyType, ReportedPolicy, TlsResult

START = datetime(2026, 1, 1, tzinfo=UTC)


def sighting(level: Level, hours: float = 0) -> Sighting:
    return Sighting(level=level, at=START + timedelta(hours=hours), host="mx.test", tls="TLSv1.3")


def after(*seen: Sighting) -> Recollection:
    found: Recollection | None = None
    memory: Memory | None = None
    for one in seen:
        found = recall(memory, one, one)
        memory = found.memory
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("level", "policy", "wanted"),
    [
        ("", PolicyType.NONE, None),
        ("none", PolicyType.NONE, Level.NONE),
        ("may", PolicyType.NONE, Level.ENCRYPT),
        ("encrypt", PolicyType.STS, Level.ENCRYPT),
        ("verified", PolicyType.STS, Level.VERIFIED),
        ("verified", PolicyType.NONE, Level.ENCRYPT),  # a configuration set asked for it, not the domain
        ("dane", PolicyType.TLSA, Level.DANE),
    ],
)
def test_a_level_is_what_the_domain_offers(level: str, policy: PolicyType, wanted: Level | None) -> None:
    result = TlsResult(recipient_domain="b.test", policy=ReportedPolicy(type=policy, domain="b.test"), level=level)
    assert level_of(result) is wanted


def test_the_first_sight_is_no_downgrade() -> None:
    found = after(sighting(Level.NONE))
    assert not found.warns and found.memory.downgraded_since is None


def test_less_than_the_best_is_a_downgrade_until_it_is_as_good_again() -> None:
    found = after(sighting(Level.VERIFIED), sighting(Level.NONE, 1))
    assert found.warns and found.memory.downgraded_since == START + timedelta(hours=1)
    assert found.memory.best.level is Level.VERIFIED and found.memory.last.level is Level.NONE
    later = after(sighting(Level.VERIFIED), sighting(Level.NONE, 1), sighting(Level.ENCRYPT, 2))
    assert not later.warns and later.memory.downgraded_since == START + timedelta(hours=1)
    cured = after(sighting(Level.VERIFIED), sighting(Level.NONE, 1), sighting(Level.VERIFIED, 2))
    assert not cured.warns and cured.memory.downgraded_since is None
    assert cured.memory.best.at == START + timedelta(hours=2)


def test_one_bad_connection_among_good_ones_is_one_too_many() -> None:
    memory = after(sighting(Level.ENCRYPT)).memory
    found = recall(memory, sighting(Level.ENCRYPT, 1), sighting(Level.NONE, 1))
    assert found.warns and found.memory.last.level is Level.NONE


def test_better_than_ever_is_the_new_best() -> None:
    assert after(sighting(Level.NONE), sighting(Level.DANE, 1)).memory.best.level is Level.DANE


def test_nobody_is_warned_twice_a_day_of_the_same_domain() -> None:
    flapping = [sighting(Level.ENCRYPT if hour % 2 == 0 else Level.NONE, hour) for hour in range(24)]
    assert not after(*flapping).warns
    assert after(*flapping, sighting(Level.NONE, 25)).warns


def test_what_was_good_long_ago_is_forgotten() -> None:
    found = after(sighting(Level.DANE), sighting(Level.ENCRYPT, 24), sighting(Level.ENCRYPT, 24 * 91))
    assert found.memory.best.level is Level.ENCRYPT and found.memory.downgraded_since is None
