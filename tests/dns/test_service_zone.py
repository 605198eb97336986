"""The service's own zone: what it publishes, and the keys it looks up."""

import dns.name
import dns.rcode
import dns.rdatatype
import pytest

from tayori.dns.record import Record, from_rdata, to_name
from tayori.dns.service_zone import ServiceZone, service_zone
from tayori.dns.zone import Lookup
from tayori.model.names import ServiceNames
from tayori.model.source import SourceAddress

NAMES = ServiceNames(service_domain="tayori.test", region="us-east-1")
TOKEN = "4hzwn5lmznmmjyl2pqf2agr3uzzzzxyz"
KEY = "v=DKIM1; k=rsa; p=" + "A" * 392


def a_zone(
    keys: dict[str, list[str]], own: dict[str, list[str]] | None = None, reports: frozenset[str] = frozenset()
) -> tuple[ServiceZone, list[str]]:
    asked: list[str] = []

    async def look_up(selector: str) -> list[str]:
        asked.append(selector)
        return keys.get(selector, [])

    async def look_up_own(selector: str) -> list[str]:
        return (own or {}).get(selector, [])

    async def takes_reports(domain: str) -> bool:
        asked.append(domain)
        return domain in reports

    zone = service_zone(
        NAMES,
        sending_addresses=["198.51.100.7", "2001:db8::7"],
        listening_addresses=["198.51.100.8"],
        dkim_keys=look_up,
        own_keys=look_up_own,
        takes_reports=takes_reports,
        serial=42,
        more=[Record(name="t.tayori.test", rdtype="A", value="198.51.100.9")],
    )
    return zone, asked


def values(lookup: Lookup) -> list[str]:
    return [from_rdata(rdata) for rrset in lookup.answer for rdata in rrset]


@pytest.mark.parametrize(
    ("name", "rdtype", "expected"),
    [
        ("tayori.test", "SOA", ["ns1.tayori.test hostmaster.tayori.test 42 3600 600 1209600 60"]),
        ("tayori.test", "NS", ["ns1.tayori.test"]),
        ("tayori.test", "TXT", ["v=spf1 ip4:198.51.100.7 ip6:2001:db8::7 -all"]),
        ("tayori.test", "MX", ["10 feedback-smtp.us-east-1.tayori.test"]),
        ("_dmarc.tayori.test", "TXT", ["v=DMARC1; p=reject"]),
        ("ns1.tayori.test", "A", ["198.51.100.8"]),
        ("email-smtp.us-east-1.tayori.test", "A", ["198.51.100.8"]),
        ("feedback-smtp.us-east-1.tayori.test", "A", ["198.51.100.8"]),
        ("r.us-east-1.tayori.test", "A", ["198.51.100.8"]),
        ("a1.smtp-out.us-east-1.tayori.test", "A", ["198.51.100.7"]),
        ("a1.smtp-out.us-east-1.tayori.test", "AAAA", ["2001:db8::7"]),
        ("a1.smtp-out.us-east-1.tayori.test", "TXT", ["v=spf1 a -all"]),
        ("us-east-1.mail.tayori.test", "MX", ["10 feedback-smtp.us-east-1.tayori.test"]),
        ("us-east-1.mail.tayori.test", "TXT", ["v=spf1 ip4:198.51.100.7 ip6:2001:db8::7 -all"]),
        ("spf.tayori.test", "TXT", ["v=spf1 ip4:198.51.100.7 ip6:2001:db8::7 -all"]),
        ("t.tayori.test", "A", ["198.51.100.9"]),
    ],
)
def test_what_it_publishes(run, name: str, rdtype: str, expected: list[str]) -> None:
    zone, _ = a_zone({})
    assert values(run(zone.lookup(dns.name.from_text(name), dns.rdatatype.from_text(rdtype)))) == expected


def ask(run, zone: ServiceZone, name: str, rdtype: str = "TXT") -> Lookup:
    return run(zone.lookup(dns.name.from_text(name), dns.rdatatype.from_text(rdtype)))


def test_keys_are_looked_up_name_by_name(run) -> None:
    zone, asked = a_zone({TOKEN: [KEY]})
    found = ask(run, zone, f"{TOKEN.upper()}.DKIM.tayori.test")
    assert values(found) == [KEY]
    assert [len(string) for string in found.answer[0][0].strings] == [255, len(KEY) - 255]
    assert found.keep_seconds <= 5
    assert asked == [TOKEN]


def test_a_token_that_does_not_exist_is_no_name(run) -> None:
    zone, _ = a_zone({TOKEN: [KEY]})
    missing = ask(run, zone, "a" * 32 + ".dkim.tayori.test")
    assert missing.rcode == dns.rcode.NXDOMAIN and missing.authority[0].rdtype == dns.rdatatype.SOA
    other_type = ask(run, zone, f"{TOKEN}.dkim.tayori.test", "A")
    assert other_type.rcode == dns.rcode.NOERROR and not other_type.answer and other_type.authority


@pytest.mark.parametrize("name", ["dkim.tayori.test", "_domainkey.tayori.test", "mail.tayori.test"])
def test_names_above_keys_exist(run, name: str) -> None:
    zone, asked = a_zone({})
    assert ask(run, zone, name).rcode == dns.rcode.NOERROR
    assert asked == []


@pytest.mark.parametrize("label", ["*", "x", "a" * 31, "a" * 33, "1" * 32, r"\000\255", "a" * 32 + ".a"])
def test_what_cannot_be_a_selector_does_not_reach_the_lookup(run, label: str) -> None:
    zone, asked = a_zone({})
    assert ask(run, zone, f"{label}.dkim.tayori.test").rcode == dns.rcode.NXDOMAIN
    assert asked == []


