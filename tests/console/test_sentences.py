"""The table of the service's sentences in Japanese: each is one that the source really has, with the same values."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "console/src/api/sentences.ts").read_text("utf-8")
ENTRIES = [
    (english, japanese)
    for _, english, japanese in re.findall(
        r"""^  \[\s*(["'])((?:(?!\1).)*)\1,\s*"([^"]*)",?\s*\],$""", TABLE, re.MULTILINE
    )
]
HOLE = re.compile(r"\{\w+\}")


@cache
def said() -> frozenset[str]:
    """Every text of the source, `{}` for each value in it."""
    return frozenset(
        text for path in (ROOT / "src/tayori").rglob("*.py") for text in texts(ast.parse(path.read_text("utf-8")))
    )


def texts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)


def test_the_table_is_read_whole() -> None:
    body = TABLE[TABLE.index("export const sentences") : TABLE.index("];")]
    assert len(ENTRIES) == len(re.findall(r"^  \[", body, re.MULTILINE)) > 200
    assert len({HOLE.sub("{}", english) for english, _ in ENTRIES}) == len(ENTRIES)


@pytest.mark.parametrize(("english", "japanese"), ENTRIES, ids=[english[:40] for english, _ in ENTRIES])
def test_a_sentence_is_one_of_the_service(english: str, japanese: str) -> None:
    assert HOLE.sub("{}", english) in said()
    assert set(HOLE.findall(japanese)) <= set(HOLE.findall(english))
    assert re.search(r"[ぁ-んァ-ヶ一-龠]", japanese)
    assert not re.search(r"[。、][A-Za-z]+\.$", japanese)
