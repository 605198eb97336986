"""What stands in the document: hosts, values, dates, what changes."""

import dataclasses
from datetime import date, timedelta

import pytest
from dossier_plans import (
    DOMAIN,
    GOLDEN,
    LONG_KEY,
    MERGED_SPF,
    OTHER_SPF,
    RECORDS,
    SERVICE,
    TOKENS,
    dkim,
    golden_texts,
    plan,
    record,
    request,
)
from hypothesis import given
from hypothesis import strategies as st

from tayori.dossier.blocks import Figure, Heading, Mark, Table, pieces, text_of
from tayori.dossier.content import compose
from tayori.dossier.forms import Form, render
from tayori.dossier.panels import panels
from tayori.dossier.request import SECTIONS, Request, UnknownPanel, Writing
from tayori.dossier.schedule import plus_working_days, steps
from tayori.model.domain_plan import Change, Necessity, PlannedRecord
from tayori.model.proof import Purpose


@pytest.mark.parametrize("name", ["en.md", "ja.md", "en.html.txt", "ja.html.txt"])
def test_the_document_is_the_golden_one(name: str) -> None:
    expected = (GOLDEN / name).read_text("utf-8")
    assert golden_texts()[name] == expected, "if the change is meant: python tests/dossier/dossier_plans.py"


def _markdown(*records: PlannedRecord, language: str = "en", panel: str | None = None, zone: str = DOMAIN) -> str:
    made = render(plan(*records, zone=zone), request(language, panel=panel), Form.MARKDOWN)
    return made.decode()


# -- hosts and values ------------------------------------------------------------------------------------------------


def test_a_host_is_what_stands_before_the_zone() -> None:
    writing = Writing(plan(), request())
    assert writing.records[0].host == f"{TOKENS[0]}._domainkey"
    above = Writing(plan(zone="co.jp"), request())
    assert above.records[0].host == f"{TOKENS[0]}._domainkey.example"


@pytest.mark.parametrize(
    ("panel", "host", "apex", "target"),
    [
        (None, "x._domainkey", "@", f"x.dkim.{SERVICE}"),
        ("onamae", "x._domainkey", "", f"x.dkim.{SERVICE}"),
        ("sakura", "x._domainkey", "@", f"x.dkim.{SERVICE}."),
        ("azure-dns", "x._domainkey", "@", f"x.dkim.{SERVICE}"),
        ("bind", f"x._domainkey.{DOMAIN}.", f"{DOMAIN}.", f"x.dkim.{SERVICE}."),
    ],
)
def test_a_panel_has_its_own_way(panel: str | None, host: str, apex: str, target: str) -> None:
    at_apex = record(Purpose.MAIL_FROM_SPF, DOMAIN, "TXT", "v=spf1 -all")
    first, second = Writing(plan(dkim("x"), at_apex), request(panel=panel)).records
    assert (first.host, first.values, second.host) == (host, (target,), apex)


@pytest.mark.parametrize("panel", panels())
def test_every_panel_makes_a_document_in_both_languages(panel: str) -> None:
    for language in ("en", "ja"):
        assert panels()[panel].names[language] in _markdown(language=language, panel=panel).replace("\\", "")


def test_an_unknown_panel_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(UnknownPanel, match=r"There is no panel plesk\. Known are: onamae, sakura"):
        compose(plan(), Request(language="en", panel="plesk"))


def test_a_ttl_keeps_to_the_limits_of_the_panel() -> None:
    short = dataclasses.replace(RECORDS[1], ttl=30)
    assert Writing(plan(short), request(panel="cloudflare")).records[0].ttl == 60
    assert Writing(plan(short), request()).records[0].ttl == 30


def test_an_mx_has_its_priority_apart() -> None:
    (typed,) = Writing(plan(RECORDS[4]), request()).records
    assert (typed.priority, typed.values) == ("10", (f"feedback-smtp.us-east-1.{SERVICE}",))


def test_a_long_value_is_given_in_strings_that_join_to_it() -> None:
    key = record(Purpose.DKIM, f"s1._domainkey.{DOMAIN}", "TXT", LONG_KEY)
    (typed,) = Writing(plan(key), request()).records
    assert "".join(typed.strings) == LONG_KEY
    assert [len(string) <= 255 for string in typed.strings] == [True, True]
    assert "longer than 255 bytes" in _markdown(key)
    assert "longer than 255 bytes" not in _markdown()


def test_only_what_is_new_is_to_be_typed_and_the_difference_is_marked() -> None:
    (typed,) = Writing(plan(RECORDS[5]), request()).records
    assert typed.values == (MERGED_SPF,)
    assert (typed.removed, typed.kept) == ((OTHER_SPF,), ("site-verification=4f9d",))
    document = compose(plan(RECORDS[5]), request())
    cards = [block for block in document.blocks if isinstance(block, Table) and block.kind == "facts"]
    added = [span.text.strip() for row in cards[0].rows for line in row[1] for span in line if span.mark is Mark.ADDED]
    assert added == [f"include:spf.{SERVICE}"]


def test_notes_of_the_plan_are_said() -> None:
    noted = record(Purpose.MAIL_FROM_SPF, f"bounce.{DOMAIN}", "TXT", "v=spf1 +all", notes=("spf.plus-all", "new.note"))
    assert "it allows everybody to send" in _markdown(noted)


# -- what is claimed -------------------------------------------------------------------------------------------------


def test_receiving_is_not_affected_unless_an_mx_is_replaced() -> None:
    assert "**Receiving mail:** no effect." in _markdown()
    mx = record(
        Purpose.MAIL_FROM_MX, f"bounce.{DOMAIN}", "MX", f"10 {SERVICE}", present=("5 mx.other",), change=Change.REPLACE
    )
    text = _markdown(mx)
    assert "no effect" not in text
    assert f"Should anybody receive mail at `@bounce.{DOMAIN}`" in text


