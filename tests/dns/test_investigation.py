"""Each mistake that people make with the records, made in a little internet, and what is said of it."""

import asyncio
import base64
import struct
import time
from collections.abc import Sequence

import dns.flags
import dns.message
import dns.rcode
import pytest
from scripted_dns import response
from small_internet import SmallInternet, address, host, record

from tayori.cli.check import Health
from tayori.cli.host_checks import delegated
from tayori.dns.investigation import InvestigationSettings, Investigator
from tayori.dns.record import Record
from tayori.model.diagnosis import Diagnosis, Standing, as_json, diagnose
from tayori.model.diagnosis_words import sentence, sentences
from tayori.model.evidence import Mistake, SeenStatus
from tayori.model.names import ServiceNames
from tayori.model.proof import (
    ExpectedRecord,
    dkim_records,
    mail_from_records,
    own_key_record,
    ownership_record,
)

NAMES = ServiceNames(service_domain="tayori.test", region="us-east-1")
DOMAIN = "customer.test"
TOKENS = ("a" * 32, "b" * 32, "c" * 32)
DKIM = dkim_records(DOMAIN, TOKENS, NAMES)
MX, SPF = mail_from_records(f"bounce.{DOMAIN}", DOMAIN, NAMES)
OWNERSHIP = ownership_record(DOMAIN, "q" * 32)
OWN_P = base64.b64encode(bytes(range(250)) + b"ab").decode()
OTHER_P = base64.b64encode(bytes(range(1, 251)) + b"ab").decode()
OWN_KEY = own_key_record(DOMAIN, "s1", f"v=DKIM1; k=rsa; p={OWN_P}")
KEY = "v=DKIM1; k=rsa; p=MIGf"


def as_wanted(expected: ExpectedRecord, **changes: str) -> Record:
    places = {"name": expected.name, "rdtype": expected.rdtype, "value": expected.value} | changes
    return record(places["name"], places["rdtype"], places["value"])


def first(found: Sequence[Diagnosis]) -> Mistake:
    return found[0].advice[0].mistake


def mistakes(found: Diagnosis) -> list[Mistake]:
    return [advice.mistake for advice in found.advice]


# --- records in place ---------------------------------------------------------------------------------------------


def test_records_in_place_need_nothing(run, clock) -> None:
    net = SmallInternet(clock)
    net.customer([as_wanted(item) for item in (*DKIM, MX, SPF, OWNERSHIP)])

    async def scenario() -> None:
        async with net.running():
            found = await net.diagnose(*DKIM, MX, SPF, OWNERSHIP)
            assert [item.standing for item in found] == [Standing.OK] * 6
            assert [mistakes(item) for item in found] == [[Mistake.IN_PLACE]] * 6
            zone = found[0].evidence.zone
            assert (zone.origin, zone.parent) == (DOMAIN, "test")
            assert set(zone.delegated) == set(zone.listed) == {host(2), host(3)}
            for item in found:
                assert {view.server.address for view in item.evidence.servers} == {address(2), address(3)}
                assert {view.seen.values for view in item.evidence.servers} == {(item.expected.value,)}

    run(scenario())


def test_a_record_that_nobody_registered(run, clock) -> None:
    net = SmallInternet(clock)
    net.customer([])

    async def scenario() -> None:
        async with net.running():
            (found,) = await net.diagnose(DKIM[0])
            assert (found.standing, mistakes(found)) == (Standing.MISSING, [Mistake.MISSING])
            assert found.advice[0].places["host"] == f"{TOKENS[0]}._domainkey"
            assert found.advice[0].places["zone"] == DOMAIN

    run(scenario())


# --- mistakes in one record ---------------------------------------------------------------------------------------

