"""Presentation forms and wire data are each other's inverse."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.dns.record import RecordError, from_rdata, to_rdata


@pytest.mark.parametrize(
    ("rdtype", "value", "expected"),
    [
        ("A", "192.0.2.1", "192.0.2.1"),
        ("AAAA", "2001:DB8::1", "2001:db8::1"),
        ("CNAME", "Host.Example.TEST.", "host.example.test"),
        ("MX", "10 Mail.example.test", "10 mail.example.test"),
        ("MX", "0 .", "0 ."),
        ("NS", "ns1.example.test", "ns1.example.test"),
        ("PTR", "host.example.test.", "host.example.test"),
        ("SOA", "ns1.a.test Host.a.test 1 2 3 4 5", "ns1.a.test host.a.test 1 2 3 4 5"),
        ("TLSA", "3 1 1 " + "AB" * 32, "3 1 1 " + "ab" * 32),
        ("CAA", '0 issue "ca.test"', '0 issue "ca.test"'),
        ("TXT", "v=spf1 -all", "v=spf1 -all"),
        ("TXT", "", ""),
    ],
)
def test_forms(rdtype: str, value: str, expected: str) -> None:
    assert from_rdata(to_rdata(rdtype, value)) == expected


@given(st.binary(max_size=2000))
def test_text_keeps_every_byte_in_strings_of_at_most_255(content: bytes) -> None:
    rdata = to_rdata("TXT", content.decode("latin-1"))
    assert from_rdata(rdata).encode("latin-1") == content
    assert all(len(string) <= 255 for string in rdata.strings)


@pytest.mark.parametrize(
    ("rdtype", "value"),
    [("A", "x"), ("MX", "mail"), ("TXT", "ō"), ("SOA", "a b"), ("NOTYPE", "1"), ("CNAME", "a..b"), ("MX", "70000 a")],
)
def test_nonsense_is_refused_with_its_text(rdtype: str, value: str) -> None:
    with pytest.raises(RecordError, match=f"is not a {rdtype} record"):
        to_rdata(rdtype, value)
