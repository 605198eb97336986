"""TLSA records: which are looked for, which are usable, and which certificates they vouch for (RFC 7672, RFC 7671)."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from certificates import DAY, NOW, Certified, certify
from hosts import Zone

from tayori.delivery import dane
from tayori.delivery.certificate import public_key_of
from tayori.delivery.dane import Lookup, TlsaSet
from tayori.delivery.route import Target
from tayori.delivery.tls_result import ResultType
from tayori.mail.answer import AnswerStatus

Run = Callable[[Any], Any]

ROOT = certify("A private authority", is_authority=True)
MIDDLE = certify("Below it", ROOT, is_authority=True)
OTHER = certify("Another authority", is_authority=True)
HOST = certify("mx.dest.test", MIDDLE, names=["mx.dest.test"]).sending(MIDDLE, ROOT)
ALONE = certify("whoever", names=["somebody.else.test"], begins=NOW - 9 * DAY, ends=NOW - DAY)

DIGESTS = {0: lambda data: data, 1: lambda data: hashlib.sha256(data).digest(), 2: lambda d: hashlib.sha512(d).digest()}


def tlsa(usage: int, selector: int, matching: int, of: Certified) -> str:
    return f"{usage} {selector} {matching} {DIGESTS[matching](of.spki if selector else of.der).hex()}"


def judge(records: list[str], host: Certified, *names: str) -> ResultType | None:
    found = dane.judge(dane.usable(records), host.chain, names or ("mx.dest.test",), NOW)
    return found.result if found is not None else None


@pytest.mark.parametrize("selector", [0, 1])
@pytest.mark.parametrize("matching", [0, 1, 2])
class TestEachKindOfRecord:
    def test_the_hosts_own_certificate(self, selector: int, matching: int) -> None:
        assert judge([tlsa(3, selector, matching, HOST)], HOST) is None

    def test_neither_names_nor_dates_matter_for_it(self, selector: int, matching: int) -> None:
        assert judge([tlsa(3, selector, matching, ALONE)], ALONE) is None

    def test_another_certificate(self, selector: int, matching: int) -> None:
        assert judge([tlsa(3, selector, matching, ROOT)], HOST) is ResultType.VALIDATION_FAILURE

    @pytest.mark.parametrize("anchor", [MIDDLE, ROOT], ids=["below the root", "the root"])
    def test_a_trust_anchor_that_the_host_sends(self, selector: int, matching: int, anchor: Certified) -> None:
        assert judge([tlsa(2, selector, matching, anchor)], HOST) is None

    def test_another_trust_anchor(self, selector: int, matching: int) -> None:
        assert judge([tlsa(2, selector, matching, OTHER)], HOST) is not None

    def test_one_that_is_sent_and_has_signed_nothing(self, selector: int, matching: int) -> None:
        host = HOST.sending(MIDDLE, OTHER)
        assert judge([tlsa(2, selector, matching, OTHER)], host) is ResultType.CERTIFICATE_NOT_TRUSTED

    def test_the_hosts_own_certificate_is_no_trust_anchor(self, selector: int, matching: int) -> None:
        records = [tlsa(2, selector, matching, HOST)]
        assert judge(records, HOST) is not None


def test_a_whole_trust_anchor_need_not_be_sent() -> None:
    assert judge([tlsa(2, 0, 0, ROOT)], HOST.sending(MIDDLE)) is None
    assert judge([tlsa(2, 0, 1, ROOT)], HOST.sending(MIDDLE)) is ResultType.VALIDATION_FAILURE


@pytest.mark.parametrize(
    ("names", "result"),
    [
        (("mx.dest.test",), None),
        (("canonical.test", "dest.test", "mx.dest.test"), None),
        (("dest.test",), ResultType.CERTIFICATE_HOST_MISMATCH),
        (("mx.other.test",), ResultType.CERTIFICATE_HOST_MISMATCH),
    ],
)
def test_below_a_trust_anchor_one_of_the_names_must_be_there(names: tuple[str, ...], result: ResultType | None) -> None:
    assert judge([tlsa(2, 0, 1, ROOT)], HOST, *names) is result


@pytest.mark.parametrize(
    ("begins", "ends"), [(NOW - 9 * DAY, NOW - DAY), (NOW + DAY, NOW + 9 * DAY)], ids=["over", "not yet"]
)
def test_below_a_trust_anchor_dates_matter(begins: Any, ends: Any) -> None:
    host = certify("mx", ROOT, names=["mx.dest.test"], begins=begins, ends=ends).sending(ROOT)
    assert judge([tlsa(2, 1, 1, ROOT)], host) is ResultType.CERTIFICATE_EXPIRED


def test_who_is_no_authority_cannot_vouch() -> None:
    middle = certify("No authority", ROOT)
    host = certify("mx", middle, names=["mx.dest.test"]).sending(middle, ROOT)
    assert judge([tlsa(2, 0, 1, ROOT)], host) is ResultType.CERTIFICATE_NOT_TRUSTED


def test_one_of_several_records_is_enough() -> None:
    records = [tlsa(3, 1, 1, OTHER), tlsa(2, 0, 1, OTHER), tlsa(3, 1, 1, HOST)]
    assert judge(records, HOST) is None


def test_a_weaker_digest_does_not_help_where_a_stronger_one_is_published() -> None:
    """RFC 7671 9: who can forge SHA-256 must not be able to make us look at it."""
    assert judge([tlsa(3, 1, 2, OTHER), tlsa(3, 1, 1, HOST)], HOST) is ResultType.VALIDATION_FAILURE
    assert judge([tlsa(3, 1, 2, OTHER), tlsa(3, 0, 1, HOST)], HOST) is None


@pytest.mark.parametrize(
    "record",
    [
        tlsa(0, 0, 1, HOST),
        tlsa(1, 1, 1, HOST),
        "4 1 1 " + "00" * 32,
        "3 2 1 " + "00" * 32,
        "3 1 3 " + "00" * 32,
        "3 1 1 " + "00" * 31,
        "3 1 2 " + "00" * 32,
        "3 1 1 ",
        "3 0 0 30030201",
        "2 0 0 " + "00" * 20_000,
        "3 1",
        "x y z 00",
        "3 1 1 zz",
        "",
    ],
    ids=range(14),
)
def test_a_record_of_which_nobody_can_make_use(record: str) -> None:
    assert dane.usable([record]) == ()


def test_many_records_cost_little() -> None:
    records = [f"3 1 1 {i:064x}" for i in range(5_000)] + [tlsa(3, 1, 1, HOST)]
    assert judge(records, HOST) is None


def test_a_host_that_shows_nothing() -> None:
    found = dane.judge(dane.usable([tlsa(3, 1, 1, HOST)]), [], ("mx.dest.test",), NOW)
    assert found is not None


@pytest.mark.parametrize(
    "chain",
    [[b"", b""], [b"\x30\x03\x02\x01\x00"], [b"\x30\x84\xff\xff\xff\xff"], [HOST.der[:99]]],
    ids=range(4),
)
def test_a_certificate_that_is_none(chain: list[bytes]) -> None:
    records = dane.usable([tlsa(3, 1, 1, HOST), tlsa(2, 0, 0, ROOT)])
    assert dane.judge(records, chain, ("mx.dest.test",), NOW) is not None


def test_the_public_key_is_cut_out_as_it_stands() -> None:
    for one in (ROOT, MIDDLE, HOST, ALONE):
        assert public_key_of(one.der) == one.spki
    for end in range(0, len(HOST.der) - 1, 7):
        with pytest.raises(ValueError, match=r"certificate|DER"):
            public_key_of(HOST.der[:end])


# -- the look-up -------------------------------------------------------------------------------------------------------

RECORD = tlsa(3, 1, 1, HOST)


def target(host: str = "mx.dest.test", canonical: str = "mx.dest.test", **proofs: bool) -> Target:
    proofs = {"is_validated_host": True, "is_validated_address": True} | proofs
    return Target(host, "192.0.2.1", canonical=canonical, **proofs)


def signed_zone() -> Zone:
    zone = Zone()
    zone.is_signed = True
    return zone


def test_records_that_dnssec_vouches_for_are_found(run: Run) -> None:
    zone = signed_zone()
    zone.put("_25._tcp.mx.dest.test", "TLSA", RECORD)
    found = run(dane.find(target(), zone))
    assert isinstance(found, TlsaSet)
    assert (found.name, [r.text for r in found.records]) == ("mx.dest.test", [RECORD])


@pytest.mark.parametrize(
    "proofs",
    [{"is_validated_host": False}, {"is_validated_address": False}, {"canonical": "", "is_validated_address": False}],
)
def test_an_insecure_way_to_the_host_is_not_worth_a_question(run: Run, proofs: dict[str, Any]) -> None:
    """RFC 7672 2.2.1 and 2.1.2: name servers of insecure zones may not even answer it."""
    zone = signed_zone()
    zone.fail("_25._tcp.mx.dest.test", "TLSA", AnswerStatus.SERVER_FAILURE)
    assert run(dane.find(target(**proofs), zone)) is Lookup.NONE
    assert zone.questions == []


@pytest.mark.parametrize("status", [AnswerStatus.SERVER_FAILURE, AnswerStatus.TIMEOUT])
def test_records_that_cannot_be_had_are_not_absent(run: Run, status: AnswerStatus) -> None:
    zone = signed_zone()
    zone.fail("_25._tcp.mx.dest.test", "TLSA", status)
    assert run(dane.find(target(), zone)) is Lookup.FAILED


@pytest.mark.parametrize("status", [AnswerStatus.NODATA, AnswerStatus.NXDOMAIN])
def test_records_that_do_not_exist_are(run: Run, status: AnswerStatus) -> None:
    zone = signed_zone()
    zone.fail("_25._tcp.mx.dest.test", "TLSA", status)
    assert run(dane.find(target(), zone)) is Lookup.NONE


def test_records_below_an_insecure_delegation_count_for_nothing(run: Run) -> None:
    zone = signed_zone()
    zone.put("_25._tcp.mx.dest.test", "TLSA", RECORD)
    zone.unsigned.add("_tcp.mx.dest.test")
    assert run(dane.find(target(), zone)) is Lookup.NONE


@pytest.mark.parametrize(
    ("owner", "name"), [("mx.host.test", "mx.host.test"), ("mx.dest.test", "mx.dest.test")], ids=["end", "beginning"]
)
def test_a_host_that_is_an_alias_has_its_records_at_either_end(run: Run, owner: str, name: str) -> None:
    zone = signed_zone()
    zone.put(f"_25._tcp.{owner}", "TLSA", RECORD)
    found = run(dane.find(target(canonical="mx.host.test"), zone))
    assert isinstance(found, TlsaSet)
    assert found.name == name


def test_an_alias_into_an_insecure_zone_has_them_at_its_beginning(run: Run) -> None:
    zone = signed_zone()
    zone.unsigned.add("host.test")
    zone.put("mx.dest.test", "CNAME", "mx.host.test")
    zone.put("_25._tcp.mx.dest.test", "TLSA", RECORD)
    zone.put("_25._tcp.mx.host.test", "TLSA", RECORD)
    found = run(dane.find(target(canonical="mx.host.test", is_validated_address=False), zone))
    assert isinstance(found, TlsaSet)
    assert found.name == "mx.dest.test"
    assert ("_25._tcp.mx.host.test", "TLSA") not in zone.questions


def test_an_insecure_alias_has_none(run: Run) -> None:
    zone = signed_zone()
    zone.unsigned.add("dest.test")
    zone.put("mx.dest.test", "CNAME", "mx.host.test")
    zone.put("_25._tcp.mx.dest.test", "TLSA", RECORD)
    assert run(dane.find(target(canonical="mx.host.test", is_validated_address=False), zone)) is Lookup.NONE


def test_the_certificates_of_these_tests_are_in_their_time() -> None:
    assert timedelta() < NOW - HOST.certificate.not_valid_before_utc < 2 * DAY
