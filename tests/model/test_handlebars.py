"""The template language: against handlebars.js and its specification where installed, and where SES differs."""

import json
import random
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tayori.model.handlebars import Bounds, MissingAttribute, RenderingError, TemplateError, compile_template

PACKAGES = Path(sys.prefix) / "consumers" / "node_modules"
# The specification's templates as handlebars.js renders them without escaping, which SES does not do either. Cases that
# bring helpers, decorators or options of their own are about what SES does not offer.
_ORACLE = """
const handlebars = require('handlebars'), fs = require('fs');
const results = [];
for (const name of ['basic', 'blocks', 'builtins', 'data', 'partials', 'regressions', 'subexpressions',
                    'whitespace-control', 'helpers', 'parser']) {
  const cases = JSON.parse(fs.readFileSync(`${process.env.NODE_PATH}/handlebars-spec/spec/${name}.json`));
  for (const one of cases) {
    if (one.helpers || one.decorators || one.compileOptions || one.runtimeOptions || one.partials) continue;
    if (/!code|!sparsearray|!undefined/.test(JSON.stringify(one.data || {}))) continue;
    const data = one.data === undefined ? null : one.data;
    let value = null;
    try { value = handlebars.create().compile(one.template, {noEscape: true})(data); } catch (error) { value = null; }
    results.push({name: `${name}: ${one.it} ${one.number || ''}`, template: one.template, data, value});
  }
}
console.log(JSON.stringify(results));
"""


def _node(script: str, *, text: str = "") -> str:
    node = shutil.which("node")
    if node is None or not (PACKAGES / "handlebars-spec").is_dir():
        pytest.skip("node or its package handlebars-spec is not installed (scripts/install-test-servers)")
    done = subprocess.run(
        [node, "-e", script], input=text, env={"NODE_PATH": str(PACKAGES)}, capture_output=True, timeout=60, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def rendered(template: str, data: object) -> str:
    return compile_template(template).render(data)


def test_the_specification_of_handlebars() -> None:
    cases = json.loads(_node(_ORACLE))
    assert len(cases) > 200
    wrong = []
    for case in cases:
        try:
            value = compile_template(case["template"]).render(case["data"], is_strict=False)
        except (TemplateError, RenderingError):
            value = None
        if value != case["value"]:
            wrong.append((case["name"], case["template"], case["value"], value))
    assert wrong == []


_NAMES = ("a", "b", "a.b", "this", "..", "@index", "@key", "list", "x")
_TEXTS = ("", " ", "\n", "text", "  \n ", "\\", "{", "}")
_DATA = {"a": {"b": "deep", "x": [1, 2.5, True, None]}, "b": "", "list": [{"a": 1}, {"b": 2}, "three"], "x": 0}
# Nothing here is changed by escaping; without it, handlebars.js adds up numbers that stand side by side.
_RENDER_ALL = """
const handlebars = require('handlebars'), given = JSON.parse(require('fs').readFileSync(0, 'utf8'));
console.log(JSON.stringify(given.templates.map(one => {
  try { return handlebars.create().compile(one)(given.data); } catch (error) { return null; }
})));
"""


def _by_chance(chance: random.Random, depth: int) -> str:
    kind, left, right = chance.random(), chance.choice(["", "~"]), chance.choice(["", "~"])
    if depth == 0 or kind < 0.3:
        return chance.choice(_TEXTS)
    if kind < 0.5:
        return f"{{{{{left}{chance.choice(_NAMES)}{right}}}}}"
    if kind < 0.75:
        return "".join([_by_chance(chance, depth - 1) for _ in range(chance.randrange(5))])
    block, name = chance.choice(["if", "unless", "each", "with"]), chance.choice(_NAMES)
    body, other = _by_chance(chance, depth - 1), _by_chance(chance, depth - 1)
    return f"{{{{{left}#{block} {name}{right}}}}}{body}{{{{{right}else{left}}}}}{other}{{{{/{block}}}}}"


@pytest.mark.parametrize("seed", [1, 2])
def test_templates_made_by_chance_give_what_handlebars_gives(seed: int) -> None:
    chance = random.Random(seed)
    templates = [_by_chance(chance, 5) for _ in range(2000)]
    expected = json.loads(_node(_RENDER_ALL, text=json.dumps({"templates": templates, "data": _DATA})))
    assert sum(value is not None for value in expected) > 1000
    for template, value in zip(templates, expected, strict=True):
        try:
            ours = compile_template(template).render(_DATA, is_strict=False)
        except (TemplateError, RenderingError):
            ours = None
        assert ours == value, template


# --- what SES has of its own ----------------------------------------------------------------------------------------


def test_nothing_is_escaped() -> None:
    assert rendered("{{a}} {{{a}}} {{&a}}", {"a": "<b> & \"c\" 'd'"}) == "<b> & \"c\" 'd' " * 2 + "<b> & \"c\" 'd'"


@pytest.mark.parametrize(
    ("template", "name"),
    [("{{name}}", "name"), ("{{a.b.c}}", "a.b.c"), ("{{#each list}}{{x}}{{/each}}", "x"), ("{{../up}}", "../up")],
)
def test_a_value_that_is_not_there_is_named(template: str, name: str) -> None:
    with pytest.raises(MissingAttribute) as caught:
        rendered(template, {"a": {}, "list": [{}]})
    assert str(caught.value) == f"Attribute '{name}' is not present in the rendering data."


def test_what_blocks_ask_for_may_be_missing() -> None:
    template = "{{#if a}}1{{else}}2{{/if}}{{#each b}}3{{else}}4{{/each}}{{#with c}}5{{else}}6{{/with}}{{^d}}7{{/d}}"
    assert rendered(template, {}) == "2467"


def test_null_is_there_and_says_nothing() -> None:
    assert rendered("[{{a}}]", {"a": None}) == "[]"


def test_numbers_larger_than_any_are_said_as_javascript_does() -> None:
    assert rendered("{{a}} {{b}}", json.loads('{"a": 1e999, "b": -1e999}')) == "Infinity -Infinity"


@pytest.mark.parametrize("template", ["{{#if a}}{{/if}}", "{{> b}}", '{{#*inline "b"}}{{/inline}}'])
def test_a_simple_template_has_values_only(template: str) -> None:
    with pytest.raises(TemplateError):
        compile_template(template, is_simple=True)
    assert compile_template("a {{b}} {{! no }}c", is_simple=True).render({"b": 1}) == "a 1 c"


@pytest.mark.parametrize(
    ("template", "line"),
    [
        ("a\n\n{{#if x}}b", 3),
        ("{{#if x}}\n{{/each}}", 2),
        ("a\n{{b c=}}", 2),
        ("{{/if}}", 1),
        ("\n{{a", 2),
        ("{{else}}", 1),
        ("\\{{a}}\n{{#if}}{{/if}}", 2),
        ("\n{{{{raw}}}}{{{{/raw}}}}", 2),
    ],
)
def test_a_mistake_is_told_with_its_line(template: str, line: int) -> None:
    with pytest.raises(TemplateError) as caught:
        compile_template(template)
    assert caught.value.line == line


# --- bounds ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "template",
    [
        "{{#each a}}" + "{{#each this}}" * 5 + "x" + "{{/each}}" * 6,  # 50 ** 6 rounds
        '{{#*inline "p"}}{{> p}}{{/inline}}{{> p}}',
        '{{#*inline "p"}}{{> p}}{{> p}}{{/inline}}{{> p}}',
        "{{#each a}}{{#each ../a}}{{@root.long}}{{/each}}{{/each}}",
        "{{#each a}}" + "y" * 400_000 + "{{/each}}",
    ],
)
def test_hostile_templates_end(template: str) -> None:
    nested: list[object] = []
    nested.extend([nested] * 50)  # no JSON has it, and all the same
    with pytest.raises(RenderingError):
        compile_template(template).render({"a": nested, "long": "z" * 100_000})


