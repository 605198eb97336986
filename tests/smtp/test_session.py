"""The session without a socket: whatever comes in, in whatever pieces, the replies are the same and none is a crash."""

import asyncio
import itertools
from collections.abc import Iterable

import pytest
from dialogue import Client
from hypothesis import example, given
from hypothesis import settings as budget
from hypothesis import strategies as st
from recording import Record, RecordingPolicy, recording, settings

from tayori.mail.reply import Reply
from tayori.smtp.commands import COMMAND_LIMIT, Flaw, LineInput, parse_path_argument
from tayori.smtp.policy import AuthOffer, Peer
from tayori.smtp.session import Next, Session, TlsOffer
from tayori.smtp.shared import AuthFailures, ContentMemory


def replies_to(pieces: Iterable[bytes], record: Record) -> list[str]:
    """What a session says to these pieces, until it wants to close or to turn to TLS."""

    async def talk() -> list[str]:
        peer = Peer(host="192.0.2.1", port=1, local_host="192.0.2.2", local_port=25)
        memory = ContentMemory(10_000)
        session = Session(
            policy=RecordingPolicy(record, peer, ("ENHANCEDSTATUSCODES", "SMTPUTF8")),
            peer=peer,
            settings=settings(max_size=200, max_line=60, auth=AuthOffer.PLAIN_LOGIN, require_tls_for_auth=False),
            tls_offer=TlsOffer.STARTTLS,
            memory=memory,
            failures=AuthFailures(limit=3, window=60.0, delay=0.0, now=lambda: 0.0),
        )
        said = []
        for piece in pieces:
            session.feed(piece)
            while session.next is Next.CONTINUE and (verdict := session.step()) is not None:
                reply = verdict if isinstance(verdict, Reply) else await verdict
                said.append(reply.encode().decode())
        session.closed()
        assert memory.held == 0
        return said

    return asyncio.run(talk())


WORDS = [
    *(b"EHLO x\r\n", b"HELO x\r\n", b"MAIL FROM:<a@b.test>\r\n", b"RCPT TO:<c@d.test>\r\n", b"DATA\r\n"),
    *(b"RSET\r\n", b"NOOP\r\n", b"STARTTLS\r\n", b"QUIT\r\n", b"text\r\n", b".\r\n", b"..\r\n", b"\r\n", b"\n"),
    *(b"AUTH LOGIN\r\n", b"AUTH PLAIN AHVzZXIAc2VjcmV0\r\n", b"*\r\n", b"dXNlcg==\r\n", b"\0", b"\r", b"\xc3\xbc"),
    *(b"x" * 100, b"x" * 3000, b"MAIL FROM:<", b">", b'RCPT TO:<"', b" SIZE=1", b"RCPT TO:<refuse@d.test>\r\n"),
]
COMPLETE = [word for word in WORDS if word.endswith(b"\r\n")]
TALK = st.one_of(
    st.lists(st.sampled_from(COMPLETE), max_size=20),
    st.lists(st.one_of(st.sampled_from(WORDS), st.binary(max_size=20)), max_size=20),
).map(b"".join)


@budget(max_examples=300, deadline=None)
@given(octets=TALK, cuts=st.lists(st.integers(0, 4000), max_size=10))
@example(octets=b"EHLO x\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n", cuts=[60])
def test_replies_do_not_depend_on_how_the_octets_are_cut(octets, cuts):
    places = sorted({0, len(octets), *(cut for cut in cuts if cut < len(octets))})
    pieces = [octets[start:end] for start, end in itertools.pairwise(places)]
    whole, cut = Record(), Record()
    assert replies_to([octets], whole) == replies_to(pieces, cut)
    assert whole.transactions == cut.transactions


@budget(max_examples=300, deadline=None)
@given(octets=TALK)
def test_every_reply_is_a_reply_and_none_is_a_crash(octets):
    for reply in replies_to([octets], Record()):
        lines = reply.split("\r\n")
        assert lines.pop() == ""
        code = lines[0][:3]
        assert code[0] in "2345" and code.isdigit()
        assert [line[:4] for line in lines] == [f"{code}-"] * (len(lines) - 1) + [f"{code} "]
        assert code != "451"
        assert all(character.isprintable() for line in lines for character in line)


@pytest.mark.parametrize(
    ("argument", "path", "parameters"),
    [
        ("<a@b>", "a@b", {}),
        ("<>", "", {}),
        (" <a@b>\tSIZE=1  BODY=8BITMIME", "a@b", {"SIZE": "1", "BODY": "8BITMIME"}),
        ("a@b smtputf8", "a@b", {"SMTPUTF8": None}),
        ("<@x,@y:a@b>", "a@b", {}),
        ('<"a\\"> b"@c>', '"a\\"> b"@c', {}),
    ],
)
def test_paths(argument, path, parameters):
    parsed = parse_path_argument(argument)
    assert parsed is not None
    assert (parsed.path, parsed.parameters) == (path, parameters)


@pytest.mark.parametrize(
    "argument", ["", "<a@b", "a@b>", "<<a@b>>", "<a@b>x", "<a@b> =1", "<a@b> X=", "<a@b> X=1 x=2", '<"a@b>']
)
def test_what_is_no_path(argument):
    assert parse_path_argument(argument) is None


def test_a_hostile_path_is_read_in_linear_time():
    assert parse_path_argument("<" + '"\\' * 100_000) is None
    assert parse_path_argument("<" + "@a," * 100_000 + ">") is not None


def test_line_input_forgets_a_line_that_is_too_long():
    lines = LineInput()
    lines.feed(b"x" * (COMMAND_LIMIT + 1))
    assert lines.take(COMMAND_LIMIT) is None
    assert len(lines) == 0
    lines.feed(b"y\r\nNOOP\r\nrest")
    assert lines.take(COMMAND_LIMIT) is Flaw.TOO_LONG
    assert lines.take(COMMAND_LIMIT) == b"NOOP"
    assert lines.take(COMMAND_LIMIT) is None
    assert lines.drain() == b"rest"
    assert len(lines) == 0


@pytest.mark.parametrize("name", ["\u2028", "\u00a0\u0085"])
def test_a_name_of_white_space_is_none(name, run):
    async def scenario():
        async with recording(extensions=("SMTPUTF8",)) as (server, _):
            client = await Client.connect(server.port)
            await client.reply()
            assert (await client.ask(f"EHLO {name}"))[:3] == "501"
            assert (await client.ask("NOOP"))[:3] == "250"
            client.close()

    run(scenario())
