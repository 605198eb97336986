"""From counts to a pause and back: what a look finds, what follows, and what is refused then."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from population import ACCOUNT, REGION, identity, names, open_account, submission
from tayori.model.errors import Invalid, NotFound, PauseScope, SendingPaused
from tayori.model.feedback_loops import Loop
from tayori.model.mail_count import Count, counts_as
from tayori.model.reputation import ACCOUNT as WHOLE
from tayori.model.reputation import Level, Notice, PauseMode, Rules, Status, Subject, Who
from tayori.resources import accounts, configuration_sets, feedback_enrolments, mail_counts, provider_names, reputation
from tayori.resources.configuration_sets import ConfigurationSet
from tayori.resources.messages import Door
from tayori.store.dialect import Hot
from tayori.store.reputation_tables import mail_counts as table

KEY = ACCOUNT, REGION
CAMPAIGN = Who(Subject.CONFIGURATION_SET, "campaign")
IDENTITY = Who(Subject.IDENTITY, "example.com")
STREAM = Rules(mode=PauseMode.STREAM)


@pytest.fixture
def count(transact) -> Callable[..., None]:
    """Counts as they would come of mail."""
    transact(open_account)
    transact(identity, "example.com")
    transact(identity, "other.example")
    transact(configuration_sets.create, *KEY, ConfigurationSet(name="campaign"))

    def count(what: Count, number: int, of: str = "", by: str = "example.com", at: str = "") -> None:
        provider = at or ("" if what is Count.SENDS else "other")
        transact(mail_counts.add, what, {(*KEY, counts_as(of, by), provider): number})

    return count


@pytest.fixture
def settle(transact) -> Callable[[Rules], reputation.Look]:
    def settle(rules: Rules) -> reputation.Look:
        found = transact(reputation.look, *KEY, rules)
        assert transact(reputation.settle, found)
        return found

    return settle


@pytest.fixture
def accept(transact) -> Callable[..., Any]:
    door = Door(names, "one", lambda size: True)

    def accept(**changes: Any) -> Any:
        (answer,) = transact(door.accept, [submission("a@inbox.test", **changes)])
        if isinstance(answer, Exception):
            raise answer
        return answer

    return accept


def status(transact) -> str:
    return transact(accounts.get, *KEY).enforcement_status


def a_bad_campaign(count) -> None:
    count(Count.SENDS, 6000)
    count(Count.SENDS, 2000, "campaign")
    count(Count.PERMANENT_BOUNCES, 1500, "campaign")


# --- looking ---


def test_an_account_without_mail_is_healthy(transact, count, settle) -> None:
    found = settle(STREAM)
    assert found.decision.status is Status.HEALTHY and found.decision.notice is None
    assert transact(reputation.states, *KEY) == []


def test_rates_by_part(transact, count) -> None:
    a_bad_campaign(count)
    found = transact(reputation.look, *KEY, Rules())
    assert found.account.appraisal.bounce.value == 1500 / 8000
    rates = {part.who: part.appraisal.bounce.value for part in found.parts}
    assert rates == {CAMPAIGN: 0.75, IDENTITY: 1500 / 8000}


def test_complaints_are_held_against_providers_with_a_loop(transact, count) -> None:
    loop = next(one.id for one in provider_names.table().providers if one.loop is Loop.YES)
    silent = next(one.id for one in provider_names.table().providers if one.loop is Loop.NO)
    count(Count.SENDS, 100_000)
    count(Count.DELIVERIES, 90_000, at=silent)
    count(Count.DELIVERIES, 2000, at=loop)
    count(Count.COMPLAINTS, 4, at=loop)
    found = transact(reputation.look, *KEY, Rules()).account.appraisal.complaint
    assert (found.bad, found.volume) == (4, 2000)


def test_who_complains_has_a_loop_whatever_the_table_says(transact, count) -> None:
    count(Count.DELIVERIES, 5000, at="other")
    assert transact(reputation.look, *KEY, Rules()).account.appraisal.complaint.volume == 0
    count(Count.COMPLAINTS, 3, at="other")
    assert transact(reputation.look, *KEY, Rules()).account.appraisal.complaint.volume == 5000


def test_notes_of_enrolments_say_who_reports(transact, count) -> None:
    loops = [one for one in provider_names.table().providers if one.loop is Loop.YES]
    assert transact(reputation.reporting) == {one.id for one in loops}
    chosen = next(one for one in loops if not one.through)
    transact(
        lambda tx: feedback_enrolments.put(
            tx, chosen.id, "", feedback_enrolments.EnrolmentState.ACTIVE, since=tx.now.date(), note=None
        )
    )
    assert transact(reputation.reporting) == {chosen.id}


# --- pausing ---


def test_off_is_a_review_and_nothing_else(transact, count, settle, accept) -> None:
    a_bad_campaign(count)
    found = settle(Rules(mode=PauseMode.OFF))
    assert found.decision.notice is Notice.ENDANGERED
    assert status(transact) == "PROBATION"
    assert accept(configuration_set="campaign").message_id
    assert settle(Rules(mode=PauseMode.OFF)).decision.notice is None


def test_the_bad_stream_is_paused_and_the_rest_goes_on(transact, count, settle, accept) -> None:
    accept(configuration_set="campaign")
    a_bad_campaign(count)
    found = settle(STREAM)
    assert (found.decision.pause, found.decision.notice) == (CAMPAIGN, Notice.PART_PAUSED)
    with pytest.raises(SendingPaused, match="Sending is paused for configuration set campaign") as refusal:
        accept(configuration_set="campaign")
    assert refusal.value.scope is PauseScope.CONFIGURATION_SET
    assert accept().message_id
    then = settle(STREAM).decision
    assert (then.status, then.notice) == (Status.HEALTHY, None)
    assert status(transact) == "HEALTHY"


def test_a_bad_identity_is_paused(transact, count, settle, accept) -> None:
    count(Count.SENDS, 6000)
    count(Count.SENDS, 1000, by="other.example")
    count(Count.PERMANENT_BOUNCES, 900, by="other.example")
    settle(STREAM)
    with pytest.raises(SendingPaused, match=r"Sending is paused for identity other\.example"):
        accept(sender="me@other.example")
    assert accept().message_id


def test_the_account_is_paused_where_no_part_is_to_blame(transact, count, settle, accept) -> None:
    count(Count.SENDS, 2000)
    count(Count.PERMANENT_BOUNCES, 300)
    assert settle(STREAM).decision.notice is Notice.PAUSED
    assert status(transact) == "SHUTDOWN"
    with pytest.raises(SendingPaused, match="check the inbox of the email address"):
        accept()
    assert settle(STREAM).decision.notice is None


def test_a_pause_that_was_lifted_does_not_come_back_by_itself(transact, count, settle, accept, clock) -> None:
    count(Count.SENDS, 2000)
    count(Count.PERMANENT_BOUNCES, 300)
    settle(Rules(mode=PauseMode.ACCOUNT))
    assert transact(reputation.lift, *KEY, WHOLE).status is Status.HEALTHY
    assert accept().message_id
    clock.advance(7200)
    assert settle(Rules(mode=PauseMode.ACCOUNT)).decision.level is Level.FINE
    count(Count.SENDS, 2000)
    count(Count.PERMANENT_BOUNCES, 300)
    assert settle(Rules(mode=PauseMode.ACCOUNT)).decision.notice is Notice.PAUSED


def test_a_stream_that_was_lifted_is_not_held_against_the_account(transact, count, settle, clock) -> None:
    a_bad_campaign(count)
    settle(STREAM)
    transact(reputation.lift, *KEY, CAMPAIGN)
    clock.advance(7200)
    found = settle(STREAM)
    assert found.decision.status is Status.HEALTHY
    assert found.account.appraisal.bounce.volume == 6000


def test_nothing_to_lift(transact, count) -> None:
    for who in (WHOLE, CAMPAIGN):
        with pytest.raises(NotFound, match="neither paused nor under review"):
            transact(reputation.lift, *KEY, who)


def test_an_operator_pauses_by_hand(transact, count, accept) -> None:
    state = transact(reputation.pause, *KEY, IDENTITY, reason="asked by the provider\0")
    assert (state.is_paused, state.reason) == (True, "asked by the provider\ufffd")
    with pytest.raises(SendingPaused):
        accept()
    with pytest.raises(Invalid):
        transact(reputation.pause, *KEY, Who(Subject.IDENTITY, ""), reason="")


def test_who_was_faster_is_heard(transact, count) -> None:
    a_bad_campaign(count)
    found = transact(reputation.look, *KEY, STREAM)
    transact(reputation.pause, *KEY, WHOLE, reason="by hand")
    assert not transact(reputation.settle, found)
    assert transact(reputation.state_of, *KEY).reason == "by hand"


def test_a_review_ends_by_better_mail(transact, count, settle, clock) -> None:
    count(Count.SENDS, 1000)
    count(Count.PERMANENT_BOUNCES, 60)
    assert settle(STREAM).decision.notice is Notice.REVIEW
    assert status(transact) == "PROBATION"
    clock.advance(3600)
    count(Count.SENDS, 10_000)
    assert settle(STREAM).decision.notice is Notice.RECOVERED
    assert status(transact) == "HEALTHY"


def test_rates_are_kept_without_emptying_anybodys_cache(transact, count, settle) -> None:
    revision = lambda tx: tx.execute(sa.text("SELECT revision FROM settings_revision")).scalar()  # noqa: E731
    count(Count.SENDS, 1000)
    count(Count.PERMANENT_BOUNCES, 10)
    before = transact(revision)
    settle(STREAM)
    settle(STREAM)
    assert transact(reputation.state_of, *KEY).bounce_rate == 0.01
    assert transact(revision) == before


def test_a_reset_forgets_it_all(transact, count, settle) -> None:
    a_bad_campaign(count)
    settle(STREAM)
    transact(accounts.reset, *KEY)
    assert transact(reputation.states, *KEY) == []
    assert status(transact) == "HEALTHY"


# --- keeping ---


def fold(transact, *, hours: int = 14 * 24, days: int = 400) -> int:
    number = 0
    while transact(mail_counts.fold, *KEY, hours_kept=timedelta(hours=hours), days_kept=timedelta(days=days)):
        number += 1
    return number


def test_old_hours_are_added_up_to_days_and_no_count_is_lost(transact, count, clock) -> None:
    for _ in range(72):
        count(Count.SENDS, 2)
        count(Count.DELIVERIES, 1, at="gmail")
        clock.advance(3600)
    clock.advance(15 * 86400)
    select = sa.select(table.c.hour, table.c.sends, table.c.deliveries)
    assert fold(transact) >= 3
    assert fold(transact) == 0
    rows = transact(lambda tx: [tuple(row) for row in tx.execute(select)])
    assert len(rows) <= 8 and {hour % 24 for hour, _, _ in rows} == {0}
    assert (sum(row[1] for row in rows), sum(row[2] for row in rows)) == (144, 72)


def test_young_hours_are_left_alone(transact, count, clock) -> None:
    count(Count.SENDS, 1)
    clock.advance(86400)
    assert fold(transact) == 0


def test_days_are_forgotten(transact, count, clock) -> None:
    count(Count.SENDS, 1)
    clock.advance(401 * 86400)
    fold(transact)
    assert transact(lambda tx: tx.execute(sa.select(table)).all()) == []


def test_old_hours_are_read_as_days(transact, count, clock) -> None:
    clock.advance(86400 - clock.now().timestamp() % 86400)  # midnight
    for _ in range(24):
        count(Count.SENDS, 1)
        clock.advance(3600)
    fine = transact(lambda tx: mail_counts.of_account(tx, *KEY, tx.now - timedelta(days=90), ()))
    assert len(fine) == 24
    clock.advance(5 * 86400)
    (day,) = transact(lambda tx: mail_counts.of_account(tx, *KEY, tx.now - timedelta(days=90), ()))
    assert (day.hour % 24, day.tally.sends) == (0, 24)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_states_are_found_by_index(transact, count) -> None:
    for statement, values in (
        (reputation._STATES, KEY),
        (reputation._PAUSED, ()),
        (reputation._UNWELL, (20,)),
    ):
        plan = transact(lambda tx, sql=statement.sql, v=values: tx.hot_rows(Hot(f"EXPLAIN QUERY PLAN {sql}"), v))
        assert not any(row[3].startswith("SCAN") for row in plan), plan


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_counts_are_read_by_the_beginning_of_their_key(transact, count) -> None:
    statements = [mail_counts._BY_PROVIDER, mail_counts._REPORTED, mail_counts._OLDEST_HOUR, mail_counts._FORGET]
    for statement in statements:
        marks = (*KEY, 1)[: statement.sql.count("?")]
        plan = transact(lambda tx, sql=statement.sql, marks=marks: tx.hot_rows(Hot(f"EXPLAIN QUERY PLAN {sql}"), marks))
        assert any("USING PRIMARY KEY (account_id=? AND region=? AND hour" in row[3] for row in plan), plan
        assert not any(row[3].startswith("SCAN") for row in plan), plan
