"""DNS: queries that reach the authoritative server, and answers that reach the resolver."""

import dns.exception
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from tayori.dns import exchange, resolver, wire
from tayori.dns.zone import Lookup
from tayori.mail.answer import AnswerStatus


def query(data: bytes) -> None:
    """A packet is answered at no more than it deserves, and the answer is an answer to it."""
    try:
        question = wire.parse_query(data)
    except wire.QueryError as error:
        if error.rcode is not None:
            octets = wire.error_reply(data, error.rcode)
            assert octets[:2] == data[:2] and octets[2] & 0x80 and len(octets) <= len(data)
        return
    rrset = dns.rrset.from_text(question.name, 300, "IN", "TXT", '"v=DKIM1; p=' + "A" * 200 + '"')
    reusable = wire.build(question, Lookup(rcode=dns.rcode.NOERROR, answer=(rrset,), authority=(), additional=()))
    for octets in (
        wire.reply(question, reusable, question.udp_limit),
        wire.refusal(question, dns.rcode.REFUSED),
        wire.truncated(question),
        wire.bad_version(question),
    ):
        assert len(octets) <= max(question.udp_limit, len(data) + 11)
        parsed = dns.message.from_wire(octets)
        assert parsed.id == question.id
        assert parsed.question[0].name == question.name


def answer(data: bytes) -> None:
    """What a server says, as the resolver reads it: an Answer or a failure, and nothing else."""
    if len(data) < 12:  # is_answered_by lets no such packet through
        return
    asked = exchange.inquiry(dns.name.from_text("d.test"), "MX", wants_validation=True)
    asked.is_answered_by(data, 0x1234)
    try:
        message = exchange._parse(data)
    except exchange.ExchangeError:
        return
    if not isinstance(message, dns.message.QueryMessage) or not resolver._is_usable(message):
        return
    try:
        chain = message.resolve_chaining()
    except dns.exception.DNSException:
        return
    if resolver._leaves_alias_open(message, chain):
        return
    found = resolver._conclude(("d.test", "MX"), message, chain, ttl=chain.minimum_ttl, authenticated=False)
    assert found.status in (AnswerStatus.FOUND, AnswerStatus.NODATA, AnswerStatus.NXDOMAIN)
    assert bool(found.values) == (found.status is AnswerStatus.FOUND)
    for value in found.values:
        assert isinstance(value, str)


def _answer(rdtype: str, *records: str) -> bytes:
    made = dns.message.make_response(dns.message.make_query("d.test", rdtype, id=0x1234))
    made.answer = [dns.rrset.from_text("d.test.", 300, "IN", rdtype, *records)] if records else []
    return made.to_wire()


_ALIAS = dns.message.make_response(dns.message.make_query("d.test", "MX", id=0x1234))
_ALIAS.answer = [
    dns.rrset.from_text("d.test.", 300, "IN", "CNAME", "e.test."),
    dns.rrset.from_text("e.test.", 60, "IN", "MX", "10 mx.e.test."),
]

TARGETS = {
    "query": (
        query,
        (
            dns.message.make_query("k._domainkey.d.test", "TXT", id=0x1234, use_edns=0, payload=1232).to_wire(),
            dns.message.make_query("D.tEST", "ANY", id=1).to_wire(),
            dns.message.make_query("d.test", "SOA", id=2, want_dnssec=True).to_wire(),
        ),
    ),
    "answer": (
        answer,
        (
            _answer("MX", "10 mx1.d.test.", "20 mx2.d.test."),
            _answer("MX", "0 ."),
            _answer("TXT", '"v=spf1" " -all"'),
            _answer("TLSA", "3 1 1 " + "ab" * 32),
            _answer("MX"),
            _ALIAS.to_wire(),
        ),
    ),
}
