"""Header blocks: the octets come back as they went in, and each malformation has its sentence."""

import time
from contextlib import suppress
from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.mail.fields import (
    MAX_BLOCK,
    Field,
    FieldsError,
    assemble,
    find,
    find_all,
    join,
    scan_block,
    split_message,
    without,
)

MESSAGE = (
    b"Received: from a\r\n\tby b;\r\n Mon\r\nFrom: =?UTF-8?B?5bGx55Sw?= <a@example.com>\r\nSUBJECT : x  y \r\n"
    b"X-Empty:\r\nX-8: caf\xc3\xa9\r\nreceived: second\r\n\r\nbody\r\n\r\n  end"
)


def test_a_message_is_split_and_joined_without_a_changed_octet():
    fields, offset = split_message(MESSAGE)
    assert [f.name for f in fields] == [b"Received", b"From", b"SUBJECT", b"X-Empty", b"X-8", b"received"]
    assert [f.value for f in fields][:4] == [
        b"from a\tby b; Mon",
        b"=?UTF-8?B?5bGx55Sw?= <a@example.com>",
        b"x  y",
        b"",
    ]
    assert MESSAGE[offset:] == b"body\r\n\r\n  end"
    assert assemble(fields, MESSAGE, offset) == MESSAGE
    assert join(fields) + b"\r\n" == MESSAGE[:offset]
    assert fields[1].text == "山田 <a@example.com>"
    assert fields[4].text == "café"


def test_fields_are_found_and_removed_in_any_case():
    fields, _ = split_message(MESSAGE)
    assert find(fields, b"subject").value == b"x  y"
    assert find(fields, b"Bcc") is None
    assert [f.value for f in find_all(fields, b"RECEIVED")] == [b"from a\tby b; Mon", b"second"]
    assert [f.key for f in without(fields, [b"received", b"X-EMPTY"])] == [b"from", b"subject", b"x-8"]


def test_a_message_may_end_after_its_header():
    for raw in (b"A: b\r\n", b"A: b\r\n\r\n"):
        fields, offset = split_message(raw)
        assert (len(fields), offset) == (1, len(raw))


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", "The message has no header"),
        (b"\r\nbody", "The message has no header"),
        (b" a: b\r\n\r\n", "The header begins with a continuation line"),
        (b"A: b\r\nnonsense\r\n\r\n", "Line 2 of the header has no colon"),
        (b"From a@example.com Mon 10:00:00\r\nA: b\r\n\r\n", "Line 1 of the header has no valid field name"),
        (b"A: b\r\n: c\r\n\r\n", "Line 2 of the header has no valid field name"),
        (b"A: b\r\nX\xc3\xa9: c\r\n\r\n", "Line 2 of the header has no valid field name"),
        (b"A: b\nC: d\n\nbody", "The header has a CR or LF that is not part of a CRLF"),
        (b"A: b\nC: d\r\n\r\nbody", "The header has a CR or LF that is not part of a CRLF"),
        (b"A: b\rC: d\r\n\r\nbody", "The header has a CR or LF that is not part of a CRLF"),
        (b"A: b\x00\r\n\r\nbody", "The header has a NUL octet"),
        (b"A: b", "The header's last line does not end in CRLF"),
        (b"A: " + b"b" * MAX_BLOCK + b"\r\n\r\n", "The header is longer than 262144 octets"),
        (b"A: b\r\n" * 1001 + b"\r\n", "The header has more than 1000 fields"),
    ],
)
def test_each_malformation_has_its_sentence(raw, sentence):
    with pytest.raises(FieldsError) as caught:
        split_message(raw)
    assert str(caught.value).startswith(sentence)


NAMES = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=":"), min_size=1, max_size=20)
LINES = st.binary(max_size=30).map(lambda b: b.translate(None, b"\r\n\0"))


@given(
    st.lists(st.tuples(NAMES, LINES, st.lists(LINES, max_size=2)), min_size=1, max_size=8),
    st.binary(max_size=50),
)
def test_any_well_formed_message_comes_back(parts, body):
    raw = b"".join(
        name.encode() + b":" + first + b"\r\n" + b"".join(b" " + line + b"\r\n" for line in rest)
        for name, first, rest in parts
    )
    raw += b"\r\n" + body
    fields, offset = split_message(raw)
    assert [f.name for f in fields] == [name.encode() for name, _, _ in parts]
    assert raw[offset:] == body
    assert assemble(fields, raw, offset) == raw


@given(st.text(alphabet="aB:- \t\r\n\x00é", max_size=40).map(str.encode))
def test_what_is_not_refused_has_no_stray_octet(raw):
    try:
        fields, offset = split_message(raw)
    except FieldsError as error:
        assert "\n" not in str(error)  # noqa: PT017
        return
    assert raw.startswith(join(fields))
    assert raw[offset:] == raw[len(join(fields)) + 2 :]
    assert all(b"\n" not in f.value and b"\r" not in f.value for f in fields)


@given(NAMES, st.text(max_size=200))
def test_made_fields_hold_one_field_and_read_back(name, value):
    if any((ord(c) < 32 and c != "\t") or c == "\x7f" for c in value) or any("\ud800" <= c <= "\udfff" for c in value):
        with pytest.raises(FieldsError):
            Field.make(name, value)
        return
    if value.isascii() and "=?" in value:
        return  # passes as the encoded-word that it may be
    field = Field.make(name, value)
    assert split_message(field.raw + b"\r\n")[0] == (field,)
    assert field.raw.isascii()
    shown = {0x85: " ", 0x2028: " ", 0x2029: " ", 9: " "}
    assert field.text == value.translate(shown) or field.text.split() == value.translate(shown).split()


@pytest.mark.parametrize("name", ["", "A B", "A:", "A\r\nB", "é", "A\t", "\x7f"])
def test_bad_names_are_refused(name):
    with pytest.raises(FieldsError):
        Field.make(name, "x")


@pytest.mark.parametrize("value", ["a\r\nBcc: x@example.com", "a\nb", "a\rb", "a\x00b", "é\r\nBcc: x", "\x1b[0m"])
def test_values_cannot_open_a_new_line(value):
    with pytest.raises(FieldsError):
        Field.make("Subject", value)


def test_made_fields_are_read_alike_by_the_standard_library():
    for value in (
        "便りは届いたか。" * 12,
        "plain",
        "word " * 60,
        "é" * 200,
        " lead",
        "a  b" * 30,
    ):
        field = Field.make("Subject", value)
        assert all(len(line) <= 76 for line in field.raw.split(b"\r\n"))
        parsed = message_from_bytes(field.raw + b"\r\n", policy=policy.default)
        assert parsed["Subject"].split() == value.split()


def test_others_blocks_are_read_leniently():
    block = b"garbage\r\nA: b\r\n c\r\nmore garbage\r\n orphan\r\nC: d"
    assert [(f.name, f.value) for f in scan_block(block)] == [(b"A", b"b c"), (b"C", b"d")]


@pytest.mark.parametrize("piece", [b"a", b"a:", b" ", b"\r\n ", b"a:\r\n", b"\r", b"\n", b":", b"a\r\n", b"a \t"])
def test_hostile_blocks_are_answered_at_once(piece):
    raw = b"A: b\r\n" + piece * (250_000 // len(piece)) + b"\r\n\r\n"
    started = time.process_time()
    with suppress(FieldsError):
        split_message(raw)
    scan_block(raw)
    assert time.process_time() - started < 1
