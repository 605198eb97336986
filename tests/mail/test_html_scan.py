"""Ranges of links in HTML, by a scanner that must agree with another parser and must not be slowed down."""

import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.mail.html_scan import MOST_TAGS, ascii_view, scan, to_ascii_at


def values(source, name=b"href"):
    """What each `<a>` has under a name, by the ranges."""
    return [
        source[one.value_start : one.value_end]
        for attributes in scan(source).anchors
        for one in attributes
        if one.name == name
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b'<a href="x">', [b"x"]),
        (b"<A HREF='x'>", [b"x"]),
        (b"<a href=x>", [b"x"]),
        (b"<a href=x/y/>", [b"x/y/"]),
        (b"<a\r\n\thref =\r\n 'x' >", [b"x"]),
        (b'<a/href="x"/>', [b"x"]),
        (b'<a title="<a href=no>" href="x">', [b"x"]),
        (b"<a title='>' href=x>", [b"x"]),
        (b"<a title=it's href=x>", [b"x"]),
        (b"<a title=a'b href='x'>", [b"x"]),
        (b'<a href="x"target=y>', [b"x"]),
        (b"<a href>", [b""]),
        (b"<a href=>", [b""]),
        (b"<a =href href=x>", [b"x"]),
        (b"<abbr href=x><area href=x><a-b href=x>", []),
        (b"</a href=x>", []),
        (b"< a href=x>", []),
        (b'<!-- <a href="x"> --><a href=y>', [b"y"]),
        (b"<!--><a href=x>", [b"x"]),
        (b"<!---><a href=x>", [b"x"]),
        (b"<!-- --!><a href=x>", [b"x"]),
        (b"<!-- <a href=x> --", []),
        (b'<!--[if mso]><a href="no"><![endif]--><a href=x>', [b"x"]),
        (b'<![if !mso]><a href="x"><![endif]>', [b"x"]),
        (b"<?xml <a href=no> ?><a href=x>", [b"x"]),
        (b"</3 <a href=no> ><a href=x>", [b"x"]),
        (b'<script>"<a href=no>"</scriptx></script ><a href=x>', [b"x"]),
        (b"<STYLE><a href=no></style><a href=x>", [b"x"]),
        (b"<textarea><a href=no></textarea><title><a href=no></title><a href=x>", [b"x"]),
        (b"<noscript><a href=x></noscript>", [b"x"]),
        (b"<plaintext><a href=no>", []),
        (b"<script><a href=no>", []),
        (b'<a href="x', []),
        (b"<a href=x", []),
        (b"1 < 2 <a href=x> 3 > 2", [b"x"]),
        (b"<a href=x><a href=y>", [b"x", b"y"]),
    ],
)
def test_what_browsers_take_for_a_link(source, expected):
    assert values(source) == expected


@pytest.mark.parametrize(
    ("source", "before"),
    [
        (b"<body>x</body></html>", b"</body></html>"),
        (b"<body>x</BODY >\r\n", b"</BODY >\r\n"),
        (b"x</html>", b"</html>"),
        (b"x", b""),
        (b"x</body>y</body>z", b"</body>z"),
        (b"x<!-- </body> -->", b""),
        (b'x<p title="</body>">', b""),
    ],
)
def test_the_body_ends_before_its_last_end_tag(source, before):
    assert source[scan(source).body_end :] == before


class Reference(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=False)
        self.hrefs = []

    def handle_starttag(self, tag, attributes):
        if tag == "a":
            self.hrefs += [(value or "").encode() for name, value in attributes if name == "href"]


PIECES = [
    *('<a href="{}">', "<a href='{}'>", "<a id=1 href={} class=x>", "<a\ttitle='>' href=\"{}\"/>", "</a>", "<p>"),
    *("text", "<br/>", '<img alt="<a href=x>">', "<!-- <a href=y> -->", "<style>a:hover{{}}</style>", "&amp;", "\r\n"),
    "日本",
]


