"""Each form is read by the program that it is written for, and says there what the plan says."""

import csv
import io
import json
import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import botocore.session
import hcl2
import pytest
from botocore.validate import ParamValidator
from zone_plans import AWKWARD, EMPTY, FOREIGN_MX, LIVED_IN, LONG_KEY, SECOND_TOKEN, TOKENS, Zone, complete, plan

import bind_server as bind
from programs import require
from tayori.model.domain_plan import DomainPlan
from tayori.zoneforms.forms import Form, file_name, media_type, render

ZONES = pytest.mark.parametrize(
    "zone", [EMPTY, LIVED_IN, FOREIGN_MX, complete()], ids=["empty", "lived", "foreign", "done"]
)


def zone_of_checkzone(folder: Path, text: str, name: str = "example.com") -> str:
    """The zone as named-checkzone reads it, in its canonical form."""
    source, result = folder / "in.zone", folder / "out.zone"
    source.write_text(f"$ORIGIN {name}.\n{bind.SOA}{text}")
    command = [require("named-checkzone", "bind9-utils"), "-D", "-o", str(result), name, str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return result.read_text()


@ZONES
def test_a_zone_file_is_taken_by_named_checkzone(zone: Zone, tmp_path: Path) -> None:
    whole = plan(zone)
    read = zone_of_checkzone(tmp_path, render(whole, Form.BIND))
    for record in whole.records:
        lines = [
            line for line in read.splitlines() if line.startswith(f"{record.name}.") and f" {record.rdtype}" in line
        ]
        assert len(lines) == len(record.wanted), record


def test_a_zone_file_splits_long_texts_and_escapes(tmp_path: Path) -> None:
    read = zone_of_checkzone(tmp_path, render(plan(LIVED_IN), Form.BIND))
    line = next(line for line in read.splitlines() if line.startswith("own._domainkey"))
    pieces = re.findall(r'"([^"]*)"', line)
    assert "".join(pieces) == LONG_KEY
    assert [len(piece) for piece in pieces] == [255, len(LONG_KEY) - 255]
    assert r'"a \"quoted\" \\ backslash; and ${braces} %{too}"' in read


def test_a_zone_file_of_a_subdomain_and_octets_of_no_alphabet(tmp_path: Path) -> None:
    zone = {("_amazonses.mail.example.com", "TXT"): ("caf\xe9\x07",)}
    read = zone_of_checkzone(tmp_path, render(plan(zone, domain="mail.example.com"), Form.BIND))
    assert r'"caf\233\007"' in read
    assert f"{TOKENS[0]}._domainkey.mail.example.com." in read


def test_json_says_all_of_the_plan() -> None:
    value = json.loads(render(plan(LIVED_IN), Form.JSON))
    assert value["zone"] == "example.com"
    assert not value["complete"]
    by_name = {(record["name"], record["type"]): record for record in value["records"]}
    assert by_name["_amazonses.example.com", "TXT"]["present"] == [AWKWARD, "another account's token"]
    assert by_name["_amazonses.example.com", "TXT"]["host"] == "_amazonses"
    assert by_name[f"{TOKENS[1]}._domainkey.example.com", "CNAME"]["change"] == "replace"


def test_csv_has_the_columns_of_ses() -> None:
    rows = list(csv.DictReader(io.StringIO(render(plan(LIVED_IN), Form.CSV))))
    assert list(rows[0]) == ["Type", "Name", "Value"]
    assert {"Type": "MX", "Name": "bounce.example.com", "Value": "10 feedback-smtp.us-east-1.mail.example.net"} in rows
    assert {"Type": "TXT", "Name": "own._domainkey.example.com", "Value": LONG_KEY} in rows
    assert len(rows) == 9


# --- octoDNS ---


def octodns_changes(folder: Path, whole: DomainPlan, standing: str) -> list[Any]:
    """What octoDNS would do to a zone that has `standing`, with the processors that the form names."""
    from octodns.manager import Manager

    text = render(whole, Form.OCTODNS)
    processors = "\n".join(line.removeprefix("# ") for line in text.splitlines() if re.match(r"# (processors| )", line))
    for name, content in (("source", text), ("target", standing)):
        (folder / name).mkdir()
        (folder / name / "example.com.yaml").write_text(content)
    common = "class: octodns.provider.yaml.YamlProvider\n    escaped_semicolons: true\n    supports_root_ns: false"
    (folder / "config.yaml").write_text(f"""
providers:
  tayori:
    {common}
    directory: {folder}/source
  live:
    {common}
    directory: {folder}/target
{processors}
zones:
  example.com.:
    sources: [tayori]
    processors: [tayori-names, tayori-types]
    targets: [live]
""")
    manager = Manager(str(folder / "config.yaml"))
    provider = manager.providers["live"]
    plans: list[Any] = []
    original = provider.plan

    def keep(*arguments: Any, **more: Any) -> Any:
        plans.append(original(*arguments, **more))
        return plans[-1]

    provider.plan = keep  # octoDNS answers only with a count
    manager.sync(dry_run=True)
    return [change for made in plans if made for change in made.changes]


STANDING = """---
? ''
: - ttl: 300
    type: A
    value: 192.0.2.1
  - ttl: 300
    type: TXT
    values:
    - v=spf1 mx -all
    - google-site-verification=x
bounce:
  ttl: 300
  type: A
  value: 192.0.2.9
www:
  ttl: 300
  type: CNAME
  value: example.com.
"""


def test_octodns_creates_our_records_and_deletes_nothing(tmp_path: Path) -> None:
    whole = plan(EMPTY)
    changes = octodns_changes(tmp_path, whole, STANDING)
    assert {type(change).__name__ for change in changes} == {"Create"}
    assert len(changes) == len(whole.records)
    texts = {change.new.fqdn: change.new.values for change in changes if change.new._type == "TXT"}
    assert [value.to_raw_text() for value in texts["own._domainkey.example.com."]] == [LONG_KEY]


def test_octodns_leaves_a_foreign_mx(tmp_path: Path) -> None:
    standing = STANDING.replace(
        "bounce:\n  ttl: 300\n  type: A\n  value: 192.0.2.9\n",
        "bounce:\n- ttl: 300\n  type: MX\n  values:\n  - exchange: mx.elsewhere.example.\n    preference: 5\n",
    )
    text = render(plan(FOREIGN_MX), Form.OCTODNS)
    assert "# Left out, since what stands there is another's: bounce.example.com MX" in text
    changes = octodns_changes(tmp_path, plan(FOREIGN_MX), standing)
    assert not [change for change in changes if change.existing is not None], changes


@ZONES
def test_octodns_loads_what_it_would_keep(zone: Zone, tmp_path: Path) -> None:
    """A zone that holds the file already has nothing to change: it reads what we wrote as what we meant."""
    whole = plan(zone)
    assert octodns_changes(tmp_path, whole, render(whole, Form.OCTODNS)) == []


# --- Terraform ---


def resources(text: str, kind: str) -> dict[str, dict[str, Any]]:
    """Resources by name. The parser leaves quotes on, and escapes as they were written."""
    found: dict[str, dict[str, Any]] = {}
    for resource in hcl2.loads(text)["resource"]:
        for written_kind, named in resource.items():
            assert written_kind.strip('"') == kind
            found |= {name.strip('"'): body for name, body in named.items()}
    return found


def literal(text: str) -> str:
    """An HCL string without templates, as Terraform would have it."""
    inner = text.removeprefix('"').removesuffix('"')
    return re.sub(r"\\(.)", r"\1", inner).replace("$${", "${").replace("%%{", "%{")


# Arguments as the providers document them (the registry's pages of hashicorp/aws 5 and 6, aws_route53_record, and of
# cloudflare/cloudflare 5, cloudflare_dns_record): name to type. Required ones are marked.
REQUIRED = "!"
ROUTE53_ARGUMENTS = {
    "zone_id": "string!",
    "name": "string!",
    "type": "string!",
    "ttl": "number!",  # of all but alias records
    "records": "list!",
    "set_identifier": "string",
    "health_check_id": "string",
    "multivalue_answer_routing_policy": "bool",
    "allow_overwrite": "bool",
}
ROUTE53_TYPES = set("A AAAA CAA CNAME DS MX NAPTR NS PTR SOA SPF SRV TXT".split())
CLOUDFLARE_ARGUMENTS = {
    "zone_id": "string!",
    "name": "string!",
    "type": "string!",
    "ttl": "number!",
    "content": "string",
    "priority": "number",
    "proxied": "bool",
    "comment": "string",
    "tags": "list",
}
KINDS = {"string": str, "number": int, "bool": bool, "list": list}


def check_arguments(body: dict[str, Any], known: dict[str, str]) -> None:
    given = {name: value for name, value in body.items() if not name.startswith("__")}  # the parser's own
    assert set(given) <= set(known)
    assert {name for name, kind in known.items() if kind.endswith(REQUIRED)} <= set(given)
    for name, value in given.items():
        assert isinstance(value, KINDS[known[name].removesuffix(REQUIRED)]), name
    assert given["zone_id"] == "${var.zone_id}"


@ZONES
def test_terraform_declares_the_variable_that_it_uses(zone: Zone) -> None:
    for form in (Form.TERRAFORM_ROUTE53, Form.TERRAFORM_CLOUDFLARE):
        read = hcl2.loads(render(plan(zone), form))
        (variable,) = [name.strip('"') for declared in read["variable"] for name in declared]
        assert variable == "zone_id"
        names = [name for resource in read["resource"] for named in resource.values() for name in named]
        assert len(names) == len(set(names))
        assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", name.strip('"')) for name in names)


@ZONES
def test_terraform_for_route_53_parses(zone: Zone) -> None:
    whole = plan(zone)
    found = resources(render(whole, Form.TERRAFORM_ROUTE53), "aws_route53_record")
    assert len(found) == len(whole.records)
    long = found["tayori_own__domainkey_txt"]
    assert literal(long["records"][0]) == f'{LONG_KEY[:255]}""{LONG_KEY[255:]}'
    for body in found.values():
        check_arguments(body, ROUTE53_ARGUMENTS)
        assert literal(body["type"]) in ROUTE53_TYPES


def test_terraform_takes_braces_literally() -> None:
    found = resources(render(plan(LIVED_IN), Form.TERRAFORM_ROUTE53), "aws_route53_record")
    values = [literal(value) for value in found["tayori__amazonses_txt"]["records"]]
    assert values[0] == AWKWARD.replace("\\", "\\\\").replace('"', '\\"')


@ZONES
def test_terraform_for_cloudflare_parses(zone: Zone) -> None:
    found = resources(render(plan(zone), Form.TERRAFORM_CLOUDFLARE), "cloudflare_dns_record")
    assert len(found) == 9
    mx = found["tayori_bounce_mx"]
    assert literal(mx["content"]) == "feedback-smtp.us-east-1.mail.example.net"
    assert mx["priority"] == 10
    for body in found.values():
        check_arguments(body, CLOUDFLARE_ARGUMENTS)
        assert 60 <= body["ttl"] <= 86400  # or 1 for automatic; the provider's documentation of `ttl`
        assert ("priority" in body) == (literal(body["type"]) == "MX")
    key = next(body for name, body in found.items() if name.startswith("tayori_a9"))
    assert key["proxied"] is False
    assert literal(found["tayori_own__domainkey_txt"]["content"]) == f'"{LONG_KEY[:255]}" "{LONG_KEY[255:]}"'


# --- Route 53 ---


@ZONES
def test_a_change_batch_is_what_route_53s_model_takes(zone: Zone) -> None:
    shape = botocore.session.Session().get_service_model("route53").shape_for("ChangeBatch")
    batch = json.loads(render(plan(zone), Form.ROUTE53))
    report = ParamValidator().validate(batch, shape)
    assert not report.has_errors(), report.generate_report()
    assert batch["Changes"]
    assert len(batch["Comment"]) <= 256


def test_a_change_batch_overwrites_nothing_foreign() -> None:
    batch = json.loads(render(plan(LIVED_IN | FOREIGN_MX), Form.ROUTE53))
    actions = {
        (change["ResourceRecordSet"]["Name"], change["ResourceRecordSet"]["Type"]): change
        for change in batch["Changes"]
    }
    assert ("bounce.example.com.", "MX") not in actions
    assert "MX bounce.example.com" in batch["Comment"]
    merged = actions["_amazonses.example.com.", "TXT"]
    assert merged["Action"] == "UPSERT"
    values = [record["Value"] for record in merged["ResourceRecordSet"]["ResourceRecords"]]
    assert '"another account\'s token"' in values
    assert len(values) == 3
    assert actions["_dmarc.example.com.", "TXT"]["Action"] == "CREATE"


# --- nsupdate ---


def nsupdate(server: bind.Bind, script: str) -> subprocess.CompletedProcess[str]:
    command = [require("nsupdate", "bind9-dnsutils"), "-k", str(server.key_file)]
    return subprocess.run(
        command, input=f"server 127.0.0.1 {server.port}\n{script}", capture_output=True, text=True, check=False
    )


def presentation(zone: Zone) -> str:
    """The zone's records as a zone file."""
    lines = []
    for (name, rdtype), values in zone.items():
        for value in values:
            shown = json.dumps(value) if rdtype == "TXT" else f"{value}."
            lines.append(f"{name}. 300 IN {rdtype} {shown}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("zone", [EMPTY, LIVED_IN], ids=["empty", "lived"])
def test_nsupdate_brings_a_real_zone_to_the_plan(zone: Zone, tmp_path: Path) -> None:
    content = f"$ORIGIN example.com.\n{bind.SOA}{presentation(zone)}www 300 IN A 192.0.2.7\n"
    with bind.running(tmp_path, "example.com", content) as server:
        done = nsupdate(server, render(plan(zone), Form.NSUPDATE))
        assert done.returncode == 0, done.stderr
        for token in TOKENS:
            assert server.values(f"{token}._domainkey.example.com", "CNAME") == [f"{token}.dkim.mail.example.net."]
        assert server.values("bounce.example.com", "MX") == ["10 feedback-smtp.us-east-1.mail.example.net."]
        assert server.values("www.example.com", "A") == ["192.0.2.7"]
        texts = server.values("_amazonses.example.com", "TXT")
        assert len(texts) == 1 + len(zone.get(("_amazonses.example.com", "TXT"), ()))
        joined = server.values("own._domainkey.example.com", "TXT")[0].replace('" "', "").strip('"')
        assert joined == LONG_KEY


@pytest.mark.parametrize(
    "standing",
    [
        f"{TOKENS[0]}._domainkey 300 IN CNAME elsewhere.example.\n",
        f'{TOKENS[0]}._domainkey 300 IN TXT "somebody\'s"\n',
        '_dmarc 300 IN TXT "v=DMARC1; p=reject"\n',
        "bounce 300 IN CNAME elsewhere.example.\n",
    ],
)
def test_nsupdate_is_refused_where_the_zone_has_become_another(standing: str, tmp_path: Path) -> None:
    """The plan saw an empty zone; meanwhile somebody registered a record of his own. All of it stays as it is."""
    content = f"$ORIGIN example.com.\n{bind.SOA}{standing}"
    with bind.running(tmp_path, "example.com", content) as server:
        done = nsupdate(server, render(plan(EMPTY), Form.NSUPDATE))
        assert done.returncode == 2
        assert "update failed: YX" in done.stderr
        name, _, _, rdtype, *_ = standing.split(" ")
        assert len(server.values(f"{name}.example.com", rdtype)) == 1
        assert server.values(f"{TOKENS[2]}._domainkey.example.com", "CNAME") == []


def test_nsupdate_leaves_foreign_records_out_and_says_so(tmp_path: Path) -> None:
    script = render(plan(FOREIGN_MX), Form.NSUPDATE)
    assert "; Left out, what stands there is not this service's: bounce.example.com. MX" in script
    content = f"$ORIGIN example.com.\n{bind.SOA}{presentation(FOREIGN_MX)}"
    with bind.running(tmp_path, "example.com", content) as server:
        assert nsupdate(server, script).returncode == 0
        assert server.values("bounce.example.com", "MX") == ["5 mx.elsewhere.example."]


def test_nsupdate_sends_nothing_where_all_is_in_place() -> None:
    script = render(plan(complete()), Form.NSUPDATE)
    assert all(line.startswith(";") or not line for line in script.splitlines())


# --- Domain Connect ---


def test_a_domain_connect_link_fills_every_variable_of_the_template() -> None:
    """What a DNS provider does: take the groups of the link, and put the variables in."""
    whole = plan(EMPTY)
    template = json.loads(render(whole, Form.DOMAIN_CONNECT))
    parts = urlsplit(render(whole, Form.DOMAIN_CONNECT_LINK).strip())
    parameters = {name: values[0] for name, values in parse_qs(parts.query).items()}
    provider, service = template["providerId"], template["serviceId"]
    assert parts.path == f"/v2/domainTemplates/providers/{provider}/services/{service}/apply"
    applied = applied_records(template, parameters)
    assert {(record["type"], record["host"]) for record in applied} == {
        *(("CNAME", f"{token}._domainkey") for token in (*TOKENS, SECOND_TOKEN)),
        ("TXT", "own._domainkey"),
        ("TXT", "_amazonses"),
        ("MX", "bounce"),
        ("SPFM", "bounce"),
        ("TXT", "_dmarc"),
    }
    assert next(r for r in applied if r["type"] == "SPFM")["spfRules"] == "include:spf.mail.example.net"
    assert next(r for r in applied if r["host"] == "own._domainkey")["data"] == LONG_KEY
    assert all("%" not in str(value) for record in applied for value in record.values())


# What the schema of the public collection of templates (template.schema of Domain-Connect/Templates) and its linter
# allow: members of a template, and of a record by its type. Required ones are marked.
TEMPLATE_MEMBERS = {
    **dict.fromkeys(("providerId", "providerName", "serviceId", "serviceName"), "string!"),
    "version": "number",
    **dict.fromkeys(("logoUrl", "description", "variableDescription"), "string"),
    **dict.fromkeys(("syncPubKeyDomain", "syncRedirectDomain"), "string"),
    **dict.fromkeys(("syncBlock", "shared", "sharedProviderName", "sharedServiceName"), "bool"),
    **dict.fromkeys(("multiInstance", "warnPhishing", "hostRequired"), "bool"),
    "records": "list!",
}
EVERY_RECORD = {"type": "string!", "groupId": "string", "essential": "string"}
RECORD_MEMBERS = {
    "CNAME": {"host": "string!", "pointsTo": "string!", "ttl": "number!"},
    "TXT": {
        "host": "string!",
        "data": "string!",
        "ttl": "number!",
        "txtConflictMatchingMode": "string",
        "txtConflictMatchingPrefix": "string",
    },
    "MX": {"host": "string!", "pointsTo": "string!", "ttl": "number!", "priority": "number!"},
    "SPFM": {"host": "string!", "spfRules": "string!"},
}


def check_members(given: dict[str, Any], known: dict[str, str]) -> None:
    assert set(given) <= set(known)
    assert {name for name, kind in known.items() if kind.endswith(REQUIRED)} <= set(given)
    for name, value in given.items():
        kind = KINDS[known[name].removesuffix(REQUIRED)]
        assert isinstance(value, kind) and (kind is bool or not isinstance(value, bool)), name
        assert value != "", name


def test_the_template_is_what_the_collection_of_templates_takes() -> None:
    template = json.loads(render(plan(EMPTY), Form.DOMAIN_CONNECT))
    check_members(template, TEMPLATE_MEMBERS)
    assert len(template["providerId"]) <= 64 and len(template["serviceId"]) <= 64
    assert re.fullmatch(r"[-.0-9_a-z]+", template["providerId"] + template["serviceId"])
    assert template["warnPhishing"] != ("syncPubKeyDomain" in template), "unsigned links are for templates that warn"
    kinds: dict[tuple[str, str], str] = {}
    for record in template["records"]:
        check_members(record, EVERY_RECORD | RECORD_MEMBERS[record["type"]])
        assert "%" not in record["type"] + record["groupId"], "neither may be a variable"
        assert record.get("essential", "Always") in ("Always", "OnApply")
        assert record.get("txtConflictMatchingMode", "None") in ("None", "All", "Prefix")
        assert len(record["host"]) <= 255 and record["host"] not in ("@", "")
        assert 0 < record.get("ttl", 1) < 2**31
        assert not str(record.get("data", "")).startswith("v=spf1"), "SPF is merged, by SPFM"
        place = record["groupId"], record["host"]
        assert "CNAME" not in {kinds.get(place, record["type"]), record["type"]} or place not in kinds
        kinds[place] = record["type"]
    rules = next(record["spfRules"] for record in template["records"] if record["type"] == "SPFM")
    assert re.fullmatch(r"include:[a-z0-9.-]+", rules), "without v=spf1 and without all"


def test_every_variable_of_the_template_is_explained() -> None:
    template = json.loads(render(plan(EMPTY), Form.DOMAIN_CONNECT))
    used = set(re.findall(r"%(\w+)%", json.dumps(template["records"])))
    explained = re.findall(r"\w+(?=[,:])", template["variableDescription"])
    assert used == {"t1", "t2", "t3", "ed25519", "selector", "key", "mailfrom", "ownership"}
    assert used <= set(explained)
    assert not used & {"domain", "host", "fqdn"}, "names that the protocol fills itself"


def applied_records(template: dict[str, Any], parameters: dict[str, str]) -> list[dict[str, Any]]:
    groups = parameters["groupId"].split(",")

    def filled(value: Any) -> Any:
        return re.sub(r"%(\w+)%", lambda found: parameters[found[1]], value) if isinstance(value, str) else value

    return [
        {key: filled(value) for key, value in record.items()}
        for record in template["records"]
        if record["groupId"] in groups
    ]


def test_a_link_asks_for_what_is_missing_and_leaves_a_policy_alone() -> None:
    zone = complete() | {("_dmarc.example.com", "TXT"): ("v=DMARC1; p=reject",), ("bounce.example.com", "MX"): ()}
    parameters = parse_qs(urlsplit(render(plan(zone), Form.DOMAIN_CONNECT_LINK).strip()).query)
    assert parameters["groupId"] == ["mail-from"]
    assert "t1" not in parameters


def test_a_link_for_a_subdomain_names_zone_and_host() -> None:
    whole = plan(EMPTY, domain="news.example.com", apex="example.com")
    parameters = parse_qs(urlsplit(render(whole, Form.DOMAIN_CONNECT_LINK).strip()).query)
    assert (parameters["domain"], parameters["host"]) == (["example.com"], ["news"])
    assert parameters["mailfrom"] == ["bounce"]


def test_every_form_has_a_media_type_and_a_file_name() -> None:
    names = {file_name(plan(EMPTY), form) for form in Form}
    assert len(names) == len(Form)
    assert all("/" in media_type(form) for form in Form)
