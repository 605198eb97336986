"""What is said of an email address, by its form, the DNS and the account's own history."""

import pytest

from tayori.mail.answer import Answer, AnswerStatus, Query
from tayori.model.address_insight import History, MailRoute, Verdict, judge, mail_route, parse

NODATA, NXDOMAIN, TIMEOUT = AnswerStatus.NODATA, AnswerStatus.NXDOMAIN, AnswerStatus.TIMEOUT


def look(answers: dict[str, tuple[str, ...] | AnswerStatus]) -> tuple[MailRoute, list[str]]:
    """The result, and what was asked; what is not in `answers` has no data."""
    asked: list[str] = []
    evaluation = mail_route("example.org")
    query: Query = next(evaluation)
    while True:
        asked.append(query.rdtype)
        given = answers.get(query.rdtype, NODATA)
        status, values = (given, ()) if isinstance(given, AnswerStatus) else (AnswerStatus.FOUND, given)
        try:
            query = evaluation.send(Answer(name=query.name, rdtype=query.rdtype, status=status, values=values))
        except StopIteration as end:
            return end.value, asked


@pytest.mark.parametrize(
    ("answers", "route", "asked"),
    [
        ({"MX": ("10 mx.example.org",)}, MailRoute.MX, ["MX"]),
        ({"MX": ("0 .",)}, MailRoute.NONE, ["MX"]),
        ({"MX": NXDOMAIN}, MailRoute.NONE, ["MX"]),
        ({"MX": TIMEOUT}, MailRoute.UNKNOWN, ["MX"]),
        ({"A": ("192.0.2.1",)}, MailRoute.ADDRESS, ["MX", "A"]),
        ({"AAAA": ("2001:db8::1",)}, MailRoute.ADDRESS, ["MX", "A", "AAAA"]),
        ({}, MailRoute.NONE, ["MX", "A", "AAAA"]),
        ({"A": TIMEOUT}, MailRoute.UNKNOWN, ["MX", "A", "AAAA"]),
    ],
)
def test_the_dns_is_asked_no_more_than_needed(answers, route, asked) -> None:
    assert look(answers) == (route, asked)


def verdict_of(text: str, route: MailRoute = MailRoute.MX, history: History = History.UNKNOWN):
    return judge(parse(text), route, history)


def test_what_is_no_address_is_nothing_else_either() -> None:
    found = verdict_of("nobody@@example.org")
    assert (found.syntax, found.records, found.mailbox, found.overall) == (Verdict.LOW,) * 4


@pytest.mark.parametrize(
    ("route", "history", "mailbox", "overall"),
    [
        (MailRoute.MX, History.UNKNOWN, Verdict.MEDIUM, Verdict.MEDIUM),
        (MailRoute.MX, History.DELIVERED, Verdict.HIGH, Verdict.HIGH),
        (MailRoute.MX, History.BOUNCED, Verdict.LOW, Verdict.LOW),
        (MailRoute.ADDRESS, History.DELIVERED, Verdict.HIGH, Verdict.HIGH),
        (MailRoute.NONE, History.DELIVERED, Verdict.LOW, Verdict.LOW),
        (MailRoute.UNKNOWN, History.DELIVERED, Verdict.HIGH, Verdict.MEDIUM),
        (MailRoute.UNKNOWN, History.UNKNOWN, Verdict.MEDIUM, Verdict.MEDIUM),
    ],
)
def test_history_decides_on_the_mailbox(route, history, mailbox, overall) -> None:
    found = verdict_of("maria.schmidt@example.org", route, history)
    assert (found.mailbox, found.overall) == (mailbox, overall)


@pytest.mark.parametrize(
    ("local", "role"),
    [
        ("support", Verdict.HIGH),
        ("Info+shop", Verdict.HIGH),
        ("no_reply", Verdict.HIGH),
        ("sales.jp", Verdict.MEDIUM),
        ("maria", Verdict.LOW),
        ("information", Verdict.LOW),
    ],
)
def test_roles(local: str, role: Verdict) -> None:
    assert verdict_of(f"{local}@example.org").role is role


def test_disposable_domains_and_those_below_them() -> None:
    assert verdict_of("maria@mailinator.com").disposable is Verdict.HIGH
    assert verdict_of("maria@sub.mailinator.com").overall is Verdict.LOW
    assert verdict_of("maria@notmailinator.com.example").disposable is Verdict.LOW


@pytest.mark.parametrize(
    ("local", "random"),
    [
        ("asdfghjkl", Verdict.HIGH),
        ("xk7q2w9v4z", Verdict.MEDIUM),
        ("aaaaaaaa", Verdict.MEDIUM),
        ("qwrtzpdf1234", Verdict.HIGH),
        ("maria.schmidt", Verdict.LOW),
        ("taro1985", Verdict.LOW),
        ("ab1c", Verdict.LOW),
    ],
)
def test_random_looking_input(local: str, random: Verdict) -> None:
    assert verdict_of(f"{local}@example.org").random is random
