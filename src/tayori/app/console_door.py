"""What the console is made of in a process that answers over HTTP: its files, its sign-in, its sessions.

Owns how the settings become these.
"""

import ipaddress
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path

from tayori.api.app import Route
from tayori.api.sessions import SessionGate
from tayori.app import event_targets, source_keeper
from tayori.clock import Clock
from tayori.config import Config
from tayori.console import oidc, static_files
from tayori.console.oidc import Oidc
from tayori.console.oidc_provider import ProviderDoor
from tayori.console.passkeys import Origins, Passkeys
from tayori.console.sign_in import Lifetimes, SignIn
from tayori.console.static_files import StaticFiles
from tayori.console.user_pages import UserPages
from tayori.delivery.sources import SecretMissing
from tayori.events.outgoing_http import OutgoingHttp, OutgoingSettings
from tayori.mail.answer import Resolver
from tayori.model import sign_in_provider
from tayori.model.sign_in_provider import Provider, Unusable
from tayori.store.engine import Store

_PATIENCE = 10.0  # seconds for one answer of a provider
_MOST_READ = 256 * 1024  # octets of one


def routes(config: Config, store: Store, clock: Clock, resolver: Resolver) -> list[Route]:
    if not config.console.enabled:
        return []
    doors = provider_doors(config, clock, resolver)
    origins = Origins(config.http_url)
    sign_in = SignIn(
        store=store,
        clock=clock,
        regions=config.regions,
        lifetimes=Lifetimes(idle=_idle(config), absolute=timedelta(hours=config.console.session_hours)),
        secure=_is_secure(config),
        rehearsal=config.rehearsal,
        knows_passkeys=lambda request: origins.of(request) is not None,
        providers=[oidc.public(door.provider) for door in doors],
    )
    external = Oidc(sign_in, store=store, clock=clock, doors=doors, idle=_idle(config), secure=_is_secure(config))
    keys = Passkeys(sign_in, store=store, clock=clock, origins=origins)
    folder = Path(config.console.folder) if config.console.folder else static_files.PACKAGED
    people = UserPages(store, config.http_url)
    return [*StaticFiles(folder).table(), *sign_in.table(), *keys.table(), *external.table(), *people.table()]


def provider_doors(config: Config, clock: Clock, resolver: Resolver) -> list[ProviderDoor]:
    """By whom else people sign in: asked over the same outgoing HTTP as endpoints of events."""
    providers = [sign_in_provider.provider(name, table) for name, table in config.console.oidc.items()]
    if not providers:
        return []
    networks = tuple(ipaddress.ip_network(text) for text in config.events.private_networks)
    settings = OutgoingSettings(
        allowed_networks=networks, seconds=_PATIENCE, max_body=_MOST_READ, tls=event_targets.tls_of(config)
    )
    outgoing = OutgoingHttp(resolver, settings)
    return [
        ProviderDoor(
            one,
            outgoing=outgoing,
            clock=clock,
            secret=partial(_secret, one, config.secrets),
            return_url=f"{config.http_url.rstrip('/')}/tayori/console/oidc/{one.name}/return",
        )
        for one in providers
    ]


def _secret(provider: Provider, secrets: Mapping[str, str]) -> str:
    """Read each time: a secret that is changed is in force at once."""
    if not provider.client_secret:
        return ""
    try:
        return source_keeper.secret(provider.client_secret, secrets)
    except SecretMissing as error:
        raise Unusable(f"its client's secret is missing: {error}") from error


def gate(config: Config, store: Store, clock: Clock) -> SessionGate | None:
    if not config.console.enabled:
        return None
    return SessionGate(store=store, clock=clock, regions=config.regions, idle=_idle(config), secure=_is_secure(config))


def home(config: Config) -> str:
    """Where a browser at the bare address is led."""
    return f"{static_files.PATH}/" if config.console.enabled else ""


def _idle(config: Config) -> timedelta:
    return timedelta(hours=config.console.idle_hours)


def _is_secure(config: Config) -> bool:
    return config.http_url.startswith("https:")
