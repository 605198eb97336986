"""Subscriptions of topics: who gets what is published, once they have confirmed that they want it.

Owns their rows and the texts with which SNS refuses. A subscription belongs to its topic's account and region; `owner`
is the account that subscribed. It waits for its confirmation for three days; one that was ended by whoever holds the
link can be restored for as long. A queue of the topic's own account needs no confirmation. That the topic is there, and
that somebody may do this, is the caller's to see to.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from tayori.mail.address import AddressError, AddrSpec
from tayori.model import topic_attributes
from tayori.model.errors import Invalid, Kind, LimitExceeded, NotFound, NotOffered, TooManyFilters
from tayori.model.topic_arn import SubscriptionArn, TopicArn
from tayori.model.topic_attributes import Place
from tayori.store.dialect import Hot
from tayori.store.engine import Tx
from tayori.store.notification_tables import subscriptions, topics
from tayori.store.tables import from_micros, to_micros

_CONFIRMED = Hot(
    "SELECT subscription_id, protocol, endpoint, token, token_expires_at, attributes, owner, principal,"
    " confirmed_by_owner, needs_owner_to_leave, created_at FROM subscriptions"
    " WHERE account_id = ? AND region = ? AND topic = ? AND state = 'confirmed'"
)
TOKEN_LIFETIME = timedelta(days=3)
_FORGET = Hot("DELETE FROM subscriptions WHERE state <> 'confirmed' AND token_expires_at <= ?")
MAX_SUBSCRIPTIONS = 10_000  # of one topic: a publication is one transaction
MAX_FILTERS = 200  # filter policies of one topic (sns: quotas)
_MAX_ENDPOINT = 2048
_OF_OTHERS = {
    "sms": "Text messages (sms)",
    "lambda": "AWS Lambda functions",
    "application": "Mobile push (application)",
    "firehose": "Firehose delivery streams",
}
_PROTOCOLS = ("http", "https", "email", "email-json", "sqs")


class State(StrEnum):
    PENDING = "pending"
    CONFIRMED = "confirmed"
    DELETED = "deleted"  # by the link of a notification: a confirmation restores it


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    account_id: str  # of the topic
    region: str
    topic: str
    subscription_id: str
    protocol: str
    endpoint: str
    state: State
    token: str
    token_expires_at: datetime
    attributes: Mapping[str, str]
    owner: str
    principal: str
    confirmed_by_owner: bool
    needs_owner_to_leave: bool
    created_at: datetime

    @property
    def topic_arn(self) -> TopicArn:
        return TopicArn(region=self.region, account_id=self.account_id, name=self.topic)

    @property
    def arn(self) -> SubscriptionArn:
        return SubscriptionArn(topic=self.topic_arn, subscription_id=self.subscription_id)

    @property
    def is_confirmed(self) -> bool:
        return self.state is State.CONFIRMED

    @property
    def is_raw(self) -> bool:
        return self.attributes.get("RawMessageDelivery") == "true"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubscription:
    """What Subscribe asks for. `subscription_id` and `token` are for the case that there is none of that endpoint."""

    protocol: str
    endpoint: str
    owner: str
    principal: str
    subscription_id: str
    token: str
    attributes: Mapping[str, str] = field(default_factory=dict)


# -- subscribing -------------------------------------------------------------------------------------------------------


def subscribe(tx: Tx, topic: TopicArn, wanted: NewSubscription) -> tuple[Subscription, bool]:
    """The subscription of that endpoint, and whether it is new or still waits: then it is to be told how to confirm.

    An endpoint has one subscription to a topic: asked for again it is the same, with the same attributes or an error.
    """
    endpoint = checked_endpoint(wanted.protocol, wanted.endpoint)
    attributes = _attributes(wanted)
    forget_expired(tx, topic)
    existing = _of_endpoint(tx, topic, wanted.protocol, endpoint)
    if existing is not None and existing.state is not State.DELETED:
        return _again(tx, existing, wanted, attributes)
    if existing is not None:
        tx.execute(subscriptions.delete().where(*_key(existing.arn)))
    if _count(tx, topic) >= MAX_SUBSCRIPTIONS:
        raise LimitExceeded(f"A topic can have at most {MAX_SUBSCRIPTIONS} subscriptions.")
    if "FilterPolicy" in attributes:
        _check_room_for_filter(tx, topic)
    is_own_queue = wanted.protocol == "sqs" and wanted.owner == topic.account_id == endpoint.split(":")[4]
    tx.execute(
        subscriptions.insert().values(
            account_id=topic.account_id,
            region=topic.region,
            topic=topic.name,
            subscription_id=wanted.subscription_id,
            protocol=wanted.protocol,
            endpoint=endpoint,
            state=State.CONFIRMED if is_own_queue else State.PENDING,
            token=wanted.token,
            token_expires_at=tx.now + TOKEN_LIFETIME,
            attributes=attributes,
            owner=wanted.owner,
            principal=wanted.principal,
            confirmed_by_owner=is_own_queue,
            needs_owner_to_leave=False,
            created_at=tx.now,
        )
    )
    made = get(tx, SubscriptionArn(topic=topic, subscription_id=wanted.subscription_id))
    return made, not made.is_confirmed


def _check_room_for_filter(tx: Tx, topic: TopicArn) -> None:
    has_filter = sa.cast(subscriptions.c.attributes, sa.Text).like('%"FilterPolicy":%')
    statement = sa.select(sa.func.count()).select_from(subscriptions).where(*_of(topic), has_filter)
    if tx.execute(statement).scalar_one() >= MAX_FILTERS:
        raise TooManyFilters(f"A topic can have at most {MAX_FILTERS} filter policies.")


def _again(
    tx: Tx, existing: Subscription, wanted: NewSubscription, attributes: Mapping[str, str]
) -> tuple[Subscription, bool]:
    if any(existing.attributes.get(name) != value for name, value in attributes.items()):
        raise Invalid("Invalid parameter: Attributes Reason: Subscription already exists with different attributes")
    if existing.is_confirmed:
        return existing, False
    values = {"token": wanted.token, "token_expires_at": tx.now + TOKEN_LIFETIME}
    tx.execute(subscriptions.update().where(*_key(existing.arn)).values(**values))
    return get(tx, existing.arn), True


def _attributes(wanted: NewSubscription) -> dict[str, str]:
    kept = {
        name: value
        for name, given in wanted.attributes.items()
        if (value := topic_attributes.subscription(name, given, wanted.protocol, Place.AT_CREATION)) is not None
    }
    topic_attributes.check_filter(kept, Place.AT_CREATION)
    return kept


def checked_endpoint(protocol: str, endpoint: str) -> str:
    """Raises Invalid, in SNS's words, where a notification could never go there."""
    if protocol in _OF_OTHERS:
        raise NotOffered(
            f"{_OF_OTHERS[protocol]} cannot be subscribed to a topic here. Subscribe {', '.join(_PROTOCOLS)} instead."
        )
    if protocol not in _PROTOCOLS:
        raise Invalid(f"Invalid parameter: Amazon SNS does not support this protocol string: {_shown(protocol)}")
    if not endpoint:
        raise Invalid("Invalid parameter: Endpoint Reason: no value for required parameter")
    if len(endpoint) > _MAX_ENDPOINT or not endpoint.isprintable():
        raise Invalid("Invalid parameter: Endpoint")
    if protocol in ("http", "https"):
        return _url(protocol, endpoint)
    if protocol == "sqs":
        return _queue(endpoint)
    try:
        return str(AddrSpec.parse(endpoint))
    except AddressError as error:
        raise Invalid("Invalid parameter: Email address") from error