TOKEN = TOKENS[0]
FEEDBACK = NAMES.feedback_host
MISTAKEN = {
    "domain appended twice to the name": (
        DKIM[0],
        [as_wanted(DKIM[0], name=f"{DKIM[0].name}.{DOMAIN}")],
        Mistake.NAME_DOUBLED,
    ),
    "domain appended to the value of a CNAME": (
        DKIM[0],
        [as_wanted(DKIM[0], value=f"{DKIM[0].value}.{DOMAIN}")],
        Mistake.VALUE_DOUBLED,
    ),
    "domain appended to the host of an MX": (
        MX,
        [as_wanted(MX, value=f"{MX.value}.{DOMAIN}")],
        Mistake.VALUE_DOUBLED,
    ),
    "_domainkey missing from the name": (
        DKIM[0],
        [as_wanted(DKIM[0], name=f"{TOKEN}.{DOMAIN}")],
        Mistake.DOMAINKEY_MISSING,
    ),
    "underscore refused in a DKIM name": (
        DKIM[0],
        [as_wanted(DKIM[0], name=f"{TOKEN}.domainkey.{DOMAIN}")],
        Mistake.UNDERSCORE_REFUSED,
    ),
    "underscore refused in the ownership name": (
        OWNERSHIP,
        [as_wanted(OWNERSHIP, name=f"amazonses.{DOMAIN}")],
        Mistake.UNDERSCORE_REFUSED,
    ),
    "CNAME flattened to the key": (DKIM[0], [record(DKIM[0].name, "TXT", KEY)], Mistake.FLATTENED),
    "CNAME hidden by a proxy": (DKIM[0], [record(DKIM[0].name, "A", "192.0.2.7")], Mistake.PROXIED),
    "CNAME hidden by a proxy of version 6": (
        DKIM[0],
        [record(DKIM[0].name, "AAAA", "2001:db8::7")],
        Mistake.PROXIED,
    ),
    "TXT with quotes as text": (OWNERSHIP, [as_wanted(OWNERSHIP, value=f'"{OWNERSHIP.value}"')], Mistake.TXT_QUOTED),
    "TXT with quoted pieces as text": (
        OWNERSHIP,
        [as_wanted(OWNERSHIP, value=f'"{"q" * 16}" "{"q" * 16}"')],
        Mistake.TXT_QUOTED,
    ),
    "TXT with a space where it was broken": (
        OWNERSHIP,
        [as_wanted(OWNERSHIP, value=f"{'q' * 16} {'q' * 16}")],
        Mistake.TXT_SPACED,
    ),
    "TXT with escapes as text": (
        OWNERSHIP,
        [as_wanted(OWNERSHIP, value=f"{'q' * 16}\\{'q' * 16}")],
        Mistake.TXT_ESCAPED,
    ),
    "TXT cut into two records": (
        ownership_record(DOMAIN, "first-half-second-half"),
        [
            record(f"_amazonses.{DOMAIN}", "TXT", "first-half-"),
            record(f"_amazonses.{DOMAIN}", "TXT", "second-half"),
        ],
        Mistake.TXT_SPLIT,
    ),
    "TXT with a final dot": (OWNERSHIP, [as_wanted(OWNERSHIP, value=f"{OWNERSHIP.value}.")], Mistake.TRAILING_DOT),
    "CNAME with a final dot as text": (
        DKIM[0],
        [as_wanted(DKIM[0], value=f"{DKIM[0].value}\\..")],
        Mistake.TRAILING_DOT,
    ),
    "CNAME where the MX should be": (MX, [record(MX.name, "CNAME", "www.customer.test")], Mistake.CNAME_IN_THE_WAY),
    "CNAME where the TXT should be": (SPF, [record(SPF.name, "CNAME", "www.customer.test")], Mistake.CNAME_IN_THE_WAY),
    "CNAME that leads to itself": (MX, [record(MX.name, "CNAME", MX.name)], Mistake.CNAME_IN_THE_WAY),
    "several MX": (MX, [as_wanted(MX), as_wanted(MX, value="20 mx.other.test")], Mistake.SEVERAL_MX),
    "two SPF records": (SPF, [as_wanted(SPF), as_wanted(SPF, value="v=spf1 mx -all")], Mistake.SEVERAL_SPF),
    "SPF record without us": (SPF, [as_wanted(SPF, value="v=spf1 mx -all")], Mistake.SPF_WITHOUT_US),
    "SPF record of Amazon SES": (
        SPF,
        [as_wanted(SPF, value="v=spf1 include:amazonses.com ~all")],
        Mistake.STILL_AMAZON,
    ),
    "MX of Amazon SES": (
        MX,
        [as_wanted(MX, value="10 feedback-smtp.us-east-1.amazonses.com")],
        Mistake.STILL_AMAZON,
    ),
    "CNAME to Amazon SES": (
        DKIM[0],
        [as_wanted(DKIM[0], value=f"{TOKEN}.dkim.amazonses.com")],
        Mistake.STILL_AMAZON,
    ),
    "MX of another region": (
        MX,
        [as_wanted(MX, value=f"10 {FEEDBACK.replace('us-east-1', 'eu-west-1')}")],
        Mistake.WRONG_REGION,
    ),
    "MX to another host": (MX, [as_wanted(MX, value="10 mx.other.test")], Mistake.WRONG_VALUE),
    "value of the neighbouring record": (
        DKIM[0],
        [as_wanted(DKIM[0], value=DKIM[1].value)],
        Mistake.DKIM_SWAPPED,
    ),
    "own key with escaped semicolons": (
        OWN_KEY,
        [as_wanted(OWN_KEY, value=OWN_KEY.value.replace(";", "\\;"))],
        Mistake.TXT_ESCAPED,
    ),
    "own key in quotes": (OWN_KEY, [as_wanted(OWN_KEY, value=f'"{OWN_KEY.value}"')], Mistake.TXT_QUOTED),
    "own key in two records": (
        OWN_KEY,
        [as_wanted(OWN_KEY, value=OWN_KEY.value[:200]), as_wanted(OWN_KEY, value=OWN_KEY.value[200:])],
        Mistake.TXT_SPLIT,
    ),
    "key of somebody else": (OWN_KEY, [as_wanted(OWN_KEY, value=f"v=DKIM1; k=rsa; p={OTHER_P}")], Mistake.OTHER_KEY),
    "revoked key": (OWN_KEY, [as_wanted(OWN_KEY, value="v=DKIM1; k=rsa; p=")], Mistake.REVOKED_KEY),
    "two keys": (
        OWN_KEY,
        [as_wanted(OWN_KEY), as_wanted(OWN_KEY, value=f"v=DKIM1; k=rsa; p={OTHER_P}")],
        Mistake.SEVERAL_KEYS,
    ),
    "underscore refused for an own key": (
        OWN_KEY,
        [as_wanted(OWN_KEY, name=f"s1.domainkey.{DOMAIN}")],
        Mistake.UNDERSCORE_REFUSED,
    ),
    "other TXT records only": (OWNERSHIP, [as_wanted(OWNERSHIP, value="other-service=1")], Mistake.MISSING),
}


