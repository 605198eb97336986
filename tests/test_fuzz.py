"""A short run of each fuzzer: by Hypothesis, which shrinks what it finds, and by the mutations of `make fuzz`."""

import pytest
from fuzz.__main__ import run_for
from fuzz.mutation import inputs
from fuzz.targets import TARGETS, Target
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SECONDS = 1.5

_EACH = pytest.mark.parametrize("target", TARGETS.values(), ids=list(TARGETS))


@_EACH
def test_by_mutation(target: Target) -> None:
    """The same inputs each time: what is new is looked for by `make fuzz`, not by whoever changes something else."""
    count, failure = run_for(target, SECONDS, seed=20261)
    assert failure is None, failure
    assert count > len(target.seeds)


@_EACH
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn=st.data())
def test_by_hypothesis(target: Target, drawn: st.DataObject) -> None:
    piece = st.one_of(st.binary(max_size=40), st.sampled_from(target.seeds).flatmap(_cut))
    target.run(b"".join(drawn.draw(st.lists(piece, max_size=6))))


def _cut(seed: bytes) -> st.SearchStrategy[bytes]:
    places = st.integers(0, len(seed))
    return st.tuples(places, places).map(lambda ends: seed[min(ends) : max(ends)])


@_EACH
def test_the_seeds_are_taken(target: Target) -> None:
    for seed in target.seeds:
        target.run(seed)


def test_a_broken_promise_is_found() -> None:
    def no_nul(data: bytes) -> None:
        assert b"\0\r\n" not in data

    _, failure = run_for(Target(run=no_nul, seeds=(b"hello\r\n",)), 20.0, seed=1)
    assert failure is not None and b"\0\r\n" in failure[0]


def test_the_same_seed_makes_the_same_inputs() -> None:
    first, second = inputs((b"abc", b"\r\n"), 7), inputs((b"abc", b"\r\n"), 7)
    assert [next(first) for _ in range(200)] == [next(second) for _ in range(200)]
