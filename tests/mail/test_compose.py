"""Composed messages, read back by Python's own `email` as the independent reader."""

import time
from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.mail.address import AddrSpec, Mailbox
from tayori.mail.compose import Body, ComposeError, Content, SimpleContent, compose
from tayori.mail.lines import has_bare_line_ends, has_line_longer_than
from tayori.mail.parts import Attachment, Disposition, TransferEncoding, to_quoted_printable

ANN = Mailbox("Ann Lee", AddrSpec("ann", "example.com"))
TARO = Mailbox("山田 太郎", AddrSpec("taro", "xn--wgv71a119e.jp"))


def content(subject="Hello", text="Hi\n", html=None, charset="UTF-8", **more):
    def form(data):
        return None if data is None else Content(data=data, charset=charset)

    body = Body(text=form(text), html=form(html))
    return SimpleContent(
        **{"sender": ANN, "to": (TARO,), "subject": form(subject), "body": body, **more},
    )


def read(message):
    raw = compose(message, "b0undary").raw
    assert not has_bare_line_ends(raw)
    assert not has_line_longer_than(raw, 1000)
    parsed = message_from_bytes(raw, policy=policy.default)
    assert not any(part.defects for part in parsed.walk())
    return raw, parsed


def text_of(part):
    """The text with the charset's larger set, as mail readers decode Japanese."""
    larger = {"shift_jis": "cp932"}
    charset = part.get_content_charset()
    return part.get_payload(decode=True).decode(larger.get(charset, charset))


def test_the_plainest_message_byte_for_byte():
    raw = compose(content(to=(Mailbox("", AddrSpec("bob", "example.net")),)), "b").raw
    assert raw == (
        b"From: Ann Lee <ann@example.com>\r\nTo: bob@example.net\r\nSubject: Hello\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\nHi\r\n"
    )


@pytest.mark.parametrize("charset", ["UTF-8", "utf8", "ISO-2022-JP", "Shift_JIS", "EUC-JP", "shift_jis"])
def test_japanese_reads_right_in_every_charset_of_japan(charset):
    subject = "【重要】ご注文の確認〜第2回～のお知らせ：お届け先の変更について（株式会社たより商店より）"
    text = "山田 太郎 様\n\nいつもお世話になっております。\nたより商店です。\n" + "長い行です。" * 200 + "\n"
    if charset in ("EUC-JP",):
        subject = subject.replace("～", "〜")
    raw, parsed = read(content(subject, text, charset=charset))
    # Both wave dashes are one character of JIS, so either code point may come back.
    assert parsed["Subject"].replace("～", "〜") == subject.replace("～", "〜")
    assert text_of(parsed) == text.replace("\n", "\r\n")
    assert parsed["To"].addresses[0].display_name == "山田 太郎"
    assert all(len(line) <= 76 for line in raw.split(b"\r\n\r\n")[0].split(b"\r\n"))
    if charset == "ISO-2022-JP":
        assert parsed["Content-Transfer-Encoding"] == "base64"  # for the long line
        assert b"Subject: =?ISO-2022-JP?B?" in raw
    if charset == "utf8":
        assert b"charset=UTF-8" in raw


def test_short_iso_2022_jp_travels_as_7bit_like_all_japanese_mail():
    _, parsed = read(content("件名", "本文です。\n", charset="ISO-2022-JP"))
    assert parsed["Content-Transfer-Encoding"] == "7bit"
    assert text_of(parsed) == "本文です。\r\n"


@pytest.mark.parametrize(
    ("text", "charset", "encoding"),
    [
        ("plain", "UTF-8", "7bit"),
        ("", "UTF-8", "7bit"),
        ("x" * 998, "UTF-8", "7bit"),
        ("x" * 1001, "UTF-8", "quoted-printable"),
        ("un café noir", "ISO-8859-1", "quoted-printable"),
        ("日本語", "UTF-8", "base64"),
        ("nul\x00", "UTF-8", "base64"),
        ("a \n.\nFrom x\n é", "UTF-8", "quoted-printable"),
        ("é" + "x" * 300, "UTF-8", "quoted-printable"),
    ],
)
def test_the_transfer_encoding_suits_the_text(text, charset, encoding):
    _, parsed = read(content(text=text, charset=charset))
    assert parsed["Content-Transfer-Encoding"] == encoding
    assert text_of(parsed) == text.replace("\n", "\r\n")


def test_text_and_html_are_alternatives():
    _, parsed = read(content(text="plain", html="<p>naïve</p>"))
    assert parsed.get_content_type() == "multipart/alternative"
    assert [p.get_content_type() for p in parsed.iter_parts()] == ["text/plain", "text/html"]
    assert [text_of(p) for p in parsed.iter_parts()] == ["plain", "<p>naïve</p>"]


