"""Encoded-words as they come in real mail, and character sets by the names that senders use."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.mail import charsets, words


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("plain", "plain"),
        ("=?UTF-8?B?5Lu25ZCN?=", "件名"),
        ("=?utf-8?q?caf=C3=A9_noir?=", "café noir"),
        ("=?ISO-8859-1*fr?Q?caf=E9?=", "café"),
        ("a =?UTF-8?Q?b?= c", "a b c"),
        # white space between words is no part of the text (RFC 2047 6.2), other text is
        ("=?UTF-8?Q?a?= =?UTF-8?Q?b?=", "ab"),
        ("=?UTF-8?Q?a?=\t =?ISO-8859-1?Q?=E9?=", "aé"),
        ("=?UTF-8?Q?a?= x =?UTF-8?Q?b?=", "a x b"),
        # a character split over two words, as careless senders do
        ("=?UTF-8?B?5Lu25Q==?= =?UTF-8?B?kI0=?=", "件名"),
        ("=?ISO-2022-JP?B?GyRCN29MPhsoQg==?=", "件名"),
        ("=?Shift_JIS?B?h0A=?=", "①"),  # Windows-31J under its usual label
        ("=?UTF-8?B?5Lu25ZCN?", "=?UTF-8?B?5Lu25ZCN?"),
        ("=?UTF-8?X?abc?=", "=?UTF-8?X?abc?="),
        ("=?UTF-8?B?a?=", "=?UTF-8?B?a?="),
        ("=?x-unknown?Q?=C3=A9?=", "é"),
        ("=?UTF-8?Q?=FF?=", "\ufffd"),
        ("=?UTF-8?B?QQ0KQg==?=", "A  B"),  # CR LF inside
        ("a\x00b\u2028c", "a b c"),
    ],
)
def test_words_are_decoded_for_a_reader(text, wanted):
    assert words.decode(text) == wanted


def test_raw_eight_bit_values_are_read_as_well_as_possible():
    assert words.decode_bytes("件名".encode()) == "件名"
    assert words.decode_bytes(b"caf\xe9") == "café"


@given(st.text(alphabet="=?UTF-8BQ_ab\r\n\t", max_size=60))
def test_decoding_never_raises_and_leaves_no_line_end(text):
    decoded = words.decode(text)
    assert "\r" not in decoded and "\n" not in decoded


@given(
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=80),
    st.integers(0, 90),
)
def test_each_word_stands_for_itself(text, used):
    made = words.encode_words(text, used=used)
    assert "".join(words.decode(word.decode()) for word in made) == text
    assert all(len(word) <= words.MAX_WORD for word in made)


@pytest.mark.parametrize("charset", ["ISO-2022-JP", "Shift_JIS", "EUC-JP"])
def test_both_wave_dashes_are_written_alike(charset):
    assert charsets.encode("10〜20", charset) == charsets.encode("10～20", charset)


def test_labels_are_those_of_the_registry():
    assert charsets.label_of("utf8") == "UTF-8"
    assert charsets.label_of("iso-2022-jp") == "iso-2022-jp"
    with pytest.raises(charsets.CharsetError):
        charsets.label_of("utf-8\r\nX: y")


def test_a_megabyte_of_word_beginnings_is_read_at_once():
    started = time.process_time()
    for piece in ("=?", "=?a?B?", "=?UTF-8?Q?a?=", "=?UTF-8?Q?a?= ", "=?UTF-8?B?" + "A" * 4100):
        words.decode(piece * (1_000_000 // len(piece)))
    assert time.process_time() - started < 4
