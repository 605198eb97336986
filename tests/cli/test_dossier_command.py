"""`tayori dns dossier`, and the document over HTTP, on a service that runs."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import openpyxl
import pypdfium2
import pytest

from tayori.testing import Node, Rehearsal, free_ports

DOMAIN = "handed.test"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    folder = tmp_path_factory.mktemp("service")
    with free_ports() as port_base:
        running = Node(data=folder / "tayori", port_base=port_base)
        running.start()
        found = Rehearsal(json.loads(running.command("env", "--json").stdout))
        ses = boto3.client("sesv2", **found.boto3)
        ses.create_email_identity(EmailIdentity=DOMAIN)
        ses.put_email_identity_mail_from_attributes(EmailIdentity=DOMAIN, MailFromDomain=f"bounce.{DOMAIN}")
        yield running
        assert running.stop() == 0


def test_the_document_is_markdown_unless_something_else_is_said(node: Node) -> None:
    english = node.command("dns", "dossier", DOMAIN).stdout
    assert english.startswith(f"# Registration of DNS records for {DOMAIN}\n")
    assert english.count("\n### 4.") == 6  # three CNAME, MX, SPF, DMARC
    japanese = node.command("dns", "dossier", DOMAIN, "--lang", "ja", "--requester", "㈱髙﨑").stdout
    assert japanese.startswith(f"# {DOMAIN} の DNSレコード登録について\n")
    assert "㈱髙﨑" in japanese


def test_the_end_of_the_files_name_chooses_the_form(node: Node, tmp_path: Path) -> None:
    for name in ("d.pdf", "d.html", "d.xlsx"):
        node.command("dns", "dossier", DOMAIN, "--lang", "ja", "--output", str(tmp_path / name))
    with pypdfium2.PdfDocument((tmp_path / "d.pdf").read_bytes()) as document:
        assert DOMAIN in document[0].get_textpage().get_text_range()
    assert (tmp_path / "d.html").read_text("utf-8").startswith('<!doctype html>\n<html lang="ja">')
    assert len(openpyxl.load_workbook(io.BytesIO((tmp_path / "d.xlsx").read_bytes())).sheetnames) == 3


def test_options_are_what_the_document_says(node: Node) -> None:
    names = ("--contact", "jo@example.com", "--recipient", "IT")
    options = ("--start-date", "2027-01-30", "--panel", "sakura", *names)
    text = node.command("dns", "dossier", DOMAIN, *options).stdout
    assert "* To: IT" in text
    assert "* Contact: jo@example.com" in text
    assert "* Start of work: 2027-02-01 (Mon)" in text  # the 30th is a Saturday
    assert ".dkim.tayori.test.`" in text  # values end in a dot there
    assert "Notes for SAKURA internet" in text


def test_json_is_the_content(node: Node) -> None:
    assert json.loads(node.command("dns", "dossier", DOMAIN, "--json").stdout)["title"].endswith(DOMAIN)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("nowhere.test",), 1, "has no identity nowhere.test. Create it first"),
        ((DOMAIN, "--panel", "plesk"), 2, "invalid choice: 'plesk'"),
        ((DOMAIN, "--start-date", "soon"), 2, "soon is not a date such as 2027-01-31"),
        ((DOMAIN, "--format", "pdf", "--output", "/nonexistent/x.pdf"), 1, "cannot be written"),
    ],
)
def test_what_cannot_be_made_is_said(node: Node, arguments: tuple[str, ...], status: int, said: str) -> None:
    result = node.command("dns", "dossier", *arguments, check=False)
    assert result.returncode == status
    assert said in result.stderr
    assert "Traceback" not in result.stderr
