"""Policies: of identities (sending authorization), of access keys and roles, and of who may assume a role.

Owns the language: Effect, Principal, Action, Resource, Condition and their operators, after the IAM reference of policy
elements and SES's "policy anatomy". A deny that fits wins over every allow; where nothing fits, nothing is allowed.
Policy variables are refused: a deny that could not be understood must not be kept. Pure and bounded: patterns are
matched in time linear in pattern times text, and a policy is at most four kilobytes.
"""

import ipaddress
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

MAX_LENGTH = 4096
_VERSIONS = ("2008-10-17", "2012-10-17")
_ELEMENTS = frozenset("Sid Effect Principal NotPrincipal Action NotAction Resource NotResource Condition".split())
_ARN_PRINCIPAL = re.compile(r"arn:aws[a-z-]*:(?:iam|sts)::([0-9]{12}):(.+)", re.DOTALL)
_ACCOUNT = re.compile(r"[0-9]{12}")
_ANY_ACTION = re.compile(r"\*|[a-z0-9-]+:[a-z0-9*?]+", re.IGNORECASE)
_ARN = re.compile(r"arn(?::[^:]*){4}:.+", re.DOTALL)
_OPERATOR = re.compile(r"(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?")


class PolicyError(ValueError):
    """A policy that cannot be kept; the text says what is wrong with it."""


class Effect(StrEnum):
    ALLOW = "Allow"
    DENY = "Deny"


class Decision(StrEnum):
    """What some policies say of a request. Only ALLOWED lets it through."""

    ALLOWED = "allowed"
    NOT_ALLOWED = "not-allowed"
    DENIED = "denied"  # explicitly


class Grammar(StrEnum):
    """Where a policy stands decides which elements it has."""

    RESOURCE = "resource"  # with a resource: says who, and may only speak of the resource's service
    PRINCIPAL = "principal"  # with a key or a role: that is who; actions of any service
    TRUST = "trust"  # with a role, saying who may assume it: the role is the resource


