"""Return paths: what they tell, and that only their own secret makes them."""

import string
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori import ids
from tayori.mail.address import AddrSpec
from tayori.model.return_path import ReturnPath, ReturnPaths, looks_like_one

NOW = datetime(2026, 11, 24, 10, 0, 0, 123000, UTC)
MESSAGE_ID = f"0102{int(NOW.timestamp() * 1000):012x}-4c0b1a2e-7a54-4a5c-9a53-7b6a1f0c2d3e-000000"
DOMAIN = "eu-west-1.mail.tayori.test"
OURS = ReturnPaths(b"k" * 32)


def issued(ordinal: int = 0, *, is_shared: bool = False, message_id: str = MESSAGE_ID) -> AddrSpec:
    return AddrSpec.parse(OURS.issue(f"{message_id}@{DOMAIN}", ordinal, is_shared=is_shared))


@given(ordinal=st.integers(0, 127), is_shared=st.booleans(), moment=st.datetimes(datetime(2020, 1, 1)))
def test_what_was_issued_is_read(ordinal: int, is_shared: bool, moment: datetime) -> None:
    message_id = ids.message_id("us-east-1", moment.replace(tzinfo=UTC))
    path = issued(ordinal, is_shared=is_shared, message_id=message_id)
    assert OURS.read(path.local) == ReturnPath(message_id, ordinal, is_shared)


def test_its_form_is_that_of_ses_as_far_as_room_allows() -> None:
    path = issued()
    assert (len(path.local), path.domain) == (64, DOMAIN)
    assert path.local.startswith(MESSAGE_ID.removesuffix("000000"))
    assert set(path.local) <= set(string.ascii_lowercase + string.digits + "-")


def test_it_tells_when_the_message_was_accepted() -> None:
    found = OURS.read(issued().local)
    assert found is not None and abs(found.issued_at - NOW) < timedelta(milliseconds=1)


def test_a_host_may_change_the_case() -> None:
    assert OURS.read(issued(3).local.upper()) == ReturnPath(MESSAGE_ID, 3, False)


def test_each_recipient_and_each_kind_has_another() -> None:
    paths = {issued(ordinal, is_shared=is_shared).local for ordinal in range(50) for is_shared in (False, True)}
    assert len(paths) == 100


@given(position=st.integers(0, 63), letter=st.sampled_from("0123456789abcdefghijklmnopqrstuvwxyz-"))
def test_none_with_another_character_is_ours(position: int, letter: str) -> None:
    local = issued(1).local
    changed = local[:position] + letter + local[position + 1 :]
    assert changed == local or OURS.read(changed) is None


@pytest.mark.parametrize(
    "cut", [MESSAGE_ID, MESSAGE_ID[:-6], MESSAGE_ID[:-4], issued().local[:-1], issued().local + "a"]
)
def test_what_is_not_signed_is_not_ours_but_looks_like_one(cut: str) -> None:
    assert OURS.read(cut) is None
    assert looks_like_one(cut)


@pytest.mark.parametrize("local", ["", "postmaster", "complaints", "prvs=1234abcdef=user", "0100019ab1c2d3e4-000000"])
def test_other_addresses_do_not_look_like_one(local: str) -> None:
    assert OURS.read(local) is None
    assert not looks_like_one(local)


def test_another_installation_signs_otherwise() -> None:
    assert ReturnPaths(b"j" * 32).read(issued().local) is None


@given(local=st.text(max_size=80))
def test_no_text_breaks_the_reader(local: str) -> None:
    assert OURS.read(local) is None
