"""Reading replies: any chunking gives the same, and nothing a host sends gets past ReplyError."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.delivery.extensions import Extensions
from tayori.delivery.replies import MAX_LINES, ReplyError, ReplyReader
from tayori.mail.reply import EnhancedStatus, Reply


def read(data: bytes) -> list[Reply]:
    return ReplyReader().feed(data)


def test_enhanced_status_is_taken_off_every_line() -> None:
    (reply,) = read(b"550-5.1.1 no\r\n550-5.1.1 such\r\n550 5.1.1 user\r\n")
    assert reply == Reply(550, ("no", "such", "user"), EnhancedStatus(5, 1, 1))
    assert reply.text == "no such user"


def test_enhanced_status_of_another_class_is_text() -> None:
    (reply,) = read(b"550 4.1.1 odd\r\n")
    assert reply == Reply(550, ("4.1.1 odd",))


@pytest.mark.parametrize("data", [b"250\r\n", b"250 \r\n", b"250\n"])
def test_a_bare_code_is_a_reply(data: bytes) -> None:
    assert read(data) == [Reply(250, ("",))]


@pytest.mark.parametrize(
    "data", [b"\r\n", b"25\r\n", b"2500 x\r\n", b"150 x\r\n", b"600 x\r\n", b"260x\r\n", b" 250 x\r\n", b"250\tx\r\n"]
)
def test_what_is_no_reply_is_refused(data: bytes) -> None:
    with pytest.raises(ReplyError):
        read(data)


def test_bounds() -> None:
    assert read(b"250-x\r\n" * (MAX_LINES - 1) + b"250 x\r\n")[0].code == 250
    for data in (b"250-x\r\n" * (MAX_LINES + 1), b"2" * 5000, b"250 " + b"x" * 5000 + b"\r\n", b"250-" + b"x" * 3000):
        with pytest.raises(ReplyError):
            read(data)


_texts = st.lists(st.text(alphabet="abc .19-", max_size=12), min_size=1, max_size=4)
_replies = st.lists(st.tuples(st.integers(2, 5), st.integers(0, 5), st.integers(0, 9), _texts), min_size=1, max_size=5)


@given(_replies, st.lists(st.integers(0, 300), max_size=20))
def test_any_chunking_gives_the_same_replies(drawn: list[tuple[int, int, int, list[str]]], cuts: list[int]) -> None:
    data = b"".join(Reply(a * 100 + b * 10 + c, tuple(texts)).encode() for a, b, c, texts in drawn)
    reader, pieces, start = ReplyReader(), [], 0
    for cut in [*sorted(c for c in cuts if c < len(data)), len(data)]:
        pieces += reader.feed(data[start:cut])
        start = cut
    assert pieces == read(data)
    assert [reply.code for reply in pieces] == [a * 100 + b * 10 + c for a, b, c, _ in drawn]
    assert reader.is_empty


@given(st.lists(st.binary(max_size=60), max_size=20))
def test_no_bytes_get_past_the_reader_as_another_exception(chunks: list[bytes]) -> None:
    reader = ReplyReader()
    try:
        for chunk in chunks:
            for reply in reader.feed(chunk):
                assert 200 <= reply.code <= 559
                assert not any(ord(c) < 32 and c != "\t" for c in reply.text)
    except ReplyError:
        pass


def test_extensions() -> None:
    (reply,) = read(b"250-mx hello\r\n250-pipelining\r\n250-Size 1000\r\n250-8bitmime\r\n250 STARTTLS\r\n")
    assert Extensions.parse(reply) == Extensions(pipelining=True, size_limit=1000, eight_bit_mime=True, starttls=True)


@pytest.mark.parametrize(
    ("line", "limit"),
    [("SIZE", 0), ("SIZE 0", 0), ("SIZE big", 0), ("SIZE -5", 0), ("SIZE " + "9" * 40, 0), ("HELP", None)],
)
def test_size_without_a_usable_number_is_no_limit(line: str, limit: int | None) -> None:
    assert Extensions.parse(Reply(250, ("mx", line))).size_limit == limit


def test_the_host_s_own_name_is_no_keyword() -> None:
    assert Extensions.parse(Reply(250, ("PIPELINING",))) == Extensions.NONE
