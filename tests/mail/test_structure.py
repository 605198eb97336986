"""MIME structure: the parts that Python's `email` sees, hostile shapes within bounds, file names however spelt."""

import base64
import time
from contextlib import suppress
from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.mail import parameters
from tayori.mail.address import AddrSpec, Mailbox
from tayori.mail.compose import Body, Content, SimpleContent, compose
from tayori.mail.lines import to_crlf
from tayori.mail.parts import Attachment, Disposition
from tayori.mail.structure import MAX_DEPTH, MAX_PARTS, StructureError, walk


def file_names(raw):
    return [part.file_name for part in walk(raw) if part.file_name]


def shape(raw):
    return [(part.depth, part.content_type) for part in walk(raw)]


def multipart(children, boundary="b", subtype="mixed"):
    inner = "".join(f"--{boundary}\r\n{child}\r\n" for child in children)
    return f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n{inner}--{boundary}--\r\n'


def test_composed_messages_are_read_back():
    files = (
        Attachment(content=b"\x00\xff", file_name="請求書 2026年7月分（山田太郎様）.pdf"),
        Attachment(content=b"gif", file_name="logo.gif", disposition=Disposition.INLINE, content_id="x@y"),
    )
    body = Body(text=Content(data="こんにちは\n", charset="ISO-2022-JP"), html=Content(data="<p>é</p>"))
    sender = Mailbox("", AddrSpec("a", "example.com"))
    message = compose(SimpleContent(sender=sender, subject=Content(data="x"), body=body, attachments=files), "bnd")
    parts = list(walk(message.raw))
    assert [(p.depth, p.content_type) for p in parts] == [
        (0, "multipart/mixed"), (1, "multipart/related"), (2, "multipart/alternative"), (3, "text/plain"),
        (3, "text/html"), (2, "image/gif"), (1, "application/pdf"),
    ]  # fmt: skip
    assert parts[3].text() == "こんにちは\r\n"
    assert parts[4].text() == "<p>é</p>"
    assert (parts[6].file_name, parts[6].decoded()) == (files[0].file_name, b"\x00\xff")
    assert file_names(message.raw) == ["logo.gif", files[0].file_name]


def test_forwarded_messages_are_looked_into():
    forwarded = "Content-Type: message/rfc822\r\n\r\n" + multipart(
        ['Content-Type: application/x; name="evil.exe"\r\n\r\nMZ'], boundary="inner"
    )
    assert shape(multipart([forwarded]).encode()) == [
        (0, "multipart/mixed"), (1, "message/rfc822"), (2, "multipart/mixed"), (3, "application/x"),
    ]  # fmt: skip
    assert file_names(multipart([forwarded]).encode()) == ["evil.exe"]


def test_encoded_forwarded_messages_are_looked_into():
    inner = base64.encodebytes(b"Content-Disposition: attachment; filename=evil.exe\r\n\r\nMZ").decode()
    raw = "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: BASE64\r\n\r\n" + inner.replace("\n", "\r\n")
    assert file_names(raw.encode()) == ["evil.exe"]


def test_a_digest_holds_messages():
    raw = multipart(["\r\nSubject: one\r\n\r\nx", "Content-Type: text/html\r\n\r\ny"], subtype="digest").encode()
    assert shape(raw) == [(0, "multipart/digest"), (1, "message/rfc822"), (2, "text/plain"), (1, "text/html")]


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ("", [(0, "text/plain")]),
        ("Subject: x\r\n\r\nhello", [(0, "text/plain")]),
        ("Content-Type: multipart/mixed\r\n\r\n--b\r\n\r\nx", [(0, "multipart/mixed")]),
        ("Content-Type: nonsense\r\n\r\n", [(0, "text/plain")]),
        # the closing delimiter is missing
        ("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx", [(0, "multipart/mixed"), (1, "text/plain")]),
        # a longer boundary that begins alike is none of ours
        ("Content-Type: multipart/mixed; boundary=b\r\n\r\n--bb\r\n\r\nx\r\n--b--", [(0, "multipart/mixed")]),
        # preamble and epilogue are no parts, white space after the boundary is allowed
        (
            "Content-Type: multipart/mixed; boundary=b\r\n\r\npre --b\r\n--b \t\r\n\r\nx\r\n--b--\r\n--b\r\n\r\ny",
            [(0, "multipart/mixed"), (1, "text/plain")],
        ),
        ("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b", [(0, "multipart/mixed"), (1, "text/plain")]),
    ],
)
def test_shapes_at_the_edges(raw, wanted):
    assert shape(raw.encode()) == wanted


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('Content-Disposition: attachment; filename="a b.txt"', "a b.txt"),
        ("Content-Disposition: attachment; filename=a.txt; size=3", "a.txt"),
        ("Content-Disposition: attachment;\r\n filename*=UTF-8''%E8%AB%8B%E6%B1%82.pdf", "請求.pdf"),
        ("Content-Disposition: attachment; filename*0*=UTF-8''%E8; filename*1*=%AB%8B; filename*2=.pdf", "請.pdf"),
        ("Content-Disposition: attachment; filename*1=b; filename*0=a", "ab"),
        ("Content-Disposition: attachment; filename*=ISO-2022-JP'ja'%1B%24B%40A5a%1B%28B.pdf", "請求.pdf"),
        ('Content-Disposition: attachment; filename="=?UTF-8?B?6KuL5rGC?=.pdf"', "請求.pdf"),
        ("Content-Disposition: attachment; filename==?UTF-8?B?6KuL5rGC?=", "請求"),
        ("Content-Disposition: attachment; filename=plain.txt; filename*=UTF-8''better.txt", "better.txt"),
        ('Content-Disposition: attachment; filename="請求.pdf"', "請求.pdf"),
        ('Content-Disposition: attachment; filename="a;b\\"c.txt"', 'a;b"c.txt'),
        ('Content-Type: application/pdf; name="a.pdf"', "a.pdf"),
        ('Content-Type: application/pdf; name="a.pdf"\r\nContent-Disposition: inline; filename=b.pdf', "b.pdf"),
        ('Content-Type: application/pdf; NAME = "a.pdf"', "a.pdf"),
        ("Content-Type: application/pdf (a); name=yes", "yes"),
        ('Content-Disposition: attachment; filename="open', '"open'),
        ("Content-Type: text/plain", None),
    ],
)
def test_file_names_in_every_spelling(header, name):
    assert file_names((header + "\r\n\r\nx").encode()) == ([name] if name else [])


