"""The loop that tells of events: each to whom it concerns, once, in the form that he asked for."""

import json

import pytest
import sqlalchemy as sa

from population import ACCOUNT, REGION, address, caller, identity, names, open_account, submission
from tayori.events.publisher import Publisher
from tayori.model.event import EventKind
from tayori.model.event_target import TargetKind
from tayori.model.message import Operation
from tayori.model.topic_arn import TopicArn
from tayori.resources import (
    configuration_sets,
    event_destinations,
    identity_notifications,
    notifications,
    publications,
    subscriptions,
    topics,
)
from tayori.resources.configuration_sets import ConfigurationSet
from tayori.resources.event_destinations import EventDestination
from tayori.resources.identity_notifications import NotificationType
from tayori.resources.messages import INSERT_EVENT, Door
from tayori.resources.settings import Settings
from tayori.resources.subscriptions import NewSubscription
from tayori.store.tables import identities, to_micros

TOPIC = TopicArn(region=REGION, account_id=ACCOUNT, name="feedback")
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:inbox"


@pytest.fixture
def world(transact):
    """An account with a domain, a configuration set and a topic that a queue listens to."""
    transact(open_account)
    transact(identity, "example.com")
    transact(configuration_sets.create, ACCOUNT, REGION, ConfigurationSet(name="set"))
    transact(topics.create, TOPIC, {}, {})
    transact(subscribe)


def subscribe(tx):
    wanted = NewSubscription(
        protocol="sqs",
        endpoint=QUEUE,
        owner=ACCOUNT,
        principal=f"arn:aws:iam::{ACCOUNT}:root",
        subscription_id="6a1c2d3e-0000-4000-8000-000000000000",
        token="t" * 64,
    )
    subscriptions.subscribe(tx, TOPIC, wanted)


def listen(tx, *kinds):
    wanted = EventDestination(
        name="app", enabled=True, kinds=kinds, target_kind=TargetKind.SNS, target={"TopicArn": str(TOPIC)}
    )
    event_destinations.create(tx, ACCOUNT, REGION, "set", wanted)


def send(transact, *recipients, **changes):
    """Accept a message; its id."""
    (accepted,) = transact(Door(names, "w", lambda size: True).accept, [submission(*recipients, **changes)])
    return accepted.message_id


def happen(tx, message_id, kind, detail):
    row = (message_id, to_micros(tx.now), kind, 0, json.dumps(detail))
    tx.hot(INSERT_EVENT, [row])
    publications.note(tx, Settings(), [row], [(message_id, ACCOUNT, REGION)])


def told(transact):
    """The texts in the outbox, those of SES's first words left out."""
    found = transact(notifications.claim, "w", 1000)
    texts = [(item.envelope["subject"], item.envelope["message"]) for item in found]
    return [(subject, json.loads(text)) for subject, text in texts if '"mail"' in text]


def publish(run, store):
    run(Publisher(store, "tayori.test").tick())


def test_an_event_is_published_to_the_set_that_the_message_was_sent_with(world, transact, run, store):
    transact(listen, "SEND")
    with_set = send(transact, "a@inbox.test", configuration_set="set")
    send(transact, "b@inbox.test")
    publish(run, store)
    publish(run, store)
    ((subject, event),) = told(transact)
    assert subject == "Amazon SES Email Event Notification"
    assert (event["eventType"], event["mail"]["messageId"]) == ("Send", with_set)
    assert event["mail"]["tags"]["ses:configuration-set"] == ["set"]
    assert transact(publications.oldest, 10) == []


def test_the_identity_s_topic_is_told_in_its_own_form(world, transact, run, store):
    transact(identity_notifications.put_topic, ACCOUNT, REGION, "example.com", NotificationType.BOUNCE, str(TOPIC))
    message_id = send(transact, "a@inbox.test")
    transact(happen, message_id, EventKind.BOUNCE, {"bounceType": "Permanent"})
    publish(run, store)
    ((subject, event),) = told(transact)
    assert (subject, event["notificationType"]) == ("", "Bounce")
    assert "headers" not in event["mail"] and "tags" not in event["mail"]


