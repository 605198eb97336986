"""Event destinations that are no topics: what the publisher makes of one event for each of them."""

import json

import pytest
import sqlalchemy as sa

from population import ACCOUNT, REGION, identity, names, open_account, submission
from tayori.events.publisher import Publisher
from tayori.mail.address import AddrSpec
from tayori.model.event import EventKind
from tayori.model.event_target import Offered, TargetKind
from tayori.model.message import MessageTag
from tayori.resources import configuration_sets, event_destinations, metrics, notifications, publications
from tayori.resources.configuration_sets import ConfigurationSet
from tayori.resources.event_destinations import EventDestination
from tayori.resources.messages import INSERT_EVENT, Door
from tayori.resources.settings import Settings
from tayori.store.tables import identities, to_micros

BUS = {"EventBusArn": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"}
STREAM = {
    "IamRoleArn": f"arn:aws:iam::{ACCOUNT}:role/ses",
    "DeliveryStreamArn": f"arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/audit",
}
OFFERED = Offered(eventbridge=True, streams=frozenset({"audit"}))


def dimension(name, source="MESSAGE_TAG", default="none"):
    return {"DimensionName": name, "DimensionValueSource": source, "DefaultDimensionValue": default}


@pytest.fixture
def world(transact):
    transact(open_account)
    transact(identity, "example.com")
    transact(configuration_sets.create, ACCOUNT, REGION, ConfigurationSet(name="set"))


def listen(tx, kind, target, *kinds, name="it"):
    wanted = EventDestination(name=name, enabled=True, kinds=kinds or ("SEND",), target_kind=kind, target=target)
    event_destinations.create(tx, ACCOUNT, REGION, "set", wanted, OFFERED)


def send(transact, **changes):
    wanted = submission("a@inbox.test", configuration_set="set", is_trackable=True, **changes)
    (accepted,) = transact(Door(names, "w", lambda size: True).accept, [wanted])
    return accepted.message_id


def happen(tx, message_id, kind, detail):
    row = (message_id, to_micros(tx.now), kind, 0, json.dumps(detail))
    tx.hot(INSERT_EVENT, [row])
    publications.note(tx, Settings(), [row], [(message_id, ACCOUNT, REGION)])


def outbox(transact):
    return [one for one in transact(notifications.claim, "w", 1000) if one.protocol != "feedback"]


def test_a_bus_is_told_by_a_framed_event(world, transact, run, store):
    transact(listen, TargetKind.EVENTBRIDGE, BUS)
    message_id = send(transact)
    run(Publisher(store, "tayori.test").tick())
    run(Publisher(store, "tayori.test").tick())
    (item,) = outbox(transact)
    event = json.loads(item.envelope["event"])
    assert (item.protocol, item.endpoint, item.subscription_id) == ("eventbridge", BUS["EventBusArn"], "set/it")
    assert (event["detail-type"], event["account"], event["region"]) == ("Email Sent", ACCOUNT, REGION)
    assert event["resources"] == [f"arn:aws:ses:{REGION}:{ACCOUNT}:configuration-set/set"]
    assert (event["detail"]["eventType"], event["detail"]["mail"]["messageId"]) == ("Send", message_id)


def test_a_stream_is_told_by_one_line(world, transact, run, store):
    transact(listen, TargetKind.FIREHOSE, STREAM)
    message_id = send(transact)
    run(Publisher(store, "tayori.test").tick())
    (item,) = outbox(transact)
    assert (item.protocol, item.endpoint, item.lane) == ("firehose", STREAM["DeliveryStreamArn"], "firehose/audit")
    record = item.envelope["record"]
    assert "\n" not in record and json.loads(record)["mail"]["messageId"] == message_id


def test_events_are_counted_by_their_dimensions(world, transact, run, store):
    wanted = [
        dimension("campaign"),
        dimension("subject", "EMAIL_HEADER"),
        dimension("X-Kind", "EMAIL_HEADER"),
        dimension("place", "LINK_TAG", "nowhere"),
    ]
    target = {"DimensionConfigurations": wanted}
    transact(listen, TargetKind.CLOUDWATCH, target, "SEND", "DELIVERY_DELAY", "CLICK")
    tagged = send(transact, tags=(MessageTag(name="campaign", value="spring"),))
    send(transact, tags=())
    transact(happen, tagged, EventKind.CLICK, {"link": "x", "linkTags": {"place": ["footer"]}})
    transact(happen, tagged, EventKind.DELIVERY_DELAY, {"delayType": "General"})
    run(Publisher(store, "tayori.test").tick())
    run(Publisher(store, "tayori.test").tick())
    found = {}
    for one in all_series(transact):
        values = dict(one.dimensions)
        found[one.metric, values["campaign"], values["place"]] = one.total
        assert (values["subject"], values["X-Kind"]) == ("hello", "none")
    assert found == {
        ("Send", "spring", "nowhere"): 1,
        ("Send", "none", "nowhere"): 1,
        ("Click", "spring", "footer"): 1,
        ("DeliveryDelay", "spring", "nowhere"): 1,
    }
    assert outbox(transact) == []


def all_series(transact):
    return transact(metrics.series_of, ACCOUNT, REGION)


def test_a_destination_that_is_off_is_told_nothing(world, transact, run, store):
    transact(listen, TargetKind.EVENTBRIDGE, BUS)
    off = EventDestination(name="it", enabled=False, kinds=("SEND",), target_kind=TargetKind.EVENTBRIDGE, target=BUS)
    transact(event_destinations.update, ACCOUNT, REGION, "set", off, OFFERED)
    send(transact)
    run(Publisher(store, "tayori.test").tick())
    assert outbox(transact) == []


@pytest.mark.parametrize(
    ("kind", "target", "mails"),
    [
        (TargetKind.EVENTBRIDGE, BUS, 0),
        (TargetKind.FIREHOSE, STREAM, 0),
        (TargetKind.CLOUDWATCH, {"DimensionConfigurations": [dimension("campaign")]}, 1),
    ],
)
def test_a_count_alone_does_not_replace_feedback_by_mail(world, transact, run, store, kind, target, mails):
    transact(lambda tx: tx.execute(sa.update(identities).values(feedback_forwarding=False)))
    transact(listen, kind, target, "BOUNCE")
    message_id = send(transact, feedback_address=AddrSpec.parse("back@example.com"))
    recipients = [{"emailAddress": "a@inbox.test", "action": "failed", "status": "5.1.1"}]
    transact(happen, message_id, EventKind.BOUNCE, {"bounceType": "Permanent", "bouncedRecipients": recipients})
    run(Publisher(store, "tayori.test").tick())
    found = transact(notifications.claim, "w", 1000)
    assert len([item for item in found if item.protocol == "feedback"]) == mails
