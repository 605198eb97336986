"""Filter policies: SNS's own examples, its limits, and what must hold for any policy and any message."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.model.filter_policy import FilterPolicyError, FilterScope, parse, read_body

ATTRIBUTES, BODY = FilterScope.ATTRIBUTES, FilterScope.BODY


def wants(policy: Any, **attributes: Any) -> bool:
    """Against attributes: a text, a number, or a list for String.Array."""
    found = {}
    for name, value in attributes.items():
        if isinstance(value, list):
            found[name] = {"Type": "String.Array", "Value": json.dumps(value)}
        elif isinstance(value, str):
            found[name] = {"Type": "String", "Value": value}
        else:
            found[name] = {"Type": "Number", "Value": str(value)}
    return parse(json.dumps(policy), ATTRIBUTES).wants(found, None)


def takes(policy: Any, body: Any) -> bool:
    """Against a body."""
    return parse(json.dumps(policy), BODY).wants({}, read_body(json.dumps(body)))


# -- against attributes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "value", "expected"),
    [
        (["rugby"], "rugby", True),
        (["rugby"], "Rugby", False),
        (["rugby", "football"], "football", True),
        (["rugby"], ["tennis", "rugby"], True),
        (["rugby"], ["tennis"], False),
        (["rugby"], [], False),
        (["1"], 1, False),
        ([1], 1, True),
        ([1], 1.0, True),
        ([1], "1", False),
        ([True], [True], True),
        ([True], [1], False),
        ([1], [True], False),
        ([None], [None], True),
        ([{"prefix": "bas"}], "basketball", True),
        ([{"prefix": "bas"}], "Basketball", False),
        ([{"suffix": "ball"}], "basketball", True),
        ([{"suffix": "ball"}], "balls", False),
        ([{"equals-ignore-case": "tennis"}], "TENNIS", True),
        ([{"equals-ignore-case": "tennis"}], "tenni", False),
        ([{"anything-but": ["rugby", "tennis"]}], "baseball", True),
        ([{"anything-but": ["rugby", "tennis"]}], "tennis", False),
        ([{"anything-but": "rugby"}], "rugby", False),
        ([{"anything-but": [100, 500]}], 101, True),
        ([{"anything-but": [100, 500]}], 500, False),
        ([{"anything-but": ["rugby"]}], ["rugby", "baseball"], True),
        ([{"anything-but": {"prefix": "order-"}}], "data-entry", True),
        ([{"anything-but": {"prefix": "order-"}}], "order-number", False),
        ([{"anything-but": {"suffix": "x"}}], "ax", False),
        ([{"anything-but": {"equals-ignore-case": "A"}}], "a", False),
        ([{"numeric": ["=", 301.5]}], 301.5, True),
        ([{"numeric": ["=", 301.5]}], 301, False),
        ([{"numeric": ["=", 301.5]}], "301.5", False),
        ([{"numeric": ["<", 0]}], -1, True),
        ([{"numeric": [">", 0, "<=", 150]}], 150, True),
        ([{"numeric": [">", 0, "<=", 150]}], 0, False),
        ([{"numeric": [">=", 0, "<", 150]}], 0, True),
        ([{"exists": True}], "x", True),
        ([{"exists": False}], "x", False),
        ([{"cidr": "10.0.0.0/24"}], "10.0.0.255", True),
        ([{"cidr": "10.0.0.0/24"}], "10.1.1.0", False),
        ([{"cidr": "10.0.0.0/24"}], "not an address", False),
        ([{"cidr": "2001:db8::/32"}], "2001:db8::1", True),
        (["x", {"prefix": "y"}], "yes", True),
    ],
)
def test_one_key(rules: list[Any], value: Any, expected: bool) -> None:
    assert wants({"a": rules}, a=value) is expected


def test_all_keys_must_fit() -> None:
    policy = {"store": ["example_corp"], "price": [{"numeric": [">=", 100]}]}
    assert wants(policy, store="example_corp", price=100)
    assert not wants(policy, store="example_corp", price=99)
    assert not wants(policy, store="example_corp")
    assert wants({**policy, "price": [{"numeric": [">=", 100]}, {"exists": False}]}, store="example_corp")


def test_what_an_attribute_must_not_be() -> None:
    assert wants({"a": [{"exists": False}]})
    assert not wants({"a": [{"exists": True}]})
    assert not wants({"a": [{"anything-but": "x"}]})
    policy = parse('{"a":[{"exists":true}]}', ATTRIBUTES)
    assert not policy.wants({"a": {"Type": "Binary", "Value": "AAE="}}, None)
    assert not policy.wants({"a": {"Type": "String.Array", "Value": "{"}}, None)
    assert not policy.wants({"a": {"Type": "Number", "Value": "9" * 100}}, None)


def test_alternatives() -> None:
    policy = {
        "source": ["aws.cloudwatch"],
        "$or": [{"metric": ["CPUUtilization"]}, {"namespace": ["AWS/EC2", "AWS/ES"]}],
    }
    assert wants(policy, source="aws.cloudwatch", metric="CPUUtilization")
    assert wants(policy, source="aws.cloudwatch", namespace="AWS/ES")
    assert not wants(policy, source="aws.cloudwatch", namespace="AWS/S3")
    assert not wants(policy, metric="CPUUtilization")
    assert takes({"$or": [{"a": {"b": [1]}}, {"c": [2]}]}, {"a": {"b": 1}})
    assert parse('{"$or":["x"]}', ATTRIBUTES).wants({"$or": {"Type": "String", "Value": "x"}}, None)


# -- against the body --------------------------------------------------------------------------------------------------

EVENT = {
    "eventType": "Bounce",
    "mail": {"tags": {"ses:configuration-set": ["news"]}, "destination": ["a@example.com"]},
    "bounce": {"bounceType": "Permanent", "bouncedRecipients": [{"emailAddress": "a@example.com", "status": "5.1.1"}]},
}


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ({"eventType": ["Bounce", "Complaint"]}, True),
        ({"eventType": ["Complaint"]}, False),
        ({"mail": {"tags": {"ses:configuration-set": ["news"]}}}, True),
        ({"mail": {"tags": {"ses:configuration-set": ["other"]}}}, False),
        ({"mail": {"destination": [{"suffix": "@example.com"}]}}, True),
        ({"bounce": {"bouncedRecipients": {"status": [{"prefix": "5."}], "emailAddress": ["a@example.com"]}}}, True),
        ({"bounce": {"bouncedRecipients": {"status": ["5.1.1"], "emailAddress": ["b@example.com"]}}}, False),
        ({"complaint": [{"exists": False}]}, True),
        ({"complaint": {"feedbackId": [{"exists": False}]}}, True),
        ({"bounce": [{"exists": True}]}, False),
        ({"eventType": {"deeper": ["x"]}}, False),
    ],
)
def test_an_event_of_ses(policy: dict[str, Any], expected: bool) -> None:
    assert takes(policy, EVENT) is expected


def test_of_a_list_of_objects_one_must_fit_as_a_whole() -> None:
    policy = {"a": {"b": [1], "c": [2]}}
    assert takes(policy, {"a": [{"b": 9}, {"b": 1, "c": 2}]})
    assert not takes(policy, {"a": [{"b": 1}, {"c": 2}]})
    assert takes({"a": [1]}, {"a": [[[0]], [[1]]]})


@pytest.mark.parametrize("message", ["plain text", "[]", '"x"', "5", "null", "{", '{"a": NaN}', "[" * 5000])
def test_a_body_that_is_no_object_fits_nothing(message: str) -> None:
    assert not parse('{"a":[{"exists":false}]}', BODY).wants({}, read_body(message))


# -- what cannot be kept -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ("[]", "failed to parse JSON."),
        ("{", "failed to parse JSON."),
        ("{" * 100_000, "failed to parse JSON."),
        ('{"a":[NaN]}', "failed to parse JSON."),
        ('{"a":"b"}', '"a" must be an object or an array'),
        ('{"a":[]}', "Empty arrays are not allowed"),
        ('{"a":{"b":["c"]}}', "does not support nested filter policy"),
        ('{"a":[["b"]]}', "Match value must be String, number, true, false, or null"),
        ('{"a":[{"prefix":"a","suffix":"b"}]}', "Only one key allowed in match expression"),
        ('{"a":[{}]}', "Only one key allowed in match expression"),
        ('{"a":[{"like":"b"}]}', "Unrecognized match type like"),
        ('{"a":[{"prefix":5}]}', "prefix match pattern must be a string"),
        ('{"a":[{"exists":"yes"}]}', "exists match pattern must be either true or false."),
        ('{"a":[{"anything-but":[]}]}', "Values of anything-but must be strings or numbers"),
        ('{"a":[{"anything-but":[true]}]}', "Values of anything-but must be strings or numbers"),
        ('{"a":[{"anything-but":{"numeric":["=",1]}}]}', "Unsupported anything-but pattern"),
        ('{"a":[{"cidr":"10.0.0.0"}]}', "Malformed CIDR, one '/' required"),
        ('{"a":[{"cidr":"10.0.0.0/99"}]}', "Malformed CIDR"),
        ('{"a":[{"numeric":[]}]}', "Invalid member in numeric match: ]"),
        ('{"a":[{"numeric":["~",1]}]}', "Unrecognized numeric range operator: ~"),
        ('{"a":[{"numeric":["=","1"]}]}', "Value of equals must be numeric"),
        ('{"a":[{"numeric":[">"]}]}', "Value of > must be numeric"),
        ('{"a":[{"numeric":["<",1,">",0]}]}', "Too many elements in numeric expression"),
        ('{"a":[{"numeric":[">",1,">",2]}]}', "Bad numeric range operator: >"),
        ('{"a":[{"numeric":[">",2,"<",1]}]}', "Bottom must be less than top"),
        ('{"a":[{"numeric":[">",1,"<",2,"=",3]}]}', "Too many terms in numeric range expression"),
        (json.dumps({f"k{number}": ["x"] for number in range(6)}), "Filter policy can not have more than 5 keys"),
        (json.dumps({"a": [str(n) for n in range(151)]}), "Filter policy is too complex"),
        (json.dumps({key: list("abcdef") for key in "abc"}), "Filter policy is too complex"),
        (json.dumps({"a": ["x" * 256 * 1024]}), "Filter policy is too large"),
    ],
)
def test_policies_that_are_refused(policy: str, words: str) -> None:
    with pytest.raises(FilterPolicyError) as caught:
        parse(policy, ATTRIBUTES)
    assert words in str(caught.value)


def nested(depth: int) -> dict[str, Any]:
    policy: dict[str, Any] = {"x": ["y"]}
    for _ in range(depth - 1):
        policy = {"x": policy}
    return policy


def test_depth_counts() -> None:
    """SNS's example: four values three levels deep, and three values two levels deep, are 72 combinations."""
    example = {"a": {"b": {"c": ["1", "2", "3", "4"]}}, "d": {"e": ["1", "2", "3"]}}
    parse(json.dumps(example), BODY)
    parse(json.dumps({**example, "f": ["1", "2"]}), BODY)
    with pytest.raises(FilterPolicyError, match="too complex"):
        parse(json.dumps({**example, "f": ["1", "2", "3"]}), BODY)
    parse(json.dumps(nested(150)), BODY)
    with pytest.raises(FilterPolicyError, match="too complex"):
        parse(json.dumps(nested(151)), BODY)


