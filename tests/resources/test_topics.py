"""Topics and subscriptions in rows: publishing, filters, tokens, inheritance, on both databases."""

import asyncio
import json
from typing import Any

import pytest
import sqlalchemy as sa

import population
from population import ACCOUNT, REGION
from tayori import ids
from tayori.model.errors import AccessDenied, Invalid, InvalidDestination, LimitExceeded, NotFound, TooManyFilters
from tayori.model.event import EventKind
from tayori.model.event_target import TargetKind
from tayori.model.topic_arn import TopicArn
from tayori.resources import configuration_sets, event_destinations, identity_notifications, subscriptions, topics
from tayori.resources.configuration_sets import ConfigurationSet
from tayori.resources.event_destinations import EventDestination
from tayori.resources.identity_notifications import NotificationType
from tayori.resources.settings import Settings
from tayori.resources.subscriptions import NewSubscription, State, Subscription
from tayori.resources.topics import Actor
from tayori.store.engine import Store, Tx
from tayori.store.notification_tables import notifications
from tayori.store.notification_tables import subscriptions as table

ARN = TopicArn(region=REGION, account_id=ACCOUNT, name="events")
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:feedback"
HOOK = "https://hooks.example.com/"
OTHER = "999900001111"


def new(protocol: str = "sqs", endpoint: str = QUEUE, **changes: Any) -> NewSubscription:
    values = {
        "protocol": protocol,
        "endpoint": endpoint,
        "owner": ACCOUNT,
        "principal": f"arn:aws:iam::{ACCOUNT}:user/app",
        "subscription_id": ids.request_id(),
        "token": ids.subscription_token(),
    }
    return NewSubscription(**{**values, **changes})


@pytest.fixture
def topic(transact: Any) -> TopicArn:
    transact(topics.create, ARN, {}, {})
    return ARN


def waiting(tx: Tx) -> list[tuple[str, str]]:
    """(endpoint, message) of each notification."""
    order = notifications.c.created_at, notifications.c.endpoint
    rows = tx.execute(sa.select(notifications.c.endpoint, notifications.c.envelope).order_by(*order))
    return [(row.endpoint, json.loads(row.envelope)["message"]) for row in rows]


def test_publishing_leaves_the_caches_of_settings_alone(transact: Any, topic: TopicArn) -> None:
    transact(subscriptions.subscribe, topic, new())

    def publish(tx: Tx) -> bool:
        topics.publish(tx, ACCOUNT, REGION, "events", "hello", subject="Hi", attributes={"a": {}})
        return tx.settings_changed

    assert transact(publish) is False
    assert transact(waiting) == [(QUEUE, "hello")]


def test_publishing_to_a_topic_that_is_not_there(transact: Any) -> None:
    with pytest.raises(NotFound, match="Topic does not exist"):
        transact(topics.publish, ACCOUNT, REGION, "events", "hello")


def test_each_protocol_gets_its_text(transact: Any, topic: TopicArn) -> None:
    transact(subscriptions.subscribe, topic, new())
    hook, _ = transact(subscriptions.subscribe, topic, new("https", HOOK))
    transact(subscriptions.confirm, topic, hook.token, by_account="")
    transact(topics.publish, ACCOUNT, REGION, "events", {"default": "all", "https": "hook"})
    assert sorted(transact(waiting)) == [(QUEUE, "all"), (HOOK, "hook")]


def crowd(tx: Tx, count: int) -> None:
    """So many queues that listen for bounces."""
    attributes = {"FilterPolicy": '{"eventType":["Bounce"]}', "FilterPolicyScope": "MessageBody"}
    first, _ = subscriptions.subscribe(tx, ARN, new(endpoint=f"{QUEUE}0", attributes=attributes))
    row = {name: getattr(first, name) for name in table.c.keys()}  # noqa: SIM118
    rows = [{**row, "subscription_id": ids.request_id(), "endpoint": f"{QUEUE}{n}"} for n in range(1, count)]
    tx.execute(table.insert(), rows)


def test_a_topic_has_room_for_so_many(transact: Any, topic: TopicArn) -> None:
    transact(crowd, subscriptions.MAX_SUBSCRIPTIONS)
    with pytest.raises(LimitExceeded):
        transact(subscriptions.subscribe, topic, new(endpoint=f"{QUEUE}-more"))


def test_a_thousand_subscribers_are_one_transaction(transact: Any, topic: TopicArn) -> None:
    transact(crowd, 1000)
    transact(topics.publish, ACCOUNT, REGION, "events", '{"eventType":"Bounce"}')
    transact(topics.publish, ACCOUNT, REGION, "events", '{"eventType":"Send"}')
    assert {message for _, message in transact(waiting)} == {'{"eventType":"Bounce"}'}
    assert len(transact(waiting)) == 1000


