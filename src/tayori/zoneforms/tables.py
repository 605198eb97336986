"""The records as JSON, for programs of one's own, and as the CSV that SES's console offers (Type, Name, Value)."""

import csv
import io
import json

from tayori.model.domain_plan import DomainPlan
from tayori.model.zone_edit import new_values
from tayori.zoneforms.presentation import relative


def as_json(plan: DomainPlan) -> str:
    value = {
        "domain": plan.domain,
        "zone": plan.zone,
        "account": plan.account_id,
        "region": plan.region,
        "service_domain": plan.service_domain,
        "mail_from_domain": plan.mail_from_domain,
        "made_at": plan.made_at.isoformat(),
        "complete": plan.is_complete,
        "records": [
            {
                "purpose": record.purpose,
                "necessity": record.necessity,
                "change": record.change,
                "name": record.name,
                "host": relative(record.name, plan.zone),
                "type": record.rdtype,
                "ttl": record.ttl,
                "value": record.own,
                "wanted": list(record.wanted),
                "present": list(record.present),
            }
            for record in plan.records
        ],
    }
    return json.dumps(value, indent=2) + "\n"


def as_csv(plan: DomainPlan) -> str:
    """A line for each value to register; of a record set that is in place, what we asked for."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")  # RFC 4180
    writer.writerow(("Type", "Name", "Value"))
    for record in plan.records:
        writer.writerows((record.rdtype, record.name, value) for value in new_values(record) or (record.own,))
    return text.getvalue()
