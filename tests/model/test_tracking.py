"""What open and click tracking changes of a message, and that nothing else of it changes."""

import email
import email.policy
import re
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.mail.lines import has_line_longer_than
from tayori.mail.parts import to_base64, to_quoted_printable
from tayori.model.tracking import MOST_HTML, MOST_LINKS, Tracking, resolve_references, target_of, track
from tayori.model.tracking_link import LinkKind, is_clean

BOTH = Tracking(opens=True, clicks=True)
OPENS = Tracking(opens=True, clicks=False)
CLICKS = Tracking(opens=False, clicks=True)
PIXEL = b'<img alt="" src="http://t/open" style="display:none;width:1px;height:1px">'


def write(link):
    """Links that are easy to see, and to undo."""
    if link.kind is LinkKind.OPEN:
        return "http://t/open"
    return f"http://t/[{link.target.replace('&', '%26').replace(chr(39), '%27')}]" + (f"?{link.tags}" * bool(link.tags))


def tracked(content, tracking=BOTH):
    return track(content, "id", tracking, write)


def html(body, charset="utf-8", encoding="8bit"):
    head = f"From: a@example.com\r\nContent-Type: text/html; charset={charset}\r\n"
    return f"{head}Content-Transfer-Encoding: {encoding}\r\n\r\n".encode() + body


def changed(body, tracking=CLICKS, **options):
    """The body after tracking; its header must be the same."""
    head = html(b"", **options)
    after = tracked(html(body, **options), tracking)
    assert after.startswith(head)
    return after[len(head) :]


# -- links -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'<a href="https://x.test/">', b'<a href="http://t/[https://x.test/]">'),
        (b"<A CLASS=b HREF='http://x.test/?a=b'\r\n>", b"<A CLASS=b HREF='http://t/[http://x.test/?a=b]'\r\n>"),
        (b"<a href=http://x.test/ id=1>", b'<a href="http://t/[http://x.test/]" id=1>'),
        (b'<a href="\r\n http://x.test/\t">', b'<a href="http://t/[http://x.test/]">'),
        (b'<a href="http://x.test/?a&amp;b&#38;c&d=1">', b'<a href="http://t/[http://x.test/?a%26b%26c%26d=1]">'),
        (b'<a ses:tags="item:book;" href="http://x.test/">', b'<a href="http://t/[http://x.test/]?item:book">'),
        (b'<a href="http://x.test/"ses:tags=\'a:b;c:d\'>', b'<a href="http://t/[http://x.test/]?a:b;c:d">'),
        (b'<a ses:no-track href="http://x.test/">', b'<a href="http://x.test/">'),
        (b'<a href="http://x.test/"  ses:no-track="true">', b'<a href="http://x.test/">'),
        (b'<a SES:No-Track ses:tags="a:b" href=http://x.test>', b"<a href=http://x.test>"),
        (b'<a href="http://x.test/" href="http://y.test/">', b'<a href="http://t/[http://x.test/]" href="http://y.test/">'),
    ],
)  # fmt: skip
def test_a_link_is_changed_in_its_value_alone(before, after):
    assert changed(b"<p>" + before + b"&nbsp;</p>") == b"<p>" + after + b"&nbsp;</p>"


@pytest.mark.parametrize(
    "link",
    [b"mailto:a@example.com", b"tel:+81-3", b"#top", b"/path", b"//x.test/", b"javascript:x()", b"cid:1", b"",
     b"ftp://x.test/", b"{{amazonSESUnsubscribeUrl}}", b"http://x.test/{{name}}", b"http://x.test/a b",
     b"http://x.test/\xe6\x97\xa5", b"http://x.test/%zz", b"http://x.test/?a&copy-b", b"http://x.test/&#38b",
     b"http://x.test/&#233;", b"https", b"http://u@x.test/", b"http://x.test/" + b"a" * 3000],
)  # fmt: skip
def test_what_is_no_clean_web_link_is_left_alone(link):
    body = b'<a href="' + link + b'">x</a><form action="http://x.test/"><img src="http://x.test/"></form>'
    assert changed(body) == body


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a&amp;b", "a&b"), ("a&AMP;b", "a&b"), ("a&#x26;b&#X26;", "a&b&"), ("a&copy=1", "a&copy=1"),
     ("a&copy1", "a&copy1"), ("a&nonsense;b", "a&nonsense;b"), ("a&b=c&d", "a&b=c&d"), ("a&lt", None), ("a&#38", None),
     ("a&#99999999999;", "a\ufffd"), ("&", "&"), ("&&amp;", "&&")],
)  # fmt: skip
def test_character_references_mean_what_they_mean_to_browsers(text, expected):
    assert resolve_references(text) == expected