def test_filter_policies_are_limited(transact: Any, topic: TopicArn) -> None:
    transact(crowd, subscriptions.MAX_FILTERS)
    attributes = {"FilterPolicy": '{"kind":["x"]}'}
    with pytest.raises(TooManyFilters):
        transact(subscriptions.subscribe, topic, new(endpoint=f"{QUEUE}-more", attributes=attributes))
    plain, _ = transact(subscriptions.subscribe, topic, new(endpoint=f"{QUEUE}-more"))
    with pytest.raises(TooManyFilters):
        transact(subscriptions.put_attribute, plain.arn, "FilterPolicy", '{"kind":["x"]}')
    (first, *_) = transact(subscriptions.page_of_topic, topic, after="", limit=1)
    filtered = (
        first
        if "FilterPolicy" in first.attributes
        else transact(subscriptions.page_of_topic, topic, after=first.subscription_id, limit=1)[0]
    )
    transact(subscriptions.put_attribute, filtered.arn, "FilterPolicy", '{"eventType":["Send"]}')


def test_what_nobody_confirmed_is_forgotten(transact: Any, topic: TopicArn, clock: Any) -> None:
    transact(subscriptions.subscribe, topic, new("https", HOOK))
    transact(subscriptions.subscribe, topic, new())
    transact(subscriptions.forget_old)
    assert len(transact(subscriptions.page_of_topic, topic, after="", limit=9)) == 2
    clock.advance(subscriptions.TOKEN_LIFETIME.total_seconds())
    transact(subscriptions.forget_old)
    (left,) = transact(subscriptions.page_of_topic, topic, after="", limit=9)
    assert left.protocol == "sqs"


def test_at_the_same_moment(store: Store, run: Any) -> None:
    """Of many who create one topic, or subscribe one endpoint, all find the same."""

    def subscribe(tx: Tx) -> str:
        topics.hold(tx, ARN)
        return str(subscriptions.subscribe(tx, ARN, new("https", HOOK))[0].arn)

    async def crowd_in() -> set[str]:
        await asyncio.gather(*(store.write(topics.create, ARN, {"DisplayName": "x"}, {}) for _ in range(8)))
        return set(await asyncio.gather(*(store.write(subscribe) for _ in range(8))))

    assert len(run(crowd_in())) == 1


class TestConfirmation:
    def test_of_whom(self, transact: Any, topic: TopicArn) -> None:
        own, is_asked = transact(subscriptions.subscribe, topic, new())
        assert (own.state, is_asked, own.confirmed_by_owner) == (State.CONFIRMED, False, True)
        foreign, is_asked = transact(subscriptions.subscribe, topic, new(endpoint=QUEUE.replace(ACCOUNT, OTHER)))
        assert (foreign.state, is_asked) == (State.PENDING, True)
        done = transact(subscriptions.confirm, topic, foreign.token, by_account=OTHER)
        assert (done.state, done.confirmed_by_owner) == (State.CONFIRMED, False)

    def test_leaving_and_coming_back(self, transact: Any, topic: TopicArn) -> None:
        found = self._confirmed(transact, topic)
        token = ids.subscription_token()
        assert transact(subscriptions.leave, found.arn, token) is not None
        assert transact(subscriptions.leave, found.arn, token) is None
        assert transact(subscriptions.find, found.arn) is None
        assert transact(topics.get, topic).subscriptions_deleted == 1
        transact(topics.publish, ACCOUNT, REGION, "events", "nobody hears it")
        assert transact(waiting) == []
        assert transact(subscriptions.confirm, topic, token, by_account="").arn == found.arn
        again, is_asked = transact(subscriptions.subscribe, topic, new("https", HOOK))
        assert (again.arn, is_asked) == (found.arn, False)

    def test_whoever_left_can_subscribe_anew(self, transact: Any, topic: TopicArn) -> None:
        found = self._confirmed(transact, topic)
        transact(subscriptions.leave, found.arn, ids.subscription_token())
        again, is_asked = transact(subscriptions.subscribe, topic, new("https", HOOK))
        assert again.arn != found.arn
        assert is_asked

    def test_what_is_not_restored_in_time_is_gone(self, transact: Any, topic: TopicArn, clock: Any) -> None:
        found = self._confirmed(transact, topic)
        token = ids.subscription_token()
        transact(subscriptions.leave, found.arn, token)
        clock.advance(subscriptions.TOKEN_LIFETIME.total_seconds())
        with pytest.raises(Invalid, match="Invalid parameter: Token"):
            transact(subscriptions.confirm, topic, token, by_account="")
        transact(subscriptions.forget_expired, topic)
        assert transact(subscriptions.counts, topic) == {}

    @staticmethod
    def _confirmed(transact: Any, topic: TopicArn) -> Subscription:
        found, _ = transact(subscriptions.subscribe, topic, new("https", HOOK))
        return transact(subscriptions.confirm, topic, found.token, by_account="")


