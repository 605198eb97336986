"""Rates over a representative volume, thresholds, who is at fault, and what follows."""

from datetime import UTC, datetime, timedelta

import pytest

from tayori.model import reputation
from tayori.model.reputation import (
    ACCOUNT,
    Appraisal,
    Decision,
    Hour,
    Level,
    Limits,
    Measure,
    Notice,
    PauseMode,
    Rate,
    Rules,
    State,
    Status,
    Subject,
    Tally,
    Who,
    appraise,
    by_part,
    counted_for,
    counted_for_account,
    culprit,
    decide,
)

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = reputation.hour_of(NOW)
RULES = Rules()


def hour(ago: int, sends: int = 0, bounces: int = 0, *, of: str = "", by: str = "example.com", **more: int) -> Hour:
    tally = Tally(
        sends=sends, bounces=bounces, reporting=more.get("reporting", 0), complaints=more.get("complaints", 0)
    )
    return Hour(HOUR - ago, of, by, tally)


def days(ago: int) -> int:
    return 24 * ago


# --- the volume that is looked at ---


def test_a_bad_week_with_little_mail_is_seen_beside_the_week_before() -> None:
    """SES's own example: 1,000 mails with 5 bounces, then 5 mails with 1."""
    found = appraise([hour(days(1), 5, 1), hour(days(8), 1000, 5)], RULES, NOW).bounce
    assert (found.bad, found.volume) == (6, 1005)
    assert found.is_judged and found.value < 0.01


def test_a_big_sender_is_judged_by_a_typical_week() -> None:
    steady = [hour(days(day), 10_000, 100) for day in range(60)]
    found = appraise(steady, RULES, NOW).bounce
    assert 60_000 <= found.volume <= 70_000
    assert found.began_at >= NOW - timedelta(days=7)


def test_what_is_newest_counts_even_where_the_past_was_good() -> None:
    good = [hour(days(day), 1000, 0) for day in range(10, 60)]
    bad = [hour(days(day), 1000, 150) for day in range(10)]
    assert appraise([*good, *bad], RULES, NOW).level is Level.PAUSE
    assert appraise(good, RULES, NOW).level is Level.FINE