@pytest.mark.parametrize("case", MISTAKEN.values(), ids=MISTAKEN.keys())
def test_mistake(run, clock, case: tuple[ExpectedRecord, list[Record], Mistake]) -> None:
    expected, records, mistake = case
    net = SmallInternet(clock)
    net.customer(records)

    async def scenario() -> None:
        async with net.running():
            (found,) = await net.diagnose(expected)
            assert found.advice[0].mistake is mistake
            assert found.standing in (Standing.WRONG, Standing.MISSING, Standing.TROUBLE)
            for language in ("en", "ja"):
                assert "{" not in sentence(found.advice[0], language)

    run(scenario())


def test_the_subdomain_dropped_from_the_name(run, clock) -> None:
    domain = f"mail.{DOMAIN}"
    (expected,) = dkim_records(domain, TOKENS[:1], NAMES)
    net = SmallInternet(clock)
    net.customer([as_wanted(expected, name=f"{TOKEN}._domainkey.{DOMAIN}")])

    async def scenario() -> None:
        async with net.running():
            (found,) = await net.diagnose(expected)
            assert found.advice[0].mistake is Mistake.SUBDOMAIN_DROPPED
            assert found.advice[0].places["host"] == f"{TOKEN}._domainkey.mail"

    run(scenario())


def test_the_zone_appended_to_a_name_of_a_subdomain(run, clock) -> None:
    (expected,) = dkim_records(f"mail.{DOMAIN}", TOKENS[:1], NAMES)
    net = SmallInternet(clock)
    net.customer([as_wanted(expected, name=f"{expected.name}.{DOMAIN}")])

    async def scenario() -> None:
        async with net.running():
            assert first(await net.diagnose(expected)) is Mistake.NAME_DOUBLED

    run(scenario())


