"""The DMARC policy explained, our mail held against it, and the next step."""

from collections.abc import Mapping
from string import Formatter

import pytest

from tayori.app.policy_file import FetchTrouble
from tayori.mail.answer import Answer, AnswerStatus, Evaluation, ResultT
from tayori.mail.dmarc import SuffixDomain, parse_record
from tayori.mail.dmarc_walk import walk
from tayori.mail.policy_records import (
    BimiRecord,
    MtaStsRecord,
    PolicyKind,
    PolicySyntaxError,
    TlsReportingRecord,
    parse,
)
from tayori.model import authentication_words
from tayori.model.authentication_words import TEXTS, sentence
from tayori.model.dmarc_advice import (
    DmarcAdvice,
    Evidence,
    Passing,
    Readiness,
    SendingSetup,
    advise,
    destination_of,
    with_tags,
)
from tayori.model.policy_check import (
    PolicyFinding,
    PolicyVerdict,
    examine,
    proposing,
    with_policy_file,
    without_policy_file,
)
from tayori.model.spf_advice import SpfNote

SETUP = SendingSetup(from_domain="example.com", dkim_domain="example.com", mail_from_domain="bounce.example.com")
REPORTS = "dmarc-reports@tayori.test"
AUTHORISED = {"example.com._report._dmarc.tayori.test": "v=DMARC1"}
Zone = Mapping[str, str | tuple[str, ...] | AnswerStatus]


def drive(evaluation: Evaluation[ResultT], zone: Zone) -> ResultT:
    """`zone` has TXT records by name; a key "name A" has an address."""
    try:
        query = next(evaluation)
        while True:
            key = query.name if query.rdtype == "TXT" else f"{query.name} {query.rdtype}"
            found = zone.get(key, AnswerStatus.NXDOMAIN)
            status = found if isinstance(found, AnswerStatus) else AnswerStatus.FOUND
            values = (found,) if isinstance(found, str) and status is AnswerStatus.FOUND else found
            shown = values if isinstance(values, tuple) else ()
            query = evaluation.send(Answer(name=query.name, rdtype=query.rdtype, status=status, values=shown))
    except StopIteration as end:
        result: ResultT = end.value
        return result


def advice(
    record: str | tuple[str, ...] | AnswerStatus | None,
    *,
    setup: SendingSetup = SETUP,
    evidence: Evidence | None = None,
    **more: str,
) -> DmarcAdvice:
    zone: dict[str, str | tuple[str, ...] | AnswerStatus] = {**AUTHORISED, **more}
    if record is not None:
        zone["_dmarc.example.com"] = record
    return drive(advise("example.com", setup, reports_to=REPORTS, evidence=evidence), zone)


def keys(found: DmarcAdvice) -> list[str]:
    return [one.key for one in found.explanation]


# -- explaining --------------------------------------------------------------------------------------------------------


def test_a_domain_without_a_policy_is_asked_to_begin_with_reports() -> None:
    found = advice(None)
    assert keys(found) == ["dmarc.found.none"]
    assert found.step is not None
    assert (found.step.name, found.step.value) == (
        "_dmarc.example.com",
        "v=DMARC1; p=none; rua=mailto:dmarc-reports@tayori.test",
    )
    assert found.step.readiness is Readiness.READY
    assert parse_record(found.step.value).rua == (f"mailto:{REPORTS}",)


def test_a_full_record_is_explained_tag_by_tag() -> None:
    found = advice(
        "v=DMARC1; p=quarantine; sp=none; np=reject; pct=25; adkim=s; aspf=r; t=y;"
        " rua=mailto:a@example.com; ruf=mailto:b@example.com"
    )
    assert keys(found) == [
        "dmarc.policy.quarantine",
        "dmarc.subdomains.none",
        "dmarc.nonexistent.reject",
        "dmarc.percent",
        "dmarc.testing",
        "dmarc.dkim-alignment.s",
        "dmarc.spf-alignment.r",
        "dmarc.rua",
        "dmarc.ruf",
    ]
    assert found.organisational_domain == "example.com"


