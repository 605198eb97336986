"""Looks in a minute, for each account and for all."""

import pytest

from tayori.app.look_limits import LookLimits, TooManyLooks


def enter(limits: LookLimits, account_id: str, now: float) -> int:
    """Seconds to wait; 0 where the look may begin."""
    try:
        limits.enter(account_id, now)
    except TooManyLooks as error:
        return error.seconds
    return 0


def test_an_account_uses_up_its_own_and_nobody_elses() -> None:
    limits = LookLimits(each=3, in_all=10)
    assert [enter(limits, "a", now) for now in (0.0, 1.0, 2.0, 3.0)] == [0, 0, 0, 57]
    assert enter(limits, "b", 3.0) == 0
    assert enter(limits, "a", 59.0) == 1
    assert [enter(limits, "a", now) for now in (60.0, 60.5)] == [0, 1]  # its first look is a minute ago


def test_all_together_are_bounded() -> None:
    limits = LookLimits(each=3, in_all=4)
    assert [enter(limits, account_id, 10.0) for account_id in "abcd"] == [0] * 4
    assert enter(limits, "e", 15.0) == 55
    assert enter(limits, "e", 70.0) == 0


def test_what_is_past_is_forgotten() -> None:
    limits = LookLimits()
    for number in range(1000):
        enter(limits, f"account-{number}", float(number * 2))
    assert len(limits._looks) == len(limits._counts) <= 31


@pytest.mark.parametrize("at", [0.0, 12345.678])
def test_the_wait_is_what_it_says(at: float) -> None:
    limits = LookLimits(each=1, in_all=1)
    limits.enter("a", at)
    with pytest.raises(TooManyLooks) as refused:
        limits.enter("a", at + 10)
    limits.enter("a", at + 10 + refused.value.seconds)
