"""Line ends: dot-stuffing there and back in any chunking, and every way to smuggle a second message."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.mail.lines import DataFault, DataReader, has_bare_line_ends, has_line_longer_than, stuff, to_crlf

CRLF_CONTENT = st.lists(
    st.one_of(
        st.sampled_from([b"", b".", b"..", b". ", b".\x00", b"-.", b"..."]),
        st.binary(max_size=30).map(lambda line: line.replace(b"\r", b"").replace(b"\n", b"")),
    ),
    max_size=20,
).map(lambda lines: b"".join(line + b"\r\n" for line in lines))


def read(wire, cuts=(), max_size=10_000, max_line=1000):
    """Feed `wire` cut at these places; the reader and what followed the end, or None while it wants more."""
    reader = DataReader(max_size=max_size, max_line=max_line)
    edges = [0, *sorted(cut % (len(wire) + 1) for cut in cuts), len(wire)]
    for position, (start, end) in enumerate(pairwise(edges)):
        rest = reader.feed(wire[start:end])
        if rest is not None:
            return reader, rest + wire[edges[position + 1] :]
    return reader, None


@given(CRLF_CONTENT, st.lists(st.integers(0, 2000), max_size=8), st.sampled_from([b"", b"QUIT\r\n", b".\r\n"]))
def test_content_survives_the_wire_in_any_chunking(content, cuts, next_command):
    reader, rest = read(stuff(content) + next_command, cuts)
    assert rest == next_command
    assert reader.content == content
    assert reader.faults in (DataFault.NONE, DataFault.NUL)


@given(CRLF_CONTENT)
def test_content_survives_the_wire_one_octet_at_a_time(content):
    wire = stuff(content)
    reader = DataReader(max_size=10_000)
    for position in range(len(wire) - 1):
        assert reader.feed(wire[position : position + 1]) is None
    assert reader.feed(wire[-1:]) == b""
    assert reader.content == content


def test_the_wire_form_is_that_of_rfc_5321():
    assert stuff(b"") == b".\r\n"
    assert stuff(b"a") == b"a\r\n.\r\n"
    assert stuff(b".a\r\n..\r\n\r\n.\r\n") == b"..a\r\n...\r\n\r\n..\r\n.\r\n"
    assert stuff(b"\r\n") == b"\r\n.\r\n"


def test_an_unstuffed_dot_line_loses_its_dot_only():
    reader, rest = read(b".a\r\n.b.\r\n.\r\n")
    assert (reader.content, rest) == (b"a\r\nb.\r\n", b"")


SMUGGLING_ENDS = [
    b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n", b"\n.\r", b"\r.\n", b"\r\r\n.\r\r\n",
    b"\r\n.\r\r\n", b"\n\n.\r\n", b"\r\n\x00.\r\n", b"\r\n.\x00\r\n", b"\r\n.\r\x00\n", b"\x00\n.\n",
    b"\n.\n\n",
    b"\r\n\r.\r\n", b"\r\x00\n.\r\n",
]  # fmt: skip


@pytest.mark.parametrize("end", SMUGGLING_ENDS)
@pytest.mark.parametrize("step", [1, 2, 3, 5, 10_000])
def test_no_smuggling_end_ends_the_data(end, step):
    second = b"MAIL FROM:<ceo@bank.example>\r\nRCPT TO:<b@example.com>\r\nDATA\r\nSubject: forged\r\n\r\nx"
    wire = b"Subject: hi\r\n\r\nbody" + end + second + b"\r\n.\r\nQUIT\r\n"
    reader, rest = read(wire, range(0, len(wire), step))
    assert rest == b"QUIT\r\n"
    assert second in reader.content
    assert reader.faults & (DataFault.BARE_LINE_END | DataFault.NUL)


def test_a_cr_before_the_true_end_is_a_fault_although_the_data_ends():
    # CR CRLF.CRLF holds the end mark, so all servers agree on it; what a relay before us made of the CR we
    # cannot know, therefore the session must close instead of reading on.
    reader, rest = read(b"body\r\r\n.\r\nMAIL FROM:<x@example.com>\r\n")
    assert rest == b"MAIL FROM:<x@example.com>\r\n"
    assert DataFault.BARE_LINE_END in reader.faults


def test_stuffed_content_never_holds_a_bare_line_end():
    for end in SMUGGLING_ENDS:
        wire = stuff(b"a" + end + b"b")
        assert not has_bare_line_ends(wire)
        assert wire.count(b"\r\n.\r\n") == 1
        assert wire.endswith(b"\r\n.\r\n")


def test_size_is_counted_without_stuffing_and_end_mark():
    content = b".\r\n" * 100
    assert read(stuff(content), max_size=300)[0].faults == DataFault.NONE
    reader, rest = read(stuff(content) + b"RSET\r\n", max_size=299)
    assert (reader.faults, reader.content, rest) == (DataFault.TOO_LARGE, b"", b"RSET\r\n")


def test_too_large_data_is_dropped_but_read_to_its_end():
    reader = DataReader(max_size=1000)
    for _ in range(2000):
        assert reader.feed(b"x" * 50 + b"\r\n") is None
        assert len(reader._buffer) < 2000
    assert reader.feed(b".\r\nQUIT\r\n") == b"QUIT\r\n"
    assert reader.faults == DataFault.TOO_LARGE
    assert reader.content == b""


def test_bare_line_ends_are_noticed_in_dropped_data_too():
    for cut in range(6):
        reader = DataReader(max_size=10)
        tail = b"ab\r\r\n.\r\n"
        reader.feed(b"x" * 100 + b"\r\n")
        assert (reader.feed(tail[:cut]) or b"") + (reader.feed(tail[cut:]) or b"") == b""
        assert reader.faults == DataFault.TOO_LARGE | DataFault.BARE_LINE_END


def test_long_lines_are_reported_from_the_octet_that_is_too_many():
    assert read(b"x" * 998 + b"\r\n.\r\n")[0].faults == DataFault.NONE
    assert read(b"x" * 999 + b"\r\n.\r\n")[0].faults == DataFault.LINE_TOO_LONG
    assert read(b".." + b"x" * 997 + b"\r\n.\r\n")[0].faults == DataFault.NONE
    assert read(b"x" * 2000 + b"\r\n.\r\n", max_line=4000)[0].faults == DataFault.NONE


@given(st.lists(st.integers(0, 12), max_size=30), st.integers(3, 12), st.booleans())
def test_line_length_agrees_with_counting(lengths, limit, ended):
    content = b"\r\n".join(b"x" * n for n in lengths) + (b"\r\n" if ended else b"")
    longest = max(len(line) for line in content.splitlines(keepends=True)) if content else 0
    assert has_line_longer_than(content, limit) is (longest > limit)


def test_api_content_gets_crlf_and_clean_content_stays_the_same_object():
    assert to_crlf(b"a\nb\rc\r\nd\r\r\n\n") == b"a\r\nb\r\nc\r\nd\r\n\r\n\r\n"
    clean = b"a\r\nb\r\n"
    assert to_crlf(clean) is clean


@given(st.binary(max_size=40) | st.text(alphabet="\r\n.a", max_size=40).map(str.encode))
def test_to_crlf_leaves_no_bare_line_end_and_changes_nothing_else(content):
    fixed = to_crlf(content)
    assert not has_bare_line_ends(fixed)
    assert fixed.replace(b"\r", b"").replace(b"\n", b"") == content.replace(b"\r", b"").replace(b"\n", b"")


def test_many_octets_fed_one_by_one_take_linear_time():
    reader = DataReader(max_size=10_000_000)
    line = b"\r\n..aaa"
    started = time.process_time()
    for position in range(400_000):
        reader.feed(line[position % 7 : position % 7 + 1])
    assert time.process_time() - started < 4
