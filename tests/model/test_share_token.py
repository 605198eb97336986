"""Tokens of shared links: nobody else can make one, and each has its time."""

from datetime import UTC, datetime, timedelta

import pytest

from tayori.model import share_token

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
SECRET, SHARE = b"s" * 32, "0123456789abcdef"
TOKEN = share_token.issue(SECRET, SHARE, NOW + timedelta(days=1))


def test_a_token_opens_what_it_was_made_for_until_its_time_is_over() -> None:
    assert share_token.read(SECRET, TOKEN, NOW) == SHARE
    assert share_token.read(SECRET, TOKEN, NOW + timedelta(days=1)) is None


def test_another_installation_does_not_take_it() -> None:
    assert share_token.read(b"t" * 32, TOKEN, NOW) is None


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "..",
        TOKEN[:-1],
        TOKEN + "A",
        TOKEN.replace(SHARE, "1" * 16),
        TOKEN.replace(f".{int((NOW + timedelta(days=1)).timestamp())}.", ".99999999999."),
        "0" * 10_000,
        TOKEN + "\n",
    ],
)
def test_what_was_tampered_with_opens_nothing(forged: str) -> None:
    assert share_token.read(SECRET, forged, NOW) is None