def test_two_of_three_cnames(run, clock) -> None:
    net = SmallInternet(clock)
    net.customer([as_wanted(item) for item in DKIM[:2]])

    async def scenario() -> None:
        async with net.running():
            found = await net.diagnose(*DKIM)
            assert [item.standing for item in found] == [Standing.OK, Standing.OK, Standing.MISSING]
            assert mistakes(found[2]) == [Mistake.MISSING, Mistake.DKIM_PARTIAL]
            assert found[2].advice[1].places == {"count": "2", "total": "3", "missing": DKIM[2].name}

    run(scenario())


def test_a_wildcard_is_not_taken_for_a_misplaced_record(run, clock) -> None:
    net = SmallInternet(clock)
    net.customer([record(f"*.{DOMAIN}", "CNAME", "www.other.test")])

    async def scenario() -> None:
        async with net.running():
            (found,) = await net.diagnose(DKIM[0])
            assert found.advice[0].mistake is Mistake.WRONG_VALUE

    run(scenario())


def test_a_cname_beside_other_records(run, clock) -> None:
    """Some servers allow what RFC 1034 3.6.2 forbids, and answer with the one or the other."""
    net = SmallInternet(clock)

    def script(packet: bytes, _: str) -> list[bytes]:
        question = dns.message.from_wire(packet).question[0]
        asked = f"{question.name} {dns.rdatatype.to_text(question.rdtype)}"
        answers = {
            f"{DOMAIN}. SOA": [f"{DOMAIN}. 60 IN SOA ns2.dns.test. h.test. 1 2 3 4 5"],
            f"{DOMAIN}. NS": [f"{DOMAIN}. 60 IN NS ns2.dns.test."],
            f"{DKIM[0].name}. CNAME": [f"{DKIM[0].name}. 60 IN CNAME {DKIM[0].value}."],
            f"{DKIM[0].name}. TXT": [f'{DKIM[0].name}. 60 IN TXT "v=spf1 -all"'],
        }
        soa = answers[f"{DOMAIN}. SOA"]
        found = answers.get(asked, [])
        return [response(packet, *found, authority=[] if found else soa, flags=dns.flags.AA)]

    net.delegate(DOMAIN, [2])
    net.script(2, script)
    net.resolver_says(DKIM[0].name, "CNAME", record(DKIM[0].name, "CNAME", f"{TOKEN}.old.test"))

    async def scenario() -> None:
        async with net.running():
            (found,) = await net.diagnose(DKIM[0])
            assert Mistake.CNAME_BESIDE_OTHERS in mistakes(found)

    run(scenario())


def test_what_stands_in_the_way_is_shown_as_found(run, clock) -> None:
    net = SmallInternet(clock)
    net.customer([record(DKIM[0].name, "A", "192.0.2.7"), record(MX.name, "CNAME", "www.customer.test")])

    async def scenario() -> None:
        async with net.running():
            proxied, aliased = await net.diagnose(DKIM[0], MX)
            assert (proxied.stands, aliased.stands) == (("A 192.0.2.7",), ("CNAME www.customer.test",))

    run(scenario())


# --- caches -------------------------------------------------------------------------------------------------------


def test_an_old_value_still_cached(run, clock) -> None:
    net = SmallInternet(clock)
    net.customer([as_wanted(MX)])
    net.resolver_says(MX.name, "MX", record(MX.name, "MX", "10 old.customer.test", 1234))

    async def scenario() -> None:
        async with net.running():
            (found,) = await net.diagnose(MX)
            assert (found.standing, mistakes(found)) == (Standing.WAITING, [Mistake.OLD_VALUE_CACHED])
            assert 1200 < int(found.advice[0].places["seconds"]) <= 1234
            assert "old.customer.test" in sentence(found.advice[0], "en")

    run(scenario())