def _url(protocol: str, endpoint: str) -> str:
    if not endpoint.startswith(f"{protocol}://"):
        raise Invalid("Invalid parameter: Endpoint must match the specified protocol")
    try:
        parts = urlsplit(endpoint)
        is_right = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_right = False
    if not is_right or " " in endpoint:
        raise Invalid("Invalid parameter: Endpoint")
    return endpoint


def _queue(endpoint: str) -> str:
    if not topic_attributes.is_queue(endpoint):
        raise Invalid("Invalid parameter: SQS endpoint ARN")
    if endpoint.endswith(".fifo"):
        raise Invalid(
            "Invalid parameter: Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard"
            " SNS topics"
        )
    return endpoint


def _shown(text: str) -> str:
    return "".join(character if character.isprintable() else "\ufffd" for character in text[:100])


# -- confirming and leaving --------------------------------------------------------------------------------------------


def confirm(
    tx: Tx, topic: TopicArn, token: str, *, by_account: str, needs_owner_to_leave: bool = False
) -> Subscription:
    """The holder of the token wants the subscription. `by_account` is "" where the request was not signed.

    SNS goes by the token and by the region of the topic's ARN; asked again it gives the same answer.
    """
    if not _is_token(token):
        raise Invalid("Invalid token")
    row = tx.execute(sa.select(subscriptions).where(subscriptions.c.token == token)).first()
    if row is None or row.token_expires_at <= tx.now:
        raise Invalid("Invalid parameter: Token")
    found = _from_row(row)
    if found.region != topic.region:
        raise Invalid("Invalid parameter: Topic")
    if found.is_confirmed:
        return found
    tx.execute(
        subscriptions.update()
        .where(*_key(found.arn))
        .values(
            state=State.CONFIRMED,
            confirmed_by_owner=by_account in (found.owner, found.account_id),
            needs_owner_to_leave=needs_owner_to_leave and bool(by_account),
        )
    )
    return get(tx, found.arn)


