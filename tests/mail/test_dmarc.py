"""DMARC: records, organisational domains, alignment and the policy that comes out."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import idna
import pytest

from tayori.mail.answer import Answer, AnswerStatus
from tayori.mail.dmarc import (
    Alignment,
    DmarcPolicy,
    DmarcRequest,
    DmarcResult,
    DmarcSyntaxError,
    DmarcVerdict,
    evaluate,
    is_aligned,
    organisational_domain,
    parse_record,
)


def judge(request: DmarcRequest, records: Mapping[str, list[str]]) -> DmarcResult:
    """Evaluate with TXT records by name; a name without entry does not exist, ["TIMEOUT"] times out."""
    evaluation = evaluate(request)
    try:
        query = next(evaluation)
        while True:
            assert query.rdtype == "TXT"
            values = records.get(query.name, [])
            status = AnswerStatus.FOUND if values else AnswerStatus.NXDOMAIN
            if values == ["TIMEOUT"]:
                status, values = AnswerStatus.TIMEOUT, []
            query = evaluation.send(Answer(name=query.name, rdtype="TXT", status=status, values=tuple(values)))
    except StopIteration as stop:
        return stop.value


REJECT = {"_dmarc.example.com": ["v=DMARC1; p=reject"]}


def test_aligned_dkim_passes_whatever_spf_says() -> None:
    result = judge(DmarcRequest(from_domain="example.com", dkim_domains=("mail.example.com",)), REJECT)
    assert (result.verdict, result.dkim_aligned, result.spf_aligned) == (DmarcVerdict.PASS, True, False)
    assert result.disposition is DmarcPolicy.NONE


def test_aligned_spf_passes_by_relaxed_alignment() -> None:
    result = judge(DmarcRequest(from_domain="example.com", spf_domain="bounce.example.com"), REJECT)
    assert (result.verdict, result.spf_aligned) == (DmarcVerdict.PASS, True)


def test_someone_elses_pass_does_not_count() -> None:
    request = DmarcRequest(from_domain="example.com", spf_domain="evil.test", dkim_domains=("evil.test",))
    result = judge(request, REJECT)
    assert (result.verdict, result.policy, result.disposition) == (
        DmarcVerdict.FAIL,
        DmarcPolicy.REJECT,
        DmarcPolicy.REJECT,
    )


def test_strict_alignment_wants_the_same_name() -> None:
    records = {"_dmarc.example.com": ["v=DMARC1; p=quarantine; aspf=s; adkim=s"]}
    request = DmarcRequest(
        from_domain="example.com", spf_domain="bounce.example.com", dkim_domains=("mail.example.com",)
    )
    assert judge(request, records).verdict is DmarcVerdict.FAIL
    exact = DmarcRequest(from_domain="Example.COM", dkim_domains=("EXAMPLE.com",))
    assert judge(exact, records).verdict is DmarcVerdict.PASS


@pytest.mark.parametrize(
    ("record", "policy"),
    [
        ("v=DMARC1; p=none; sp=reject", DmarcPolicy.REJECT),
        ("v=DMARC1; p=reject; sp=none", DmarcPolicy.NONE),
        ("v=DMARC1; p=reject", DmarcPolicy.REJECT),
    ],
)
def test_a_subdomain_follows_sp_of_the_organisational_domain(record: str, policy: DmarcPolicy) -> None:
    result = judge(DmarcRequest(from_domain="news.example.com"), {"_dmarc.example.com": [record]})
    assert (result.policy, result.policy_domain) == (policy, "example.com")


def test_a_subdomains_own_record_comes_first() -> None:
    records = {**REJECT, "_dmarc.news.example.com": ["v=DMARC1; p=none; sp=reject"]}
    result = judge(DmarcRequest(from_domain="news.example.com"), records)
    assert (result.policy, result.policy_domain) == (DmarcPolicy.NONE, "news.example.com")


@pytest.mark.parametrize(
    ("sample", "policy", "disposition"),
    [
        (29, "reject", "reject"),
        (30, "reject", "quarantine"),
        (99, "quarantine", "none"),
        (99, "none", "none"),
    ],
)
def test_outside_the_percentage_the_next_milder_policy_applies(sample: int, policy: str, disposition: str) -> None:
    records = {"_dmarc.example.com": [f"v=DMARC1; p={policy}; pct=30"]}
    result = judge(DmarcRequest(from_domain="example.com", sample=sample), records)
    assert (str(result.policy), str(result.disposition)) == (policy, disposition)


def test_no_record_is_none_and_other_txt_records_are_ignored() -> None:
    result = judge(DmarcRequest(from_domain="example.com"), {"_dmarc.example.com": ["v=spf1 -all", "v=DMARC2"]})
    assert (result.verdict, result.problem) == (
        DmarcVerdict.NONE,
        "example.com publishes no DMARC record",
    )


def test_two_records_are_no_policy() -> None:
    records = {"_dmarc.example.com": ["v=DMARC1; p=reject", "v=DMARC1; p=none"]}
    result = judge(DmarcRequest(from_domain="example.com"), records)
    assert (result.verdict, result.disposition) == (DmarcVerdict.PERMERROR, DmarcPolicy.NONE)


def test_a_silent_dns_is_a_temporary_error() -> None:
    result = judge(DmarcRequest(from_domain="example.com"), {"_dmarc.example.com": ["TIMEOUT"]})
    assert result.verdict is DmarcVerdict.TEMPERROR


def test_reads_every_tag() -> None:
    record = parse_record(
        "v=DMARC1;p=Quarantine ; sp=none;adkim=s; aspf=r;pct=25;fo=1; rua=mailto:a@b.c!10m, mailto:d@e.f;"
        "ruf=mailto:g@h.i; x-unknown=1;"
    )
    assert (record.policy, record.subdomain_policy) == (DmarcPolicy.QUARANTINE, DmarcPolicy.NONE)
    assert (record.dkim_alignment, record.spf_alignment) == (Alignment.STRICT, Alignment.RELAXED)
    assert record.percent == 25
    assert record.rua == ("mailto:a@b.c!10m", "mailto:d@e.f")
    assert record.ruf == ("mailto:g@h.i",)


@pytest.mark.parametrize("text", ["v=DMARC1; pct=101; p=none", "v=DMARC1; p=none; pct=x", "v = DMARC1 ; p=none"])
def test_a_malformed_tag_counts_as_absent(text: str) -> None:
    assert parse_record(text).percent == 100


def test_a_record_without_policy_but_with_reports_asks_for_nothing_else() -> None:
    assert parse_record("v=DMARC1; rua=mailto:a@b.c").policy is DmarcPolicy.NONE
    assert parse_record("v=DMARC1; p=reject; sp=bogus; rua=mailto:a@b.c").policy is DmarcPolicy.NONE


@pytest.mark.parametrize(
    "text",
    ["v=DMARC1", "v=DMARC1; p=bogus", "v=DMARC1; rua=nonsense", "p=none; v=DMARC1", "v=dmarc1; p=none"],
)
def test_what_is_no_record(text: str) -> None:
    with pytest.raises(DmarcSyntaxError):
        parse_record(text)


def test_a_public_suffix_is_its_own_organisation() -> None:
    assert organisational_domain("co.jp") == "co.jp"
    assert not is_aligned("a.co.jp", "b.co.jp", Alignment.RELAXED)
    assert is_aligned("x.a.co.jp", "y.a.co.jp.", Alignment.RELAXED)
    assert not is_aligned("", "", Alignment.RELAXED)


def test_organisational_domains_agree_with_the_lists_own_tests(vectors: Callable[[str], Path]) -> None:
    text = (vectors("psl") / "test_psl.txt").read_text("utf-8")
    cases = re.findall(r"^checkPublicSuffix\('([^']*)', (?:'([^']*)'|null)\);", text, re.MULTILINE)
    wrong = []
    for name, expected in cases:
        if name.startswith("."):
            continue  # not a domain name: no address can hold it
        ascii_name = idna.encode(name, uts46=True).decode() if not name.isascii() else name
        expected_name = idna.encode(expected).decode() if expected else ascii_name.lower()
        if organisational_domain(ascii_name) != expected_name:
            wrong.append((name, organisational_domain(ascii_name), expected_name))
    assert wrong == []
    assert len(cases) > 70