def test_customers_keys_are_not_keys_of_the_service(run) -> None:
    """A key at _domainkey.<service domain> signs for the service itself: only the service's own may be there."""
    own = "s" * 32
    zone, _ = a_zone({TOKEN: [KEY]}, own={own: [KEY]})
    assert ask(run, zone, f"{TOKEN}._domainkey.tayori.test").rcode == dns.rcode.NXDOMAIN
    assert values(ask(run, zone, f"{own}._domainkey.tayori.test")) == [KEY]
    assert ask(run, zone, f"{own}.dkim.tayori.test").rcode == dns.rcode.NXDOMAIN


def test_it_says_whose_reports_the_service_takes(run) -> None:
    zone, asked = a_zone({}, reports=frozenset({"example.com"}))
    assert values(ask(run, zone, "Example.com._report._dmarc.tayori.test")) == ["v=DMARC1"]
    assert asked == ["example.com"]
    assert values(ask(run, zone, "_dmarc.tayori.test")) == ["v=DMARC1; p=reject"]


@pytest.mark.parametrize("name", ["example.org", "com", "*.example.com", r"a\.b.com", "mail.example.com"])
def test_names_of_reports_never_hide_what_may_be_below_them(run, name: str) -> None:
    zone, asked = a_zone({}, reports=frozenset({"example.com"}))
    found = ask(run, zone, f"{name}._report._dmarc.tayori.test")
    assert (found.rcode, found.answer) == (dns.rcode.NOERROR, ())
    assert found.authority[0].rdtype == dns.rdatatype.SOA
    assert all("*" not in domain and "\\" not in domain for domain in asked)
    assert ask(run, zone, "example.com._report._dmarc.tayori.test", "A").rcode == dns.rcode.NOERROR
    assert ask(run, zone, "_report._dmarc.tayori.test").rcode == dns.rcode.NOERROR


def test_without_addresses_nobody_may_send() -> None:
    async def none(selector: str) -> list[str]:
        return []

    zone = service_zone(NAMES, sending_addresses=[], listening_addresses=[], dkim_keys=none, own_keys=none, serial=1)
    found = zone._zone.lookup(dns.name.from_text("spf.tayori.test"), dns.rdatatype.TXT)
    assert values(found) == ["v=spf1 -all"]


def test_every_region_has_its_hosts_and_its_mail_from_domain() -> None:
    async def none(selector: str) -> list[str]:
        return []

    zone = service_zone(
        NAMES,
        sending_addresses=["198.51.100.7"],
        listening_addresses=["198.51.100.8"],
        dkim_keys=none,
        own_keys=none,
        serial=1,
        regions=("us-east-1", "eu-west-1"),
    )
    expected = {
        ("email-smtp.{}.tayori.test", "A"): ["198.51.100.8"],
        ("feedback-smtp.{}.tayori.test", "A"): ["198.51.100.8"],
        ("a1.smtp-out.{}.tayori.test", "A"): ["198.51.100.7"],
        ("{}.mail.tayori.test", "TXT"): ["v=spf1 ip4:198.51.100.7 -all"],
        ("{}.mail.tayori.test", "MX"): ["10 feedback-smtp.{}.tayori.test"],
    }
    for region in ("us-east-1", "eu-west-1"):
        for (name, rdtype), texts in expected.items():
            found = zone._zone.lookup(dns.name.from_text(name.format(region)), dns.rdatatype.from_text(rdtype))
            assert values(found) == [text.format(region) for text in texts]


# --- addresses that the operator has registered -----------------------------------------------------------------------


async def no_keys(selector: str) -> list[str]:
    return []


def test_registered_addresses_are_in_spf_and_have_their_names(run):
    sources = [
        SourceAddress(address="203.0.113.4", ehlo_name="a4.smtp-out.tayori.test", ipv6="2001:db8::4"),
        SourceAddress(address="203.0.113.5", ehlo_name="a5.smtp-out.tayori.test"),
        SourceAddress(address="203.0.113.9", ehlo_name="mail.elsewhere.example"),
    ]
    zone = service_zone(
        NAMES,
        sending_addresses=["192.0.2.1"],
        listening_addresses=[],
        dkim_keys=no_keys,
        own_keys=no_keys,
        serial=1,
        sources=sources,
    )

    def published(name, rdtype):
        return values(run(zone.lookup(to_name(name), dns.rdatatype.from_text(rdtype))))

    spf = "v=spf1 ip4:192.0.2.1 ip4:203.0.113.4/31 ip4:203.0.113.9 ip6:2001:db8::4 -all"
    for name in (NAMES.spf_include, NAMES.mail_from_domain, "tayori.test"):
        assert published(name, "TXT") == [spf]
    assert published("a4.smtp-out.tayori.test", "A") == ["203.0.113.4"]
    assert published("a4.smtp-out.tayori.test", "AAAA") == ["2001:db8::4"]
    assert published("a5.smtp-out.tayori.test", "TXT") == ["v=spf1 a -all"]


def test_a_zone_that_becomes_another_answers_with_its_records_and_a_new_version(run):
    def made(*sources):
        return service_zone(
            NAMES,
            sending_addresses=["192.0.2.1"],
            listening_addresses=[],
            dkim_keys=no_keys,
            own_keys=no_keys,
            serial=1,
            sources=sources,
        )

    zone = made()
    before = zone.version
    zone.become(made(SourceAddress(address="203.0.113.4", ehlo_name="a4.smtp-out.tayori.test")))
    found = run(zone.lookup(to_name("a4.smtp-out.tayori.test"), dns.rdatatype.A))
    assert values(found) == ["203.0.113.4"]
    assert zone.version != before
