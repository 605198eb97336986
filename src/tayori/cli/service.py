"""The service on a data folder as other commands reach it: its endpoints, and short visits to its store.

Owns the way from what the store raises to one sentence for the user.
"""

import argparse
import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from tayori.app import endpoints
from tayori.app.endpoints import Endpoints
from tayori.cli import record
from tayori.cli.command import CommandFailed, Context
from tayori.clock import AdjustableClock, Clock, SystemClock
from tayori.model.errors import DomainError
from tayori.resources import accounts, credentials
from tayori.resources.credentials import Credential
from tayori.store.database import DatabaseUrlError, open_store
from tayori.store.engine import Store, StoreUnavailable, Tx
from tayori.store.migrate import SchemaError

# What the store logs is for a service's operator. A command says what went wrong in its own words.
logging.getLogger("tayori").addHandler(logging.NullHandler())

P = ParamSpec("P")
T = TypeVar("T")


def endpoints_of(context: Context) -> Endpoints:
    """What the service said of itself, with the region that the command speaks of. Raises CommandFailed."""
    try:
        service = endpoints.read(context.data)
    except endpoints.NotRunning as error:
        raise CommandFailed(str(error)) from error
    region = context.region or service.region
    served = service.regions or [service.region]
    if region not in served:
        raise CommandFailed(f"This service does not serve the region {region}, but: {', '.join(served)}.")
    return replace(service, region=region)


def add_region(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--region",
        dest="region_in_question",
        metavar="REGION",
        default=argparse.SUPPRESS,
        help="the region in question (default: the service's own)",
    )


def clock_of(service: Endpoints) -> Clock:
    """Service time as the service itself sees it."""
    return AdjustableClock(Path(service.clock_file)) if service.clock_file else SystemClock()


def visit(service: Endpoints, work: Callable[[Store], Awaitable[T]]) -> T:
    """Open the service's store, do `work`, close it. Raises CommandFailed."""

    async def visiting() -> T:
        store = open_store(service.database_url, clock_of(service))
        try:
            return await work(store)
        finally:
            await store.close()

    try:
        return asyncio.run(visiting())
    except DomainError as error:
        raise CommandFailed(error.message) from error
    except (DatabaseUrlError, StoreUnavailable, SchemaError) as error:
        raise CommandFailed(str(error)) from error


def read(service: Endpoints, fn: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    return visit(service, lambda store: store.read(fn, *args, **kwargs))


def write(service: Endpoints, fn: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    return visit(service, lambda store: store.write(record.recorded(service, fn), *args, **kwargs))


def account_id_of(tx: Tx, wanted: str | None) -> str:
    """The account that a command speaks of: the one named, else the first. Raises CommandFailed."""
    known = [account_id for account_id, _ in accounts.all_accounts(tx)]
    if wanted is not None and wanted not in known:
        raise CommandFailed(f"There is no account {wanted}.")
    if not known:
        raise CommandFailed("There is no account yet: the first start of the service makes one.")
    return wanted or known[0]


def first_key(tx: Tx, account: str | None = None) -> Credential:
    """The key that commands show: the account's first active one, an operator's before others."""
    account_id = account_id_of(tx, account)
    keys = [key for key in credentials.of_account(tx, account_id) if key.active]
    if not keys:
        raise CommandFailed(f"Account {account_id} has no access key. Make one with: tayori credentials create.")
    return next((key for key in keys if key.operator), keys[0])
