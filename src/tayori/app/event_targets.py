"""Targets of event destinations other than topics, as the operator has set them up."""

import ipaddress
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

from tayori.clock import Clock
from tayori.config import Config
from tayori.events import eventbridge_endpoint, firehose_endpoint
from tayori.events.aws_request import Keys
from tayori.events.endpoint import Endpoint
from tayori.events.eventbridge_endpoint import EventBridgeEndpoint, EventBridgeSettings
from tayori.events.firehose_endpoint import FirehoseEndpoint, FirehoseSettings
from tayori.events.outgoing_http import OutgoingHttp, OutgoingSettings
from tayori.mail.answer import Resolver
from tayori.model.event_target import Offered

_ANYWHERE = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))  # the operator names these places
_SECONDS = 60.0  # for one request, which may carry all of a file


def offered(config: Config) -> Offered:
    events = config.events
    return Offered(
        eventbridge=bool(events.eventbridge_endpoint or events.eventbridge_url),
        streams=frozenset(events.firehose),
        queues=bool(events.sqs_endpoint),
    )


def tls_of(config: Config) -> ssl.SSLContext:
    """The authorities that endpoints of events are verified by."""
    tls = ssl.create_default_context()
    if config.events.trust_anchors:
        tls.load_verify_locations(config.events.trust_anchors)
    return tls


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTargets:
    """`firehose` is a Loop, too, which every process needs that sends notifications."""

    firehose: FirehoseEndpoint
    eventbridge: EventBridgeEndpoint

    @property
    def endpoints(self) -> Mapping[str, Endpoint]:
        return {eventbridge_endpoint.PROTOCOL: self.eventbridge, firehose_endpoint.PROTOCOL: self.firehose}


def event_targets(config: Config, resolver: Resolver, clock: Clock) -> EventTargets:
    events = config.events
    keys = Keys(access_key_id=events.access_key_id, secret_access_key=events.secret_access_key)
    http = OutgoingHttp(resolver, OutgoingSettings(allowed_networks=_ANYWHERE, tls=tls_of(config), seconds=_SECONDS))
    streams = FirehoseSettings(
        streams=events.firehose,
        spool=config.data / "firehose",
        s3_endpoint=events.s3_endpoint,
        s3_region=events.s3_region or config.service.region,
        keys=keys,
    )
    bridge = EventBridgeSettings(
        endpoint=events.eventbridge_endpoint, url=events.eventbridge_url, source=events.eventbridge_source, keys=keys
    )
    return EventTargets(
        firehose=FirehoseEndpoint(http, streams, clock), eventbridge=EventBridgeEndpoint(http, bridge, clock)
    )
