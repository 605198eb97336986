"""The model's constraints: required, length, range, pattern and enum, refused in the words of AWS's own validator.

Owns the pass that runs after parsing and before a handler sees a request, for every operation alike. It describes
what is wrong; which error that becomes depends on the service, and is the API's to say. Never takes long: subtrees
without constraints are skipped, lengths are checked before patterns, patterns are tried on short texts only, and at
most ten violations are reported.

Source: behaviour map section 13; the texts are those of Smithy's server validation.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from tayori.aws.spec import Operation, Shape

MAX_VIOLATIONS = 10
# A pattern without a maximum length is tried on this much text; what is longer violates it. The longest text that a
# pattern of SES admits in practice is the URL of an S3 object, whose key has at most 1,024 bytes.
_MAX_PATTERN_TEXT = 2_048

# Members that the service itself checks, in words of its own, although the model constrains them (ses: probed).
_LEFT_TO_THE_HANDLER = {
    ("CreateConfigurationSet", "suppressionOptions.suppressedReasons"),
    ("PutConfigurationSetSuppressionOptions", "suppressedReasons"),
}

_CONSTRAINTS = ("required", "min", "max", "pattern", "enum")


def describe(operation: Operation, params: dict[str, Any]) -> str | None:
    """`1 validation error detected: …` or None."""
    if operation.input is None:
        return None
    found = [
        violation
        for violation in _first(MAX_VIOLATIONS, _structure(operation.input, params, ""))
        if (operation.name, violation.split("'")[1]) not in _LEFT_TO_THE_HANDLER
    ]
    if not found:
        return None
    noun = "error" if len(found) == 1 else "errors"
    return f"{len(found)} validation {noun} detected: {'; '.join(found)}"


def _first(count: int, violations: Iterator[str]) -> list[str]:
    return [violation for violation, _ in zip(violations, range(count), strict=False)]


def _violation(path: str, demand: str, value: str = "") -> str:
    return f"Value {value}at '{path}' failed to satisfy constraint: Member must {demand}"


def _check(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if not _is_constrained(shape):
        return
    kind = shape.type
    if kind == "structure":
        yield from _structure(shape, value, path)
    elif kind == "list":
        yield from _length(shape, len(value), path)
        if shape.member.trait("enum") is not None:
            yield from _choices_of_members(shape.member, value, path)
            return
        for number, item in enumerate(value, 1):
            yield from _check(shape.member, item, f"{path}.{number}.member")
    elif kind == "map":
        yield from _length(shape, len(value), path)
        for key, item in value.items():
            yield from _check(shape.key, key, f"{path}.{key[:64]}.key")
            yield from _check(shape.value, item, f"{path}.{key[:64]}.member")
    elif kind in ("integer", "long", "float", "double"):
        yield from _range(shape, value, path)
    elif kind == "blob":
        yield from _length(shape, len(value), path)
    elif kind == "string":
        yield from _string(shape, value, path)


def _choices_of_members(member: Shape, items: Any, path: str) -> Iterator[str]:
    """Of a list of choices AWS names the list, and not which of them is wrong (ses: probed)."""
    choices = member.trait("enum")
    if not all(item in choices for item in items):
        demand = f"Member must satisfy enum value set: [{', '.join(sorted(choices))}]"
        yield _violation(path, f"satisfy constraint: [{demand}]")


def _structure(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if shape.is_document:
        return
    prefix = f"{path}." if path else ""
    for name in shape.required:
        if name not in value:
            yield _violation(prefix + lower_first(name), "not be null", "null ")
    for name, item in value.items():
        yield from _check(shape.contents[name], item, prefix + lower_first(name))


def lower_first(name: str) -> str:
    """AWS writes members of its Java classes: `MaxDeliverySeconds` is `maxDeliverySeconds`."""
    return name[:1].lower() + name[1:]


def _length(shape: Shape, length: int, path: str) -> Iterator[str]:
    low, high = shape.trait("min"), shape.trait("max")
    if high is not None and length > high:
        yield _violation(path, f"have length less than or equal to {high}")
    if low is not None and length < low:
        yield _violation(path, f"have length greater than or equal to {low}")


def _range(shape: Shape, value: float, path: str) -> Iterator[str]:
    low, high = shape.trait("min"), shape.trait("max")
    if high is not None and not value <= high:
        yield _violation(path, f"have value less than or equal to {high}")
    if low is not None and not value >= low:
        yield _violation(path, f"have value greater than or equal to {low}")


def _string(shape: Shape, value: str, path: str) -> Iterator[str]:
    choices = shape.trait("enum")
    if choices is not None and value not in choices:
        yield _violation(path, f"satisfy enum value set: [{', '.join(sorted(choices))}]")
    yield from _length(shape, len(value), path)
    pattern = shape.trait("pattern")
    high = shape.trait("max")
    if pattern is None or (high is not None and len(value) > high):
        return
    matches = compiled(pattern)
    if len(value) > (high or _MAX_PATTERN_TEXT) or not matches(value):
        yield _violation(path, f"satisfy regular expression pattern: {pattern}")


@cache
def compiled(pattern: str) -> Callable[[str], object]:
    """The test for a pattern of a model: Java's regular expressions, matched against the whole text.

    `\\w` and its kin mean ASCII in Java. A pattern that Python cannot read constrains nothing; a test sees to it that
    the installed models have none.
    """
    try:
        return re.compile(pattern, re.ASCII).fullmatch
    except re.error:
        return lambda text: True


def _is_constrained(shape: Shape) -> bool:
    """Whether the shape or anything below it can be violated; remembered at the shape."""
    if shape.checked is None:
        shape.checked = _explore(shape, frozenset())
    return shape.checked


def _explore(shape: Shape, above: frozenset[str]) -> bool:
    if shape.name in above or any(shape.trait(name) is not None for name in _CONSTRAINTS):
        return True  # a recursive shape counts as one that can
    if shape.type not in ("structure", "list", "map"):
        return False
    return any(_explore(inner, above | {shape.name}) for inner in shape.contents.values())
