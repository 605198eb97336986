"""Plans of one domain, from what its zone holds: with every kind of change that there is."""

from collections.abc import Mapping
from datetime import UTC, datetime

from tayori.mail.answer import Answer, AnswerStatus
from tayori.model.domain_plan import DomainPlan, records_of
from tayori.model.names import ServiceNames
from tayori.model.proof import (
    ExpectedRecord,
    Purpose,
    dkim_records,
    dmarc_record,
    ed25519_record,
    mail_from_records,
    ownership_record,
)

NAMES = ServiceNames(service_domain="mail.example.net", region="us-east-1")
# In octoDNS's order, which is not the order of characters, "a9" comes before "a10".
TOKENS = ("a10kkkkkkkkkkkkkkkkkkkkkkkkkkkkk", "a9kkkkkkkkkkkkkkkkkkkkkkkkkkkkkk", "zkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk")
SECOND_TOKEN = "m5kkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
MAIL_FROM = "bounce.example.com"
LONG_KEY = "v=DKIM1; k=rsa; p=" + "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQ" * 9
AWKWARD = 'a "quoted" \\ backslash; and ${braces} %{too}'

Zone = Mapping[tuple[str, str], tuple[str, ...]]


def expected(domain: str = "example.com", mail_from: str = MAIL_FROM) -> list[ExpectedRecord]:
    return [
        *dkim_records(domain, TOKENS, NAMES),
        ed25519_record(domain, SECOND_TOKEN, NAMES),
        ownership_record(domain, "pmBGN/7MjnfhTKUZ06Enqq1PeGUaOkw8lGhcfwefcHU="),
        *mail_from_records(mail_from, domain, NAMES),
        dmarc_record(domain),
        ExpectedRecord(
            purpose=Purpose.DKIM, name=f"own._domainkey.{domain}", rdtype="TXT", value=LONG_KEY, domain=domain
        ),
    ]


def plan(zone: Zone, *, domain: str = "example.com", apex: str = "example.com") -> DomainPlan:
    """The plan where the zone holds `zone` and nothing else."""
    wanted = expected(domain, f"bounce.{domain}")
    answers = {(record.name, record.rdtype): _answer(zone, record) for record in wanted}
    return DomainPlan(
        domain=domain,
        zone=apex,
        account_id="123456789012",
        region=NAMES.region,
        service_domain=NAMES.service_domain,
        mail_from_domain=f"bounce.{domain}",
        records=records_of(wanted, answers),
        made_at=datetime(2026, 11, 24, 3, 0, tzinfo=UTC),
    )


def _answer(zone: Zone, record: ExpectedRecord) -> Answer:
    values = zone.get((record.name, record.rdtype), ())
    status = AnswerStatus.FOUND if values else AnswerStatus.NXDOMAIN
    return Answer(name=record.name, rdtype=record.rdtype, status=status, values=values, ttl=60)


# What a lived-in zone holds at our names: one record right, one doubled by a panel, texts of other services.
LIVED_IN: Zone = {
    (f"{TOKENS[0]}._domainkey.example.com", "CNAME"): (f"{TOKENS[0]}.dkim.mail.example.net",),
    (f"{TOKENS[1]}._domainkey.example.com", "CNAME"): (f"{TOKENS[1]}.dkim.mail.example.net.example.com",),
    ("_amazonses.example.com", "TXT"): (AWKWARD, "another account's token"),
}
FOREIGN_MX: Zone = {("bounce.example.com", "MX"): ("5 mx.elsewhere.example",)}
EMPTY: Zone = {}


def complete() -> Zone:
    return {(record.name, record.rdtype): (record.value,) for record in expected()}