# -- what holds for any ------------------------------------------------------------------------------------------------

SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-5, 5) | st.text("ab", max_size=3)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
)
RULES = st.one_of(
    SCALARS,
    st.builds(lambda text: {"prefix": text}, st.text("ab", max_size=2)),
    st.builds(lambda text: {"suffix": text}, st.text("ab", max_size=2)),
    st.builds(lambda flag: {"exists": flag}, st.booleans()),
    st.builds(lambda low: {"numeric": [">", low, "<=", low + 2]}, st.integers(-5, 5)),
    st.builds(lambda texts: {"anything-but": texts}, st.lists(st.text("ab", max_size=2), min_size=1, max_size=2)),
)
LEAVES = st.lists(RULES, min_size=1, max_size=2)
POLICIES = st.dictionaries(
    st.sampled_from("abc"),
    st.recursive(LEAVES, lambda inner: st.dictionaries(st.sampled_from("abc"), inner, min_size=1, max_size=2)),
    min_size=1,
    max_size=3,
)


@given(JSON)
def test_whatever_is_given_is_a_policy_or_refused(document: Any) -> None:
    for scope in FilterScope:
        try:
            policy = parse(json.dumps(document), scope)
        except FilterPolicyError:
            continue
        assert policy.wants({}, {}) in (True, False)