def test_a_subdomain_inherits_and_the_step_is_at_the_organisation() -> None:
    zone = {"_dmarc.example.co.jp": "v=DMARC1; p=reject; sp=none; rua=mailto:x@example.co.jp"}
    setup = SendingSetup(from_domain="mail.example.co.jp", dkim_domain="example.co.jp", mail_from_domain="")
    found = drive(advise("mail.example.co.jp", setup), zone)
    assert found.policy_domain == found.organisational_domain == "example.co.jp"
    assert keys(found)[:2] == ["dmarc.inherited", "dmarc.policy.none"]
    assert (found.by_dkim, found.by_spf) == (Passing.PASSES, Passing.NOT_USED)
    assert found.step is None


def test_reports_are_asked_for_at_the_record_above_and_no_second_one_is_made() -> None:
    zone = {"_dmarc.example.co.jp": "v=DMARC1; p=none; adkim=s", **AUTHORISED}
    setup = SendingSetup(from_domain="mail.example.co.jp", dkim_domain="mail.example.co.jp", mail_from_domain="")
    found = drive(advise("mail.example.co.jp", setup, reports_to=REPORTS), zone)
    step = found.step
    assert step is not None and step.where is not None
    assert (step.name, step.value) == ("_dmarc.example.co.jp", f"v=DMARC1; p=none; adkim=s; rua=mailto:{REPORTS}")
    assert (step.why.key, step.readiness) == ("dmarc.step.reports", Readiness.READY)
    assert step.where.places == {"domain": "mail.example.co.jp", "above": "example.co.jp"}
    at_its_own = drive(advise("example.co.jp", setup, reports_to=REPORTS), zone).step
    assert at_its_own is not None and at_its_own.value == step.value and at_its_own.where is None


def test_every_step_above_says_where_it_is_taken() -> None:
    zone = {"_dmarc.example.co.jp": f"v=DMARC1; p=none; rua=mailto:{REPORTS}", **AUTHORISED}
    setup = SendingSetup(from_domain="mail.example.co.jp", dkim_domain="mail.example.co.jp", mail_from_domain="")
    step = drive(advise("mail.example.co.jp", setup, reports_to=REPORTS), zone).step
    assert step is not None and step.where is not None
    assert (step.name, step.why.key) == ("_dmarc.example.co.jp", "dmarc.step.quarantine")


def test_a_silent_dns_is_no_reason_for_a_step() -> None:
    found = advice(AnswerStatus.TIMEOUT)
    assert keys(found) == ["dmarc.found.temperror"] and found.step is None


def test_two_records_are_repaired_by_one() -> None:
    found = advice(("v=DMARC1; p=none", "v=DMARC1; p=reject"))
    assert keys(found) == ["dmarc.found.permerror"]
    assert found.step is not None and found.step.why.key == "dmarc.step.repair"


def test_a_foreign_destination_must_say_that_it_takes_the_reports() -> None:
    record = f"v=DMARC1; p=none; rua=mailto:{REPORTS}, mailto:x@reports.test!10m, mailto:own@sub.example.com"
    assert [one.places for one in advice(record).explanation if one.key == "dmarc.not-authorised"] == [
        {"destination": "reports.test", "name": "example.com._report._dmarc.reports.test"}
    ]
    more = {"example.com._report._dmarc.reports.test": "v=DMARC1; rua=mailto:y@reports.test"}
    assert "dmarc.not-authorised" not in keys(advice(record, **more))


def test_a_record_of_a_thousand_destinations_asks_for_a_few() -> None:
    found = advice("v=DMARC1; p=none; rua=" + ",".join(f"mailto:a@d{number}.test" for number in range(1000)))
    assert keys(found).count("dmarc.not-authorised") == 10


@pytest.mark.parametrize(
    ("uri", "domain"),
    [
        ("mailto:a@B.test", "b.test"),
        ("MAILTO:a@b.test!5m", "b.test"),
        ("mailto:a@b.test?x=y", "b.test"),
        ("https://b.test/", ""),
    ],
)
def test_destinations(uri: str, domain: str) -> None:
    assert destination_of(uri) == domain