def test_limits_stop_the_walk_with_a_sentence():
    nested = "Content-Type: text/plain\r\n\r\nx"
    for level in range(MAX_DEPTH + 5):
        nested = multipart([nested], boundary=f"b{level}")
    with pytest.raises(StructureError, match="nested deeper"):
        list(walk(nested.encode()))
    with pytest.raises(StructureError, match="more than 500 MIME parts"):
        list(walk(multipart(["\r\nx"] * (MAX_PARTS + 1)).encode()))
    with pytest.raises(StructureError, match="nested deeper"):
        list(walk(b"Content-Type: message/rfc822\r\n\r\n" * 100))


def test_every_vector_is_walked_in_good_time(vectors):
    seen = 0
    for path in sorted(vectors("mime-mail-parser").rglob("*")):
        if not path.is_file() or path.suffix in (".json", ".md"):
            continue
        raw = to_crlf(path.read_bytes())
        started = time.process_time()
        try:
            for part in walk(raw):
                part.text()
                assert 0 <= part.start <= part.end <= len(part.source)
        except StructureError:
            assert "malformed" in path.parts
        assert time.process_time() - started < 2, path
        seen += 1
    assert seen > 40


def entities(message):
    """As `Message.walk`, without what it makes up below message/external-body and its like."""
    kind = message.get_content_type()
    yield kind
    if kind in ("message/rfc822", "message/global") or (kind.startswith("multipart/") and message.is_multipart()):
        for part in message.get_payload():
            yield from entities(part)


def test_well_formed_vectors_have_the_parts_that_the_standard_library_sees(vectors):
    agreed = 0
    for path in sorted((vectors("mime-mail-parser") / "rfc").glob("*.eml")):
        raw = to_crlf(path.read_bytes())
        theirs = list(entities(message_from_bytes(raw, policy=policy.default)))
        ours = [part.content_type for part in walk(raw)]
        if path.name == "008.eml":  # a forwarded message in base64, which Python does not look into
            assert ours[-3:] == ["multipart/alternative", "text/plain", "text/html"]
            continue
        assert ours == theirs, path
        agreed += 1
    assert agreed == 5


@pytest.mark.parametrize(
    "piece",
    ["\r\n--b", "\r\n--b\r\n", "--b", "\r\n--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n", "\r\n", "x"],
)
def test_a_megabyte_of_anything_is_walked_at_once(piece):
    raw = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + piece.encode() * (1_000_000 // len(piece))
    started = time.process_time()
    try:
        count = sum(1 for _ in walk(raw))
    except StructureError:
        count = 0
    assert count <= MAX_PARTS
    assert time.process_time() - started < 2


PIECES = [b"--b", b"--", b"\r\n", b"Content-Type: ", b"multipart/mixed", b"; boundary=", b"b", b'"', b"message/rfc822"]


@given(st.lists(st.sampled_from([*PIECES, b"x", b":", b" ", b";", b"=", b"*0*="]), max_size=40))
def test_no_message_breaks_the_walk(pieces):
    with suppress(StructureError):
        for part in walk(b"".join(pieces)):
            part.decoded()


@given(st.text(alphabet="ab;=\"\\*01'%() \t?", max_size=60))
def test_no_value_breaks_the_parameters(text):
    main, found = parameters.parse(text.encode())
    assert all(isinstance(value, str) for value in found.values()) and isinstance(main, str)


def test_long_values_take_linear_time():
    started = time.process_time()
    for piece in (';a="', ";a=", '"', "\\", ";", "a*0=", "(", ";a*1*=%41", "; "):
        parameters.parse(b"x/y; " + piece.encode() * 100_000)
    assert time.process_time() - started < 2


@pytest.mark.parametrize("octets", range(1, 40))
def test_the_beginning_of_a_file_is_decoded_wherever_it_is_cut(octets):
    content = b"The beginning of a file = a part."
    for encoding, body in (
        ("base64", b"VGhlIGJlZ2lubmluZyBv\r\nZiBhIGZpbGUgPSBhIHBhcnQu\r\n"),
        ("quoted-printable", b"The beginning =\r\nof a file =3D a part.\r\n"),
        ("7bit", content),
    ):
        (part,) = walk(b"Content-Transfer-Encoding: " + encoding.encode() + b"\r\n\r\n" + body)
        beginning = part.beginning(octets)
        assert len(beginning) <= octets
        assert content.startswith(beginning) or encoding == "quoted-printable"
        assert part.beginning(1000).rstrip() == content