@given(st.text())
def test_whatever_text_is_given_is_refused_or_kept(text: str) -> None:
    with contextlib.suppress(FilterPolicyError):
        assert parse(text, BODY).rules is not None


@given(POLICIES, JSON)
def test_the_decision_is_that_of_the_plainest_way(policy: Any, body: Any) -> None:
    try:
        compiled = parse(json.dumps(policy), BODY)
    except FilterPolicyError:
        return
    assert compiled.wants({}, body) is (isinstance(body, dict) and plainly(policy, body))


def plainly(policy: dict[str, Any], body: dict[str, Any]) -> bool:
    """Written apart from the code, from the documentation: walks the document as it stands."""
    for key, wanted in policy.items():
        values = flat(body[key]) if key in body else []
        if isinstance(wanted, dict):
            objects = [value for value in values if isinstance(value, dict)]
            if not any(plainly(wanted, one) for one in (objects or [{}])):
                return False
            continue
        simple = [value for value in values if not isinstance(value, dict)]
        if not any(one_fits(rule, value) for rule in wanted for value in simple) and not (
            not simple and {"exists": False} in wanted
        ):
            return False
    return True


def flat(value: Any) -> list[Any]:
    return [inner for item in value for inner in flat(item)] if isinstance(value, list) else [value]


def one_fits(rule: Any, value: Any) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    match rule:
        case {"prefix": start}:
            return isinstance(value, str) and value.startswith(start)
        case {"suffix": end}:
            return isinstance(value, str) and value.endswith(end)
        case {"exists": flag}:
            return bool(flag)
        case {"numeric": [_, low, _, high]}:
            return is_number and low < value <= high
        case {"anything-but": texts}:
            return value is not None and value not in texts
    return json.dumps(value) == json.dumps(rule) or (
        is_number and isinstance(rule, (int, float)) and not isinstance(rule, bool) and value == rule
    )