# -- our mail ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "setup", "by_dkim", "by_spf"),
    [
        ("v=DMARC1; p=none", SETUP, Passing.PASSES, Passing.PASSES),
        ("v=DMARC1; p=none; aspf=s", SETUP, Passing.PASSES, Passing.STRICT),
        (
            "v=DMARC1; p=none",
            SendingSetup(from_domain="example.com", dkim_domain="", mail_from_domain="us-east-1.mail.tayori.test"),
            Passing.NOT_USED,
            Passing.NOT_ALIGNED,
        ),
        (
            "v=DMARC1; p=none",
            SendingSetup(
                from_domain="example.com",
                dkim_domain="example.com",
                mail_from_domain="m.example.com",
                is_signed=False,
                is_mail_from_verified=False,
            ),
            Passing.NOT_READY,
            Passing.NOT_READY,
        ),
    ],
)
def test_whether_our_mail_passes(record: str, setup: SendingSetup, by_dkim: Passing, by_spf: Passing) -> None:
    found = advice(record, setup=setup)
    assert (found.by_dkim, found.by_spf) == (by_dkim, by_spf)
    assert found.passes == (Passing.PASSES in (by_dkim, by_spf))


# -- the ladder --------------------------------------------------------------------------------------------------------

GOOD = Evidence(days=30, messages=1000, aligned=999)


def test_the_ladder_from_none_to_reject() -> None:
    text = "v=DMARC1; p=none; rua=mailto:a@example.com; fo=1"
    rungs = []
    while (step := advice(text, evidence=GOOD).step) is not None:
        rungs.append(step.value)
        assert step.readiness is Readiness.READY
        text = step.value
        assert len(rungs) < 20
    assert rungs == [
        "v=DMARC1; p=quarantine; rua=mailto:a@example.com; fo=1; pct=10",
        "v=DMARC1; p=quarantine; rua=mailto:a@example.com; fo=1; pct=25",
        "v=DMARC1; p=quarantine; rua=mailto:a@example.com; fo=1; pct=50",
        "v=DMARC1; p=quarantine; rua=mailto:a@example.com; fo=1",
        "v=DMARC1; p=reject; rua=mailto:a@example.com; fo=1",
    ]


@pytest.mark.parametrize(
    ("evidence", "readiness"),
    [
        (None, Readiness.NO_REPORTS),
        (Evidence(days=30), Readiness.NO_REPORTS),
        (Evidence(days=3, messages=10, aligned=10), Readiness.TOO_FEW_DAYS),
        (Evidence(days=30, messages=100, aligned=90), Readiness.NOT_ALIGNED),
        (GOOD, Readiness.READY),
    ],
)
def test_a_stricter_policy_waits_for_reports(evidence: Evidence | None, readiness: Readiness) -> None:
    step = advice("v=DMARC1; p=none; rua=mailto:a@example.com", evidence=evidence).step
    assert step is not None and step.readiness is readiness


def test_a_stricter_policy_waits_for_our_own_mail() -> None:
    setup = SendingSetup(from_domain="example.com", dkim_domain="", mail_from_domain="us-east-1.mail.tayori.test")
    step = advice("v=DMARC1; p=none; rua=mailto:a@example.com", setup=setup, evidence=GOOD).step
    assert step is not None and step.readiness is Readiness.OURS_FAILS


def test_reports_come_before_anything_stricter() -> None:
    step = advice("v=DMARC1;p=none;adkim=s", evidence=GOOD).step
    assert step is not None
    assert step.value == f"v=DMARC1; p=none; adkim=s; rua=mailto:{REPORTS}"
    without_mailbox = drive(advise("example.com", SETUP), {"_dmarc.example.com": "v=DMARC1; p=none"}).step
    assert without_mailbox is not None and without_mailbox.value == "v=DMARC1; p=quarantine; pct=10"


def test_a_test_is_ended_before_the_next_rung() -> None:
    step = advice("v=DMARC1; p=reject; t=y; rua=mailto:a@example.com", evidence=GOOD).step
    assert step is not None
    assert (step.value, step.why.key) == ("v=DMARC1; p=reject; rua=mailto:a@example.com", "dmarc.step.end-test")


def test_tags_are_set_in_their_place() -> None:
    assert with_tags("v=DMARC1; rua=mailto:a@b.c", p="none") == "v=DMARC1; p=none; rua=mailto:a@b.c"
    assert with_tags("v=DMARC1 ; P = none ;; x=1;", p="reject", pct=None) == "v=DMARC1; p=reject; x=1"


# -- RFC 9989 ----------------------------------------------------------------------------------------------------------


