"""The roles of one process, built from its settings, started and stopped in order.

Start: store, loops, delivery, listeners last. Stop: listeners first, delivery drains, loops, store. What a role needs
of another (a resolver, a way to submit) is handed to it here; none imports another.
"""

import asyncio
import base64
import hashlib
import ipaddress
import logging
import secrets
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import uvicorn

from tayori import ids
from tayori.api.app import create_app
from tayori.app import domain_look, event_targets, first_start, inbound_port, publishing, records, routes, tls_reporting
from tayori.app.block_lists import BlockListWatch
from tayori.app.dead_letters import NotificationPages
from tayori.app.delivery_process import DeliveryProcess, Launch, LinkedQueue
from tayori.app.domain_checks import DomainChecks
from tayori.app.domain_pages import DomainPages
from tayori.app.ed25519_pages import Ed25519Pages
from tayori.app.feedback_wiring import FeedbackWiring
from tayori.app.http_connection import BoundedProtocol
from tayori.app.http_server import HttpServer, listener
from tayori.app.look_limits import LookLimits
from tayori.app.metric_pages import MetricPages
from tayori.app.notices import Notifier
from tayori.app.pause_keeper import PauseKeeper
from tayori.app.policy_file import FetchSettings, PolicyFileFetcher
from tayori.app.probing import Prober
from tayori.app.publishing import FeedbackMailer, NotificationMailer, SigningCertificates
from tayori.app.queue_desk import QueuePages
from tayori.app.rehearsal_hooks import RehearsalHooks
from tayori.app.reputation_desk import ReputationPages
from tayori.app.reputation_watch import reputation_loops
from tayori.app.sending import Sending, SmtpAcceptance, StoredQueue, Tools
from tayori.app.source_keeper import SourceKeeper, ZoneKeeper
from tayori.app.subscription_pages import SubscriptionPages
from tayori.app.tracking import tracking_hosts, tracking_pages
from tayori.app.transport import StsRefresh, sts_policies
from tayori.app.webhooks import PausedNotice, WebhookPages
from tayori.clock import SystemClock
from tayori.config import Config, ConfigError
from tayori.delivery import providers
from tayori.delivery.egress import Egress
from tayori.delivery.memory import Memory
from tayori.delivery.scheduler import Scheduler
from tayori.delivery.securities import secured_calls
from tayori.delivery.settings import CertificateCheck, DeliverySettings, Families, Timeouts
from tayori.delivery.sign import KeyGone
from tayori.delivery.sources import SourceChooser
from tayori.dns.resolver import CachingResolver, ResolverSettings, system_servers
from tayori.dns.server import AuthoritativeServer
from tayori.dns.service_zone import ServiceZone, service_zone
from tayori.events.publisher import Publisher
from tayori.events.sender import Sender
from tayori.loops.base import Lease, Loop, Supervised, Supervisor
from tayori.loops.retention import Retention
from tayori.loops.rotation import Rotation
from tayori.loops.tls_counting import TlsCounter
from tayori.loops.verifier import Verifier
from tayori.loops.workers import Heartbeat, HeldExpiry, PauseEnd, Reaper
from tayori.mail import dkim
from tayori.model.names import ServiceNames
from tayori.model.shaping import TableError
from tayori.model.source import SourceAddress
from tayori.rehearsal.world import RehearsalSettings, RehearsalWorld
from tayori.resources import (
    credentials,
    dkim_keys,
    dkim_setup,
    dmarc_reports,
    identities,
    installation,
    notifications,
    pauses,
    publications,
    sources,
)
from tayori.resources.credentials import Credential
from tayori.smtp.policy import AuthOffer, ServerSettings
from tayori.smtp.server import SmtpServer
from tayori.smtp.submission import SubmissionRole
from tayori.store import leases
from tayori.store.database import open_store

logger = logging.getLogger("tayori.node")

_LEASE = timedelta(seconds=30)
_DRAIN_SECONDS = 20.0
_LOOP_STOP_SECONDS = 10.0
_MIB = 1024 * 1024
_POLL_SECONDS = 2.0  # what another process gives back or spills is found by looking
_STANDARD_TIMEOUT = 300.0  # of a command, RFC 5321 4.5.3.2; the others scale with it


