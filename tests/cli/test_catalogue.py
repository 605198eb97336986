"""The catalogue: both languages have every text, with the same places; and the language is found as POSIX says."""

import re
from string import Formatter

import pytest
from command_tests import Tayori

from tayori.cli.check import Health
from tayori.cli.command import language
from tayori.cli.main import COMMANDS
from tayori.cli.table import pad, printable, table, width
from tayori.cli.words import Words, catalogue
from tayori.model.diagnosis import Standing
from tayori.model.evidence import SeenStatus
from tayori.model.proof import Purpose

_JAPANESE = re.compile(r"[぀-ヿ一-鿿]")


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_a_text_has_the_same_places_in_both_languages(key: str) -> None:
    english, japanese = catalogue()[key]
    assert english.strip() and japanese.strip()
    assert _places(english) == _places(japanese)
    assert not _JAPANESE.search(english)


def test_nearly_every_text_is_translated() -> None:
    """What stays is made of names and values only."""
    same = {key for key, (english, japanese) in catalogue().items() if english == japanese}
    assert same == {
        "check.identity.expected",
        "check.record",
        "check.record.expected",
        "purpose.mail-from-spf",
    }


def test_every_command_is_listed_in_both_languages(tayori: Tayori) -> None:
    for lang in ("en", "ja"):
        result = tayori("--help", "--lang", lang)
        assert result.status == 0
        listed = [line.split()[0] for line in result.out.splitlines() if line.startswith("  ")]
        assert listed == list(COMMANDS)
    assert _JAPANESE.search(tayori("--lang=ja", "--help").out)
    assert not _JAPANESE.search(tayori("--help").out)


def test_every_check_of_the_doctor_has_its_texts() -> None:
    keys = set(catalogue())
    names = {key.split(".")[1] for key in keys if key.startswith("check.")}
    assert len(names) > 20
    for name in names:
        assert {f"check.{name}", f"check.{name}.expected", f"check.{name}.remedy"} <= keys


def test_every_purpose_and_verdict_of_a_record_has_its_text() -> None:
    words = Words("ja")
    assert all(words.has(f"purpose.{purpose}") for purpose in (*Purpose, "dmarc"))
    assert all(words.has(f"verdict.{standing}") for standing in Standing)
    assert all(words.has(f"seen.{status}") for status in SeenStatus)
    assert all(words.has(f"doctor.{health}") for health in Health)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "en"),
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "C", "LC_MESSAGES": "ja"}, "ja"),
        ({"LANG": "", "LC_ALL": ""}, "en"),
    ],
)
def test_the_language_is_that_of_the_locale(environment: dict[str, str], expected: str) -> None:
    assert language(environment) == expected


def test_wide_characters_take_two_columns() -> None:
    assert (width("abc"), width("日本"), width("か\u3099")) == (3, 4, 2)
    assert pad("日本", 6) == "日本  "
    assert table(("名前", "x"), [("a", "1")]) == "名前  x\na     1\n"


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert printable("a\x1b[31m\u202eb") == "a\N{REPLACEMENT CHARACTER}[31m\N{REPLACEMENT CHARACTER}b"


def test_words_without_places_are_left_as_they_are() -> None:
    assert Words("en")("verdict.ok") == "in place"
    assert Words("ja")("verdict.ok") == "確認済み"