def _is_token(token: str) -> bool:
    return len(token) == 288 and all(character in "0123456789abcdef" for character in token)


def leave(tx: Tx, arn: SubscriptionArn, token: str) -> Subscription | None:
    """Whoever holds the link ends the subscription; `token` restores it. None where there is nothing to end."""
    found = find(tx, arn)
    if found is None or not found.is_confirmed:
        return None
    values = {"state": State.DELETED, "token": token, "token_expires_at": tx.now + TOKEN_LIFETIME}
    tx.execute(subscriptions.update().where(*_key(arn)).values(**values))
    _count_deleted(tx, arn.topic)
    return get(tx, arn)


def delete(tx: Tx, arn: SubscriptionArn) -> None:
    """The owner ends it, and for good. One that is not there is deleted without a word."""
    if tx.execute(subscriptions.delete().where(*_key(arn))).rowcount:
        _count_deleted(tx, arn.topic)


def _count_deleted(tx: Tx, topic: TopicArn) -> None:
    key = topics.c.account_id == topic.account_id, topics.c.region == topic.region, topics.c.name == topic.name
    tx.execute(topics.update().where(*key).values(subscriptions_deleted=topics.c.subscriptions_deleted + 1))


def forget_all(tx: Tx, topic: TopicArn) -> None:
    """The topic is deleted, and its subscriptions with it."""
    tx.execute(subscriptions.delete().where(*_of(topic)))


def forget_expired(tx: Tx, topic: TopicArn) -> None:
    """What was not confirmed in time is as if it had never been."""
    tx.execute(
        subscriptions.delete().where(
            *_of(topic), subscriptions.c.state != State.CONFIRMED, subscriptions.c.token_expires_at <= tx.now
        )
    )


def forget_old(tx: Tx) -> None:
    """Of all topics, what was not confirmed in time."""
    tx.hot(_FORGET, [(to_micros(tx.now),)])


# -- attributes --------------------------------------------------------------------------------------------------------


def put_attribute(tx: Tx, arn: SubscriptionArn, name: str, value: str) -> None:
    put_attributes(tx, arn, {name: value})


def put_attributes(tx: Tx, arn: SubscriptionArn, values: Mapping[str, str]) -> None:
    """All or none: a filter policy and the scope that it is written for can only change together."""
    tx.execute(sa.select(subscriptions.c.subscription_id).where(*_key(arn)).with_for_update())
    found = get(tx, arn)
    changed = {key: text for key, text in found.attributes.items() if key not in values}
    for name, value in values.items():
        kept = topic_attributes.subscription(name, value, found.protocol)
        if kept is not None:
            changed[name] = kept
    topic_attributes.check_filter(changed)
    if "FilterPolicy" in changed and "FilterPolicy" not in found.attributes:
        _check_room_for_filter(tx, arn.topic)
    tx.execute(subscriptions.update().where(*_key(arn)).values(attributes=changed))


# -- looking -----------------------------------------------------------------------------------------------------------