class Quantifier(StrEnum):
    """How a condition meets a key of several values."""

    NONE = ""
    ALL = "ForAllValues"
    ANY = "ForAnyValue"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRequest:
    """Who wants to do what with which resource. `context` has condition keys, in small letters, with their values.

    `service` is set where not a user of an account asks but a service, such as ses.amazonaws.com.
    """

    principal_arn: str
    account_id: str
    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    service: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Condition:
    operator: str
    quantifier: Quantifier
    if_exists: bool
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    effect: Effect
    principals: tuple[str, ...]
    services: tuple[str, ...]
    other_principals: bool  # NotPrincipal: everybody but these
    actions: tuple[str, ...]
    other_actions: bool
    resources: tuple[str, ...]
    other_resources: bool
    conditions: tuple[_Condition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    statements: tuple[Statement, ...]


def compact(text: str, most: int = MAX_LENGTH) -> str:
    """The policy without spaces that mean nothing, as SES returns it. Raises PolicyError."""
    if len(text.encode("utf-8", "replace")) > most:
        raise PolicyError(f"The policy is longer than {most} bytes.")
    return json.dumps(_document(text), separators=(",", ":"), ensure_ascii=False)


@lru_cache(maxsize=1024)
def parse(text: str, service: str = "ses", grammar: Grammar = Grammar.RESOURCE) -> Policy:
    """The policy. One of a resource may only name actions of `service`. Raises PolicyError."""
    document = _document(text)
    unknown = document.keys() - {"Version", "Id", "Statement"}
    if unknown:
        raise PolicyError(f"Unknown element {min(unknown)[:80]}.")
    version = document.get("Version", _VERSIONS[0])
    if version not in _VERSIONS:
        raise PolicyError(f"Version must be one of {', '.join(_VERSIONS)}.")
    statements = document.get("Statement")
    listed: list[Any] = statements if isinstance(statements, list) else [statements]
    if not listed or not all(isinstance(item, dict) for item in listed):
        raise PolicyError("Statement must hold at least one statement.")
    if version == _VERSIONS[1] and "${" in text:
        raise PolicyError("Policy variables are not offered by this release. Name what the policy allows.")
    return Policy(statements=tuple(_statement(item, service, grammar) for item in listed))


def _document(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise PolicyError("The policy is not valid JSON.") from error
    if not isinstance(document, dict):
        raise PolicyError("The policy must be a JSON object.")
    return document


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _statement(item: Mapping[str, Any], service: str, grammar: Grammar) -> Statement:
    unknown = item.keys() - _ELEMENTS
    if unknown:
        raise PolicyError(f"Unknown element {min(unknown)[:80]} in a statement.")
    if item.get("Effect") not in list(Effect):
        raise PolicyError("Effect must be Allow or Deny.")
    if grammar is Grammar.PRINCIPAL:
        item = _implied(item, "Principal", "the key or role that it is attached to")
    elif grammar is Grammar.TRUST:
        item = _implied(item, "Resource", "the role")
    principals, other_principals = _either(item, "Principal", _principals)
    actions, other_actions = _either(item, "Action", _any_actions if grammar is Grammar.PRINCIPAL else _of(service))
    resources, other_resources = _either(item, "Resource", _arns if grammar is Grammar.PRINCIPAL else _texts)
    return Statement(
        effect=Effect(item["Effect"]),
        principals=principals,
        services=_services(item.get("NotPrincipal" if other_principals else "Principal")),
        other_principals=other_principals,
        actions=actions,
        other_actions=other_actions,
        resources=resources,
        other_resources=other_resources,
        conditions=tuple(_conditions(item.get("Condition", {}))),
    )


def _implied(item: Mapping[str, Any], name: str, what: str) -> Mapping[str, Any]:
    """`name` follows from where the policy stands, so it must not say it."""
    if name in item or f"Not{name}" in item:
        raise PolicyError(f"This policy must not have {name}: it is {what}.")
    return {**item, name: "*"}


def _either(item: Mapping[str, Any], name: str, read: Callable[[Any], tuple[str, ...]]) -> tuple[tuple[str, ...], bool]:
    """`name` or its opposite: exactly one of the two must be there."""
    opposite = f"Not{name}"
    if (name in item) == (opposite in item):
        raise PolicyError(f"A statement must have exactly one of {name} and {opposite}.")
    return (read(item[opposite]), True) if opposite in item else (read(item[name]), False)


def _texts(value: Any) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    if not listed or not all(isinstance(text, str) and text for text in listed):
        raise PolicyError("Actions and resources must be strings, or lists of them, and not empty.")
    return tuple(listed)


def _of(service: str) -> Callable[[Any], tuple[str, ...]]:
    return lambda value: _actions(value, service)


def _any_actions(value: Any) -> tuple[str, ...]:
    actions = _texts(value)
    wrong = next((action for action in actions if not _ANY_ACTION.fullmatch(action)), None)
    if wrong is not None:
        raise PolicyError(f"The action {wrong[:80]} is not of the form service:Action.")
    return actions


def _arns(value: Any) -> tuple[str, ...]:
    resources = _texts(value)
    wrong = next((one for one in resources if one != "*" and not _ARN.fullmatch(one)), None)
    if wrong is not None:
        raise PolicyError(f'The resource {wrong[:120]} is neither "*" nor an ARN.')
    return resources


def _actions(value: Any, service: str) -> tuple[str, ...]:
    actions = _texts(value)
    is_right = re.compile(rf"\*|{service}:[A-Za-z*?]+", re.IGNORECASE).fullmatch
    wrong = next((action for action in actions if not is_right(action)), None)
    if wrong is not None:
        raise PolicyError(f"The action {wrong[:80]} is not one of {service}.")
    return actions


def _principals(value: Any) -> tuple[str, ...]:
    if value == "*":
        return ("*",)
    if not isinstance(value, dict) or not value or value.keys() - {"AWS", "Service", "Federated", "CanonicalUser"}:
        raise PolicyError('Principal must be "*" or an object such as {"AWS": "123456789012"}.')
    named = _texts(value["AWS"]) if "AWS" in value else ()
    for name in named:
        if name != "*" and not _ACCOUNT.fullmatch(name) and not _ARN_PRINCIPAL.fullmatch(name):
            raise PolicyError(f"The principal {name[:120]} is neither an account nor the ARN of a user or role.")
    return named


def _services(value: Any) -> tuple[str, ...]:
    """The services among the principals; "*" is everybody, and these too."""
    if value == "*":
        return ("*",)
    return _texts(value["Service"]) if isinstance(value, dict) and "Service" in value else ()


# --- conditions ---


def _conditions(value: Any) -> Iterator[_Condition]:
    if not isinstance(value, dict):
        raise PolicyError("Condition must be an object.")
    for operator, keys in value.items():
        found = _OPERATOR.fullmatch(operator)
        if found is None or found[2] not in _TESTS:
            raise PolicyError(f"Unknown condition operator {operator[:80]}.")
        if not isinstance(keys, dict) or not keys:
            raise PolicyError(f"The condition {operator} must name keys.")
        for key, given in keys.items():
            values = _condition_values(given)
            for text in values:
                _check_value(found[2], text)
            yield _Condition(
                operator=found[2],
                quantifier=Quantifier(found[1] or ""),
                if_exists=found[3] is not None,
                key=key.lower(),
                values=values,
            )


def _condition_values(given: Any) -> tuple[str, ...]:
    listed = given if isinstance(given, list) else [given]
    if not listed or not all(isinstance(value, (str, bool, int, float)) for value in listed):
        raise PolicyError("The values of a condition must be strings, numbers or booleans.")
    return tuple(str(value).lower() if isinstance(value, bool) else str(value) for value in listed)


def _check_value(operator: str, text: str) -> None:
    """What can never be met is a mistake of whoever wrote it."""
    try:
        if operator.startswith("Numeric"):
            float(text)
        elif operator.startswith("Date"):
            _moment(text)
        elif operator in ("IpAddress", "NotIpAddress"):
            ipaddress.ip_network(text, strict=False)
        elif operator in ("Bool", "Null") and text.lower() not in ("true", "false"):
            raise ValueError(text)
    except ValueError as error:
        raise PolicyError(f"{text[:80]} is not a value that {operator} can compare with.") from error


def _moment(text: str) -> datetime:
    """ISO 8601, or seconds since the epoch."""
    if re.fullmatch(r"[0-9]{1,12}(?:\.[0-9]+)?", text) and not re.fullmatch(r"[0-9]{4}", text):
        return datetime.fromtimestamp(float(text), UTC)
    if re.fullmatch(r"[0-9]{4}(?:-[0-9]{2})?", text):
        text = f"{text}-01-01"[:10] if len(text) == 4 else f"{text}-01"
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _numbers(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    return lambda found, wanted: _safely(lambda: compare(float(found), float(wanted)))


def _dates(compare: Callable[[datetime, datetime], bool]) -> Callable[[str, str], bool]:
    return lambda found, wanted: _safely(lambda: compare(_moment(found), _moment(wanted)))


def _in_network(found: str, wanted: str) -> bool:
    return _safely(lambda: ipaddress.ip_address(found) in ipaddress.ip_network(wanted, strict=False))


def _safely(compare: Callable[[], bool]) -> bool:
    try:
        return compare()
    except (ValueError, OverflowError):
        return False


def _equal(found: str, wanted: str) -> bool:
    return found == wanted


def _equal_folded(found: str, wanted: str) -> bool:
    return found.lower() == wanted.lower()


def like(found: str, pattern: str) -> bool:
    """`*` is any run of characters, `?` any one. Two pointers, so no pattern takes long."""
    at = star = restart = 0
    position, has_star = 0, False
    while at < len(found):
        if position < len(pattern) and pattern[position] == "*":
            star, restart, has_star = position, at, True
            position += 1
        elif position < len(pattern) and pattern[position] in ("?", found[at]):
            position += 1
            at += 1
        elif has_star:
            position, restart = star + 1, restart + 1
            at = restart
        else:
            return False
    return all(character == "*" for character in pattern[position:])


def _arn_like(found: str, pattern: str) -> bool:
    """Each of the six parts of an ARN by itself: a wildcard never reaches over a colon of another part."""
    parts, wanted = found.split(":", 5), pattern.split(":", 5)
    return len(parts) == len(wanted) == 6 and all(map(like, parts, wanted))


# Operator → how one value of the request compares with one of the policy, and whether the outcome is turned round.
_TESTS: Mapping[str, tuple[Callable[[str, str], bool], bool]] = {
    "StringEquals": (_equal, False),
    "StringNotEquals": (_equal, True),
    "StringEqualsIgnoreCase": (_equal_folded, False),
    "StringNotEqualsIgnoreCase": (_equal_folded, True),
    "StringLike": (like, False),
    "StringNotLike": (like, True),
    "ArnEquals": (_arn_like, False),
    "ArnLike": (_arn_like, False),
    "ArnNotEquals": (_arn_like, True),
    "ArnNotLike": (_arn_like, True),
    "IpAddress": (_in_network, False),
    "NotIpAddress": (_in_network, True),
    "Bool": (_equal_folded, False),
    "BinaryEquals": (_equal, False),
    "Null": (_equal_folded, False),  # asked of the key itself, see _holds
    "NumericEquals": (_numbers(lambda found, wanted: found == wanted), False),
    "NumericNotEquals": (_numbers(lambda found, wanted: found == wanted), True),
    "NumericLessThan": (_numbers(lambda found, wanted: found < wanted), False),
    "NumericLessThanEquals": (_numbers(lambda found, wanted: found <= wanted), False),
    "NumericGreaterThan": (_numbers(lambda found, wanted: found > wanted), False),
    "NumericGreaterThanEquals": (_numbers(lambda found, wanted: found >= wanted), False),
    "DateEquals": (_dates(lambda found, wanted: found == wanted), False),
    "DateNotEquals": (_dates(lambda found, wanted: found == wanted), True),
    "DateLessThan": (_dates(lambda found, wanted: found < wanted), False),
    "DateLessThanEquals": (_dates(lambda found, wanted: found <= wanted), False),
    "DateGreaterThan": (_dates(lambda found, wanted: found > wanted), False),
    "DateGreaterThanEquals": (_dates(lambda found, wanted: found >= wanted), False),
}


# --- deciding ---


def allows(policies: Iterable[Policy], request: AccessRequest) -> bool:
    """Whether some statement allows the request and none denies it."""
    return decide(policies, request) is Decision.ALLOWED


def decide(policies: Iterable[Policy], request: AccessRequest) -> Decision:
    decision = Decision.NOT_ALLOWED
    for policy in policies:
        for statement in policy.statements:
            if _fits(statement, request):
                if statement.effect is Effect.DENY:
                    return Decision.DENIED
                decision = Decision.ALLOWED
    return decision


def _fits(statement: Statement, request: AccessRequest) -> bool:
    return (
        _names(statement, request) is not statement.other_principals
        and any(like(request.action.lower(), action.lower()) for action in statement.actions)
        is not statement.other_actions
        and any(_is_resource(resource, request.resource) for resource in statement.resources)
        is not statement.other_resources
        and all(_holds(condition, request) for condition in statement.conditions)
    )


def _is_resource(pattern: str, resource: str) -> bool:
    return pattern == "*" or _arn_like(resource, pattern)


def _names(statement: Statement, request: AccessRequest) -> bool:
    """An account stands for everybody in it; its root's ARN says the same. AWS "*" is everybody, services included."""
    if request.service:
        return request.service in statement.services or "*" in (*statement.services, *statement.principals)
    for principal in statement.principals:
        if principal in ("*", request.account_id, request.principal_arn):
            return True
        found = _ARN_PRINCIPAL.fullmatch(principal)
        if found is not None and found.groups() == (request.account_id, "root"):
            return True
    return False


def _holds(condition: _Condition, request: AccessRequest) -> bool:
    found = request.context.get(condition.key, ())
    if condition.operator == "Null":
        return str(not found).lower() in (text.lower() for text in condition.values)
    test, negated = _TESTS[condition.operator]
    if not found:
        if condition.quantifier is Quantifier.ALL or condition.if_exists:
            return True
        return negated and condition.quantifier is Quantifier.NONE
    met = [any(test(value, text) for text in condition.values) is not negated for value in found]
    # Without a quantifier, of several values any one may be equal, and none may be of what must not be.
    everyone = condition.quantifier is Quantifier.ALL or (condition.quantifier is Quantifier.NONE and negated)
    return all(met) if everyone else any(met)
