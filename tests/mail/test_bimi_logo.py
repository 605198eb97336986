"""The profile of a BIMI logo, element by element."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.mail.bimi_logo import LARGE, examine

ROOT = (
    '<svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps" viewBox="0 0 64 64"{more}>'
    "{inner}</svg>"
)


def svg(inner: str = "", more: str = "") -> bytes:
    return ROOT.format(inner=f"<title>Example</title>{inner}", more=more).encode()


GOOD = svg(
    '<defs><linearGradient id="g"><stop offset="0"/></linearGradient></defs>'
    '<g fill="url(#g)"><path d="M0 0h64v64z"/><use xlink:href="#g"/></g>',
    ' xmlns:xlink="http://www.w3.org/1999/xlink"',
)


def test_a_logo_in_order_needs_no_word() -> None:
    assert examine(GOOD) == ()


@pytest.mark.parametrize(
    ("content", "note"),
    [
        (b"", "svg-malformed"),
        (b"<svg", "svg-malformed"),
        (b"GIF89a", "svg-malformed"),
        (b"<html/>", "svg-none"),
        (b'<svg version="1.2" baseProfile="tiny-ps"/>', "svg-none"),
        (b'<!DOCTYPE svg [<!ENTITY a "b">]>' + GOOD, "svg-doctype"),
        (GOOD.replace(b'"1.2"', b'"1.1"'), "svg-profile"),
        (GOOD.replace(b"tiny-ps", b"tiny"), "svg-profile"),
        (GOOD.replace(b"<title>Example</title>", b""), "svg-no-title"),
        (svg(more=' x="0"'), "svg-position"),
        (svg("<script/>"), "svg-active"),
        (svg("<g><animate/></g>"), "svg-active"),
        (svg('<rect onload="x()"/>'), "svg-active"),
        (svg("<image/>"), "svg-active"),
        (svg('<use href="https://example.net/x#y"/>'), "svg-external"),
        (svg('<rect style="fill:url(https://example.net/)"/>'), "svg-external"),
        (svg(f"<desc>{'x' * LARGE}</desc>"), "svg-large"),
        (GOOD.replace(b"0 0 64 64", b"0 0 64 32"), "svg-not-square"),
        (GOOD.replace(b"0 0 64 64", b"0 0 e e"), "svg-malformed"),
        (svg("<g>" * 100 + "</g>" * 100), "svg-malformed"),
        (svg("<g/>" * 30_000), "svg-malformed"),
    ],
)
def test_what_is_wrong_is_named(content: bytes, note: str) -> None:
    assert examine(content) == (note,)


@given(st.binary(max_size=300) | st.text(alphabet="<>svg/=\"'! -#&;", max_size=200).map(str.encode))
def test_whatever_the_file_is_there_is_an_answer(content: bytes) -> None:
    assert all(note.startswith("svg-") for note in examine(content))
    assert all(note.startswith("svg-") for note in examine(GOOD[: len(content)] + content))
