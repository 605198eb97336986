"""One Japanese word for one thing: words that docs/glossary.md gives another for are nowhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLACES = ("console/src/**/*.ts*", "src/tayori/**/*words.py", "src/tayori/model/*.py", "docs/**/*.ja.md", "README.ja.md")


def table() -> Iterator[tuple[str, str]]:
    """What not to say, and what to say."""
    text = (ROOT / "docs/glossary.md").read_text("utf-8").partition("## Japanese")[2]
    for _, japanese, wrong in re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \|$", text, re.MULTILINE):
        yield from ((word, japanese) for word in wrong.split("、") if wrong != "Not")


@pytest.mark.parametrize(("wrong", "right"), list(table()))
def test_a_thing_has_one_word(wrong: str, right: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()[:120]}"
        for place in PLACES
        for path in ROOT.glob(place)
        for line in path.read_text("utf-8").splitlines()
        if wrong in line
    ]
    assert not found, f"say {right}:\n" + "\n".join(found)