@given(st.lists(st.tuples(st.sampled_from(PIECES), st.from_regex(r"\A[a-z:/.]{1,12}\Z"))))
def test_pythons_own_parser_sees_the_same_links(pieces):
    text = "".join(piece.format(value) for piece, value in pieces)
    reference = Reference()
    reference.feed(text)
    reference.close()
    assert values(text.encode()) == reference.hrefs


@given(st.binary(max_size=300) | st.text("<>a/!-=\"' \threfbody", max_size=200).map(str.encode))
def test_any_octets_give_ranges_in_order(source):
    found = scan(source)
    ranges = [place for attributes in found.anchors for one in attributes
              for place in (one.start, one.value_start, one.value_end, one.end)]  # fmt: skip
    assert ranges == sorted(ranges) and all(0 <= place <= len(source) for place in (*ranges, found.body_end))


@pytest.mark.parametrize(
    "piece",
    [
        b"<",
        b"<a ",
        b'<a href="',
        b"<a href='x' ",
        b"<!--",
        b"<!-- -",
        b"<script>",
        b"</",
        b"<a\t=",
        b"<a " + b" " * 500,
        b"<a href=x>",
        b"\x1b$B",
        b"\x81",
    ],
)
def test_hostile_text_costs_no_more_than_its_length(piece):
    def seconds(size):
        source = piece * (size // len(piece))
        began = time.process_time()
        scan(ascii_view(source, "shift_jis"))
        return time.process_time() - began

    small = max(seconds(40_000), 0.002)
    assert seconds(400_000) < 60 * small


def test_there_is_an_end_to_tags():
    assert len(scan(b"<a>" * (MOST_TAGS + 5)).anchors) == MOST_TAGS


@pytest.mark.parametrize("charset", ["", "us-ascii", "UTF-8", "iso-8859-1", "windows-1252", "euc-jp", "koi8-r"])
def test_octets_below_128_are_ascii(charset):
    data = b"<a href=x>\xe6\x97\xa5"
    assert ascii_view(data, charset) == data


@pytest.mark.parametrize(
    ("charset", "text"),
    [
        ("shift_jis", "ソ表能<a href=x>ソ</a>"),  # their second halves are backslashes
        ("iso-2022-jp", "日本語<a href=x>中央</a>"),
        ("gbk", "丂乗<a href=x>"),
        ("gb18030", "\u0080\U00010000<a href=x>"),
        ("big5", "功許<a href=x>"),
    ],
)
def test_halves_of_characters_are_no_ascii(charset, text):
    data = text.encode(charset)
    view = ascii_view(data, charset)
    assert len(view) == len(data)
    assert (
        view.translate(None, bytes(range(0x80, 0x100))).replace(b"\x1b$B", b"").replace(b"\x1b(B", b"")
        == "".join(character for character in text if character.isascii()).encode()
    )
    assert values(view) == [b"x"]


def test_markup_that_is_japanese_is_no_markup():
    """In ISO-2022-JP, these two octets are a character: the `<` of a tag would be half of one."""
    data = b"\x1b$B<a\x1b(B <a href=x>"
    assert data.decode("iso-2022-jp") == "釈 <a href=x>"
    assert values(ascii_view(data, "iso-2022-jp")) == [b"x"]


@pytest.mark.parametrize("charset", ["utf-16", "utf-7", "iso-2022-kr", "hz", "cp037", "no-such-set", "x" * 99])
def test_other_character_sets_are_left_alone(charset):
    assert ascii_view(b"<a href=x>", charset) is None


def test_ascii_is_put_in_where_ascii_is_in_force():
    japanese, roman = b"\x1b$B<a", b"\x1b(Jx"
    assert to_ascii_at(japanese, len(japanese)) == b"\x1b(B" == to_ascii_at(roman, len(roman))
    assert to_ascii_at(japanese + b"\x1b(B", 8) == to_ascii_at(b"plain", 5) == b""
