"""What an installation needs before it can be used: an account in the sandbox, and an operator's access key.

Runs in the parent, before any process of the node starts: makes what is missing, finds what is there.
"""

import asyncio
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tayori import ids
from tayori.app import endpoints
from tayori.app.endpoints import Endpoints
from tayori.clock import AdjustableClock, Clock, SystemClock
from tayori.config import Config
from tayori.model.names import ServiceNames
from tayori.resources import accounts, credentials, dkim_keys
from tayori.resources.credentials import Credential
from tayori.resources.dkim_keys import OwnSignature
from tayori.store import leases
from tayori.store.database import open_store
from tayori.store.dialect import Engine
from tayori.store.engine import Store, Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """An access key to be made: chance comes from outside, so that the transaction can be repeated."""

    account_id: str
    access_key_id: str
    secret_access_key: str
    user_name: str
    operator: bool


def new_key(*, user_name: str, operator: bool, account_id: str | None = None) -> NewKey:
    return NewKey(
        account_id=account_id or ids.account_id(),
        access_key_id=ids.access_key_id(),
        secret_access_key=ids.secret_access_key(),
        user_name=user_name,
        operator=operator,
    )


def clock_of(config: Config) -> Clock:
    return AdjustableClock(Path(config.service.clock_file)) if config.service.clock_file else SystemClock()


def prepare_node(config: Config) -> None:
    """Bring the store to the current schema, make the first account, and say where the service will be."""
    asyncio.run(_prepare_store(config))
    endpoints.write(config.data, describe(config))


async def _prepare_store(config: Config) -> None:
    store = open_store(config.database_url, clock_of(config))
    try:
        await store.write(prepare, config.service.region, new_key(user_name="operator", operator=True))
        await _put_own_key(store, config.service.domain, OwnSignature(config.dkim.service_signature))
        if store.engine is Engine.SQLITE:
            # A file has one node: whoever was at work on it before has stopped, and what it had in hand is free.
            await store.write(leases.bury_all)
    finally:
        await store.close()


async def _put_own_key(store: Store, service_domain: str, kind: OwnSignature) -> None:
    """Make the key of the service's own domain where one is wanted and there is none."""
    is_missing = kind is not OwnSignature.OFF and await store.read(dkim_keys.own, service_domain, kind) is None
    fresh = await asyncio.to_thread(dkim_keys.generate_own, kind) if is_missing else None
    await store.write(dkim_keys.use_own, service_domain, kind, fresh)


def prepare(tx: Tx, region: str, key: NewKey) -> Credential:
    """The operator's first credential: made with its account on the first start, found on later ones."""
    known = accounts.all_accounts(tx)
    if not known:
        accounts.create(tx, key.account_id, region, name="default")
        return add_key(tx, key)
    account_id = known[0][0]
    if not accounts.has_region(tx, account_id, region):
        accounts.open_region(tx, account_id, region)
    keys = [found for found in credentials.of_account(tx, account_id) if found.operator and found.active]
    return keys[0] if keys else add_key(tx, replace(key, account_id=account_id))


def add_key(tx: Tx, key: NewKey) -> Credential:
    credential = Credential(
        access_key_id=key.access_key_id,
        account_id=key.account_id,
        secret_access_key=key.secret_access_key,
        user_name=key.user_name,
        active=True,
        operator=key.operator,
        created_at=tx.now,
    )
    credentials.create(tx, credential)
    return credential


def describe(config: Config) -> Endpoints:
    """Where this node listens; ports of roles that it does not have are 0."""
    roles = set(config.service.roles)
    smtp = "smtp" in roles
    names = ServiceNames(service_domain=config.service.domain, region=config.service.region)
    return Endpoints(
        pid=os.getpid(),
        http=config.http_url if "api" in roles else "",
        region=config.service.region,
        regions=list(config.regions),
        service_domain=config.service.domain,
        ehlo_name=config.delivery.ehlo_name or names.ehlo_name,
        database_url=config.database_url,
        clock_file=config.service.clock_file,
        submission_host=config.submission.host,
        starttls_port=config.submission.starttls_port if smtp else 0,
        tls_port=config.submission.tls_port if smtp else 0,
        ca_file=config.submission.ca_file,
        inbound_host=config.inbound.host,
        inbound_port=config.inbound.port if "inbound" in roles else 0,
        dns_host=config.dns.host,
        dns_port=config.dns.port if "dns" in roles else 0,
        rehearsal=config.rehearsal,
        rehearsal_folder=str(config.rehearsal_folder),
        resolver=config.resolver.servers[0] if config.resolver.servers else "",
        delivery_port=config.delivery.port,
        trust_ad=config.resolver.trust_ad,
        reputation=asdict(config.reputation),
        private_networks=list(config.delivery.private_networks),
        outgoing_addresses=list(config.delivery.outgoing_addresses or config.dns.public_addresses),
        console="api" in roles and config.console.enabled,
        feedback_loops_file=config.inbound.feedback_loops_file,
        jobs_folder=config.jobs.folder,
    )
