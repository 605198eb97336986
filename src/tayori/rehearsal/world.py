"""The rehearsal internet as one thing to start and stop.

Owns the order in which its parts come up and go down, and how to run it as a process of its own. Never knows the
service from inside: the two meet at addresses, ports and a clock's file.
"""

import asyncio
import contextlib
import errno
import signal
import ssl
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path

from tayori.clock import AdjustableClock, Clock
from tayori.dns.examiner import Examiner
from tayori.dns.record import Record
from tayori.model.names import ServiceNames
from tayori.rehearsal import name_servers
from tayori.rehearsal.authority import CertificateAuthority
from tayori.rehearsal.complaints import ComplaintDesk
from tayori.rehearsal.control import WorldControl
from tayori.rehearsal.dns import Delegation, InternetNameServer, InternetResolver, RehearsalInternet
from tayori.rehearsal.greylist import Greylist
from tayori.rehearsal.mail_desk import MailDesk
from tayori.rehearsal.mailbox import Limits, Mailboxes
from tayori.rehearsal.name_servers import EmptyZones, FaultyServers
from tayori.rehearsal.policy_host import PolicyHost
from tayori.rehearsal.postman import Ports, Postman
from tayori.rehearsal.provider import Premises, ProviderPolicy, SlowServer, provider_settings
from tayori.rehearsal.provider_book import PROVIDERS_FILE, ProviderBook, ProviderDesk
from tayori.rehearsal.providers import PROVIDERS, Behaviour, Provider, TlsOffer, provider_records
from tayori.rehearsal.registrar import RegistrarDesk
from tayori.rehearsal.remote import RemoteEnd
from tayori.rehearsal.zones import RecordBook
from tayori.smtp.server import SmtpServer

_GREYLIST_WAIT = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsalSettings:
    """Where the rehearsal internet lives and where it finds the service.

    Providers listen on `<network>.N`, all on `smtp_port`, and those with an MTA-STS policy on `policy_port`, too.
    `service_addresses` are those that the service sends from; `service_dns_*` is its authoritative name server,
    `service_mx_port` the port of its MX hosts.
    """

    folder: Path
    names: ServiceNames
    clock_file: Path
    dns_port: int
    smtp_port: int
    policy_port: int = 0  # of the providers' web servers; 0: they have none
    service_dns_port: int
    service_mx_port: int
    dns_host: str = "127.0.0.1"
    service_dns_host: str = "127.0.0.1"
    service_addresses: tuple[str, ...] = ("127.77.1.1",)
    network: str = "127.77.0"
    limits: Limits = field(default_factory=Limits)

    @property
    def feedback_address(self) -> str:
        """What the service has registered at the provider with a feedback loop."""
        return f"complaints@{self.names.service_domain}"

    def address_of(self, provider: Provider) -> str:
        return f"{self.network}.{provider.number}"


class RehearsalError(Exception):
    """The rehearsal internet cannot start; `str()` says why and what to do."""


