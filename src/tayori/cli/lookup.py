"""A fresh look at the DNS for one domain: what it needs, what is there, and what the difference is.

Owns nothing of the rules: `app.domain_look` looks and `model.diagnosis` judges, and DMARC is looked for as receivers
do. The questions go to the resolver that the service itself uses, and to the name servers of the domain.
"""

import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tayori.app import domain_look
from tayori.app.endpoints import Endpoints
from tayori.app.policy_file import FetchSettings, PolicyFileFetcher
from tayori.cli.service import clock_of
from tayori.dns.resolver import CachingResolver, system_servers
from tayori.mail import dmarc
from tayori.mail.answer import Resolver, drive
from tayori.mail.dmarc import DmarcResult
from tayori.model.diagnosis import Diagnosis, Standing, as_json
from tayori.model.diagnosis_words import sentence, sentences
from tayori.model.evidence import Mistake
from tayori.model.names import ServiceNames
from tayori.model.proof import Purpose, dmarc_record
from tayori.resources.identities import Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One record. `verdict` is ok, missing, wrong, waiting or trouble; `diagnosis` is None for a policy from above."""

    purpose: str
    name: str
    rdtype: str
    value: str
    verdict: str
    found: tuple[str, ...]
    diagnosis: Diagnosis | None = None

    @property
    def is_in_place(self) -> bool:
        return self.verdict == "ok"

    def advice(self, language: str) -> list[str]:
        """What to do, the most pressing first; for a record in place, only what is wrong with its servers."""
        if self.diagnosis is None:
            return []
        return [sentence(item, language) for item in self.diagnosis.advice if item.mistake is not Mistake.IN_PLACE]

    def as_json(self) -> dict[str, Any]:
        if self.diagnosis is not None:
            return as_json(self.diagnosis, sentences(self.diagnosis))
        return {
            "purpose": self.purpose,
            "name": self.name,
            "type": self.rdtype,
            "expected": self.value,
            "verdict": self.verdict,
            "found": list(self.found),
            "hint": None,
            "advice": [],
        }


@asynccontextmanager
async def resolver_of(service: Endpoints) -> AsyncIterator[CachingResolver]:
    """The service's resolver, with an empty cache."""
    resolver = CachingResolver(servers(service.resolver), clock_of(service))
    try:
        yield resolver
    finally:
        await resolver.close()


def policy_files_of(service: Endpoints, resolver: Resolver) -> PolicyFileFetcher | None:
    """What fetches MTA-STS policies; None in the rehearsal internet, which has no web servers."""
    if service.rehearsal:
        return None
    networks = tuple(ipaddress.ip_network(text) for text in service.private_networks)
    return PolicyFileFetcher(resolver, FetchSettings(allowed_networks=networks))


def servers(text: str) -> list[tuple[str, int]]:
    """`host:port` or several, with commas between. Empty: the machine's own."""
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        host, _, port = part.rpartition(":") if part.count(":") == 1 or "]:" in part else (part, "", "53")
        found.append((host.strip("[]"), int(port)))
    return found


def names_of(service: Endpoints, region: str) -> ServiceNames:
    return ServiceNames(service_domain=service.service_domain, region=region)


async def rows_of(service: Endpoints, resolver: CachingResolver, identity: Identity) -> list[Row]:
    """Every record that the identity's domain should have, DMARC's last."""
    settings = domain_look.settings_of(
        servers(service.resolver) or system_servers(),
        rehearsal=service.rehearsal,
        private_networks=service.private_networks,
    )
    found = await domain_look.look(identity, names_of(service, identity.region), resolver, settings)
    rows = [_row(item) for item in found]
    if all(row.purpose != Purpose.DMARC for row in rows):
        rows.append(await _policy_from_above(resolver, identity.domain))
    return rows


def _row(found: Diagnosis) -> Row:
    expected = found.expected
    return Row(
        purpose=expected.purpose,
        name=expected.name,
        rdtype=expected.rdtype,
        value=expected.value,
        verdict=found.standing,
        found=found.stands,
        diagnosis=found,
    )


async def _policy_from_above(resolver: Resolver, domain: str) -> Row:
    """The policy of the organisational domain, which holds for the domain as well."""
    found = await drive(dmarc.discover(domain), resolver)
    values: tuple[str, ...] = ()
    if not isinstance(found, DmarcResult):
        above = f"_dmarc.{found[0]}"
        values = tuple(f"{above}: {value}" for value in (await resolver.resolve(above, "TXT")).values)
    expected = dmarc_record(domain)
    verdict = Standing.OK if values else Standing.TROUBLE
    return Row(
        purpose=expected.purpose,
        name=expected.name,
        rdtype=expected.rdtype,
        value=expected.value,
        verdict=verdict,
        found=values,
    )
