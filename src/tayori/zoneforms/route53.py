"""Route 53's change batch, for `aws route53 change-resource-record-sets --change-batch file://…`.

CREATE fails where a set of that name and type is there already, so nothing foreign is overwritten; UPSERT stands only
where the whole set was seen and is written again with what was in it.
"""

import json
from typing import Any

from tayori.model.domain_plan import Change, DomainPlan, PlannedRecord
from tayori.model.zone_edit import edits_of
from tayori.zoneforms.presentation import strings

_COMMENT_LENGTH = 256


def change_batch(plan: DomainPlan) -> str:
    found = edits_of(plan)
    conflicting = {(conflict.record.name, conflict.record.rdtype) for conflict in found.conflicts}
    records = [edit.record for edit in found.edits]
    if not records:  # a batch must have a change: write again what is in place
        records = [record for record in plan.records if (record.name, record.rdtype) not in conflicting]
    comment = f"{plan.domain}: mail sent by {plan.service_domain}"
    if conflicting:
        comment += f"; left to you: {', '.join(sorted(f'{rdtype} {name}' for name, rdtype in conflicting))}"
    batch = {"Comment": comment[:_COMMENT_LENGTH], "Changes": [_change(record) for record in records]}
    return json.dumps(batch, indent=2) + "\n"


def _change(record: PlannedRecord) -> dict[str, Any]:
    return {
        "Action": "CREATE" if record.change is Change.ADD else "UPSERT",
        "ResourceRecordSet": {
            "Name": f"{record.name}.",
            "Type": record.rdtype,
            "TTL": record.ttl,
            "ResourceRecords": [{"Value": value_of(record.rdtype, value)} for value in record.wanted],
        },
    }


def value_of(rdtype: str, value: str) -> str:
    """A value as Route 53 takes it: like a master file's, but octets that are not printable in octal."""
    if rdtype != "TXT":
        return value if value.endswith(".") else f"{value}."
    return " ".join('"' + "".join(_escaped(character) for character in string) + '"' for string in strings(value))


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if " " <= character <= "~" else f"\\{ord(character):03o}"
