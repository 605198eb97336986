"""Doctor on the resolver whose word `resolver.trust_ad` has the service believe: does it validate, and is it here?

DANE is built on that word alone (RFC 7672 2.1.1). The root zone is signed, so a resolver that validates says so of it
(RFC 4035 3.2.3). For one that is not on this host, whoever sits in between can speak.
"""

import ipaddress
from collections.abc import Sequence

from tayori.app.endpoints import Endpoints
from tayori.cli.check import Check, Health, check
from tayori.cli.lookup import servers
from tayori.cli.service import clock_of
from tayori.dns.resolver import CachingResolver, ResolverSettings, system_servers

_SIGNED = ("",)  # the root


async def check_validation(service: Endpoints, signed: Sequence[str] = _SIGNED) -> list[Check]:
    """Nothing where nobody is believed. `signed` are names of zones that are known to be signed."""
    if not service.trust_ad:
        return []
    found = servers(service.resolver) or system_servers()
    return [await _validates(service, found, signed), _is_here(found)]


async def _validates(service: Endpoints, found: list[tuple[str, int]], signed: Sequence[str]) -> Check:
    resolver = CachingResolver(found, clock_of(service), ResolverSettings(trust_ad=True))
    try:
        answers = [await resolver.resolve(name, "SOA") for name in signed]
    finally:
        await resolver.close()
    told = "; ".join(
        f"{answer.name or '.'}: {'AD' if answer.authenticated else 'no AD' if answer.exists else answer.status}"
        for answer in answers
    )
    is_well = all(answer.exists and answer.authenticated for answer in answers)
    return check("validation", Health.OK if is_well else Health.WARNING, told)


def _is_here(found: list[tuple[str, int]]) -> Check:
    strangers = [host for host, _ in found if not ipaddress.ip_address(host).is_loopback]
    health = Health.WARNING if strangers else Health.OK
    return check("validation-way", health, ", ".join(strangers or [host for host, _ in found]))
