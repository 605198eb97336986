"""The bestiary: mail hosts that misbehave, and what delivery is to make of each. Data for test_bestiary.py and for
docs/bestiary.md (`make reference`).

Each is met twice: as the only host of a domain, and with a second host behind it that behaves. `Expected` is about the
first meeting; `elsewhere` tells whether the second host gets the message in the second.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hosts import CLOSE, CONTENT, HANG, RESET, Action, Host

from tayori.model.message import FailureScope, Reason, TlsPolicy

DELIVERED, DEFERRED, BOUNCED = "delivered", "deferred", "bounced"
HOST = FailureScope.DESTINATION  # of a host that is the only one, its failure is the destination's

KEYWORDS = ("PIPELINING", "SIZE 10000000", "8BITMIME", "ENHANCEDSTATUSCODES")
STEP_BY_STEP = KEYWORDS[1:]

PLAIN = CONTENT
LARGE = CONTENT + b"a line of a large message\r\n" * 150_000  # 4 MB: more than any buffer takes
UTF8_BODY = CONTENT + "日本語\r\n".encode()
UTF8_HEADER = CONTENT.replace(b"hello", "日本語".encode())

ONE = ("b@dest.test",)
THREE = ("a@dest.test", "b@dest.test", "c@dest.test")


@dataclass(frozen=True, kw_only=True)
class Expected:
    """`states` of the recipients in their order; the others speak of those that were not delivered, if any."""

    states: tuple[str, ...]
    reason: Reason = Reason.NONE
    scope: FailureScope = FailureScope.RECIPIENT
    connections: int = 1
    contents: int = 1  # how often the whole content arrived, accepted or not
    elsewhere: bool = False


@dataclass(frozen=True, kw_only=True)
class Beast:
    name: str
    expected: Expected
    script: Mapping[str, Action] = field(default_factory=dict)
    keywords: tuple[str, ...] = KEYWORDS
    tls: bool = False
    policy: TlsPolicy = TlsPolicy.OPTIONAL
    messages: int = 1
    content: bytes = PLAIN
    recipients: tuple[str, ...] = ONE
    address: str = ""  # "" is one of IPv4
    hangs: bool = False  # the test's time limits are short


def delivered(**more: Any) -> Expected:
    return Expected(**{"states": (DELIVERED,), **more})


def refused(state: str, scope: FailureScope, **more: Any) -> Expected:
    """By a reply."""
    return Expected(**{"states": (state,), "reason": Reason.REPLY, "scope": scope, "contents": 0, **more})


def given_up(reason: Reason, **more: Any) -> Expected:
    """Not by a reply; the next host is called."""
    return Expected(
        **{"states": (DEFERRED,), "reason": reason, "scope": HOST, "contents": 0, "elsewhere": True, **more}
    )


def in_doubt(reason: Reason, **more: Any) -> Expected:
    """After the end of the content: the host may have the message, so nobody else gets a copy at once."""
    return given_up(reason, **{"scope": FailureScope.MESSAGE, "elsewhere": False, "contents": 1, **more})


# --- at each step ----------------------------------------------------------------------------------------------------

_STEPS = {
    "CONNECT": "instead of the greeting",
    "EHLO": "after EHLO",
    "STARTTLS": "after STARTTLS",
    "MAIL": "after MAIL",
    "RCPT": "after RCPT",
    "DATA": "after DATA",
    "DOT": "after the content",
}


def _at_each_step() -> list[Beast]:
    beasts = []
    for step, where in _STEPS.items():
        expect = in_doubt if step == "DOT" else given_up
        tls = step == "STARTTLS"
        for what, action, reason in (
            ("says nothing", HANG, Reason.CONNECTION_TIMEOUT),
            ("closes", CLOSE, Reason.CONNECTION_LOST),
            ("resets the connection", RESET, Reason.CONNECTION_LOST),
        ):
            beasts.append(
                Beast(
                    name=f"{what} {where}",
                    script={step: action},
                    expected=expect(reason),
                    tls=tls,
                    hangs=action == HANG,
                )
            )
        if step != "STARTTLS":
            closing = refused(DEFERRED, HOST, elsewhere=True, contents=1 if step == "DOT" else 0)
            beasts.append(
                Beast(
                    name=f"says 421 {where} and closes",
                    script={step: b"421 4.3.2 shutting down\r\n" + CLOSE},
                    expected=closing,
                )
            )
    return beasts


# --- hosts that need more than a text --------------------------------------------------------------------------------


def _says(text: bytes, pause: float = 0.0, size: int = 1) -> Callable[..., Awaitable[None]]:
    """In pieces of `size` octets."""

    async def act(host: Host, reader: Any, writer: Any) -> None:
        for start in range(0, len(text), size):
            writer.write(text[start : start + size])
            await writer.drain()
            await asyncio.sleep(pause)

    return act


def _never_ends(line: bytes, pause: float) -> Callable[..., Awaitable[None]]:
    async def act(host: Host, reader: Any, writer: Any) -> None:
        while True:
            writer.write(line)
            await writer.drain()
            await asyncio.sleep(pause)

    return act


async def _half_close(host: Host, reader: Any, writer: Any) -> None:
    """We say no more, and still listen."""
    writer.write(b"220 mx.test ESMTP\r\n")
    writer.write_eof()
    await reader.read()


async def _half_close_at_the_end(host: Host, reader: Any, writer: Any) -> None:
    writer.write(b"250 2.0.0 Ok: queued\r\n")
    writer.write_eof()
    await reader.read()


async def _never_reads(host: Host, reader: Any, writer: Any) -> None:
    writer.write(b"354 go\r\n")
    writer.transport.pause_reading()
    await asyncio.Event().wait()


async def _reads_slowly(host: Host, reader: Any, writer: Any) -> None:
    """The window is closed again and again; what has been read counts as content."""
    writer.write(b"354 go\r\n")
    end = b"\r\n.\r\n"
    tail = b""
    while not tail.endswith(end):
        tail = (tail + await reader.read(256 * 1024))[-len(end) :]
        await asyncio.sleep(0.002)
    host.contents += 1
    writer.write(b"250 2.0.0 Ok: at last\r\n")


async def _accepts_early(host: Host, reader: Any, writer: Any) -> None:
    writer.write(b"354 go\r\n")
    await reader.readexactly(100_000)
    writer.write(b"250 2.0.0 that will do\r\n")
    await asyncio.Event().wait()


async def _refuses_early(host: Host, reader: Any, writer: Any) -> None:
    writer.write(b"354 go\r\n")
    await reader.readexactly(100_000)
    writer.write(b"552 5.3.4 too much\r\n")
    await writer.drain()
    while await reader.read(65536):
        pass


async def _knows_no_bdat(host: Host, reader: Any, writer: Any) -> bytes:
    await reader.readuntil(b"\r\n")
    return b"500 5.5.2 what?\r\n500 5.5.2 what?\r\n"


async def _throws_away_what_was_pipelined(host: Host, reader: Any, writer: Any) -> bytes:
    """Answers a command and forgets what came with it, as old filters did."""
    await reader.readuntil(b"DATA\r\n")
    return b"250 2.1.0 Ok\r\n"


def _refuses_all_but_one(host: Host) -> bytes:
    return b"250 2.1.5 Ok\r\n" if "<b@" in host.commands[-1] else b"550 5.1.1 no such user\r\n"


async def _one_of_three(host: Host, reader: Any, writer: Any) -> bytes:
    return _refuses_all_but_one(host)


def _takes_one(code: bytes) -> Callable[..., Awaitable[bytes]]:
    async def act(host: Host, reader: Any, writer: Any) -> bytes:
        """One recipient in a transaction."""
        since = host.verbs()[::-1].index("MAIL")
        return b"250 2.1.5 Ok\r\n" if since == 1 else code + b" 5.5.3 too many recipients\r\n"

    return act


async def _merges_replies(host: Host, reader: Any, writer: Any) -> bytes:
    """One reply for all recipients."""
    return b"250 2.1.5 Ok\r\n" if "<a@" in host.commands[-1] else b""


async def _garbage_handshake(host: Host, reader: Any, writer: Any) -> bytes:
    if host.connections > 1:
        return b"454 4.7.0 no TLS\r\n"
    writer.write(b"220 go\r\n")
    await reader.read(10)
    writer.write(b"\x15this is no TLS\r\n" * 50)
    return CLOSE


async def _silent_handshake(host: Host, reader: Any, writer: Any) -> None:
    writer.write(b"220 go\r\n")
    await asyncio.Event().wait()


TLS_REQUIRED = TlsPolicy.REQUIRE
_EHLO = b"250-mx.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE\r\n"

BEASTS = [
    *_at_each_step(),
    # --- greeting and EHLO
    Beast(
        name="greets with 554",
        script={"CONNECT": b"554 5.7.1 not you\r\n"},
        expected=refused(DEFERRED, HOST, elsewhere=True),
    ),
    Beast(
        name="sends megabytes of banner",
        script={"CONNECT": b"220-all work and no play\r\n" * 100_000},
        expected=given_up(Reason.PROTOCOL_ERROR),
    ),
    Beast(
        name="greets with a line of 1 MiB",
        script={"CONNECT": b"220 " + b"x" * 1_048_576 + b"\r\n"},
        expected=given_up(Reason.PROTOCOL_ERROR),
    ),
    Beast(
        name="never ends its greeting, a line now and then",
        script={"CONNECT": _never_ends(b"220-please hold\r\n", 0.02)},
        expected=given_up(Reason.CONNECTION_TIMEOUT),
        hangs=True,
    ),
    Beast(
        name="greets twice",
        script={"CONNECT": b"220 mx.test\r\n220 mx.test again\r\n"},
        expected=given_up(Reason.PROTOCOL_ERROR),
    ),
    Beast(
        name="answers everything before it is asked",
        script={"CONNECT": b"220 mx\r\n250 mx\r\n250 Ok\r\n250 Ok\r\n354 go\r\n250 Ok\r\n"},
        expected=given_up(Reason.PROTOCOL_ERROR),
    ),
    Beast(
        name="greets with NUL and 8-bit octets in its text",
        script={"CONNECT": b"220 mx \0\xff\xfe\x1b[31m ready\r\n"},
        expected=delivered(),
    ),
    Beast(
        name="speaks HTTP",
        script={"CONNECT": b"HTTP/1.1 400 Bad Request\r\n\r\n"},
        expected=given_up(Reason.PROTOCOL_ERROR),
    ),
    Beast(name="speaks IMAP", script={"CONNECT": b"* OK ready\r\n"}, expected=given_up(Reason.PROTOCOL_ERROR)),
    Beast(
        name="speaks TLS from the first octet",
        script={"CONNECT": b"\x15\x03\x01\x00\x02\x02\x0a\r\n"},
        expected=given_up(Reason.PROTOCOL_ERROR),
    ),
    Beast(
        name="has no more to say after its greeting, but listens (half close)",
        script={"CONNECT": _half_close},
        expected=given_up(Reason.CONNECTION_LOST),
    ),
    Beast(
        name="does not know EHLO",
        script={"EHLO": b"502 5.5.1 not here\r\n"},
        expected=delivered(),
    ),
    Beast(
        name="refuses EHLO and HELO",
        script={"EHLO": b"550 5.7.1 not you\r\n", "HELO": b"550 5.7.1 not you\r\n"},
        expected=refused(DEFERRED, HOST, elsewhere=True),
    ),
    Beast(
        name="answers EHLO with 220",
        script={"EHLO": b"220 mx.test\r\n"},
        expected=refused(DEFERRED, HOST, elsewhere=True),
    ),
    Beast(
        name="answers EHLO one octet at a time",
        script={"EHLO": _says(_EHLO)},
        expected=delivered(),
    ),
    Beast(
        name="ends lines with LF alone",
        script={"EHLO": _EHLO.replace(b"\r\n", b"\n"), "RCPT": b"250 Ok\n"},
        expected=delivered(),
    ),
    Beast(
        name="changes the code within the answer to EHLO",
        script={"EHLO": b"250-mx.test\r\n550 PIPELINING\r\n"},
        expected=given_up(Reason.PROTOCOL_ERROR),
    ),
    Beast(
        name="never ends its answer to EHLO",
        script={"EHLO": _never_ends(b"250-X-MORE\r\n", 0.02)},
        expected=given_up(Reason.CONNECTION_TIMEOUT),
        hangs=True,
    ),
    Beast(
        name="announces ten thousand keywords",
        script={"EHLO": b"250-X-KEYWORD\r\n" * 10_000 + b"250 HELP\r\n"},
        expected=given_up(Reason.PROTOCOL_ERROR),
    ),
    Beast(
        name="announces nonsense among its keywords",
        script={"EHLO": b"250-mx\r\n250-=AUTH LOGIN\r\n250-\r\n250- \t \r\n250-SIZE lots\r\n250 \xe3\x81\x82\r\n"},
        expected=delivered(),
    ),
    Beast(
        name="answers by codes alone, without text",
        script={"MAIL": b"250\r\n", "RCPT": b"250\r\n", "DATA": b"354\r\n", "DOT": b"250\r\n"},
        expected=delivered(),
    ),
    # --- TLS
    Beast(
        name="adds replies in the clear behind its 220 to STARTTLS (injection)",
        script={"STARTTLS": b"220 go\r\n250-mx\r\n250 X-INJECTED\r\n250 Ok\r\n"},
        expected=delivered(),
        tls=True,
    ),
    Beast(
        name="announces STARTTLS and refuses it",
        script={"STARTTLS": b"454 4.7.0 not now\r\n"},
        expected=delivered(),
        tls=True,
    ),
    Beast(
        name="announces STARTTLS and refuses it, and TLS is required",
        script={"STARTTLS": b"454 4.7.0 not now\r\n"},
        expected=given_up(Reason.TLS_REQUIRED),
        tls=True,
        policy=TLS_REQUIRED,
    ),
    Beast(
        name="offers no STARTTLS, and TLS is required",
        expected=given_up(Reason.TLS_REQUIRED),
        policy=TLS_REQUIRED,
    ),
    Beast(
        name="sends garbage for a TLS handshake",
        script={"STARTTLS": _garbage_handshake},
        expected=delivered(connections=2),
        tls=True,
    ),
    Beast(
        name="sends garbage for a TLS handshake, and TLS is required",
        script={"STARTTLS": _garbage_handshake},
        expected=given_up(Reason.TLS_FAILED),
        tls=True,
        policy=TLS_REQUIRED,
    ),
    Beast(
        name="says nothing in the TLS handshake, and TLS is required",
        script={"STARTTLS": _silent_handshake},
        expected=given_up(Reason.TLS_FAILED),
        tls=True,
        policy=TLS_REQUIRED,
        hangs=True,
    ),
    # --- the envelope
    Beast(
        name="refuses the sender",
        script={"MAIL": b"550 5.7.1 not from you\r\n", "RCPT": b"503 5.5.1 MAIL?\r\n", "DATA": b"503 5.5.1 MAIL?\r\n"},
        expected=refused(BOUNCED, FailureScope.MESSAGE),
    ),
    Beast(
        name="refuses the recipient with code 571",
        script={"RCPT": b"571 delivery not authorized\r\n", "DATA": b"503 5.5.1 RCPT?\r\n"},
        expected=refused(BOUNCED, FailureScope.RECIPIENT),
    ),
    Beast(
        name="answers RCPT with code 999",
        script={"RCPT": b"999 over the top\r\n"},
        expected=given_up(Reason.PROTOCOL_ERROR),
    ),
    Beast(
        name="answers RCPT with a line that is no reply",
        script={"RCPT": b"fine with me\r\n"},
        expected=given_up(Reason.PROTOCOL_ERROR),
    ),
    Beast(
        name="changes the code within the answer to RCPT",
        script={"RCPT": b"550-5.1.1 no such user, or\r\n250 2.1.5 Ok\r\n"},
        expected=given_up(Reason.PROTOCOL_ERROR),
    ),
    Beast(
        name="answers MAIL with 354",
        script={"MAIL": b"354 go\r\n"},
        expected=given_up(Reason.PROTOCOL_ERROR),
    ),
    Beast(
        name="answers RCPT with 354",
        script={"RCPT": b"354 go\r\n"},
        expected=given_up(Reason.PROTOCOL_ERROR),
    ),
    Beast(
        name="accepts the recipient with 251, will forward",
        script={"RCPT": b"251 2.1.5 will forward\r\n"},
        expected=delivered(),
    ),
    Beast(
        name="greylists",
        script={"RCPT": b"450 4.7.1 come back later\r\n", "DATA": b"554 5.5.1 no recipients\r\n"},
        expected=refused(DEFERRED, FailureScope.RECIPIENT),
    ),
    Beast(
        name="refuses two of three recipients",
        script={"RCPT": _one_of_three},
        recipients=THREE,
        expected=Expected(states=(BOUNCED, DELIVERED, BOUNCED), reason=Reason.REPLY),
    ),
    Beast(
        name="refuses all recipients and wants the content nevertheless",
        script={"RCPT": b"550 5.1.1 no such user\r\n"},
        expected=refused(BOUNCED, FailureScope.RECIPIENT),  # it gets a lone dot, as RFC 2920 asks
    ),
    Beast(
        name="takes one recipient in each transaction (452)",
        script={"RCPT": _takes_one(b"452")},
        recipients=THREE,
        expected=delivered(states=(DELIVERED,) * 3, contents=3),
    ),
    Beast(
        name="takes one recipient in each transaction (552)",
        script={"RCPT": _takes_one(b"552")},
        recipients=THREE,
        expected=delivered(states=(DELIVERED,) * 3, contents=3),
    ),
    Beast(
        name="contradicts itself: 550 2.0.0 to RCPT",
        script={"RCPT": b"550 2.0.0 fine\r\n", "DATA": b"503 5.5.1 RCPT?\r\n"},
        expected=refused(BOUNCED, FailureScope.RECIPIENT),
    ),
    Beast(
        name="contradicts itself: 450 5.1.1 to RCPT",
        script={"RCPT": b"450 5.1.1 no such user\r\n", "DATA": b"503 5.5.1 RCPT?\r\n"},
        expected=refused(DEFERRED, FailureScope.RECIPIENT),
    ),
    Beast(
        name="contradicts itself: 250 5.0.0 to the content",
        script={"DOT": b"250 5.0.0 refused\r\n"},
        expected=delivered(),
    ),
    # --- PIPELINING
    Beast(
        name="announces PIPELINING and throws away what was pipelined",
        script={"MAIL": _throws_away_what_was_pipelined},
        expected=given_up(Reason.CONNECTION_TIMEOUT),
        hangs=True,
    ),
    Beast(
        name="answers out of order: DATA before RCPT",
        script={"RCPT": b"354 go\r\n250 2.1.5 Ok\r\n", "DATA": b""},
        expected=given_up(Reason.PROTOCOL_ERROR),
    ),
    Beast(
        name="gives one reply for three recipients",
        script={"RCPT": _merges_replies},
        recipients=THREE,
        expected=given_up(Reason.PROTOCOL_ERROR, states=(DEFERRED,) * 3),
    ),
    Beast(
        name="answers RCPT twice",
        script={"RCPT": b"250 2.1.5 Ok\r\n250 2.1.5 Ok\r\n"},
        expected=given_up(Reason.PROTOCOL_ERROR),
    ),
    Beast(
        name="answers RCPT twice, without PIPELINING",
        script={"RCPT": b"250 2.1.5 Ok\r\n250 2.1.5 Ok\r\n"},
        keywords=STEP_BY_STEP,
        expected=given_up(Reason.PROTOCOL_ERROR),
    ),
    # --- content
    Beast(
        name="answers DATA with 250",
        script={"DATA": b"250 2.0.0 Ok: queued\r\n"},
        expected=given_up(Reason.PROTOCOL_ERROR),
    ),
    Beast(
        name="accepts the content together with its 354",
        script={"DATA": b"354 go\r\n250 2.0.0 Ok: queued\r\n"},
        expected=given_up(Reason.PROTOCOL_ERROR),
    ),
    Beast(
        name="closes after its 354",
        script={"DATA": b"354 go\r\n" + CLOSE},
        expected=in_doubt(Reason.CONNECTION_LOST, contents=0),
    ),
    Beast(
        name="resets the connection after its 354",
        script={"DATA": b"354 go\r\n" + RESET},
        expected=in_doubt(Reason.CONNECTION_LOST, contents=0),
    ),
    Beast(
        name="accepts in the middle of the content",
        script={"DATA": _accepts_early},
        content=LARGE,
        expected=in_doubt(Reason.PROTOCOL_ERROR, contents=0),
    ),
    Beast(
        name="refuses in the middle of the content",
        script={"DATA": _refuses_early},
        content=LARGE,
        expected=refused(BOUNCED, FailureScope.MESSAGE),
    ),
    Beast(
        name="reads nothing of the content (a window of zero)",
        script={"DATA": _never_reads},
        content=LARGE * 3,
        keywords=("PIPELINING", "8BITMIME"),
        expected=in_doubt(Reason.CONNECTION_TIMEOUT, contents=0),
        hangs=True,
    ),
    Beast(
        name="reads the content slowly",
        script={"DATA": _reads_slowly},
        content=LARGE,
        expected=delivered(),
    ),
    Beast(
        name="refuses the content",
        script={"DOT": b"554 5.7.1 spam\r\n"},
        expected=refused(BOUNCED, FailureScope.MESSAGE, contents=1),
    ),
    Beast(
        name="defers the content",
        script={"DOT": b"451 4.3.0 try again\r\n"},
        expected=refused(DEFERRED, FailureScope.MESSAGE, contents=1),
    ),
    Beast(
        name="answers the content with 354",
        script={"DOT": b"354 more\r\n"},
        expected=in_doubt(Reason.PROTOCOL_ERROR),
    ),
    Beast(
        name="answers the content with a line of 1 MiB",
        script={"DOT": b"250 " + b"x" * 1_048_576 + b"\r\n"},
        expected=in_doubt(Reason.PROTOCOL_ERROR),
    ),
    Beast(
        name="answers the content with lines that do not end",
        script={"DOT": b"250-thinking\r\n" * 100_000},
        expected=in_doubt(Reason.PROTOCOL_ERROR),
    ),
    Beast(
        name="accepts the content and resets the connection",
        script={"DOT": b"250 2.0.0 Ok: queued\r\n" + RESET},
        expected=delivered(),
    ),
    Beast(
        name="accepts the content and goes on talking",
        script={"DOT": b"250 2.0.0 Ok: queued\r\n250 2.0.0 and again\r\n451 or not\r\n"},
        expected=delivered(),
    ),
    Beast(
        name="has no more to say after it accepted the content (half close)",
        script={"DOT": _half_close_at_the_end},
        expected=delivered(),
    ),
    # --- between messages, and the end
    Beast(
        name="closes after each message",
        script={"DOT": b"250 2.0.0 Ok: queued\r\n" + CLOSE},
        messages=2,
        expected=delivered(states=(DELIVERED,) * 2, connections=2, contents=2),
    ),
    Beast(
        name="says 421 after each message",
        script={"DOT": b"250 2.0.0 Ok: queued\r\n421 4.7.0 enough\r\n" + CLOSE},
        messages=2,
        expected=delivered(states=(DELIVERED,) * 2, connections=2, contents=2),
    ),
    Beast(name="says nothing to QUIT", script={"QUIT": HANG}, expected=delivered()),
    Beast(name="resets the connection at QUIT", script={"QUIT": RESET}, expected=delivered()),
    Beast(
        name="refuses QUIT",
        script={"QUIT": b"500 5.5.2 you stay\r\n"},
        expected=delivered(),
    ),
    Beast(
        name="says nothing to RSET",
        script={
            "RSET": HANG,
            "RCPT": b"550 5.1.1 no such user\r\n",
            "DATA": b"503 5.5.1 RCPT?\r\n",
        },
        expected=refused(BOUNCED, FailureScope.RECIPIENT),
        hangs=True,
    ),
    # --- what it takes
    Beast(
        name="announces SIZE 100",
        keywords=("PIPELINING", "SIZE 100"),
        expected=Expected(states=(BOUNCED,), reason=Reason.MESSAGE_TOO_LARGE, scope=FailureScope.MESSAGE, contents=0),
    ),
    Beast(
        name="announces a large SIZE and refuses a small message for it",
        script={
            "MAIL": b"552 5.3.4 too large\r\n",
            "RCPT": b"503 5.5.1 MAIL?\r\n",
            "DATA": b"503 5.5.1 MAIL?\r\n",
        },
        expected=refused(BOUNCED, FailureScope.MESSAGE),
    ),
    Beast(
        name="does not offer 8BITMIME, and the body is UTF-8",
        keywords=("PIPELINING",),
        content=UTF8_BODY,
        expected=Expected(
            states=(BOUNCED,), reason=Reason.CONTENT_NOT_TRANSPORTABLE, scope=FailureScope.MESSAGE, contents=0
        ),
    ),
    Beast(
        name="does not offer SMTPUTF8, and the header is UTF-8",
        content=UTF8_HEADER,
        expected=Expected(
            states=(BOUNCED,), reason=Reason.HEADER_NOT_TRANSPORTABLE, scope=FailureScope.MESSAGE, contents=0
        ),
    ),
    Beast(
        name="announces CHUNKING and does not know BDAT",
        script={"BDAT": _knows_no_bdat},
        keywords=(*KEYWORDS, "CHUNKING"),
        content=LARGE,
        expected=delivered(connections=2),
    ),
    Beast(
        name="refuses after the first chunk",
        script={"BDAT": b"552 5.3.4 too much\r\n"},
        keywords=(*KEYWORDS, "CHUNKING"),
        content=LARGE,
        expected=refused(BOUNCED, FailureScope.MESSAGE),
    ),
    Beast(name="has an IPv6 address only", address="::1", expected=delivered()),
]