def test_both_ways_can_tell_of_one_event(world, transact, run, store):
    transact(listen, "BOUNCE")
    transact(identity_notifications.put_topic, ACCOUNT, REGION, "example.com", NotificationType.BOUNCE, str(TOPIC))
    kind = NotificationType.BOUNCE
    transact(identity_notifications.put_headers, ACCOUNT, REGION, "example.com", kind, included=True)
    message_id = send(transact, "a@inbox.test", configuration_set="set")
    transact(happen, message_id, EventKind.BOUNCE, {"bounceType": "Permanent"})
    publish(run, store)
    events = [event for _, event in told(transact)]
    assert sorted(next(iter(event)) for event in events) == ["eventType", "notificationType"]
    assert all("commonHeaders" in event["mail"] for event in events)


def test_a_topic_that_is_gone_holds_nothing_up(world, transact, run, store, caplog):
    transact(listen, "SEND")
    transact(topics.delete, TOPIC)
    send(transact, "a@inbox.test", configuration_set="set")
    publish(run, store)
    assert transact(publications.oldest, 10) == []
    assert "topic_not_there" in caplog.text


def test_many_events_are_told_in_order(world, transact, run, store, clock):
    transact(listen, "SEND")
    sent = []
    for number in range(45):
        sent.append(send(transact, f"r{number}@inbox.test", configuration_set="set"))
        clock.advance(0.01)
    publish(run, store)
    assert [event["mail"]["messageId"] for _, event in told(transact)] == sent


# --- feedback by mail ---


def forwarded(transact):
    found = transact(notifications.claim, "w", 1000)
    return [(item.endpoint, item.envelope["content"]) for item in found if item.protocol == "feedback"]


def bounce(transact, message_id):
    recipients = [{"emailAddress": "a@inbox.test", "action": "failed", "status": "5.1.1"}]
    detail = {"bounceType": "Permanent", "bouncedRecipients": recipients, "reportingMTA": "dns; a1"}
    transact(happen, message_id, EventKind.BOUNCE, detail)


def test_a_bounce_is_mailed_to_the_sender_unless_the_identity_says_otherwise(world, transact, run, store):
    bounce(transact, send(transact, "a@inbox.test", feedback_address=address("back@example.com")))
    publish(run, store)
    ((to, content),) = forwarded(transact)
    assert to == "back@example.com" and "Final-Recipient: rfc822; a@inbox.test" in content


@pytest.mark.parametrize(("has_topic", "mails"), [(False, 1), (True, 0)])
def test_forwarding_can_be_off_where_the_sender_hears_another_way(world, transact, run, store, has_topic, mails):
    transact(lambda tx: tx.execute(sa.update(identities).values(feedback_forwarding=False)))
    if has_topic:
        transact(identity_notifications.put_topic, ACCOUNT, REGION, "example.com", NotificationType.BOUNCE, str(TOPIC))
    bounce(transact, send(transact, "a@inbox.test", feedback_address=address("back@example.com")))
    publish(run, store)
    assert len(forwarded(transact)) == mails


def test_other_events_and_the_service_s_own_mail_are_mailed_to_nobody(world, transact, run, store):
    message_id = send(transact, "a@inbox.test", feedback_address=address("back@example.com"))
    transact(happen, message_id, EventKind.DELIVERY, {"recipients": ["a@inbox.test"]})
    own = send(transact, "a@inbox.test", caller=caller(operation=Operation.SERVICE))
    bounce(transact, own)
    publish(run, store)
    assert forwarded(transact) == []


def test_a_topic_with_many_subscribers_is_told_whole(world, transact, run, store):
    def more(tx):
        for number in range(400):
            wanted = NewSubscription(
                protocol="sqs",
                endpoint=f"arn:aws:sqs:us-east-1:{ACCOUNT}:q{number}",
                owner=ACCOUNT,
                principal=f"arn:aws:iam::{ACCOUNT}:root",
                subscription_id=f"6a1c2d3e-0000-4000-9000-{number:012}",
                token=f"{number:064}",
            )
            subscriptions.subscribe(tx, TOPIC, wanted)

    transact(more)
    transact(listen, "SEND")
    transact(notifications.claim, "validation", 100_000)  # SES's sentence, to each of them
    for number in range(3):
        send(transact, f"r{number}@inbox.test", configuration_set="set")
    publish(run, store)
    items = transact(notifications.claim, "w", 100_000)
    assert len(items) == 3 * 401
    assert len({(item.subscription_id, item.envelope["message"]) for item in items}) == 3 * 401
