"""Checks of the sending host as the world sees it: addresses, block lists, the clock, the certificate, the own zone.

Owns the questions that a receiver would ask of a host it does not know. Everything goes through the service's resolver;
nothing is sent to anybody else. RFC 5782 (DNS block lists, with their test entries), RFC 6125 (names in certificates).
"""

import asyncio
import ctypes
import ipaddress
import os
import socket
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from tayori.app import block_lists, domain_look
from tayori.app.endpoints import Endpoints
from tayori.cli.check import Check, Health, check
from tayori.cli.lookup import names_of, servers
from tayori.dns.investigation import InvestigationSettings, Investigator
from tayori.dns.resolver import CachingResolver, system_servers
from tayori.mail.answer import Resolver
from tayori.model.evidence import SeenStatus, ZoneFacts

BLOCK_LISTS = ("zen.spamhaus.org", "bl.spamcop.net", "b.barracudacentral.org", "psbl.surriel.com")
_MOST_ADDRESSES = 8
# Only the way to it is looked up: connecting a datagram socket sends nothing.
_FAR_AWAY = ("2001:db8::1", 53)
_OLDEST = datetime(2025, 1, 1, tzinfo=UTC)
_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised


async def check_host(data: Path, service: Endpoints, resolver: CachingResolver) -> list[Check]:
    addresses = await _addresses(resolver, service.ehlo_name)
    checks = [writable(data), synchronised(service), await _ipv6(service, resolver)]
    checks.append(await listed(resolver, addresses, BLOCK_LISTS))
    if not service.rehearsal:  # whose internet hands the zone to us without name servers in between
        settings = domain_look.settings_of(servers(service.resolver) or system_servers(), rehearsal=False)
        name_server = names_of(service, service.region).name_server
        checks.append(await delegated(resolver, settings, service.service_domain, name_server))
    return checks


async def _addresses(resolver: Resolver, name: str) -> list[str]:
    found = [await resolver.resolve(name, rdtype) for rdtype in ("A", "AAAA")]
    return [value for answer in found for value in answer.values][:_MOST_ADDRESSES]


# -- the machine ---------------------------------------------------------------------------------------------------


def writable(folder: Path) -> Check:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return check("writable", Health.FAILED, error.strerror or str(error), folder=folder)
    return check("writable", Health.OK, "4 KiB", folder=folder)


def synchronised(service: Endpoints) -> Check:
    """Whether the kernel's clock follows a time service; where nobody can tell, only that the year is not absurd."""
    now = datetime.now(UTC)
    if now < _OLDEST:
        return check("true-time", Health.FAILED, f"{now:%Y-%m-%d}")
    if service.rehearsal:
        return check("true-time", Health.OK, "", note="rehearsal-clock")
    state = _kernel_clock()
    if state is None:
        return check("true-time", Health.OK, f"{now:%Y-%m-%d %H:%M:%S}Z")
    return check("true-time", Health.WARNING if state == _TIME_ERROR else Health.OK, f"{now:%Y-%m-%d %H:%M:%S}Z")


def _kernel_clock() -> int | None:
    """The state that adjtimex(2) tells; None where the system has no such call."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512))  # zeros: ask, change nothing
    except (OSError, AttributeError):
        return None
    return int(state) if state >= 0 else None


async def _ipv6(service: Endpoints, resolver: Resolver) -> Check:
    """Mail from an IPv6 address without a name and a way back is refused by large receivers."""
    published = (await resolver.resolve(service.ehlo_name, "AAAA")).values
    has_way = _has_way_by_ipv6()
    shown = ", ".join(published)
    if published and not has_way:
        return check("ipv6", Health.WARNING, shown, note="no-way-by-ipv6", name=service.ehlo_name)
    if has_way and not published and not service.rehearsal:
        return check("ipv6", Health.WARNING, "", note="ipv6-without-name", name=service.ehlo_name)
    return check("ipv6", Health.OK, shown, note="" if published else "ipv4-only", name=service.ehlo_name)


def _has_way_by_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.connect(_FAR_AWAY)
            return not ipaddress.ip_address(probe.getsockname()[0]).is_loopback
    except OSError:
        return False


def certificate_names(certificate: x509.Certificate, name: str) -> Check:
    """Clients that verify compare the certificate with the name that they were told to use (RFC 6125)."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        found = names.get_values_for_type(x509.DNSName)
    except x509.ExtensionNotFound:
        found = []
    parent = name.partition(".")[2]
    is_covered = name in found or f"*.{parent}" in found
    shown = ", ".join(found[:10]) or "no name"
    return check("certificate-names", Health.OK if is_covered else Health.WARNING, shown, name=name)


# -- what receivers look up ----------------------------------------------------------------------------------------


async def listed(resolver: Resolver, addresses: Sequence[str], lists: Sequence[str]) -> Check:
    """Is a public address on a block list? A list that does not know its own test entries says nothing (RFC 5782 5)."""
    public = [address for address in addresses if ipaddress.ip_address(address).is_global]
    if not public:
        return check("block-list", Health.OK, ", ".join(addresses), note="not-public", lists=", ".join(lists))
    answers = await asyncio.gather(*(block_lists.ask(resolver, public, zone) for zone in lists))
    hits = [
        f"{address}: {zone} ({codes})"
        for zone, (found, _) in zip(lists, answers, strict=True)
        for address, codes in found
    ]
    unusable = [zone for zone, (_, is_usable) in zip(lists, answers, strict=True) if not is_usable]
    asked = ", ".join(zone for zone in lists if zone not in unusable)
    if hits:
        return check("block-list", Health.FAILED, "; ".join(hits), lists=asked)
    if not asked:
        return check("block-list", Health.WARNING, "", note="no-list-answers", lists=", ".join(lists))
    return check("block-list", Health.OK, ", ".join(public), note="not-listed", lists=asked)


async def delegated(resolver: CachingResolver, settings: InvestigationSettings, domain: str, name_server: str) -> Check:
    """The parent's NS records lead to servers that answer for our zone."""
    zone = await Investigator(resolver, settings).zone_of(domain)
    if zone is None or zone.origin != domain:
        parent = zone.origin if zone else "?"
        return check("zone-servers", Health.FAILED, f"no delegation in {parent}", domain=domain, server=name_server)
    troubles = [
        f"{view.server}: {view.seen.reason or view.seen.status}"
        for view in zone.servers
        if view.seen.status is not SeenStatus.FOUND
    ]
    health = Health.FAILED if zone.is_lame else Health.WARNING if troubles or not zone.delegated else Health.OK
    return check("zone-servers", health, "; ".join(troubles) or _servers(zone), domain=domain, server=name_server)


def _servers(zone: ZoneFacts) -> str:
    return ", ".join(str(view.server) for view in zone.servers)