@pytest.mark.parametrize(("sends", "level"), [(999, Level.FINE), (1000, Level.PAUSE)])
def test_below_the_minimum_nothing_is_judged(sends: int, level: Level) -> None:
    found = appraise([hour(1, sends, sends // 2)], RULES, NOW)
    assert found.level is level
    assert found.bounce.is_judged is (level is not Level.FINE)


def test_no_mail_at_all() -> None:
    found = appraise([], RULES, NOW)
    assert found.level is Level.FINE and found.bounce.value == 0 and found.has_recovered


# --- thresholds ---


@pytest.mark.parametrize(
    ("bounces", "level"), [(499, Level.FINE), (500, Level.REVIEW), (999, Level.REVIEW), (1000, Level.PAUSE)]
)
def test_bounces_at_five_and_ten_percent(bounces: int, level: Level) -> None:
    assert appraise([hour(1, 10_000, bounces)], RULES, NOW).level is level


@pytest.mark.parametrize(
    ("complaints", "level"), [(9, Level.FINE), (10, Level.REVIEW), (49, Level.REVIEW), (50, Level.PAUSE)]
)
def test_complaints_at_a_tenth_and_half_a_percent(complaints: int, level: Level) -> None:
    found = appraise([hour(1, 100_000, reporting=10_000, complaints=complaints)], RULES, NOW)
    assert found.level is level
    assert found.worst is Measure.COMPLAINT


def test_complaints_are_held_against_those_who_can_complain() -> None:
    found = appraise([hour(1, 1_000_000, reporting=2000, complaints=4)], RULES, NOW)
    assert found.complaint.value == 0.002
    assert found.level is Level.REVIEW


def test_two_complaints_are_no_finding_in_a_thousand() -> None:
    assert appraise([hour(1, 1000, reporting=1000, complaints=2)], RULES, NOW).level is Level.FINE
    assert appraise([hour(1, 1000, reporting=1000, complaints=3)], RULES, NOW).level is Level.REVIEW


def test_an_installation_has_rules_of_its_own() -> None:
    rules = Rules(bounce=Limits(0.02, 0.03), minimum_volume=50)
    assert appraise([hour(1, 100, 3)], rules, NOW).level is Level.PAUSE


# --- who is at fault ---


def guilty(*hours: Hour) -> Who | None:
    return culprit(hours, RULES, appraise(hours, RULES, NOW))


def test_the_configuration_set_without_which_all_is_well() -> None:
    found = guilty(hour(1, 5000, 10, of="receipts"), hour(1, 2000, 1500, of="campaign"))
    assert found == Who(Subject.CONFIGURATION_SET, "campaign")


def test_the_identity_where_no_set_is_to_blame() -> None:
    found = guilty(hour(1, 5000, 10, by="good.example"), hour(1, 2000, 1500, by="bad.example"))
    assert found == Who(Subject.IDENTITY, "bad.example")


def test_the_smaller_of_two_that_would_do() -> None:
    found = guilty(
        hour(1, 8000, 100, of="receipts", by="a.example"),
        hour(1, 1000, 1000, of="campaign", by="b.example"),
        hour(1, 400, 50, of="campaign", by="a.example"),
    )
    assert found == Who(Subject.IDENTITY, "b.example")


def test_nobody_where_all_parts_are_alike() -> None:
    assert guilty(hour(1, 2000, 400, of="a", by="a.example"), hour(1, 2000, 400, of="b", by="b.example")) is None


def test_nobody_where_the_one_part_is_all_there_is() -> None:
    assert guilty(hour(1, 2000, 400, of="only")) is None


def test_the_one_whose_readers_complain() -> None:
    found = guilty(
        hour(1, 5000, 400, of="old", reporting=2000, complaints=0),
        hour(1, 5000, 0, of="spam", reporting=2000, complaints=40),
    )
    assert found == Who(Subject.CONFIGURATION_SET, "spam")


# --- what counts ---


def test_what_is_paused_is_not_held_against_the_account_again() -> None:
    hours = [hour(1, 100, of="campaign"), hour(1, 200, of="receipts"), hour(1, 400, by="bad.example")]
    states = [
        State(who=Who(Subject.CONFIGURATION_SET, "campaign"), status=Status.SHUTDOWN),
        State(who=Who(Subject.IDENTITY, "bad.example"), status=Status.SHUTDOWN),
    ]
    assert [one.tally.sends for one in counted_for_account(hours, states)] == [200]


def test_what_was_forgiven_does_not_come_back() -> None:
    who = Who(Subject.CONFIGURATION_SET, "campaign")
    hours = [hour(ago, 100 + ago, of="campaign") for ago in (0, 2, 4)] + [hour(4, 1)]
    states = [State(who=who, forgiven_at=NOW - timedelta(hours=2))]
    assert [one.tally.sends for one in counted_for_account(hours, states)] == [100, 1]
    assert [one.tally.sends for one in counted_for(states[0], by_part(hours)[who])] == [100]


def test_a_fresh_start_of_a_set_is_its_own_alone() -> None:
    who = Who(Subject.CONFIGURATION_SET, "campaign")
    hours = [hour(0, 1, of="campaign"), hour(4, 2, of="campaign")]
    states = [State(who=who, fresh_start=NOW - timedelta(hours=2))]
    assert len(counted_for_account(hours, states)) == 2
    assert [one.tally.sends for one in counted_for(states[0], by_part(hours)[who])] == [1]


# --- what follows ---

FINE = Appraisal()
REVIEW = Appraisal(level=Level.REVIEW, has_recovered=False)
PAUSE = Appraisal(level=Level.PAUSE, has_recovered=False)
NEARLY = Appraisal(level=Level.FINE, has_recovered=False)
UNDER_REVIEW = State(status=Status.PROBATION, level=Level.REVIEW)
BAD = Who(Subject.IDENTITY, "bad.example")


def on(status: Status, level: Level, **more: object) -> Decision:
    return Decision(status=status, level=level, **more)


@pytest.mark.parametrize(
    ("state", "appraisal", "mode", "guilty", "expected"),
    [
        (State(), FINE, PauseMode.OFF, None, on(Status.HEALTHY, Level.FINE)),
        (State(), NEARLY, PauseMode.OFF, None, on(Status.HEALTHY, Level.FINE)),
        (State(), REVIEW, PauseMode.ACCOUNT, BAD, on(Status.PROBATION, Level.REVIEW, notice=Notice.REVIEW)),
        (UNDER_REVIEW, REVIEW, PauseMode.ACCOUNT, BAD, on(Status.PROBATION, Level.REVIEW)),
        (UNDER_REVIEW, NEARLY, PauseMode.OFF, None, on(Status.PROBATION, Level.REVIEW)),
        (UNDER_REVIEW, FINE, PauseMode.OFF, None, on(Status.HEALTHY, Level.FINE, notice=Notice.RECOVERED)),
        (State(), PAUSE, PauseMode.OFF, BAD, on(Status.PROBATION, Level.PAUSE, notice=Notice.ENDANGERED)),
        (
            State(status=Status.PROBATION, level=Level.PAUSE),
            REVIEW,
            PauseMode.OFF,
            BAD,
            on(Status.PROBATION, Level.PAUSE),
        ),
        (
            UNDER_REVIEW,
            PAUSE,
            PauseMode.STREAM,
            BAD,
            on(Status.PROBATION, Level.REVIEW, pause=BAD, notice=Notice.PART_PAUSED),
        ),
        (
            State(),
            PAUSE,
            PauseMode.STREAM,
            BAD,
            on(Status.HEALTHY, Level.FINE, pause=BAD, notice=Notice.PART_PAUSED),
        ),
        (
            UNDER_REVIEW,
            PAUSE,
            PauseMode.STREAM,
            None,
            on(Status.SHUTDOWN, Level.PAUSE, pause=ACCOUNT, notice=Notice.PAUSED),
        ),
        (State(), PAUSE, PauseMode.ACCOUNT, BAD, on(Status.SHUTDOWN, Level.PAUSE, pause=ACCOUNT, notice=Notice.PAUSED)),
        (
            State(status=Status.SHUTDOWN, level=Level.PAUSE),
            FINE,
            PauseMode.ACCOUNT,
            None,
            on(Status.SHUTDOWN, Level.PAUSE),
        ),
    ],
)
def test_decisions(state: State, appraisal: Appraisal, mode: PauseMode, guilty: Who | None, expected: Decision) -> None:
    assert decide(state, appraisal, mode, guilty) == expected


def test_recovery_wants_more_than_to_be_just_below_the_threshold() -> None:
    assert not appraise([hour(1, 10_000, 450)], RULES, NOW).has_recovered
    assert appraise([hour(1, 10_000, 399)], RULES, NOW).has_recovered


def test_a_rate_of_nothing() -> None:
    assert Rate(bad=3).value == 0