def test_inline_images_attachments_and_alternatives_nest_as_readers_expect():
    logo = Attachment(
        content=b"\x89PNG\r\n\x1a\n\x00",
        file_name="logo.png",
        disposition=Disposition.INLINE,
        content_id="<logo@x>",
        description="会社のロゴ",
    )
    bill = Attachment(content=b"%PDF-1.7\x00" * 100, file_name="請求書.pdf", content_type="application/pdf")
    _, parsed = read(content(text="t", html='<img src="cid:logo@x">', attachments=(bill, logo)))
    shape = [part.get_content_type() for part in parsed.walk()]
    assert shape == [
        "multipart/mixed", "multipart/related", "multipart/alternative", "text/plain", "text/html", "image/png",
        "application/pdf",
    ]  # fmt: skip
    image, pdf = list(parsed.walk())[5:]
    assert image["Content-ID"] == "<logo@x>"
    assert image["Content-Description"] == "会社のロゴ"
    assert image.get_content_disposition() == "inline"
    assert image.get_content() == logo.content
    assert pdf.get_filename() == "請求書.pdf"
    assert pdf.get_content_disposition() == "attachment"
    assert pdf.get_content() == bill.content


def test_an_inline_part_without_html_stands_beside_the_text():
    note = Attachment(content=b"x", file_name="n.txt", disposition=Disposition.INLINE, content_id="n@x")
    _, parsed = read(content(attachments=(note,)))
    assert [p.get_content_type() for p in parsed.walk()] == ["multipart/mixed", "text/plain", "text/plain"]


def test_related_without_text_names_its_root_type():
    image = Attachment(content=b"x", file_name="i.gif", disposition=Disposition.INLINE, content_id="i@x")
    _, parsed = read(content(text=None, html="<p>", attachments=(image,)))
    assert parsed.get_content_type() == "multipart/related"
    assert parsed.get_param("type") == "text/html"


@pytest.mark.parametrize("encoding", list(TransferEncoding))
@pytest.mark.parametrize(
    "data", [b"", b"plain\r\ntext\r\n", b"unix\ntext\n", b"\x00\xff" * 99, b"x" * 2000, b"=\r\n. \r", "é日".encode()]
)
def test_attachments_come_back_octet_for_octet(encoding, data):
    file = Attachment(content=data, file_name="a.bin", transfer_encoding=encoding)
    _, parsed = read(content(attachments=(file,)))
    assert list(parsed.walk())[2].get_payload(decode=True) == data


@given(st.binary(max_size=300), st.sampled_from(list(TransferEncoding)))
def test_any_octets_survive_any_encoding(data, encoding):
    file = Attachment(content=data, file_name="a.bin", transfer_encoding=encoding, content_type="application/x")
    _, parsed = read(content(attachments=(file,)))
    assert list(parsed.walk())[2].get_payload(decode=True) == data


@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=150),
    st.sampled_from(["UTF-8", "ISO-2022-JP", "Shift_JIS", "GB18030", "ISO-8859-15", "KOI8-R"]),
)
def test_any_text_comes_back_or_is_refused(text, charset):
    try:
        raw = compose(content(text=text, charset=charset, subject="x"), "b").raw
    except ComposeError as error:
        assert "use UTF-8" in str(error)  # noqa: PT017
        return
    parsed = message_from_bytes(raw, policy=policy.default)
    body = parsed.get_payload(decode=True)
    wanted = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    try:
        assert body == wanted.encode(charset)
    except UnicodeEncodeError:  # a wave dash in its other code point
        assert len(body) >= len(wanted)


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=200))
def test_any_subject_comes_back(subject):
    if subject.isascii() and "=?" in subject:
        return
    raw, parsed = read(content(subject))
    assert parsed["Subject"].split() == subject.split() or parsed["Subject"] == subject
    assert all(len(line) <= 76 for line in raw.split(b"\r\n\r\n")[0].split(b"\r\n") if b" " in line.strip())


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=120))
def test_any_file_name_comes_back(name):
    if name.isascii() and "=?" in name:
        return
    _, parsed = read(content(attachments=(Attachment(content=b"x", file_name=name, content_type="a/b"),)))
    found = list(parsed.walk())[2].get_filename()
    assert found == name or found.split() == name.split()


