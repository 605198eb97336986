"""Checks of the service itself: does it run, can mail get out, and will receivers know who sends?

Owns the questions. What a receiver looks at (the sending host's name, its address and the way back, RFC 5321 4.1.4 and
the practice of large providers) is asked for with the service's own resolver.
"""

import asyncio
import ipaddress
import shutil
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from tayori.app.endpoints import Endpoints
from tayori.cli.check import Check, Health, check
from tayori.cli.host_checks import certificate_names, check_host
from tayori.cli.lookup import names_of
from tayori.cli.probes import PROBE_SECONDS, ask_smtp, find_all
from tayori.cli.service import account_id_of, clock_of
from tayori.clock import AdjustableClock
from tayori.dns.resolver import CachingResolver
from tayori.mail.answer import Resolver
from tayori.model.reputation import Status
from tayori.resources import accounts, queue, quotas, reputation, security_levels, tls_results
from tayori.resources.accounts import UNLIMITED, Account
from tayori.resources.queue import Selection
from tayori.resources.tls_results import SendState
from tayori.store import leases
from tayori.store.engine import Store, Tx

_LATE = timedelta(minutes=15)
_LITTLE_SPACE = 1024**3
_NO_SPACE = 100 * 1024**2
_EXPIRES_SOON = timedelta(days=14)
_RECENT_REPORTS = timedelta(days=3)
_SHOWN_DOMAINS = 5
_ENOUGH_SENDS = 500


async def check_service(
    data: Path, service: Endpoints, store: Store, resolver: CachingResolver, account: str | None, outbound: str
) -> list[Check]:
    checks = [
        check("listener", Health.FAILED if found.trouble else Health.OK, found.trouble or found.answer,
              name=found.name, where=found.where)
        for found in await find_all(service)
    ]  # fmt: skip
    checks.append(await _workers(store))
    checks.append(_space(data))
    checks.append(_clock(service))
    if service.tls_port:
        checks += await _certificate(service)
    checks += await store.read(_account_checks, account, service.region)
    checks.append(await store.read(_queue_check))
    checks += await store.read(tls_checks)
    checks += await check_host(data, service, resolver)
    checks += await _names(service, resolver)
    checks.append(await _outbound(service, resolver, outbound))
    return checks


# -- the machine ---------------------------------------------------------------------------------------------------


async def _workers(store: Store) -> Check:
    living = await store.read(leases.living_workers, store.clock.wall())
    return check("workers", Health.OK if living else Health.FAILED, str(len(living)))


def _space(data: Path) -> Check:
    free = shutil.disk_usage(data).free
    health = Health.FAILED if free < _NO_SPACE else Health.WARNING if free < _LITTLE_SPACE else Health.OK
    return check("space", health, f"{free / 1024**3:.1f} GiB", folder=data)


def _clock(service: Endpoints) -> Check:
    clock = clock_of(service)
    speed = clock.speed if isinstance(clock, AdjustableClock) else 1.0
    return check("clock", Health.OK if speed == 1 else Health.WARNING, f"{clock.now():%Y-%m-%d %H:%M:%S}Z, × {speed:g}")


async def _certificate(service: Endpoints) -> list[Check]:
    """How long the certificate of SMTP submission is still good, and for which names. Who signed it is its owner's
    choice.
    """
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            _, writer = await asyncio.open_connection(service.submission_host, service.tls_port, ssl=context)
    except (OSError, TimeoutError) as error:
        return [check("certificate", Health.FAILED, str(error) or "no answer in time")]
    content = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.transport.abort()
    certificate = x509.load_der_x509_certificate(content)
    ends = certificate.not_valid_after_utc
    left = ends - datetime.now(UTC)
    health = Health.FAILED if left <= timedelta(0) else Health.WARNING if left < _EXPIRES_SOON else Health.OK
    return [
        check("certificate", health, f"{ends:%Y-%m-%d}"),
        certificate_names(certificate, names_of(service, service.region).submission_host),
    ]


# -- the account and its mail --------------------------------------------------------------------------------------


def _account_checks(tx: Tx, wanted: str | None, region: str) -> list[Check]:
    account_id = account_id_of(tx, wanted)
    account = accounts.get(tx, account_id, region)
    access = "production" if account.production_access else "sandbox"
    checks = [check("access", Health.OK if account.production_access else Health.WARNING, access, account=account_id)]
    is_sending = account.sending_enabled
    state = "enabled" if is_sending else "paused"
    checks.append(check("sending", Health.OK if is_sending else Health.FAILED, state, account=account_id))
    return [*checks, _reputation(tx, account), _quota(tx, account)]


def _reputation(tx: Tx, account: Account) -> Check:
    """The account's state, and what of it is paused for its reputation's sake."""
    status = Status(account.enforcement_status)
    paused = [f"{who.kind} {who.name}" for who in sorted(reputation.paused_parts(tx).get(_key(account), ()))]
    found = ", ".join([status.value, *paused])
    is_well = status is Status.HEALTHY and not paused
    health = Health.OK if is_well else Health.FAILED if status is Status.SHUTDOWN else Health.WARNING
    return check("reputation", health, found, account=account.account_id)


