"""MTA-STS policies outlive the process that fetched them, for as long as they hold, and no longer."""

from datetime import timedelta

from tayori.mail.mta_sts import MtaStsMode, MtaStsPolicy
from tayori.model.sts import StsPolicy
from tayori.resources import sts_policies


def policy(domain: str, fetched_at, *, policy_id: str = "1", max_age: int = 86_400) -> StsPolicy:
    mx = ("mx1.dest.test", "*.dest.test")
    found = MtaStsPolicy(mode=MtaStsMode.ENFORCE, max_age=max_age, mx=mx)
    return StsPolicy(domain=domain, policy_id=policy_id, policy=found, fetched_at=fetched_at)


def test_what_was_kept_is_read_again_whole(clock, transact) -> None:
    one = policy("dest.test", clock.now())
    transact(sts_policies.keep, one)
    assert transact(sts_policies.since, None, 10) == [one]


def test_the_latest_of_a_domain_is_the_one(clock, transact) -> None:
    transact(sts_policies.keep, policy("dest.test", clock.now()))
    later = policy("dest.test", clock.now() + timedelta(hours=1), policy_id="2", max_age=172_800)
    transact(sts_policies.keep, later)
    assert transact(sts_policies.since, None, 10) == [later]


def test_only_what_was_fetched_since_is_asked_for_the_newest_first(clock, transact) -> None:
    now = clock.now()
    for hours in range(4):
        transact(sts_policies.keep, policy(f"d{hours}.test", now + timedelta(hours=hours)))
    found = transact(sts_policies.since, now + timedelta(hours=2), 10)
    assert [one.domain for one in found] == ["d3.test", "d2.test"]
    assert len(transact(sts_policies.since, None, 3)) == 3


def test_what_has_run_out_holds_for_nobody_and_is_forgotten(clock, transact) -> None:
    transact(sts_policies.keep, policy("short.test", clock.now(), max_age=600))
    transact(sts_policies.keep, policy("long.test", clock.now(), max_age=86_400))
    clock.advance(601)
    assert [one.domain for one in transact(sts_policies.since, None, 10)] == ["long.test"]
    assert transact(sts_policies.forget) == 1


def test_more_than_the_bound_is_forgotten_the_oldest_first(clock, transact) -> None:
    now = clock.now()
    for minutes in range(4):
        transact(sts_policies.keep, policy(f"d{minutes}.test", now + timedelta(minutes=minutes)))
    assert transact(sts_policies.forget, 2) == 2
    assert [one.domain for one in transact(sts_policies.since, None, 10)] == ["d3.test", "d2.test"]
