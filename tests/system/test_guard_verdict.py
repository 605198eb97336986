"""The benchmarks' regression guard: when it speaks."""

import pytest
from bench.guard import _count, verdict


@pytest.mark.parametrize(
    ("found", "recorded", "is_worse"),
    [
        ({"cpu": 2.0}, {"cpu": 2.0}, False),
        ({"cpu": 2.2}, {"cpu": 2.0}, False),  # within what CPU time varies by
        ({"cpu": 2.4}, {"cpu": 2.0}, True),
        ({"cpu": 1.0, "instructions": 2.2}, {"cpu": 2.0, "instructions": 2.0}, True),
        ({"cpu": 9.0}, {}, False),
        ({"cpu": 1.0}, {"instructions": 2.0, "cpu": 1.0}, False),
    ],
)
def test_it_speaks_where_a_multiple_has_grown(found, recorded, is_worse):
    assert bool(verdict(found, recorded)) == is_worse


def test_a_count_of_perf_is_read_and_none_is_made_up():
    assert _count("# started on\n\n123456,,instructions:u,5000,100.00,,\n") == 123456
    assert _count("<not supported>,,instructions:u,0,100.00,,\n") is None
