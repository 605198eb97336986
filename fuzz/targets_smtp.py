"""SMTP both ways: a host's replies, a transaction's course, content after DATA, a client's commands."""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise

from tayori.delivery.attempt import Step, Transaction
from tayori.delivery.extensions import Extensions
from tayori.delivery.replies import MAX_LINE, MAX_REPLY, ReplyError, ReplyReader
from tayori.delivery.sign import SignedMessage
from tayori.mail.address import AddrSpec
from tayori.mail.envelope import ReversePath
from tayori.mail.lines import DataReader, has_bare_line_ends, stuff, unstuffed
from tayori.mail.reply import Reply
from tayori.model.failure import Stage, classify_reply
from tayori.model.message import DueRecipient
from tayori.smtp.commands import parse_path_argument
from tayori.smtp.policy import AuthOffer, Peer, ServerSettings
from tayori.smtp.policy import Transaction as Received
from tayori.smtp.session import Next, Session, TlsOffer
from tayori.smtp.shared import ContentMemory


def pieces(data: bytes) -> list[bytes]:
    """The octets cut in a way that depends on them alone."""
    cuts = sorted({octet * (index + 1) % (len(data) + 1) for index, octet in enumerate(data[:12])} | {0, len(data)})
    return [data[start:end] for start, end in pairwise(cuts)]


# --- a host's replies ------------------------------------------------------------------------------------------------


def replies_of(chunks: list[bytes]) -> list[Reply] | None:
    reader, found = ReplyReader(), []
    try:
        for chunk in chunks:
            found += reader.feed(chunk)
    except ReplyError:
        return None
    return found


def replies(data: bytes) -> None:
    whole = replies_of([data])
    assert replies_of(pieces(data)) == whole or whole is None or len(data) > MAX_LINE
    for reply in whole or ():
        assert 200 <= reply.code <= 599
        assert reply.enhanced is None or reply.enhanced.status_class == reply.code // 100
        assert not any(character < " " and character != "\t" for line in reply.lines for character in line)
        assert len(reply.text) <= MAX_REPLY
        Extensions.parse(reply)
        for stage in Stage:
            assert classify_reply(stage, reply, "mx.test").status is not None


def _signed(body: bytes) -> SignedMessage:
    content = b"Subject: x\r\n\r\n" + body
    return SignedMessage("a@b.test", stuff(content), len(content), False, ())


_SMALL, _LARGE = _signed(b"x\r\n"), _signed(b"long\r\n" * 400_000)  # the large one goes in three chunks


def transaction(data: bytes) -> None:
    """The first octet chooses what the host offers and how many recipients there are; the rest is what it says."""
    choice = data[0] if data else 0
    offered = Extensions(pipelining=bool(choice & 1), chunking=bool(choice & 2), dsn=bool(choice & 4))
    count = 1 + (choice >> 3) % 4
    due = [DueRecipient(ordinal=i, address=AddrSpec(f"r{i}", "dest.test")) for i in range(count)]
    one = Transaction(
        None,
        _LARGE if choice & 2 else _SMALL,
        due,
        extensions=offered,
        remote_mta="mx.test",
        mark=b"X: y\r\n",
        started=0.0,
        started_at=datetime(2026, 11, 24, tzinfo=UTC),
    )
    assert one.opening().startswith(b"MAIL FROM:<a@b.test>")
    for reply in replies_of([data[1:]]) or ():
        step = one.take(reply)
        if step is Step.SEND_NEXT:
            assert one.next_command().startswith((b"RCPT", b"DATA"))
        elif step is Step.SEND_CHUNK:
            assert one.next_chunk()[0].startswith(b"BDAT ")
        elif step in (Step.FINISHED, Step.CLOSE):
            for index, outcome in enumerate(one.outcomes):
                assert (outcome is None) == (index in one.overflow), (index, one.outcomes, one.overflow)
            return


# --- content after DATA ----------------------------------------------------------------------------------------------


def content(data: bytes) -> None:
    """The end is the first CR LF "." CR LF, whatever the pieces; what passes is what `stuff` would make it from."""
    end = (b"\r\n" + data).find(b"\r\n.\r\n")
    reader, rest = DataReader(max_size=100_000), None
    for chunk in pieces(data):
        rest = rest + chunk if rest is not None else reader.feed(chunk)
    if end < 0:
        assert rest is None
        return
    assert rest == data[end + 3 :]
    if reader.faults:
        return
    assert not has_bare_line_ends(reader.content) and b"\0" not in reader.content
    again = DataReader(max_size=200_000)
    assert again.feed(stuff(reader.content)) == b""
    assert again.content == reader.content
    assert bytes(unstuffed(stuff(reader.content))) == reader.content


# --- a client's commands ---------------------------------------------------------------------------------------------


