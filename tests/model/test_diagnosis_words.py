"""Every mistake has a sentence in both languages, with the same places."""

import string

import pytest

from tayori.model.diagnosis_words import TEXTS
from tayori.model.evidence import Mistake


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_mistake_has_a_sentence() -> None:
    assert set(TEXTS) == set(Mistake)


@pytest.mark.parametrize("mistake", list(Mistake))
def test_both_languages_speak_of_the_same(mistake: Mistake) -> None:
    english, japanese = TEXTS[mistake]
    assert _places(english) == _places(japanese)
    assert english.isascii()
    assert any("\u3040" <= character <= "\u30ff" for character in japanese)
