"""Whatever octets a text record has, every form gives them back to its reader unchanged."""

import json
from dataclasses import replace
from typing import Any

import dns.rdata
import hcl2
import yaml
from hypothesis import given
from hypothesis import strategies as st
from zone_plans import EMPTY, plan

from tayori.model.domain_plan import Change, DomainPlan
from tayori.zoneforms import route53
from tayori.zoneforms.forms import Form, render
from tayori.zoneforms.presentation import quoted
from tayori.zoneforms.terraform import text

OCTETS = st.binary(max_size=600).map(lambda octets: octets.decode("latin-1"))
PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=600)


def joined(presentation: str) -> str:
    rdata: Any = dns.rdata.from_text("IN", "TXT", presentation)
    assert all(len(string) <= 255 for string in rdata.strings)
    return b"".join(rdata.strings).decode("latin-1")


def plan_with(value: str) -> DomainPlan:
    whole = plan(EMPTY)
    record = next(record for record in whole.records if record.purpose == "ownership")
    changed = replace(record, present=(value,), wanted=(value, record.own), change=Change.MERGE)
    return replace(whole, records=(changed,))


@given(OCTETS)
def test_a_master_file(value: str) -> None:
    assert joined(quoted(value)) == value


@given(OCTETS)
def test_a_zone_file_and_an_nsupdate_script_have_one_line_for_each_record(value: str) -> None:
    """No octet of a text can begin a line of its own."""
    whole = plan_with(value)
    lines = [line for line in render(whole, Form.BIND).splitlines() if line and not line.startswith((";", "$"))]
    assert len(lines) == 2
    assert joined(lines[0].split("\tTXT\t", 1)[1]) == value
    script = render(whole, Form.NSUPDATE).splitlines()
    assert all(line.startswith((";", "zone ", "prereq ", "update add ", "send")) or not line for line in script)


@given(OCTETS)
def test_json_and_route_53(value: str) -> None:
    assert json.loads(render(plan_with(value), Form.JSON))["records"][0]["present"] == [value]
    batch = json.loads(render(plan_with(value), Form.ROUTE53))
    (change,) = batch["Changes"]
    shown = change["ResourceRecordSet"]["ResourceRecords"][0]["Value"]
    assert shown == route53.value_of("TXT", value)
    assert shown.isascii() and shown.isprintable()


@given(OCTETS)
def test_octodns(value: str) -> None:
    read = yaml.safe_load(render(plan_with(value), Form.OCTODNS))
    assert read["_amazonses"][0]["values"][0].replace("\\;", ";") == value.replace("\\;", ";")


@given(PRINTABLE)
def test_terraform(value: str) -> None:
    """The parser takes a string for what Terraform would, and finds neither template nor end within."""
    if "%{" not in value and "${" not in value:  # python-hcl2 reads their escaped forms only where a brace ends them
        assert set(hcl2.loads(f"a = {text(value)}\n")) == {"a"}
    inner = text(value)[1:-1]
    assert "${" not in inner.replace("$${", "")
    assert "%{" not in inner.replace("%%{", "")
    assert inner.replace("\\\\", "").replace('\\"', "").count('"') == 0
