"""What an administrator may put into the zones of the rehearsal internet, and how a refusal reads."""

from pathlib import Path

import pytest

from tayori.dns.record import Record
from tayori.rehearsal.zones import RecordBook, RecordSet, ZoneError


@pytest.fixture
def book(tmp_path: Path) -> RecordBook:
    return RecordBook(
        tmp_path / "dns.json", [Record(name="inbox.test", rdtype="MX", value="10 mx.inbox.test")], "tayori.test"
    )


@pytest.mark.parametrize(
    ("name", "rdtype", "value", "kept"),
    [
        ("Shop.Test", "a", "192.0.2.1", "192.0.2.1"),
        ("shop.test.", "AAAA", "2001:DB8::1", "2001:db8::1"),
        ("shop.test", "MX", "10 Mail.Shop.test.", "10 mail.shop.test"),
        ("shop.test", "MX", "0 .", "0 ."),
        ("_dmarc.shop.test", "TXT", "v=DMARC1; p=reject", "v=DMARC1; p=reject"),
        ("shop.test", "TXT", '"v=spf1 " "-all"', "v=spf1 -all"),
        ("*.shop.test", "CNAME", "other.test.", "other.test"),
        ("sub.shop.test", "NS", "ns1.tayori.test", "ns1.tayori.test"),
        ("shop.test", "CAA", '0 issue "ca.test"', '0 issue "ca.test"'),
        ("_25._tcp.mx.shop.test", "TLSA", "3 1 1 " + "AB" * 32, "3 1 1 " + "ab" * 32),
        ("9.1.77.127.in-addr.arpa", "PTR", "mail.shop.test.", "mail.shop.test"),
        ("店.test", "A", "192.0.2.1", "192.0.2.1"),
    ],
)
def test_keeps_records_in_canonical_form(book: RecordBook, name: str, rdtype: str, value: str, kept: str) -> None:
    record_set = book.put(name, rdtype, [value])
    assert record_set.values == (kept,)
    assert record_set.name.isascii() and record_set.name == record_set.name.lower().rstrip(".")
    assert book.get(name, rdtype) == record_set


@pytest.mark.parametrize(
    ("name", "rdtype", "values", "sentence"),
    [
        (
            "example.com",
            "A",
            ["192.0.2.1"],
            "only names under .test exist in the rehearsal internet, and example.com is not one",
        ),
        ("test", "A", ["192.0.2.1"], "only names under .test exist in the rehearsal internet, and test is not one"),
        (
            "a.tayori.test",
            "A",
            ["192.0.2.1"],
            "a.tayori.test is in the service's own zone tayori.test, which Tayori answers for itself",
        ),
        (
            "inbox.test",
            "MX",
            ["10 x.test"],
            "the MX record of inbox.test belongs to the rehearsal and cannot be replaced",
        ),
        ("a..test", "A", ["192.0.2.1"], "'a..test' is not a domain name"),
        ("-a.test", "A", ["192.0.2.1"], "'-a.test' is not a domain name"),
        ("a.test", "A", [], "give at least one value for the A record of a.test"),
        (
            "a.test",
            "A",
            ["mail.test"],
            "'mail.test' cannot be the value of the A record of a.test; it should look like 192.0.2.1",
        ),
        (
            "a.test",
            "MX",
            ["10 192.0.2.1"],
            "the MX record of a.test must name a host, not the address in '10 192.0.2.1'",
        ),
        (
            "a.test",
            "MX",
            ["mail.test"],
            "'mail.test' cannot be the value of the MX record of a.test; it should look like 10 mail.example.test",
        ),
        ("w.a.test", "CNAME", ["b.test", "c.test"], "w.a.test can have only one CNAME record"),
        ("a.test", "CNAME", ["b.test"], "a.test is the top of its zone, where a CNAME record cannot stand"),
        ("a.test", "TXT", ['"open'], None),
        ("a.test", "TXT", ['"a" b "c"x"'], 'the quotes of the TXT record of a.test do not match: \'"a" b "c"x"\''),
        ("a.test", "TXT", ["日本"], "'日本' cannot be the value of the TXT record of a.test"),
        (
            "a.test",
            "SRV",
            ["0 0 1 b.test"],
            "'SRV' is not a record type of the rehearsal internet, which knows "
            "A, AAAA, CAA, CNAME, MX, NS, PTR, SOA, SPF, TLSA, TXT",
        ),
    ],
)
def test_a_refusal_is_a_sentence(
    book: RecordBook, name: str, rdtype: str, values: list[str], sentence: str | None
) -> None:
    if sentence is None:
        assert book.put(name, rdtype, values).values == tuple(values)
        return
    with pytest.raises(ZoneError) as raised:
        book.put(name, rdtype, values)
    assert str(raised.value) == sentence