def test_the_tags_of_the_successor_are_read() -> None:
    record = parse_record("v=DMARC1; p=none; np=reject; psd=n; t=y")
    assert (record.nonexistent_policy, record.suffix_domain, record.is_testing) == ("reject", SuffixDomain.NO, True)
    plain = parse_record("v=DMARC1; p=none; np=x; psd=maybe")
    assert (plain.nonexistent_policy, plain.suffix_domain, plain.is_testing) == (None, SuffixDomain.UNKNOWN, False)


def test_the_walk_asks_from_the_domain_to_the_top() -> None:
    asked: list[str] = []

    class Listening(dict[str, str]):
        def get(self, key: str, default: object = None) -> object:  # type: ignore[override]
            asked.append(key.removeprefix("_dmarc."))
            return default

    found = drive(walk("a.b.c.d.e.f.g.h.i.j.example.com"), Listening())
    assert asked == [
        "a.b.c.d.e.f.g.h.i.j.example.com",
        "f.g.h.i.j.example.com",
        "g.h.i.j.example.com",
        "h.i.j.example.com",
        "i.j.example.com",
        "j.example.com",
        "example.com",
        "com",
    ]
    assert found.record is None


@pytest.mark.parametrize(
    ("zone", "organisation", "policy_domain"),
    [
        ({"_dmarc.a.mail.example.com": "v=DMARC1; p=none"}, "a.mail.example.com", "a.mail.example.com"),
        ({"_dmarc.example.com": "v=DMARC1; p=none"}, "example.com", "example.com"),
        (
            {"_dmarc.mail.example.com": "v=DMARC1; p=none; psd=n", "_dmarc.example.com": "v=DMARC1; p=reject"},
            "mail.example.com",
            "mail.example.com",
        ),
        ({"_dmarc.com": "v=DMARC1; p=reject; psd=y"}, "example.com", "com"),
        ({"_dmarc.example.com": ("v=DMARC1; p=none", "v=DMARC1; p=none")}, "a.mail.example.com", ""),
        ({}, "a.mail.example.com", ""),
    ],
)
def test_what_the_walk_finds(zone: Zone, organisation: str, policy_domain: str) -> None:
    found = drive(walk("a.mail.example.com"), zone)
    assert (found.organisational_domain, found.policy_domain) == (organisation, policy_domain)


def test_an_owner_is_told_where_the_two_standards_differ() -> None:
    zone = {"_dmarc.mail.example.com": "v=DMARC1; p=none", "_dmarc.example.com": "v=DMARC1; p=none; psd=n"}
    setup = SendingSetup(from_domain="x.mail.example.com", dkim_domain="example.com", mail_from_domain="")
    assert "dmarc.walk-differs" not in keys(drive(advise("x.mail.example.com", setup), {**zone}))
    other = {"_dmarc.mail.example.com": "v=DMARC1; p=none; psd=n", "_dmarc.example.com": "v=DMARC1; p=reject"}
    differs = drive(advise("x.mail.example.com", setup), other)
    assert [one.places for one in differs.explanation if one.key == "dmarc.walk-differs"] == [
        {"old": "example.com", "new": "mail.example.com"}
    ]
    assert "dmarc.percent-gone" in keys(advice("v=DMARC1; p=quarantine; pct=10; rua=mailto:a@example.com"))


# -- MTA-STS, TLS-RPT, BIMI --------------------------------------------------------------------------------------------


def findings(zone: Zone, dmarc: str = "v=DMARC1; p=reject") -> dict[PolicyKind, PolicyFinding]:
    return {found.kind: found for found in drive(examine("example.com", parse_record(dmarc)), zone)}


ALL_THREE = {
    "_mta-sts.example.com": "v=STSv1; id=20260101T000000;",
    "mta-sts.example.com A": "192.0.2.1",
    "_smtp._tls.example.com": "v=TLSRPTv1; rua=mailto:tls@example.com,https://tls.example.com/x",
    "default._bimi.example.com": "v=BIMI1; l=https://example.com/l.svg; a=https://example.com/l.pem",
}


