"""A message's timeline says who was told of what, and what came of the notification."""

import json
from datetime import timedelta

import pytest

from population import (
    ACCOUNT,
    REGION,
    address,
    failed,
    identity,
    names,
    open_account,
    report,
    rows,
    submission,
)
from tayori.events.publisher import Publisher
from tayori.model.event_target import TargetKind
from tayori.model.topic_arn import TopicArn
from tayori.resources import configuration_sets, event_destinations, notifications, retention, subscriptions, timeline
from tayori.resources import topics as topic_rows
from tayori.resources.configuration_sets import ConfigurationSet
from tayori.resources.deliveries import Deliveries
from tayori.resources.event_destinations import EventDestination
from tayori.resources.messages import Door
from tayori.resources.notifications import Result, Verdict
from tayori.resources.subscriptions import NewSubscription
from tayori.store.dialect import Hot

OTHER = "999900001111"


def topic_of(account_id):
    return TopicArn(region=REGION, account_id=account_id, name="feedback")


def listen(tx, account_id):
    topic = topic_of(account_id)
    topic_rows.create(tx, topic, {}, {})
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ses.amazonaws.com"},
                "Action": "SNS:Publish",
                "Resource": str(topic),
            }
        ],
    }
    topic_rows.put_attribute(tx, topic, "Policy", json.dumps(policy))
    wanted = NewSubscription(
        protocol="sqs",
        endpoint=f"arn:aws:sqs:{REGION}:{account_id}:inbox",
        owner=account_id,
        principal=f"arn:aws:iam::{account_id}:root",
        subscription_id="6a1c2d3e-0000-4000-8000-000000000000",
        token="t" * 64,
    )
    subscriptions.subscribe(tx, topic, wanted)
    destination = EventDestination(
        name=f"of-{account_id}",
        enabled=True,
        kinds=("BOUNCE",),
        target_kind=TargetKind.SNS,
        target={"TopicArn": str(topic)},
    )
    event_destinations.create(tx, ACCOUNT, REGION, "set", destination)


@pytest.fixture
def bounced(transact, run, store, clock):
    """A bounced message of which two topics and, by mail, its sender are told."""
    transact(open_account)
    transact(identity, "example.com")
    transact(configuration_sets.create, ACCOUNT, REGION, ConfigurationSet(name="set"))
    for account_id in (ACCOUNT, OTHER):
        transact(listen, account_id)
    wanted = submission("gone@inbox.test", configuration_set="set", feedback_address=address("news@example.com"))
    transact(Door(names, "nobody", lambda stream: False).accept, [wanted])
    worker = Deliveries(names, "one")
    (outgoing,) = transact(worker.claim, 10, 10_000_000)
    transact(worker.record, rows([report(outgoing, failed(), started_at=clock.now())]))
    run(Publisher(store, "tayori.test").tick())
    return wanted.message_id


def test_all_who_are_told_are_named_with_the_state_of_the_notification(bounced, transact):
    told = transact(timeline.get, bounced).tellings
    assert {(one.kind, one.state) for one in told} == {("Bounce", "waiting")}
    by_topic = {(one.protocol, one.topic_arn): one.endpoint for one in told}
    assert by_topic["sqs", str(topic_of(ACCOUNT))] == f"arn:aws:sqs:{REGION}:{ACCOUNT}:inbox"
    assert by_topic["sqs", str(topic_of(OTHER))] == ""  # whom another account tells is not ours to know


def test_feedback_by_mail_is_told_too(bounced, transact):
    mails = [one for one in transact(timeline.get, bounced).tellings if not one.topic_arn]
    assert [one.endpoint for one in mails] == ["news@example.com"]
    as_json = timeline.as_json(transact(timeline.get, bounced))
    assert all(one["recipient"] == "gone@inbox.test" for one in as_json["told"])


def test_a_notification_that_went_out_is_known_when_it_is_forgotten(bounced, transact, clock):
    claimed = sorted(transact(notifications.claim, "w", 10), key=lambda one: "gone@inbox" not in str(one.envelope))
    verdicts = [Verdict.REFUSED, *[Verdict.DONE] * (len(claimed) - 1)]
    results = [
        Result(
            notification=one, worker="w", verdict=verdict, error="no such host" if verdict is Verdict.REFUSED else ""
        )
        for one, verdict in zip(claimed, verdicts, strict=True)
    ]
    transact(notifications.finish, results)
    clock.advance(2 * 86400)
    transact(notifications.forget, done=timedelta(days=1), dead=timedelta(days=30))
    told = transact(timeline.get, bounced).tellings
    assert sorted(one.state for one in told) == ["dead", "done", "done"]
    assert [one.last_error for one in told if one.state == "dead"] == ["no such host"]


def test_suppression_shows_with_the_message_that_caused_it(bounced, transact):
    (entry,) = transact(timeline.get, bounced).suppressions
    assert (entry.address, entry.reason, entry.is_by_this) == ("gone@inbox.test", "BOUNCE", True)
    assert timeline.as_json(transact(timeline.get, bounced))["suppressed"][0]["by_this"] is True


def test_it_is_forgotten_with_the_timeline(bounced, transact, clock):
    clock.advance(40 * 86400)
    assert transact(retention.forget_timelines, timedelta(days=30)) == 1
    assert transact(lambda tx: tx.hot_rows(Hot("SELECT COUNT(*) FROM tellings"), ())) == [(0,)]
