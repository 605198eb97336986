"""What an outcome leads to: the table of states, the schedule, and a machine that runs both against a fake clock."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from tayori.model import retry
from tayori.model.delivery import TRANSITIONS, Trigger, decide
from tayori.model.failure import at_scope, classify_trouble
from tayori.model.message import Decision, DeliveryState, FailureScope, Outcome, OutcomeKind, Reason

NOW = datetime(2026, 11, 24, tzinfo=UTC)
DELIVERED = Outcome(kind=OutcomeKind.DELIVERED)
FAILED = Outcome(kind=OutcomeKind.FAILED)
DEFERRED = Outcome(kind=OutcomeKind.DEFERRED)
LOCAL = classify_trouble(Reason.LOCAL_TROUBLE)

fractions = st.floats(min_value=0, max_value=1, exclude_max=True)
lifetimes = st.floats(min_value=1, max_value=1_000_000).map(lambda s: timedelta(seconds=s))
outcomes = st.sampled_from([DELIVERED, FAILED, DEFERRED, LOCAL, *(at_scope(DEFERRED, scope) for scope in FailureScope)])


def decision(outcome: Outcome, *, attempts: int = 0, left: float = 1000, jitter: float = 0.0) -> Decision:
    return decide(outcome, attempts=attempts, expires_at=NOW + timedelta(seconds=left), now=NOW, jitter=jitter)


def test_no_final_state_is_left() -> None:
    assert not [key for key in TRANSITIONS if key[0].is_final]


def test_every_state_leads_to_a_final_one() -> None:
    reaches = {state for state in DeliveryState if state.is_final}
    for _ in DeliveryState:
        reaches |= {state for (state, _), following in TRANSITIONS.items() if following in reaches}
    assert reaches == set(DeliveryState)


def test_every_state_is_reached_from_where_mail_begins() -> None:
    reached = {DeliveryState.QUEUED, DeliveryState.REJECTED}  # what is rejected never waits
    for _ in DeliveryState:
        reached |= {following for (state, _), following in TRANSITIONS.items() if state in reached}
    assert reached == set(DeliveryState)


@pytest.mark.parametrize(
    ("outcome", "left", "state", "counts"),
    [
        (DELIVERED, 1000, DeliveryState.DELIVERED, True),
        (DELIVERED, -1000, DeliveryState.DELIVERED, True),
        (FAILED, 1000, DeliveryState.BOUNCED, True),
        (FAILED, -1000, DeliveryState.BOUNCED, True),
        (DEFERRED, 1000, DeliveryState.DEFERRED, True),
        (DEFERRED, 0, DeliveryState.EXPIRED, True),
        (DEFERRED, -1000, DeliveryState.EXPIRED, True),
        (LOCAL, 1000, DeliveryState.DEFERRED, False),
        (LOCAL, -1, DeliveryState.EXPIRED, False),
    ],
)
def test_what_an_outcome_leads_to(outcome: Outcome, left: float, state: DeliveryState, counts: bool) -> None:
    made = decision(outcome, left=left)
    assert (made.state, made.counts) == (state, counts)
    assert (made.due_at is not None) is (state is DeliveryState.DEFERRED)


@given(outcomes, st.integers(0, 100), lifetimes, fractions)
def test_nothing_is_scheduled_past_the_deadline_or_into_the_past(
    outcome: Outcome, attempts: int, left: timedelta, jitter: float
) -> None:
    expires_at = NOW + left
    made = decide(outcome, attempts=attempts, expires_at=expires_at, now=NOW, jitter=jitter)
    if made.due_at is not None:
        assert NOW < made.due_at <= expires_at


def _tries(lifetime: float, jitter: float = 0.0) -> list[float]:
    """Seconds after acceptance at which a message that is always deferred is tried."""
    expires_at = NOW + timedelta(seconds=lifetime)
    now, tries = NOW, [0.0]
    while True:
        made = decide(DEFERRED, attempts=len(tries) - 1, expires_at=expires_at, now=now, jitter=jitter)
        if made.due_at is None:
            return tries
        now = made.due_at
        tries.append((now - NOW).total_seconds())


def test_the_default_schedule() -> None:
    tries = _tries(retry.DEFAULT_LIFETIME.total_seconds())
    assert tries[:7] == [0, 60, 360, 1260, 3060, 5760, 9360]
    assert tries[-1] == 50_400
    assert len(tries) == 19


def test_a_five_minute_schedule() -> None:
    assert _tries(300) == [0, 60, 150, 210, 300]


@given(st.floats(min_value=120, max_value=100_000), fractions)
def test_the_last_try_falls_on_the_deadline_and_none_comes_right_before_it(lifetime: float, jitter: float) -> None:
    tries = _tries(lifetime, jitter)
    assert tries[-1] == pytest.approx(lifetime, abs=1e-3)
    gaps = [later - earlier for earlier, later in pairwise(tries)]
    assert min(gaps) >= 29.9
    assert max(gaps) <= 3600 * 1.2 + 31


@given(st.floats(min_value=300, max_value=50_400), fractions)
def test_any_lifetime_that_ses_allows_has_four_tries_or_more(lifetime: float, jitter: float) -> None:
    assert len(_tries(lifetime, jitter)) >= 4


def test_trouble_of_our_own_is_looked_at_again_every_minute() -> None:
    for attempts in (0, 5, 50):
        made = decision(LOCAL, attempts=attempts, left=50_000)
        assert made.due_at == NOW + retry.LOCAL_INTERVAL


class _Recipient:
    def __init__(self, number: int, expires_at: datetime) -> None:
        self.number = number
        self.state = DeliveryState.QUEUED
        self.expires_at = expires_at
        self.due_at = NOW
        self.attempts = 0
        self.dispositions: list[DeliveryState] = []

    def change(self, trigger: Trigger) -> None:
        self.state = TRANSITIONS[self.state, trigger]
        if self.state.is_final:
            self.dispositions.append(self.state)


_TRIGGERS = {
    DeliveryState.DELIVERED: Trigger.DELIVER,
    DeliveryState.BOUNCED: Trigger.FAIL,
    DeliveryState.EXPIRED: Trigger.EXPIRE,
    DeliveryState.DEFERRED: Trigger.DEFER,
}


class Life(RuleBasedStateMachine):
    """Recipients, a worker that claims, crashes and reports, an operator who pauses, and time that passes."""

    waiting = Bundle("waiting")  # queued or deferred
    sending = Bundle("sending")
    held = Bundle("held")

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.all: list[_Recipient] = []

    @initialize(target=waiting, lifetime=lifetimes)
    def first(self, lifetime: timedelta) -> object:
        return self._accept(lifetime)

    @rule(target=waiting, lifetime=lifetimes)
    def accept(self, lifetime: timedelta) -> object:
        return self._accept(lifetime)

    def _accept(self, lifetime: timedelta) -> _Recipient:
        recipient = _Recipient(len(self.all), self.now + lifetime)
        recipient.due_at = self.now
        self.all.append(recipient)
        return recipient

    @rule(target=sending, recipient=consumes(waiting))
    def claim(self, recipient: _Recipient) -> object:
        self.now = max(self.now, recipient.due_at)
        recipient.change(Trigger.CLAIM)
        return recipient

    @rule(target=waiting, recipient=consumes(sending))
    def crash(self, recipient: _Recipient) -> object:
        recipient.change(Trigger.RELEASE)
        recipient.due_at = self.now
        return recipient

    @rule(target=waiting, recipient=consumes(sending), outcome=outcomes, jitter=fractions)
    def report(self, recipient: _Recipient, outcome: Outcome, jitter: float) -> object:
        before = recipient.attempts
        made = decide(outcome, attempts=before, expires_at=recipient.expires_at, now=self.now, jitter=jitter)
        recipient.change(_TRIGGERS[made.state])
        recipient.attempts += made.counts
        assert made.counts is (outcome.scope is not FailureScope.LOCAL) or made.state.is_final
        if outcome.scope is FailureScope.LOCAL:
            assert made.state is not DeliveryState.BOUNCED
        if made.due_at is None:
            assert recipient.state.is_final
            return multiple()
        assert self.now < made.due_at <= recipient.expires_at
        recipient.due_at = made.due_at
        return recipient

    @rule(target=held, recipient=consumes(waiting))
    def pause(self, recipient: _Recipient) -> object:
        recipient.change(Trigger.PAUSE)
        return recipient

    @rule(target=waiting, recipient=consumes(held))
    def resume(self, recipient: _Recipient) -> object:
        recipient.change(Trigger.RESUME)
        recipient.due_at = self.now
        return recipient

    @rule(recipient=consumes(waiting), trigger=st.sampled_from([Trigger.SUPPRESS, Trigger.CANCEL]))
    def end(self, recipient: _Recipient, trigger: Trigger) -> None:
        recipient.change(trigger)

    @rule(seconds=st.floats(0, 100_000))
    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @invariant()
    def one_disposition_at_most_and_only_with_a_final_state(self) -> None:
        for recipient in self.all:
            assert recipient.dispositions == ([recipient.state] if recipient.state.is_final else [])

    def teardown(self) -> None:
        """Left alone with hosts that always defer, every recipient still comes to its one disposition."""
        for recipient in self.all:
            if recipient.state is DeliveryState.HELD:
                recipient.change(Trigger.RESUME)
            for _ in range(2_000):
                if recipient.state.is_final:
                    break
                if recipient.state is not DeliveryState.SENDING:
                    recipient.change(Trigger.CLAIM)
                now = max(self.now, recipient.due_at)
                made = decide(
                    DEFERRED, attempts=recipient.attempts, expires_at=recipient.expires_at, now=now, jitter=0.5
                )
                recipient.change(_TRIGGERS[made.state])
                recipient.attempts += made.counts
                recipient.due_at = made.due_at or now
            assert len(recipient.dispositions) == 1


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