def test_a_complete_plan_asks_for_nothing() -> None:
    done = dkim(TOKENS[0], present=(f"{TOKENS[0]}.dkim.{SERVICE}",), change=Change.NONE)
    text = _markdown(done)
    assert "All records are in place" in text
    assert "**When:**" not in text


def test_what_the_dns_did_not_say_is_not_called_missing() -> None:
    text = _markdown(dkim(TOKENS[0], change=Change.UNKNOWN))
    assert "the DNS gave no answer" in text
    assert "(no record)" not in text


def test_only_the_mechanisms_that_are_used_are_explained() -> None:
    def figures(*names: int) -> list[str]:
        document = compose(plan(*(RECORDS[number] for number in names)), request())
        return [block.name for block in document.blocks if isinstance(block, Figure)]

    assert figures(1) == ["overview", "dkim", "dmarc"]
    assert figures(1, 3, 4, 5, 6) == ["overview", "dkim", "mail-from", "dmarc", "ownership"]


def test_sections_have_the_numbers_that_texts_refer_to() -> None:
    headings = [block for block in compose(plan(), request()).blocks if isinstance(block, Heading) and block.level == 1]
    assert [(block.number, block.anchor) for block in headings] == [
        (str(number), name) for number, name in enumerate(SECTIONS, start=1)
    ]


def test_an_unknown_purpose_has_words_of_its_own() -> None:
    class Later:
        def __str__(self) -> str:
            return "something-new"

    later = record(Later(), f"x.{DOMAIN}", "TXT", "y")  # type: ignore[arg-type]
    assert "Further record" in _markdown(later)


def test_empty_names_are_left_to_be_written_in() -> None:
    text = render(plan(), Request(language="ja"), Form.MARKDOWN).decode()
    assert "お渡しする前にご記入ください" in text
    assert f"{DOMAIN} DNSご担当者様" in text


# -- dates -----------------------------------------------------------------------------------------------------------


@given(st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 1, 1)))
def test_no_step_is_on_a_weekend_and_none_before_another(start: date) -> None:
    days = [step.day for step in steps(start, RECORDS)]
    assert days == sorted(days)
    assert all(day.weekday() < 5 for day in days)
    assert start <= days[0] <= start + timedelta(days=2)


def test_steps_follow_from_the_records() -> None:
    names = [step.name for step in steps(date(2026, 12, 1), (RECORDS[1],))]
    assert names == ["approve", "register", "check", "verified", "trial", "send"]
    assert "lower-ttl" in [step.name for step in steps(date(2026, 12, 1), (RECORDS[0],))]
    assert "reject" in [step.name for step in steps(date(2026, 12, 1), (RECORDS[6],))]


@pytest.mark.parametrize(
    ("language", "reason", "necessity"),
    [("en", "Mail is then signed twice", "(optional)"), ("ja", "2 つの署名が付きます", "(任意)")],
)
def test_a_second_key_is_explained_and_optional(language: str, reason: str, necessity: str) -> None:
    name, value = f"second._domainkey.{DOMAIN}", f"second.dkim.{SERVICE}"
    second = record(Purpose.DKIM_ED25519, name, "CNAME", value, necessity=Necessity.OPTIONAL)
    text = render(plan(*RECORDS[1:3], second), request(language), Form.MARKDOWN).decode()
    assert reason in text and necessity in text and "RFC 8463" in text
    assert name in text and value in text and f"dig +short {name} CNAME" in text
    assert reason not in render(plan(), request(language), Form.MARKDOWN).decode()


def test_the_day_is_that_of_the_requester() -> None:
    there = dataclasses.replace(request(), today=date(2026, 11, 25), start=None)
    text = render(plan(), there, Form.MARKDOWN).decode()
    assert "* Date: 2026-11-25 (Wed)" in text
    assert "* Start of work: 2026-12-02 (Wed)" in text


@pytest.mark.parametrize(
    ("policy", "raised"),
    [
        ("v=DMARC1; p=none; rua=mailto:d@example.co.jp", ["quarantine", "reject"]),
        ("v=DMARC1;p=quarantine; sp=none", ["reject"]),
        ("v=DMARC1; P=REJECT", []),
        ("v=DMARC1; sp=none", []),
    ],
)
def test_a_policy_is_raised_from_where_it_stands(policy: str, raised: list[str]) -> None:
    standing = record(Purpose.DMARC, f"_dmarc.{DOMAIN}", "TXT", policy, present=(policy,), change=Change.NONE)
    names = [step.name for step in steps(date(2026, 12, 1), (RECORDS[1], standing))]
    assert [name for name in names if name in ("quarantine", "reject")] == raised
    assert "A DMARC policy exists" in _markdown(standing)
    assert "We begin with" not in _markdown(standing)


def test_a_value_that_a_panel_lengthened_is_explained() -> None:
    assert "the final dot was missing" in _markdown(RECORDS[0])
    assert "the final dot was missing" not in _markdown(RECORDS[1])


def test_working_days_step_over_the_weekend() -> None:
    assert plus_working_days(date(2026, 12, 4), 1) == date(2026, 12, 7)  # Friday, Monday


# -- breaking long names ---------------------------------------------------------------------------------------------


@given(st.text(alphabet="ab.=; _", max_size=120))
def test_pieces_join_to_the_text(text: str) -> None:
    assert "".join(pieces(text)) == text
    assert all(len(piece) <= 41 for piece in pieces(text))


def test_a_name_breaks_before_its_labels() -> None:
    assert pieces(f"{TOKENS[0]}._domainkey.example.jp") == [TOKENS[0], "._domainkey", ".example", ".jp"]
    assert text_of(()) == ""
