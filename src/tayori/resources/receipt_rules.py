"""Receipt rule sets, their rules and the filters of an account: the rows, SES's limits and its texts.

A set holds its rules in their order, so that a change of it is one row. At most one set of an account in a region is
active. Whether topics and senders of a rule may be used is looked at here; buckets and functions are the caller's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tayori.mail.address import AddressError, AddrSpec
from tayori.model import receipt
from tayori.model.errors import (
    AlreadyExists,
    CannotDelete,
    Invalid,
    InvalidDestination,
    InvalidSnsTopic,
    Kind,
    LimitExceeded,
    NotFound,
)
from tayori.model.receipt import Action, ActionKind
from tayori.resources import topics
from tayori.resources.settings import find_sender
from tayori.store.engine import Tx
from tayori.store.receipt_tables import receipt_filters, receipt_rule_sets
from tayori.store.tables import account_regions

VALIDATION = "Successfully validated SNS topic for Amazon SES email receiving."
_SETS = receipt_rule_sets.c


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """`rules` are as the model's members have them."""

    name: str
    active: bool
    created_at: datetime
    rules: Sequence[Mapping[str, Any]]


# -- sets --------------------------------------------------------------------------------------------------------------


def create_set(tx: Tx, account_id: str, region: str, name: str, rules: Sequence[Mapping[str, Any]] = ()) -> None:
    receipt.check_name(name, "ruleSetName")
    _lock(tx, account_id, region)
    if _find(tx, account_id, region, name) is not None:
        raise AlreadyExists(f"Rule set already exists: {name}", Kind.RECEIPT_RULE_SET)
    count = sa.select(sa.func.count()).select_from(receipt_rule_sets).where(*_of(account_id, region))
    if tx.execute(count).scalar_one() >= receipt.MAX_RULE_SETS:
        raise LimitExceeded(f"Maximum number of rule sets has been reached: {receipt.MAX_RULE_SETS}")
    row = {"account_id": account_id, "region": region, "name": name, "active": False, "rules": list(rules)}
    tx.execute(receipt_rule_sets.insert().values(**row, created_at=tx.now))


def clone_set(tx: Tx, account_id: str, region: str, name: str, original: str) -> None:
    receipt.check_name(name, "ruleSetName")
    create_set(tx, account_id, region, name, get_set(tx, account_id, region, original).rules)


def get_set(tx: Tx, account_id: str, region: str, name: str) -> RuleSet:
    found = _find(tx, account_id, region, name)
    if found is None:
        raise NotFound(f"Rule set does not exist: {name[:100]}", Kind.RECEIPT_RULE_SET)
    return found


def active_set(tx: Tx, account_id: str, region: str) -> RuleSet | None:
    query = sa.select(receipt_rule_sets).where(*_of(account_id, region), _SETS.active.is_(True))
    row = tx.execute(query).first()
    return None if row is None else _loaded(row)


def page(tx: Tx, account_id: str, region: str, *, after: str, limit: int) -> list[RuleSet]:
    query = sa.select(receipt_rule_sets).where(*_of(account_id, region), _SETS.name > after)
    return [_loaded(row) for row in tx.execute(query.order_by(_SETS.name).limit(limit))]


def delete_set(tx: Tx, account_id: str, region: str, name: str) -> None:
    """One that is not there is deleted without a word."""
    _lock(tx, account_id, region)
    found = _find(tx, account_id, region, name)
    if found is not None and found.active:
        raise CannotDelete(f"Cannot delete active rule set: {name}")
    tx.execute(receipt_rule_sets.delete().where(*_of(account_id, region), _SETS.name == name))


def activate(tx: Tx, account_id: str, region: str, name: str | None) -> None:
    """None: no set is active any more, and nothing is received."""
    _lock(tx, account_id, region)
    if name is not None:
        get_set(tx, account_id, region, name)
    tx.execute(receipt_rule_sets.update().where(*_of(account_id, region)).values(active=False))
    if name is not None:
        chosen = receipt_rule_sets.update().where(*_of(account_id, region), _SETS.name == name)
        tx.execute(chosen.values(active=True))


