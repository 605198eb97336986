"""The walk through lists of numbers: what is in all of them, in order, without reading what is leapt over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.model.postings import AnyOf, Budget, Posting, Spent, in_all

ENDLESS = 10**9
numbers = st.sets(st.integers(0, 400), max_size=300)


def budget(rows=ENDLESS):
    return Budget(rows, lambda: False)


def posting(members, spent, reads=None):
    ordered = sorted(members, reverse=True)

    def fetch(at_most, limit):
        found = [number for number in ordered if number <= at_most]
        if reads is not None:
            reads.append(len(found[:limit]))
        return found[:limit], len(found) <= limit

    return Posting(fetch, spent)


@given(st.lists(numbers, min_size=1, max_size=4), st.integers(0, 420))
def test_what_is_in_all_lists_comes_highest_first(lists, start):
    spent = budget()
    found = list(in_all([posting(one, spent) for one in lists], start, spent))
    assert found == sorted((n for n in set.intersection(*lists) if n <= start), reverse=True)


@given(numbers, numbers, numbers)
def test_one_of_several_is_enough(first, second, third):
    spent = budget()
    lists = [AnyOf([posting(first, spent), posting(second, spent)]), posting(third, spent)]
    assert list(in_all(lists, 500, spent)) == sorted((first | second) & third, reverse=True)


def test_a_rare_list_makes_a_common_one_cheap():
    spent = budget()
    reads: list[int] = []
    rare, common = {10_000, 500_000, 900_000}, range(1_000_000)

    def fetch(at_most, limit):
        reads.append(limit)
        return range(at_most, max(-1, at_most - limit), -1), at_most < limit

    assert list(in_all([posting(rare, spent), Posting(fetch, spent)], 999_999, spent)) == sorted(rare, reverse=True)
    assert sum(reads) < 100 and len(common) == 1_000_000


def test_the_walk_is_cut_at_its_bound_and_goes_on_from_there():
    even, odd = set(range(0, 10_000, 2)), set(range(1, 10_000, 2)) | {40}
    found, starts = [], [9_999]
    while starts[-1] is not None:
        spent = budget(100)
        starts.append(_on(in_all([posting(even, spent), posting(odd, spent)], starts[-1], spent), found))
        assert spent.looked_at < 100 + 2 * 64
    assert found == [40] and len(starts) > 10
    assert starts[:-1] == sorted(set(starts[:-1]), reverse=True)


def _on(walk, found):
    """Where to go on; None at the end."""
    try:
        for number in walk:
            found.append(number)
    except Spent as cut:
        return cut.at
    return None


def test_time_is_a_bound_too():
    late = Budget(ENDLESS, lambda: True)
    with pytest.raises(Spent) as cut:
        list(in_all([posting({1, 2}, late)], 7, late))
    assert cut.value.at == 7


def test_reading_on_end_takes_bigger_pieces():
    spent, reads = budget(), []
    assert len(list(in_all([posting(range(5000), spent, reads)], 9999, spent))) == 5000
    assert len(reads) < 100
