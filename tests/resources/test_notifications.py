"""The outbox: each delivery is in one worker's hands at a time, and ends as done or dead."""

import json
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from tayori.resources import dead_letters, notifications
from tayori.resources.notifications import NotificationKind, Result, Verdict
from tayori.store.dialect import Engine

ACCOUNT = "111111111111"
TOPIC_ARN = f"arn:aws:sns:us-east-1:{ACCOUNT}:feedback"


@dataclass(frozen=True)
class Sub:
    subscription_id: str = "s-1"
    protocol: str = "https"
    endpoint: str = "https://app.example/hook"
    token: str = ""
    attributes: dict = field(default_factory=dict)


def put(transact, subscription=None, **more):
    values = {
        "account_id": ACCOUNT,
        "region": "us-east-1",
        "kind": NotificationKind.NOTIFICATION,
        "topic_arn": TOPIC_ARN,
        "subscription": subscription or Sub(),
        "message_id": "m-1",
        "subject": "s",
        "message": "{}",
        "attributes": {},
        "raw": False,
    }
    transact(notifications.enqueue, **(values | more))


def finish(transact, item, verdict, worker="w", error=""):
    transact(notifications.finish, [Result(notification=item, worker=worker, verdict=verdict, error=error)])


def test_one_worker_has_it_until_it_is_done(transact):
    put(transact)
    (item,) = transact(notifications.claim, "w", 10)
    assert item.envelope["message_id"] == "m-1" and item.subscription_arn == f"{TOPIC_ARN}:s-1"
    assert transact(notifications.claim, "other", 10) == []
    finish(transact, item, Verdict.DONE, worker="other")  # not theirs
    finish(transact, item, Verdict.DONE)
    assert transact(notifications.next_due) is None
    assert transact(notifications.take_over, "third") == 0


def test_who_takes_over_gets_what_the_other_had_in_hand(transact):
    put(transact)
    transact(notifications.claim, "w", 10)
    assert transact(notifications.take_over, "new") == 1
    assert len(transact(notifications.claim, "new", 10)) == 1
    transact(notifications.release, "new")
    assert len(transact(notifications.claim, "new", 10)) == 1


def test_some_lanes_can_be_left_out(transact):
    put(transact)
    put(transact, Sub(subscription_id="s-2", endpoint="https://other.example/"))
    assert [item.subscription_id for item in transact(notifications.claim, "w", 10, {"other.example": 1})] == ["s-2"]


def test_failures_are_tried_again_until_the_policy_ends(transact, clock):
    policy = json.dumps({"healthyRetryPolicy": {"numRetries": 1, "minDelayTarget": 20, "maxDelayTarget": 20}})
    put(transact, Sub(attributes={"DeliveryPolicy": policy}))
    (item,) = transact(notifications.claim, "w", 10)
    finish(transact, item, Verdict.FAILED, error="500")
    assert transact(notifications.claim, "w", 10) == []
    clock.advance(23)
    (item,) = transact(notifications.claim, "w", 10)
    assert item.attempts == 1
    finish(transact, item, Verdict.FAILED, error="the host hung up")
    (dead,) = transact(dead_letters.listed, ACCOUNT, "us-east-1")
    assert dead.reason == "the host hung up" and dead.notification.attempts == 2
    assert transact(notifications.claim, "w", 10) == []


def test_a_refusal_is_final_and_goes_to_the_dead_letter_queue(transact):
    queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:dead"
    put(transact, Sub(attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": queue})}))
    (item,) = transact(notifications.claim, "w", 10)
    finish(transact, item, Verdict.REFUSED, error="404")
    (letter,) = transact(notifications.claim, "w", 10)
    assert (letter.kind, letter.protocol, letter.endpoint) == (NotificationKind.DEAD_LETTER, "sqs", queue)
    assert letter.envelope["message"] == "{}" and letter.envelope["reason"] == "404"
    finish(transact, letter, Verdict.REFUSED, error="no such queue")
    assert transact(notifications.claim, "w", 10) == []
    assert [dead.reason for dead in transact(dead_letters.listed, ACCOUNT, "us-east-1")]


def test_the_done_are_forgotten_before_the_dead(transact, clock):
    for _ in range(2):
        put(transact)
    done, dead = transact(notifications.claim, "w", 10)
    finish(transact, done, Verdict.DONE)
    finish(transact, dead, Verdict.REFUSED)
    clock.advance(timedelta(days=2).total_seconds())
    ages = {"done": timedelta(days=1), "dead": timedelta(days=14)}
    assert transact(notifications.forget, **ages) == 1
    assert len(transact(dead_letters.listed, ACCOUNT, "us-east-1")) == 1


def test_looking_costs_the_number_of_lanes_not_of_what_waits_in_them(transact, store):
    if store.engine is not Engine.SQLITE:
        pytest.skip("SQLite says how it looks")

    def plan(tx, statement, parameters):
        text = statement.text(Engine.SQLITE)
        return [row[3] for row in tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", parameters)]

    looked = transact(plan, notifications._LANES, ())
    searches = [line for line in looked if "notifications" in line]
    assert len(searches) == 3
    assert all(line.startswith("SEARCH notifications USING INDEX notifications_open") for line in searches)
    (due,) = transact(plan, notifications._DUE, ("lane", 1, 1))
    assert due == "SEARCH notifications USING INDEX notifications_open (owner=? AND lane=? AND due_at<?)"
