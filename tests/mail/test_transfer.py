"""Edits within an encoded body: what other programs decode is the edited text, and the rest is the very same octets."""

import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.mail.lines import has_line_longer_than
from tayori.mail.parts import to_base64, to_quoted_printable
from tayori.mail.transfer import Edit, opened, spliced

URL = b"http://r.us-east-1.example.net/L0/https:%2F%2Fexample.com/1/" + b"a" * 60 + b"=686"


def longest_line(raw):
    return max(len(line) for line in raw.split(b"\r\n"))


@st.composite
def edited(draw, alphabet="ab=. \u3042\r\n<>"):
    """A text with CRLF, and edits of it in order."""
    text = draw(st.text(alphabet, max_size=400)).replace("\r", "").replace("\n", "\r\n")
    data = text.encode()
    places = sorted(draw(st.lists(st.integers(0, len(data)), max_size=8)))
    places = [place for place in places if data[place - 1 : place + 1] != b"\r\n"]
    pairs = list(zip(places[::2], places[1::2], strict=False))
    texts = draw(st.lists(st.sampled_from([b"", b"x=y", URL, URL * 3]), min_size=len(pairs), max_size=len(pairs)))
    apart = [(a, b) for number, (a, b) in enumerate(pairs) if not number or a > pairs[number - 1][1]]
    return data, [Edit(a, b, text) for (a, b), text in zip(apart, texts, strict=False)]


@given(edited())
def test_quoted_printable_decodes_to_the_edited_text(case):
    data, edits = case
    raw = to_quoted_printable(data, is_text=True)
    body = opened(raw, "quoted-printable")
    assert body.data == data
    changed = body.edited(edits)
    assert quopri.decodestring(changed.replace(b"\r\n", b"\n")) == spliced(data, edits).replace(b"\r\n", b"\n")
    assert longest_line(changed) <= 76
    if edits and edits[0].text:  # up to the first edit, every octet is the sender's
        before = to_quoted_printable(data[: edits[0].start], is_text=True)
        assert changed.startswith(before[: max(0, before.rfind(b"\n"))])


@pytest.mark.parametrize(
    ("raw", "at", "text", "expected"),
    [
        (b"<a href=3D\"x\">y</a>", (9, 10), b"z=1", b'<a href=3D"=\r\nz=3D1=\r\n">y</a>'),
        (b"ab=\r\ncd", (2, 3), b"x", b"ab=\r\nx=\r\nd"),
        (b"ab\r\ncd", (2, 2), b"x", b"ab=\r\nx\r\ncd"),
        (b"ab\r\ncd", (4, 6), b"x", b"ab\r\nx"),
        (b"a=20b=3", (1, 2), b"", b"ab=3"),
        (b"=E3=81=82", (3, 3), b"x", b"=E3=81=82=\r\nx"),
        (b"a" * 76 + b"\r\n", (76, 76), b"x", b"a" * 75 + b"=\r\na=\r\nx\r\n"),
    ],
)  # fmt: skip
def test_quoted_printable_is_spliced_where_it_stands(raw, at, text, expected):
    assert opened(raw, "quoted-printable").edited([Edit(*at, text)]) == expected


@given(edited(), st.sampled_from([76, 72, 64, 60]), st.sampled_from([b"", b"\r\n", b"\r\n\r\n"]))
def test_base64_keeps_its_lines_up_to_the_first_edit(case, width, end):
    data, edits = case
    text = to_base64(data).replace(b"\r\n", b"")
    raw = b"\r\n".join(text[at : at + width] for at in range(0, len(text), width)) + end
    body = opened(raw, "base64")
    changed = body.edited(edits)
    assert opened(changed, "base64").data == spliced(data, edits)
    assert longest_line(changed) <= 76 and changed.endswith(end)
    same = (edits[0].start if edits else len(data)) // 3 * 4
    if b"\r\n" in raw.rstrip():
        whole = same // width * (width + 2)
        assert changed[: whole - 2] == raw[: whole - 2]


@given(edited(alphabet="ab\r\n<>"), st.integers(0, 990))
def test_plain_text_keeps_its_octets_and_its_lines_short(case, size):
    data, edits = case
    data += b"\r\n" + b"c" * size
    changed = opened(data, "7bit").edited(edits)
    wanted = spliced(data, edits)
    if has_line_longer_than(wanted, 1000):  # broken at the edits, where white space does no harm
        assert changed.replace(b"\r\n", b"") == wanted.replace(b"\r\n", b"")
    else:
        assert changed == wanted
    assert not has_line_longer_than(changed, 1000)


def test_lines_of_plain_text_that_grow_too_long_are_broken_at_the_edits():
    data = b'<a href="1">' + b"x" * 480 + b'<a href="2">' + b"y" * 480
    first, second = data.index(b'"1"'), data.index(b'"2"')
    changed = opened(data, "8bit").edited([Edit(first, first + 3, b'"' + URL + b'"'), Edit(second, second + 3, b"z")])
    assert changed == (b'<a href=\r\n"' + URL + b'"\r\n>' + b"x" * 480 + b"<a href=\r\nz\r\n>" + b"y" * 480)


@pytest.mark.parametrize("encoding", ["", "quoted-printable"])
def test_lines_whose_ends_are_taken_out_do_not_become_one(encoding):
    line = b"a" * 60 + b"<x\r\ny>" + b"b" * 5
    raw = line * 20
    places = [n * len(line) + 60 for n in range(20)]
    changed = opened(raw, encoding).edited([Edit(at, at + 6, b"") for at in places])
    assert longest_line(changed) <= (76 if encoding else 998)
    plain = quopri.decodestring(changed) if encoding else changed.replace(b"\r\n", b"")
    assert plain == (b"a" * 60 + b"b" * 5) * 20


def test_what_fits_no_line_is_left_as_it_was():
    data = b'<a href="1">'
    assert opened(data, "7bit").edited([Edit(8, 11, b"u" * 999)]) == data


@pytest.mark.parametrize(("raw", "encoding"), [(b"YQ==\r\n--x--", "base64"), (b"YQ=", "base64"), (b"a", "binary"),
                                               (b"a", "uuencode")])  # fmt: skip
def test_what_cannot_be_read_is_not_touched(raw, encoding):
    assert opened(raw, encoding) is None
