"""Filter policies of subscriptions: which messages of a topic a subscriber wants.

Owns the language (sns: subscription filter policies): a JSON object whose keys name message attributes or, in the other
scope, properties of the message's body, and whose values are lists of which one must fit. All keys must fit, `$or`
lists alternatives. Keeps SNS's limits: five keys, 150 combinations, 256 KB. Pure and bounded:
deciding costs no more than policy times message, and neither can be deeper than the limits let it be.
"""

import ipaddress
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

MAX_KEYS = 5
MAX_COMBINATIONS = 150
MAX_LENGTH = 256 * 1024
_OPERATORS = frozenset(("prefix", "suffix", "equals-ignore-case", "anything-but", "numeric", "exists", "cidr"))
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_MAX_DIGITS = 64


class FilterPolicyError(ValueError):
    """A policy that cannot be kept; the text is SNS's, without its prefix."""


class FilterScope(StrEnum):
    ATTRIBUTES = "MessageAttributes"
    BODY = "MessageBody"


class _Missing:
    """What stands at a key that a message does not have."""


MISSING = _Missing()
Test = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class _Leaf:
    key: str
    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class _Inner:
    key: str
    rules: "tuple[_Rule, ...]"


@dataclass(frozen=True, slots=True)
class _Or:
    alternatives: "tuple[tuple[_Rule, ...], ...]"


_Rule = _Leaf | _Inner | _Or


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterPolicy:
    """A policy that can be followed."""

    scope: FilterScope
    rules: tuple[_Rule, ...]

    def wants(self, attributes: Mapping[str, Mapping[str, str]], body: object) -> bool:
        """Whether a message fits. `attributes` are name → {Type, Value}; `body` is what `read_body` made of it."""
        if self.scope is FilterScope.BODY:
            return isinstance(body, dict) and _fits(self.rules, body)
        return _fits(self.rules, {name: _attribute(attribute) for name, attribute in attributes.items()})


def read_body(message: str) -> object:
    """A message's text as the body scope sees it; what is not a JSON object fits no policy."""
    try:
        return json.loads(message, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None


def _no_constant(name: str) -> None:
    raise ValueError(name)


# --- reading a policy ---


@lru_cache(maxsize=2048)
def parse(text: str, scope: FilterScope) -> FilterPolicy:
    """Raises FilterPolicyError."""
    if len(text.encode("utf-8", "replace")) > MAX_LENGTH:
        raise FilterPolicyError("Filter policy is too large")
    try:
        document = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise FilterPolicyError("failed to parse JSON.") from error
    if not isinstance(document, dict):
        raise FilterPolicyError("failed to parse JSON.")
    if len(document) > MAX_KEYS:
        raise FilterPolicyError("Filter policy can not have more than 5 keys")
    if _combinations(document, 1) > MAX_COMBINATIONS:
        raise FilterPolicyError("Filter policy is too complex")
    return FilterPolicy(scope=scope, rules=tuple(_rules(document, scope)))


def _combinations(document: Mapping[str, Any], depth: int) -> int:
    """The values of each key times the depth at which it stands, multiplied; alternatives are added up (sns)."""
    if depth > MAX_COMBINATIONS:
        return depth
    product = 1
    for key, value in document.items():
        if isinstance(value, dict):
            product *= _combinations(value, depth + 1)
        elif _is_or(key, value):
            product *= sum(_combinations(alternative, depth) for alternative in value)
        elif isinstance(value, list) and value:
            product *= len(value) * depth
        if product > MAX_COMBINATIONS:
            return product
    return product


def _is_or(key: str, value: object) -> bool:
    """`$or` with two or more objects, none of which looks like an operator: else it is a key of that name (sns)."""
    return (
        key == "$or"
        and isinstance(value, list)
        and len(value) > 1
        and all(isinstance(item, dict) and item and not item.keys() <= _OPERATORS for item in value)
    )


def _rules(document: Mapping[str, Any], scope: FilterScope) -> Iterator[_Rule]:
    for key, value in document.items():
        if isinstance(value, dict):
            if scope is FilterScope.ATTRIBUTES:
                raise FilterPolicyError("Filter policy scope MessageAttributes does not support nested filter policy")
            if not value:
                raise FilterPolicyError("Empty objects are not allowed")
            yield _Inner(key, tuple(_rules(value, scope)))
        elif _is_or(key, value):
            yield _Or(tuple(tuple(_rules(alternative, scope)) for alternative in value))
        elif isinstance(value, list):
            if not value:
                raise FilterPolicyError("Empty arrays are not allowed")
            yield _Leaf(key, tuple(_test(rule) for rule in value))
        else:
            raise FilterPolicyError(f'"{key[:100]}" must be an object or an array')


def _test(rule: object) -> Test:
    if isinstance(rule, dict):
        if len(rule) != 1:
            raise FilterPolicyError("Only one key allowed in match expression")
        ((operator, value),) = rule.items()
        if operator not in _MAKERS:
            raise FilterPolicyError(f"Unrecognized match type {str(operator)[:100]}")
        return _MAKERS[operator](value)
    if isinstance(rule, list):
        raise FilterPolicyError("Match value must be String, number, true, false, or null")
    return _equal(rule)


def _equal(wanted: object) -> Test:
    return lambda found: _same(found, wanted)


def _same(found: object, wanted: object) -> bool:
    """Equal, and of one kind: true is not 1, and 1 is 1.0."""
    if isinstance(found, bool) or isinstance(wanted, bool):
        return found is wanted
    return _kind(found) == _kind(wanted) and found == wanted


def _kind(value: object) -> type:
    return float if isinstance(value, (int, float)) else type(value)


def _text_test(operator: str, fits: Callable[[str, str], bool]) -> Callable[[object], Test]:
    def make(value: object) -> Test:
        if not isinstance(value, str):
            raise FilterPolicyError(f"{operator} match pattern must be a string")
        return lambda found: isinstance(found, str) and fits(found, value)

    return make


def _folded_equal(found: str, wanted: str) -> bool:
    return found.lower() == wanted.lower()


def _anything_but(value: object) -> Test:
    """Not equal to any of a list of texts and numbers, or not what one of the operators for texts describes."""
    if isinstance(value, dict):
        if len(value) != 1 or value.keys() - {"prefix", "suffix", "equals-ignore-case"}:
            raise FilterPolicyError("Unsupported anything-but pattern")
        unwanted = [_test(value)]
    else:
        listed = value if isinstance(value, list) else [value]
        if not listed or not all(isinstance(item, (str, int, float)) and not isinstance(item, bool) for item in listed):
            raise FilterPolicyError("Values of anything-but must be strings or numbers")
        unwanted = [_equal(item) for item in listed]
    return lambda found: found is not MISSING and found is not None and not any(test(found) for test in unwanted)


def _exists(value: object) -> Test:
    if not isinstance(value, bool):
        raise FilterPolicyError("exists match pattern must be either true or false.")
    return lambda found: (found is not MISSING) is value


def _cidr(value: object) -> Test:
    if not isinstance(value, str):
        raise FilterPolicyError("prefix match pattern must be a string")
    if "/" not in value:
        raise FilterPolicyError("Malformed CIDR, one '/' required")
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError as error:
        raise FilterPolicyError("Malformed CIDR") from error

    def within(found: object) -> bool:
        try:
            return isinstance(found, str) and ipaddress.ip_address(found) in network
        except ValueError:
            return False

    return within


_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "=": lambda found, wanted: found == wanted,
    "<": lambda found, wanted: found < wanted,
    "<=": lambda found, wanted: found <= wanted,
    ">": lambda found, wanted: found > wanted,
    ">=": lambda found, wanted: found >= wanted,
}