class TestPermission:
    def test_who_may(self, transact: Any, topic: TopicArn) -> None:
        stranger = Actor(account_id=OTHER, arn=f"arn:aws:iam::{OTHER}:user/app")
        with pytest.raises(AccessDenied):
            transact(topics.for_actor, topic, stranger, "Publish")
        transact(topics.add_permission, topic, "them", [OTHER], ["Publish"])
        assert transact(topics.for_actor, topic, stranger, "Publish").arn == topic
        with pytest.raises(AccessDenied):
            transact(topics.for_actor, topic, stranger, "Subscribe")
        transact(topics.remove_permission, topic, "them")
        with pytest.raises(AccessDenied):
            transact(topics.for_actor, topic, stranger, "Publish")

    def test_ses_publishes_where_the_policy_lets_it(self, transact: Any, topic: TopicArn) -> None:
        transact(subscriptions.subscribe, topic, new())
        request = {"account_id": ACCOUNT, "region": REGION, "source_arn": "arn:x", "message": "event"}
        assert transact(topics.publish_for_ses, str(topic), **request)
        assert transact(topics.publish_for_ses, str(topic), **{**request, "account_id": OTHER}) is None
        transact(topics.remove_permission, topic, "__default_statement_ID")
        assert transact(topics.publish_for_ses, str(topic), **request) is None
        assert len(transact(waiting)) == 1


def destination(*kinds: str, enabled: bool = True, topic: TopicArn = ARN) -> EventDestination:
    return EventDestination(
        name="all", enabled=enabled, kinds=kinds, target_kind=TargetKind.SNS, target={"TopicArn": str(topic)}
    )


class TestDestinations:
    @pytest.fixture(autouse=True)
    def configuration_set(self, transact: Any, topic: TopicArn) -> None:
        transact(configuration_sets.create, ACCOUNT, REGION, ConfigurationSet(name="news"))

    def test_who_is_told(self, transact: Any) -> None:
        settings = Settings()

        def asked(tx: Tx, kind: EventKind, region: str = REGION) -> list[str]:
            settings.refresh(tx)
            return [one.name for one in settings.destinations_for(tx, ACCOUNT, region, "news", kind)]

        assert transact(asked, EventKind.BOUNCE) == []
        transact(event_destinations.create, ACCOUNT, REGION, "news", destination("BOUNCE", "RENDERING_FAILURE"))
        assert transact(asked, EventKind.BOUNCE) == ["all"]
        assert transact(asked, EventKind.RENDERING_FAILURE) == ["all"]
        assert transact(asked, EventKind.SEND) == []
        assert transact(asked, EventKind.BOUNCE, "eu-west-1") == []
        transact(event_destinations.update, ACCOUNT, REGION, "news", destination("BOUNCE", enabled=False))
        assert transact(asked, EventKind.BOUNCE) == []

    def test_a_topic_that_cannot_be_told_changes_nothing(self, transact: Any) -> None:
        gone = TopicArn(region=REGION, account_id=ACCOUNT, name="gone")
        with pytest.raises(InvalidDestination):
            transact(event_destinations.create, ACCOUNT, REGION, "news", destination("BOUNCE", topic=gone))
        assert transact(event_destinations.listed, ACCOUNT, REGION, "news") == ()


class TestIdentities:
    @pytest.fixture(autouse=True)
    def known(self, transact: Any, topic: TopicArn) -> None:
        for name in ("example.com", "sub.example.com", "me@sub.example.com", "you@example.com"):
            transact(population.identity, name)

    def test_an_address_inherits_until_it_has_a_topic_of_its_own(self, transact: Any) -> None:
        settings = Settings()

        def asked(tx: Tx, identity: str, kind: EventKind = EventKind.BOUNCE) -> str:
            settings.refresh(tx)
            found = settings.topic_for(tx, ACCOUNT, REGION, identity, kind)
            return found.topic_arn.rpartition(":")[2] if found else ""

        def put(tx: Tx, identity: str, name: str, kind: NotificationType = NotificationType.BOUNCE) -> None:
            arn = TopicArn(region=REGION, account_id=ACCOUNT, name=name)
            topics.create(tx, arn, {}, {})
            identity_notifications.put_topic(tx, ACCOUNT, REGION, identity, kind, str(arn))

        transact(put, "example.com", "parent")
        assert transact(asked, "me@sub.example.com") == "parent"
        assert transact(asked, "sub.example.com") == ""
        transact(put, "sub.example.com", "child")
        assert transact(asked, "me@sub.example.com") == "child"
        assert transact(asked, "you@example.com") == "parent"
        transact(put, "me@sub.example.com", "own", NotificationType.DELIVERY)
        assert transact(asked, "me@sub.example.com") == ""
        assert transact(asked, "me@sub.example.com", EventKind.DELIVERY) == "own"
        assert transact(asked, "me@sub.example.com", EventKind.SEND) == ""
        transact(
            identity_notifications.put_topic, ACCOUNT, REGION, "me@sub.example.com", NotificationType.DELIVERY, None
        )
        assert transact(asked, "me@sub.example.com") == "child"