def test_an_absence_still_cached(run, clock) -> None:
    net = SmallInternet(clock)
    net.customer([as_wanted(DKIM[0])])
    net.resolver_says(DKIM[0].name, "CNAME")

    async def scenario() -> None:
        async with net.running():
            (found,) = await net.diagnose(DKIM[0])
            assert (found.standing, mistakes(found)) == (Standing.WAITING, [Mistake.ABSENCE_CACHED])
            assert 0 < int(found.advice[0].places["seconds"]) <= 77

    run(scenario())


def test_a_record_that_only_caches_still_have(run, clock) -> None:
    net = SmallInternet(clock)
    net.customer([])
    net.resolver_says(MX.name, "MX", record(MX.name, "MX", MX.value, 500))

    async def scenario() -> None:
        async with net.running():
            (found,) = await net.diagnose(MX)
            assert (found.standing, mistakes(found)) == (Standing.OK, [Mistake.IN_PLACE, Mistake.ONLY_CACHED])
            assert 0 < int(found.advice[1].places["seconds"]) <= 500

    run(scenario())


# --- zones and their servers --------------------------------------------------------------------------------------


def test_a_record_at_the_wrong_side_of_a_zone_cut(run, clock) -> None:
    """bounce.customer.test is delegated; what customer.test holds below that name is never seen."""
    net = SmallInternet(clock)
    net.customer([record(MX.name, "NS", host(4)), record(f"x.{MX.name}", "TXT", "unseen")])
    net.zone(MX.name, [], at=[4])

    async def scenario() -> None:
        async with net.running():
            (found,) = await net.diagnose(MX)
            assert mistakes(found) == [Mistake.WRONG_ZONE]
            places = found.advice[0].places
            assert (places["zone"], places["domain_zone"], places["servers"]) == (MX.name, DOMAIN, host(4))

    run(scenario())


def test_the_record_stands_in_the_parent_zone(run, clock) -> None:
    """One server of the parent does not know of the delegation, and holds the record itself."""
    net = SmallInternet(clock)
    net.customer([record(MX.name, "NS", host(4))], at=(2,), to=(2, 3))
    net.zone(MX.name, [], at=[4])
    before = dict(net.everything.zones)
    net.zone(DOMAIN, [as_wanted(MX)], at=[3], listed=[2, 3])
    net.everything.zones = before

    async def scenario() -> None:
        async with net.running():
            (found,) = await net.diagnose(MX)
            assert Mistake.IN_PARENT_ZONE in mistakes(found)

    run(scenario())


def test_a_delegation_of_which_all_servers_are_lame(run, clock) -> None:
    net = SmallInternet(clock)
    net.delegate(DOMAIN, [5, 6])
    net.zone("another.test", [], at=[5, 6])
    net.everything.failing.add(DOMAIN)

    async def scenario() -> None:
        async with net.running():
            (found,) = await net.diagnose(DKIM[0])
            assert (found.standing, mistakes(found)) == (Standing.TROUBLE, [Mistake.ZONE_LAME])
            assert host(5) in found.advice[0].places["servers"] and "REFUSED" in found.advice[0].places["servers"]

    run(scenario())


def test_one_lame_server_among_good_ones(run, clock) -> None:
    net = SmallInternet(clock)
    net.customer([as_wanted(DKIM[0])], to=(2, 3, 5))
    net.zone("another.test", [], at=[5])

    async def scenario() -> None:
        async with net.running():
            (found,) = await net.diagnose(DKIM[0])
            assert found.standing is Standing.OK
            assert mistakes(found) == [Mistake.IN_PLACE, Mistake.SERVER_LAME, Mistake.DELEGATION_DIFFERS]
            assert found.advice[1].places["server"] == f"{host(5)} [{address(5)}]"

    run(scenario())


def test_a_silent_server(run, clock) -> None:
    net = SmallInternet(clock)
    net.customer([as_wanted(DKIM[0])], to=(2, 3, 7))
    net.script(7, lambda packet, _: [])

    async def scenario() -> None:
        async with net.running():
            (found,) = await net.diagnose(DKIM[0])
            assert (found.standing, mistakes(found)[:2]) == (Standing.OK, [Mistake.IN_PLACE, Mistake.SERVER_SILENT])

    run(scenario())


