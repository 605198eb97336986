"""Bounces, complaints and replies of real systems: what each is read as, in figures, and which are missed.

To write the page anew: TAYORI_WRITE_CORPUS=1 pytest tests/inbound/test_corpus.py
"""

import json
import os
from pathlib import Path

import pytest
from bounce_corpus import (
    ACTION,
    COMPLAINT,
    DELIVERED,
    FREE_FORM,
    RECIPIENT,
    REPLY,
    STATUS,
    Statement,
    page,
    statements,
)

PAGE = Path(__file__).parents[2] / "docs" / "bounce-corpus.md"
REASONS = json.loads((Path(__file__).parent / "corpus_misses.json").read_text("utf-8"))


@pytest.fixture
def found(vectors) -> list[Statement]:
    return statements(vectors("bounces-sisimai"))


@pytest.mark.parametrize(
    ("kind", "least"), [(RECIPIENT, 165), (ACTION, 165), (STATUS, 165), (COMPLAINT, 6), (REPLY, 4), (DELIVERED, 2)]
)
def test_every_standard_one_is_right(found: list[Statement], kind: str, least: int) -> None:
    """Reports of RFC 3464 and 5965; and no automatic reply and no notice of delivery is a permanent failure."""
    here = [one for one in found if one.kind == kind]
    assert [one for one in here if not one.is_right] == []
    assert len(here) >= least


def test_of_those_in_free_form_97_of_100_are_right(found: list[Statement]) -> None:
    here = [one for one in found if one.kind in FREE_FORM]
    wrong = [one.file for one in here if not one.is_right]
    assert wrong == list(REASONS)
    assert len(here) >= 130 and len(wrong) / len(here) <= 0.03


def test_the_page_says_so(found: list[Statement]) -> None:
    text = page(found, REASONS)
    if "TAYORI_WRITE_CORPUS" in os.environ:
        PAGE.write_text(text, "utf-8")
    assert PAGE.read_text("utf-8") == text