def test_no_more_than_250_links_are_changed_over_all_parts():
    links = b"".join(b'<a href="http://x.test/%d">\r\n' % number for number in range(MOST_LINKS - 10))
    part = b"Content-Type: text/html\r\n\r\n" + links
    message = (
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n' + part + b"\r\n--b\r\n" + part + b"\r\n--b--"
    )
    after = tracked(message, CLICKS)
    assert after.count(b"http://t/[") == MOST_LINKS
    assert b'http://t/[http://x.test/9]">\r\n<a href="http://x.test/10">' in after


def test_links_are_left_alone_where_only_opens_are_asked_for():
    body = b'<a ses:no-track href="http://x.test/">'
    assert changed(body, OPENS) == body + PIXEL


# -- the pixel ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"<html><body>x</body></html>\r\n", b"<html><body>x" + PIXEL + b"</body></html>\r\n"),
        (b"<p>x</p>\r\n", b"<p>x</p>\r\n" + PIXEL),
        (b"a{{ses:openTracker}}b{{ses:openTracker}}c</body>", b"a" + PIXEL + b"bc</body>"),
        (b"{{ses:openTracker}}{{ses:openTracker}}", PIXEL),
        (b"", PIXEL),
    ],
)
def test_the_pixel_stands_where_it_is_asked_for_or_at_the_end(before, after):
    assert changed(before, OPENS) == after


def test_a_message_has_one_pixel_and_keeps_no_placeholder():
    part = b"Content-Type: text/html\r\n\r\n<p>"
    message = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + part
        + b"\r\n--b\r\n" + part + b"{{ses:openTracker}}x{{ses:openTracker}}"
        + b"\r\n--b\r\n" + part + b"{{ses:openTracker}}\r\n--b--\r\n"
    )  # fmt: skip
    after = tracked(message, OPENS)
    assert after.count(PIXEL) == 1 and b"openTracker" not in after
    assert after == message.replace(b"{{ses:openTracker}}x", PIXEL + b"x").replace(b"{{ses:openTracker}}", b"")


# -- what is never touched ---------------------------------------------------------------------------------------------

PART = b'Content-Type: text/html\r\n\r\n<a href="http://x.test/">{{ses:openTracker}}</a></body>\r\n'
SEALS = [
    b"Content-Type: text/plain\r\n\r\n" + PART,
    b'Content-Type: multipart/signed; micalg=sha-256; boundary="b"\r\n\r\n--b\r\n' + PART + b"--b--\r\n",
    b'Content-Type: multipart/encrypted; boundary="b"\r\n\r\n--b\r\n' + PART + b"--b--\r\n",
    b'Content-Type: multipart/mixed; boundary="o"\r\n\r\n--o\r\n'
    + b'Content-Type: multipart/signed; boundary="b"\r\n\r\n--b\r\n' + PART + b"--b--\r\n--o--\r\n",
    b"Content-Type: message/rfc822\r\n\r\n" + PART,
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n' + PART + b"--b--",
    b"Content-Disposition: attachment; filename=x.html\r\n" + PART,
    b"DKIM-Signature: v=1; a=rsa-sha256\r\n" + PART,
    b"Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==\r\n" + PART,
    b"Content-Transfer-Encoding: x-own\r\n" + PART,
    PART.replace(b"text/html", b"text/html; charset=utf-16"),
    PART.replace(b"text/html", b"text/x-amp-html"),
    PART + b"x" * MOST_HTML,
    b"Content-Type: text/html",
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n--b--\r\n",
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 600 + b"--b\r\n" + PART + b"--b--",
]  # fmt: skip


@pytest.mark.parametrize("message", SEALS)
def test_what_is_sealed_attached_or_not_understood_is_left_alone(message):
    assert tracked(message) is message


