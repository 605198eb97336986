"""The role that answers over HTTP: the API, and everything beside it under `/tayori`.

Owns which pages there are and what each is handed. Never answers anything itself.
"""

import asyncio
import hashlib
import ipaddress
import secrets
from typing import TYPE_CHECKING

import uvicorn

from tayori.api.app import create_app
from tayori.api.rates import OperationRates
from tayori.app import administration, console_door, delivery_role, domain_look, event_targets, records, routes
from tayori.app.audience_pages import AudiencePages
from tayori.app.dead_letters import NotificationPages
from tayori.app.destination_desk import DestinationPages
from tayori.app.domain_checks import DomainChecks
from tayori.app.domain_pages import DomainPages
from tayori.app.ed25519_pages import Ed25519Pages
from tayori.app.http_connection import BoundedProtocol
from tayori.app.http_server import HttpServer, listener
from tayori.app.identity_pages import IdentityPages
from tayori.app.message_work import MessageWork
from tayori.app.metric_pages import MetricPages
from tayori.app.overview import OverviewPages
from tayori.app.policy_file import FetchSettings, PolicyFileFetcher
from tayori.app.probing import Prober
from tayori.app.publishing import SigningCertificates
from tayori.app.queue_desk import QueuePages
from tayori.app.queue_pages import QueueViews
from tayori.app.rehearsal_hooks import RehearsalHooks
from tayori.app.reputation_desk import ReputationPages
from tayori.app.review_desk import ReviewPages
from tayori.app.sending import Tools
from tayori.app.service_health import HealthPages
from tayori.app.subscription_desk import SubscriptionDesk
from tayori.app.subscription_pages import SubscriptionPages
from tayori.app.template_pages import TemplatePages
from tayori.app.tracking import tracking_pages
from tayori.app.webhooks import WebhookPages
from tayori.dns.resolver import server_of, system_servers
from tayori.resources import installation

if TYPE_CHECKING:
    from tayori.app.node import Node


async def start(node: "Node") -> None:
    """Listen; `node.stops` gets what ends it."""
    page_secret = await node.store.write(installation.secret, "page", secrets.token_bytes(32))
    hooks = RehearsalHooks(node.store, node.names_of, node.config.regions, node.new_resolver)
    pages = routes.Routes(
        store=node.store,
        clock=node.clock,
        config=node.config,
        loops=node.loops,
        engine=node.sending.engine,
        hooks=hooks,
    )
    checks = _domain_checks(node)
    app = create_app(
        store=node.store,
        clock=node.clock,
        region=node.config.service.region,
        regions=node.config.regions,
        names=node.names,
        page_secret=hashlib.sha256(page_secret).digest(),
        gate=console_door.gate(node.config, node.store, node.clock),
        home=console_door.home(node.config),
        rates=OperationRates() if node.config.service.operation_rates == "ses" else None,
        routes=[
            *pages.table(),
            *_domain_pages(node, checks).table(),
            *checks.table(),
            *administration.routes(node.config, node.store),
            *console_door.routes(node.config, node.store, node.clock, node.resolver),
            *SigningCertificates(node.store).table(),
            *WebhookPages(node.store, is_rehearsal=node.config.rehearsal).table(),
            *QueuePages(node.store).table(),
            *QueueViews(node.store).table(),
            *_message_work(node, page_secret).table(),
            *records.routes(node.config, node.store, page_secret),
            *MetricPages(node.store).table(),
            *NotificationPages(node.store).table(),
            *DestinationPages(node.store).table(),
            *tracking_pages(node.config, node.store, node.clock, node.loops, node.stops).table(),
            *SubscriptionPages(node.store).table(),
            *SubscriptionDesk(node.store).table(),
            *TemplatePages().table(),
            *AudiencePages(node.store).table(),
            *ReputationPages(node.store, node.config).table(),
            *OverviewPages(node.store, node.config, node.resolver).table(),
            *HealthPages(node.config, node.store, node.clock, node.loops, node.resolver).table(),
            *ReviewPages(node.store).table(),
            *Ed25519Pages(node.store, node.names_of).table(),
            *IdentityPages(node.store, node.clock, node.config.service.region, node.config.http_url).table(),
            *node.feedback.routes(node.resolver, delivery_role.settings_of(node), node.look_limits),
        ],
        tools=Tools(
            sending=node.sending,
            public_url=node.config.http_url,
            offered_targets=event_targets.offered(node.config),
            job_files=records.files(node.config, node.clock, page_secret),
            resolver=node.resolver,
            functions=frozenset(node.config.inbound.functions),
            identity_created=hooks.identity_created if node.config.rehearsal else None,
        ),
    )
    listening = listener(node.config.http.host, node.config.http.port, shared=node.shares_ports)
    server = HttpServer(
        uvicorn.Config(
            app,
            http=BoundedProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            ssl_certfile=node.config.http.certificate or None,
            ssl_keyfile=node.config.http.key or None,
            timeout_graceful_shutdown=int(node.drain_seconds),
            backlog=1024,
        )
    )
    task = asyncio.create_task(server.serve(sockets=[listening]), name="http server")
    while not server.started:
        if task.done():
            await task
        await asyncio.sleep(0.01)

    async def stop() -> None:
        server.should_exit = True
        await task

    node.stops.append(stop)


def _domain_pages(node: "Node", checks: DomainChecks) -> DomainPages:
    return DomainPages(
        store=node.store,
        clock=node.clock,
        region=node.config.service.region,
        resolver=node.resolver,
        names=node.names_of,
        records=checks.records,
        files=_policy_files(node),
        limits=node.look_limits,
    )


def _message_work(node: "Node", secret: bytes) -> MessageWork:
    return MessageWork(
        store=node.store,
        sending=node.sending,
        names=node.names_of,
        resolver=node.resolver,
        settings=delivery_role.settings_of(node),
        limits=node.look_limits,
        secret=secret,
    )


def _policy_files(node: "Node") -> PolicyFileFetcher | None:
    """None in the rehearsal internet, which has no web servers."""
    if node.config.rehearsal:
        return None
    networks = tuple(ipaddress.ip_network(text) for text in node.config.delivery.private_networks)
    return PolicyFileFetcher(node.resolver, FetchSettings(allowed_networks=networks))


def _domain_checks(node: "Node") -> DomainChecks:
    config = node.config
    servers = [server_of(text) for text in config.resolver.servers] or system_servers()
    return DomainChecks(
        store=node.store,
        region=config.service.region,
        names=node.names_of,
        resolver=node.resolver,
        settings=domain_look.settings_of(
            servers, rehearsal=config.rehearsal, private_networks=config.delivery.private_networks
        ),
        prober=Prober(
            store=node.store,
            sending=node.sending,
            names=node.names_of,
            clock=node.clock,
            new_resolver=node.new_resolver,
        ),
        limits=node.look_limits,
    )
