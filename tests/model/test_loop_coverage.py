"""Whose complaints one hears of: sums over providers, enrolments, and the sentences."""

from datetime import date

import pytest

from tayori.model.feedback_loops import (
    Basis,
    By,
    Collector,
    Enrolment,
    FeedbackLoops,
    Knowledge,
    Loop,
    MailboxProvider,
    Words,
)
from tayori.model.loop_coverage import Enrolments, EnrolmentState, coverage, outlook, sentence

KNOWN = Knowledge(basis=Basis.PROVIDER, as_of=date(2026, 11, 24))


def provider(name: str, loop: Loop, *, through: str = "", by: tuple[By, ...] = ()) -> MailboxProvider:
    return MailboxProvider(
        id=name,
        name=Words(name.title(), f"{name}ja"),
        hosts=(f".{name}.test",),
        loop=loop,
        enrolment=Enrolment(by=by),
        through=through,
        known=KNOWN,
    )


YAHOO = provider("yahoo", Loop.YES, by=(By.DKIM_DOMAIN,))
FAST = provider("fast", Loop.YES, through="validity", by=(By.IP,))
GMAIL = provider("gmail", Loop.AGGREGATE)
DOCOMO = provider("docomo", Loop.NO)
OCN = provider("ocn", Loop.UNKNOWN)
TABLE = FeedbackLoops(
    providers=(YAHOO, FAST, GMAIL, DOCOMO, OCN),
    collectors=(Collector(id="validity", name=Words("V", "V"), enrolment=Enrolment(), known=KNOWN),),
)
NOBODY = Enrolments({})


def test_the_shares_are_those_of_the_mail() -> None:
    counts = {("yahoo", "a.test"): 40, ("yahoo", "b.test"): 21, ("gmail", "a.test"): 25, ("other", "a.test"): 4}
    found = coverage(counts | {("docomo", "a.test"): 10}, TABLE, NOBODY)
    assert (found.recipients, found.reporting, found.enrolled) == (100, 61, 0)
    assert [(share.name("en"), share.recipients) for share in found.shares] == [
        ("Yahoo", 61), ("Gmail", 25), ("Docomo", 10), ("hosts that the table does not name", 4),
    ]  # fmt: skip
    assert not found.is_thin and found.is_telling
    assert sentence(found, "en") == (
        "61 % of your mail goes to providers that report complaints, to whoever is enrolled; no active enrolment is"
        " noted. These do not: Gmail (25 %, figures only), Docomo (10 %), hosts that the table does not name (4 %)."
    )
    assert sentence(found, "ja") == (
        "メールの 61 % は、登録した送信者に苦情を報告するプロバイダー宛です。有効な登録は記録されていません。"
        "次の宛先からは苦情の報告がありません: gmailja (25 %, 集計値のみ)、docomoja (10 %)、表にないホスト (4 %)。"
    )


@pytest.mark.parametrize(
    ("noted", "enrolled"),
    [
        ({}, 0),
        ({("yahoo", ""): "active"}, 70),
        ({("yahoo", ""): "requested"}, 0),
        ({("yahoo", "a.test"): "active"}, 40),
        ({("yahoo", "test"): "active"}, 70),  # a domain stands for those below it
        ({("yahoo", "mail.a.test"): "active"}, 0),
        ({("yahoo", ""): "requested", ("yahoo", "b.test"): "active"}, 30),
        ({("yahoo", ""): "active", ("yahoo", "b.test"): "requested"}, 70),
        ({("fast", ""): "active"}, 0),  # that is the collector's
        ({("validity", ""): "active"}, 20),
        ({("gmail", ""): "active"}, 0),  # figures are no reports
    ],
)
def test_an_active_enrolment_covers_the_mail_that_it_names(noted, enrolled) -> None:
    states = {key: EnrolmentState(state) for key, state in noted.items()}
    counts = {("yahoo", "a.test"): 40, ("yahoo", "b.test"): 30, ("fast", "a.test"): 20, ("gmail", "a.test"): 10}
    assert coverage(counts, TABLE, Enrolments(states)).enrolled == enrolled


@pytest.mark.parametrize(
    ("yahoo", "others", "thin", "telling"),
    [(0, 0, False, False), (0, 1, True, False), (49, 51, True, True), (50, 50, False, True), (1, 0, False, False)],
)
def test_little_coverage_is_worth_a_warning(yahoo, others, thin, telling) -> None:
    found = coverage({("yahoo", ""): yahoo, ("ocn", ""): others}, TABLE, NOBODY)
    assert (found.is_thin, found.is_telling) == (thin, telling)


def test_nothing_is_said_of_no_mail() -> None:
    found = coverage({}, TABLE, NOBODY)
    assert found.part(0) == 0
    assert sentence(found, "en").startswith("No mail was delivered")
    assert "配信されたメールがない" in sentence(found, "ja")


def test_what_is_there_is_not_called_nothing_and_not_all() -> None:
    said = sentence(coverage({("yahoo", ""): 9999, ("ocn", ""): 1}, TABLE, NOBODY), "en")
    assert said.startswith("> 99 % of your mail")
    assert said.endswith("Ocn (< 1 %, unknown).")
    all_of_it = Enrolments({("yahoo", ""): EnrolmentState.ACTIVE})
    assert sentence(coverage({("yahoo", ""): 3}, TABLE, all_of_it), "en") == (
        "100 % of your mail goes to providers that report complaints; enrolments cover 100 %."
    )
    assert sentence(coverage({("ocn", ""): 3}, TABLE, NOBODY), "en").startswith("None of your mail goes to providers")


def test_many_silent_providers_are_not_all_named() -> None:
    many = FeedbackLoops(providers=tuple(provider(f"p{number}", Loop.NO) for number in range(11)))
    said = sentence(coverage({(f"p{number}", ""): 100 - number for number in range(11)}, many, NOBODY), "en")
    assert "P7" in said and "P8" not in said and "and 3 more" in said


def test_an_outlook_is_the_same_of_domains() -> None:
    found = outlook([(YAHOO, 2, "a.test"), (None, 1, "a.test"), (YAHOO, 1, "a.test"), (FAST, 4, "")], NOBODY)
    assert [(share.provider, share.recipients) for share in found.shares] == [(FAST, 4), (YAHOO, 3), (None, 1)]
    assert (found.recipients, found.reporting) == (8, 7)
    covered = outlook([(FAST, 4, "")], Enrolments({("validity", ""): EnrolmentState.ACTIVE}))
    assert covered.enrolled == 4


def test_without_an_active_enrolment_nothing_is_heard() -> None:
    asked, active = (Enrolments({("yahoo", "a.test"): state}) for state in EnrolmentState)
    mine, theirs = {("yahoo", "a.test"): 9}, {("yahoo", "b.test"): 9}
    assert [coverage(mine, TABLE, one).is_unheard for one in (NOBODY, asked, active)] == [True, True, False]
    assert coverage(theirs, TABLE, active).is_unheard, "the enrolment is another domain's"
    assert [coverage({}, TABLE, one).is_unheard for one in (asked, active)] == [True, False]
    assert "tayori feedback-loops lookup" in sentence(coverage({}, TABLE, NOBODY), "ja")