class RehearsalWorld:
    """All of the rehearsal internet. `control` answers calls in this process, `remote` those from others."""

    def __init__(self, settings: RehearsalSettings, clock: Clock | None = None) -> None:
        self.settings = settings
        settings.folder.mkdir(parents=True, exist_ok=True)
        self.clock: Clock = AdjustableClock(settings.clock_file) if clock is None else clock
        self._owns_clock = clock is None
        self.authority = CertificateAuthority(settings.folder)
        names = settings.names
        self.book = RecordBook(settings.folder / "dns.json", _fixed_records(settings), names.service_domain)
        service = Delegation(
            domain=names.service_domain, host=settings.service_dns_host, port=settings.service_dns_port
        )
        internet = RehearsalInternet(self.book, service, self.clock)
        self.resolver = InternetResolver(internet, self.clock)
        self.mailboxes = Mailboxes(settings.folder / "mailboxes.sqlite", settings.limits)
        ports = Ports(service_domain=names.service_domain, service=settings.service_mx_port, others=settings.smtp_port)
        self._postman = Postman(self.resolver, self.clock, ports)
        self.providers = ProviderBook(settings.folder / PROVIDERS_FILE)
        complaints = ComplaintDesk(
            self.mailboxes,
            self._postman,
            self.clock,
            settings.feedback_address,
            find=self.providers.find,
            address_of=settings.address_of,
        )
        self.control = WorldControl(
            book=self.book,
            registrar=RegistrarDesk(self.book),
            mailboxes=self.mailboxes,
            desk=MailDesk(self.mailboxes),
            complaints=complaints,
            providers=ProviderDesk(self.providers, settings.address_of, self._reopen),
            clock=self.clock,
        )
        self._remote = RemoteEnd(settings.folder, self.control.handle)
        self._name_server = InternetNameServer(internet)
        self._faulty_servers = FaultyServers(EmptyZones(self.book.bare_zone_for, lambda: self.book.version))
        self._premises = Premises(
            clock=self.clock,
            mailboxes=self.mailboxes,
            judge=Examiner(self.resolver, self.clock),
            postman=self._postman,
            greylist=Greylist(_GREYLIST_WAIT),
        )
        self._hosts: dict[str, SmtpServer] = {}
        self._changing = asyncio.Lock()
        self._stops: list[Callable[[], Awaitable[None]]] = []

    @property
    def ca_file(self) -> Path:
        """The certificate that the service trusts by its setting `delivery.trust_anchors`."""
        return self.authority.ca_file

    @property
    def dns_port(self) -> int:
        return self._name_server.port

    async def start(self) -> None:
        """Open everything; where one part cannot, close what is open and raise RehearsalError."""
        settings = self.settings
        try:
            with _explained(settings.dns_host, settings.dns_port):
                await self._name_server.start(settings.dns_host, settings.dns_port)
            self._stops.append(self._name_server.stop)
            self._stops.append(self._close_hosts)
            for provider in self.providers.all():
                await self._open(provider)
                if provider.sts and settings.policy_port:
                    await self._open_policy_host(provider)
            self._stops.append(self._faulty_servers.stop)
            for name, host in name_servers.addresses(settings.network).items():
                with _explained(host, self.dns_port):
                    await self._faulty_servers.start(name, host, self.dns_port)
            await self._remote.start()
            self._stops.append(self._remote.stop)
        except BaseException:
            await self.stop()
            raise

    async def _open(self, provider: Provider) -> None:
        if not provider.behaviour.listens:
            return
        kind = SlowServer if provider.behaviour is Behaviour.SLOW else SmtpServer
        server = kind(
            policy_factory=partial(ProviderPolicy, provider, self._premises),
            settings=provider_settings(provider),
            tls=self._tls_of(provider),
        )
        address, port = self.settings.address_of(provider), self.settings.smtp_port
        with _explained(address, port):
            await server.start(address, port)
        self._hosts[provider.domain] = server

    async def _reopen(self, provider: Provider) -> None:
        """A provider that was changed opens its host anew; who is connected to the old one is sent away."""
        async with self._changing:
            server = self._hosts.pop(provider.domain, None)
            if server is not None:
                await server.stop(0.5)
            await self._open(provider)

    async def _close_hosts(self) -> None:
        for server in self._hosts.values():
            await server.stop(0.5)
        self._hosts.clear()

    async def _open_policy_host(self, provider: Provider) -> None:
        """Its certificate is good, whatever the mail host shows: else nobody would know of the policy."""
        host = PolicyHost(provider, self.authority.server_context(f"mta-sts.{provider.domain}"))
        address, port = self.settings.address_of(provider), self.settings.policy_port
        with _explained(address, port):
            await host.start(address, port)
        self._stops.append(host.stop)

    def _tls_of(self, provider: Provider) -> ssl.SSLContext | None:
        match provider.tls:
            case TlsOffer.TRUSTED:
                return self.authority.server_context(provider.host, provider.domain)
            case TlsOffer.SELF_SIGNED:
                return self.authority.self_signed_context(provider.host, provider.domain)
            case TlsOffer.NONE:
                return None

    async def stop(self) -> None:
        """Close listeners first, then give up letters under way."""
        while self._stops:
            with contextlib.suppress(OSError, TimeoutError):
                await self._stops.pop()()
        await self._postman.stop()
        self.mailboxes.close()
        if self._owns_clock and isinstance(self.clock, AdjustableClock):
            self.clock.close()


@contextlib.contextmanager
def _explained(host: str, port: int) -> Iterator[None]:
    """Say what to do when a listener cannot open."""
    try:
        yield
    except OSError as error:
        # Python 3.13 tries every address a name has, and says of none but that it "could not bind".
        if error.errno == errno.EADDRNOTAVAIL or error.errno is None:
            # Linux has all of 127/8; macOS has only 127.0.0.1 until it is told otherwise.
            hint = f"this machine does not have the address; on macOS: sudo ifconfig lo0 alias {host}"
        elif error.errno == errno.EADDRINUSE:
            hint = "another program uses the port; choose others with --port-base"
        else:
            hint = error.strerror or str(error)
        raise RehearsalError(f"the rehearsal internet cannot listen on {host} port {port}: {hint}") from error


def _fixed_records(settings: RehearsalSettings) -> list[Record]:
    """What is there before anybody edits: providers, the name server, and the names of addresses."""
    records = name_servers.records(settings.dns_host, settings.network)
    for provider in PROVIDERS:
        address = settings.address_of(provider)
        records.extend(provider_records(provider, address))
        if provider.behaviour is not Behaviour.NULL_MX:
            records.append(Record(name=_reverse(address), rdtype="PTR", value=provider.host))
    records.extend(
        Record(name=_reverse(address), rdtype="PTR", value=settings.names.ehlo_name)
        for address in settings.service_addresses
        if address.startswith("127.")
    )
    return records


def _reverse(address: str) -> str:
    return ".".join(reversed(address.split("."))) + ".in-addr.arpa"


async def live(settings: RehearsalSettings, stop: asyncio.Event) -> None:
    """Run the world until `stop` is set."""
    world = RehearsalWorld(settings)
    await world.start()
    try:
        await stop.wait()
    finally:
        await world.stop()


def run(settings: RehearsalSettings) -> None:
    """The rehearsal internet as a process of its own; ends on SIGTERM or SIGINT."""

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await live(settings, stop)

    asyncio.run(main())