class Node:
    """One process. `roles` are those of the configuration that it has, and "rehearsal".

    `worker` names this run of it, `predecessor` the run that died and that it replaces, if any. With `launch` a process
    that accepts mail has it delivered by another beside it; that one has a `queue` that leads back.
    """

    def __init__(
        self,
        config: Config,
        roles: Sequence[str],
        *,
        worker: str = "",
        predecessor: str = "",
        launch: Launch | None = None,
        queue: LinkedQueue | None = None,
    ) -> None:
        self.config = config
        self._launch = launch
        self._linked = queue
        self.roles = frozenset(roles)
        self.clock = first_start.clock_of(config)
        self.names = ServiceNames(service_domain=config.service.domain, region=config.service.region)
        self.worker = worker or ids.worker_id()
        self._predecessor = predecessor
        self.scheduler: Scheduler | None = None
        self._counter: TlsCounter | None = None
        self.loops = Supervisor(())
        self._stops: list[Callable[[], Awaitable[None]]] = []

    def names_of(self, region: str) -> ServiceNames:
        return ServiceNames(service_domain=self.names.service_domain, region=region)

    # -- life --------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Open everything. Where something cannot be opened, the caller calls `stop`."""
        if "rehearsal" in self.roles:
            await self._start_rehearsal()
        self.store = open_store(self.config.database_url, self.clock)
        self._stops.append(self.store.close)
        self.resolver = self._resolver()
        # In the rehearsal internet there are no strangers whose name servers a look could tire.
        self.look_limits = LookLimits(each=1000, in_all=1000) if self.config.rehearsal else LookLimits()
        self._stops.append(self.resolver.close)
        hosts = tracking_hosts(self.config)
        self.sending = Sending(self.store, self.names_of, self.worker, hosts, self.config.http_url)
        self.sts = sts_policies(self.config, self.resolver, self.store, self.clock)
        self.feedback = FeedbackWiring(self.config, self.store, self.sending, self.names_of, self.clock)
        await self._start_loops()
        if self._delivers:
            await self._start_delivery()
        elif "delivery" in self.roles:
            await self._start_delivery_process()
        if "dns" in self.roles:
            await self._start_dns()
        if "inbound" in self.roles:
            await self._start_inbound()
        if "smtp" in self.roles:
            await self._start_submission()
        if "api" in self.roles:
            await self._start_api()

    async def stop(self) -> None:
        """Close what was opened, the last first. One part that fails does not keep the others open."""
        while self._stops:
            try:
                await self._stops.pop()()
            except Exception:
                logger.exception("stop_failed")

    # -- the rehearsal internet --------------------------------------------------------------------------------------

    async def _start_rehearsal(self) -> None:
        config = self.config
        world = RehearsalWorld(
            RehearsalSettings(
                folder=config.rehearsal_folder,
                names=self.names,
                clock_file=Path(config.service.clock_file),
                dns_port=int(config.resolver.servers[0].rpartition(":")[2]),
                smtp_port=config.delivery.port,
                policy_port=config.delivery.policy_port,
                service_dns_port=config.dns.port,
                service_mx_port=config.inbound.port,
                service_addresses=tuple(config.delivery.outgoing_addresses),
            ),
            self.clock,
        )
        await world.start()
        self._stops.append(world.stop)

    # -- loops -------------------------------------------------------------------------------------------------------

    @property
    def _delivers(self) -> bool:
        """Whether it does so itself."""
        return "delivery" in self.roles and self._launch is None

    async def _start_loops(self) -> None:
        loops: list[Supervised] = []
        if self._predecessor:  # known to be dead: neither its loops nor what it had in hand need wait for its leases
            await self.store.write(leases.bury, self._predecessor)
        if self._delivers:
            wake = self.store.wakeups.event("tls-results")
            self._counter = TlsCounter(self.store, self.clock, wake, is_reporting=self.config.tls_reports.send)
            self._stops.append(self._counter.stop)
            loops.append(Supervised(self._counter, self.clock, wake=wake))
            if self.sts is not None:
                self._stops.append(self.sts.close)
                loops.append(self._singleton(StsRefresh(self.sts), "mta-sts"))
        if "delivery" in self.roles and self._linked is None:
            if self._predecessor:
                await Reaper(self.store, self.clock).tick()
            heartbeat = Heartbeat(self.store, self.clock, self.worker)
            await heartbeat.tick()
            self._stops.append(heartbeat.stop)
            loops.append(Supervised(heartbeat, SystemClock()))
        if "loops" in self.roles:
            targets = event_targets.event_targets(self.config, self.resolver, self.clock)
            self._stops.append(targets.firehose.stop)
            loops.append(Supervised(targets.firehose, SystemClock()))
            loops += [self._singleton(loop, topic) for loop, topic in self._singletons(targets)]
        self.loops = Supervisor(loops)
        self.loops.start()
        self._stops.append(partial(self.loops.stop, _LOOP_STOP_SECONDS))

    def _singletons(self, targets: event_targets.EventTargets) -> list[tuple[Loop, str]]:
        """Every loop of which an installation runs one, with the topic that wakes it."""
        reports: list[tuple[Loop, str]] = []
        if self.config.tls_reports.send:
            loop = tls_reporting.reporting(self.config, self.store, self.sending, self.resolver, self.clock)
            reports.append((loop, "tls-reports"))
        if self.config.delivery.block_lists:
            watch = BlockListWatch(self.store, self.resolver, self.config.delivery.block_lists)
            reports.append((watch, "block-lists"))
        return [
            *reports,
            (self._verifier(), identities.TOPIC),
            (Reaper(self.store, self.clock), "workers"),
            (HeldExpiry(self.store, self.names_of), "held"),
            (PauseEnd(self.store), pauses.TOPIC),
            (self._retention(), "retention"),
            *records.loops(self.config, self.store),
            (self._rotation(), dkim_setup.ROTATION_TOPIC),
            (Publisher(self.store, self.config.service.domain), publications.TOPIC),
            (self.feedback.watch(), "feedback-coverage"),
            (self._notifications(targets), notifications.TOPIC),
            *reputation_loops(self.config, self.store, self.sending, self.names_of, self.resolver),
        ]

    def _notifications(self, targets: event_targets.EventTargets) -> Sender:
        mailer = NotificationMailer(self.store, self.sending, self.names_of, self.clock)
        feedback = FeedbackMailer(self.store, self.sending, self.names_of, self.clock)
        sender = publishing.sender(
            self.config,
            self.store,
            self.clock,
            self.resolver,
            self.worker,
            mailer=mailer,
            feedback=feedback,
            tell_owner=PausedNotice(self.store, mailer),
            others=targets.endpoints,
        )
        self._stops.append(sender.stop)
        return sender

    def _verifier(self) -> Verifier:
        notify = Notifier(self.store, self.sending, self.names_of, self.clock)
        return Verifier(self.store, self.resolver, self.names_of, notify)

    def _retention(self) -> Retention:
        settings = self.config.retention
        return Retention(
            self.store,
            timedelta(hours=settings.content_hours),
            timedelta(days=settings.timeline_days),
            inbound_port.kept_mail(self.config),
        )

    def _rotation(self) -> Rotation:
        days = self.config.dkim.rotation_days
        return Rotation(self.store, timedelta(days=days) if days else None, self.config.service.domain)

    def _singleton(self, loop: Loop, topic: str) -> Supervised:
        return Supervised(loop, self.clock, wake=self.store.wakeups.event(topic), lease=self._lease(loop.name))

    def _lease(self, name: str) -> Lease:
        holds_until = self.clock.wall()

        async def take() -> bool:
            nonlocal holds_until
            wall = self.clock.wall()
            if wall + _LEASE / 2 < holds_until:
                return True
            taken = await self.store.write(leases.take, name, self.worker, wall, _LEASE)
            holds_until = wall + _LEASE if taken else wall
            return taken

        return take

    # -- delivery ----------------------------------------------------------------------------------------------------

    async def _start_delivery(self) -> None:
        delivery = replace(self._delivery_settings(), return_paths=await inbound_port.return_paths(self.store))
        queue = self._linked or self._stored_queue()
        try:
            table = providers.load(delivery.providers_file)
        except TableError as error:
            raise ConfigError(f"delivery.providers_file cannot be used: {error}.") from error
        chooser = SourceChooser(Egress.of_settings(delivery), self.clock, providers=table)
        keeper = SourceKeeper(self.store, self.clock, chooser, self.config.secrets)
        await keeper.tick()
        self._stops.append(keeper.flush)
        self.scheduler = Scheduler(
            queue=queue,
            resolver=self.resolver,
            load_key=self._load_key,
            clock=self.clock,
            settings=delivery,
            calls=secured_calls(delivery, self.resolver, self.clock, sts=self.sts, observer=self._counter),
            chooser=chooser,
        )
        await self.scheduler.start()
        self.loops.add(Supervised(keeper, SystemClock(), wake=self.store.wakeups.event(sources.TOPIC)))
        pause_keeper = PauseKeeper(self.store, self.scheduler, self.worker)
        await pause_keeper.tick()
        self.loops.add(Supervised(pause_keeper, SystemClock()))
        if isinstance(queue, StoredQueue):
            self.sending.engine, self.sending.queue = self.scheduler, queue
        self._stops.append(partial(self.scheduler.stop, _DRAIN_SECONDS))

    async def _start_delivery_process(self) -> None:
        assert self._launch is not None
        settings, queue = self.config.delivery, self._stored_queue()
        engine = DeliveryProcess(
            launch=self._launch,
            queue=queue,
            memory=Memory(max_messages=settings.messages_in_memory, max_bytes=settings.megabytes_in_memory * _MIB),
        )
        self._stops.append(partial(engine.stop, _DRAIN_SECONDS))
        await engine.start()
        self.sending.engine, self.sending.queue = engine, queue

    def _stored_queue(self) -> StoredQueue:
        return StoredQueue(self.store, self.names_of, self.worker, self.config.delivery.megabytes_in_memory * _MIB)

    async def _load_key(self, key_id: str) -> dkim.PrivateKey:
        private = await self.store.read(dkim_keys.private_key, key_id)
        if private is None:
            raise KeyGone(key_id)
        return dkim.load_private_key(base64.b64encode(private), dkim.KeyOrigin.OURS)

    def _delivery_settings(self) -> DeliverySettings:
        settings = self.config.delivery
        source = ipaddress.ip_address(settings.source_address) if settings.source_address else None
        outgoing = settings.outgoing_addresses or self.config.dns.public_addresses or [settings.source_address]
        return DeliverySettings(
            ehlo_name=settings.ehlo_name or self.names.ehlo_name,
            outgoing_address=outgoing[0],
            port=settings.port,
            source_ipv4=str(source) if source and source.version == 4 else "",
            source_ipv6=str(source) if source and source.version == 6 else "",
            allowed_networks=tuple(ipaddress.ip_network(text) for text in settings.private_networks),
            own_names=self._own_names(),
            families=Families(settings.families),
            trust_anchors=_file(settings.trust_anchors),
            certificate_check=CertificateCheck(settings.certificate_check),
            client_certificate=_file(settings.client_certificate),
            client_key=_file(settings.client_key),
            validates_dnssec=self.config.resolver.trust_ad,
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

    def _own_names(self) -> frozenset[str]:
        """Hosts that mail must not go out to where this node has no inbound port to take it."""
        if "inbound" in self.config.service.roles:
            return frozenset()
        return frozenset(self.names_of(region).feedback_host for region in self.config.regions)

    # -- DNS ---------------------------------------------------------------------------------------------------------

    def _resolver(self) -> CachingResolver:
        settings = self.config.resolver
        servers = [_host_and_port(text) for text in settings.servers]
        return CachingResolver(servers, self.clock, ResolverSettings(trust_ad=settings.trust_ad))

    async def _start_dns(self) -> None:
        zone = self._zone()
        keeper = ZoneKeeper(self.store, zone, self._zone)
        await keeper.tick()
        self.loops.add(Supervised(keeper, SystemClock(), wake=self.store.wakeups.event(sources.TOPIC)))
        server = AuthoritativeServer([zone])
        await server.start(self.config.dns.host, self.config.dns.port)
        self._stops.append(server.stop)

    def _zone(self, lent: Sequence[SourceAddress] = ()) -> ServiceZone:
        config = self.config
        return service_zone(
            self.names,
            sending_addresses=config.delivery.outgoing_addresses or config.dns.public_addresses,
            listening_addresses=config.dns.public_addresses,
            dkim_keys=lambda token: self.store.read(dkim_keys.published, token),
            own_keys=lambda selector: self.store.read(dkim_keys.published_own, selector),
            takes_reports=lambda domain: self.store.read(dmarc_reports.takes_reports_of, domain),
            serial=int(self.clock.now().timestamp()),
            regions=config.regions,
            sources=lent,
        )

    # -- SMTP --------------------------------------------------------------------------------------------------------

    async def _start_inbound(self) -> None:
        role = await inbound_port.mx_role(self.config, self.store, self.resolver, self.clock, self.names_of)
        server = SmtpServer(policy_factory=role.policy, settings=inbound_port.settings(self.names), tls=self._tls())
        await server.start(self.config.inbound.host, self.config.inbound.port)
        self._stops.append(partial(server.stop, _DRAIN_SECONDS))
        if self.config.rehearsal and self.config.rehearsal_elsewhere is None:
            # The port that stands for 25 there, where the service's own mail finds it, too.
            for address in self.config.dns.public_addresses:
                await server.start(address, self.config.delivery.port)

    async def _start_submission(self) -> None:
        config = self.config.submission
        settings = ServerSettings(
            hostname=self.names.submission_host,
            auth=AuthOffer.PLAIN_LOGIN,
            max_connections=config.max_connections,
            max_connections_per_host=config.max_connections_per_host,
        )
        role = SubmissionRole(
            settings=settings,
            region=self.config.service.region,
            regions=self.config.regions,
            credentials=self._credential,
            accept=SmtpAcceptance(self.sending, self.clock, self.names_of).accept,
            trusted={ipaddress.ip_network(network): key for network, key in config.trusted.items()},
        )
        server = SmtpServer(policy_factory=role.policy, settings=settings, tls=self._tls())
        await server.start(config.host, config.starttls_port, reuse_port=self._shares_ports)
        self._stops.append(partial(server.stop, _DRAIN_SECONDS))
        await server.start(config.host, config.tls_port, implicit_tls=True, reuse_port=self._shares_ports)

    async def _credential(self, access_key_id: str) -> Credential | None:
        return await self.store.read(credentials.find, access_key_id)

    def _tls(self) -> ssl.SSLContext | None:
        config = self.config.submission
        if not config.certificate:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(config.certificate, config.key or None)
        return context

    @property
    def _shares_ports(self) -> bool:
        return self.config.service.workers > 1

    # -- HTTP --------------------------------------------------------------------------------------------------------

    async def _start_api(self) -> None:
        page_secret = await self.store.write(installation.secret, "page", secrets.token_bytes(32))
        hooks = RehearsalHooks(self.store, self.names_of, self.config.regions, self._resolver)
        pages = routes.Routes(
            store=self.store,
            clock=self.clock,
            config=self.config,
            loops=self.loops,
            engine=self.sending.engine,
            hooks=hooks,
        )
        checks = self._domain_checks()
        app = create_app(
            store=self.store,
            clock=self.clock,
            region=self.config.service.region,
            regions=self.config.regions,
            names=self.names,
            page_secret=hashlib.sha256(page_secret).digest(),
            routes=[
                *pages.table(),
                *self._domain_pages(checks).table(),
                *checks.table(),
                *SigningCertificates(self.store).table(),
                *WebhookPages(self.store, is_rehearsal=self.config.rehearsal).table(),
                *QueuePages(self.store).table(),
                *records.routes(self.config, self.store, page_secret),
                *MetricPages(self.store).table(),
                *NotificationPages(self.store).table(),
                *tracking_pages(self.config, self.store, self.clock, self.loops, self._stops).table(),
                *SubscriptionPages(self.store).table(),
                *ReputationPages(self.store, self.config).table(),
                *Ed25519Pages(self.store, self.names_of).table(),
                *self.feedback.routes(self.resolver, self._delivery_settings(), self.look_limits),
            ],
            tools=Tools(
                sending=self.sending,
                public_url=self.config.http_url,
                offered_targets=event_targets.offered(self.config),
                job_files=records.files(self.config, self.clock, page_secret),
                identity_created=hooks.identity_created if self.config.rehearsal else None,
            ),
        )
        listening = listener(self.config.http.host, self.config.http.port, shared=self._shares_ports)
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
                ssl_certfile=self.config.http.certificate or None,
                ssl_keyfile=self.config.http.key or None,
                timeout_graceful_shutdown=int(_DRAIN_SECONDS),
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

        self._stops.append(stop)

    def _domain_pages(self, checks: DomainChecks) -> DomainPages:
        return DomainPages(
            store=self.store,
            clock=self.clock,
            region=self.config.service.region,
            resolver=self.resolver,
            names=self.names_of,
            records=checks.records,
            files=self._policy_files(),
            limits=self.look_limits,
        )

    def _policy_files(self) -> PolicyFileFetcher | None:
        """None in the rehearsal internet, which has no web servers."""
        if self.config.rehearsal:
            return None
        networks = tuple(ipaddress.ip_network(text) for text in self.config.delivery.private_networks)
        return PolicyFileFetcher(self.resolver, FetchSettings(allowed_networks=networks))

    def _domain_checks(self) -> DomainChecks:
        config = self.config
        servers = [_host_and_port(text) for text in config.resolver.servers] or system_servers()
        return DomainChecks(
            store=self.store,
            region=config.service.region,
            names=self.names_of,
            resolver=self.resolver,
            settings=domain_look.settings_of(
                servers, rehearsal=config.rehearsal, private_networks=config.delivery.private_networks
            ),
            prober=Prober(
                store=self.store,
                sending=self.sending,
                names=self.names_of,
                clock=self.clock,
                new_resolver=self._resolver,
            ),
            limits=self.look_limits,
        )


def _file(path: str) -> Path | None:
    return Path(path) if path else None


def _host_and_port(text: str) -> tuple[str, int]:
    """`host:port`, `[v6]:port`, or a host alone, which means port 53."""
    host, colon, port = text.rpartition(":")
    if not colon or "]" in port or (":" in host and not host.startswith("[")):
        return text.strip("[]"), 53
    return host.strip("[]"), int(port)