def reorder(tx: Tx, account_id: str, region: str, name: str, rule_names: Sequence[str]) -> None:
    """All rules must be named, each once."""
    held = _hold(tx, account_id, region, name)
    by_name = {rule["Name"]: rule for rule in held.rules}
    for rule_name in rule_names:
        if rule_name not in by_name:
            raise _no_rule(rule_name)
    if sorted(rule_names) != sorted(by_name):
        raise Invalid("All of the rules of the rule set must be named, each of them once.")
    _put_rules(tx, account_id, region, name, [by_name[rule_name] for rule_name in rule_names])


# -- rules -------------------------------------------------------------------------------------------------------------


def get_rule(tx: Tx, account_id: str, region: str, set_name: str, name: str) -> Mapping[str, Any]:
    for rule in get_set(tx, account_id, region, set_name).rules:
        if rule["Name"] == name:
            return rule
    raise _no_rule(name)


def check_rule(
    tx: Tx, account_id: str, region: str, set_name: str, rule: Mapping[str, Any], *, after: str | None, new: bool
) -> None:
    """Whether it can be put there, before anything is written anywhere. Raises what `create_rule` raises."""
    found = get_set(tx, account_id, region, set_name)
    rules = list(found.rules)
    if new:
        _inserted(rules, rule, after)
    else:
        _index(rules, rule["Name"])
    _check_targets(tx, account_id, region, set_name, rule)


def create_rule(
    tx: Tx, account_id: str, region: str, set_name: str, rule: Mapping[str, Any], after: str | None
) -> None:
    """Behind the rule `after`; as the first, where none is named (ses: model)."""
    rules = list(_hold(tx, account_id, region, set_name).rules)
    _put_rules(tx, account_id, region, set_name, _inserted(rules, rule, after))
    _tell_topics(tx, account_id, region, set_name, rule)


def update_rule(tx: Tx, account_id: str, region: str, set_name: str, rule: Mapping[str, Any]) -> None:
    """All of it is replaced; its place stays."""
    rules = list(_hold(tx, account_id, region, set_name).rules)
    rules[_index(rules, rule["Name"])] = rule
    _put_rules(tx, account_id, region, set_name, rules)
    _tell_topics(tx, account_id, region, set_name, rule)


def delete_rule(tx: Tx, account_id: str, region: str, set_name: str, name: str) -> None:
    """One that is not there is deleted without a word."""
    held = _hold(tx, account_id, region, set_name)
    _put_rules(tx, account_id, region, set_name, [rule for rule in held.rules if rule["Name"] != name])


def move_rule(tx: Tx, account_id: str, region: str, set_name: str, name: str, after: str | None) -> None:
    rules = list(_hold(tx, account_id, region, set_name).rules)
    moved = rules.pop(_index(rules, name))
    place = _index(rules, after) + 1 if after and after != name else 0
    if after == name:
        raise Invalid("A rule cannot be put after itself.")
    _put_rules(tx, account_id, region, set_name, [*rules[:place], moved, *rules[place:]])


def _inserted(
    rules: Sequence[Mapping[str, Any]], rule: Mapping[str, Any], after: str | None
) -> list[Mapping[str, Any]]:
    if any(one["Name"] == rule["Name"] for one in rules):
        raise AlreadyExists(f"Rule already exists: {rule['Name']}", Kind.RECEIPT_RULE)
    if len(rules) >= receipt.MAX_RULES:
        raise LimitExceeded(f"Maximum number of rules has been reached: {receipt.MAX_RULES}")
    place = _index(rules, after) + 1 if after else 0
    return [*rules[:place], rule, *rules[place:]]


def _index(rules: Sequence[Mapping[str, Any]], name: str) -> int:
    for index, rule in enumerate(rules):
        if rule["Name"] == name:
            return index
    raise _no_rule(name)


def _no_rule(name: str) -> NotFound:
    return NotFound(f"Rule does not exist: {name[:100]}", Kind.RECEIPT_RULE)


def source_arn(account_id: str, region: str, set_name: str, rule_name: str) -> str:
    """What SES gives as `aws:SourceArn` when it tells topics of received mail."""
    return f"arn:aws:ses:{region}:{account_id}:receipt-rule-set/{set_name}:receipt-rule/{rule_name}"