def test_records_in_order() -> None:
    found = findings(ALL_THREE)
    assert {one.verdict for one in found.values()} == {PolicyVerdict.OK}
    assert found[PolicyKind.MTA_STS].notes == ("file-not-fetched",)
    assert parse(PolicyKind.MTA_STS, ALL_THREE["_mta-sts.example.com"]) == MtaStsRecord(policy_id="20260101T000000")
    assert parse(PolicyKind.TLS_RPT, ALL_THREE["_smtp._tls.example.com"]) == TlsReportingRecord(
        rua=("mailto:tls@example.com", "https://tls.example.com/x")
    )
    assert parse(PolicyKind.BIMI, "v=BIMI1; l=;") == BimiRecord()
    with pytest.raises(PolicySyntaxError):
        parse(PolicyKind.MTA_STS, "v=STSv1; id=no spaces")


def test_nothing_published_is_nothing_wrong() -> None:
    assert {one.verdict for one in findings({}).values()} == {PolicyVerdict.ABSENT}
    silent = dict.fromkeys(["_mta-sts.example.com", "_smtp._tls.example.com"], AnswerStatus.SERVER_FAILURE)
    assert findings(silent)[PolicyKind.TLS_RPT].verdict is PolicyVerdict.UNKNOWN


@pytest.mark.parametrize(
    ("kind", "zone", "note"),
    [
        (PolicyKind.MTA_STS, {"_mta-sts.example.com": "v=STSv1;"}, "bad-id"),
        (PolicyKind.MTA_STS, {"_mta-sts.example.com": "v=STSv1; id=1"}, "no-policy-host"),
        (PolicyKind.MTA_STS, {"_mta-sts.example.com": ("v=STSv1; id=1", "v=STSv1; id=2")}, "several"),
        (PolicyKind.TLS_RPT, {"_smtp._tls.example.com": "v=TLSRPTv1; rua=ftp://x"}, "bad-rua"),
        (PolicyKind.TLS_RPT, {"_smtp._tls.example.com": "v=TLSRPTv1;"}, "bad-rua"),
        (PolicyKind.BIMI, {"default._bimi.example.com": "v=BIMI1; a=https://x.test/"}, "no-location"),
        (PolicyKind.BIMI, {"default._bimi.example.com": "v=BIMI1; l=http://x.test/l.svg"}, "bad-location"),
    ],
)
def test_what_receivers_will_not_heed(kind: PolicyKind, zone: Zone, note: str) -> None:
    found = findings(zone)[kind]
    assert found.verdict is PolicyVerdict.BROKEN and note in found.notes


@pytest.mark.parametrize(
    ("record", "note", "proposed"),
    [
        (None, "tls-rpt-proposed", "v=TLSRPTv1; rua=mailto:tls@tayori.test"),
        ("v=TLSRPTv1; rua=https://x.test/a", "tls-rpt-elsewhere",
         "v=TLSRPTv1; rua=https://x.test/a,mailto:tls@tayori.test"),
        ("v=TLSRPTv1; rua=mailto:a@x.test,MAILTO:tls@tayori.test", None, None),
        ("v=TLSRPTv1; rua=ftp://x", "bad-rua", None),
    ],
)  # fmt: skip
def test_reports_on_tls_may_come_here(record: str | None, note: str | None, proposed: str | None) -> None:
    before = findings({"_smtp._tls.example.com": record} if record else {})
    found = {kind: proposing(one, "tls@tayori.test") for kind, one in before.items()}
    ours = found[PolicyKind.TLS_RPT]
    assert ours.notes == ((note,) if note else ()) and ours.places.get("record") == proposed
    assert ours.verdict is before[PolicyKind.TLS_RPT].verdict
    assert {kind: one for kind, one in found.items() if kind is not PolicyKind.TLS_RPT} == {
        kind: one for kind, one in before.items() if kind is not PolicyKind.TLS_RPT
    }
    if proposed:
        assert parse(PolicyKind.TLS_RPT, proposed)
        for language in authentication_words.LANGUAGES:
            assert proposed in sentence(f"policy-note.{note}", language, ours.places)


@pytest.mark.parametrize("dmarc", ["v=DMARC1; p=none", "v=DMARC1; p=reject; pct=50", "v=DMARC1; p=reject; sp=none"])
def test_bimi_asks_for_an_enforced_policy(dmarc: str) -> None:
    found = findings(ALL_THREE, dmarc)[PolicyKind.BIMI]
    assert found.verdict is PolicyVerdict.BROKEN and "dmarc-not-enforced" in found.notes


