"""The table of what was thought of names tests that are there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_each_case_has_its_test() -> None:
    page = (ROOT / "docs" / "outgoing-requests.md").read_text("utf-8")
    tree = ast.parse((ROOT / "tests" / "events" / "test_outgoing_http.py").read_text("utf-8"))
    there = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    rows = [line for line in page.splitlines() if line.startswith("| ") and not line.startswith("| Case")]
    named = [re.findall(r"`(test_\w+)` \|$", row) for row in rows]
    assert len(rows) > 20 and all(len(names) == 1 for names in named)
    assert {name for (name,) in named} <= there
