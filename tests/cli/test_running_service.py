"""Commands on a service that runs, as a user's shell has them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from golden_output import assert_golden

from tayori.testing import Node, Rehearsal, free_ports, until

AWS = Path(sys.executable).with_name("aws")


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """`tayori up --rehearsal`, started once for this file."""
    folder = tmp_path_factory.mktemp("service")
    with free_ports() as port_base:
        running = Node(data=folder / "tayori", port_base=port_base)
        running.start()
        yield running
        assert running.stop() == 0


@pytest.fixture(scope="module")
def rehearsal(node: Node) -> Rehearsal:
    return Rehearsal(json.loads(node.command("env", "--json").stdout))


@pytest.fixture(scope="module")
def domain(node: Node, rehearsal: Rehearsal) -> str:
    """A verified domain with a MAIL FROM subdomain, in production."""
    ses = boto3.client("sesv2", **rehearsal.boto3)
    ses.create_email_identity(EmailIdentity="cli.test")
    ses.put_email_identity_mail_from_attributes(EmailIdentity="cli.test", MailFromDomain="bounce.cli.test")
    node.command("rehearsal", "dns", "adopt", "cli.test")
    node.command("rehearsal", "clock", "speed", "20")
    until(lambda: _is_ready(ses.get_email_identity(EmailIdentity="cli.test")), "cli.test verified", 30)
    node.command("rehearsal", "clock", "speed", "1")
    node.command("account", "review", "--grant")
    return "cli.test"


def _is_ready(found: dict[str, object]) -> bool:
    mail_from = found["MailFromAttributes"]
    assert isinstance(mail_from, dict)
    return bool(found["VerifiedForSendingStatus"]) and mail_from["MailFromDomainStatus"] == "SUCCESS"


def _printed(node: Node) -> str:
    return node.data.with_name(f"{node.data.name}.out").read_text("utf-8")


# -- up, wait, env -------------------------------------------------------------------------------------------------


def test_up_says_where_everything_is_and_what_to_try(node: Node, rehearsal: Rehearsal) -> None:
    printed = _printed(node)
    assert_golden("up.txt", printed)
    assert rehearsal.env["credentials"]["secret_access_key"] in printed
    assert rehearsal.env["smtp"]["password"] in printed


def test_wait_ends_when_every_listener_answers(node: Node) -> None:
    done = node.command("wait", "--timeout", "10")
    assert [line.split()[0] for line in done.stdout.splitlines()] == [
        "http",
        "starttls",
        "tls",
        "inbound",
        "dns",
        "rehearsal",
    ]


@pytest.mark.skipif(not AWS.exists(), reason="the AWS CLI is not beside this interpreter")
def test_the_aws_cli_works_after_env_was_evaluated(node: Node, rehearsal: Rehearsal) -> None:
    script = f'eval "$({sys.executable} -m tayori env --data {node.data})" && {AWS} sesv2 get-account --output json'
    environment = {name: text for name, text in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        ["sh", "-c", script],
        env=environment | {"AWS_SESSION_TOKEN": "of another account", "AWS_REGION": "eu-north-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["EnforcementStatus"] == "HEALTHY"


def test_a_second_service_on_the_folder_is_refused(node: Node) -> None:
    done = node.command("up", "--rehearsal", "--port-base", "9", check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"tayori: A service runs on {node.data} already (process ")
    assert done.stderr.count("\n") == 1
    assert node.command("wait", "--timeout", "5").returncode == 0


def test_ports_in_use_are_one_sentence(node: Node, tmp_path: Path) -> None:
    other = Node(data=tmp_path / "other", port_base=node.port_base)
    done = other.command("up", "--rehearsal", "--port-base", str(node.port_base), check=False)
    assert done.returncode == 1
    assert "choose others with --port-base" in done.stderr.lower().replace("\n", " ")
    assert "Traceback" not in done.stderr


# -- dns and doctor ------------------------------------------------------------------------------------------------


def test_dns_records_show_what_is_missing_and_then_found(node: Node, rehearsal: Rehearsal, domain: str) -> None:
    ses = boto3.client("sesv2", **rehearsal.boto3)
    ses.create_email_identity(EmailIdentity="fresh.test")
    missing = node.command("dns", "records", "fresh.test")
    assert_golden("dns-records-missing.txt", missing.stdout)
    assert_golden("dns-records-found.txt", node.command("dns", "records", domain).stdout)
    assert_golden("dns-records-found.ja.txt", node.command("dns", "records", domain, "--lang", "ja").stdout)
    ses.delete_email_identity(EmailIdentity="fresh.test")


def test_a_record_under_a_doubled_name_is_recognised(node: Node, rehearsal: Rehearsal) -> None:
    ses = boto3.client("sesv2", **rehearsal.boto3)
    attributes = ses.create_email_identity(EmailIdentity="doubled.test")["DkimAttributes"]
    token, zone = attributes["Tokens"][0], attributes["SigningHostedZone"]
    rehearsal.put_record(f"{token}._domainkey.doubled.test.doubled.test", "CNAME", f"{token}.{zone}")
    records = json.loads(node.command("dns", "records", "doubled.test", "--json").stdout)["records"]
    assert (records[0]["verdict"], records[0]["hint"]) == ("wrong", "name-doubled")
    shown = node.command("dns", "records", "doubled.test").stdout
    assert "Verdict  wrong value" in shown
    assert "the DNS panel appended the domain to a name that had it already" in " ".join(shown.split())
    ses.delete_email_identity(EmailIdentity="doubled.test")


def test_the_doctor_finds_a_complete_set_up_well(node: Node, domain: str) -> None:
    done = node.command("doctor", domain, check=False)
    assert done.returncode == 0, done.stdout
    assert_golden("doctor.txt", done.stdout)
    assert_golden("doctor.ja.txt", node.command("doctor", domain, "--lang", "ja").stdout)


def test_the_doctor_fails_where_something_is_missing(node: Node, rehearsal: Rehearsal) -> None:
    done = node.command("doctor", "nowhere.test", "--json", check=False)
    assert done.returncode == 1
    failed = [check for check in json.loads(done.stdout) if check["health"] == "failed"]
    assert [check["check"] for check in failed] == ["identity"]
    assert failed[0]["remedy"].startswith("create it with CreateEmailIdentity")


def test_the_doctor_says_what_is_wrong_with_mta_sts(node: Node, rehearsal: Rehearsal, domain: str) -> None:
    rehearsal.put_record(f"_mta-sts.{domain}", "TXT", "v=STSv1; id=not valid;")
    try:
        found = json.loads(node.command("doctor", domain, "--json", check=False).stdout)
    finally:
        rehearsal.call("DELETE", f"dns/_mta-sts.{domain}/TXT")
    (seen,) = [one for one in found if one["check"] == "mta-sts"]
    assert (seen["health"], seen["found"]) == ("warning", "v=STSv1; id=not valid;")
    assert seen["remedy"] == "id= must be 1 to 32 letters and digits, and change with the policy."


def test_the_doctor_says_when_no_mail_gets_out(node: Node) -> None:
    done = node.command("doctor", "--outbound-to", "down.test", "--json", check=False)
    (outbound,) = [check for check in json.loads(done.stdout) if check["check"] == "outbound"]
    assert (done.returncode, outbound["health"]) == (1, "failed")
    assert "mx.down.test" in outbound["found"]


def test_the_doctor_proves_a_domain_by_a_message_to_ourselves(node: Node, domain: str) -> None:
    done = node.command("doctor", domain, "--probe", "--json", check=False)
    assert done.returncode == 0, done.stdout
    probes = {item["check"]: item for item in json.loads(done.stdout) if item["check"].startswith("probe")}
    assert list(probes) == ["probe", "probe-client", "probe-spf", "probe-dkim", "probe-dmarc"]
    assert {item["health"] for item in probes.values()} == {"ok"}
    assert probes["probe-dkim"]["found"].startswith("pass")
    assert "DKIM + SPF" in probes["probe-dmarc"]["found"]


def test_the_proof_fails_for_a_domain_that_may_not_send(node: Node, rehearsal: Rehearsal) -> None:
    ses = boto3.client("sesv2", **rehearsal.boto3)
    ses.create_email_identity(EmailIdentity="unproven.test")
    done = node.command("doctor", "unproven.test", "--probe", "--json", check=False)
    (probe,) = [item for item in json.loads(done.stdout) if item["check"] == "probe"]
    assert (done.returncode, probe["health"]) == (1, "failed")
    assert "not verified" in probe["found"]
    ses.delete_email_identity(EmailIdentity="unproven.test")


def test_a_probe_without_a_domain_is_refused(node: Node) -> None:
    done = node.command("doctor", "--probe", check=False)
    assert done.returncode == 1
    assert done.stderr == "tayori: --probe needs a domain to prove: tayori doctor DOMAIN --probe.\n"


def test_the_contact_of_an_account_is_set_shown_and_cleared(node: Node) -> None:
    assert json.loads(node.command("account", "contact", "--json").stdout)["contacts"] == []
    shown = json.loads(node.command("account", "contact", "owner@inbox.test", "--json").stdout)
    assert shown["contacts"] == ["owner@inbox.test"]
    assert "owner@inbox.test" in node.command("account", "contact").stdout
    assert "no email address" in node.command("account", "contact", "not an address", check=False).stderr
    assert json.loads(node.command("account", "contact", "--clear", "--json").stdout)["contacts"] == []


# -- messages ------------------------------------------------------------------------------------------------------


def test_a_delivered_message_can_be_followed_to_its_mailbox(node: Node, rehearsal: Rehearsal, domain: str) -> None:
    ses = boto3.client("sesv2", **rehearsal.boto3)
    sent = ses.send_email(
        FromEmailAddress=f"news@{domain}",
        Destination={"ToAddresses": ["cli@inbox.test"]},
        Content={"Simple": {"Subject": {"Data": "From the shell"}, "Body": {"Text": {"Data": "Hello"}}}},
    )["MessageId"]
    (mail,) = rehearsal.wait_for_mail("cli@inbox.test")

    def delivered() -> dict[str, object] | None:
        found = json.loads(node.command("message", "show", sent, "--json").stdout)
        return found if found["recipients"][0]["state"] == "delivered" else None

    until(delivered, "the delivery is recorded")
    assert_golden("message-delivered.txt", node.command("message", "show", sent).stdout)
    assert_golden("mailbox-list.txt", node.command("rehearsal", "mailbox", "list", "cli@inbox.test").stdout)
    shown = node.command("rehearsal", "mailbox", "show", mail.id).stdout
    assert "Subject: From the shell\n" in shown
    assert "dkim=pass" in shown
    told = node.command("rehearsal", "mailbox", "report-spam", mail.id).stdout
    assert told == "inbox.test has no feedback loop: nobody is told.\n"


def test_mailboxes_are_listed_with_their_counts(node: Node, rehearsal: Rehearsal) -> None:
    found = json.loads(node.command("rehearsal", "mailbox", "list", "--json").stdout)["mailboxes"]
    assert all(set(item) == {"address", "messages"} for item in found)


# -- the rehearsal's DNS and clock ---------------------------------------------------------------------------------


def test_records_are_put_listed_imported_and_deleted(node: Node, tmp_path: Path) -> None:
    put = node.command("rehearsal", "dns", "put", "www.zone.test", "A", "192.0.2.1", "192.0.2.2", "--ttl", "60")
    assert put.stdout == "www.zone.test  60  A  192.0.2.1\nwww.zone.test  60  A  192.0.2.2\n"
    zone = tmp_path / "zone"
    zone.write_text("$TTL 30\nmail IN MX 10 mx.zone.test.\n", "utf-8")
    imported = node.command("rehearsal", "dns", "import", str(zone), "--origin", "zone.test")
    assert imported.stdout == "mail.zone.test  30  MX  10 mx.zone.test\n"
    listed = node.command("rehearsal", "dns", "list", "zone.test").stdout
    assert listed.splitlines() == [
        "mail.zone.test  30  MX  10 mx.zone.test",
        "www.zone.test   60  A   192.0.2.1",
        "www.zone.test   60  A   192.0.2.2",
    ]
    assert node.command("rehearsal", "dns", "delete", "www.zone.test", "a").stdout == "Deleted www.zone.test A.\n"
    again = node.command("rehearsal", "dns", "delete", "www.zone.test", "A", check=False)
    assert (again.returncode, again.stderr) == (1, "tayori: No A record of www.zone.test is registered.\n")


def test_records_outside_of_the_rehearsal_are_refused(node: Node) -> None:
    done = node.command("rehearsal", "dns", "put", "www.example.com", "A", "192.0.2.1", check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


def test_a_zone_file_that_cannot_be_read_is_one_sentence(node: Node, tmp_path: Path) -> None:
    done = node.command("rehearsal", "dns", "import", str(tmp_path / "none"), check=False)
    assert (done.returncode, done.stderr) == (
        1,
        f"tayori: {tmp_path}/none cannot be read: No such file or directory.\n",
    )


def test_time_can_be_let_run_and_passed(node: Node, rehearsal: Rehearsal) -> None:
    before = rehearsal.clock.now()
    shown = json.loads(node.command("rehearsal", "clock", "advance", "3600", "--json").stdout)
    assert (rehearsal.clock.now() - before).total_seconds() > 3600
    assert shown["speed"] == 1
    words = node.command("rehearsal", "clock", "speed", "2").stdout
    assert words.endswith("time runs 2 times as fast as outside.\n")
    node.command("rehearsal", "clock", "speed", "1")
    refused = node.command("rehearsal", "clock", "speed", "0", check=False)
    assert (refused.returncode, refused.stderr) == (1, "tayori: The speed must be above 0 and at most 1000000.\n")
    assert json.loads(node.command("rehearsal", "clock", "show", "--json").stdout)["speed"] == 1
