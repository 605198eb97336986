"""The policy file of MTA-STS: which hosts take a domain's mail by verified TLS (RFC 8461 3.2 and 4.1).

Owns its grammar and the matching of MX hosts. Never fetches it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

MOST_SECONDS = 31_557_600  # RFC 8461 3.2: a year
_MOST_PATTERNS = 200
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PATTERN = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*")


class MtaStsSyntaxError(ValueError):
    """A policy that no sender will heed; the text says why, as a key word of the catalogue."""


class MtaStsMode(StrEnum):
    ENFORCE = "enforce"
    TESTING = "testing"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class MtaStsPolicy:
    """`mx` has patterns in lower case; a leading `*.` stands for one label."""

    mode: MtaStsMode
    max_age: int
    mx: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """The policy as a file says it, for reports (RFC 8460 4.4) and rows."""
        head = ("version: STSv1", f"mode: {self.mode}", *(f"mx: {pattern}" for pattern in self.mx))
        return (*head, f"max_age: {self.max_age}")

    def covers(self, host: str) -> bool:
        """Whether mail may go to the host (RFC 8461 4.1)."""
        name = host.removesuffix(".").lower()
        above = name.partition(".")[2]
        return any(pattern == name or (bool(above) and pattern == f"*.{above}") for pattern in self.mx)

    def uncovered(self, hosts: Sequence[str]) -> tuple[str, ...]:
        return tuple(host for host in hosts if not self.covers(host))


def parse_policy(content: bytes) -> MtaStsPolicy:
    """Read a policy file. Raises MtaStsSyntaxError. Of a field given twice the first counts, but for `mx`."""
    fields: dict[str, str] = {}
    patterns: list[str] = []
    for line in _text(content).splitlines():
        key, colon, value = line.partition(":")
        if not colon:
            continue
        key, value = key.strip(" \t"), value.strip(" \t")
        if key == "mx":
            patterns.append(value.lower())
        else:
            fields.setdefault(key, value)
    if fields.get("version") != "STSv1":
        raise MtaStsSyntaxError("policy-bad-version")
    mode, max_age = _mode(fields.get("mode", "")), _max_age(fields.get("max_age", ""))
    if mode is not MtaStsMode.NONE and not patterns:
        raise MtaStsSyntaxError("policy-no-mx")
    if len(patterns) > _MOST_PATTERNS or not all(_PATTERN.fullmatch(pattern) for pattern in patterns):
        raise MtaStsSyntaxError("policy-bad-mx")
    return MtaStsPolicy(mode=mode, max_age=max_age, mx=tuple(patterns))


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MtaStsSyntaxError("policy-bad-version") from error


def _mode(text: str) -> MtaStsMode:
    try:
        return MtaStsMode(text)
    except ValueError as error:
        raise MtaStsSyntaxError("policy-bad-mode") from error


def _max_age(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,10}", text) or int(text) > MOST_SECONDS:
        raise MtaStsSyntaxError("policy-bad-max-age")
    return int(text)