def test_nothing_stands_beside_a_cname(book: RecordBook) -> None:
    book.put("www.shop.test", "CNAME", ["shop.test"])
    with pytest.raises(ZoneError, match=r"www\.shop\.test cannot have a CNAME record and other records beside it"):
        book.put("www.shop.test", "TXT", ["x"])
    assert book.get("www.shop.test", "TXT") is None


def test_ttl_has_bounds(book: RecordBook) -> None:
    with pytest.raises(ZoneError, match="between 0 and 604800"):
        book.put("a.test", "A", ["192.0.2.1"], ttl=-1)


def test_records_outlive_the_process(book: RecordBook, tmp_path: Path) -> None:
    book.put("shop.test", "TXT", ["one", "two"], ttl=77)
    book.put("www.shop.test", "CNAME", ["shop.test"])
    book.delete("www.shop.test", "CNAME")
    again = RecordBook(tmp_path / "dns.json", [], "tayori.test")
    assert again.sets() == (RecordSet(name="shop.test", rdtype="TXT", values=("one", "two"), ttl=77),)


def test_deleting_what_is_not_there_says_so(book: RecordBook) -> None:
    assert book.delete("nobody.test", "A") is False
    with pytest.raises(ZoneError, match="belongs to the rehearsal and stays"):
        book.delete("inbox.test", "MX")


def test_lists_a_domain_with_what_is_below_it(book: RecordBook) -> None:
    book.put("shop.test", "TXT", ["x"])
    book.put("a.shop.test", "A", ["192.0.2.1"])
    book.put("notshop.test", "A", ["192.0.2.1"])
    assert [s.name for s in book.sets("shop.test")] == ["shop.test", "a.shop.test"]


ZONE_FILE = """
$TTL 600
@        IN SOA ns1.dns.test. hostmaster.shop.test. 7 3600 600 86400 60
         IN NS  ns1.dns.test.
         IN MX  10 mail
mail  60 IN A   192.0.2.9
_dmarc   IN TXT "v=DMARC1; " "p=none"
_sip._tcp IN SRV 0 0 5060 sip
"""


def test_imports_a_zone_file(book: RecordBook) -> None:
    report = book.import_zone(ZONE_FILE, "shop.test")
    assert report.skipped == ("_sip._tcp.shop.test SRV",)
    assert {(s.name, s.rdtype, s.values, s.ttl) for s in report.registered} == {
        ("shop.test", "SOA", ("ns1.dns.test hostmaster.shop.test 7 3600 600 86400 60",), 600),
        ("shop.test", "NS", ("ns1.dns.test",), 600),
        ("shop.test", "MX", ("10 mail.shop.test",), 600),
        ("mail.shop.test", "A", ("192.0.2.9",), 60),
        ("_dmarc.shop.test", "TXT", ("v=DMARC1; p=none",), 600),
    }


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("$GENERATE 1-1000000 a$ A 192.0.2.1", "cannot be read"),
        ("$INCLUDE /etc/passwd", "cannot be read"),
        ("a IN A not-an-address", "cannot be read"),
        ("ok A 192.0.2.1\nwww.example.com. A 192.0.2.1", "www.example.com is not one"),
    ],
)
def test_a_zone_file_is_taken_whole_or_not_at_all(book: RecordBook, text: str, part: str) -> None:
    with pytest.raises(ZoneError, match=part):
        book.import_zone(text, "shop.test")
    assert book.sets() == ()
