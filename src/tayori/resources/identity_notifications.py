"""Topics of identities: which topic is told of an identity's bounces, complaints and deliveries.

Owns their rows and what an address inherits: an address identity that has no topic of its own is told of at the topics
of its domain, or of the domain above that (ses: creating identities, "most specific"). Whether feedback is mailed as
well is a column of the identity; it can be switched off where both bounces and complaints have a topic.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import sqlalchemy as sa

from tayori.model.arn import Arn
from tayori.model.errors import Invalid
from tayori.resources import topics
from tayori.store.dialect import upsert
from tayori.store.engine import Tx
from tayori.store.notification_tables import identity_notifications
from tayori.store.tables import identities


class NotificationType(StrEnum):
    BOUNCE = "Bounce"
    COMPLAINT = "Complaint"
    DELIVERY = "Delivery"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityTopic:
    """Where one kind of notification goes, whose setting it is, and whether it has the headers of the mail."""

    identity: str
    topic_arn: str
    headers_included: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationSettings:
    """What was set for one identity itself."""

    topics: Mapping[NotificationType, str] = field(default_factory=dict)
    with_headers: frozenset[NotificationType] = frozenset()
    forwarding: bool = True


# -- setting -----------------------------------------------------------------------------------------------------------


def put_topic(
    tx: Tx, account_id: str, region: str, identity: str, kind: NotificationType, topic_arn: str | None
) -> None:
    """Set the topic, to which SES's first message goes at once, or clear it."""
    _require(tx, account_id, region, identity)
    if topic_arn:
        source = source_arn(account_id, region, identity)
        topic = topics.for_ses(tx, topic_arn, account_id=account_id, region=region, source_arn=source)
        first = {"notificationType": "AmazonSnsSubscriptionSucceeded", "message": _first(topic_arn, kind, identity)}
        topics.publish(
            tx, topic.arn.account_id, topic.arn.region, topic.arn.name, json.dumps(first, separators=(",", ":"))
        )
    values = {"topic_arn": topic_arn or None, "headers_included": False}
    _put(tx, account_id, region, identity, kind, "topic_arn", values)


def _first(topic_arn: str, kind: NotificationType, identity: str) -> str:
    return (
        f"You have successfully subscribed your Amazon SNS topic '{topic_arn}' to receive '{kind}' notifications from"
        f" Amazon SES for identity '{identity}'."
    )


def put_headers(tx: Tx, account_id: str, region: str, identity: str, kind: NotificationType, *, included: bool) -> None:
    _require(tx, account_id, region, identity)
    _put(tx, account_id, region, identity, kind, "headers_included", {"topic_arn": None, "headers_included": included})


def _put(
    tx: Tx,
    account_id: str,
    region: str,
    identity: str,
    kind: NotificationType,
    change: str,
    values: Mapping[str, str | bool | None],
) -> None:
    statement = upsert(tx.engine, identity_notifications, changes=[change])
    tx.execute(statement.values(account_id=account_id, region=region, identity=identity, kind=kind, **values))


def check_forwarding_can_end(tx: Tx, account_id: str, region: str, identity: str) -> None:
    """Raises Invalid unless bounces and complaints have a topic (ses: v1 SetIdentityFeedbackForwardingEnabled)."""
    found = look(tx, account_id, region, [identity]).get(identity)
    if found is not None and not {NotificationType.BOUNCE, NotificationType.COMPLAINT} <= found.topics.keys():
        raise Invalid(
            f"Feedback forwarding of identity <{identity}> can be disabled only when Amazon SNS topics are set for"
            " both bounces and complaints."
        )


def forget(tx: Tx, account_id: str, region: str, identity: str) -> None:
    """The identity is deleted, and its topics with it."""
    tx.execute(identity_notifications.delete().where(*_of(account_id, region, [identity])))


def _require(tx: Tx, account_id: str, region: str, identity: str) -> None:
    key = identities.c.account_id == account_id, identities.c.region == region, identities.c.identity == identity
    if tx.execute(sa.select(identities.c.identity).where(*key)).first() is None:
        raise Invalid(f"Identity {identity} is invalid. Must be a verified email address or domain.")


def source_arn(account_id: str, region: str, identity: str) -> str:
    """What SES gives as `aws:SourceArn` when it notifies of an identity's mail."""
    return str(Arn(region=region, account_id=account_id, resource_type="identity", name=identity))


# -- looking -----------------------------------------------------------------------------------------------------------


def look(tx: Tx, account_id: str, region: str, names: list[str]) -> dict[str, NotificationSettings]:
    """What was set for each of `names` that is an identity."""
    key = identities.c.account_id == account_id, identities.c.region == region, identities.c.identity.in_(names)
    forwarding = tx.execute(sa.select(identities.c.identity, identities.c.feedback_forwarding).where(*key))
    own = _rows(tx, account_id, region, names)
    return {
        row.identity: NotificationSettings(
            topics={kind: one.topic_arn for kind, one in own.get(row.identity, {}).items() if one.topic_arn},
            with_headers=frozenset(kind for kind, one in own.get(row.identity, {}).items() if one.headers_included),
            forwarding=row.feedback_forwarding,
        )
        for row in forwarding
    }


def topics_of(tx: Tx, account_id: str, region: str, identity: str) -> Mapping[str, IdentityTopic]:
    """Kind → topic, as it holds for mail sent under the identity: its own topics or those that it inherits."""
    names = _above(identity)
    own = _rows(tx, account_id, region, names)
    for name in names:
        found = {str(kind): one for kind, one in own.get(name, {}).items() if one.topic_arn}
        if found:
            return found
    return {}


def _above(identity: str) -> list[str]:
    """An address, its domain, and the domains above it; a domain stands for itself."""
    if "@" not in identity:
        return [identity]
    labels = identity.rpartition("@")[2].split(".")
    return [identity, *(".".join(labels[start:]) for start in range(len(labels)))]


def _rows(tx: Tx, account_id: str, region: str, names: list[str]) -> dict[str, dict[NotificationType, IdentityTopic]]:
    found: dict[str, dict[NotificationType, IdentityTopic]] = {}
    for row in tx.execute(sa.select(identity_notifications).where(*_of(account_id, region, names))):
        found.setdefault(row.identity, {})[NotificationType(row.kind)] = IdentityTopic(
            identity=row.identity, topic_arn=row.topic_arn or "", headers_included=row.headers_included
        )
    return found


def _of(account_id: str, region: str, names: list[str]) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        identity_notifications.c.account_id == account_id,
        identity_notifications.c.region == region,
        identity_notifications.c.identity.in_(names),
    )
