"""Compares what a command printed with a file of golden/, in which `{...}` stands for any text on one line."""

import re
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def assert_golden(name: str, printed: str) -> None:
    expected = (FOLDER / name).read_text("utf-8")
    pattern = re.escape(expected).replace(re.escape("{...}"), "[^\n]*")
    assert re.fullmatch(pattern, printed), f"{name} does not fit:\n{printed}"