def find(tx: Tx, arn: SubscriptionArn) -> Subscription | None:
    """None also for one that was ended."""
    row = tx.execute(sa.select(subscriptions).where(*_key(arn))).first()
    return None if row is None or row.state == State.DELETED else _from_row(row)


def get(tx: Tx, arn: SubscriptionArn) -> Subscription:
    row = tx.execute(sa.select(subscriptions).where(*_key(arn))).first()
    if row is None:
        raise NotFound("Subscription does not exist", Kind.SUBSCRIPTION)
    return _from_row(row)


def page(tx: Tx, owner: str, region: str, *, after: tuple[str, str], limit: int) -> list[Subscription]:
    """Those of one account, by topic and id, from the first one behind `after`."""
    place = sa.tuple_(subscriptions.c.topic, subscriptions.c.subscription_id)
    return _listed(
        tx,
        sa.select(subscriptions)
        .where(
            subscriptions.c.owner == owner,
            subscriptions.c.region == region,
            subscriptions.c.state != State.DELETED,
            place > sa.tuple_(*after),
        )
        .order_by(subscriptions.c.topic, subscriptions.c.subscription_id)
        .limit(limit),
    )


def page_of_topic(tx: Tx, topic: TopicArn, *, after: str, limit: int) -> list[Subscription]:
    return _listed(
        tx,
        sa.select(subscriptions)
        .where(*_of(topic), subscriptions.c.state != State.DELETED, subscriptions.c.subscription_id > after)
        .order_by(subscriptions.c.subscription_id)
        .limit(limit),
    )


def counts(tx: Tx, topic: TopicArn) -> dict[State, int]:
    rows = tx.execute(
        sa.select(subscriptions.c.state, sa.func.count().label("number"))
        .where(*_of(topic), sa.or_(subscriptions.c.state == State.CONFIRMED, subscriptions.c.token_expires_at > tx.now))
        .group_by(subscriptions.c.state)
    )
    return {State(row.state): row.number for row in rows}


def _listed(tx: Tx, statement: sa.Select[Any]) -> list[Subscription]:
    return [_from_row(row) for row in tx.execute(statement)]


def confirmed(tx: Tx, topic: TopicArn) -> Iterator[Subscription]:
    """Everybody who is to get what is published to the topic. Asked for every event: a hot statement."""
    for row in tx.hot_rows(_CONFIRMED, (topic.account_id, topic.region, topic.name)):
        yield Subscription(
            account_id=topic.account_id,
            region=topic.region,
            topic=topic.name,
            subscription_id=row[0],
            protocol=row[1],
            endpoint=row[2],
            state=State.CONFIRMED,
            token=row[3],
            token_expires_at=from_micros(row[4]),
            attributes=attributes_of(row[5]),
            owner=row[6],
            principal=row[7],
            confirmed_by_owner=bool(row[8]),
            needs_owner_to_leave=bool(row[9]),
            created_at=from_micros(row[10]),
        )


@lru_cache(maxsize=4096)
def attributes_of(text: str) -> Mapping[str, str]:
    """The attributes column of a topic or a subscription, as it stands in the row."""
    return MappingProxyType(json.loads(text))


def _count(tx: Tx, topic: TopicArn) -> int:
    return int(tx.execute(sa.select(sa.func.count()).select_from(subscriptions).where(*_of(topic))).scalar_one())


def _of_endpoint(tx: Tx, topic: TopicArn, protocol: str, endpoint: str) -> Subscription | None:
    condition = subscriptions.c.protocol == protocol, subscriptions.c.endpoint == endpoint
    row = tx.execute(sa.select(subscriptions).where(*_of(topic), *condition)).first()
    return None if row is None else _from_row(row)


def _of(topic: TopicArn) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        subscriptions.c.account_id == topic.account_id,
        subscriptions.c.region == topic.region,
        subscriptions.c.topic == topic.name,
    )


def _key(arn: SubscriptionArn) -> tuple[sa.ColumnElement[bool], ...]:
    return (*_of(arn.topic), subscriptions.c.subscription_id == arn.subscription_id)


def _from_row(row: sa.Row[Any]) -> Subscription:
    values = row._mapping
    return Subscription(**{**values, "state": State(values["state"])})
