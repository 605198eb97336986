"""One SMTP session, seen from the server: states and verbs (RFC 5321), without a socket and without business
rules.

Owns what may follow what, the syntax errors and the replies that no role decides. Bytes go in by `feed`;
`step` takes the next command or piece of content and returns the reply, or something to wait for that ends in
the reply. A verb never writes and never waits: the server does (`server.py`). What a role allows is its
Policy's affair.

RFC 5321, 1870 (SIZE), 2034 and 3463 (enhanced codes), 2920 (PIPELINING), 3207 (STARTTLS), 4954 (AUTH), 6152
(8BITMIME), 6531 (SMTPUTF8). The replies of a session without ENHANCEDSTATUSCODES are in SES's words where
those are known.
"""

import logging
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache, partial

from tayori.mail.address import AddressError, AddrSpec
from tayori.mail.envelope import BodyType, ReversePath
from tayori.mail.reply import Reply
from tayori.model.message import TlsFacts
from tayori.smtp.commands import AUTH_LIMIT, COMMAND_LIMIT, Flaw, LineInput, PathArgument, parse_path_argument
from tayori.smtp.content import NO_MEMORY, TOO_LARGE, IncomingContent
from tayori.smtp.policy import AuthOffer, Peer, Policy, ServerSettings, Transaction, Verdict
from tayori.smtp.sasl import MECHANISMS, Exchange, SaslError
from tayori.smtp.shared import AuthFailures, ContentMemory
from tayori.store.engine import StoreUnavailable

logger = logging.getLogger(__name__)

OK = Reply.of(250, "Ok", "2.0.0")
GO_AHEAD = Reply.of(354, "End data with <CR><LF>.<CR><LF>")
TROUBLE = Reply.of(451, "Temporary service failure", "4.3.0")
TLS_FIRST = Reply.of(530, "Must issue a STARTTLS command first", "5.7.0")
NOT_IMPLEMENTED = Reply.of(502, "Command not implemented", "5.5.1")

_FLAWS = {
    Flaw.TOO_LONG: Reply.of(500, "Command line is too long", "5.5.6"),
    Flaw.BARE_LF: Reply.of(500, "Command lines must end with CR LF", "5.5.2"),
    Flaw.FORBIDDEN_OCTET: Reply.of(500, "Command contains characters that are not allowed", "5.5.2"),
}
# What a browser sends when it is made to talk to a mail server.
_OTHER_PROTOCOLS = frozenset({"GET", "POST", "PUT", "HEAD", "OPTIONS", "CONNECT", "DELETE", "PATCH", "HOST:"})
# Parameters that an announced extension brings along: of MAIL, and of RCPT.
_MAIL_PARAMETERS = {"SMTPUTF8": "SMTPUTF8", "RET": "DSN", "ENVID": "DSN", "REQUIRETLS": "REQUIRETLS"}
_RCPT_PARAMETERS = {"NOTIFY": "DSN", "ORCPT": "DSN"}


class Next(StrEnum):
    """What the server does once the reply is on its way."""

    CONTINUE = "continue"
    START_TLS = "start-tls"
    CLOSE = "close"


class TlsOffer(StrEnum):
    """Whether this connection can turn to TLS."""

    STARTTLS = "starttls"
    NONE = "none"


@dataclass(slots=True, kw_only=True)
class _Envelope:
    """The transaction being built up by MAIL and RCPT."""

    reverse_path: ReversePath | str
    body: BodyType
    smtputf8: bool
    recipients: list[str] = field(default_factory=list)


