"""The role that delivers, within this process or in one beside it.

Owns what delivery is made of and what of the configuration it gets. Never delivers: `delivery.scheduler` does.
"""

import base64
import ipaddress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tayori.app import inbound_port
from tayori.app.delivery_process import DeliveryProcess
from tayori.app.pause_keeper import PauseKeeper
from tayori.app.sending import StoredQueue
from tayori.app.source_keeper import SourceKeeper
from tayori.clock import SystemClock
from tayori.config import ConfigError
from tayori.delivery import providers
from tayori.delivery.egress import Egress
from tayori.delivery.memory import Memory
from tayori.delivery.scheduler import Scheduler
from tayori.delivery.securities import secured_calls
from tayori.delivery.settings import CertificateCheck, DeliverySettings, Families, Timeouts
from tayori.delivery.sign import KeyGone
from tayori.delivery.sources import SourceChooser
from tayori.loops.base import Supervised
from tayori.mail import dkim
from tayori.model.shaping import TableError
from tayori.resources import dkim_keys, sources

if TYPE_CHECKING:
    from tayori.app.node import Node

_MIB = 1024 * 1024
_POLL_SECONDS = 2.0  # what another process gives back or spills is found by looking
_STANDARD_TIMEOUT = 300.0  # of a command, RFC 5321 4.5.3.2; the others scale with it


async def start_here(node: "Node") -> None:
    """Deliver in this process. Raises ConfigError."""
    delivery = replace(settings_of(node), return_paths=await inbound_port.return_paths(node.store))
    queue = node.linked or _stored_queue(node)
    try:
        table = providers.load(delivery.providers_file)
    except TableError as error:
        raise ConfigError(f"delivery.providers_file cannot be used: {error}.") from error
    chooser = SourceChooser(Egress.of_settings(delivery), node.clock, providers=table)
    keeper = SourceKeeper(node.store, node.clock, chooser, node.config.secrets)
    await keeper.tick()
    node.stops.append(keeper.flush)
    node.scheduler = Scheduler(
        queue=queue,
        resolver=node.resolver,
        load_key=partial(_load_key, node),
        clock=node.clock,
        settings=delivery,
        calls=secured_calls(delivery, node.resolver, node.clock, sts=node.sts, observer=node.counter),
        chooser=chooser,
    )
    await node.scheduler.start()
    node.loops.add(Supervised(keeper, SystemClock(), wake=node.store.wakeups.event(sources.TOPIC)))
    pause_keeper = PauseKeeper(node.store, node.scheduler, node.worker)
    await pause_keeper.tick()
    node.loops.add(Supervised(pause_keeper, SystemClock()))
    if isinstance(queue, StoredQueue):
        node.sending.engine, node.sending.queue = node.scheduler, queue
    node.stops.append(partial(node.scheduler.stop, node.drain_seconds))


async def start_beside(node: "Node") -> None:
    """Have it delivered by a process of its own, and own the queue for both."""
    assert node.launch is not None
    settings, queue = node.config.delivery, _stored_queue(node)
    engine = DeliveryProcess(
        launch=node.launch,
        queue=queue,
        memory=Memory(max_messages=settings.messages_in_memory, max_bytes=settings.megabytes_in_memory * _MIB),
    )
    node.stops.append(partial(engine.stop, node.drain_seconds))
    await engine.start()
    node.sending.engine, node.sending.queue = engine, queue


def _stored_queue(node: "Node") -> StoredQueue:
    return StoredQueue(node.store, node.names_of, node.worker, node.config.delivery.megabytes_in_memory * _MIB)


async def _load_key(node: "Node", key_id: str) -> dkim.PrivateKey:
    private = await node.store.read(dkim_keys.private_key, key_id)
    if private is None:
        raise KeyGone(key_id)
    return dkim.load_private_key(base64.b64encode(private), dkim.KeyOrigin.OURS)


def settings_of(node: "Node") -> DeliverySettings:
    settings = node.config.delivery
    source = ipaddress.ip_address(settings.source_address) if settings.source_address else None
    outgoing = settings.outgoing_addresses or node.config.dns.public_addresses or [settings.source_address]
    return DeliverySettings(
        ehlo_name=settings.ehlo_name or node.names.ehlo_name,
        outgoing_address=outgoing[0],
        port=settings.port,
        source_ipv4=str(source) if source and source.version == 4 else "",
        source_ipv6=str(source) if source and source.version == 6 else "",
        allowed_networks=tuple(ipaddress.ip_network(text) for text in settings.private_networks),
        own_names=_own_names(node),
        families=Families(settings.families),
        trust_anchors=_file(settings.trust_anchors),
        certificate_check=CertificateCheck(settings.certificate_check),
        client_certificate=_file(settings.client_certificate),
        client_key=_file(settings.client_key),
        validates_dnssec=node.config.resolver.trust_ad,
        timeouts=replace(
            Timeouts().scaled(settings.command_timeout / _STANDARD_TIMEOUT), connect=settings.connect_timeout
        ),
        max_connections=settings.max_connections,
        max_connections_per_destination=settings.max_connections_per_destination,
        providers_file=_file(settings.providers_file),
        weights={account: int(weight) for account, weight in settings.account_weights.items()},
        max_messages=settings.messages_in_memory,
        max_bytes=settings.megabytes_in_memory * _MIB,
        poll_seconds=_POLL_SECONDS,
    )


def _own_names(node: "Node") -> frozenset[str]:
    """Hosts that mail must not go out to where this node has no inbound port to take it."""
    if "inbound" in node.config.service.roles:
        return frozenset()
    return frozenset(node.names_of(region).feedback_host for region in node.config.regions)


def _file(path: str) -> Path | None:
    return Path(path) if path else None
