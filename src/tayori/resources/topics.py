"""Topics of SNS: making and deleting them, who may do what with them, and publishing to their subscribers.

Owns the rows and the texts with which SNS refuses. Publishing only writes: one row of the outbox for each subscriber
whose filter policy wants the message (`notifications`). Who sends them, and how often, is not known here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from tayori import ids
from tayori.model import filter_policy, topic_attributes, topic_policy
from tayori.model.errors import AccessDenied, Invalid, InvalidDestination, Kind, LimitExceeded, NotFound
from tayori.model.filter_policy import FilterScope
from tayori.model.publication import Publication
from tayori.model.topic_arn import TOPIC_NAME, TopicArn
from tayori.model.topic_attributes import Place
from tayori.resources import notifications, subscriptions
from tayori.resources import tags as tags_of
from tayori.resources.notifications import NotificationKind
from tayori.resources.subscriptions import Subscription
from tayori.store.dialect import Hot, upsert
from tayori.store.engine import Tx
from tayori.store.notification_tables import topics
from tayori.store.tables import from_micros

_TOPIC = Hot(
    "SELECT attributes, subscriptions_deleted, created_at FROM topics WHERE account_id = ? AND region = ? AND name = ?"
)
MAX_TOPICS = 100_000  # of an account in a region (sns: quotas)


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """`attributes` are those that were set."""

    arn: TopicArn
    attributes: Mapping[str, str]
    subscriptions_deleted: int
    created_at: datetime

    @property
    def policy(self) -> str:
        return self.attributes.get("Policy") or topic_policy.text_of(
            topic_policy.default(str(self.arn), self.arn.account_id)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who asks: the user of an account."""

    account_id: str
    arn: str


# -- making and deleting -----------------------------------------------------------------------------------------------


def create(tx: Tx, arn: TopicArn, attributes: Mapping[str, str], tags: Mapping[str, str]) -> None:
    """Make it, or see that it is there with the same attributes and tags."""
    if not TOPIC_NAME.fullmatch(arn.name):
        raise Invalid("Invalid parameter: Topic Name")
    kept = {
        name: value
        for name, given in attributes.items()
        if (value := topic_attributes.topic(name, given, Place.AT_CREATION)) is not None
    }
    existing = _find(tx, arn)
    if existing is not None:
        _check_same(tx, existing, kept, tags)
        return
    if _count(tx, arn) >= MAX_TOPICS:
        raise LimitExceeded(f"An account can have at most {MAX_TOPICS} topics.")
    # Of two that create it at the same moment, the second finds it made.
    tx.execute(
        upsert(tx.engine, topics, changes=["name"]).values(
            account_id=arn.account_id,
            region=arn.region,
            name=arn.name,
            attributes=kept,
            subscriptions_deleted=0,
            created_at=tx.now,
        )
    )
    tags_of.put(tx, arn.account_id, arn.region, resource(arn), tags)


def _check_same(tx: Tx, existing: Topic, attributes: Mapping[str, str], tags: Mapping[str, str]) -> None:
    if any(existing.attributes.get(name) != value for name, value in attributes.items()):
        raise Invalid("Invalid parameter: Attributes Reason: Topic already exists with different attributes")
    arn = existing.arn
    has = tags_of.get(tx, arn.account_id, arn.region, resource(arn))
    if any(has.get(key) != value for key, value in tags.items()):
        raise Invalid("Invalid parameter: Tags Reason: Topic already exists with different tags")


def delete(tx: Tx, arn: TopicArn) -> None:
    """With its subscriptions and tags. One that is not there is deleted without a word."""
    tx.execute(topics.delete().where(*_key(arn)))
    subscriptions.forget_all(tx, arn)
    tags_of.forget(tx, arn.account_id, arn.region, resource(arn))


def put_attribute(tx: Tx, arn: TopicArn, name: str, value: str) -> None:
    found = hold(tx, arn)
    kept = topic_attributes.topic(name, value)
    changed = {key: text for key, text in found.attributes.items() if key != name}
    _store(tx, arn, changed if kept is None else {**changed, name: kept})