def test_servers_that_disagree(run, clock) -> None:
    net = SmallInternet(clock)
    net.zone(DOMAIN, [], at=[3], listed=[2, 3])
    net.zone(DOMAIN, [as_wanted(DKIM[0])], at=[2], listed=[2, 3])
    net.delegate(DOMAIN, [2, 3])

    async def scenario() -> None:
        async with net.running():
            (found,) = await net.diagnose(DKIM[0])
            assert mistakes(found) == [Mistake.IN_PLACE, Mistake.SERVERS_DISAGREE]
            assert host(2) in found.advice[1].places["right"] and host(3) in found.advice[1].places["wrong"]

    run(scenario())


def test_dnssec_that_does_not_validate(run, clock) -> None:
    net = SmallInternet(clock)
    net.customer([as_wanted(DKIM[0])])

    def validating(packet: bytes, _: str) -> list[bytes]:
        query = dns.message.from_wire(packet)
        if not query.question[0].name.to_text().endswith("customer.test."):
            return _from_top(packet)
        if query.flags & dns.flags.CD:
            return [response(packet, f"{DKIM[0].name}. 60 IN CNAME {DKIM[0].value}.")]
        return [response(packet, rcode=dns.rcode.SERVFAIL)]

    net.resolver_script = validating

    async def scenario() -> None:
        async with net.running():
            (found,) = await net.diagnose(DKIM[0])
            assert (found.standing, mistakes(found)[0]) == (Standing.TROUBLE, Mistake.DNSSEC_BROKEN)

    run(scenario())


def _from_top(packet: bytes) -> list[bytes]:
    question = dns.message.from_wire(packet).question[0]
    name, rdtype = question.name.to_text(), dns.rdatatype.to_text(question.rdtype)
    if (name, rdtype) == ("test.", "NS"):
        return [response(packet, "test. 60 IN NS ns1.dns.test.")]
    if rdtype == "A" and name.startswith("ns"):
        return [response(packet, f"{name} 60 IN A {address(int(name[2]))}")]
    soa = "test. 60 IN SOA ns1.dns.test. h.test. 1 2 3 4 5"
    return [response(packet, rcode=dns.rcode.NXDOMAIN, authority=[soa])]


def test_a_resolver_that_is_down_proves_nothing(run, clock) -> None:
    net = SmallInternet(clock)
    net.customer([as_wanted(DKIM[0])])
    net.resolver_script = lambda packet, _: []

    async def scenario() -> None:
        async with net.running():
            (found,) = await net.diagnose(DKIM[0])
            assert (found.standing, mistakes(found)) == (Standing.TROUBLE, [Mistake.RESOLVER_FAILED])

    run(scenario())


def test_servers_at_private_addresses_are_not_asked(run, clock) -> None:
    """NS records of strangers must not make this host send packets into its own network."""
    net = SmallInternet(clock)
    net.customer([as_wanted(DKIM[0])])

    async def scenario() -> None:
        async with net.running():
            strict = Investigator(net.resolver, InvestigationSettings(port=net.port, query_seconds=0.3))
            (evidence,) = await strict.investigate(DOMAIN, [DKIM[0]])
            views = evidence.zone.servers if evidence.zone else ()
            assert all(view.seen.status is SeenStatus.NOT_ASKED for view in views)
            found = diagnose(evidence)
            assert found.standing is Standing.OK
            assert set(mistakes(found)) <= {Mistake.IN_PLACE, Mistake.SERVER_NOT_ASKED}

    run(scenario())


# --- hostile zones ------------------------------------------------------------------------------------------------