class Session:
    """The server's side of one dialogue. `next` says what to do after the reply just returned."""

    def __init__(
        self,
        *,
        policy: Policy,
        peer: Peer,
        settings: ServerSettings,
        tls_offer: TlsOffer,
        memory: ContentMemory,
        failures: AuthFailures,
    ) -> None:
        self.policy = policy
        self.peer = peer
        self.next = Next.CONTINUE
        self._settings = settings
        self._tls_offer = tls_offer
        self._memory = memory
        self._failures = failures
        self._input = LineInput()
        self._envelope: _Envelope | None = None
        self._content: IncomingContent | None = None  # from DATA to the policy's answer
        self._reads_content = False
        self._exchange: Exchange | None = None
        self._errors = 0
        self._extensions = frozenset(_keywords(policy.extensions(tls=False, authenticated=False)))

    # ---- for the server ------------------------------------------------------------------------------------

    def feed(self, data: bytes) -> None:
        self._input.feed(data)

    def drop_input(self) -> None:
        """Forget what has come in and was not handled yet."""
        self._input.clear()

    @property
    def buffered(self) -> int:
        """Octets that have come in and wait for their turn."""
        return len(self._input)

    @property
    def reads_content(self) -> bool:
        return self._reads_content

    @property
    def is_idle(self) -> bool:
        """Between transactions: the connection can be closed without anybody losing work."""
        return self._envelope is None and self._exchange is None

    def greet(self) -> Verdict:
        return self._ask(self.policy.greeting, self._greeted)

    def step(self) -> Verdict | None:
        """Take the next command, SASL response or content; None when it takes more bytes to go on."""
        if self._reads_content:
            assert self._content is not None
            return self._read_content(self._content)
        line = self._input.take(AUTH_LIMIT if self._settings.auth is not AuthOffer.NONE else COMMAND_LIMIT)
        if line is None:
            return None
        if isinstance(line, Flaw):
            self._exchange = None
            if line is Flaw.BARE_LF:
                # The client and whoever relays for it may disagree on where commands end: nothing after this
                # is safe.
                self._input.clear()
                self.next = Next.CLOSE
            return self._mistake(_FLAWS[line])
        if self._exchange is not None:
            return self._respond(self._exchange, line)
        return self._command(line)

    def in_our_words(self, reply: Reply) -> Reply:
        """One of the session's own replies, without its enhanced code where that was not announced (RFC 2034
        4).
        """
        if "ENHANCEDSTATUSCODES" in self._extensions or reply.enhanced is None:
            return reply
        return Reply(reply.code, reply.lines)

    def timed_out(self) -> Reply:
        """RFC 5321 4.2 closes with 421; SES says 451."""
        code = 421 if "ENHANCEDSTATUSCODES" in self._extensions else 451
        return self.in_our_words(Reply.of(code, "Timeout waiting for data from client", "4.4.2"))

    def tls_started(self, facts: TlsFacts) -> None:
        """RFC 3207 4.2: nothing that was learned before TLS counts any more.

        What is in the input came through TLS: the server emptied it when it stopped reading in the clear.
        """
        self._reset()
        self._tls_offer = TlsOffer.NONE
        self.next = Next.CONTINUE
        self.peer.tls, self.peer.helo, self.peer.esmtp, self.peer.identity = facts, None, False, None

    def closed(self) -> None:
        """The connection is gone."""
        self._drop_content()
        self.policy.closed()

    # ---- questions to the policy ---------------------------------------------------------------------------

    def _ask(self, question: Callable[[], Verdict], then: Callable[[Reply], Reply]) -> Verdict:
        """Put a question to the policy; `then` sees its reply, or 451 where the policy broke."""
        try:
            verdict = question()
        except Exception:
            return then(self._trouble())
        return then(verdict) if isinstance(verdict, Reply) else self._wait(verdict, then)

    async def _wait(self, verdict: Awaitable[Reply], then: Callable[[Reply], Reply]) -> Reply:
        try:
            reply = await verdict
        except Exception:
            reply = self._trouble()
        return then(reply)

    def _trouble(self) -> Reply:
        """Whatever went wrong is ours, so the client may try again; what it was is for the log alone."""
        error = sys.exception()
        if isinstance(error, StoreUnavailable):  # an outage concerns every session: one line each, not a traceback
            facts = {"event": "smtp_store_unavailable", "peer": self.peer.host, "why": str(error)}
            logger.warning("the store cannot be used", extra=facts)
        else:
            logger.exception("smtp policy failed", extra={"event": "smtp_policy_failed", "peer": self.peer.host})
        return self.in_our_words(TROUBLE)

    # ---- replies -------------------------------------------------------------------------------------------

    def _say(self, code: int, text: str, enhanced: str) -> Reply:
        return self.in_our_words(Reply.of(code, text, enhanced))

    def _mistake(self, reply: Reply) -> Reply:
        """A refusal of the session's own; the client has only so many of them."""
        self._errors += 1
        if self._errors < self._settings.max_errors:
            return self.in_our_words(reply)
        self.next = Next.CLOSE
        return self._say(421, "Too many errors", "4.7.0")

    def _greeted(self, reply: Reply) -> Reply:
        if not reply.is_positive:
            self.next = Next.CLOSE
        return reply

    # ---- commands ------------------------------------------------------------------------------------------

    def _command(self, line: bytes) -> Verdict:
        text = self._decode(line)
        if text is None:
            return self._mistake(_FLAWS[Flaw.FORBIDDEN_OCTET])
        word, _, argument = text.partition(" ")
        word = word.upper()
        if len(line) > COMMAND_LIMIT and word != "AUTH":
            return self._mistake(_FLAWS[Flaw.TOO_LONG])
        verb = _VERBS.get(word)
        return self._unknown(word) if verb is None else verb(self, argument.strip(" \t"))

    def _decode(self, line: bytes) -> str | None:
        if line.isascii():
            return line.decode("ascii")
        if "SMTPUTF8" not in self._extensions:
            return None
        try:
            return line.decode("utf-8")
        except UnicodeDecodeError:
            return None

    def _unknown(self, word: str) -> Reply:
        if word in _OTHER_PROTOCOLS:
            self._input.clear()
            self.next = Next.CLOSE
            return self._say(421, "This is a mail server", "4.7.0")
        return self._mistake(Reply.of(500, "Command not recognized", "5.5.1"))

    def _helo(self, argument: str) -> Reply:
        refusal = self._hello(argument, esmtp=False)
        return refusal or Reply.of(250, self._settings.hostname)

    def _ehlo(self, argument: str) -> Reply:
        refusal = self._hello(argument, esmtp=True)
        if refusal:
            return refusal
        tls, authenticated = self.peer.tls is not None, self.peer.identity is not None
        announced = self.policy.extensions(tls=tls, authenticated=authenticated)
        self._extensions = frozenset(_keywords(announced))
        own = ["8BITMIME", f"SIZE {self._settings.max_size}", "PIPELINING"]
        if self._tls_offer is TlsOffer.STARTTLS:
            own.insert(1, "STARTTLS")
        if self._may_authenticate:
            own.insert(-1, "AUTH PLAIN LOGIN")
        return Reply(250, (self._settings.hostname, *own, *announced))

    def _hello(self, argument: str, *, esmtp: bool) -> Reply | None:
        words = argument.split()  # none, too, where all of it is white space of Unicode
        if not words:
            return self._mistake(Reply.of(501, "Syntax: EHLO hostname", "5.5.4"))
        self.peer.helo, self.peer.esmtp = words[0][:255], esmtp
        self._reset()
        return None

    def _mail(self, argument: str) -> Verdict:
        if self.peer.helo is None:
            return self._mistake(Reply.of(503, "Send EHLO first", "5.5.1"))
        if self._envelope is not None:
            return self._mistake(Reply.of(503, "Nested MAIL command", "5.5.1"))
        path = _path_after("FROM:", argument)
        if path is None:
            return self._mistake(Reply.of(501, "Syntax: MAIL FROM:<address>", "5.5.4"))
        refusal = self._refuse_mail_parameters(path.parameters)
        if refusal:
            return self._mistake(refusal)
        reverse_path = _reverse_path(path.path)
        begun = _Envelope(
            reverse_path=reverse_path,
            body=BodyType((path.parameters.get("BODY") or "7BIT").upper()),
            smtputf8="SMTPUTF8" in path.parameters,
        )
        return self._ask(partial(self.policy.mail, reverse_path, path.parameters), partial(self._mail_answered, begun))

    def _refuse_mail_parameters(self, parameters: dict[str, str | None]) -> Reply | None:
        for name, value in parameters.items():
            if name == "SIZE":
                if value is None or not value.isdecimal() or len(value) > 20:
                    return Reply.of(501, "Syntax: SIZE=octets", "5.5.4")
                if int(value) > self._settings.max_size:
                    return TOO_LARGE
            elif name == "BODY":
                if (value or "").upper() not in ("7BIT", "8BITMIME"):
                    return Reply.of(501, "Syntax: BODY=7BIT or BODY=8BITMIME", "5.5.4")
            elif name == "AUTH" and self._settings.auth is not AuthOffer.NONE:
                continue  # RFC 4954 5: who vouches for the message; nobody is trusted to, so it is not kept
            elif _MAIL_PARAMETERS.get(name) not in self._extensions:
                return Reply.of(555, "MAIL FROM parameter not recognized", "5.5.4")
        return None

    def _mail_answered(self, begun: _Envelope, reply: Reply) -> Reply:
        if reply.is_positive:
            self._envelope = begun
        return reply

    def _rcpt(self, argument: str) -> Verdict:
        envelope = self._envelope
        if envelope is None:
            return self._mistake(Reply.of(503, "Need MAIL command", "5.5.1"))
        path = _path_after("TO:", argument)
        if path is None or not path.path:
            return self._mistake(Reply.of(501, "Syntax: RCPT TO:<address>", "5.5.4"))
        if any(_RCPT_PARAMETERS.get(name) not in self._extensions for name in path.parameters):
            return self._mistake(Reply.of(555, "RCPT TO parameter not recognized", "5.5.4"))
        if len(envelope.recipients) >= self._settings.max_recipients:
            # RFC 5321 4.5.3.1.10: 452, so that a relay sends the rest in a transaction of its own.
            return self._say(452, f"Recipient count exceeds {self._settings.max_recipients}.", "4.5.3")
        return self._ask(
            partial(self.policy.rcpt, path.path, path.parameters),
            partial(self._rcpt_answered, envelope, path.path),
        )

    def _rcpt_answered(self, envelope: _Envelope, path: str, reply: Reply) -> Reply:
        if reply.is_positive:
            envelope.recipients.append(path)
        return reply

    def _rset(self, argument: str) -> Reply:
        self._reset()
        return self.in_our_words(OK)

    def _noop(self, argument: str) -> Reply:
        return self.in_our_words(OK)

    def _vrfy(self, argument: str) -> Reply:
        if not argument:
            return self._mistake(Reply.of(501, "Syntax: VRFY address", "5.5.4"))
        return self._say(252, "Cannot VRFY user, but will accept message and attempt delivery", "2.5.0")

    def _expn(self, argument: str) -> Reply:
        return self._mistake(NOT_IMPLEMENTED)

    def _help(self, argument: str) -> Reply:
        return self._say(214, "See RFC 5321", "2.0.0")

    def _quit(self, argument: str) -> Reply:
        self.next = Next.CLOSE
        return self._say(221, "Bye", "2.0.0")

    def _starttls(self, argument: str) -> Reply:
        if argument:
            return self._mistake(Reply.of(501, "Syntax: STARTTLS", "5.5.4"))
        if self.peer.tls is not None:
            return self._mistake(Reply.of(503, "TLS is already active", "5.5.1"))
        if self._tls_offer is TlsOffer.NONE:
            return self._mistake(NOT_IMPLEMENTED)
        # Whatever came in the clear behind STARTTLS could be somebody else's; it must never be read as if it
        # had come through TLS (CVE-2011-0411).
        self._input.clear()
        self.next = Next.START_TLS
        return self._say(220, "Ready to start TLS", "2.0.0")

    # ---- AUTH ----------------------------------------------------------------------------------------------

    @property
    def _may_authenticate(self) -> bool:
        """RFC 4954 4: a password in the clear must not even be invited."""
        if self._settings.auth is AuthOffer.NONE or self.peer.identity is not None:
            return False
        return self.peer.tls is not None or not self._settings.require_tls_for_auth

    def _auth(self, argument: str) -> Verdict:
        refusal = self._refuse_auth()
        if refusal:
            return self._mistake(refusal)
        words = argument.split()
        mechanism = MECHANISMS.get(words[0].upper()) if words else None
        if not 1 <= len(words) <= 2:
            return self._mistake(Reply.of(501, "Syntax: AUTH mechanism", "5.5.4"))
        if mechanism is None:
            return self._mistake(Reply.of(504, "Unrecognized authentication type", "5.5.4"))
        self._exchange = mechanism(words[1] if len(words) == 2 else None)
        return self._exchange_goes_on(self._exchange, None)

    def _refuse_auth(self) -> Reply | None:
        if self._settings.auth is AuthOffer.NONE:
            return NOT_IMPLEMENTED
        if self.peer.helo is None:
            return Reply.of(503, "Send EHLO first", "5.5.1")
        if self.peer.identity is not None:
            return Reply.of(503, "Already authenticated", "5.5.1")
        if self._envelope is not None:
            return Reply.of(503, "AUTH is not allowed during a mail transaction", "5.5.1")
        if not self._may_authenticate:
            return TLS_FIRST
        return None

    def _respond(self, exchange: Exchange, line: bytes) -> Verdict:
        if line == b"*":
            self._exchange = None
            return self._say(501, "Authentication canceled", "5.7.0")
        return self._exchange_goes_on(exchange, line.decode("ascii", "replace"))

    def _exchange_goes_on(self, exchange: Exchange, response: str | None) -> Verdict:
        try:
            challenge = next(exchange) if response is None else exchange.send(response)
        except SaslError as error:
            self._exchange = None
            return self._mistake(Reply.of(501, str(error), "5.5.2"))
        except StopIteration as end:
            self._exchange = None
            return self._authenticate(end.value.identity, end.value.password)
        return Reply.of(334, challenge)

    async def _authenticate(self, identity: str, password: str) -> Reply:
        if self._failures.is_blocked(self.peer.host, identity[:128]):
            return self._say(454, "Temporary authentication failure", "4.7.0")
        verdict = self._ask(partial(self.policy.auth, identity, password), partial(self._auth_answered, identity))
        reply = verdict if isinstance(verdict, Reply) else await verdict
        if reply.is_permanent:
            logger.warning(
                "smtp authentication failed",
                extra={"event": "smtp_auth_failed", "peer": self.peer.host, "identity": identity[:128]},
            )
            await self._failures.penalty(self.peer.host, identity[:128])
        return reply

    def _auth_answered(self, identity: str, reply: Reply) -> Reply:
        if reply.is_positive:
            self.peer.identity = identity
        return reply

    # ---- content -------------------------------------------------------------------------------------------

    def _data(self, argument: str) -> Reply:
        if argument:
            return self._mistake(Reply.of(501, "Syntax: DATA", "5.5.4"))
        if self._envelope is None:
            return self._mistake(Reply.of(503, "Need MAIL command", "5.5.1"))
        if not self._envelope.recipients:
            return self._mistake(Reply.of(554, "No valid recipients", "5.5.1"))
        if self._memory.is_exhausted:
            return self.in_our_words(NO_MEMORY)
        self._content = IncomingContent(self._settings, self._memory)
        self._reads_content = True
        return GO_AHEAD

    def _read_content(self, content: IncomingContent) -> Verdict | None:
        data = self._input.drain()
        rest = content.feed(data) if data else None
        if rest is None:
            return None
        self._reads_content = False
        self._input.feed(rest)
        if content.is_ambiguous:
            self._input.clear()
            self.next = Next.CLOSE
        refusal = content.refusal()
        if refusal:
            return self._content_answered(self.in_our_words(refusal))
        envelope = self._envelope
        assert envelope is not None
        transaction = Transaction(
            reverse_path=envelope.reverse_path,
            recipients=tuple(envelope.recipients),
            content=content.octets,
            body=envelope.body,
            smtputf8=envelope.smtputf8,
        )
        return self._ask(partial(self.policy.data, transaction), self._content_answered)

    def _content_answered(self, reply: Reply) -> Reply:
        self._reset()
        if reply.is_positive:
            self._errors = 0  # the limit is on errors without any message in between
        return reply

    def _drop_content(self) -> None:
        self._reads_content = False
        content, self._content = self._content, None
        if content is not None:
            content.release()

    def _reset(self) -> None:
        self._drop_content()
        self._envelope = None
        self.policy.reset()


_VERBS: dict[str, Callable[[Session, str], Verdict]] = {
    "HELO": Session._helo,
    "EHLO": Session._ehlo,
    "MAIL": Session._mail,
    "RCPT": Session._rcpt,
    "DATA": Session._data,
    "RSET": Session._rset,
    "NOOP": Session._noop,
    "QUIT": Session._quit,
    "VRFY": Session._vrfy,
    "EXPN": Session._expn,
    "HELP": Session._help,
    "STARTTLS": Session._starttls,
    "AUTH": Session._auth,
}


def _keywords(extensions: list[str]) -> list[str]:
    return [line.partition(" ")[0].upper() for line in extensions]


def _path_after(label: str, argument: str) -> PathArgument | None:
    if argument[: len(label)].upper() != label:
        return None
    return parse_path_argument(argument[len(label) :])


@lru_cache(maxsize=1024)  # one sender sends many messages
def _reverse_path(path: str) -> ReversePath | str:
    if not path:
        return ReversePath.NULL
    try:
        return ReversePath.of(AddrSpec.parse(path))
    except AddressError:
        return path
