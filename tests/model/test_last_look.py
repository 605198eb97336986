"""What is kept of a look says why, without another one."""

from dataclasses import asdict

import pytest

from tayori.mail.answer import Answer, AnswerStatus
from tayori.model.last_look import kept
from tayori.model.names import ServiceNames
from tayori.model.proof import ExpectedRecord, Finding, Hint, dkim_records, judge, mail_from_records

NAMES = ServiceNames(service_domain="tayori.test", region="us-east-1")
DOMAIN = "example.com"
CNAME = dkim_records(DOMAIN, ["token"], NAMES)[0]
MX, SPF = mail_from_records(f"bounce.{DOMAIN}", DOMAIN, NAMES)


def stored(finding: Finding) -> dict[str, object]:
    """As `resources.identity_checks` keeps it."""
    expected = asdict(finding.expected)
    names = {"purpose": "purpose", "name": "name", "rdtype": "type", "value": "expected"}
    found = {"found": list(finding.found), "verdict": finding.verdict, "error": finding.error, "hint": finding.hint}
    return {new: expected[old] for old, new in names.items()} | found


def look(expected: ExpectedRecord, *values: str, status: AnswerStatus = AnswerStatus.FOUND) -> dict[str, object]:
    answer = Answer(name=expected.name, rdtype=expected.rdtype, status=status, values=values)
    (shown,) = kept([stored(judge(expected, answer))], DOMAIN)
    assert set(shown["reason"]) == {"en", "ja"}
    return shown


@pytest.mark.parametrize(
    ("expected", "values", "status", "verdict", "reason"),
    [
        (CNAME, ("token.dkim.tayori.test",), AnswerStatus.FOUND, "ok", "is in place"),
        (CNAME, (), AnswerStatus.NXDOMAIN, "missing", "No such CNAME record stands at token._domainkey.example.com"),
        (CNAME, (), AnswerStatus.TIMEOUT, "trouble", "resolver"),
        (CNAME, ("token.dkim.tayori.test.example.com",), AnswerStatus.FOUND, "wrong", "the panel appended the domain"),
        (CNAME, ("x.dkim.amazonses.com",), AnswerStatus.FOUND, "wrong", "Amazon SES"),
        (MX, ("10 a.example", "20 b.example"), AnswerStatus.FOUND, "wrong", "MX"),
        (SPF, ("v=spf1 -all", "v=spf1 ~all"), AnswerStatus.FOUND, "wrong", "SPF"),
        (SPF, ("other",), AnswerStatus.FOUND, "missing", "No such TXT record"),
    ],
)
def test_a_look_is_told_with_its_reason(expected, values, status, verdict, reason) -> None:
    shown = look(expected, *values, status=status)
    assert shown["verdict"] == verdict
    assert reason in shown["reason"]["en"]


def test_a_doubled_name_is_told() -> None:
    missing = judge(CNAME, Answer(name=CNAME.name, rdtype="CNAME", status=AnswerStatus.NXDOMAIN))
    hinted = Finding(
        expected=CNAME, verdict=missing.verdict, error=missing.error, found=(CNAME.value,), hint=Hint.NAME_DOUBLED
    )
    (shown,) = kept([stored(hinted)], DOMAIN)
    assert shown["verdict"] == "wrong"
    assert "token._domainkey.example.com.example.com" in shown["reason"]["en"]


def test_nothing_is_kept_before_the_first_look() -> None:
    assert kept([], DOMAIN) == []