@pytest.mark.parametrize(
    "template",
    [
        "{{#if a}}" * 500 + "{{/if}}" * 500,
        "{{" + "(a " * 500 + ")" * 500 + "}}",
        "{{if " + "(a " * 500 + ")" * 500 + "}}",
    ],
)
def test_deep_nesting_is_refused(template: str) -> None:
    with pytest.raises(TemplateError):
        compile_template(template)


@pytest.mark.parametrize(
    "piece", ["{{a}} ", "\n", " ", "{", "\\{{", "{{!-- ", "{{a.", "'", '{{"', "{{#if a}}{{/if}}\n", "{{> a}}\n  "]
)
def test_long_templates_are_read_in_linear_time(piece: str) -> None:
    """What is quadratic anywhere takes minutes here, and then the test's own time is over."""
    text = piece * (200_000 // len(piece))
    with suppress(TemplateError, RenderingError):
        compile_template(text).render({"a": 1}, Bounds(steps=10**7, size=10**8), is_strict=False)


def test_only_data_can_be_reached() -> None:
    for path in ("__class__", "a.__class__", "a.keys", "list.append", "text.upper", "constructor", "a.constructor"):
        with pytest.raises(MissingAttribute):
            rendered(f"{{{{{path}}}}}", {"a": {}, "list": [], "text": "x"})


@given(st.text(alphabet="{}#/^>!~&*@\"'\\ \n.ab[]()=|", max_size=60))
@settings(max_examples=400, deadline=None)
def test_no_text_breaks_the_compiler(template: str) -> None:
    with suppress(TemplateError, RenderingError):
        compile_template(template).render({"a": {"b": [1, "x"]}, "b": ""}, is_strict=False)