def test_what_stands_beside_something_sealed_is_changed():
    sealed = b'Content-Type: multipart/signed; boundary="b"\r\n\r\n--b\r\n' + PART + b"--b--\r\n"
    head = b"Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n"
    after = tracked(head + sealed + b"--o\r\n" + PART + b"--o--\r\n")
    assert after.startswith(head + sealed) and after.count(b"http://t/") == 2


# -- nothing else changes ----------------------------------------------------------------------------------------------

TEXTS = st.text(st.sampled_from("abc =.&;<>'\"/-!日本語ソ表能\r\n"), max_size=60)
LINKS = st.from_regex(r"\Ahttps?://[a-z.]{1,9}/[a-z?=%/.~!()-]{0,30}\Z").filter(is_clean)
BODIES = st.lists(
    TEXTS
    | st.builds('<a href="{}">'.format, LINKS)
    | st.builds("<a\r\n class='y' href='{}' id=z>".format, LINKS)
    | st.sampled_from(["</a>", "<p>", "</body>", "<!-- x -->", '<a href="mailto:x">', "<a>", "日本語"]),
    max_size=20,
).map("".join)
ENCODINGS = {
    "quoted-printable": lambda data: to_quoted_printable(data, is_text=True),
    "base64": to_base64,
    "8bit": bytes,
}


def untracked(text):
    """The text as it was, by the form of what was put in."""
    text = text.replace(PIXEL.decode(), "")
    return re.sub(r"http://t/\[([^\]]*)\]", lambda found: found[1].replace("%26", "&"), text)


@given(BODIES, st.sampled_from(["utf-8", "shift_jis", "iso-2022-jp", "euc-jp"]), st.sampled_from(sorted(ENCODINGS)))
def test_every_octet_outside_of_the_changes_is_the_same(text, charset, encoding):
    text = text.replace("\r", "").replace("\n", "\r\n")
    body = ENCODINGS[encoding](text.encode(charset))
    before = html(body, charset=charset, encoding=encoding)
    mark = b"MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\nplain\r\n--b\r\n"
    after = tracked(mark + before + b"\r\n--b--\r\n")
    head = mark + html(b"", charset=charset, encoding=encoding)
    assert after.startswith(head) and after.endswith(b"\r\n--b--\r\n")
    seen = email.message_from_bytes(after, policy=email.policy.default)
    (part,) = (one for one in seen.walk() if one.get_content_type() == "text/html")
    result = part.get_payload(decode=True).decode(charset)
    if encoding == "8bit":  # lines may end around a change that would make them too long
        assert not has_line_longer_than(after, 1000)
    assert result.count(PIXEL.decode()) == 1
    assert untracked(result).replace("\r\n", "\n") == text.replace("\r\n", "\n")


class Hrefs(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        if tag == "a":
            self.found.append(dict(attributes).get("href"))


@given(
    st.lists(LINKS, max_size=12), st.sampled_from(['<a href="{}">', "<a href='{}' title='>'>", "<p><a id=1 href={} >"])
)
def test_another_parser_sees_the_same_links_through_the_tracker(links, form):
    body = "".join(form.format(link.replace("&", "&amp;")) for link in links)
    after = Hrefs(changed(body.encode()).decode()).found
    assert [unquote(href).removeprefix("http://t/[").removesuffix("]") for href in after] == [unquote(x) for x in links]


@given(st.binary(max_size=400))
def test_any_octets_come_through(body):
    for encoding in ("8bit", "base64", "quoted-printable"):
        tracked(html(body.replace(b"\r", b"").replace(b"\n", b"\r\n"), encoding=encoding))


def test_long_lines_are_broken_where_no_word_is():
    row = b'<td><a href="https://x.test/1">one</a></td>'
    body = (row * 22)[:990]
    after = changed(body, CLICKS, encoding="7bit")
    assert not has_line_longer_than(after, 1000)
    assert [href for href in Hrefs(after.decode()).found if href] == ["http://t/[https://x.test/1]"] * 22


def test_targets_are_read_from_values():
    assert target_of(b" HTTPS://x.test/?a=1&amp;b=2 ") == "HTTPS://x.test/?a=1&b=2"
    assert target_of(b"http://x.test/\xff") is None