def _check_targets(tx: Tx, account_id: str, region: str, set_name: str, rule: Mapping[str, Any]) -> None:
    source = source_arn(account_id, region, set_name, rule["Name"])
    for action in map(Action.read, rule.get("Actions", ())):
        if action.topic:
            try:
                topics.for_ses(tx, action.topic, account_id=account_id, region=region, source_arn=source)
            except InvalidDestination as error:
                raise InvalidSnsTopic(f"Invalid SNS topic: {action.topic[:300]}. {error.message}") from error
        if action.kind is ActionKind.BOUNCE:
            _check_sender(tx, account_id, region, action.members["Sender"])


def _check_sender(tx: Tx, account_id: str, region: str, text: str) -> None:
    try:
        address = AddrSpec.parse(text)
    except AddressError as error:
        raise Invalid(f"Invalid sender of bounces: {text[:320]}") from error
    if find_sender(tx, account_id, region, address) is None:
        raise Invalid(f"The sender of bounces is not a verified identity: {address}")


def _tell_topics(tx: Tx, account_id: str, region: str, set_name: str, rule: Mapping[str, Any]) -> None:
    """SES's sentence, by which a topic's subscribers see that it works."""
    source = source_arn(account_id, region, set_name, rule["Name"])
    for topic in dict.fromkeys(action.topic for action in map(Action.read, rule.get("Actions", ())) if action.topic):
        topics.publish_for_ses(tx, topic, account_id=account_id, region=region, source_arn=source, message=VALIDATION)


# -- filters -----------------------------------------------------------------------------------------------------------


def create_filter(tx: Tx, account_id: str, region: str, name: str, policy: str, cidr: str) -> None:
    receipt.check_name(name, "filterName")
    network = receipt.check_network(cidr)
    _lock(tx, account_id, region)
    names = [row.name for row in filters(tx, account_id, region)]
    if name in names:
        raise AlreadyExists(f"Filter already exists: {name}", Kind.RECEIPT_FILTER)
    if len(names) >= receipt.MAX_FILTERS:
        raise LimitExceeded(f"Maximum number of filters has been reached: {receipt.MAX_FILTERS}")
    row = {"account_id": account_id, "region": region, "name": name, "policy": policy, "cidr": network}
    tx.execute(receipt_filters.insert().values(**row, created_at=tx.now))


def filters(tx: Tx, account_id: str, region: str) -> Sequence[sa.Row[Any]]:
    columns = receipt_filters.c
    query = sa.select(columns.name, columns.policy, columns.cidr)
    query = query.where(columns.account_id == account_id, columns.region == region)
    return tx.execute(query.order_by(columns.name)).all()


def delete_filter(tx: Tx, account_id: str, region: str, name: str) -> None:
    """One that is not there is deleted without a word."""
    columns = receipt_filters.c
    key = columns.account_id == account_id, columns.region == region, columns.name == name
    tx.execute(receipt_filters.delete().where(*key))


# -- rows --------------------------------------------------------------------------------------------------------------


def _lock(tx: Tx, account_id: str, region: str) -> None:
    key = account_regions.c.account_id == account_id, account_regions.c.region == region
    tx.execute(sa.select(account_regions.c.account_id).where(*key).with_for_update())


def _hold(tx: Tx, account_id: str, region: str, name: str) -> RuleSet:
    _lock(tx, account_id, region)
    return get_set(tx, account_id, region, name)


def _find(tx: Tx, account_id: str, region: str, name: str) -> RuleSet | None:
    row = tx.execute(sa.select(receipt_rule_sets).where(*_of(account_id, region), _SETS.name == name)).first()
    return None if row is None else _loaded(row)


def _loaded(row: sa.Row[Any]) -> RuleSet:
    return RuleSet(name=row.name, active=row.active, created_at=row.created_at, rules=row.rules)


def _put_rules(tx: Tx, account_id: str, region: str, name: str, rules: Sequence[Mapping[str, Any]]) -> None:
    changed = receipt_rule_sets.update().where(*_of(account_id, region), _SETS.name == name)
    tx.execute(changed.values(rules=list(rules)))


def _of(account_id: str, region: str) -> tuple[sa.ColumnElement[bool], ...]:
    return _SETS.account_id == account_id, _SETS.region == region
