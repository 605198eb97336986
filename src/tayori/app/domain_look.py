"""A close look at every record of one identity, for the command and for HTTP alike.

Owns which records are looked at, and how authoritative servers are reached: in the rehearsal internet they answer at
the resolver's port of the loopback network. What was seen is judged by `model.diagnosis`.
"""

import ipaddress
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tayori.app import domain_plans
from tayori.dns.exchange import ServerAddress
from tayori.dns.investigation import ForgetfulResolver, InvestigationSettings, Investigator
from tayori.model import diagnosis
from tayori.model.diagnosis import Diagnosis
from tayori.model.diagnosis_words import sentences
from tayori.model.identity import Track
from tayori.model.last_look import kept
from tayori.model.names import ServiceNames
from tayori.model.proof import Purpose
from tayori.resources import identity_checks
from tayori.resources.identities import Identity

_LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))


def settings_of(
    servers: Sequence[ServerAddress], *, rehearsal: bool, private_networks: Sequence[str] = ()
) -> InvestigationSettings:
    """How to investigate beside a resolver that asks `servers`."""
    networks = tuple(ipaddress.ip_network(text) for text in private_networks)
    if not rehearsal:
        return InvestigationSettings(resolvers=tuple(servers), allowed_networks=networks)
    return InvestigationSettings(port=servers[0][1], resolvers=tuple(servers), allowed_networks=_LOOPBACK)


async def look(
    identity: Identity, names: ServiceNames, resolver: ForgetfulResolver, settings: InvestigationSettings
) -> tuple[Diagnosis, ...]:
    """What is wrong with each record that the identity asks for, and with its DMARC policy."""
    expected = identity_checks.expected_records(identity, names)
    if all(record.purpose is not Purpose.DMARC for record in expected):
        expected += await domain_plans.dmarc_expected(identity.domain, names, resolver)
    evidence = await Investigator(resolver, settings).investigate(identity.domain, expected)
    return diagnosis.diagnose_all(evidence)


def as_json(identity: Identity, found: Sequence[Diagnosis]) -> dict[str, Any]:
    return {
        "domain": identity.domain,
        "region": identity.region,
        "statuses": statuses(identity),
        "records": [diagnosis.as_json(item, sentences(item)) for item in found],
    }


def last_look(identity: Identity) -> dict[str, Any]:
    """What the verifier found when it looked last: nobody is asked for it."""

    def moment(at: datetime | None) -> str | None:
        return None if at is None else at.isoformat()

    return {
        "domain": identity.domain,
        "region": identity.region,
        "statuses": statuses(identity),
        "error": identity.error_type,
        "last_checked_at": moment(identity.last_checked_at),
        "next_check_at": moment(identity.next_check_at),
        "records": kept(identity.findings, identity.domain),
    }


def statuses(identity: Identity) -> dict[str, str | None]:
    def status(track: Track | None) -> str | None:
        return None if track is None else str(track.status)

    return {
        "identity": status(identity.verification),
        "dkim": status(identity.dkim),
        "mail_from": status(identity.mail_from),
    }
