"""The list of forms: names, media types, file names, and the function that writes each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tayori.model.domain_plan import DomainPlan
from tayori.zoneforms import domain_connect, master_file, octodns, route53, tables, terraform


class Form(StrEnum):
    BIND = "bind"
    JSON = "json"
    CSV = "csv"
    OCTODNS = "octodns"
    TERRAFORM_ROUTE53 = "terraform-route53"
    TERRAFORM_CLOUDFLARE = "terraform-cloudflare"
    ROUTE53 = "route53"
    NSUPDATE = "nsupdate"
    DOMAIN_CONNECT = "domain-connect"
    DOMAIN_CONNECT_LINK = "domain-connect-link"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    write: Callable[[DomainPlan], str]
    media_type: str
    suffix: str


_FORMS: Mapping[Form, _Facts] = {
    Form.BIND: _Facts(write=master_file.zone_file, media_type="text/dns", suffix="zone"),  # RFC 4027
    Form.JSON: _Facts(write=tables.as_json, media_type="application/json", suffix="json"),
    Form.CSV: _Facts(write=tables.as_csv, media_type="text/csv", suffix="csv"),
    Form.OCTODNS: _Facts(write=octodns.zone_yaml, media_type="application/yaml", suffix="yaml"),
    Form.TERRAFORM_ROUTE53: _Facts(write=terraform.route53, media_type="text/plain", suffix="route53.tf"),
    Form.TERRAFORM_CLOUDFLARE: _Facts(write=terraform.cloudflare, media_type="text/plain", suffix="cloudflare.tf"),
    Form.ROUTE53: _Facts(write=route53.change_batch, media_type="application/json", suffix="route53.json"),
    Form.NSUPDATE: _Facts(write=master_file.nsupdate_script, media_type="text/plain", suffix="nsupdate"),
    Form.DOMAIN_CONNECT: _Facts(
        write=domain_connect.template, media_type="application/json", suffix="domain-connect.json"
    ),
    Form.DOMAIN_CONNECT_LINK: _Facts(write=domain_connect.link, media_type="text/plain", suffix="domain-connect.txt"),
}


def render(plan: DomainPlan, form: Form) -> str:
    return _FORMS[form].write(plan)


def media_type(form: Form) -> str:
    """With its charset: every form is US-ASCII or UTF-8."""
    return f"{_FORMS[form].media_type}; charset=utf-8"


def file_name(plan: DomainPlan, form: Form) -> str:
    return f"{plan.domain}.{_FORMS[form].suffix}"
