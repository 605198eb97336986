"""Makes a domain's plan of records by asking the DNS: for the command, for HTTP and for the shared link.

Owns the questions. What is wanted comes from `resources.identity_checks`, what an answer means from
`model.domain_plan`; DMARC is looked for as receivers do, at the domain and at the organisational domain above it.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from tayori.mail import dmarc
from tayori.mail.answer import Answer, AnswerStatus, Resolver, drive
from tayori.mail.dmarc import DmarcResult, DmarcVerdict
from tayori.model import spf_advice
from tayori.model.domain_plan import DomainPlan, PlannedRecord, records_of
from tayori.model.names import ServiceNames
from tayori.model.proof import ExpectedRecord, Purpose, dmarc_record, tracking_record
from tayori.model.spf_advice import SpfNote
from tayori.resources import identity_checks
from tayori.resources.identities import Identity

_SPF_SECONDS = 10.0  # a hostile zone leads from one silent server to the next


async def make(
    identity: Identity,
    names: ServiceNames,
    resolver: Resolver,
    now: datetime,
    *,
    redirect_domains: Sequence[str] = (),
) -> DomainPlan:
    """The plan of one identity. A DNS that does not answer makes records of which the plan says so."""
    expected = identity_checks.expected_records(identity, names)
    if all(record.purpose is not Purpose.DMARC for record in expected):
        expected += await dmarc_expected(identity.domain, names, resolver)
    expected += await tracking_expected(redirect_domains, identity.domain, names, resolver)
    answers, zone = await asyncio.gather(_ask(expected, resolver), zone_of(identity.domain, resolver))
    records = [await _with_spf_cost(record, resolver) for record in records_of(expected, answers)]
    return DomainPlan(
        domain=identity.domain,
        zone=zone,
        account_id=identity.account_id,
        region=identity.region,
        service_domain=names.service_domain,
        mail_from_domain=identity.mail_from_domain,
        records=tuple(records),
        made_at=now,
    )


async def _ask(expected: list[ExpectedRecord], resolver: Resolver) -> dict[tuple[str, str], Answer]:
    keys = list(dict.fromkeys((record.name, record.rdtype) for record in expected))
    answers = await asyncio.gather(*(resolver.resolve(name, rdtype) for name, rdtype in keys))
    return dict(zip(keys, answers, strict=True))


async def _with_spf_cost(record: PlannedRecord, resolver: Resolver) -> PlannedRecord:
    """What a check of the merged SPF record costs is seen only by following its terms (RFC 7208 4.6.4)."""
    if record.purpose is not Purpose.MAIL_FROM_SPF or not record.present:
        return record
    notes: tuple[SpfNote, ...] = (SpfNote.UNANSWERED,)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_SPF_SECONDS):
            notes = (await drive(spf_advice.advise(record.name, record.own), resolver)).notes
    return replace(record, notes=tuple(dict.fromkeys((*record.notes, *(f"spf.{note}" for note in notes)))))


async def dmarc_expected(domain: str, names: ServiceNames, resolver: Resolver) -> list[ExpectedRecord]:
    """A record of the domain's own, unless the policy of the domain above it holds already."""
    own = dmarc_record(domain, names.dmarc_reports)
    found = await drive(dmarc.discover(domain), resolver)
    if not isinstance(found, DmarcResult):
        return [own] if found[0] == domain else []
    if found.verdict is DmarcVerdict.TEMPERROR and (await resolver.resolve(own.name, own.rdtype)).is_definite:
        return []  # a record here could weaken the policy above, which nobody could read
    return [own]


async def tracking_expected(
    hosts: Sequence[str], domain: str, names: ServiceNames, resolver: Resolver
) -> list[ExpectedRecord]:
    """A pointer for each redirect domain, but for those that lead elsewhere, such as to a proxy with a certificate."""
    wanted = [tracking_record(host, domain, names) for host in hosts]
    answers = await asyncio.gather(
        *(resolver.resolve(record.name, rdtype) for record in wanted for rdtype in ("CNAME", "A", "AAAA"))
    )
    expected = []
    for number, record in enumerate(wanted):
        pointer, *addresses = answers[3 * number : 3 * number + 3]
        own = pointer.status is AnswerStatus.FOUND and pointer.values == (record.value,)
        if own or not any(answer.status is AnswerStatus.FOUND for answer in (pointer, *addresses)):
            expected.append(record)
    return expected


async def zone_of(domain: str, resolver: Resolver) -> str:
    """The zone that a domain's records are registered in: where the nearest SOA record is; else the domain itself."""
    labels = domain.split(".")
    for start in range(len(labels) - 1):
        name = ".".join(labels[start:])
        answer = await resolver.resolve(name, "SOA")
        if answer.status is AnswerStatus.FOUND and answer.canonical_name in ("", name):
            return name
    return domain
