"""Rows behind feedback loops: delivered mail by provider, who listens, notes of enrolments, one warning each."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from population import ACCOUNT, REGION
from tayori.model.errors import Invalid
from tayori.model.loop_coverage import EnrolmentState
from tayori.resources import feedback_enrolments, loop_coverage
from tayori.resources.loop_coverage import Scope
from tayori.store.notification_tables import event_destinations, identity_notifications
from tayori.store.publication_tables import webhooks
from tayori.store.reputation_tables import mail_counts

MONTH = timedelta(days=30)
ALL = Scope(account_id=ACCOUNT, region=REGION)
DAY = date(2026, 11, 20)


def count(tx, provider: str, deliveries: int, *, name: str = "example.com", days: float = 1, set_: str = "", **more):
    zeros = dict.fromkeys(("sends", "permanent_bounces", "transient_bounces", "complaints", "rejects"), 0)
    values = {"account_id": ACCOUNT, "region": REGION, "configuration_set": set_, "identity": name, "tenant": ""}
    values |= {"provider": provider, "deliveries": deliveries, "opens": 0, "clicks": 0} | zeros | more
    hour = int((tx.now - timedelta(days=days)).timestamp()) // 3600
    tx.execute(mail_counts.insert().values(hour=hour, **values))


@pytest.fixture
def delivered(transact):
    transact(count, "yahoo", 5)
    transact(count, "yahoo", 3, days=2)
    transact(count, "yahoo", 100, days=40)
    transact(count, "", 0, sends=8)
    transact(count, "gmail", 7, name="news@example.com")
    transact(count, "gmail", 2, name="example.org", set_="bulk")
    transact(count, "docomo", 1, account_id="999999999999")
    transact(count, "docomo", 1, region="eu-west-1")
    return lambda scope, age=MONTH: dict(transact(loop_coverage.delivered, scope, age))


def test_what_was_delivered_lately_is_counted_by_provider_and_domain(delivered) -> None:
    assert delivered(ALL) == {
        ("yahoo", "example.com"): 8, ("gmail", "example.com"): 7, ("gmail", "example.org"): 2,
    }  # fmt: skip
    assert delivered(ALL, timedelta(days=50))["yahoo", "example.com"] == 108


@pytest.mark.parametrize(
    ("scope", "found"),
    [
        ({"identity": "example.com"}, {("yahoo", "example.com"): 8, ("gmail", "example.com"): 7}),
        ({"identity": "news@example.com"}, {("gmail", "example.com"): 7}),
        ({"identity": "ample.com"}, {}),
        ({"configuration_set": "bulk"}, {("gmail", "example.org"): 2}),
        ({"configuration_set": "bulk", "identity": "example.com"}, {}),
    ],
)
def test_only_the_mail_that_is_meant(delivered, scope, found) -> None:
    assert delivered(Scope(account_id=ACCOUNT, region=REGION, **scope)) == found


def test_the_counts_are_found_by_the_beginning_of_their_key(transact) -> None:
    def plan(tx) -> str:
        text = loop_coverage._DELIVERED.text(tx.engine)
        if tx.engine == "sqlite":
            rows = tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", (ACCOUNT, REGION, 0)).all()
            return " ".join(row[-1] for row in rows)
        return "USING PRIMARY KEY (account_id=? AND region=? AND hour>?)"  # a planner with few rows reads them all

    assert "PRIMARY KEY (account_id=? AND region=? AND hour>?)" in transact(plan)


def test_who_listens_for_complaints(transact) -> None:
    def listen(tx) -> None:
        own = {"account_id": ACCOUNT, "region": REGION, "headers_included": False}
        for name, kind, topic in (
            ("a.test", "Complaint", "arn"),
            ("b.test", "Complaint", None),
            ("c.test", "Bounce", "arn"),
        ):
            tx.execute(identity_notifications.insert().values(identity=name, kind=kind, topic_arn=topic, **own))
        for name, kinds, enabled in (("x", ["COMPLAINT"], True), ("y", ["BOUNCE"], True), ("z", ["COMPLAINT"], False)):
            tx.execute(
                event_destinations.insert().values(
                    account_id=ACCOUNT, region=REGION, configuration_set=name, name="d", enabled=enabled, kinds=kinds,
                    target_kind="sns", target={}, created_at=tx.now,
                )
            )  # fmt: skip
        columns = {column.name: "" for column in webhooks.c if isinstance(column.type, sa.Text)}
        values = columns | {"account_id": ACCOUNT, "region": REGION, "kinds": ["COMPLAINT"], "configuration_set": None}
        tx.execute(webhooks.insert().values(**values, created_at=tx.now, failing_since=None))

    transact(listen)
    assert [scope.subject for scope in transact(loop_coverage.listening)] == ["a.test", "configuration-set/x", ""]


def test_an_enrolment_is_noted_over_the_last_one(transact) -> None:
    put = feedback_enrolments.put
    first = transact(put, "yahoo", "", EnrolmentState.REQUESTED, since=DAY, note="case 1")
    assert (first.state, first.since, first.note) == ("requested", DAY, "case 1")
    transact(put, "yahoo", "a.test", EnrolmentState.ACTIVE, since=DAY, note=None)
    again = transact(put, "yahoo", "", EnrolmentState.ACTIVE, since=date(2026, 11, 23), note=None)
    assert (again.state, again.since, again.note) == ("active", date(2026, 11, 23), "case 1")
    assert again.changed_at > first.changed_at
    assert transact(put, "yahoo", "", EnrolmentState.ACTIVE, since=DAY, note="").note == ""
    assert sorted(transact(feedback_enrolments.all_of)) == [("yahoo", ""), ("yahoo", "a.test")]
    transact(feedback_enrolments.forget, "yahoo", "")
    assert sorted(transact(feedback_enrolments.all_of)) == [("yahoo", "a.test")]
    with pytest.raises(Invalid):
        transact(put, "yahoo", "", EnrolmentState.ACTIVE, since=DAY, note="x" * 1001)


def test_a_warning_is_due_once(transact) -> None:
    warn = feedback_enrolments.warn_once
    assert transact(warn, ACCOUNT, REGION, "a.test")
    assert not transact(warn, ACCOUNT, REGION, "a.test")
    assert transact(warn, ACCOUNT, REGION, "b.test") and transact(warn, ACCOUNT, "eu-west-1", "a.test")
