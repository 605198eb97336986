"""The catalogue and the table of panels: complete in both languages, with the same places."""

import re
from string import Formatter

import pytest

from tayori.dossier.blocks import Mark, Span, line_of
from tayori.dossier.catalogue import LANGUAGES, catalogue
from tayori.dossier.panels import Certainty, FinalDot, HostForm, LongText, panels
from tayori.dossier.schedule import Part
from tayori.model.domain_plan import Change, Necessity
from tayori.model.proof import Purpose
from tayori.model.spf_advice import SpfNote

_JAPANESE = re.compile(r"[぀-ヿ一-鿿]")
# Names of protocols, signs, and words that both languages share.
_SAME = {
    "purpose.mta-sts.title",
    "purpose.mail-from-spf.title",
    "figure.cname",
    "figure.letter-from",
    "part.does",
    "part.confirms",
    "part.none",
}


def _places(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name)


def test_both_languages_have_every_text() -> None:
    assert set(catalogue("en")) == set(catalogue("ja"))
    assert len(catalogue("en")) > 300


@pytest.mark.parametrize("key", sorted(catalogue("en")))
def test_a_text_has_the_same_places_and_marks_in_both_languages(key: str) -> None:
    english, japanese = catalogue("en")[key], catalogue("ja")[key]
    assert english.strip() and japanese.strip()
    assert _places(english) == _places(japanese)
    assert english.count("**") % 2 == 0 and japanese.count("**") % 2 == 0
    for text in (english, japanese):  # a mark within a mark would be shown as it is typed
        assert not any("`" in span.text or "**" in span.text for span in line_of(text, dict.fromkeys(_places(text), 1)))
    assert sorted(re.findall(r"`[^`]*`", english)) == sorted(re.findall(r"`[^`]*`", japanese))
    assert not _JAPANESE.search(english)
    assert (english == japanese) == (key in _SAME)
    assert _JAPANESE.search(japanese) or key in _SAME or not re.sub(r"\{\w+\}|\W", "", japanese)


def test_everything_that_a_plan_can_say_has_its_texts() -> None:
    known = catalogue("en")
    for purpose in (*Purpose, "dkim-key", "spf", "mta-sts", "tls-rpt", "bimi", "other"):
        for what in ("title", "effect", "receiving", "risk", "undo"):
            assert f"purpose.{purpose}.{what}" in known
    assert all(f"change.{change}" in known for change in Change)
    assert all(f"necessity.{necessity}" in known for necessity in Necessity)
    assert all(f"note.spf.{note}" in known for note in SpfNote)
    assert all(f"part.{part}" in known for part in Part)
    assert all(f"panels.host-{form}" in known for form in HostForm)
    assert all(f"panels.dot-{dot}" in known for dot in FinalDot)
    assert all(f"panels.text-{text}" in known for text in LongText)
    assert all(f"panels.certainty-{certainty}" in known for certainty in Certainty)


def test_the_services_that_were_asked_for_are_there() -> None:
    wanted = "onamae sakura xserver value-domain muumuu-domain conoha route53 cloudflare google-cloud-dns azure-dns"
    assert {*wanted.split(), "godaddy"} <= set(panels())


@pytest.mark.parametrize("key", panels())
def test_a_panel_is_dated_and_said_in_both_languages(key: str) -> None:
    panel = panels()[key]
    assert re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", panel.checked)
    assert panel.source.startswith("https://")
    assert set(panel.names) == set(panel.notes) == set(LANGUAGES)
    assert len(panel.notes["en"]) == len(panel.notes["ja"]) > 0
    assert all(_JAPANESE.search(note) for note in panel.notes["ja"])
    if panel.ttl_minimum is not None:
        assert panel.ttl_maximum is not None
        assert panel.ttl_minimum <= 3600 <= panel.ttl_maximum


def test_what_stands_in_a_place_is_never_markup() -> None:
    line = line_of("**{a}** and `{b}`: {c}", {"a": "`x`", "b": "**y** {c}", "c": "{a}"})
    assert line == (
        Span(text="`x`", mark=Mark.STRONG),
        Span(text=" and "),
        Span(text="**y** {c}", mark=Mark.CODE),
        Span(text=": {a}"),
    )
