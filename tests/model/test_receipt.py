"""Which rules a message meets, which filter decides, and what a rule may be."""

import pytest

from tayori.mail.address import AddrSpec
from tayori.model import receipt
from tayori.model.errors import Invalid
from tayori.model.receipt import Filter, Rule, is_blocked, meeting, steps

STOP = {"StopAction": {"Scope": "RuleSet"}}
TELL = {"SNSAction": {"TopicArn": "arn:aws:sns:us-east-1:111122223333:mail"}}


def rule(name: str, *recipients: str, actions: tuple = (), **members: object) -> Rule:
    return Rule.read({"Name": name, "Enabled": True, "Recipients": recipients, "Actions": actions, **members})


def address(text: str) -> AddrSpec:
    return AddrSpec.parse(text)


@pytest.mark.parametrize(
    ("condition", "met", "not_met"),
    [
        (
            "help@shop.test",
            ("help@shop.test", "Help@shop.test", "help+x@shop.test"),
            ("helpx@shop.test", "help@a.shop.test"),
        ),
        ("help+x@shop.test", ("help+x@shop.test",), ("help@shop.test",)),
        ("shop.test", ("a@shop.test",), ("a@b.shop.test", "a@myshop.test")),
        (".shop.test", ("a@b.shop.test", "a@c.b.shop.test"), ("a@shop.test", "a@myshop.test")),
    ],
)
def test_recipient_conditions(condition: str, met: tuple[str, ...], not_met: tuple[str, ...]) -> None:
    found = rule("r", condition)
    assert all(found.meets(address(text)) for text in met)
    assert not any(found.meets(address(text)) for text in not_met)
    assert rule("r").meets(address(met[0]))


def test_rules_that_are_off_are_not_met() -> None:
    rules = [rule("off", Enabled=False), rule("on", TlsPolicy="Require"), rule("other", "else.test")]
    found = meeting(rules, address("a@shop.test"))
    assert [one.name for one in found.rules] == ["on"]
    assert found.requires_tls


def test_steps_keep_the_order_and_end_at_a_stop() -> None:
    rules = [
        rule("first", "a@shop.test", actions=(TELL,)),
        rule("second", "shop.test", actions=(STOP, TELL)),
        rule("third", actions=(TELL,)),
    ]
    found = steps(rules, [address("a@shop.test"), address("b@shop.test")])
    assert [(one["rule"], one["kind"], one["recipients"]) for one in found] == [
        ("first", "SNS", ["a@shop.test"]),
        ("second", "Stop", ["a@shop.test", "b@shop.test"]),
    ]
    assert receipt.is_too_large_for_topic(found, 150 * 1024 + 1)
    assert not receipt.is_too_large_for_topic(found, 150 * 1024)
    assert not receipt.is_too_large_for_topic(found[1:], 150 * 1024 + 1)


@pytest.mark.parametrize(
    ("filters", "blocked"),
    [
        ([], False),
        ([("Block", "192.0.2.0/24")], True),
        ([("Block", "192.0.2.0/24"), ("Allow", "192.0.2.7")], False),
        ([("Allow", "192.0.2.0/24"), ("Block", "192.0.2.7/32")], True),
        ([("Allow", "192.0.2.7"), ("Block", "192.0.2.7")], True),
        ([("Block", "198.51.100.0/24"), ("Block", "::/0")], False),
    ],
)
def test_the_narrowest_filter_decides(filters: list[tuple[str, str]], blocked: bool) -> None:
    found = [Filter.read(*one) for one in filters]
    assert is_blocked(found, "192.0.2.7") is blocked
    assert is_blocked(found, "::ffff:192.0.2.7") is blocked


@pytest.mark.parametrize("name", ["", "-a", "a-", "a b", "a" * 65, "ä"])
def test_names(name: str) -> None:
    with pytest.raises(Invalid):
        receipt.check_name(name, "ruleName")


def test_an_action_is_one() -> None:
    for action in ({}, {**STOP, **TELL}):
        with pytest.raises(Invalid):
            receipt.checked({"Name": "r", "Actions": [action]})
