"""Rules for mail that an account receives: what they may be, and which of them a message meets.

Owns SES's limits and the texts with which it refuses. A rule is kept as the model's members have it; `Rule` reads it.
Pure: whether a topic, a bucket or a function is there is asked elsewhere.
"""

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from tayori.mail.address import AddressError, AddrSpec, to_ascii_domain
from tayori.model.errors import Invalid, InvalidS3Configuration, NotOffered

MAX_RULE_SETS = 40  # of an account in a region (ses: quotas)
MAX_RULES = 200  # of a set
MAX_ACTIONS = 10  # of a rule
MAX_RECIPIENTS = 100
MAX_FILTERS = 100
MOST_TO_TOPIC = 150 * 1024  # octets of a mail in a notification
SETUP_NOTIFICATION = "AMAZON_SES_SETUP_NOTIFICATION"

Members: TypeAlias = Mapping[str, Any]
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9])?")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.IGNORECASE)
_PREFIX = re.compile(r"[A-Za-z0-9!_.*'()/-]{0,255}")
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,50}")
_HEADER_VALUE = re.compile(r"[^\r\n\0]{1,2047}")
_REPLY_CODE = re.compile(r"[45]\d\d")
_STATUS = re.compile(r"[45]\.\d{1,3}\.\d{1,3}")
_PLAIN = re.compile(r"[^\x00-\x1f\x7f]{1,1000}")
_FUNCTION = re.compile(r"arn:[\w-]+:lambda:[\w-]+:\d{12}:function:[\w-]+(?::[\w$-]+)?")


class ActionKind(StrEnum):
    """The members of ReceiptAction; the value of each is what notifications call it."""

    S3 = "S3"
    BOUNCE = "Bounce"
    WORKMAIL = "WorkMail"
    LAMBDA = "Lambda"
    STOP = "Stop"
    ADD_HEADER = "AddHeader"
    SNS = "SNS"
    CONNECT = "Connect"


