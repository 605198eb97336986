"""Page tokens come back as they were given out, and nothing else is taken for one."""

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.aws import spec
from tayori.aws.paging import BadPageToken, PageTokens

TOKENS = PageTokens(b"secret")


@given(kind=st.text(max_size=40), position=st.lists(st.one_of(st.text(max_size=40), st.integers(), st.none())))
def test_round_trip(kind: str, position: list[str | int | float | None]) -> None:
    assert TOKENS.decode(kind, TOKENS.encode(kind, position)) == position


def test_bound_to_the_kind_and_the_installation() -> None:
    token = TOKENS.encode("identity@us-east-1", ["a@b.example"])
    for tokens, kind in ((TOKENS, "identity@eu-west-1"), (TOKENS, ""), (PageTokens(b"other"), "identity@us-east-1")):
        with pytest.raises(BadPageToken):
            tokens.decode(kind, token)
    assert PageTokens(b"secret").decode("identity@us-east-1", token) == ["a@b.example"]


@given(token=st.one_of(st.text(), st.binary().map(lambda raw: base64.b64encode(raw).decode())))
def test_whatever_else_is_given(token: str) -> None:
    with pytest.raises(BadPageToken) as caught:
        TOKENS.decode("kind", token)
    assert caught.value.token == token


def test_a_kind_and_a_position_cannot_trade_letters() -> None:
    token = TOKENS.encode("ab", ["c"])
    with pytest.raises(BadPageToken):
        TOKENS.decode("a", token)


def test_the_form_that_the_newer_lists_demand() -> None:
    inputs = [operation.input for operation in spec.load("sesv2").operations.values() if operation.input]
    tokens = [shape.contents["NextToken"] for shape in inputs if "NextToken" in shape.contents]
    patterns = {token.trait("pattern") for token in tokens} - {None}
    assert patterns
    for length in range(1, 8):
        token = TOKENS.encode("kind", ["x" * length])
        assert all(re.fullmatch(pattern, token) for pattern in patterns)
