"""What was given up can be seen and sent again, by its account, and only to those who still want it."""

import pytest
from test_notifications import ACCOUNT, TOPIC_ARN, Sub, finish, put

from tayori.model.errors import NotFound
from tayori.model.topic_arn import TopicArn
from tayori.resources import dead_letters, notifications, subscriptions, topics
from tayori.resources.dead_letters import Place, Selection
from tayori.resources.notifications import NotificationKind, Verdict
from tayori.resources.subscriptions import NewSubscription
from tayori.store.dialect import Engine
from tayori.store.tables import to_micros

REGION = "us-east-1"
ARN = TopicArn.parse(TOPIC_ARN)


def subscribed(tx, number):
    subscription_id = f"6a1c2d3e-0000-4000-8000-{number:012}"
    wanted = NewSubscription(
        protocol="sqs",
        endpoint=f"arn:aws:sqs:us-east-1:{ACCOUNT}:q{number}",
        owner=ACCOUNT,
        principal=f"arn:aws:iam::{ACCOUNT}:root",
        subscription_id=subscription_id,
        token=f"{number}" * 64,
    )
    subscriptions.subscribe(tx, ARN, wanted)
    return subscription_id


@pytest.fixture
def subscription_id(transact):
    transact(topics.create, ARN, {}, {})
    return transact(subscribed, 1)


def die(transact, count=1, subscription_id="s-1", **more):
    """All in one transaction, so at one moment."""

    def at_once(tx):
        for _ in range(count):
            put(lambda fn, **values: fn(tx, **values), Sub(subscription_id=subscription_id), **more)
        items = notifications.claim(tx, "w", 10_000)
        for item in items:
            finish(lambda fn, *values: fn(tx, *values), item, Verdict.REFUSED, error="It answered 404.")
        return [item.notification_id for item in items]

    return transact(at_once)


def test_they_are_listed_by_account_topic_and_protocol(transact, clock):
    first = die(transact)
    clock.advance(60)
    other = die(transact, topic_arn=f"{TOPIC_ARN}2")
    die(transact, account_id="222222222222")
    die(transact, region="eu-west-1")
    assert ids(transact) == [*other, *first]
    assert ids(transact, Selection(topic_arn=TOPIC_ARN)) == first
    assert ids(transact, Selection(protocol="https")) == [*other, *first]
    assert ids(transact, Selection(protocol="sqs")) == []
    letter = transact(dead_letters.get, ACCOUNT, first[0])
    assert (letter.reason, letter.notification.envelope["message"]) == ("It answered 404.", "{}")
    with pytest.raises(NotFound):
        transact(dead_letters.get, "222222222222", first[0])
    assert transact(dead_letters.counts) == [("https", 4)]


def ids(transact, selection=dead_letters.ALL, **more):
    found = transact(dead_letters.listed, ACCOUNT, REGION, selection, **more)
    return [letter.notification.notification_id for letter in found]


def test_pages_leave_nothing_out_even_of_one_moment(transact):
    died = die(transact, 25)
    seen, place = [], None
    while found := transact(dead_letters.listed, ACCOUNT, REGION, behind=place, limit=10):
        seen += [letter.notification.notification_id for letter in found]
        place = Place.of(found[-1])
    assert sorted(seen) == sorted(died) and len(seen) == 25


def test_single_ones_are_sent_again_from_the_start(transact, subscription_id):
    (dead,) = die(transact, subscription_id=subscription_id)
    assert transact(dead_letters.revive, ACCOUNT, [dead]) == 1
    (again,) = transact(notifications.claim, "w", 10)
    assert (again.notification_id, again.attempts) == (dead, 0)
    with pytest.raises(NotFound):
        transact(dead_letters.revive, ACCOUNT, [dead])


def test_a_subscription_that_has_ended_gets_nothing_more(transact, subscription_id):
    still = die(transact, 2, subscription_id=subscription_id)
    gone = die(transact, 2, subscription_id="6a1c2d3e-0000-4000-8000-000000000009")
    assert transact(dead_letters.revive, ACCOUNT, gone) == 0
    assert some(transact)[0] == 2
    assert sorted(item.notification_id for item in transact(notifications.claim, "w", 10)) == sorted(still)
    assert sorted(ids(transact)) == sorted(gone)


def some(transact):
    now = transact(lambda tx: to_micros(tx.now))
    return transact(dead_letters.revive_some, ACCOUNT, REGION, dead_letters.ALL, Place(micros=now))


def test_letters_to_a_dead_letter_queue_and_events_without_a_topic_need_no_subscription(transact):
    die(transact, kind=NotificationKind.DEAD_LETTER)
    die(transact, topic_arn="")
    assert some(transact) == (2, None)


def test_many_are_sent_again_in_steps(transact, subscription_id):
    die(transact, dead_letters.STEP + 20, subscription_id=subscription_id)
    count, place = some(transact)
    assert count == dead_letters.STEP
    assert transact(dead_letters.revive_some, ACCOUNT, REGION, dead_letters.ALL, place) == (20, None)


def test_the_list_is_read_by_its_index(transact, store):
    if store.engine is not Engine.SQLITE:
        pytest.skip("SQLite says how it looks")

    def plan(tx):
        text = dead_letters._DEAD.replace("{more}", "")
        rows = tx.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", (ACCOUNT, 1, 1, "~", REGION, 10))
        return " ".join(row[3] for row in rows)

    assert "notifications_dead (account_id=? AND updated_at<?)" in transact(plan)
