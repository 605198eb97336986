"""What a zone answers, question by question."""

import dns.name
import dns.rcode
import dns.rdatatype
import pytest

from tayori.dns.record import Record, RecordError, from_rdata
from tayori.dns.zone import Lookup, Zone

SOA = "ns1.example.test hostmaster.example.test 7 3600 600 1209600 60"

ZONE = Zone(
    "example.test",
    [
        Record(name="example.test", rdtype="SOA", value=SOA, ttl=3600),
        Record(name="example.test", rdtype="NS", value="ns1.example.test"),
        Record(name="ns1.example.test", rdtype="A", value="192.0.2.1"),
        Record(name="www.example.test", rdtype="CNAME", value="host.example.test"),
        Record(name="host.example.test", rdtype="A", value="192.0.2.2"),
        Record(name="host.example.test", rdtype="A", value="192.0.2.3"),
        Record(name="out.example.test", rdtype="CNAME", value="elsewhere.test"),
        Record(name="lost.example.test", rdtype="CNAME", value="nowhere.example.test"),
        Record(name="loop.example.test", rdtype="CNAME", value="pool.example.test"),
        Record(name="pool.example.test", rdtype="CNAME", value="loop.example.test"),
        Record(name="a.b.c.example.test", rdtype="TXT", value="deep"),
        Record(name="*.wild.example.test", rdtype="MX", value="10 host.example.test"),
        Record(name="real.wild.example.test", rdtype="TXT", value="real"),
        Record(name="child.example.test", rdtype="NS", value="ns.child.example.test"),
        Record(name="ns.child.example.test", rdtype="A", value="192.0.2.9"),
    ],
)


def look(name: str, rdtype: str = "A") -> Lookup:
    return ZONE.lookup(dns.name.from_text(name), dns.rdatatype.from_text(rdtype))


def shape(lookup: Lookup) -> tuple[str, list[str], list[str]]:
    """RCODE, "owner type" of the answer section, types of the authority section."""
    owners = [f"{rrset.name} {dns.rdatatype.to_text(rrset.rdtype)}" for rrset in lookup.answer]
    return (
        dns.rcode.to_text(lookup.rcode),
        owners,
        [dns.rdatatype.to_text(rrset.rdtype) for rrset in lookup.authority],
    )


@pytest.mark.parametrize(
    ("name", "rdtype", "expected"),
    [
        ("host.example.test", "A", ("NOERROR", ["host.example.test. A"], [])),
        ("HOST.Example.TEST", "A", ("NOERROR", ["HOST.Example.TEST. A"], [])),
        ("host.example.test", "AAAA", ("NOERROR", [], ["SOA"])),
        ("nothing.example.test", "A", ("NXDOMAIN", [], ["SOA"])),
        ("b.c.example.test", "TXT", ("NOERROR", [], ["SOA"])),
        ("c.example.test", "A", ("NOERROR", [], ["SOA"])),
        ("x.c.example.test", "A", ("NXDOMAIN", [], ["SOA"])),
        ("below.host.example.test", "A", ("NXDOMAIN", [], ["SOA"])),
        ("www.example.test", "CNAME", ("NOERROR", ["www.example.test. CNAME"], [])),
        ("www.example.test", "A", ("NOERROR", ["www.example.test. CNAME", "host.example.test. A"], [])),
        ("www.example.test", "MX", ("NOERROR", ["www.example.test. CNAME"], ["SOA"])),
        ("out.example.test", "A", ("NOERROR", ["out.example.test. CNAME"], [])),
        ("lost.example.test", "A", ("NXDOMAIN", ["lost.example.test. CNAME"], ["SOA"])),
        ("any.wild.example.test", "MX", ("NOERROR", ["any.wild.example.test. MX"], [])),
        ("two.labels.wild.example.test", "MX", ("NOERROR", ["two.labels.wild.example.test. MX"], [])),
        ("any.wild.example.test", "A", ("NOERROR", [], ["SOA"])),
        ("real.wild.example.test", "MX", ("NOERROR", [], ["SOA"])),
        ("wild.example.test", "MX", ("NOERROR", [], ["SOA"])),
        ("below.real.wild.example.test", "MX", ("NXDOMAIN", [], ["SOA"])),
        ("child.example.test", "DS", ("NOERROR", [], ["SOA"])),
        ("example.test", "NS", ("NOERROR", ["example.test. NS"], [])),
        ("host.example.test", "ANY", ("NOERROR", ["host.example.test. HINFO"], [])),
        ("nothing.example.test", "ANY", ("NXDOMAIN", [], ["SOA"])),
    ],
)
def test_answers(name: str, rdtype: str, expected: tuple[str, list[str], list[str]]) -> None:
    found = look(name, rdtype)
    assert shape(found) == expected
    assert found.authoritative


@pytest.mark.parametrize("name", ["child.example.test", "x.child.example.test", "ns.child.example.test"])
def test_below_a_delegation_the_answer_is_a_referral_with_glue(name: str) -> None:
    found = look(name)
    assert shape(found) == ("NOERROR", [], ["NS"])
    assert not found.authoritative
    assert [from_rdata(rdata) for rrset in found.additional for rdata in rrset] == ["192.0.2.9"]


def test_a_loop_of_aliases_ends() -> None:
    assert len(look("loop.example.test").answer) == 8


def test_negative_answers_carry_the_smaller_of_the_two_times() -> None:
    assert look("nothing.example.test").authority[0].ttl == 60
    assert look("example.test", "SOA").answer[0].ttl == 3600


def test_records_looked_up_elsewhere_can_be_added() -> None:
    name = dns.name.from_text("token.keys.example.test")
    more = ZONE.plus([Record(name="token.keys.example.test", rdtype="TXT", value="p=1")])
    assert shape(more.lookup(name, dns.rdatatype.TXT))[1] == ["token.keys.example.test. TXT"]
    assert shape(more.lookup(name.parent(), dns.rdatatype.TXT)) == ("NOERROR", [], ["SOA"])
    assert look("token.keys.example.test", "TXT").rcode == dns.rcode.NXDOMAIN
    assert more.version == ZONE.version


def test_each_zone_has_a_version_of_its_own() -> None:
    records = [Record(name="a.test", rdtype="SOA", value=SOA)]
    assert Zone("a.test", records).version != Zone("a.test", records).version


@pytest.mark.parametrize(
    ("records", "complaint"),
    [
        ([], "has no SOA record"),
        ([Record(name="b.test", rdtype="A", value="192.0.2.1")], "is not at or below"),
        ([Record(name="a.test", rdtype="A", value="192.0.2")], "is not a A record"),
        ([Record(name="a..test", rdtype="A", value="192.0.2.1")], "is not a domain name"),
        (
            [
                Record(name="x.a.test", rdtype="A", value="192.0.2.1"),
                Record(name="x.a.test", rdtype="CNAME", value="b.test"),
            ],
            "and others beside it",
        ),
        (
            [
                Record(name="x.a.test", rdtype="CNAME", value="b.test"),
                Record(name="x.a.test", rdtype="CNAME", value="c.test"),
            ],
            "and others beside it",
        ),
    ],
)
def test_a_zone_refuses_what_it_cannot_serve(records: list[Record], complaint: str) -> None:
    with pytest.raises(RecordError, match=complaint):
        Zone("a.test", records)
