"""Nothing that belongs to others is ever taken away."""

from dataclasses import replace

from zone_plans import EMPTY, FOREIGN_MX, LIVED_IN, TOKENS, complete, plan

from tayori.model.domain_plan import Change
from tayori.model.zone_edit import ConflictReason, edits_of


def test_an_empty_zone_gets_every_record_and_loses_none() -> None:
    found = edits_of(plan(EMPTY))
    assert len(found.edits) == 9
    assert not found.conflicts
    assert not any(edit.removed for edit in found.edits)


def test_what_is_in_place_needs_no_edit() -> None:
    found = edits_of(plan(complete()))
    assert not found.edits
    assert not found.conflicts


def test_a_value_that_a_panel_doubled_is_ours_and_may_go() -> None:
    edits = {edit.record.name: edit for edit in edits_of(plan(LIVED_IN)).edits}
    doubled = edits[f"{TOKENS[1]}._domainkey.example.com"]
    assert doubled.removed == (f"{TOKENS[1]}.dkim.mail.example.net.example.com",)
    assert doubled.added == (f"{TOKENS[1]}.dkim.mail.example.net",)


def test_texts_of_others_stay() -> None:
    edits = {(edit.record.name, edit.record.rdtype): edit for edit in edits_of(plan(LIVED_IN)).edits}
    merged = edits["_amazonses.example.com", "TXT"]
    assert merged.removed == ()
    assert merged.added == ("pmBGN/7MjnfhTKUZ06Enqq1PeGUaOkw8lGhcfwefcHU=",)


def test_a_foreign_record_is_a_conflict() -> None:
    found = edits_of(plan(FOREIGN_MX))
    assert [(conflict.record.rdtype, conflict.reason) for conflict in found.conflicts] == [
        ("MX", ConflictReason.FOREIGN)
    ]
    assert all(edit.record.rdtype != "MX" for edit in found.edits)


def test_a_key_that_stands_at_the_selector_is_not_replaced_by_a_program() -> None:
    found = edits_of(plan({("own._domainkey.example.com", "TXT"): ("v=DKIM1; p=somebodys",)}))
    assert [conflict.record.name for conflict in found.conflicts] == ["own._domainkey.example.com"]


def test_a_zone_that_could_not_be_asked_is_not_edited() -> None:
    whole = plan(EMPTY)
    unknown = replace(whole, records=tuple(replace(record, change=Change.UNKNOWN) for record in whole.records))
    found = edits_of(unknown)
    assert not found.edits
    assert {conflict.reason for conflict in found.conflicts} == {ConflictReason.NOT_ASKED}


def test_a_policy_may_go_into_one_that_says_more_and_into_nothing_else() -> None:
    whole = plan(EMPTY)
    spf = next(record for record in whole.records if record.purpose == "mail-from-spf")
    merged = replace(
        spf, change=Change.MERGE, present=("v=spf1 mx ~all",), wanted=("v=spf1 mx include:spf.mail.example.net ~all",)
    )
    assert edits_of(replace(whole, records=(merged,))).edits[0].removed == ("v=spf1 mx ~all",)
    refused = replace(merged, change=Change.REPLACE)
    assert edits_of(replace(whole, records=(refused,))).conflicts, "which of them stays is for a person to say"
    lost = replace(merged, wanted=("v=DMARC1; p=none",))
    assert edits_of(replace(whole, records=(lost,))).conflicts
