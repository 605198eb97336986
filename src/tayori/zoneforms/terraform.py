"""Terraform (and OpenTofu): `aws_route53_record`, and `cloudflare_dns_record` of Cloudflare's provider 5.

Both providers refuse to create a record that is there already, so nothing foreign is overwritten by accident; a comment
says where a record set has to be imported first.
"""

from collections.abc import Iterator

from tayori.model.domain_plan import Change, DomainPlan, PlannedRecord
from tayori.model.zone_edit import new_values
from tayori.zoneforms.presentation import heading, label, mx_parts, note, quoted
from tayori.zoneforms.route53 import value_of

_VARIABLE = """variable "{name}" {{
  type        = string
  description = "The {what} of {zone}"
}}
"""


def route53(plan: DomainPlan) -> str:
    lines = [f"# {line}" for line in heading(plan)]
    lines += ["", _VARIABLE.format(name="zone_id", what="hosted zone", zone=plan.zone)]
    for record in plan.records:
        lines += _route53_record(record, plan.zone)
    return "\n".join(lines)


def _route53_record(record: PlannedRecord, zone: str) -> Iterator[str]:
    name = label(record, zone)
    yield f"# {note(record)}"
    if record.present:
        yield f"# It is there already: terraform import aws_route53_record.{name} ZONEID_{record.name}_{record.rdtype}"
    yield f'resource "aws_route53_record" "{name}" {{'
    yield "  zone_id = var.zone_id"
    yield f"  name    = {text(record.name)}"
    yield f"  type    = {text(record.rdtype)}"
    yield f"  ttl     = {record.ttl}"
    values = ", ".join(text(_route53_value(record.rdtype, value)) for value in record.wanted)
    yield f"  records = [{values}]"
    yield "}"
    yield ""


def _route53_value(rdtype: str, value: str) -> str:
    """The provider puts the outer quotes itself."""
    spelt = value_of(rdtype, value)
    return spelt.removeprefix('"').removesuffix('"').replace('" "', '""') if rdtype == "TXT" else spelt.rstrip(".")


def cloudflare(plan: DomainPlan) -> str:
    lines = [f"# {line}" for line in heading(plan)]
    lines += ["# With provider 4 the resource is called cloudflare_record; its members are the same.", ""]
    lines.append(_VARIABLE.format(name="zone_id", what="zone ID", zone=plan.zone))
    for record in plan.records:
        lines += _cloudflare_records(record, plan.zone)
    return "\n".join(lines)


def _cloudflare_records(record: PlannedRecord, zone: str) -> Iterator[str]:
    """A resource for each value: other values of the same name stay what and whose they are."""
    yield f"# {note(record)}"
    if record.change is Change.NONE:
        yield "# It is there already: import it first, or leave this resource out."
    for value in record.present:
        if value not in record.wanted:
            yield f"# To be deleted, once its owner agrees: {quoted(value)}"
    for count, value in enumerate(new_values(record) or (record.own,)):
        suffix = f"_{count + 1}" if count else ""
        yield f'resource "cloudflare_dns_record" "{label(record, zone)}{suffix}" {{'
        yield "  zone_id  = var.zone_id"
        yield f"  name     = {text(record.name)}"
        yield f"  type     = {text(record.rdtype)}"
        yield f"  ttl      = {record.ttl}"
        yield from _cloudflare_content(record.rdtype, value)
        yield "}"
        yield ""


def _cloudflare_content(rdtype: str, value: str) -> Iterator[str]:
    if rdtype == "MX":
        preference, host = mx_parts(value)
        yield f"  content  = {text(host)}"
        yield f"  priority = {preference}"
        return
    yield f"  content  = {text(quoted(value) if rdtype == 'TXT' else value)}"
    if rdtype == "CNAME":
        yield "  proxied  = false # a proxied name answers with addresses, and the signature key is not found"


def text(value: str) -> str:
    """A string of HCL: quotes and backslashes escaped, and what begins a template taken literally."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("${", "$${").replace("%{", "%%{")
    return f'"{escaped}"'