def add_permission(tx: Tx, arn: TopicArn, label: str, accounts: Sequence[str], actions: Sequence[str]) -> None:
    found = hold(tx, arn)
    policy = topic_policy.with_permission(found.policy, str(arn), label, accounts, actions)
    _store(tx, arn, {**found.attributes, "Policy": policy})


def remove_permission(tx: Tx, arn: TopicArn, label: str) -> None:
    found = hold(tx, arn)
    _store(tx, arn, {**found.attributes, "Policy": topic_policy.without_permission(found.policy, label)})


def _store(tx: Tx, arn: TopicArn, attributes: Mapping[str, str]) -> None:
    tx.execute(topics.update().where(*_key(arn)).values(attributes=dict(attributes)))


# -- looking -----------------------------------------------------------------------------------------------------------


def get(tx: Tx, arn: TopicArn) -> Topic:
    found = _find(tx, arn)
    if found is None:
        raise missing()
    return found


def hold(tx: Tx, arn: TopicArn) -> Topic:
    """The topic; until the end of the transaction nobody else changes it or its subscriptions."""
    tx.execute(sa.select(topics.c.name).where(*_key(arn)).with_for_update())
    return get(tx, arn)


def exists(tx: Tx, arn: TopicArn) -> bool:
    return _find(tx, arn) is not None


def missing() -> NotFound:
    return NotFound("Topic does not exist", Kind.TOPIC)


def for_actor(tx: Tx, arn: TopicArn, actor: Actor, action: str) -> Topic:
    """The topic, where the actor may do `action` with it. A stranger cannot tell a topic that is not there."""
    if arn.account_id == actor.account_id:
        return get(tx, arn)
    found = _find(tx, arn)
    if found is not None and topic_policy.allows_account(
        found.policy, str(arn), account_id=actor.account_id, principal_arn=actor.arn, action=action
    ):
        return found
    raise AccessDenied(
        f"User: {actor.arn} is not authorized to perform: SNS:{action} on resource: {arn} because no resource-based"
        f" policy allows the SNS:{action} action"
    )


def arns(tx: Tx, account_id: str, region: str, *, after: str, limit: int) -> list[TopicArn]:
    rows = tx.execute(
        sa.select(topics.c.name)
        .where(topics.c.account_id == account_id, topics.c.region == region, topics.c.name > after)
        .order_by(topics.c.name)
        .limit(limit)
    )
    return [TopicArn(region=region, account_id=account_id, name=row.name) for row in rows]


def resource(arn: TopicArn) -> str:
    """Under which name its tags are kept."""
    return f"topic/{arn.name}"


def _find(tx: Tx, arn: TopicArn) -> Topic | None:
    """Asked for every event: a hot statement."""
    rows = tx.hot_rows(_TOPIC, (arn.account_id, arn.region, arn.name))
    if not rows:
        return None
    ((attributes, subscriptions_deleted, created_at),) = rows
    return Topic(
        arn=arn,
        attributes=subscriptions.attributes_of(attributes),
        subscriptions_deleted=subscriptions_deleted,
        created_at=from_micros(created_at),
    )


def _count(tx: Tx, arn: TopicArn) -> int:
    of_account = topics.c.account_id == arn.account_id, topics.c.region == arn.region
    return int(tx.execute(sa.select(sa.func.count()).select_from(topics).where(*of_account)).scalar_one())


def _key(arn: TopicArn) -> tuple[sa.ColumnElement[bool], ...]:
    return (topics.c.account_id == arn.account_id, topics.c.region == arn.region, topics.c.name == arn.name)


# -- publishing --------------------------------------------------------------------------------------------------------


def publish(
    tx: Tx,
    account_id: str,
    region: str,
    topic_name: str,
    message: str | Mapping[str, str],
    *,
    subject: str = "",
    attributes: Mapping[str, Mapping[str, str]] | None = None,
    now: datetime | None = None,
) -> str:
    """Hand a message to the subscribers of a topic; its id. Raises NotFound. `message` may hold a text by protocol.

    `attributes` are written as in a notification: name → {Type, Value}. `now` is the transaction's moment.
    """
    topic = get(tx, TopicArn(region=region, account_id=account_id, name=topic_name))
    return publish_to(tx, topic, Publication(message=message, subject=subject, attributes=attributes or {}))


