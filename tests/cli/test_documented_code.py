"""The code that the documentation shows is run: what is marked `<!-- test: send -->`, against a real service."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from tayori.testing import Rehearsal, rehearsal_in

ROOT = Path(__file__).resolve().parents[2]
MARKED = re.compile(r"^<!-- test: send -->\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = [ROOT / "README.md", ROOT / "README.ja.md", *sorted((ROOT / "docs" / "howto").glob("*.md"))]
BLOCKS = [(page.name, number, code) for page in PAGES for number, code in enumerate(MARKED.findall(page.read_text()))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("documented")


@pytest.fixture(scope="module")
def rehearsal(folder: Path) -> Iterator[Rehearsal]:
    with rehearsal_in(folder) as running:
        running.settings(verify_identities_at_once=True, production_access=True)
        boto3.client("sesv2", **running.boto3).create_email_identity(EmailIdentity="example.test")
        yield running


def test_there_is_code_to_run() -> None:
    assert {name for name, _, _ in BLOCKS} == {"README.md", "README.ja.md", "boto3.md", "smtp.md"}


@pytest.mark.parametrize(("page", "number", "code"), BLOCKS, ids=[f"{name}-{number}" for name, number, _ in BLOCKS])
def test_documented_code_runs(rehearsal: Rehearsal, folder: Path, page: str, number: int, code: str) -> None:
    program = Path(sys.executable).parent
    environment = os.environ | rehearsal.environment
    environment |= {"TAYORI_DATA": str(folder / "tayori"), "PATH": f"{program}{os.pathsep}{os.environ['PATH']}"}
    before = len(rehearsal.mailbox("reader@inbox.test"))
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    if "send_message" in code or "send_email" in code:
        mail = rehearsal.wait_for_mail("reader@inbox.test", count=before + 1)[-1]
        assert mail.tls
        assert mail.message["From"].addresses[0].addr_spec == "news@example.test"