def _hostile(kind: str):
    def script(packet: bytes, protocol: str) -> list[bytes]:
        question = dns.message.from_wire(packet).question[0]
        name, rdtype = question.name.to_text(), dns.rdatatype.to_text(question.rdtype)
        soa = f"{DOMAIN}. 60 IN SOA ns2.dns.test. h.test. 1 2 3 4 5"
        if name == f"{DOMAIN}." and rdtype == "SOA":
            return [response(packet, soa, flags=dns.flags.AA)]
        if kind == "many strings":
            value = " ".join(f'"{number:04}"' for number in range(10_000))
            if protocol == "udp":
                return [response(packet, flags=dns.flags.AA | dns.flags.TC)]
            return [response(packet, f"{name} 60 IN TXT {value}", flags=dns.flags.AA)]
        if kind == "64 KB":
            reply = response(packet, flags=dns.flags.AA | (dns.flags.TC if protocol == "udp" else 0))
            return [reply if protocol == "udp" else reply + b"\0" * (65_000 - len(reply))]
        if kind == "garbage":
            return [packet[:2] + b"\x84\0" + packet[4:6] + struct.pack("!HHH", 9, 9, 9) + packet[12:] + b"\xc0\xff" * 9]
        if kind == "wrong ids":
            return [bytes([packet[0] ^ 1]) + response(packet, flags=dns.flags.AA)[1:]] * 50
        if kind == "endless referrals":
            deeper = f"x.{name}" if len(name) < 200 else name
            return [response(packet, authority=[f"{deeper} 60 IN NS ns2.dns.test."])]
        if kind == "a hundred name servers":
            listed = [f"{DOMAIN}. 60 IN NS ns{number}.hostile.test." for number in range(100)]
            return [response(packet, *listed, flags=dns.flags.AA)]
        return []

    return script


@pytest.mark.parametrize(
    "kind",
    ["many strings", "64 KB", "garbage", "wrong ids", "endless referrals", "a hundred name servers", "silence"],
)
def test_a_hostile_zone_costs_little_and_gets_a_clear_sentence(run, clock, kind: str) -> None:
    net = SmallInternet(clock, time_limit=3.0)
    net.delegate(DOMAIN, [8])
    net.script(8, _hostile(kind))
    net.everything.failing.add(DOMAIN)

    async def scenario() -> None:
        async with net.running():
            began = time.monotonic()
            found = await net.diagnose(*DKIM, MX, SPF, OWNERSHIP)
            assert time.monotonic() - began < 12
            assert len(net.scripted[8].asked) < 400
            for item in found:
                assert item.standing in (Standing.TROUBLE, Standing.MISSING, Standing.WRONG)
                assert item.advice and all(sentence(advice, "ja") for advice in item.advice)
                assert len(str(as_json(item, sentences(item)))) < 50_000

    run(scenario())


def test_the_limit_of_questions_holds(run, clock) -> None:
    net = SmallInternet(clock, max_queries=5)
    net.customer([])

    async def scenario() -> None:
        async with net.running():
            found = await net.diagnose(*DKIM, MX, SPF)
            assert any(Mistake.NOT_ALL_ASKED in mistakes(item) for item in found)

    run(scenario())


def test_the_time_limit_holds_while_all_servers_are_silent(run, clock) -> None:
    net = SmallInternet(clock, time_limit=1.0, query_seconds=0.4)
    net.delegate(DOMAIN, [7, 8, 9])
    for number in (7, 8, 9):
        net.script(number, lambda packet, _: [])
    net.everything.failing.add(DOMAIN)

    async def scenario() -> None:
        async with net.running():
            began = asyncio.get_running_loop().time()
            found = await net.diagnose(*DKIM)
            assert asyncio.get_running_loop().time() - began < 6
            assert {mistakes(item)[0] for item in found} == {Mistake.ZONE_LAME}

    run(scenario())


# --- the service's own zone -----------------------------------------------------------------------------------------


def test_the_doctor_sees_whether_its_own_zone_is_delegated(run, clock) -> None:
    net = SmallInternet(clock)
    net.zone("mailer.test", [], at=[2])
    net.delegate("mailer.test", [2])
    net.zone("half.test", [], at=[3])
    net.delegate("half.test", [3, 4])
    net.zone("lame.test", [], at=[5])
    net.delegate("lame.test", [4])
    net.zone("another.test", [], at=[4])

    async def scenario() -> None:
        async with net.running():
            settings = net.investigator().settings
            found = [
                await delegated(net.resolver, settings, domain, host(2))
                for domain in ("mailer.test", "half.test", "lame.test", "absent.test")
            ]
            assert [check.health for check in found] == [Health.OK, Health.WARNING, Health.FAILED, Health.FAILED]
            assert host(2) in found[0].found and "REFUSED" in found[1].found

    run(scenario())
