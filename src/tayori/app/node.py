"""The roles of one process, built from its settings, started and stopped in order.

Start: store, loops, delivery, listeners last. Stop: listeners first, delivery drains, loops, store. What a role needs
of another (a resolver, a way to submit) is handed to it here; none imports another. The roles that take much putting
together are in files of their own: `loops_role`, `delivery_role`, `api_role`.
"""

import ipaddress
import logging
import ssl
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

from tayori import ids
from tayori.app import api_role, delivery_role, first_start, inbound_port, loops_role
from tayori.app.delivery_process import Launch, LinkedQueue
from tayori.app.feedback_wiring import FeedbackWiring
from tayori.app.look_limits import LookLimits
from tayori.app.sending import Sending, SmtpAcceptance
from tayori.app.source_keeper import ZoneKeeper
from tayori.app.tracking import tracking_hosts
from tayori.app.transport import sts_policies
from tayori.clock import SystemClock
from tayori.config import Config
from tayori.delivery.scheduler import Scheduler
from tayori.dns.resolver import CachingResolver, ResolverSettings, server_of
from tayori.dns.server import AuthoritativeServer
from tayori.dns.service_zone import ServiceZone, service_zone
from tayori.loops.base import Supervised, Supervisor
from tayori.loops.tls_counting import TlsCounter
from tayori.model.names import ServiceNames
from tayori.model.source import SourceAddress
from tayori.rehearsal.world import RehearsalSettings, RehearsalWorld
from tayori.resources import (
    credentials,
    dkim_keys,
    dmarc_reports,
    sources,
)
from tayori.resources.credentials import Credential
from tayori.resources.key_uses import KeyUses
from tayori.smtp.policy import AuthOffer, ServerSettings
from tayori.smtp.server import SmtpServer
from tayori.smtp.submission import SubmissionRole
from tayori.store.database import open_store

logger = logging.getLogger("tayori.node")


class Node:
    """One process. `roles` are those of the configuration that it has, and "rehearsal".

    `worker` names this run of it, `predecessor` the run that died and that it replaces, if any. With `launch` a process
    that accepts mail has it delivered by another beside it; that one has a `queue` that leads back.
    """

    drain_seconds = 20.0  # for what is under way when the process is told to stop

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
        self.launch = launch
        self.linked = queue
        self.roles = frozenset(roles)
        self.clock = first_start.clock_of(config)
        self.names = ServiceNames(service_domain=config.service.domain, region=config.service.region)
        self.worker = worker or ids.worker_id()
        self.predecessor = predecessor
        self.scheduler: Scheduler | None = None
        self.counter: TlsCounter | None = None
        self.loops = Supervisor(())
        self.stops: list[Callable[[], Awaitable[None]]] = []

    def names_of(self, region: str) -> ServiceNames:
        return ServiceNames(service_domain=self.names.service_domain, region=region)

    # -- life --------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Open everything. Where something cannot be opened, the caller calls `stop`."""
        if "rehearsal" in self.roles:
            await self._start_rehearsal()
        self.store = open_store(self.config.database_url, self.clock)
        self.stops.append(self.store.close)
        self.resolver = self.new_resolver()
        # In the rehearsal internet there are no strangers whose name servers a look could tire.
        self.look_limits = LookLimits(each=1000, in_all=1000) if self.config.rehearsal else LookLimits()
        self.stops.append(self.resolver.close)
        hosts = tracking_hosts(self.config)
        self.sending = Sending(self.store, self.names_of, self.worker, hosts, self.config.http_url)
        self.sts = sts_policies(self.config, self.resolver, self.store, self.clock)
        self.feedback = FeedbackWiring(self.config, self.store, self.sending, self.names_of, self.clock)
        await loops_role.start(self)
        if self.delivers:
            await delivery_role.start_here(self)
        elif "delivery" in self.roles:
            await delivery_role.start_beside(self)
        if "dns" in self.roles:
            await self._start_dns()
        if "inbound" in self.roles:
            await self._start_inbound()
        if "smtp" in self.roles:
            await self._start_submission()
        if "api" in self.roles:
            await api_role.start(self)

    async def stop(self) -> None:
        """Close what was opened, the last first. One part that fails does not keep the others open."""
        while self.stops:
            try:
                await self.stops.pop()()
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
        self.stops.append(world.stop)

    @property
    def delivers(self) -> bool:
        """Whether it does so itself."""
        return "delivery" in self.roles and self.launch is None

    # -- DNS ---------------------------------------------------------------------------------------------------------

    def new_resolver(self) -> CachingResolver:
        settings = self.config.resolver
        servers = [server_of(text) for text in settings.servers]
        return CachingResolver(servers, self.clock, ResolverSettings(trust_ad=settings.trust_ad))

    async def _start_dns(self) -> None:
        zone = self._zone()
        keeper = ZoneKeeper(self.store, zone, self._zone)
        await keeper.tick()
        self.loops.add(Supervised(keeper, SystemClock(), wake=self.store.wakeups.event(sources.TOPIC)))
        server = AuthoritativeServer([zone])
        await server.start(self.config.dns.host, self.config.dns.port)
        self.stops.append(server.stop)

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
        self.stops.append(partial(server.stop, self.drain_seconds))
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
            used=KeyUses(self.store).note,
            accept=SmtpAcceptance(self.sending, self.clock, self.names_of).accept,
            trusted={ipaddress.ip_network(network): key for network, key in config.trusted.items()},
        )
        server = SmtpServer(policy_factory=role.policy, settings=settings, tls=self._tls())
        await server.start(config.host, config.starttls_port, reuse_port=self.shares_ports)
        self.stops.append(partial(server.stop, self.drain_seconds))
        await server.start(config.host, config.tls_port, implicit_tls=True, reuse_port=self.shares_ports)

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
    def shares_ports(self) -> bool:
        return self.config.service.workers > 1
