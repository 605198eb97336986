"""How many links without a signature one network may follow."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest

from tayori.api.unsigned import Visitors
from tayori.aws.errors import ApiError

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def follow(visitors: Visitors, *addresses: str, now: datetime = NOW) -> int:
    """How many of them are let in."""
    let_in = 0
    for address in addresses:
        with contextlib.suppress(ApiError):
            visitors.admit(address, now)
            let_in += 1
    return let_in


@pytest.mark.parametrize(
    ("first", "second", "is_same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("", "", True),
    ],
)
def test_what_counts_as_one_network(first: str, second: str, is_same: bool) -> None:
    visitors = Visitors()
    assert follow(visitors, *[first] * 25) == 20
    assert follow(visitors, second) == (0 if is_same else 1)


def test_one_a_second_comes_back() -> None:
    visitors = Visitors()
    follow(visitors, *["192.0.2.1"] * 20)
    assert follow(visitors, *["192.0.2.1"] * 5, now=NOW + timedelta(seconds=3)) == 3
    assert follow(visitors, *["192.0.2.1"] * 50, now=NOW + timedelta(days=1)) == 20
    assert follow(visitors, "192.0.2.1", now=NOW) == 0


def test_memory_stays_bounded() -> None:
    visitors = Visitors()
    assert follow(visitors, *(f"10.0.{number >> 8}.{number & 255}" for number in range(12_000))) == 12_000
    assert len(visitors._left) <= 10_000
