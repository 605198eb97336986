"""Records as text, in the same forms as `tayori.mail.answer.Answer`, and their way to and from wire data.

Owns the one translation between presentation forms and rdata: host names lower-case without a final dot, TXT
as its character-strings joined. Never does I/O. RFC 1035 3.3 and 5.1; TXT of several strings as in RFC 7208
3.3.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype

# The types that Tayori asks for. A resolver that took any type would have to know how to write it down.
RDTYPES = frozenset({"A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SOA", "SPF", "TLSA", "TXT"})

_MAX_STRING = 255  # RFC 1035 3.3: the length of a character-string is one octet


class RecordError(ValueError):
    """A record that cannot be written in a zone; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One resource record of class IN.

    `name` and host names in `value` are absolute, with or without a final dot.
    """

    name: str
    rdtype: str
    value: str
    ttl: int = 300


def to_name(text: str) -> dns.name.Name:
    """The name of `text`, absolute. Takes `*` as a wildcard's label; refuses what no zone can hold."""
    try:
        return dns.name.from_text(text if text else ".", dns.name.root)
    except (dns.exception.DNSException, UnicodeError) as error:
        raise RecordError(f"{text!r} is not a domain name") from error


def name_text(name: dns.name.Name) -> str:
    """A host name as an Answer has it; the root is "."."""
    return "." if name == dns.name.root else name.to_text(omit_final_dot=True).lower()


def to_rdata(rdtype: str, value: str) -> dns.rdata.Rdata:
    """Read the presentation form of one record."""
    try:
        if rdtype.upper() in ("TXT", "SPF"):
            return _text_rdata(rdtype, value)
        return dns.rdata.from_text(dns.rdataclass.IN, rdtype, value, origin=dns.name.root, relativize=False)
    except (dns.exception.DNSException, ValueError) as error:
        raise RecordError(f"{value!r} is not a {rdtype} record") from error


def _text_rdata(rdtype: str, value: str) -> dns.rdata.Rdata:
    content = value.encode("latin-1")
    strings = [content[at : at + _MAX_STRING] for at in range(0, len(content), _MAX_STRING)] or [b""]
    wire = b"".join(bytes([len(string)]) + string for string in strings)
    return dns.rdata.from_wire(dns.rdataclass.IN, dns.rdatatype.from_text(rdtype), wire, 0, len(wire))


def from_rdata(rdata: Any) -> str:
    """Write one record in the presentation form that Answer documents."""
    writer = _WRITERS.get(rdata.rdtype)
    return writer(rdata) if writer else str(rdata.to_text())


def _write_soa(rdata: Any) -> str:
    numbers = (rdata.serial, rdata.refresh, rdata.retry, rdata.expire, rdata.minimum)
    return " ".join((name_text(rdata.mname), name_text(rdata.rname), *map(str, numbers)))


_WRITERS: dict[dns.rdatatype.RdataType, Callable[[Any], str]] = {
    dns.rdatatype.A: lambda rdata: str(rdata.address),
    dns.rdatatype.AAAA: lambda rdata: str(rdata.address),
    dns.rdatatype.CNAME: lambda rdata: name_text(rdata.target),
    dns.rdatatype.MX: lambda rdata: f"{rdata.preference} {name_text(rdata.exchange)}",
    dns.rdatatype.NS: lambda rdata: name_text(rdata.target),
    dns.rdatatype.PTR: lambda rdata: name_text(rdata.target),
    dns.rdatatype.SOA: _write_soa,
    # The type SPF (99) is dead (RFC 7208 3.1), and asked for to tell an administrator so.
    dns.rdatatype.SPF: lambda rdata: b"".join(rdata.strings).decode("latin-1"),
    dns.rdatatype.TLSA: lambda rdata: f"{rdata.usage} {rdata.selector} {rdata.mtype} {rdata.cert.hex()}",
    dns.rdatatype.TXT: lambda rdata: b"".join(rdata.strings).decode("latin-1"),
}