_MEMBERS = {
    "S3Action": ActionKind.S3,
    "BounceAction": ActionKind.BOUNCE,
    "WorkmailAction": ActionKind.WORKMAIL,
    "LambdaAction": ActionKind.LAMBDA,
    "StopAction": ActionKind.STOP,
    "AddHeaderAction": ActionKind.ADD_HEADER,
    "SNSAction": ActionKind.SNS,
    "ConnectAction": ActionKind.CONNECT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    kind: ActionKind
    members: Members

    @classmethod
    def read(cls, action: Members) -> "Action":
        """Raises Invalid."""
        given = [name for name in _MEMBERS if action.get(name) is not None]
        if len(given) != 1:
            raise Invalid("A receipt action must have exactly one of its members.")
        return cls(kind=_MEMBERS[given[0]], members=action[given[0]])

    @property
    def topic(self) -> str:
        return str(self.members.get("TopicArn") or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    name: str
    enabled: bool
    requires_tls: bool
    scans: bool
    recipients: tuple[str, ...]
    actions: tuple[Action, ...]

    @classmethod
    def read(cls, members: Members) -> "Rule":
        return cls(
            name=members["Name"],
            enabled=bool(members.get("Enabled")),
            requires_tls=members.get("TlsPolicy") == "Require",
            scans=bool(members.get("ScanEnabled")),
            recipients=tuple(members.get("Recipients") or ()),
            actions=tuple(Action.read(action) for action in members.get("Actions") or ()),
        )

    def meets(self, address: AddrSpec) -> bool:
        """Whether mail to `address`, which is at a verified domain, is meant (ses: recipient conditions)."""
        return not self.recipients or any(_is_meant(condition, address) for condition in self.recipients)


def _is_meant(condition: str, address: AddrSpec) -> bool:
    """An address with or without case, its label aside; a domain; with a dot in front, those below one."""
    if "@" in condition:
        wanted = condition.lower()
        return wanted in (str(address).lower(), str(address.unlabelled()).lower())
    if condition.startswith("."):
        return address.domain.endswith(condition.lower())
    return address.domain == condition.lower()


# -- what rules may be ------------------------------------------------------------------------------------------------


def check_name(name: str, what: str) -> None:
    if not _NAME.fullmatch(name):
        raise Invalid(f"Not a valid {what}: {name[:100]}")


def checked(rule: Members) -> dict[str, Any]:
    """The rule as it is kept. Raises Invalid."""
    check_name(rule["Name"], "ruleName")
    recipients, actions = list(rule.get("Recipients") or ()), list(rule.get("Actions") or ())
    if len(recipients) > MAX_RECIPIENTS:
        raise Invalid(f"A receipt rule can have at most {MAX_RECIPIENTS} recipients.")
    if len(actions) > MAX_ACTIONS:
        raise Invalid(f"A receipt rule can have at most {MAX_ACTIONS} actions.")
    for action in actions:
        _check_action(Action.read(action))
    kept: dict[str, Any] = {
        "Name": rule["Name"],
        "Enabled": bool(rule.get("Enabled")),
        "TlsPolicy": rule.get("TlsPolicy") or "Optional",
        "ScanEnabled": bool(rule.get("ScanEnabled")),
    }
    kept |= {"Recipients": [_recipient(text) for text in recipients]} if recipients else {}
    return kept | ({"Actions": [_without_none(action) for action in actions]} if actions else {})


def _without_none(members: Members) -> dict[str, Any]:
    return {
        name: _without_none(value) if isinstance(value, Mapping) else value
        for name, value in members.items()
        if value is not None
    }


def _recipient(text: str) -> str:
    try:
        if "@" in text:
            return str(AddrSpec.parse(text))
        if text.startswith("."):
            return f".{to_ascii_domain(text[1:])}"
        return to_ascii_domain(text)
    except AddressError as error:
        raise Invalid(f"Invalid recipient: {text[:320]}") from error


def _check_action(action: Action) -> None:
    check = _CHECKS.get(action.kind)
    if check is not None:
        check(action.members)


def _check_s3(members: Members) -> None:
    bucket, prefix = members["BucketName"], members.get("ObjectKeyPrefix") or ""
    if not _BUCKET.fullmatch(bucket):
        raise InvalidS3Configuration(f"Invalid bucket name: {bucket[:100]}")
    pieces = prefix.split("/")
    if not _PREFIX.fullmatch(prefix) or any(piece in (".", "..") for piece in pieces) or "" in pieces[:-1]:
        raise InvalidS3Configuration(f"Invalid object key prefix: {prefix[:100]}")
    if members.get("KmsKeyArn"):
        raise InvalidS3Configuration("There is no key management service here: KmsKeyArn is not supported.")


def _check_header(members: Members) -> None:
    if not _HEADER_NAME.fullmatch(members["HeaderName"]):
        raise Invalid(f"Invalid header name: {members['HeaderName'][:60]}")
    if not _HEADER_VALUE.fullmatch(members["HeaderValue"]):
        raise Invalid("A header value has 1 to 2,047 characters and no line ends.")


def _check_bounce(members: Members) -> None:
    if not _REPLY_CODE.fullmatch(members["SmtpReplyCode"]):
        raise Invalid(f"Invalid SMTP reply code: {members['SmtpReplyCode'][:20]}")
    status = members.get("StatusCode")
    if status and not (_STATUS.fullmatch(status) and status[0] == members["SmtpReplyCode"][0]):
        raise Invalid(f"Invalid status code: {status[:20]}")
    if not _PLAIN.fullmatch(members["Message"]):
        raise Invalid("The message of a bounce has 1 to 1,000 characters and no line ends.")


def _check_lambda(members: Members) -> None:
    if not _FUNCTION.fullmatch(members["FunctionArn"]):
        raise Invalid(f"Invalid Lambda function ARN: {members['FunctionArn'][:200]}")


def _refuse(reason: str) -> Any:
    def refuse(members: Members) -> None:
        raise NotOffered(reason)

    return refuse


_CHECKS = {
    ActionKind.S3: _check_s3,
    ActionKind.ADD_HEADER: _check_header,
    ActionKind.BOUNCE: _check_bounce,
    ActionKind.LAMBDA: _check_lambda,
    ActionKind.WORKMAIL: _refuse("WorkMail is a service of AWS's; there are no mailboxes here."),
    ActionKind.CONNECT: _refuse("Amazon Connect is a service of AWS's; it is not reached from here."),
}


def check_network(text: str) -> str:
    """The range of a filter as it is kept: as it was given (ses: the examples have host bits). Raises Invalid."""
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise Invalid(f"Invalid CIDR range: {text[:60]}") from error
    return text


# -- what a message meets ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    blocks: bool
    network: Network

    @classmethod
    def read(cls, policy: str, cidr: str) -> "Filter":
        return cls(blocks=policy == "Block", network=ipaddress.ip_network(cidr, strict=False))


def is_blocked(filters: Iterable[Filter], source_ip: str) -> bool:
    """By the narrowest range that holds the address; of two that are equal, the one that blocks."""
    address = ipaddress.ip_address(source_ip)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    holding = [one for one in filters if address in one.network]
    return bool(holding) and max(holding, key=lambda one: (one.network.prefixlen, one.blocks)).blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """The rules that one recipient's mail meets, in their order."""

    rules: tuple[Rule, ...]

    @property
    def requires_tls(self) -> bool:
        return any(rule.requires_tls for rule in self.rules)


def meeting(rules: Iterable[Rule], address: AddrSpec) -> Meeting:
    return Meeting(rules=tuple(rule for rule in rules if rule.enabled and rule.meets(address)))


def steps(rules: Sequence[Rule], recipients: Sequence[AddrSpec]) -> list[dict[str, Any]]:
    """What is to be done with a message to `recipients`, action by action; nothing follows what always ends it."""
    found: list[dict[str, Any]] = []
    for rule in rules:
        met = [str(address) for address in recipients if rule.enabled and rule.meets(address)]
        for action in rule.actions if met else ():
            found.append(
                {
                    "rule": rule.name,
                    "scans": rule.scans,
                    "recipients": met,
                    "kind": action.kind.value,
                    "members": dict(action.members),
                }
            )
            if action.kind is ActionKind.STOP:
                return found
    return found


def is_too_large_for_topic(found: Iterable[Members], octets: int) -> bool:
    """Whether it would come to a notification that cannot hold it (ses: mail above 150 KB bounces)."""
    return octets > MOST_TO_TOPIC and any(step["kind"] == ActionKind.SNS for step in found)
