"""`tayori dns zone`, `publish` and `share`, on a service that runs and at a real BIND."""

import http.server
import json
import ssl
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
import trustme

import bind_server
from bind_server import ALGORITHM, KEY_NAME, Bind
from programs import require
from tayori.testing import Node, Rehearsal, free_ports

DOMAIN = "published.test"
ZONE = """\
@ 300 IN SOA ns.published.test. hostmaster.published.test. 1 3600 600 86400 300
@ 300 IN NS ns
ns 300 IN A 192.0.2.53
www 300 IN A 192.0.2.7
bounce 300 IN MX 5 mx.elsewhere.example.
"""


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
    return found


@pytest.fixture
def server(rehearsal: Rehearsal, tmp_path: Path) -> Iterator[Bind]:
    with bind_server.running(tmp_path, DOMAIN, f"$ORIGIN {DOMAIN}.\n{ZONE}") as running:
        yield running


def _tsig(server: Bind) -> str:
    return f"{KEY_NAME}:{ALGORITHM}:{server.secret_file}"


def test_zone_writes_a_file_that_named_takes(node: Node, rehearsal: Rehearsal, tmp_path: Path) -> None:
    records = tmp_path / "records"
    node.command("dns", "zone", DOMAIN, "--output", str(records))
    whole = tmp_path / "whole"
    whole.write_text(f"$ORIGIN {DOMAIN}.\n{ZONE.replace('bounce 300', 'other 300')}{records.read_text('utf-8')}")
    checked = subprocess.run(
        [require("named-checkzone", "bind9-utils"), DOMAIN, str(whole)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout


def test_zone_takes_a_form_and_json_is_one(node: Node, rehearsal: Rehearsal) -> None:
    assert json.loads(node.command("dns", "zone", DOMAIN, "--json").stdout)["domain"] == DOMAIN
    rows = node.command("dns", "zone", DOMAIN, "--format", "csv").stdout.splitlines()
    assert rows[0] == "Type,Name,Value"
    assert f"MX,bounce.{DOMAIN},10 feedback-smtp.us-east-1.tayori.test" in rows


def test_publish_shows_a_plan_first_and_then_does_it(node: Node, server: Bind) -> None:
    to = ("dns", "publish", DOMAIN, "--server", f"127.0.0.1:{server.port}", "--tsig", _tsig(server))
    shown = node.command(*to)
    assert "5 to change. Nothing was changed yet" in shown.stdout
    assert f"! bounce.{DOMAIN} MX" in shown.stdout
    assert "5 mx.elsewhere.example stands there, and it is not this service's" in shown.stdout
    assert server.values(f"_dmarc.{DOMAIN}", "TXT") == []

    applied = node.command(*to, "--apply", "--lang", "ja", check=False)
    assert applied.returncode == 1, "a record that is needed was left to a person"
    assert "5 件を変更しました" in applied.stdout
    assert server.values(f"_dmarc.{DOMAIN}", "TXT") == ['"v=DMARC1; p=none; rua=mailto:dmarc-reports@tayori.test"']
    assert server.values(f"bounce.{DOMAIN}", "MX") == ["5 mx.elsewhere.example."]
    assert server.values(f"www.{DOMAIN}", "A") == ["192.0.2.7"]

    again = json.loads(node.command(*to, "--json").stdout)
    assert again["changes"] == []
    assert [conflict["type"] for conflict in again["conflicts"]] == ["MX"]


def test_publish_goes_through_a_provider_of_octodns(node: Node, rehearsal: Rehearsal, tmp_path: Path) -> None:
    zone, config = tmp_path / f"{DOMAIN}.yaml", tmp_path / "octodns.yaml"
    zone.write_text("---\nwww:\n  ttl: 300\n  type: A\n  value: 192.0.2.7\n")
    config.write_text(
        "providers:\n  files:\n    class: octodns.provider.yaml.YamlProvider\n"
        f"    directory: {tmp_path}\n    escaped_semicolons: true\n"
        f"zones:\n  {DOMAIN}.:\n    sources: [files]\n    targets: [files]\n"
    )
    to = ("dns", "publish", DOMAIN, "--octodns", str(config), "--provider", "files")
    shown = node.command(*to)
    assert "at files (octoDNS)\n\n+ " in shown.stdout
    assert "6 to change. Nothing was changed yet" in shown.stdout
    assert "_domainkey" not in zone.read_text()

    applied = node.command(*to, "--apply", "--lang", "ja")
    assert "6 件を変更しました" in applied.stdout
    assert zone.read_text().count("._domainkey:") == 3
    assert "value: 192.0.2.7" in zone.read_text()
    again = json.loads(node.command(*to, "--json").stdout)
    assert (again["changes"], again["zone"], again["server"]) == ([], DOMAIN, "files (octoDNS)")

    half = node.command(*to[:-2], check=False)
    assert half.stderr.strip() == "tayori: Say where to: either --server and --tsig, or --octodns and --provider."
    both = node.command(*to, "--server", "127.0.0.1:53", check=False)
    assert both.returncode == 1 and "Say where to" in both.stderr


def test_publish_says_in_one_sentence_why_it_cannot(node: Node, server: Bind, tmp_path: Path) -> None:
    to = ("dns", "publish", DOMAIN, "--server", f"127.0.0.1:{server.port}", "--apply", "--tsig")
    wrong = node.command(*to, f"stranger:{ALGORITHM}:{server.secret_file}", check=False)
    assert wrong.returncode == 1
    assert wrong.stderr.count("\n") == 1
    missing = node.command(*to, f"{KEY_NAME}:{ALGORITHM}:{tmp_path / 'none'}", check=False)
    assert "cannot be read" in missing.stderr
    half = node.command(*to, KEY_NAME, check=False)
    assert "NAME:ALGORITHM:FILE" in half.stderr
    assert server.values(f"_dmarc.{DOMAIN}", "TXT") == []


def _get(url: str, lang: str) -> tuple[int, str]:
    request = urllib.request.Request(url, headers={"Accept-Language": lang})
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def test_share_prints_a_link_that_opens_until_it_is_revoked(node: Node, rehearsal: Rehearsal) -> None:
    made = json.loads(node.command("dns", "share", DOMAIN, "--days", "3", "--json").stdout)
    status, page = _get(made["url"], "ja")
    assert status == 200
    assert f"{DOMAIN} の DNS レコード" in page
    assert f"bounce.{DOMAIN}" in page
    assert made["id"] in node.command("dns", "share", DOMAIN, "--list").stdout
    node.command("dns", "share", DOMAIN, "--revoke", made["id"])
    assert _get(made["url"], "en")[0] == 404
    assert "There is no link that opens." in node.command("dns", "share", DOMAIN, "--list").stdout
    refused = node.command("dns", "share", DOMAIN, "--days", "0", check=False)
    assert refused.returncode == 1


# -- Domain Connect ------------------------------------------------------------------------------------------------


@pytest.fixture
def provider(rehearsal: Rehearsal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A DNS provider's interface over HTTPS, and the paths that it was asked for."""
    asked: list[str] = []

    class Settings(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = json.dumps({"providerName": "Example DNS", "urlSyncUX": "https://dns.example/sync/"}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Says nothing."""

    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Settings) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        rehearsal.put_record(f"_domainconnect.{DOMAIN}", "TXT", f"localhost:{server.server_address[1]}")
        yield asked
        server.shutdown()
        thread.join(10)


def test_connect_finds_the_provider_and_prints_the_link(node: Node, provider: list[str]) -> None:
    made = json.loads(node.command("dns", "connect", DOMAIN, "--json").stdout)
    assert provider == [f"/v2/{DOMAIN}/settings"]
    assert made["provider"] == "Example DNS"
    assert made["template"] == "tayori.test/sending-us-east-1"
    assert made["url"].startswith(
        "https://dns.example/sync/v2/domainTemplates/providers/tayori.test/services/sending-us-east-1/apply?"
        f"domain={DOMAIN}&t1="
    )
    assert made["url"].endswith("groupId=dkim%2Cmail-from%2Cdmarc")
    assert "Example DNS がレコードを表示し" in node.command("dns", "connect", DOMAIN, "--lang", "ja").stdout


def test_connect_says_where_a_provider_does_not_take_part(node: Node, rehearsal: Rehearsal) -> None:
    boto3.client("sesv2", **rehearsal.boto3).create_email_identity(EmailIdentity="plain.test")
    done = node.command("dns", "connect", "plain.test", check=False)
    assert (done.returncode, done.stderr) == (
        1,
        "tayori: The DNS provider of plain.test does not offer Domain Connect: "
        "there is no _domainconnect.plain.test.\n",
    )
    rehearsal.put_record("_domainconnect.plain.test", "TXT", "localhost:1")
    silent = node.command("dns", "connect", "plain.test", check=False)
    assert silent.returncode == 1
    assert "does not tell its settings of Domain Connect" in silent.stderr
    assert silent.stderr.count("\n") == 1