def _numeric(value: object) -> Test:
    """`["=", 1]`, `["<", 1]`, or a range such as `[">", 0, "<=", 100]`."""
    if not isinstance(value, list) or not value:
        raise FilterPolicyError("Invalid member in numeric match: ]")
    operator, low = _pair(value, "Unrecognized numeric range operator: ")
    if len(value) == 2:
        return lambda found: _is_number(found) and _COMPARISONS[operator](found, low)
    if operator not in (">", ">="):
        raise FilterPolicyError("Too many elements in numeric expression")
    second, high = _pair(value[2:], "Bad numeric range operator: ", ("<", "<="))
    if high <= low:
        raise FilterPolicyError("Bottom must be less than top")
    if len(value) > 4:
        raise FilterPolicyError("Too many terms in numeric range expression")
    return lambda found: _is_number(found) and _COMPARISONS[operator](found, low) and _COMPARISONS[second](found, high)


def _pair(terms: list[Any], complaint: str, allowed: Sequence[str] = tuple(_COMPARISONS)) -> tuple[str, float]:
    operator = terms[0]
    if not isinstance(operator, str):
        raise FilterPolicyError(f"Invalid member in numeric match: {str(operator)[:100]}")
    if operator not in allowed:
        raise FilterPolicyError(f"{complaint}{operator[:100]}")
    if len(terms) < 2 or not _is_number(terms[1]):
        raise FilterPolicyError(f"Value of {'equals' if operator == '=' else operator} must be numeric")
    return operator, terms[1]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_MAKERS: Mapping[str, Callable[[object], Test]] = {
    "prefix": _text_test("prefix", str.startswith),
    "suffix": _text_test("suffix", str.endswith),
    "equals-ignore-case": _text_test("equals-ignore-case", _folded_equal),
    "anything-but": _anything_but,
    "numeric": _numeric,
    "exists": _exists,
    "cidr": _cidr,
}


# --- deciding ---


def _attribute(attribute: Mapping[str, str]) -> object:
    """A message attribute as a value; a binary one takes no part (sns)."""
    kind, text = attribute.get("Type", ""), attribute.get("Value", "")
    if kind == "String.Array":
        found = read_body(text)
        return found if isinstance(found, list) else MISSING
    if kind.startswith("Number"):
        return number(text)
    return text if kind.startswith("String") else MISSING


def number(text: str) -> object:
    """A number written as text, or MISSING."""
    if len(text) > _MAX_DIGITS or not _NUMBER.fullmatch(text.strip()):
        return MISSING
    return float(text)


def _fits(rules: Sequence[_Rule], found: Mapping[str, Any]) -> bool:
    return all(_holds(rule, found) for rule in rules)


def _holds(rule: _Rule, found: Mapping[str, Any]) -> bool:
    if isinstance(rule, _Or):
        return any(_fits(alternative, found) for alternative in rule.alternatives)
    value = found.get(rule.key, MISSING)
    if isinstance(rule, _Leaf):
        return any(test(candidate) for candidate in _values(value) for test in rule.tests)
    # Of a list of objects, one must fit as a whole.
    inner = [item for item in _items(value) if isinstance(item, dict)]
    return any(_fits(rule.rules, item) for item in inner or ({},))


def _values(value: object) -> Sequence[object]:
    """The simple values at a key, of which one must fit; an object or an empty list is none."""
    return [item for item in _items(value) if not isinstance(item, dict)] or [MISSING]


def _items(value: object) -> Sequence[object]:
    """A value, or what is in a list of them however deep."""
    if not isinstance(value, list):
        return (value,)
    items: list[object] = []
    waiting = list(reversed(value))
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting.extend(reversed(item))
        else:
            items.append(item)
    return items
