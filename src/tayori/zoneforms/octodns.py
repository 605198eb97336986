"""The zone as octoDNS's YamlProvider reads it.

octoDNS wants to own a zone: what its source has not, it deletes. The comment at the top therefore holds the processors
that keep it to our names and types; docs/howto/publish-records.md has the whole configuration. Written without a YAML
library: a JSON string is a YAML one, and the keys come in octoDNS's own order, which it enforces.
"""

import json
import re
from collections.abc import Iterator

from tayori.model.domain_plan import DomainPlan, PlannedRecord
from tayori.model.zone_edit import ConflictReason, edits_of
from tayori.zoneforms.presentation import heading, mx_parts, relative


def zone_yaml(plan: DomainPlan) -> str:
    by_host: dict[str, list[PlannedRecord]] = {}
    left_out = [conflict.record for conflict in edits_of(plan).conflicts if conflict.reason is ConflictReason.FOREIGN]
    for record in plan.records:
        if record in left_out:
            continue
        host = relative(record.name, plan.zone)
        by_host.setdefault("" if host == "@" else host, []).append(record)
    lines = ["---", *(f"# {line}" for line in heading(plan)), *_processors(by_host)]
    lines += [f"# Left out, since what stands there is another's: {record.name} {record.rdtype}" for record in left_out]
    for host in sorted(by_host, key=_natural):
        lines.append(f"{_text(host)}:")
        for record in sorted(by_host[host], key=lambda record: record.rdtype):
            lines += _record_lines(record)
    return "\n".join(lines) + "\n"


def _processors(by_host: dict[str, list[PlannedRecord]]) -> Iterator[str]:
    types = sorted({record.rdtype for records in by_host.values() for record in records})
    yield "# Without these processors octoDNS would delete all other records of the zone:"
    yield "# processors:"
    yield "#   tayori-names:"
    yield "#     class: octodns.processor.filter.NameAllowlistFilter"
    yield "#     allowlist:"
    yield from (f"#       - {_text(host)}" for host in sorted(by_host, key=_natural))
    yield "#   tayori-types:"
    yield "#     class: octodns.processor.filter.TypeAllowlistFilter"
    yield f"#     allowlist: [{', '.join(types)}]"


def _record_lines(record: PlannedRecord) -> Iterator[str]:
    yield f"  - ttl: {record.ttl}"
    yield f"    type: {record.rdtype}"
    if record.rdtype == "CNAME":
        yield f"    value: {_text(_absolute(record.wanted[0]))}"
        return
    yield "    values:"
    for value in record.wanted:
        if record.rdtype == "MX":
            preference, host = mx_parts(value)
            yield f"    - exchange: {_text(_absolute(host))}"
            yield f"      preference: {preference}"
        else:
            yield f"    - {_text(_txt(value))}"


def _absolute(host: str) -> str:
    return host if host.endswith(".") else f"{host}."


def _txt(value: str) -> str:
    """octoDNS keeps semicolons escaped and nothing else, and splits long texts itself."""
    return value.replace(";", "\\;")


def _text(value: str) -> str:
    return json.dumps(value)


def _natural(key: str) -> list[str | int]:
    """The order that octoDNS enforces: digits compare as numbers."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", key)]
