"""What the targets of event destinations, other than topics, are given of an event: rows of the outbox, or counts.

Owns which form each kind of target gets. The forms are made outside of a transaction and handed over inside of it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tayori import ids
from tayori.events import eventbridge_endpoint, firehose_endpoint
from tayori.model import bridge_event, metric
from tayori.model.event_target import TargetKind
from tayori.resources import event_destinations, notifications
from tayori.resources.event_destinations import EventDestination
from tayori.resources.metrics import Count, Counting
from tayori.resources.publications import Publication
from tayori.store.engine import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """One delivery for the outbox."""

    name: str  # of the destination, behind its configuration set's
    protocol: str
    endpoint: str
    envelope: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One event in the forms of all its targets."""

    posted: Sequence[Posted] = ()
    counts: Sequence[Count] = ()


def told(publication: Publication, destinations: Sequence[EventDestination], text: str) -> Told:
    """`text` is SES's JSON of the event."""
    return Told(
        posted=[
            _posted(publication, one, text) for one in destinations if one.target_kind is not TargetKind.CLOUDWATCH
        ],
        counts=[_count(publication, one, text) for one in destinations if one.target_kind is TargetKind.CLOUDWATCH],
    )


def _posted(publication: Publication, destination: EventDestination, text: str) -> Posted:
    name = f"{publication.configuration_set}/{destination.name}"
    if destination.target_kind is TargetKind.EVENTBRIDGE:
        return Posted(
            name=name,
            protocol=eventbridge_endpoint.PROTOCOL,
            endpoint=destination.target["EventBusArn"],
            envelope={"event": _event(publication, text)},
        )
    return Posted(
        name=name,
        protocol=firehose_endpoint.PROTOCOL,
        endpoint=destination.target["DeliveryStreamArn"],
        envelope={"record": text},
    )


def _event(publication: Publication, text: str) -> str:
    place = publication.account_id, publication.region
    return bridge_event.frame(
        publication.kind,
        text,
        event_id=ids.request_id(),
        account_id=publication.account_id,
        region=publication.region,
        resource=event_destinations.source_arn(*place, publication.configuration_set or ""),
        moment=publication.happened_at,
    )


def _count(publication: Publication, destination: EventDestination, text: str) -> Count:
    assert publication.mail is not None
    wanted = destination.target["DimensionConfigurations"]
    return Count(
        account_id=publication.account_id,
        region=publication.region,
        metric=metric.name_of(publication.kind),
        dimensions=metric.dimensions(wanted, json.loads(text), publication.mail.head),
        at=int(publication.happened_at.timestamp()),
    )


def hand_over(tx: Tx, counting: Counting, publication: Publication, told: Told) -> None:
    for one in told.posted:
        notifications.enqueue_other(
            tx,
            account_id=publication.account_id,
            region=publication.region,
            kind=publication.kind,
            destination=one.name,
            protocol=one.protocol,
            endpoint=one.endpoint,
            envelope=one.envelope,
        )
    counting.add(tx, told.counts)