ODD_CHARSETS = ["", "x-unknown", "utf-16", "hex", "rot13", "idna", "utf-7", "unicode_escape", "utf:8", "utf-8-sig"]
INJECTIONS = ["a\r\nBcc: x@example.com", "a\nBcc: x", "a\rBcc: x", "é\r\nBcc: x", "a\r\n\r\n<b>", "a\x00", "\u3042\nx"]


@pytest.mark.parametrize("text", INJECTIONS)
def test_no_value_opens_a_header_line(text):
    file = {"content": b"x", "file_name": "a.txt"}
    for message in (
        content(subject=text),
        content(sender=Mailbox(text, AddrSpec("a", "example.com"))),
        content(to=(Mailbox(text, AddrSpec("a", "example.com")),)),
        content(headers=(("X-A", text),)),
        content(headers=((text, "a"),)),
        content(charset=text),
        content(attachments=(Attachment(**{**file, "file_name": text}),)),
        content(attachments=(Attachment(**file, content_type="text/plain; x=" + text),)),
        content(attachments=(Attachment(**file, content_id=text),)),
        content(attachments=(Attachment(**file, description=text),)),
    ):
        with pytest.raises(ComposeError):
            compose(message, "b")


def test_even_a_hostile_address_value_cannot_add_a_field():
    with pytest.raises(ComposeError):
        compose(content(to=(Mailbox("", AddrSpec("a", "example.com>\r\nBcc: <x@example.com")),)), "b")


@pytest.mark.parametrize("charset", ODD_CHARSETS)
def test_odd_charsets_are_refused(charset):
    with pytest.raises(ComposeError, match="is not supported"):
        compose(content(charset=charset), "b")


def test_characters_that_a_charset_lacks_are_named():
    with pytest.raises(ComposeError, match=r"U\+1F600 cannot be written in Shift_JIS"):
        compose(content(text="😀", charset="Shift_JIS"), "b")
    assert "①" in text_of(read(content("x", text="①", charset="Shift_JIS"))[1])


@pytest.mark.parametrize("media_type", ["text", "text/", "multipart/mixed", "a/b c", "/", "text/plain\n"])
def test_odd_media_types_are_refused(media_type):
    with pytest.raises(ComposeError):
        compose(content(attachments=(Attachment(content=b"", file_name="a", content_type=media_type),)), "b")


def test_custom_headers_cannot_repeat_ours_and_are_kept_as_given():
    for name in ("From", "bcc", "Content-Type", "MIME-version", "Subject"):
        with pytest.raises(ComposeError, match=f"^Duplicate header '{name}'"):
            compose(content(headers=((name, "x"),)), "b")
    _, parsed = read(
        content(headers=(("X-A", "1"), ("X-A", "2"), ("List-Unsubscribe", "<https://e.com/" + "u" * 900 + ">")))
    )
    assert parsed.get_all("X-A") == ["1", "2"]
    assert parsed["List-Unsubscribe"] == "<https://e.com/" + "u" * 900 + ">"


def test_encoded_words_made_by_the_caller_pass():
    _, parsed = read(content("=?UTF-8?B?5Lu25ZCN?="))
    assert parsed["Subject"] == "件名"


def test_long_address_lists_are_folded_between_addresses():
    many = tuple(Mailbox(f"受信者 {n}" if n % 2 else "", AddrSpec(f"user{n}", "example.com")) for n in range(50))
    raw, parsed = read(content(to=many, cc=(ANN, TARO), reply_to=(TARO,)))
    assert [a.addr_spec for a in parsed["To"].addresses] == [str(box.addr) for box in many]
    assert [a.display_name for a in parsed["To"].addresses] == [box.display_name for box in many]
    assert all(len(line) <= 78 for line in raw.split(b"\r\n\r\n")[0].split(b"\r\n"))
    assert parsed["Reply-To"].addresses[0].display_name == "山田 太郎"


def test_a_message_has_a_body():
    with pytest.raises(ComposeError, match="neither"):
        compose(content(text=None), "b")


def test_quoted_printable_of_text_keeps_lines_and_of_files_keeps_octets():
    assert to_quoted_printable(b"\xe9 \r\nb", is_text=True) == b"=E9=20\r\nb"
    assert to_quoted_printable(b"\xe9\r\nb\n", is_text=False) == b"=E9=0D=0Ab=0A"
    assert to_quoted_printable(b"\xe9" * 30, is_text=True) == b"=E9" * 25 + b"=\r\n" + b"=E9" * 5


def test_a_large_attachment_is_composed_in_good_time():
    file = Attachment(content=b"\x00" * 8_000_000, file_name="a.bin")
    started = time.process_time()
    compose(content(attachments=(file,)), "b")
    assert time.process_time() - started < 3