# -- the catalogue -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", sorted(TEXTS))
def test_a_text_has_the_same_places_in_both_languages(key: str) -> None:
    english, japanese = TEXTS[key]
    places = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in (english, japanese)]
    assert places[0] == places[1]
    assert english.replace("…", "").isascii() and not japanese.isascii()


def test_every_word_of_the_advice_has_its_text() -> None:
    wanted = {f"spf.{note}" for note in SpfNote}
    wanted |= {f"passing.{one}" for one in Passing} | {f"readiness.{one}" for one in Readiness}
    wanted |= {f"policy.{kind}" for kind in PolicyKind} | {f"policy-verdict.{one}" for one in PolicyVerdict}
    for policy in ("none", "quarantine", "reject"):
        wanted |= {f"dmarc.policy.{policy}", f"dmarc.subdomains.{policy}", f"dmarc.nonexistent.{policy}"}
    assert wanted <= set(TEXTS)
    found = advice("v=DMARC1; p=quarantine; sp=none; np=reject; pct=25; adkim=s; t=y; rua=mailto:a@x.test")
    for language in authentication_words.LANGUAGES:
        assert all(sentence(one.key, language, one.places) for one in found.explanation)


# -- the policy file of MTA-STS ----------------------------------------------------------------------------------------


def _judged(content: bytes, *mx: str) -> PolicyFinding:
    status = AnswerStatus.FOUND if mx else AnswerStatus.NODATA
    answer = Answer(name="example.com", rdtype="MX", status=status, values=mx)
    return with_policy_file(findings(ALL_THREE)[PolicyKind.MTA_STS], content, "example.com", answer)


def _file(mode: str = "enforce", max_age: int = 604_800, mx: str = "mx: *.example.com") -> bytes:
    return f"version: STSv1\nmode: {mode}\nmax_age: {max_age}\n{mx}\n".encode()


@pytest.mark.parametrize(
    ("content", "mx", "verdict", "notes"),
    [
        (_file(), ("10 mx.example.com", "20 b.example.com"), PolicyVerdict.OK, ("policy-mode-enforce",)),
        (_file("testing", 60), ("10 mx.example.com",), PolicyVerdict.OK,
         ("policy-mode-testing", "policy-short-max-age")),
        (_file("none", 0, ""), ("10 mx.other.net",), PolicyVerdict.OK, ("policy-mode-none",)),
        (_file(), ("0 .",), PolicyVerdict.OK, ("policy-mode-enforce",)),
        (_file(mx="mx: example.com"), (), PolicyVerdict.OK, ("policy-mode-enforce",)),
        (_file(), (), PolicyVerdict.BROKEN, ("policy-mode-enforce", "policy-mx-not-covered")),
        (b"<html>", ("10 mx.example.com",), PolicyVerdict.BROKEN, ("policy-bad-version",)),
    ],
)  # fmt: skip
def test_the_policy_file_is_held_against_the_mail_hosts(
    content: bytes, mx: tuple[str, ...], verdict: PolicyVerdict, notes: tuple[str, ...]
) -> None:
    found = _judged(content, *mx)
    assert (found.verdict, found.notes) == (verdict, notes)


def test_hosts_that_the_policy_file_leaves_out_are_named() -> None:
    found = _judged(_file(), "10 mx.example.com", "20 mx.other.net", "30 a.b.example.com")
    text = sentence("policy-note.policy-mx-not-covered", "en", found.places)
    assert "mx.other.net, a.b.example.com. Add an mx: line" in text


@pytest.mark.parametrize("trouble", FetchTrouble)
def test_each_trouble_with_the_file_has_a_sentence(trouble: FetchTrouble) -> None:
    found = without_policy_file(findings(ALL_THREE)[PolicyKind.MTA_STS], trouble, "seen")
    is_open = trouble in (FetchTrouble.UNREACHABLE, FetchTrouble.TOO_SLOW)
    assert found.verdict is (PolicyVerdict.UNKNOWN if is_open else PolicyVerdict.BROKEN)
    for language in authentication_words.LANGUAGES:
        assert sentence(f"policy-note.{found.notes[0]}", language, found.places)
