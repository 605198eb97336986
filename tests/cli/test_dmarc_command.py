"""`tayori dmarc` on a service that runs: a receiver's report by SMTP, the advice, and what the DNS says of it."""

import json
import smtplib
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import boto3
import dns.message
import dns.query
import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from report_samples import record, report, report_mail
from tayori.app import endpoints
from tayori.testing import Node, Rehearsal, free_ports, until

DOMAIN = "reported.test"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    folder = tmp_path_factory.mktemp("service")
    with free_ports() as port_base:
        running = Node(data=folder / "tayori", port_base=port_base)
        running.start()
        yield running
        assert running.stop() == 0


@pytest.fixture(scope="module")
def rehearsal(node: Node) -> Rehearsal:
    found = Rehearsal(json.loads(node.command("env", "--json").stdout))
    ses = boto3.client("sesv2", **found.boto3)
    ses.create_email_identity(EmailIdentity=DOMAIN)
    ses.put_email_identity_mail_from_attributes(EmailIdentity=DOMAIN, MailFromDomain=f"bounce.{DOMAIN}")
    node.command("rehearsal", "dns", "adopt", DOMAIN)
    until(lambda: ses.get_email_identity(EmailIdentity=DOMAIN)["VerifiedForSendingStatus"], "verified", 30)
    return found


def hand_in(node: Node, content: bytes) -> None:
    service = endpoints.read(node.data)
    with smtplib.SMTP(service.inbound_host, service.inbound_port, timeout=20) as client:
        client.sendmail("noreply@receiver.test", ["dmarc-reports@tayori.test"], content)


def test_a_report_by_smtp_is_shown_by_source(node: Node, rehearsal: Rehearsal) -> None:
    assert "No report has come" in node.command("dmarc", "report", DOMAIN).stdout
    begin = int(time.time()) - 2 * 86400
    rows = (record("192.0.2.1", "90"), record("2001:db8::66", "10", dkim="fail", disposition="quarantine"))
    content = report_mail(report(*rows, domain=DOMAIN, begin=begin))
    hand_in(node, content)
    hand_in(node, content)  # receivers send twice; it counts once
    shown = node.command("dmarc", "report", DOMAIN).stdout
    assert "Reports: 1 (Receiver Inc.). Messages: 100, of which 90.0 % pass." in shown
    lines = [line.split() for line in shown.splitlines() if line.startswith(("192.0.2.1", "2001:db8"))]
    day = datetime.fromtimestamp(begin + 86400, UTC).strftime("%Y-%m-%d")
    assert [line[:8] for line in lines] == [
        ["192.0.2.1", "90", "90", "90", "0", "0", "0", day],
        ["2001:db8::66", "10", "0", "0", "0", "10", "0", day],
    ]
    assert "合格" in node.command("dmarc", "report", DOMAIN, "--lang", "ja").stdout
    found = json.loads(node.command("dmarc", "report", DOMAIN, "--json").stdout)
    assert (found["messages"], found["aligned"], len(found["sources"])) == (100, 90, 2)


def test_a_bomb_by_smtp_is_taken_and_changes_nothing(node: Node, rehearsal: Rehearsal) -> None:
    before = node.command("dmarc", "report", DOMAIN, "--json").stdout
    hand_in(node, report_mail(b"<" + b" " * 40_000_000))
    hand_in(node, report_mail(b'<!DOCTYPE x [<!ENTITY a "b">]><feedback>&a;</feedback>'))
    assert (
        json.loads(node.command("dmarc", "report", DOMAIN, "--json").stdout)["reports"] == json.loads(before)["reports"]
    )


def test_the_advice_says_what_holds_and_what_comes_next(node: Node, rehearsal: Rehearsal) -> None:
    shown = node.command("dmarc", "advice", DOMAIN).stdout
    assert f"DKIM ({DOMAIN}): passes" in shown and f"SPF (bounce.{DOMAIN}): passes" in shown
    assert f"Organisational domain: {DOMAIN} (by the Public Suffix List)" in shown
    assert "It is in place." in shown and "DNS look-ups: 1 of 10; without result: 0 of 2" in shown
    assert "MTA-STS" in shown and "not published (not needed to send)" in shown
    japanese = node.command("dmarc", "advice", DOMAIN, "--lang", "ja").stdout
    assert "次の段階" in japanese and "合格" in japanese
    found = json.loads(node.command("dmarc", "advice", DOMAIN, "--json").stdout)
    assert found["own_mail"]["passes"] and found["spf"]["in_place"]
    assert found["dmarc"]["next_step"]["name"] == f"_dmarc.{DOMAIN}"


def test_the_service_says_in_the_dns_whose_reports_it_takes(node: Node, rehearsal: Rehearsal) -> None:
    service = endpoints.read(node.data)

    def ask(domain: str) -> list[str]:
        query = dns.message.make_query(f"{domain}._report._dmarc.tayori.test", "TXT")
        answer = dns.query.udp(query, service.dns_host, port=service.dns_port, timeout=10)
        return [rdata.to_text() for rrset in answer.answer for rdata in rrset]

    assert ask(DOMAIN) == ['"v=DMARC1"']
    assert ask("stranger.test") == []


def test_the_account_gets_the_same_over_http(node: Node, rehearsal: Rehearsal) -> None:
    url = f"{endpoints.read(node.data).http}/tayori/domains/{DOMAIN}/dmarc"
    answer = httpx.get(f"{url}?days=10", headers=signed(rehearsal, f"{url}?days=10"), timeout=60)
    assert answer.status_code == 200
    assert answer.json()["own_mail"]["passes"] is True
    assert httpx.get(url, timeout=60).status_code == 403
    assert httpx.get(f"{url}?days=0", headers=signed(rehearsal, f"{url}?days=0"), timeout=60).status_code == 400


def signed(rehearsal: Rehearsal, url: str) -> dict[str, str]:
    keys = rehearsal.boto3
    request = AWSRequest(method="GET", url=url)
    credentials = Credentials(keys["aws_access_key_id"], keys["aws_secret_access_key"])
    SigV4Auth(credentials, "ses", keys["region_name"]).add_auth(request)
    return dict(request.headers)


def test_wrong_use_is_one_sentence(node: Node, rehearsal: Rehearsal) -> None:
    for arguments in (("report", DOMAIN, "--days", "0"), ("advice", "nobody.test")):
        refused = node.command("dmarc", *arguments, check=False)
        assert refused.returncode == 1
        assert refused.stderr.startswith("tayori: ") and refused.stderr.count("\n") == 1
