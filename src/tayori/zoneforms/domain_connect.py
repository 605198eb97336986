"""Domain Connect: the template that an operator registers with DNS providers, and the link that applies it to a domain.

The template belongs to an installation and a region, not to a domain: what differs from domain to domain are variables.
A provider that supports it names its interface in the TXT record `_domainconnect.<domain>`; the owner follows the link,
signs in at the provider, sees the records and agrees. draft-ietf-dconn-domainconnect, sections on templates and the
synchronous flow. SPFM merges our include into an SPF record that is there; DMARC is left out of the link where the
domain has a policy.
"""

import json
from typing import Any
from urllib.parse import urlencode

from tayori.model.domain_plan import RECORD_TTL, Change, DomainPlan, PlannedRecord
from tayori.model.names import ServiceNames
from tayori.model.proof import Purpose, dmarc_record
from tayori.zoneforms.presentation import relative

_GROUPS = {
    Purpose.DKIM: "dkim",
    Purpose.DKIM_ED25519: "dkim-ed25519",
    Purpose.OWNERSHIP: "ownership",
    Purpose.MAIL_FROM_MX: "mail-from",
    Purpose.MAIL_FROM_SPF: "mail-from",
    Purpose.DMARC: "dmarc",
}
_OWN_KEY = "own-key"
_TOKENS = ("t1", "t2", "t3")
_ED25519 = "ed25519"


def template(plan: DomainPlan) -> str:
    value = {
        "providerId": plan.service_domain,
        "providerName": plan.service_domain,
        "serviceId": service_id(plan),
        "serviceName": "Sending mail",
        "version": 1,
        "description": "Lets mail of the domain be sent and signed by this service.",
        "variableDescription": "t1, t2, t3: DKIM tokens; ed25519: token of a second key; "
        "selector, key: a DKIM key of the customer's own; mailfrom: host of the MAIL FROM domain; "
        "ownership: value of the older proof of the domain",
        "warnPhishing": True,  # links are not signed, so the provider has to warn before it applies them
        "syncBlock": False,
        "multiInstance": True,
        "hostRequired": False,
        "records": _records(plan),
    }
    return json.dumps(value, indent=2) + "\n"


def service_id(plan: DomainPlan) -> str:
    return f"sending-{plan.region}"


def _records(plan: DomainPlan) -> list[dict[str, Any]]:
    names = ServiceNames(service_domain=plan.service_domain, region=plan.region)
    preference, feedback = 10, names.feedback_host
    keys = [
        {
            "type": "CNAME",
            "groupId": _GROUPS[Purpose.DKIM_ED25519 if token == _ED25519 else Purpose.DKIM],
            "host": f"%{token}%._domainkey",
            "pointsTo": f"%{token}%.{names.dkim_zone}",
        }
        for token in (*_TOKENS, _ED25519)
    ]
    others: list[dict[str, Any]] = [
        {"type": "TXT", "groupId": _OWN_KEY, "host": "%selector%._domainkey", "data": "%key%"},
        {"type": "TXT", "groupId": "ownership", "host": "_amazonses", "data": "%ownership%"},
        {
            "type": "MX",
            "groupId": "mail-from",
            "host": "%mailfrom%",
            "pointsTo": feedback,
            "priority": preference,
        },
        {"type": "SPFM", "groupId": "mail-from", "host": "%mailfrom%", "spfRules": f"include:{names.spf_include}"},
        {
            "type": "TXT",
            "groupId": "dmarc",
            "essential": "OnApply",  # the owner raises the policy later; that must not undo the rest
            "host": "_dmarc",
            "data": dmarc_record("", names.dmarc_reports).value,
            "txtConflictMatchingMode": "Prefix",
            "txtConflictMatchingPrefix": "v=DMARC1",
        },
    ]
    return [record if record["type"] == "SPFM" else {**record, "ttl": RECORD_TTL} for record in (*keys, *others)]


def link(plan: DomainPlan) -> str:
    """What follows the provider's `urlSyncUX`."""
    wanted = [record for record in plan.records if _is_asked_for(record)]
    host = "" if plan.domain == plan.zone else relative(plan.domain, plan.zone)
    parameters = {"domain": plan.zone, **({"host": host} if host else {}), **_variables(plan, wanted)}
    parameters["groupId"] = ",".join(dict.fromkeys(_group(record) for record in wanted))
    path = f"/v2/domainTemplates/providers/{plan.service_domain}/services/{service_id(plan)}/apply"
    return f"{path}?{urlencode(parameters)}\n"


def _is_asked_for(record: PlannedRecord) -> bool:
    if record.purpose not in _GROUPS or record.change is Change.NONE:
        return False
    return record.purpose is not Purpose.DMARC or record.change is Change.ADD


def _group(record: PlannedRecord) -> str:
    return _OWN_KEY if record.purpose is Purpose.DKIM and record.rdtype == "TXT" else _GROUPS[record.purpose]


def _variables(plan: DomainPlan, wanted: list[PlannedRecord]) -> dict[str, str]:
    keys = [record for record in plan.records if record.purpose is Purpose.DKIM and record.rdtype == "CNAME"]
    selectors = [record.name.partition("._domainkey.")[0] for record in keys]
    variables = dict(zip(_TOKENS, selectors, strict=False)) if any(key in wanted for key in keys) else {}
    for record in wanted:
        if _group(record) == _OWN_KEY:
            variables |= {"selector": record.name.partition("._domainkey.")[0], "key": record.own}
        if record.purpose is Purpose.DKIM_ED25519:
            variables[_ED25519] = record.name.partition("._domainkey.")[0]
        if record.purpose is Purpose.OWNERSHIP:
            variables["ownership"] = record.own
        if record.purpose in (Purpose.MAIL_FROM_MX, Purpose.MAIL_FROM_SPF):
            variables["mailfrom"] = relative(record.name, plan.domain)
    return variables
