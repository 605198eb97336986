"""The pytest plugin as a suite of somebody else meets it: the examples of the manual, run as they stand."""

import os
import re
import subprocess
import sys
from pathlib import Path

MANUAL = Path(__file__).resolve().parents[2] / "docs" / "howto" / "testing.md"


def run(*command: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "TAYORI_"))}
    return subprocess.run(
        [sys.executable, *command], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def test_the_examples_of_the_manual_work(tmp_path):
    examples = re.findall(r"```python\n(.*?)```", MANUAL.read_text("utf-8"), re.DOTALL)
    (tmp_path / "test_manual.py").write_text("\n\n".join(examples), "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    done = run("-m", "pytest", "-q", "-p", "no:cacheprovider", "test_manual.py", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 passed" in done.stdout


def test_a_suite_that_does_not_ask_pays_nothing(tmp_path):
    script = (
        "import sys, tayori.pytest_plugin; print(sorted(name for name in sys.modules if name.startswith('tayori')))"
    )
    assert run("-c", script, cwd=tmp_path).stdout.strip() == "['tayori', 'tayori.pytest_plugin']"
    fixtures = run("-m", "pytest", "--fixtures", "-p", "no:cacheprovider", cwd=tmp_path).stdout
    assert "tayori_rehearsal [session scope]" in fixtures