def _key(account: Account) -> tuple[str, str]:
    return account.account_id, account.region


def _quota(tx: Tx, account: Account) -> Check:
    sent = quotas.sent_last_24_hours(tx, account.account_id, account.region)
    if account.max_24_hour == UNLIMITED:
        return check("quota", Health.OK, f"{sent} / ∞")
    share = sent / account.max_24_hour if account.max_24_hour else 1.0
    health = Health.FAILED if share >= 1 else Health.WARNING if share >= 0.8 else Health.OK
    return check("quota", health, f"{sent} / {account.max_24_hour}")


def _queue_check(tx: Tx) -> Check:
    """Mail that waits for its next try is in order; mail that is due and not taken is not."""
    found = queue.destinations(tx, Selection())
    waiting = sum(sum(destination.counts.values()) for destination in found)
    first = min((destination.next_due for destination in found if destination.next_due), default=None)
    is_late = first is not None and tx.now - first > _LATE
    return check("queue", Health.FAILED if is_late else Health.OK, str(waiting))


def tls_checks(tx: Tx) -> list[Check]:
    """Connections that became less secure, and reports that a domain asked for in vain, of the last three days."""
    worse = security_levels.downgraded(tx, _SHOWN_DOMAINS)
    names = ", ".join(one.domain for one in worse)
    count = security_levels.count_downgraded(tx)
    levels = check("tls-levels", Health.WARNING if worse else Health.OK, f"{count}: {names}" if worse else "0")
    since = (tx.now - _RECENT_REPORTS).date().isoformat()
    asked = [one for one in tls_results.sends(tx, _ENOUGH_SENDS) if one.day >= since]
    failed = [one for one in asked if one.state is SendState.FAILED]
    found = f"{len(asked) - len(failed)} / {len(asked)}"
    found = f"{found}; {failed[0].domain}: {failed[0].detail}" if failed else found
    return [levels, check("tls-reports", Health.WARNING if failed else Health.OK, found)]


# -- what receivers look at ----------------------------------------------------------------------------------------


async def _names(service: Endpoints, resolver: Resolver) -> list[Check]:
    names = names_of(service, service.region)
    soa = await resolver.resolve(service.service_domain, "SOA")
    spf = await resolver.resolve(names.spf_include, "TXT")
    policies = [value for value in spf.values if value.startswith("v=spf1")]
    feedback = await resolver.resolve(names.feedback_host, "A")
    return [
        check("delegation", _health(soa.exists), soa.values[0] if soa.exists else str(soa.status),
              domain=service.service_domain, server=names.name_server),
        check("service-spf", _health(len(policies) == 1), ", ".join(policies) or str(spf.status),
              name=names.spf_include),
        check("feedback-host", _health(feedback.exists), ", ".join(feedback.values) or str(feedback.status),
              name=names.feedback_host),
        await _reverse(resolver, service.ehlo_name),
    ]  # fmt: skip


async def _reverse(resolver: Resolver, ehlo_name: str) -> Check:
    """Each address of the name that we greet with must lead back to that name."""
    addresses = (await resolver.resolve(ehlo_name, "A")).values + (await resolver.resolve(ehlo_name, "AAAA")).values
    if not addresses:
        return check("reverse", Health.FAILED, f"{ehlo_name}: no address", name=ehlo_name)
    found, is_confirmed = [], True
    for address in addresses:
        answer = await resolver.resolve(ipaddress.ip_address(address).reverse_pointer, "PTR")
        is_confirmed = is_confirmed and ehlo_name in answer.values
        found.append(f"{address} → {', '.join(answer.values) or answer.status}")
    return check("reverse", _health(is_confirmed), "; ".join(found), name=ehlo_name)


def _health(is_well: object) -> Health:
    return Health.OK if is_well else Health.FAILED


async def _outbound(service: Endpoints, resolver: Resolver, domain: str) -> Check:
    """Greet the mail host of a receiver: many networks block the way out on port 25."""
    answer = await resolver.resolve(domain, "MX")
    hosts = [value.split()[1] for value in sorted(answer.values, key=_preference)] or [domain]
    addresses = (await resolver.resolve(hosts[0], "A")).values
    if not addresses:
        return check("outbound", Health.FAILED, f"{hosts[0]}: no address", domain=domain, port=service.delivery_port)
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            greeting = await ask_smtp(addresses[0], service.delivery_port, implicit_tls=False)
    except (OSError, TimeoutError, ValueError) as error:
        found = f"{hosts[0]} [{addresses[0]}]: {str(error) or 'no answer in time'}"
        return check("outbound", Health.FAILED, found, domain=domain, port=service.delivery_port)
    return check("outbound", Health.OK, greeting, domain=domain, port=service.delivery_port)


def _preference(mx: str) -> int:
    return int(mx.split()[0])
