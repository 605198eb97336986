"""Queries and answers as octets, for the authoritative server.

Owns the strict reading of a query and the building of a reusable answer, patched per client with id, flags,
the question's case and EDNS. Never looks anything up, never does I/O. RFC 1035 4, RFC 6891 (EDNS), RFC 3225
(DO).
"""

import struct
from dataclasses import dataclass

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

from tayori.dns.zone import Lookup

MAX_UDP_PAYLOAD = 1232  # what passes every path unfragmented (DNS flag day 2020)
_MIN_UDP_PAYLOAD = 512
_HEADER = struct.Struct("!HHHHHH")
_FIXED = struct.Struct("!HHIH")  # type, class, TTL and length of a record after its name
_OPT = 41
_QR, _AA, _TC, _RD, _RA = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080
_BADVERS = 16


class QueryError(Exception):
    """A packet that cannot be answered as a query.

    `rcode` is what to tell its sender, None to say nothing.
    """

    def __init__(self, rcode: dns.rcode.Rcode | None) -> None:
        super().__init__(rcode)
        self.rcode = rcode


@dataclass(frozen=True, slots=True, kw_only=True)
class Edns:
    """What the client's OPT record says; `payload` is bounded to what we are willing to send."""

    payload: int
    version: int
    dnssec_ok: bool

    def record(self, extended_rcode: int = 0) -> bytes:
        """Our own OPT record; the DO bit is copied from the query (RFC 3225 3)."""
        flags = (extended_rcode << 24) | (0x8000 if self.dnssec_ok else 0)
        return b"\0" + _FIXED.pack(_OPT, MAX_UDP_PAYLOAD, flags, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A well-formed standard query of one question. `raw_name` keeps the client's letter case (0x20)."""

    id: int
    flags: int
    raw_name: bytes
    rdtype: dns.rdatatype.RdataType
    rdclass: int
    edns: Edns | None

    @property
    def key(self) -> tuple[bytes, int]:
        return self.raw_name.lower(), self.rdtype

    @property
    def name(self) -> dns.name.Name:
        return dns.name.from_wire(self.raw_name.lower(), 0)[0]

    @property
    def udp_limit(self) -> int:
        return self.edns.payload if self.edns else _MIN_UDP_PAYLOAD


def parse_query(packet: bytes) -> Question:
    """Read a query, or raise QueryError with the RCODE that answers it."""
    if len(packet) < _HEADER.size:
        raise QueryError(None)
    query_id, flags, questions, answers, authorities, additionals = _HEADER.unpack_from(packet)
    if flags & _QR:
        raise QueryError(None)  # never answer an answer, or two servers talk for ever
    if (flags >> 11) & 0xF:
        raise QueryError(dns.rcode.NOTIMP)
    if questions != 1 or answers or authorities:
        raise QueryError(dns.rcode.FORMERR)
    end = _skip_plain_name(packet, _HEADER.size)
    if end + 4 > len(packet):
        raise QueryError(dns.rcode.FORMERR)
    rdtype, rdclass = struct.unpack_from("!HH", packet, end)
    edns = _parse_additional(packet, end + 4, additionals)
    return Question(
        id=query_id,
        flags=flags,
        raw_name=packet[_HEADER.size : end],
        rdtype=dns.rdatatype.RdataType.make(rdtype),
        rdclass=rdclass,
        edns=edns,
    )


def _skip_plain_name(packet: bytes, at: int) -> int:
    """The offset after a name without compression: in a question there is nothing to point back at."""
    start = at
    while at < len(packet):
        length = packet[at]
        at += 1 + length
        if length == 0 and at - start <= 255:
            return at
        if length > 63 or at - start > 255:
            break
    raise QueryError(dns.rcode.FORMERR)


def _parse_additional(packet: bytes, at: int, count: int) -> Edns | None:
    """Read the records after the question: one OPT is understood, others are stepped over."""
    edns = None
    for _ in range(count):
        is_root = packet[at : at + 1] == b"\0"
        at = at + 1 if is_root else _skip_name(packet, at)
        if at + _FIXED.size > len(packet):
            raise QueryError(dns.rcode.FORMERR)
        rdtype, payload, ttl, length = _FIXED.unpack_from(packet, at)
        at += _FIXED.size + length
        if rdtype == _OPT:
            if edns is not None or not is_root:
                raise QueryError(dns.rcode.FORMERR)  # RFC 6891 6.1.1
            bounded = min(max(payload, _MIN_UDP_PAYLOAD), MAX_UDP_PAYLOAD)
            edns = Edns(payload=bounded, version=(ttl >> 16) & 0xFF, dnssec_ok=bool(ttl & 0x8000))
    if at != len(packet):
        raise QueryError(dns.rcode.FORMERR)
    return edns


def _skip_name(packet: bytes, at: int) -> int:
    while at < len(packet):
        length = packet[at]
        if length >= 0xC0:
            return at + 2
        if length > 63:
            break
        at += 1 + length
        if length == 0:
            return at
    raise QueryError(dns.rcode.FORMERR)


def error_reply(packet: bytes, rcode: dns.rcode.Rcode) -> bytes:
    """A header-only answer to a packet that could not be read further than its header."""
    query_id, flags = struct.unpack_from("!HH", packet)
    return _HEADER.pack(query_id, _QR | (flags & (0x7800 | _RD)) | rcode, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reusable:
    """An answer's octets without id, client flags, question case and OPT: what is kept between questions."""

    flags: int
    counts: tuple[int, int, int]
    tail: bytes  # everything after the question


def build(question: Question, lookup: Lookup) -> Reusable:
    """Render an answer once.

    Owner names equal to the question are pointers to it, so they take on its case.
    """
    message = dns.message.QueryMessage(id=0)
    message.flags = dns.flags.Flag(0)
    message.question = [dns.rrset.RRset(question.name, dns.rdataclass.IN, question.rdtype)]
    message.answer, message.authority = list(lookup.answer), list(lookup.authority)
    message.additional = list(lookup.additional)
    octets = message.to_wire(max_size=65535)
    _, _, _, answers, authorities, additionals = _HEADER.unpack_from(octets)
    return Reusable(
        flags=_QR | (_AA if lookup.authoritative else 0) | (_RA if lookup.recursive else 0) | lookup.rcode,
        counts=(answers, authorities, additionals),
        tail=octets[_HEADER.size + len(question.raw_name) + 4 :],
    )


def reply(question: Question, answer: Reusable, limit: int) -> bytes:
    """The answer for one client, truncated to the question alone when it is longer than `limit` (RFC 2181
    9).
    """
    opt = question.edns.record() if question.edns else b""
    echo = question.raw_name + struct.pack("!HH", question.rdtype, question.rdclass)
    flags = answer.flags | (question.flags & _RD)
    if _HEADER.size + len(echo) + len(answer.tail) + len(opt) > limit:
        return truncated(question)
    answers, authorities, additionals = answer.counts
    header = _HEADER.pack(question.id, flags, 1, answers, authorities, additionals + (1 if opt else 0))
    return header + echo + answer.tail + opt


def refusal(question: Question, rcode: int) -> bytes:
    """An answer without records: REFUSED, SERVFAIL, or BADVERS, whose upper bits live in the OPT record."""
    return _empty(question, rcode & 0xF, rcode >> 4)


def bad_version(question: Question) -> bytes:
    return refusal(question, _BADVERS)


def truncated(question: Question) -> bytes:
    """An empty answer with TC: the client comes back over TCP, which a forged source address cannot."""
    return _empty(question, _AA | _TC, 0)


def _empty(question: Question, flags: int, extended_rcode: int) -> bytes:
    opt = question.edns.record(extended_rcode) if question.edns else b""
    header = _HEADER.pack(question.id, _QR | flags | (question.flags & _RD), 1, 0, 0, 1 if opt else 0)
    return header + question.raw_name + struct.pack("!HH", question.rdtype, question.rdclass) + opt
