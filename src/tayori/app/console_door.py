"""What the console is made of in a process that answers over HTTP: its files, its sign-in, its sessions.

Owns how the settings become these.
"""

from datetime import timedelta
from pathlib import Path

from tayori.api.app import Route
from tayori.api.sessions import SessionGate
from tayori.clock import Clock
from tayori.config import Config
from tayori.console import static_files
from tayori.console.passkeys import Origins, Passkeys
from tayori.console.sign_in import Lifetimes, SignIn
from tayori.console.static_files import StaticFiles
from tayori.console.user_pages import UserPages
from tayori.store.engine import Store


def routes(config: Config, store: Store, clock: Clock) -> list[Route]:
    if not config.console.enabled:
        return []
    origins = Origins(config.http_url)
    sign_in = SignIn(
        store=store,
        clock=clock,
        regions=config.regions,
        lifetimes=Lifetimes(idle=_idle(config), absolute=timedelta(hours=config.console.session_hours)),
        secure=_is_secure(config),
        rehearsal=config.rehearsal,
        knows_passkeys=lambda request: origins.of(request) is not None,
    )
    keys = Passkeys(sign_in, store=store, clock=clock, origins=origins)
    folder = Path(config.console.folder) if config.console.folder else static_files.PACKAGED
    people = UserPages(store, config.http_url)
    return [*StaticFiles(folder).table(), *sign_in.table(), *keys.table(), *people.table()]


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
