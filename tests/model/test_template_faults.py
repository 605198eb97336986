"""What is wrong with a template, by part, line and column, as an editor needs it."""

import pytest

from tayori.model.template import Fault, TemplateContent, tried


@pytest.mark.parametrize(
    ("html", "line", "column"),
    [
        ("<p>\n  {{#if x}}b", 2, 3),
        ("ä{{#if a}}\n {{/each}}", 2, 2),
        ("a {{a}}\nb {{missing}}", 2, 3),
        ("{{amazonSESUnsubscribeUrl}} {{missing}}", 1, 29),
        ("{{> nobody}}", 1, 1),
    ],
)
def test_a_fault_has_its_place(html: str, line: int, column: int) -> None:
    _, (fault,) = tried(TemplateContent(subject="s", html=html), '{"a": 1}')
    assert (fault.part, fault.line, fault.column) == ("html", line, column)


def test_all_faults_are_told_and_good_parts_are_rendered() -> None:
    content = TemplateContent(subject="Hello {{name}}", text="{{", html="{{other}}")
    out, faults = tried(content, '{"name": "Jane\\nDoe"}')
    assert out == {"subject": "Hello Jane Doe"}
    assert [one.part for one in faults] == ["text", "html"]


def test_data_that_are_no_json_have_a_place_too() -> None:
    out, faults = tried(TemplateContent(subject="{{a}}", html="{{a}}"), '{\n  "a": x}')
    assert (out, faults) == ({}, [Fault(part="data", message="Expecting value", line=2, column=8)])
    assert tried(TemplateContent(subject="s", html="h"), "[]")[1] == [
        Fault(part="data", message="The data must be a JSON object.")
    ]


def test_an_empty_template_lacks_subject_and_body() -> None:
    assert [one.part for one in tried(TemplateContent(), "{}")[1]] == ["subject", "html"]