class _Anything:
    """A policy that takes everything at once, and the failures of nobody."""

    def __init__(self) -> None:
        self.contents: list[bytes] = []

    def greeting(self) -> Reply:
        return Reply.of(220, "mx.test")

    def extensions(self, tls: bool, authenticated: bool) -> list[str]:
        return ["ENHANCEDSTATUSCODES", "SMTPUTF8", "DSN"]

    def auth(self, identity: str, password: str) -> Reply:
        return Reply.of(235 if password == "secret" else 535, "said")

    def mail(self, reverse_path: ReversePath | str, params: Mapping[str, str | None]) -> Reply:
        return Reply.of(250, "Ok") if isinstance(reverse_path, ReversePath) else Reply.of(553, f"no: {reverse_path}")

    def rcpt(self, forward_path: str, params: Mapping[str, str | None]) -> Reply:
        return Reply.of(250, f"to {forward_path}")

    def data(self, transaction: Received) -> Reply:
        self.contents.append(transaction.content)
        return Reply.of(250, "Ok")

    def reset(self) -> None: ...
    def closed(self) -> None: ...
    def is_blocked(self, host: str, identity: str) -> bool:
        return False

    async def penalty(self, host: str, identity: str) -> None: ...


def session(data: bytes) -> None:
    """A whole session: every answer is one reply, and no message passes that could have been meant as two."""
    policy = _Anything()
    one = Session(
        policy=policy,
        peer=Peer(host="192.0.2.1", port=1, local_host="192.0.2.2", local_port=25),
        settings=ServerSettings(hostname="mx.test", auth=AuthOffer.PLAIN_LOGIN, require_tls_for_auth=False),
        tls_offer=TlsOffer.STARTTLS,
        memory=ContentMemory(10_000_000),
        failures=policy,
    )
    one.greet()
    for chunk in pieces(data):
        one.feed(chunk)
        while one.next is Next.CONTINUE and (verdict := one.step()) is not None:
            reply = verdict if isinstance(verdict, Reply) else _result(verdict)
            assert 200 <= reply.code < 600 and reply.code != 451, reply  # 451: the session or the policy broke
            octets = reply.encode()
            assert octets.count(b"\n") == octets.count(b"\r\n") == len(reply.lines) and b"\0" not in octets
    one.closed()
    for message in policy.contents:
        assert not has_bare_line_ends(message) and b"\0" not in message


def _result(verdict: object) -> Reply:
    try:
        verdict.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("a policy that answers at once was waited for")


def path_argument(data: bytes) -> None:
    """What follows MAIL FROM: and RCPT TO:."""
    found = parse_path_argument(data.decode("utf-8", "replace"))
    if found is not None:
        assert all(name == name.upper() and name.isascii() for name in found.parameters)


_MAIL = b"MAIL FROM:<a@b.test> SIZE=10 BODY=8BITMIME\r\nRCPT TO:<c@d.test> NOTIFY=NEVER\r\nDATA\r\n"

TARGETS = {
    "replies": (
        replies,
        (
            b"220 mx.test ESMTP\r\n250-mx.test\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250 8BITMIME\r\n",
            b"550-5.1.1 no such\r\n550 5.1.1 user\r\n421 4.3.2 closing\r\n",
            b"250\r\n354 go\n571 \xff\0\r\n",
        ),
    ),
    "transaction": (
        transaction,
        (
            b"\x01250 Ok\r\n250 Ok\r\n354 go\r\n250 Ok\r\n",
            b"\x1a250 Ok\r\n250 Ok\r\n550 no\r\n452 4.5.3 enough\r\n250 Ok\r\n250 Ok\r\n250 Ok\r\n250 Ok\r\n",
            b"\x03250 Ok\r\n250 Ok\r\n502 what\r\n",
            b"\x00550 no\r\n",
            b"\x09250 Ok\r\n421 bye\r\n",
        ),
    ),
    "content": (
        content,
        (
            b"Subject: x\r\n\r\n.. a\r\n..\r\n.\r\nQUIT\r\n",
            b"a\n.\n\r.\r\r\n\0.\r\n.\r\n",
            b".\r\n",
            b"x\r\n.\r\r\n.\r\n",
        ),
    ),
    "session": (
        session,
        (
            b"EHLO x\r\n" + _MAIL + b"Subject: x\r\n\r\ntext\r\n.\r\nQUIT\r\n",
            b"EHLO x\r\nAUTH PLAIN AHVzZXIAc2VjcmV0\r\n" + _MAIL + b"x\r\n.\r\n" + _MAIL + b"y\r\n.\r\nRSET\r\n",
            b"EHLO x\r\nAUTH LOGIN\r\ndXNlcg==\r\nc2VjcmV0\r\nVRFY <x>\r\nEXPN x\r\nHELP\r\nNOOP\r\nSTARTTLS\r\n",
            b"EHLO \xe2\x80\xa8\r\nEHLO \xc2\xa0\xc2\x85\r\n",
            b'HELO x\r\nMAIL FROM:<>\r\nRCPT TO:<@r.test:"a b"@d.test>\r\nRCPT TO:x@y.test\r\nDATA\r\na\n.\n\r\n.\r\n',
        ),
    ),
    "path argument": (
        path_argument,
        (
            b"<a@b.test> SIZE=1 BODY=8BITMIME SMTPUTF8",
            b'<@x,@y:"a\\"b"@c.test> NOTIFY=NEVER ORCPT=rfc822;a+2B',
            b" x@y z",
        ),
    ),
}
