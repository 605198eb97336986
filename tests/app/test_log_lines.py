"""What a line of the log looks like: one line, whatever is in it; states by their names."""

import json
import subprocess
import sys

import pytest

PROGRAM = """
import logging, sys
from enum import StrEnum
from tayori import logs

class State(StrEnum):
    REFUSED = "refused"

logs.set_up(form=sys.argv[1], level="info", redact_addresses=True)
extra = {"verdict": State.REFUSED, "why": "550 no\\n2026 forged", "to": "reader@inbox.test", "attempt": 1}
logging.getLogger("tayori.events").info("notification_not_sent", extra=extra)
"""


def logged(form: str) -> str:
    done = subprocess.run([sys.executable, "-c", PROGRAM, form], capture_output=True, text=True, check=True)
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_a_line_of_text() -> None:
    line = logged("text").partition(" ")[2].strip()
    shown = r"verdict='refused' why='550 no\n2026 forged' to='…@inbox.test' attempt=1"
    assert line == f"info    tayori.events notification_not_sent {shown}"


@pytest.mark.parametrize(("name", "value"), [("verdict", "refused"), ("why", "550 no\n2026 forged"), ("attempt", 1)])
def test_a_line_of_json(name: str, value: object) -> None:
    assert json.loads(logged("json"))[name] == value