def publish_to(tx: Tx, topic: Topic, publication: Publication) -> str:
    message_id = ids.request_id()
    bodies: dict[str, object] = {}
    for subscription in subscriptions.confirmed(tx, topic.arn):
        text = publication.text_for(subscription.protocol)
        if _wants(subscription, publication, text, bodies):
            _enqueue(tx, topic, subscription, NotificationKind.NOTIFICATION, message_id, publication, text)
    return message_id


def _wants(subscription: Subscription, publication: Publication, text: str, bodies: dict[str, object]) -> bool:
    policy = subscription.attributes.get("FilterPolicy")
    if policy is None:
        return True
    scope = topic_attributes.scope_of(subscription.attributes)
    if scope is FilterScope.BODY and text not in bodies:
        bodies[text] = filter_policy.read_body(text)
    return filter_policy.parse(policy, scope).wants(publication.attributes, bodies.get(text))


def ask_to_confirm(tx: Tx, topic: Topic, subscription: Subscription, kind: NotificationKind) -> None:
    """Send the endpoint its token: to begin a subscription, or to restore one that was ended."""
    text = _CONFIRMATIONS[kind].format(topic=topic.arn, subscription=subscription.arn)
    _enqueue(tx, topic, subscription, kind, ids.request_id(), Publication(message=text), text)


_CONFIRMATIONS = {
    NotificationKind.SUBSCRIPTION_CONFIRMATION: (
        "You have chosen to subscribe to the topic {topic}.\n"
        "To confirm the subscription, visit the SubscribeURL included in this message."
    ),
    NotificationKind.UNSUBSCRIBE_CONFIRMATION: (
        "You have chosen to deactivate subscription {subscription}.\n"
        "To cancel this operation and restore the subscription, visit the SubscribeURL included in this message."
    ),
}


def _enqueue(
    tx: Tx,
    topic: Topic,
    subscription: Subscription,
    kind: NotificationKind,
    message_id: str,
    publication: Publication,
    text: str,
) -> None:
    notifications.enqueue(
        tx,
        account_id=topic.arn.account_id,
        region=topic.arn.region,
        kind=kind,
        topic_arn=str(topic.arn),
        subscription=subscription,
        message_id=message_id,
        subject=publication.subject,
        message=text,
        attributes=publication.attributes,
        raw=subscription.is_raw and kind is NotificationKind.NOTIFICATION,
        topic_attributes=topic.attributes,
    )


# -- SES as publisher --------------------------------------------------------------------------------------------------


def for_ses(tx: Tx, topic_arn: str, *, account_id: str, region: str, source_arn: str) -> Topic:
    """The topic, where SES may publish to it what happens to mail of the account. Raises InvalidDestination."""
    try:
        arn = TopicArn.parse(topic_arn)
    except Invalid as error:
        raise InvalidDestination(f"Invalid SNS topic ARN <{topic_arn[:300]}>.") from error
    if arn.region != region:
        raise InvalidDestination(f"SNS topic <{arn}> must be in the region {region}.")
    found = _find(tx, arn)
    if found is None:
        raise InvalidDestination(f"SNS topic <{arn}> not found.")
    if not topic_policy.allows_ses(found.policy, str(arn), account_id=account_id, source_arn=source_arn):
        raise InvalidDestination(f"Could not publish to SNS topic <{arn}>: its policy does not allow it.")
    return found


def publish_for_ses(
    tx: Tx, topic_arn: str, *, account_id: str, region: str, source_arn: str, message: str, subject: str = ""
) -> str | None:
    """Publish as SES does: its id, or None where the topic is gone or lets SES no longer publish."""
    try:
        topic = for_ses(tx, topic_arn, account_id=account_id, region=region, source_arn=source_arn)
    except InvalidDestination:
        return None
    return publish_to(tx, topic, Publication(message=message, subject=subject))
