"""A plan is made by asking the DNS: which zone, which records, and whether a policy holds already."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tayori.app import domain_plans
from tayori.mail.answer import Answer, AnswerStatus
from tayori.model.domain_plan import Change, DomainPlan, Necessity
from tayori.model.identity import IdentityName, KeyLength
from tayori.model.names import ServiceNames
from tayori.resources import accounts, configuration_sets, dkim_keys, ed25519, identities
from tayori.resources.configuration_sets import ConfigurationSet, OptionGroup
from tayori.resources.dkim_keys import OwnSignature
from tayori.resources.identities import Identity, NewIdentity
from tayori.store import tables

ACCOUNT, REGION = "123456789012", "us-east-1"
NAMES = ServiceNames(service_domain="mail.example.net", region=REGION)
KEYS = dkim_keys.generate(KeyLength.RSA_1024_BIT)
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
REJECT = ("v=DMARC1; p=reject",)


class Zone:
    """A DNS of these records; names in `silent` are not answered."""

    def __init__(self, *silent: str, **records: tuple[str, ...]) -> None:
        self.records: dict[tuple[str, str], tuple[str, ...]] = {}
        self.silent = silent

    def put(self, name: str, rdtype: str, *values: str) -> "Zone":
        self.records[name, rdtype] = values
        return self

    async def resolve(self, name: str, rdtype: str) -> Answer:
        values = self.records.get((name, rdtype), ())
        status = AnswerStatus.FOUND if values else AnswerStatus.NXDOMAIN
        if any(name == silent or name.endswith(f".{silent}") for silent in self.silent):
            status, values = AnswerStatus.TIMEOUT, ()
        return Answer(name=name, rdtype=rdtype, status=status, values=values, ttl=60)


@pytest.fixture
def database_url(tmp_path: Any) -> str:
    return f"sqlite:///{tmp_path / 'plans.db'}"


@pytest.fixture
def plan_of(transact: Callable[..., Any], run: Callable[..., Any]) -> Callable[[str, Zone], DomainPlan]:
    transact(lambda tx: accounts.create(tx, ACCOUNT, REGION, name="test"))

    def make(domain: str, zone: Zone) -> DomainPlan:
        wanted = NewIdentity(name=IdentityName.parse(domain), keys=KEYS)
        transact(identities.create, ACCOUNT, REGION, wanted)
        identity: Identity = transact(identities.get, ACCOUNT, REGION, domain)
        plan: DomainPlan = run(domain_plans.make(identity, NAMES, zone, NOW))
        return plan

    return make


def purposes(plan: DomainPlan) -> list[str]:
    return [str(record.purpose) for record in plan.records]


def test_a_domain_with_nothing_gets_keys_and_a_policy(plan_of: Any) -> None:
    plan = plan_of("example.com", Zone().put("example.com", "SOA", "ns. h. 1 2 3 4 5"))
    assert purposes(plan) == ["dkim", "dkim", "dkim", "dmarc"]
    assert {record.change for record in plan.records} == {Change.ADD}
    assert (plan.domain, plan.zone) == ("example.com", "example.com")


def test_a_second_key_is_in_the_plan_and_is_optional(plan_of: Any, transact: Any, run: Any) -> None:
    plan_of("example.com", Zone())
    key = dkim_keys.generate_own(OwnSignature.ED25519)
    transact(ed25519.put, ACCOUNT, REGION, "example.com", key)
    identity = transact(identities.get, ACCOUNT, REGION, "example.com")
    name, target = f"{key.selector}._domainkey.example.com", f"{key.selector}.dkim.mail.example.net"

    def second(zone: Zone) -> Any:
        plan = run(domain_plans.make(identity, NAMES, zone, NOW))
        assert purposes(plan) == ["dkim", "dkim", "dkim", "dkim-ed25519", "dmarc"]
        return plan.records[3]

    asked_for = second(Zone())
    assert (asked_for.name, asked_for.rdtype, asked_for.wanted) == (name, "CNAME", (target,))
    assert (asked_for.change, asked_for.necessity) == (Change.ADD, Necessity.OPTIONAL)
    assert second(Zone().put(name, "CNAME", target)).change is Change.NONE


def test_what_a_check_of_the_merged_spf_record_costs_is_told(plan_of: Any, transact: Any, run: Any) -> None:
    plan_of("example.com", Zone())
    transact(identities.put_mail_from, ACCOUNT, REGION, "example.com", "bounce.example.com", None)
    identity = transact(identities.get, ACCOUNT, REGION, "example.com")
    ours = {("spf.mail.example.net", "TXT"): ("v=spf1 ip4:192.0.2.1 -all",)}

    def spf(present: str, *silent: str) -> Any:
        zone = Zone(*silent).put("bounce.example.com", "TXT", present)
        zone.records |= ours | {(f"s{n}.example.net", "TXT"): ("v=spf1 -all",) for n in range(12)}
        plan = run(domain_plans.make(identity, NAMES, zone, NOW))
        (record,) = [one for one in plan.records if one.purpose == "mail-from-spf"]
        return record

    many = " ".join(f"include:s{n}.example.net" for n in range(10))
    assert "spf.too-many-lookups" in spf(f"v=spf1 {many} -all").notes
    assert "spf.too-many-lookups" not in spf("v=spf1 include:s1.example.net -all").notes
    assert "spf.broken" in spf("v=spf1 include:gone.example.net -all").notes
    assert "spf.unanswered" in spf("v=spf1 include:s1.example.net -all", "s1.example.net").notes


def test_a_subdomain_is_registered_in_the_zone_above_it(plan_of: Any) -> None:
    plan = plan_of("news.example.com", Zone().put("example.com", "SOA", "ns. h. 1 2 3 4 5"))
    assert (plan.domain, plan.zone) == ("news.example.com", "example.com")


def test_a_policy_above_is_not_weakened_by_one_of_the_subdomains_own(plan_of: Any) -> None:
    assert "dmarc" not in purposes(plan_of("news.example.com", Zone().put("_dmarc.example.com", "TXT", *REJECT)))


def test_a_policy_above_that_nobody_could_read_is_not_weakened_either(plan_of: Any) -> None:
    assert "dmarc" not in purposes(plan_of("news.example.com", Zone("_dmarc.example.com")))


def test_a_policy_of_the_domains_own_is_in_place(plan_of: Any) -> None:
    plan = plan_of("example.com", Zone().put("_dmarc.example.com", "TXT", *REJECT))
    assert [record.change for record in plan.records if record.purpose == "dmarc"] == [Change.NONE]


def test_a_dns_that_is_silent_makes_a_plan_that_says_so(plan_of: Any) -> None:
    plan = plan_of("example.com", Zone("com"))
    assert {record.change for record in plan.records} == {Change.UNKNOWN}
    assert plan.zone == "example.com"


@pytest.mark.parametrize(
    ("rdtype", "value", "change"),
    [
        (None, "", Change.ADD),
        ("CNAME", "r.us-east-1.mail.example.net", Change.NONE),
        ("CNAME", "proxy.example.org", None),
        ("A", "192.0.2.1", None),
    ],
)
def test_a_redirect_domain_is_asked_for_unless_it_leads_elsewhere(
    plan_of: Any, transact: Any, run: Any, rdtype: str | None, value: str, change: Change | None
) -> None:
    """Where something else stands, such as a proxy with a certificate, its owner knows why."""
    plan_of("example.com", Zone())
    transact(lambda tx: tx.execute(tables.identities.update().values(verification_status="SUCCESS")))
    for number, host in enumerate(("Click.example.com", "click.example.com")):
        options = {OptionGroup.TRACKING: {"CustomRedirectDomain": host}}
        wanted = ConfigurationSet(name=f"set-{number}", options=options)
        transact(configuration_sets.create, ACCOUNT, REGION, wanted)
    redirects = transact(configuration_sets.redirect_domains, ACCOUNT, REGION, "example.com")
    assert redirects == ("click.example.com",)
    assert transact(configuration_sets.redirect_domains, ACCOUNT, REGION, "lick.example.com") == ()
    identity = transact(identities.get, ACCOUNT, REGION, "example.com")
    zone = Zone().put("click.example.com", rdtype, value) if rdtype else Zone()
    plan = run(domain_plans.make(identity, NAMES, zone, NOW, redirect_domains=redirects))
    found = [one for one in plan.records if one.purpose == "tracking"]
    assert [one.change for one in found] == ([] if change is None else [change])
    for one in found:
        assert (one.name, one.rdtype, one.own) == ("click.example.com", "CNAME", "r.us-east-1.mail.example.net")
        assert one.necessity is Necessity.OPTIONAL
