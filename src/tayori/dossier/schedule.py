"""The dates of the work, from the day on which it starts.

Owns the steps, their order and the days between them. Saturdays and Sundays are skipped; public holidays differ by
country and company, so they are left to the reader (the document says so).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from tayori.model.domain_plan import Change, PlannedRecord

_SATURDAY = 5


class Party(StrEnum):
    ADMINISTRATOR = "administrator"  # of the DNS
    REQUESTER = "requester"  # who wants to send mail
    SERVICE = "service"  # who runs the mail service


class Part(StrEnum):
    """What a party has to do with a step."""

    DOES = "does"
    CONFIRMS = "confirms"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`name` is its key in the catalogue."""

    name: str
    day: date
    parts: tuple[Part, Part, Part]  # of administrator, requester, service


_ADMINISTRATOR = (Part.DOES, Part.CONFIRMS, Part.NONE)
_REQUESTER = (Part.NONE, Part.DOES, Part.CONFIRMS)
_BOTH = (Part.DOES, Part.DOES, Part.NONE)

# Name, working days after the step before it, who. RFC 7489 6.1 leaves the pace of raising a policy to the domain's
# owner; two weeks of aggregate reports show weekly mailings too, four show monthly ones.
_STEPS: tuple[tuple[str, int, tuple[Part, Part, Part]], ...] = (
    ("approve", 0, _ADMINISTRATOR),
    ("lower-ttl", 0, _ADMINISTRATOR),
    ("register", 2, _ADMINISTRATOR),
    ("check", 0, _BOTH),
    ("verified", 1, (Part.NONE, Part.CONFIRMS, Part.DOES)),
    ("trial", 1, _REQUESTER),
    ("send", 3, _REQUESTER),
    ("raise-ttl", 5, _ADMINISTRATOR),
    ("quarantine", 10, (Part.DOES, Part.CONFIRMS, Part.NONE)),
    ("reject", 20, (Part.DOES, Part.CONFIRMS, Part.NONE)),
)


def steps(start: date, records: Sequence[PlannedRecord]) -> tuple[Step, ...]:
    """The steps that these records need. TTLs are lowered only where something that stands there changes."""
    is_changing = any(record.change in (Change.REPLACE, Change.MERGE) for record in records)
    policies = {policy_of(record) for record in records if str(record.purpose) == "dmarc"}
    left_out = set() if is_changing else {"lower-ttl", "raise-ttl"}
    left_out |= set() if policies & {"none"} else {"quarantine"}
    left_out |= set() if policies & {"none", "quarantine"} else {"reject"}
    found: list[Step] = []
    day = working_day(start)
    for name, after, parts in _STEPS:
        if name in left_out:
            continue
        day = plus_working_days(day, after)
        found.append(Step(name=name, day=day, parts=parts))
    return tuple(found)


def policy_of(record: PlannedRecord) -> str:
    """The policy that a DMARC record will state (RFC 7489 6.3): none, quarantine, reject; "" where it states none."""
    for value in record.wanted:
        found = re.match(r"\s*v\s*=\s*DMARC1\s*;.*?\bp\s*=\s*(none|quarantine|reject)\b", value, re.IGNORECASE)
        if found is not None:
            return found[1].lower()
    return ""


def working_day(day: date) -> date:
    """The day itself, or the Monday after a weekend."""
    while day.weekday() >= _SATURDAY:
        day += timedelta(days=1)
    return day


def plus_working_days(day: date, count: int) -> date:
    for _ in range(count):
        day = working_day(day + timedelta(days=1))
    return day


def default_start(today: date) -> date:
    """A week for the request to be read and approved."""
    return working_day(today + timedelta(days=7))
