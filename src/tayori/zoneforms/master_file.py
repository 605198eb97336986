"""A zone file (RFC 1035 5) to be added to the zone, and the same change as an nsupdate script (RFC 2136)."""

from collections.abc import Iterator

from tayori.model.domain_plan import Change, DomainPlan, PlannedRecord
from tayori.model.zone_edit import Conflict, ConflictReason, Edit, edits_of
from tayori.zoneforms.presentation import heading, note, rdata, relative


def zone_file(plan: DomainPlan) -> str:
    """Every record set as it shall stand; what it has to replace is named in a comment."""
    lines = [f"; {line}" for line in heading(plan)]
    lines += ["; Add these lines to the zone file, then raise its serial.", "", f"$ORIGIN {plan.zone}.", ""]
    for record in plan.records:
        lines += _record_lines(record, plan.zone)
    return "\n".join(lines) + "\n"


def _record_lines(record: PlannedRecord, zone: str) -> Iterator[str]:
    yield f"; {note(record)}"
    if record.change in (Change.REPLACE, Change.MERGE):
        for value in record.present:
            fate = "stays" if value in record.wanted else "must go"
            yield f"; stands there, {fate}: {rdata(record.rdtype, value)}"
    for value in record.wanted:
        yield f"{relative(record.name, zone)}\t{record.ttl}\tIN\t{record.rdtype}\t{rdata(record.rdtype, value)}"
    yield ""


def nsupdate_script(plan: DomainPlan) -> str:
    """One update, refused as a whole where the zone is not as it was seen: so nothing of others' can be lost."""
    found = edits_of(plan)
    lines = [f"; {line}" for line in heading(plan)]
    lines += ["; Run with: nsupdate -k KEYFILE THIS-FILE", "; Put a line `server HOST` first to name the server.", ""]
    lines += [_conflict_line(conflict) for conflict in found.conflicts]
    if not found.edits:
        return "\n".join([*lines, "; There is nothing to change.", ""])
    lines.append(f"zone {plan.zone}.")
    lines += [line for edit in found.edits for line in _prerequisites(edit)]
    lines += [line for edit in found.edits for line in _updates(edit)]
    return "\n".join([*lines, "send", ""])


def _prerequisites(edit: Edit) -> Iterator[str]:
    record = edit.record
    name = f"{record.name}."
    if record.present:  # RFC 2136 2.4.2: the set is exactly what was seen
        yield from (f"prereq yxrrset {name} {record.rdtype} {rdata(record.rdtype, value)}" for value in record.present)
    elif record.rdtype == "CNAME":  # may stand beside nothing else (RFC 1034 3.6.2)
        yield f"prereq nxdomain {name}"
    else:
        yield f"prereq nxrrset {name} {record.rdtype}"
        yield f"prereq nxrrset {name} CNAME"


def _updates(edit: Edit) -> Iterator[str]:
    record = edit.record
    yield f"; {note(record)}"
    for value in edit.removed:
        yield f"update delete {record.name}. {record.rdtype} {rdata(record.rdtype, value)}"
    for value in edit.added:
        yield f"update add {record.name}. {record.ttl} {record.rdtype} {rdata(record.rdtype, value)}"


def _conflict_line(conflict: Conflict) -> str:
    record = conflict.record
    reason = {
        ConflictReason.FOREIGN: "what stands there is not this service's",
        ConflictReason.NOT_ASKED: "the DNS did not say what stands there",
    }[conflict.reason]
    return f"; Left out, {reason}: {record.name}. {record.rdtype} {rdata(record.rdtype, record.own)}"
