"""Fair order, window and pace, without a socket."""

from collections import Counter, defaultdict
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from tayori.delivery.order import TURN, FairOrder
from tayori.delivery.shaping import Pace, Window

# --- order ------------------------------------------------------------------------------------------------------------

STREAMS = st.tuples(st.sampled_from("ABC"), st.sampled_from("xyz"))


@given(st.lists(st.one_of(STREAMS, st.none()), max_size=200))
def test_nothing_is_lost_and_each_stream_keeps_its_order(steps: list[tuple[str, str] | None]) -> None:
    order: FairOrder[tuple[str, str, int]] = FairOrder()
    waiting: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, step in enumerate(steps):
        if step is not None:
            order.push(*step, (*step, number))
            waiting[step].append(number)
        elif len(order):
            account, stream, item = order.pop()
            assert waiting[account, stream].pop(0) == item
        assert len(order) == sum(map(len, waiting.values()))
        assert sorted(item[2] for item in order) == sorted(chain.from_iterable(waiting.values()))
    assert len(order.drain()) == sum(map(len, waiting.values()))


@given(st.integers(1, 5000), st.integers(1, 40))
def test_a_single_mail_waits_for_a_few_of_others_however_long_their_bulk_is(bulk: int, others: int) -> None:
    order: FairOrder[str] = FairOrder()
    for account in range(others):
        for _ in range(-(-bulk // others)):
            order.push(f"bulk{account}", "campaign", "bulk")
    for _ in range(min(len(order), 3 * others)):
        order.pop()
    order.push("small", "", "single")
    waited = 0
    while order.pop() != "single":
        waited += 1
    assert waited <= TURN * others  # all those who came as newcomers before it have their first turn


def test_a_single_mail_passes_a_bulk_of_its_own_account() -> None:
    order: FairOrder[str] = FairOrder()
    for _ in range(10_000):
        order.push("A", "newsletter", "bulk")
    for _ in range(100):
        order.pop()
    order.push("A", "password-reset", "single")
    assert "single" in [order.pop() for _ in range(TURN + 1)]


def test_two_bulks_share_evenly_whatever_the_number_of_their_streams() -> None:
    order: FairOrder[str] = FairOrder()
    for number in range(5000):
        order.push("A", f"campaign{number % 50}", "A")
        order.push("B", "", "B")
    served = Counter(order.pop() for _ in range(2000))
    assert abs(served["A"] - served["B"]) <= 2 * TURN


def test_a_weight_is_so_many_turns() -> None:
    order: FairOrder[str] = FairOrder({"A": 3})
    for _ in range(4000):
        order.push("A", "", "A")
        order.push("B", "", "B")
    served = Counter(order.pop() for _ in range(4000))
    assert abs(served["A"] - 3 * served["B"]) <= 8 * TURN


def test_who_comes_back_within_the_round_is_no_newcomer() -> None:
    """Else a stream that sends one mail at a time would always go first."""
    order: FairOrder[str] = FairOrder()
    for _ in range(1000):
        order.push("bulk", "", "bulk")
    served = Counter[str]()
    for _ in range(400):
        order.push("greedy", "", "greedy")
        served[order.pop()] += 1
    assert served["bulk"] >= 150


def test_streams_that_are_done_are_forgotten() -> None:
    order: FairOrder[int] = FairOrder()
    for number in range(10_000):
        order.push(str(number), "", number)
        order.pop()
    assert len(order._line.flows) <= 128


def test_what_is_put_back_goes_first() -> None:
    order: FairOrder[int] = FairOrder()
    for number in range(3):
        order.push("A", "", number)
    first = order.pop()
    order.put_back("A", "", first)
    assert order.drain() == [0, 1, 2]


# --- window -----------------------------------------------------------------------------------------------------------


@given(
    st.integers(1, 20),
    st.integers(1, 50),
    st.lists(st.one_of(st.just("ok"), st.just("slow"), st.integers(0, 60)), max_size=300),
)
def test_the_window_keeps_its_bounds(first: int, most: int, events: list[str | int]) -> None:
    window = Window(first, most)
    now = 0.0
    for event in events:
        before = window.size
        if event == "ok":
            assert window.succeeded() == (window.size > before)
            assert window.size - before in (0, 1)
        elif event == "slow":
            can = window.slowed(now)
            assert window.size <= before
            if not can:
                assert window.size == 1
        else:
            now += float(event)
        assert 1 <= window.size <= most


def test_the_window_is_halved_once_for_a_round_and_grows_slowly_after() -> None:
    window = Window(5, 40)
    while window.succeeded():
        pass
    assert window.size == 40
    assert all(window.slowed(100.0) for _ in range(10))
    assert window.size == 20
    grown = sum(window.succeeded() for _ in range(20))
    assert grown == 1
    assert window.slowed(200.0)
    assert window.size == 10


def test_a_window_that_cannot_shrink_says_so() -> None:
    window = Window(1, 10)
    assert not window.slowed(0.0)
    assert window.slowed(1.0)  # the same trouble still
    assert not window.slowed(10.0)


# --- pace -------------------------------------------------------------------------------------------------------------


@given(st.floats(0.1, 200.0), st.lists(st.floats(0.0, 3.0), min_size=1, max_size=200))
def test_the_pace_is_never_passed(rate: float, gaps: list[float]) -> None:
    now, taken = 0.0, 0
    pace = Pace(rate, now)
    for gap in gaps:
        now += gap
        wait = pace.take(now)
        assert 0.0 <= wait <= 1.0 / rate + 1e-6
        taken += wait == 0.0
        assert taken <= max(1.0, rate) + rate * now + 1e-6
