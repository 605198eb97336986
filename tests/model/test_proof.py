"""What an answer of the DNS says of a record that is wanted."""

import pytest

from tayori.mail.answer import Answer, AnswerStatus
from tayori.model.identity import ErrorType, Verdict
from tayori.model.names import ServiceNames
from tayori.model.proof import (
    Hint,
    Purpose,
    dkim_records,
    doubled,
    judge,
    mail_from_records,
    ownership_record,
)

NAMES = ServiceNames(service_domain="tayori.test", region="us-east-1")
DKIM = dkim_records("example.com", ["abc"], NAMES)[0]
MX, SPF = mail_from_records("bounce.example.com", "example.com", NAMES)
OWNERSHIP = ownership_record("example.com", "pmBGN/7MjnfhTKUZ06Enqq1PeGUaOkw8lGhcfwefcHU=")


def found(*values: str) -> Answer:
    return Answer(name="x", rdtype="x", status=AnswerStatus.FOUND, values=values, ttl=60)


def absent(status: AnswerStatus) -> Answer:
    return Answer(name="x", rdtype="x", status=status)


def test_the_records_that_an_identity_asks_for() -> None:
    shown = [(record.purpose, record.name, record.rdtype, record.value) for record in (DKIM, OWNERSHIP, MX, SPF)]
    assert shown == [
        (Purpose.DKIM, "abc._domainkey.example.com", "CNAME", "abc.dkim.tayori.test"),
        (Purpose.OWNERSHIP, "_amazonses.example.com", "TXT", "pmBGN/7MjnfhTKUZ06Enqq1PeGUaOkw8lGhcfwefcHU="),
        (Purpose.MAIL_FROM_MX, "bounce.example.com", "MX", "10 feedback-smtp.us-east-1.tayori.test"),
        (Purpose.MAIL_FROM_SPF, "bounce.example.com", "TXT", "v=spf1 include:spf.tayori.test ~all"),
    ]


@pytest.mark.parametrize(
    ("expected", "values"),
    [
        (DKIM, ["abc.dkim.tayori.test"]),
        (OWNERSHIP, ["another account's", OWNERSHIP.value]),
        (MX, ["5 feedback-smtp.us-east-1.tayori.test"]),
        (SPF, ["v=spf1 include:spf.tayori.test ~all"]),
        (SPF, ["google-site-verification=1", "V=SPF1 ip4:192.0.2.1 +include:SPF.tayori.test -all"]),
    ],
)
def test_matches(expected, values: list[str]) -> None:
    finding = judge(expected, found(*values))
    assert finding.verdict is Verdict.MATCHED and finding.error is None


@pytest.mark.parametrize(
    ("expected", "values", "error", "hint"),
    [
        (DKIM, ["abc.dkim.amazonses.com"], ErrorType.INVALID_VALUE, None),
        (DKIM, ["abc.dkim.tayori.test.example.com"], ErrorType.INVALID_VALUE, Hint.VALUE_DOUBLED),
        (OWNERSHIP, ["something else"], ErrorType.INVALID_VALUE, None),
        (MX, ["10 mail.example.com"], ErrorType.INVALID_VALUE, None),
        (MX, ["10 feedback-smtp.us-east-1.tayori.test.example.com"], ErrorType.INVALID_VALUE, Hint.VALUE_DOUBLED),
        (
            MX,
            ["10 feedback-smtp.us-east-1.tayori.test", "20 mail.example.com"],
            ErrorType.INVALID_VALUE,
            Hint.SEVERAL_MX,
        ),
        (SPF, ["v=spf1 -all"], ErrorType.INVALID_VALUE, None),
        (SPF, ["v=spf1 -include:spf.tayori.test ~all"], ErrorType.INVALID_VALUE, None),
        (SPF, ["v=spf10 include:spf.tayori.test"], ErrorType.TYPE_NOT_FOUND, None),
        (SPF, ["v=spf1 include:spf.tayori.test", "v=spf1 -all"], ErrorType.INVALID_VALUE, Hint.SEVERAL_SPF),
        (SPF, ["unrelated"], ErrorType.TYPE_NOT_FOUND, None),
    ],
)
def test_other_values_are_missing_and_told_why(expected, values, error: ErrorType, hint: Hint | None) -> None:
    finding = judge(expected, found(*values))
    assert (finding.verdict, finding.error, finding.hint) == (Verdict.MISSING, error, hint)
    assert finding.found == tuple(values)


@pytest.mark.parametrize(
    ("status", "verdict", "error"),
    [
        (AnswerStatus.NXDOMAIN, Verdict.MISSING, ErrorType.HOST_NOT_FOUND),
        (AnswerStatus.NODATA, Verdict.MISSING, ErrorType.TYPE_NOT_FOUND),
        (AnswerStatus.SERVER_FAILURE, Verdict.UNKNOWN, ErrorType.DNS_SERVER_ERROR),
        (AnswerStatus.TIMEOUT, Verdict.UNKNOWN, ErrorType.DNS_SERVER_ERROR),
    ],
)
def test_absence_and_failure_are_different_things(status, verdict: Verdict, error: ErrorType) -> None:
    finding = judge(DKIM, absent(status))
    assert (finding.verdict, finding.error, finding.found) == (verdict, error, ())


def test_where_a_provider_puts_a_name_that_had_the_domain_already() -> None:
    assert doubled(DKIM).name == "abc._domainkey.example.com.example.com"
    assert doubled(DKIM).value == DKIM.value
