"""The plan of one domain, made by asking whatever publishes it."""

from datetime import UTC, datetime

from tayori.mail.answer import Resolver
from tayori.model.domain_plan import DomainPlan, records_of
from tayori.model.names import ServiceNames
from tayori.model.proof import dkim_records, dmarc_record, mail_from_records

NAMES = ServiceNames(service_domain="mail.example.net", region="us-east-1")


async def plan_at(resolver: Resolver, domain: str = "example.com") -> DomainPlan:
    expected = [
        *dkim_records(domain, ("t1", "t2", "t3"), NAMES),
        *mail_from_records(f"bounce.{domain}", domain, NAMES),
        dmarc_record(domain, NAMES.dmarc_reports),
    ]
    answers = {(record.name, record.rdtype): await resolver.resolve(record.name, record.rdtype) for record in expected}
    return DomainPlan(
        domain=domain,
        zone=domain,
        account_id="123456789012",
        region=NAMES.region,
        service_domain=NAMES.service_domain,
        mail_from_domain=f"bounce.{domain}",
        records=records_of(expected, answers),
        made_at=datetime(2026, 11, 24, 3, 0, tzinfo=UTC),
    )
