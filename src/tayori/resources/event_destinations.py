"""Event destinations of configuration sets: where the events of mail sent under a set are published.

Owns their rows and the texts with which SES refuses. A destination has one target; what kinds other than topics must
be like, `model.event_target` says. A topic is tried when it is set: SES publishes a sentence to it, and so do we.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tayori.model.arn import Arn
from tayori.model.errors import AlreadyExists, Invalid, Kind, LimitExceeded, NotFound
from tayori.model.event import EventKind
from tayori.model.event_target import Offered, TargetKind, check
from tayori.resources import configuration_sets, topics
from tayori.store.engine import Tx
from tayori.store.notification_tables import event_destinations

MAX_DESTINATIONS = 10  # of one configuration set (ses: quotas)
VALIDATION = "Successfully validated SNS topic for Amazon SES event publishing."
KINDS = tuple(kind.api_name for kind in EventKind)
_NAME = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDestination:
    """`kinds` as v2 of the API spells them; `target` as v2 has it, such as {"TopicArn": …}."""

    name: str
    enabled: bool
    kinds: tuple[str, ...]
    target_kind: TargetKind
    target: Mapping[str, Any]

    def takes(self, kind: EventKind) -> bool:
        return self.enabled and kind.api_name in self.kinds


def one_target(given: Mapping[TargetKind, Mapping[str, Any]]) -> tuple[TargetKind, Mapping[str, Any]]:
    """The one target that a request may name."""
    if not given:
        raise Invalid("Event destination is not provided.")
    if len(given) > 1:
        raise Invalid(
            "Please provide only one destination with each request. Either a Firehose Destination or a Cloudwatch"
            " Destination or an SNS Destination or an EventBridge Destination."
        )
    ((kind, target),) = given.items()
    return kind, target


_TOPICS_ONLY = Offered()


def create(
    tx: Tx,
    account_id: str,
    region: str,
    configuration_set: str,
    wanted: EventDestination,
    offered: Offered = _TOPICS_ONLY,
) -> None:
    """`offered` is what else than topics the operator has set up."""
    _check(wanted)
    _require_set(tx, account_id, region, configuration_set)
    known = of_set(tx, account_id, region, configuration_set)
    if any(one.name == wanted.name for one in known):
        raise AlreadyExists(
            f"An event destination with name <{wanted.name}> already exists for configuration set"
            f" <{configuration_set}>.",
            Kind.EVENT_DESTINATION,
        )
    if len(known) >= MAX_DESTINATIONS:
        raise LimitExceeded(
            f"Configuration set <{configuration_set}> has reached the limit of {MAX_DESTINATIONS} event destinations."
        )
    _try(tx, account_id, region, configuration_set, wanted, offered)
    key = {"account_id": account_id, "region": region, "configuration_set": configuration_set, "name": wanted.name}
    tx.execute(event_destinations.insert().values(**key, created_at=tx.now, **_values(wanted)))


def update(
    tx: Tx,
    account_id: str,
    region: str,
    configuration_set: str,
    wanted: EventDestination,
    offered: Offered = _TOPICS_ONLY,
) -> None:
    """Replace it whole, its target, too."""
    _check(wanted)
    _require_set(tx, account_id, region, configuration_set)
    _require(tx, account_id, region, configuration_set, wanted.name)
    _try(tx, account_id, region, configuration_set, wanted, offered)
    condition = (*_of(account_id, region, configuration_set), event_destinations.c.name == wanted.name)
    tx.execute(event_destinations.update().where(*condition).values(**_values(wanted)))


def delete(tx: Tx, account_id: str, region: str, configuration_set: str, name: str) -> None:
    _require_set(tx, account_id, region, configuration_set)
    _require(tx, account_id, region, configuration_set, name)
    condition = (*_of(account_id, region, configuration_set), event_destinations.c.name == name)
    tx.execute(event_destinations.delete().where(*condition))


def listed(tx: Tx, account_id: str, region: str, configuration_set: str) -> tuple[EventDestination, ...]:
    """Those of a set that must exist."""
    _require_set(tx, account_id, region, configuration_set)
    return of_set(tx, account_id, region, configuration_set)


def of_set(tx: Tx, account_id: str, region: str, configuration_set: str) -> tuple[EventDestination, ...]:
    rows = tx.execute(
        sa.select(event_destinations)
        .where(*_of(account_id, region, configuration_set))
        .order_by(event_destinations.c.created_at, event_destinations.c.name)
    )
    return tuple(
        EventDestination(
            name=row.name,
            enabled=row.enabled,
            kinds=tuple(row.kinds),
            target_kind=TargetKind(row.target_kind),
            target=row.target,
        )
        for row in rows
    )


def _values(wanted: EventDestination) -> dict[str, Any]:
    return {
        "enabled": wanted.enabled,
        "kinds": list(wanted.kinds),
        "target_kind": wanted.target_kind,
        "target": dict(wanted.target),
    }


def _check(wanted: EventDestination) -> None:
    if len(wanted.name) > 64:
        raise Invalid("Event destination name cannot exceed 64 characters.")
    if not _NAME.fullmatch(wanted.name):
        raise Invalid(
            f"Invalid event destination name <{wanted.name[:64]}>: only alphanumeric ASCII characters, '_', and '-'"
            " are allowed."
        )
    if not wanted.kinds:
        raise Invalid("At least one event type must be specified.")


def _try(
    tx: Tx, account_id: str, region: str, configuration_set: str, wanted: EventDestination, offered: Offered
) -> None:
    """Check the target, and publish SES's sentence to a topic; raises InvalidDestination where it cannot be done."""
    if wanted.target_kind is not TargetKind.SNS:
        check(wanted.target_kind, wanted.target, account_id, region, offered)
        return
    source = source_arn(account_id, region, configuration_set)
    topic = topics.for_ses(tx, wanted.target["TopicArn"], account_id=account_id, region=region, source_arn=source)
    topics.publish(tx, topic.arn.account_id, topic.arn.region, topic.arn.name, VALIDATION)


def source_arn(account_id: str, region: str, configuration_set: str) -> str:
    """What SES gives as `aws:SourceArn` when it publishes the events of a set."""
    return str(Arn(region=region, account_id=account_id, resource_type="configuration-set", name=configuration_set))


def _require_set(tx: Tx, account_id: str, region: str, configuration_set: str) -> None:
    if not configuration_sets.exists(tx, account_id, region, configuration_set):
        raise configuration_sets.missing(configuration_set)


def _require(tx: Tx, account_id: str, region: str, configuration_set: str, name: str) -> None:
    if not any(one.name == name for one in of_set(tx, account_id, region, configuration_set)):
        raise NotFound(
            f"An event destination with name <{name}> does not exist for configuration set <{configuration_set}>.",
            Kind.EVENT_DESTINATION,
        )


def _of(account_id: str, region: str, configuration_set: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        event_destinations.c.account_id == account_id,
        event_destinations.c.region == region,
        event_destinations.c.configuration_set == configuration_set,
    )
