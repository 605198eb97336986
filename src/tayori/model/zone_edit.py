"""What has to be changed in a zone to get from what stands there to a plan, and what must be left to a person.

Owns the rule that nothing foreign is ever taken away: a value goes only where it points to this service already, or
where a policy record (SPF, DMARC) goes into one that says more. Everything else is a conflict, with its reason. Pure:
`zoneforms` spells edits for programs, `dns.publishing` sends them.
"""

from dataclasses import dataclass
from enum import StrEnum

from tayori.model.domain_plan import Change, DomainPlan, PlannedRecord

_POLICIES = ("v=spf1", "v=dmarc1")


class ConflictReason(StrEnum):
    FOREIGN = "foreign"  # what stands there belongs to somebody else
    NOT_ASKED = "not-asked"  # the DNS did not say what stands there


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One record set to change: values to take away and to add, both as in Answer.values."""

    record: PlannedRecord
    removed: tuple[str, ...]
    added: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """One record set that a program must not change by itself."""

    record: PlannedRecord
    reason: ConflictReason


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneEdits:
    edits: tuple[Edit, ...]
    conflicts: tuple[Conflict, ...]


def edits_of(plan: DomainPlan) -> ZoneEdits:
    """Every record of the plan that is not in place, as an edit or as a conflict."""
    edits: list[Edit] = []
    conflicts: list[Conflict] = []
    for record in plan.records:
        if record.change is Change.NONE:
            continue
        removed = tuple(value for value in record.present if value not in record.wanted)
        if record.change is Change.UNKNOWN:
            conflicts.append(Conflict(record=record, reason=ConflictReason.NOT_ASKED))
        elif all(_may_go(plan, record, value) for value in removed):
            edits.append(Edit(record=record, removed=removed, added=new_values(record)))
        else:
            conflicts.append(Conflict(record=record, reason=ConflictReason.FOREIGN))
    return ZoneEdits(edits=tuple(edits), conflicts=tuple(conflicts))


def new_values(record: PlannedRecord) -> tuple[str, ...]:
    """The values of a record set that do not stand there yet."""
    return tuple(value for value in record.wanted if value not in record.present)


def _may_go(plan: DomainPlan, record: PlannedRecord, value: str) -> bool:
    if record.rdtype == "TXT":
        if record.change is Change.REPLACE:  # another's key, or policies of which somebody has to choose one
            return False
        version = next((tag for tag in _POLICIES if value.lower().startswith(tag)), None)
        return version is not None and any(new.lower().startswith(version) for new in record.wanted)
    host = value.rpartition(" ")[2].lower().rstrip(".")
    return any(host.endswith(f".{end}") for end in (plan.service_domain, f"{plan.service_domain}.{plan.domain}"))
